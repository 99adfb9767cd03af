/* SPDX-License-Identifier: MIT */
/* Announced addresses: hints that are tried and never believed, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "daemon/fleet/printer.h"
#include "tests/unit/fleet/fake_mqtt.h"

#define SERIAL "01P00A000000001"
#define REPORT "device/" SERIAL "/report"
#define FULL "{\"print\":{\"command\":\"push_status\",\"msg\":0,\"gcode_state\":\"IDLE\"}}"
#define ELSEWHERE "192.0.2.77"

static struct printer *printer;
static struct printer_config config;

static struct printer_view view(void)
{
	struct printer_view v;

	printer_view(printer, &v);
	return v;
}

static const char *state_now(void)
{
	return link_state_word(view().link.state);
}

static void open_printer(void)
{
	printer = printer_create(&fake.fleet, &config);
	fake_advance(200);
}

/* It was online, and is gone for long: the planned attempt is up to a minute off. */
static void open_lost(void)
{
	open_printer();
	fake_up();
	fake_message(REPORT, FULL);
	fake_advance(60 * 1000);
	fake_down(MQTT_DOWN_LOST, "gone");
	for (int i = 0; i < 120; i++) {
		fake_advance(1000);
		if (view().link.state != LINK_ONLINE && fake.opens > 1) {
			fake_down(MQTT_DOWN_UNREACHABLE, "no answer");
		}
	}
}

static int setup(void **state)
{
	fake_start();
	fake.fleet.listens = true;
	config = fake_config("one", SERIAL);
	return 0;
}

static int teardown(void **state)
{
	printer_destroy(printer);
	printer = NULL;
	fake_stop();
	return 0;
}

static void lost_printer_is_dialled_when_it_announces_itself(void **state)
{
	_cleanup_free_ char *home = NULL;
	unsigned before;

	open_lost();
	home = xstrdup(fake.last_address);
	before = fake.opens;
	printer_announced(printer, home);
	fake_advance(200);
	assert_int_equal(fake.opens, before + 1);
	fake_up();
	fake_message(REPORT, FULL);
	assert_string_equal(state_now(), "online");
	printer_announced(printer, home);
	printer_announced(printer, ELSEWHERE);
	fake_advance(1000);
	assert_int_equal(fake.opens, before + 1);
}

static void moved_printer_is_followed_and_stays_there(void **state)
{
	open_lost();
	printer_announced(printer, ELSEWHERE);
	assert_string_equal(fake.last_address, ELSEWHERE);
	fake_up();
	fake_message(REPORT, FULL);
	assert_string_equal(state_now(), "online");
	assert_string_equal(view().link.address, ELSEWHERE);
	assert_string_equal(view().link.address_source, "discovery");
	fake_advance(60 * 1000);
	fake_down(MQTT_DOWN_LOST, "gone");
	fake_advance(5000);
	assert_string_equal(fake.last_address, ELSEWHERE);
	/* Not there any more: back to what is configured. */
	fake_down(MQTT_DOWN_UNREACHABLE, "no answer");
	fake_advance(5000);
	assert_string_not_equal(fake.last_address, ELSEWHERE);
}

static void stranger_at_the_address_changes_no_verdict(void **state)
{
	_cleanup_free_ char *error = NULL, *home = NULL;
	unsigned before;

	open_lost();
	error = xstrdup(view().link.last_error);
	home = xstrdup(fake.last_address);
	printer_announced(printer, ELSEWHERE);
	assert_string_equal(fake.last_address, ELSEWHERE);
	fake_down(MQTT_DOWN_TLS, "certificate is for somebody else");
	assert_string_equal(state_now(), "offline");
	assert_string_equal(view().link.last_error, error);
	before = fake.opens;
	for (int i = 0; i < 50; i++) {
		printer_announced(printer, ELSEWHERE);
	}
	assert_int_equal(fake.opens, before);
	/* The configured address is dialled as planned, within the minute. */
	fake_advance(61 * 1000);
	assert_true(fake.opens > before);
	assert_string_equal(fake.last_address, home);
}

