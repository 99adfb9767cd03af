/* SPDX-License-Identifier: MIT */
/* Rates: never more than so many in any stretch of that length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/util.h"
#include "daemon/cloud/bucket.h"

#define MINUTE_MS 60000

static void as_many_as_the_rate_at_once_then_one_as_each_expires(void **state)
{
	struct bucket b;

	bucket_init(&b, "login", 5, MINUTE_MS);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(bucket_wait_ms(&b, 1000 * i), 0);
		bucket_take(&b, 1000 * i);
	}
	assert_int_equal(bucket_left(&b, 5000), 0);
	assert_int_equal(bucket_wait_ms(&b, 5000), 55000);
	assert_int_equal(bucket_wait_ms(&b, 59999), 1);
	assert_int_equal(bucket_wait_ms(&b, 60000), 0);
	assert_int_equal(bucket_left(&b, 60000), 1);
	bucket_take(&b, 60000);
	assert_int_equal(bucket_wait_ms(&b, 60000), 1000);
	assert_int_equal(bucket_left(&b, 10 * MINUTE_MS), 5);
	bucket_finish(&b);
}

/* Whoever asks all the time, at odd moments. */
static void no_minute_sees_more_than_the_rate(void **state)
{
	enum { RATE = 10, COUNT = 400 };
	static int64_t taken_ms[COUNT];
	struct bucket b;
	int64_t now_ms = 0;

	bucket_init(&b, "device", RATE, MINUTE_MS);
	for (int i = 0; i < COUNT; now_ms += 1 + (now_ms * 7919) % 2311) {
		if (bucket_wait_ms(&b, now_ms) == 0) {
			bucket_take(&b, now_ms);
			taken_ms[i++] = now_ms;
		}
	}
	for (int i = RATE; i < COUNT; i++) {
		assert_true(taken_ms[i] - taken_ms[i - RATE] >= MINUTE_MS);
	}
	/* And the rate is used up, not half of it. */
	assert_true(now_ms < (int64_t)MINUTE_MS * COUNT / RATE * 11 / 10);
	bucket_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(as_many_as_the_rate_at_once_then_one_as_each_expires),
	    cmocka_unit_test(no_minute_sees_more_than_the_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
