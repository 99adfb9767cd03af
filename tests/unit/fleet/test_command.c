/* SPDX-License-Identifier: MIT */
/* Rules of the ladder sent -> acked -> effective, in virtual time against a broker of the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "daemon/fleet/command.h"
#include "daemon/fleet/printer.h"
#include "daemon/model/encode.h"
#include "daemon/model/hub.h"
#include "daemon/model/profiles.h"
#include "tests/unit/fleet/fake_mqtt.h"

#define SERIAL "01P00A000000001"
#define REPORT "device/" SERIAL "/report"
#define RUNNING                                                                          \
	"{\"print\":{\"command\":\"push_status\",\"msg\":0,\"gcode_state\":\"RUNNING\"," \
	"\"subtask_name\":\"cube\",\"bed_temper\":20}}"
#define PAUSED "{\"print\":{\"gcode_state\":\"PAUSE\"}}"
#define SUCCESS "\"result\":\"success\""

/* One command as who asked for it sees it. */
struct asked {
	struct op *op;
	unsigned told;
	enum op_stage stage;
	bool already;
	size_t profiles;
	struct err error;
};

static struct printer *p;
static struct asked a, b, c3;

static int setup_with(enum gcode_mode gcode)
{
	struct printer_config c = fake_config("one", SERIAL);

	c.gcode = gcode;
	fake_start();
	p = printer_create(&fake.fleet, &c);
	fake_advance(100);
	fake_up();
	fake_message(REPORT, RUNNING);
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	memset(&c3, 0, sizeof(c3));
	return 0;
}

static int setup(void **state)
{
	return setup_with(GCODE_CONFIRM);
}

static int teardown(void **state)
{
	printer_destroy(p);
	fake_stop();
	return 0;
}

static void on_told(void *arg, const struct op *op)
{
	struct asked *x = arg;

	x->told++;
	x->stage = op->stage;
	x->already = op->already;
	x->profiles = op->profiles ? op->profiles->count : 0;
	x->error = op->error;
}

static int ask_with(struct asked *x, const char *method, const char *params, enum op_stage until,
    int64_t timeout_ms, struct err *e)
{
	_cleanup_json_ json_object *o = NULL;
	struct command_request r = {.method = method, .until = until, .timeout_ms = timeout_ms};

	assert_int_equal(json_parse(params, strlen(params), 8, &o), 0);
	r.params = o;
	return printer_command(p, &r, on_told, x, &x->op, e);
}

static void ask(struct asked *x, const char *method, const char *params)
{
	struct err e = {0};

	if (ask_with(x, method, params, OP_STAGE_EFFECTIVE, 0, &e) < 0) {
		fail_msg("%s: %s", method, e.message);
	}
	assert_int_equal(x->told, 0);
	fake_advance(0);
}

static void refused(const char *method, const char *params, enum err_type type)
{
	unsigned publishes = fake.publishes;
	struct err e = {0};

	assert_true(ask_with(&c3, method, params, OP_STAGE_EFFECTIVE, 0, &e) < 0);
	assert_string_equal(err_name(e.type), err_name(type));
	assert_string_equal(e.printer, "one");
	fake_advance(100);
	assert_int_equal(fake.publishes, publishes);
}

/* The answer to what was published last. */
static void ack(const char *category, const char *members)
{
	const char *at = strstr(fake.last_publish, "\"sequence_id\":\"");
	char text[400];
	unsigned sequence;

	assert_non_null(at);
	assert_int_equal(sscanf(at, "\"sequence_id\":\"%u", &sequence), 1);
	snprintf(text, sizeof(text), "{\"%s\":{\"command\":\"x\",\"sequence_id\":\"%u\"%s%s}}",
	    category, sequence, members[0] ? "," : "", members);
	fake_message(REPORT, text);
	fake_advance(0);
}

