/* SPDX-License-Identifier: MIT */
/* From a call to raw bytes and back for the last word. */
#include "daemon/api/upgrade.h"

#include <errno.h>
#include <fcntl.h>

#include "daemon/api/core.h"
#include "daemon/api/reply.h"

static const char *why_not_alone(const struct conn *c)
{
	if (conn_has_input(c)) {
		return "bytes came behind it: wait for the answer";
	}
	if (!list_empty(&c->replies)) {
		return "another call is not answered yet";
	}
	if (!list_empty(&c->subs) || !list_empty(&c->listens)) {
		return "the connection has a subscription";
	}
	return NULL;
}

int upgrade_check(struct call *c)
{
	const char *why = why_not_alone(c->conn);

	if (why == NULL) {
		return 0;
	}
	err_set(c->e, ERR_INVALID_REQUEST, "%s wants a connection of its own: %s", c->method->name,
	    why);
	return -EINVAL;
}

static void on_gone(void *arg)
{
	struct upgrade *u = arg;

	u->reply = NULL;
	conn_when_written(u->conn, NULL, NULL);
	u->handler.gone(u->handler.arg);
}

static void on_stop(void *arg, const struct err *why)
{
	struct upgrade *u = arg;

	u->handler.stop(u->handler.arg, why);
}

static void on_written(void *arg)
{
	struct upgrade *u = arg;

	u->handler.go(u->handler.arg);
}

int upgrade_open(
    struct upgrade *u, struct call *c, enum upgrade_way way, const struct upgrade_handler *h)
{
	int r;

	*u = (struct upgrade){.conn = c->conn, .handler = *h, .way = way};
	r = reply_later(c, on_gone, u, &u->reply);
	if (r < 0) {
		return r;
	}
	reply_on_stop(u->reply, on_stop);
	conn_lend(c->conn);
	return 0;
}

int upgrade_dup(struct call *c)
{
	int fd = fcntl(c->conn->fd, F_DUPFD_CLOEXEC, 0);

	if (fd < 0) {
		err_set(c->e, ERR_OVERFLOW, "the daemon has no descriptor left");
		return -EMFILE;
	}
	return fd;
}

/* The writer of the first answer, inside its result; NULL with *e. */
static struct jw *open_answer(struct upgrade *u, const char *type, struct err *e)
{
	struct jw *w;

	if (conn_has_input(u->conn)) {
		err_set(e, ERR_INVALID_REQUEST, "bytes came before the answer");
		return NULL;
	}
	w = reply_begin(u->reply);
	jw_object(w, "result");
	jw_str(w, "upgrade", type);
	return w;
}

static void send_answer(struct upgrade *u, struct jw *w)
{
	jw_object_end(w);
	u->begun = true;
	reply_send(u->reply, u->way == UPGRADE_TO_CLIENT);
	conn_when_written(u->conn, on_written, u);
}

int upgrade_begin(struct upgrade *u, int64_t size, const char *op, struct err *e)
{
	struct jw *w = open_answer(u, "raw", e);

	if (w == NULL) {
		return -EINVAL;
	}
	if (size >= 0) {
		jw_int(w, "size", size);
	} else {
		jw_null(w, "size");
	}
	jw_str(w, "op", op);
	send_answer(u, w);
	return 0;
}

int upgrade_begin_stream(struct upgrade *u, const char *type, struct err *e)
{
	struct jw *w = open_answer(u, type, e);

	if (w == NULL) {
		return -EINVAL;
	}
	send_answer(u, w);
	return 0;
}

struct jw *upgrade_last(struct upgrade *u)
{
	return reply_begin(u->reply);
}

/* Bytes of a client that did not wait must never be taken for requests, so its connection ends
 * with a put that is refused, too. */
static void let_go(struct upgrade *u)
{
	conn_when_written(u->conn, NULL, NULL);
	if (u->begun || u->way == UPGRADE_FROM_CLIENT) {
		conn_finish(u->conn, "transfer ended");
	} else {
		conn_return(u->conn);
	}
}

void upgrade_end(struct upgrade *u)
{
	struct reply *r = TAKE(u->reply);

	if (u->way == UPGRADE_FROM_CLIENT) {
		reply_end(r);
	} else {
		reply_close(r);
	}
	let_go(u);
}

void upgrade_fail(struct upgrade *u, const struct err *e)
{
	reply_fail(TAKE(u->reply), e);
	let_go(u);
}
