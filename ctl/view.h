/* SPDX-License-Identifier: MIT */
/* What the status object means to a reader: is it fresh, is it in trouble, what to call things. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ctl/out.h"

/* How far the values may be believed. */
enum freshness {
	FRESH_LIVE,  /* connected and talking */
	FRESH_STALE, /* connected, but silent for too long */
	FRESH_OLD,   /* not connected: last known values at best */
	FRESH_COUNT
};
enum freshness view_freshness(json_object *printer);
/* Needs someone: refused, gone, silent, failed, paused with a reason, a fatal or serious message.
 */
bool view_problem(json_object *printer);
/* The state to count and show: print.state while connected, else link.state. Owned, escaped. */
char *view_state(const struct out *o, json_object *printer);
/* What the printer does besides its state, in words ("filament runout" of a pause); NULL when that
 * is all. Owned. */
char *view_stage(const struct out *o, json_object *printer);
enum out_color view_state_color(json_object *printer);
/* link.age_ms, -1 = never. */
int64_t view_age_ms(json_object *printer);
/* "A:■■□?  HT-A:■" (ASCII: # . ?), "-" without any. Owned. */
char *view_ams_strip(const struct out *o, json_object *printer);
/* "219/220", "24", "L220 R0", "-". Owned. */
char *view_nozzles_short(json_object *printer);
/* Name of a tray as commands take it: "A1", "HT-A", "ext", "ext-left". unit NULL = external. Owned.
 */
char *view_slot(const struct out *o, json_object *unit, json_object *tray, bool both_sides);
/* "PLA white 83 %", "PETG red ?", "empty", "present". Owned. */
char *view_spool(const struct out *o, json_object *tray);
/* "PLA white", "empty": the same without how much is left. Owned. */
char *view_material(const struct out *o, json_object *tray);
/* Whole number text of a member, "-" when unknown. Owned. */
char *view_number(json_object *obj, const char *key);
/* A temperature {current_c, target_c}: "219/220" or "24" by what is asked for. Owned. */
enum heat_form {
	HEAT_CURRENT,	/* never the target */
	HEAT_IF_HEATED, /* the target unless it is 0 */
	HEAT_BOTH	/* the target when known */
};
char *view_heat(json_object *heater, enum heat_form form);
/* Where a message points: "A", "A1", "HT-A"; "-" for nowhere. Owned. */
char *view_place(json_object *message);
