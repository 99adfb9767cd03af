/* SPDX-License-Identifier: MIT */
/* The ways a connection comes up, does not come up, and ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/io/mqtt_internal.h"
#include "tests/unit/io/rig.h"

/* Rounds of the loop that a connection may cost; a spinning driver makes thousands. */
#define FEW_TURNS 60

static size_t count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	while (readdir(d) != NULL) {
		n++;
	}
	closedir(d);
	return n;
}

/* A port on which nobody listens. */
static uint16_t closed_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static void open_to(struct seen *s, struct peer *p)
{
	assert_int_equal(mqtt_open(s->client, "127.0.0.1", peer_port(p)), 0);
}

static void mqtt_comes_up_over_verified_tls_and_knows_the_serial_as_sni(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct peer *p = peer_start(&plan);
	struct seen s;

	seen_create(&s, r, NULL);
	open_to(&s, p);
	assert_int_equal(s.ups, 0);
	assert_int_equal(mqtt_open(s.client, "127.0.0.1", peer_port(p)), -EALREADY);
	rig_until(r, &s.ups, 1);
	assert_true(mqtt_is_up(s.client));
	assert_true(s.peer.checked);
	assert_false(s.peer.refused);
	assert_string_equal(peer_sni(p), RIG_SERIAL);
	assert_string_equal(peer_password(p), RIG_CODE);
	assert_int_equal(mqtt_pool_handshakes(r->pool), 0);
	seen_finish(&s);
	peer_stop(p);
}

static void mqtt_socket_is_cloexec_with_its_tcp_options(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct peer *p = peer_start(&plan);
	unsigned timeout_ms = 0;
	int nodelay = 0;
	socklen_t len = sizeof(int);
	struct seen s;

	seen_create(&s, r, NULL);
	open_to(&s, p);
	rig_until(r, &s.ups, 1);
	assert_true(fcntl(s.peer.fd, F_GETFD) & FD_CLOEXEC);
	getsockopt(s.peer.fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, &len);
	assert_true(nodelay != 0);
	getsockopt(s.peer.fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, &len);
	assert_in_range(timeout_ms, 1000, 45000);
	seen_finish(&s);
	peer_stop(p);
}

/* The answers to a burst may wait for one another. */
static void mqtt_session_of_many_gathers_what_it_sends(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct rig_client options = {.many = true};
	struct peer *p = peer_start(&plan);
	int nodelay = 1;
	socklen_t len = sizeof(int);
	struct seen s;

	seen_create(&s, r, &options);
	open_to(&s, p);
	rig_until(r, &s.ups, 1);
	getsockopt(s.peer.fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, &len);
	assert_int_equal(nodelay, 0);
	seen_finish(&s);
	peer_stop(p);
}

static bool closed_and_disconnected(void *arg)
{
	return peer_open(arg) == 0 && peer_packets(arg, 14) == 1;
}

static void mqtt_close_says_disconnect_and_tells_down_later(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct peer *p = peer_start(&plan);
	struct seen s;

	seen_create(&s, r, NULL);
	open_to(&s, p);
	rig_until(r, &s.ups, 1);
	mqtt_close(s.client, "enough");
	assert_int_equal(s.downs, 0);
	assert_false(mqtt_is_up(s.client));
	assert_int_equal(mqtt_publish(s.client, "t", "x", 1), -ENOTCONN);
	rig_until(r, &s.downs, 1);
	assert_int_equal(s.why, MQTT_DOWN_ASKED);
	assert_string_equal(s.text, "enough");
	rig_until_true(r, closed_and_disconnected, p);
	mqtt_close(s.client, "again");
	open_to(&s, p);
	rig_until(r, &s.ups, 2);
	assert_int_equal(s.downs, 1);
	seen_finish(&s);
	peer_stop(p);
}

static void mqtt_destroy_says_disconnect_and_nothing_follows(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct peer *p = peer_start(&plan);
	struct seen s;

	seen_create(&s, r, NULL);
	open_to(&s, p);
	rig_until(r, &s.ups, 1);
	seen_finish(&s);
	rig_until_true(r, closed_and_disconnected, p);
	assert_int_equal(s.downs, 0);
	mqtt_destroy(NULL);
	peer_stop(p);
}

