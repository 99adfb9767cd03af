/* SPDX-License-Identifier: MIT */
/* Hooks: events told to programs and web servers, each hook one after the other, a few at once. */
#include "daemon/bridge/hooks.h"

#include <string.h>

#include "common/jw.h"
#include "common/log.h"
#include "common/util.h"
#include "daemon/bridge/hook_config.h"
#include "daemon/bridge/hook_event.h"
#include "daemon/bridge/hook_run.h"
#include "daemon/fleet/registry.h"
#include "daemon/io/loop.h"
#include "daemon/model/hub.h"

struct hook {
	struct hooks *hooks;
	const struct hook_config *config;
	struct hook_event *waiting[HOOK_WAITING_MAX]; /* a ring */
	size_t first, count;
	uint64_t lost, lost_seq; /* since it was last told; the first of them */
	struct hook_event *now;	 /* being told; NULL: none */
	struct hook_exec *exec;
	struct hook_post *post;
};

struct hooks {
	struct hooks_deps deps;
	struct hub_observer observer;
	struct loop_deferred turn;
	struct hook **list;
	size_t count;
	size_t next; /* whose turn it is */
};

/* ---- failures ---- */

static void file_failed(struct hook *k, const struct hook_event *e, struct jw *w)
{
	char *data;

	jw_object_end(w);
	data = jw_take(w);
	/* A hook that fails at a failure is only logged: two of them would never come to rest. */
	if (e && e->kind == EVENT_HOOK_FAILED) {
		log_warn("hook %s failed at the event of a failed hook: %s", k->config->name, data);
	} else {
		hub_event(k->hooks->deps.hub, EVENT_HOOK_FAILED, NULL, NULL, data,
		    loop_wall_ms(k->hooks->deps.loop));
	}
	free(data);
	jw_finish(w);
}

static void tell_failed(struct hook *k, const struct hook_event *e, const struct hook_verdict *v)
{
	struct jw w;

	jw_init(&w);
	jw_object(&w, NULL);
	jw_str(&w, "hook", k->config->name);
	jw_str(&w, "kind", event_name(e->kind));
	jw_int(&w, "event", (int64_t)e->seq);
	jw_str(&w, "printer", e->printer);
	jw_str(&w, "reason", v->reason);
	if (v->code >= 0) {
		jw_int(&w, "code", v->code);
	} else {
		jw_null(&w, "code");
	}
	file_failed(k, e, &w);
}

/* Once half of the queue is free again, so that a flood is told now and then. */
static void tell_lost(struct hook *k)
{
	uint64_t lost = k->lost;
	struct jw w;

	if (lost == 0 || k->count > HOOK_WAITING_MAX / 2) {
		return;
	}
	k->lost = 0;
	jw_init(&w);
	jw_object(&w, NULL);
	jw_str(&w, "hook", k->config->name);
	jw_int(&w, "event", (int64_t)k->lost_seq);
	jw_str(&w, "reason", "too many events waited, so some were left out");
	jw_int(&w, "lost", (int64_t)lost);
	file_failed(k, NULL, &w);
}

/* ---- one after the other ---- */

static void wake(struct hooks *h)
{
	loop_defer(h->deps.loop, &h->turn);
}

static void end_event(struct hook *k, const struct hook_verdict *v)
{
	struct hook_event *e = TAKE(k->now);

	if (!v->ok) {
		tell_failed(k, e, v);
	}
	hook_event_unref(e);
	tell_lost(k);
	wake(k->hooks);
}

static void on_exec_done(void *arg, const struct hook_verdict *v)
{
	struct hook *k = arg;

	k->exec = NULL;
	end_event(k, v);
}

static void on_post_done(void *arg, const struct hook_verdict *v)
{
	struct hook *k = arg;

	k->post = NULL;
	end_event(k, v);
}

static void on_post_rests(void *arg)
{
	struct hook *k = arg;

	wake(k->hooks);
}

static struct hook_event *take_first(struct hook *k)
{
	struct hook_event *e = k->waiting[k->first];

	k->first = (k->first + 1) % HOOK_WAITING_MAX;
	k->count--;
	return e;
}

static void begin_event(struct hook *k)
{
	const struct hooks_deps *deps = &k->hooks->deps;
	struct hook_verdict v;

	k->now = take_first(k);
	if (!k->config->argv) {
		k->post = hook_post_start(
		    deps->loop, deps->http, k->config, k->now, on_post_done, on_post_rests, k);
		return;
	}
	k->exec = hook_exec_start(deps->loop, deps->spawns, k->config, k->now, on_exec_done, k, &v);
	if (!k->exec) {
		end_event(k, &v);
	}
}

/* Programs, or requests, that are under way. */
static unsigned count_running(const struct hooks *h, bool programs)
{
	unsigned n = 0;

	for (size_t i = 0; i < h->count; i++) {
		const struct hook *k = h->list[i];

		n += programs ? k->exec != NULL : k->post && !hook_post_resting(k->post);
	}
	return n;
}

