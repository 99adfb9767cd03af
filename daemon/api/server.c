/* SPDX-License-Identifier: MIT */
/* Clients come, are judged, and go; everything they ask is dispatch's business. */
#include "daemon/api/server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "common/proto.h"
#include "daemon/api/core.h"
#include "daemon/api/reply.h"
#include "daemon/model/hub.h"

/* ---- those who are turned away ---- */

/* One error line, then the end. What the peer has sent is read away, since unread bytes at close
 * would reach it as a reset. */
static void tell_and_drop(int fd, const struct err *e)
{
	char sink[4096];
	struct jw w;

	jw_init(&w);
	proto_error(&w, NULL, e);
	if (send(fd, w.buf, w.len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)w.len) {
		shutdown(fd, SHUT_WR);
		while (recv(fd, sink, sizeof(sink), MSG_DONTWAIT) == (ssize_t)sizeof(sink)) {
			;
		}
	}
	jw_finish(&w);
}

static void refuse(struct server *s, int fd, enum err_type type, const char *text)
{
	struct err e = {0};

	err_set(&e, type, "%s", text);
	tell_and_drop(fd, &e);
	s->counters.refused++;
	log_debug("client refused: %s", text);
}

static unsigned count_of_uid(const struct server *s, uid_t uid)
{
	struct list *pos, *tmp;
	unsigned n = 0;

	list_for_each (pos, tmp, &s->conns) {
		const struct conn *c = container_of(pos, struct conn, link);

		n += c->peer.uid == uid && !c->closing;
	}
	return n;
}

/* NULL: there is room for one more of that user. */
static const char *over_cap(const struct server *s, uid_t uid)
{
	bool exempt = access_exempt(&s->access, uid);
	unsigned cap = SERVER_CONNS_MAX + (exempt ? SERVER_CONNS_SPARE : 0);

	if (s->conn_count >= cap) {
		return "the daemon has too many connections";
	}
	if (!exempt && count_of_uid(s, uid) >= SERVER_CONNS_PER_UID) {
		return "this user has too many connections";
	}
	return NULL;
}

/* ---- those who are served ---- */

static void on_line(void *arg, struct conn *c, char *line, size_t len)
{
	dispatch_line(arg, c, line, len);
}

static void on_overlong(void *arg, struct conn *c)
{
	struct err e = {0};
	struct jw w;

	err_set(&e, ERR_INVALID_REQUEST, "request line longer than %d KiB", PROTO_LINE_MAX / 1024);
	jw_init(&w);
	proto_error(&w, NULL, &e);
	conn_send(c, w.buf, w.len);
	jw_finish(&w);
}

static void on_drained(void *arg, struct conn *c)
{
	struct server *s = arg;

	subs_drained(s->subs, c);
}

static void forget_conn(struct server *s, struct conn *c)
{
	struct err stopping = {0};

	/* Only the end of the daemon forgets a client that is still there. */
	err_set(&stopping, ERR_CANCELLED, "the daemon stops");
	replies_drop(c, c->closing ? NULL : &stopping);
	subs_drop(s->subs, c);
	listens_drop(s->listens, c);
	list_del(&c->link);
	s->conn_count--;
}

static void on_gone(void *arg, struct conn *c)
{
	forget_conn(arg, c);
}

static void admit_peer(struct server *s, int fd, struct peer *peer)
{
	enum perm perm = access_judge(&s->access, peer);
	const char *why = over_cap(s, peer->uid);
	struct conn *c;

	if (perm == PERM_ANY) {
		log_info("control socket: uid %u pid %d has no rights here: refused",
		    (unsigned)peer->uid, (int)peer->pid);
		refuse(s, fd, ERR_PERMISSION_DENIED, "this user has no rights on this daemon");
		close(fd);
		return;
	}
	if (why != NULL) {
		refuse(s, fd, ERR_OVERFLOW, why);
		close(fd);
		return;
	}
	c = conn_create(s->deps.loop, fd, peer, &s->conn_handler);
	if (c == NULL) {
		return;
	}
	c->perm = perm;
	c->serial = ++s->last_serial;
	list_add_tail(&s->conns, &c->link);
	s->conn_count++;
	s->counters.accepted++;
}

