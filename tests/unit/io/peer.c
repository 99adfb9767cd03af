/* SPDX-License-Identifier: MIT */
/* The other end for tests: a server on 127.0.0.1 that speaks TLS and just enough MQTT, by a plan,
 * one thread a connection. */
#include "tests/unit/io/peer.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/util.h"

#define FLOOD_MAX (64 * 1024 * 1024)
#define PACKET_MAX 4096

struct conn {
	struct list link;
	struct peer *peer;
	pthread_t thread;
	int fd; /* -1 = ended */
	SSL *ssl;
};

struct peer {
	struct peer_plan plan;
	SSL_CTX *ctx;
	int listener;
	uint16_t port;
	pthread_t acceptor;
	sem_t released, drips;
	pthread_mutex_t lock; /* conns and their fd */
	struct list conns;
	atomic_bool stopping;
	atomic_uint accepted, open, open_max, packets[16];
	atomic_size_t app_bytes;
	char sni[128], password[128];
};

static void must(bool ok)
{
	if (!ok) {
		abort();
	}
}

static bool get_bytes(struct conn *n, void *buf, size_t len)
{
	for (size_t have = 0; have < len;) {
		int got = n->ssl != NULL ? SSL_read(n->ssl, (char *)buf + have, (int)(len - have))
					 : (int)recv(n->fd, (char *)buf + have, len - have, 0);

		if (got <= 0) {
			return false;
		}
		have += (size_t)got;
		atomic_fetch_add(&n->peer->app_bytes, (size_t)got);
	}
	return true;
}

static bool put_bytes(struct conn *n, const void *buf, size_t len)
{
	for (size_t done = 0; done < len;) {
		int put =
		    n->ssl != NULL
			? SSL_write(n->ssl, (const char *)buf + done, (int)(len - done))
			: (int)send(n->fd, (const char *)buf + done, len - done, MSG_NOSIGNAL);

		if (put <= 0) {
			return false;
		}
		done += (size_t)put;
	}
	return true;
}

static void wait_for_end(struct conn *n)
{
	uint8_t byte;

	while (get_bytes(n, &byte, 1)) {
	}
}

/* Skips a string of a CONNECT, or copies it. */
static const uint8_t *take_string(const uint8_t *at, char *to, size_t size)
{
	size_t len = (size_t)at[0] << 8 | at[1];

	if (to != NULL) {
		snprintf(to, size, "%.*s", (int)len, (const char *)at + 2);
	}
	return at + 2 + len;
}

static bool answer_connect(struct conn *n, const uint8_t *body)
{
	uint8_t connack[] = {0x20, 2, 0, (uint8_t)n->peer->plan.connack};
	const uint8_t *at = body + 10;

	if (n->peer->plan.play == PEER_TLS_CLOSE) {
		return false;
	}
	at = take_string(at, NULL, 0);
	if (body[7] & 0x80) {
		at = take_string(at, NULL, 0);
	}
	if (body[7] & 0x40) {
		take_string(at, n->peer->password, sizeof(n->peer->password));
	}
	return put_bytes(n, connack, sizeof(connack)) && connack[3] == 0;
}

static bool flood(struct conn *n)
{
	static const uint8_t zeroes[16384];

	for (size_t sent = 0; sent < FLOOD_MAX; sent += sizeof(zeroes)) {
		if (!put_bytes(n, zeroes, sizeof(zeroes))) {
			return false;
		}
	}
	return true;
}

static bool drip(struct conn *n)
{
	uint8_t byte = 0;

	for (;;) {
		sem_wait(&n->peer->drips);
		if (atomic_load(&n->peer->stopping) || !put_bytes(n, &byte, 1)) {
			return false;
		}
	}
}

static bool answer_subscribe(struct conn *n, const uint8_t *body)
{
	const struct peer_plan *plan = &n->peer->plan;
	uint8_t suback[] = {0x90, 3, body[0], body[1], plan->refuse_subscribe ? 128 : 1};

	return put_bytes(n, suback, sizeof(suback)) &&
	       put_bytes(n, plan->after_subscribe, plan->after_subscribe_len) &&
	       (!plan->pause || sem_wait(&n->peer->drips) == 0) && (!plan->flood || flood(n)) &&
	       (!plan->drip || drip(n));
}

