/* SPDX-License-Identifier: MIT */
/* The spawner process as the daemon sees it: programs are started, and what became of them comes
 * back on the loop. */
#include "daemon/io/spawn.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "common/log.h"
#include "common/util.h"
#include "daemon/io/loop.h"
#include "daemon/io/spawn_wire.h"

enum { END_MS = 1000 };

struct spawn {
	struct list link; /* running or ending of the port */
	struct spawn_port *port;
	uint32_t id;
	pid_t pid;
	spawn_fn fn;
	void *arg;
};

struct spawn_port {
	int fd; /* -1: it has ended */
	pid_t pid;
	uint32_t last_id;
	struct event readable, writable;
	struct list running;
	struct list ending; /* their end could not be asked for yet */
};

static void spawn_free(struct spawn *s)
{
	list_del(&s->link);
	free(s);
}

static void finish(struct spawn *s, const struct spawn_result *r)
{
	spawn_fn fn = s->fn;
	void *arg = s->arg;

	spawn_free(s);
	if (fn) {
		fn(arg, r);
	}
}

static struct spawn *find(const struct spawn_port *p, uint32_t id)
{
	for (struct list *l = p->running.next; l != &p->running; l = l->next) {
		struct spawn *s = container_of(l, struct spawn, link);

		if (s->id == id) {
			return s;
		}
	}
	return NULL;
}

static void lose(struct spawn_port *p)
{
	struct spawn_result r = {.error = ESHUTDOWN};

	event_del(&p->readable);
	event_del(&p->writable);
	close(p->fd);
	p->fd = -1;
	kill(p->pid, SIGKILL); /* not reaped yet */
	while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR) {
	}
	log_err("the spawner process has ended: hooks and decoders of cameras cannot be started "
		"until bambud is restarted");
	while (!list_empty(&p->ending)) {
		spawn_free(container_of(p->ending.next, struct spawn, link));
	}
	while (!list_empty(&p->running)) {
		finish(container_of(p->running.next, struct spawn, link), &r);
	}
}

static void take(struct spawn_port *p, const struct spawn_tell *t)
{
	struct spawn *s = find(p, t->id);
	struct spawn_result r = {.error = t->error, .status = t->status, .timed_out = t->timed_out};

	if (s && t->kind == SPAWN_STARTED) {
		s->pid = t->pid;
	} else if (s && t->kind == SPAWN_ENDED) {
		finish(s, &r);
	}
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct spawn_port *p = arg;
	struct spawn_tell t;
	ssize_t n = 1;

	while (p->fd >= 0 && (n = recv(p->fd, &t, sizeof(t), 0)) == sizeof(t)) {
		take(p, &t);
	}
	if (p->fd >= 0 && !(n < 0 && (errno == EAGAIN || errno == EINTR))) {
		lose(p);
	}
}

static bool ask_end(const struct spawn *s)
{
	struct spawn_ask ask = {.kind = SPAWN_END, .id = s->id};

	return send(s->port->fd, &ask, sizeof(ask), MSG_NOSIGNAL) >= 0 || errno != EAGAIN;
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct spawn_port *p = arg;

	while (!list_empty(&p->ending)) {
		struct spawn *s = container_of(p->ending.next, struct spawn, link);

		if (!ask_end(s)) {
			event_add(&p->writable, NULL);
			return;
		}
		spawn_free(s);
	}
}

struct spawn_port *spawn_port_create(struct loop *l, int fd, pid_t pid)
{
	struct spawn_port *p = xcalloc(1, sizeof(*p));

	p->fd = fd;
	p->pid = pid;
	list_init(&p->running);
	list_init(&p->ending);
	event_assign(&p->readable, loop_base(l), fd, EV_READ | EV_PERSIST, on_readable, p);
	event_assign(&p->writable, loop_base(l), fd, EV_WRITE, on_writable, p);
	event_add(&p->readable, NULL);
	return p;
}

