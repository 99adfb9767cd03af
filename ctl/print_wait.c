/* SPDX-License-Identifier: MIT */
/* `print --wait`: from the start to the first line that is printed. */
#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "ctl/call.h"
#include "ctl/follow.h"
#include "ctl/mirror.h"
#include "ctl/print.h"
#include "ctl/show.h"

struct waiting {
	struct print_plan *p;
	struct follow follow;
	struct mirror mirror;
	char *said; /* owned: the state that was said last */
};

static int end_unprinted(struct waiting *w, json_object *print, const char *state)
{
	const char *text = json_get_str(json_get_obj(print, "error"), "text");
	_cleanup_free_ char *why = out_safe(&w->p->c->out, text);
	struct err e = {0};

	err_set(&e, ERR_REJECTED, "%s: the job ended before it printed: the printer is %s%s%s",
	    w->p->printer, state, text ? ": " : "", text ? why : "");
	err_printer(&e, w->p->printer);
	return out_fail(&w->p->c->out, &e);
}

static void say(struct waiting *w, const char *state)
{
	struct out *o = &w->p->c->out;

	if (o->json == OUT_TEXT && (!w->said || strcmp(w->said, state) != 0)) {
		_cleanup_free_ char *name = out_safe(o, w->p->printer);
		_cleanup_free_ char *word = out_safe(o, state);

		fprintf(o->f, "%s  %s\n", name, word);
	}
	free(w->said);
	w->said = xstrdup(state);
}

/* FOLLOW_ON while it prepares, or waits for somebody. */
static int look(struct waiting *w)
{
	json_object *print = json_get_obj(mirror_get(&w->mirror, w->p->printer), "print");
	const char *state = json_get_str(print, "state");

	if (!state) {
		return FOLLOW_ON;
	}
	if (strcmp(state, "idle") == 0 || strcmp(state, "failed") == 0) {
		return end_unprinted(w, print, state);
	}
	say(w, state);
	return strcmp(state, "printing") == 0 || strcmp(state, "finished") == 0
		   ? 0
		   : follow_flush(w->p->c);
}

static int on_line(void *arg, const char *method, json_object *params)
{
	struct waiting *w = arg;
	const char *kind = json_get_str(params, "kind");

	if (strcmp(method, "state") == 0) {
		mirror_apply(&w->mirror, params);
		return look(w);
	}
	if (kind && strcmp(kind, "print.stuck") == 0) {
		_cleanup_free_ char *note = xasprintf(
		    "%s still prepares: look at its screen; Ctrl-C ends the wait, not the job",
		    w->p->printer);

		out_note(&w->p->c->out, note);
	}
	return FOLLOW_ON;
}

static int on_timeout(void *arg)
{
	struct waiting *w = arg;
	struct err e = {0};

	err_set(&e, ERR_TIMEOUT, "%s: not printing within %s", w->p->printer,
	    w->p->c->args.value[OPT_TIMEOUT]);
	err_printer(&e, w->p->printer);
	return out_fail(&w->p->c->out, &e);
}

static json_object *words(const char *const *list)
{
	json_object *array = json_object_new_array();

	for (; *list; list++) {
		json_object_array_add(array, json_object_new_string(*list));
	}
	return array;
}

int print_wait(struct print_plan *p)
{
	static const char *const sections[] = {"print", NULL}, *const kinds[] = {
								   "print.stuck", NULL};
	struct waiting w = {.p = p};
	_cleanup_json_ json_object *result = NULL;
	json_object *params = json_object_new_object();
	int status;

	w.follow = (struct follow){.c = p->c,
	    .arg = &w,
	    .on_line = on_line,
	    .on_timeout = on_timeout,
	    .timeout_ms = p->c->args.given[OPT_TIMEOUT] ? p->c->args.timeout_ms : -1};
	json_object_object_add(params, "printers", json_object_new_string(p->printer));
	json_object_object_add(params, "state", json_object_new_boolean(true));
	json_object_object_add(params, "sections", words(sections));
	json_object_object_add(params, "kinds", words(kinds));
	mirror_init(&w.mirror);
	status = follow_begin(&w.follow, "events.subscribe", params, &result);
	if (!status) {
		mirror_load(&w.mirror, json_get_obj(result, "snapshot"));
		status = look(&w);
		status = status == FOLLOW_ON ? follow_run(&w.follow) : status;
	}
	mirror_finish(&w.mirror);
	free(w.said);
	return status;
}
