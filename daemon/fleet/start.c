/* SPDX-License-Identifier: MIT */
/* A start of a print: never into a job, never twice, and told when it does not come to print. */
#include "daemon/fleet/start.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/jw.h"
#include "common/text.h"
#include "daemon/fleet/printer_internal.h"
#include "daemon/model/encode.h"

bool start_is(const char *method)
{
	return strcmp(method, "print.start") == 0;
}

static int64_t now_ms(const struct printer *p)
{
	return loop_now_ms(p->fleet->loop);
}

static bool at_rest(const struct printer *p)
{
	enum print_state s = p->state.print.state;

	return s == PRINT_IDLE || s == PRINT_FINISHED || s == PRINT_FAILED;
}

/* ---- what it needs ---- */

static int refuse(const struct printer *p, struct err *e, enum err_type type, const char *text)
{
	err_set(e, type, "%s: %s", p->config.name, text);
	err_printer(e, p->config.name);
	return -EPERM;
}

/* Where the operation put its file. */
static int find_put(const struct printer *p, const char *id, const char **ret, struct err *e)
{
	const struct op *op = ops_find(p->fleet->ops, id);
	char shown[32], text[128];

	text_escape_buf(id, shown, sizeof(shown));
	if (!op || strcmp(op->method, "file.put") != 0) {
		snprintf(text, sizeof(text), "%s is no file.put of the last 5 minutes", shown);
		return refuse(p, e, ERR_NO_SUCH_OP, text);
	}
	if (strcmp(op->printer, p->config.name) != 0) {
		snprintf(text, sizeof(text), "%s put its file on another printer", shown);
		return refuse(p, e, ERR_NO_SUCH_FILE, text);
	}
	if (!op->ended || op->error.type != ERR_NONE || !op->path) {
		snprintf(text, sizeof(text), "%s %s", shown,
		    op->ended ? "put no file there" : "still hands its file over");
		return refuse(p, e, op->ended ? ERR_NO_SUCH_FILE : ERR_BUSY, text);
	}
	*ret = op->path;
	return 0;
}

static json_object *copy_object(json_object *params)
{
	json_object *copy = json_object_new_object();

	if (params) {
		json_object_object_foreach(params, key, value)
		{
			json_object_object_add(copy, key, json_object_get(value));
		}
	}
	return copy;
}

/* Not 0, which says nothing, and not the greatest, which firmware makes of what is too great. */
uint32_t start_new_id(void)
{
	return 1 + fleet_random() % (INT32_MAX - 1);
}

int start_complete(struct printer *p, json_object *params, json_object **ret, struct err *e)
{
	const char *file = json_get_str(params, "file"), *path = json_get_str(params, "path");
	json_object *copy;

	if (!file == !path) {
		err_set(e, ERR_INVALID_PARAMS, "print.start needs either \"path\" or \"file\"");
		return -EINVAL;
	}
	if (file) {
		int r = find_put(p, file, &path, e);

		if (r < 0) {
			return r;
		}
	}
	copy = copy_object(params);
	if (file) {
		json_object_object_del(copy, "file");
		json_object_object_add(copy, "path", json_object_new_string(path));
	}
	*ret = copy;
	return 0;
}

/* ---- what forbids it ---- */

/* NULL, or what goes on at the printer. */
static const char *occupied(const struct printer *p, char *buf, size_t size)
{
	const struct state_print *print = &p->state.print;
	char job[80] = "";

	if (at_rest(p)) {
		return NULL;
	}
	if (print->job && print->job[0]) {
		text_escape_buf(print->job, job, sizeof(job));
	}
	snprintf(buf, size, "the printer is %s%s%s%s", print_state_word(print->state),
	    job[0] ? " (" : "", job, job[0] ? ")" : "");
	return buf;
}

static const char *outdated(const struct printer *p)
{
	if (p->link.state != LINK_ONLINE) {
		return "no report for too long: whether it is free is not known";
	}
	if (!p->state.has_base || p->state.print.state == PRINT_UNKNOWN) {
		return "no full report yet: whether it is free is not known";
	}
	return NULL;
}

