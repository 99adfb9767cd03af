/* SPDX-License-Identifier: MIT */
/* Datagrams of a group on this machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/util.h"
#include "daemon/io/loop.h"
#include "daemon/io/udp_group.h"

#define GROUP "239.255.255.250"

struct rig {
	struct loop *loop;
	struct udp_group *group;
	uint16_t port;
	int peer; /* a member of the group, who hears questions and answers */
	unsigned heard;
	char last[64];
	int64_t mono_ms;
};

static void on_heard(void *arg, const char *data, size_t len, struct in_addr from)
{
	struct rig *r = arg;

	r->heard++;
	snprintf(r->last, sizeof(r->last), "%.*s", (int)len, data);
	assert_int_not_equal(from.s_addr, 0);
}

static int64_t get_ms(void *arg)
{
	return ((struct rig *)arg)->mono_ms;
}

/* Binds before the group does, so that the port is a free one. */
static int open_peer(uint16_t *ret_port)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	struct ip_mreq request = {0};
	socklen_t size = sizeof(at);
	int on = 1, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
	inet_pton(AF_INET, GROUP, &request.imr_multiaddr);
	inet_pton(AF_INET, "127.0.0.1", &request.imr_interface);
	assert_int_equal(
	    setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof(request)), 0);
	setsockopt(
	    fd, IPPROTO_IP, IP_MULTICAST_IF, &request.imr_interface, sizeof(request.imr_interface));
	*ret_port = ntohs(at.sin_port);
	return fd;
}

static struct rig *setup(void)
{
	struct rig *r = xcalloc(1, sizeof(*r));
	const struct loop_clock clock = {.mono_ms = get_ms, .wall_ms = get_ms, .arg = r};

	r->mono_ms = 1000;
	r->loop = loop_create(&clock);
	r->peer = open_peer(&r->port);
	assert_int_equal(udp_group_create(r->loop, GROUP, r->port, on_heard, r, &r->group), 0);
	return r;
}

static void teardown(struct rig *r)
{
	udp_group_destroy(r->group);
	loop_destroy(r->loop);
	close(r->peer);
	free(r);
}

static void say(struct rig *r, const char *text)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(r->port)};

	inet_pton(AF_INET, GROUP, &to.sin_addr);
	assert_int_equal(sendto(r->peer, text, strlen(text), 0, (struct sockaddr *)&to, sizeof(to)),
	    strlen(text));
}

static void what_is_said_to_the_group_is_heard(void **state)
{
	struct rig *r = setup();

	say(r, "hello");
	loop_turn(r->loop, true);
	assert_int_equal(r->heard, 1);
	assert_string_equal(r->last, "hello");
	teardown(r);
}

static void question_reaches_the_group_and_its_answer_us(void **state)
{
	struct rig *r = setup();
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	char buf[64];
	ssize_t n;

	assert_int_equal(udp_group_ask(r->group, "who is there?"), 0);
	n = recvfrom(r->peer, buf, sizeof(buf), 0, (struct sockaddr *)&from, &size);
	assert_int_equal(n, strlen("who is there?"));
	assert_int_not_equal(ntohs(from.sin_port), r->port);
	while (strcmp(r->last, "it is me") != 0) {
		sendto(r->peer, "it is me", 8, 0, (struct sockaddr *)&from, size);
		loop_turn(r->loop, true);
	}
	teardown(r);
}

static void flood_is_heard_in_part_and_ends_with_the_second(void **state)
{
	struct rig *r = setup();
	unsigned sent = 0;

	for (; sent < 3 * UDP_GROUP_RATE; sent++) {
		say(r, "again");
		loop_turn(r->loop, false);
	}
	assert_int_equal(r->heard, UDP_GROUP_RATE);
	r->mono_ms += 1000;
	say(r, "again");
	loop_turn(r->loop, false); /* the pause ends */
	loop_turn(r->loop, true);
	assert_true(r->heard > UDP_GROUP_RATE);
	teardown(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_said_to_the_group_is_heard),
	    cmocka_unit_test(question_reaches_the_group_and_its_answer_us),
	    cmocka_unit_test(flood_is_heard_in_part_and_ends_with_the_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
