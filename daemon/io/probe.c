/* SPDX-License-Identifier: MIT */
/* One look at what answers at an address, part by part, each with its time and its reason. */
#include "daemon/io/probe.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "common/text.h"
#include "daemon/io/loop.h"
#include "daemon/io/resolve.h"
#include "daemon/io/tls_internal.h"

static const int limit_ms[PROBE_PART_COUNT] = {
    [PROBE_RESOLVE] = PROBE_RESOLVE_MS,
    [PROBE_TCP] = PROBE_TCP_MS,
    [PROBE_TLS] = PROBE_TLS_MS,
};

struct probe {
	struct loop *loop;
	struct resolve_request *lookup;
	char *host;
	uint16_t port;
	struct tls_profile *profile;
	struct tls_peer peer;
	SSL *ssl;
	int fd;
	struct event ev;
	bool armed;
	struct loop_timer limit;
	int64_t begun_ms; /* of the present part */
	struct loop_deferred done;
	probe_fn fn;
	void *arg;
	struct probe_result result;
};

static void disarm(struct probe *p)
{
	if (p->armed) {
		event_del(&p->ev);
		p->armed = false;
	}
}

static void hang_up(struct probe *p)
{
	resolve_cancel(TAKE(p->lookup));
	loop_timer_stop(&p->limit);
	disarm(p);
	SSL_free(TAKE(p->ssl));
	if (p->fd >= 0) {
		close(p->fd);
		p->fd = -1;
	}
}

static void probe_free(struct probe *p)
{
	hang_up(p);
	loop_deferred_cancel(&p->done);
	tls_profile_unref(p->profile);
	free(p->host);
	free(p);
}

static void on_done(void *arg)
{
	struct probe *p = arg;

	p->fn(p->arg, &p->result);
	probe_free(p);
}

static void part_over(struct probe *p)
{
	p->result.ms[p->result.part] = loop_now_ms(p->loop) - p->begun_ms;
	loop_timer_stop(&p->limit);
}

/* The present part failed. */
static void fail(struct probe *p, const char *text)
{
	part_over(p);
	text_escape_buf(text, p->result.error, sizeof(p->result.error));
	hang_up(p);
	loop_defer(p->loop, &p->done);
}

static void begin(struct probe *p, enum probe_part part)
{
	p->result.part = part;
	p->begun_ms = loop_now_ms(p->loop);
	loop_timer_start(&p->limit, limit_ms[part]);
}

static void on_limit(void *arg)
{
	struct probe *p = arg;
	int seconds = limit_ms[p->result.part] / 1000;
	char text[160];

	switch (p->result.part) {
	case PROBE_RESOLVE:
		snprintf(
		    text, sizeof(text), "cannot find %s: no answer within %d s", p->host, seconds);
		break;
	case PROBE_TCP:
		snprintf(text, sizeof(text), "no answer from %s port %u within %d s",
		    p->result.address, p->port, seconds);
		break;
	case PROBE_TLS:
	case PROBE_PART_COUNT:
		snprintf(text, sizeof(text),
		    "the port is open, but nobody answers the TLS handshake within %d s", seconds);
		break;
	}
	fail(p, text);
}

/* ---- TLS ---- */

static int64_t time_ms(const ASN1_TIME *t)
{
	struct tm tm;

	return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) * 1000 : -1;
}

static void note_cert(struct probe *p)
{
	struct probe_cert *c = &p->result.cert;
	X509 *leaf = SSL_get1_peer_certificate(p->ssl);

	if (leaf == NULL) {
		return;
	}
	tls_label_of(X509_get_subject_name(leaf), c->subject);
	tls_label_of(X509_get_issuer_name(leaf), c->issuer);
	c->not_before_ms = time_ms(X509_get0_notBefore(leaf));
	c->not_after_ms = time_ms(X509_get0_notAfter(leaf));
	c->chain_len = (unsigned)sk_X509_num(SSL_get_peer_cert_chain(p->ssl));
	c->chain_incomplete = p->peer.chain_incomplete;
	str_copy(c->pin, sizeof(c->pin), p->peer.seen_pin);
	X509_free(leaf);
}

static void succeed(struct probe *p)
{
	part_over(p);
	note_cert(p);
	str_copy(p->result.protocol, sizeof(p->result.protocol), SSL_get_version(p->ssl));
	p->result.verified = p->peer.checked;
	str_copy(p->result.reason, sizeof(p->result.reason), p->peer.reason);
	p->result.part = PROBE_PART_COUNT;
	SSL_shutdown(p->ssl); /* a farewell, so that the printer frees the connection at once */
	hang_up(p);
	loop_defer(p->loop, &p->done);
}

static void on_ready(evutil_socket_t fd, short what, void *arg);

static void arm(struct probe *p, short what)
{
	disarm(p);
	event_assign(&p->ev, loop_base(p->loop), p->fd, what, on_ready, p);
	p->armed = event_add(&p->ev, NULL) == 0;
}

