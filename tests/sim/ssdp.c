/* SPDX-License-Identifier: MIT */
/* SSDP as printers speak it: NOTIFY to the group every 30 s, 200 to a search. */
#include "tests/sim/ssdp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/util.h"
#include "tests/sim/printer.h"

#define GROUP "239.255.255.250"
#define TYPE "urn:bambulab-com:device:3dprinter:1"
#define PERIOD_MS 30000

struct ssdp {
	struct sim *sim;
	int fd;
	struct sockaddr_in group;
	struct event *readable, *tick;
};

static bool is_silent(const struct printer *p)
{
	return fault_is_on(&p->faults, FAULT_OFF) && p->faults.arg[FAULT_OFF] == 0;
}

static int say(struct ssdp *s, const struct printer *p, const char *begin, const char *address,
    const struct sockaddr_in *to)
{
	_cleanup_free_ char *text =
	    xasprintf("%sServer: UPnP/1.0\r\nLocation: %s\r\nUSN: %s\r\n"
		      "Cache-Control: max-age=1800\r\nDevModel.bambu.com: %s\r\n"
		      "DevName.bambu.com: %s\r\nDevSignal.bambu.com: %d\r\n"
		      "DevConnect.bambu.com: lan\r\nDevBind.bambu.com: free\r\n"
		      "Devseclink.bambu.com: secure\r\nDevInf.bambu.com: wlan0\r\n"
		      "DevVersion.bambu.com: %s\r\nDevCap.bambu.com: 1\r\n\r\n",
		begin, address ? address : inet_ntoa(p->endpoint.address.sin_addr), p->serial,
		p->model->code, p->name, p->state.wifi_dbm, p->model->firmware);

	return sendto(s->fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)to,
		   sizeof(*to)) < 0
		   ? -errno
		   : 0;
}

int ssdp_notify(struct ssdp *s, const struct printer *p, const char *address, const char *nts)
{
	_cleanup_free_ char *begin = xasprintf("NOTIFY * HTTP/1.1\r\nHOST: " GROUP ":1990\r\n"
					       "NT: " TYPE "\r\nNTS: ssdp:%s\r\n",
	    nts);

	return say(s, p, begin, address, &s->group);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct ssdp *s = arg;

	for (size_t i = 0; i < s->sim->count; i++) {
		if (!is_silent(s->sim->printers[i])) {
			ssdp_notify(s, s->sim->printers[i], NULL, "alive");
		}
	}
	sim_arm(s->tick, PERIOD_MS);
}

static bool is_search(const char *text)
{
	return strncmp(text, "M-SEARCH ", 9) == 0 && strstr(text, "\r\nST: " TYPE "\r\n") &&
	       strstr(text, "\r\nMAN: \"ssdp:discover\"\r\n") && strstr(text, "\r\nMX: ");
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct ssdp *s = arg;
	char text[2048];
	struct sockaddr_in from = {0};
	socklen_t size = sizeof(from);
	ssize_t n = recvfrom(fd, text, sizeof(text) - 1, 0, (struct sockaddr *)&from, &size);

	if (n <= 0) {
		return;
	}
	text[n] = '\0';
	for (size_t i = 0; is_search(text) && i < s->sim->count; i++) {
		if (!is_silent(s->sim->printers[i])) {
			say(s, s->sim->printers[i], "HTTP/1.1 200 OK\r\nST: " TYPE "\r\n", NULL,
			    &from);
		}
	}
}

static int open_socket(struct ssdp *s, uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct ip_mreq group = {.imr_interface.s_addr = htonl(INADDR_LOOPBACK)};
	int on = 1;

	inet_pton(AF_INET, GROUP, &group.imr_multiaddr);
	s->group = at;
	s->group.sin_addr = group.imr_multiaddr;
	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0) {
		return -errno;
	}
	setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(s->fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (bind(s->fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    setsockopt(s->fd, IPPROTO_IP, IP_MULTICAST_IF, &group.imr_interface,
		sizeof(group.imr_interface)) < 0 ||
	    setsockopt(s->fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)) < 0) {
		return -errno;
	}
	return 0;
}

int ssdp_open(struct sim *sim, uint16_t port, struct ssdp **ret)
{
	struct ssdp *s = xcalloc(1, sizeof(*s));
	int r;

	s->sim = sim;
	r = open_socket(s, port);
	if (r < 0) {
		ssdp_close(s);
		return r;
	}
	s->readable = event_new(sim->base, s->fd, EV_READ | EV_PERSIST, on_readable, s);
	s->tick = event_new(sim->base, -1, 0, on_tick, s);
	event_add(s->readable, NULL);
	sim_arm(s->tick, 0);
	*ret = s;
	return 0;
}

void ssdp_close(struct ssdp *s)
{
	if (!s) {
		return;
	}
	if (s->readable) {
		event_free(s->readable);
		event_free(s->tick);
	}
	if (s->fd >= 0) {
		close(s->fd);
	}
	free(s);
}
