/* SPDX-License-Identifier: MIT */
/* One accepted TCP connection: TLS without blocking, and the ways it can be made to misbehave. */
#include "tests/sim/conn.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/util.h"

static void write_out(struct conn *c);

/* "certificate unknown", "unknown ca" ...: what the peer's alert or our library said. */
static const char *tls_reason(void)
{
	unsigned long code = ERR_peek_last_error();
	const char *text = code ? ERR_reason_error_string(code) : NULL;

	return text ? text : "connection lost in the handshake";
}

static void handshake(struct conn *c)
{
	int r, error;

	ERR_clear_error();
	r = SSL_do_handshake(c->ssl);
	if (r == 1) {
		c->ready = true;
		c->ops->secured(c->owner);
		return;
	}
	error = SSL_get_error(c->ssl, r);
	if (error == SSL_ERROR_WANT_WRITE) {
		event_add(c->write_event, NULL);
	} else if (error != SSL_ERROR_WANT_READ) {
		conn_close(c, tls_reason());
	}
}

/* Bytes, 0 = nothing now, or -1 = the end, with its reason. */
static int receive(struct conn *c, void *room, int len, const char **ret_why)
{
	int r, error;

	if (c->plain) {
		r = (int)recv(c->fd, room, (size_t)len, 0);
		if (r > 0 || (r < 0 && (errno == EAGAIN || errno == EINTR))) {
			return r > 0 ? r : 0;
		}
		*ret_why = r == 0 ? "closed by the client" : "lost";
		return -1;
	}
	ERR_clear_error();
	r = SSL_read(c->ssl, room, len);
	if (r > 0) {
		return r;
	}
	error = SSL_get_error(c->ssl, r);
	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
		return 0;
	}
	c->goodbye = error == SSL_ERROR_ZERO_RETURN;
	*ret_why = c->goodbye ? "closed by the client" : "lost";
	return -1;
}

/* As receive. */
static int transmit(struct conn *c, const void *data, int len)
{
	int r, error;

	if (c->plain) {
		r = (int)send(c->fd, data, (size_t)len, MSG_NOSIGNAL);
		return r >= 0 ? r : errno == EAGAIN || errno == EINTR ? 0 : -1;
	}
	ERR_clear_error();
	r = SSL_write(c->ssl, data, len);
	if (r > 0) {
		return r;
	}
	error = SSL_get_error(c->ssl, r);
	return error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ ? 0 : -1;
}

/* All that is there now, or as much as is taken in a turn: a record is always read whole, so the
 * rest waits in the socket. */
static void read_in(struct conn *c)
{
	size_t before = c->in.len, most = c->turn_max ? c->turn_max : CONN_TURN_MAX;

	while (!c->closing && !c->frozen && c->in.len - before < most) {
		uint8_t *room = bytes_reserve(&c->in, 16384);
		const char *why = NULL;
		int r = receive(c, room, 16384, &why);

		if (r > 0) {
			bytes_grew(&c->in, (size_t)r);
			c->bytes_in += (uint64_t)r;
			continue;
		}
		if (r == 0) {
			break;
		}
		if (c->in.len > before) {
			c->ops->input(c->owner);
		}
		conn_close(c, why);
		return;
	}
	if (c->in.len > before) {
		c->ops->input(c->owner);
	} else if (c->in.len == 0) {
		bytes_finish(&c->in);
	}
}

static void on_read(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	if (!c->ssl && !c->plain) { /* silent: swallow the ClientHello, notice the end */
		char junk[4096];
		ssize_t n = recv(fd, junk, sizeof(junk), 0);

		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			conn_close(c, "closed by the client");
		}
		return;
	}
	if (!c->ready) {
		handshake(c);
	}
	if (c->ready && !c->closing) {
		read_in(c);
	}
}

static void on_write(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	if (!c->ready) {
		handshake(c);
	} else {
		write_out(c);
	}
}

static void on_join(evutil_socket_t fd, short what, void *arg)
{
	write_out(arg);
}

void conn_init(struct conn *c, struct event_base *base, const struct conn_ops *ops, void *owner,
    int fd, SSL *ssl)
{
	int one = 1;

	*c = (struct conn){.ops = ops, .owner = owner, .fd = fd, .ssl = ssl};
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c->read_event = event_new(base, fd, EV_READ | EV_PERSIST, on_read, c);
	c->write_event = event_new(base, fd, EV_WRITE, on_write, c);
	c->join_event = evtimer_new(base, on_join, c);
	event_add(c->read_event, NULL);
}

void conn_init_plain(
    struct conn *c, struct event_base *base, const struct conn_ops *ops, void *owner, int fd)
{
	conn_init(c, base, ops, owner, fd, NULL);
	c->plain = c->ready = true;
}

void conn_finish(struct conn *c)
{
	bytes_finish(&c->in);
	bytes_finish(&c->out);
}

static void write_out(struct conn *c)
{
	while (c->out.len > 0 && !c->closing && !c->frozen) {
		size_t len = c->out.len;
		int r;

		if (c->record_max > 0 && len > c->record_max) {
			len = c->record_max;
		}
		if (len < c->retry_len) { /* OpenSSL wants no less than it was given before */
			len = c->retry_len;
		}
		r = transmit(c, bytes_head(&c->out), (int)len);
		if (r > 0) {
			c->retry_len = 0;
			c->bytes_out += (uint64_t)r;
			bytes_consume(&c->out, (size_t)r);
			continue;
		}
		if (r == 0) {
			c->retry_len = len;
			event_add(c->write_event, NULL);
			return;
		}
		conn_close(c, "lost while writing");
		return;
	}
	if (c->out.len == 0 && !c->closing) {
		c->ops->drained(c->owner);
	}
}

void conn_flush(struct conn *c)
{
	if (c->closing || c->frozen || !c->ready || c->out.len == 0) {
		return;
	}
	if (c->out.len > CONN_OUT_MAX) {
		conn_close(c, "the client does not read");
	} else if (c->retry_len > 0) {
		return; /* the write event is armed */
	} else if (c->join_ms > 0) {
		struct timeval delay = {c->join_ms / 1000, c->join_ms % 1000 * 1000};

		if (!evtimer_pending(c->join_event, NULL)) {
			evtimer_add(c->join_event, &delay);
		}
	} else {
		write_out(c);
	}
}

void conn_want_drained(struct conn *c)
{
	if (!c->closing && !c->frozen && c->retry_len == 0) {
		event_add(c->write_event, NULL);
	}
}

void conn_close(struct conn *c, const char *why)
{
	if (c->closing) {
		return;
	}
	c->closing = true;
	event_free(c->read_event);
	event_free(c->write_event);
	event_free(c->join_event);
	if (c->ssl) {
		if (c->ready) {
			SSL_shutdown(c->ssl); /* close_notify, if it fits */
		}
		SSL_free(c->ssl);
		ERR_clear_error();
	}
	close(c->fd);
	c->fd = -1;
	c->ssl = NULL;
	c->ops->gone(c->owner, why);
}

void conn_freeze(struct conn *c, bool frozen)
{
	if (c->closing || c->frozen == frozen) {
		return;
	}
	c->frozen = frozen;
	if (frozen) {
		event_del(c->read_event);
		event_del(c->write_event);
		evtimer_del(c->join_event);
		return;
	}
	event_add(c->read_event, NULL);
	event_add(c->write_event, NULL);
}