int start_check(const struct printer *p, struct err *e)
{
	const struct start *s = &p->start;
	const char *why = outdated(p);
	char text[160];

	if (why) {
		return refuse(p, e, ERR_STALE, why);
	}
	why = occupied(p, text, sizeof(text));
	if (why) {
		return refuse(p, e, ERR_BUSY, why);
	}
	if (s->phase == START_UNDER_WAY || s->phase == START_UNKNOWN) {
		snprintf(text, sizeof(text), "%s was started %lld s ago (%s), and %s", s->job,
		    (long long)(now_ms(p) - s->begun_ms) / 1000, s->op,
		    s->phase == START_UNKNOWN ? "it is not known whether the printer took it"
					      : "the printer has not shown it yet");
		return refuse(p, e, ERR_BUSY, text);
	}
	return 0;
}

const char *start_check_late(const struct printer *p, char *buf, size_t size)
{
	const char *why = outdated(p);

	return why ? why : occupied(p, buf, size);
}

/* ---- the watch ---- */

static void leave(struct printer *p)
{
	free(TAKE(p->start.job));
	p->start.phase = START_NONE;
	loop_timer_stop(&p->start.timer);
}

static void tell_stuck(struct printer *p)
{
	const struct start *s = &p->start;
	struct jw w;

	jw_init(&w);
	jw_object(&w, NULL);
	jw_str(&w, "job", s->job);
	jw_str(&w, "op", s->op);
	jw_int(&w, "waited_s", (now_ms(p) - s->begun_ms) / 1000);
	jw_object_end(&w);
	hub_event(p->fleet->hub, EVENT_PRINT_STUCK, p->config.name, p->config.serial, w.buf,
	    loop_wall_ms(p->fleet->loop));
	jw_finish(&w);
}

static void on_long(void *arg)
{
	struct printer *p = arg;

	switch (p->start.phase) {
	case START_PREPARING:
		if (p->link.state == LINK_ONLINE) {
			tell_stuck(p);
		}
		leave(p);
		break;
	case START_UNKNOWN:
		leave(p);
		break;
	case START_UNDER_WAY: /* as long as who asked wanted to wait */
	case START_NONE:
	case START_PHASE_COUNT:
		break;
	}
}

void start_init(struct printer *p)
{
	p->start.phase = START_NONE;
	loop_timer_init(&p->start.timer, p->fleet->loop, on_long, p);
}

void start_finish(struct printer *p)
{
	leave(p);
}

void start_begun(struct printer *p, struct op *op, const char *path)
{
	struct start *s = &p->start;
	_cleanup_free_ char *job = encode_job_name(path);

	op->job = xstrdup(job);
	leave(p);
	s->phase = START_UNDER_WAY;
	s->job = text_escape(job, strlen(job));
	str_copy(s->op, sizeof(s->op), op->id);
	s->begun_ms = now_ms(p);
	loop_timer_start(&s->timer, START_STUCK_MS);
}

/* Sent, and neither refused nor seen. */
static bool is_open(const struct op *op)
{
	return op->stage != OP_STAGE_QUEUED &&
	       (op->error.type == ERR_TIMEOUT || op->error.type == ERR_UNVERIFIED ||
		   op->error.type == ERR_PRINTER_OFFLINE);
}

void start_ended(struct printer *p, const struct op *op)
{
	struct start *s = &p->start;

	if (s->phase != START_UNDER_WAY || strcmp(op->id, s->op) != 0) {
		return;
	}
	if (op->error.type == ERR_NONE) {
		s->phase = START_PREPARING;
		if (!loop_timer_armed(&s->timer)) {
			loop_timer_start(&s->timer, START_STUCK_MS);
		}
		start_look(p);
	} else if (is_open(op) && loop_timer_armed(&s->timer)) {
		s->phase = START_UNKNOWN;
	} else {
		leave(p);
	}
}

void start_look(struct printer *p)
{
	enum start_phase phase = p->start.phase;
	enum print_state now = p->state.print.state;

	/* What shows a job is guarded by it. */
	if ((phase == START_PREPARING && now != PRINT_PREPARING && now != PRINT_SLICING) ||
	    (phase == START_UNKNOWN && !at_rest(p) && now != PRINT_UNKNOWN)) {
		leave(p);
	}
}
