/* SPDX-License-Identifier: MIT */
/* The write limit of a user. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/api/rate.h"

static void rate_gives_a_burst_then_five_a_second(void **state)
{
	struct rate r = {0};
	int64_t wait_ms = 0;
	unsigned taken = 0;

	for (int i = 0; i < RATE_WRITES_PER_S; i++) {
		assert_true(rate_take(&r, 1000, 1000000, &wait_ms));
	}
	assert_false(rate_take(&r, 1000, 1000000, &wait_ms));
	assert_int_equal(wait_ms, 200);
	for (int64_t now = 1000000; now < 1010000; now += 10) {
		taken += rate_take(&r, 1000, now, &wait_ms);
	}
	assert_in_range(taken, 49, 50);
}

static void rate_of_one_user_is_not_another_ones(void **state)
{
	struct rate r = {0};
	int64_t wait_ms;

	while (rate_take(&r, 1000, 5, &wait_ms)) {
		;
	}
	assert_true(rate_take(&r, 1001, 5, &wait_ms));
}

static void rate_is_full_again_after_a_long_rest(void **state)
{
	struct rate r = {0};
	int64_t wait_ms;
	unsigned taken = 0;

	while (rate_take(&r, 1000, 5, &wait_ms)) {
		;
	}
	while (rate_take(&r, 1000, INT64_MAX / 2, &wait_ms)) {
		taken++;
	}
	assert_int_equal(taken, RATE_WRITES_PER_S);
}

static void rate_forgets_the_user_unused_for_longest(void **state)
{
	struct rate r = {0};
	int64_t wait_ms;

	while (rate_take(&r, 1, 1000, &wait_ms)) {
		;
	}
	for (uid_t uid = 2; uid < 2 + RATE_USERS_MAX - 1; uid++) {
		assert_true(rate_take(&r, uid, 1001, &wait_ms));
	}
	assert_false(rate_take(&r, 1, 1002, &wait_ms));
	assert_true(rate_take(&r, 5000, 1003, &wait_ms));
	assert_false(rate_take(&r, 1, 1004, &wait_ms));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rate_gives_a_burst_then_five_a_second),
	    cmocka_unit_test(rate_of_one_user_is_not_another_ones),
	    cmocka_unit_test(rate_is_full_again_after_a_long_rest),
	    cmocka_unit_test(rate_forgets_the_user_unused_for_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
