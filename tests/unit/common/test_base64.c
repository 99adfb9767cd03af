/* SPDX-License-Identifier: MIT */
/* Bytes as text and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* After the three above. */
#include <cmocka.h>

#include "common/base64.h"
#include "common/util.h"

static void base64_is_decoded_or_refused(void **state)
{
	static const char *const bad[] = {"", "a", "abc", "ab=c", "a===", "ab\nc", "====", "ab c"};
	_cleanup_free_ char *one = NULL, *two = NULL, *three = NULL;
	size_t len = 0;

	one = base64_decode("/w==", &len);
	assert_int_equal(len, 1);
	assert_int_equal((unsigned char)one[0], 0xff);
	two = base64_decode("AAE=", &len);
	assert_int_equal(len, 2);
	assert_memory_equal(two, "\0\1", 2);
	three = base64_decode("aGk+aGk/", &len);
	assert_int_equal(len, 6);
	assert_memory_equal(three, "hi>hi?", 6);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *got = base64_decode(bad[i], &len);

		assert_null(got);
	}
}

static void every_length_comes_back_as_it_was(void **state)
{
	uint8_t bytes[64];
	char text[BASE64_LEN(sizeof(bytes)) + 1];

	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (uint8_t)(i * 37 + 1);
	}
	for (size_t len = 1; len <= sizeof(bytes); len++) {
		_cleanup_free_ char *got = NULL;
		size_t got_len = 0;

		base64_encode(bytes, len, text);
		text[BASE64_LEN(len)] = '\0';
		got = base64_decode(text, &got_len);
		assert_int_equal(got_len, len);
		assert_memory_equal(got, bytes, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(base64_is_decoded_or_refused),
	    cmocka_unit_test(every_length_comes_back_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
