/* SPDX-License-Identifier: MIT */
/* A catalogue is made of an answer in a thread: 4 MiB of JSON would hold the loop up for 50 ms. */
#include "daemon/cloud/texts_read.h"

#include <errno.h>
#include <string.h>

#include "common/json.h"
#include "common/util.h"
#include "daemon/cloud/bounded.h"
#include "daemon/io/worker.h"

struct texts_read {
	struct worker_job work;
	char *text, *lang;
	size_t len;
	int result;
	enum catalogue_news news;
	struct catalogue *catalogue;
	texts_read_fn fn;
	void *arg;
};

static void on_run(struct worker_job *work)
{
	struct texts_read *r = container_of(work, struct texts_read, work);
	_cleanup_json_ json_object *body = bounded_parse(r->text, r->len);

	r->result =
	    body != NULL ? catalogue_take(body, r->lang, &r->news, &r->catalogue) : -EBADMSG;
}

/* Perhaps in its thread. */
static void on_drop(struct worker_job *work)
{
	struct texts_read *r = container_of(work, struct texts_read, work);

	catalogue_destroy(r->catalogue);
	free(r->text);
	free(r->lang);
	free(r);
}

static void on_done(struct worker_job *work)
{
	struct texts_read *r = container_of(work, struct texts_read, work);

	r->fn(r->arg, r->result, r->news, TAKE(r->catalogue));
	on_drop(work);
}

struct texts_read *texts_read_start(struct worker_pool *p, const char *text, size_t len,
    const char *lang, texts_read_fn fn, void *arg)
{
	struct texts_read *r = xcalloc(1, sizeof(*r));

	r->work = (struct worker_job){.run = on_run, .done = on_done, .drop = on_drop};
	r->text = xmalloc(len + 1); /* a NUL in it stays one */
	memcpy(r->text, text, len);
	r->len = len;
	r->lang = xstrdup(lang);
	r->news = CATALOGUE_SAME;
	r->fn = fn;
	r->arg = arg;
	worker_submit(p, &r->work);
	return r;
}

void texts_read_cancel(struct worker_pool *p, struct texts_read *r)
{
	if (r != NULL) {
		worker_cancel(p, &r->work);
	}
}
