/* SPDX-License-Identifier: MIT */
/* Rules of a start: never into a job, never twice, and nothing is called begun that is not ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "common/event.h"
#include "common/json.h"
#include "daemon/fleet/command.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/start.h"
#include "daemon/model/hub.h"
#include "tests/unit/fleet/fake_mqtt.h"

#define SERIAL "01P00A000000001"
#define REPORT "device/" SERIAL "/report"
#define LID "{\"path\":\"/lid.gcode.3mf\"}"

struct asked {
	struct op *op;
	unsigned told;
	struct err error;
};

static struct printer *p;
static struct asked a, b;
static unsigned number; /* that the last start was given */

/* A whole report in that state. */
static void full(const char *gcode_state)
{
	char text[200];

	snprintf(text, sizeof(text),
	    "{\"print\":{\"command\":\"push_status\",\"msg\":0,\"gcode_state\":\"%s\","
	    "\"subtask_name\":\"cube\",\"task_id\":\"7\"}}",
	    gcode_state);
	fake_message(REPORT, text);
	fake_advance(0);
}

static void delta(const char *members)
{
	char text[300];

	snprintf(text, sizeof(text), "{\"print\":{%s}}", members);
	fake_message(REPORT, text);
	fake_advance(0);
}

static int setup(void **state)
{
	struct printer_config c = fake_config("one", SERIAL);

	fake_start();
	p = printer_create(&fake.fleet, &c);
	fake_advance(100);
	fake_up();
	full("IDLE");
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	return 0;
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
	x->error = op->error;
}

static int ask_as(struct asked *x, const char *method, const char *params, int64_t timeout_ms)
{
	_cleanup_json_ json_object *o = NULL;
	struct command_request r = {
	    .method = method, .until = OP_STAGE_EFFECTIVE, .timeout_ms = timeout_ms};
	int rc;

	assert_int_equal(json_parse(params, strlen(params), 8, &o), 0);
	r.params = o;
	rc = printer_command(p, &r, on_told, x, &x->op, &x->error);
	fake_advance(0);
	return rc;
}

static unsigned sent_number(void)
{
	const char *at = strstr(fake.last_publish, "\"task_id\":\"");
	unsigned sent = 0;

	assert_non_null(at);
	assert_int_equal(sscanf(at, "\"task_id\":\"%u", &sent), 1);
	return sent;
}

static void start(struct asked *x)
{
	unsigned publishes = fake.publishes;

	if (ask_as(x, "print.start", LID, 0) < 0) {
		fail_msg("%s", x->error.message);
	}
	assert_int_equal(fake.publishes, publishes + 1);
	assert_non_null(strstr(fake.last_publish, "project_file"));
	number = sent_number();
}

static void refused(const char *params, enum err_type type, const char *part)
{
	unsigned publishes = fake.publishes;
	struct asked x = {0};

	assert_true(ask_as(&x, "print.start", params, 0) < 0);
	assert_string_equal(err_name(x.error.type), err_name(type));
	if (!strstr(x.error.message, part)) {
		fail_msg("\"%s\" does not say %s", x.error.message, part);
	}
	fake_advance(100);
	assert_int_equal(fake.publishes, publishes);
}

static void ended(const struct asked *x, enum err_type fault)
{
	assert_int_equal(x->told, 1);
	assert_string_equal(err_name(x->error.type), err_name(fault));
	assert_true(x->op->ended);
}

static void takes_the_job(const char *gcode_state)
{
	char text[200];

	snprintf(text, sizeof(text),
	    "\"gcode_state\":\"%s\",\"subtask_name\":\"lid\",\"task_id\":\"%u\"", gcode_state,
	    number);
	delta(text);
}

static void start_is_effective_when_our_job_prepares(void **state)
{
	unsigned first;

	start(&a);
	first = number;
	assert_true(first > 0 && first < INT32_MAX);
	assert_string_equal(a.op->job, "lid");
	assert_int_equal(a.told, 0);
	takes_the_job("PREPARE");
	ended(&a, ERR_NONE);
	takes_the_job("RUNNING");
	delta("\"gcode_state\":\"FINISH\"");
	start(&b);
	assert_int_not_equal(number, first);
}

static void job_of_the_same_name_with_another_number_is_not_ours(void **state)
{
	start(&a);
	delta("\"gcode_state\":\"RUNNING\",\"subtask_name\":\"lid\",\"task_id\":\"12345\"");
	assert_int_equal(a.told, 0);
	fake_advance(181000);
	assert_int_equal(a.told, 1);
	assert_int_not_equal(a.error.type, ERR_NONE);
}