static void ended(const struct asked *x, enum op_stage stage, enum err_type fault)
{
	assert_int_equal(x->told, 1);
	assert_string_equal(err_name(x->error.type), err_name(fault));
	assert_string_equal(op_stage_word(x->stage), op_stage_word(stage));
	assert_true(x->op->ended);
}

static void pause_is_effective_when_the_state_shows_it(void **state)
{
	ask(&a, "print.pause", "{}");
	assert_non_null(strstr(fake.last_publish, "\"pause\""));
	ack("print", SUCCESS);
	assert_int_equal(a.told, 0);
	assert_int_equal(a.op->stage, OP_STAGE_ACKED);
	fake_advance(1300);
	fake_message(REPORT, PAUSED);
	ended(&a, OP_STAGE_EFFECTIVE, ERR_NONE);
	assert_false(a.already);
	assert_int_equal(op_took_ms(a.op), 1300);
	assert_int_equal(fake_events(EVENT_COMMAND_DONE), 1);
}

static void effect_without_an_ack_counts(void **state)
{
	ask(&a, "print.pause", "{}");
	fake_message(REPORT, PAUSED);
	ended(&a, OP_STAGE_EFFECTIVE, ERR_NONE);
	fake_advance(60000);
	assert_int_equal(fake.closes, 0);
}

static void no_ack_in_time_is_a_timeout(void **state)
{
	ask(&a, "print.pause", "{}");
	fake_advance(9800);
	assert_int_equal(a.told, 0);
	fake_advance(400);
	ended(&a, OP_STAGE_SENT, ERR_TIMEOUT);
	assert_non_null(strstr(a.error.message, "within 10 s"));
	assert_int_equal(fake_events(EVENT_COMMAND_REJECTED), 1);
}

static void acked_without_an_effect_is_unverified(void **state)
{
	ask(&a, "print.pause", "{}");
	ack("print", SUCCESS);
	fake_advance(10100);
	ended(&a, OP_STAGE_ACKED, ERR_UNVERIFIED);
}

static void ack_without_a_result_that_shows_nothing_is_unverified(void **state)
{
	ask(&a, "print.pause", "{}");
	ack("print", "");
	fake_advance(10100);
	ended(&a, OP_STAGE_ACKED, ERR_UNVERIFIED);
	assert_non_null(strstr(a.error.message, "without a result"));
}

static void refusal_says_why(void **state)
{
	ask(&a, "print.pause", "{}");
	ack("print", "\"result\":\"fail\",\"reason\":\"not \\u001b now\"");
	ended(&a, OP_STAGE_SENT, ERR_REJECTED);
	assert_string_equal(a.error.message, "one: refused: not \\x1B now");
	assert_int_equal(fake_events(EVENT_COMMAND_REJECTED), 1);
}

static void refusal_of_an_unsigned_command_is_the_control_lock(void **state)
{
	ask(&a, "print.pause", "{}");
	ack("print", "\"result\":\"failed\",\"err_code\":84033543");
	ended(&a, OP_STAGE_SENT, ERR_CONTROL_LOCKED);
	assert_non_null(strstr(a.error.hint, "Developer Mode"));
	refused("print.pause", "{}", ERR_CONTROL_LOCKED);
}

static void learnt_lock_outlives_the_session_and_not_the_firmware(void **state)
{
	static const char firmware[] =
	    "{\"info\":{\"command\":\"get_version\",\"module\":[{\"name\":\"ota\","
	    "\"sw_ver\":\"01.09.00.00\"}]}}";

	ask(&a, "print.pause", "{}");
	ack("print", "\"reason\":\"mqtt message verify failed\",\"result\":\"failed\"");
	fake_down(MQTT_DOWN_LOST, "closed");
	fake_advance(5000);
	fake_up();
	fake_message(REPORT, RUNNING);
	refused("print.pause", "{}", ERR_CONTROL_LOCKED);
	fake_message(REPORT, firmware);
	ask(&b, "print.pause", "{}");
	fake_message(REPORT, PAUSED);
	ended(&b, OP_STAGE_EFFECTIVE, ERR_NONE);
}

