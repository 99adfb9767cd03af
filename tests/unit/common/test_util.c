/* SPDX-License-Identifier: MIT */
/* Strict parsing, times as text, globs, edit distance, list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "common/util.h"

static void integers_are_whole_and_in_range(void **state)
{
	static const char *const bad[] = {
	    "", "-", "+1", " 1", "1 ", "1x", "0x10", "1.0", "--1", "1e3"};
	int64_t v = 77;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(parse_i64(bad[i], INT64_MIN, INT64_MAX, &v), -EINVAL);
	}
	assert_int_equal(parse_i64("11", 1, 10, &v), -ERANGE);
	assert_int_equal(parse_i64("9223372036854775808", INT64_MIN, INT64_MAX, &v), -ERANGE);
	assert_int_equal(v, 77);
	assert_int_equal(parse_i64("-9223372036854775808", INT64_MIN, INT64_MAX, &v), 0);
	assert_true(v == INT64_MIN);
	assert_int_equal(parse_i64("10", 1, 10, &v), 0);
	assert_int_equal(v, 10);
}

static void doubles_are_finite_decimals(void **state)
{
	static const char *const bad[] = {
	    "", "inf", "nan", "0x1p3", "1.", ".5", "1e", " 1", "1,5", "-"};
	double v = 7;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(parse_double(bad[i], &v), -EINVAL);
	}
	assert_int_equal(parse_double("1e999", &v), -ERANGE);
	assert_true(v == 7);
	assert_int_equal(parse_double("-219.5", &v), 0);
	assert_true(v == -219.5);
	assert_int_equal(parse_double("2e-1", &v), 0);
	assert_true(v == 0.2);
}

static void booleans_have_eight_words(void **state)
{
	bool v;

	assert_int_equal(parse_bool("yes", &v), 0);
	assert_true(v);
	assert_int_equal(parse_bool("On", &v), 0);
	assert_true(v);
	assert_int_equal(parse_bool("0", &v), 0);
	assert_false(v);
	assert_int_equal(parse_bool("false", &v), 0);
	assert_false(v);
	assert_int_equal(parse_bool("y", &v), -EINVAL);
	assert_int_equal(parse_bool("", &v), -EINVAL);
	assert_int_equal(parse_bool(NULL, &v), -EINVAL);
}

static void durations_and_sizes_have_units(void **state)
{
	int64_t v = 5;

	assert_int_equal(parse_duration_ms("500ms", &v), 0);
	assert_int_equal(v, 500);
	assert_int_equal(parse_duration_ms("30", &v), 0);
	assert_int_equal(v, 30000);
	assert_int_equal(parse_duration_ms("5min", &v), 0);
	assert_int_equal(v, 300000);
	assert_int_equal(parse_duration_ms("2h", &v), 0);
	assert_int_equal(v, 7200000);
	assert_int_equal(parse_duration_ms("-1s", &v), -EINVAL);
	assert_int_equal(parse_duration_ms("5 s", &v), -EINVAL);
	assert_int_equal(parse_duration_ms("9223372036854775807h", &v), -ERANGE);
	assert_int_equal(v, 7200000);
	assert_int_equal(parse_size_bytes("64K", &v), 0);
	assert_int_equal(v, 65536);
	assert_int_equal(parse_size_bytes("1G", &v), 0);
	assert_int_equal(v, 1073741824);
	assert_int_equal(parse_size_bytes("12", &v), 0);
	assert_int_equal(v, 12);
	assert_int_equal(parse_size_bytes("1T", &v), -EINVAL);
	assert_int_equal(parse_size_bytes("9007199254740993G", &v), -ERANGE);
}

static void times_are_utc_with_milliseconds(void **state)
{
	int64_t ms = 0;
	char buf[32];

	assert_string_equal(time_rfc3339(0, buf), "1970-01-01T00:00:00.000Z");
	assert_string_equal(time_rfc3339(1795395723004, buf), "2026-11-23T01:02:03.004Z");
	assert_string_equal(time_rfc3339(-1, buf), "1969-12-31T23:59:59.999Z");
	assert_string_equal(time_rfc3339(951782400000, buf), "2000-02-29T00:00:00.000Z");
	assert_string_equal(time_rfc3339(INT64_MAX, buf), "9999-12-31T23:59:59.999Z");
	assert_string_equal(time_rfc3339(INT64_MIN, buf), "0000-01-01T00:00:00.000Z");
	assert_int_equal(time_parse_rfc3339("2026-11-23T01:02:03.004Z", &ms), 0);
	assert_int_equal(ms, 1795395723004);
	assert_int_equal(time_parse_rfc3339("2026-11-23T01:02:03.5Z", &ms), 0);
	assert_int_equal(ms, 1795395723500);
	assert_int_equal(time_parse_rfc3339("2026-11-23T01:02:03.0049999Z", &ms), 0);
	assert_int_equal(ms, 1795395723004);
	assert_int_equal(time_parse_rfc3339("2026-11-23T01:02:03", &ms), -EINVAL);
	assert_int_equal(time_parse_rfc3339("2026-11-23", &ms), -EINVAL);
	assert_int_equal(time_parse_rfc3339("", &ms), -EINVAL);
}

static void globs_know_star_and_question_mark(void **state)
{
	assert_true(glob_match("*", ""));
	assert_true(glob_match("rack?-*", "RACK1-07"));
	assert_true(glob_match("print.*", "print.started"));
	assert_true(glob_match("a*b*c", "aXXbYbZc"));
	assert_true(glob_match("", ""));
	assert_false(glob_match("", "a"));
	assert_false(glob_match("?", ""));
	assert_false(glob_match("print.*", "printer.online"));
	assert_false(glob_match("a*b", "ac"));
	assert_false(glob_match("[a]", "a"));
}

static void hostile_globs_end_soon(void **state)
{
	char pattern[2001], text[4001];

	for (size_t i = 0; i + 1 < sizeof(pattern); i += 2) {
		memcpy(pattern + i, "*a", 2);
	}
	pattern[1999] = 'b';
	pattern[2000] = '\0';
	memset(text, 'a', 4000);
	text[4000] = '\0';
	assert_false(glob_match(pattern, text));
}

static void edit_distance_counts_single_changes(void **state)
{
	char longer[80];

	assert_int_equal(edit_distance("", ""), 0);
	assert_int_equal(edit_distance("list", "lists"), 1);
	assert_int_equal(edit_distance("kitten", "sitting"), 3);
	assert_int_equal(edit_distance("abc", ""), 3);
	memset(longer, 'x', 79);
	longer[79] = '\0';
	assert_int_equal(edit_distance(longer, "x"), 79);
}

static void copies_are_cut_and_terminated(void **state)
{
	char buf[4] = "zzz";

	assert_false(str_copy(buf, sizeof(buf), "abcd"));
	assert_string_equal(buf, "abc");
	assert_true(str_copy(buf, sizeof(buf), "xyz"));
	assert_string_equal(buf, "xyz");
	assert_false(str_copy(buf, 0, "a"));
	assert_string_equal(buf, "xyz");
	assert_true(str_starts("print.x", "print."));
	assert_false(str_starts("pri", "print."));
}

static void allocating_copies(void **state)
{
	_cleanup_free_ char *a = xasprintf("%s-%d", "x", 5);
	_cleanup_free_ char *b = xstrndup("abcdef", 3);
	char *c = xstrdup("q"), *d = TAKE(c);

	assert_string_equal(a, "x-5");
	assert_string_equal(b, "abc");
	assert_null(c);
	assert_string_equal(d, "q");
	free(d);
	assert_null(xstrdup(NULL));
}

struct item {
	int value;
	struct list link;
};

static void list_keeps_order_and_survives_removal_of_the_present(void **state)
{
	struct item items[4];
	struct list head, *pos, *tmp;
	int seen = 0;

	list_init(&head);
	assert_true(list_empty(&head));
	for (int i = 0; i < 4; i++) {
		items[i].value = i;
		list_add_tail(&head, &items[i].link);
	}
	list_for_each (pos, tmp, &head) {
		struct item *item = container_of(pos, struct item, link);

		assert_int_equal(item->value, seen++);
		list_del(pos);
	}
	assert_int_equal(seen, 4);
	assert_true(list_empty(&head));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(integers_are_whole_and_in_range),
	    cmocka_unit_test(doubles_are_finite_decimals),
	    cmocka_unit_test(booleans_have_eight_words),
	    cmocka_unit_test(durations_and_sizes_have_units),
	    cmocka_unit_test(times_are_utc_with_milliseconds),
	    cmocka_unit_test(globs_know_star_and_question_mark),
	    cmocka_unit_test(hostile_globs_end_soon),
	    cmocka_unit_test(edit_distance_counts_single_changes),
	    cmocka_unit_test(copies_are_cut_and_terminated),
	    cmocka_unit_test(allocating_copies),
	    cmocka_unit_test(list_keeps_order_and_survives_removal_of_the_present),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
