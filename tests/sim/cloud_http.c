/* SPDX-License-Identifier: MIT */
/* A strict HTTP/1.1 server over TLS: one exchange at a time on a connection, and its bad manners.
 */
#include "tests/sim/cloud_http.h"

#include <event2/event.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/sim/cloud_parse.h"
#include "tests/sim/conn.h"
#include "tests/sim/sim.h"

#define IDLE_MS 75000
#define HEAD_WAIT_MS 15000
#define BODY_WAIT_MS 30000
#define LINGER_MS 5000
#define POUR_CHUNK 65536

enum phase {
	PHASE_HEAD,
	PHASE_BODY,
	PHASE_HELD,
	PHASE_SENDING,
	PHASE_TRICKLING,
	PHASE_LINGERING,
	PHASE_COUNT
};

struct http_client {
	struct list link;
	struct http_server *server;
	struct conn conn;
	enum phase phase;
	struct http_exchange x;
	uint64_t body_left;
	EVP_MD_CTX *digest;
	struct bytes slow; /* what trickles */
	uint64_t owed;	   /* filler bytes that are still to be sent */
	struct event *patience, *step, *reap;
};

static void exchange_finish(struct http_exchange *x)
{
	free(x->method); /* the whole head lies behind it */
	free(x->path);
	free(x->body);
	jw_finish(&x->head);
	jw_finish(&x->out);
	*x = (struct http_exchange){0};
}

static void exchange_init(struct http_client *c)
{
	exchange_finish(&c->x);
	c->x.server = c->server;
	jw_init(&c->x.head);
	jw_init(&c->x.out);
	c->phase = PHASE_HEAD;
	sim_arm(c->patience, IDLE_MS);
}

static void client_destroy(struct http_client *c)
{
	conn_close(&c->conn, "the server ends");
	list_del(&c->link);
	conn_finish(&c->conn);
	exchange_finish(&c->x);
	bytes_finish(&c->slow);
	EVP_MD_CTX_free(c->digest);
	event_free(c->patience);
	event_free(c->step);
	event_free(c->reap);
	free(c);
}

static void on_reap(evutil_socket_t fd, short what, void *arg)
{
	client_destroy(arg);
}

static void on_patience(evutil_socket_t fd, short what, void *arg)
{
	struct http_client *c = arg;

	conn_close(&c->conn, "the client says nothing");
}

