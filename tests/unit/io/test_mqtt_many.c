/* SPDX-License-Identifier: MIT */
/* A session of many printers: what is gathered on the way in and out is never left lying. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "daemon/io/mqtt_internal.h"
#include "tests/unit/io/rig.h"

#define TOPIC "device/" RIG_SERIAL "/report"
#define RECORD_BYTES 16384 /* the largest of TLS */
#define PACKET_BYTES 64	   /* of messages that fill records without a rest */

static void subscribe(struct seen *s)
{
	assert_int_equal(mqtt_subscribe(s->client, TOPIC), 0);
}

static struct peer *open_many(struct seen *s, struct rig *r, const struct peer_plan *plan)
{
	struct rig_client options = {.many = true};
	struct peer *p = peer_start(plan);

	seen_create(s, r, &options);
	s->on_up = subscribe;
	assert_int_equal(mqtt_open(s->client, "127.0.0.1", peer_port(p)), 0);
	return p;
}

static bool has_come(void *arg)
{
	int bytes = 0;

	return ioctl(((struct seen *)arg)->peer.fd, FIONREAD, &bytes) == 0 &&
	       bytes > RECORD_BYTES + PACKET_BYTES;
}

/* Without turning the loop. */
static void let_it_come(struct seen *s)
{
	int64_t end_ms = loop_now_ms(s->rig->loop) + 5000;

	while (!has_come(s)) {
		assert_true(loop_now_ms(s->rig->loop) < end_ms);
	}
}

/* A full record, and one that is read from the socket together with its end: when the first one is
 * used up nothing is left inside OpenSSL nor in the socket. */
static void mqtt_packets_left_before_openssl_are_fetched(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	unsigned i, count = RECORD_BYTES / PACKET_BYTES + 1;
	uint8_t *packets = malloc((size_t)count * PACKET_BYTES);
	struct peer *p;
	struct seen s;
	size_t len = 0;

	for (i = 0; i < count; i++) {
		char payload[PACKET_BYTES];

		snprintf(payload, sizeof(payload), "{\"n\":%0*u}",
		    PACKET_BYTES - 4 - (int)strlen(TOPIC) - 6, i);
		len += peer_put_publish(packets + len, TOPIC, payload);
	}
	assert_int_equal(len, count * PACKET_BYTES);
	plan.after_subscribe = packets;
	plan.after_subscribe_len = len;
	p = open_many(&s, r, &plan);
	rig_until(r, &s.ups, 1);
	let_it_come(&s);
	rig_leak_errno(true); /* the library stops after each packet */
	rig_until(r, &s.messages, count);
	rig_leak_errno(false);
	assert_true(s.client->buffered);
	assert_int_equal(s.ahead, count);
	seen_finish(&s);
	peer_stop(p);
	free(packets);
}

static bool publish_came(void *arg)
{
	return peer_packets(arg, 3) == 1;
}

static void publish_one(struct seen *s)
{
	assert_int_equal(mqtt_publish(s->client, "device/x/request", "{}", 2), 0);
}

static void mqtt_publish_among_many_leaves_without_another_event(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct seen s;
	struct peer *p = open_many(&s, r, &plan);

	s.on_up = publish_one;
	rig_until_true(r, publish_came, p);
	seen_finish(&s);
	peer_stop(p);
}

static void mqtt_large_publish_among_many_is_finished_by_write_events(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	char *payload = malloc(MQTT_MESSAGE_MAX);
	uint8_t packet[128];
	int size = 4096;
	struct peer *p;
	struct seen s;

	plan.after_subscribe = packet;
	plan.after_subscribe_len = peer_put_publish(packet, TOPIC, "{}");
	plan.pause = true;
	p = open_many(&s, r, &plan);
	rig_until(r, &s.messages, 1);
	setsockopt(s.peer.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	memset(payload, 'x', MQTT_MESSAGE_MAX);
	assert_false(s.client->armed & EV_WRITE);
	assert_int_equal(mqtt_publish(s.client, "t", payload, MQTT_MESSAGE_MAX), 0);
	assert_true(s.client->armed & EV_WRITE);
	peer_drip(p);
	rig_until_true(r, publish_came, p);
	seen_finish(&s);
	peer_stop(p);
	free(payload);
}

static bool said_goodbye(void *arg)
{
	return peer_open(arg) == 0 && peer_packets(arg, 14) == 1;
}

static void mqtt_disconnect_among_many_is_not_left_behind(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct seen s;
	struct peer *p = open_many(&s, r, &plan);

	rig_until(r, &s.ups, 1);
	mqtt_close(s.client, "had enough");
	rig_until_true(r, said_goodbye, p);
	seen_finish(&s);
	peer_stop(p);
}

static bool ping_answered(void *arg)
{
	struct seen *s = arg;

	return !s->client->pinged;
}

static bool ping_sent(void *arg)
{
	struct seen *s = arg;

	return s->client->pinged;
}

/* The only trace of an answer to a ping is the library's log, which is listened to meanwhile. */
static void mqtt_answer_to_a_ping_is_heard(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct seen s;
	struct peer *p = open_many(&s, r, &plan);
	unsigned marks;

	rig_until(r, &s.ups, 1);
	rig_until_true(r, ping_answered, &s);
	rig_skip_ms(31000);
	rig_until_true(r, ping_sent, &s);
	marks = s.client->marks;
	rig_until_true(r, ping_answered, &s);
	assert_int_not_equal(s.client->marks, marks);
	assert_int_equal(s.peer.inbound, 0);
	seen_finish(&s);
	peer_stop(p);
}

#define WITH_RIG(fn) cmocka_unit_test_setup_teardown(fn, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_RIG(mqtt_packets_left_before_openssl_are_fetched),
	    WITH_RIG(mqtt_publish_among_many_leaves_without_another_event),
	    WITH_RIG(mqtt_large_publish_among_many_is_finished_by_write_events),
	    WITH_RIG(mqtt_disconnect_among_many_is_not_left_behind),
	    WITH_RIG(mqtt_answer_to_a_ping_is_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
