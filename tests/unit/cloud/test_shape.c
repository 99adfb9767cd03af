/* SPDX-License-Identifier: MIT */
/* Answers in the forms that were seen, and in others, under our names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/json.h"
#include "common/jw.h"
#include "daemon/cloud/shape.h"

static json_object *parse(const char *text)
{
	json_object *o = NULL;

	assert_int_equal(json_parse(text, strlen(text), 16, &o), 0);
	return o;
}

/* What a shape makes of an answer, parsed again; owned. */
static json_object *made(const struct shape *s, const char *text, const struct shape_view *v)
{
	static const struct shape_view nobody;
	_cleanup_json_ json_object *body = parse(text);
	json_object *out;
	struct jw w;

	assert_true(shape_fits(s, body));
	jw_init(&w);
	jw_object(&w, NULL);
	if (s->lists[0] != NULL) {
		shape_write_list(&w, "items", s, body, v != NULL ? v : &nobody);
	} else {
		shape_write(&w, s, shape_object(s, body), v != NULL ? v : &nobody);
	}
	jw_object_end(&w);
	out = parse(w.buf);
	jw_finish(&w);
	return out;
}

static void says(json_object *o, const char *path, const char *want)
{
	json_object *value = NULL;

	assert_true(json_get_path(o, path, &value));
	assert_string_equal(value != NULL ? json_object_get_string(value) : "null", want);
}

static void a_list_is_found_at_the_top_in_data_and_as_data(void **state)
{
	static const char *const forms[] = {
	    "{\"projects\":[{\"project_id\":\"7\",\"name\":\"n\"}]}",
	    "{\"code\":0,\"data\":{\"projects\":[{\"id\":7,\"title\":\"n\"}],\"total\":1}}",
	    "{\"data\":[{\"model_id\":\"7\",\"name\":\"n\"}],\"pagination\":{\"total\":1}}"};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		_cleanup_json_ json_object *o = made(&shape_projects, forms[i], NULL);

		says(o, "items.0.id", "7");
		says(o, "items.0.name", "n");
		says(o, "items.0.created", "null");
	}
}

static void both_forms_of_tasks_are_one(void **state)
{
	_cleanup_json_ json_object *hits = made(&shape_tasks,
	    "{\"total\":1,\"hits\":[{\"id\":9,\"title\":\"cube\",\"status\":3,\"deviceId\":\"S\","
	    "\"startTime\":\"2022-11-22T01:58:10Z\",\"costTime\":3348,\"weight\":12.6}]}",
	    NULL);
	_cleanup_json_ json_object *tasks = made(&shape_tasks,
	    "{\"hits\":{\"total\":{\"value\":1,\"relation\":\"eq\"}},\"tasks\":[{\"id\":\"9\","
	    "\"designTitle\":\"cube\",\"status\":\"Failed\",\"deviceId\":\"S\","
	    "\"startTime\":\"2022-11-22T01:58:10Z\",\"costTime\":3348,\"weight\":12.6}]}",
	    NULL);

	assert_string_equal(json_object_to_json_string(hits), json_object_to_json_string(tasks));
	says(hits, "items.0.id", "9");
	says(hits, "items.0.title", "cube");
	says(hits, "items.0.status", "failed");
	says(hits, "items.0.begun", "2022-11-22T01:58:10.000Z");
	says(hits, "items.0.estimate_s", "3348");
}

static void times_are_utc_whatever_they_were(void **state)
{
	static const struct {
		const char *wire, *want;
	} cases[] = {
	    {"\"2024-10-24T10:00:00Z\"", "2024-10-24T10:00:00.000Z"},
	    {"\"2024-10-24T10:00:00.123Z\"", "2024-10-24T10:00:00.000Z"},
	    {"\"2024-10-24T10:00:00+02:00\"", "2024-10-24T08:00:00.000Z"},
	    {"\"2024-10-24 10:00:00\"", "2024-10-24T10:00:00.000Z"},
	    {"1729764000", "2024-10-24T10:00:00.000Z"},
	    {"1729764000000", "2024-10-24T10:00:00.000Z"},
	    {"\"yesterday\"", "null"},
	    {"\"2024-10-24T10:00:00 or so\"", "null"},
	    {"-5", "null"},
	    {"9223372036854775807", "null"},
	    {"{}", "null"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text =
		    xasprintf("{\"files\":[{\"created_at\":%s}]}", cases[i].wire);
		_cleanup_json_ json_object *o = made(&shape_files, text, NULL);

		says(o, "items.0.created", cases[i].want);
	}
}

static void values_of_other_types_are_unknown_not_wrong(void **state)
{
	_cleanup_json_ json_object *o = made(&shape_prints,
	    "{\"devices\":[{\"dev_id\":[],\"dev_online\":\"yes\",\"progress\":\"41.5\","
	    "\"task_status\":{}},7,null]}",
	    NULL);

	says(o, "items.0.serial", "null");
	says(o, "items.0.online", "null");
	says(o, "items.0.percent", "41.5");
	says(o, "items.0.status", "null");
	assert_int_equal(json_object_array_length(json_get_arr(o, "items")), 1);
}

static void an_answer_of_another_form_is_told_apart(void **state)
{
	static const char *const bad[] = {
	    "{}", "[]", "7", "{\"projects\":7}", "{\"data\":{}}", "{\"data\":7}"};
	_cleanup_json_ json_object *none = parse("{\"projects\":null}");
	_cleanup_json_ json_object *other = parse("{\"message\":\"hello\"}");

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_json_ json_object *body = parse(bad[i]);

		assert_false(shape_fits(&shape_projects, body));
	}
	assert_false(shape_fits(&shape_projects, NULL));
	assert_true(shape_fits(&shape_projects, none));
	assert_false(shape_fits(&shape_profile, other));
	assert_false(shape_fits(&shape_presets, other));
}

