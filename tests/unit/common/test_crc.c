/* SPDX-License-Identifier: MIT */
/* The checksum of kept files is CRC-32, whatever the length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/crc.h"

/* Bit by bit, as it is defined. */
static uint32_t slowly(const char *s, size_t len)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < len; i++) {
		crc ^= (unsigned char)s[i];
		for (int bit = 0; bit < 8; bit++) {
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
		}
	}
	return ~crc;
}

static void sums_are_those_of_the_standard(void **state)
{
	assert_int_equal(crc32_of("", 0), 0);
	assert_int_equal(crc32_of("123456789", 9), 0xcbf43926);
}

static void every_length_and_place_gives_the_defined_sum(void **state)
{
	char text[80];

	for (size_t i = 0; i < sizeof(text); i++) {
		text[i] = (char)(i * 151 + 77);
	}
	for (size_t from = 0; from < 16; from++) {
		for (size_t len = 0; from + len <= sizeof(text); len++) {
			assert_int_equal(crc32_of(text + from, len), slowly(text + from, len));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sums_are_those_of_the_standard),
	    cmocka_unit_test(every_length_and_place_gives_the_defined_sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
