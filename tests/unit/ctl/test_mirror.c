/* SPDX-License-Identifier: MIT */
/* The client's copy: merged as the protocol says, whatever comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "ctl/mirror.h"

static json_object *parse(const char *text)
{
	json_object *value;

	assert_int_equal(json_parse(text, strlen(text), 32, &value), 0);
	return value;
}

static void assert_json(json_object *value, const char *expected)
{
	assert_string_equal(
	    json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN), expected);
}

static void load(struct mirror *m, const char *text)
{
	_cleanup_json_ json_object *snapshot = parse(text);

	mirror_init(m);
	mirror_load(m, snapshot);
}

static json_object *apply(struct mirror *m, const char *text)
{
	_cleanup_json_ json_object *params = parse(text);

	return mirror_apply(m, params);
}

static void merge_goes_into_objects_and_keeps_what_is_absent(void **state)
{
	_cleanup_json_ json_object *into = parse("{\"a\":{\"b\":1,\"c\":{\"d\":2}},\"e\":3}");
	_cleanup_json_ json_object *changes = parse("{\"a\":{\"c\":{\"f\":4}}}");

	mirror_merge(into, changes);
	assert_json(into, "{\"a\":{\"b\":1,\"c\":{\"d\":2,\"f\":4}},\"e\":3}");
}

static void merge_replaces_arrays_scalars_and_takes_null_as_a_value(void **state)
{
	_cleanup_json_ json_object *into =
	    parse("{\"list\":[{\"a\":1},{\"b\":2}],\"error\":{\"code\":\"x\"},\"n\":1,\"o\":null}");
	_cleanup_json_ json_object *changes =
	    parse("{\"list\":[{\"c\":3}],\"error\":null,\"n\":\"two\",\"o\":{\"p\":5}}");

	mirror_merge(into, changes);
	assert_json(into, "{\"list\":[{\"c\":3}],\"error\":null,\"n\":\"two\",\"o\":{\"p\":5}}");
}

static void mirror_outlives_the_notifications_it_took(void **state)
{
	struct mirror m;

	load(&m, "{\"printers\":[{\"name\":\"a\",\"print\":{\"percent\":1}},{\"name\":\"b\"}]}");
	apply(&m, "{\"sub\":1,\"printer\":\"a\",\"changes\":{\"print\":{\"percent\":2}}}");
	apply(&m, "{\"sub\":1,\"printer\":\"b\",\"changes\":{\"print\":{\"percent\":3}}}");
	assert_json(m.printers, "{\"a\":{\"name\":\"a\",\"print\":{\"percent\":2}},"
				"\"b\":{\"name\":\"b\",\"print\":{\"percent\":3}}}");
	mirror_finish(&m);
}

static void mirror_takes_a_printer_that_joins_and_drops_one_that_leaves(void **state)
{
	struct mirror m;

	load(&m, "{\"printers\":[]}");
	assert_non_null(apply(&m, "{\"printer\":\"new\",\"changes\":{\"link\":{}}}"));
	assert_json(mirror_get(&m, "new"), "{\"name\":\"new\",\"link\":{}}");
	mirror_drop(&m, "new");
	mirror_drop(&m, "unknown");
	assert_null(mirror_get(&m, "new"));
	assert_null(apply(&m, "{\"changes\":{}}"));
	mirror_finish(&m);
}

static void mirror_of_no_snapshot_is_empty(void **state)
{
	struct mirror m;

	mirror_init(&m);
	mirror_load(&m, NULL);
	assert_json(m.printers, "{}");
	mirror_finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(merge_goes_into_objects_and_keeps_what_is_absent),
	    cmocka_unit_test(merge_replaces_arrays_scalars_and_takes_null_as_a_value),
	    cmocka_unit_test(mirror_outlives_the_notifications_it_took),
	    cmocka_unit_test(mirror_takes_a_printer_that_joins_and_drops_one_that_leaves),
	    cmocka_unit_test(mirror_of_no_snapshot_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
