/* SPDX-License-Identifier: MIT */
/* A listening TCP port that can also refuse, or let SYNs go unanswered. */
#include "tests/sim/endpoint.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/util.h"

#define BACKLOG 1024

static void on_accept(evutil_socket_t listener, short what, void *arg)
{
	struct endpoint *e = arg;

	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			e->accept(e->arg, fd);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE) {
			log_err("out of file descriptors: the simulator ends");
			event_base_loopbreak(e->base);
		}
		if (errno != EINTR && errno != ECONNABORTED) {
			return;
		}
	}
}

/* A bound socket that does not listen answers with RST and keeps the port ours. */
static int bind_socket(struct endpoint *e)
{
	int one = 1, r;
	socklen_t size = sizeof(e->address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		return -errno;
	}
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&e->address, sizeof(e->address)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&e->address, &size) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	e->fd = fd;
	e->event = event_new(e->base, fd, EV_READ | EV_PERSIST, on_accept, e);
	return 0;
}

static void drop_socket(struct endpoint *e)
{
	if (e->event) {
		event_free(e->event);
		e->event = NULL;
	}
	if (e->fd >= 0) {
		close(e->fd);
		e->fd = -1;
	}
}

static void drop_fillers(struct endpoint *e)
{
	for (int i = 0; i < ENDPOINT_FILLERS; i++) {
		if (e->filler[i] >= 0) {
			close(e->filler[i]);
			e->filler[i] = -1;
		}
	}
}

/* With a queue of one and nobody accepting, connections of our own make the kernel drop every
 * further SYN. On loopback a handshake ends inside connect(), so no waiting is needed. */
static void fill_queue(struct endpoint *e)
{
	for (int i = 0; i < ENDPOINT_FILLERS; i++) {
		e->filler[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (e->filler[i] >= 0 &&
		    connect(e->filler[i], (struct sockaddr *)&e->address, sizeof(e->address)) < 0) {
			struct pollfd p = {e->filler[i], POLLOUT, 0};

			if (poll(&p, 1, 0) == 0) {
				return; /* dropped: the queue is full */
			}
		}
	}
}

int endpoint_open(struct endpoint *e, struct event_base *base, const struct sockaddr_in *address,
    endpoint_accept_fn accept, void *arg)
{
	int r;

	*e = (struct endpoint){
	    .base = base, .address = *address, .fd = -1, .accept = accept, .arg = arg};
	for (int i = 0; i < ENDPOINT_FILLERS; i++) {
		e->filler[i] = -1;
	}
	r = bind_socket(e);
	if (r < 0) {
		return r;
	}
	e->mode = ENDPOINT_REFUSING;
	return endpoint_set_mode(e, ENDPOINT_OPEN);
}

int endpoint_set_mode(struct endpoint *e, enum endpoint_mode mode)
{
	int r;

	if (mode == e->mode) {
		return 0;
	}
	drop_fillers(e);
	if (mode == ENDPOINT_REFUSING) {
		drop_socket(e);
		r = bind_socket(e);
		if (r < 0) {
			return r;
		}
	} else if (listen(e->fd, mode == ENDPOINT_DEAF ? 0 : BACKLOG) < 0) {
		return -errno;
	} else if (mode == ENDPOINT_DEAF) {
		event_del(e->event);
		fill_queue(e);
	} else {
		event_add(e->event, NULL);
	}
	e->mode = mode;
	return 0;
}

void endpoint_close(struct endpoint *e)
{
	drop_fillers(e);
	drop_socket(e);
}
