/* SPDX-License-Identifier: MIT */
/* Rules of commands over the socket: answered when the stage is known, one answer for several
 * printers, nothing sent in a dry run or without the confirmation asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "daemon/fleet/registry.h"
#include "daemon/model/encode.h"
#include "tests/unit/api/rig.h"

static struct rig rig;
static struct client client;

static int setup(void **state)
{
	rig_start(&rig, 3);
	client_dial(&rig, &client);
	return 0;
}

static int teardown(void **state)
{
	client_hang_up(&client);
	rig_stop(&rig);
	return 0;
}

static void ask(const char *method, const char *params)
{
	_cleanup_free_ char *line =
	    xasprintf("{\"id\":1,\"method\":\"%s\",\"params\":%s}\n", method, params);

	client_say(&rig, &client, line);
}

static json_object *answer(void)
{
	json_object *reply = client_line(&rig, &client);

	assert_non_null(reply);
	return reply;
}

static void every_command_has_a_handler(void **state)
{
	size_t commands = 0;

	for (size_t i = 0; i < method_count; i++) {
		const struct method *m = &method_table[i];

		if (m->since == NULL || !encode_knows(m->name)) {
			continue;
		}
		assert_non_null(handler_find(m->name));
		assert_int_equal(handler_find(m->name)->writes, m->perm >= PERM_CONTROL);
		commands++;
	}
	assert_true(commands >= 35);
}

static void command_is_answered_when_its_stage_is_known(void **state)
{
	_cleanup_json_ json_object *reply = NULL;

	ask("print.pause", "{\"printer\":\"p1\"}");
	assert_null(client_line(&rig, &client));
	assert_null(fake_printer_op(rig_printer(&rig, 0)));
	rig_pass(&rig, 1300);
	fake_printer_tell(rig_printer(&rig, 1), OP_STAGE_EFFECTIVE, ERR_NONE);
	reply = answer();
	assert_string_equal(at(reply, "result.stage"), "effective");
	assert_string_equal(at(reply, "result.took_ms"), "1300");
	assert_string_equal(at(reply, "result.op"), "u-1");
	assert_string_equal(at(reply, "result.already"), "-");
}

static void until_and_timeout_reach_the_printer(void **state)
{
	const struct command_request *asked = fake_printer_asked(rig_printer(&rig, 0));

	ask("print.pause", "{\"printer\":\"p0\",\"until\":\"sent\",\"timeout_ms\":250}");
	assert_int_equal(asked->until, OP_STAGE_SENT);
	assert_int_equal(asked->timeout_ms, 250);
	assert_string_equal(asked->method, "print.pause");
}

static void fault_of_one_printer_is_the_answer(void **state)
{
	_cleanup_json_ json_object *reply = NULL;

	ask("print.pause", "{\"printer\":\"p1\"}");
	fake_printer_tell(rig_printer(&rig, 1), OP_STAGE_ACKED, ERR_UNVERIFIED);
	reply = answer();
	assert_string_equal(at(reply, "error.data.type"), "unverified");
	fake_printer_refuse(rig_printer(&rig, 1), ERR_CONTROL_LOCKED);
	client_refused(&rig, &client, "print.pause", "{\"printer\":\"p1\"}", ERR_CONTROL_LOCKED);
}

static void several_printers_need_many_and_answer_together(void **state)
{
	_cleanup_json_ json_object *reply = NULL;

	client_refused(
	    &rig, &client, "print.pause", "{\"printer\":\"@all\"}", ERR_AMBIGUOUS_PRINTER);
	fake_printer_refuse(rig_printer(&rig, 1), ERR_PRINTER_OFFLINE);
	ask("print.pause", "{\"printer\":\"@all\",\"many\":true}");
	fake_printer_tell(rig_printer(&rig, 2), OP_STAGE_EFFECTIVE, ERR_NONE);
	assert_null(client_line(&rig, &client));
	fake_printer_tell(rig_printer(&rig, 0), OP_STAGE_SENT, ERR_TIMEOUT);
	reply = answer();
	assert_string_equal(at(reply, "result.results.0.printer"), "p0");
	assert_string_equal(at(reply, "result.results.0.error.data.type"), "timeout");
	assert_string_equal(at(reply, "result.results.0.op"), "u-1");
	assert_string_equal(at(reply, "result.results.1.error.data.type"), "printer_offline");
	assert_string_equal(at(reply, "result.results.2.stage"), "effective");
	assert_string_equal(at(reply, "result.results.3"), "-");
}

static void group_of_nobody_has_no_results(void **state)
{
	_cleanup_json_ json_object *got = client_result(
	    &rig, &client, "print.pause", "{\"printer\":\"@printing\",\"many\":true}");

	assert_string_equal(at(got, "results"), "[]");
}

static void dry_run_shows_the_message_and_sends_nothing(void **state)
{
	_cleanup_json_ json_object *got =
	    client_result(&rig, &client, "print.stop", "{\"printer\":\"p0\",\"dry_run\":true}");
	_cleanup_json_ json_object *many = client_result(
	    &rig, &client, "print.stop", "{\"printer\":\"@all\",\"many\":true,\"dry_run\":true}");

	assert_string_equal(at(got, "dry_run"), "true");
	assert_string_equal(at(got, "topic"), "device/01P00A000000000/request");
	assert_string_equal(at(got, "payloads.0.print.command"), "stop");
	assert_string_equal(at(got, "payloads.0.print.sequence_id"), "40001");
	assert_string_equal(at(many, "results.2.payloads.0.print.command"), "stop");
	assert_null(fake_printer_op(rig_printer(&rig, 0)));
}

static void what_asks_for_confirmation_is_guarded(void **state)
{
	const struct command_request *asked = fake_printer_asked(rig_printer(&rig, 0));

	client_refused(&rig, &client, "print.stop", "{\"printer\":\"p0\"}", ERR_GUARD);
	assert_null(fake_printer_op(rig_printer(&rig, 0)));
	/* The printer's configuration decides about G-code. */
	ask("device.gcode", "{\"printer\":\"p0\",\"lines\":[\"G28\"]}");
	assert_string_equal(asked->method, "device.gcode");
	assert_false(asked->confirmed);
}

static void client_that_left_is_forgotten_and_the_command_goes_on(void **state)
{
	_cleanup_json_ json_object *got = NULL;

	ask("print.pause", "{\"printer\":\"p0,p1\",\"many\":true}");
	assert_null(client_line(&rig, &client));
	client_hang_up(&client);
	rig_turn(&rig, 5);
	assert_null(fake_printer_op(rig_printer(&rig, 0)));
	client_dial(&rig, &client);
	got = client_result(&rig, &client, "op.list", NULL);
	assert_string_equal(at(got, "ops.1.ended"), "false");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(every_command_has_a_handler),
	    T(command_is_answered_when_its_stage_is_known),
	    T(until_and_timeout_reach_the_printer),
	    T(fault_of_one_printer_is_the_answer),
	    T(several_printers_need_many_and_answer_together),
	    T(group_of_nobody_has_no_results),
	    T(dry_run_shows_the_message_and_sends_nothing),
	    T(what_asks_for_confirmation_is_guarded),
	    T(client_that_left_is_forgotten_and_the_command_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
