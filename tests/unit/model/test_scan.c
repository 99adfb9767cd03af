/* SPDX-License-Identifier: MIT */
/* The scanner takes exactly the JSON grammar, within its bounds, in linear time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/util.h"
#include "daemon/model/scan.h"

static enum scan_error parse(const char *text)
{
	struct scan s;
	enum scan_error error;

	scan_init(&s);
	error = scan_parse(&s, text, strlen(text));
	scan_finish(&s);
	return error;
}

static void scan_accepts_the_whole_grammar(void **state)
{
	static const char *const texts[] = {"{}", "[]", "null", "true", "false", "0", "-0",
	    "1.5e+10", "1E-2", "123456789012345678901234567890", "1e400", "\"\"",
	    "\"a\\u00e9\\n\\\\\\/\\\"\"", " {\t\"a\" :\r\n[ 1 , {\"b\":null} ,\"c\" ] } ",
	    "[[],{}]", "\"\\ud83d\\ude00\"", "\"\x7f\"", "\"\xc3\xa9\""};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (parse(texts[i]) != SCAN_OK) {
			fail_msg("refused: %s", texts[i]);
		}
	}
}

static void scan_refuses_what_is_no_json(void **state)
{
	static const char *const texts[] = {"", " ", "{", "}", "[", "]", "[1,]", "{\"a\":1,}",
	    "{,}", "[,]", "{\"a\"}", "{\"a\":}", "{a:1}", "{1:1}", "{'a':1}", "nul", "nulll",
	    "True", "NaN", "Infinity", "-Infinity", "-", "+1", "01", "-01", "1.", ".5", "1e", "1e+",
	    "0x10", "1 2", "{} {}", "{}x", "\"", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"",
	    "\"\\u12g4\"", "\"\n\"", "\"\t\"", "[1 2]", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "[}",
	    "{]", "/**/1", "1,", "\x01", "[1]]", "\"\\u\"", "tru", "[\"a\":1]", "{\"a\",1}",
	    "\xef\xbb\xbf{}"};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (parse(texts[i]) != SCAN_E_SYNTAX) {
			fail_msg("not a syntax error: %s", texts[i]);
		}
	}
}

static void scan_refuses_nul_bytes(void **state)
{
	struct scan s;

	scan_init(&s);
	assert_int_equal(scan_parse(&s, "\"a\0b\"", 5), SCAN_E_SYNTAX);
	assert_int_equal(scan_parse(&s, "{}\0", 3), SCAN_E_SYNTAX);
	assert_int_equal(scan_parse(&s, "\"\\\0\"", 4), SCAN_E_SYNTAX);
	scan_finish(&s);
}

static void scan_takes_depth_32_and_not_33(void **state)
{
	char text[200] = "";

	memset(text, '[', 32);
	memset(text + 32, ']', 32);
	assert_int_equal(parse(text), SCAN_OK);
	memset(text, '[', 33);
	memset(text + 33, ']', 33);
	assert_int_equal(parse(text), SCAN_E_DEPTH);
}

static void scan_takes_8192_values_and_not_more(void **state)
{
	_cleanup_free_ char *text = xmalloc(3 * SCAN_NODES_MAX);
	size_t len = 0, i;

	text[len++] = '[';
	for (i = 0; i + 2 < SCAN_NODES_MAX; i++) {
		text[len++] = '1';
		text[len++] = ',';
	}
	memcpy(text + len, "1]", 3);
	assert_int_equal(parse(text), SCAN_OK);
	memcpy(text + len, "1,1]", 5);
	assert_int_equal(parse(text), SCAN_E_NODES);
}