static void firmware_without_numbers_is_known_by_the_name(void **state)
{
	static const char *const silent[] = {"0", "2147483647", "7", ""};

	for (size_t i = 0; i < ARRAY_SIZE(silent); i++) {
		char text[200];

		memset(&a, 0, sizeof(a));
		full("FINISH");
		start(&a);
		snprintf(text, sizeof(text),
		    "\"gcode_state\":\"PREPARE\",\"subtask_name\":\"lid\",\"task_id\":\"%s\"",
		    silent[i]);
		delta(text);
		ended(&a, ERR_NONE);
	}
}

static void busy_printer_is_sent_nothing(void **state)
{
	static const char *const busy[] = {"RUNNING", "PREPARE", "PAUSE", "SLICING"};

	for (size_t i = 0; i < ARRAY_SIZE(busy); i++) {
		full(busy[i]);
		refused(LID, ERR_BUSY, "cube");
	}
	full("FAILED");
	start(&a);
}

static void start_waits_for_the_one_before_it(void **state)
{
	start(&a);
	fake_advance(12000);
	refused(LID, ERR_BUSY, "lid was started 12 s ago");
	takes_the_job("PREPARE");
	refused(LID, ERR_BUSY, "preparing");
}

static void unsettled_start_forbids_another_until_it_is_given_up(void **state)
{
	assert_int_equal(ask_as(&a, "print.start", LID, 1000), 0);
	fake_advance(1100);
	ended(&a, ERR_TIMEOUT);
	refused(LID, ERR_BUSY, "not known");
	for (int i = 0; i < 19; i++) { /* the printer speaks, so that it is not stale */
		fake_advance(10000);
		delta("\"wifi_signal\":\"-52dBm\"");
	}
	start(&b);
}

static void lost_connection_drops_a_start_that_may_have_come_through(void **state)
{
	unsigned publishes;

	start(&a);
	publishes = fake.publishes;
	fake_down(MQTT_DOWN_LOST, "closed");
	ended(&a, ERR_PRINTER_OFFLINE);
	assert_non_null(strstr(a.error.message, "not known"));
	fake_advance(5000);
	fake_up();
	refused(LID, ERR_STALE, "no full report");
	full("IDLE");
	fake_advance(1000);
	assert_int_equal(fake.publishes, publishes + 2); /* version and full report */
	refused(LID, ERR_BUSY, "not known");
	delta("\"gcode_state\":\"RUNNING\",\"subtask_name\":\"lid\"");
	delta("\"gcode_state\":\"FINISH\"");
	start(&b);
}

static void start_that_waited_is_not_sent_into_a_job(void **state)
{
	unsigned publishes;

	assert_int_equal(
	    ask_as(&b, "device.temp", "{\"heater\":\"bed\",\"target_c\":40}", 3000), 0);
	publishes = fake.publishes;
	assert_int_equal(ask_as(&a, "print.start", LID, 0), 0);
	delta("\"gcode_state\":\"RUNNING\"");
	fake_advance(3100);
	ended(&a, ERR_BUSY);
	assert_int_equal(fake.publishes, publishes);
}

static void refusal_frees_the_printer_and_says_why(void **state)
{
	start(&a);
	delta("\"print_error\":83902468");
	ended(&a, ERR_REJECTED);
	assert_non_null(strstr(a.error.message, "0500-4004"));
	assert_non_null(strstr(a.error.message, "takes no new job"));
	delta("\"print_error\":0");
	memset(&a, 0, sizeof(a));
	start(&a);
}

static void job_that_never_prints_is_told_once(void **state)
{
	start(&a);
	takes_the_job("PREPARE");
	for (int i = 0; i < 17; i++) {
		fake_advance(10000);
		delta("\"wifi_signal\":\"-52dBm\"");
	}
	assert_int_equal(fake_events(EVENT_PRINT_STUCK), 0);
	fake_advance(11000);
	assert_int_equal(fake_events(EVENT_PRINT_STUCK), 1);
	fake_advance(181000);
	assert_int_equal(fake_events(EVENT_PRINT_STUCK), 1);
}

static void job_that_prints_is_not_stuck(void **state)
{
	start(&a);
	takes_the_job("PREPARE");
	takes_the_job("RUNNING");
	fake_advance(181000);
	assert_int_equal(fake_events(EVENT_PRINT_STUCK), 0);
}

