/* SPDX-License-Identifier: MIT */
/* What is known of a printer as a text that outlives the process: written, and taken up again. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/event.h"

struct jw;
struct printer;

/* A kept text, or that of a printer of the same serial which this one takes the place of. */
enum { MEMORY_FILED, MEMORY_LIVING };

/* Who keeps the texts; one per fleet. */
struct fleet_memory {
	/* The text of a printer that is being made: where it comes from with the owned *ret, or
	 * negative errno. */
	int (*load)(void *arg, const char *serial, char **ret, size_t *ret_len);
	/* That text is none, because of why. */
	void (*refuse)(void *arg, const char *serial, const char *why);
	/* Events were filed that must not be told again. */
	void (*told)(void *arg, struct printer *p);
	void *arg;
};

/* What of it is kept for the next process. */
struct printer_memory {
	bool restored;		 /* taken up from a text, */
	bool comparing;		 /* and nothing whole came from the printer since */
	bool soon;		 /* events were told since the last text */
	int64_t written_mono_ms; /* the last text, -1 never */
	int64_t kept_mono_ms;	 /* the last one that is kept */
	uint32_t epoch;		 /* of the text that was taken up: */
	uint64_t seq;		 /* the last event before it */
};

/* Two lines: an object with everything that is shown and remembered, and the printer's own texts,
 * secrets taken out. False when there is nothing to keep: it was never heard. */
bool memory_write(struct printer *p, struct jw *w);
/* How much a new text is wanted: not at all; it was heard since the last one that is kept; and that
 * is a minute old; it told of something since the last one. */
enum memory_need { MEMORY_CURRENT, MEMORY_HEARD, MEMORY_OLD, MEMORY_TOLD };
enum memory_need memory_need(const struct printer *p);
/* The text written last is kept; or could not be. */
void memory_kept(struct printer *p);
void memory_failed(struct printer *p);

/* Takes up what was kept of it; before anything comes from the printer. */
void printer_remember(struct printer *p);
/* An event of this kind was derived and filed. */
void printer_told(struct printer *p, enum event_kind kind);
/* The same was told after the text was written that the printer was taken up from. */
bool printer_was_told(struct printer *p, enum event_kind kind, const char *data);
