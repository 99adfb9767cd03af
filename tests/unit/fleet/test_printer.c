/* SPDX-License-Identifier: MIT */
/* Rules of a printer's link: verdicts, retry, silence, paced requests, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "daemon/fleet/printer.h"
#include "daemon/model/hub.h"
#include "tests/unit/fleet/fake_mqtt.h"

#define SERIAL "01P00A000000001"
#define REPORT "device/" SERIAL "/report"
#define FULL                                                                                \
	"{\"print\":{\"command\":\"push_status\",\"msg\":0,\"gcode_state\":\"IDLE\",\"bed_" \
	"temper\":20}}"
#define DELTA "{\"print\":{\"bed_temper\":21}}"
#define DAY_MS (24 * 60 * 60 * 1000)

static struct printer *p;

static int setup(void **state)
{
	struct printer_config c = fake_config("one", SERIAL);

	fake_start();
	p = printer_create(&fake.fleet, &c);
	fake_advance(100);
	return 0;
}

static int teardown(void **state)
{
	printer_destroy(p);
	fake_stop();
	return 0;
}

static void go_online(void)
{
	fake_up();
	fake_message(REPORT, FULL);
	assert_int_equal(printer_link_state(p), LINK_ONLINE);
}

static void link_is_connecting_until_the_first_verdict(void **state)
{
	assert_int_equal(printer_link_state(p), LINK_CONNECTING);
	assert_int_equal(fake.opens, 1);
	fake_down(MQTT_DOWN_TIMEOUT, "no answer");
	assert_int_equal(printer_link_state(p), LINK_OFFLINE);
	fake_advance(5000);
	assert_true(fake.opens >= 2);
	assert_int_equal(printer_link_state(p), LINK_OFFLINE);
}

static void connect_subscribes_then_asks_version_and_everything(void **state)
{
	fake_up();
	assert_int_equal(fake.subscribes, 1);
	assert_int_equal(fake.publishes, 2);
	assert_non_null(strstr(fake.last_publish, "pushall"));
	assert_int_equal(fake_events(EVENT_PRINTER_ONLINE), 1);
}

static void lookup_without_an_answer_ends_after_10_s(void **state)
{
	struct printer_config c = fake_config("two", "01P00A000000002");
	struct printer *two;
	struct printer_view v;
	unsigned opens = fake.opens;

	c.address = (char *)"nowhere.test";
	fake.lookup_ms = 3600 * 1000;
	two = printer_create(&fake.fleet, &c);
	fake_advance(9500);
	assert_int_equal(printer_link_state(two), LINK_CONNECTING);
	fake_advance(1000);
	printer_view(two, &v);
	assert_int_equal(v.link.state, LINK_OFFLINE);
	assert_non_null(strstr(v.link.last_error, "nowhere.test"));
	assert_int_equal(fake.opens, opens);
	fake.lookup_ms = 0;
	fake_advance(5000);
	assert_int_equal(fake.opens, opens + 1);
	printer_destroy(two);
}

static void lookup_without_an_answer_keeps_the_last_good_address(void **state)
{
	go_online();
	fake.lookup_ms = 3600 * 1000;
	fake.last_address[0] = '\0';
	fake_down(MQTT_DOWN_LOST, "connection closed by the printer");
	fake_advance(4000 + 3100);
	assert_int_equal(fake.lookups, 2);
	assert_int_equal(fake.opens, 2);
	assert_string_equal(fake.last_address, "127.0.0.1");
	go_online();
	fake_advance(20000);
	assert_int_equal(printer_link_state(p), LINK_ONLINE);
}

static void loss_keeps_the_values_and_says_offline(void **state)
{
	struct printer_view v;

	go_online();
	fake_down(MQTT_DOWN_LOST, "connection closed by the printer");
	printer_view(p, &v);
	assert_int_equal(v.link.state, LINK_OFFLINE);
	assert_int_equal(v.link.plane, PLANE_NONE);
	assert_int_equal(v.link.tls, TLS_WORD_NONE);
	assert_string_equal(v.link.last_error, "connection closed by the printer");
	assert_int_equal((int)v.state->temp.bed_current_c, 20);
	assert_int_equal(fake_events(EVENT_PRINTER_OFFLINE), 1);
}

static void short_outage_is_retried_within_4_s(void **state)
{
	unsigned i;

	go_online();
	for (i = 0; i < 3; i++) {
		unsigned opens = fake.opens;

		fake_down(MQTT_DOWN_REFUSED_PORT, "connection refused");
		assert_int_equal(printer_link_state(p), LINK_OFFLINE);
		fake_advance(4100);
		assert_int_equal(fake.opens, opens + 1);
	}
}

/* Ten minutes in which the printer is heard. The timers that are armed then. */
static size_t ten_quiet_minutes(void)
{
	for (int i = 0; i < 30; i++) {
		fake_advance(20 * 1000);
		fake_message(REPORT, FULL);
	}
	assert_int_equal(printer_link_state(p), LINK_ONLINE);
	return loop_timers(fake.loop);
}