static void locked_printer_is_refused_before_sending_and_its_light_works(void **state)
{
	fake_message(REPORT, "{\"print\":{\"fun\":\"20000000\"}}");
	refused("print.pause", "{}", ERR_CONTROL_LOCKED);
	ask(&a, "device.light", "{\"mode\":\"on\"}");
	assert_non_null(strstr(fake.last_publish, "ledctrl"));
}

static void unknown_lock_is_no_refusal(void **state)
{
	assert_int_equal(printer_state(p)->control, CONTROL_UNKNOWN);
	ask(&a, "print.pause", "{}");
	assert_non_null(strstr(fake.last_publish, "\"pause\""));
}

static void acks_of_others_are_not_ours(void **state)
{
	ask(&a, "print.pause", "{}");
	fake_message(
	    REPORT, "{\"print\":{\"command\":\"pause\",\"sequence_id\":\"20001\"," SUCCESS "}}");
	ack("system", SUCCESS); /* the number alone is not enough */
	assert_int_equal(a.op->stage, OP_STAGE_SENT);
	ack("print", SUCCESS);
	assert_int_equal(a.op->stage, OP_STAGE_ACKED);
}

static void next_command_waits_for_the_answer_to_the_one_before(void **state)
{
	unsigned publishes = fake.publishes;

	ask(&a, "print.pause", "{}");
	ask(&b, "print.resume", "{}");
	assert_int_equal(fake.publishes, publishes + 1);
	assert_int_equal(b.op->stage, OP_STAGE_QUEUED);
	ack("print", SUCCESS);
	assert_int_equal(fake.publishes, publishes + 2);
	assert_non_null(strstr(fake.last_publish, "\"resume\""));
	assert_int_equal(b.op->stage, OP_STAGE_SENT);
}

static void until_is_told_early_and_the_operation_goes_on(void **state)
{
	struct err e = {0};

	assert_int_equal(ask_with(&a, "print.pause", "{}", OP_STAGE_SENT, 0, &e), 0);
	assert_int_equal(ask_with(&b, "print.pause", "{}", OP_STAGE_ACKED, 0, &e), 0);
	fake_advance(0);
	assert_int_equal(a.told, 1);
	assert_int_equal(a.stage, OP_STAGE_SENT);
	assert_false(a.op->ended);
	ack("print", SUCCESS);
	ack("print", SUCCESS);
	assert_int_equal(b.told, 1);
	assert_int_equal(b.stage, OP_STAGE_ACKED);
	fake_message(REPORT, PAUSED);
	ended(&a, OP_STAGE_SENT, ERR_NONE);
	assert_int_equal(a.op->stage, OP_STAGE_EFFECTIVE);
	assert_int_equal(b.op->stage, OP_STAGE_EFFECTIVE);
}

static void timeout_is_that_of_the_call(void **state)
{
	struct err e = {0};

	assert_int_equal(ask_with(&a, "print.pause", "{}", OP_STAGE_EFFECTIVE, 500, &e), 0);
	assert_int_equal(ask_with(&b, "print.pause", "{}", OP_STAGE_EFFECTIVE, 400, &e), 0);
	fake_advance(600);
	ended(&a, OP_STAGE_SENT, ERR_TIMEOUT);
	ended(&b, OP_STAGE_QUEUED, ERR_TIMEOUT);
	assert_non_null(strstr(b.error.message, "not sent"));
	assert_int_equal(command_timeout_ms("print.pause"), 10000);
}

