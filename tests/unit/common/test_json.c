/* SPDX-License-Identifier: MIT */
/* Strict parsing and typed look-ups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "common/json.h"

static int parse(const char *text, json_object **ret)
{
	return json_parse(text, strlen(text), 4, ret);
}

static void valid_values_are_taken(void **state)
{
	static const char *const good[] = {"{}", "[]", " {\"a\" : [1, -0, 1.5e+3, 0.1E-2] } \r\n\t",
	    "\"x\"", "0", "-1", "12", "1.5", "1e5", "true", "false", "18446744073709551615",
	    "-9223372036854775808", "\"\\u00e4\\ud83d\\ude00\\/\\b\"", "\"\x7f\"", "[[[[1]]]]",
	    "{\"\":{\"a\":1},\"b\":{\"a\":1}}"};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_json_ json_object *o = NULL;

		if (parse(good[i], &o) != 0) {
			fail_msg("refused: %s", good[i]);
		}
		assert_non_null(o);
	}
}

static void null_is_a_value_without_an_object(void **state)
{
	json_object *o = (json_object *)&o;

	assert_int_equal(parse(" null ", &o), 0);
	assert_null(o);
}

static void what_is_not_json_is_refused(void **state)
{
	static const char *const bad[] = {"", " ", "{", "}", "[1,]", "{\"a\":1,}", "{,}", "[,1]",
	    "{'a':1}", "{a:1}", "'x'", "NaN", "nan", "Infinity", "-Infinity", "[NaN]", "01", "-01",
	    "00", "+1", ".5", "1.", "1.e5", "1e", "1e+", "-", "0x10", "1 2", "{} {}", "{}x", "[] ]",
	    "True", "TRUE", "nul", "tru", "truex", "null0", "nulL", "\"a", "\"\n\"", "\"\t\"",
	    "\"\\x41\"", "\"\\'\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\u0000\"", "\"a\\u0000b\"",
	    "\"\\ud800\"", "\"\\ud800x\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "{\"a\\u0000\":1}",
	    "{\"a\"}", "{\"a\":}", "{\"a\" 1}", "{1:2}", "{\"a\":1 \"b\":2}", "[1 2]", "/* c */ 1",
	    "1 // c", "{\"a\":1;}", "18446744073709551616", "-9223372036854775809",
	    "123456789012345678901234567890", "1e400", "[-1e999]", "\"\xff\"", "\"\xc0\x80\"",
	    "\"\xed\xa0\x80\"", "\"\xe2\x82\"", "\xef\xbb\xbf{}", "\f1", "\v1",
	    "\xc2\xa0"
	    "1"};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		json_object *o = NULL;

		if (parse(bad[i], &o) != -EINVAL) {
			fail_msg("accepted: %s", bad[i]);
		}
		assert_null(o);
	}
}

static void nul_bytes_are_refused_everywhere(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} bad[] = {{"{}\0", 3}, {"\0{}", 3}, {"{\0}", 3}, {"\"a\0b\"", 5}, {"1\0", 2}, {"\0", 1},
	    {"[1,\0]", 5}, {"\"\\\0\"", 4}};
	json_object *o = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(json_parse(bad[i].text, bad[i].len, 4, &o), -EINVAL);
	}
	assert_int_equal(json_parse(NULL, 0, 4, &o), -EINVAL);
	assert_null(o);
}

static void doubled_members_are_refused_at_any_depth(void **state)
{
	static const char *const bad[] = {"{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":2}",
	    "[{\"x\":{\"b\":null,\"c\":1,\"b\":2}}]", "{\"a\":{\"b\":1},\"a\":null}"};
	json_object *o = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(parse(bad[i], &o), -EINVAL);
	}
	assert_null(o);
}

static void depth_has_an_end(void **state)
{
	json_object *o = NULL;
	char deep[4001];

	assert_int_equal(parse("[[[[[1]]]]]", &o), -E2BIG);
	assert_int_equal(parse("{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}", &o), -E2BIG);
	assert_int_equal(parse("[[],[],[],[],[[[]]]]", &o), 0);
	json_object_put(TAKE(o));
	memset(deep, '[', 4000);
	deep[4000] = '\0';
	assert_int_equal(json_parse(deep, 4000, 16, &o), -E2BIG);
	assert_int_equal(json_parse("1", 1, 0, &o), 0);
	json_object_put(TAKE(o));
	assert_int_equal(json_parse("[]", 2, 0, &o), -E2BIG);
	assert_null(o);
}

