/* SPDX-License-Identifier: MIT */
/* One libmosquitto client on the loop: its life from mqtt_open to down. Why it is done this way
 * stands in HACKING.md, "libmosquitto". */
#include "daemon/io/mqtt.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/secret.h"
#include "daemon/io/mqtt_internal.h"
#include "daemon/io/tls.h"

#define KEEPALIVE_DEFAULT_S 30
#define CONNECT_DEFAULT_MS 10000
/* A packet that is not whole after this never will be. */
#define TRICKLE_MS 30000
/* A ping unanswered for so long: the peer is gone, whatever its kernel acknowledges (reliability.md
 * row 2). The library itself waits for a whole keepalive. */
#define PING_ANSWER_MS 15000
/* Packets for many printers come in bursts: to look for another is cheaper than a turn of the loop,
 * and so is to handle them one after the other. */
#define BURST_MAX 64
/* Reads in one event; what is left in OpenSSL is read after others had their turn. */
#define READ_ROUNDS_MAX 64
#define TEXT_MAX 256

static const char *const down_words[MQTT_DOWN_COUNT] = {
    [MQTT_DOWN_ASKED] = "asked",
    [MQTT_DOWN_REFUSED_PORT] = "refused_port",
    [MQTT_DOWN_UNREACHABLE] = "unreachable",
    [MQTT_DOWN_TIMEOUT] = "timeout",
    [MQTT_DOWN_TLS] = "tls",
    [MQTT_DOWN_AUTH] = "auth",
    [MQTT_DOWN_CONNACK] = "connack",
    [MQTT_DOWN_LOST] = "lost",
    [MQTT_DOWN_KEEPALIVE] = "keepalive",
    [MQTT_DOWN_OVERSIZE] = "oversize",
};
static_assert(ARRAY_SIZE(down_words) == MQTT_DOWN_COUNT, "a word for each reason");

const char *mqtt_down_word(enum mqtt_down why)
{
	return down_words[why];
}

static void on_event(evutil_socket_t fd, short what, void *arg);

static void unarm(struct mqtt_client *c)
{
	if (c->fd >= 0) {
		event_del(&c->ev);
		c->fd = -1;
	}
}

/* After every call of the library: what it waits for may have changed. */
static void arm(struct mqtt_client *c)
{
	int fd = mosquitto_socket(c->lib);
	short want = EV_READ | EV_PERSIST;

	/* During the handshake mosquitto_want_write is always true and would spin. */
	if (mqtt_lib_handshaking(c) ? SSL_want(mosquitto_ssl_get(c->lib)) == SSL_WRITING
				    : !mqtt_lib_flush(c) || mosquitto_want_write(c->lib)) {
		want |= EV_WRITE;
	}
	if (c->fd == fd && c->armed == want) {
		return;
	}
	unarm(c);
	event_assign(&c->ev, loop_base(c->pool->loop), fd, want, on_event, c);
	event_add(&c->ev, NULL);
	c->fd = fd;
	c->armed = want;
}

/* The session is over; nobody is told. */
static void drop_session(struct mqtt_client *c, enum mqtt_phase phase)
{
	unarm(c);
	loop_timer_stop(&c->deadline);
	loop_deferred_cancel(&c->later);
	mqtt_lib_destroy(c);
	c->session++;
	mqtt_pool_move(c, phase);
}

/* From an event, a timer or a deferred call of our own only: the owner hears at once. */
static void end(struct mqtt_client *c, enum mqtt_down why, const char *text)
{
	drop_session(c, MQTT_IDLE);
	c->handler.down(c->handler.arg, why, text);
}

/* From a call of the owner: he hears when he has returned. */
static void end_later(struct mqtt_client *c, enum mqtt_down why, char *text)
{
	drop_session(c, MQTT_ENDED);
	free(c->why_text);
	c->why = why;
	c->why_text = text;
	loop_defer(c->pool->loop, &c->later);
}

