/* SPDX-License-Identifier: MIT */
/* A listening TCP port that can also refuse, or let SYNs go unanswered. */
#pragma once

#include <netinet/in.h>

struct event;
struct event_base;

enum endpoint_mode { ENDPOINT_OPEN, ENDPOINT_REFUSING, ENDPOINT_DEAF };

#define ENDPOINT_FILLERS 4

/* fd: non-blocking, CLOEXEC, the callee's. */
typedef void (*endpoint_accept_fn)(void *arg, int fd);

struct endpoint {
	struct event_base *base;
	struct sockaddr_in address;
	int fd;
	struct event *event;
	enum endpoint_mode mode;
	int filler[ENDPOINT_FILLERS]; /* own connections that keep the queue full; -1 = none */
	endpoint_accept_fn accept;
	void *arg;
};

/* Port 0: the kernel chooses, address then holds it. 0 or negative errno. */
int endpoint_open(struct endpoint *e, struct event_base *base, const struct sockaddr_in *address,
    endpoint_accept_fn accept, void *arg);
int endpoint_set_mode(struct endpoint *e, enum endpoint_mode mode);
void endpoint_close(struct endpoint *e);
