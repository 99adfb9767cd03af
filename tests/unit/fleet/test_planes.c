/* SPDX-License-Identifier: MIT */
/* The choice between the local network and the cloud, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/event.h"
#include "daemon/fleet/cloud_link.h"
#include "daemon/fleet/command.h"
#include "daemon/fleet/printer.h"
#include "daemon/model/hub.h"
#include "tests/unit/fleet/fake_mqtt.h"

#define SERIAL "01P00A000000001"
#define REPORT "device/" SERIAL "/report"
#define FULL(state) \
	"{\"print\":{\"command\":\"push_status\",\"msg\":0,\"gcode_state\":\"" state "\"}}"
#define DELTA(state) \
	"{\"print\":{\"command\":\"push_status\",\"msg\":1,\"gcode_state\":\"" state "\"}}"
#define PRESENCE(word) "{\"event\":{\"event\":\"client." word "\",\"time\":\"now\"}}"

static struct printer *printer;
static struct printer_config config;

static struct printer_view view(void)
{
	struct printer_view v;

	printer_view(printer, &v);
	return v;
}

static const char *state_word_now(void)
{
	return link_state_word(view().link.state);
}

static const char *plane_now(void)
{
	const char *word = plane_word(view().link.plane);

	return word ? word : "none";
}

/* The data of the last event of a kind. */
static const char *last_event(enum event_kind kind)
{
	const struct hub_event *e;
	const char *data = "";

	for (e = hub_next(fake.hub, 0); e; e = hub_next(fake.hub, e->seq)) {
		data = e->kind == kind ? e->data : data;
	}
	return data;
}

static void sign_in(void)
{
	struct secret *token = secret_create("token", 5);
	struct cloud_link_config c = {
	    .host = "broker.example", .port = 8883, .user = "u_1", .token = token};

	cloud_link_set(fake.fleet.cloud, &c);
	secret_destroy(token);
}

static void open_printer(void)
{
	printer = printer_create(&fake.fleet, &config);
	fake_advance(200);
}

/* Bound, with an address, both ways up. */
static void open_both(void)
{
	open_printer();
	fake_up();
	fake_message(REPORT, FULL("IDLE"));
	fake_cloud_up();
	fake_advance(200);
}

static void open_cloud_only(void)
{
	config.address = NULL;
	open_printer();
	fake_cloud_up();
	fake_advance(200);
	fake_cloud_message(REPORT, FULL("IDLE"));
}

static int setup(void **state)
{
	fake_start();
	fake.fleet.cloud = cloud_link_create(&fake.fleet);
	config = fake_config("one", SERIAL);
	config.cloud = true;
	sign_in();
	return 0;
}

static int teardown(void **state)
{
	printer_destroy(printer);
	printer = NULL;
	cloud_link_destroy(fake.fleet.cloud);
	fake_stop();
	return 0;
}

static void cloud_only_printer_is_online_when_it_is_heard(void **state)
{
	config.address = NULL;
	config.access_code = NULL;
	open_printer();
	assert_string_equal(state_word_now(), "connecting");
	fake_cloud_up();
	fake_advance(200);
	assert_string_equal(state_word_now(), "connecting");
	assert_non_null(strstr(fake.cloud_publish, "get_version"));
	fake_cloud_message(REPORT, FULL("IDLE"));
	assert_string_equal(state_word_now(), "online");
	assert_string_equal(plane_now(), "cloud");
	assert_non_null(strstr(fake.cloud_publish, "pushall"));
	assert_int_equal(printer_state(printer)->print.state, PRINT_IDLE);
	assert_int_equal(fake.opens, 0);
	assert_int_equal(fake.lookups, 1); /* the broker's */
	assert_int_equal(fake_events(EVENT_PRINTER_PLANE_CHANGED), 0);
	assert_int_equal(fake_events(EVENT_PRINTER_ONLINE), 1);
}