static bool answer_publish(struct conn *n, uint8_t first, const uint8_t *body)
{
	const uint8_t *after_topic = take_string(body, NULL, 0);
	uint8_t puback[] = {0x40, 2, after_topic[0], after_topic[1]};

	return (first & 6) == 0 || put_bytes(n, puback, sizeof(puback));
}

static bool answer(struct conn *n, uint8_t first, const uint8_t *body)
{
	static const uint8_t pingresp[] = {0xd0, 0};

	atomic_fetch_add(&n->peer->packets[first >> 4], 1);
	switch (first >> 4) {
	case 1:
		return answer_connect(n, body);
	case 3:
		return answer_publish(n, first, body);
	case 8:
		return answer_subscribe(n, body);
	case 12:
		return n->peer->plan.play == PEER_MQTT_MUTE ||
		       put_bytes(n, pingresp, sizeof(pingresp));
	default:
		return true; /* PUBACK, DISCONNECT */
	}
}

/* The beginning of a packet; what is longer is read and forgotten. */
static bool get_packet(struct conn *n, uint8_t body[static PACKET_MAX], size_t len)
{
	uint8_t rest[PACKET_MAX];
	size_t kept = len < PACKET_MAX ? len : PACKET_MAX;

	if (!get_bytes(n, body, kept)) {
		return false;
	}
	for (len -= kept; len > 0; len -= kept) {
		kept = len < PACKET_MAX ? len : PACKET_MAX;
		if (!get_bytes(n, rest, kept)) {
			return false;
		}
	}
	return true;
}

static void speak_mqtt(struct conn *n)
{
	uint8_t body[PACKET_MAX], first, byte;

	for (;;) {
		size_t len = 0;
		int shift = 0;

		if (!get_bytes(n, &first, 1)) {
			return;
		}
		do {
			if (!get_bytes(n, &byte, 1)) {
				return;
			}
			len |= (size_t)(byte & 0x7f) << shift;
			shift += 7;
		} while (byte & 0x80);
		if (!get_packet(n, body, len) || !answer(n, first, body)) {
			return;
		}
	}
}

static bool start_tls(struct conn *n)
{
	const char *sni;

	if (n->peer->ctx == NULL) {
		return true;
	}
	n->ssl = SSL_new(n->peer->ctx);
	must(n->ssl != NULL && SSL_set_fd(n->ssl, n->fd) == 1);
	if (SSL_accept(n->ssl) != 1) {
		return false;
	}
	sni = SSL_get_servername(n->ssl, TLSEXT_NAMETYPE_host_name);
	snprintf(n->peer->sni, sizeof(n->peer->sni), "%s", sni != NULL ? sni : "");
	return true;
}

static void play(struct conn *n)
{
	switch (n->peer->plan.play) {
	case PEER_CLOSE:
		return;
	case PEER_RAW:
		put_bytes(n, n->peer->plan.after_subscribe, n->peer->plan.after_subscribe_len);
		wait_for_end(n);
		return;
	case PEER_SILENT:
		wait_for_end(n);
		return;
	case PEER_TLS_ONLY:
		if (start_tls(n)) {
			wait_for_end(n);
		}
		return;
	case PEER_MQTT:
	case PEER_MQTT_MUTE:
	case PEER_TLS_CLOSE:
		if (start_tls(n)) {
			speak_mqtt(n);
		}
		return;
	}
}

static void *serve(void *arg)
{
	struct conn *n = arg;

	play(n);
	SSL_free(n->ssl);
	pthread_mutex_lock(&n->peer->lock);
	close(n->fd);
	n->fd = -1;
	pthread_mutex_unlock(&n->peer->lock);
	atomic_fetch_sub(&n->peer->open, 1);
	return NULL;
}

static void conn_start(struct peer *p, int fd)
{
	struct conn *n = xcalloc(1, sizeof(*n));
	unsigned open = atomic_fetch_add(&p->open, 1) + 1;

	n->peer = p;
	n->fd = fd;
	if (open > atomic_load(&p->open_max)) {
		atomic_store(&p->open_max, open);
	}
	pthread_mutex_lock(&p->lock);
	list_add_tail(&p->conns, &n->link);
	pthread_mutex_unlock(&p->lock);
	must(pthread_create(&n->thread, NULL, serve, n) == 0);
	atomic_fetch_add(&p->accepted, 1);
}

