/* SPDX-License-Identifier: MIT */
/* `events`: what happened, and with -f what happens. */
#include "ctl/events.h"

#include <errno.h>
#include <string.h>

#include "common/util.h"
#include "ctl/call.h"
#include "ctl/fmt.h"
#include "ctl/follow.h"
#include "ctl/show.h"

#define LIMIT_MAX 4096 /* what the daemon holds */

struct wanted {
	char since[32];	     /* "" = not given */
	int64_t limit;	     /* 0 = not given */
	const char *printer; /* NULL = all, and what is about none */
};

struct following {
	struct ctl *c;
	struct follow follow;
	const char *printer;
	char *epoch;  /* of the cursors, owned */
	char *go_on;  /* how to go on when the daemon ends, owned */
	int64_t left; /* events to print yet, -1 = no limit */
	int64_t seq;  /* of the last event told */
};

static bool is_cursor(const char *text)
{
	size_t epoch = strspn(text, "0123456789"), seq;

	if (epoch == 0 || text[epoch] != '.') {
		return false;
	}
	seq = strspn(text + epoch + 1, "0123456789");
	return seq > 0 && text[epoch + 1 + seq] == '\0';
}

int events_since(const char *text, int64_t now_ms, char ret_since[static 32])
{
	int64_t span;

	if (is_cursor(text) || fmt_parse_time(text) >= 0) {
		return str_copy(ret_since, 32, text) ? 0 : -EINVAL;
	}
	if (parse_duration_ms(text, &span) < 0 || span > now_ms) {
		return -EINVAL;
	}
	time_rfc3339(now_ms - span, ret_since);
	return 0;
}

static int read_wanted(struct ctl *c, struct wanted *w)
{
	const char *since = c->args.value[OPT_SINCE], *limit = c->args.value[OPT_LIMIT];

	w->printer = call_take_printer(c);
	if (since && events_since(since, c->out.now_ms, w->since) < 0) {
		return call_misuse(c, "\"%s\" is neither a cursor nor a time", since);
	}
	if (limit && parse_i64(limit, 1, LIMIT_MAX, &w->limit) < 0) {
		return call_misuse(c, "--limit is a number from 1 to %d", LIMIT_MAX);
	}
	return 0;
}

static json_object *kind_list(const char *kinds)
{
	json_object *list = json_object_new_array();

	for (const char *p = kinds; p;) {
		size_t len = strcspn(p, ",");

		json_object_array_add(list, json_object_new_string_len(p, (int)len));
		p = p[len] ? p + len + 1 : NULL;
	}
	return list;
}

static json_object *common_params(struct ctl *c, const struct wanted *w)
{
	json_object *params = json_object_new_object();

	if (*w->since) {
		json_object_object_add(params, "since", json_object_new_string(w->since));
	}
	if (c->args.value[OPT_KIND]) {
		json_object_object_add(params, "kinds", kind_list(c->args.value[OPT_KIND]));
	}
	return params;
}

static void print_one(struct ctl *c, json_object *event)
{
	if (c->out.json != OUT_TEXT) {
		out_json(&c->out, event);
	} else {
		show_event(&c->out, event);
	}
}

/* The words that go on behind the last event, for when the daemon ends. */
static void note_cursor(struct following *g, int64_t seq)
{
	const struct args *a = &g->c->args;
	const char *kinds = a->value[OPT_KIND], *printer = g->printer;

	g->seq = seq;
	free(g->go_on);
	g->go_on = xasprintf("bambuctl events -f%s%s%s%s --since %s.%lld", printer ? " -p " : "",
	    printer ? printer : "", kinds ? " --kind " : "", kinds ? kinds : "", g->epoch,
	    (long long)seq);
	g->follow.go_on = g->go_on;
}

static int on_line(void *arg, const char *method, json_object *params)
{
	struct following *g = arg;
	int64_t seq = g->seq;

	if (strcmp(method, "event") == 0) {
		print_one(g->c, params);
		json_get_i64(params, "seq", &seq);
		g->left -= g->left > 0;
	} else if (strcmp(method, "lost") == 0) {
		if (g->c->out.json != OUT_TEXT) {
			print_one(g->c, params);
		}
		out_note(&g->c->out, "some events are lost: the daemon no longer holds them");
		json_get_i64(params, "to", &seq);
	}
	note_cursor(g, seq);
	return g->left == 0 ? 0 : FOLLOW_ON;
}

static json_object *follow_params(struct ctl *c, const struct wanted *w)
{
	json_object *params = common_params(c, w);

	if (w->printer) {
		json_object_object_add(params, "printers", json_object_new_string(w->printer));
	}
	json_object_object_add(params, "state", json_object_new_boolean(false));
	return params;
}

static json_object *again(void *arg)
{
	struct following *g = arg;
	struct wanted w = {.printer = g->printer};

	snprintf(w.since, sizeof(w.since), "%s.%lld", g->epoch, (long long)g->seq);
	return follow_params(g->c, &w);
}

/* The daemon may have begun a new epoch: then the first line says what is lost. */
static void resumed(void *arg, json_object *result)
{
	struct following *g = arg;
	const char *cursor = json_get_str(result, "cursor");

	if (cursor) {
		free(g->epoch);
		g->epoch = xstrndup(cursor, strcspn(cursor, "."));
		note_cursor(g, g->seq);
	}
}

static int follow(struct ctl *c, const struct wanted *w)
{
	_cleanup_json_ json_object *result = NULL;
	struct following g = {.c = c, .printer = w->printer, .left = w->limit ? w->limit : -1};
	const char *cursor;
	int64_t seq = 0;
	int status;

	g.follow = (struct follow){.c = c,
	    .arg = &g,
	    .on_line = on_line,
	    .again = again,
	    .resumed = resumed,
	    .timeout_ms = -1};
	status = follow_begin(&g.follow, "events.subscribe", follow_params(c, w), &result);
	if (status) {
		return status;
	}
	cursor = json_get_str(result, "cursor");
	g.epoch = xstrndup(cursor ? cursor : "0", strcspn(cursor ? cursor : "0", "."));
	if (cursor && strchr(cursor, '.')) {
		(void)parse_i64(strchr(cursor, '.') + 1, 0, INT64_MAX, &seq);
	}
	note_cursor(&g, seq);
	status = follow_run(&g.follow);
	free(g.epoch);
	free(g.go_on);
	return status;
}

static void show_all(struct ctl *c, json_object *result)
{
	json_object *events = json_get_arr(result, "events");
	size_t count = events ? json_object_array_length(events) : 0;

	for (size_t i = 0; i < count; i++) {
		show_event(&c->out, json_object_array_get_idx(events, i));
	}
}

static int list_past(struct ctl *c, const struct wanted *w)
{
	json_object *params = common_params(c, w);
	_cleanup_json_ json_object *result = NULL;
	bool lost = false;
	int status;

	if (w->printer) {
		json_object_object_add(params, "printer", json_object_new_string(w->printer));
	}
	if (w->limit) {
		json_object_object_add(params, "limit", json_object_new_int64(w->limit));
	}
	status = call_method(c, "events.list", params, &result);
	if (status) {
		return status;
	}
	json_get_bool(result, "lost", &lost);
	if (lost) {
		out_note(&c->out, "earlier events are no longer held");
	}
	return call_print(c, result, show_all);
}

int events_run(struct ctl *c)
{
	struct wanted w = {0};
	int status = read_wanted(c, &w);

	if (status) {
		return status;
	}
	return c->args.given[OPT_FOLLOW] ? follow(c, &w) : list_past(c, &w);
}