/* The handshake must be driven while TCP still connects, and by loop_read only. */
static void mqtt_slow_tcp_connect_comes_up_without_spinning(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct peer *p;
	struct seen fillers[3], s;
	struct rig_client plain = {.plain = true};

	plan.hold = true;
	p = peer_start(&plan);
	/* The backlog is full with these: the next SYN is dropped and comes again after a second.
	 */
	for (size_t i = 0; i < 3; i++) {
		seen_create(&fillers[i], r, &plain);
		open_to(&fillers[i], p);
	}
	for (int i = 0; i < 10; i++) {
		loop_turn(r->loop, false);
	}
	seen_create(&s, r, NULL);
	open_to(&s, p);
	loop_turn(r->loop, false);
	loop_turn(r->loop, false);
	assert_true(s.peer.fd >= 0);
	{
		struct tcp_info info;
		socklen_t len = sizeof(info);

		getsockopt(s.peer.fd, IPPROTO_TCP, TCP_INFO, &info, &len);
		assert_int_equal(info.tcpi_state, TCP_SYN_SENT);
	}
	for (size_t i = 0; i < 3; i++) {
		seen_finish(&fillers[i]);
	}
	peer_release(p);
	r->turns = 0;
	rig_until(r, &s.ups, 1);
	assert_true(r->turns < FEW_TURNS);
	seen_finish(&s);
	peer_stop(p);
}

static void mqtt_refused_port_is_down_at_once_without_spinning(void **state)
{
	struct rig *r = *state;
	uint16_t port = closed_port();
	struct seen s;

	seen_create(&s, r, NULL);
	for (unsigned i = 1; i <= 3; i++) {
		int64_t start_ms = loop_now_ms(r->loop);

		r->turns = 0;
		assert_int_equal(mqtt_open(s.client, "127.0.0.1", port), 0);
		assert_int_equal(s.downs, i - 1);
		rig_until(r, &s.downs, i);
		assert_int_equal(s.why, MQTT_DOWN_REFUSED_PORT);
		assert_string_equal(s.text, "connection refused");
		assert_true(loop_now_ms(r->loop) - start_ms < 500);
		assert_true(r->turns < FEW_TURNS);
	}
	assert_int_equal(mqtt_pool_handshakes(r->pool), 0);
	seen_finish(&s);
}

static void mqtt_refused_port_of_plain_tcp_is_down_too(void **state)
{
	struct rig *r = *state;
	struct rig_client plain = {.plain = true};
	struct seen s;

	seen_create(&s, r, &plain);
	assert_int_equal(mqtt_open(s.client, "127.0.0.1", closed_port()), 0);
	rig_until(r, &s.downs, 1);
	assert_int_equal(s.why, MQTT_DOWN_REFUSED_PORT);
	seen_finish(&s);
}

static void mqtt_unreachable_address_is_down_with_the_reason(void **state)
{
	struct rig *r = *state;
	struct seen s;

	seen_create(&s, r, NULL);
	/* Broadcast addresses refuse TCP at once. */
	assert_int_equal(mqtt_open(s.client, "255.255.255.255", 8883), 0);
	rig_until(r, &s.downs, 1);
	assert_int_equal(s.why, MQTT_DOWN_UNREACHABLE);
	assert_non_null(strstr(s.text, "connect failed: "));
	seen_finish(&s);
}

static void expect_timeout(struct rig *r, enum peer_play play, const char *text)
{
	struct peer_plan plan = rig_plan(r, play);
	struct peer *p = peer_start(&plan);
	struct rig_client hasty = {.connect_ms = 300};
	int64_t start_ms = loop_now_ms(r->loop);
	struct seen s;

	seen_create(&s, r, &hasty);
	open_to(&s, p);
	r->turns = 0;
	rig_until(r, &s.downs, 1);
	assert_int_equal(s.why, MQTT_DOWN_TIMEOUT);
	assert_string_equal(s.text, text);
	assert_in_range(loop_now_ms(r->loop) - start_ms, 290, 3000);
	assert_true(r->turns < FEW_TURNS);
	seen_finish(&s);
	peer_stop(p);
}

/* libmosquitto wants to write during the whole handshake and has no time-out but the keepalive. */
static void mqtt_silent_tls_ends_by_our_own_timer_without_spinning(void **state)
{
	expect_timeout(*state, PEER_SILENT, "no answer from TLS handshake within 0.3 s");
}

static void mqtt_silent_broker_ends_by_our_own_timer(void **state)
{
	expect_timeout(*state, PEER_TLS_ONLY, "no answer from broker within 0.3 s");
}