static void scan_takes_256_kib_and_not_more(void **state)
{
	_cleanup_free_ char *text = xmalloc(SCAN_BYTES_MAX + 2);

	memset(text, ' ', SCAN_BYTES_MAX + 2);
	memcpy(text, "[]", 2);
	text[SCAN_BYTES_MAX] = '\0';
	assert_int_equal(parse(text), SCAN_OK);
	text[SCAN_BYTES_MAX] = ' ';
	text[SCAN_BYTES_MAX + 1] = '\0';
	assert_int_equal(parse(text), SCAN_E_BYTES);
}

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The bound that reliability asks for; quadratic scanners need seconds. */
static void scan_ends_hostile_texts_in_5_ms(void **state)
{
	static const char *const pieces[] = {
	    "[", "{\"a\":", "[],", "\"\\\\\",", "9", "[[", "\"a", "\\", " ", "{\"a\":1},"};
	_cleanup_free_ char *text = xmalloc(SCAN_BYTES_MAX + 16);
	struct scan s;

	scan_init(&s);
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		double best = 1e9;
		size_t len = 0;

		text[len++] = '[';
		while (len + strlen(pieces[i]) <= SCAN_BYTES_MAX) {
			memcpy(text + len, pieces[i], strlen(pieces[i]));
			len += strlen(pieces[i]);
		}
		for (int run = 0; run < 3; run++) {
			double start = cpu_ms();

			scan_parse(&s, text, len);
			best = fmin(best, cpu_ms() - start);
		}
		if (best > 5) {
			fail_msg("%s...: %.1f ms", pieces[i], best);
		}
	}
	scan_finish(&s);
}

static void scan_get_takes_the_last_of_duplicates(void **state)
{
	const char *text = "{\"a\":1,\"b\":2,\"a\":3,\"\\u0062\":4}";
	struct scan s;
	int64_t v = 0;

	scan_init(&s);
	assert_int_equal(scan_parse(&s, text, strlen(text)), SCAN_OK);
	assert_true(scan_int(&s, scan_get(&s, 0, "a"), &v));
	assert_int_equal(v, 3);
	assert_true(scan_int(&s, scan_get(&s, 0, "b"), &v));
	assert_int_equal(v, 4);
	assert_int_equal(scan_get(&s, 0, "c"), 0);
	assert_int_equal(scan_get(&s, scan_get(&s, 0, "a"), "a"), 0);
	scan_finish(&s);
}

static void scan_walks_containers(void **state)
{
	const char *text = "{\"a\":[10,[],{\"x\":[1,2]},20],\"b\":{},\"c\":\"end\"}";
	struct scan s;
	uint32_t k, node, array, members = 0;
	int64_t v, sum = 0;

	scan_init(&s);
	assert_int_equal(scan_parse(&s, text, strlen(text)), SCAN_OK);
	for (k = scan_first(&s, 0); k != 0; k = scan_next(&s, 0, k + 1)) {
		members++;
	}
	assert_int_equal(members, 3);
	array = scan_get(&s, 0, "a");
	for (node = scan_first(&s, array); node != 0; node = scan_next(&s, array, node)) {
		if (scan_int(&s, node, &v)) {
			sum += v;
		}
	}
	assert_int_equal(sum, 30);
	assert_int_equal(scan_first(&s, scan_get(&s, 0, "b")), 0);
	assert_int_equal(scan_first(&s, scan_get(&s, 0, "c")), 0);
	scan_finish(&s);
}

static void check_int(const char *text, bool ok, int64_t want)
{
	_cleanup_free_ char *json = xasprintf("[%s]", text);
	struct scan s;
	int64_t v = 4242;

	scan_init(&s);
	assert_int_equal(scan_parse(&s, json, strlen(json)), SCAN_OK);
	if (scan_int(&s, 1, &v) != ok || v != (ok ? want : 4242)) {
		fail_msg("%s: %lld", text, (long long)v);
	}
	scan_finish(&s);
}

