/* SPDX-License-Identifier: MIT */
/* What all clients share: handshake slots, the sweep of keepalives, the reaping of the dead. */
#include "daemon/io/mqtt_internal.h"

/* The sweep visits every client about once a second, spread over so many ticks. */
#define SWEEP_TICKS 16

static size_t sweep_ticks(const struct mqtt_pool *p)
{
	return p->ups < SWEEP_TICKS ? p->ups : SWEEP_TICKS;
}

static void sweep_arm(struct mqtt_pool *p)
{
	if (p->ups > 0) {
		loop_timer_start(&p->sweep, 1000 / (int64_t)sweep_ticks(p));
	}
}

static void sweep(void *arg)
{
	struct mqtt_pool *p = arg;
	size_t ticks = sweep_ticks(p);
	size_t batch = ticks > 0 ? (p->ups + ticks - 1) / ticks : 0;

	/* Any client may go during a visit, so each begins at the head anew. */
	for (; batch > 0 && !list_empty(&p->ring); batch--) {
		struct mqtt_client *c = container_of(p->ring.next, struct mqtt_client, link);

		list_del(&c->link);
		list_add_tail(&p->ring, &c->link);
		mqtt_client_sweep(c);
	}
	sweep_arm(p);
}

static void start_waiting(void *arg)
{
	struct mqtt_pool *p = arg;
	size_t free_slots =
	    p->handshakes < MQTT_HANDSHAKES_MAX ? MQTT_HANDSHAKES_MAX - p->handshakes : 0;

	/* A start that fails at once frees its slot for the next round, not for this one. */
	for (; free_slots > 0 && !list_empty(&p->waiting); free_slots--) {
		mqtt_client_connect(container_of(p->waiting.next, struct mqtt_client, link));
	}
}

static void reap(void *arg)
{
	struct mqtt_pool *p = arg;

	while (!list_empty(&p->dead)) {
		mqtt_client_free(container_of(p->dead.next, struct mqtt_client, link));
	}
}

struct mqtt_pool *mqtt_pool_create(struct loop *l)
{
	struct mqtt_pool *p = xcalloc(1, sizeof(*p));

	mosquitto_lib_init();
	p->loop = l;
	list_init(&p->waiting);
	list_init(&p->connecting);
	list_init(&p->ring);
	list_init(&p->idle);
	list_init(&p->dead);
	loop_deferred_init(&p->start, start_waiting, p);
	loop_deferred_init(&p->reap, reap, p);
	loop_timer_init(&p->sweep, l, sweep, p);
	return p;
}

void mqtt_pool_destroy(struct mqtt_pool *p)
{
	if (p == NULL) {
		return;
	}
	reap(p);
	loop_deferred_cancel(&p->start);
	loop_deferred_cancel(&p->reap);
	loop_timer_stop(&p->sweep);
	free(p->inbox.buf);
	free(p);
	mosquitto_lib_cleanup();
}

size_t mqtt_pool_handshakes(const struct mqtt_pool *p)
{
	return p->handshakes;
}

static struct list *list_of(struct mqtt_pool *p, enum mqtt_phase phase)
{
	switch (phase) {
	case MQTT_QUEUED:
		return &p->waiting;
	case MQTT_CONNECTING:
		return &p->connecting;
	case MQTT_UP:
		return &p->ring;
	case MQTT_DEAD:
		return &p->dead;
	case MQTT_IDLE:
	case MQTT_ENDED:
		break;
	}
	return &p->idle;
}

void mqtt_pool_move(struct mqtt_client *c, enum mqtt_phase phase)
{
	struct mqtt_pool *p = c->pool;

	p->handshakes += (phase == MQTT_CONNECTING) - (c->phase == MQTT_CONNECTING);
	p->ups += (phase == MQTT_UP) - (c->phase == MQTT_UP);
	list_del(&c->link);
	list_add_tail(list_of(p, phase), &c->link);
	c->phase = phase;
	if (!list_empty(&p->waiting) && p->handshakes < MQTT_HANDSHAKES_MAX) {
		loop_defer(p->loop, &p->start);
	}
	if (!list_empty(&p->dead)) {
		loop_defer(p->loop, &p->reap);
	}
	if (p->ups > 0 && !loop_timer_armed(&p->sweep)) {
		sweep_arm(p);
	} else if (p->ups == 0) {
		loop_timer_stop(&p->sweep);
	}
}
