/* SPDX-License-Identifier: MIT */
/* The history on the loop: takes events from where the file ends, hands them to the thread. */
#include "daemon/store/history.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "common/jw.h"
#include "common/log.h"
#include "common/util.h"
#include "daemon/store/event_log.h"
#include "daemon/store/history_internal.h"

enum {
	SOON_MS = 200,	     /* after an end */
	LAZY_MS = 10 * 1000, /* after layers and the like: the event log has them */
	BATCH_ITEMS = 256,   /* recorded at once */
	SLICE_EVENTS = 2048, /* looked at in one turn of the loop */
	SLICE_LOADS = 8,     /* pages read from disk in one */
	RETRY_FIRST_MS = 1000,
	RETRY_MAX_MS = 60 * 1000,
	END_WAIT_MS = 5000,
	END_BATCHES = 64,
};

static const char *const words[HISTORY_RESULT_COUNT] = {
    [HISTORY_FINISHED] = "finished",
    [HISTORY_FAILED] = "failed",
    [HISTORY_CANCELLED] = "cancelled",
    [HISTORY_UNKNOWN] = "unknown",
};
static_assert(ARRAY_SIZE(words) == HISTORY_RESULT_COUNT, "a word for each result");

const char *history_result_word(enum history_result r)
{
	return words[r];
}

/* ---- events in their order, from ring and log ---- */

static const struct hub_event *next_event(const struct history *h, uint64_t after)
{
	const struct hub_event *e = hub_next(h->deps.hub, after), *logged;

	if (h->deps.events == NULL || (e != NULL && e->seq == after + 1) ||
	    after >= hub_last_seq(h->deps.hub)) {
		return e;
	}
	logged = event_log_next(h->deps.events, after);
	return logged != NULL && (e == NULL || logged->seq < e->seq) ? logged : e;
}

static uint64_t count_loads(const struct history *h)
{
	struct event_log_status st = {0};

	if (h->deps.events != NULL) {
		event_log_status(h->deps.events, &st);
	}
	return st.loads;
}

static void add_item(struct history_batch *b, const struct hub_event *e)
{
	if (b->count == b->cap) {
		b->cap = b->cap > 0 ? b->cap * 2 : 8;
		b->items = xrealloc(b->items, b->cap * sizeof(*b->items));
	}
	b->items[b->count++] = (struct history_item){.kind = e->kind,
	    .seq = e->seq,
	    .wall_ms = e->wall_ms,
	    .printer = xstrdup(e->printer),
	    .serial = xstrdup(e->serial),
	    .data = xstrdup(e->data)};
}

/* Events behind `after`, as many as one turn bears. True when there are no more. */
static bool gather(const struct history *h, struct history_batch *b)
{
	uint64_t loads = count_loads(h);
	const struct hub_event *e = NULL;
	unsigned looked = 0;

	*b = (struct history_batch){
	    .epoch = hub_epoch(h->deps.hub), .upto = h->after, .gap = h->gap, .keep = h->keep};
	while (b->count < BATCH_ITEMS && looked++ < SLICE_EVENTS &&
	       count_loads(h) - loads < SLICE_LOADS) {
		e = next_event(h, b->upto);
		if (e == NULL) {
			return true;
		}
		if (e->seq != b->upto + 1) {
			if (b->count > 0) {
				return false; /* what is lost counts before the next ones */
			}
			b->gap = true;
		}
		if (history_wants(e->kind)) {
			add_item(b, e);
		}
		b->upto = e->seq;
	}
	return false;
}

/* ---- the thread ---- */

struct work {
	struct worker_job job;
	struct history *history; /* the loop's alone */
	struct history_db *db;
	struct history_batch batch; /* without items: only where the file ends is asked */
	bool at_end;		    /* there was no more */
	uint32_t epoch;
	uint64_t seq;
	int error;
};

static struct work *work_of(struct worker_job *job)
{
	return container_of(job, struct work, job);
}

static void free_work(struct worker_job *job)
{
	struct work *w = work_of(job);

	history_batch_finish(&w->batch);
	free(w);
}

static void run_work(struct worker_job *job)
{
	struct work *w = work_of(job);

	w->error = w->batch.count > 0 ? history_db_record(w->db, &w->batch)
				      : history_db_cursor(w->db, &w->epoch, &w->seq);
}

/* ---- trouble ---- */

static void on_tell(void *arg)
{
	struct history *h = arg;
	bool trouble = h->error < 0;
	struct jw w;

	if (trouble == h->told) {
		return;
	}
	h->told = trouble;
	jw_init(&w);
	jw_object(&w, NULL);
	jw_str(&w, "what", "history");
	jw_str(&w, "path", h->deps.state_dir);
	if (trouble) {
		jw_str(&w, "error", strerror(-h->error));
	}
	jw_object_end(&w);
	hub_event(h->deps.hub, trouble ? EVENT_DISK_FULL : EVENT_DISK_RECOVERED, NULL, NULL, w.buf,
	    loop_wall_ms(h->deps.loop));
	jw_finish(&w);
}

static void retry_later(struct history *h, int error)
{
	h->retry_ms = h->error == 0		       ? RETRY_FIRST_MS
		      : h->retry_ms * 2 > RETRY_MAX_MS ? RETRY_MAX_MS
						       : h->retry_ms * 2;
	h->error = error;
	if (error != -ELIBACC) { /* said already, and no matter of a disk */
		loop_defer(h->deps.loop, &h->tell);
	}
	loop_timer_start(&h->look, h->retry_ms);
	history_serve(h, UINT64_MAX); /* with what is there */
}

