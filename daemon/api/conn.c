/* SPDX-License-Identifier: MIT */
/* Non-blocking line input and bounded output of one client. */
#include "daemon/api/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/log.h"
#include "common/proto.h"

static void conn_run(struct conn *c);

size_t conn_queued(const struct conn *c)
{
	return c->out_len - c->out_start;
}

bool conn_wants_more(const struct conn *c)
{
	return !c->closing && !c->finishing && !c->writing && conn_queued(c) < CONN_OUT_RESUME;
}

/* ---- the end ---- */

static void on_reap(void *arg)
{
	struct conn *c = arg;

	c->handler->gone(c->handler->arg, c);
	conn_destroy(c);
}

/* Takes c off the loop: no callback of its events or timers follows. */
static void conn_silence(struct conn *c)
{
	if (c->read_event != NULL) {
		event_free(TAKE(c->read_event));
	}
	if (c->write_event != NULL) {
		event_free(TAKE(c->write_event));
	}
	if (c->end_event != NULL) {
		event_free(TAKE(c->end_event));
	}
	c->written = NULL;
	c->reading = c->writing = false;
	loop_timer_stop(&c->resume);
	loop_timer_stop(&c->partial);
	loop_timer_stop(&c->unread);
	if (c->fd >= 0) {
		if (c->lent) {
			/* Who has it still holds a descriptor of it, perhaps for a while. */
			shutdown(c->fd, SHUT_RDWR);
		}
		close(c->fd);
		c->fd = -1;
	}
}

void conn_destroy(struct conn *c)
{
	if (c == NULL) {
		return;
	}
	conn_silence(c);
	loop_deferred_cancel(&c->reap);
	lines_finish(&c->in);
	peer_finish(&c->peer);
	free(c->out);
	free(c);
}

void conn_close(struct conn *c, const char *reason)
{
	if (c->closing) {
		return;
	}
	log_debug("client %llu (uid %u, pid %d) closed: %s", (unsigned long long)c->serial,
	    (unsigned)c->peer.uid, (int)c->peer.pid, reason);
	c->closing = true;
	conn_silence(c);
	loop_defer(c->loop, &c->reap);
}

/* ---- output ---- */

static void set_event(struct event *ev, bool *armed, bool want)
{
	if (*armed == want) {
		return;
	}
	if (want) {
		event_add(ev, NULL);
	} else {
		event_del(ev);
	}
	*armed = want;
}

/* The one place that decides what c waits for. */
static void conn_arm(struct conn *c)
{
	if (c->closing) {
		return;
	}
	if (c->finishing && conn_queued(c) == 0 && list_empty(&c->replies)) {
		conn_close(c, c->finish_reason);
		return;
	}
	set_event(c->read_event, &c->reading, !c->finishing && !c->paused && !c->lent);
	set_event(c->write_event, &c->writing, conn_queued(c) > 0);
	if (conn_queued(c) <= (c->lent ? 0 : CONN_OUT_UNREAD)) {
		loop_timer_stop(&c->unread);
	} else if (!loop_timer_armed(&c->unread)) {
		loop_timer_start(&c->unread, CONN_UNREAD_MS);
	}
}

static void out_append(struct conn *c, const char *data, size_t len)
{
	size_t queued = conn_queued(c);

	if (c->out_start > 0 && c->out_len + len > c->out_cap) {
		memmove(c->out, c->out + c->out_start, queued);
		c->out_start = 0;
		c->out_len = queued;
	}
	if (c->out_len + len > c->out_cap) {
		size_t cap = c->out_cap > 0 ? c->out_cap : 1024;

		while (cap < c->out_len + len) {
			cap *= 2;
		}
		c->out = xrealloc(c->out, cap);
		c->out_cap = cap;
	}
	memcpy(c->out + c->out_len, data, len);
	c->out_len += len;
}

/* An idle client keeps no buffer worth mentioning. */
static void out_emptied(struct conn *c)
{
	c->out_start = c->out_len = 0;
	if (c->out_cap > 4096) {
		free(TAKE(c->out));
		c->out_cap = 0;
	}
}

/* Bytes taken by the kernel, 0 when it takes none now; negative: c is closed. */
static ssize_t write_some(struct conn *c, const struct iovec *iov, int count)
{
	struct msghdr msg = {.msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)count};
	ssize_t n;

	do {
		n = sendmsg(c->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n >= 0) {
		return n;
	}
	if (errno == EAGAIN || errno == EWOULDBLOCK) {
		return 0;
	}
	conn_close(c, errno == EPIPE || errno == ECONNRESET ? "client went away" : "write failed");
	return -1;
}

