/* SPDX-License-Identifier: MIT */
/* `watch`, and -w of list and status: a screen that is kept true, or a line for each change. */
#include "ctl/watch.h"

#include <string.h>
#include <time.h>

#include "common/util.h"
#include "ctl/call.h"
#include "ctl/fmt.h"
#include "ctl/follow.h"
#include "ctl/glance.h"
#include "ctl/mirror.h"
#include "ctl/screen.h"

struct watch {
	struct ctl *c;
	struct follow follow;
	struct mirror mirror;
	json_object *seen; /* name -> nothing; its struct glance is the user data */
	const char *selector;
};

static void free_glance(json_object *holder, void *data)
{
	glance_finish(data);
	free(data);
}

/* The glance last shown; NULL = none yet. */
static struct glance *last_glance(struct watch *w, const char *name)
{
	json_object *holder = json_get_obj(w->seen, name);

	return holder ? json_object_get_userdata(holder) : NULL;
}

static void keep_glance(struct watch *w, const char *name, struct glance *now)
{
	json_object *holder = json_object_new_object();
	struct glance *kept = xmalloc(sizeof(*kept));

	*kept = *now;
	json_object_set_userdata(holder, kept, free_glance);
	json_object_object_add(w->seen, name, holder);
}

static void print_line(struct watch *w, const char *name, const char *text)
{
	struct out *o = &w->c->out;
	_cleanup_free_ char *who = out_safe(o, name);
	char stamp[FMT_SIZE];

	out_set_now(o);
	fprintf(o->f, "%s  %s%-12s%s  %s\n", fmt_stamp(o->now_ms, stamp), out_color(o, OUT_BOLD),
	    who, out_color(o, OUT_PLAIN), text);
}

static void look_at(struct watch *w, json_object *printer)
{
	const char *name = json_get_str(printer, "name");
	struct glance now;
	_cleanup_free_ char *text = NULL;

	if (!name) {
		return;
	}
	glance_take(&now, &w->c->out, printer);
	text = glance_changes(last_glance(w, name), &now);
	keep_glance(w, name, &now);
	if (text) {
		print_line(w, name, text);
	}
}

static int on_line(void *arg, const char *method, json_object *params)
{
	struct watch *w = arg;
	const char *name = json_get_str(params, "printer");
	json_object *printer;

	if (w->c->out.json != OUT_TEXT) {
		out_json(&w->c->out, params);
	} else if (strcmp(method, "state") == 0) {
		printer = mirror_apply(&w->mirror, params);
		if (printer) {
			look_at(w, printer);
		}
	} else if (strcmp(method, "event") == 0 && name) {
		print_line(w, name, "is no longer one of the daemon's printers");
		mirror_drop(&w->mirror, name);
		json_object_object_del(w->seen, name);
	}
	return FOLLOW_ON;
}

static void look_at_all(struct watch *w)
{
	json_object_object_foreach(w->mirror.printers, name, printer)
	{
		(void)name;
		look_at(w, printer);
	}
}

/* Of the events only the one that no state tells. */
static json_object *subscribe_params(const char *selector)
{
	json_object *params = json_object_new_object(), *kinds = json_object_new_array();

	if (selector) {
		json_object_object_add(params, "printers", json_object_new_string(selector));
	}
	json_object_array_add(kinds, json_object_new_string("printer.removed"));
	json_object_object_add(params, "kinds", kinds);
	json_object_object_add(params, "state", json_object_new_boolean(true));
	return params;
}

static int run_lines(struct watch *w)
{
	_cleanup_json_ json_object *result = NULL;
	int status;

	w->follow = (struct follow){.c = w->c, .arg = w, .on_line = on_line, .timeout_ms = -1};
	status =
	    follow_begin(&w->follow, "events.subscribe", subscribe_params(w->selector), &result);
	if (status) {
		return status;
	}
	if (w->c->out.json != OUT_TEXT) {
		out_json(&w->c->out, result);
	} else {
		mirror_load(&w->mirror, json_get_obj(result, "snapshot"));
		look_at_all(w);
	}
	return follow_run(&w->follow);
}

int watch_run(struct ctl *c)
{
	struct watch w = {.c = c, .seen = json_object_new_object()};
	int status;

	out_release(&c->out);
	w.selector = call_take_printer(c);
	if (c->word_count > 0) {
		status = call_misuse(c, "unexpected \"%s\"", c->words[0]);
	} else if (c->args.given[OPT_RAW]) {
		status = call_misuse(c, "--raw and --watch do not go together");
	} else if (screen_fits(&c->out)) {
		status = screen_run(c, w.selector, false);
	} else if (c->args.given[OPT_COLUMNS]) {
		status =
		    call_misuse(c, "-o chooses columns, and there is a table on a terminal only");
	} else {
		mirror_init(&w.mirror);
		status = run_lines(&w);
	}
	mirror_finish(&w.mirror);
	json_object_put(w.seen);
	return status;
}

int watch_top(struct ctl *c)
{
	out_release(&c->out);
	if (c->word_count > 0) {
		return call_misuse(c, "unexpected \"%s\"", c->words[0]);
	}
	if (!screen_fits(&c->out)) {
		return call_misuse(c, "a terminal is wanted; elsewhere: bambuctl watch");
	}
	return screen_run(c, NULL, true);
}