static enum mqtt_down explain_connack(int connack, char text[static TEXT_MAX])
{
	static const char *const words[] = {
	    [1] = "broker refused the protocol version",
	    [2] = "broker refused the client id",
	    [3] = "broker is unavailable",
	    [4] = "not authorised (user or password): access code changed?",
	    [5] = "not authorised: access code changed?",
	};
	bool known = connack > 0 && connack < (int)ARRAY_SIZE(words);

	snprintf(text, TEXT_MAX, "%s", known ? words[connack] : "broker refused the connection");
	return connack == 4 || connack == 5 ? MQTT_DOWN_AUTH : MQTT_DOWN_CONNACK;
}

static enum mqtt_down explain_connect(int error, char text[static TEXT_MAX])
{
	if (error == ECONNREFUSED) {
		snprintf(text, TEXT_MAX, "connection refused");
		return MQTT_DOWN_REFUSED_PORT;
	}
	snprintf(text, TEXT_MAX, "connect failed: %s", strerrordesc_np(error));
	return error == ETIMEDOUT ? MQTT_DOWN_TIMEOUT : MQTT_DOWN_UNREACHABLE;
}

static enum mqtt_down explain_loss(
    const struct mqtt_client *c, int rc, int error, bool in_handshake, char text[static TEXT_MAX])
{
	const char *during = in_handshake		   ? " during the TLS handshake"
			     : c->phase == MQTT_CONNECTING ? " before it let us in"
							   : "";

	if (rc == MOSQ_ERR_KEEPALIVE) {
		snprintf(text, TEXT_MAX, "no answer to a ping within %d s", PING_ANSWER_MS / 1000);
		return MQTT_DOWN_KEEPALIVE;
	}
	if (rc == MOSQ_ERR_PROTOCOL || rc == MOSQ_ERR_MALFORMED_PACKET) {
		snprintf(text, TEXT_MAX, "peer does not speak MQTT rightly");
	} else if (error == ETIMEDOUT) {
		snprintf(text, TEXT_MAX, "peer is not reachable any more");
	} else if (error == ECONNRESET) {
		snprintf(text, TEXT_MAX, "peer reset the connection%s", during);
	} else {
		snprintf(text, TEXT_MAX, "peer closed the connection%s", during);
	}
	return MQTT_DOWN_LOST;
}

/* The library said rc (or closed its socket): the session is over, for the nearest reason. */
static void fail(struct mqtt_client *c, int rc, int error, bool in_handshake)
{
	struct tls_peer *peer = c->peer;
	char text[TEXT_MAX];
	enum mqtt_down why;

	if (peer != NULL && peer->guard_fired) {
		why = MQTT_DOWN_OVERSIZE;
		snprintf(text, sizeof(text), "more than %d KiB without a whole message",
		    MQTT_MESSAGE_MAX / 1024);
	} else if (c->connack > 0) {
		why = explain_connack(c->connack, text);
	} else if (peer != NULL && c->phase == MQTT_CONNECTING && peer->reason[0] != '\0') {
		why = MQTT_DOWN_TLS;
		snprintf(text, sizeof(text), "%s", peer->reason);
	} else {
		why = explain_loss(c, rc, error, in_handshake, text);
	}
	end(c, why, text);
}

/* True while the session that the caller began with goes on. */
static bool settle(struct mqtt_client *c, unsigned session, int rc, int error, bool in_handshake)
{
	if (mosquitto_socket(c->lib) < 0) {
		/* Closed by the library: the number may be another's as soon as anything opens. */
		unarm(c);
	}
	if (c->phase == MQTT_CONNECTING && c->connack == 0) {
		loop_timer_stop(&c->deadline);
		mqtt_pool_move(c, MQTT_UP);
		if (c->many) {
			mqtt_lib_buffer(c);
		}
		c->handler.up(c->handler.arg);
		if (c->session != session) {
			c->pool->inbox.len = 0;
			return false;
		}
	}
	/* What came before the end counts. */
	if (c->pool->inbox.len > 0 && !mqtt_lib_deliver(c)) {
		return false;
	}
	if (rc != MOSQ_ERR_SUCCESS || mosquitto_socket(c->lib) < 0) {
		fail(c, rc, error, in_handshake);
		return false;
	}
	return true;
}

