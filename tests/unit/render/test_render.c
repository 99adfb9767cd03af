/* SPDX-License-Identifier: MIT */
/* The status object: whole objects against golden files, and its rules one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "daemon/api/render.h"
#include "daemon/model/hms.h"
#include "tests/unit/render/states.h"

static const char *golden_dir;

/* Parses what the renderer wrote: it has to be valid JSON, always. Owned. */
static json_object *parsed(char *owned_text)
{
	json_object *o = json_tokener_parse(owned_text);

	if (o == NULL) {
		fail_msg("no JSON: %s", owned_text);
	}
	free(owned_text);
	return o;
}

/* White space apart, the object is what the file says: order, names and numbers as text. */
static void assert_golden(char *owned_text, const char *name)
{
	_cleanup_json_ json_object *have = parsed(owned_text);
	_cleanup_json_ json_object *want = NULL;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.json", golden_dir, name);
	want = json_object_from_file(path);
	if (want == NULL) {
		fail_msg("cannot read %s", path);
	}
	assert_string_equal(json_object_to_json_string_ext(have, JSON_C_TO_STRING_PLAIN),
	    json_object_to_json_string_ext(want, JSON_C_TO_STRING_PLAIN));
}

/* The JSON text at a path of the object; "missing" when there is none. */
static const char *at(json_object *o, const char *path)
{
	json_object *value = NULL;

	if (!json_get_path(o, path, &value)) {
		return "missing";
	}
	return json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);
}

static void render_of_a_fresh_printer_is_all_null(void **state)
{
	struct sample s;

	sample_fresh(&s);
	assert_golden(rendered(&s), "fresh");
	sample_finish(&s);
}

static void render_of_an_idle_p1s_matches(void **state)
{
	struct sample s;

	sample_idle_p1s(&s);
	assert_golden(rendered(&s), "idle_p1s");
	sample_finish(&s);
}

static void render_of_a_printing_h2d_matches(void **state)
{
	struct sample s;

	sample_printing_h2d(&s);
	assert_golden(rendered(&s), "printing_h2d");
	sample_finish(&s);
}

static void render_of_a_paused_x1c_matches(void **state)
{
	struct sample s;

	sample_paused_x1c(&s);
	assert_golden(rendered(&s), "paused_x1c");
	sample_finish(&s);
}

static void render_of_an_a2l_on_its_external_spool_matches(void **state)
{
	struct sample s;

	sample_a2l_external(&s);
	assert_golden(rendered(&s), "a2l_external");
	sample_finish(&s);
}

static void render_short_has_slot_words_and_no_trays(void **state)
{
	_cleanup_json_ json_object *o = NULL;
	struct sample s;

	sample_idle_p1s(&s);
	o = parsed(rendered_short(&s));
	assert_string_equal(at(o, "ams.units.0.slots"), "[\"loaded\",\"empty\",\"present\",null]");
	assert_string_equal(at(o, "ams.units.0.trays"), "missing");
	assert_string_equal(at(o, "ams.units.0.label"), "\"A\"");
	assert_string_equal(at(o, "ams.external.0.tray"), "254");
	assert_string_equal(at(o, "ams.total_slots"), "4");
	assert_string_equal(at(o, "print.state"), "\"idle\"");
	sample_finish(&s);
}

static void render_changes_has_only_the_sections_asked_for(void **state)
{
	_cleanup_json_ json_object *o = NULL;
	struct sample s;

	sample_printing_h2d(&s);
	o = parsed(rendered_changes(&s, SECTION_BIT(SECTION_FANS) | SECTION_BIT(SECTION_LIGHTS)));
	assert_int_equal(json_object_object_length(o), 3);
	assert_string_equal(at(o, "fans.part_pct"), "60");
	assert_string_equal(at(o, "lights.work"), "\"blink\"");
	assert_string_equal(at(o, "age_ms.print"), "1000");
	sample_finish(&s);
}

static void render_changes_writes_the_identity_flat(void **state)
{
	_cleanup_json_ json_object *o = NULL;
	struct sample s;

	sample_printing_h2d(&s);
	o = parsed(rendered_changes(&s, SECTION_BIT(SECTION_INFO)));
	assert_string_equal(at(o, "model"), "\"H2D\"");
	assert_string_equal(at(o, "print"), "missing");
	sample_finish(&s);
}