static void lost_connection_drops_what_is_in_flight_and_never_replays(void **state)
{
	unsigned publishes;

	ask(&a, "print.pause", "{}");
	ask(&b, "print.resume", "{}");
	publishes = fake.publishes;
	fake_down(MQTT_DOWN_LOST, "closed");
	ended(&a, OP_STAGE_SENT, ERR_PRINTER_OFFLINE);
	ended(&b, OP_STAGE_QUEUED, ERR_PRINTER_OFFLINE);
	assert_non_null(strstr(a.error.message, "not known"));
	assert_non_null(strstr(b.error.message, "was not sent"));
	refused("print.pause", "{}", ERR_PRINTER_OFFLINE);
	fake_advance(5000);
	fake_up();
	fake_message(REPORT, RUNNING);
	fake_advance(1000);
	assert_int_equal(fake.publishes, publishes + 2); /* version and full report */
}

static void two_unanswered_commands_make_a_session_of_another_name(void **state)
{
	char before[24];

	str_copy(before, sizeof(before), fake.client_id);
	ask(&a, "print.pause", "{}");
	fake_advance(10100);
	assert_int_equal(fake.closes, 0);
	ask(&b, "print.pause", "{}");
	fake_advance(10100);
	assert_int_equal(fake.closes, 1);
	assert_string_not_equal(fake.client_id, before);
	assert_true(strlen(fake.client_id) <= 23);
}

static void one_answer_in_between_is_no_dead_session(void **state)
{
	ask(&a, "print.pause", "{}");
	fake_advance(10100);
	ask(&b, "print.pause", "{}");
	ack("print", SUCCESS);
	fake_advance(10100);
	ask(&c3, "print.pause", "{}");
	fake_advance(10100);
	assert_int_equal(fake.closes, 0);
}

static void short_timeouts_do_not_shorten_the_wait_for_an_answer(void **state)
{
	struct err e = {0};

	assert_int_equal(ask_with(&a, "print.pause", "{}", OP_STAGE_EFFECTIVE, 100, &e), 0);
	assert_int_equal(ask_with(&b, "print.pause", "{}", OP_STAGE_EFFECTIVE, 200, &e), 0);
	fake_advance(2000);
	assert_int_equal(a.told + b.told, 2);
	assert_int_equal(fake.closes, 0);
	ack("print", SUCCESS); /* late, but the session lives */
	fake_advance(20000);
	assert_int_equal(fake.closes, 0);
}

static void queue_is_bounded(void **state)
{
	struct asked many[PENDING_MAX] = {0};

	for (int i = 0; i < PENDING_MAX; i++) {
		ask(&many[i], "print.pause", "{}");
	}
	refused("print.pause", "{}", ERR_BUSY);
	printer_destroy(p);
	p = NULL;
	for (int i = 0; i < PENDING_MAX; i++) {
		ended(&many[i], i == 0 ? OP_STAGE_SENT : OP_STAGE_QUEUED, ERR_PRINTER_OFFLINE);
	}
}

static void what_is_not_sent_can_be_cancelled(void **state)
{
	unsigned publishes;

	ask(&a, "print.pause", "{}");
	ask(&b, "print.resume", "{}");
	publishes = fake.publishes;
	assert_false(op_cancel(a.op));
	assert_int_equal(a.told, 0);
	assert_true(op_cancel(b.op));
	ended(&b, OP_STAGE_QUEUED, ERR_CANCELLED);
	ack("print", SUCCESS);
	assert_int_equal(fake.publishes, publishes);
}

static void who_left_is_not_told(void **state)
{
	ask(&a, "print.pause", "{}");
	printer_command_forget(p, a.op);
	fake_message(REPORT, PAUSED);
	assert_int_equal(a.told, 0);
	assert_int_equal(a.op->stage, OP_STAGE_EFFECTIVE);
	assert_true(a.op->ended);
}

static void job_that_is_paused_already_is_sent_nothing(void **state)
{
	unsigned publishes;

	fake_message(REPORT, PAUSED);
	publishes = fake.publishes;
	ask(&a, "print.pause", "{}");
	ended(&a, OP_STAGE_EFFECTIVE, ERR_NONE);
	assert_true(a.already);
	assert_int_equal(fake_events(EVENT_COMMAND_DONE), 1);
	assert_int_equal(fake.publishes, publishes);
	ask(&b, "print.resume", "{}"); /* nothing is waited for */
	assert_int_equal(fake.publishes, publishes + 1);
}

