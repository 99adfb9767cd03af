/* SPDX-License-Identifier: MIT */
/* Reconnect delay: bounds, growth, reset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/io/backoff.h"

static void backoff_first_delay_lies_between_half_and_whole_base(void **state)
{
	struct backoff b;

	backoff_init(&b, 1000, 60000);
	assert_int_equal(backoff_next_ms(&b, 0), 500);
	backoff_reset(&b);
	assert_int_equal(backoff_next_ms(&b, UINT32_MAX), 1000);
}

static void backoff_upper_bound_doubles_up_to_the_cap(void **state)
{
	static const int64_t bound_ms[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
	struct backoff b;

	backoff_init(&b, 1000, 60000);
	for (size_t i = 0; i < sizeof(bound_ms) / sizeof(bound_ms[0]); i++) {
		assert_int_equal(backoff_next_ms(&b, UINT32_MAX), bound_ms[i]);
	}
}

static void backoff_lower_bound_stays_half_the_base(void **state)
{
	struct backoff b;

	backoff_init(&b, 1000, 60000);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(backoff_next_ms(&b, 0), 500);
	}
	assert_int_equal(backoff_next_ms(&b, UINT32_MAX), 60000);
}

static void backoff_reset_starts_anew(void **state)
{
	struct backoff b;

	backoff_init(&b, 1000, 60000);
	for (int i = 0; i < 5; i++) {
		backoff_next_ms(&b, UINT32_MAX);
	}
	backoff_reset(&b);
	assert_int_equal(backoff_next_ms(&b, UINT32_MAX), 1000);
}

static void backoff_spreads_evenly(void **state)
{
	struct backoff b;

	backoff_init(&b, 1000, 1000);
	assert_int_equal(backoff_next_ms(&b, UINT32_MAX / 2), 750);
	assert_int_equal(backoff_next_ms(&b, UINT32_MAX / 4), 625);
}

static void backoff_cap_below_base_is_the_base(void **state)
{
	struct backoff b;

	backoff_init(&b, 1000, 10);
	assert_int_equal(backoff_next_ms(&b, UINT32_MAX), 1000);
	assert_int_equal(backoff_next_ms(&b, UINT32_MAX), 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(backoff_first_delay_lies_between_half_and_whole_base),
	    cmocka_unit_test(backoff_upper_bound_doubles_up_to_the_cap),
	    cmocka_unit_test(backoff_lower_bound_stays_half_the_base),
	    cmocka_unit_test(backoff_reset_starts_anew),
	    cmocka_unit_test(backoff_spreads_evenly),
	    cmocka_unit_test(backoff_cap_below_base_is_the_base),
	};
	return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
