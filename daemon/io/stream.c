/* SPDX-License-Identifier: MIT */
/* A TLS byte stream on the loop: connect, verify, read and write, with a deadline until it is up.
 */
#include "daemon/io/stream.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <limits.h>
#include <netdb.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/text.h"
#include "daemon/io/loop.h"

enum {
	TURN_BYTES = 512 * 1024, /* then others have their turn */
	OUT_MAX = 64 * 1024,
	RECORD_MAX = 17 * 1024, /* of TLS, with what is around it */
	LOW_WATER_MAX = 64 * 1024,
};

struct stream {
	struct loop *loop;
	struct stream_handler handler;
	struct tls_profile *profile;
	char address[64];
	uint16_t port;
	struct tls_peer peer;
	int fd, low_water;
	SSL *ssl; /* once TCP is there */
	struct event ev;
	short armed; /* what ev waits for, 0 nothing */
	bool up, broken, write_wanted;
	bool busy, dead; /* destroyed within its own event */
	size_t want;
	uint8_t *out; /* not sent yet */
	size_t out_len;
	struct loop_timer limit;
	struct loop_deferred told; /* the end, once the stack is ours alone */
	enum stream_down why;
	char text[200];
};

static void on_ready(evutil_socket_t fd, short what, void *arg);

static void arm(struct stream *s, short what)
{
	if (what == s->armed) {
		return;
	}
	if (s->armed != 0) {
		event_del(&s->ev);
	}
	s->armed = 0;
	if (what != 0) {
		event_assign(
		    &s->ev, loop_base(s->loop), s->fd, (short)(what | EV_PERSIST), on_ready, s);
		s->armed = event_add(&s->ev, NULL) == 0 ? what : 0;
	}
}

static void out_replace(struct stream *s, uint8_t *data, size_t len)
{
	if (s->out) {
		explicit_bzero(s->out, s->out_len);
		free(s->out);
	}
	s->out = data;
	s->out_len = len;
}

/* Gives the socket what it takes now. The result of OpenSSL, > 0 when nothing is left. */
static int push(struct stream *s)
{
	size_t sent = 0;
	int rc = 1;

	ERR_clear_error();
	errno = 0;
	while (rc > 0 && sent < s->out_len) {
		rc = SSL_write(s->ssl, s->out + sent, (int)(s->out_len - sent));
		sent += rc > 0 ? (size_t)rc : 0;
	}
	if (sent == s->out_len) {
		out_replace(s, NULL, 0);
	} else if (sent > 0) {
		memmove(s->out, s->out + sent, s->out_len - sent);
		explicit_bzero(s->out + s->out_len - sent, sent);
		s->out_len -= sent;
	}
	return rc;
}

static void hang_up(struct stream *s)
{
	loop_timer_stop(&s->limit);
	arm(s, 0);
	if (s->ssl) {
		if (s->up && !s->broken && push(s) > 0) {
			SSL_shutdown(s->ssl);
		}
		SSL_free(TAKE(s->ssl));
		ERR_clear_error();
	}
	if (s->fd >= 0) {
		shutdown(s->fd, SHUT_RDWR);
		close(s->fd);
		s->fd = -1;
	}
	out_replace(s, NULL, 0);
}

void stream_destroy(struct stream *s)
{
	if (!s) {
		return;
	}
	hang_up(s);
	loop_deferred_cancel(&s->told);
	if (s->busy) {
		s->dead = true;
		return;
	}
	tls_profile_unref(s->profile);
	free(s);
}

static void on_told(void *arg)
{
	struct stream *s = arg;
	char text[sizeof(s->text)];

	str_copy(text, sizeof(text), s->text); /* the stream may not outlive the call */
	s->handler.down(s->handler.arg, s->why, text);
}

static void fail(struct stream *s, enum stream_down why, const char *text)
{
	s->why = why;
	text_escape_buf(text, s->text, sizeof(s->text));
	hang_up(s);
	loop_defer(s->loop, &s->told);
}

