/* SPDX-License-Identifier: MIT */
/* Envelopes of the control protocol. */
#include "common/proto.h"

#include <errno.h>
#include <string.h>

#include "common/text.h"
#include "common/util.h"

/* The id as JSON text, or NULL when it is neither a string nor an integer. */
static char *id_text(json_object *id)
{
	struct jw w;

	if (json_object_is_type(id, json_type_int)) {
		return xstrdup(json_object_to_json_string(id));
	}
	if (!json_object_is_type(id, json_type_string)) {
		return NULL;
	}
	jw_init(&w);
	jw_strn(&w, NULL, json_object_get_string(id), (size_t)json_object_get_string_len(id));
	return jw_take(&w);
}

static int refuse(struct err *e, const char *message)
{
	err_set(e, ERR_INVALID_REQUEST, "%s", message);
	return -EINVAL;
}

static int check_envelope(json_object *root, struct err *e)
{
	static const char *const known[] = {"jsonrpc", "id", "method", "params"};
	char shown[64];

	json_object_object_foreach(root, name, value)
	{
		bool found = false;

		(void)value;
		for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
			found = found || strcmp(known[i], name) == 0;
		}
		if (!found) {
			err_set(e, ERR_INVALID_REQUEST,
			    "a request has no member \"%s\"; parameters go into \"params\"",
			    text_escape_buf(name, shown, sizeof(shown)));
			return -EINVAL;
		}
	}
	return 0;
}

static int read_request(struct proto_request *r, struct err *e)
{
	json_object *id, *version, *params;

	if (json_object_is_type(r->root, json_type_array)) {
		return refuse(e, "batches are not accepted; send one object per line");
	}
	if (!json_object_is_type(r->root, json_type_object)) {
		return refuse(e, "a request must be a JSON object");
	}
	if (json_object_object_get_ex(r->root, "id", &id)) {
		r->id = id_text(id);
	}
	if (!r->id) {
		return refuse(e, "a request needs an \"id\", a string or an integer");
	}
	if (check_envelope(r->root, e) < 0) {
		return -EINVAL;
	}
	if (json_object_object_get_ex(r->root, "jsonrpc", &version) &&
	    (!json_object_is_type(version, json_type_string) ||
		strcmp(json_object_get_string(version), "2.0") != 0)) {
		return refuse(e, "\"jsonrpc\", when given, must be \"2.0\"");
	}
	r->method = json_get_str(r->root, "method");
	if (!r->method || r->method[0] == '\0') {
		r->method = NULL;
		return refuse(e, "a request needs a \"method\", a string");
	}
	if (json_object_object_get_ex(r->root, "params", &params)) {
		if (!json_object_is_type(params, json_type_object)) {
			return refuse(e, "\"params\", when given, must be an object");
		}
		r->params = params;
	}
	return 0;
}

int proto_parse(const char *line, size_t len, struct proto_request *ret, struct err *e)
{
	int r;

	*ret = (struct proto_request){0};
	r = json_parse(line, len, PROTO_DEPTH_MAX, &ret->root);
	if (r == -E2BIG) {
		err_set(e, ERR_PARSE_ERROR, "the request is nested deeper than %d levels",
		    PROTO_DEPTH_MAX);
		return -EINVAL;
	}
	if (r < 0) {
		err_set(e, ERR_PARSE_ERROR, "the line is not one valid JSON value");
		return -EINVAL;
	}
	return read_request(ret, e);
}

void proto_request_finish(struct proto_request *r)
{
	json_object_put(r->root);
	free(r->id);
	*r = (struct proto_request){0};
}

static void begin(struct jw *w)
{
	jw_object(w, NULL);
	jw_raw(w, "jsonrpc", "\"2.0\"", 5);
}

static void put_id(struct jw *w, const char *id)
{
	if (id) {
		jw_raw(w, "id", id, strlen(id));
	} else {
		jw_null(w, "id");
	}
}

void proto_reply_begin(struct jw *w, const char *id)
{
	begin(w);
	put_id(w, id);
}

void proto_end(struct jw *w)
{
	jw_object_end(w);
	jw_bytes(w, "\n", 1);
}

void proto_error(struct jw *w, const char *id, const struct err *e)
{
	begin(w);
	put_id(w, id);
	proto_error_object(w, "error", e);
	proto_end(w);
}

void proto_error_object(struct jw *w, const char *key, const struct err *e)
{
	jw_object(w, key);
	jw_int(w, "code", err_code(e->type));
	jw_str(w, "message", e->message[0] != '\0' ? e->message : err_text(e->type));
	jw_object(w, "data");
	jw_str(w, "type", err_name(e->type));
	if (e->printer[0] != '\0') {
		jw_str(w, "printer", e->printer);
	}
	if (e->hint[0] != '\0') {
		jw_str(w, "hint", e->hint);
	}
	jw_object_end(w);
	jw_object_end(w);
}

void proto_notify_begin(struct jw *w, const char *method)
{
	begin(w);
	jw_str(w, "method", method);
}
