/* SPDX-License-Identifier: MIT */
/* The account's session: routes, batches, budget, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/secret.h"
#include "common/util.h"
#include "daemon/fleet/cloud_link.h"
#include "tests/unit/fleet/fake_mqtt.h"

struct seen {
	unsigned ups, messages, downs, depths;
	char topic[64], text[256];
	struct cloud_route *route;
	bool end_at_message;
};

static struct cloud_link *cloud;
static struct secret *token;
static unsigned changes;

static void on_up(void *arg)
{
	((struct seen *)arg)->ups++;
}

static void on_ahead(void *arg, int depth)
{
	struct seen *s = arg;

	assert_int_equal(depth, s->depths++ % CLOUD_ROUTE_DEPTHS);
}

static void on_message(void *arg, const char *topic, char *payload, size_t len)
{
	struct seen *s = arg;

	s->messages++;
	str_copy(s->topic, sizeof(s->topic), topic);
	if (s->end_at_message) {
		cloud_route_destroy(TAKE(s->route));
	}
}

static void on_down(void *arg, enum mqtt_down why, const char *text)
{
	struct seen *s = arg;

	s->downs++;
	str_copy(s->text, sizeof(s->text), text);
}

static void on_changed(void *arg)
{
	changes++;
}

static void open_route(struct seen *s, const char *serial)
{
	struct cloud_route_handler h = {
	    .up = on_up,
	    .message = on_message,
	    .down = on_down,
	    .ahead = on_ahead,
	    .arg = s,
	};

	s->route = cloud_route_create(cloud, serial, &h);
}

static void sign_in(const char *user, const char *secret)
{
	struct cloud_link_config c = {.host = "broker.example", .port = 8883, .user = user};

	secret_destroy(token);
	token = secret_create(secret, strlen(secret));
	c.token = token;
	cloud_link_set(cloud, &c);
}

static void sign_out(void)
{
	cloud_link_set(cloud, &(struct cloud_link_config){0});
}

static void come_up(void)
{
	fake_advance(200);
	fake_cloud_up();
	fake_advance(200);
}

static int setup(void **state)
{
	fake_start();
	cloud = cloud_link_create(&fake.fleet);
	changes = 0;
	cloud_link_watch(cloud, on_changed, NULL);
	return 0;
}

static int teardown(void **state)
{
	cloud_link_destroy(TAKE(cloud));
	secret_destroy(TAKE(token));
	fake_stop();
	return 0;
}

static void routes_get_the_messages_of_their_serial_alone(void **state)
{
	struct seen a = {0}, b = {0};

	open_route(&b, "01P00B");
	open_route(&a, "01P00A");
	sign_in("u_1", "token");
	come_up();
	assert_int_equal(a.ups + b.ups, 2);
	assert_int_equal(fake.packets, 1);
	assert_int_equal(fake.topics, 2);
	fake_cloud_message("device/01P00B/report", "{}");
	assert_int_equal(b.messages, 1);
	assert_string_equal(b.topic, "device/01P00B/report");
	assert_int_equal(a.messages, 0);
	assert_int_equal(b.depths, CLOUD_ROUTE_DEPTHS);
	assert_int_equal(a.depths, 0);
	fake_cloud_message("device/01P00C/report", "{}");
	fake_cloud_message("device/01P00", "{}");
	assert_int_equal(a.messages + b.messages, 1);
	assert_int_equal(cloud_link_strays(cloud), 2);
	assert_int_equal(cloud_route_publish(a.route, "device/01P00A/request", "{}", 2), 0);
	assert_string_equal(fake.cloud_topic, "device/01P00A/request");
	cloud_route_destroy(a.route);
	cloud_route_destroy(b.route);
	assert_int_equal(fake.unsubscribes, 2);
}

static void route_added_to_a_living_session_is_subscribed_once(void **state)
{
	struct seen a = {0}, b = {0};

	sign_in("u_1", "token");
	come_up();
	open_route(&a, "01P00A");
	assert_false(cloud_route_is_up(a.route));
	assert_int_equal(cloud_route_publish(a.route, "t", "", 0), -ENOTCONN);
	fake_advance(200);
	assert_int_equal(a.ups, 1);
	open_route(&b, "01P00A"); /* a printer that replaces another one */
	fake_advance(200);
	assert_int_equal(fake.topics, 2);
	cloud_route_destroy(a.route);
	assert_int_equal(fake.unsubscribes, 0);
	fake_cloud_message("device/01P00A/report", "{}");
	assert_int_equal(b.messages, 1);
	cloud_route_destroy(b.route);
	assert_int_equal(fake.unsubscribes, 1);
}

