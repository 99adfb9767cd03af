/* SPDX-License-Identifier: MIT */
/* One picture is kept, whoever still looks at older ones keeps those alive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "daemon/camera/frames.h"

static void put_at(struct frames *f, int64_t mono_ms)
{
	frames_put(f, frame_create(10), mono_ms, 1000000 + mono_ms);
}

static void latest_is_kept_and_a_reader_keeps_his(void **state)
{
	struct frames f = {0};
	struct frame *mine;

	put_at(&f, 100);
	mine = frame_ref(f.latest);
	put_at(&f, 200);
	assert_int_equal(mine->number, 1);
	assert_int_equal(mine->refs, 1);
	assert_int_equal(f.latest->number, 2);
	assert_int_equal(f.latest->mono_ms, 200);
	assert_int_equal(f.latest->wall_ms, 1000200);
	assert_int_equal(f.count, 2);
	assert_int_equal(f.bytes, 20);
	frame_unref(mine);
	frames_finish(&f);
	assert_null(f.latest);
	frames_finish(&f);
}

static bool is_about(double value, double wanted)
{
	return fabs(value - wanted) < 0.001;
}

static void rate_is_that_of_the_last_arrivals(void **state)
{
	struct frames f = {0};

	assert_true(isnan(frames_rate(&f, 0)));
	put_at(&f, 0);
	assert_true(isnan(frames_rate(&f, 0)));
	put_at(&f, 500);
	assert_true(is_about(frames_rate(&f, 600), 2));
	for (int i = 1; i <= 20; i++) {
		put_at(&f, 500 + 2000 * i);
	}
	assert_true(is_about(frames_rate(&f, 40500), 0.5));
	assert_true(is_about(frames_rate(&f, 50500), 0.5));
	assert_true(is_about(frames_rate(&f, 50501), 0));
	frames_finish(&f);
}

static void pictures_of_one_moment_have_no_rate(void **state)
{
	struct frames f = {0};

	put_at(&f, 7);
	put_at(&f, 7);
	assert_true(isnan(frames_rate(&f, 7)));
	frames_finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(latest_is_kept_and_a_reader_keeps_his),
	    cmocka_unit_test(rate_is_that_of_the_last_arrivals),
	    cmocka_unit_test(pictures_of_one_moment_have_no_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
