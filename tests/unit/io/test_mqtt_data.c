/* SPDX-License-Identifier: MIT */
/* Messages, floods, trickles, keepalive, and clients that die in their own callbacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/io/mqtt_internal.h"
#include "tests/unit/io/rig.h"

#define TOPIC "device/" RIG_SERIAL "/report"

static size_t rss_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	long size = 0, resident = 0;

	assert_int_equal(fscanf(f, "%ld %ld", &size, &resident), 2);
	fclose(f);
	return (size_t)resident * 4096;
}

static void subscribe(struct seen *s)
{
	assert_int_equal(mqtt_subscribe(s->client, TOPIC), 0);
}

/* A client that subscribes as soon as it is up, to a peer that answers with bytes. */
struct scene {
	struct peer *peer;
	struct seen s;
};
static void scene_open_as(
    struct scene *c, struct rig *r, struct peer_plan *plan, const struct rig_client *options)
{
	c->peer = peer_start(plan);
	seen_create(&c->s, r, options);
	c->s.on_up = subscribe;
	assert_int_equal(mqtt_open(c->s.client, "127.0.0.1", peer_port(c->peer)), 0);
}
static void scene_open(struct scene *c, struct rig *r, struct peer_plan *plan, int keepalive_s)
{
	struct rig_client options = {.keepalive_s = keepalive_s};

	scene_open_as(c, r, plan, &options);
}

static void scene_close(struct scene *c)
{
	seen_finish(&c->s);
	peer_stop(c->peer);
}

static size_t put_five(uint8_t *buf)
{
	size_t len = 0;

	for (int i = 1; i <= 5; i++) {
		char payload[32];

		snprintf(payload, sizeof(payload), "{\"n\":%d}", i);
		len += peer_put_publish(buf + len, TOPIC, payload);
	}
	return len;
}

static void set_eagain(struct seen *s)
{
	errno = EAGAIN;
}

static void expect_all_five(struct rig *r, bool many)
{
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct rig_client options = {.many = many};
	struct scene c;
	uint8_t five[512];

	plan.after_subscribe = five;
	plan.after_subscribe_len = put_five(five);
	scene_open_as(&c, r, &plan, &options);
	c.s.on_message = set_eagain;
	rig_until(r, &c.s.messages, 5);
	assert_string_equal(c.s.topic, TOPIC);
	assert_string_equal(c.s.payload, "{\"n\":5}");
	assert_int_equal(c.s.messages, 5);
	scene_close(&c);
}

static void expect_granted(struct rig *r, bool refuse, int granted)
{
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct scene c;
	uint8_t packet[128];

	plan.refuse_subscribe = refuse;
	plan.after_subscribe = packet;
	plan.after_subscribe_len = peer_put_publish(packet, TOPIC, "{}");
	scene_open(&c, r, &plan, 0);
	assert_int_equal(mqtt_granted(c.s.client), -1);
	rig_until(r, &c.s.ups, 1);
	rig_until(r, &c.s.messages, 1);
	assert_int_equal(mqtt_granted(c.s.client), granted);
	scene_close(&c);
}

static void mqtt_subscription_is_what_the_broker_granted(void **state)
{
	expect_granted(*state, false, 1);
	expect_granted(*state, true, MQTT_GRANTED_NONE);
}

static void mqtt_packets_of_one_record_all_arrive(void **state)
{
	expect_all_five(*state, false);
	expect_all_five(*state, true);
}

static void mqtt_packets_left_inside_openssl_are_fetched(void **state)
{
	rig_leak_errno(true);
	expect_all_five(*state, false);
	expect_all_five(*state, true);
	rig_leak_errno(false);
}