static void many_routes_join_in_batches(void **state)
{
	static struct seen all[1000];
	unsigned i, ups = 0;

	memset(all, 0, sizeof(all));
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		char serial[16];

		snprintf(serial, sizeof(serial), "S%u", i * 7919 % 1000);
		open_route(&all[i], serial);
	}
	sign_in("u_1", "token");
	fake_advance(200);
	fake_cloud_up();
	fake_advance(100);
	assert_in_range(fake.topics, 100, 200);
	fake_advance(1000);
	assert_int_equal(fake.topics, 1000);
	assert_int_equal(fake.packets, 10);
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		ups += all[i].ups;
	}
	assert_int_equal(ups, 1000);
	fake_cloud_message("device/S503/report", "{}");
	for (i = 0, ups = 0; i < ARRAY_SIZE(all); i++) {
		ups += all[i].messages;
		cloud_route_destroy(all[i].route);
	}
	assert_int_equal(ups, 1);
}

static void route_may_end_in_its_own_message(void **state)
{
	struct seen a = {.end_at_message = true}, b = {0};

	open_route(&a, "01P00A");
	open_route(&b, "01P00A");
	sign_in("u_1", "token");
	come_up();
	fake_cloud_message("device/01P00A/report", "{}");
	assert_int_equal(a.messages, 1);
	assert_int_equal(b.messages, 1);
	assert_null(a.route);
	cloud_route_destroy(b.route);
}

static void session_needs_an_account(void **state)
{
	struct seen a = {0};

	open_route(&a, "01P00A");
	fake_advance(60000);
	assert_int_equal(fake.cloud_opens, 0);
	assert_false(cloud_link_is_signed_in(cloud));
	assert_null(cloud_link_error(cloud));
	sign_in("u_1", "token");
	come_up();
	assert_true(cloud_link_is_up(cloud));
	assert_string_equal(fake.cloud_user, "u_1");
	assert_true(str_starts(fake.cloud_id, "bambud-"));
	assert_true(strlen(fake.cloud_id) <= 23);
	sign_out();
	assert_null(fake.cloud);
	assert_string_equal(a.text, "not signed in to the cloud");
	assert_false(cloud_route_is_up(a.route));
	cloud_route_destroy(a.route);
}

static void another_token_begins_another_session(void **state)
{
	struct seen a = {0};
	char id[24];

	open_route(&a, "01P00A");
	sign_in("u_1", "token");
	come_up();
	str_copy(id, sizeof(id), fake.cloud_id);
	sign_in("u_1", "token"); /* the same: nothing */
	fake_advance(1000);
	assert_int_equal(fake.cloud_opens, 1);
	assert_int_equal(a.downs, 0);
	sign_in("u_1", "other");
	assert_int_equal(a.downs, 1);
	come_up();
	assert_int_equal(fake.cloud_opens, 2);
	assert_int_equal(a.ups, 2);
	assert_string_equal(fake.cloud_id, id);
	cloud_route_destroy(a.route);
}

