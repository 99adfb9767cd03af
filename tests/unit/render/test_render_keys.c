/* SPDX-License-Identifier: MIT */
/* The key table and the renderer's output name the same fields with the same types. */
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
#include "tests/unit/render/states.h"

#define KEYS_MAX 512
#define PATH_MAX_LEN 128

static bool seen[KEYS_MAX]; /* rows whose path came with a value */

static int find_row(const char *path)
{
	for (unsigned i = 0; i < render_key_count; i++) {
		if (strcmp(render_keys[i].path, path) == 0) {
			return (int)i;
		}
	}
	return -1;
}

/* A null may stand for a whole object or array: `print.error`, `hms`. */
static bool is_prefix_of_a_row(const char *path)
{
	size_t len = strlen(path);

	for (unsigned i = 0; i < render_key_count; i++) {
		const char *rest = render_keys[i].path + len;

		if (strncmp(render_keys[i].path, path, len) == 0 &&
		    (rest[0] == '.' || rest[0] == '[')) {
			return true;
		}
	}
	return false;
}

/* "2026-11-23T01:00:00.000Z" */
static bool is_time(const char *text)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ";

	for (size_t i = 0; i < sizeof(form); i++) {
		bool digit = text[i] >= '0' && text[i] <= '9';

		if (form[i] == 'd' ? !digit : text[i] != form[i]) {
			return false;
		}
	}
	return true;
}

static bool is_of_type(json_object *value, const char *type)
{
	switch (json_object_get_type(value)) {
	case json_type_boolean:
		return strcmp(type, "boolean") == 0;
	case json_type_int:
		return strcmp(type, "integer") == 0 || strcmp(type, "number") == 0;
	case json_type_double:
		return strcmp(type, "number") == 0;
	case json_type_string:
		return strcmp(type, "string") == 0 ||
		       (strcmp(type, "time") == 0 && is_time(json_object_get_string(value)));
	case json_type_null:
	case json_type_object:
	case json_type_array:
		break;
	}
	return false;
}

static void walk_leaf(json_object *value, const char *path)
{
	int row = find_row(path);

	if (value == NULL && (row >= 0 || is_prefix_of_a_row(path))) {
		return;
	}
	if (row < 0) {
		fail_msg("%s is written but not in the key table", path);
	}
	if (!is_of_type(value, render_keys[row].type)) {
		fail_msg("%s is no %s: %s", path, render_keys[row].type,
		    json_object_to_json_string(value));
	}
	seen[row] = true;
}

static void walk(json_object *value, const char *path)
{
	char sub[PATH_MAX_LEN];

	if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, member)
		{
			snprintf(sub, sizeof(sub), "%s%s%s", path, *path ? "." : "", key);
			walk(member, sub);
		}
		return;
	}
	if (json_object_is_type(value, json_type_array)) {
		snprintf(sub, sizeof(sub), "%s[]", path);
		for (size_t i = 0; i < json_object_array_length(value); i++) {
			walk(json_object_array_get_idx(value, i), sub);
		}
		return;
	}
	walk_leaf(value, path);
}

static void walk_text(char *owned_text)
{
	_cleanup_json_ json_object *o = json_tokener_parse(owned_text);

	free(owned_text);
	assert_non_null(o);
	walk(o, "");
}

/* What no sample happens to hold, so that every row is met with a value. */
static void fill_gaps(struct sample *s)
{
	struct ams_tray *external = &s->state.ams.external[0];

	memcpy(external, &s->state.ams.units[0].trays[0], sizeof(*external));
	s->state.lights[LIGHT_HEATBED] = LIGHT_OFF;
	memset(&s->state.options, TRI_YES, sizeof(s->state.options));
}

static void render_keys_and_output_agree_both_ways(void **state)
{
	static void (*const samples[])(struct sample *) = {sample_fresh, sample_idle_p1s,
	    sample_printing_h2d, sample_paused_x1c, sample_a2l_external};

	assert_in_range(render_key_count, 1, KEYS_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		struct sample s;

		samples[i](&s);
		walk_text(rendered(&s));
		walk_text(rendered_short(&s));
		if (samples[i] == sample_idle_p1s) {
			fill_gaps(&s);
			walk_text(rendered(&s));
		}
		sample_finish(&s);
	}
	for (unsigned i = 0; i < render_key_count; i++) {
		if (!seen[i]) {
			fail_msg("%s is in the key table but never written", render_keys[i].path);
		}
	}
}

static void render_keys_are_unique_and_explained(void **state)
{
	static const char *const types[] = {"string", "integer", "number", "boolean", "time"};

	for (unsigned i = 0; i < render_key_count; i++) {
		const struct render_key *k = &render_keys[i];
		size_t t = 0;

		assert_int_equal(find_row(k->path), i);
		assert_true(strlen(k->help) > 0);
		assert_non_null(k->unit);
		while (t < ARRAY_SIZE(types) && strcmp(types[t], k->type) != 0) {
			t++;
		}
		assert_true(t < ARRAY_SIZE(types));
	}
}

/* A name that ends in a unit and the unit column must not contradict each other. */
static void render_keys_carry_the_unit_of_their_name(void **state)
{
	static const struct {
		const char *suffix, *unit;
	} units[] = {{"_pct", "%"}, {"_c", "C"}, {"_mm", "mm"}, {"_ms", "ms"}, {"_dbm", "dBm"},
	    {"_min", "min"}, {"_s", "s"}};

	for (unsigned i = 0; i < render_key_count; i++) {
		const char *path = render_keys[i].path;

		for (size_t u = 0; u < ARRAY_SIZE(units); u++) {
			size_t len = strlen(units[u].suffix);

			if (strlen(path) > len &&
			    strcmp(path + strlen(path) - len, units[u].suffix) == 0) {
				assert_string_equal(render_keys[i].unit, units[u].unit);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(render_keys_and_output_agree_both_ways),
	    cmocka_unit_test(render_keys_are_unique_and_explained),
	    cmocka_unit_test(render_keys_carry_the_unit_of_their_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
