/* SPDX-License-Identifier: MIT */
/* What is checked before a command goes out, and what is told when it has ended. */
#include "daemon/fleet/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/jw.h"
#include "common/method.h"
#include "common/text.h"
#include "daemon/fleet/printer_internal.h"
#include "daemon/fleet/printer_plane.h"
#include "daemon/model/ack.h"
#include "daemon/model/effect.h"

/* Time to the verdict; every method that is not named has the first. */
static const struct {
	const char *method;
	int64_t timeout_ms;
} timeouts[] = {
    {"", 10 * 1000},
    /* The nozzle heats up and filament travels before the state shows it. */
    {"ams.load", 180 * 1000},
    {"ams.unload", 180 * 1000},
    /* "Stuck preparing" is said after this. */
    {"print.start", 180 * 1000},
};

int64_t command_timeout_ms(const char *method)
{
	size_t i;

	for (i = 1; i < ARRAY_SIZE(timeouts); i++) {
		if (strcmp(timeouts[i].method, method) == 0) {
			return timeouts[i].timeout_ms;
		}
	}
	return timeouts[0].timeout_ms;
}

/* ---- refused before anything is sent ---- */

static int refuse(
    const struct printer *p, struct err *e, enum err_type type, const char *text, const char *hint)
{
	err_set(e, type, "%s: %s", p->config.name, text);
	err_printer(e, p->config.name);
	if (hint && hint[0]) {
		err_hint(e, "%s", hint);
	}
	return -EPERM;
}

static int check_link(const struct printer *p, struct err *e)
{
	char text[sizeof(p->link.last_error) + 32];

	if (printer_is_up(p)) {
		return 0;
	}
	snprintf(text, sizeof(text), "%s%s%s", link_state_word(p->link.state),
	    p->link.last_error[0] ? ": " : "", p->link.last_error);
	return refuse(p, e, ERR_PRINTER_OFFLINE, text, p->link.hint);
}

static int check_gcode(const struct printer *p, const struct command_request *r, struct err *e)
{
	if (strcmp(r->method, "device.gcode") != 0) {
		return 0;
	}
	switch (p->config.gcode) {
	case GCODE_ALLOW:
		return 0;
	case GCODE_CONFIRM:
		return r->confirmed ? 0
				    : refuse(p, e, ERR_GUARD, "device.gcode asks for confirmation",
					  "send \"confirm\":true");
	case GCODE_DENY:
	case GCODE_MODE_COUNT:
		break;
	}
	return refuse(p, e, ERR_GUARD, "Gcode=deny in the configuration", NULL);
}

static bool has_job(const struct state_print *print)
{
	return print->state == PRINT_PREPARING || print->state == PRINT_PRINTING ||
	       print->state == PRINT_PAUSED;
}

/* The job somebody means may have ended, and another one begun, since he looked. */
static int check_expect(const struct printer *p, const struct command_request *r, struct err *e)
{
	const char *want = json_get_str(r->params, "expect");
	const struct state_print *print = &p->state.print;
	char want_shown[80], have_shown[80], text[224];

	if (!want || (has_job(print) && print->job && strcmp(want, print->job) == 0)) {
		return 0;
	}
	text_escape_buf(want, want_shown, sizeof(want_shown));
	text_escape_buf(
	    has_job(print) && print->job ? print->job : "nothing", have_shown, sizeof(have_shown));
	snprintf(text, sizeof(text), "prints %s, not %s", have_shown, want_shown);
	return refuse(p, e, ERR_GUARD, text, NULL);
}

/* A lock that was learnt from an answer holds while the firmware is the same: the report of some
 * models never speaks of it. Whoever switches it off gets a new access code, so a new printer. */
static bool is_locked(const struct printer *p)
{
	switch (p->state.control) {
	case CONTROL_LOCKED:
		return true;
	case CONTROL_UNKNOWN:
		return p->lock_learnt && strcmp(p->locked_firmware, p->state.info.firmware) == 0;
	case CONTROL_FULL:
	case CONTROL_STATE_COUNT:
		break;
	}
	return false;
}

