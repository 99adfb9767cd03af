/* SPDX-License-Identifier: MIT */
/* Rules of operations: found by id till five minutes after their end, bounded, cancelled once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "daemon/fleet/ops.h"
#include "tests/unit/fleet/fake_mqtt.h"

static struct ops *ops;

static int setup(void **state)
{
	fake_start();
	ops = fake.fleet.ops;
	return 0;
}

static int teardown(void **state)
{
	fake_stop();
	return 0;
}

static void op_is_kept_for_5_minutes_after_its_end(void **state)
{
	struct op *op = ops_begin(ops, "print.pause", "one");

	assert_string_equal(op->id, "u-1");
	fake_advance(OPS_KEEP_MS * 2);
	assert_ptr_equal(ops_find(ops, "u-1"), op);
	op_end(op);
	assert_int_equal(op_took_ms(op), OPS_KEEP_MS * 2);
	fake_advance(OPS_KEEP_MS - 200);
	assert_ptr_equal(ops_find(ops, "u-1"), op);
	assert_int_equal(op_took_ms(op), OPS_KEEP_MS * 2);
	fake_advance(400);
	assert_null(ops_find(ops, "u-1"));
}

static void op_ids_are_never_given_twice(void **state)
{
	op_end(ops_begin(ops, "print.pause", "one"));
	fake_advance(OPS_KEEP_MS + 200);
	assert_string_equal(ops_begin(ops, "print.pause", "one")->id, "u-2");
	assert_null(ops_find(ops, "u-"));
	assert_null(ops_find(ops, "u-22"));
	assert_null(ops_find(ops, ""));
}

static void ops_are_listed_in_the_order_of_their_begin(void **state)
{
	struct op *first = ops_begin(ops, "print.pause", "one");
	struct op *second = ops_begin(ops, "print.stop", "two");

	op_end(second);
	op_end(first);
	assert_ptr_equal(ops_next(ops, NULL), first);
	assert_ptr_equal(ops_next(ops, first), second);
	assert_null(ops_next(ops, second));
}

static void op_that_ended_later_is_forgotten_later(void **state)
{
	struct op *first = ops_begin(ops, "print.pause", "one");
	struct op *second = ops_begin(ops, "print.stop", "two");

	op_end(second);
	fake_advance(60000);
	op_end(first);
	fake_advance(OPS_KEEP_MS - 60000 + 200);
	assert_null(ops_find(ops, "u-2"));
	assert_ptr_equal(ops_find(ops, "u-1"), first);
}

static void ops_that_ended_are_bounded(void **state)
{
	struct op *running = ops_begin(ops, "print.start", "one");

	for (int i = 0; i <= OPS_ENDED_MAX; i++) {
		op_end(ops_begin(ops, "print.pause", "one"));
	}
	assert_ptr_equal(ops_find(ops, "u-1"), running);
	assert_null(ops_find(ops, "u-2"));
	assert_non_null(ops_find(ops, "u-3"));
}

static bool cancelled(void *arg, struct op *op)
{
	++*(int *)arg;
	op_end(op);
	return true;
}

static void op_is_cancelled_once_and_not_after_its_end(void **state)
{
	struct op *op = ops_begin(ops, "print.pause", "one");
	int calls = 0;

	assert_false(op_cancel(op));
	op->cancel = cancelled;
	op->arg = &calls;
	assert_true(op_cancel(op));
	assert_false(op_cancel(op));
	assert_int_equal(calls, 1);
}

static void stages_have_words(void **state)
{
	for (int i = 0; i < OP_STAGE_COUNT; i++) {
		assert_int_equal(op_stage_by_word(op_stage_word((enum op_stage)i)), i);
	}
	assert_int_equal(op_stage_by_word("done"), OP_STAGE_COUNT);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(op_is_kept_for_5_minutes_after_its_end),
	    T(op_ids_are_never_given_twice),
	    T(ops_are_listed_in_the_order_of_their_begin),
	    T(op_that_ended_later_is_forgotten_later),
	    T(ops_that_ended_are_bounded),
	    T(op_is_cancelled_once_and_not_after_its_end),
	    T(stages_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
