/* SPDX-License-Identifier: MIT */
/* The commands of one printer that are in flight, in order: sent -> acked -> effective, or a named
 * failure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/util.h"
#include "daemon/fleet/ops.h"
#include "daemon/io/loop.h"
#include "daemon/model/encode.h"

struct ack;
struct effect;
struct report;
struct state;

#define PENDING_MAX 32	     /* commands, those that still wait for an ack included */
#define PENDING_ACK_MS 10000 /* an answer later than that does not come */
#define PENDING_ZOMBIE 2     /* so many in a row are a session that is not heard */
#define PENDING_UNLOCK_HINT                                    \
	"on the printer: LAN Only Mode, then Developer Mode; " \
	"then put the new access code into AccessCode="
#define PENDING_RENEW_GAP_MS (30 * 1000) /* between two new sessions (bambu.md 8) */

/* The stage asked for is known, or the command has failed: op->error. Called once, from the loop,
 * never before pending_add returns. op is good for the call. */
typedef void (*command_fn)(void *arg, const struct op *op);

struct pending_host {
	struct loop *loop;
	const struct state *state;
	const char *(*name)(void *arg); /* of the printer */
	/* 0 or negative errno. */
	int (*publish)(void *arg, const char *payload, size_t len);
	/* Right before op is sent: NULL, or why it must not be any more, in buf. NULL: always. */
	const char *(*forbids)(void *arg, const struct op *op, char *buf, size_t size);
	/* An operation has ended. */
	void (*ended)(void *arg, const struct op *op);
	/* Commands go nowhere: a new session is needed. May be called on any stack of pending. */
	void (*renew)(void *arg);
	void *arg;
};

struct pending {
	struct pending_host host;
	struct list entries;
	size_t count;
	unsigned unanswered; /* in a row */
	int64_t renewed_ms;  /* -1 never */
	struct loop_timer timer;
	struct loop_deferred run;
};

struct pending_command {
	struct op *op;		       /* begun; ended here */
	json_object *params;	       /* ref taken; may be NULL */
	enum op_stage until;	       /* when fn is told */
	int64_t timeout_ms;	       /* from now to the verdict */
	bool is_so;		       /* nothing is sent: the state shows it */
	bool slow_ack;		       /* a late answer says nothing about the session */
	uint32_t first_sequence;       /* of the message whose answer counts: the first */
	struct encode_result *request; /* taken over, emptied */
	command_fn fn;		       /* may be NULL */
	void *arg;
};

void pending_init(struct pending *q, const struct pending_host *host);
/* Nobody is told any more: pending_drop first. */
void pending_finish(struct pending *q);
bool pending_is_full(const struct pending *q);
/* Not when full. Sent as soon as those before it are answered, from the loop. */
void pending_add(struct pending *q, const struct pending_command *c);
/* An ack came; true when it answers a command of ours. Before the message is merged. */
bool pending_take_ack(struct pending *q, const struct report *r, const struct ack *ack);
/* The state may have changed. */
void pending_look(struct pending *q);
/* Ends all, sent or not; nothing is sent again. `why`: "the connection was lost". */
void pending_drop(struct pending *q, const char *why);
/* fn is not called any more; the command goes on. */
void pending_forget(struct pending *q, const struct op *op);