/* It ends at once, unless somebody stopped it. */
static void end_process(struct spawn_port *p)
{
	struct pollfd wait = {.fd = p->fd, .events = POLLIN};
	char rest[sizeof(struct spawn_tell)];
	int left = 2 * SPAWN_CHILDREN_MAX; /* answers that may lie there */

	shutdown(p->fd, SHUT_WR);
	while (left-- > 0 && poll(&wait, 1, END_MS) > 0 && recv(p->fd, rest, sizeof(rest), 0) > 0) {
	}
	kill(p->pid, SIGKILL);
	while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR) {
	}
	close(p->fd);
}

void spawn_port_destroy(struct spawn_port *p)
{
	if (!p) {
		return;
	}
	event_del(&p->readable);
	event_del(&p->writable);
	while (!list_empty(&p->running)) {
		spawn_free(container_of(p->running.next, struct spawn, link));
	}
	while (!list_empty(&p->ending)) {
		spawn_free(container_of(p->ending.next, struct spawn, link));
	}
	if (p->fd >= 0) {
		end_process(p);
	}
	free(p);
}

bool spawn_port_alive(const struct spawn_port *p)
{
	return p->fd >= 0;
}

/* False when there is no room for them. */
static bool put_strings(char *buf, size_t *len, const char *const *list, uint32_t *ret_count)
{
	for (*ret_count = 0; list && list[*ret_count]; ++*ret_count) {
		size_t size = strlen(list[*ret_count]) + 1;

		if (size > SPAWN_ASK_MAX - *len) {
			return false;
		}
		memcpy(buf + *len, list[*ret_count], size);
		*len += size;
	}
	return true;
}

static int send_start(const struct spawn_port *p, const char *buf, size_t len, const int *fds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(SPAWN_FDS * sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = (void *)buf, .iov_len = len};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes};
	struct cmsghdr *c;

	m.msg_controllen = sizeof(control.bytes);
	c = CMSG_FIRSTHDR(&m);
	*c = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
	c->cmsg_len = CMSG_LEN(SPAWN_FDS * sizeof(int));
	memcpy(CMSG_DATA(c), fds, SPAWN_FDS * sizeof(int));
	if (sendmsg(p->fd, &m, MSG_NOSIGNAL) >= 0) {
		return 0;
	}
	return errno == EPIPE || errno == ECONNRESET ? -ESHUTDOWN : -errno;
}

int spawn_start(
    struct spawn_port *p, const struct spawn_plan *plan, spawn_fn fn, void *arg, struct spawn **ret)
{
	static char buf[SPAWN_ASK_MAX];
	struct spawn_ask ask = {.kind = SPAWN_START, .id = p->last_id + 1};
	size_t len = sizeof(ask);
	struct spawn *s;
	int rc;

	if (p->fd < 0) {
		return -ESHUTDOWN;
	}
	if (!put_strings(buf, &len, plan->argv, &ask.argc) ||
	    !put_strings(buf, &len, plan->env, &ask.envc)) {
		return -E2BIG;
	}
	ask.limit_ms = plan->limit_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)plan->limit_ms;
	memcpy(buf, &ask, sizeof(ask));
	rc = send_start(p, buf, len, plan->fds);
	if (rc < 0) {
		return rc;
	}
	s = xcalloc(1, sizeof(*s));
	s->port = p;
	s->id = ++p->last_id;
	s->fn = fn;
	s->arg = arg;
	list_add_tail(&p->running, &s->link);
	*ret = s;
	return 0;
}

void spawn_end(struct spawn *s)
{
	struct spawn_port *p;

	if (!s) {
		return;
	}
	p = s->port;
	if (p->fd >= 0 && !ask_end(s)) {
		list_del(&s->link);
		list_add_tail(&p->ending, &s->link);
		event_add(&p->writable, NULL);
		return;
	}
	spawn_free(s);
}

pid_t spawn_pid(const struct spawn *s)
{
	return s->pid;
}

const char *spawn_error_text(int error)
{
	switch (error < 0 ? -error : error) {
	case ESHUTDOWN:
		return "the spawner process has ended; restart bambud";
	case EAGAIN:
		return "too many programs run already";
	default:
		return strerror(error < 0 ? -error : error);
	}
}
