/* SPDX-License-Identifier: MIT */
/* file.put and file.get: the contents pass between the client's socket and the printer, past the
 * loop. */
#include <errno.h>
#include <string.h>

#include "common/log.h"
#include "daemon/api/core.h"
#include "daemon/api/file_call.h"
#include "daemon/api/handlers.h"
#include "daemon/api/reply.h"
#include "daemon/api/upgrade.h"
#include "daemon/fleet/fleet.h"
#include "daemon/fleet/ops.h"
#include "daemon/fleet/printer.h"

/* One file under way. */
struct transfer {
	struct upgrade upgrade;
	struct files_job *job;
	struct op *op;
	struct err why; /* it was stopped: this is said in place of "cancelled" */
};

static void transfer_free(struct transfer *t)
{
	free(t);
}

/* ---- as an operation ---- */

static void on_progress(void *arg, int64_t *ret_done, int64_t *ret_total)
{
	files_job_progress(((struct transfer *)arg)->job, ret_done, ret_total);
}

static bool on_cancel(void *arg, struct op *op)
{
	struct transfer *t = arg;

	if (t->job == NULL) {
		return false;
	}
	files_job_cancel(t->job);
	return true;
}

static void op_open(struct call *c, struct transfer *t, const struct file_call *f)
{
	t->op = ops_begin(c->server->deps.fleet->ops, c->method->name, printer_name(f->printer));
	t->op->path = xstrdup(f->path);
	t->op->progress = on_progress;
	t->op->cancel = on_cancel;
	t->op->arg = t;
}

static void op_close(struct transfer *t, const struct files_result *result)
{
	struct op *op = t->op;

	op->error = result->error;
	if (result->error.type == ERR_NONE) {
		op->stage = OP_STAGE_EFFECTIVE;
	}
	op_end(op);
}

/* ---- what the printer's side tells ---- */

static void on_ready(void *arg, int64_t size)
{
	struct transfer *t = arg;

	t->op->stage = OP_STAGE_SENT;
	if (upgrade_begin(&t->upgrade, size, t->op->id, &t->why) < 0) {
		files_job_cancel(t->job);
	}
}

static void write_stored(struct transfer *t, const struct files_result *result)
{
	struct jw *w = upgrade_last(&t->upgrade);

	jw_object(w, "result");
	jw_str(w, "path", t->op->path);
	jw_int(w, "size", result->bytes);
	jw_str(w, "op", t->op->id);
	jw_int(w, "took_ms", op_took_ms(t->op));
	jw_bool(w, "clear_data", result->clear_data);
	jw_object_end(w);
}

static void tell_clear(const struct transfer *t)
{
	struct log_subject subject = {.printer = t->op->printer};

	log_write(LOG_LEVEL_WARN, &subject,
	    "%s: the contents went over the network unencrypted, since the printer's data channel "
	    "does not do TLS",
	    t->op->method);
}

static void end_well(struct transfer *t, const struct files_result *result)
{
	if (result->clear_data) {
		tell_clear(t);
	}
	if (t->upgrade.way == UPGRADE_FROM_CLIENT) {
		write_stored(t, result);
	}
	upgrade_end(&t->upgrade);
}

static void on_done(void *arg, const struct files_result *result)
{
	struct transfer *t = arg;
	struct files_result told = *result;

	if (told.error.type == ERR_CANCELLED && t->why.type != ERR_NONE) {
		told.error = t->why;
		err_printer(&told.error, t->op->printer);
	}
	if (told.error.type == ERR_NONE) {
		end_well(t, &told);
	} else {
		upgrade_fail(&t->upgrade, &told.error);
	}
	op_close(t, &told);
	transfer_free(t);
}

/* ---- what the client's side tells ---- */

static void on_go(void *arg)
{
	files_job_go(((struct transfer *)arg)->job);
}

static void on_stop(void *arg, const struct err *why)
{
	struct transfer *t = arg;

	t->why = *why;
	files_job_cancel(t->job);
}

static void on_gone(void *arg)
{
	struct transfer *t = arg;
	struct files_result result = {0};

	err_set(&result.error, ERR_CANCELLED, "the client went away");
	op_close(t, &result);
	files_job_forget(t->job);
	transfer_free(t);
}

/* ---- */

static int begin(struct call *c, const struct file_call *f, enum upgrade_way way, int64_t size)
{
	struct transfer *t = xcalloc(1, sizeof(*t));
	struct files_handler files = {.ready = on_ready, .done = on_done, .arg = t};
	struct upgrade_handler client = {.go = on_go, .stop = on_stop, .gone = on_gone, .arg = t};
	int fd = upgrade_dup(c), r = fd;

	if (r >= 0) {
		r = file_call_start(c, f, way == UPGRADE_FROM_CLIENT ? FILES_PUT : FILES_GET, fd,
		    size, &files, &t->job);
	}

	if (r < 0) {
		transfer_free(t);
		return r;
	}
	r = upgrade_open(&t->upgrade, c, way, &client);
	if (r < 0) {
		files_job_forget(t->job);
		transfer_free(t);
		return r;
	}
	op_open(c, t, f);
	return CALL_LATER;
}

int h_file_put(struct call *c)
{
	_cleanup_file_call_ struct file_call f = {0};
	int64_t size = 0;
	int r = upgrade_check(c);

	if (r == 0) {
		r = file_call_read(c, false, &f);
	}
	if (r == 0) {
		r = file_call_guard(c, &f);
	}
	json_get_i64(c->params, "size", &size);
	return r < 0 ? r : begin(c, &f, UPGRADE_FROM_CLIENT, size);
}

int h_file_get(struct call *c)
{
	_cleanup_file_call_ struct file_call f = {0};
	int r = upgrade_check(c);

	if (r == 0) {
		r = file_call_read(c, false, &f);
	}
	return r < 0 ? r : begin(c, &f, UPGRADE_TO_CLIENT, -1);
}
