/* SPDX-License-Identifier: MIT */
/* The size is that of the frame header, and nothing else passes for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/jpeg_size.h"
#include "common/util.h"
#include "tests/unit/camera/pictures.h"

enum { BYTES = 64, SOF_AT = 8 }; /* the 0xff of the frame header */

static bool size_of(const uint8_t *data, size_t len, int *ret_width, int *ret_height)
{
	*ret_width = *ret_height = -7;
	return jpeg_size(data, len, ret_width, ret_height);
}

static void refuses(const uint8_t *data, size_t len)
{
	int width, height;

	assert_false(size_of(data, len, &width, &height));
	assert_int_equal(width, -7);
	assert_int_equal(height, -7);
}

static void expects(const uint8_t *data, size_t len, int wanted_width, int wanted_height)
{
	int width, height;

	assert_true(size_of(data, len, &width, &height));
	assert_int_equal(width, wanted_width);
	assert_int_equal(height, wanted_height);
}

static void size_is_that_of_the_frame_header(void **state)
{
	uint8_t jpeg[BYTES];

	picture_make(jpeg, BYTES, 1920, 1080);
	expects(jpeg, BYTES, 1920, 1080);
}

static void every_kind_of_frame_header_counts(void **state)
{
	uint8_t jpeg[BYTES];

	for (int marker = 0xc0; marker <= 0xcf; marker++) {
		picture_make(jpeg, BYTES, 1280, 720);
		jpeg[SOF_AT + 1] = (uint8_t)marker;
		if (marker == 0xc4 || marker == 0xc8 || marker == 0xcc) {
			refuses(jpeg, BYTES);
		} else {
			expects(jpeg, BYTES, 1280, 720);
		}
	}
}

static void fillers_before_a_marker_are_skipped(void **state)
{
	uint8_t jpeg[BYTES + 3];

	picture_make(jpeg, BYTES, 1280, 720);
	memmove(jpeg + SOF_AT + 3, jpeg + SOF_AT, BYTES - SOF_AT);
	memset(jpeg + SOF_AT, 0xff, 3);
	expects(jpeg, sizeof(jpeg), 1280, 720);
}

static void cut_anywhere_is_no_size_or_the_right_one(void **state)
{
	uint8_t jpeg[BYTES];

	picture_make(jpeg, BYTES, 1280, 720);
	for (size_t len = 0; len < BYTES; len++) {
		uint8_t *copy = xmalloc(len + 1); /* the sanitizer sees a read too far */

		memcpy(copy, jpeg, len);
		copy = xrealloc(copy, len > 0 ? len : 1);
		if (len < SOF_AT + 2 + 11) {
			refuses(copy, len);
		} else {
			expects(copy, len, 1280, 720);
		}
		free(copy);
	}
}

static void size_zero_or_beyond_the_cap_is_none(void **state)
{
	static const int sides[][2] = {{0, 720}, {1280, 0}, {16385, 720}, {1280, 65535}};
	uint8_t jpeg[BYTES];

	for (size_t i = 0; i < ARRAY_SIZE(sides); i++) {
		picture_make(jpeg, BYTES, sides[i][0], sides[i][1]);
		refuses(jpeg, BYTES);
	}
	picture_make(jpeg, BYTES, 16384, 16384);
	expects(jpeg, BYTES, 16384, 16384);
}

static void scan_before_a_frame_header_is_no_size(void **state)
{
	static const uint8_t ends[] = {0x00, 0xd8, 0xd9, 0xda};
	uint8_t jpeg[BYTES];

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		picture_make(jpeg, BYTES, 1280, 720);
		jpeg[3] = ends[i];
		refuses(jpeg, BYTES);
	}
}

static void segment_that_ends_before_it_starts_is_no_size(void **state)
{
	uint8_t jpeg[BYTES];

	for (uint8_t len = 0; len < 2; len++) {
		picture_make(jpeg, BYTES, 1280, 720);
		jpeg[5] = len;
		refuses(jpeg, BYTES);
	}
	picture_make(jpeg, BYTES, 1280, 720);
	jpeg[SOF_AT + 3] = 7; /* no room for a size */
	refuses(jpeg, BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(size_is_that_of_the_frame_header),
	    cmocka_unit_test(every_kind_of_frame_header_counts),
	    cmocka_unit_test(fillers_before_a_marker_are_skipped),
	    cmocka_unit_test(cut_anywhere_is_no_size_or_the_right_one),
	    cmocka_unit_test(size_zero_or_beyond_the_cap_is_none),
	    cmocka_unit_test(scan_before_a_frame_header_is_no_size),
	    cmocka_unit_test(segment_that_ends_before_it_starts_is_no_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