static bool is_connected(const struct mqtt_client *c)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	return getpeername(c->fd, (struct sockaddr *)&address, &len) == 0;
}

/* 0, or why there is no TCP connection. libmosquitto misses it: the handshake's next read or write
 * takes the error away, and then it tries for ever. */
static int connect_error(struct mqtt_client *c)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error != 0) {
		return error;
	}
	if (is_connected(c)) {
		return 0;
	}
	/* Taken before us: by the note of the handshake's start, else there was a connection. */
	return c->peer != NULL && c->peer->connect_errno != 0 ? c->peer->connect_errno : ECONNRESET;
}

static void fail_connect(struct mqtt_client *c, int error)
{
	char text[TEXT_MAX];
	enum mqtt_down why;

	if (error == ECONNRESET || error == EPIPE) {
		/* There was a connection. The peer's last words may wait to be read: an alert, or
		 * the CONNACK that refuses us. */
		bool in_handshake = mqtt_lib_handshaking(c);

		mosquitto_loop_read(c->lib, 1);
		fail(c, MOSQ_ERR_CONN_LOST, ECONNRESET, in_handshake);
		return;
	}
	why = explain_connect(error, text);
	end(c, why, text);
}

static bool read_once(struct mqtt_client *c, unsigned session)
{
	bool in_handshake = mqtt_lib_handshaking(c);
	int left = c->many && c->phase == MQTT_UP ? BURST_MAX : 1;
	unsigned marks;
	int rc;

	do {
		marks = c->marks;
		errno = 0;
		rc = mosquitto_loop_read(c->lib, 1);
	} while (--left > 0 && c->marks != marks && rc == MOSQ_ERR_SUCCESS && errno == 0);
	return settle(c, session, rc, errno, in_handshake);
}

/* The library may stop with whole packets left inside OpenSSL, or before it, for which no event
 * will come. */
static bool read_all(struct mqtt_client *c, unsigned session)
{
	for (int round = 0; round < READ_ROUNDS_MAX; round++) {
		if (!read_once(c, session)) {
			return false;
		}
		if (!mqtt_lib_may_read(c)) {
			return true;
		}
	}
	loop_defer(c->pool->loop, &c->later);
	return true;
}

static bool write_some(struct mqtt_client *c, unsigned session)
{
	int rc;

	errno = 0;
	rc = mosquitto_loop_write(c->lib, 1);
	return settle(c, session, rc, errno, false);
}

static void step(struct mqtt_client *c, short what)
{
	unsigned session = c->session;

	if (c->phase == MQTT_CONNECTING) {
		int error = connect_error(c);

		if (error != 0) {
			fail_connect(c, error);
			return;
		}
	}
	if (mqtt_lib_handshaking(c)) {
		/* Only loop_read moves the handshake on, also when it is writing that it waits
		 * for. */
		if (!read_once(c, session)) {
			return;
		}
	} else if ((what & EV_READ && !read_all(c, session)) ||
		   (what & EV_WRITE && !write_some(c, session))) {
		return;
	}
	arm(c);
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	step(arg, what);
}

static void on_later(void *arg)
{
	struct mqtt_client *c = arg;
	_cleanup_free_ char *text = NULL;

	if (c->phase != MQTT_ENDED) {
		step(c, EV_READ);
		return;
	}
	text = TAKE(c->why_text);
	mqtt_pool_move(c, MQTT_IDLE);
	c->handler.down(c->handler.arg, c->why, text);
}