static void cloud_only_printer_without_a_word_is_offline(void **state)
{
	config.address = NULL;
	open_printer();
	fake_cloud_up();
	fake_advance(11 * 1000);
	assert_string_equal(state_word_now(), "offline");
	assert_non_null(strstr(view().link.last_error, "no word"));
	fake_cloud_message(REPORT, PRESENCE("connected"));
	assert_string_equal(state_word_now(), "online");
}

static void presence_takes_offline_and_asks_for_everything_anew(void **state)
{
	unsigned published;

	open_cloud_only();
	fake_cloud_message(REPORT, PRESENCE("disconnected"));
	assert_string_equal(state_word_now(), "offline");
	assert_string_equal(plane_now(), "none");
	fake_advance(5000);
	published = fake.cloud_publishes;
	fake_cloud_message(REPORT, PRESENCE("connected"));
	assert_string_equal(state_word_now(), "online");
	assert_int_equal(fake.cloud_publishes, published + 2); /* version, full report */
	fake_advance(5000);
	published = fake.cloud_publishes;
	fake_cloud_message(REPORT, PRESENCE("connected")); /* its going was not told */
	assert_true(fake.cloud_publishes >= published + 2);
	assert_false(printer_state(printer)->has_base);
}

static void silence_in_the_cloud_is_stale_then_offline(void **state)
{
	open_cloud_only();
	fake_advance(59 * 1000);
	assert_string_equal(state_word_now(), "online");
	fake_advance(2 * 1000);
	assert_string_equal(state_word_now(), "stale");
	assert_string_equal(plane_now(), "cloud");
	fake_cloud_message(REPORT, DELTA("IDLE"));
	assert_string_equal(state_word_now(), "online");
	fake_advance(121 * 1000);
	assert_string_equal(state_word_now(), "offline");
	assert_int_equal(fake.closes, 0);
	assert_true(cloud_link_is_up(fake.fleet.cloud)); /* others use it */
}

static void lan_is_preferred_and_the_cloud_only_a_sign_of_life(void **state)
{
	open_both();
	fake_advance(3000);
	fake_cloud_message(REPORT, FULL("RUNNING"));
	fake_advance(100);
	assert_string_equal(plane_now(), "lan");
	assert_int_equal(printer_state(printer)->print.state, PRINT_IDLE);
	assert_int_equal(fake_events(EVENT_PRINT_STARTED), 0);
	assert_int_equal(fake_events(EVENT_PRINTER_PLANE_CHANGED), 0);
	assert_int_equal(printer_counters(printer)->full, 1);
}

static void cloud_takes_over_when_the_lan_is_lost(void **state)
{
	open_both();
	fake_advance(40 * 1000);
	fake_message(REPORT, DELTA("IDLE"));
	fake_cloud_message(REPORT, DELTA("IDLE"));
	fake_down(MQTT_DOWN_LOST, "peer closed the connection");
	assert_string_equal(state_word_now(), "online");
	assert_string_equal(plane_now(), "cloud");
	assert_string_equal(last_event(EVENT_PRINTER_PLANE_CHANGED),
	    "{\"from\":\"lan\",\"to\":\"cloud\",\"reason\":\"peer closed the connection\"}");
	assert_int_equal(fake_events(EVENT_PRINTER_OFFLINE), 0);
	assert_non_null(strstr(fake.cloud_publish, "pushall"));
	assert_string_equal(
	    view().link.last_error, "in the local network: peer closed the connection");
	fake_cloud_message(REPORT, DELTA("RUNNING")); /* no base yet */
	assert_int_equal(printer_state(printer)->print.state, PRINT_IDLE);
	fake_cloud_message(REPORT, FULL("RUNNING"));
	fake_advance(0);
	assert_int_equal(printer_state(printer)->print.state, PRINT_PRINTING);
	assert_int_equal(fake_events(EVENT_PRINT_STARTED), 1);

	/* And back: not by the connection alone, by what comes of it. */
	fake_advance(5000);
	fake_up();
	assert_string_equal(plane_now(), "cloud");
	assert_non_null(strstr(fake.last_publish, "get_version"));
	fake_message(REPORT, FULL("RUNNING"));
	fake_advance(0);
	assert_string_equal(plane_now(), "lan");
	assert_null(view().link.last_error);
	assert_string_equal(last_event(EVENT_PRINTER_PLANE_CHANGED),
	    "{\"from\":\"cloud\",\"to\":\"lan\",\"reason\":\"the local network is back\"}");
	assert_int_equal(fake_events(EVENT_PRINT_STARTED), 1);
	assert_int_equal(fake_events(EVENT_PRINTER_ONLINE), 1);
}

