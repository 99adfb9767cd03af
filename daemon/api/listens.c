/* SPDX-License-Identifier: MIT */
/* Raw messages to those who listen: rendered once, sent to whoever reads. */
#include "daemon/api/listens.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/api/bodies.h"
#include "daemon/api/conn.h"
#include "daemon/api/server.h"
#include "daemon/fleet/fleet.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/tap.h"

struct listen {
	struct list in_all, in_conn;
	struct conn *conn;
	unsigned number;
	char *printer;
	char *head;    /* notification up to and with the number */
	uint64_t lost; /* messages since the last one that was sent */
};

struct listens {
	const struct api_deps *deps;
	struct list list;
	unsigned count;
	struct fleet_tap tap;
};

static bool on_wants(void *arg, const struct printer *p)
{
	struct listens *l = arg;
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &l->list) {
		if (strcmp(container_of(pos, struct listen, in_all)->printer, printer_name(p)) ==
		    0) {
			return true;
		}
	}
	return false;
}

/* What follows the head: an object whose opening brace becomes the comma. */
static void write_body(struct jw *w, const struct listens *l, const struct printer *p,
    const char *topic, const char *payload, size_t len)
{
	jw_init(w);
	jw_object(w, NULL);
	jw_str(w, "printer", printer_name(p));
	jw_str(w, "topic", topic);
	jw_raw(w, "payload", payload, len);
	jw_time(w, "time", loop_wall_ms(l->deps->loop));
	jw_object_end(w);
	jw_bytes(w, "}\n", 2);
	w->buf[0] = ',';
}

static void send_to(struct listen *one, const struct jw *body)
{
	char lost[40] = "";
	struct iovec iov[3] = {
	    {one->head, strlen(one->head)},
	    {lost, 0},
	    {body->buf, body->len},
	};

	if (!conn_wants_more(one->conn)) {
		one->lost++;
		return;
	}
	if (one->lost > 0) {
		iov[1].iov_len = (size_t)snprintf(
		    lost, sizeof(lost), ",\"lost\":%llu", (unsigned long long)one->lost);
		one->lost = 0;
	}
	conn_sendv(one->conn, iov, 3);
}

static void on_message(
    void *arg, const struct printer *p, const char *topic, const char *payload, size_t len)
{
	struct listens *l = arg;
	struct list *pos, *tmp;
	struct jw body;

	write_body(&body, l, p, topic, payload, len);
	list_for_each (pos, tmp, &l->list) {
		struct listen *one = container_of(pos, struct listen, in_all);

		if (strcmp(one->printer, printer_name(p)) == 0) {
			send_to(one, &body);
		}
	}
	jw_finish(&body);
}

struct listens *listens_create(const struct api_deps *deps)
{
	struct listens *l = xcalloc(1, sizeof(*l));

	l->deps = deps;
	list_init(&l->list);
	l->tap = (struct fleet_tap){.wants = on_wants, .message = on_message, .arg = l};
	return l;
}

/* While nobody listens the fleet has no tap. */
static void set_tap(struct listens *l)
{
	l->deps->fleet->tap = l->count > 0 ? &l->tap : NULL;
}

void listens_destroy(struct listens *l)
{
	free(l);
}

int listens_add(
    struct listens *l, struct conn *c, const char *printer, unsigned *ret_number, struct err *e)
{
	struct listen *one;

	if (l->count >= LISTENS_MAX) {
		err_set(e, ERR_OVERFLOW, "at most %d listen to messages at a time", LISTENS_MAX);
		return -ENOSPC;
	}
	one = xcalloc(1, sizeof(*one));
	one->conn = c;
	one->number = ++c->last_sub;
	one->printer = xstrdup(printer);
	one->head = bodies_head("mqtt", one->number);
	list_add_tail(&l->list, &one->in_all);
	list_add_tail(&c->listens, &one->in_conn);
	l->count++;
	set_tap(l);
	*ret_number = one->number;
	return 0;
}

static void listen_destroy(struct listens *l, struct listen *one)
{
	list_del(&one->in_all);
	list_del(&one->in_conn);
	free(one->printer);
	free(one->head);
	free(one);
	l->count--;
	set_tap(l);
}

int listens_remove(struct listens *l, struct conn *c, int64_t number)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &c->listens) {
		struct listen *one = container_of(pos, struct listen, in_conn);

		if (one->number == number) {
			listen_destroy(l, one);
			return 0;
		}
	}
	return -ENOENT;
}

void listens_drop(struct listens *l, struct conn *c)
{
	while (!list_empty(&c->listens)) {
		listen_destroy(l, container_of(c->listens.next, struct listen, in_conn));
	}
}
