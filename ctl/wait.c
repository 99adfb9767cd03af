/* SPDX-License-Identifier: MIT */
/* `wait`: until something happens to printers, or holds of them. */
#include "ctl/wait.h"

#include <errno.h>
#include <string.h>

#include "common/util.h"
#include "ctl/call.h"
#include "ctl/cond.h"
#include "ctl/follow.h"
#include "ctl/mirror.h"
#include "ctl/see.h"
#include "ctl/show.h"
#include "ctl/view.h"

struct waiting {
	struct ctl *c;
	struct follow follow;
	struct mirror mirror;
	json_object *missing; /* names that have not reached it yet, as members */
	const char *until;
	struct cond cond; /* key NULL: an event is waited for */
	bool any;	  /* no printer was meant: any such event will do */
};

static int missing_count(const struct waiting *w)
{
	return json_object_object_length(w->missing);
}

/* "a, b and 3 more". Owned. */
static char *missing_names(const struct waiting *w)
{
	int more = missing_count(w) - 3, i = 0;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	json_object_object_foreach(w->missing, name, unused)
	{
		_cleanup_free_ char *safe = out_safe(&w->c->out, name);

		(void)unused;
		if (i < 3) {
			fprintf(f, "%s%s", i ? ", " : "", safe);
		}
		i++;
	}
	if (more > 0) {
		fprintf(f, " and %d more", more);
	}
	fclose(f);
	return text;
}

static void print_held(struct waiting *w, const char *name, json_object *value)
{
	struct out *o = &w->c->out;
	_cleanup_json_ json_object *object = json_object_new_object();
	_cleanup_free_ char *who = NULL, *text = NULL;

	if (o->json != OUT_TEXT) {
		json_object_object_add(object, "printer", json_object_new_string(name));
		json_object_object_add(object, "key", json_object_new_string(w->cond.key));
		json_object_object_add(object, "value", json_object_get(value));
		out_json(o, object);
		return;
	}
	who = out_safe(o, name);
	text = out_safe(o, value ? json_object_get_string(value) : NULL);
	fprintf(o->f, "%-12s  %s %s\n", who, w->cond.key, text);
}

/* Values of a printer that is not heard are memories: only its link is known then. */
static bool counts(const struct waiting *w, json_object *printer)
{
	return view_freshness(printer) == FRESH_LIVE || str_starts(w->cond.key, "link.") ||
	       !strchr(w->cond.key, '.');
}

/* FOLLOW_ON while there is something to wait for. */
static int look_at(struct waiting *w, json_object *printer)
{
	const char *name = json_get_str(printer, "name");
	json_object *value = NULL;
	struct err e = {0};
	int r;

	if (!name || !json_object_object_get_ex(w->missing, name, NULL)) {
		return FOLLOW_ON;
	}
	r = cond_holds(&w->cond, printer, &value);
	if (r < 0) {
		err_set(&e, ERR_USAGE, "no key \"%.80s\"", w->cond.key);
		err_hint(&e, "bambuctl keys");
		return out_fail(&w->c->out, &e);
	}
	if (r > 0 && counts(w, printer)) {
		if (!w->c->out.quiet) {
			print_held(w, name, value);
		}
		json_object_object_del(w->missing, name);
	}
	return missing_count(w) == 0 ? 0 : FOLLOW_ON;
}

static int take_event(struct waiting *w, json_object *event)
{
	const char *name = json_get_str(event, "printer");

	if (!w->any && (!name || !json_object_object_get_ex(w->missing, name, NULL))) {
		return FOLLOW_ON;
	}
	if (w->c->out.json != OUT_TEXT && !w->c->out.quiet) {
		out_json(&w->c->out, event);
	} else if (!w->c->out.quiet) {
		show_event(&w->c->out, event);
	}
	if (name) {
		json_object_object_del(w->missing, name);
	}
	return w->any || missing_count(w) == 0 ? 0 : FOLLOW_ON;
}

/* A printer that was taken away can reach nothing any more. */
static int take_removal(struct waiting *w, json_object *event)
{
	const char *name = json_get_str(event, "printer");
	struct err e = {0};

	if (!name || !json_object_object_get_ex(w->missing, name, NULL)) {
		return FOLLOW_ON;
	}
	err_set(&e, ERR_NO_SUCH_PRINTER, "%s is no longer one of the daemon's printers", name);
	return out_fail(&w->c->out, &e);
}

static int on_line(void *arg, const char *method, json_object *params)
{
	struct waiting *w = arg;
	const char *kind = json_get_str(params, "kind");

	if (strcmp(method, "state") == 0 && w->cond.key) {
		json_object *printer = mirror_apply(&w->mirror, params);

		return printer ? look_at(w, printer) : FOLLOW_ON;
	}
	if (strcmp(method, "event") != 0 || !kind) {
		return FOLLOW_ON;
	}
	if (!w->cond.key && glob_match(w->until, kind)) {
		return take_event(w, params);
	}
	return strcmp(kind, "printer.removed") == 0 ? take_removal(w, params) : FOLLOW_ON;
}

static int on_timeout(void *arg)
{
	struct waiting *w = arg;
	_cleanup_free_ char *names = missing_names(w);
	struct err e = {0};

	err_set(&e, ERR_TIMEOUT, "%s%sno %.60s within %s", names, *names ? ": " : "", w->until,
	    w->c->args.value[OPT_TIMEOUT]);
	return out_fail(&w->c->out, &e);
}

/* Sections whose changes matter: the key's own, and the link. An event needs the names alone. */
static json_object *sections(const struct waiting *w)
{
	json_object *list = json_object_new_array();
	size_t len = w->cond.key ? strcspn(w->cond.key, ".[") : 0;

	json_object_array_add(list, json_object_new_string("link"));
	if (w->cond.key && see_is_section(w->cond.key, len) && strncmp(w->cond.key, "link", len)) {
		json_object_array_add(list, json_object_new_string_len(w->cond.key, (int)len));
	}
	return list;
}

