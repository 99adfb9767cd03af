/* SPDX-License-Identifier: MIT */
/* Makes requests of rows: our parameters under the names the service has for them. */
#include "daemon/cloud/endpoint.h"

#include <errno.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/util.h"

#define ID_BYTES_MAX 64
#define PATH_BYTES_MAX 512

static int by_method(const void *key, const void *row)
{
	return strcmp(key, ((const struct endpoint *)row)->method);
}

const struct endpoint *endpoint_find(const char *method)
{
	return bsearch(
	    method, endpoint_table, endpoint_count, sizeof(endpoint_table[0]), by_method);
}

size_t endpoint_paths(const struct endpoint *e)
{
	size_t count = 0;

	while (count < ENDPOINT_PATHS && e->paths[count] != NULL) {
		count++;
	}
	return count;
}

int endpoint_limit(json_object *params)
{
	int64_t limit = ENDPOINT_LIMIT;

	json_get_i64(params, "limit", &limit);
	return limit < 1 ? 1 : limit > ENDPOINT_LIMIT_MAX ? ENDPOINT_LIMIT_MAX : (int)limit;
}

/* ---- paths ---- */

/* An id stands for itself in a path: nothing that has a meaning there. */
static bool is_id(const char *id)
{
	size_t len =
	    strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~-");

	return len > 0 && len <= ID_BYTES_MAX && id[len] == '\0' && strcmp(id, ".") != 0 &&
	       strcmp(id, "..") != 0;
}

/* Owned path, or NULL with *e. */
static char *fill_path(const char *path, const char *id, struct err *e)
{
	const char *hole = strstr(path, "{id}");
	char shown[64];

	if (hole == NULL) {
		return xstrdup(path);
	}
	if (id == NULL || !is_id(id)) {
		err_set(e, ERR_INVALID_PARAMS, "\"%s\" is no id of the cloud",
		    text_escape_buf(id != NULL ? id : "", shown, sizeof(shown)));
		return NULL;
	}
	return xasprintf("%.*s%s%s", (int)(hole - path), path, id, hole + strlen("{id}"));
}

static const char *why_no_path(const char *path)
{
	if (path[0] != '/') {
		return "it begins with a slash; the host is the account's";
	}
	if (path[1] == '/') {
		return "one slash at the beginning";
	}
	if (strlen(path) > PATH_BYTES_MAX) {
		return "it is too long";
	}
	if (strpbrk(path, "?#") != NULL) {
		return "what follows ? is given as query";
	}
	if (strstr(path, "..") != NULL || strcasestr(path, "%2e") != NULL) {
		return "it goes upward";
	}
	for (const char *p = path; *p != '\0'; p++) {
		if (*p <= ' ' || *p >= 0x7f || *p == '\\') {
			return "it has a character that no path has";
		}
	}
	return NULL;
}

int endpoint_check_path(const char *path, struct err *e)
{
	const char *why = why_no_path(path);
	char shown[96];

	if (why == NULL) {
		return 0;
	}
	err_set(
	    e, ERR_INVALID_PARAMS, "path %s: %s", text_escape_buf(path, shown, sizeof(shown)), why);
	return -EINVAL;
}

/* A path that a row has: up to its hole. */
static bool is_path_of(const struct endpoint *e, const char *path)
{
	for (size_t i = 0; i < endpoint_paths(e); i++) {
		const char *hole = strstr(e->paths[i], "{id}");
		size_t len = hole != NULL ? (size_t)(hole - e->paths[i]) : strlen(e->paths[i]) + 1;

		if (strncmp(e->paths[i], path, len) == 0) {
			return true;
		}
	}
	return false;
}

enum rest_bucket endpoint_bucket(const char *path)
{
	if (str_starts(path, "/v1/user-service/user/")) {
		return REST_LOGIN;
	}
	for (size_t i = 0; i < endpoint_count; i++) {
		if (is_path_of(&endpoint_table[i], path)) {
			return endpoint_table[i].bucket;
		}
	}
	return REST_OTHER;
}