static void addresses_of_a_forger_are_tried_once_in_a_while(void **state)
{
	unsigned before;
	char address[16];

	open_lost();
	before = fake.opens;
	for (int i = 0; i < 60; i++) {
		snprintf(address, sizeof(address), "192.0.2.%d", 100 + i);
		printer_announced(printer, address);
		fake_down(MQTT_DOWN_TLS, "certificate is for somebody else");
		fake_advance(100);
	}
	assert_in_range(fake.opens - before, 1, 2);
}

static void nobody_is_believed_without_a_proof(void **state)
{
	unsigned before;

	config.verify = VERIFY_INSECURE;
	open_lost();
	before = fake.opens;
	printer_announced(printer, ELSEWHERE);
	assert_int_equal(fake.opens, before);
}

static void what_is_no_host_is_not_dialled(void **state)
{
	unsigned before;

	open_lost();
	before = fake.opens;
	printer_announced(printer, "0.0.0.0");
	printer_announced(printer, "239.255.255.250");
	printer_announced(printer, "255.255.255.255");
	printer_announced(printer, "");
	printer_announced(printer, "printer.example");
	assert_int_equal(fake.opens, before);
}

static void printer_without_an_address_waits_for_its_announcement(void **state)
{
	config.address = NULL;
	open_printer();
	assert_string_equal(state_now(), "offline");
	assert_non_null(strstr(view().link.last_error, "not announced itself"));
	assert_int_equal(fake.opens, 0);
	printer_announced(printer, ELSEWHERE);
	assert_string_equal(state_now(), "connecting");
	fake_advance(200);
	assert_int_equal(fake.opens, 1);
	fake_up();
	fake_message(REPORT, FULL);
	assert_string_equal(state_now(), "online");
	assert_string_equal(view().link.address_source, "discovery");
}

static void printer_without_an_address_is_disabled_when_nobody_listens(void **state)
{
	fake.fleet.listens = false;
	config.address = NULL;
	open_printer();
	assert_string_equal(state_now(), "disabled");
}

static void refusal_keeps_its_pause(void **state)
{
	unsigned before;

	open_printer();
	fake_down(MQTT_DOWN_AUTH, "not authorised");
	before = fake.opens;
	for (int i = 0; i < 200; i++) {
		printer_announced(printer, fake.last_address);
		fake_advance(1000);
	}
	assert_int_equal(fake.opens, before);
	assert_string_equal(state_now(), "auth_refused");
}

/* Who shows the certificate is the printer: its word about the code counts wherever it lives. */
static void wrong_code_is_said_by_the_printer_at_its_new_address(void **state)
{
	unsigned before;

	open_lost();
	printer_announced(printer, ELSEWHERE);
	assert_string_equal(fake.last_address, ELSEWHERE);
	fake_down(MQTT_DOWN_AUTH, "not authorised");
	assert_string_equal(state_now(), "auth_refused");
	assert_string_equal(view().link.address, ELSEWHERE);
	before = fake.opens;
	for (int i = 0; i < 299; i++) {
		printer_announced(printer, ELSEWHERE);
		fake_advance(1000);
	}
	assert_int_equal(fake.opens, before);
	for (int i = 0; i < 3600; i++) {
		unsigned opens = fake.opens;

		printer_announced(printer, ELSEWHERE);
		fake_advance(1000);
		if (fake.opens > opens) {
			assert_string_equal(fake.last_address, ELSEWHERE);
			fake_down(MQTT_DOWN_AUTH, "not authorised");
		}
	}
	assert_in_range(fake.opens - before, 1, 12);
}

#define WITH(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH(lost_printer_is_dialled_when_it_announces_itself),
	    WITH(moved_printer_is_followed_and_stays_there),
	    WITH(stranger_at_the_address_changes_no_verdict),
	    WITH(addresses_of_a_forger_are_tried_once_in_a_while),
	    WITH(nobody_is_believed_without_a_proof),
	    WITH(what_is_no_host_is_not_dialled),
	    WITH(printer_without_an_address_waits_for_its_announcement),
	    WITH(printer_without_an_address_is_disabled_when_nobody_listens),
	    WITH(refusal_keeps_its_pause),
	    WITH(wrong_code_is_said_by_the_printer_at_its_new_address),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
