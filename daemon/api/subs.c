/* SPDX-License-Identifier: MIT */
/* Who wants to hear what: an event is rendered once for all, a state once per printer and mask. */
#include "daemon/api/subs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/api/bodies.h"
#include "daemon/api/conn.h"
#include "daemon/api/past.h"
#include "daemon/api/selection.h"
#include "daemon/api/server.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/registry.h"
#include "daemon/model/hub.h"

_Static_assert(EVENT_COUNT <= 64, "kinds are a 64-bit mask");
_Static_assert(SECTION_COUNT <= 16, "merged sections are 16 bits a printer");

struct sub {
	struct list in_subs, in_conn;
	struct conn *conn;
	unsigned number;
	struct selection *selection;
	bool state;
	uint32_t sections;
	uint64_t kinds;
	uint64_t cursor; /* last event told or passed over */
	bool new_epoch;	 /* the client's cursor was of another epoch */
	int64_t interval_ms, next_state_ms;
	uint16_t *pending; /* sections by target, not yet told */
	size_t pending_cap, pending_count;
	size_t pending_next;	       /* where the last burst ended: nobody starves */
	char *event_head, *state_head; /* notification up to and with the number */
};

struct subs {
	const struct api_deps *deps;
	struct selections selections;
	struct list list;
	unsigned count;
	struct hub_observer observer;
	struct bodies bodies;
	struct loop_deferred work;
	struct loop_timer again, refresh;
	bool stale_registry; /* printers came or went */
	uint64_t loads;	     /* pages of the log read before this turn */
	struct subs_counters counters;
};

/* ---- sending ---- */

static void send_body(struct sub *sub, const char *head, const struct body *b)
{
	struct iovec iov[2] = {
	    {(void *)head, strlen(head)},
	    {b->text.buf, b->text.len},
	};

	conn_sendv(sub->conn, iov, 2);
}

static void send_lost(struct subs *s, struct sub *sub, int64_t from, uint64_t to)
{
	struct jw w;

	jw_init(&w);
	bodies_write_lost(&w, sub->number, from, to);
	conn_send(sub->conn, w.buf, w.len);
	jw_finish(&w);
	s->counters.lost++;
}

/* ---- states ---- */

static void pending_add(struct subs *s, struct sub *sub, uint32_t target, uint32_t mask)
{
	if (target >= sub->pending_cap) {
		size_t cap = s->selections.count;

		sub->pending = xrealloc(sub->pending, cap * sizeof(*sub->pending));
		memset(sub->pending + sub->pending_cap, 0,
		    (cap - sub->pending_cap) * sizeof(*sub->pending));
		sub->pending_cap = cap;
	}
	if (sub->pending[target] == 0) {
		sub->pending_count++;
	} else {
		s->counters.merged++;
	}
	sub->pending[target] |= (uint16_t)mask;
}

static void pending_free(struct sub *sub)
{
	free(TAKE(sub->pending));
	sub->pending_cap = sub->pending_count = 0;
}

static bool state_due(const struct subs *s, const struct sub *sub)
{
	return conn_wants_more(sub->conn) &&
	       (sub->interval_ms == 0 || loop_now_ms(s->deps->loop) >= sub->next_state_ms);
}

static void arm_again(struct subs *s, int64_t delay_ms)
{
	int64_t due_ms = loop_now_ms(s->deps->loop) + delay_ms;

	if (!loop_timer_armed(&s->again) || s->again.due_ms > due_ms) {
		loop_timer_start(&s->again, delay_ms);
	}
}

static void send_state(struct subs *s, struct sub *sub, const struct printer *p, uint32_t mask)
{
	send_body(sub, sub->state_head, bodies_state(&s->bodies, p, mask));
	s->counters.states++;
}

/* 1 when something was sent. A printer that is gone has nothing to tell. */
static unsigned tell_pending(struct subs *s, struct sub *sub, uint32_t target)
{
	const struct printer *p;
	uint32_t mask = sub->pending[target];

	if (mask == 0) {
		return 0;
	}
	sub->pending[target] = 0;
	sub->pending_count--;
	p = registry_by_name(s->deps->registry, selections_name(&s->selections, target));
	if (p == NULL) {
		return 0;
	}
	bodies_forget_states(&s->bodies);
	send_state(s, sub, p, mask);
	bodies_forget_states(&s->bodies);
	return 1;
}