static void on_deadline(void *arg)
{
	struct mqtt_client *c = arg;
	const char *who = !is_connected(c)	    ? "host"
			  : mqtt_lib_handshaking(c) ? "TLS handshake"
						    : "broker";
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "no answer from %s within %g s", who, c->connect_ms / 1000.0);
	end(c, MQTT_DOWN_TIMEOUT, text);
}

/* The start itself failed, on rc and error; the handshake may have begun in it. */
static void fail_start(struct mqtt_client *c, int rc, int error)
{
	if (c->peer != NULL && c->peer->connect_errno != 0) {
		fail_connect(c, c->peer->connect_errno);
	} else if (rc == MOSQ_ERR_TLS) {
		fail(c, rc, error, true);
	} else {
		fail_connect(c, rc == MOSQ_ERR_EAI ? EADDRNOTAVAIL : error != 0 ? error : EINVAL);
	}
}

void mqtt_client_connect(struct mqtt_client *c)
{
	int rc;

	mqtt_pool_move(c, MQTT_CONNECTING);
	c->connack = -1;
	c->granted = -1;
	c->marks_seen = c->marks;
	c->pinged = c->buffered = false;
	c->partial_since_ms = -1;
	c->heard_ms = loop_now_ms(c->pool->loop);
	c->lib = mqtt_lib_create(c);
	rc = c->lib != NULL ? mqtt_lib_connect(c) : MOSQ_ERR_NOMEM;
	if (rc != MOSQ_ERR_SUCCESS || mosquitto_socket(c->lib) < 0) {
		fail_start(c, rc, errno);
		return;
	}
	loop_timer_start(&c->deadline, c->connect_ms);
	arm(c);
}

/* Nothing whole came since the ping that the keepalive sent should have been answered. */
static bool is_deaf(struct mqtt_client *c)
{
	int64_t now_ms = loop_now_ms(c->pool->loop);

	if (c->marks != c->marks_seen) {
		c->heard_ms = now_ms;
	}
	return now_ms - c->heard_ms >= c->keepalive_s * INT64_C(1000) + PING_ANSWER_MS;
}

/* A packet that began and does not end, however slowly it goes on. */
static bool trickles(struct mqtt_client *c)
{
	int64_t now_ms = loop_now_ms(c->pool->loop);

	if (c->peer == NULL || c->peer->inbound == 0 || c->marks != c->marks_seen) {
		c->marks_seen = c->marks;
		c->partial_since_ms = -1;
	} else if (c->partial_since_ms < 0) {
		c->partial_since_ms = now_ms;
	}
	return c->partial_since_ms >= 0 && now_ms - c->partial_since_ms >= TRICKLE_MS;
}

void mqtt_client_sweep(struct mqtt_client *c)
{
	bool deaf = is_deaf(c);
	char text[TEXT_MAX];
	int rc;

	if (trickles(c)) {
		snprintf(
		    text, sizeof(text), "a message did not end within %d s", TRICKLE_MS / 1000);
		end(c, MQTT_DOWN_OVERSIZE, text);
		return;
	}
	if (deaf) {
		fail(c, MOSQ_ERR_KEEPALIVE, 0, false);
		return;
	}
	rc = mqtt_lib_misc(c);
	if (settle(c, c->session, rc, errno, false)) {
		arm(c);
	}
}

struct mqtt_client *mqtt_create(
    struct mqtt_pool *p, const struct mqtt_config *config, const struct mqtt_handler *h)
{
	struct mqtt_client *c = xcalloc(1, sizeof(*c));

	c->pool = p;
	c->handler = *h;
	c->client_id = xstrdup(config->client_id);
	c->user = xstrdup(config->user);
	c->password = secret_dup(config->password);
	c->profile = config->profile != NULL ? tls_profile_ref(config->profile) : NULL;
	c->peer = config->profile != NULL ? config->peer : NULL;
	c->keepalive_s = config->keepalive_s > 0 ? config->keepalive_s : KEEPALIVE_DEFAULT_S;
	c->many = config->many;
	c->connect_ms = config->connect_ms > 0 ? config->connect_ms : CONNECT_DEFAULT_MS;
	c->fd = -1;
	loop_timer_init(&c->deadline, p->loop, on_deadline, c);
	loop_deferred_init(&c->later, on_later, c);
	list_add_tail(&p->idle, &c->link);
	return c;
}