static void *accept_all(void *arg)
{
	struct peer *p = arg;

	if (p->plan.hold) {
		sem_wait(&p->released);
	}
	while (!atomic_load(&p->stopping)) {
		int fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0) {
			conn_start(p, fd);
		}
	}
	return NULL;
}

static SSL_CTX *make_ctx(const struct peer_plan *plan)
{
	SSL_CTX *ctx;

	if (plan->leaf == NULL) {
		return NULL;
	}
	ctx = SSL_CTX_new(TLS_server_method());
	must(ctx != NULL);
	SSL_CTX_set_security_level(ctx, 0); /* weak keys, and SHA-1 inside of old TLS */
	if (plan->tls_max != 0 && plan->tls_max < TLS1_2_VERSION) {
		SSL_CTX_set_min_proto_version(ctx, plan->tls_max);
	}
	SSL_CTX_set_max_proto_version(ctx, plan->tls_max);
	must(SSL_CTX_use_certificate(ctx, plan->leaf->x509) == 1);
	must(SSL_CTX_use_PrivateKey(ctx, plan->leaf->key) == 1);
	for (size_t i = 0; i < ARRAY_SIZE(plan->chain) && plan->chain[i] != NULL; i++) {
		must(SSL_CTX_add1_chain_cert(ctx, plan->chain[i]->x509) == 1);
	}
	return ctx;
}

struct peer *peer_start(const struct peer_plan *plan)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t len = sizeof(address);
	struct peer *p = xcalloc(1, sizeof(*p));

	signal(SIGPIPE, SIG_IGN);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	p->plan = *plan;
	p->ctx = make_ctx(plan);
	list_init(&p->conns);
	pthread_mutex_init(&p->lock, NULL);
	sem_init(&p->released, 0, 0);
	sem_init(&p->drips, 0, 0);
	p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(bind(p->listener, (struct sockaddr *)&address, len) == 0);
	must(listen(p->listener, plan->hold ? 0 : 1024) == 0);
	must(getsockname(p->listener, (struct sockaddr *)&address, &len) == 0);
	p->port = ntohs(address.sin_port);
	must(pthread_create(&p->acceptor, NULL, accept_all, p) == 0);
	return p;
}

void peer_stop(struct peer *p)
{
	struct list *pos, *tmp;

	if (p == NULL) {
		return;
	}
	atomic_store(&p->stopping, true);
	shutdown(p->listener, SHUT_RDWR);
	sem_post(&p->released);
	pthread_join(p->acceptor, NULL);
	list_for_each (pos, tmp, &p->conns) {
		struct conn *n = container_of(pos, struct conn, link);

		pthread_mutex_lock(&p->lock);
		if (n->fd >= 0) {
			shutdown(n->fd, SHUT_RDWR);
		}
		pthread_mutex_unlock(&p->lock);
		sem_post(&p->drips);
		pthread_join(n->thread, NULL);
		free(n);
	}
	close(p->listener);
	SSL_CTX_free(p->ctx);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

uint16_t peer_port(const struct peer *p)
{
	return p->port;
}

void peer_release(struct peer *p)
{
	sem_post(&p->released);
}

void peer_drip(struct peer *p)
{
	sem_post(&p->drips);
}

unsigned peer_accepted(struct peer *p)
{
	return atomic_load(&p->accepted);
}

unsigned peer_open(struct peer *p)
{
	return atomic_load(&p->open);
}

unsigned peer_open_max(struct peer *p)
{
	return atomic_load(&p->open_max);
}

size_t peer_app_bytes(struct peer *p)
{
	return atomic_load(&p->app_bytes);
}

unsigned peer_packets(struct peer *p, int type)
{
	return atomic_load(&p->packets[type]);
}

const char *peer_sni(struct peer *p)
{
	return p->sni;
}

const char *peer_password(struct peer *p)
{
	return p->password;
}

size_t peer_put_publish(uint8_t *buf, const char *topic, const char *payload)
{
	size_t topic_len = strlen(topic), payload_len = strlen(payload);

	must(2 + topic_len + payload_len < 128);
	buf[0] = 0x30;
	buf[1] = (uint8_t)(2 + topic_len + payload_len);
	buf[2] = 0;
	buf[3] = (uint8_t)topic_len;
	memcpy(buf + 4, topic, topic_len);
	memcpy(buf + 4 + topic_len, payload, payload_len);
	return 4 + topic_len + payload_len;
}