static void outage_of_a_day_is_tried_once_or_twice_a_minute(void **state)
{
	unsigned tries = 0;
	size_t timers;

	go_online();
	timers = ten_quiet_minutes();
	fake_down(MQTT_DOWN_REFUSED_PORT, "connection refused");
	for (int64_t end_ms = fake.now_ms + DAY_MS; fake.now_ms < end_ms;) {
		unsigned opens = fake.opens;

		fake_advance(500);
		if (fake.opens != opens) {
			assert_int_equal(fake.opens, opens + 1);
			tries++;
			fake_down(MQTT_DOWN_REFUSED_PORT, "connection refused");
		}
	}
	assert_in_range(tries, 24 * 60, 2 * 24 * 60 + 60);
	fake_advance(60 * 1000);
	go_online();
	assert_int_equal(ten_quiet_minutes(), timers);
}

static void loss_every_10_minutes_of_a_day_leaves_no_timer(void **state)
{
	size_t timers;

	go_online();
	timers = ten_quiet_minutes();
	for (unsigned i = 0; i < 24 * 6; i++) {
		unsigned opens = fake.opens;

		fake_down(MQTT_DOWN_LOST, "connection closed by the printer");
		fake_advance(1100);
		assert_int_equal(fake.opens, opens + 1);
		go_online();
		assert_int_equal(ten_quiet_minutes(), timers);
	}
	assert_int_equal(fake_events(EVENT_PRINTER_OFFLINE), 24 * 6);
}

/* Let in, and over after that time; then the next attempt is waited for. Its delay in ms. */
static int64_t short_session(int64_t stood_ms, enum mqtt_down why)
{
	unsigned opens = fake.opens;
	int64_t end_ms;

	fake_up();
	fake_advance(stood_ms);
	fake_down(why, "peer closed the connection");
	end_ms = fake.now_ms;
	while (fake.opens == opens) {
		fake_advance(100);
	}
	return fake.now_ms - end_ms;
}

static void being_let_in_for_a_moment_is_not_the_end_of_an_outage(void **state)
{
	int64_t begin_ms = fake.now_ms;
	unsigned opens = fake.opens;

	while (fake.now_ms - begin_ms < 3600 * 1000) {
		short_session(100, MQTT_DOWN_OVERSIZE);
	}
	/* One each second would be thousands. */
	assert_true(fake.opens - opens < 200);
	assert_true(fake.opens - opens > 60);
}

static void loss_of_a_session_that_stood_is_retried_at_once(void **state)
{
	unsigned i;

	for (i = 0; i < 20; i++) {
		short_session(100, MQTT_DOWN_OVERSIZE);
	}
	assert_true(short_session(31 * 1000, MQTT_DOWN_LOST) <= 1100);
	for (i = 0; i < 10; i++) {
		assert_true(short_session(31 * 1000, MQTT_DOWN_LOST) <= 1100);
	}
}

static void kicked_thrice(void)
{
	assert_true(short_session(100, MQTT_DOWN_LOST) <= 1100);
	assert_true(short_session(100, MQTT_DOWN_LOST) <= 2100);
	fake_up();
	fake_down(MQTT_DOWN_LOST, "peer closed the connection");
}