static void mqtt_library_callbacks_leave_no_errno(void **state)
{
	struct rig *r = *state;
	struct mosquitto_message message = {.topic = (char *)"t", .payload = NULL};
	struct seen s;
	struct mqtt_client *c;

	seen_create(&s, r, NULL);
	c = s.client;
	errno = EAGAIN;
	mqtt_lib_on_connect(NULL, c, 0);
	assert_int_equal(errno, 0);
	errno = EAGAIN;
	mqtt_lib_on_message(NULL, c, &message);
	assert_int_equal(errno, 0);
	errno = EAGAIN;
	mqtt_lib_on_log(NULL, c, MOSQ_LOG_DEBUG, "Client test received PINGRESP");
	assert_int_equal(errno, 0);
	errno = EAGAIN;
	mqtt_lib_on_publish(NULL, c, 1);
	assert_int_equal(errno, 0);
	errno = EAGAIN;
	mqtt_lib_on_subscribe(NULL, c, 1, 0, NULL);
	assert_int_equal(errno, 0);
	errno = EAGAIN;
	mqtt_lib_on_unsubscribe(NULL, c, 1);
	assert_int_equal(errno, 0);
	c->pool->inbox.len = 0;
	seen_finish(&s);
}

static void mqtt_empty_message_has_a_payload_of_no_length(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct scene c;
	uint8_t packet[128];

	plan.after_subscribe = packet;
	plan.after_subscribe_len = peer_put_publish(packet, TOPIC, "");
	scene_open(&c, r, &plan, 0);
	rig_until(r, &c.s.messages, 1);
	assert_string_equal(c.s.payload, "");
	scene_close(&c);
}

static bool publish_came(void *arg)
{
	return peer_packets(arg, 3) == 1;
}

static void publish_one(struct seen *s)
{
	assert_int_equal(mqtt_publish(s->client, "device/x/request", "{}", 2), 0);
}

static void mqtt_publish_leaves_at_once_from_a_callback_of_ours(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct scene c;

	scene_open(&c, r, &plan, 0);
	c.s.on_up = publish_one;
	rig_until_true(r, publish_came, c.peer);
	assert_int_equal(mqtt_publish(c.s.client, "t", "x", MQTT_MESSAGE_MAX + 1), -EIO);
	assert_true(mqtt_is_up(c.s.client));
	scene_close(&c);
}

/* More than the sockets take: the rest goes as soon as the peer reads on, not with the next sweep.
 */
