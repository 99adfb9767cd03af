/* SPDX-License-Identifier: MIT */
/* The cloud's broker: logins of accounts, who may hear which printer, presence. */
#include "tests/sim/cloud_mqtt.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jw.h"
#include "common/log.h"
#include "tests/sim/broker.h"
#include "tests/sim/cloud.h"
#include "tests/sim/command_internal.h"
#include "tests/sim/conn.h"
#include "tests/sim/mqtt.h"
#include "tests/sim/printer.h"

#define PACKET_MAX (1024u * 1024)
#define FILTERS_MAX 512 /* of one packet */

struct cloud_session {
	struct list link;
	struct cloud_broker *broker;
	struct conn conn;
	unsigned slot; /* its bit in printer->cloud_subs */
	bool accepted;
	char client_id[64];
	char *token;
	uint16_t last_id;
	struct event *patience, *reap;
	int64_t patience_ms;
};

struct cloud_broker {
	struct sim *sim;
	struct endpoint endpoint;
	struct list sessions;
	uint32_t slots; /* taken */
	struct printer **by_topic;
	bool kick_at_once;
	uint64_t connects, logins, refused, evicted, kicked, died, subscribes, topics, foreign,
	    requests, published;
};

static void session_close(struct cloud_session *s, const char *why)
{
	if (s->broker->sim->verbose) {
		log_info("cloud broker: %s: %s", s->client_id, why);
	}
	conn_close(&s->conn, why);
}

static int compare_topics(const void *a, const void *b)
{
	return strcmp((*(struct printer *const *)a)->topic_report,
	    (*(struct printer *const *)b)->topic_report);
}

/* device/SERIAL/report or /request of a printer that is the account's. */
static struct printer *find_printer(
    const struct cloud_broker *b, struct mqtt_span topic, const char *end)
{
	struct printer key, *k = &key, **found;
	size_t end_len = strlen(end);

	if (topic.len <= end_len || topic.len - end_len + 8 > sizeof(key.topic_report) ||
	    memcmp(topic.data + topic.len - end_len, end, end_len) != 0) {
		return NULL;
	}
	snprintf(key.topic_report, sizeof(key.topic_report), "%.*s/report",
	    (int)(topic.len - end_len), (const char *)topic.data);
	found = bsearch(&k, b->by_topic, b->sim->count, sizeof(k), compare_topics);
	return found && cloud_is_bound(b->sim->cloud, *found) ? *found : NULL;
}

/* ---- packets ---- */

static void evict_namesakes(struct cloud_session *s)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &s->broker->sessions) {
		struct cloud_session *other = container_of(pos, struct cloud_session, link);

		if (other != s && other->accepted && !other->conn.closing &&
		    strcmp(other->client_id, s->client_id) == 0) {
			s->broker->evicted++;
			session_close(other, "another client took its id");
		}
	}
}

static void handle_connect(struct cloud_session *s, const struct mqtt_packet *packet)
{
	struct cloud_broker *b = s->broker;
	_cleanup_free_ char *user = NULL;
	struct mqtt_connect c;
	bool good;

	b->connects++;
	if (s->accepted || mqtt_read_connect(packet, &c) < 0 || c.level != 4) {
		session_close(s, "malformed or second CONNECT");
		return;
	}
	snprintf(s->client_id, sizeof(s->client_id), "%.*s", (int)c.client_id.len,
	    c.client_id.len ? (const char *)c.client_id.data : "");
	user = xstrndup(c.has_user ? (const char *)c.user.data : "", c.has_user ? c.user.len : 0);
	s->token = xstrndup(c.has_password ? (const char *)c.password.data : "",
	    c.has_password ? c.password.len : 0);
	good = cloud_check_login(b->sim->cloud, user, s->token);
	mqtt_put_connack(&s->conn.out, false, good ? MQTT_ACCEPTED : MQTT_NOT_AUTHORIZED);
	conn_flush(&s->conn);
	if (!good) {
		b->refused++;
		session_close(s, "login refused");
		return;
	}
	evict_namesakes(s);
	s->accepted = true;
	s->patience_ms = (int64_t)c.keepalive_s * 1500;
	b->logins++;
	if (b->kick_at_once) {
		b->kicked++;
		session_close(s, "kicked at once");
	}
}

static void handle_subscribe(struct cloud_session *s, const struct mqtt_packet *packet)
{
	uint8_t codes[FILTERS_MAX], qos;
	struct mqtt_span text;
	size_t pos = 0, count = 0;
	uint16_t id = 0;

	while (count < FILTERS_MAX && mqtt_next_filter(packet, &pos, &id, &text, &qos) > 0) {
		struct printer *p = find_printer(s->broker, text, "/report");

		s->broker->foreign += !p;
		s->broker->topics += p != NULL;
		codes[count++] = p ? 1 : MQTT_SUBACK_FAILURE;
		if (p) {
			p->cloud_subs |= 1u << s->slot;
		}
	}
	if (count == 0) {
		session_close(s, "malformed SUBSCRIBE");
		return;
	}
	s->broker->subscribes++;
	mqtt_put_suback(&s->conn.out, id, codes, count);
	conn_flush(&s->conn);
}

