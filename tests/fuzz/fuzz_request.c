/* SPDX-License-Identifier: MIT */
/* Any bytes as a request line: parsed, checked against its row, and answered by one valid line. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "common/proto.h"
#include "common/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What goes out is one line of one JSON object with the id that came in. */
static void check_reply(struct jw *w, const char *id)
{
	_cleanup_json_ json_object *reply = NULL, *sent = NULL;
	json_object *echoed = NULL;

	assert(w->len > 0 && memchr(w->buf, '\n', w->len) == w->buf + w->len - 1);
	assert(json_parse(w->buf, w->len - 1, 32, &reply) == 0);
	assert(json_object_object_get_ex(reply, "id", &echoed));
	if (id == NULL) {
		assert(echoed == NULL);
		return;
	}
	assert(json_parse(id, strlen(id), 1, &sent) == 0);
	assert(json_object_equal(sent, echoed));
}

static void check_error(const char *id, const struct err *e)
{
	struct jw w;

	assert(e->type != ERR_NONE && e->message[0] != '\0');
	jw_init(&w);
	proto_error(&w, id, e);
	check_reply(&w, id);
	jw_finish(&w);
}

static void check_result(const char *id)
{
	struct jw w;

	jw_init(&w);
	proto_reply_begin(&w, id);
	jw_bool(&w, "result", true);
	proto_end(&w);
	check_reply(&w, id);
	jw_finish(&w);
}

static void check_call(const struct proto_request *req)
{
	const struct method *m = method_find(req->method);
	struct err e = {0};
	int r;

	if (m == NULL) {
		assert(method_nearest(req->method) == NULL ||
		       method_find(method_nearest(req->method)) != NULL);
		return;
	}
	r = method_check(m, req->params, &e);
	if (r == 0) {
		assert(e.type == ERR_NONE);
		check_result(req->id);
		return;
	}
	assert(r == -EINVAL && e.type == ERR_INVALID_PARAMS);
	check_error(req->id, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* As the line splitter hands it over: NUL-terminated, without a newline. */
	_cleanup_free_ char *line = xmalloc(size + 1);
	struct proto_request req = {0};
	struct err e = {0};
	int r;

	if (size > PROTO_LINE_MAX || memchr(data, '\n', size) != NULL) {
		return 0;
	}
	memcpy(line, data, size);
	line[size] = '\0';
	r = proto_parse(line, size, &req, &e);
	if (r == 0) {
		assert(req.id != NULL && req.method != NULL && req.method[0] != '\0');
		check_call(&req);
	} else {
		assert(r == -EINVAL);
		assert(e.type == ERR_PARSE_ERROR || e.type == ERR_INVALID_REQUEST);
		check_error(req.id, &e);
	}
	proto_request_finish(&req);
	return 0;
}