static void scan_int_is_tolerant_of_form_not_of_value(void **state)
{
	check_int("7", true, 7);
	check_int("\"7\"", true, 7);
	check_int("\"007\"", true, 7);
	check_int("-12", true, -12);
	check_int("70.0", true, 70);
	check_int("\"70.00\"", true, 70);
	check_int("1e3", true, 1000);
	check_int("0e400", true, 0);
	check_int("9223372036854775807", true, INT64_MAX);
	check_int("-9223372036854775808", true, INT64_MIN);
	check_int("9223372036854775808", false, 0);
	check_int("123456789012345678901234567890", false, 0);
	check_int("1e400", false, 0);
	check_int("1.5", false, 0);
	check_int("\"\"", false, 0);
	check_int("\" 7\"", false, 0);
	check_int("\"7x\"", false, 0);
	check_int("\"-\"", false, 0);
	check_int("true", false, 0);
	check_int("null", false, 0);
	check_int("[]", false, 0);
	check_int("{}", false, 0);
}

static void check_num(const char *text, bool ok)
{
	_cleanup_free_ char *json = xasprintf("[%s]", text);
	struct scan s;
	double v = 4242;

	scan_init(&s);
	assert_int_equal(scan_parse(&s, json, strlen(json)), SCAN_OK);
	if (scan_num(&s, 1, &v) != ok || v != (ok ? strtod(text + (*text == '"'), NULL) : 4242)) {
		fail_msg("%s: %.17g", text, v);
	}
	scan_finish(&s);
}

static void scan_num_reads_what_strtod_reads(void **state)
{
	check_num("0", true);
	check_num("-0.0", true);
	check_num("219.84375", true);
	check_num("0.1", true);
	check_num("0.019999999552965164", true);
	check_num("1.7976931348623157e308", true);
	check_num("4.9e-324", true);
	check_num("1e-400", true);
	check_num("123456789012345678", true);
	check_num("9007199254740993", true);
	check_num("\"27.5\"", true);
	check_num("\"1e400\"", false);
	check_num("1e400", false);
	check_num("-1e400", false);
	check_num("1e999999999999", false);
	check_num("\"\"", false);
	check_num("\"nan\"", false);
	check_num("\"0x10\"", false);
	check_num("\"1.\"", false);
	check_num("false", false);
}

static void check_str(const char *json, const char *want, size_t size)
{
	_cleanup_free_ char *text = xasprintf("[%s]", json);
	struct scan s;
	char buf[64] = "untouched";

	scan_init(&s);
	assert_int_equal(scan_parse(&s, text, strlen(text)), SCAN_OK);
	if (want == NULL) {
		assert_false(scan_str(&s, 1, buf, size));
		assert_string_equal(buf, "untouched");
	} else {
		assert_true(scan_str(&s, 1, buf, size));
		assert_string_equal(buf, want);
	}
	scan_finish(&s);
}