static bool may_begin(const struct hook *k)
{
	return !k->now && k->count > 0 &&
	       count_running(k->hooks, k->config->argv != NULL) < HOOKS_AT_ONCE;
}

/* The hooks take turns, so that one with a long queue leaves room for the others. */
static void on_turn(void *arg)
{
	struct hooks *h = arg;

	for (size_t i = 0; i < h->count; i++) {
		struct hook *k = h->list[h->next++ % h->count];

		if (may_begin(k)) {
			begin_event(k);
		}
	}
}

/* ---- what the hub tells ---- */

static bool names_printer(const struct hooks *h, const char *term, const struct hub_event *e)
{
	struct printer **list = NULL;
	size_t count = 0;
	bool found = false;
	struct err err;

	/* A printer that was just removed is known by its name alone. */
	if (glob_match(term, e->printer) || (e->serial && strcmp(term, e->serial) == 0)) {
		return true;
	}
	if (registry_select(h->deps.registry, term, &list, &count, NULL, &err) < 0) {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		found |= list[i] == registry_by_name(h->deps.registry, e->printer);
	}
	free(list);
	return found;
}

static bool is_meant(const struct hook *k, const struct hub_event *e)
{
	char **term = k->config->printers;

	if (k->config->disabled || !(k->config->kinds & (UINT64_C(1) << e->kind))) {
		return false;
	}
	if (!term || !*term) {
		return true;
	}
	while (*term && e->printer && !names_printer(k->hooks, *term, e)) {
		term++;
	}
	return *term && e->printer;
}

static void enqueue(struct hook *k, struct hook_event *e)
{
	if (k->count == HOOK_WAITING_MAX) {
		if (k->lost++ == 0) {
			k->lost_seq = e->seq;
			log_warn("hook %s: %d events wait already, more are left out",
			    k->config->name, HOOK_WAITING_MAX);
		}
		return;
	}
	k->waiting[(k->first + k->count++) % HOOK_WAITING_MAX] = hook_event_ref(e);
}

static void on_event(void *arg, const struct hub_event *from)
{
	struct hooks *h = arg;
	struct hook_event *e = NULL;

	for (size_t i = 0; i < h->count; i++) {
		if (!is_meant(h->list[i], from)) {
			continue;
		}
		e = e ? e : hook_event_create(from, hub_epoch(h->deps.hub));
		enqueue(h->list[i], e);
	}
	if (e) {
		hook_event_unref(e);
		wake(h);
	}
}

/* ---- life ---- */

static struct hook *hook_create(struct hooks *h)
{
	struct hook *k = xcalloc(1, sizeof(*k));

	k->hooks = h;
	return k;
}

static void drop_waiting(struct hook *k)
{
	while (k->count > 0) {
		hook_event_unref(take_first(k));
	}
}

static void hook_destroy(struct hook *k)
{
	hook_exec_stop(k->exec);
	hook_post_stop(k->post);
	hook_event_unref(k->now);
	drop_waiting(k);
	free(k);
}

/* Out of the list, so that who is left there is not wanted any more. */
static struct hook *take_named(struct hooks *h, const char *name)
{
	for (size_t i = 0; i < h->count; i++) {
		if (h->list[i] && strcmp(h->list[i]->config->name, name) == 0) {
			return TAKE(h->list[i]);
		}
	}
	return hook_create(h);
}

void hooks_apply(struct hooks *h, const struct hook_config *configs, size_t count)
{
	struct hook **list = xcalloc(count + 1, sizeof(struct hook *));

	for (size_t i = 0; i < count; i++) {
		list[i] = take_named(h, configs[i].name);
	}
	for (size_t i = 0; i < h->count; i++) {
		if (h->list[i]) {
			hook_destroy(h->list[i]);
		}
	}
	/* The names that were compared stand in the configuration before. */
	for (size_t i = 0; i < count; i++) {
		list[i]->config = &configs[i];
		if (configs[i].disabled) {
			drop_waiting(list[i]);
		}
	}
	free(h->list);
	h->list = list;
	h->count = count;
	wake(h);
}

struct hooks *hooks_create(const struct hooks_deps *deps)
{
	struct hooks *h = xcalloc(1, sizeof(*h));

	h->deps = *deps;
	h->observer = (struct hub_observer){.event = on_event, .arg = h};
	loop_deferred_init(&h->turn, on_turn, h);
	hub_observe(deps->hub, &h->observer);
	return h;
}

void hooks_destroy(struct hooks *h)
{
	if (!h) {
		return;
	}
	hub_unobserve(h->deps.hub, &h->observer);
	loop_deferred_cancel(&h->turn);
	hooks_apply(h, NULL, 0);
	loop_deferred_cancel(&h->turn);
	free(h->list);
	free(h);
}