static void render_printer_always_has_identity_link_and_ages(void **state)
{
	_cleanup_json_ json_object *o = NULL;
	struct sample s;
	struct jw w;

	sample_printing_h2d(&s);
	jw_init(&w);
	render_printer(&w, NULL, &s.view, SECTION_BIT(SECTION_HMS));
	o = parsed(jw_take(&w));
	assert_string_equal(at(o, "name"), "\"rack1-01\"");
	assert_string_equal(at(o, "link.state"), "\"online\"");
	assert_string_equal(at(o, "age_ms.hms"), "1000");
	assert_string_equal(at(o, "hms"), "[]");
	assert_string_equal(at(o, "print"), "missing");
	sample_finish(&s);
}

static void render_keeps_progress_but_no_remaining_time_when_a_job_ended(void **state)
{
	static const enum print_state ended[] = {PRINT_FINISHED, PRINT_FAILED};
	struct sample s;

	sample_printing_h2d(&s);
	for (size_t i = 0; i < ARRAY_SIZE(ended); i++) {
		_cleanup_json_ json_object *o = NULL;

		s.state.print.state = ended[i];
		s.state.print.stage_id = -1;
		o = parsed(rendered(&s));
		assert_string_equal(at(o, "print.percent"), "47");
		assert_string_equal(at(o, "print.total_layers"), "238");
		assert_string_equal(at(o, "print.remaining_s"), "null");
		assert_string_equal(at(o, "print.eta"), "null");
		assert_string_equal(at(o, "print.stage"), "null");
		assert_string_equal(at(o, "print.stage_id"), "null");
	}
	sample_finish(&s);
}

static void render_error_of_a_phase_is_null(void **state)
{
	_cleanup_json_ json_object *o = NULL;
	struct sample s;

	sample_paused_x1c(&s);
	s.state.print.error = 0x03000007;
	o = parsed(rendered(&s));
	assert_string_equal(at(o, "print.error"), "null");
	sample_finish(&s);
}

static void render_error_without_a_text_keeps_code_and_kind(void **state)
{
	_cleanup_json_ json_object *o = NULL;
	struct sample s;

	sample_paused_x1c(&s);
	s.state.print.error = 0x1000C123;
	o = parsed(rendered(&s));
	assert_string_equal(
	    at(o, "print.error"), "{\"code\":\"1000-C123\",\"text\":null,\"kind\":\"prompt\"}");
	sample_finish(&s);
}

static void render_chamber_without_sensor_or_heater_is_null(void **state)
{
	_cleanup_json_ json_object *p1s = NULL, *x1c = NULL;
	struct sample s;

	sample_idle_p1s(&s);
	p1s = parsed(rendered(&s));
	assert_string_equal(at(p1s, "temp.chamber"), "{\"current_c\":null,\"target_c\":null}");
	assert_string_equal(at(p1s, "device.door"), "null");
	sample_finish(&s);
	sample_paused_x1c(&s);
	s.state.temp.chamber_target_c = 0;
	x1c = parsed(rendered(&s));
	assert_string_equal(at(x1c, "temp.chamber"), "{\"current_c\":36,\"target_c\":null}");
	sample_finish(&s);
}

static void render_of_an_unknown_model_shows_what_it_sends(void **state)
{
	_cleanup_json_ json_object *o = NULL;
	struct sample s;

	sample_fresh(&s);
	str_copy(s.state.info.code, sizeof(s.state.info.code), "Q9");
	s.state.temp.chamber_current_c = 33.3;
	s.state.temp.chamber_target_c = 60;
	s.state.device.door_open = TRI_NO;
	o = parsed(rendered(&s));
	assert_string_equal(at(o, "model"), "\"Q9\"");
	assert_string_equal(at(o, "product"), "null");
	assert_string_equal(at(o, "temp.chamber"), "{\"current_c\":33.3,\"target_c\":60}");
	assert_string_equal(at(o, "device.door"), "\"closed\"");
	assert_string_equal(at(o, "camera.kind"), "null");
	sample_finish(&s);
}

