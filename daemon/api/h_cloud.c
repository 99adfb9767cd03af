/* SPDX-License-Identifier: MIT */
/* One handler for every endpoint that is one question and one answer, and cloud.api for the rest.
 */
#include <errno.h>
#include <string.h>

#include "common/text.h"
#include "daemon/api/cloud_call.h"
#include "daemon/api/core.h"
#include "daemon/api/handlers.h"
#include "daemon/api/render.h"
#include "daemon/api/reply.h"
#include "daemon/cloud/account.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/registry.h"

#define LIST_WAIT_MS 5000

/* A question under way. */
struct question {
	const struct endpoint *row;
	struct reply *reply;
	struct endpoint_ask *ask;
	struct account *account;
	struct cloud_form form;
	char *serial;
	const struct server *server;
	struct loop_timer patience; /* the list of printers is waited for */
};

static void question_free(struct question *q)
{
	loop_timer_stop(&q->patience);
	if (q->account != NULL) {
		account_forget(q->account, q);
	}
	free(q->serial);
	free(q);
}

static void on_gone(void *arg)
{
	struct question *q = arg;

	endpoint_ask_cancel(q->ask);
	question_free(q);
}

static bool binds(const struct question *q)
{
	return strcmp(q->row->method, "printer.bind") == 0;
}

/* The printer itself once it is here; an account may have printers that nobody adopted. */
static void end_rebind(struct question *q)
{
	const struct printer *p = registry_by_serial(q->server->deps.registry, q->serial);
	struct jw *w = reply_begin(q->reply);
	struct printer_view view;

	if (binds(q) && p != NULL) {
		printer_view(p, &view);
		render_printer(w, "result", &view, RENDER_ALL);
	} else {
		jw_object(w, "result");
		jw_str(w, "serial", q->serial);
		jw_bool(w, "bound", binds(q));
		jw_object_end(w);
	}
	reply_end(q->reply);
	question_free(q);
}

static void on_list(void *arg, const struct account_step *s)
{
	end_rebind(arg);
}

static void on_patience(void *arg)
{
	end_rebind(arg);
}

/* It is done; the list that shows it is waited for a while. */
static void rebound(struct question *q)
{
	q->ask = NULL;
	if (q->account == NULL) {
		end_rebind(q);
		return;
	}
	loop_timer_init(&q->patience, q->server->deps.loop, on_patience, q);
	loop_timer_start(&q->patience, LIST_WAIT_MS);
	account_refresh(q->account, on_list, q);
}

static void on_answer(void *arg, const struct endpoint_answer *a)
{
	struct question *q = arg;
	struct jw *w;

	if (a->error.type != ERR_NONE) {
		reply_fail(q->reply, &a->error);
		question_free(q);
		return;
	}
	if (q->row->rebinds) {
		rebound(q);
		return;
	}
	w = reply_begin(q->reply);
	jw_object(w, "result");
	cloud_write(w, q->row, a->body, &q->form);
	if (q->row->shape == NULL) {
		jw_bool(w, "done", true); /* the service says nothing worth showing */
	}
	jw_object_end(w);
	reply_end(q->reply);
	question_free(q);
}

/* ---- what an endpoint wants beyond its row ---- */

static const struct endpoint_param *param_of(const struct endpoint *row, const char *ours)
{
	for (size_t i = 0; i < ENDPOINT_PARAMS && row->params[i].ours != NULL; i++) {
		if (strcmp(row->params[i].ours, ours) == 0) {
			return &row->params[i];
		}
	}
	return NULL;
}

/* Lists are of all printers when none is said. */
static bool needs_printer(const struct endpoint *row)
{
	return strcmp(row->method, "cloud.tasks") != 0 &&
	       strcmp(row->method, "cloud.device_version") != 0;
}

static int read_serial(struct call *c, const struct endpoint *row, char **ret)
{
	if (param_of(row, "serial") == NULL) {
		return 0;
	}
	if (strcmp(row->method, "printer.bind") == 0) {
		*ret = xstrdup(json_get_str(c->params, "serial"));
		str_copy(c->about, sizeof(c->about), *ret);
		return 0;
	}
	return cloud_serial(c, needs_printer(row), ret);
}

static bool is_given(const struct call *c, const char *param)
{
	return c->params != NULL && json_object_object_get_ex(c->params, param, NULL);
}