static void on_limit(void *arg)
{
	struct stream *s = arg;
	char text[160];

	if (s->ssl) {
		snprintf(text, sizeof(text),
		    "port %u is open, but nobody answers the TLS handshake within %d s", s->port,
		    STREAM_CONNECT_MS / 1000);
	} else {
		snprintf(text, sizeof(text), "no answer from %s port %u within %d s", s->address,
		    s->port, STREAM_CONNECT_MS / 1000);
	}
	fail(s, STREAM_DOWN_TIMEOUT, text);
}

/* ---- TLS ---- */

static void fail_handshake(struct stream *s, bool reset)
{
	char text[160];

	if (s->peer.reason[0] != '\0') {
		fail(s, STREAM_DOWN_TLS, s->peer.reason);
		return;
	}
	snprintf(text, sizeof(text), "the connection was %s during the TLS handshake",
	    reset ? "reset" : "closed");
	fail(s, STREAM_DOWN_BROKEN, text);
}

static void fail_stream(struct stream *s, bool plain, int error)
{
	char text[160];

	s->broken = true;
	if (plain) {
		fail(s, STREAM_DOWN_EOF, "the other end closed the connection");
	} else if (s->peer.reason[0] != '\0') {
		fail(s, STREAM_DOWN_BROKEN, s->peer.reason);
	} else {
		snprintf(text, sizeof(text), "the connection broke: %s",
		    error != 0 ? strerrordesc_np(error) : "damaged TLS");
		fail(s, STREAM_DOWN_BROKEN, text);
	}
}

/* OpenSSL 3 calls an end without close_notify an error of its own: it is an end. */
static bool is_plain_end(int error)
{
	unsigned long code = ERR_peek_error();

	return error == SSL_ERROR_ZERO_RETURN ||
	       (error == SSL_ERROR_SSL && ERR_GET_LIB(code) == ERR_LIB_SSL &&
		   ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING);
}

/* After rc, not more than 0, of an operation of an open stream. */
static void take_failure(struct stream *s, int rc)
{
	int saved_errno = errno, error = SSL_get_error(s->ssl, rc);

	if (error == SSL_ERROR_WANT_WRITE) {
		s->write_wanted = true;
	} else if (error != SSL_ERROR_WANT_READ) {
		fail_stream(s, is_plain_end(error), error == SSL_ERROR_SYSCALL ? saved_errno : 0);
	}
	ERR_clear_error();
}

static void handshake(struct stream *s)
{
	int rc, error, saved_errno;

	ERR_clear_error();
	errno = 0;
	rc = SSL_do_handshake(s->ssl);
	saved_errno = errno;
	error = rc == 1 ? SSL_ERROR_NONE : SSL_get_error(s->ssl, rc);
	ERR_clear_error();
	if (error == SSL_ERROR_NONE) {
		loop_timer_stop(&s->limit);
		s->up = true;
		s->handler.up(s->handler.arg);
	} else if (error == SSL_ERROR_WANT_WRITE) {
		s->write_wanted = true;
	} else if (error != SSL_ERROR_WANT_READ) {
		fail_handshake(s, error == SSL_ERROR_SYSCALL && saved_errno == ECONNRESET);
	}
}

static void start_tls(struct stream *s)
{
	s->ssl = SSL_new(tls_profile_ctx(s->profile));
	if (s->ssl == NULL || SSL_set_fd(s->ssl, s->fd) != 1) {
		fail(s, STREAM_DOWN_BROKEN, "OpenSSL gives no session");
		return;
	}
	tls_bind(s->ssl, &s->peer);
	SSL_set_connect_state(s->ssl);
	handshake(s);
}

/* ---- TCP ---- */

static void fail_connect(struct stream *s, int error)
{
	char text[160];

	if (error == ECONNREFUSED) {
		snprintf(text, sizeof(text), "connection refused: nobody listens at %s port %u",
		    s->address, s->port);
		fail(s, STREAM_DOWN_REFUSED_PORT, text);
		return;
	}
	snprintf(text, sizeof(text), "%s port %u: %s", s->address, s->port, strerrordesc_np(error));
	fail(s, STREAM_DOWN_UNREACHABLE, text);
}

static void take_tcp(struct stream *s)
{
	socklen_t len = sizeof(int);
	int error = 0;

	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0) {
		error = errno;
	}
	if (error != 0) {
		fail_connect(s, error);
	} else {
		start_tls(s);
	}
}