static void fail_handshake(struct probe *p, int error, int saved_errno)
{
	char text[160];

	if (p->peer.reason[0] != '\0') {
		fail(p, p->peer.reason);
		return;
	}
	snprintf(text, sizeof(text), "the connection was %s during the TLS handshake",
	    error == SSL_ERROR_SYSCALL && saved_errno == ECONNRESET ? "reset" : "closed");
	fail(p, text);
}

static void handshake(struct probe *p)
{
	int rc, error, saved_errno;

	ERR_clear_error();
	errno = 0;
	rc = SSL_do_handshake(p->ssl);
	saved_errno = errno;
	error = rc == 1 ? SSL_ERROR_NONE : SSL_get_error(p->ssl, rc);
	if (error == SSL_ERROR_NONE) {
		succeed(p);
	} else if (error == SSL_ERROR_WANT_READ) {
		arm(p, EV_READ);
	} else if (error == SSL_ERROR_WANT_WRITE) {
		arm(p, EV_WRITE);
	} else {
		fail_handshake(p, error, saved_errno);
	}
	ERR_clear_error();
}

static void start_tls(struct probe *p)
{
	begin(p, PROBE_TLS);
	p->ssl = SSL_new(tls_profile_ctx(p->profile));
	if (p->ssl == NULL || SSL_set_fd(p->ssl, p->fd) != 1) {
		fail(p, "OpenSSL gives no session");
		return;
	}
	tls_bind(p->ssl, &p->peer);
	/* The verification runs and leaves its verdict in peer, but does not end the handshake: the
	 * certificate of a stranger is to be seen. Nothing but a farewell is sent to him. */
	SSL_set_verify(p->ssl, SSL_VERIFY_NONE, NULL);
	SSL_set_connect_state(p->ssl);
	handshake(p);
}

/* ---- TCP ---- */

static void fail_connect(struct probe *p, int error)
{
	char text[160];

	p->result.refused = error == ECONNREFUSED;
	if (p->result.refused) {
		snprintf(text, sizeof(text), "connection refused: nobody listens at %s port %u",
		    p->result.address, p->port);
	} else {
		snprintf(text, sizeof(text), "%s port %u: %s", p->result.address, p->port,
		    strerrordesc_np(error));
	}
	fail(p, text);
}

static void on_connected(struct probe *p)
{
	socklen_t len = sizeof(int);
	int error = 0;

	if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0) {
		error = errno;
	}
	if (error != 0) {
		fail_connect(p, error);
		return;
	}
	part_over(p);
	start_tls(p);
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct probe *p = arg;

	p->armed = false;
	if (p->result.part == PROBE_TCP) {
		on_connected(p);
	} else {
		handshake(p);
	}
}

static void start_tcp(struct probe *p)
{
	struct addrinfo hints = {
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	char port[8];
	int rc;

	begin(p, PROBE_TCP);
	snprintf(port, sizeof(port), "%u", p->port);
	rc = getaddrinfo(p->result.address, port, &hints, &list);
	if (rc != 0) {
		fail(p, gai_strerror(rc));
		return;
	}
	p->fd = socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	rc = p->fd < 0 ? -1 : connect(p->fd, list->ai_addr, list->ai_addrlen);
	if (rc < 0 && errno != EINPROGRESS) {
		fail_connect(p, errno);
	} else {
		arm(p, EV_WRITE);
	}
	freeaddrinfo(list);
}

/* ---- name, start and end ---- */

static void on_resolved(void *arg, const char *address, const char *error)
{
	struct probe *p = arg;
	char text[160];

	p->lookup = NULL;
	if (address == NULL) {
		snprintf(text, sizeof(text), "cannot find %s: %s", p->host, error);
		fail(p, text);
		return;
	}
	part_over(p);
	str_copy(p->result.address, sizeof(p->result.address), address);
	start_tcp(p);
}

struct probe *probe_start(
    struct loop *l, struct resolver *r, const struct probe_target *target, probe_fn fn, void *arg)
{
	struct probe *p = xcalloc(1, sizeof(*p));

	p->loop = l;
	p->host = xstrdup(target->host);
	p->port = target->port;
	p->profile = tls_profile_ref(target->profile);
	p->fn = fn;
	p->arg = arg;
	p->fd = -1;
	p->peer.fd = -1;
	p->peer.verify = target->verify;
	str_copy(p->peer.name, sizeof(p->peer.name), target->name != NULL ? target->name : "");
	if (target->pin != NULL) {
		memcpy(p->peer.pin, target->pin, sizeof(p->peer.pin));
	}
	for (size_t i = 0; i < PROBE_PART_COUNT; i++) {
		p->result.ms[i] = -1;
	}
	loop_timer_init(&p->limit, l, on_limit, p);
	loop_deferred_init(&p->done, on_done, p);
	begin(p, PROBE_RESOLVE);
	p->lookup = resolve_start(r, p->host, on_resolved, p);
	return p;
}

void probe_cancel(struct probe *p)
{
	if (p != NULL) {
		probe_free(p);
	}
}
