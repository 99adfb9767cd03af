/* SPDX-License-Identifier: MIT */
/* From a row to its answer, and what a refusal means at this endpoint. */
#include "daemon/cloud/endpoint_ask.h"

#include <string.h>

#include "common/util.h"
#include "daemon/cloud/shape.h"

#define NOT_FOR_YOU 8 /* bambu.md 0: vendor code of 403 */

struct endpoint_ask {
	struct rest *rest;
	const struct endpoint *row;
	size_t path;
	json_object *params;
	char *serial;
	struct rest_call *call;
	endpoint_fn fn;
	void *arg;
};

static void ask_free(struct endpoint_ask *a)
{
	json_object_put(a->params);
	free(a->serial);
	free(a);
}

static void on_answer(void *arg, const struct rest_answer *answer);

static int send_request(struct endpoint_ask *a, struct err *e)
{
	struct endpoint_request request;
	int r = endpoint_request(a->row, a->path, a->params, a->serial, &request, e);

	if (r < 0) {
		return r;
	}
	a->call = rest_start(a->rest, &request.rest, on_answer, a);
	endpoint_request_finish(&request);
	return 0;
}

static bool is_absent(const struct endpoint *row, const struct rest_answer *answer)
{
	if (answer->error.type != ERR_CLOUD_ERROR) {
		return false;
	}
	return answer->status == 404 || answer->status == 405 ||
	       (row->refused_is_absent && answer->status == 403 &&
		   answer->vendor_code == NOT_FOR_YOU);
}

/* Whether it asks for something, and is worth nothing without. */
static bool wants_shape(const struct endpoint *row)
{
	return row->shape != NULL && (strcmp(row->verb, "GET") == 0 || row->shape == &shape_ttcode);
}

static void judge(const struct endpoint *row, struct endpoint_answer *a)
{
	if (a->absent && row->absent != NULL) {
		err_set(&a->error, ERR_UNSUPPORTED, "%s (HTTP %d)", row->absent, a->status);
		err_hint(&a->error, "%s", row->instead);
	} else if (a->error.type == ERR_NONE && wants_shape(row) &&
		   !shape_fits(row->shape, a->body)) {
		err_set(&a->error, ERR_CLOUD_ERROR,
		    "the cloud answered %s with something else than was asked for", row->method);
	}
}

static void on_answer(void *arg, const struct rest_answer *answer)
{
	struct endpoint_ask *a = arg;
	struct endpoint_answer told = {
	    .error = answer->error,
	    .absent = is_absent(a->row, answer),
	    .status = answer->status,
	    .body = answer->body,
	};

	a->call = NULL;
	if (told.absent && a->path + 1 < endpoint_paths(a->row)) {
		a->path++;
		if (send_request(a, &told.error) == 0) {
			return;
		}
	}
	judge(a->row, &told);
	a->fn(a->arg, &told);
	ask_free(a);
}

struct endpoint_ask *endpoint_ask_start(struct rest *rest, const struct endpoint *p,
    json_object *params, const char *serial, endpoint_fn fn, void *arg, struct err *e)
{
	struct endpoint_ask *a = xcalloc(1, sizeof(*a));

	a->rest = rest;
	a->row = p;
	a->params = json_object_get(params);
	a->serial = xstrdup(serial);
	a->fn = fn;
	a->arg = arg;
	if (send_request(a, e) < 0) {
		ask_free(a);
		return NULL;
	}
	return a;
}

void endpoint_ask_cancel(struct endpoint_ask *a)
{
	if (a == NULL) {
		return;
	}
	rest_cancel(a->call);
	ask_free(a);
}
