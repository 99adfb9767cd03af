/* SPDX-License-Identifier: MIT */
/* One MQTT client of one printer, from TLS handshake to DISCONNECT. */
#include "tests/sim/session.h"

#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "tests/sim/broker.h"
#include "tests/sim/conn.h"
#include "tests/sim/mqtt.h"
#include "tests/sim/printer.h"

#define PACKET_MAX (256u * 1024)
#define FILTERS_MAX 16
#define FILTER_LEN_MAX 200
#define CONNECT_WAIT_MS 30000
#define POUR_CHUNK 65536
#define TRICKLE_BYTES 65536

struct filter {
	char *text;
	uint8_t qos;
};

struct session {
	struct list link;
	struct printer *printer;
	struct conn conn;
	bool accepted;
	char client_id[64];
	int64_t patience_ms; /* silence after which the client is dropped; 0 = for ever */
	struct filter filter[FILTERS_MAX];
	int filters;
	uint16_t last_id;
	size_t owed; /* bytes still to come of a PUBLISH that a fault announced */
	bool owed_slowly;
	bool answering;		  /* CONNECT was read, CONNACK is to come */
	enum mqtt_connack answer; /* that one */
	struct event *patience, *reap, *trickle, *connack;
};

static void log_session(struct session *s, const char *what, const char *detail)
{
	if (s->printer->sim->verbose) {
		log_info("%s: %s%s%s", s->printer->name, what, detail[0] ? ": " : "", detail);
	}
}

static bool span_equals(struct mqtt_span span, const char *text)
{
	return span.len == strlen(text) && memcmp(span.data, text, span.len) == 0;
}

static enum mqtt_connack judge_login(struct session *s, const struct mqtt_connect *c)
{
	struct printer *p = s->printer;

	if (c->level != 4) {
		return MQTT_BAD_VERSION;
	}
	if (fault_is_on(&p->faults, FAULT_WRONG_CODE)) {
		return (enum mqtt_connack)p->faults.arg[FAULT_WRONG_CODE];
	}
	if (!c->has_user || !c->has_password || !span_equals(c->user, "bblp")) {
		return MQTT_BAD_LOGIN;
	}
	return span_equals(c->password, p->code) ? MQTT_ACCEPTED : MQTT_NOT_AUTHORIZED;
}

/* A second client of the same id takes the place of the first, as the standard says. */
static void evict_namesakes(struct session *s)
{
	struct list *pos, *tmp;

	if (s->client_id[0] == '\0') {
		return;
	}
	list_for_each (pos, tmp, &s->printer->sessions) {
		struct session *other = session_from_link(pos);

		if (other != s && strcmp(other->client_id, s->client_id) == 0) {
			session_close(other, "another client took its id");
		}
	}
}

static bool is_crowded(const struct session *s)
{
	const struct faults *f = &s->printer->faults;
	struct list *pos, *tmp;
	int64_t others = 0;

	list_for_each (pos, tmp, &s->printer->sessions) {
		const struct session *other = session_from_link(pos);

		others += other != s && session_is_live(other) &&
			  strcmp(other->client_id, s->client_id) != 0;
	}
	return fault_is_on(f, FAULT_CLIENTS) && others >= f->arg[FAULT_CLIENTS];
}

static void answer_connect(struct session *s)
{
	struct printer_counters *n = &s->printer->counters;

	s->answering = false;
	mqtt_put_connack(&s->conn.out, false, s->answer);
	conn_flush(&s->conn);
	if (s->answer != MQTT_ACCEPTED) {
		n->logins_refused++;
		session_close(s, "login refused");
		return;
	}
	evict_namesakes(s);
	s->accepted = true;
	n->logins++;
	log_session(s, "client", s->client_id);
	if (fault_is_on(&s->printer->faults, FAULT_KICK_AT_ONCE)) {
		session_close(s, "kicked at once");
	}
}

