/* SPDX-License-Identifier: MIT */
/* The listening socket: accepts in turns, and survives a process without free descriptors. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#define LISTENER_ACCEPT_MAX 64 /* connections taken in one callback */
#define LISTENER_PAUSE_MS 1000 /* rest after the descriptors have run out */
#define LISTENER_BACKLOG 512

struct listener;
struct loop;

struct listener_handler {
	const char *what; /* named in the log; constant */
	/* A new connection, non-blocking and close-on-exec; the callee owns fd. */
	void (*accepted)(void *arg, int fd);
	/* Accepted on the reserve descriptor only to be told why not; the callee must not keep it:
	 * it is closed after the call. */
	void (*refused)(void *arg, int fd);
	void *arg;
};

/* fd >= 0: an inherited listening Unix socket, taken over (path may be NULL); else binds path with
 * mode, replacing a socket that is there already. 0; -ENAMETOOLONG over 107 bytes, -EEXIST when
 * something else than a socket is in the way, -EINVAL when fd is no listening Unix socket, or errno
 * of bind. */
int listener_create(struct loop *l, const char *path, mode_t mode, int fd,
    const struct listener_handler *h, struct listener **ret);
/* Accepts no more; who connects waits for whoever takes the socket next. */
void listener_stop(struct listener *s);
/* Unlinks the socket file if it is still ours. NULL is fine. */
void listener_destroy(struct listener *s);
/* Times the descriptors had run out. */
uint64_t listener_pauses(const struct listener *s);
