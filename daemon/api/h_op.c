/* SPDX-License-Identifier: MIT */
/* op.*: what is under way, whoever asked for it. */
#include <errno.h>

#include "common/proto.h"
#include "common/text.h"
#include "daemon/api/core.h"
#include "daemon/api/handlers.h"
#include "daemon/fleet/fleet.h"
#include "daemon/fleet/ops.h"

static const struct ops *ops_of(const struct call *c)
{
	return c->server->deps.fleet->ops;
}

static void write_total(struct jw *w, int64_t total)
{
	if (total >= 0) {
		jw_int(w, "total", total);
	} else {
		jw_null(w, "total");
	}
}

/* Without its braces. */
static void write_members(struct jw *w, const struct op *op)
{
	int64_t done, total;

	jw_str(w, "op", op->id);
	jw_str(w, "method", op->method);
	jw_str(w, "printer", op->printer);
	jw_str(w, "stage", op_stage_word(op->stage));
	jw_bool(w, "ended", op->ended);
	jw_int(w, "took_ms", op_took_ms(op));
	if (op->already) {
		jw_bool(w, "already", true);
	}
	if (op_progress(op, &done, &total)) {
		jw_int(w, "done", done);
		write_total(w, total);
	}
	if (op->path != NULL) {
		jw_str(w, "path", op->path);
	}
	if (op->error.type != ERR_NONE) {
		proto_error_object(w, "error", &op->error);
	}
}

static int find(struct call *c, struct op **ret)
{
	const char *id = json_get_str(c->params, "op");
	char shown[32];

	*ret = ops_find(ops_of(c), id);
	if (*ret != NULL) {
		str_copy(c->about, sizeof(c->about), (*ret)->printer);
		return 0;
	}
	err_set(c->e, ERR_NO_SUCH_OP, "no operation %s; ended ones are kept for 5 minutes",
	    text_escape_buf(id, shown, sizeof(shown)));
	return -ENOENT;
}

int h_op_get(struct call *c)
{
	struct op *op;
	int r = find(c, &op);

	if (r < 0) {
		return r;
	}
	jw_object(c->w, "result");
	write_members(c->w, op);
	jw_object_end(c->w);
	return 0;
}

int h_op_cancel(struct call *c)
{
	struct op *op;
	bool cancelled;
	int r = find(c, &op);

	if (r < 0) {
		return r;
	}
	cancelled = op_cancel(op);
	jw_object(c->w, "result");
	write_members(c->w, op);
	jw_bool(c->w, "cancelled", cancelled);
	jw_object_end(c->w);
	return 0;
}

int h_op_list(struct call *c)
{
	const struct op *op = NULL;

	jw_object(c->w, "result");
	jw_array(c->w, "ops");
	while ((op = ops_next(ops_of(c), op)) != NULL) {
		jw_object(c->w, NULL);
		write_members(c->w, op);
		jw_object_end(c->w);
	}
	jw_array_end(c->w);
	jw_object_end(c->w);
	return 0;
}
