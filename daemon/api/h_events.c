/* SPDX-License-Identifier: MIT */
/* events.*: subscriptions and the ring of what has happened. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/event.h"
#include "common/text.h"
#include "daemon/api/bodies.h"
#include "daemon/api/core.h"
#include "daemon/api/handlers.h"
#include "daemon/api/pick.h"
#include "daemon/api/render.h"
#include "daemon/api/sections.h"
#include "daemon/api/selection.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/registry.h"
#include "daemon/model/hub.h"

#define LIST_LIMIT 100 /* default of events.list */

/* A glob that names no kind at all is a typing mistake, and refused. */
static int kinds_param(struct call *c, uint64_t *ret_mask)
{
	json_object *array = json_get_arr(c->params, "kinds");
	size_t n = array != NULL ? json_object_array_length(array) : 0;
	uint64_t mask = 0;

	for (size_t i = 0; i < n; i++) {
		const char *glob = json_object_get_string(json_object_array_get_idx(array, i));
		uint64_t found = 0;
		char shown[48];

		for (enum event_kind k = 0; k < EVENT_COUNT; k++) {
			found |= glob_match(glob, event_name(k)) ? UINT64_C(1) << k : 0;
		}
		if (found == 0) {
			err_set(c->e, ERR_INVALID_PARAMS, "kinds: %s is no kind of event",
			    text_escape_buf(glob, shown, sizeof(shown)));
			err_hint(c->e, "api.events lists them; print.* means a family");
			return -EINVAL;
		}
		mask |= found;
	}
	*ret_mask = array != NULL ? mask : UINT64_MAX;
	return 0;
}

/* Cursor before the first event later than that moment. */
static uint64_t seq_at(const struct hub *h, int64_t wall_ms)
{
	const struct hub_event *e = hub_next(h, hub_first_seq(h) - 1);

	while (e != NULL && e->wall_ms <= wall_ms) {
		e = hub_next(h, e->seq);
	}
	return e != NULL ? e->seq - 1 : hub_last_seq(h);
}

static int parse_cursor(const char *text, uint32_t *ret_epoch, uint64_t *ret_seq)
{
	const char *dot = strchr(text, '.');
	char epoch[16];
	int64_t e, seq;

	if (dot == NULL || (size_t)(dot - text) >= sizeof(epoch)) {
		return -EINVAL;
	}
	memcpy(epoch, text, (size_t)(dot - text));
	epoch[dot - text] = '\0';
	if (parse_i64(epoch, 0, UINT32_MAX, &e) < 0 || parse_i64(dot + 1, 0, INT64_MAX, &seq) < 0) {
		return -EINVAL;
	}
	*ret_epoch = (uint32_t)e;
	*ret_seq = (uint64_t)seq;
	return 0;
}