static void on_accepted(void *arg, int fd)
{
	struct server *s = arg;
	struct peer peer = {0};

	if (peer_read(fd, &peer) < 0) {
		refuse(s, fd, ERR_PERMISSION_DENIED, "credentials could not be read");
		close(fd);
		return;
	}
	admit_peer(s, fd, &peer);
	peer_finish(&peer);
}

static void on_shortage(void *arg, int fd)
{
	refuse(arg, fd, ERR_OVERFLOW, "the daemon has no descriptor left");
}

/* ---- the server itself ---- */

static void make_boot_id(char *buf, size_t size)
{
	unsigned char bytes[16];

	/* Never short below 256 bytes once the kernel's pool is ready. */
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
		abort();
	}
	for (size_t i = 0; i < sizeof(bytes); i++) {
		snprintf(buf + 2 * i, size - 2 * i, "%02x", bytes[i]);
	}
}

struct server *server_create(const struct api_deps *deps, const struct server_access *access)
{
	struct server *s = xcalloc(1, sizeof(*s));

	s->deps = *deps;
	s->access = *access;
	s->conn_handler = (struct conn_handler){on_line, on_overlong, on_drained, on_gone, s};
	s->audit_limit = (struct log_ratelimit){.interval_ms = 10000, .burst = 500};
	list_init(&s->conns);
	jw_init(&s->scratch);
	s->handlers = handlers_by_row();
	s->subs = subs_create(&s->deps);
	s->listens = listens_create(&s->deps);
	s->recorders = recorders_create(&s->deps);
	s->started_mono_ms = loop_now_ms(deps->loop);
	make_boot_id(s->boot_id, sizeof(s->boot_id));
	return s;
}

int server_listen(struct server *s, const char *path, mode_t mode, int fd)
{
	struct listener_handler h = {"control socket", on_accepted, on_shortage, s};

	return listener_create(s->deps.loop, path, mode, fd, &h, &s->listener);
}

void server_set_access(struct server *s, const struct server_access *access)
{
	struct list *pos, *tmp;

	s->access = *access;
	list_for_each (pos, tmp, &s->conns) {
		struct conn *c = container_of(pos, struct conn, link);

		c->perm = access_judge(access, &c->peer);
		replies_judge(c);
		if (!access_allows(c->perm, PERM_CONTROL)) {
			listens_drop(s->listens, c);
		}
		if (c->perm == PERM_ANY) {
			conn_finish(c, "rights withdrawn by a reload");
		}
	}
}

void server_pause(struct server *s)
{
	struct err stopping = {0};
	struct list *pos, *tmp;

	listener_stop(s->listener);
	err_set(&stopping, ERR_CANCELLED, "the daemon stops");
	list_for_each (pos, tmp, &s->conns) {
		replies_stop(container_of(pos, struct conn, link), &stopping);
	}
}

bool server_settled(const struct server *s)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &s->conns) {
		const struct conn *c = container_of(pos, struct conn, link);

		if ((c->requests == 0 && !c->closing && !c->finishing) || c->lent) {
			return false;
		}
	}
	return true;
}

void server_destroy(struct server *s)
{
	struct list *pos, *tmp;

	if (s == NULL) {
		return;
	}
	if (s->listener != NULL) {
		listener_stop(s->listener);
	}
	hub_event(s->deps.hub, EVENT_DAEMON_STOPPING, NULL, NULL, NULL, loop_wall_ms(s->deps.loop));
	subs_pump(s->subs);
	list_for_each (pos, tmp, &s->conns) {
		struct conn *c = container_of(pos, struct conn, link);

		conn_drain(c);
		forget_conn(s, c);
		conn_destroy(c);
	}
	listener_destroy(TAKE(s->listener));
	subs_destroy(s->subs);
	listens_destroy(s->listens);
	recorders_destroy(s->recorders);
	jw_finish(&s->scratch);
	free(s->handlers);
	free(s);
}

bool server_allows(const struct server *s, int fd, enum perm need)
{
	struct peer peer = {0};
	bool allowed = false;

	if (peer_read(fd, &peer) == 0) {
		allowed = access_allows(access_judge(&s->access, &peer), need);
		peer_finish(&peer);
	}
	return allowed;
}

unsigned server_clients(const struct server *s)
{
	return s->conn_count;
}