static void getters_answer_only_for_their_type(void **state)
{
	_cleanup_json_ json_object *o = NULL;
	bool b = false;
	int64_t i = 5;
	double d = 5;

	assert_int_equal(
	    parse("{\"s\":\"x\",\"i\":-7,\"d\":1.5,\"b\":true,\"o\":{},\"a\":[],\"n\":null,"
		  "\"big\":18446744073709551615}",
		&o),
	    0);
	assert_string_equal(json_get_str(o, "s"), "x");
	assert_null(json_get_str(o, "i"));
	assert_null(json_get_str(o, "absent"));
	assert_null(json_get_str(o, "n"));
	assert_null(json_get_str(NULL, "s"));
	assert_false(json_get_i64(o, "d", &i));
	assert_false(json_get_i64(o, "s", &i));
	assert_false(json_get_i64(o, "big", &i));
	assert_int_equal(i, 5);
	assert_true(json_get_i64(o, "i", &i));
	assert_int_equal(i, -7);
	assert_false(json_get_num(o, "s", &d));
	assert_true(json_get_num(o, "i", &d));
	assert_true(d == -7);
	assert_true(json_get_num(o, "d", &d));
	assert_true(d == 1.5);
	assert_false(json_get_bool(o, "i", &b));
	assert_true(json_get_bool(o, "b", &b));
	assert_true(b);
	assert_non_null(json_get_obj(o, "o"));
	assert_null(json_get_obj(o, "a"));
	assert_non_null(json_get_arr(o, "a"));
	assert_null(json_get_arr(o, "o"));
}

static void paths_go_through_objects_and_arrays(void **state)
{
	_cleanup_json_ json_object *o = NULL;
	json_object *v = NULL;

	assert_int_equal(parse("{\"a\":{\"b\":[10,{\"c\":null}]}}", &o), 0);
	assert_true(json_get_path(o, "a.b.0", &v));
	assert_int_equal(json_object_get_int(v), 10);
	assert_true(json_get_path(o, "a.b.1.c", &v));
	assert_null(v);
	v = o;
	assert_false(json_get_path(o, "a.b.2", &v));
	assert_false(json_get_path(o, "a.b.-1", &v));
	assert_false(json_get_path(o, "a.b.x", &v));
	assert_false(json_get_path(o, "a.b.0.x", &v));
	assert_false(json_get_path(o, "a..b", &v));
	assert_false(json_get_path(o, "", &v));
	assert_false(json_get_path(o, "a.b.1.c.d", &v));
	assert_ptr_equal(v, o);
}

/* Whatever is accepted must come out again as the same value after json-c has written it. */
static void mutated_text_never_breaks_the_parser(void **state)
{
	static const char seed_text[] =
	    "{\"id\":7,\"m\":\"a\\u00e4\",\"p\":[1.5,true,null,{\"k\":-0}]}";
	static const char alphabet[] = "{}[]\",:\\u0 1eE+-.tfn\xc3\xa4\x01";
	unsigned seed = 99, accepted = 0;

	for (int round = 0; round < 20000; round++) {
		_cleanup_json_ json_object *o = NULL, *again = NULL;
		char text[sizeof(seed_text)];
		const char *written;

		memcpy(text, seed_text, sizeof(text));
		for (int change = 0; change < 1 + round % 3; change++) {
			seed = seed * 1103515245 + 12345;
			text[(seed >> 16) % (sizeof(text) - 1)] =
			    alphabet[(seed >> 8) % (sizeof(alphabet) - 1)];
		}
		if (json_parse(text, sizeof(text) - 1, 8, &o) < 0) {
			continue;
		}
		accepted++;
		written = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
		assert_int_equal(json_parse(written, strlen(written), 8, &again), 0);
		assert_true(json_object_equal(o, again));
	}
	assert_in_range(accepted, 100, 19000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(valid_values_are_taken),
	    cmocka_unit_test(null_is_a_value_without_an_object),
	    cmocka_unit_test(what_is_not_json_is_refused),
	    cmocka_unit_test(nul_bytes_are_refused_everywhere),
	    cmocka_unit_test(doubled_members_are_refused_at_any_depth),
	    cmocka_unit_test(depth_has_an_end),
	    cmocka_unit_test(getters_answer_only_for_their_type),
	    cmocka_unit_test(paths_go_through_objects_and_arrays),
	    cmocka_unit_test(mutated_text_never_breaks_the_parser),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
