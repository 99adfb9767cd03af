/* SPDX-License-Identifier: MIT */
/* Calls that are answered by raw bytes: the connection is lent to a transfer and closed behind it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/jw.h"

struct call;
struct conn;
struct reply;

/* All from the loop, never before upgrade_open returns. */
struct upgrade_handler {
	/* The client's socket is the transfer's now. */
	void (*go)(void *arg);
	/* The transfer shall end soon, with why as its error: the rights are gone, or the daemon
	 * stops. */
	void (*stop)(void *arg, const struct err *why);
	/* Nobody waits any more; the connection must not be touched. */
	void (*gone)(void *arg);
	void *arg;
};

enum upgrade_way { UPGRADE_FROM_CLIENT, UPGRADE_TO_CLIENT };

/* One upgrade; embedded. */
struct upgrade {
	struct conn *conn;
	struct reply *reply; /* NULL: ended */
	struct upgrade_handler handler;
	enum upgrade_way way;
	bool begun;
};

/* 0 when the call is alone on its connection: no other in flight, no subscription, no byte behind
 * it. Else -EINVAL with *c->e = invalid_request. */
int upgrade_check(struct call *c);
/* After upgrade_check; the handler returns CALL_LATER. From here on the connection reads nothing.
 * 0, or negative with *c->e. */
int upgrade_open(
    struct upgrade *u, struct call *c, enum upgrade_way way, const struct upgrade_handler *h);
/* A descriptor of its own for the client's socket, or negative with *c->e. */
int upgrade_dup(struct call *c);
/* Sends the first answer: go follows when the client has it. size -1 = unknown. 0, or -EINVAL with
 * *e: the client has sent something meanwhile; nothing was sent to it. */
int upgrade_begin(struct upgrade *u, int64_t size, const char *op, struct err *e);
/* The same for bytes without an end, as type says; the first one waits for go. */
int upgrade_begin_stream(struct upgrade *u, const char *type, struct err *e);
/* Both end it; the socket must be ours again. UPGRADE_FROM_CLIENT: one value under "result" was
 * written to upgrade_last before; UPGRADE_TO_CLIENT: the bytes were all. */
void upgrade_end(struct upgrade *u);
struct jw *upgrade_last(struct upgrade *u);
void upgrade_fail(struct upgrade *u, const struct err *e);
