/* SPDX-License-Identifier: MIT */
/* Rules of op.*: everybody's operations, by id, from any connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/fleet/ops.h"
#include "tests/unit/api/rig.h"

static struct rig rig;
static struct client client;

static int setup(void **state)
{
	rig_start(&rig, 2);
	client_dial(&rig, &client);
	return 0;
}

static int teardown(void **state)
{
	client_hang_up(&client);
	rig_stop(&rig);
	return 0;
}

static bool cancel(void *arg, struct op *op)
{
	err_set(&op->error, ERR_CANCELLED, "dropped");
	op_end(op);
	return true;
}

static void op_is_found_from_another_connection(void **state)
{
	struct op *op = ops_begin(rig.fleet.ops, "print.pause", "p0");
	_cleanup_json_ json_object *got = NULL;

	op->stage = OP_STAGE_ACKED;
	rig_pass(&rig, 300);
	client_hang_up(&client);
	client_dial(&rig, &client);
	got = client_result(&rig, &client, "op.get", "{\"op\":\"u-1\"}");
	assert_string_equal(at(got, "method"), "print.pause");
	assert_string_equal(at(got, "printer"), "p0");
	assert_string_equal(at(got, "stage"), "acked");
	assert_string_equal(at(got, "ended"), "false");
	assert_string_equal(at(got, "took_ms"), "300");
	assert_string_equal(at(got, "error"), "-");
}

static void unknown_op_is_a_named_error(void **state)
{
	client_refused(&rig, &client, "op.get", "{\"op\":\"u-1\"}", ERR_NO_SUCH_OP);
	client_refused(&rig, &client, "op.cancel", "{\"op\":\"\\u001b\"}", ERR_NO_SUCH_OP);
	client_refused(&rig, &client, "op.get", NULL, ERR_INVALID_PARAMS);
}

static void cancel_says_whether_it_was_dropped(void **state)
{
	struct op *op = ops_begin(rig.fleet.ops, "print.pause", "p0");
	_cleanup_json_ json_object *runs = NULL, *dropped = NULL, *again = NULL;

	runs = client_result(&rig, &client, "op.cancel", "{\"op\":\"u-1\"}");
	assert_string_equal(at(runs, "cancelled"), "false");
	assert_string_equal(at(runs, "ended"), "false");
	op->cancel = cancel;
	dropped = client_result(&rig, &client, "op.cancel", "{\"op\":\"u-1\"}");
	assert_string_equal(at(dropped, "cancelled"), "true");
	assert_string_equal(at(dropped, "ended"), "true");
	assert_string_equal(at(dropped, "error.data.type"), "cancelled");
	again = client_result(&rig, &client, "op.cancel", "{\"op\":\"u-1\"}");
	assert_string_equal(at(again, "cancelled"), "false");
}

static void ops_are_listed_oldest_first(void **state)
{
	_cleanup_json_ json_object *none = client_result(&rig, &client, "op.list", NULL);
	_cleanup_json_ json_object *two = NULL;

	assert_string_equal(at(none, "ops"), "[]");
	op_end(ops_begin(rig.fleet.ops, "print.pause", "p0"));
	ops_begin(rig.fleet.ops, "print.stop", "p1");
	two = client_result(&rig, &client, "op.list", NULL);
	assert_string_equal(at(two, "ops.0.op"), "u-1");
	assert_string_equal(at(two, "ops.0.ended"), "true");
	assert_string_equal(at(two, "ops.1.method"), "print.stop");
	assert_string_equal(at(two, "ops.2"), "-");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(op_is_found_from_another_connection),
	    T(unknown_op_is_a_named_error),
	    T(cancel_says_whether_it_was_dropped),
	    T(ops_are_listed_oldest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
