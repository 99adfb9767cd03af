/* SPDX-License-Identifier: MIT */
/* One client connection: request lines in, reply lines out, both bounded; every end has a reason.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "common/lines.h"
#include "common/util.h"
#include "daemon/api/access.h"
#include "daemon/io/loop.h"

#define CONN_REQUESTS_MAX 64		/* requests answered in one callback */
#define CONN_READS_MAX 8		/* reads of CONN_CHUNK in one callback */
#define CONN_CHUNK (16 * 1024)		/* bytes of one read */
#define CONN_OUT_PAUSE (256 * 1024)	/* queued: no further request is taken */
#define CONN_OUT_RESUME (64 * 1024)	/* queued: requests are taken again */
#define CONN_OUT_UNREAD (1024 * 1024)	/* queued: the clock of CONN_UNREAD_MS runs */
#define CONN_OUT_MAX (64 * 1024 * 1024) /* queued: closed at once */
#define CONN_PARTIAL_MS 10000		/* age of an unfinished line */
#define CONN_UNREAD_MS 30000		/* nothing read by the client for so long */
#define CONN_FINISH_MS 10000		/* time to read what is queued when it must end */

struct conn;

struct conn_handler {
	/* One request line, NUL-terminated, valid for the call. May send, finish or close c. */
	void (*line)(void *arg, struct conn *c, char *line, size_t len);
	/* A line was longer than PROTO_LINE_MAX; c is finished after the call. May send. */
	void (*overlong)(void *arg, struct conn *c);
	/* Everything queued has been written. */
	void (*drained)(void *arg, struct conn *c);
	/* Last call, from the loop, never on a stack of c: c is freed afterwards. */
	void (*gone)(void *arg, struct conn *c);
	void *arg;
};

struct conn {
	struct list link; /* owner's */
	struct list subs; /* of struct sub, owner's */
	/* Of struct reply, owner's: answers still to come. The end of input waits for them. */
	struct list replies;
	struct list listens; /* of struct listen, owner's */
	unsigned last_sub;
	struct peer peer;
	enum perm perm;
	uint64_t serial; /* for log lines */

	struct loop *loop;
	const struct conn_handler *handler;
	int fd;
	struct event *read_event, *write_event, *end_event;
	void (*written)(void *arg); /* once, when nothing is queued; NULL = nobody waits for it */
	void *written_arg;
	bool reading, writing;	 /* events armed */
	bool corked;		 /* replies gather until the callback ends */
	bool paused;		 /* too much queued: requests wait */
	bool lent;		 /* nothing is read here: the bytes are somebody else's */
	bool finishing, closing; /* ends when drained; is waiting to be freed */
	bool overlong;		 /* input ends with a line that is too long */
	const char *finish_reason;
	struct lines in;
	char *out; /* out_start..out_len is queued */
	size_t out_start, out_len, out_cap;
	uint64_t requests;
	struct loop_timer resume, partial, unread;
	struct loop_deferred reap;
};

/* Takes fd (made non-blocking and close-on-exec) and the peer's groups. The handler is borrowed.
 * NULL when libevent fails: fd and peer are then released too. */
struct conn *conn_create(
    struct loop *l, int fd, struct peer *peer, const struct conn_handler *handler);
/* At once and without `gone`; only by the owner, never from a callback of c. */
void conn_destroy(struct conn *c);

/* Sends or queues; never blocks. A failure closes c (later calls do nothing). */
void conn_send(struct conn *c, const void *data, size_t len);
void conn_sendv(struct conn *c, const struct iovec *iov, int count);
/* Between the two, output gathers and goes out in few writes. Do not nest. */
void conn_cork(struct conn *c);
void conn_uncork(struct conn *c);
/* Tries to write what is queued. */
void conn_flush(struct conn *c);
/* Takes no byte more than what has come: the client's next send fails, so it knows that nobody has
 * taken that request. Answers the rest and writes what the client takes at once. */
void conn_drain(struct conn *c);
size_t conn_queued(const struct conn *c);
/* Reads no further: what the client sends from here on is for who took the connection, with a
 * descriptor of his own. Its end closes c as ever; half of it does not. */
void conn_lend(struct conn *c);
/* Reads again: nothing has become of it. */
void conn_return(struct conn *c);
/* True when the client has sent something that nobody has taken yet. */
bool conn_has_input(const struct conn *c);
/* Calls fn once, from the loop or at once, when everything queued is written. Only while c is lent;
 * fn NULL: not any more. A client that does not read within CONN_UNREAD_MS is closed. */
void conn_when_written(struct conn *c, void (*fn)(void *arg), void *arg);
/* False while the client does not read, and when c is about to end: then nothing that could be
 * merged should be sent. */
bool conn_wants_more(const struct conn *c);
/* Stops reading, writes what is queued, then closes. The reason is a literal. */
void conn_finish(struct conn *c, const char *reason);
/* Closes now; frees from the loop. The reason is a literal. */
void conn_close(struct conn *c, const char *reason);