static void job_that_prints_already_is_sent_nothing(void **state)
{
	unsigned publishes = fake.publishes;

	ask(&a, "print.resume", "{}");
	ended(&a, OP_STAGE_EFFECTIVE, ERR_NONE);
	assert_true(a.already);
	assert_int_equal(fake.publishes, publishes);
}

static void old_report_or_a_command_under_way_proves_nothing(void **state)
{
	unsigned publishes = fake.publishes;

	ask(&a, "print.pause", "{}");
	ask(&b, "print.resume", "{}");
	ack("print", SUCCESS);
	assert_int_equal(fake.publishes, publishes + 2);
	fake_message(REPORT, PAUSED);
	ack("print", SUCCESS);
	fake_advance(10100); /* and nobody speaks meanwhile */
	publishes = fake.publishes;
	ask(&c3, "print.pause", "{}");
	assert_int_equal(fake.publishes, publishes + 1);
}

static void report_of_the_session_before_proves_nothing(void **state)
{
	unsigned publishes;

	fake_message(REPORT, PAUSED);
	fake_down(MQTT_DOWN_LOST, "closed");
	fake_advance(5000);
	fake_up();
	fake_message(REPORT, "{\"print\":{\"bed_temper\":21}}");
	publishes = fake.publishes;
	ask(&a, "print.pause", "{}");
	assert_int_equal(fake.publishes, publishes + 1);
}

static void stop_without_a_job_is_refused_and_while_away_the_printer_is_offline(void **state)
{
	fake_message(REPORT, "{\"print\":{\"gcode_state\":\"FINISH\"}}");
	refused("print.stop", "{\"confirm\":true}", ERR_GUARD);
	fake_down(MQTT_DOWN_LOST, "closed");
	refused("print.stop", "{\"confirm\":true}", ERR_PRINTER_OFFLINE);
}

static void setting_that_was_so_already_is_said_once_it_is_acked(void **state)
{
	fake_message(REPORT, "{\"print\":{\"spd_lvl\":3}}");
	ask(&a, "print.speed", "{\"level\":\"sport\"}");
	fake_message(REPORT, "{\"print\":{\"spd_lvl\":3}}");
	assert_int_equal(a.told, 0);
	ack("print", SUCCESS);
	ended(&a, OP_STAGE_EFFECTIVE, ERR_NONE);
	assert_true(a.already);
}

static void list_of_profiles_is_told_with_the_answer(void **state)
{
	ask(&a, "kprofile.get", "{}");
	ack("print",
	    "\"nozzle_diameter\":\"0.4\",\"filaments\":[7,{\"cali_idx\":3,\"k_value\":\"0.02\"},{},"
	    "{\"cali_idx\":\"x\"}]");
	ended(&a, OP_STAGE_ACKED, ERR_NONE);
	assert_int_equal(a.profiles, 1);
	assert_null(a.op->profiles);
	ask(&b, "kprofile.get", "{}");
	ack("print", SUCCESS);
	ended(&b, OP_STAGE_SENT, ERR_REJECTED);
	ask(&c3, "kprofile.get", "{}");
	fake_advance(10100);
	ended(&c3, OP_STAGE_SENT, ERR_TIMEOUT);
	assert_int_equal(fake_events(EVENT_COMMAND_REJECTED) + fake_events(EVENT_COMMAND_DONE), 0);
}

static void questions_leave_room_for_commands(void **state)
{
	struct asked many[4] = {0};

	for (size_t i = 0; i < ARRAY_SIZE(many); i++) {
		ask(&many[i], "kprofile.get", "{}");
	}
	refused("kprofile.get", "{}", ERR_BUSY);
	ask(&a, "print.pause", "{}");
	printer_destroy(p);
	p = NULL;
}

