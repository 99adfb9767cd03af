/* SPDX-License-Identifier: MIT */
/* cloud.files: what the account has, wherever the service keeps it; cloud.print_start: one of them
 * on a printer. */
#include <errno.h>
#include <string.h>

#include "common/text.h"
#include "daemon/api/cloud_call.h"
#include "daemon/api/core.h"
#include "daemon/api/handlers.h"
#include "daemon/api/reply.h"
#include "daemon/fleet/registry.h"
#include "daemon/fleet/start.h"

/* Asked in this order until one has files (inventory 2.21): which of them an account's files are in
 * is not known beforehand. */
static const struct {
	const char *method, *name;
	const struct shape *shape;
} sources[] = {
    {"cloud.files", "files", &shape_files},
    {"cloud.projects", "projects", &shape_files},
    {"cloud.tasks", "tasks", &shape_task_files},
};

/* Files looked for. */
struct search {
	struct rest *rest;
	struct reply *reply;
	struct endpoint_ask *ask;
	size_t source;
	bool answered;	  /* one of them was there */
	struct err error; /* of the last that was not */
	struct cloud_form form;
	/* cloud.print_start */
	const struct registry *registry;
	char *wanted, *serial;
	json_object *settings;
};

static void search_free(struct search *s)
{
	free(s->wanted);
	free(s->serial);
	json_object_put(s->settings);
	free(s);
}

static void on_gone(void *arg)
{
	struct search *s = arg;

	endpoint_ask_cancel(s->ask);
	search_free(s);
}

static void fail(struct search *s, const struct err *e)
{
	reply_fail(s->reply, e);
	search_free(s);
}

/* ---- collecting ---- */

static void append_all(json_object *files, json_object *list)
{
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
		json_object *one = json_object_array_get_idx(list, i);

		if (json_object_is_type(one, json_type_object)) {
			json_object_array_add(files, json_object_get(one));
		}
	}
}

/* A project has files, or is one. */
static void append_projects(json_object *files, json_object *projects)
{
	for (size_t i = 0; projects != NULL && i < json_object_array_length(projects); i++) {
		json_object *one = json_object_array_get_idx(projects, i);
		json_object *own = json_get_arr(one, "files");

		if (own != NULL) {
			append_all(files, own);
		} else if (json_object_is_type(one, json_type_object) &&
			   json_object_object_get_ex(one, "model_id", NULL)) {
			json_object_array_add(files, json_object_get(one));
		}
	}
}

/* {"files":[...]} of an answer. Owned. */
static json_object *collect(const struct search *s, json_object *body)
{
	const struct endpoint *row = endpoint_find(sources[s->source].method);
	json_object *found = json_object_new_object(), *files = json_object_new_array();
	json_object *list = body != NULL ? shape_list(row->shape, body) : NULL;

	if (row->shape == &shape_projects) {
		append_projects(files, list);
	} else {
		append_all(files, list);
	}
	json_object_object_add(found, "files", files);
	return found;
}

/* ---- printing one ---- */

static void on_printed(void *arg, const struct endpoint_answer *a)
{
	struct search *s = arg;
	struct jw *w;

	s->ask = NULL;
	if (a->error.type != ERR_NONE) {
		fail(s, &a->error);
		return;
	}
	w = reply_begin(s->reply);
	jw_object(w, "result");
	jw_str(w, "serial", s->serial);
	cloud_write(w, endpoint_find("cloud.print_start"), a->body, &s->form);
	jw_object_end(w);
	reply_end(s->reply);
	search_free(s);
}

static json_object *print_params(const struct search *s, json_object *file)
{
	const struct shape *shape = sources[s->source].shape;
	_cleanup_free_ char *id = shape_text(shape, file, "id");
	_cleanup_free_ char *name = shape_text(shape, file, "name");
	const char *url = json_get_str(file, "file_url");
	json_object *params = json_object_new_object();

	url = url != NULL ? url : json_get_str(file, "url");
	json_object_object_add(params, "file_id", json_object_new_string(id != NULL ? id : ""));
	json_object_object_add(
	    params, "file_name", json_object_new_string(name != NULL ? name : ""));
	if (url != NULL) {
		json_object_object_add(params, "file_url", json_object_new_string(url));
	}
	if (s->settings != NULL) {
		json_object_object_add(params, "settings", json_object_get(s->settings));
	}
	return params;
}

/* Of a printer that we do not have, the cloud has to know. */
static int check_free(const struct registry *registry, const char *serial, struct err *e)
{
	const struct printer *p = registry_by_serial(registry, serial);

	return p != NULL ? start_check(p, e) : 0;
}