static int check_lock(const struct printer *p, const struct encode_result *request, struct err *e)
{
	char text[200];

	if (!request->needs_control || !is_locked(p)) {
		return 0;
	}
	snprintf(text, sizeof(text), "the firmware takes signed commands only (%s)",
	    p->state.control_evidence ? p->state.control_evidence
				      : "it refused an unsigned command before");
	return refuse(p, e, ERR_CONTROL_LOCKED, text, PENDING_UNLOCK_HINT);
}

static int encode(
    struct printer *p, const struct command_request *r, struct encode_result *ret, struct err *e)
{
	struct encode_request request = {
	    .method = r->method,
	    .params = r->params,
	    .state = &p->state,
	    .sequence = encode_next_sequence(p->asks.sequence),
	    .max_nozzle_c = p->config.max_nozzle_c,
	    .max_bed_c = p->config.max_bed_c,
	};
	int rc;

	if (start_is(r->method)) {
		request.job_id = start_new_id();
	}
	rc = encode_command(&request, ret, e);
	if (rc == 0 && request.job_id != 0) { /* the effect looks for it */
		json_object_object_add(r->params, "job_id", json_object_new_int64(request.job_id));
	}
	if (rc < 0) {
		err_printer(e, p->config.name);
	}
	return rc;
}

#define FRESH_MS 10000 /* printers speak every two seconds */

/* Only where the report is of this session and of now, and no command is under way that could
 * change it. */
static bool is_so(const struct printer *p, const struct command_request *r)
{
	int64_t now_ms = loop_now_ms(p->fleet->loop);

	return p->link.state == LINK_ONLINE && p->pending.count == 0 &&
	       p->state.full_mono_ms >= p->link.up_mono_ms &&
	       now_ms - p->last_message_mono_ms <= FRESH_MS &&
	       effect_is_so(r->method, r->params, &p->state);
}

#define QUESTIONS_MAX 4 /* readers have no limit of their own, and must not hold up commands */

static bool is_question(const char *method)
{
	return method_find(method)->perm < PERM_CONTROL;
}

/* ---- the two ways to ask ---- */

/* What the request leaves to be settled here; *ret_own keeps what that is made of. */
static int complete(
    struct printer *p, struct command_request *r, json_object **ret_own, struct err *e)
{
	int rc = start_is(r->method) ? start_complete(p, r->params, ret_own, e) : 0;

	if (*ret_own) {
		r->params = *ret_own;
	}
	return rc;
}

int printer_command_preview(
    struct printer *p, const struct command_request *r, struct encode_result *ret, struct err *e)
{
	_cleanup_json_ json_object *own = NULL;
	struct command_request whole = *r;
	int rc = complete(p, &whole, &own, e);
	bool check = false;

	json_get_bool(r->params, "check", &check);
	if (rc == 0) {
		rc = encode(p, &whole, ret, e);
	}
	if (rc == 0 && check) {
		rc = check_link(p, e);
	}
	if (rc == 0 && check) {
		rc = check_lock(p, ret, e);
	}
	return rc == 0 && check ? start_check(p, e) : rc;
}

static void add(struct printer *p, const struct command_request *r, struct encode_result *request,
    command_fn fn, void *arg, struct op **ret_op)
{
	struct pending_command c = {
	    .op = ops_begin(p->fleet->ops, r->method, p->config.name),
	    .params = r->params,
	    .until = r->until,
	    .timeout_ms = r->timeout_ms > 0 ? r->timeout_ms : command_timeout_ms(r->method),
	    .is_so = is_so(p, r),
	    .slow_ack = strcmp(r->method, "print.start") == 0,
	    .first_sequence = encode_next_sequence(p->asks.sequence),
	    .request = request,
	    .fn = fn,
	    .arg = arg,
	};

	p->asks.sequence = request->last_sequence;
	*ret_op = c.op;
	if (start_is(r->method)) {
		start_begun(p, c.op, json_get_str(r->params, "path"));
	}
	pending_add(&p->pending, &c);
}