static void start_tcp(struct stream *s)
{
	struct addrinfo hints = {
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	char port[8];
	int rc;

	snprintf(port, sizeof(port), "%u", s->port);
	rc = getaddrinfo(s->address, port, &hints, &list);
	if (rc != 0) {
		fail(s, STREAM_DOWN_UNREACHABLE, gai_strerror(rc));
		return;
	}
	s->fd = socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	rc = s->fd < 0 ? -1 : connect(s->fd, list->ai_addr, list->ai_addrlen);
	if (rc < 0 && errno != EINPROGRESS) {
		fail_connect(s, errno);
	} else {
		arm(s, EV_WRITE);
	}
	freeaddrinfo(list);
}

struct stream *stream_open(
    struct loop *l, const struct stream_config *c, const struct stream_handler *h)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	s->loop = l;
	s->profile = tls_profile_ref(c->profile);
	s->handler = *h;
	str_copy(s->address, sizeof(s->address), c->address);
	s->port = c->port;
	s->fd = s->peer.fd = -1;
	s->peer.verify = c->verify;
	str_copy(s->peer.name, sizeof(s->peer.name), c->name ? c->name : "");
	if (c->pin) {
		memcpy(s->peer.pin, c->pin, sizeof(s->peer.pin));
	}
	loop_timer_init(&s->limit, l, on_limit, s);
	loop_deferred_init(&s->told, on_told, s);
	loop_timer_start(&s->limit, STREAM_CONNECT_MS);
	start_tcp(s);
	return s;
}

/* ---- an open stream ---- */

/* Until the socket is empty, or others shall have their turn; what OpenSSL holds wakes nobody. */
static void read_some(struct stream *s)
{
	size_t taken = 0;

	while (s->ssl && (taken < TURN_BYTES || SSL_pending(s->ssl) > 0)) {
		size_t room;
		void *to = s->handler.room(s->handler.arg, &room);
		int rc;

		ERR_clear_error();
		errno = 0;
		rc = SSL_read(s->ssl, to, room < INT_MAX ? (int)room : INT_MAX);
		if (rc <= 0) {
			take_failure(s, rc);
			return;
		}
		taken += (size_t)rc;
		s->handler.filled(s->handler.arg, (size_t)rc);
	}
}

static void push_out(struct stream *s)
{
	int rc = s->out ? push(s) : 1;

	if (rc <= 0) {
		take_failure(s, rc);
	}
}

/* A record may be half with OpenSSL: so much less is sure to come. */
static void set_low_water(struct stream *s)
{
	size_t sure = s->want > RECORD_MAX ? s->want - RECORD_MAX : 1;
	int bytes = (int)(sure < LOW_WATER_MAX ? sure : LOW_WATER_MAX);

	if (bytes != s->low_water &&
	    setsockopt(s->fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof(bytes)) == 0) {
		s->low_water = bytes;
	}
}

static void advance(struct stream *s)
{
	s->write_wanted = false;
	if (!s->ssl) {
		take_tcp(s);
	} else if (!s->up) {
		handshake(s);
	} else {
		push_out(s);
		read_some(s);
	}
	if (s->ssl) {
		set_low_water(s);
		arm(s, EV_READ | (s->out || s->write_wanted ? EV_WRITE : 0));
	}
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;

	s->busy = true;
	advance(s);
	s->busy = false;
	if (s->dead) {
		stream_destroy(s);
	}
}

void stream_write(struct stream *s, const void *data, size_t len)
{
	uint8_t *all;

	if (!s->ssl || len == 0) {
		return;
	}
	if (s->out_len + len > OUT_MAX) {
		fail(s, STREAM_DOWN_BROKEN, "the other end takes nothing any more");
		return;
	}
	all = xmalloc(s->out_len + len);
	if (s->out) {
		memcpy(all, s->out, s->out_len);
	}
	memcpy(all + s->out_len, data, len);
	out_replace(s, all, s->out_len + len);
	push_out(s);
	if (s->out) {
		arm(s, EV_READ | EV_WRITE);
	}
}

void stream_want(struct stream *s, size_t bytes)
{
	s->want = bytes;
}