static void mqtt_large_publish_is_finished_by_write_events(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	char *payload = malloc(MQTT_MESSAGE_MAX);
	struct scene c;
	uint8_t packet[128];
	int size = 4096;

	plan.after_subscribe = packet;
	plan.after_subscribe_len = peer_put_publish(packet, TOPIC, "{}");
	plan.pause = true;
	scene_open(&c, r, &plan, 0);
	rig_until(r, &c.s.messages, 1);
	setsockopt(c.s.peer.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	memset(payload, 'x', MQTT_MESSAGE_MAX);
	assert_false(c.s.client->armed & EV_WRITE);
	assert_int_equal(mqtt_publish(c.s.client, "t", payload, MQTT_MESSAGE_MAX), 0);
	assert_true(c.s.client->armed & EV_WRITE);
	peer_drip(c.peer);
	rig_until_true(r, publish_came, c.peer);
	scene_close(&c);
	free(payload);
}

static void destroy_self(struct seen *s)
{
	seen_finish(s);
}

static void destroy_at_second(struct seen *s)
{
	if (s->messages == 2) {
		seen_finish(s);
	}
}

static void close_self(struct seen *s)
{
	mqtt_close(s->client, "had enough");
}

static bool client_gone(void *arg)
{
	return ((struct seen *)arg)->client == NULL;
}

static void let_it_be_reaped(struct rig *r)
{
	for (int i = 0; i < 5; i++) {
		loop_turn(r->loop, false);
	}
}

static void mqtt_client_may_be_destroyed_in_message(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct scene c;
	uint8_t five[512];

	plan.after_subscribe = five;
	plan.after_subscribe_len = put_five(five);
	scene_open(&c, r, &plan, 0);
	c.s.on_message = destroy_at_second;
	rig_until_true(r, client_gone, &c.s);
	let_it_be_reaped(r);
	assert_int_equal(c.s.messages, 2);
	assert_int_equal(c.s.downs, 0);
	scene_close(&c);
}

static void mqtt_client_may_be_closed_in_message(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct scene c;
	uint8_t five[512];

	plan.after_subscribe = five;
	plan.after_subscribe_len = put_five(five);
	scene_open(&c, r, &plan, 0);
	c.s.on_message = close_self;
	rig_until(r, &c.s.downs, 1);
	assert_int_equal(c.s.messages, 1);
	assert_int_equal(c.s.why, MQTT_DOWN_ASKED);
	scene_close(&c);
}

static void mqtt_client_may_be_destroyed_in_up(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct scene c;

	scene_open(&c, r, &plan, 0);
	c.s.on_up = destroy_self;
	rig_until_true(r, client_gone, &c.s);
	let_it_be_reaped(r);
	assert_int_equal(c.s.downs, 0);
	scene_close(&c);
}

static void mqtt_client_may_be_destroyed_in_down(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct scene c;

	plan.connack = 5;
	scene_open(&c, r, &plan, 0);
	c.s.on_down = destroy_self;
	rig_until_true(r, client_gone, &c.s);
	let_it_be_reaped(r);
	assert_int_equal(c.s.downs, 1);
	scene_close(&c);
}

static void mqtt_client_destroyed_and_never_reaped_is_freed_with_the_pool(void **state)
{
	struct rig *r = *state;
	struct seen s;

	seen_create(&s, r, NULL);
	seen_finish(&s);
	/* No turn of the loop: the sanitizer tells at the end. */
}

static void open_again(struct seen *s)
{
	if (s->downs < 3) {
		assert_int_equal(mqtt_open(s->client, "127.0.0.1", 1), 0);
	}
}

static void mqtt_client_may_be_opened_in_down(void **state)
{
	struct rig *r = *state;
	struct seen s;

	seen_create(&s, r, NULL);
	s.on_down = open_again;
	assert_int_equal(mqtt_open(s.client, "127.0.0.1", 1), 0);
	rig_until(r, &s.downs, 3);
	assert_int_equal(s.why, MQTT_DOWN_REFUSED_PORT);
	seen_finish(&s);
}

static bool all_closed(void *arg)
{
	return peer_open(arg) == 0;
}

/* What went out unacknowledged in one session is not sent again in the next. */
static void mqtt_next_session_replays_nothing(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct scene c;

	plan.drip = true; /* stuck after SUBSCRIBE: no PUBACK */
	scene_open(&c, r, &plan, 0);
	rig_until(r, &c.s.ups, 1);
	assert_int_equal(mqtt_publish(c.s.client, "device/x/request", "{}", 2), 0);
	peer_stop(c.peer);
	rig_until(r, &c.s.downs, 1);
	assert_int_equal(c.s.why, MQTT_DOWN_LOST);
	plan.drip = false;
	c.peer = peer_start(&plan);
	assert_int_equal(mqtt_open(c.s.client, "127.0.0.1", peer_port(c.peer)), 0);
	rig_until(r, &c.s.ups, 2);
	mqtt_close(c.s.client, "done");
	rig_until(r, &c.s.downs, 2);
	rig_until_true(r, all_closed, c.peer);
	assert_int_equal(peer_packets(c.peer, 3), 0);
	scene_close(&c);
}

/* 200 MiB announced: libmosquitto would allocate and read them all. */
static const uint8_t huge_publish[] = {0x30, 0x80, 0x80, 0x80, 0x64, 0, 1, 't'};

static void mqtt_byte_guard_cuts_a_huge_message(void **state)
{
	/* The address sanitizer shadows the library's 200 MiB with 25 of its own. */
	const size_t room = 1024 * 1024 *
#ifdef __SANITIZE_ADDRESS__
			    40;
#else
			    3;
#endif
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct scene c;
	size_t before;

	plan.after_subscribe = huge_publish;
	plan.after_subscribe_len = sizeof(huge_publish);
	plan.flood = true;
	before = rss_bytes();
	scene_open(&c, r, &plan, 0);
	rig_until(r, &c.s.downs, 1);
	assert_int_equal(c.s.why, MQTT_DOWN_OVERSIZE);
	assert_string_equal(c.s.text, "more than 1024 KiB without a whole message");
	assert_in_range(c.s.peer.inbound, MQTT_MESSAGE_MAX, MQTT_MESSAGE_MAX + 17000);
	assert_true(rss_bytes() < before + room);
	assert_int_equal(c.s.messages, 0);
	scene_close(&c);
}

static void mqtt_byte_guard_lets_many_small_messages_pass(void **state)
{
	enum { MESSAGES = 30000 };
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	uint8_t *buf = malloc(MESSAGES * 128);
	struct scene c;

	plan.after_subscribe = buf;
	for (int i = 0; i < MESSAGES; i++) {
		plan.after_subscribe_len += peer_put_publish(
		    buf + plan.after_subscribe_len, TOPIC, "{\"print\":{\"command\":\"x\"}}");
	}
	assert_true(plan.after_subscribe_len > MQTT_MESSAGE_MAX);
	scene_open(&c, r, &plan, 0);
	rig_until(r, &c.s.messages, MESSAGES);
	assert_int_equal(c.s.downs, 0);
	scene_close(&c);
	free(buf);
}

static void sweep_for_ms(struct rig *r, int64_t ms)
{
	for (; ms > 0; ms -= 1000) {
		rig_skip_ms(1000);
		for (int i = 0; i < 4; i++) {
			loop_turn(r->loop, false);
		}
	}
}

static void mqtt_trickled_message_is_cut_after_30_s(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct scene c;
	uint64_t inbound = 0;

	plan.after_subscribe = huge_publish;
	plan.after_subscribe_len = sizeof(huge_publish);
	plan.drip = true;
	scene_open(&c, r, &plan, 300);
	rig_until(r, &c.s.ups, 1);
	for (int second = 0; c.s.downs == 0; second++) {
		assert_true(second < 40);
		peer_drip(c.peer);
		for (int64_t end_ms = loop_now_ms(r->loop) + 5000;
		     c.s.peer.inbound == inbound && c.s.downs == 0;) {
			loop_turn(r->loop, false);
			assert_true(loop_now_ms(r->loop) < end_ms);
		}
		inbound = c.s.peer.inbound;
		assert_true(c.s.downs == 0 || second >= 29);
		sweep_for_ms(r, 1000);
	}
	assert_int_equal(c.s.why, MQTT_DOWN_OVERSIZE);
	assert_string_equal(c.s.text, "a message did not end within 30 s");
	scene_close(&c);
}

struct ping_question {
	struct scene *scene;
	unsigned pings;
};

static bool ping_answered(void *arg)
{
	struct ping_question *q = arg;

	if (peer_packets(q->scene->peer, 12) < q->pings) {
		rig_skip_ms(200); /* no faster: the peer needs real time to answer */
	}
	return peer_packets(q->scene->peer, 12) >= q->pings && q->scene->s.peer.inbound == 0;
}

static void mqtt_quiet_printer_that_answers_pings_stays_up(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct scene c;

	scene_open(&c, r, &plan, 30);
	rig_until(r, &c.s.ups, 1);
	for (unsigned pings = 1; pings <= 6; pings++) {
		struct ping_question q = {.scene = &c, .pings = pings};

		sweep_for_ms(r, 28000);
		rig_until_true(r, ping_answered, &q);
	}
	assert_int_equal(c.s.downs, 0);
	scene_close(&c);
}

static void mqtt_unanswered_ping_is_down_by_keepalive(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT_MUTE);
	struct scene c;
	uint8_t packet[128];
	int64_t start_ms;

	/* The last that is heard; while time is skipped nothing else is under way. */
	plan.after_subscribe = packet;
	plan.after_subscribe_len = peer_put_publish(packet, TOPIC, "{}");
	scene_open(&c, r, &plan, 0);
	rig_until(r, &c.s.messages, 1);
	start_ms = loop_now_ms(r->loop);
	while (c.s.downs == 0) {
		sweep_for_ms(r, 1000);
		assert_true(loop_now_ms(r->loop) - start_ms < 50000);
	}
	assert_true(loop_now_ms(r->loop) - start_ms >= 45000);
	assert_int_equal(c.s.why, MQTT_DOWN_KEEPALIVE);
	assert_string_equal(c.s.text, "no answer to a ping within 15 s");
	scene_close(&c);
}