/* 2026-11-23T01:02:03Z, with or without a fraction (which is cut). */
static int parse_time(const char *text, int64_t *ret_wall_ms)
{
	struct tm tm = {0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

	if (rest != NULL && *rest == '.') {
		rest += 1 + strspn(rest + 1, "0123456789");
	}
	if (rest == NULL || strcmp(rest, "Z") != 0) {
		return -EINVAL;
	}
	*ret_wall_ms = (int64_t)timegm(&tm) * 1000;
	return 0;
}

/* A cursor "EPOCH.SEQ" or a time in UTC. 1 with the cursor, 0 when absent, -EINVAL with *c->e. */
static int since_param(struct call *c, uint32_t *ret_epoch, uint64_t *ret_seq)
{
	const char *text = json_get_str(c->params, "since");
	const struct hub *h = c->server->deps.hub;
	int64_t wall_ms;

	if (text == NULL) {
		return 0;
	}
	if (parse_time(text, &wall_ms) == 0) {
		*ret_epoch = hub_epoch(h);
		*ret_seq = seq_at(h, wall_ms);
		return 1;
	}
	if (parse_cursor(text, ret_epoch, ret_seq) == 0) {
		return 1;
	}
	err_set(c->e, ERR_INVALID_PARAMS,
	    "since: neither a cursor such as 1.8811 nor a time such as 2026-11-23T01:02:03Z");
	return -EINVAL;
}

static void write_cursor(struct jw *w, const struct hub *h, uint64_t seq)
{
	char text[40];

	snprintf(text, sizeof(text), "%u.%llu", (unsigned)hub_epoch(h), (unsigned long long)seq);
	jw_str(w, "cursor", text);
}

/* ---- events.subscribe, events.unsubscribe ---- */

static int spec_params(struct call *c, struct sub_spec *spec)
{
	int r = sections_param(c, &spec->sections);

	if (r == 0) {
		r = kinds_param(c, &spec->kinds);
	}
	if (r == 0) {
		r = since_param(c, &spec->since_epoch, &spec->since_seq);
		spec->since = r > 0;
	}
	if (r < 0) {
		return r;
	}
	spec->state = true;
	json_get_bool(c->params, "state", &spec->state);
	json_get_num(c->params, "max_hz", &spec->max_hz);
	return 0;
}

static void write_snapshot(struct call *c, const struct pick *pick, const struct sub_spec *spec)
{
	struct printer_view view;

	if (!spec->state) {
		jw_null(c->w, "snapshot");
		return;
	}
	jw_object(c->w, "snapshot");
	jw_array(c->w, "printers");
	for (size_t i = 0; i < pick->count; i++) {
		printer_view(pick->list[i], &view);
		render_printer(c->w, NULL, &view, spec->sections);
	}
	jw_array_end(c->w);
	jw_object_end(c->w);
}

int h_events_subscribe(struct call *c)
{
	_cleanup_free_ char *selector = pick_selector(c, "printers");
	const struct api_deps *deps = &c->server->deps;
	_cleanup_pick_ struct pick pick = {0};
	struct sub_spec spec = {.selector = selector != NULL ? selector : "@all"};
	unsigned number = 0;
	int r = c->e->type != ERR_NONE ? -EINVAL : spec_params(c, &spec);

	if (r == 0) {
		r = registry_select(
		    deps->registry, spec.selector, &pick.list, &pick.count, NULL, c->e);
	}
	if (r == 0) {
		r = subs_add(c->server->subs, c->conn, &spec, &number, c->e);
	}
	if (r < 0) {
		return r;
	}
	/* Cursor and snapshot are of this very moment; what comes later comes as notification. */
	jw_object(c->w, "result");
	jw_int(c->w, "sub", number);
	write_cursor(c->w, deps->hub, hub_last_seq(deps->hub));
	write_snapshot(c, &pick, &spec);
	jw_object_end(c->w);
	return 0;
}

int h_events_unsubscribe(struct call *c)
{
	int64_t number = 0;

	if (!json_get_i64(c->params, "sub", &number) ||
	    (subs_remove(c->server->subs, c->conn, number) < 0 &&
		listens_remove(c->server->listens, c->conn, number) < 0)) {
		err_set(c->e, ERR_INVALID_PARAMS, "sub: this connection has no subscription %lld",
		    (long long)number);
		return -EINVAL;
	}
	jw_object(c->w, "result");
	jw_object_end(c->w);
	return 0;
}

/* ---- events.list ---- */

/* What is listed: kinds, and printers unless all are meant. */
struct filter {
	uint64_t kinds;
	struct selections selections;
	struct selection *selection; /* NULL: everything, events without a printer too */
};

static int filter_init(struct call *c, struct filter *f)
{
	_cleanup_free_ char *selector = pick_selector(c, "printer");
	int r = c->e->type != ERR_NONE ? -EINVAL : kinds_param(c, &f->kinds);

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

/* Where to start so that the newest `limit` events are listed. */
static uint64_t newest_from(const struct hub *h, struct filter *f, int64_t limit)
{
	uint64_t after = hub_first_seq(h) - 1;
	const struct hub_event *e;
	int64_t skip = -limit;

	for (e = hub_next(h, after); e != NULL; e = hub_next(h, e->seq)) {
		skip += filter_takes(f, e);
	}
	for (e = hub_next(h, after); e != NULL && skip > 0; e = hub_next(h, e->seq)) {
		skip -= filter_takes(f, e);
		after = e->seq;
	}
	return after;
}

/* Lists up to limit events; returns the cursor to go on from. */
static uint64_t list_events(
    struct jw *w, const struct hub *h, uint64_t after, struct filter *f, int64_t limit)
{
	const struct hub_event *e;

	jw_array(w, "events");
	for (e = hub_next(h, after); e != NULL; e = hub_next(h, after)) {
		if (filter_takes(f, e)) {
			if (limit-- == 0) {
				break;
			}
			jw_object(w, NULL);
			bodies_write_event(w, e);
			jw_object_end(w);
		}
		after = e->seq;
	}
	jw_array_end(w);
	return e == NULL ? hub_last_seq(h) : after;
}

/* 0, with the cursor to begin after and whether something before it is gone. */
static int list_from(
    struct call *c, struct filter *f, int64_t limit, uint64_t *ret_after, bool *ret_lost)
{
	const struct hub *h = c->server->deps.hub;
	uint32_t epoch = 0;
	uint64_t seq = 0;
	int r = since_param(c, &epoch, &seq);

	if (r < 0) {
		return r;
	}
	*ret_lost = false;
	if (r == 0) {
		*ret_after = newest_from(h, f, limit);
	} else if (epoch == hub_epoch(h) && seq <= hub_last_seq(h)) {
		*ret_after = seq;
		*ret_lost = hub_lost_after(h, seq);
	} else {
		*ret_after = hub_first_seq(h) - 1;
		*ret_lost = true;
	}
	return 0;
}

int h_events_list(struct call *c)
{
	const struct hub *h = c->server->deps.hub;
	int64_t limit = LIST_LIMIT;
	struct filter f = {0};
	uint64_t after = 0;
	bool lost = false;
	int r = filter_init(c, &f);

	json_get_i64(c->params, "limit", &limit);
	if (r == 0) {
		r = list_from(c, &f, limit, &after, &lost);
	}
	if (r == 0) {
		jw_object(c->w, "result");
		after = list_events(c->w, h, after, &f, limit);
		write_cursor(c->w, h, after);
		jw_bool(c->w, "lost", lost);
		jw_object_end(c->w);
	}
	filter_finish(&f);
	return r;
}
