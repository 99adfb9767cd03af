/* SPDX-License-Identifier: MIT */
/* One look at a state, shared by the derive*.c files alone. */
#pragma once

#include "common/jw.h"
#include "daemon/model/derive.h"

struct derive_look {
	struct derive *d;
	const struct state *s;
	struct state_time now;
	bool quiet; /* only remember */
	bool late;  /* what differs happened while nobody listened */
	const struct derive_sink *sink;
};

/* Opens the data of an event; the caller writes members and ends with derive_tell. */
void derive_open(struct jw *w);
void derive_tell(const struct derive_look *l, enum event_kind kind, struct jw *w);
void derive_put_int(struct jw *w, const char *key, int value); /* UNKNOWN_INT -> null */
void derive_put_unit(struct jw *w, int unit);		       /* "unit" and "label" */
/* "unit", "label", "slot" and "tray". */
void derive_put_tray(struct jw *w, int unit, int slot, int tray);

/* What feeds the printer, as an object under key; null when nothing does, or nobody knows. */
void derive_put_fed(struct jw *w, const char *key, const struct state_ams *a);

void derive_print_look(const struct derive_look *l);
void derive_print_settle(const struct derive_look *l);
/* The health message the pause or failure is about, NULL none. */
const struct hms_entry *derive_hms_reason(const struct state *s);
void derive_ams_look(const struct derive_look *l);