static void handle_connect(struct session *s, const struct mqtt_packet *packet)
{
	const struct faults *f = &s->printer->faults;
	struct mqtt_connect c;

	s->printer->counters.connects++;
	if (s->accepted || mqtt_read_connect(packet, &c) < 0) {
		session_close(s, "malformed or second CONNECT");
		return;
	}
	snprintf(s->client_id, sizeof(s->client_id), "%.*s", (int)c.client_id.len,
	    c.client_id.len ? (const char *)c.client_id.data : "");
	s->patience_ms = (int64_t)c.keepalive_s * 1500;
	s->answer = judge_login(s, &c);
	if (s->answer == MQTT_ACCEPTED && is_crowded(s)) {
		s->printer->counters.crowded++;
		session_close(s, "one client too many");
	} else if (fault_is_on(f, FAULT_SLOW_CONNACK)) {
		s->answering = true;
		evtimer_del(s->patience);
		sim_arm(s->connack, f->arg[FAULT_SLOW_CONNACK]);
	} else {
		answer_connect(s);
	}
}

static struct filter *find_filter(struct session *s, struct mqtt_span text)
{
	for (int i = 0; i < s->filters; i++) {
		if (span_equals(text, s->filter[i].text)) {
			return &s->filter[i];
		}
	}
	return NULL;
}

/* Returns the SUBACK code. */
static uint8_t subscribe(struct session *s, struct mqtt_span text, uint8_t qos)
{
	_cleanup_free_ char *copy = xstrndup((const char *)text.data, text.len);
	struct filter *f = find_filter(s, text);

	if (!mqtt_filter_ok(copy) || text.len > FILTER_LEN_MAX) {
		return MQTT_SUBACK_FAILURE;
	}
	if (!f) {
		if (s->filters == FILTERS_MAX) {
			return MQTT_SUBACK_FAILURE;
		}
		f = &s->filter[s->filters++];
		f->text = TAKE(copy);
	}
	f->qos = qos > 1 ? 1 : qos;
	return f->qos;
}

static void handle_subscribe(struct session *s, const struct mqtt_packet *packet)
{
	uint8_t codes[FILTERS_MAX], qos;
	size_t pos = 0, count = 0;
	struct mqtt_span text;
	uint16_t id = 0;
	int r;

	while ((r = mqtt_next_filter(packet, &pos, &id, &text, &qos)) > 0) {
		if (count == FILTERS_MAX) {
			session_close(s, "too many filters");
			return;
		}
		if (s->printer->model->drops_spies &&
		    span_equals(text, s->printer->topic_request)) {
			session_close(s, "subscribed to the request topic");
			return;
		}
		codes[count++] = subscribe(s, text, qos);
	}
	if (r < 0) {
		session_close(s, "malformed SUBSCRIBE");
		return;
	}
	s->printer->counters.subscribes++;
	mqtt_put_suback(&s->conn.out, id, codes, count);
	conn_flush(&s->conn);
	session_apply_faults(s);
}

static void handle_unsubscribe(struct session *s, const struct mqtt_packet *packet)
{
	struct mqtt_span text;
	size_t pos = 0;
	uint16_t id = 0;
	uint8_t qos;
	int r;

	while ((r = mqtt_next_filter(packet, &pos, &id, &text, &qos)) > 0) {
		struct filter *f = find_filter(s, text);

		if (f) {
			free(f->text);
			*f = s->filter[--s->filters];
		}
	}
	if (r < 0) {
		session_close(s, "malformed UNSUBSCRIBE");
		return;
	}
	mqtt_put_ack(&s->conn.out, MQTT_UNSUBACK, id);
	conn_flush(&s->conn);
}

static void handle_publish(struct session *s, const struct mqtt_packet *packet)
{
	struct printer *p = s->printer;
	struct mqtt_publish m;

	if (broker_read_publish(&s->conn, packet, &m) < 0) {
		session_close(s, "malformed PUBLISH, or QoS 2");
		return;
	}
	if (span_equals(m.topic, p->topic_request)) {
		printer_on_request(p, m.payload.data, m.payload.len);
	}
}

