/* SPDX-License-Identifier: MIT */
/* Streams of pictures taken apart in any pieces; names and texts that become files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "common/util.h"
#include "ctl/camera_file.h"
#include "ctl/camera_parts.h"

#define HEAD "--bambud\r\nContent-Type: image/jpeg\r\n"

static void parts_come_whole_whatever_the_pieces(void **state)
{
	static const char stream[] = HEAD "Content-Length: 5\r\nX-Frame: 7\r\n\r\nab\r\nc\r\n" HEAD
					  "content-length: 1\r\n\r\n-\r\n";

	for (size_t piece = 1; piece < sizeof(stream); piece++) {
		struct parts parts = {0};
		struct part part;
		unsigned got = 0;

		for (size_t at = 0; at < sizeof(stream) - 1; at += piece) {
			size_t left = sizeof(stream) - 1 - at;

			parts_feed(&parts, stream + at, piece < left ? piece : left);
			while (parts_next(&parts, &part) == 1) {
				assert_int_equal(part.len, got == 0 ? 5 : 1);
				assert_memory_equal(
				    part.jpeg, got == 0 ? "ab\r\nc" : "-", part.len);
				assert_int_equal(part.number, got == 0 ? 7 : 0);
				assert_memory_equal(part.raw, "--bambud", 8);
				got++;
			}
		}
		assert_int_equal(got, 2);
		parts_finish(&parts);
	}
}

static void nothing_is_no_part(void **state)
{
	struct parts parts = {0};
	struct part part;

	parts_feed(&parts, NULL, 0);
	assert_int_equal(parts_next(&parts, &part), 0);
	parts_finish(&parts);
}

static void the_end_brings_its_error(void **state)
{
	struct parts parts = {0};
	struct part part;

	parts_feed(&parts, "\0{\"error\":", 10);
	assert_int_equal(parts_next(&parts, &part), 0);
	parts_feed(&parts, "{}}\n", 4);
	assert_int_equal(parts_next(&parts, &part), -ENODATA);
	assert_int_equal(part.raw_len, strlen("{\"error\":{}}"));
	parts_finish(&parts);
}

static void what_is_no_such_stream_is_refused(void **state)
{
	static const char *const bad[] = {"HTTP/1.0 200 OK\r\n", HEAD "\r\n\r\n",
	    HEAD "Content-Length: -1\r\n\r\n", HEAD "Content-Length: 99999999999\r\n\r\n",
	    HEAD "Content-Length: 0x10\r\n\r\n"};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct parts parts = {0};
		struct part part;

		parts_feed(&parts, bad[i], strlen(bad[i]));
		assert_int_equal(parts_next(&parts, &part), -EPROTO);
		parts_finish(&parts);
	}
}

static void a_head_without_an_end_is_refused(void **state)
{
	struct parts parts = {0};
	struct part part;
	int r = 0;

	for (int i = 0; i <= PART_HEAD_MAX && r == 0; i++) {
		parts_feed(&parts, "-", 1);
		r = parts_next(&parts, &part);
	}
	assert_int_equal(r, -EPROTO);
	parts_finish(&parts);
}

static void names_of_jobs_lead_nowhere(void **state)
{
	static const char *const pairs[][2] = {{"Benchy v2.3mf", "Benchy_v2.3mf"},
	    {"../../etc/passwd", "etc_passwd"}, {".hidden", "hidden"}, {"-rf", "rf"},
	    {"a\n\x1b[2Jb", "a_2Jb"}, {"W\xc3\xbcrfel", "W_rfel"}, {"", "print"}, {"///", "print"}};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		_cleanup_free_ char *word = camera_file_word(pairs[i][0]);

		assert_string_equal(word, pairs[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parts_come_whole_whatever_the_pieces),
	    cmocka_unit_test(nothing_is_no_part),
	    cmocka_unit_test(the_end_brings_its_error),
	    cmocka_unit_test(what_is_no_such_stream_is_refused),
	    cmocka_unit_test(a_head_without_an_end_is_refused),
	    cmocka_unit_test(names_of_jobs_lead_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