static void scan_str_unescapes(void **state)
{
	check_str("\"plain\"", "plain", 64);
	check_str("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 64);
	check_str("\"\\u0041\\u00e9\\u20AC\"", "A\xc3\xa9\xe2\x82\xac", 64);
	check_str("\"\\uD83D\\uDE00!\"", "\xf0\x9f\x98\x80!", 64);
	check_str("12.50", "12.50", 64);
	check_str("true", NULL, 64);
	check_str("[]", NULL, 64);
	check_str("null", NULL, 64);
}

static void scan_str_replaces_nul_and_lone_surrogates(void **state)
{
	check_str("\"a\\u0000b\"",
	    "a\xef\xbf\xbd"
	    "b",
	    64);
	check_str("\"\\ud83d\"", "\xef\xbf\xbd", 64);
	check_str("\"\\ude00x\"", "\xef\xbf\xbdx", 64);
	check_str("\"\\ud83dx\"", "\xef\xbf\xbdx", 64);
	check_str("\"\\ud83d\\u0041\"",
	    "\xef\xbf\xbd"
	    "A",
	    64);
	check_str("\"\\ud83d\\ud83d\\ude00\"", "\xef\xbf\xbd\xf0\x9f\x98\x80", 64);
}

static void scan_str_cuts_at_a_whole_character(void **state)
{
	check_str("\"abcdef\"", "abc", 4);
	check_str("\"ab\xc3\xa9\"", "ab", 4);
	check_str("\"ab\xc3\xa9\"", "ab\xc3\xa9", 5);
	check_str("\"ab\\u00e9\"", "ab", 4);
	check_str("\"a\\ud83d\\ude00\"", "a", 5);
	check_str("\"\xf0\x9f\x98\x80\"", "", 4);
	check_str("\"abc\"", "", 1);
}

static void scan_bool_and_hex_are_tolerant(void **state)
{
	const char *text =
	    "[true,false,1,0,\"true\",\"0\",2,\"yes\",\"1000f\",\"FFFFFFFFFFFFFFFF\","
	    "\"\",\"1g\",\"11111111111111111\",17]";
	static const int bools[] = {1, 0, 1, 0, 1, 0, -1, -1};
	struct scan s;
	uint64_t h = 0;
	size_t i;

	scan_init(&s);
	assert_int_equal(scan_parse(&s, text, strlen(text)), SCAN_OK);
	for (i = 0; i < ARRAY_SIZE(bools); i++) {
		bool v = false, ok = scan_bool(&s, (uint32_t)i + 1, &v);

		assert_int_equal(ok ? v : -1, bools[i]);
	}
	assert_true(scan_hex(&s, 9, &h));
	assert_int_equal(h, 0x1000f);
	assert_true(scan_hex(&s, 10, &h));
	assert_true(h == UINT64_MAX);
	for (i = 11; i <= 14; i++) {
		assert_false(scan_hex(&s, (uint32_t)i, &h));
	}
	scan_finish(&s);
}

static void scan_strdup_is_bounded(void **state)
{
	_cleanup_free_ char *text = xmalloc(4000);
	_cleanup_free_ char *copy = NULL;
	struct scan s;

	memset(text, 'x', 4000);
	memcpy(text, "[\"", 2);
	memcpy(text + 3990, "\"]", 3);
	scan_init(&s);
	assert_int_equal(scan_parse(&s, text, strlen(text)), SCAN_OK);
	copy = scan_strdup(&s, 1);
	assert_int_equal(strlen(copy), 1023);
	assert_null(scan_strdup(&s, 0));
	scan_finish(&s);
}

static void scan_repair_replaces_each_invalid_byte(void **state)
{
	char text[] = "a\xff\xc3(\xc3\xa9\xed\xa0\x80\xf0\x9f\x98\x80\xc0\x80\xe2\x82";

	assert_int_equal(scan_repair(text, sizeof(text) - 1), 9);
	assert_string_equal(text, "a?"
				  "?(\xc3\xa9???\xf0\x9f\x98\x80????");
	assert_int_equal(scan_repair(text, sizeof(text) - 1), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(scan_accepts_the_whole_grammar),
	    cmocka_unit_test(scan_refuses_what_is_no_json),
	    cmocka_unit_test(scan_refuses_nul_bytes),
	    cmocka_unit_test(scan_takes_depth_32_and_not_33),
	    cmocka_unit_test(scan_takes_8192_values_and_not_more),
	    cmocka_unit_test(scan_takes_256_kib_and_not_more),
	    cmocka_unit_test(scan_ends_hostile_texts_in_5_ms),
	    cmocka_unit_test(scan_get_takes_the_last_of_duplicates),
	    cmocka_unit_test(scan_walks_containers),
	    cmocka_unit_test(scan_int_is_tolerant_of_form_not_of_value),
	    cmocka_unit_test(scan_num_reads_what_strtod_reads),
	    cmocka_unit_test(scan_str_unescapes),
	    cmocka_unit_test(scan_str_replaces_nul_and_lone_surrogates),
	    cmocka_unit_test(scan_str_cuts_at_a_whole_character),
	    cmocka_unit_test(scan_bool_and_hex_are_tolerant),
	    cmocka_unit_test(scan_strdup_is_bounded),
	    cmocka_unit_test(scan_repair_replaces_each_invalid_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