static void three_kicks_a_minute_are_another_client_and_15_minutes(void **state)
{
	struct printer_view v;
	unsigned opens;

	kicked_thrice();
	printer_view(p, &v);
	assert_int_equal(v.link.state, LINK_OFFLINE);
	assert_non_null(strstr(v.link.last_error, "another client"));
	assert_non_null(strstr(v.link.last_error_hint, "bambuctl refresh"));
	assert_int_equal(fake_events(EVENT_PRINTER_OFFLINE), 3);
	opens = fake.opens;
	fake_advance(15 * 60 * 1000 - 100);
	assert_int_equal(fake.opens, opens);
	assert_int_equal(fake_events(EVENT_PRINTER_OFFLINE), 3);
	fake_advance(3 * 60 * 1000 + 200);
	assert_int_equal(fake.opens, opens + 1);
	/* Still so: one try was enough to know. */
	assert_true(short_session(100, MQTT_DOWN_LOST) >= 15 * 60 * 1000);
}

static void user_may_try_at_once_when_kicked(void **state)
{
	const char *stage = NULL;
	unsigned opens;
	struct err e;

	kicked_thrice();
	opens = fake.opens;
	assert_int_equal(printer_refresh(p, &stage, &e), 0);
	assert_string_equal(stage, "connecting");
	fake_advance(100);
	assert_int_equal(fake.opens, opens + 1);
	/* A session that stands ends it. */
	assert_true(short_session(31 * 1000, MQTT_DOWN_LOST) <= 1100);
	assert_true(short_session(100, MQTT_DOWN_LOST) <= 2100);
}

static void printer_that_boots_is_not_taken_for_a_kicker(void **state)
{
	unsigned i;

	for (i = 0; i < 10; i++) {
		assert_true(short_session(100, MQTT_DOWN_LOST) <= 61 * 1000);
		assert_true(short_session(100, MQTT_DOWN_LOST) <= 61 * 1000);
		fake_down(MQTT_DOWN_REFUSED_PORT, "connection refused");
		fake_advance(61 * 1000);
	}
}

static void kicks_far_apart_are_no_kicks(void **state)
{
	unsigned i, opens;

	for (i = 0; i < 6; i++) {
		assert_true(short_session(100, MQTT_DOWN_LOST) <= 61 * 1000);
		/* No answer to a CONNECT says nothing either way, and takes its time. */
		for (opens = fake.opens; fake.opens < opens + 3;) {
			fake_down(MQTT_DOWN_CONNACK, "broker is unavailable");
			fake_advance(61 * 1000);
		}
	}
}

static void refused_port_that_stays_is_lan_closed(void **state)
{
	int64_t end;

	go_online();
	for (end = fake.now_ms + 120000; fake.now_ms < end;) {
		fake_down(MQTT_DOWN_REFUSED_PORT, "connection refused");
		fake_advance(60000);
	}
	assert_int_equal(printer_link_state(p), LINK_LAN_CLOSED);
	assert_int_equal(fake_events(EVENT_PRINTER_LAN_CLOSED), 1);
}

static void wrong_code_is_tried_at_most_12_times_an_hour(void **state)
{
	unsigned before = fake.opens;
	int64_t end = fake.now_ms + 3600 * 1000;

	while (fake.now_ms < end) {
		const char *stage;
		struct err e;

		if (fake.client && !printer_state(p)->has_base) {
			fake_down(MQTT_DOWN_AUTH, "not authorised");
		}
		assert_int_equal(printer_refresh(p, &stage, &e), -EAGAIN);
		assert_int_equal(e.type, ERR_RATE_LIMITED);
		before = fake.opens;
		while (fake.opens == before && fake.now_ms < end) {
			fake_advance(1000);
		}
	}
	assert_true(fake.opens <= 13);
	assert_true(fake.opens >= 9);
	assert_int_equal(printer_link_state(p), LINK_AUTH_REFUSED);
	assert_int_equal(fake_events(EVENT_PRINTER_AUTH_REFUSED), 1);
}

