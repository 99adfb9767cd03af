/* SPDX-License-Identifier: MIT */
/* One connection to the daemon: a request written, its reply and later lines read, by a deadline.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/err.h"
#include "common/json.h"

#define CLIENT_LINE_MAX (64u * 1024 * 1024) /* longest reply taken */

struct client {
	int fd;
	char *path; /* owned: where it is connected, or what it tried; a host's name with a child */
	pid_t child; /* the ssh that leads to another host; 0 = none */
	char *buf;   /* owned: bytes read; start..len not yet given out */
	size_t start, len, cap;
	size_t scanned;	     /* bytes behind start that hold no line end */
	int64_t deadline_ms; /* monotonic; -1 = none */
	int64_t next_id;
};

void client_init(struct client *c);
void client_finish(struct client *c);
/* Connects to path, or when NULL to $BAMBUD_SOCKET, the user's daemon, the system's, the first that
 * answers. The deadline of timeout_ms covers everything that follows. 0, or -1 with *e. */
int client_open(struct client *c, const char *path, int64_t timeout_ms, struct err *e);
/* The same through ssh; path: the socket on that host, NULL = its usual one. */
int client_open_host(
    struct client *c, const char *host, const char *path, int64_t timeout_ms, struct err *e);
/* Sends the call (params taken, NULL = none) and waits for its answer; notifications in between are
 * dropped. 0 with an owned reply: the whole envelope, with either `result` or `error`; -1 with *e
 * when there is none. */
int client_call(
    struct client *c, const char *method, json_object *params, json_object **ret, struct err *e);
/* Next line of the daemon, whole and owned. 0, or -1 with *e (ERR_DAEMON_UNREACHABLE at its end).
 */
int client_next(struct client *c, json_object **ret, struct err *e);
/* The next line already read, whole and owned. 1 with it, 0 = none yet, -1 with *e. */
int client_take(struct client *c, json_object **ret, struct err *e);
/* Reads once from a connection that has something to tell. 0, or -1 with *e. */
int client_fill(struct client *c, struct err *e);
/* Milliseconds of the clock that deadlines count by. */
int64_t client_now_ms(void);
/* A new deadline from now; negative = wait for ever. */
void client_deadline(struct client *c, int64_t timeout_ms);