static void out_write(struct conn *c)
{
	while (!c->closing && conn_queued(c) > 0) {
		struct iovec iov = {c->out + c->out_start, conn_queued(c)};
		ssize_t n = write_some(c, &iov, 1);

		if (n <= 0) {
			return;
		}
		c->out_start += (size_t)n;
		/* The client reads: its clock starts anew. */
		loop_timer_stop(&c->unread);
	}
	if (!c->closing) {
		out_emptied(c);
	}
}

void conn_flush(struct conn *c)
{
	if (!c->closing && !c->corked) {
		out_write(c);
		conn_arm(c);
	}
}

void conn_cork(struct conn *c)
{
	c->corked = true;
}

void conn_uncork(struct conn *c)
{
	c->corked = false;
	conn_flush(c);
}

static size_t iov_total(const struct iovec *iov, int count)
{
	size_t total = 0;

	for (int i = 0; i < count; i++) {
		total += iov[i].iov_len;
	}
	return total;
}

void conn_sendv(struct conn *c, const struct iovec *iov, int count)
{
	size_t total = iov_total(iov, count), skip = 0;

	if (c->closing) {
		return;
	}
	if (conn_queued(c) + total > CONN_OUT_MAX) {
		conn_close(c, "more than 64 MiB queued");
		return;
	}
	if (!c->corked && conn_queued(c) == 0) {
		ssize_t n = write_some(c, iov, count);

		if (n < 0) {
			return;
		}
		skip = (size_t)n;
	}
	for (int i = 0; i < count; i++) {
		size_t cut = skip < iov[i].iov_len ? skip : iov[i].iov_len;

		skip -= cut;
		if (cut < iov[i].iov_len) {
			out_append(c, (const char *)iov[i].iov_base + cut, iov[i].iov_len - cut);
		}
	}
	if (c->corked && !c->writing && conn_queued(c) >= CONN_OUT_RESUME) {
		out_write(c);
	}
	if (!c->corked) {
		conn_arm(c);
	}
}

void conn_send(struct conn *c, const void *data, size_t len)
{
	struct iovec iov = {(void *)data, len};

	conn_sendv(c, &iov, 1);
}

void conn_finish(struct conn *c, const char *reason)
{
	if (c->closing || c->finishing) {
		return;
	}
	c->finishing = true;
	c->finish_reason = reason;
	loop_timer_stop(&c->resume);
	loop_timer_start(&c->partial, CONN_FINISH_MS);
	conn_flush(c);
}

/* ---- input ---- */

/* Both directions, not half of them: a client may have said all it has to say. */
static bool is_gone(const struct conn *c)
{
	struct pollfd p = {.fd = c->fd};

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR)) != 0;
}

/* A client that only has nothing more to say still reads its answers. */
static void end_input(struct conn *c)
{
	if (!list_empty(&c->replies) && is_gone(c)) {
		conn_close(c, "client went away");
		return;
	}
	conn_finish(c, "end of input");
}

