/* SPDX-License-Identifier: MIT */
/* Listings as servers write them, and as they should not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "daemon/files/listing.h"

#define NOW_S 1795407300 /* 2026-11-23 04:15 UTC */

static struct listing parse(const char *text)
{
	struct listing l;

	listing_parse(text, strlen(text), NOW_S, &l);
	return l;
}

static void assert_entry(
    const struct listing *l, size_t i, const char *name, int64_t size, bool dir)
{
	assert_true(i < l->count);
	assert_string_equal(l->entries[i].name, name);
	assert_int_equal(l->entries[i].size_bytes, size);
	assert_int_equal(l->entries[i].dir, dir);
}

static void listing_reads_unix_lines(void **state)
{
	struct listing l =
	    parse("total 12\r\n"
		  "drwxr-xr-x    2 64990    64990        4096 Nov 23 04:14 cache\r\n"
		  "-rw-r--r--    1 103      106      20210831 Jul  4  2024 two  words.3mf\r\n"
		  "-rwxrwxrwx 1 7 Feb 29 2024 no owner\n"
		  "-rw-r--r--+   1 a b 1 Dec 31 23:59  leading blank\n"
		  "lrwxrwxrwx    1 0 0 5 Jan 01 00:00 link -> /etc/passwd\n"
		  "drwxr-xr-x    2 0 0 4096 Nov 23 04:14 .\n"
		  "drwxr-xr-x    2 0 0 4096 Nov 23 04:14 ..");

	assert_int_equal(l.count, 5);
	assert_int_equal(l.refused, 0);
	assert_entry(&l, 0, "cache", -1, true);
	assert_int_equal(l.entries[0].time_s, 1795407240);
	assert_entry(&l, 1, "two  words.3mf", 20210831, false);
	assert_int_equal(l.entries[1].time_s, 1720051200);
	assert_entry(&l, 2, "no owner", 7, false);
	assert_int_equal(l.entries[2].time_s, 1709164800);
	assert_entry(&l, 3, " leading blank", 1, false);
	/* A day that is still to come was last year. */
	assert_int_equal(l.entries[3].time_s, 1767225540);
	assert_entry(&l, 4, "link", -1, false);
	listing_finish(&l);
}

static void listing_reads_bare_names_and_paths(void **state)
{
	struct listing l = parse("/cache/a.gcode.3mf\r\nb c.3mf\r\ntimelapse/\r\n\r\nJan 1\r\n");

	assert_int_equal(l.count, 4);
	assert_entry(&l, 0, "a.gcode.3mf", -1, false);
	assert_entry(&l, 1, "b c.3mf", -1, false);
	assert_entry(&l, 2, "timelapse", -1, true);
	assert_entry(&l, 3, "Jan 1", -1, false);
	assert_int_equal(l.entries[0].time_s, -1);
	listing_finish(&l);
}

static void listing_refuses_names_that_lead_elsewhere(void **state)
{
	static const char *const lines[] = {
	    "-rw-r--r-- 1 0 0 5 Nov 23 04:14 ../escape",
	    "-rw-r--r-- 1 0 0 5 Nov 23 04:14 /etc/passwd",
	    "-rw-r--r-- 1 0 0 5 Nov 23 04:14 ..",
	    "-rw-r--r-- 1 0 0 5 Nov 23 04:14 a\rDELE b",
	    "-rw-r--r-- 1 0 0 5 Nov 23 04:14 a\x1b[31m",
	    "-rw-r--r-- 1 0 0 5 Nov 23 04:14 bad\xff",
	    "-rw-r--r-- 1 0 0 5 Nov 23 04:14 ",
	    "-rw-r--r-- 1 0 0 99999999999999999999 Nov 23 04:14 huge",
	    "-rw-r--r-- 1 0 0 5 Foo 23 04:14 no month",
	    "drwxr-xr-x nothing",
	    "../up",
	    "a/../b",
	    "..",
	    ".",
	    "/",
	    "tab\there",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct listing l = parse(lines[i]);

		if (l.count != 0 || l.refused != 1) {
			fail_msg("%s: %zu entries, %zu refused", lines[i], l.count, l.refused);
		}
		listing_finish(&l);
	}
}

static void listing_refuses_long_and_nul(void **state)
{
	char text[300];
	struct listing l;

	memset(text, 'a', sizeof(text));
	listing_parse(text, sizeof(text), NOW_S, &l);
	assert_int_equal(l.refused, 1);
	listing_finish(&l);
	listing_parse("a\0b\nc", 5, NOW_S, &l);
	assert_int_equal(l.refused, 1);
	assert_entry(&l, 0, "c", -1, false);
	listing_finish(&l);
}

static void listing_stops_at_its_cap(void **state)
{
	size_t lines = LISTING_ENTRIES_MAX + 1;
	char *text = xmalloc(2 * lines);
	struct listing l;

	for (size_t i = 0; i < lines; i++) {
		memcpy(text + 2 * i, "x\n", 2);
	}
	listing_parse(text, 2 * (lines - 1), NOW_S, &l);
	assert_int_equal(l.count, LISTING_ENTRIES_MAX);
	assert_false(l.cut);
	listing_finish(&l);
	listing_parse(text, 2 * lines, NOW_S, &l);
	assert_int_equal(l.count, LISTING_ENTRIES_MAX);
	assert_true(l.cut);
	listing_finish(&l);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(listing_reads_unix_lines),
	    cmocka_unit_test(listing_reads_bare_names_and_paths),
	    cmocka_unit_test(listing_refuses_names_that_lead_elsewhere),
	    cmocka_unit_test(listing_refuses_long_and_nul),
	    cmocka_unit_test(listing_stops_at_its_cap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
