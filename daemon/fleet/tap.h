/* SPDX-License-Identifier: MIT */
/* Somebody listens to the messages of printers as they come; access codes are taken out first. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/model/words.h"

struct jw;
struct printer;
struct report;
struct scan;

/* One per fleet. While nobody wants a printer its messages cost one question. */
struct fleet_tap {
	bool (*wants)(void *arg, const struct printer *p);
	/* payload: one JSON value, good for the call; a string when the message was no JSON. */
	void (*message)(
	    void *arg, const struct printer *p, const char *topic, const char *payload, size_t len);
	void *arg;
};

/* Appends the value without what must not be shown: access codes, keys, what stands in addresses to
 * log in by. */
void tap_mask(struct jw *w, const struct printer *p, const struct scan *s);

/* One per fleet, NULL while nobody records: the bytes as they are, with all that is in them. */
struct fleet_wire {
	/* in: what goes to the parser, before it does. Else what is sent. */
	void (*message)(void *arg, const struct printer *p, enum plane plane, bool in,
	    const char *bytes, size_t len);
	/* What was held is forgotten until the next full report: a session began, or messages were
	 * left out. */
	void (*anew)(void *arg, const struct printer *p, enum plane plane);
	void *arg;
};

/* A message came. r: as it was decoded, NULL when it is no JSON that is taken. t may be NULL. */
void tap_tell(const struct fleet_tap *t, const struct printer *p, const char *topic,
    const char *bytes, size_t len, const struct report *r);
