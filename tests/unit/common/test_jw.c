/* SPDX-License-Identifier: MIT */
/* The JSON writer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "common/json.h"
#include "common/jw.h"

static void nested_containers_get_their_commas(void **state)
{
	struct jw w;

	jw_init(&w);
	jw_object(&w, NULL);
	jw_str(&w, "a", "x");
	jw_array(&w, "b");
	jw_int(&w, NULL, 1);
	jw_int(&w, NULL, INT64_MIN);
	jw_object(&w, NULL);
	jw_object_end(&w);
	jw_array(&w, NULL);
	jw_array_end(&w);
	jw_null(&w, NULL);
	jw_array_end(&w);
	jw_bool(&w, "c", true);
	jw_bool(&w, "d", false);
	jw_raw(&w, "e", "{\"z\":1}", 7);
	jw_str(&w, "f", NULL);
	jw_object_end(&w);
	assert_string_equal(w.buf,
	    "{\"a\":\"x\",\"b\":[1,-9223372036854775808,{},[],null],\"c\":true,"
	    "\"d\":false,\"e\":{\"z\":1},\"f\":null}");
	jw_finish(&w);
}

static void bytes_between_values_start_afresh(void **state)
{
	struct jw w;
	char *text;

	jw_init(&w);
	for (int i = 0; i < 2; i++) {
		jw_object(&w, NULL);
		jw_object_end(&w);
		jw_bytes(&w, "\n", 1);
	}
	text = jw_take(&w);
	assert_string_equal(text, "{}\n{}\n");
	free(text);
	assert_null(w.buf);
	text = jw_take(&w);
	assert_string_equal(text, "");
	free(text);
	jw_int(&w, NULL, 1);
	jw_reset(&w);
	assert_int_equal(w.len, 0);
	assert_string_equal(w.buf, "");
	jw_int(&w, NULL, 2);
	assert_string_equal(w.buf, "2");
	jw_finish(&w);
}

static void num_is(double value, int decimals, const char *wanted)
{
	struct jw w;

	jw_init(&w);
	jw_num(&w, NULL, value, decimals);
	assert_string_equal(w.buf, wanted);
	jw_finish(&w);
}

static void numbers_take_their_shortest_form(void **state)
{
	num_is(219.8, 1, "219.8");
	num_is(22.0, 1, "22");
	num_is(0.02, 3, "0.02");
	num_is(-0.0, 2, "0");
	num_is(-0.001, 2, "0");
	num_is(-0.5, 1, "-0.5");
	num_is(-12.25, 2, "-12.25");
	num_is(0.05, 1, "0.1");
	num_is(9.99, 1, "10");
	num_is(100, 0, "100");
	num_is(1.005, 9, "1.005");
	num_is(0.000000001, 9, "0.000000001");
	num_is(123456789.25, 9, "123456789.25");
	num_is(1e15, 3, "1000000000000000");
	num_is(1e300, 3, "1.0000000000000001e+300");
	num_is(NAN, 1, "null");
	num_is(INFINITY, 1, "null");
	num_is(-INFINITY, 1, "null");
}

static void strings_are_escaped_and_repaired(void **state)
{
	struct jw w;

	jw_init(&w);
	jw_str(&w, NULL, "a\"b\\c/\n\r\t\b\f\x01\x1f\x7f");
	assert_string_equal(w.buf, "\"a\\\"b\\\\c/\\n\\r\\t\\b\\f\\u0001\\u001f\x7f\"");
	jw_reset(&w);
	jw_str(&w, NULL, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
	assert_string_equal(w.buf, "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"");
	jw_reset(&w);
	jw_strn(&w, NULL, "x\xff\xc3\0y\xed\xa0\x80", 8);
	assert_string_equal(w.buf,
	    "\"x\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdy\xef\xbf\xbd\xef\xbf\xbd"
	    "\xef\xbf\xbd\"");
	jw_reset(&w);
	jw_object(&w, NULL);
	jw_int(&w, "k\"\n", 1);
	jw_object_end(&w);
	assert_string_equal(w.buf, "{\"k\\\"\\n\":1}");
	jw_finish(&w);
}

static void times_are_text_or_null(void **state)
{
	struct jw w;

	jw_init(&w);
	jw_array(&w, NULL);
	jw_time(&w, NULL, 1795395723004);
	jw_time(&w, NULL, -1);
	jw_array_end(&w);
	assert_string_equal(w.buf, "[\"2026-11-23T01:02:03.004Z\",null]");
	jw_finish(&w);
}

static void any_bytes_give_json_that_parses(void **state)
{
	unsigned seed = 7;
	struct jw w;

	jw_init(&w);
	for (int round = 0; round < 5000; round++) {
		_cleanup_json_ json_object *o = NULL;
		char in[16];

		for (size_t i = 0; i < sizeof(in); i++) {
			seed = seed * 1103515245 + 12345;
			in[i] = (char)(seed >> 16);
		}
		jw_reset(&w);
		jw_object(&w, NULL);
		jw_strn(&w, "k", in, sizeof(in));
		jw_num(&w, "n", (double)seed / 977, round % 10);
		jw_object_end(&w);
		assert_int_equal(json_parse(w.buf, w.len, 2, &o), 0);
	}
	jw_finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nested_containers_get_their_commas),
	    cmocka_unit_test(bytes_between_values_start_afresh),
	    cmocka_unit_test(numbers_take_their_shortest_form),
	    cmocka_unit_test(strings_are_escaped_and_repaired),
	    cmocka_unit_test(times_are_text_or_null),
	    cmocka_unit_test(any_bytes_give_json_that_parses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
