/* SPDX-License-Identifier: MIT */
/* Calls that are answered later: a slot keeps the id until the answer, or notices that nobody waits
 * for it any more. */
#pragma once

#include <stdbool.h>

#include "common/err.h"
#include "common/jw.h"

struct call;
struct conn;
struct reply;
struct server;

#define REPLIES_PER_CONN_MAX 64

/* What a handler returns after reply_later: nothing is written, the answer follows. */
#define CALL_LATER 1

/* Opens a slot for the call; params and everything else of it are gone when the handler returns.
 * The holder ends the slot with exactly one of reply_end and reply_fail, from the loop; or it is
 * ended for him by gone, after which he must not touch it: the client left or lost its rights, or
 * the daemon stops. 0, or -ENOBUFS with *c->e: too many are in flight. */
int reply_later(struct call *c, void (*gone)(void *arg), void *arg, struct reply **ret);
/* The writer of the answer: exactly one value under "result" is to be written. Once. */
struct jw *reply_begin(struct reply *r);
/* Sends what was written. */
void reply_end(struct reply *r);
/* The same; the audit line says `outcome` (a word of the fault) in place of ok. */
void reply_end_as(struct reply *r, const char *outcome);
/* Answers with an error; what was written is dropped. */
void reply_fail(struct reply *r, const struct err *e);

/* Sends what was written and keeps the slot for one more: the first answer of an upgrade. With nul,
 * the bytes behind it go to the client, and an error is told apart from them by a NUL byte before
 * it. */
void reply_send(struct reply *r, bool nul);
/* Ends the slot without another word. */
void reply_close(struct reply *r);
/* Who holds the slot cannot let go at once: in place of being dropped he is asked to end it, with
 * why as its error. */
void reply_on_stop(struct reply *r, void (*stop)(void *arg, const struct err *why));

/* Asks those with reply_on_stop. */
void replies_stop(struct conn *c, const struct err *why);
/* True when a call of that id is not answered yet. */
bool replies_hold(const struct conn *c, const char *id);
/* Ends every slot of a connection: with e as the answer, or without one when NULL. */
void replies_drop(struct conn *c, const struct err *e);
/* Ends those which the connection would not be allowed any more. */
void replies_judge(struct conn *c);