static void events_missed_between_the_ways_come_once_and_late(void **state)
{
	open_both();
	fake_advance(40 * 1000);
	fake_message(REPORT, FULL("RUNNING"));
	fake_cloud_message(REPORT, FULL("RUNNING"));
	fake_down(MQTT_DOWN_LOST, "peer closed the connection");
	fake_advance(3000);
	fake_cloud_message(REPORT, FULL("FINISH"));
	fake_advance(100);
	fake_up();
	fake_message(REPORT, FULL("FINISH"));
	fake_cloud_message(REPORT, FULL("FINISH"));
	fake_advance(5000);
	assert_int_equal(fake_events(EVENT_PRINT_STARTED), 1);
	assert_int_equal(fake_events(EVENT_PRINT_FINISHED), 1);
	assert_non_null(strstr(last_event(EVENT_PRINT_FINISHED), "\"late\":true"));
}

static void printer_gone_both_ways_gets_the_verdict_of_the_lan(void **state)
{
	open_both();
	fake_advance(40 * 1000);
	fake_message(REPORT, DELTA("IDLE"));
	fake_cloud_message(REPORT, DELTA("IDLE"));
	fake_down(MQTT_DOWN_LOST, "peer reset the connection");
	assert_string_equal(plane_now(), "cloud");
	fake_advance(11 * 1000);
	assert_string_equal(state_word_now(), "offline");
	assert_non_null(strstr(view().link.last_error, "peer reset the connection"));
}

static void cloud_that_was_not_heard_is_asked_before_it_takes_over(void **state)
{
	unsigned published;

	open_both();
	fake_advance(40 * 1000);
	fake_message(REPORT, DELTA("IDLE"));
	published = fake.cloud_publishes;
	fake_down(MQTT_DOWN_LOST, "gone");
	assert_string_equal(state_word_now(), "offline");
	assert_int_equal(fake.cloud_publishes, published + 1);
	fake_cloud_message(REPORT, "{\"info\":{\"command\":\"get_version\",\"module\":[]}}");
	assert_string_equal(state_word_now(), "online");
	assert_string_equal(plane_now(), "cloud");
}

static void silent_lan_is_left_for_the_cloud_and_not_taken_back_unheard(void **state)
{
	unsigned i;

	open_both();
	for (i = 0; i < 70; i++) {
		fake_advance(1000);
		fake_cloud_message(REPORT, DELTA("IDLE"));
	}
	assert_string_equal(plane_now(), "cloud");
	assert_int_equal(fake_events(EVENT_PRINTER_STALE), 0);
	for (i = 0; i < 60; i++) {
		fake_advance(1000);
		fake_cloud_message(REPORT, DELTA("IDLE"));
	}
	assert_int_equal(fake.closes, 1); /* its session is made anew */
	fake_down(MQTT_DOWN_ASKED, "silent for 120 s");
	assert_string_equal(state_word_now(), "online");
	fake_advance(5000);
	fake_up();
	assert_string_equal(plane_now(), "cloud");
	assert_int_equal(fake_events(EVENT_PRINTER_PLANE_CHANGED), 1);
}