static void render_ages_never_run_backwards(void **state)
{
	_cleanup_json_ json_object *o = NULL;
	struct sample s;

	sample_idle_p1s(&s);
	s.state.section_mono_ms[SECTION_PRINT] = NOW_MONO_MS + 5;
	s.view.link.last_message_mono_ms = NOW_MONO_MS;
	o = parsed(rendered(&s));
	assert_string_equal(at(o, "age_ms.print"), "0");
	assert_string_equal(at(o, "link.age_ms"), "0");
	sample_finish(&s);
}

static void render_labels_units_by_id(void **state)
{
	static const struct {
		int id;
		const char *label;
	} cases[] = {{0, "\"A\""}, {3, "\"D\""}, {4, "null"}, {16, "\"L\""}, {128, "\"HT-A\""},
	    {135, "\"HT-H\""}, {127, "null"}, {300, "null"}, {-1, "null"}};
	struct sample s;

	sample_idle_p1s(&s);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_json_ json_object *o = NULL;

		s.state.ams.units[0].id = cases[i].id;
		o = parsed(rendered(&s));
		assert_string_equal(at(o, "ams.units.0.label"), cases[i].label);
	}
	sample_finish(&s);
}

static void render_ams_and_hms_stand_alone(void **state)
{
	_cleanup_json_ json_object *o = NULL;
	struct sample s;
	struct jw w;

	sample_paused_x1c(&s);
	jw_init(&w);
	jw_object(&w, NULL);
	render_ams(&w, "ams", &s.view);
	render_hms(&w, "hms", &s.view);
	jw_object_end(&w);
	o = parsed(jw_take(&w));
	assert_string_equal(at(o, "ams.units.0.trays.0.state"), "\"empty\"");
	assert_string_equal(at(o, "hms.0.slot"), "0");
	assert_string_equal(at(o, "hms.2.text"), "null");
	sample_finish(&s);
}

static const char *find_words(
    void *arg, const char *serial, const char *lang, bool is_hms, uint64_t key)
{
	return is_hms ? "the vendor's" : "";
}

static void render_shows_the_vendors_words_before_ours(void **state)
{
	static const struct hms_texts texts = {.find = find_words};
	_cleanup_json_ json_object *o = NULL;
	struct sample s;

	sample_paused_x1c(&s);
	s.view.texts = &texts;
	o = parsed(rendered(&s));
	assert_string_equal(at(o, "hms.0.text"), "\"the vendor's\"");
	assert_string_equal(at(o, "print.error.text"), "null");
	sample_finish(&s);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(render_of_a_fresh_printer_is_all_null),
	    cmocka_unit_test(render_of_an_idle_p1s_matches),
	    cmocka_unit_test(render_of_a_printing_h2d_matches),
	    cmocka_unit_test(render_of_a_paused_x1c_matches),
	    cmocka_unit_test(render_of_an_a2l_on_its_external_spool_matches),
	    cmocka_unit_test(render_short_has_slot_words_and_no_trays),
	    cmocka_unit_test(render_changes_has_only_the_sections_asked_for),
	    cmocka_unit_test(render_changes_writes_the_identity_flat),
	    cmocka_unit_test(render_printer_always_has_identity_link_and_ages),
	    cmocka_unit_test(render_keeps_progress_but_no_remaining_time_when_a_job_ended),
	    cmocka_unit_test(render_error_of_a_phase_is_null),
	    cmocka_unit_test(render_error_without_a_text_keeps_code_and_kind),
	    cmocka_unit_test(render_chamber_without_sensor_or_heater_is_null),
	    cmocka_unit_test(render_of_an_unknown_model_shows_what_it_sends),
	    cmocka_unit_test(render_ages_never_run_backwards),
	    cmocka_unit_test(render_labels_units_by_id),
	    cmocka_unit_test(render_ams_and_hms_stand_alone),
	    cmocka_unit_test(render_shows_the_vendors_words_before_ours),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: test_render GOLDEN-DIR\n");
		return 2;
	}
	golden_dir = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
