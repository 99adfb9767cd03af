/* SPDX-License-Identifier: MIT */
/* Questions to the history: they wait until what was told before is recorded, then go to the
 * thread. */
#include <errno.h>

#include "common/util.h"
#include "daemon/store/history_internal.h"

static struct history_ask *ask_of(struct worker_job *job)
{
	return container_of(job, struct history_ask, job);
}

void history_query_finish(struct history_query *q)
{
	for (size_t i = 0; q->serials && i < q->serial_count; i++) {
		free(q->serials[i]);
	}
	free(TAKE(q->serials));
	free(TAKE(q->name));
}

static void free_ask(struct worker_job *job)
{
	struct history_ask *a = ask_of(job);

	history_query_finish(&a->query);
	history_answer_finish(&a->answer);
	free(a);
}

/* A file that was set aside meanwhile leaves an empty one. */
static void run_ask(struct worker_job *job)
{
	struct history_ask *a = ask_of(job);

	a->answer.error = history_db_read(a->db, &a->query, &a->answer);
}

static void on_answer(struct worker_job *job)
{
	struct history_ask *a = ask_of(job);
	struct history *h = a->history;

	if (a->answer.error == -EAGAIN && !a->again) {
		/* Another file: from the beginning, then once more. */
		h->located = false;
		a->running = false;
		a->again = true;
		list_add_tail(&h->asks, &a->link);
		loop_timer_start(&h->look, 0);
		return;
	}
	a->done(a->arg, &a->answer);
	free_ask(job);
}

void history_serve(struct history *h, uint64_t upto)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &h->asks) {
		struct history_ask *a = container_of(pos, struct history_ask, link);

		if (a->upto > upto) {
			continue;
		}
		list_del(&a->link);
		a->running = true;
		a->db = h->db;
		a->job = (struct worker_job){.run = run_ask, .done = on_answer, .drop = free_ask};
		worker_submit(h->pool, &a->job);
	}
}

struct history_ask *history_ask(struct history *h, const struct history_query *q,
    void (*done)(void *arg, const struct history_answer *a), void *arg)
{
	struct history_ask *a = xcalloc(1, sizeof(*a));

	a->history = h;
	a->query = *q;
	a->upto = hub_last_seq(h->deps.hub);
	a->done = done;
	a->arg = arg;
	list_add_tail(&h->asks, &a->link);
	if (!h->busy) {
		loop_timer_start(&h->look, 0);
	}
	return a;
}

void history_cancel(struct history_ask *a)
{
	if (a->running) {
		worker_cancel(a->history->pool, &a->job);
		return;
	}
	list_del(&a->link);
	free_ask(&a->job);
}

void history_drop_asks(struct history *h)
{
	while (!list_empty(&h->asks)) {
		history_cancel(container_of(h->asks.next, struct history_ask, link));
	}
}