static void handle_packet(struct session *s, const struct mqtt_packet *packet)
{
	uint16_t id;

	if (!s->accepted && packet->type != MQTT_CONNECT) {
		session_close(s, "first packet is not CONNECT");
		return;
	}
	if (s->owed > 0 && packet->type != MQTT_DISCONNECT) {
		return; /* in the middle of a packet nothing else can be said */
	}
	switch (packet->type) {
	case MQTT_CONNECT:
		handle_connect(s, packet);
		break;
	case MQTT_PUBLISH:
		handle_publish(s, packet);
		break;
	case MQTT_SUBSCRIBE:
		handle_subscribe(s, packet);
		break;
	case MQTT_UNSUBSCRIBE:
		handle_unsubscribe(s, packet);
		break;
	case MQTT_PINGREQ:
		s->printer->counters.pings++;
		mqtt_put_pingresp(&s->conn.out);
		conn_flush(&s->conn);
		break;
	case MQTT_PUBACK:
		if (mqtt_read_ack(packet, &id) < 0) {
			session_close(s, "malformed PUBACK");
		}
		break;
	case MQTT_DISCONNECT:
		s->printer->counters.disconnects++;
		session_close(s, "DISCONNECT");
		break;
	case MQTT_CONNACK:
	case MQTT_PUBREC:
	case MQTT_PUBREL:
	case MQTT_PUBCOMP:
	case MQTT_SUBACK:
	case MQTT_UNSUBACK:
	case MQTT_PINGRESP:
	case MQTT_TYPE_COUNT:
		session_close(s, "a packet that QoS 0 and 1 do not know");
		break;
	}
}

static bool on_packet(void *owner, const struct mqtt_packet *packet)
{
	struct session *s = owner;

	handle_packet(s, packet);
	return !s->answering;
}

static void on_conn_input(void *owner)
{
	struct session *s = owner;

	if (s->answering) {
		return;
	}
	if (broker_read(&s->conn, PACKET_MAX, on_packet, s) < 0) {
		session_close(s, "not MQTT 3.1.1, or too long");
	} else if (s->conn.closing) {
		return;
	} else if (s->accepted && s->patience_ms > 0) {
		sim_arm(s->patience, s->patience_ms);
	} else if (s->accepted) {
		evtimer_del(s->patience);
	}
}

static void on_conn_secured(void *owner)
{
	struct session *s = owner;

	s->printer->counters.tls_done++;
}

/* Keeps the pipe of an oversized packet full. */
static void pour(struct session *s)
{
	size_t chunk = s->owed < POUR_CHUNK ? s->owed : POUR_CHUNK;

	if (s->owed == 0 || s->owed_slowly) {
		return;
	}
	memset(bytes_reserve(&s->conn.out, chunk), ' ', chunk);
	bytes_grew(&s->conn.out, chunk);
	s->owed -= chunk;
}

/* Only marks the write event: the caller is the writer itself. */
static void on_conn_drained(void *owner)
{
	struct session *s = owner;

	if (s->owed > 0 && !s->owed_slowly) {
		pour(s);
		event_add(s->conn.write_event, NULL);
	}
}

static void on_conn_gone(void *owner, const char *why)
{
	struct session *s = owner;
	struct printer_counters *n = &s->printer->counters;

	if (!s->conn.ready) {
		n->tls_failed++;
		str_copy(n->tls_error, sizeof(n->tls_error), why);
	}
	n->connections_now--;
	n->bytes_in += s->conn.bytes_in;
	n->bytes_out += s->conn.bytes_out;
	s->conn.bytes_in = s->conn.bytes_out = 0;
	evtimer_del(s->patience);
	evtimer_del(s->trickle);
	evtimer_del(s->connack);
	log_session(s, "connection ended", why);
	sim_arm(s->reap, 0);
}

static const struct conn_ops conn_ops = {
    on_conn_secured, on_conn_input, on_conn_drained, on_conn_gone};

static void on_patience(evutil_socket_t fd, short what, void *arg)
{
	struct session *s = arg;

	if (!s->conn.frozen && s->conn.ssl) {
		s->printer->counters.keepalive_cuts++;
		session_close(s, "silent for longer than its keepalive allows");
	}
}

static void on_reap(evutil_socket_t fd, short what, void *arg)
{
	session_destroy(arg);
}

static void on_connack(evutil_socket_t fd, short what, void *arg)
{
	struct session *s = arg;

	answer_connect(s);
	on_conn_input(s); /* what came meanwhile */
}

static void on_trickle(evutil_socket_t fd, short what, void *arg)
{
	struct session *s = arg;

	if (s->owed > 0 && s->owed_slowly) {
		bytes_add_u8(&s->conn.out, ' ');
		s->owed--;
		conn_flush(&s->conn);
	}
	if (!s->conn.closing && s->owed > 0) {
		sim_arm(s->trickle, s->printer->faults.arg[FAULT_TRICKLE]);
	}
}

