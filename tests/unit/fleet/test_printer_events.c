/* SPDX-License-Identifier: MIT */
/* A printer's reports become events of the hub, once, also over a lost link. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "daemon/fleet/printer.h"
#include "daemon/model/hub.h"
#include "tests/unit/fleet/fake_mqtt.h"

#define SERIAL "01P00A000000001"
#define REPORT "device/" SERIAL "/report"
#define FULL(state) \
	"{\"print\":{\"command\":\"push_status\",\"msg\":0,\"gcode_state\":\"" state "\"}}"
#define AMS(humidity)                                                                             \
	"{\"print\":{\"ams\":{\"ams_exist_bits\":\"1\",\"ams\":[{\"id\":\"0\",\"info\":\"1001\"," \
	"\"humidity\":\"5\",\"humidity_raw\":\"" humidity "\"}]}}}"
#define DELTA(state) "{\"print\":{\"gcode_state\":\"" state "\"}}"

static struct printer *p;
static const char *order[2];
static unsigned order_count;

static int setup(void **state)
{
	struct printer_config c = fake_config("one", SERIAL);

	order_count = 0;
	fake_start();
	p = printer_create(&fake.fleet, &c);
	fake_advance(100);
	fake_up();
	fake_message(REPORT, FULL("RUNNING"));
	return 0;
}

static int teardown(void **state)
{
	printer_destroy(p);
	fake_stop();
	return 0;
}

static void note(const char *what)
{
	assert_true(order_count < 2);
	order[order_count++] = what;
}

static void on_changed(void *arg, void *owner, uint32_t bits)
{
	note("changed");
}

static void on_event(void *arg, const struct hub_event *e)
{
	assert_string_equal(e->printer, "one");
	assert_string_equal(e->serial, SERIAL);
	assert_non_null(strstr(e->data, "\"reason\":null"));
	note("event");
}

static void event_comes_before_the_change_it_is_of(void **state)
{
	struct hub_observer o = {.changed = on_changed, .event = on_event};

	hub_flush(fake.hub);
	hub_observe(fake.hub, &o);
	fake_message(REPORT, DELTA("PAUSE"));
	hub_flush(fake.hub);
	hub_unobserve(fake.hub, &o);
	assert_int_equal(order_count, 2);
	assert_string_equal(order[0], "event");
	assert_string_equal(order[1], "changed");
}

static void end_without_a_reason_is_told_after_3_s(void **state)
{
	fake_message(REPORT, DELTA("FAILED"));
	fake_advance(1500);
	fake_message(REPORT, "{\"print\":{\"mc_percent\":0}}");
	fake_advance(1400);
	assert_int_equal(fake_events(EVENT_PRINT_FAILED), 0);
	fake_advance(200);
	assert_int_equal(fake_events(EVENT_PRINT_FAILED), 1);
	fake_advance(10000);
	assert_int_equal(fake_events(EVENT_PRINT_FAILED), 1);
}

static void warning_stands_by_the_clock_of_the_loop(void **state)
{
	fake.fleet.limits = (struct derive_limits){.humid_pct = 40, .hold_ms = 600 * 1000};
	fake_message(REPORT, AMS("20"));
	fake_message(REPORT, AMS("50"));
	for (int i = 0; i < 29; i++) {
		fake_advance(20 * 1000);
		fake_message(REPORT, DELTA("RUNNING"));
	}
	assert_int_equal(fake_events(EVENT_AMS_HUMIDITY_HIGH), 0);
	fake_advance(21 * 1000);
	fake_message(REPORT, DELTA("RUNNING"));
	assert_int_equal(fake_events(EVENT_AMS_HUMIDITY_HIGH), 1);
	fake_advance(3600 * 1000);
	assert_int_equal(fake_events(EVENT_AMS_HUMIDITY_HIGH), 1);
}

static void printer_that_is_destroyed_tells_no_end(void **state)
{
	struct printer_config c = fake_config("one", SERIAL);

	fake_message(REPORT, DELTA("FAILED"));
	printer_destroy(p);
	fake_advance(10000);
	assert_int_equal(fake_events(EVENT_PRINT_FAILED), 0);
	p = printer_create(&fake.fleet, &c);
}

static void deltas_after_a_reconnect_wait_for_a_full_report(void **state)
{
	fake_down(MQTT_DOWN_LOST, "x");
	fake_advance(5000);
	fake_up();
	fake_message(REPORT, DELTA("PAUSE"));
	assert_int_equal(printer_state(p)->print.state, PRINT_PRINTING);
	assert_int_equal(fake_events(EVENT_PRINT_PAUSED), 0);
	fake_message(REPORT, FULL("RUNNING"));
	fake_message(REPORT, DELTA("PAUSE"));
	assert_int_equal(fake_events(EVENT_PRINT_PAUSED), 1);
	assert_int_equal(fake_events(EVENT_PRINT_STARTED), 0);
}

static void what_ended_while_the_link_was_down_is_told_late(void **state)
{
	const struct hub_event *e;

	fake_down(MQTT_DOWN_LOST, "x");
	fake_advance(5000);
	fake_up();
	fake_message(REPORT, FULL("FINISH"));
	assert_int_equal(fake_events(EVENT_PRINT_FINISHED), 1);
	e = hub_next(fake.hub, hub_last_seq(fake.hub) - 1);
	assert_non_null(strstr(e->data, "\"late\":true"));
	fake_message(REPORT, FULL("FINISH"));
	assert_int_equal(fake_events(EVENT_PRINT_FINISHED), 1);
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    RULE(event_comes_before_the_change_it_is_of),
	    RULE(end_without_a_reason_is_told_after_3_s),
	    RULE(warning_stands_by_the_clock_of_the_loop),
	    RULE(printer_that_is_destroyed_tells_no_end),
	    RULE(deltas_after_a_reconnect_wait_for_a_full_report),
	    RULE(what_ended_while_the_link_was_down_is_told_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
