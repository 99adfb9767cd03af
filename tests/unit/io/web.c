/* SPDX-License-Identifier: MIT */
/* A server on 127.0.0.1 that answers every HTTPS request with the same bytes, by a plan, one
 * connection after the other. */
#include "tests/unit/io/web.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "common/util.h"

#define REQUEST_MAX 65536
#define FLOOD_MAX (64u * 1024 * 1024)

struct web {
	struct web_plan plan;
	SSL_CTX *ctx;
	int fd, client;
	uint16_t port;
	pthread_t thread;
	pthread_mutex_t lock;
	bool stopping;
	unsigned requests, connections;
	size_t sent_bytes;
	char *last;
};

static void must(bool ok)
{
	if (!ok) {
		abort();
	}
}

static ssize_t web_read(SSL *ssl, int fd, char *buf, size_t size)
{
	return ssl != NULL ? SSL_read(ssl, buf, (int)size) : recv(fd, buf, size, 0);
}

static bool web_send(struct web *w, SSL *ssl, int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = ssl != NULL ? SSL_write(ssl, data, (int)len)
					: send(fd, data, len, MSG_NOSIGNAL);

		if (n <= 0) {
			return false;
		}
		data += n;
		len -= (size_t)n;
		pthread_mutex_lock(&w->lock);
		w->sent_bytes += (size_t)n;
		pthread_mutex_unlock(&w->lock);
	}
	return true;
}

static size_t body_of(const char *request)
{
	const char *line = strcasestr(request, "\r\nContent-Length:");
	int64_t len = 0;
	char number[24] = "";

	if (line != NULL && sscanf(line + 17, " %20[0-9]", number) == 1) {
		must(parse_i64(number, 0, REQUEST_MAX, &len) == 0);
	}
	return (size_t)len;
}

/* False when the client went. */
static bool read_request(struct web *w, SSL *ssl, int fd)
{
	char *buf = xcalloc(1, REQUEST_MAX);
	size_t len = 0;
	const char *end = NULL;

	while (end == NULL || len < (size_t)(end + 4 - buf) + body_of(buf)) {
		ssize_t n = web_read(ssl, fd, buf + len, REQUEST_MAX - 1 - len);

		if (n <= 0) {
			free(buf);
			return false;
		}
		len += (size_t)n;
		end = strstr(buf, "\r\n\r\n");
	}
	pthread_mutex_lock(&w->lock);
	free(w->last);
	w->last = buf;
	w->requests++;
	pthread_mutex_unlock(&w->lock);
	return true;
}

static void finish_answer(struct web *w, SSL *ssl, int fd)
{
	static const char zeroes[16384];
	struct linger reset = {.l_onoff = 1};
	char byte;

	switch (w->plan.end) {
	case WEB_RESET:
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		break;
	case WEB_HANG:
		while (web_read(ssl, fd, &byte, 1) > 0) {
		}
		break;
	case WEB_FLOOD:
		for (size_t sent = 0; sent < FLOOD_MAX; sent += sizeof(zeroes)) {
			if (!web_send(w, ssl, fd, zeroes, sizeof(zeroes))) {
				break;
			}
		}
		break;
	case WEB_CLOSE:
	case WEB_KEEP:
		break;
	}
}

static void serve(struct web *w, int fd)
{
	SSL *ssl = w->ctx != NULL ? SSL_new(w->ctx) : NULL;
	size_t len = w->plan.answer_len > 0 ? w->plan.answer_len : strlen(w->plan.answer);

	if (ssl != NULL) {
		SSL_set_fd(ssl, fd);
	}
	if (ssl == NULL || SSL_accept(ssl) == 1) {
		do {
			if (!read_request(w, ssl, fd) ||
			    !web_send(w, ssl, fd, w->plan.answer, len)) {
				break;
			}
			finish_answer(w, ssl, fd);
		} while (w->plan.end == WEB_KEEP);
		if (ssl != NULL && w->plan.end == WEB_CLOSE) {
			SSL_shutdown(ssl);
		}
	}
	SSL_free(ssl);
}

static void *run(void *arg)
{
	struct web *w = arg;

	for (;;) {
		int fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC);
		bool stopping;

		pthread_mutex_lock(&w->lock);
		stopping = w->stopping;
		w->client = fd;
		w->connections += fd >= 0;
		pthread_mutex_unlock(&w->lock);
		if (!stopping && fd >= 0) {
			serve(w, fd);
		}
		pthread_mutex_lock(&w->lock);
		w->client = -1;
		if (fd >= 0) {
			close(fd);
		}
		pthread_mutex_unlock(&w->lock);
		if (stopping || fd < 0) {
			return NULL;
		}
	}
}

static SSL_CTX *context(const struct web_plan *plan)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(ctx, plan->tls_max);
	must(SSL_CTX_use_certificate(ctx, plan->leaf->x509) == 1);
	must(SSL_CTX_use_PrivateKey(ctx, plan->leaf->key) == 1);
	for (size_t i = 0; i < ARRAY_SIZE(plan->chain) && plan->chain[i] != NULL; i++) {
		must(SSL_CTX_add1_chain_cert(ctx, plan->chain[i]->x509) == 1);
	}
	return ctx;
}

struct web *web_start(const struct web_plan *plan)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	struct web *w = xcalloc(1, sizeof(*w));

	signal(SIGPIPE, SIG_IGN);
	w->plan = *plan;
	w->client = -1;
	w->ctx = plan->leaf != NULL ? context(plan) : NULL;
	pthread_mutex_init(&w->lock, NULL);
	w->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(bind(w->fd, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(w->fd, 64) == 0);
	must(getsockname(w->fd, (struct sockaddr *)&a, &len) == 0);
	w->port = ntohs(a.sin_port);
	must(pthread_create(&w->thread, NULL, run, w) == 0);
	return w;
}

void web_stop(struct web *w)
{
	if (w == NULL) {
		return;
	}
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	if (w->client >= 0) {
		shutdown(w->client, SHUT_RDWR);
	}
	pthread_mutex_unlock(&w->lock);
	shutdown(w->fd, SHUT_RDWR);
	pthread_join(w->thread, NULL);
	close(w->fd);
	pthread_mutex_destroy(&w->lock);
	SSL_CTX_free(w->ctx);
	free(w->last);
	free(w);
}

uint16_t web_port(const struct web *w)
{
	return w->port;
}

unsigned web_requests(struct web *w)
{
	unsigned n;

	pthread_mutex_lock(&w->lock);
	n = w->requests;
	pthread_mutex_unlock(&w->lock);
	return n;
}

unsigned web_connections(struct web *w)
{
	unsigned n;

	pthread_mutex_lock(&w->lock);
	n = w->connections;
	pthread_mutex_unlock(&w->lock);
	return n;
}

size_t web_sent_bytes(struct web *w)
{
	size_t n;

	pthread_mutex_lock(&w->lock);
	n = w->sent_bytes;
	pthread_mutex_unlock(&w->lock);
	return n;
}

char *web_last(struct web *w)
{
	char *last;

	pthread_mutex_lock(&w->lock);
	last = xstrdup(w->last);
	pthread_mutex_unlock(&w->lock);
	return last;
}
