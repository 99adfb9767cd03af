/* SPDX-License-Identifier: MIT */
/* Rules of the sleep watch: what a jump of CLOCK_BOOTTIME does to the links, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/event.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/registry.h"
#include "daemon/fleet/wake.h"
#include "daemon/model/hub.h"
#include "tests/unit/fleet/fake_mqtt.h"

#define SERIAL "01P00A000000001"
#define REPORT "device/" SERIAL "/report"
#define FULL "{\"print\":{\"command\":\"push_status\",\"msg\":0,\"gcode_state\":\"IDLE\"}}"
#define HOUR_MS (INT64_C(3600) * 1000)

static struct registry *r;
static struct wake *w;
static int64_t slept_ms;

static int64_t get_boot(void *arg)
{
	return fake.now_ms + slept_ms;
}

static int setup(void **state)
{
	struct printer_config c = fake_config("one", SERIAL);

	fake_start();
	slept_ms = 7 * HOUR_MS; /* of before our start: no news */
	r = registry_create(&fake.fleet);
	registry_sync(r, &c, 1);
	w = wake_create(&fake.fleet, r, get_boot, NULL);
	fake_advance(100);
	return 0;
}

static int teardown(void **state)
{
	wake_destroy(w);
	registry_destroy(r);
	fake_stop();
	return 0;
}

static void go_online(void)
{
	fake_up();
	fake_message(REPORT, FULL);
	assert_int_equal(printer_link_state(registry_at(r, 0)), LINK_ONLINE);
}

static void sleep_drops_the_session_and_dials_at_once(void **state)
{
	go_online();
	slept_ms += 8 * HOUR_MS;
	fake_advance(2000);
	assert_int_equal(fake.closes, 1);
	assert_string_equal(fake.last_close, "the machine slept");
	fake_down(MQTT_DOWN_ASKED, "the machine slept");
	fake_advance(100);
	assert_int_equal(fake.opens, 2);
	go_online();
	assert_int_equal(fake_events(EVENT_PRINTER_OFFLINE), 1);
	fake_advance(10000);
	assert_int_equal(fake.closes, 1);
}

static void sleep_ends_a_backoff(void **state)
{
	int i;

	/* Down for minutes: the next attempt may be a minute away. */
	for (i = 0; i < 20; i++) {
		unsigned opens = fake.opens;

		fake_down(MQTT_DOWN_TIMEOUT, "no answer");
		while (fake.opens == opens) {
			fake_advance(100);
		}
	}
	fake_down(MQTT_DOWN_TIMEOUT, "no answer");
	slept_ms += HOUR_MS;
	fake_advance(2200);
	assert_int_equal(fake.opens, 22);
	go_online();
}

static void sleep_does_not_end_the_pause_after_a_refusal(void **state)
{
	fake_down(MQTT_DOWN_AUTH, "not authorised");
	slept_ms += HOUR_MS;
	fake_advance(10000);
	assert_int_equal(fake.opens, 1);
}

static void no_sleep_and_a_short_one_change_nothing(void **state)
{
	go_online();
	fake_advance(20000);
	slept_ms += 4000;
	fake_advance(20000);
	assert_int_equal(fake.closes, 0);
	assert_int_equal(printer_link_state(registry_at(r, 0)), LINK_ONLINE);
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    RULE(sleep_drops_the_session_and_dials_at_once),
	    RULE(sleep_ends_a_backoff),
	    RULE(sleep_does_not_end_the_pause_after_a_refusal),
	    RULE(no_sleep_and_a_short_one_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