static void stranger_is_not_asked_again_within_5_minutes(void **state)
{
	unsigned opens;

	fake_down(MQTT_DOWN_TLS, "certificate is for another printer");
	assert_int_equal(printer_link_state(p), LINK_TLS_REFUSED);
	opens = fake.opens;
	fake_advance(299 * 1000);
	assert_int_equal(fake.opens, opens);
	fake_advance(62 * 1000);
	assert_int_equal(fake.opens, opens + 1);
}

static void silence_is_stale_at_60_s_and_reconnects_at_120_s(void **state)
{
	unsigned publishes;

	go_online();
	fake_advance(59000);
	assert_int_equal(printer_link_state(p), LINK_ONLINE);
	publishes = fake.publishes;
	fake_advance(2000);
	assert_int_equal(printer_link_state(p), LINK_STALE);
	assert_int_equal(fake_events(EVENT_PRINTER_STALE), 1);
	fake_advance(57000);
	assert_int_equal(fake.closes, 0);
	fake_advance(3000);
	assert_int_equal(fake.closes, 1);
	assert_true(fake.publishes <= publishes + 1);
}

static void unanswered_ping_is_stale_within_45_s(void **state)
{
	go_online();
	fake.deaf_ms = 30000;
	fake_advance(41000);
	assert_int_equal(printer_link_state(p), LINK_ONLINE);
	fake.deaf_ms = 41000;
	fake_advance(3000);
	assert_int_equal(printer_link_state(p), LINK_STALE);
	fake_down(MQTT_DOWN_KEEPALIVE, "no answer to a ping within 15 s");
	assert_int_equal(printer_link_state(p), LINK_OFFLINE);
}

static void stale_printer_that_reconnects_stays_stale_until_it_speaks(void **state)
{
	go_online();
	fake_advance(121000);
	fake_down(MQTT_DOWN_ASKED, "silent for 120 s");
	assert_int_equal(printer_link_state(p), LINK_STALE);
	fake_advance(4100);
	fake_up();
	assert_int_equal(printer_link_state(p), LINK_STALE);
	fake_message(REPORT, DELTA);
	assert_int_equal(printer_link_state(p), LINK_ONLINE);
	assert_int_equal(fake_events(EVENT_PRINTER_RECOVERED), 1);
}

static void full_reports_are_asked_for_3_s_apart_after_reconnects(void **state)
{
	const struct printer_counters *c = printer_counters(p);

	fake_up();
	assert_int_equal(c->pushalls, 1);
	fake_down(MQTT_DOWN_LOST, "x");
	fake_advance(1100);
	fake_up();
	assert_int_equal(c->pushalls, 1);
	fake_advance(3000);
	assert_int_equal(c->pushalls, 2);
}

static void small_models_are_refreshed_every_5_minutes_at_most(void **state)
{
	const char *stage = NULL;
	struct err e;

	go_online();
	fake_advance(10000);
	assert_int_equal(printer_refresh(p, &stage, &e), -EAGAIN);
	assert_int_equal(e.type, ERR_RATE_LIMITED);
	while (fake.now_ms < 310 * 1000) {
		fake_advance(10000);
		fake_message(REPORT, DELTA);
	}
	assert_int_equal(printer_refresh(p, &stage, &e), 0);
	assert_string_equal(stage, "sent");
}

static void delta_without_a_base_asks_for_one_but_not_for_ever(void **state)
{
	unsigned i;

	fake_up();
	for (i = 0; i < 600; i++) {
		fake_message(REPORT, DELTA);
		fake_advance(1000);
	}
	assert_true(printer_counters(p)->pushalls >= 4);
	assert_true(printer_counters(p)->pushalls <= 10);
}

static void version_is_asked_again_until_it_comes(void **state)
{
	fake_up();
	fake_advance(10100);
	assert_non_null(strstr(fake.last_publish, "get_version"));
	fake_message(REPORT, "{\"info\":{\"command\":\"get_version\",\"module\":[{\"name\":\"ota\","
			     "\"sw_ver\":\"01.02.03.04\",\"product_name\":\"Bambu Lab P1S\"}]}}");
	assert_string_equal(printer_state(p)->info.firmware, "01.02.03.04");
	fake.publishes = 0;
	fake_advance(30000);
	assert_int_equal(fake.publishes, 0);
}