static void handle_unsubscribe(struct cloud_session *s, const struct mqtt_packet *packet)
{
	struct mqtt_span text;
	size_t pos = 0;
	uint16_t id = 0;
	uint8_t qos;

	while (mqtt_next_filter(packet, &pos, &id, &text, &qos) > 0) {
		struct printer *p = find_printer(s->broker, text, "/report");

		if (p) {
			p->cloud_subs &= ~(1u << s->slot);
		}
	}
	mqtt_put_ack(&s->conn.out, MQTT_UNSUBACK, id);
	conn_flush(&s->conn);
}

static bool is_away(const struct printer *p)
{
	const struct faults *f = &p->faults;

	return fault_is_on(f, FAULT_CLOUD_OFF) ||
	       (fault_is_on(f, FAULT_OFF) && f->arg[FAULT_OFF] == 0);
}

static void handle_publish(struct cloud_session *s, const struct mqtt_packet *packet)
{
	struct mqtt_publish m;
	struct printer *p;

	if (broker_read_publish(&s->conn, packet, &m) < 0) {
		session_close(s, "malformed PUBLISH, or QoS 2");
		return;
	}
	p = find_printer(s->broker, m.topic, "/request");
	if (p && !is_away(p)) {
		s->broker->requests++;
		printer_on_request(p, m.payload.data, m.payload.len);
	}
}

static void handle_packet(struct cloud_session *s, const struct mqtt_packet *packet)
{
	if (!s->accepted && packet->type != MQTT_CONNECT) {
		session_close(s, "first packet is not CONNECT");
		return;
	}
	switch ((int)packet->type) {
	case MQTT_CONNECT:
		handle_connect(s, packet);
		return;
	case MQTT_PUBLISH:
		handle_publish(s, packet);
		return;
	case MQTT_SUBSCRIBE:
		handle_subscribe(s, packet);
		return;
	case MQTT_UNSUBSCRIBE:
		handle_unsubscribe(s, packet);
		return;
	case MQTT_PINGREQ:
		mqtt_put_pingresp(&s->conn.out);
		conn_flush(&s->conn);
		return;
	case MQTT_PUBACK:
		return;
	case MQTT_DISCONNECT:
		session_close(s, "DISCONNECT");
		return;
	default:
		session_close(s, "a packet that QoS 0 and 1 do not know");
	}
}

/* ---- the connection ---- */

static bool on_packet(void *owner, const struct mqtt_packet *packet)
{
	handle_packet(owner, packet);
	return true;
}

static void on_input(void *owner)
{
	struct cloud_session *s = owner;

	if (broker_read(&s->conn, PACKET_MAX, on_packet, s) < 0) {
		session_close(s, "not MQTT 3.1.1, or too long");
	} else if (!s->conn.closing && s->patience_ms > 0) {
		sim_arm(s->patience, s->patience_ms);
	}
}

static void on_secured(void *owner)
{
}

static void on_drained(void *owner)
{
}

static void forget_subscriptions(struct cloud_session *s)
{
	struct sim *sim = s->broker->sim;

	for (size_t i = 0; i < sim->count; i++) {
		sim->printers[i]->cloud_subs &= ~(1u << s->slot);
	}
}

static void on_gone(void *owner, const char *why)
{
	struct cloud_session *s = owner;

	forget_subscriptions(s);
	evtimer_del(s->patience);
	sim_arm(s->reap, 0);
}

static const struct conn_ops ops = {on_secured, on_input, on_drained, on_gone};

static void session_destroy(struct cloud_session *s)
{
	conn_close(&s->conn, "the simulator ends");
	list_del(&s->link);
	s->broker->slots &= ~(1u << s->slot);
	conn_finish(&s->conn);
	event_free(s->patience);
	event_free(s->reap);
	free(s->token);
	free(s);
}

static void on_reap(evutil_socket_t fd, short what, void *arg)
{
	session_destroy(arg);
}

static void on_patience(evutil_socket_t fd, short what, void *arg)
{
	session_close(arg, "silent for longer than its keepalive allows");
}

static void on_client(void *arg, int fd)
{
	struct cloud_broker *b = arg;
	struct cloud_session *s;

	if (b->slots == UINT32_MAX) {
		evutil_closesocket(fd);
		return;
	}
	s = xcalloc(1, sizeof(*s));
	s->broker = b;
	s->slot = (unsigned)__builtin_ctz(~b->slots);
	b->slots |= 1u << s->slot;
	s->patience = evtimer_new(b->sim->base, on_patience, s);
	s->reap = evtimer_new(b->sim->base, on_reap, s);
	list_add_tail(&b->sessions, &s->link);
	conn_init(&s->conn, b->sim->base, &ops, s, fd, cloud_new_ssl(b->sim->cloud, fd));
	sim_arm(s->patience, 30000);
}