static void firmware_is_a_list_of_what_is_offered(void **state)
{
	_cleanup_json_ json_object *o = made(&shape_versions,
	    "{\"message\":\"success\",\"code\":null,\"error\":null,\"devices\":[{\"dev_id\":\"S\","
	    "\"version\":\"01.08.02.00\",\"firmware\":[{\"version\":\"01.09.00.00\","
	    "\"force_update\":true,\"description\":\"d\",\"url\":\"https://x\"}],\"ams\":[]}]}",
	    NULL);

	says(o, "items.0.current", "01.08.02.00");
	says(o, "items.0.offered.0.version", "01.09.00.00");
	says(o, "items.0.offered.0.forced", "true");
}

static void presets_of_all_kinds_are_one_list(void **state)
{
	_cleanup_json_ json_object *o = made(&shape_presets,
	    "{\"print\":{\"public\":[],\"private\":[]},\"filament\":{\"public\":[],\"private\":"
	    "[{\"setting_id\":\"PF1\",\"name\":\"x\",\"update_time\":\"2026-10-01 10:00:00\"}]}}",
	    NULL);

	says(o, "items.0.kind", "filament");
	says(o, "items.0.public", "false");
	says(o, "items.0.id", "PF1");
}

#define TTCODE                                                                             \
	"{\"message\":\"success\",\"ttcode\":\"T0\",\"authkey\":\"A0\",\"passwd\":\"P0\"," \
	"\"region\":"                                                                      \
	"\"us\",\"type\":\"tutk\"}"

static void secrets_are_shown_to_who_asks_for_them_alone(void **state)
{
	static const struct shape_view asked = {.secrets = true};
	_cleanup_json_ json_object *hidden = made(&shape_ttcode, TTCODE, NULL);
	_cleanup_json_ json_object *shown = made(&shape_ttcode, TTCODE, &asked);

	says(hidden, "type", "tutk");
	says(hidden, "authkey", "null");
	says(hidden, "passwd", "null");
	says(hidden, "ttcode", "null");
	says(shown, "authkey", "A0");
}

static void mail_addresses_are_masked_but_for_admins(void **state)
{
	static const struct shape_view admin = {.whole = true};
	static const char text[] = "{\"uid\":7,\"name\":\"n\",\"account\":\"maker@example.org\","
				   "\"productModels\":[\"P1P\",3,\"P1S\"]}";
	_cleanup_json_ json_object *masked = made(&shape_profile, text, NULL);
	_cleanup_json_ json_object *whole = made(&shape_profile, text, &admin);

	says(masked, "account", "m***@example.org");
	says(whole, "account", "maker@example.org");
	says(masked, "uid", "7");
	says(masked, "models", "[ \"P1P\", \"P1S\" ]");
}

static void a_raw_answer_has_no_codes(void **state)
{
	static const struct shape_view nobody, admin = {.whole = true};
	_cleanup_json_ json_object *body = parse(
	    "{\"devices\":[{\"dev_id\":\"S\",\"dev_access_code\":\"12345678\"}],\"email\":\"a@b\","
	    "\"files\":[{\"file_url\":\"https://x/y?Signature=z\",\"url\":\"https://"
	    "x\"}],\"odd\\\"key\":1}");
	_cleanup_json_ json_object *low = NULL, *high = NULL;
	struct jw w;

	jw_init(&w);
	shape_write_raw(&w, NULL, body, &nobody);
	low = parse(w.buf);
	jw_reset(&w);
	shape_write_raw(&w, NULL, body, &admin);
	high = parse(w.buf);
	jw_finish(&w);
	says(low, "devices.0.dev_access_code", "(hidden)");
	says(high, "devices.0.dev_access_code", "(hidden)");
	says(low, "email", "(hidden)");
	says(high, "email", "a@b");
	says(low, "files.0.file_url", "(hidden)");
	says(low, "files.0.url", "(hidden)");
	says(high, "files.0.url", "https://x");
	says(low, "odd\"key", "1");
	says(body, "devices.0.dev_access_code", "12345678");
}

static void totals_are_read_in_every_place(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} cases[] = {
	    {"{\"total\":5}", 5},
	    {"{\"hits\":{\"total\":{\"value\":156}}}", 156},
	    {"{\"data\":{\"total\":2}}", 2},
	    {"{\"total\":\"5\"}", -1},
	    {"{\"total\":-5}", -1},
	    {"{}", -1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_json_ json_object *body = parse(cases[i].text);

		assert_int_equal(shape_total(body), cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_list_is_found_at_the_top_in_data_and_as_data),
	    cmocka_unit_test(both_forms_of_tasks_are_one),
	    cmocka_unit_test(times_are_utc_whatever_they_were),
	    cmocka_unit_test(values_of_other_types_are_unknown_not_wrong),
	    cmocka_unit_test(an_answer_of_another_form_is_told_apart),
	    cmocka_unit_test(firmware_is_a_list_of_what_is_offered),
	    cmocka_unit_test(presets_of_all_kinds_are_one_list),
	    cmocka_unit_test(secrets_are_shown_to_who_asks_for_them_alone),
	    cmocka_unit_test(mail_addresses_are_masked_but_for_admins),
	    cmocka_unit_test(a_raw_answer_has_no_codes),
	    cmocka_unit_test(totals_are_read_in_every_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
