/* SPDX-License-Identifier: MIT */
/* Two sockets: one bound to the group's port, one of its own for questions and their answers. */
#include "daemon/io/udp_group.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/util.h"
#include "daemon/io/loop.h"

enum { RATE_WINDOW_MS = 1000, INTERFACES_MAX = 64 };

struct udp_socket {
	struct udp_group *owner;
	int fd;
	struct event *event;
};

struct udp_group {
	struct loop *loop;
	udp_group_fn fn;
	void *arg;
	struct sockaddr_in to;
	struct udp_socket heard, asked;
	struct loop_timer pause; /* the sockets are not read meanwhile */
	int64_t window_ms;	 /* begin of the second that is counted */
	unsigned count;
};

static void read_again(void *arg)
{
	struct udp_group *g = arg;

	event_add(g->heard.event, NULL);
	event_add(g->asked.event, NULL);
}

/* False when this second is used up: then nothing is read till the next one. */
static bool count_one(struct udp_group *g)
{
	int64_t now_ms = loop_now_ms(g->loop);

	if (now_ms - g->window_ms >= RATE_WINDOW_MS) {
		g->window_ms = now_ms;
		g->count = 0;
	}
	if (++g->count < UDP_GROUP_RATE) {
		return true;
	}
	event_del(g->heard.event);
	event_del(g->asked.event);
	loop_timer_start(&g->pause, g->window_ms + RATE_WINDOW_MS - now_ms);
	return false;
}

/* False when nothing more is to be read now. */
static bool read_one(struct udp_socket *s)
{
	char data[UDP_GROUP_BYTES_MAX];
	struct sockaddr_in from = {0};
	socklen_t size = sizeof(from);
	ssize_t n = recvfrom(s->fd, data, sizeof(data), 0, (struct sockaddr *)&from, &size);

	if (n < 0) {
		return false;
	}
	s->owner->fn(s->owner->arg, data, (size_t)n, from.sin_addr);
	return count_one(s->owner);
}

/* What is left after a burst is another event. */
static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	for (unsigned i = 0; i < UDP_GROUP_BURST && read_one(arg); i++) {
	}
}

static int open_socket(struct udp_group *g, struct udp_socket *s, uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
	int on = 1;

	s->owner = g;
	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0) {
		return -errno;
	}
	setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(s->fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (bind(s->fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
		return -errno;
	}
	s->event = event_new(loop_base(g->loop), s->fd, EV_READ | EV_PERSIST, on_readable, s);
	return s->event && event_add(s->event, NULL) == 0 ? 0 : -ENOMEM;
}

static void close_socket(struct udp_socket *s)
{
	if (s->event) {
		event_free(s->event);
	}
	if (s->fd >= 0) {
		close(s->fd);
	}
}

/* Calls fn for each IPv4 address of this machine. Not getifaddrs: it asks over netlink, which the
 * service's sandbox does not open. */
static void each_address(
    struct udp_group *g, void (*fn)(struct udp_group *g, struct in_addr own, void *arg), void *arg)
{
	struct ifreq list[INTERFACES_MAX];
	struct ifconf conf = {.ifc_len = sizeof(list), .ifc_req = list};
	struct sockaddr_in own;

	if (ioctl(g->heard.fd, SIOCGIFCONF, &conf) < 0) {
		return;
	}
	for (size_t i = 0; i < (size_t)conf.ifc_len / sizeof(list[0]); i++) {
		memcpy(&own, &list[i].ifr_addr, sizeof(own));
		fn(g, own.sin_addr, arg);
	}
}

/* Joining again where we are already is refused, and fine. */
static void join(struct udp_group *g, struct in_addr own, void *arg)
{
	struct ip_mreq request = {.imr_multiaddr = g->to.sin_addr, .imr_interface = own};

	setsockopt(g->heard.fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof(request));
}

int udp_group_create(struct loop *l, const char *group, uint16_t port, udp_group_fn fn, void *arg,
    struct udp_group **ret)
{
	struct udp_group *g = xcalloc(1, sizeof(*g));
	int r;

	g->loop = l;
	g->fn = fn;
	g->arg = arg;
	g->heard.fd = g->asked.fd = -1;
	g->window_ms = loop_now_ms(l);
	g->to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
	loop_timer_init(&g->pause, l, read_again, g);
	inet_pton(AF_INET, group, &g->to.sin_addr);
	r = open_socket(g, &g->heard, port);
	if (r == 0) {
		r = open_socket(g, &g->asked, 0);
	}
	if (r < 0) {
		udp_group_destroy(g);
		return r;
	}
	each_address(g, join, NULL);
	*ret = g;
	return 0;
}

void udp_group_destroy(struct udp_group *g)
{
	if (!g) {
		return;
	}
	loop_timer_stop(&g->pause);
	close_socket(&g->heard);
	close_socket(&g->asked);
	free(g);
}

/* What one round of sending came to. */
struct asking {
	const char *text;
	bool sent;
	int error;
};

static void send_on(struct udp_group *g, struct in_addr own, void *arg)
{
	struct asking *a = arg;

	setsockopt(g->asked.fd, IPPROTO_IP, IP_MULTICAST_IF, &own, sizeof(own));
	if (sendto(g->asked.fd, a->text, strlen(a->text), MSG_NOSIGNAL, (struct sockaddr *)&g->to,
		sizeof(g->to)) < 0) {
		a->error = -errno;
	} else {
		a->sent = true;
	}
}

int udp_group_ask(struct udp_group *g, const char *text)
{
	struct asking a = {.text = text, .error = -ENETDOWN};

	each_address(g, join, NULL);
	each_address(g, send_on, &a);
	return a.sent ? 0 : a.error;
}