static void mqtt_connect_timer_is_10_s_when_nothing_is_said(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_SILENT);
	struct peer *p = peer_start(&plan);
	unsigned accepted = 0;
	struct seen s;

	seen_create(&s, r, NULL);
	open_to(&s, p);
	while (accepted == 0) {
		loop_turn(r->loop, false);
		accepted = peer_accepted(p);
	}
	rig_skip_ms(9000);
	loop_turn(r->loop, false);
	loop_turn(r->loop, false);
	assert_int_equal(s.downs, 0);
	rig_skip_ms(1100);
	rig_until(r, &s.downs, 1);
	assert_int_equal(s.why, MQTT_DOWN_TIMEOUT);
	seen_finish(&s);
	peer_stop(p);
}

static void expect_down(struct rig *r, struct peer_plan *plan, enum mqtt_down why, const char *text)
{
	struct peer *p = peer_start(plan);
	struct seen s;

	seen_create(&s, r, NULL);
	open_to(&s, p);
	r->turns = 0;
	rig_until(r, &s.downs, 1);
	assert_int_equal(s.why, why);
	assert_non_null(strstr(s.text, text));
	assert_int_equal(s.ups, 0);
	assert_true(r->turns < FEW_TURNS);
	seen_finish(&s);
	peer_stop(p);
}

static void mqtt_close_in_the_handshake_is_lost_not_refused_tls(void **state)
{
	struct peer_plan plan = rig_plan(*state, PEER_CLOSE);

	expect_down(*state, &plan, MQTT_DOWN_LOST, "the connection during the TLS handshake");
}

static void mqtt_close_before_connack_is_lost(void **state)
{
	struct peer_plan plan = rig_plan(*state, PEER_TLS_CLOSE);

	expect_down(*state, &plan, MQTT_DOWN_LOST, "the connection before it let us in");
}

static void mqtt_connack_tells_a_wrong_code_from_a_busy_broker(void **state)
{
	struct peer_plan plan = rig_plan(*state, PEER_MQTT);

	plan.connack = 5;
	expect_down(*state, &plan, MQTT_DOWN_AUTH, "not authorised: access code changed?");
	plan.connack = 4;
	expect_down(*state, &plan, MQTT_DOWN_AUTH, "access code changed?");
	plan.connack = 3;
	expect_down(*state, &plan, MQTT_DOWN_CONNACK, "unavailable");
}

static void mqtt_client_costs_one_descriptor(void **state)
{
	enum { CLIENTS = 20 };
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct peer *p = peer_start(&plan);
	struct seen s[CLIENTS];
	size_t before = count_fds();

	for (size_t i = 0; i < CLIENTS; i++) {
		seen_create(&s[i], r, NULL);
		open_to(&s[i], p);
	}
	for (size_t i = 0; i < CLIENTS; i++) {
		rig_until(r, &s[i].ups, 1);
	}
	/* The peer in this same process has one for each, too. */
	assert_int_equal(count_fds() - before, CLIENTS + peer_open(p));
	for (size_t i = 0; i < CLIENTS; i++) {
		seen_finish(&s[i]);
	}
	peer_stop(p);
	loop_turn(r->loop, false);
	assert_int_equal(count_fds(), before - 1); /* less the listener */
}

static void mqtt_socketpair_works_for_everybody_else(void **state)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(write(fds[0], "x", 1), 1);
	close(fds[0]);
	close(fds[1]);
}

struct crowd {
	struct mqtt_pool *pool;
	struct seen s[200];
	unsigned down, in_flight; /* expected */
};

static bool crowd_is_at(void *arg)
{
	struct crowd *c = arg;
	unsigned down = 0;

	assert_true(mqtt_pool_handshakes(c->pool) <= MQTT_HANDSHAKES_MAX);
	for (size_t i = 0; i < 200; i++) {
		down += c->s[i].downs;
	}
	return down == c->down && mqtt_pool_handshakes(c->pool) == c->in_flight;
}

/* Groups one after the other, first come first served. */
static void mqtt_handshakes_in_flight_are_at_most_64(void **state)
{
	enum { CLIENTS = 200 };
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_SILENT);
	struct peer *p = peer_start(&plan);
	struct crowd *c = calloc(1, sizeof(*c));

	c->pool = r->pool;
	for (size_t i = 0; i < CLIENTS; i++) {
		seen_create(&c->s[i], r, NULL);
		open_to(&c->s[i], p);
	}
	c->in_flight = MQTT_HANDSHAKES_MAX;
	rig_until_true(r, crowd_is_at, c);
	for (unsigned group = 1; c->down < CLIENTS; group++) {
		c->down =
		    group * MQTT_HANDSHAKES_MAX < CLIENTS ? group * MQTT_HANDSHAKES_MAX : CLIENTS;
		c->in_flight = CLIENTS - c->down < MQTT_HANDSHAKES_MAX ? CLIENTS - c->down
								       : MQTT_HANDSHAKES_MAX;
		rig_skip_ms(10000);
		rig_until_true(r, crowd_is_at, c);
		assert_int_equal(c->s[c->down - 1].downs, 1);
		assert_int_equal(c->s[c->down - 1].why, MQTT_DOWN_TIMEOUT);
	}
	/* The peer's threads may notice an end a little late. */
	assert_in_range(peer_open_max(p), 1, 2 * MQTT_HANDSHAKES_MAX);
	for (size_t i = 0; i < CLIENTS; i++) {
		seen_finish(&c->s[i]);
	}
	free(c);
	peer_stop(p);
}