static void lan_that_comes_and_goes_is_to_stand_before_it_is_taken(void **state)
{
	unsigned i;

	open_both();
	for (i = 0; i < 3; i++) {
		fake_advance(2000);
		fake_cloud_message(REPORT, DELTA("IDLE"));
		fake_down(MQTT_DOWN_TIMEOUT, "no answer");
		fake_advance(70 * 1000);
		fake_cloud_message(REPORT, DELTA("IDLE"));
		fake_up();
		fake_message(REPORT, FULL("IDLE"));
		assert_string_equal(plane_now(), i < 1 ? "lan" : "cloud");
	}
	for (i = 0; i < 31; i++) {
		fake_advance(1000);
		fake_message(REPORT, FULL("IDLE"));
		fake_cloud_message(REPORT, DELTA("IDLE"));
	}
	assert_string_equal(plane_now(), "lan");
}

static void prefer_cloud_keeps_the_lan_in_reserve(void **state)
{
	fake.fleet.prefer_cloud = true;
	open_both();
	assert_string_equal(plane_now(), "lan");
	fake_cloud_message(REPORT, FULL("IDLE"));
	assert_string_equal(plane_now(), "cloud");
	fake_message(REPORT, DELTA("IDLE"));
	assert_string_equal(plane_now(), "cloud");
	fake_cloud_message(REPORT, PRESENCE("disconnected"));
	assert_string_equal(plane_now(), "lan");
	assert_string_equal(state_word_now(), "online");
}

static void mode_decides_which_ways_there_are(void **state)
{
	config.mode = MODE_LAN;
	open_printer();
	fake_cloud_up();
	fake_advance(200);
	assert_int_equal(fake.topics, 0);
	printer_destroy(printer);
	config.mode = MODE_CLOUD;
	config.cloud = false;
	fake.opens = 0;
	open_printer();
	fake_advance(10 * 1000);
	assert_int_equal(fake.opens, 0);
	assert_int_equal(fake.topics, 1);
}

static void not_bound_has_no_route(void **state)
{
	config.cloud = false;
	open_printer();
	fake_cloud_up();
	fake_advance(200);
	assert_int_equal(fake.topics, 0);
	config.cloud = true; /* bound while it is connected: the session stays */
	fake_up();
	printer_set_config(printer, &config);
	fake_advance(200);
	assert_int_equal(fake.topics, 1);
	assert_string_equal(state_word_now(), "online");
	config.cloud = false;
	printer_set_config(printer, &config);
	assert_int_equal(fake.unsubscribes, 1);
	assert_string_equal(plane_now(), "lan");
}

static void signed_out_cloud_only_printer_says_so(void **state)
{
	open_cloud_only();
	cloud_link_set(fake.fleet.cloud, &(struct cloud_link_config){0});
	assert_string_equal(state_word_now(), "offline");
	assert_string_equal(view().link.last_error, "not signed in to the cloud");
	assert_string_equal(view().link.last_error_hint, "sign in: bambuctl login");
}

static void address_from_the_cloud_is_dialled_with_the_bound_code(void **state)
{
	static const char where[] =
	    "{\"print\":{\"command\":\"push_status\",\"msg\":0,\"gcode_state\":\"IDLE\","
	    "\"net\":{\"info\":[{\"ip\":520224960,\"mask\":16777215}]}}}";

	open_cloud_only();
	fake_cloud_message(REPORT, where);
	fake_advance(200);
	assert_int_equal(fake.lookups, 2); /* the broker's, and this */
	assert_int_equal(fake.opens, 1);
	assert_string_equal(view().link.address_source, "printer");
	fake_up();
	fake_message(REPORT, where);
	assert_string_equal(plane_now(), "lan");
}

static void address_from_the_cloud_needs_a_certificate_that_is_checked(void **state)
{
	static const char where[] =
	    "{\"print\":{\"command\":\"push_status\",\"msg\":0,\"gcode_state\":\"IDLE\","
	    "\"net\":{\"info\":[{\"ip\":520224960,\"mask\":16777215}]}}}";

	config.verify = VERIFY_INSECURE;
	open_cloud_only();
	fake_cloud_message(REPORT, where);
	fake_advance(1000);
	assert_int_equal(fake.opens, 0);
	assert_null(view().link.address);
}

