/* SPDX-License-Identifier: MIT */
/* events.list: what has happened, read back in pieces so that the loop does not wait for it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/api/bodies.h"
#include "daemon/api/core.h"
#include "daemon/api/events_params.h"
#include "daemon/api/handlers.h"
#include "daemon/api/past.h"
#include "daemon/api/pick.h"
#include "daemon/api/reply.h"
#include "daemon/api/selection.h"
#include "daemon/fleet/registry.h"
#include "daemon/io/loop.h"
#include "daemon/model/hub.h"

#define LIST_LIMIT 100	  /* default */
#define SLICE_EVENTS 1024 /* looked at in one turn of the loop */

/* What is listed: kinds, and printers unless all are meant. */
struct filter {
	uint64_t kinds;
	struct selections selections;
	struct selection *selection; /* NULL: everything, events without a printer too */
};

static int filter_init(struct call *c, struct filter *f)
{
	_cleanup_free_ char *selector = pick_selector(c, "printer");
	int r = c->e->type != ERR_NONE ? -EINVAL : events_kinds_param(c, &f->kinds);

	selections_init(&f->selections, c->server->deps.registry);
	f->selection = NULL;
	if (r == 0 && selector != NULL) {
		r = selections_ref(&f->selections, selector, &f->selection, c->e);
	}
	return r;
}

static void filter_finish(struct filter *f)
{
	if (f->selection != NULL) {
		selections_unref(&f->selections, f->selection);
	}
	selections_finish(&f->selections);
}

static bool filter_takes(struct filter *f, const struct hub_event *e)
{
	bool is_new;

	if (!(f->kinds & (UINT64_C(1) << e->kind))) {
		return false;
	}
	if (f->selection == NULL || f->selection->all) {
		return true;
	}
	return e->printer != NULL &&
	       selection_has(f->selection, selections_target(&f->selections, e->printer, &is_new));
}

/* A list in the making. */
struct listing {
	struct server *server;
	struct reply *reply; /* NULL: still inside the call */
	struct loop_timer next;
	struct filter filter;
	int64_t limit;
	uint64_t after;	 /* looked at up to here */
	uint64_t upto;	 /* the newest event when it was asked for */
	uint64_t before; /* while counting: this and later ones are counted */
	bool counting;	 /* without `since`: looks back for where the newest `limit` begin */
	int64_t found;	 /* counted */
	int64_t skip;	 /* of the first ones: counted too many */
	bool from_cursor, lost;
	bool more; /* the limit ended it */
	struct jw events;
};

static void listing_destroy(struct listing *l)
{
	loop_timer_stop(&l->next);
	filter_finish(&l->filter);
	jw_finish(&l->events);
	free(l);
}

/* Counts what lies between after and before; goes on further back, or begins to list. */
static unsigned count_back(struct listing *l)
{
	const struct api_deps *d = &l->server->deps;
	const struct hub_event *e;
	unsigned looked = 1;
	uint64_t after;

	for (e = past_next(d, l->after); e != NULL && e->seq < l->before;
	     e = past_next(d, e->seq)) {
		l->found += filter_takes(&l->filter, e);
		looked++;
	}
	l->before = l->after + 1;
	if (l->found >= l->limit || !past_back(d, l->before, &after)) {
		l->counting = false;
		l->skip = l->found > l->limit ? l->found - l->limit : 0;
	} else {
		l->after = after;
	}
	return looked;
}

static void write_one(struct listing *l, const struct hub_event *e)
{
	jw_object(&l->events, NULL);
	bodies_write_event(&l->events, e);
	jw_object_end(&l->events);
}

/* Steps over one event. False at the end. */
static bool list_one(struct listing *l)
{
	const struct hub_event *e = past_next(&l->server->deps, l->after);
	bool at_end = e == NULL || e->seq > l->upto;
	uint64_t next = at_end ? l->upto + 1 : e->seq;

	l->lost |= l->from_cursor && next > l->after + 1;
	if (at_end) {
		return false;
	}
	if (filter_takes(&l->filter, e) && l->skip-- <= 0) {
		if (l->limit == 0) {
			l->more = true;
			return false;
		}
		l->limit--;
		write_one(l, e);
	}
	l->after = e->seq;
	return true;
}

/* True when the list is whole. */
static bool listing_go_on(struct listing *l)
{
	const struct api_deps *d = &l->server->deps;
	uint64_t loads = past_loads(d);
	unsigned looked = 0;

	while (looked < SLICE_EVENTS && past_loads(d) - loads < PAST_LOADS_MAX) {
		if (l->counting) {
			looked += count_back(l);
		} else if (!list_one(l)) {
			return true;
		}
		looked++;
	}
	return false;
}

static void write_result(struct listing *l, struct jw *w)
{
	jw_array_end(&l->events);
	jw_object(w, "result");
	jw_raw(w, "events", l->events.buf, l->events.len);
	events_write_cursor(w, l->server->deps.hub, l->more ? l->after : l->upto);
	jw_bool(w, "lost", l->lost);
	jw_object_end(w);
}

static void on_next(void *arg)
{
	struct listing *l = arg;

	if (!listing_go_on(l)) {
		loop_timer_start(&l->next, 0);
		return;
	}
	write_result(l, reply_begin(l->reply));
	reply_end(l->reply);
	listing_destroy(l);
}

static void on_gone(void *arg)
{
	listing_destroy(arg);
}

/* 0, with where to begin. */
static int set_start(struct call *c, struct listing *l)
{
	const struct hub *h = l->server->deps.hub;
	uint32_t epoch = 0;
	uint64_t seq = 0;
	int r = past_since_param(c, &epoch, &seq);

	l->upto = hub_last_seq(h);
	l->from_cursor = r > 0;
	if (r == 0) {
		l->before = l->upto + 1;
		l->counting = past_back(&l->server->deps, l->before, &l->after);
	} else if (r > 0 && epoch == hub_epoch(h) && seq <= l->upto) {
		l->after = seq;
	} else {
		l->lost = true; /* a cursor of another epoch: all that is held */
	}
	return r < 0 ? r : 0;
}

static int start_or_finish(struct call *c, struct listing *l)
{
	int r;

	if (listing_go_on(l)) {
		write_result(l, c->w);
		listing_destroy(l);
		return 0;
	}
	r = reply_later(c, on_gone, l, &l->reply);
	if (r < 0) {
		listing_destroy(l);
		return r;
	}
	loop_timer_start(&l->next, 0);
	return CALL_LATER;
}

int h_events_list(struct call *c)
{
	struct listing *l = xcalloc(1, sizeof(*l));
	int r;

	l->server = c->server;
	l->limit = LIST_LIMIT;
	loop_timer_init(&l->next, c->server->deps.loop, on_next, l);
	jw_init(&l->events);
	jw_array(&l->events, NULL);
	json_get_i64(c->params, "limit", &l->limit);
	r = filter_init(c, &l->filter);
	if (r == 0) {
		r = set_start(c, l);
	}
	if (r < 0) {
		listing_destroy(l);
		return r;
	}
	return start_or_finish(c, l);
}