void mqtt_client_free(struct mqtt_client *c)
{
	list_del(&c->link);
	secret_destroy(c->password);
	tls_profile_unref(c->profile);
	free(c->client_id);
	free(c->user);
	free(c->address);
	free(c->why_text);
	free(c);
}

/* The memory stays until no callback of c can be on the stack. */
void mqtt_destroy(struct mqtt_client *c)
{
	if (c != NULL && c->phase != MQTT_DEAD) {
		drop_session(c, MQTT_DEAD);
	}
}

void mqtt_set_client_id(struct mqtt_client *c, const char *client_id)
{
	free(c->client_id);
	c->client_id = xstrdup(client_id);
}

int mqtt_open(struct mqtt_client *c, const char *address, uint16_t port)
{
	if (c->phase != MQTT_IDLE) {
		return -EALREADY;
	}
	free(c->address);
	c->address = xstrdup(address);
	c->port = port;
	c->session++;
	mqtt_pool_move(c, MQTT_QUEUED);
	return 0;
}

void mqtt_close(struct mqtt_client *c, const char *why)
{
	if (c->phase == MQTT_QUEUED || c->phase == MQTT_CONNECTING || c->phase == MQTT_UP) {
		end_later(c, MQTT_DOWN_ASKED, xstrdup(why));
	}
}

bool mqtt_is_up(const struct mqtt_client *c)
{
	return c->phase == MQTT_UP;
}

int64_t mqtt_deaf_ms(const struct mqtt_client *c)
{
	return c->phase == MQTT_UP ? loop_now_ms(c->pool->loop) - c->heard_ms : 0;
}

int mqtt_granted(const struct mqtt_client *c)
{
	return c->phase == MQTT_UP ? c->granted : -1;
}

/* Outside of its callbacks the library writes at once, and may find the connection gone. */
static int after_send(struct mqtt_client *c, int rc)
{
	if (mosquitto_socket(c->lib) < 0 || rc == MOSQ_ERR_CONN_LOST || rc == MOSQ_ERR_NO_CONN ||
	    rc == MOSQ_ERR_ERRNO || rc == MOSQ_ERR_TLS) {
		end_later(c, MQTT_DOWN_LOST, xstrdup("connection was gone when sending"));
		return -EIO;
	}
	arm(c);
	return rc == MOSQ_ERR_SUCCESS ? 0 : -EIO;
}

int mqtt_publish(struct mqtt_client *c, const char *topic, const void *payload, size_t len)
{
	if (c->phase != MQTT_UP) {
		return -ENOTCONN;
	}
	if (len > MQTT_MESSAGE_MAX) {
		return -EIO;
	}
	return after_send(c, mosquitto_publish(c->lib, NULL, topic, (int)len, payload, 1, false));
}

int mqtt_subscribe(struct mqtt_client *c, const char *topic)
{
	if (c->phase != MQTT_UP) {
		return -ENOTCONN;
	}
	return after_send(c, mosquitto_subscribe(c->lib, NULL, topic, 1));
}

int mqtt_subscribe_all(struct mqtt_client *c, char *const *topics, size_t count)
{
	if (c->phase != MQTT_UP) {
		return -ENOTCONN;
	}
	if (count == 0) {
		return 0;
	}
	return after_send(
	    c, mosquitto_subscribe_multiple(c->lib, NULL, (int)count, topics, 1, 0, NULL));
}

int mqtt_unsubscribe(struct mqtt_client *c, const char *topic)
{
	if (c->phase != MQTT_UP) {
		return -ENOTCONN;
	}
	return after_send(c, mosquitto_unsubscribe(c->lib, NULL, topic));
}
