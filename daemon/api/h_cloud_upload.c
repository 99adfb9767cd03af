/* SPDX-License-Identifier: MIT */
/* cloud.upload: the addresses are asked for, then the contents pass from the client's socket to the
 * storage, past the loop. */
#include <errno.h>
#include <string.h>

#include "common/text.h"
#include "daemon/api/cloud_call.h"
#include "daemon/api/core.h"
#include "daemon/api/handlers.h"
#include "daemon/api/reply.h"
#include "daemon/api/upgrade.h"
#include "daemon/cloud/upload.h"
#include "daemon/fleet/fleet.h"
#include "daemon/fleet/ops.h"

/* One file under way. */
struct sending {
	struct upgrade upgrade;
	struct uploads *uploads;
	struct endpoint_ask *ask; /* until the addresses are known */
	struct upload *upload;	  /* from then on */
	struct op *op;
	char *name, *ca_file;
	int fd; /* until the upload has it */
	int64_t size_bytes;
	struct err why; /* it was stopped: this is said in place of "cancelled" */
};

static void sending_free(struct sending *s)
{
	if (s->fd >= 0) {
		close(s->fd);
	}
	free(s->name);
	free(s->ca_file);
	free(s);
}

/* ---- its end ---- */

static void op_close(struct sending *s, const struct err *error)
{
	s->op->error = *error;
	if (error->type == ERR_NONE) {
		s->op->stage = OP_STAGE_EFFECTIVE;
	}
	op_end(s->op);
}

static void write_stored(struct sending *s)
{
	struct jw *w = upgrade_last(&s->upgrade);

	jw_object(w, "result");
	jw_str(w, "name", s->name);
	jw_int(w, "size", s->size_bytes);
	jw_str(w, "op", s->op->id);
	jw_int(w, "took_ms", op_took_ms(s->op));
	jw_object_end(w);
}

static void end(struct sending *s, const struct err *error)
{
	struct err told = *error;

	if (told.type == ERR_CANCELLED && s->why.type != ERR_NONE) {
		told = s->why;
	}
	if (told.type == ERR_NONE) {
		write_stored(s);
		upgrade_end(&s->upgrade);
	} else {
		upgrade_fail(&s->upgrade, &told);
	}
	op_close(s, &told);
	sending_free(s);
}

/* Before anything runs in a thread: at once. */
static void end_asking(struct sending *s, const struct err *error)
{
	endpoint_ask_cancel(TAKE(s->ask));
	end(s, error);
}

/* ---- as an operation ---- */

static void on_progress(void *arg, int64_t *ret_done, int64_t *ret_total)
{
	const struct sending *s = arg;

	if (s->upload != NULL) {
		upload_progress(s->upload, ret_done, ret_total);
	} else {
		*ret_done = 0;
		*ret_total = s->size_bytes;
	}
}

static bool on_cancel(void *arg, struct op *op)
{
	struct sending *s = arg;
	struct err e = {0};

	if (s->upload != NULL) {
		upload_cancel(s->upload);
		return true;
	}
	err_set(&e, ERR_CANCELLED, "the upload was cancelled");
	end_asking(s, &e);
	return true;
}

static void op_open(struct call *c, struct sending *s)
{
	s->op = ops_begin(c->server->deps.fleet->ops, c->method->name, "");
	s->op->progress = on_progress;
	s->op->cancel = on_cancel;
	s->op->arg = s;
}

/* ---- the storage's side ---- */

static void on_ready(void *arg)
{
	struct sending *s = arg;

	s->op->stage = OP_STAGE_SENT;
	if (upgrade_begin(&s->upgrade, s->size_bytes, s->op->id, &s->why) < 0) {
		upload_cancel(s->upload);
	}
}

static void on_done(void *arg, const struct err *error)
{
	end(arg, error);
}

/* ---- the addresses ---- */

/* Of the list {type,file,url}; that of the size says the size, so we see that it is ours. */
static const char *url_of(json_object *urls, const char *type)
{
	for (size_t i = 0; urls != NULL && i < json_object_array_length(urls); i++) {
		json_object *one = json_object_array_get_idx(urls, i);
		const char *word = json_get_str(one, "type");

		if (word != NULL && strcmp(word, type) == 0) {
			return json_get_str(one, "url");
		}
	}
	return NULL;
}

