/* SPDX-License-Identifier: MIT */
/* Texts of notifications: rendered once, sent to all who asked for the same. */
#pragma once

#include <stdint.h>

#include "common/jw.h"

struct hub_event;
struct printer;

#define BODIES_EVENTS 64 /* newest event texts held */
#define BODIES_STATES 4	 /* texts of one printer, by mask of sections */

/* What follows the head of a notification: `,"seq":...}}` and a newline. */
struct body {
	uint64_t key; /* seq of an event, mask of a state; 0 = unused */
	struct jw text;
};
struct bodies {
	struct body events[BODIES_EVENTS], states[BODIES_STATES];
};

void bodies_init(struct bodies *b);
void bodies_finish(struct bodies *b);
/* Both borrowed till the next call. */
const struct body *bodies_event(struct bodies *b, const struct hub_event *e);
const struct body *bodies_state(struct bodies *b, const struct printer *p, uint32_t mask);
/* Before another printer is rendered, and before the same one at another moment. */
void bodies_forget_states(struct bodies *b);
/* A notification up to and with `"sub":NUMBER`. Owned by the caller. */
char *bodies_head(const char *method, unsigned number);
/* A whole `lost` notification; from negative: unknown (a cursor of another epoch). */
void bodies_write_lost(struct jw *w, unsigned number, int64_t from, uint64_t to);
/* Members of the event object (status.md "Events"), without its braces. */
void bodies_write_event(struct jw *w, const struct hub_event *e);