static void recovered(struct history *h)
{
	if (h->error != 0) {
		h->error = 0;
		loop_defer(h->deps.loop, &h->tell);
	}
}

/* ---- recording ---- */

/* Where the file ends; another epoch's numbers say nothing of ours. */
static void locate(struct history *h, uint32_t epoch, uint64_t seq)
{
	bool ours = epoch == hub_epoch(h->deps.hub);

	h->located = true;
	h->after = ours ? seq : 0;
	h->gap = seq > 0 && !ours;
	if (h->after > hub_last_seq(h->deps.hub)) {
		h->after = hub_last_seq(h->deps.hub);
		h->gap = true;
	}
}

static void on_done(struct worker_job *job)
{
	struct work *w = work_of(job);
	struct history *h = w->history;
	bool located = w->batch.count == 0;
	int error = w->error;

	h->busy = false;
	if (error == -EAGAIN && h->error != -EAGAIN) {
		h->error = -EAGAIN; /* twice in a row is trouble */
		locate(h, 0, 0);
		loop_timer_start(&h->look, 0);
	} else if (error < 0) {
		retry_later(h, error);
	} else {
		if (located) {
			locate(h, w->epoch, w->seq);
		} else {
			h->after = w->batch.upto;
			h->gap = false;
		}
		recovered(h);
		history_serve(h, h->after);
		loop_timer_start(&h->look, w->at_end && list_empty(&h->asks) ? SOON_MS : 0);
	}
	free_work(job);
}

static void submit(struct history *h, const struct history_batch *b, bool at_end)
{
	struct work *w = xcalloc(1, sizeof(*w));

	w->job = (struct worker_job){.run = run_work, .done = on_done, .drop = free_work};
	w->history = h;
	w->db = h->db;
	w->batch = *b;
	w->at_end = at_end;
	h->busy = true;
	worker_submit(h->pool, &w->job);
}

void history_look(struct history *h)
{
	struct history_batch b = {0};
	bool at_end;

	if (h->busy || !h->enabled) {
		return;
	}
	loop_timer_stop(&h->look);
	if (!h->located && history_db_exists(h->db)) {
		submit(h, &b, false);
		return;
	}
	h->located = true;
	at_end = gather(h, &b);
	if (b.count > 0) {
		submit(h, &b, at_end);
		return;
	}
	h->gap = b.gap;
	h->after = b.upto;
	if (at_end) {
		history_serve(h, UINT64_MAX);
	} else {
		loop_timer_start(&h->look, 0);
	}
}

static void on_look(void *arg)
{
	history_look(arg);
}

static void on_event(void *arg, const struct hub_event *e)
{
	struct history *h = arg;
	int64_t wait_ms = e->kind == EVENT_PRINT_FINISHED || e->kind == EVENT_PRINT_FAILED ||
				  e->kind == EVENT_PRINT_CANCELLED
			      ? SOON_MS
			      : LAZY_MS;

	if (!h->enabled || h->busy || h->error < 0 || !history_wants(e->kind)) {
		return;
	}
	if (!loop_timer_armed(&h->look) || wait_ms == SOON_MS) {
		loop_timer_start(&h->look, wait_ms);
	}
}

/* ---- coming and going ---- */

struct history *history_create(const struct history_deps *deps)
{
	struct history *h = xcalloc(1, sizeof(*h));

	h->deps = *deps;
	h->deps.state_dir = xstrdup(deps->state_dir);
	h->db = history_db_create(deps->state_dir);
	h->pool = worker_pool_create(deps->loop, 1);
	list_init(&h->asks);
	loop_timer_init(&h->look, deps->loop, on_look, h);
	loop_deferred_init(&h->tell, on_tell, h);
	h->observer = (struct hub_observer){.event = on_event, .arg = h};
	hub_observe(deps->hub, &h->observer);
	return h;
}

void history_set(struct history *h, bool enabled, int64_t keep)
{
	bool begins = enabled && !h->enabled;

	h->keep = keep;
	h->enabled = enabled && h->pool != NULL;
	if (begins) {
		loop_timer_start(&h->look, 0);
	} else if (!h->enabled) {
		loop_timer_stop(&h->look);
		history_serve(h, UINT64_MAX);
	}
}

bool history_enabled(const struct history *h)
{
	return h != NULL && h->enabled;
}

/* In the caller's thread: none of ours is left. */
static void record_rest(struct history *h)
{
	bool at_end = !h->located || !h->enabled || h->error < 0;

	for (unsigned i = 0; !at_end && i < END_BATCHES; i++) {
		struct history_batch b;
		int r = 0;

		at_end = gather(h, &b);
		if (b.count > 0) {
			r = history_db_record(h->db, &b);
		}
		h->after = b.upto;
		h->gap = b.gap && b.count == 0;
		at_end = at_end || r < 0;
		history_batch_finish(&b);
	}
}

void history_destroy(struct history *h)
{
	if (h == NULL) {
		return;
	}
	hub_unobserve(h->deps.hub, &h->observer);
	loop_timer_stop(&h->look);
	loop_deferred_cancel(&h->tell);
	history_drop_asks(h);
	worker_pool_destroy_wait(h->pool, END_WAIT_MS);
	if (!history_db_in_use(h->db)) {
		record_rest(h);
		history_db_destroy(h->db);
	}
	free((char *)h->deps.state_dir);
	free(h);
}
