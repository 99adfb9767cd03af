/* SPDX-License-Identifier: MIT */
/* What an answer means is worked out in a thread, on a copy of it. */
#include "daemon/cloud/rest_read.h"

#include <string.h>

#include "common/json.h"
#include "common/util.h"
#include "daemon/io/worker.h"

struct rest_read {
	struct worker_job work;
	struct http_answer answer;
	struct http_header *headers; /* name and value are a block each */
	char *body;
	struct fault_input in;
	struct fault fault;
	rest_read_fn fn;
	void *arg;
};

static void on_run(struct worker_job *work)
{
	struct rest_read *r = container_of(work, struct rest_read, work);

	fault_read(&r->in, &r->fault);
}

static void wipe_free(char *s, size_t len)
{
	explicit_bzero(s, len);
	free(s);
}

/* Perhaps in its thread. */
static void on_drop(struct worker_job *work)
{
	struct rest_read *r = container_of(work, struct rest_read, work);

	json_object_put(r->fault.body);
	for (size_t i = 0; i < r->answer.header_count; i++) {
		free((char *)r->headers[i].name);
		wipe_free((char *)r->headers[i].value, strlen(r->headers[i].value));
	}
	free(r->headers);
	wipe_free(r->body, r->answer.body_len);
	free(r);
}

static void on_done(struct worker_job *work)
{
	struct rest_read *r = container_of(work, struct rest_read, work);

	r->fn(r->arg, &r->answer, &r->fault);
	on_drop(work);
}

static void copy_answer(struct rest_read *r, const struct http_answer *a)
{
	r->body = xmalloc(a->body_len + 1); /* a NUL in it stays one */
	memcpy(r->body, a->body, a->body_len + 1);
	r->headers = xcalloc(a->header_count + 1, sizeof(*r->headers));
	for (size_t i = 0; i < a->header_count; i++) {
		r->headers[i] =
		    (struct http_header){xstrdup(a->headers[i].name), xstrdup(a->headers[i].value)};
	}
	r->answer = (struct http_answer){.fault = a->fault,
	    .text = "",
	    .status = a->status,
	    .body = r->body,
	    .body_len = a->body_len,
	    .headers = r->headers,
	    .header_count = a->header_count};
}

struct rest_read *rest_read_start(
    struct worker_pool *p, const struct fault_input *in, rest_read_fn fn, void *arg)
{
	struct rest_read *r = xcalloc(1, sizeof(*r));

	r->work = (struct worker_job){.run = on_run, .done = on_done, .drop = on_drop};
	copy_answer(r, in->answer);
	r->in = *in;
	r->in.answer = &r->answer;
	r->fn = fn;
	r->arg = arg;
	worker_submit(p, &r->work);
	return r;
}

void rest_read_cancel(struct worker_pool *p, struct rest_read *r)
{
	if (r != NULL) {
		worker_cancel(p, &r->work);
	}
}
