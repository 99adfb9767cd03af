/* SPDX-License-Identifier: MIT */
/* Every command to printers: picked, sent, and answered when the stage asked for is known. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/proto.h"
#include "daemon/api/core.h"
#include "daemon/api/handlers.h"
#include "daemon/api/pick.h"
#include "daemon/api/render.h"
#include "daemon/api/reply.h"
#include "daemon/fleet/command.h"
#include "daemon/fleet/printer.h"
#include "daemon/model/encode.h"

/* What became of it at one printer. */
struct part {
	struct wish *wish;
	struct printer *printer;
	const struct op *op; /* under way; NULL: the rest is filled in */
	char name[64], id[24];
	enum op_stage stage;
	int64_t took_ms;
	bool already;
	char *job;	/* owned: print.start */
	char *profiles; /* owned: kprofile.get, as JSON */
	struct err error;
};

/* One call that waits for its parts. */
struct wish {
	struct reply *reply;
	bool single; /* the answer is that of the one printer, not a list */
	size_t count, left;
	struct part parts[];
};

static void write_outcome(struct jw *w, const struct part *p)
{
	if (p->profiles) {
		jw_raw(w, "profiles", p->profiles, strlen(p->profiles));
		return;
	}
	jw_str(w, "stage", op_stage_word(p->stage));
	jw_int(w, "took_ms", p->took_ms);
	jw_str(w, "op", p->id);
	if (p->already) {
		jw_bool(w, "already", true);
	}
	if (p->job) {
		jw_str(w, "job", p->job);
	}
}

static void write_part(struct jw *w, const struct part *p)
{
	jw_object(w, NULL);
	jw_str(w, "printer", p->name);
	if (p->error.type != ERR_NONE) {
		proto_error_object(w, "error", &p->error);
		if (p->id[0] != '\0') {
			jw_str(w, "op", p->id);
		}
	} else {
		write_outcome(w, p);
	}
	jw_object_end(w);
}

static void answer_single(struct wish *wish)
{
	const struct part *p = &wish->parts[0];
	struct jw *w;

	if (p->error.type != ERR_NONE) {
		reply_fail(TAKE(wish->reply), &p->error);
		return;
	}
	w = reply_begin(wish->reply);
	jw_object(w, "result");
	write_outcome(w, p);
	jw_object_end(w);
	reply_end(TAKE(wish->reply));
}

static void answer_list(struct wish *wish)
{
	struct jw *w = reply_begin(wish->reply);
	const char *fault = NULL;
	size_t failed = 0;
	char outcome[64];

	jw_object(w, "result");
	jw_array(w, "results");
	for (size_t i = 0; i < wish->count; i++) {
		write_part(w, &wish->parts[i]);
		if (wish->parts[i].error.type != ERR_NONE) {
			fault = err_name(wish->parts[i].error.type);
			failed++;
		}
	}
	jw_array_end(w);
	jw_object_end(w);
	snprintf(outcome, sizeof(outcome), "%zu of %zu failed, the last: %s", failed, wish->count,
	    fault != NULL ? fault : "");
	reply_end_as(TAKE(wish->reply), failed > 0 ? outcome : NULL);
}

static void wish_free(struct wish *wish)
{
	for (size_t i = 0; i < wish->count; i++) {
		free(wish->parts[i].job);
		free(wish->parts[i].profiles);
	}
	free(wish);
}

static void answer_when_complete(struct wish *wish)
{
	if (wish->left > 0) {
		return;
	}
	if (wish->single) {
		answer_single(wish);
	} else {
		answer_list(wish);
	}
	wish_free(wish);
}

static void on_told(void *arg, const struct op *op)
{
	struct part *p = arg;

	p->op = NULL;
	p->stage = op->stage;
	p->took_ms = op_took_ms(op);
	p->already = op->already;
	p->error = op->error;
	p->profiles = op->profiles ? render_profiles(op->profiles) : NULL;
	p->job = op->job ? xstrdup(op->job) : NULL;
	p->wish->left--;
	answer_when_complete(p->wish);
}

/* Nobody waits any more; what was begun goes on. */
static void on_gone(void *arg)
{
	struct wish *wish = arg;

	for (size_t i = 0; i < wish->count; i++) {
		struct part *p = &wish->parts[i];

		if (p->op != NULL) {
			printer_command_forget(p->printer, p->op);
		}
	}
	wish_free(wish);
}