static void print_file(struct search *s, json_object *file)
{
	_cleanup_json_ json_object *params = print_params(s, file);
	struct err e = {0};

	/* Once more: looking for the file took its time. */
	if (check_free(s->registry, s->serial, &e) == 0) {
		s->ask = endpoint_ask_start(s->rest, endpoint_find("cloud.print_start"), params,
		    s->serial, on_printed, s, &e);
	}
	if (s->ask == NULL) {
		fail(s, &e);
	}
}

/* By id or name; an id is never ambiguous, of equal names the first (newest) is meant. Borrowed. */
static json_object *find_wanted(const struct search *s, json_object *files)
{
	static const char *const keys[] = {"id", "name"};

	for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
		for (size_t i = 0; i < json_object_array_length(files); i++) {
			json_object *one = json_object_array_get_idx(files, i);
			_cleanup_free_ char *text =
			    shape_text(sources[s->source].shape, one, keys[k]);

			if (text != NULL && strcmp(text, s->wanted) == 0) {
				return one;
			}
		}
	}
	return NULL;
}

/* ---- the search ---- */

static void write_found(struct search *s, json_object *found, json_object *body)
{
	struct jw *w = reply_begin(s->reply);

	jw_object(w, "result");
	shape_write_list(w, "items", sources[s->source].shape, found, &s->form.view);
	jw_null(w, "next");
	jw_str(w, "source", sources[s->source].name);
	if (s->form.raw) {
		shape_write_raw(w, "raw", body, &s->form.view);
	}
	jw_object_end(w);
	reply_end(s->reply);
	search_free(s);
}

static void end_empty(struct search *s)
{
	struct err e = {0};
	char shown[64];

	if (!s->answered) {
		fail(s, &s->error);
	} else if (s->wanted != NULL) {
		err_set(&e, ERR_NO_SUCH_FILE,
		    "\"%s\" is not found in cloud storage: upload it first",
		    text_escape_buf(s->wanted, shown, sizeof(shown)));
		err_hint(&e, "bambuctl cloud upload FILE");
		fail(s, &e);
	} else {
		s->source = 0;
		write_found(s, NULL, NULL);
	}
}

static void ask_next(struct search *s);

static void on_answer(void *arg, const struct endpoint_answer *a)
{
	struct search *s = arg;
	_cleanup_json_ json_object *found = NULL;
	json_object *files, *wanted = NULL;

	s->ask = NULL;
	/* What cannot be asked at all is not looked for elsewhere. */
	if (a->error.type != ERR_NONE && a->error.type != ERR_CLOUD_ERROR) {
		fail(s, &a->error);
		return;
	}
	if (a->error.type != ERR_NONE) {
		s->error = a->error;
	} else {
		s->answered = true;
		found = collect(s, a->body);
		files = json_get_arr(found, "files");
		wanted = s->wanted != NULL ? find_wanted(s, files) : NULL;
		if (wanted != NULL) {
			print_file(s, wanted);
			return;
		}
		if (s->wanted == NULL && json_object_array_length(files) > 0) {
			write_found(s, found, a->body);
			return;
		}
	}
	s->source++;
	ask_next(s);
}

static void ask_next(struct search *s)
{
	_cleanup_json_ json_object *params = NULL;
	struct err e = {0};

	if (s->source == ARRAY_SIZE(sources)) {
		s->source--;
		end_empty(s);
		return;
	}
	params = json_object_new_object();
	json_object_object_add(params, "limit", json_object_new_int(ENDPOINT_LIMIT_MAX));
	s->ask = endpoint_ask_start(
	    s->rest, endpoint_find(sources[s->source].method), params, NULL, on_answer, s, &e);
	if (s->ask == NULL) {
		fail(s, &e);
	}
}

static int begin(struct call *c, struct search *s)
{
	int r = cloud_rest(c, &s->rest);

	if (r == 0) {
		s->form = cloud_form(c);
		r = reply_later(c, on_gone, s, &s->reply);
	}
	if (r < 0) {
		search_free(s);
		return r;
	}
	ask_next(s);
	return CALL_LATER;
}

int h_cloud_files(struct call *c)
{
	return begin(c, xcalloc(1, sizeof(struct search)));
}

int h_cloud_print_start(struct call *c)
{
	_cleanup_free_ char *serial = NULL;
	struct search *s;
	int r = cloud_serial(c, true, &serial);

	if (r == 0) {
		r = check_free(c->server->deps.registry, serial, c->e);
	}
	if (r < 0) {
		return r;
	}
	s = xcalloc(1, sizeof(*s));
	s->registry = c->server->deps.registry;
	s->serial = TAKE(serial);
	s->wanted = xstrdup(json_get_str(c->params, "file"));
	s->settings = json_object_get(json_get_obj(c->params, "settings"));
	return begin(c, s);
}
