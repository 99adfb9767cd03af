/* SPDX-License-Identifier: MIT */
/* A TLS byte stream on the loop: connect, verify, read and write, with a deadline until it is up.
 */
#include "daemon/io/stream.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event_struct.h>
#include <netdb.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/text.h"
#include "daemon/io/loop.h"

struct stream {
	struct loop *loop;
	struct stream_config config; /* address and name are below */
	struct stream_handler handler;
	char address[64];
	struct tls_peer peer;
	int fd; /* while TCP connects, then the bufferevent's: -1 */
	struct event ev;
	bool armed, up;
	struct bufferevent *bev;
	struct loop_timer limit;
	struct loop_deferred told; /* the end, once the stack is ours alone */
	enum stream_down why;
	char text[200];
};

static void disarm(struct stream *s)
{
	if (s->armed) {
		event_del(&s->ev);
		s->armed = false;
	}
}

/* libevent frees later, so the events go now: nothing of OpenSSL may look at our peer again. The
 * shutdown ends the connection at once even so. */
static void close_bufferevent(struct stream *s)
{
	struct bufferevent *bev = TAKE(s->bev);
	int fd = bufferevent_getfd(bev);

	bufferevent_disable(bev, EV_READ | EV_WRITE);
	if (s->up) {
		ERR_clear_error();
		SSL_shutdown(bufferevent_openssl_get_ssl(bev));
		ERR_clear_error();
	}
	shutdown(fd, SHUT_RDWR);
	bufferevent_free(bev);
}

static void hang_up(struct stream *s)
{
	loop_timer_stop(&s->limit);
	disarm(s);
	if (s->bev) {
		close_bufferevent(s);
	}
	if (s->fd >= 0) {
		close(s->fd);
		s->fd = -1;
	}
}

void stream_destroy(struct stream *s)
{
	if (!s) {
		return;
	}
	hang_up(s);
	loop_deferred_cancel(&s->told);
	tls_profile_unref(s->config.profile);
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

	if (s->bev) {
		snprintf(text, sizeof(text),
		    "port %u is open, but nobody answers the TLS handshake within %d s",
		    s->config.port, STREAM_CONNECT_MS / 1000);
	} else {
		snprintf(text, sizeof(text), "no answer from %s port %u within %d s", s->address,
		    s->config.port, STREAM_CONNECT_MS / 1000);
	}
	fail(s, STREAM_DOWN_TIMEOUT, text);
}

/* ---- TLS ---- */

/* OpenSSL 3 calls an end without close_notify an error of its own: it is an end. */
static bool is_plain_end(struct bufferevent *bev, short what)
{
	unsigned long code = bufferevent_get_openssl_error(bev);

	return what & BEV_EVENT_EOF ||
	       (ERR_GET_LIB(code) == ERR_LIB_SSL &&
		   ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING);
}

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

static void take_up(struct stream *s)
{
	loop_timer_stop(&s->limit);
	s->up = true;
	s->handler.up(s->handler.arg);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct stream *s = arg;
	int error = EVUTIL_SOCKET_ERROR();
	bool plain;

	if (what & BEV_EVENT_CONNECTED) {
		take_up(s);
		return;
	}
	plain = is_plain_end(bev, what);
	if (s->up) {
		fail_stream(s, plain, error);
	} else {
		fail_handshake(s, error == ECONNRESET);
	}
	ERR_clear_error();
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct stream *s = arg;

	s->handler.data(s->handler.arg, bufferevent_get_input(bev));
}

static void start_tls(struct stream *s)
{
	SSL *ssl = SSL_new(tls_profile_ctx(s->config.profile));

	if (ssl == NULL) {
		fail(s, STREAM_DOWN_BROKEN, "OpenSSL gives no session");
		return;
	}
	tls_bind(ssl, &s->peer);
	s->bev = bufferevent_openssl_socket_new(loop_base(s->loop), s->fd, ssl,
	    BUFFEREVENT_SSL_CONNECTING, BEV_OPT_DEFER_CALLBACKS | BEV_OPT_CLOSE_ON_FREE);
	if (s->bev == NULL) {
		SSL_free(ssl);
		fail(s, STREAM_DOWN_BROKEN, "libevent gives no TLS stream");
		return;
	}
	s->fd = -1;
	bufferevent_setcb(s->bev, on_read, NULL, on_event, s);
	bufferevent_setwatermark(s->bev, EV_READ, 0, s->config.read_max);
	bufferevent_enable(s->bev, EV_READ | EV_WRITE);
}

/* ---- TCP ---- */

static void fail_connect(struct stream *s, int error)
{
	char text[160];

	if (error == ECONNREFUSED) {
		snprintf(text, sizeof(text), "connection refused: nobody listens at %s port %u",
		    s->address, s->config.port);
		fail(s, STREAM_DOWN_REFUSED_PORT, text);
		return;
	}
	snprintf(text, sizeof(text), "%s port %u: %s", s->address, s->config.port,
	    strerrordesc_np(error));
	fail(s, STREAM_DOWN_UNREACHABLE, text);
}

static void on_connected(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;
	socklen_t len = sizeof(int);
	int error = 0;

	s->armed = false;
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

	snprintf(port, sizeof(port), "%u", s->config.port);
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
		event_assign(&s->ev, loop_base(s->loop), s->fd, EV_WRITE, on_connected, s);
		s->armed = event_add(&s->ev, NULL) == 0;
	}
	freeaddrinfo(list);
}

struct stream *stream_open(
    struct loop *l, const struct stream_config *c, const struct stream_handler *h)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	s->loop = l;
	s->config = *c;
	s->config.profile = tls_profile_ref(c->profile);
	s->handler = *h;
	str_copy(s->address, sizeof(s->address), c->address);
	s->config.address = s->config.name = NULL;
	s->config.pin = NULL;
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

static void wipe(const void *data, size_t len, void *arg)
{
	explicit_bzero((void *)data, len);
	free((void *)data);
}

void stream_write(struct stream *s, const void *data, size_t len)
{
	void *copy;

	if (!s->bev || len == 0) {
		return;
	}
	copy = xmalloc(len);
	memcpy(copy, data, len);
	if (evbuffer_add_reference(bufferevent_get_output(s->bev), copy, len, wipe, NULL) < 0) {
		wipe(copy, len, NULL);
	}
}

void stream_want(struct stream *s, size_t bytes)
{
	size_t max = s->config.read_max / 2;

	if (s->bev) {
		bufferevent_setwatermark(
		    s->bev, EV_READ, bytes < max ? bytes : max, s->config.read_max);
	}
}

void stream_pause(struct stream *s)
{
	if (s->bev) {
		bufferevent_disable(s->bev, EV_READ);
	}
}

void stream_resume(struct stream *s)
{
	if (s->bev) {
		bufferevent_enable(s->bev, EV_READ);
	}
}

const struct tls_peer *stream_peer(const struct stream *s)
{
	return &s->peer;
}
