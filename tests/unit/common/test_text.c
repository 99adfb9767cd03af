/* SPDX-License-Identifier: MIT */
/* The escaper for strings of peers, and UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "common/util.h"

static void shows(const char *s, size_t len, const char *wanted)
{
	_cleanup_free_ char *out = text_escape(s, len);

	assert_string_equal(out, wanted);
}

#define SHOWS(s, wanted) shows(s, sizeof(s) - 1, wanted)

static void ordinary_text_passes(void **state)
{
	SHOWS("", "");
	SHOWS("bracket_v4.3mf", "bracket_v4.3mf");
	SHOWS("H\xc3\xbclle \xe2\x82\xac \xf0\x9f\x98\x80",
	    "H\xc3\xbclle \xe2\x82\xac \xf0\x9f\x98\x80");
	SHOWS("a\\b", "a\\b");
}

static void control_bytes_are_shown(void **state)
{
	SHOWS("a\x1b[31m\n\t\x7f", "a\\x1B[31m\\x0A\\x09\\x7F");
	SHOWS("nul\0end", "nul\\x00end");
	SHOWS("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", "\\u{0080}\\u{009B}\\u{009F}\xc2\xa0");
}

static void direction_and_line_separators_are_shown(void **state)
{
	SHOWS("\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", "\\u{200E}\\u{200F}\\u{061C}");
	SHOWS("\xe2\x80\xaa\xe2\x80\xae\xe2\x81\xa6\xe2\x81\xa9",
	    "\\u{202A}\\u{202E}\\u{2066}\\u{2069}");
	SHOWS("\xe2\x80\xa8\xe2\x80\xa9", "\\u{2028}\\u{2029}");
	SHOWS("\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5", "\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5");
}

static void invalid_bytes_are_shown_one_by_one(void **state)
{
	SHOWS("\xff\xfe", "\\xFF\\xFE");
	SHOWS("\xc0\x80", "\\xC0\\x80");
	SHOWS("\xe0\x80\xaf", "\\xE0\\x80\\xAF");
	SHOWS("\xf0\x80\x80\x8a", "\\xF0\\x80\\x80\\x8A");
	SHOWS("\xed\xa0\x80", "\\xED\\xA0\\x80");
	SHOWS("\xf4\x90\x80\x80", "\\xF4\\x90\\x80\\x80");
	SHOWS("\xe2\x82", "\\xE2\\x82");
	SHOWS("\x9b", "\\x9B");
}

static void no_byte_string_lets_a_control_byte_out(void **state)
{
	unsigned seed = 1;

	for (int round = 0; round < 20000; round++) {
		unsigned char in[12];
		_cleanup_free_ char *out = NULL, *again = NULL;

		for (size_t i = 0; i < sizeof(in); i++) {
			seed = seed * 1103515245 + 12345;
			in[i] = (unsigned char)(seed >> 16);
			if (i % 3 == 1 && round % 2 == 0) {
				in[i] = 0x80 | (in[i] & 0x3f);
			}
		}
		out = text_escape((const char *)in, sizeof(in));
		assert_true(text_is_utf8(out, strlen(out)));
		assert_true(text_is_plain(out, strlen(out)));
		assert_int_equal(text_is_plain((const char *)in, sizeof(in)),
		    strlen(out) == sizeof(in) && memcmp(in, out, sizeof(in)) == 0);
		for (const char *p = out; *p; p++) {
			assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
		}
		/* Nothing in the shown form needs escaping again. */
		again = text_escape(out, strlen(out));
		assert_string_equal(out, again);
	}
}

static void buffer_form_cuts_at_whole_characters(void **state)
{
	char buf[10], tiny[3];

	assert_string_equal(text_escape_buf("123456789", buf, sizeof(buf)), "123456789");
	assert_string_equal(text_escape_buf("1234567890", buf, sizeof(buf)), "123456...");
	assert_string_equal(text_escape_buf("12345\n\n", buf, sizeof(buf)), "12345...");
	assert_string_equal(
	    text_escape_buf("12345\xe2\x82\xac\xe2\x82\xac", buf, sizeof(buf)), "12345...");
	assert_string_equal(text_escape_buf("1234567\x01", buf, sizeof(buf)), "123456...");
	assert_string_equal(text_escape_buf("abcdef", tiny, sizeof(tiny)), "..");
	assert_string_equal(text_escape_buf(NULL, tiny, sizeof(tiny)), "");
	tiny[0] = 'q';
	assert_ptr_equal(text_escape_buf("x", tiny, 0), tiny);
	assert_int_equal(tiny[0], 'q');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ordinary_text_passes),
	    cmocka_unit_test(control_bytes_are_shown),
	    cmocka_unit_test(direction_and_line_separators_are_shown),
	    cmocka_unit_test(invalid_bytes_are_shown_one_by_one),
	    cmocka_unit_test(no_byte_string_lets_a_control_byte_out),
	    cmocka_unit_test(buffer_form_cuts_at_whole_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
