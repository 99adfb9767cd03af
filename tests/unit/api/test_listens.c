/* SPDX-License-Identifier: MIT */
/* Raw messages at the control socket: who hears them, who stops hearing them, and what a slow
 * reader is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "daemon/fleet/printer.h"
#include "daemon/fleet/registry.h"
#include "daemon/fleet/tap.h"
#include "daemon/io/loop.h"
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
	assert_null(rig.fleet.tap);
	return 0;
}

/* The printer says this JSON value. */
static void say(size_t printer, const char *payload)
{
	const struct fleet_tap *t = rig.fleet.tap;
	struct printer *p = rig_printer(&rig, printer);

	if (t != NULL && t->wants(t->arg, p)) {
		t->message(t->arg, p, "device/X/report", payload, strlen(payload));
	}
}

static void expect_payload(const char *sub, const char *payload)
{
	_cleanup_json_ json_object *line = client_line(&rig, &client);

	assert_non_null(line);
	assert_string_equal(at(line, "jsonrpc"), "2.0");
	assert_string_equal(at(line, "method"), "mqtt");
	assert_string_equal(at(line, "params.sub"), sub);
	assert_string_equal(at(line, "params.payload"), payload);
	assert_string_equal(at(line, "params.topic"), "device/X/report");
	assert_string_equal(at(line, "params.lost"), "-");
	assert_string_equal(at(line, "params.time"), "2026-11-23T01:00:01.000Z");
}

static void listen_to(const char *params, const char *number)
{
	_cleanup_json_ json_object *result = client_result(&rig, &client, "mqtt.listen", params);

	assert_string_equal(at(result, "sub"), number);
}

static void listener_hears_its_printer_alone(void **state)
{
	say(0, "1");
	listen_to("{\"printer\":\"p0\"}", "1");
	say(1, "2");
	say(0, "{\"a\":[1]}");
	expect_payload("1", "{\"a\":[1]}");
	assert_null(client_line(&rig, &client));
	listen_to("{\"printer\":\"p1\"}", "2");
	say(1, "\"no json\"");
	expect_payload("2", "no json");
}

static void numbers_are_shared_with_subscriptions_and_ended_alike(void **state)
{
	json_object_put(client_result(&rig, &client, "events.subscribe", "{\"state\":false}"));
	listen_to("{\"printer\":\"p0\"}", "2");
	json_object_put(client_result(&rig, &client, "events.unsubscribe", "{\"sub\":2}"));
	assert_null(rig.fleet.tap);
	client_refused(&rig, &client, "events.unsubscribe", "{\"sub\":2}", ERR_INVALID_PARAMS);
	json_object_put(client_result(&rig, &client, "events.unsubscribe", "{\"sub\":1}"));
}

static void one_printer_must_be_meant(void **state)
{
	client_refused(&rig, &client, "mqtt.listen", NULL, ERR_AMBIGUOUS_PRINTER);
	client_refused(
	    &rig, &client, "mqtt.listen", "{\"printer\":\"@all\"}", ERR_AMBIGUOUS_PRINTER);
	client_refused(
	    &rig, &client, "mqtt.listen", "{\"printer\":\"@problem\"}", ERR_NO_SUCH_PRINTER);
	client_refused(&rig, &client, "mqtt.listen", "{\"printer\":\"p9\"}", ERR_NO_SUCH_PRINTER);
}

static void listeners_are_64_at_most(void **state)
{
	char number[8];

	for (unsigned i = 1; i <= LISTENS_MAX; i++) {
		snprintf(number, sizeof(number), "%u", i);
		listen_to("{\"printer\":\"p0\"}", number);
	}
	client_refused(&rig, &client, "mqtt.listen", "{\"printer\":\"p0\"}", ERR_OVERFLOW);
}

static void printer_configured_anew_is_still_heard(void **state)
{
	listen_to("{\"printer\":\"p1\"}", "1");
	rig_printers(&rig, 1);
	rig_turn(&rig, 3);
	rig_printers(&rig, 2);
	rig_turn(&rig, 3);
	say(1, "5");
	expect_payload("1", "5");
}

static void slow_reader_is_told_what_it_lost(void **state)
{
	_cleanup_free_ char *big = xmalloc(100 * 1000 + 3);
	unsigned said = 200, seen = 0, lost = 0;
	json_object *line;

	memset(big, 'x', 100 * 1000 + 2);
	big[0] = big[100 * 1000 + 1] = '"';
	big[100 * 1000 + 2] = '\0';
	listen_to("{\"printer\":\"p0\"}", "1");
	for (unsigned i = 0; i < said; i++) {
		say(0, big);
		rig_turn(&rig, 1);
	}
	assert_true(conn_queued(client_conn(&rig)) < CONN_OUT_RESUME + 200 * 1000);
	while ((line = client_line(&rig, &client)) != NULL) {
		seen++;
		json_object_put(line);
		rig_turn(&rig, 2);
	}
	assert_true(seen > 0 && seen < said);
	say(0, "7");
	line = client_line(&rig, &client);
	assert_non_null(line);
	lost = (unsigned)strtoul(at(line, "params.lost"), NULL, 10);
	assert_int_equal(seen + lost, said);
	assert_string_equal(at(line, "params.payload"), "7");
	json_object_put(line);
	say(0, "8");
	expect_payload("1", "8");
}

static void rights_withdrawn_end_the_listening(void **state)
{
	struct server_access access = rig.access;
	struct conn *c = client_conn(&rig);

	listen_to("{\"printer\":\"p0\"}", "1");
	/* A reader: whoever the test is run by. */
	access.own_uid = c->peer.uid + 1;
	access.others_read = true;
	c->peer.uid += 2;
	server_set_access(rig.server, &access);
	assert_int_equal(c->perm, PERM_READ);
	assert_null(rig.fleet.tap);
	say(0, "1");
	assert_null(client_line(&rig, &client));
}

static void client_that_goes_ends_its_listening(void **state)
{
	struct client other;

	listen_to("{\"printer\":\"p0\"}", "1");
	client_dial(&rig, &other);
	client_hang_up(&client);
	rig_turn(&rig, 3);
	assert_null(rig.fleet.tap);
	say(0, "1");
	client_hang_up(&other);
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    RULE(listener_hears_its_printer_alone),
	    RULE(numbers_are_shared_with_subscriptions_and_ended_alike),
	    RULE(one_printer_must_be_meant),
	    RULE(listeners_are_64_at_most),
	    RULE(printer_configured_anew_is_still_heard),
	    RULE(slow_reader_is_told_what_it_lost),
	    RULE(rights_withdrawn_end_the_listening),
	    RULE(client_that_goes_ends_its_listening),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
