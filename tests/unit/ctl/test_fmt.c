/* SPDX-License-Identifier: MIT */
/* How values read: spans, degrees, times, colours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "ctl/fmt.h"

static char buf[FMT_SIZE];

static void fmt_age_shows_one_unit_rounded_down(void **state)
{
	assert_string_equal(fmt_age(-1, buf), "-");
	assert_string_equal(fmt_age(0, buf), "0s");
	assert_string_equal(fmt_age(59999, buf), "59s");
	assert_string_equal(fmt_age(60000, buf), "1m");
	assert_string_equal(fmt_age(3599999, buf), "59m");
	assert_string_equal(fmt_age(3600000, buf), "1h");
	assert_string_equal(fmt_age(INT64_C(86400000) * 400, buf), "400d");
}

static void fmt_age_fine_shows_tenths_while_fresh(void **state)
{
	assert_string_equal(fmt_age_fine(412, buf), "0.4 s");
	assert_string_equal(fmt_age_fine(9999, buf), "9.9 s");
	assert_string_equal(fmt_age_fine(41012, buf), "41 s");
	assert_string_equal(fmt_age_fine(14 * 60000, buf), "14m");
	assert_string_equal(fmt_age_fine(-1, buf), "-");
}

static void fmt_span_shows_two_units(void **state)
{
	assert_string_equal(fmt_span(-1, buf), "-");
	assert_string_equal(fmt_span(45, buf), "45s");
	assert_string_equal(fmt_span(4320, buf), "1h12m");
	assert_string_equal(fmt_span(7380, buf), "2h03m");
	assert_string_equal(fmt_span(3 * 86400 + 4 * 3600, buf), "3d04h");
}

static void fmt_degrees_rounds_to_the_nearest(void **state)
{
	assert_string_equal(fmt_degrees(219.8, buf), "220");
	assert_string_equal(fmt_degrees(0.4, buf), "0");
	assert_string_equal(fmt_degrees(-0.4, buf), "0");
	assert_string_equal(fmt_degrees(-4.6, buf), "-5");
	assert_string_equal(fmt_degrees(NAN, buf), "-");
	assert_string_equal(fmt_degrees(1e300, buf), "-");
}

static void fmt_parse_time_takes_utc_with_and_without_fraction(void **state)
{
	assert_int_equal(fmt_parse_time("1970-01-01T00:00:01.004Z"), 1004);
	assert_int_equal(fmt_parse_time("1970-01-01T00:00:01.5Z"), 1500);
	assert_int_equal(fmt_parse_time("1970-01-01T00:00:01.123456Z"), 1123);
	assert_int_equal(fmt_parse_time("1970-01-01T00:01:00Z"), 60000);
	assert_int_equal(fmt_parse_time("1970-01-01T00:01:00"), -1);
	assert_int_equal(fmt_parse_time("10min"), -1);
	assert_int_equal(fmt_parse_time(""), -1);
	assert_int_equal(fmt_parse_time(NULL), -1);
}

static void fmt_clock_is_local_and_dated_when_far(void **state)
{
	int64_t now = fmt_parse_time("2026-11-23T12:00:00Z");

	assert_string_equal(fmt_clock(now + 3600000, now, buf), "14:00 CET");
	assert_string_equal(fmt_clock(now + 90000000, now, buf), "2026-11-24 14:00 CET");
	assert_string_equal(fmt_stamp(now, buf), "2026-11-23 13:00:00");
	assert_string_equal(fmt_stamp(-1, buf), "-");
}

static void fmt_color_word_finds_the_nearest(void **state)
{
	assert_string_equal(fmt_color_word("FFFFFFFF"), "white");
	assert_string_equal(fmt_color_word("000000FF"), "black");
	assert_string_equal(fmt_color_word("f72323ff"), "red");
	assert_string_equal(fmt_color_word("0A50D5"), "blue");
	assert_string_equal(fmt_color_word("00000000"), "clear");
	assert_null(fmt_color_word("red"));
	assert_null(fmt_color_word("GGGGGGFF"));
	assert_null(fmt_color_word(NULL));
}

static void fmt_serial_keeps_both_ends(void **state)
{
	assert_string_equal(fmt_serial("0948BB540200427", buf), "0948BB...27");
	assert_string_equal(fmt_serial("SHORT", buf), "SHORT");
	assert_string_equal(fmt_serial("", buf), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fmt_age_shows_one_unit_rounded_down),
	    cmocka_unit_test(fmt_age_fine_shows_tenths_while_fresh),
	    cmocka_unit_test(fmt_span_shows_two_units),
	    cmocka_unit_test(fmt_degrees_rounds_to_the_nearest),
	    cmocka_unit_test(fmt_parse_time_takes_utc_with_and_without_fraction),
	    cmocka_unit_test(fmt_clock_is_local_and_dated_when_far),
	    cmocka_unit_test(fmt_color_word_finds_the_nearest),
	    cmocka_unit_test(fmt_serial_keeps_both_ends),
	};

	setenv("TZ", "CET-1", 1); /* a rule of its own: needs no zone files */
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