static void small_printers_are_asked_rarely_over_both_ways(void **state)
{
	const char *stage;
	struct err e;

	open_both(); /* a full report was asked for in the local network */
	fake_advance(40 * 1000);
	fake_message(REPORT, FULL("IDLE"));
	fake_cloud_message(REPORT, DELTA("IDLE"));
	fake_down(MQTT_DOWN_LOST, "gone");
	fake_cloud_message(REPORT, FULL("IDLE"));
	fake_advance(60 * 1000);
	fake_cloud_message(REPORT, DELTA("IDLE"));
	fake_up();
	fake_message(REPORT, FULL("IDLE"));
	assert_string_equal(plane_now(), "lan");
	fake_advance(60 * 1000);
	assert_int_equal(printer_refresh(printer, &stage, &e), -EAGAIN);
	assert_int_equal(e.type, ERR_RATE_LIMITED);
}

static void on_told(void *arg, const struct op *op)
{
	*(enum err_type *)arg = op->error.type;
}

static void commands_go_the_active_way_and_end_with_it(void **state)
{
	json_object *params = json_object_new_object();
	struct command_request request = {
	    .method = "print.pause", .params = params, .until = OP_STAGE_EFFECTIVE};
	enum err_type told = ERR_NONE;
	struct op *op;
	struct err e;

	open_both();
	fake_advance(40 * 1000);
	fake_message(REPORT, FULL("RUNNING"));
	fake_cloud_message(REPORT, FULL("RUNNING"));
	fake_down(MQTT_DOWN_LOST, "gone");
	fake_cloud_message(REPORT, FULL("RUNNING"));
	fake_advance(4000);
	assert_int_equal(printer_command(printer, &request, on_told, &told, &op, &e), 0);
	fake_advance(10);
	assert_non_null(strstr(fake.cloud_publish, "\"pause\""));
	assert_string_equal(fake.cloud_topic, "device/" SERIAL "/request");
	fake_up();
	fake_message(REPORT, FULL("RUNNING"));
	fake_advance(10);
	assert_int_equal(told, ERR_PRINTER_OFFLINE);
	assert_null(strstr(fake.last_publish, "\"pause\""));
	json_object_put(params);
}

static void flood_through_the_cloud_leaves_the_session_alone(void **state)
{
	unsigned i;

	open_cloud_only();
	for (i = 0; i < 300; i++) {
		fake_cloud_message(REPORT, DELTA("IDLE"));
	}
	assert_int_equal(fake.closes, 0);
	assert_in_range(printer_counters(printer)->dropped_limit, 95, 105);
	assert_false(printer_state(printer)->has_base);
}

#define WITH(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH(cloud_only_printer_is_online_when_it_is_heard),
	    WITH(cloud_only_printer_without_a_word_is_offline),
	    WITH(presence_takes_offline_and_asks_for_everything_anew),
	    WITH(silence_in_the_cloud_is_stale_then_offline),
	    WITH(lan_is_preferred_and_the_cloud_only_a_sign_of_life),
	    WITH(cloud_takes_over_when_the_lan_is_lost),
	    WITH(events_missed_between_the_ways_come_once_and_late),
	    WITH(printer_gone_both_ways_gets_the_verdict_of_the_lan),
	    WITH(cloud_that_was_not_heard_is_asked_before_it_takes_over),
	    WITH(silent_lan_is_left_for_the_cloud_and_not_taken_back_unheard),
	    WITH(lan_that_comes_and_goes_is_to_stand_before_it_is_taken),
	    WITH(prefer_cloud_keeps_the_lan_in_reserve),
	    WITH(mode_decides_which_ways_there_are),
	    WITH(not_bound_has_no_route),
	    WITH(signed_out_cloud_only_printer_says_so),
	    WITH(address_from_the_cloud_is_dialled_with_the_bound_code),
	    WITH(address_from_the_cloud_needs_a_certificate_that_is_checked),
	    WITH(small_printers_are_asked_rarely_over_both_ways),
	    WITH(commands_go_the_active_way_and_end_with_it),
	    WITH(flood_through_the_cloud_leaves_the_session_alone),
	};

	return cmocka_run_group_tests_name("planes", tests, NULL, NULL);
}
