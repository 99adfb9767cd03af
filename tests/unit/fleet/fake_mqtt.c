/* SPDX-License-Identifier: MIT */
/* mqtt.h and resolve.h without a network. */
#include "tests/unit/fleet/fake_mqtt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/fleet/ops.h"
#include "daemon/io/resolve.h"
#include "daemon/model/hub.h"

struct fake fake;

struct mqtt_client {
	struct mqtt_handler handler;
	bool up, open, cloud;
};

struct resolve_request {
	struct loop_timer timer;
	resolve_fn fn;
	void *arg;
};

struct mqtt_client *mqtt_create(
    struct mqtt_pool *p, const struct mqtt_config *config, const struct mqtt_handler *h)
{
	struct mqtt_client *c = xcalloc(1, sizeof(*c));

	c->handler = *h;
	c->cloud = str_starts(config->user, "u_");
	if (c->cloud) {
		fake.cloud = c;
		str_copy(fake.cloud_id, sizeof(fake.cloud_id), config->client_id);
		str_copy(fake.cloud_user, sizeof(fake.cloud_user), config->user);
		return c;
	}
	fake.client = c;
	str_copy(fake.client_id, sizeof(fake.client_id), config->client_id);
	return c;
}

void mqtt_destroy(struct mqtt_client *c)
{
	if (c == fake.client) {
		fake.client = NULL;
	}
	if (c == fake.cloud) {
		fake.cloud = NULL;
	}
	free(c);
}

void mqtt_set_client_id(struct mqtt_client *c, const char *client_id)
{
	str_copy(fake.client_id, sizeof(fake.client_id), client_id);
}

int mqtt_open(struct mqtt_client *c, const char *address, uint16_t port)
{
	if (c->open) {
		return -EALREADY;
	}
	c->open = true;
	if (c->cloud) {
		fake.cloud_opens++;
		return 0;
	}
	str_copy(fake.last_address, sizeof(fake.last_address), address);
	fake.opens++;
	return 0;
}

void mqtt_close(struct mqtt_client *c, const char *why)
{
	fake.closes++;
	str_copy(fake.last_close, sizeof(fake.last_close), why);
}

int64_t mqtt_deaf_ms(const struct mqtt_client *c)
{
	return c->up ? fake.deaf_ms : 0;
}

int mqtt_granted(const struct mqtt_client *c)
{
	return c->up ? fake.granted : -1;
}

int mqtt_publish(struct mqtt_client *c, const char *topic, const void *payload, size_t len)
{
	if (c->cloud) {
		fake.cloud_publishes++;
		str_copy(fake.cloud_topic, sizeof(fake.cloud_topic), topic);
		snprintf(fake.cloud_publish, sizeof(fake.cloud_publish), "%.*s", (int)len,
		    (const char *)payload);
		return c->up ? 0 : -ENOTCONN;
	}
	fake.publishes++;
	snprintf(
	    fake.last_publish, sizeof(fake.last_publish), "%.*s", (int)len, (const char *)payload);
	return c->up ? 0 : -ENOTCONN;
}

int mqtt_subscribe(struct mqtt_client *c, const char *topic)
{
	fake.subscribes++;
	return 0;
}

int mqtt_subscribe_all(struct mqtt_client *c, char *const *topics, size_t count)
{
	fake.packets += count > 0;
	fake.topics += (unsigned)count;
	return 0;
}

int mqtt_unsubscribe(struct mqtt_client *c, const char *topic)
{
	fake.unsubscribes++;
	return 0;
}

static void on_answer(void *arg)
{
	struct resolve_request *q = arg;

	q->fn(q->arg, "127.0.0.1", NULL);
	free(q);
}

struct resolve_request *resolve_start(
    struct resolver *r, const char *host, resolve_fn fn, void *arg)
{
	struct resolve_request *q = xcalloc(1, sizeof(*q));

	q->fn = fn;
	q->arg = arg;
	loop_timer_init(&q->timer, fake.loop, on_answer, q);
	loop_timer_start(&q->timer, fake.lookup_ms);
	fake.lookups++;
	return q;
}

void resolve_cancel(struct resolve_request *q)
{
	if (q) {
		loop_timer_stop(&q->timer);
		free(q);
	}
}

static int64_t get_mono(void *arg)
{
	return fake.now_ms;
}

static int64_t get_wall(void *arg)
{
	return 1000000000000 + fake.now_ms + fake.wall_skew_ms;
}

static void on_wake(void *arg)
{
}

void fake_start(void)
{
	static const struct loop_clock clock = {get_mono, get_wall, NULL};

	memset(&fake, 0, sizeof(fake));
	fake.now_ms = 1000;
	fake.granted = 1;
	fake.loop = loop_create(&clock);
	fake.hub = hub_create(1, 1, on_wake, NULL);
	fake.fleet.loop = fake.loop;
	fake.fleet.hub = fake.hub;
	fake.fleet.ops = ops_create(fake.loop);
	fake.fleet.instance = "test";
	fake.fleet.tls = tls_store_create();
	report_init(&fake.fleet.report);
}

void fake_stop(void)
{
	report_finish(&fake.fleet.report);
	ops_destroy(fake.fleet.ops);
	tls_store_destroy(fake.fleet.tls);
	hub_destroy(fake.hub);
	loop_destroy(fake.loop);
}

void fake_advance(int64_t ms)
{
	int64_t end = fake.now_ms + ms;

	loop_turn(fake.loop, false);
	while (fake.now_ms < end) {
		fake.now_ms += end - fake.now_ms < 100 ? end - fake.now_ms : 100;
		loop_turn(fake.loop, false);
	}
	hub_flush(fake.hub);
}

static void up(struct mqtt_client *c)
{
	c->up = true;
	c->handler.up(c->handler.arg);
}

static void down(struct mqtt_client *c, enum mqtt_down why, const char *text)
{
	c->up = c->open = false;
	c->handler.down(c->handler.arg, why, text);
}

static void message(struct mqtt_client *c, const char *topic, const char *payload)
{
	char copy[512];

	if (c->handler.ahead) {
		c->handler.ahead(c->handler.arg, &topic, 1);
	}
	str_copy(copy, sizeof(copy), payload);
	c->handler.message(c->handler.arg, topic, copy, strlen(copy));
}

void fake_up(void)
{
	up(fake.client);
}

void fake_down(enum mqtt_down why, const char *text)
{
	down(fake.client, why, text);
}

void fake_message(const char *topic, const char *payload)
{
	message(fake.client, topic, payload);
}

void fake_cloud_up(void)
{
	up(fake.cloud);
}

void fake_cloud_down(enum mqtt_down why, const char *text)
{
	down(fake.cloud, why, text);
}

void fake_cloud_message(const char *topic, const char *payload)
{
	message(fake.cloud, topic, payload);
}

struct printer_config fake_config(const char *name, const char *serial)
{
	static struct secret *code;

	if (!code) {
		code = secret_create("12345678", 8);
	}
	return (struct printer_config){
	    .name = (char *)name,
	    .serial = (char *)serial,
	    .address = (char *)"127.0.0.1",
	    .port = 8883,
	    .access_code = code,
	};
}

unsigned fake_events(int kind)
{
	const struct hub_event *e;
	unsigned n = 0;

	for (e = hub_next(fake.hub, 0); e; e = hub_next(fake.hub, e->seq)) {
		n += (int)e->kind == kind;
	}
	return n;
}
