/* SPDX-License-Identifier: MIT */
/* Change bits and one-off events of all printers; observers hear of them once per loop turn. Pure:
 * told to flush from outside. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/event.h"
#include "common/util.h"

#define HUB_EVENTS_MAX 4096		      /* events held in the ring */
#define HUB_EVENT_BYTES_MAX (4 * 1024 * 1024) /* their bytes in all */

struct hub;

/* One slot per printer, embedded in it. */
struct hub_slot {
	struct list dirty; /* in the hub's list while marked */
	uint32_t bits;	   /* SECTION_BIT mask since the last flush */
	void *owner;	   /* struct printer * */
};

struct hub_event {
	uint64_t seq;
	int64_t wall_ms;
	enum event_kind kind;
	char *printer, *serial; /* NULL for events of the daemon */
	char *data;		/* JSON object text, "{}" at least */
};

struct hub_observer {
	/* A printer changed: owner of the slot and merged bits. May be NULL. */
	void (*changed)(void *arg, void *owner, uint32_t bits);
	/* An event entered the ring. May be NULL. Must not add events. */
	void (*event)(void *arg, const struct hub_event *e);
	/* After all changes of this turn. May be NULL. */
	void (*flushed)(void *arg);
	void *arg;
};

/* wake: called when the hub has something to flush and had nothing before; the owner then defers
 * hub_flush. */
struct hub *hub_create(uint32_t epoch, uint64_t first_seq, void (*wake)(void *arg), void *arg);
void hub_destroy(struct hub *h);
void hub_observe(struct hub *h, const struct hub_observer *o); /* borrowed till hub_unobserve */
void hub_unobserve(struct hub *h, const struct hub_observer *o);

void hub_slot_init(struct hub_slot *s, void *owner);
void hub_slot_finish(struct hub *h, struct hub_slot *s);
void hub_mark(struct hub *h, struct hub_slot *s, uint32_t bits);
/* data: JSON object text or NULL; copied. Returns the sequence number. Observers hear it at once.
 */
uint64_t hub_event(struct hub *h, enum event_kind kind, const char *printer, const char *serial,
    const char *data, int64_t wall_ms);
void hub_flush(struct hub *h);
/* An event of before the start, older than first_seq; in their order, before any other. Copied;
 * nobody hears of it. */
void hub_restore(struct hub *h, const struct hub_event *e);

/* Ring access. last = newest seq (first_seq - 1 when empty); first = oldest still held. */
uint32_t hub_epoch(const struct hub *h);
uint64_t hub_last_seq(const struct hub *h);
uint64_t hub_first_seq(const struct hub *h);
/* First event with seq > after, NULL at the end. */
const struct hub_event *hub_next(const struct hub *h, uint64_t after);