static void mqtt_client_in_the_queue_can_be_closed_and_destroyed(void **state)
{
	enum { CLIENTS = 70 };
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_SILENT);
	struct peer *p = peer_start(&plan);
	struct seen s[CLIENTS];

	for (size_t i = 0; i < CLIENTS; i++) {
		seen_create(&s[i], r, NULL);
		open_to(&s[i], p);
	}
	loop_turn(r->loop, false);
	mqtt_close(s[CLIENTS - 1].client, "no more");
	seen_finish(&s[CLIENTS - 2]);
	rig_until(r, &s[CLIENTS - 1].downs, 1);
	assert_int_equal(s[CLIENTS - 1].why, MQTT_DOWN_ASKED);
	assert_int_equal(mqtt_pool_handshakes(r->pool), MQTT_HANDSHAKES_MAX);
	for (size_t i = 0; i < CLIENTS; i++) {
		seen_finish(&s[i]);
	}
	assert_int_equal(mqtt_pool_handshakes(r->pool), 0);
	peer_stop(p);
}

/* A session of many printers gets megabytes at once: the library is to come back in between. */
static void mqtt_library_is_stopped_by_a_full_inbox(void **state)
{
	struct rig *r = *state;
	static char payload[600 * 1024];
	struct mosquitto_message message = {
	    .topic = (char *)"t", .payload = payload, .payloadlen = sizeof(payload)};
	struct seen s;
	struct mqtt_client *c;

	memset(payload, 'a', sizeof(payload));
	seen_create(&s, r, NULL);
	c = s.client;
	mqtt_lib_on_message(NULL, c, &message);
	assert_int_equal(errno, 0);
	mqtt_lib_on_message(NULL, c, &message);
	assert_int_equal(errno, EAGAIN);
	assert_true(mqtt_lib_deliver(c));
	assert_int_equal(s.messages, 2);
	seen_finish(&s);
}

#define WITH_RIG(fn) cmocka_unit_test_setup_teardown(fn, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_RIG(mqtt_library_is_stopped_by_a_full_inbox),
	    WITH_RIG(mqtt_comes_up_over_verified_tls_and_knows_the_serial_as_sni),
	    WITH_RIG(mqtt_socket_is_cloexec_with_its_tcp_options),
	    WITH_RIG(mqtt_session_of_many_gathers_what_it_sends),
	    WITH_RIG(mqtt_close_says_disconnect_and_tells_down_later),
	    WITH_RIG(mqtt_destroy_says_disconnect_and_nothing_follows),
	    WITH_RIG(mqtt_slow_tcp_connect_comes_up_without_spinning),
	    WITH_RIG(mqtt_refused_port_is_down_at_once_without_spinning),
	    WITH_RIG(mqtt_refused_port_of_plain_tcp_is_down_too),
	    WITH_RIG(mqtt_unreachable_address_is_down_with_the_reason),
	    WITH_RIG(mqtt_silent_tls_ends_by_our_own_timer_without_spinning),
	    WITH_RIG(mqtt_silent_broker_ends_by_our_own_timer),
	    WITH_RIG(mqtt_connect_timer_is_10_s_when_nothing_is_said),
	    WITH_RIG(mqtt_close_in_the_handshake_is_lost_not_refused_tls),
	    WITH_RIG(mqtt_close_before_connack_is_lost),
	    WITH_RIG(mqtt_connack_tells_a_wrong_code_from_a_busy_broker),
	    WITH_RIG(mqtt_client_costs_one_descriptor),
	    cmocka_unit_test(mqtt_socketpair_works_for_everybody_else),
	    WITH_RIG(mqtt_handshakes_in_flight_are_at_most_64),
	    WITH_RIG(mqtt_client_in_the_queue_can_be_closed_and_destroyed),
	};
	return cmocka_run_group_tests_name("mqtt_connect", tests, NULL, NULL);
}