static void begin_part(struct part *p, const struct command_request *request)
{
	struct op *op;

	if (printer_command(p->printer, request, on_told, p, &op, &p->error) < 0) {
		p->wish->left--;
		return;
	}
	p->op = op;
	str_copy(p->id, sizeof(p->id), op->id);
}

static struct wish *wish_create(const struct pick *pick)
{
	struct wish *wish = xcalloc(1, sizeof(*wish) + pick->count * sizeof(wish->parts[0]));

	wish->single = pick->literal;
	wish->count = wish->left = pick->count;
	for (size_t i = 0; i < pick->count; i++) {
		wish->parts[i].wish = wish;
		wish->parts[i].printer = pick->list[i];
		str_copy(
		    wish->parts[i].name, sizeof(wish->parts[i].name), printer_name(pick->list[i]));
	}
	return wish;
}

static int begin(struct call *c, const struct pick *pick, const struct command_request *request)
{
	struct wish *wish = wish_create(pick);
	int r = reply_later(c, on_gone, wish, &wish->reply);

	if (r < 0) {
		free(wish);
		return r;
	}
	for (size_t i = 0; i < wish->count; i++) {
		begin_part(&wish->parts[i], request);
	}
	answer_when_complete(wish);
	return CALL_LATER;
}

/* ---- what would be sent ---- */

static void write_preview(struct jw *w, struct printer *p, const struct encode_result *result)
{
	_cleanup_free_ char *topic = xasprintf("device/%s/request", printer_serial(p));

	jw_str(w, "printer", printer_name(p));
	jw_bool(w, "dry_run", true);
	jw_str(w, "topic", topic);
	jw_array(w, "payloads");
	for (size_t i = 0; i < result->count; i++) {
		jw_raw(w, NULL, result->payloads[i], strlen(result->payloads[i]));
	}
	jw_array_end(w);
}

static int preview_single(struct call *c, struct printer *p, const struct command_request *request)
{
	struct encode_result result = {0};
	int r = printer_command_preview(p, request, &result, c->e);

	if (r == 0) {
		jw_object(c->w, "result");
		write_preview(c->w, p, &result);
		jw_object_end(c->w);
	}
	encode_result_finish(&result);
	return r;
}

static void preview_part(struct call *c, struct printer *p, const struct command_request *request)
{
	struct encode_result result = {0};
	struct err e = {0};

	jw_object(c->w, NULL);
	if (printer_command_preview(p, request, &result, &e) < 0) {
		jw_str(c->w, "printer", printer_name(p));
		proto_error_object(c->w, "error", &e);
	} else {
		write_preview(c->w, p, &result);
	}
	jw_object_end(c->w);
	encode_result_finish(&result);
}

static int preview(struct call *c, const struct pick *pick, const struct command_request *request)
{
	if (pick->literal) {
		return preview_single(c, pick->list[0], request);
	}
	jw_object(c->w, "result");
	jw_array(c->w, "results");
	for (size_t i = 0; i < pick->count; i++) {
		preview_part(c, pick->list[i], request);
	}
	jw_array_end(c->w);
	jw_object_end(c->w);
	return 0;
}

static struct command_request read_request(const struct call *c)
{
	const char *until = json_get_str(c->params, "until");
	struct command_request r = {
	    .method = c->method->name,
	    .params = c->params,
	    .until = until != NULL ? op_stage_by_word(until) : OP_STAGE_EFFECTIVE,
	};

	json_get_i64(c->params, "timeout_ms", &r.timeout_ms);
	json_get_bool(c->params, "confirm", &r.confirmed);
	return r;
}

/* A question that the printer itself has to answer. */
int h_kprofile_get(struct call *c)
{
	struct command_request request = read_request(c);
	_cleanup_pick_ struct pick pick = {0};
	int r = pick_printers(c, &pick);

	return r < 0 ? r : begin(c, &pick, &request);
}

int h_command(struct call *c)
{
	struct command_request request = read_request(c);
	_cleanup_pick_ struct pick pick = {0};
	bool dry_run = false, check = false;
	int r = pick_for_control(c, &pick);

	if (r < 0) {
		return r;
	}
	json_get_bool(c->params, "check", &check);
	json_get_bool(c->params, "dry_run", &dry_run);
	return dry_run || check ? preview(c, &pick, &request) : begin(c, &pick, &request);
}