int printer_command(struct printer *p, const struct command_request *asked, command_fn fn,
    void *arg, struct op **ret_op, struct err *e)
{
	_cleanup_json_ json_object *own = NULL;
	struct encode_result request = {0};
	struct command_request whole = *asked, *r = &whole;
	int rc = complete(p, r, &own, e);

	if (rc == 0) {
		rc = encode(p, r, &request, e);
	}
	if (rc < 0 && e->type == ERR_GUARD) {
		check_link(p, e); /* an old state forbids nothing: then this is what to say */
	}
	if (rc == 0) {
		rc = check_gcode(p, r, e);
	}
	if (rc == 0) {
		rc = check_link(p, e);
	}
	if (rc == 0) {
		rc = check_lock(p, &request, e);
	}
	if (rc == 0) {
		rc = check_expect(p, r, e);
	}
	if (rc == 0 && start_is(r->method)) {
		rc = start_check(p, e);
	}
	if (rc == 0 && is_question(r->method) && p->pending.count >= QUESTIONS_MAX) {
		rc = refuse(p, e, ERR_BUSY, "a question has to wait for other commands", NULL);
	}
	if (rc == 0 && pending_is_full(&p->pending)) {
		rc = refuse(p, e, ERR_BUSY, "32 commands wait for an answer", NULL);
	}
	if (rc == 0) {
		add(p, r, &request, fn, arg, ret_op);
	}
	encode_result_finish(&request);
	return rc;
}

void printer_command_forget(struct printer *p, const struct op *op)
{
	pending_forget(&p->pending, op);
}

/* ---- what the queue wants of the printer ---- */

static const char *name_of(void *arg)
{
	return ((struct printer *)arg)->config.name;
}

static int publish(void *arg, const char *payload, size_t len)
{
	struct printer *p = arg;

	return printer_publish(p, payload, len);
}

static void renew(void *arg)
{
	printer_renew_session(arg, "two commands in a row had no answer");
}

static void write_event(struct jw *w, const struct op *op)
{
	jw_object(w, NULL);
	jw_str(w, "op", op->id);
	jw_str(w, "method", op->method);
	jw_str(w, "stage", op_stage_word(op->stage));
	jw_int(w, "took_ms", op_took_ms(op));
	if (op->already) {
		jw_bool(w, "already", true);
	}
	if (op->error.type != ERR_NONE) {
		jw_str(w, "type", err_name(op->error.type));
		jw_str(w, "error", op->error.message);
	}
	jw_object_end(w);
}

static void on_ended(void *arg, const struct op *op)
{
	struct printer *p = arg;
	enum event_kind kind =
	    op->error.type == ERR_NONE ? EVENT_COMMAND_DONE : EVENT_COMMAND_REJECTED;
	struct jw w;

	if (is_question(op->method)) {
		return; /* that is no event */
	}
	jw_init(&w);
	write_event(&w, op);
	hub_event(p->fleet->hub, kind, p->config.name, p->config.serial, w.buf,
	    loop_wall_ms(p->fleet->loop));
	jw_finish(&w);
	start_ended(p, op);
}

static const char *forbids(void *arg, const struct op *op, char *buf, size_t size)
{
	return start_is(op->method) ? start_check_late(arg, buf, size) : NULL;
}

void printer_commands_init(struct printer *p)
{
	struct pending_host host = {
	    .loop = p->fleet->loop,
	    .state = &p->state,
	    .name = name_of,
	    .publish = publish,
	    .forbids = forbids,
	    .ended = on_ended,
	    .renew = renew,
	    .arg = p,
	};

	start_init(p);
	pending_init(&p->pending, &host);
}

void printer_commands_finish(struct printer *p)
{
	pending_drop(&p->pending, "the printer was taken out of the configuration");
	pending_finish(&p->pending);
	start_finish(p);
}

void printer_commands_ack(struct printer *p, const struct report *r)
{
	struct ack ack;

	ack_read(r, &ack);
	if (ack.is_unsigned) {
		p->lock_learnt = true;
		str_copy(p->locked_firmware, sizeof(p->locked_firmware), p->state.info.firmware);
	}
	pending_take_ack(&p->pending, r, &ack);
}