/* Tells what has been merged, a burst at most. */
static void pump_states(struct subs *s, struct sub *sub)
{
	unsigned budget = SUBS_BURST;
	size_t i;

	if (sub->pending_count == 0 || !conn_wants_more(sub->conn)) {
		return;
	}
	if (!state_due(s, sub)) {
		arm_again(s, sub->next_state_ms - loop_now_ms(s->deps->loop));
		return;
	}
	for (i = 0; i < sub->pending_cap && budget > 0 && conn_wants_more(sub->conn); i++) {
		budget -= tell_pending(s, sub, (uint32_t)(sub->pending_next++ % sub->pending_cap));
	}
	if (sub->pending_count == 0) {
		pending_free(sub);
		sub->next_state_ms = loop_now_ms(s->deps->loop) + sub->interval_ms;
	}
}

/* ---- events ---- */

static bool wants_event(struct subs *s, const struct sub *sub, const struct hub_event *e)
{
	bool is_new;

	if (!(sub->kinds & (UINT64_C(1) << e->kind))) {
		return false;
	}
	if (sub->selection->all) {
		return true;
	}
	/* Who asks for certain printers hears of nothing else. */
	return e->printer != NULL && selection_has(sub->selection,
					 selections_target(&s->selections, e->printer, &is_new));
}

static bool events_waiting(const struct subs *s, const struct sub *sub)
{
	return sub->new_epoch || sub->cursor < hub_last_seq(s->deps->hub);
}

/* Steps over one event, or over a gap. False at the end. */
static bool pump_event(struct subs *s, struct sub *sub)
{
	const struct hub_event *e = past_next(s->deps, sub->cursor);
	uint64_t last = hub_last_seq(s->deps->hub);

	if (sub->new_epoch) {
		sub->new_epoch = false;
		send_lost(s, sub, -1, e != NULL ? e->seq - 1 : last);
		sub->cursor = e != NULL ? e->seq - 1 : last;
		return true;
	}
	if (e == NULL || e->seq > sub->cursor + 1) {
		if (e == NULL && sub->cursor >= last) {
			return false;
		}
		send_lost(s, sub, (int64_t)(sub->cursor + 1), e != NULL ? e->seq - 1 : last);
		sub->cursor = e != NULL ? e->seq - 1 : last;
		return true;
	}
	sub->cursor = e->seq;
	if (wants_event(s, sub, e)) {
		send_body(sub, sub->event_head, bodies_event(&s->bodies, e));
		s->counters.events++;
	}
	return true;
}

/* What the ring holds costs nothing; of the disk a few pages are read a turn, for all. */
static bool may_look(const struct subs *s, const struct sub *sub)
{
	const struct hub_event *e = hub_next(s->deps->hub, sub->cursor);

	return (e != NULL && e->seq == sub->cursor + 1) ||
	       past_loads(s->deps) - s->loads < PAST_LOADS_MAX;
}

static void pump_events(struct subs *s, struct sub *sub)
{
	unsigned budget = SUBS_BURST;

	while (budget > 0 && conn_wants_more(sub->conn) && may_look(s, sub) && pump_event(s, sub)) {
		budget--;
	}
}

/* ---- who belongs to a selector ---- */

static void on_joined(void *arg, struct selection *sel, uint32_t target)
{
	struct subs *s = arg;
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &s->list) {
		struct sub *sub = container_of(pos, struct sub, in_subs);

		if (sub->selection == sel && sub->state) {
			pending_add(s, sub, target, sub->sections);
		}
	}
}

static void refresh_selections(struct subs *s, bool only_dynamic)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &s->selections.list) {
		struct selection *sel = container_of(pos, struct selection, link);

		if (!only_dynamic || sel->dynamic) {
			selection_refresh(&s->selections, sel, on_joined, s);
		}
	}
}