static json_object *params_for(const struct waiting *w, json_object *printers, const char *since)
{
	json_object *params = json_object_new_object(), *kinds = json_object_new_array();

	if (printers) {
		json_object_object_add(params, "printers", printers);
	}
	if (since) {
		json_object_object_add(params, "since", json_object_new_string(since));
	}
	if (!w->cond.key) {
		json_object_array_add(kinds, json_object_new_string(w->until));
	}
	json_object_array_add(kinds, json_object_new_string("printer.removed"));
	json_object_object_add(params, "kinds", kinds);
	json_object_object_add(params, "sections", sections(w));
	json_object_object_add(params, "state", json_object_new_boolean(true));
	return params;
}

/* The printers of a snapshot, as a list of names. Owned. */
static json_object *names_of(const struct mirror *m)
{
	json_object *list = json_object_new_array();

	json_object_object_foreach(m->printers, name, unused)
	{
		(void)unused;
		json_object_array_add(list, json_object_new_string(name));
	}
	return list;
}

static bool kind_of_no_printer(const char *kind)
{
	static const char *const families[] = {
	    "cloud.", "daemon.", "config.", "disk.", "hook.", "notification."};

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		if (str_starts(kind, families[i])) {
			return true;
		}
	}
	return false;
}

/* Whom to wait for. 0, or the exit status, reported. */
static int choose(struct waiting *w, const char *selector)
{
	size_t count;
	struct err e = {0};

	w->any = !selector && !w->cond.key && kind_of_no_printer(w->until);
	if (w->any) {
		return 0;
	}
	json_object_object_foreach(w->mirror.printers, name, unused)
	{
		(void)unused;
		json_object_object_add(w->missing, name, NULL);
	}
	count = (size_t)missing_count(w);
	if (count == 0) {
		err_set(&e, ERR_NO_SUCH_PRINTER,
		    selector ? "no printer matches %.60s" : "no printer is configured", selector);
		return out_fail(&w->c->out, &e);
	}
	if (!selector && count > 1) {
		err_set(&e, ERR_AMBIGUOUS_PRINTER, "which printer? there are %zu", count);
		err_hint(&e, "bambuctl %s %s", w->c->verb, verb_usage(w->c));
		return out_fail(&w->c->out, &e);
	}
	return 0;
}

/* A selector such as @printing loses a printer the moment it reaches what is waited for: so the
 * printers of now are followed by name, from the same moment on. */
static int pin_down(struct waiting *w, const char *cursor)
{
	_cleanup_json_ json_object *result = NULL;
	json_object *params = params_for(w, names_of(&w->mirror), cursor);
	int status;

	client_deadline(&w->c->client, w->c->args.timeout_ms);
	status = call_method(w->c, "events.subscribe", params, &result);
	if (status) {
		return status;
	}
	client_deadline(&w->c->client, -1);
	json_get_i64(result, "sub", &w->follow.sub);
	mirror_load(&w->mirror, json_get_obj(result, "snapshot"));
	return 0;
}

static int look_at_all(struct waiting *w)
{
	int status = FOLLOW_ON;

	json_object_object_foreach(w->mirror.printers, name, printer)
	{
		(void)name;
		status = status == FOLLOW_ON && w->cond.key ? look_at(w, printer) : status;
	}
	return status;
}

static int run(struct waiting *w, const char *selector)
{
	_cleanup_json_ json_object *result = NULL;
	json_object *printers = selector ? json_object_new_string(selector) : NULL;
	int status =
	    follow_begin(&w->follow, "events.subscribe", params_for(w, printers, NULL), &result);

	if (status) {
		return status;
	}
	mirror_load(&w->mirror, json_get_obj(result, "snapshot"));
	status = choose(w, selector);
	if (!status && selector && strchr(selector, '@') && strcmp(selector, "@all") != 0) {
		status = pin_down(w, json_get_str(result, "cursor"));
	}
	if (status) {
		return status;
	}
	status = look_at_all(w);
	return status == FOLLOW_ON ? follow_run(&w->follow) : status;
}

/* 0, or the exit status, reported. */
static int read_until(struct waiting *w)
{
	struct ctl *c = w->c;
	struct err e = {0};

	w->until = c->args.value[OPT_UNTIL];
	if (!w->until || !*w->until) {
		return call_misuse(c, "until what? give --until EVENT or --until KEY=VALUE");
	}
	if (!cond_is_one(w->until)) {
		return 0;
	}
	if (cond_parse(&w->cond, w->until, &e) < 0) {
		return call_misuse(c, "%s", e.message);
	}
	if (strstr(w->cond.key, "age_ms")) {
		return call_misuse(
		    c, "an age only grows and is not announced: wait for link.state=stale");
	}
	return 0;
}

int wait_run(struct ctl *c)
{
	struct waiting w = {.c = c, .missing = json_object_new_object()};
	const char *selector;
	int status = read_until(&w);

	w.follow = (struct follow){.c = c,
	    .arg = &w,
	    .on_line = on_line,
	    .on_timeout = on_timeout,
	    .timeout_ms = c->args.given[OPT_TIMEOUT] ? c->args.timeout_ms : -1};
	mirror_init(&w.mirror);
	selector = call_take_printer(c);
	if (!status && c->word_count > 0) {
		status = call_misuse(c, "unexpected \"%s\"", c->words[0]);
	}
	if (!status) {
		status = run(&w, selector);
	}
	mirror_finish(&w.mirror);
	json_object_put(w.missing);
	cond_finish(&w.cond);
	return status;
}