/* ---- parameters ---- */

/* What the user calls the fields of a profile, as its answer does. */
static const char *field_name(const struct endpoint *p, const char *ours)
{
	if (strcmp(p->method, "account.profile_set") != 0) {
		return ours;
	}
	return strcmp(ours, "name") == 0     ? "username"
	       : strcmp(ours, "avatar") == 0 ? "avatar_url"
					     : ours;
}

static json_object *whole_body(const struct endpoint *p, json_object *values)
{
	json_object *body = json_object_new_object();

	json_object_object_foreach(values, key, value)
	{
		json_object_object_add(body, field_name(p, key), json_object_get(value));
	}
	return body;
}

/* A query holds texts; a body keeps the type, and takes "true" for what was left out. */
static json_object *wire_value(const struct endpoint_param *param, json_object *value)
{
	if (param->place == ENDPOINT_QUERY) {
		return json_object_new_string(
		    value != NULL ? json_object_get_string(value) : param->otherwise);
	}
	return value != NULL ? json_object_get(value)
			     : json_object_new_boolean(strcmp(param->otherwise, "true") == 0);
}

/* Owned; NULL: not given. */
static json_object *given(
    const struct endpoint_param *param, json_object *params, const char *serial)
{
	json_object *value = NULL;

	if (strcmp(param->ours, "serial") == 0 && serial != NULL) {
		return json_object_new_string(serial);
	}
	if (strcmp(param->ours, "limit") == 0) {
		return json_object_new_int(endpoint_limit(params));
	}
	return params != NULL && json_object_object_get_ex(params, param->ours, &value)
		   ? json_object_get(value)
		   : NULL;
}

static void add(json_object **object, const char *key, json_object *value)
{
	if (*object == NULL) {
		*object = json_object_new_object();
	}
	json_object_object_add(*object, key, value);
}

static void take_param(const struct endpoint *p, const struct endpoint_param *param,
    json_object *value, const char *path, struct endpoint_request *r)
{
	bool in_path = strstr(path, "{id}") != NULL;

	if (value == NULL && param->otherwise == NULL) {
		return;
	}
	switch (param->place) {
	case ENDPOINT_QUERY:
		add(&r->query, param->wire, wire_value(param, value));
		break;
	case ENDPOINT_BODY:
		add(&r->body, param->wire, wire_value(param, value));
		break;
	case ENDPOINT_PATH:
		/* One of several paths may take it in the query. */
		if (!in_path) {
			add(&r->query, param->wire, json_object_get(value));
		}
		break;
	case ENDPOINT_WHOLE_BODY:
		r->body = whole_body(p, value);
		break;
	}
}

int endpoint_request(const struct endpoint *p, size_t path, json_object *params, const char *serial,
    struct endpoint_request *ret, struct err *e)
{
	struct endpoint_request r = {.rest = {.method = p->verb, .bucket = p->bucket}};
	_cleanup_json_ json_object *id = NULL;

	for (size_t i = 0; i < ENDPOINT_PARAMS && p->params[i].ours != NULL; i++) {
		_cleanup_json_ json_object *value = given(&p->params[i], params, serial);

		take_param(p, &p->params[i], value, p->paths[path], &r);
		if (p->params[i].place == ENDPOINT_PATH && value != NULL) {
			json_object_put(id);
			id = json_object_get(value);
		}
	}
	r.path = fill_path(p->paths[path], id != NULL ? json_object_get_string(id) : NULL, e);
	if (r.path == NULL) {
		endpoint_request_finish(&r);
		return -EINVAL;
	}
	r.rest.path = r.path;
	r.rest.query = r.query;
	r.rest.body = r.body;
	*ret = r;
	return 0;
}

void endpoint_request_finish(struct endpoint_request *r)
{
	free(r->path);
	json_object_put(r->query);
	json_object_put(r->body);
	*r = (struct endpoint_request){0};
}