/* 0, or -EINVAL with *c->e. */
static int check_params(struct call *c, const struct endpoint *row)
{
	bool whole = row->params[0].ours != NULL && row->params[0].place == ENDPOINT_WHOLE_BODY;

	/* inventory 2.23: the service breaks (502) when it is asked for all. */
	if (strcmp(row->method, "cloud.notifications") == 0 && !is_given(c, "unread") &&
	    !is_given(c, "action")) {
		err_set(c->e, ERR_INVALID_PARAMS,
		    "the cloud lists notifications only by \"unread\" or by \"action\"");
		err_hint(c->e, "bambuctl notifications --unread");
		return -EINVAL;
	}
	if (whole && json_object_object_length(json_get_obj(c->params, row->params[0].ours)) == 0) {
		err_set(c->e, ERR_INVALID_PARAMS, "\"%s\" says nothing", row->params[0].ours);
		return -EINVAL;
	}
	return 0;
}

int h_cloud(struct call *c)
{
	const struct endpoint *row = endpoint_find(c->method->name);
	_cleanup_free_ char *serial = NULL;
	struct question *q;
	struct rest *rest;
	int r = cloud_rest(c, &rest);

	if (r == 0) {
		r = check_params(c, row);
	}
	if (r == 0) {
		r = read_serial(c, row, &serial);
	}
	if (r < 0) {
		return r;
	}
	q = xcalloc(1, sizeof(*q));
	q->row = row;
	q->account = c->server->deps.account;
	q->server = c->server;
	q->form = cloud_form(c);
	q->serial = TAKE(serial);
	q->ask = endpoint_ask_start(rest, row, c->params, q->serial, on_answer, q, c->e);
	if (q->ask == NULL) {
		question_free(q);
		return -EINVAL;
	}
	r = reply_later(c, on_gone, q, &q->reply);
	if (r < 0) {
		on_gone(q);
		return r;
	}
	return CALL_LATER;
}

/* ---- cloud.api ---- */

struct free_call {
	struct reply *reply;
	struct rest_call *call;
};

static void on_free_gone(void *arg)
{
	struct free_call *f = arg;

	rest_cancel(f->call);
	free(f);
}

/* What the service says is the answer, refusals too; what ends before it speaks is an error. */
static void on_free_answer(void *arg, const struct rest_answer *a)
{
	struct free_call *f = arg;
	const char *text;
	struct jw *w;

	if (a->status == 0 || (a->error.type != ERR_NONE && a->error.type != ERR_CLOUD_ERROR) ||
	    (a->error.type != ERR_NONE && a->body == NULL)) {
		reply_fail(f->reply, &a->error);
		free(f);
		return;
	}
	text = json_object_to_json_string_ext(a->body, JSON_C_TO_STRING_PLAIN);
	w = reply_begin(f->reply);
	jw_object(w, "result");
	jw_int(w, "status", a->status);
	jw_raw(w, "body", text, strlen(text));
	jw_object_end(w);
	reply_end(f->reply);
	free(f);
}

static int refuse_query(struct call *c, const char *key)
{
	char shown[48];

	err_set(c->e, ERR_INVALID_PARAMS, "query \"%s\" is neither text, number nor yes and no",
	    text_escape_buf(key, shown, sizeof(shown)));
	return -EINVAL;
}

static int check_query(struct call *c)
{
	json_object *query = json_get_obj(c->params, "query");

	if (query == NULL) {
		return 0;
	}
	json_object_object_foreach(query, key, value)
	{
		if (value == NULL || json_object_is_type(value, json_type_object) ||
		    json_object_is_type(value, json_type_array)) {
			return refuse_query(c, key);
		}
	}
	return 0;
}

static int check_confirmed(struct call *c, const char *verb)
{
	bool confirmed = false;

	if (strcmp(verb, "GET") == 0 ||
	    (json_get_bool(c->params, "confirm", &confirmed) && confirmed)) {
		return 0;
	}
	err_set(c->e, ERR_GUARD, "%s changes something in the cloud", verb);
	err_hint(c->e, "send \"confirm\":true");
	return -EPERM;
}

static int check_free(struct call *c, const char *verb, const char *path)
{
	int r = endpoint_check_path(path, c->e);

	if (r == 0) {
		r = check_query(c);
	}
	return r < 0 ? r : check_confirmed(c, verb);
}

int h_cloud_api(struct call *c)
{
	const char *verb = json_get_str(c->params, "method"),
		   *path = json_get_str(c->params, "path");
	struct rest_request request = {.method = verb, .path = path};
	struct free_call *f;
	struct rest *rest;
	int r = cloud_rest(c, &rest);

	if (r == 0) {
		r = check_free(c, verb, path);
	}
	if (r < 0) {
		return r;
	}
	f = xcalloc(1, sizeof(*f));
	r = reply_later(c, on_free_gone, f, &f->reply);
	if (r < 0) {
		free(f);
		return r;
	}
	request.bucket = endpoint_bucket(path);
	request.query = json_get_obj(c->params, "query");
	json_object_object_get_ex(c->params, "body", &request.body);
	f->call = rest_start(rest, &request, on_free_answer, f);
	return CALL_LATER;
}