static void refused_token_is_told_and_tried_rarely(void **state)
{
	struct seen a = {0};
	int64_t wait_ms = 0;

	open_route(&a, "01P00A");
	sign_in("u_1", "token");
	fake_advance(200);
	changes = 0;
	fake_cloud_down(MQTT_DOWN_AUTH, "not authorised");
	assert_true(cloud_link_is_refused(cloud));
	assert_int_equal(changes, 1);
	assert_string_equal(cloud_link_error(cloud), "the cloud's broker does not take the token");
	assert_string_equal(a.text, cloud_link_error(cloud));
	fake_advance(4 * 60 * 1000);
	assert_int_equal(fake.cloud_opens, 1);
	assert_int_equal(cloud_link_retry(cloud, &wait_ms), -EAGAIN);
	assert_in_range(wait_ms, 1, 60 * 1000);
	fake_advance(3 * 60 * 1000);
	assert_int_equal(fake.cloud_opens, 2);
	sign_in("u_1", "other"); /* a new token is tried at once */
	fake_advance(200);
	assert_int_equal(fake.cloud_opens, 3);
	assert_false(cloud_link_is_refused(cloud));
	cloud_route_destroy(a.route);
}

/* Ends attempts as they come; returns how many there were. */
static unsigned fail_for(int64_t ms, enum mqtt_down why)
{
	unsigned seen = fake.cloud_opens, first = seen;

	for (; ms > 0; ms -= 100) {
		fake_advance(100);
		if (fake.cloud_opens != seen) {
			seen = fake.cloud_opens;
			fake_cloud_down(why, "gone");
		}
	}
	return seen - first;
}

static void five_connects_in_five_minutes_at_the_most(void **state)
{
	unsigned i, n;

	sign_in("u_1", "token");
	n = fail_for(10 * 1000, MQTT_DOWN_UNREACHABLE);
	assert_in_range(n, 2, 3); /* the first ones soon */
	n += fail_for(290 * 1000, MQTT_DOWN_UNREACHABLE);
	assert_int_equal(n, 5);
	for (i = 0; i < 6; i++) {
		n = fail_for(300 * 1000, MQTT_DOWN_UNREACHABLE);
		assert_in_range(n, 3, 5);
	}
}

static void budget_outlives_tokens_and_wishes(void **state)
{
	int64_t wait_ms = 0;
	unsigned i;

	for (i = 0; i < 8; i++) {
		char secret[8];

		snprintf(secret, sizeof(secret), "t%u", i);
		sign_in("u_1", secret);
		fake_advance(1000);
	}
	assert_int_equal(fake.cloud_opens, 5);
	assert_int_equal(cloud_link_retry(cloud, &wait_ms), -EAGAIN);
	assert_in_range(wait_ms, 285 * 1000, 300 * 1000);
	cloud_link_redial(cloud, "the machine slept");
	fake_advance(1000);
	assert_int_equal(fake.cloud_opens, 5);
	fake_advance(295 * 1000);
	assert_int_equal(fake.cloud_opens, 6);
}

static void three_kicks_a_minute_stay_away_for_15_minutes(void **state)
{
	unsigned i;

	sign_in("u_1", "token");
	for (i = 0; i < 3; i++) {
		while (fake.cloud_opens != i + 1) {
			fake_advance(100);
		}
		fake_cloud_up();
		fake_advance(1000);
		fake_cloud_down(MQTT_DOWN_LOST, "peer closed the connection");
	}
	assert_non_null(strstr(cloud_link_error(cloud), "another client"));
	fake_advance(14 * 60 * 1000);
	assert_int_equal(fake.cloud_opens, 3);
	fake_advance(5 * 60 * 1000);
	assert_int_equal(fake.cloud_opens, 4);
}

#define WITH(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH(routes_get_the_messages_of_their_serial_alone),
	    WITH(route_added_to_a_living_session_is_subscribed_once),
	    WITH(many_routes_join_in_batches),
	    WITH(route_may_end_in_its_own_message),
	    WITH(session_needs_an_account),
	    WITH(another_token_begins_another_session),
	    WITH(refused_token_is_told_and_tried_rarely),
	    WITH(five_connects_in_five_minutes_at_the_most),
	    WITH(budget_outlives_tokens_and_wishes),
	    WITH(three_kicks_a_minute_stay_away_for_15_minutes),
	};

	return cmocka_run_group_tests_name("cloud_link", tests, NULL, NULL);
}