static enum err_type previewed(const char *params)
{
	_cleanup_json_ json_object *o = NULL;
	struct encode_result shown = {0};
	struct command_request r = {.method = "print.start"};
	unsigned publishes = fake.publishes;
	struct err e = {0};

	assert_int_equal(json_parse(params, strlen(params), 8, &o), 0);
	r.params = o;
	if (printer_command_preview(p, &r, &shown, &e) == 0) {
		assert_non_null(strstr(shown.payloads[0], "project_file"));
	}
	encode_result_finish(&shown);
	fake_advance(100);
	assert_int_equal(fake.publishes, publishes);
	return e.type;
}

static void check_is_refused_as_the_start_would_be(void **state)
{
	static const char check[] = "{\"path\":\"/lid.3mf\",\"check\":true}";

	assert_int_equal(previewed(check), ERR_NONE);
	full("RUNNING");
	assert_int_equal(previewed(LID), ERR_NONE);
	assert_int_equal(previewed(check), ERR_BUSY);
	delta("\"fun\":\"20000000\"");
	assert_int_equal(previewed(check), ERR_CONTROL_LOCKED);
	fake_down(MQTT_DOWN_LOST, "closed");
	assert_int_equal(previewed(LID), ERR_NONE);
	assert_int_equal(previewed(check), ERR_PRINTER_OFFLINE);
}

static struct op *put(const char *printer, const char *path, bool over)
{
	struct op *op = ops_begin(fake.fleet.ops, "file.put", printer);

	op->path = path ? xstrdup(path) : NULL;
	if (over) {
		op_end(op);
	}
	return op;
}

static void file_of_an_operation_is_where_it_was_put(void **state)
{
	struct op *ours = put("one", "/lid.gcode.3mf", true);
	struct op *theirs = put("two", "/lid.gcode.3mf", true);
	struct op *running = put("one", NULL, false);
	struct op *failed = put("one", "/lid.gcode.3mf", false);
	char params[64];

	err_set(&failed->error, ERR_CARD_FULL, "full");
	op_end(failed);
	snprintf(params, sizeof(params), "{\"file\":\"%s\"}", theirs->id);
	refused(params, ERR_NO_SUCH_FILE, "another printer");
	snprintf(params, sizeof(params), "{\"file\":\"%s\"}", running->id);
	refused(params, ERR_BUSY, "still");
	snprintf(params, sizeof(params), "{\"file\":\"%s\"}", failed->id);
	refused(params, ERR_NO_SUCH_FILE, "put no file");
	refused("{\"file\":\"u-999\"}", ERR_NO_SUCH_OP, "u-999");
	snprintf(params, sizeof(params), "{\"file\":\"%s\",\"path\":\"/a.3mf\"}", ours->id);
	refused(params, ERR_INVALID_PARAMS, "either");
	refused("{}", ERR_INVALID_PARAMS, "either");
	snprintf(params, sizeof(params), "{\"file\":\"%s\"}", ours->id);
	assert_int_equal(ask_as(&a, "print.start", params, 0), 0);
	assert_non_null(strstr(fake.last_publish, "lid.gcode.3mf"));
	op_end(running);
}

static void file_that_was_put_long_ago_is_forgotten(void **state)
{
	struct op *op = put("one", "/lid.gcode.3mf", true);
	char params[64];

	snprintf(params, sizeof(params), "{\"file\":\"%s\"}", op->id);
	fake_advance(OPS_KEEP_MS + 1000);
	refused(params, ERR_NO_SUCH_OP, "5 minutes");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(start_is_effective_when_our_job_prepares),
	    T(job_of_the_same_name_with_another_number_is_not_ours),
	    T(firmware_without_numbers_is_known_by_the_name),
	    T(busy_printer_is_sent_nothing),
	    T(start_waits_for_the_one_before_it),
	    T(unsettled_start_forbids_another_until_it_is_given_up),
	    T(lost_connection_drops_a_start_that_may_have_come_through),
	    T(start_that_waited_is_not_sent_into_a_job),
	    T(refusal_frees_the_printer_and_says_why),
	    T(job_that_never_prints_is_told_once),
	    T(job_that_prints_is_not_stuck),
	    T(check_is_refused_as_the_start_would_be),
	    T(file_of_an_operation_is_where_it_was_put),
	    T(file_that_was_put_long_ago_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