static void message_of_another_printer_is_dropped(void **state)
{
	go_online();
	fake_message("device/01P00A000000002/report", DELTA);
	assert_int_equal(printer_counters(p)->dropped_topic, 1);
	assert_int_equal((int)printer_state(p)->temp.bed_current_c, 20);
}

static void more_than_200_messages_a_second_cut_the_link(void **state)
{
	unsigned i;

	go_online();
	fake_advance(1000);
	for (i = 0; i < 200; i++) {
		fake_message(REPORT, DELTA);
	}
	assert_int_equal(fake.closes, 0);
	fake_message(REPORT, DELTA);
	assert_int_equal(fake.closes, 1);
}

static void full_reports_have_a_budget_deltas_have_none(void **state)
{
	unsigned i;

	go_online();
	for (i = 0; i < 50; i++) {
		fake_message(REPORT, FULL);
	}
	assert_int_equal(printer_counters(p)->full, 20);
	assert_int_equal(printer_counters(p)->dropped_limit, 31);
	fake_message(REPORT, DELTA);
	assert_int_equal((int)printer_state(p)->temp.bed_current_c, 21);
}

static void disabled_printer_says_why_and_never_connects(void **state)
{
	struct printer_config c = fake_config("two", "01P00A000000002");
	struct printer_view v;
	struct printer *two;
	const char *stage;
	struct err e;
	unsigned opens = fake.opens;

	c.address = NULL;
	two = printer_create(&fake.fleet, &c);
	fake_advance(5000);
	printer_view(two, &v);
	assert_int_equal(v.link.state, LINK_DISABLED);
	assert_non_null(strstr(v.link.last_error, "Address="));
	assert_int_equal(fake.opens, opens);
	assert_int_equal(printer_refresh(two, &stage, &e), -ENOTCONN);
	assert_int_equal(e.type, ERR_PRINTER_OFFLINE);
	printer_destroy(two);
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    RULE(link_is_connecting_until_the_first_verdict),
	    RULE(connect_subscribes_then_asks_version_and_everything),
	    RULE(lookup_without_an_answer_ends_after_10_s),
	    RULE(lookup_without_an_answer_keeps_the_last_good_address),
	    RULE(loss_keeps_the_values_and_says_offline),
	    RULE(short_outage_is_retried_within_4_s),
	    RULE(outage_of_a_day_is_tried_once_or_twice_a_minute),
	    RULE(loss_every_10_minutes_of_a_day_leaves_no_timer),
	    RULE(being_let_in_for_a_moment_is_not_the_end_of_an_outage),
	    RULE(loss_of_a_session_that_stood_is_retried_at_once),
	    RULE(three_kicks_a_minute_are_another_client_and_15_minutes),
	    RULE(user_may_try_at_once_when_kicked),
	    RULE(printer_that_boots_is_not_taken_for_a_kicker),
	    RULE(kicks_far_apart_are_no_kicks),
	    RULE(refused_port_that_stays_is_lan_closed),
	    RULE(wrong_code_is_tried_at_most_12_times_an_hour),
	    RULE(stranger_is_not_asked_again_within_5_minutes),
	    RULE(silence_is_stale_at_60_s_and_reconnects_at_120_s),
	    RULE(unanswered_ping_is_stale_within_45_s),
	    RULE(stale_printer_that_reconnects_stays_stale_until_it_speaks),
	    RULE(full_reports_are_asked_for_3_s_apart_after_reconnects),
	    RULE(small_models_are_refreshed_every_5_minutes_at_most),
	    RULE(delta_without_a_base_asks_for_one_but_not_for_ever),
	    RULE(version_is_asked_again_until_it_comes),
	    RULE(message_of_another_printer_is_dropped),
	    RULE(more_than_200_messages_a_second_cut_the_link),
	    RULE(full_reports_have_a_budget_deltas_have_none),
	    RULE(disabled_printer_says_why_and_never_connects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