/* Reads once. False: nothing to read now, or c ends. */
static bool read_some(struct conn *c)
{
	char chunk[CONN_CHUNK];
	ssize_t n;

	do {
		n = recv(c->fd, chunk, sizeof(chunk), MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		return false;
	}
	if (n < 0) {
		conn_close(c, "read failed");
		return false;
	}
	if (n == 0) {
		end_input(c);
		return false;
	}
	/* The lines before the one that is too long are answered first. */
	c->overlong = lines_feed(&c->in, chunk, (size_t)n) < 0;
	return true;
}

/* Answers what is held, up to the budget. False: c must not read on now. */
static bool take_lines(struct conn *c, unsigned *budget)
{
	for (;;) {
		char *line;
		size_t len;

		if (c->closing || c->finishing || c->lent) {
			return false;
		}
		if (conn_queued(c) >= CONN_OUT_PAUSE) {
			c->paused = true;
			return false;
		}
		if (*budget == 0) {
			/* Others' turn; a zero timer, since an active event would starve them. */
			loop_timer_start(&c->resume, 0);
			return false;
		}
		line = lines_next(&c->in, &len);
		if (line == NULL && c->overlong) {
			c->handler->overlong(c->handler->arg, c);
			conn_finish(c, "line longer than 64 KiB");
			return false;
		}
		if (line == NULL) {
			return true;
		}
		loop_timer_stop(&c->partial);
		if (len > 0) {
			(*budget)--;
			c->requests++;
			c->handler->line(c->handler->arg, c, line, len);
		}
	}
}

/* The age of an unfinished line counts only while we would read its rest. */
static void watch_partial(struct conn *c)
{
	if (c->closing || c->finishing) {
		return;
	}
	if (c->paused || c->lent || !lines_partial(&c->in)) {
		loop_timer_stop(&c->partial);
	} else if (!loop_timer_armed(&c->partial)) {
		loop_timer_start(&c->partial, CONN_PARTIAL_MS);
	}
}

static void conn_run(struct conn *c)
{
	unsigned budget = CONN_REQUESTS_MAX, reads = CONN_READS_MAX;

	c->corked = true;
	while (take_lines(c, &budget) && reads-- > 0 && read_some(c)) {
		;
	}
	watch_partial(c);
	conn_uncork(c);
}

void conn_drain(struct conn *c)
{
	if (!c->closing && !c->lent) {
		shutdown(c->fd, SHUT_RD);
	}
	while (!c->closing && !c->finishing && !c->paused && !c->lent) {
		conn_run(c);
	}
	conn_flush(c);
}

/* ---- lent to somebody ---- */

void conn_lend(struct conn *c)
{
	c->lent = true;
	conn_arm(c);
	if (!c->closing) {
		/* Once: half an end would be told again and again. A whole one behind it shows when
		 * something is written. */
		event_add(c->end_event, NULL);
	}
}

void conn_return(struct conn *c)
{
	c->lent = false;
	if (!c->closing) {
		event_del(c->end_event);
		conn_arm(c);
	}
}

bool conn_has_input(const struct conn *c)
{
	int waiting = 0;

	return c->overlong || c->in.len > c->in.start ||
	       (ioctl(c->fd, FIONREAD, &waiting) == 0 && waiting > 0);
}

static void tell_written(struct conn *c)
{
	void (*fn)(void *arg) = c->written;

	if (fn != NULL && !c->closing && conn_queued(c) == 0) {
		c->written = NULL;
		fn(c->written_arg);
	}
}

void conn_when_written(struct conn *c, void (*fn)(void *arg), void *arg)
{
	c->written = c->closing ? NULL : fn;
	c->written_arg = arg;
	tell_written(c);
}

/* ---- callbacks ---- */

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	conn_run(arg);
}

static void on_resume(void *arg)
{
	conn_run(arg);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	conn_flush(c);
	tell_written(c);
	if (!c->closing && c->paused && conn_queued(c) <= CONN_OUT_RESUME) {
		c->paused = false;
		conn_run(c);
	}
	if (!c->closing && conn_queued(c) == 0) {
		c->handler->drained(c->handler->arg, c);
	}
}

static void on_client_end(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	if (is_gone(c)) {
		conn_close(c, "client went away");
	}
}

static void on_partial(void *arg)
{
	struct conn *c = arg;

	if (c->finishing && conn_queued(c) == 0 && !list_empty(&c->replies)) {
		/* It reads; each answer has a deadline of its own. */
		loop_timer_start(&c->partial, CONN_FINISH_MS);
		return;
	}
	conn_close(c, c->finishing ? c->finish_reason : "unfinished line older than 10 s");
}

static void on_unread(void *arg)
{
	struct conn *c = arg;

	log_info("client %llu (uid %u, pid %d) has read nothing for 30 s with %zu bytes waiting: "
		 "closed",
	    (unsigned long long)c->serial, (unsigned)c->peer.uid, (int)c->peer.pid, conn_queued(c));
	conn_close(c, "unread for 30 s with over 1 MiB queued");
}

struct conn *conn_create(
    struct loop *l, int fd, struct peer *peer, const struct conn_handler *handler)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	c->loop = l;
	c->fd = fd;
	c->handler = handler;
	c->peer = *peer;
	*peer = (struct peer){0};
	list_init(&c->link);
	list_init(&c->subs);
	list_init(&c->replies);
	list_init(&c->listens);
	lines_init(&c->in, PROTO_LINE_MAX);
	loop_timer_init(&c->resume, l, on_resume, c);
	loop_timer_init(&c->partial, l, on_partial, c);
	loop_timer_init(&c->unread, l, on_unread, c);
	loop_deferred_init(&c->reap, on_reap, c);
	if (evutil_make_socket_nonblocking(fd) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0) {
		c->read_event = event_new(loop_base(l), fd, EV_READ | EV_PERSIST, on_readable, c);
		c->write_event = event_new(loop_base(l), fd, EV_WRITE | EV_PERSIST, on_writable, c);
		c->end_event = event_new(loop_base(l), fd, EV_CLOSED, on_client_end, c);
	}
	if (c->read_event == NULL || c->write_event == NULL || c->end_event == NULL) {
		conn_destroy(c);
		return NULL;
	}
	conn_arm(c);
	return c;
}
