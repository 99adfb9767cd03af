/* SPDX-License-Identifier: MIT */
/* The shapes in which the cloud answers: with and without an envelope, and refusals. */
#include <arpa/inet.h>
#include <string.h>

#include "common/json.h"
#include "tests/sim/cloud_internal.h"

#define JSON_TYPE "application/json; charset=utf-8"

static struct jw *begin(struct cloud_call *call)
{
	call->x->status = 200;
	http_add(call->x, "Content-Type", JSON_TYPE);
	jw_object(&call->x->out, NULL);
	return &call->x->out;
}

struct jw *cloud_begin_data(struct cloud_call *call)
{
	struct jw *w = begin(call);

	jw_int(w, "code", 0);
	jw_str(w, "message", "Success");
	jw_object(w, "data");
	call->wrapped = true;
	return w;
}

struct jw *cloud_begin_bare(struct cloud_call *call)
{
	return call->cloud->set.data_shape ? cloud_begin_data(call) : begin(call);
}

struct jw *cloud_begin(struct cloud_call *call)
{
	struct jw *w;

	if (call->cloud->set.data_shape) {
		return cloud_begin_data(call);
	}
	w = begin(call);
	jw_str(w, "message", "success");
	jw_null(w, "code");
	jw_null(w, "error");
	return w;
}

void cloud_end(struct cloud_call *call)
{
	if (call->wrapped) {
		jw_object_end(&call->x->out);
	}
	jw_object_end(&call->x->out);
}

void cloud_done(struct cloud_call *call, const char *message)
{
	struct jw *w = begin(call);

	jw_int(w, "code", 0);
	jw_str(w, "message", message);
	jw_object_end(w);
}

void cloud_error(struct cloud_call *call, int status, int code, const char *text)
{
	struct jw *w = begin(call);

	call->x->status = status;
	jw_int(w, "code", code);
	jw_str(w, "error", text);
	jw_object_end(w);
}

void cloud_plain(struct http_exchange *x, int status, const char *type, const char *text)
{
	x->status = status;
	jw_reset(&x->out);
	http_add(x, "Content-Type", type);
	jw_bytes(&x->out, text, strlen(text));
}

const char *cloud_word(const struct cloud_call *call, const char *key)
{
	const char *text = json_get_str(call->body, key);

	return text && text[0] ? text : NULL;
}

int64_t cloud_number(const struct cloud_call *call, const char *key, int64_t max, int64_t fallback)
{
	_cleanup_free_ char *text = http_query(call->x, key);
	int64_t number = fallback;

	if (text) {
		parse_i64(text, 0, max, &number);
	}
	return number;
}

char *cloud_url(const struct cloud *c, enum cloud_host host)
{
	return xasprintf("https://localhost:%u", ntohs(c->server[host].endpoint.address.sin_port));
}