/* Printers that came are known before anything about them is judged. */
static void freshen(struct subs *s)
{
	if (s->stale_registry) {
		s->stale_registry = false;
		refresh_selections(s, false);
	}
}

/* ---- the pump ---- */

static void pump_sub(struct subs *s, struct sub *sub)
{
	uint64_t loads;

	if (!conn_wants_more(sub->conn) || (sub->pending_count == 0 && !events_waiting(s, sub))) {
		return;
	}
	loads = past_loads(s->deps);
	conn_cork(sub->conn);
	pump_events(s, sub);
	if (past_loads(s->deps) != loads) {
		/* Who read from the disk is behind the others in the next turn. */
		list_del(&sub->in_subs);
		list_add_tail(&s->list, &sub->in_subs);
	}
	pump_states(s, sub);
	conn_uncork(sub->conn);
	if (conn_wants_more(sub->conn) &&
	    (events_waiting(s, sub) || (sub->pending_count > 0 && state_due(s, sub)))) {
		arm_again(s, 0);
	}
}

void subs_pump(struct subs *s)
{
	struct list *pos, *tmp;

	freshen(s);
	s->loads = past_loads(s->deps);
	list_for_each (pos, tmp, &s->list) {
		pump_sub(s, container_of(pos, struct sub, in_subs));
	}
}

void subs_drained(struct subs *s, struct conn *c)
{
	struct list *pos, *tmp;

	freshen(s);
	s->loads = past_loads(s->deps);
	list_for_each (pos, tmp, &c->subs) {
		pump_sub(s, container_of(pos, struct sub, in_conn));
	}
}

/* ---- the hub's and the clock's news ---- */

static void on_work(void *arg)
{
	subs_pump(arg);
}

static void on_again(void *arg)
{
	subs_pump(arg);
}

static void on_refresh(void *arg)
{
	struct subs *s = arg;

	refresh_selections(s, true);
	subs_pump(s);
}

static void on_hub_event(void *arg, const struct hub_event *e)
{
	struct subs *s = arg;

	if (s->count == 0) {
		return;
	}
	if (e->kind == EVENT_PRINTER_ADDED || e->kind == EVENT_PRINTER_REMOVED) {
		s->stale_registry = true;
	}
	loop_defer(s->deps->loop, &s->work);
}

static bool any_dynamic(const struct subs *s)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &s->selections.list) {
		if (container_of(pos, struct selection, link)->dynamic) {
			return true;
		}
	}
	return false;
}

static void tell_change(
    struct subs *s, struct sub *sub, const struct printer *p, uint32_t target, uint32_t mask)
{
	if (sub->pending_count == 0 && state_due(s, sub)) {
		send_state(s, sub, p, mask);
		sub->next_state_ms = loop_now_ms(s->deps->loop) + sub->interval_ms;
		return;
	}
	pending_add(s, sub, target, mask);
	if (conn_wants_more(sub->conn)) {
		loop_defer(s->deps->loop, &s->work);
	}
}

static void on_hub_changed(void *arg, void *owner, uint32_t bits)
{
	struct subs *s = arg;
	const struct printer *p = owner;
	struct list *pos, *tmp;
	uint32_t target;
	bool is_new;

	if (s->count == 0) {
		return;
	}
	target = selections_target(&s->selections, printer_name(p), &is_new);
	if (is_new) {
		/* Its sections are all told when the selectors have been matched. */
		s->stale_registry = true;
		loop_defer(s->deps->loop, &s->work);
	}
	bodies_forget_states(&s->bodies);
	list_for_each (pos, tmp, &s->list) {
		struct sub *sub = container_of(pos, struct sub, in_subs);
		uint32_t mask = bits & sub->sections;

		if (sub->state && mask != 0 && selection_has(sub->selection, target)) {
			tell_change(s, sub, p, target, mask);
		}
	}
	bodies_forget_states(&s->bodies);
	if (!loop_timer_armed(&s->refresh) && any_dynamic(s)) {
		loop_timer_start(&s->refresh, SUBS_REFRESH_MS);
	}
}

