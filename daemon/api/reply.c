/* SPDX-License-Identifier: MIT */
/* Slots of calls that are answered later, in the order the answers come. */
#include "daemon/api/reply.h"

#include <errno.h>
#include <string.h>

#include "common/proto.h"
#include "daemon/api/core.h"

struct reply {
	struct list link; /* in the connection's */
	struct server *server;
	struct conn *conn;
	const struct method *method;
	char *id; /* JSON text */
	char about[64];
	struct jw w;
	void (*gone)(void *arg);
	void (*stop)(void *arg, const struct err *why); /* NULL: dropped at once */
	void *arg;
	bool nul; /* what is sent comes behind other bytes */
};

int reply_later(struct call *c, void (*gone)(void *arg), void *arg, struct reply **ret)
{
	struct list *pos, *tmp;
	struct reply *r;
	unsigned held = 0;

	list_for_each (pos, tmp, &c->conn->replies) {
		held++;
	}
	if (held >= REPLIES_PER_CONN_MAX) {
		err_set(c->e, ERR_OVERFLOW, "a connection has at most %d requests in flight",
		    REPLIES_PER_CONN_MAX);
		return -ENOBUFS;
	}
	r = xcalloc(1, sizeof(*r));
	r->server = c->server;
	r->conn = c->conn;
	r->method = c->method;
	r->id = xstrdup(c->id);
	r->gone = gone;
	r->arg = arg;
	str_copy(r->about, sizeof(r->about), c->about);
	jw_init(&r->w);
	list_add_tail(&c->conn->replies, &r->link);
	*ret = r;
	return 0;
}

struct jw *reply_begin(struct reply *r)
{
	proto_reply_begin(&r->w, r->id);
	return &r->w;
}

static void reply_free(struct reply *r)
{
	jw_finish(&r->w);
	free(r->id);
	free(r);
}

/* The slot is off the list first: a connection whose input has ended ends with its last answer. */
static void finish(struct reply *r, const char *outcome)
{
	struct conn *conn = r->conn;

	list_del(&r->link);
	dispatch_audit(r->server, conn, r->method, r->about, outcome);
	if (r->w.len > 0) {
		conn_send(conn, r->w.buf, r->w.len);
	}
	reply_free(r);
}

void reply_end_as(struct reply *r, const char *outcome)
{
	proto_end(&r->w);
	finish(r, outcome);
}

void reply_end(struct reply *r)
{
	reply_end_as(r, NULL);
}

void reply_fail(struct reply *r, const struct err *e)
{
	r->server->counters.failed++;
	jw_reset(&r->w);
	if (r->nul) {
		jw_bytes(&r->w, "", 1);
	}
	proto_error(&r->w, r->id, e);
	finish(r, err_name(e->type));
}

void reply_send(struct reply *r, bool nul)
{
	proto_end(&r->w);
	r->nul = nul;
	conn_send(r->conn, r->w.buf, r->w.len);
	jw_reset(&r->w);
}

void reply_close(struct reply *r)
{
	finish(r, NULL);
}

void reply_on_stop(struct reply *r, void (*stop)(void *arg, const struct err *why))
{
	r->stop = stop;
}

bool replies_hold(const struct conn *c, const char *id)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &c->replies) {
		if (strcmp(container_of(pos, struct reply, link)->id, id) == 0) {
			return true;
		}
	}
	return false;
}

static void drop(struct reply *r, const struct err *e)
{
	list_del(&r->link);
	r->gone(r->arg);
	/* Bytes may still be on their way: a line among them would be taken for some of them. */
	if (e != NULL && !r->nul) {
		reply_fail(r, e);
		return;
	}
	dispatch_audit(r->server, r->conn, r->method, r->about,
	    e != NULL ? err_name(e->type) : "client went away");
	reply_free(r);
}

void replies_drop(struct conn *c, const struct err *e)
{
	while (!list_empty(&c->replies)) {
		drop(container_of(c->replies.next, struct reply, link), e);
	}
}

void replies_judge(struct conn *c)
{
	struct list *pos, *tmp;
	struct err e = {0};

	err_set(&e, ERR_PERMISSION_DENIED, "rights withdrawn by a reload");
	list_for_each (pos, tmp, &c->replies) {
		struct reply *r = container_of(pos, struct reply, link);

		if (access_allows(c->perm, r->method->perm)) {
			continue;
		}
		if (r->stop != NULL) {
			r->stop(r->arg, &e);
		} else {
			drop(r, &e);
		}
	}
}

void replies_stop(struct conn *c, const struct err *why)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &c->replies) {
		struct reply *r = container_of(pos, struct reply, link);

		if (r->stop != NULL) {
			r->stop(r->arg, why);
		}
	}
}