/* ---- what the rest of the simulator wants of it ---- */

static void send_to(struct cloud_session *s, struct printer *p, const void *payload, size_t len)
{
	s->broker->published++;
	broker_publish(&s->conn, p->topic_report, payload, len, 1, &s->last_id);
}

static void send_all(struct cloud_broker *b, struct printer *p, const void *payload, size_t len)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &b->sessions) {
		struct cloud_session *s = container_of(pos, struct cloud_session, link);

		if (p->cloud_subs & 1u << s->slot && !s->conn.closing) {
			send_to(s, p, payload, len);
		}
	}
}

void cloud_broker_publish(
    struct cloud_broker *b, struct printer *p, const void *payload, size_t len)
{
	if (p->cloud_subs != 0 && !is_away(p)) {
		send_all(b, p, payload, len);
	}
}

void cloud_broker_presence(struct cloud_broker *b, struct printer *p, bool connected)
{
	char text[128];

	if (b) {
		snprintf(text, sizeof(text),
		    "{\"event\":{\"event\":\"client.%s\",\"time\":\"%lld\"}}",
		    connected ? "connected" : "disconnected", (long long)sim_now_ms());
		send_all(b, p, text, strlen(text));
	}
}

static void on_death(void *arg, const char *token)
{
	struct cloud_broker *b = arg;
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &b->sessions) {
		struct cloud_session *s = container_of(pos, struct cloud_session, link);

		if (s->accepted && !s->conn.closing && (!token || strcmp(s->token, token) == 0)) {
			b->died++;
			session_close(s, "its token has died");
		}
	}
}

static void kick_all(struct cloud_broker *b)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &b->sessions) {
		struct cloud_session *s = container_of(pos, struct cloud_session, link);

		if (s->accepted && !s->conn.closing) {
			b->kicked++;
			session_close(s, "kicked");
		}
	}
}

static void write_stats(const struct cloud_broker *b, struct jw *w)
{
	const struct {
		const char *name;
		uint64_t n;
	} rows[] = {
	    {"connects", b->connects},
	    {"logins", b->logins},
	    {"refused", b->refused},
	    {"evicted", b->evicted},
	    {"kicked", b->kicked},
	    {"died", b->died},
	    {"subscribes", b->subscribes},
	    {"topics", b->topics},
	    {"foreign", b->foreign},
	    {"requests", b->requests},
	    {"published", b->published},
	};

	jw_object(w, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		jw_int(w, rows[i].name, (int64_t)rows[i].n);
	}
	jw_object_end(w);
}

void cloud_broker_command(struct cloud_broker *b, char *rest, struct jw *reply)
{
	const char *verb = command_word(&rest), *want = command_word(&rest);
	bool on = want && strcmp(want, "on") == 0;

	if (!b) {
		command_fail(reply, "no cloud: begin with --cloud", NULL);
	} else if (verb && strcmp(verb, "stats") == 0) {
		command_put(reply, "ok ");
		write_stats(b, reply);
	} else if (verb && strcmp(verb, "kick") == 0) {
		kick_all(b);
		command_put(reply, "ok");
	} else if (verb && want && strcmp(verb, "kick-at-once") == 0) {
		b->kick_at_once = on;
		command_put(reply, "ok %s", on ? "on" : "off");
	} else {
		command_fail(reply, "kick, kick-at-once on|off, or stats", verb);
	}
}

int cloud_broker_open(struct sim *sim, struct cloud_broker **ret)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct cloud_broker *b = xcalloc(1, sizeof(*b));
	int r;

	b->sim = sim;
	list_init(&b->sessions);
	b->by_topic = xcalloc(sim->count + 1, sizeof(struct printer *));
	memcpy(b->by_topic, sim->printers, sim->count * sizeof(struct printer *));
	qsort(b->by_topic, sim->count, sizeof(struct printer *), compare_topics);
	r = endpoint_open(&b->endpoint, sim->base, &address, on_client, b);
	if (r == 0) {
		r = cloud_set_mqtt_port(sim->cloud, ntohs(b->endpoint.address.sin_port));
	}
	if (r < 0) {
		cloud_broker_close(b);
		return r;
	}
	cloud_on_death(sim->cloud, on_death, b);
	*ret = b;
	return 0;
}

void cloud_broker_close(struct cloud_broker *b)
{
	if (!b) {
		return;
	}
	while (!list_empty(&b->sessions)) {
		session_destroy(container_of(b->sessions.next, struct cloud_session, link));
	}
	endpoint_close(&b->endpoint);
	free(b->by_topic);
	free(b);
}
