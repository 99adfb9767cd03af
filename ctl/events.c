/* SPDX-License-Identifier: MIT */
/* `events`: what happened, and with -f what happens. */
#include "ctl/events.h"

#include <errno.h>
#include <string.h>

#include "common/util.h"
#include "ctl/call.h"
#include "ctl/fmt.h"
#include "ctl/show.h"

#define LIMIT_MAX 4096 /* what the daemon holds */

struct wanted {
	char since[32]; /* "" = not given */
	int64_t limit;	/* 0 = not given */
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

	if (c->word_count > 0) {
		return call_misuse(c, "unexpected \"%s\"", c->words[0]);
	}
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

/* Flushed event by event: whoever reads the pipe wants to know now. */
static void print_one(struct ctl *c, json_object *event)
{
	if (c->out.json != OUT_TEXT) {
		out_json(&c->out, event);
	} else {
		show_event(&c->out, event);
	}
	if (fflush(c->out.f) != 0) {
		c->out.write_error = errno;
	}
}

static void take_notification(struct ctl *c, json_object *line, int64_t *left)
{
	const char *method = json_get_str(line, "method");
	json_object *params = json_get_obj(line, "params");

	if (!method || !params) {
		return;
	}
	if (strcmp(method, "event") == 0) {
		print_one(c, params);
		*left -= *left > 0;
	} else if (strcmp(method, "lost") == 0) {
		if (c->out.json != OUT_TEXT) {
			print_one(c, params);
		}
		out_note(&c->out, "some events are lost: the daemon no longer holds them");
	}
}

static int follow(struct ctl *c, const struct wanted *w)
{
	json_object *params = common_params(c, w);
	_cleanup_json_ json_object *result = NULL;
	int64_t left = w->limit ? w->limit : -1;
	struct err e = {0};
	int status;

	if (c->args.value[OPT_PRINTER]) {
		json_object_object_add(
		    params, "printers", json_object_new_string(c->args.value[OPT_PRINTER]));
	}
	json_object_object_add(params, "state", json_object_new_boolean(false));
	status = call_method(c, "events.subscribe", params, &result);
	if (status) {
		return status;
	}
	client_deadline(&c->client, -1);
	while (left != 0 && !c->out.write_error) {
		_cleanup_json_ json_object *line = NULL;

		if (client_next(&c->client, &line, &e) < 0) {
			return out_fail(&c->out, &e);
		}
		take_notification(c, line, &left);
	}
	return 0;
}

static void show_all(struct ctl *c, json_object *result)
{
	json_object *events = json_get_arr(result, "events");
	size_t count = events ? json_object_array_length(events) : 0;

	for (size_t i = 0; i < count; i++) {
		show_event(&c->out, json_object_array_get_idx(events, i));
	}
}

static int list(struct ctl *c, const struct wanted *w)
{
	json_object *params = common_params(c, w);
	_cleanup_json_ json_object *result = NULL;
	bool lost = false;
	int status;

	if (c->args.value[OPT_PRINTER]) {
		json_object_object_add(
		    params, "printer", json_object_new_string(c->args.value[OPT_PRINTER]));
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
	return c->args.given[OPT_FOLLOW] ? follow(c, &w) : list(c, &w);
}