/* Announces a PUBLISH that a fault will never, or only slowly, complete. */
static void begin_owed(struct session *s, size_t remaining, bool slowly)
{
	size_t topic = 2 + strlen(s->printer->topic_report);

	s->owed = remaining - topic;
	s->owed_slowly = slowly;
	mqtt_put_publish_head(&s->conn.out, s->printer->topic_report, s->owed, 0, 0);
	if (slowly) {
		sim_arm(s->trickle, s->printer->faults.arg[FAULT_TRICKLE]);
	} else {
		pour(s);
	}
	conn_flush(&s->conn);
}

void session_apply_faults(struct session *s)
{
	const struct faults *f = &s->printer->faults;
	bool oversize = fault_is_on(f, FAULT_OVERSIZE), trickle = fault_is_on(f, FAULT_TRICKLE);

	if (s->conn.closing) {
		return;
	}
	s->conn.record_max = fault_is_on(f, FAULT_SPLIT) ? (size_t)f->arg[FAULT_SPLIT] : 0;
	s->conn.join_ms = fault_is_on(f, FAULT_JOIN) ? (int)f->arg[FAULT_JOIN] : 0;
	conn_freeze(&s->conn, fault_is_on(f, FAULT_HALF_OPEN));
	if (s->owed > 0 && !oversize && !trickle) {
		session_close(s, "an unfinished packet cannot be taken back");
	} else if (s->owed == 0 && s->filters > 0 && oversize) {
		begin_owed(s, (size_t)f->arg[FAULT_OVERSIZE], false);
	} else if (s->owed == 0 && s->filters > 0 && trickle) {
		begin_owed(s, TRICKLE_BYTES, true);
	}
}

void session_create(struct printer *p, int fd)
{
	struct session *s = xcalloc(1, sizeof(*s));
	SSL *ssl = fault_is_on(&p->faults, FAULT_SILENT) ? NULL : printer_new_ssl(p, fd, false);

	s->printer = p;
	list_add_tail(&p->sessions, &s->link);
	p->counters.connections++;
	p->counters.connections_now++;
	s->patience = evtimer_new(p->sim->base, on_patience, s);
	s->reap = evtimer_new(p->sim->base, on_reap, s);
	s->trickle = evtimer_new(p->sim->base, on_trickle, s);
	s->connack = evtimer_new(p->sim->base, on_connack, s);
	sim_arm(s->patience, CONNECT_WAIT_MS);
	conn_init(&s->conn, p->sim->base, &conn_ops, s, fd, ssl);
	session_apply_faults(s);
}

void session_close(struct session *s, const char *why)
{
	conn_close(&s->conn, why);
}

void session_destroy(struct session *s)
{
	session_close(s, "the simulator ends");
	list_del(&s->link);
	conn_finish(&s->conn);
	for (int i = 0; i < s->filters; i++) {
		free(s->filter[i].text);
	}
	event_free(s->patience);
	event_free(s->reap);
	event_free(s->trickle);
	event_free(s->connack);
	free(s);
}

void session_publish(
    struct session *s, const char *topic, const void *payload, size_t len, bool force)
{
	int qos = -1;

	for (int i = 0; i < s->filters; i++) {
		if ((force || mqtt_filter_matches(s->filter[i].text, topic)) &&
		    s->filter[i].qos > qos) {
			qos = s->filter[i].qos;
		}
	}
	if (qos < 0 || s->owed > 0 || s->conn.closing || s->conn.frozen) {
		return;
	}
	s->printer->counters.published++;
	broker_publish(&s->conn, topic, payload, len, (uint8_t)qos, &s->last_id);
}

bool session_is_live(const struct session *s)
{
	return s->accepted && !s->conn.closing;
}

bool session_has_subscriptions(const struct session *s)
{
	return session_is_live(s) && s->filters > 0;
}

uint64_t session_bytes_in(const struct session *s)
{
	return s->conn.bytes_in;
}

uint64_t session_bytes_out(const struct session *s)
{
	return s->conn.bytes_out;
}

struct session *session_from_link(struct list *link)
{
	return container_of(link, struct session, link);
}
