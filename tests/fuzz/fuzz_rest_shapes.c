/* SPDX-License-Identifier: MIT */
/* Any JSON as the answer of any endpoint: what we make of it is JSON. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "common/json.h"
#include "common/jw.h"
#include "daemon/cloud/endpoint.h"
#include "daemon/cloud/shape.h"

#define DEPTH_IN 16
#define DEPTH_OUT (DEPTH_IN + 4)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The tables are linked with what asks; nobody does here. */
struct rest_call *rest_start(struct rest *r, const struct rest_request *q, rest_fn fn, void *arg)
{
	return NULL;
}

void rest_cancel(struct rest_call *c)
{
}

static void write_all(
    struct jw *w, const struct shape *s, json_object *body, const struct shape_view *v)
{
	size_t count;

	if (s->lists[0] == NULL) {
		shape_write(w, s, shape_object(s, body), v);
		return;
	}
	count = shape_write_list(w, "items", s, body, v);
	if (count > 0 && !s->grouped) {
		free(
		    shape_text(s, json_object_array_get_idx(shape_list(s, body), count - 1), "id"));
	}
}

static void run_shape(const struct shape *s, json_object *body)
{
	static const struct shape_view views[] = {{false, false}, {true, true}};

	if (!shape_fits(s, body)) {
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(views); i++) {
		_cleanup_json_ json_object *made = NULL;
		struct jw w;

		jw_init(&w);
		jw_object(&w, NULL);
		write_all(&w, s, body, &views[i]);
		jw_object_end(&w);
		assert(json_parse(w.buf, w.len, DEPTH_OUT, &made) == 0);
		jw_finish(&w);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct shape_view nobody;
	_cleanup_json_ json_object *body = NULL, *made = NULL;
	struct jw w;

	if (json_parse((const char *)data, size, DEPTH_IN, &body) < 0) {
		return 0;
	}
	assert(shape_total(body) >= -1);
	for (size_t i = 0; i < endpoint_count; i++) {
		if (endpoint_table[i].shape != NULL) {
			run_shape(endpoint_table[i].shape, body);
		}
	}
	jw_init(&w);
	shape_write_raw(&w, NULL, body, &nobody);
	assert(json_parse(w.buf, w.len, DEPTH_OUT, &made) == 0);
	jw_finish(&w);
	return 0;
}
