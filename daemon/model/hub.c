/* SPDX-License-Identifier: MIT */
/* Change bits merged per printer until the flush; events in a ring bounded by count and bytes. */
#include "daemon/model/hub.h"

#include <string.h>

struct hub {
	uint32_t epoch;
	uint64_t next_seq;
	void (*wake)(void *arg);
	void *arg;
	struct list dirty;
	struct hub_event *events[HUB_EVENTS_MAX]; /* by seq, oldest first */
	size_t count, bytes;
	size_t kept; /* the first this many events are all kept ones */
	const struct hub_observer **observers;
	size_t observer_count, observer_cap;
	unsigned calling; /* observers are being called: holes stay till it ends */
};

struct hub *hub_create(uint32_t epoch, uint64_t first_seq, void (*wake)(void *arg), void *arg)
{
	struct hub *h = xcalloc(1, sizeof(*h));

	h->epoch = epoch;
	h->next_seq = first_seq;
	h->wake = wake;
	h->arg = arg;
	list_init(&h->dirty);
	return h;
}

static void free_event(struct hub_event *e)
{
	free(e->printer);
	free(e->serial);
	free(e->data);
	free(e);
}

void hub_destroy(struct hub *h)
{
	struct list *pos, *tmp;
	size_t i;

	if (h == NULL) {
		return;
	}
	list_for_each (pos, tmp, &h->dirty) {
		list_del(pos);
	}
	for (i = 0; i < h->count; i++) {
		free_event(h->events[i]);
	}
	free(h->observers);
	free(h);
}

void hub_observe(struct hub *h, const struct hub_observer *o)
{
	if (h->observer_count == h->observer_cap) {
		h->observer_cap = h->observer_cap > 0 ? h->observer_cap * 2 : 4;
		h->observers = xrealloc(h->observers, h->observer_cap * sizeof(*h->observers));
	}
	h->observers[h->observer_count++] = o;
}

static void close_holes(struct hub *h)
{
	size_t i, kept = 0;

	for (i = 0; i < h->observer_count; i++) {
		if (h->observers[i] != NULL) {
			h->observers[kept++] = h->observers[i];
		}
	}
	h->observer_count = kept;
}

void hub_unobserve(struct hub *h, const struct hub_observer *o)
{
	size_t i;

	for (i = 0; i < h->observer_count; i++) {
		if (h->observers[i] == o) {
			h->observers[i] = NULL;
		}
	}
	if (h->calling == 0) {
		close_holes(h);
	}
}

static void calls_begin(struct hub *h)
{
	h->calling++;
}

static void calls_end(struct hub *h)
{
	if (--h->calling == 0) {
		close_holes(h);
	}
}

void hub_slot_init(struct hub_slot *s, void *owner)
{
	list_init(&s->dirty);
	s->bits = 0;
	s->owner = owner;
}

void hub_slot_finish(struct hub *h, struct hub_slot *s)
{
	list_del(&s->dirty);
	s->bits = 0;
}

void hub_mark(struct hub *h, struct hub_slot *s, uint32_t bits)
{
	bool had = !list_empty(&h->dirty);

	if (bits == 0) {
		return;
	}
	s->bits |= bits;
	if (!list_empty(&s->dirty)) {
		return; /* in the list already */
	}
	list_add_tail(&h->dirty, &s->dirty);
	if (!had && h->wake != NULL) {
		h->wake(h->arg);
	}
}

static size_t event_bytes(const struct hub_event *e)
{
	return sizeof(*e) + strlen(e->data) + (e->printer != NULL ? strlen(e->printer) : 0) +
	       (e->serial != NULL ? strlen(e->serial) : 0);
}

static void drop_event(struct hub *h, size_t i)
{
	struct hub_event *e = h->events[i];

	h->bytes -= event_bytes(e);
	h->count--;
	memmove(&h->events[i], &h->events[i + 1], (h->count - i) * sizeof(*h->events));
	if (i < h->kept) {
		h->kept--;
	}
	free_event(e);
}

/* The oldest event that need not be kept goes first; when all are to be kept, the oldest. */
static void make_room(struct hub *h, size_t bytes)
{
	while (h->count > 0 &&
	       (h->count == HUB_EVENTS_MAX || h->bytes + bytes > HUB_EVENT_BYTES_MAX)) {
		while (h->kept < h->count && event_kept(h->events[h->kept]->kind)) {
			h->kept++;
		}
		drop_event(h, h->kept < h->count ? h->kept : 0);
	}
}

static void put_event(struct hub *h, struct hub_event *e)
{
	size_t bytes = event_bytes(e);

	make_room(h, bytes);
	h->events[h->count++] = e;
	h->bytes += bytes;
}

static struct hub_event *make_event(uint64_t seq, enum event_kind kind, const char *printer,
    const char *serial, const char *data, int64_t wall_ms)
{
	struct hub_event *e = xcalloc(1, sizeof(*e));

	e->seq = seq;
	e->wall_ms = wall_ms;
	e->kind = kind;
	e->printer = xstrdup(printer);
	e->serial = xstrdup(serial);
	e->data = xstrdup(data != NULL ? data : "{}");
	return e;
}

void hub_restore(struct hub *h, const struct hub_event *e)
{
	put_event(h, make_event(e->seq, e->kind, e->printer, e->serial, e->data, e->wall_ms));
}

uint64_t hub_event(struct hub *h, enum event_kind kind, const char *printer, const char *serial,
    const char *data, int64_t wall_ms)
{
	struct hub_event *e = make_event(h->next_seq++, kind, printer, serial, data, wall_ms);
	uint64_t seq = e->seq;
	size_t i;

	put_event(h, e);
	calls_begin(h);
	for (i = 0; i < h->observer_count; i++) {
		const struct hub_observer *o = h->observers[i];

		if (o != NULL && o->event != NULL) {
			o->event(o->arg, e);
		}
	}
	calls_end(h);
	return seq;
}

static void tell_changed(struct hub *h, void *owner, uint32_t bits)
{
	size_t i;

	for (i = 0; i < h->observer_count; i++) {
		const struct hub_observer *o = h->observers[i];

		if (o != NULL && o->changed != NULL) {
			o->changed(o->arg, owner, bits);
		}
	}
}

void hub_flush(struct hub *h)
{
	struct list turn;
	size_t i;

	if (list_empty(&h->dirty)) {
		return;
	}
	/* Take the list over: what is marked from here on belongs to the next turn. */
	turn = h->dirty;
	turn.next->prev = turn.prev->next = &turn;
	list_init(&h->dirty);
	calls_begin(h);
	while (!list_empty(&turn)) {
		struct hub_slot *s = container_of(turn.next, struct hub_slot, dirty);
		uint32_t bits = s->bits;

		list_del(&s->dirty);
		s->bits = 0;
		tell_changed(h, s->owner, bits);
	}
	for (i = 0; i < h->observer_count; i++) {
		const struct hub_observer *o = h->observers[i];

		if (o != NULL && o->flushed != NULL) {
			o->flushed(o->arg);
		}
	}
	calls_end(h);
}

uint32_t hub_epoch(const struct hub *h)
{
	return h->epoch;
}

uint64_t hub_last_seq(const struct hub *h)
{
	return h->next_seq - 1;
}

uint64_t hub_first_seq(const struct hub *h)
{
	return h->count > 0 ? h->events[0]->seq : h->next_seq;
}

const struct hub_event *hub_next(const struct hub *h, uint64_t after)
{
	size_t low = 0, high = h->count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (h->events[mid]->seq > after) {
			high = mid;
		} else {
			low = mid + 1;
		}
	}
	return low < h->count ? h->events[low] : NULL;
}