/* Unread bytes of the peer and a linger of zero make the kernel send RST. */
static void reset(struct http_client *c)
{
	struct linger hard = {1, 0};

	setsockopt(c->conn.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	SSL_set_quiet_shutdown(c->conn.ssl, 1);
	conn_close(&c->conn, "reset on purpose");
}

static bool has_no_body(int status)
{
	return status == 204 || status == 304 || status < 200;
}

static void put_head(struct http_client *c, uint64_t announced)
{
	struct http_exchange *x = &c->x;
	_cleanup_free_ char *line =
	    xasprintf("HTTP/1.1 %d %s\r\n", x->status, http_reason(x->status));
	_cleanup_free_ char *length =
	    xasprintf("Content-Length: %llu\r\n", (unsigned long long)announced);

	bytes_add(&c->conn.out, line, strlen(line));
	bytes_add(&c->conn.out, x->head.buf, x->head.len);
	if (!has_no_body(x->status)) {
		bytes_add(&c->conn.out, length, strlen(length));
	}
	if (x->close) {
		bytes_add(&c->conn.out, "Connection: close\r\n", 19);
	}
	bytes_add(&c->conn.out, "\r\n", 2);
}

static void send_trickling(struct http_client *c)
{
	put_head(c, c->x.out.len);
	bytes_add(&c->slow, c->x.out.buf, c->x.out.len);
	c->phase = PHASE_TRICKLING;
	conn_flush(&c->conn);
	if (!c->conn.closing) {
		sim_arm(c->step, c->x.trickle_ms);
	}
}

static void send_answer(struct http_client *c)
{
	struct http_exchange *x = &c->x;
	bool bodyless = strcmp(x->method ? x->method : "", "HEAD") == 0 || has_no_body(x->status);
	size_t len = bodyless ? 0 : x->out.len;

	if (x->way == HTTP_WAY_CUT) {
		conn_close(&c->conn, "cut on purpose");
		return;
	}
	if (x->way == HTTP_WAY_TRICKLE && len > 0) {
		send_trickling(c);
		return;
	}
	if (x->way == HTTP_WAY_RESET || x->way == HTTP_WAY_TRUNCATE) {
		put_head(c, x->out.len + (x->way == HTTP_WAY_TRUNCATE ? 1000 : 0));
		len = x->way == HTTP_WAY_RESET ? len / 2 : len;
		x->close = true;
	} else {
		c->owed = x->way == HTTP_WAY_HUGE ? x->extra : 0;
		put_head(c, x->out.len + c->owed);
	}
	bytes_add(&c->conn.out, x->out.buf, len);
	c->phase = PHASE_SENDING;
	conn_flush(&c->conn);
}

/* The exchange is answered: at once, or after the delay it was given. */
static void answer(struct http_client *c)
{
	c->phase = PHASE_HELD;
	evtimer_del(c->patience);
	if (c->x.delay_ms > 0) {
		sim_arm(c->step, c->x.delay_ms);
	} else {
		send_answer(c);
	}
}

static void refuse(struct http_client *c, int status, const char *why)
{
	c->x.status = status;
	c->x.close = c->x.unread = true;
	jw_reset(&c->x.head);
	jw_reset(&c->x.out);
	http_add(&c->x, "Content-Type", "text/plain");
	jw_bytes(&c->x.out, why, strlen(why));
	c->server->bad(c->server->arg, c->server->tag, status, why);
	answer(c);
}

static void take_head(struct http_client *c, size_t len)
{
	struct http_exchange *x = &c->x;
	char *head = xmalloc(len + 1);
	const char *why;
	int status;

	memcpy(head, bytes_head(&c->conn.in), len);
	head[len] = '\0';
	bytes_consume(&c->conn.in, len);
	status = http_parse_head(x, head, len, &why); /* owns head now */
	if (status != 0) {
		refuse(c, status, why);
		return;
	}
	x->body = xcalloc(1, x->body_len < HTTP_KEPT_MAX ? x->body_len + 1 : HTTP_KEPT_MAX + 1);
	c->body_left = x->body_len;
	EVP_DigestInit_ex(c->digest, EVP_sha256(), NULL);
	if (!c->server->head(c->server->arg, x)) {
		x->close = x->unread = true;
		answer(c);
		return;
	}
	if (x->expects && x->body_len > 0) {
		bytes_add(&c->conn.out, "HTTP/1.1 100 Continue\r\n\r\n", 25);
	}
	c->phase = PHASE_BODY;
	sim_arm(c->patience, BODY_WAIT_MS);
	conn_flush(&c->conn);
}

static void take_body(struct http_client *c)
{
	struct http_exchange *x = &c->x;
	const uint8_t *data = bytes_head(&c->conn.in);
	size_t len = c->conn.in.len < c->body_left ? c->conn.in.len : (size_t)c->body_left;
	size_t room = HTTP_KEPT_MAX - x->kept, keep = len < room ? len : room;

	if (len > 0) {
		memcpy(x->body + x->kept, data, keep);
		x->kept += keep;
		EVP_DigestUpdate(c->digest, data, len);
		bytes_consume(&c->conn.in, len);
		c->body_left -= len;
		sim_arm(c->patience, BODY_WAIT_MS);
	}
	if (c->body_left == 0) {
		EVP_DigestFinal_ex(c->digest, x->sha256, NULL);
		c->server->answer(c->server->arg, x);
		answer(c);
	}
}

/* Length of the head with its empty line; 0 = not whole yet. */
static size_t head_length(const struct bytes *in)
{
	const char *begin = (const char *)bytes_head(in);
	const char *end = in->len >= 4 ? memmem(begin, in->len, "\r\n\r\n", 4) : NULL;

	return end ? (size_t)(end - begin) + 4 : 0;
}

static void serve(struct http_client *c)
{
	while (!c->conn.closing && (c->phase == PHASE_HEAD || c->phase == PHASE_BODY)) {
		size_t len = c->phase == PHASE_HEAD ? head_length(&c->conn.in) : 0;

		if (c->phase == PHASE_BODY) {
			if (c->conn.in.len == 0 && c->body_left > 0) {
				return;
			}
			take_body(c);
		} else if (len > HTTP_HEAD_MAX || (len == 0 && c->conn.in.len > HTTP_HEAD_MAX)) {
			refuse(c, 431, "the head is too long");
		} else if (len == 0) {
			if (c->conn.in.len > 0) {
				sim_arm(c->patience, HEAD_WAIT_MS);
			}
			return;
		} else {
			take_head(c, len);
		}
	}
}

static void on_secured(void *owner)
{
	struct http_client *c = owner;

	sim_arm(c->patience, IDLE_MS);
}

static void on_input(void *owner)
{
	struct http_client *c = owner;

	if (c->phase == PHASE_LINGERING) {
		bytes_consume(&c->conn.in, c->conn.in.len);
		return;
	}
	/* Nobody sends that much ahead of an answer. */
	if (c->phase != PHASE_BODY && c->conn.in.len > HTTP_HEAD_MAX + HTTP_KEPT_MAX) {
		conn_close(&c->conn, "too much before an answer");
		return;
	}
	serve(c);
}

static void on_drained(void *owner)
{
	struct http_client *c = owner;

	if (c->phase == PHASE_SENDING) {
		sim_arm(c->step, 0); /* not on this stack: the next step may write again */
	}
}

static void on_gone(void *owner, const char *why)
{
	struct http_client *c = owner;

	evtimer_del(c->patience);
	evtimer_del(c->step);
	sim_arm(c->reap, 0);
}

static const struct conn_ops conn_ops = {
    .secured = on_secured, .input = on_input, .drained = on_drained, .gone = on_gone};

static void pour(struct http_client *c)
{
	static const char filler[POUR_CHUNK];
	size_t len = c->owed < sizeof(filler) ? (size_t)c->owed : sizeof(filler);

	c->owed -= len;
	bytes_add(&c->conn.out, filler, len);
	conn_flush(&c->conn);
}

static void trickle(struct http_client *c)
{
	bytes_add(&c->conn.out, bytes_head(&c->slow), 1);
	bytes_consume(&c->slow, 1);
	if (c->slow.len == 0) {
		c->phase = PHASE_SENDING;
	} else {
		sim_arm(c->step, c->x.trickle_ms);
	}
	conn_flush(&c->conn);
}

/* Closed at once, what the client still sends would come back as RST and take the answer with it.
 */
static void linger(struct http_client *c)
{
	c->phase = PHASE_LINGERING;
	bytes_consume(&c->conn.in, c->conn.in.len);
	SSL_shutdown(c->conn.ssl);
	shutdown(c->conn.fd, SHUT_WR);
	sim_arm(c->patience, LINGER_MS);
}

static void after_answer(struct http_client *c)
{
	if (c->x.way == HTTP_WAY_RESET) {
		reset(c);
	} else if (c->x.unread) {
		linger(c);
	} else if (c->x.close) {
		conn_close(&c->conn, "behind the last answer");
	} else {
		exchange_init(c);
		serve(c);
	}
}

static void on_step(evutil_socket_t fd, short what, void *arg)
{
	struct http_client *c = arg;

	if (c->phase == PHASE_HELD) {
		send_answer(c);
	} else if (c->phase == PHASE_TRICKLING) {
		trickle(c);
	} else if (c->owed > 0) {
		pour(c);
	} else if (c->conn.out.len == 0) {
		after_answer(c);
	}
}

static void on_http_accept(void *arg, int fd)
{
	struct http_server *s = arg;
	struct http_client *c = xcalloc(1, sizeof(*c));

	c->server = s;
	list_add_tail(&s->clients, &c->link);
	c->digest = EVP_MD_CTX_new();
	c->patience = evtimer_new(s->base, on_patience, c);
	c->step = evtimer_new(s->base, on_step, c);
	c->reap = evtimer_new(s->base, on_reap, c);
	exchange_init(c);
	conn_init(&c->conn, s->base, &conn_ops, c, fd, s->new_ssl(s->arg, fd));
}

int http_open(struct http_server *s, const struct sockaddr_in *address)
{
	list_init(&s->clients);
	return endpoint_open(&s->endpoint, s->base, address, on_http_accept, s);
}

void http_kick(struct http_server *s, const char *why)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &s->clients) {
		conn_close(&container_of(pos, struct http_client, link)->conn, why);
	}
}

void http_close(struct http_server *s)
{
	while (s->clients.next && !list_empty(&s->clients)) {
		client_destroy(container_of(s->clients.next, struct http_client, link));
	}
	if (s->clients.next) {
		endpoint_close(&s->endpoint);
	}
}
