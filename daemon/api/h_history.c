/* SPDX-License-Identifier: MIT */
/* history.*: prints of the past, read by a thread. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/api/core.h"
#include "daemon/api/handlers.h"
#include "daemon/api/pick.h"
#include "daemon/api/reply.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/registry.h"
#include "daemon/store/history.h"

#define LIST_LIMIT 100 /* default */

/* ---- what is answered ---- */

static void put_number(struct jw *w, const char *key, int64_t value)
{
	if (value < 0) {
		jw_null(w, key);
	} else {
		jw_int(w, key, value);
	}
}

static char *id_text(const struct history_print *p)
{
	return xasprintf("%u.%llu", p->epoch, (unsigned long long)p->seq);
}

static void write_members(struct jw *w, const struct history_print *p)
{
	_cleanup_free_ char *id = id_text(p);
	const char *filament = p->filament ? p->filament : "[]";

	jw_str(w, "id", id);
	jw_str(w, "printer", p->printer);
	jw_str(w, "serial", p->serial);
	jw_str(w, "job", p->job);
	jw_str(w, "file", p->file);
	jw_str(w, "result", history_result_word(p->result));
	jw_bool(w, "running", p->result == HISTORY_RUNNING);
	jw_time(w, "started", p->started_ms);
	jw_time(w, "ended", p->ended_ms);
	put_number(w, "duration_s", p->duration_s);
	jw_time(w, "first_seen", p->first_ms);
	jw_time(w, "last_seen", p->last_ms);
	jw_bool(w, "late", p->late);
	put_number(w, "percent", p->percent);
	put_number(w, "layer", p->layer);
	put_number(w, "total_layers", p->total_layers);
	jw_str(w, "reason", p->reason);
	jw_str(w, "code", p->code);
	jw_bool(w, "before_print", p->before_print);
	jw_raw(w, "filament", filament, strlen(filament));
	jw_null(w, "weight_g"); /* no printer tells it */
}