static void mqtt_sweep_is_spread_over_the_second(void **state)
{
	enum { CLIENTS = 48 };
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct peer *p = peer_start(&plan);
	struct seen *s = calloc(CLIENTS, sizeof(*s));
	unsigned pings = 0;

	for (size_t i = 0; i < CLIENTS; i++) {
		seen_create(&s[i], r, NULL);
		assert_int_equal(mqtt_open(s[i].client, "127.0.0.1", peer_port(p)), 0);
	}
	for (size_t i = 0; i < CLIENTS; i++) {
		rig_until(r, &s[i].ups, 1);
	}
	/* All pings are due at once; a sixteenth of the clients is visited at a time. */
	rig_skip_ms(31000);
	loop_turn(r->loop, false);
	for (int64_t end_ms = loop_now_ms(r->loop) + 5000; pings == 0;) {
		pings = peer_packets(p, 12);
		assert_true(loop_now_ms(r->loop) < end_ms);
	}
	assert_in_range(pings, 1, 6);
	for (int64_t end_ms = loop_now_ms(r->loop) + 5000; peer_packets(p, 12) < CLIENTS;) {
		loop_turn(r->loop, false);
		assert_true(loop_now_ms(r->loop) < end_ms);
	}
	for (size_t i = 0; i < CLIENTS; i++) {
		seen_finish(&s[i]);
	}
	free(s);
	peer_stop(p);
}