static void command_that_is_not_answered_ends_with_sent(void **state)
{
	ask(&a, "device.reboot", "{}");
	ended(&a, OP_STAGE_SENT, ERR_NONE);
	fake_advance(60000);
	assert_int_equal(fake.closes, 0);
}

static void expected_job_must_be_the_one_that_prints(void **state)
{
	refused("print.pause", "{\"expect\":\"benchy\"}", ERR_GUARD);
	ask(&a, "print.pause", "{\"expect\":\"cube\"}");
	fake_message(REPORT, "{\"print\":{\"gcode_state\":\"FINISH\"}}");
	refused("print.pause", "{\"expect\":\"cube\"}", ERR_GUARD);
}

static void gcode_is_as_the_configuration_says(void **state)
{
	struct err e = {0};

	refused("device.gcode", "{\"lines\":[\"M117\"]}", ERR_GUARD);
	teardown(NULL);
	setup_with(GCODE_DENY);
	refused("device.gcode", "{\"lines\":[\"M117\"],\"confirm\":true}", ERR_GUARD);
	teardown(NULL);
	setup_with(GCODE_ALLOW);
	assert_int_equal(
	    ask_with(&a, "device.gcode", "{\"lines\":[\"M117\"]}", OP_STAGE_SENT, 0, &e), 0);
}

static void preview_is_what_is_sent_then_and_sends_nothing(void **state)
{
	struct command_request r = {.method = "print.pause"};
	struct encode_result shown = {0};
	unsigned publishes = fake.publishes;
	struct err e = {0};

	assert_int_equal(printer_command_preview(p, &r, &shown, &e), 0);
	fake_advance(100);
	assert_int_equal(fake.publishes, publishes);
	ask(&a, "print.pause", "{}");
	assert_string_equal(fake.last_publish, shown.payloads[0]);
	encode_result_finish(&shown);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(pause_is_effective_when_the_state_shows_it),
	    T(effect_without_an_ack_counts),
	    T(no_ack_in_time_is_a_timeout),
	    T(acked_without_an_effect_is_unverified),
	    T(ack_without_a_result_that_shows_nothing_is_unverified),
	    T(refusal_says_why),
	    T(refusal_of_an_unsigned_command_is_the_control_lock),
	    T(learnt_lock_outlives_the_session_and_not_the_firmware),
	    T(locked_printer_is_refused_before_sending_and_its_light_works),
	    T(unknown_lock_is_no_refusal),
	    T(acks_of_others_are_not_ours),
	    T(next_command_waits_for_the_answer_to_the_one_before),
	    T(until_is_told_early_and_the_operation_goes_on),
	    T(timeout_is_that_of_the_call),
	    T(lost_connection_drops_what_is_in_flight_and_never_replays),
	    T(two_unanswered_commands_make_a_session_of_another_name),
	    T(one_answer_in_between_is_no_dead_session),
	    T(short_timeouts_do_not_shorten_the_wait_for_an_answer),
	    T(queue_is_bounded),
	    T(what_is_not_sent_can_be_cancelled),
	    T(who_left_is_not_told),
	    T(job_that_is_paused_already_is_sent_nothing),
	    T(job_that_prints_already_is_sent_nothing),
	    T(old_report_or_a_command_under_way_proves_nothing),
	    T(report_of_the_session_before_proves_nothing),
	    T(stop_without_a_job_is_refused_and_while_away_the_printer_is_offline),
	    T(setting_that_was_so_already_is_said_once_it_is_acked),
	    T(list_of_profiles_is_told_with_the_answer),
	    T(questions_leave_room_for_commands),
	    T(command_that_is_not_answered_ends_with_sent),
	    T(expected_job_must_be_the_one_that_prints),
	    T(gcode_is_as_the_configuration_says),
	    T(preview_is_what_is_sent_then_and_sends_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