static void write_list(struct jw *w, const struct history_answer *a)
{
	_cleanup_free_ char *next = a->more ? id_text(&a->prints[a->print_count - 1]) : NULL;

	jw_object(w, "result");
	jw_array(w, "prints");
	for (size_t i = 0; i < a->print_count; i++) {
		jw_object(w, NULL);
		write_members(w, &a->prints[i]);
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_str(w, "next", next);
	jw_object_end(w);
}

/* Of the prints whose end was seen. */
static void write_rate(struct jw *w, const struct history_total *t)
{
	int64_t of =
	    t->prints[HISTORY_FINISHED] + t->prints[HISTORY_FAILED] + t->prints[HISTORY_CANCELLED];

	jw_object(w, "success");
	if (of > 0) {
		jw_num(w, "rate", (double)t->prints[HISTORY_FINISHED] / (double)of, 4);
	} else {
		jw_null(w, "rate");
	}
	jw_int(w, "of", of);
	jw_object_end(w);
}

static void write_counts(struct jw *w, const struct history_total *t)
{
	int64_t sum = 0;

	for (int i = 0; i < HISTORY_RESULT_COUNT; i++) {
		sum += t->prints[i];
	}
	jw_int(w, "prints", sum);
	jw_int(w, "running", t->prints[HISTORY_RUNNING]);
	for (int i = HISTORY_FINISHED; i < HISTORY_RESULT_COUNT; i++) {
		jw_int(w, history_result_word((enum history_result)i), t->prints[i]);
	}
	jw_int(w, "print_s", t->timed_s);
	jw_int(w, "timed", t->timed);
	write_rate(w, t);
}

static void add_total(struct history_total *sum, const struct history_total *t)
{
	for (int i = 0; i < HISTORY_RESULT_COUNT; i++) {
		sum->prints[i] += t->prints[i];
	}
	sum->timed += t->timed;
	sum->timed_s += t->timed_s;
}

static void write_stats(struct jw *w, const struct history_answer *a)
{
	struct history_total sum = {0};

	jw_object(w, "result");
	jw_array(w, "printers");
	for (size_t i = 0; i < a->total_count; i++) {
		const struct history_total *t = &a->totals[i];

		add_total(&sum, t);
		jw_object(w, NULL);
		jw_str(w, "printer", t->printer);
		jw_str(w, "serial", t->serial);
		write_counts(w, t);
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_object(w, "totals");
	write_counts(w, &sum);
	jw_object_end(w);
	jw_object_end(w);
}

/* ---- the question ---- */

struct asking {
	struct reply *reply;
	struct history_ask *ask;
	enum history_question question;
	char *called; /* no printer of the configuration: the history may know it; owned */
};

static void asking_destroy(struct asking *a)
{
	free(a->called);
	free(a);
}

/* False with *e: there is nothing to write. */
static bool can_write(const struct asking *a, const struct history_answer *h, struct err *e)
{
	if (h->error < 0) {
		err_set(e, h->error == -ELIBACC ? ERR_UNSUPPORTED : ERR_INTERNAL,
		    "the history cannot be read: %s", strerror(-h->error));
		return false;
	}
	if (a->question == HISTORY_GET && h->print_count == 0) {
		err_set(e, ERR_INVALID_PARAMS, "id: no such print is kept");
		err_hint(e, "bambuctl history");
		return false;
	}
	if (a->called && h->print_count == 0 && h->total_count == 0) {
		err_set(e, ERR_NO_SUCH_PRINTER, "no printer \"%.60s\", neither now nor in the past",
		    a->called);
		err_hint(e, "bambuctl list");
		return false;
	}
	return true;
}

static void on_answer(void *arg, const struct history_answer *h)
{
	struct asking *a = arg;
	struct err e = {0};

	if (!can_write(a, h, &e)) {
		reply_fail(a->reply, &e);
		asking_destroy(a);
		return;
	}
	switch (a->question) {
	case HISTORY_LIST:
		write_list(reply_begin(a->reply), h);
		break;
	case HISTORY_STATS:
		write_stats(reply_begin(a->reply), h);
		break;
	case HISTORY_GET: {
		struct jw *w = reply_begin(a->reply);

		jw_object(w, "result");
		write_members(w, h->prints);
		jw_object_end(w);
		break;
	}
	}
	reply_end(a->reply);
	asking_destroy(a);
}

static void on_gone(void *arg)
{
	struct asking *a = arg;

	history_cancel(a->ask);
	asking_destroy(a);
}

/* "1.8811". False: no id. */
static bool parse_id(const char *text, struct history_query *q)
{
	const char *dot = strchr(text, '.');
	_cleanup_free_ char *epoch = dot ? xstrndup(text, (size_t)(dot - text)) : NULL;
	int64_t e, seq;

	if (dot == NULL || parse_i64(epoch, 0, UINT32_MAX, &e) < 0 ||
	    parse_i64(dot + 1, 1, INT64_MAX, &seq) < 0) {
		return false;
	}
	q->epoch = (uint32_t)e;
	q->seq = (uint64_t)seq;
	return true;
}

static int take_params(struct call *c, struct history_query *q)
{
	const char *since = json_get_str(c->params, "since");
	const char *key = q->question == HISTORY_GET ? "id" : "before";
	const char *id = json_get_str(c->params, key);

	json_get_i64(c->params, "limit", &q->limit);
	if (since && time_parse_rfc3339(since, &q->since_ms) < 0) {
		err_set(c->e, ERR_INVALID_PARAMS, "since: no time such as 2026-11-23T01:02:03Z");
		return -EINVAL;
	}
	if (id && !parse_id(id, q)) {
		err_set(c->e, ERR_INVALID_PARAMS, "%s: no id such as 1.8811", key);
		return -EINVAL;
	}
	return 0;
}

/* A printer that is gone still has a past: one word that means nobody is a name of then. */
static int take_printers(struct call *c, struct history_query *q)
{
	_cleanup_free_ char *selector = pick_selector(c, "printer");
	_cleanup_pick_ struct pick pick = {0};
	int r;

	if (c->e->type != ERR_NONE) {
		return -EINVAL;
	}
	if (selector == NULL || strcmp(selector, "@all") == 0) {
		return 0;
	}
	r = registry_select(
	    c->server->deps.registry, selector, &pick.list, &pick.count, NULL, c->e);
	if (r < 0 && c->e->type == ERR_NO_SUCH_PRINTER && strpbrk(selector, ",*?@=") == NULL) {
		*c->e = (struct err){0};
		q->name = TAKE(selector);
		return 0;
	}
	if (r < 0) {
		return r;
	}
	q->serials = xcalloc(pick.count + 1, sizeof(*q->serials));
	for (; q->serial_count < pick.count; q->serial_count++) {
		q->serials[q->serial_count] = xstrdup(printer_serial(pick.list[q->serial_count]));
	}
	return 0;
}

static int ask(struct call *c, enum history_question question)
{
	struct history *h = c->server->deps.history;
	struct history_query q = {.question = question, .since_ms = -1, .limit = LIST_LIMIT};
	struct asking *a;
	int r;

	if (!history_enabled(h)) {
		err_set(c->e, ERR_UNSUPPORTED, "this daemon keeps no history");
		if (h) {
			err_hint(c->e, "Enabled=yes in [History] of its configuration");
		}
		return -ENOSYS;
	}
	r = take_params(c, &q);
	if (r == 0 && question != HISTORY_GET) {
		r = take_printers(c, &q);
	}
	if (r < 0) {
		return r;
	}
	a = xcalloc(1, sizeof(*a));
	a->question = question;
	a->called = xstrdup(q.name);
	r = reply_later(c, on_gone, a, &a->reply);
	if (r < 0) {
		history_query_finish(&q);
		asking_destroy(a);
		return r;
	}
	a->ask = history_ask(h, &q, on_answer, a);
	return CALL_LATER;
}

int h_history_get(struct call *c)
{
	return ask(c, HISTORY_GET);
}

int h_history_list(struct call *c)
{
	return ask(c, HISTORY_LIST);
}

int h_history_stats(struct call *c)
{
	return ask(c, HISTORY_STATS);
}