#define WITH_RIG(fn) cmocka_unit_test_setup_teardown(fn, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_RIG(mqtt_subscription_is_what_the_broker_granted),
	    WITH_RIG(mqtt_packets_of_one_record_all_arrive),
	    WITH_RIG(mqtt_packets_left_inside_openssl_are_fetched),
	    WITH_RIG(mqtt_library_callbacks_leave_no_errno),
	    WITH_RIG(mqtt_empty_message_has_a_payload_of_no_length),
	    WITH_RIG(mqtt_publish_leaves_at_once_from_a_callback_of_ours),
	    WITH_RIG(mqtt_large_publish_is_finished_by_write_events),
	    WITH_RIG(mqtt_client_may_be_destroyed_in_message),
	    WITH_RIG(mqtt_client_may_be_closed_in_message),
	    WITH_RIG(mqtt_client_may_be_destroyed_in_up),
	    WITH_RIG(mqtt_client_may_be_destroyed_in_down),
	    WITH_RIG(mqtt_client_destroyed_and_never_reaped_is_freed_with_the_pool),
	    WITH_RIG(mqtt_client_may_be_opened_in_down),
	    WITH_RIG(mqtt_next_session_replays_nothing),
	    WITH_RIG(mqtt_byte_guard_cuts_a_huge_message),
	    WITH_RIG(mqtt_byte_guard_lets_many_small_messages_pass),
	    WITH_RIG(mqtt_trickled_message_is_cut_after_30_s),
	    WITH_RIG(mqtt_quiet_printer_that_answers_pings_stays_up),
	    WITH_RIG(mqtt_unanswered_ping_is_down_by_keepalive),
	    WITH_RIG(mqtt_sweep_is_spread_over_the_second),
	};
	return cmocka_run_group_tests_name("mqtt_data", tests, NULL, NULL);
}