/* 0, or negative with *e. */
static int send_file(struct sending *s, json_object *body, struct err *e)
{
	json_object *urls = shape_list(&shape_addresses, body);
	struct upload_handler handler = {.ready = on_ready, .done = on_done, .arg = s};
	struct upload_request r = {.file_url = url_of(urls, "filename"),
	    .size_url = url_of(urls, "size"),
	    .ca_file = s->ca_file,
	    .fd = s->fd,
	    .size_bytes = s->size_bytes};

	if (r.file_url == NULL) {
		err_set(e, ERR_CLOUD_ERROR,
		    "the cloud named no address for the upload: the account has no storage there");
		return -EINVAL;
	}
	s->fd = -1;
	return upload_start(s->uploads, &r, &handler, &s->upload, e);
}

static void on_addresses(void *arg, const struct endpoint_answer *a)
{
	struct sending *s = arg;
	struct err e = a->error;

	s->ask = NULL;
	if (e.type != ERR_NONE || send_file(s, a->body, &e) < 0) {
		end(s, &e);
	}
}

/* ---- the client's side ---- */

static void on_go(void *arg)
{
	upload_go(((struct sending *)arg)->upload);
}

static void on_stop(void *arg, const struct err *why)
{
	struct sending *s = arg;

	s->why = *why;
	if (s->upload != NULL) {
		upload_cancel(s->upload);
	} else {
		end_asking(s, why);
	}
}

static void on_gone(void *arg)
{
	struct sending *s = arg;
	struct err e = {0};

	err_set(&e, ERR_CANCELLED, "the client went away");
	op_close(s, &e);
	if (s->upload != NULL) {
		upload_forget(s->upload);
	}
	endpoint_ask_cancel(s->ask);
	sending_free(s);
}

/* ---- */

/* A file, not a path. 0, or -EINVAL with *c->e. */
static int check_name(struct call *c, const char *name)
{
	size_t len = strlen(name);
	bool ok = len > 0 && len <= 255 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
	char shown[64];

	for (size_t i = 0; ok && i < len; i++) {
		ok = (unsigned char)name[i] >= ' ' && name[i] != 0x7f && name[i] != '/' &&
		     name[i] != '\\';
	}
	if (ok) {
		return 0;
	}
	err_set(c->e, ERR_INVALID_PARAMS, "\"%s\" is no name of a file",
	    text_escape_buf(name, shown, sizeof(shown)));
	return -EINVAL;
}

static int begin(struct call *c, struct rest *rest, struct sending *s)
{
	struct upgrade_handler client = {.go = on_go, .stop = on_stop, .gone = on_gone, .arg = s};
	int r;

	s->fd = upgrade_dup(c);
	if (s->fd < 0) {
		return s->fd;
	}
	s->ask = endpoint_ask_start(
	    rest, endpoint_find("cloud.upload"), c->params, NULL, on_addresses, s, c->e);
	if (s->ask == NULL) {
		return -EINVAL;
	}
	r = upgrade_open(&s->upgrade, c, UPGRADE_FROM_CLIENT, &client);
	if (r < 0) {
		endpoint_ask_cancel(s->ask);
		return r;
	}
	op_open(c, s);
	return CALL_LATER;
}

int h_cloud_upload(struct call *c)
{
	const char *name = json_get_str(c->params, "name");
	struct sending *s;
	struct rest *rest;
	int r = cloud_rest(c, &rest);

	if (r == 0) {
		r = upgrade_check(c);
	}
	if (r == 0) {
		r = check_name(c, name);
	}
	if (r < 0) {
		return r;
	}
	s = xcalloc(1, sizeof(*s));
	s->fd = -1;
	s->uploads = c->server->deps.uploads;
	s->name = xstrdup(name);
	s->ca_file = xstrdup(rest_ca_file(rest));
	json_get_i64(c->params, "size", &s->size_bytes);
	r = begin(c, rest, s);
	if (r < 0) {
		sending_free(s);
	}
	return r;
}