/* ---- coming and going ---- */

struct subs *subs_create(const struct api_deps *deps)
{
	struct subs *s = xcalloc(1, sizeof(*s));

	s->deps = deps;
	list_init(&s->list);
	selections_init(&s->selections, deps->registry);
	loop_deferred_init(&s->work, on_work, s);
	loop_timer_init(&s->again, deps->loop, on_again, s);
	loop_timer_init(&s->refresh, deps->loop, on_refresh, s);
	bodies_init(&s->bodies);
	s->observer =
	    (struct hub_observer){.changed = on_hub_changed, .event = on_hub_event, .arg = s};
	hub_observe(deps->hub, &s->observer);
	return s;
}

void subs_destroy(struct subs *s)
{
	if (s == NULL) {
		return;
	}
	hub_unobserve(s->deps->hub, &s->observer);
	loop_deferred_cancel(&s->work);
	loop_timer_stop(&s->again);
	loop_timer_stop(&s->refresh);
	bodies_finish(&s->bodies);
	selections_finish(&s->selections);
	free(s);
}

/* A cursor of another epoch, or ahead of a ring that began anew, says nothing about this ring. */
static void set_cursor(struct subs *s, struct sub *sub, const struct sub_spec *spec)
{
	const struct hub *h = s->deps->hub;

	sub->cursor = hub_last_seq(h);
	if (!spec->since) {
		return;
	}
	if (spec->since_epoch == hub_epoch(h) && spec->since_seq <= sub->cursor) {
		sub->cursor = spec->since_seq;
		return;
	}
	sub->new_epoch = true;
	sub->cursor = 0;
}

int subs_add(struct subs *s, struct conn *c, const struct sub_spec *spec, unsigned *ret_number,
    struct err *e)
{
	struct selection *selection;
	struct list *pos, *tmp;
	struct sub *sub;
	unsigned held = 0;
	int r;

	list_for_each (pos, tmp, &c->subs) {
		held++;
	}
	if (held >= SUBS_PER_CONN_MAX) {
		err_set(e, ERR_OVERFLOW, "a connection holds at most %d subscriptions",
		    SUBS_PER_CONN_MAX);
		return -ENOSPC;
	}
	r = selections_ref(&s->selections, spec->selector, &selection, e);
	if (r < 0) {
		return r;
	}
	sub = xcalloc(1, sizeof(*sub));
	sub->conn = c;
	sub->number = ++c->last_sub;
	sub->selection = selection;
	sub->state = spec->state;
	sub->sections = spec->sections;
	sub->kinds = spec->kinds;
	sub->interval_ms = spec->max_hz > 0 ? (int64_t)(1000 / spec->max_hz) : 0;
	sub->event_head = bodies_head("event", sub->number);
	sub->state_head = bodies_head("state", sub->number);
	set_cursor(s, sub, spec);
	list_add_tail(&s->list, &sub->in_subs);
	list_add_tail(&c->subs, &sub->in_conn);
	s->count++;
	if (events_waiting(s, sub)) {
		arm_again(s, 0);
	}
	*ret_number = sub->number;
	return 0;
}

static void sub_destroy(struct subs *s, struct sub *sub)
{
	list_del(&sub->in_subs);
	list_del(&sub->in_conn);
	selections_unref(&s->selections, sub->selection);
	pending_free(sub);
	free(sub->event_head);
	free(sub->state_head);
	free(sub);
	s->count--;
}

int subs_remove(struct subs *s, struct conn *c, int64_t number)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &c->subs) {
		struct sub *sub = container_of(pos, struct sub, in_conn);

		if (sub->number == number) {
			sub_destroy(s, sub);
			return 0;
		}
	}
	return -ENOENT;
}

void subs_drop(struct subs *s, struct conn *c)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &c->subs) {
		sub_destroy(s, container_of(pos, struct sub, in_conn));
	}
}

unsigned subs_count(const struct subs *s)
{
	return s->count;
}

const struct subs_counters *subs_counters(const struct subs *s)
{
	return &s->counters;
}
