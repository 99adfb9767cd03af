/* SPDX-License-Identifier: MIT */
/* Events from states: remembers what edges need and tells what a merge has made happen. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/event.h"
#include "daemon/model/hms.h"
#include "daemon/model/limits.h"
#include "daemon/model/state.h"

/* Members of `data`, all of them always there; null = not known.
 *
 * print.*                  job file percent layer total_layers duration_s (from a start that was
 *                          seen) tray (what feeds now: {unit,slot,tray,label,type,color}, null =
 *                          nothing or not known), and besides:
 *   paused                 reason code stage
 *   failed cancelled       reason code before_print (it never came to printing)
 *   progress               step (the multiple of ten that was passed)
 * error.raised cleared     code kind text
 * hms.raised cleared       code severity module unit slot text
 * ams.tray_changed         from to: {unit,slot,tray,label}, null = nothing loaded; of `to` its type
 *                          and color too
 * ams.spool_inserted removed   unit label slot tray type color remain_pct (of what was taken out:
 *                          null)
 * ams.filament_low         the same
 * ams.runout               unit label slot tray code
 * ams.drying_*             unit label target_c remaining_min
 * ams.humidity_*           unit label humidity_level humidity_pct
 * ams.temp_*               unit label temp_c
 * light.changed            light from to
 * printer.control_locked   evidence
 * printer.firmware_available   version firmware
 *
 * An event that happened while nobody listened carries "late": true besides. */

/* An end without a known reason waits this long: the code of a cancel may come after it. */
#define DERIVE_VERDICT_MS 3000

struct derive_sink {
	void (*event)(void *arg, enum event_kind kind, const char *data);
	void *arg;
	const struct hms_texts *texts;	    /* may be NULL */
	const char *serial;		    /* whose codes these are; NULL with texts alone */
	const struct derive_limits *limits; /* NULL: nothing is judged by them */
};

struct derive_print {
	enum print_state state;	      /* the last one that was known */
	char *job, *file, *task_id;   /* the same */
	int percent, layer;	      /* highest of this job, UNKNOWN_INT not seen yet */
	int old_percent, old_layer;   /* what the job before left behind, UNKNOWN_INT once gone */
	int step;		      /* last multiple of ten told */
	int64_t started_mono_ms;      /* -1 the start was not seen */
	int64_t cancel_mono_ms;	      /* when a cancel code came up, -1 not in this job */
	int64_t verdict_mono_ms;      /* since when an end waits for its reason, -1 none waits */
	bool before_print, went_idle; /* of that end */
	bool over, renamed;	      /* the end was told; another job was named since */
	bool runout;		      /* told in this pause */
	uint32_t sent_error, error;   /* as sent; the one that is raised */
};

/* A warning that stands or not, and what waits to be told of it. */
struct derive_warning {
	int64_t turned_mono_ms; /* since when the value says otherwise */
	bool turning;		/* it does */
	bool late;		/* and did so first in reports that were missed */
	enum tri on;
};

struct derive_unit {
	int id;
	enum tri drying;
	bool percent; /* it tells its humidity as one */
	bool heated;  /* by drying: not hot by itself until it has cooled */
	struct derive_warning humid, hot;
	struct {
		enum tri present;
		struct derive_warning low;
		uint32_t tag; /* hash of its uuid, 0 none */
	} slots[4];
};

struct derive {
	bool known; /* a full report was looked at */
	bool gap;   /* and reports were missed since */
	struct derive_print print;
	uint64_t *hms; /* attr << 32 | code */
	size_t hms_count;
	bool hms_known;
	struct derive_limits limits; /* by which the units were judged last */
	int64_t warning_mono_ms;     /* when a warning that waits has stood long enough, -1 none */
	bool fed;		     /* tray is known; UNKNOWN_INT = nothing loaded */
	int unit, slot, tray;
	int last_unit, last_slot, last_tray; /* that fed before nothing did */
	enum tri door;
	enum light_mode lights[LIGHT_NODE_COUNT];
	enum control_state control;
	char firmware_new[24];
	size_t unit_count;
	struct derive_unit *units; /* as many: most printers have one, and room for 16 is 2.5 kB */
};

void derive_init(struct derive *d);
void derive_finish(struct derive *d);
/* Fetches what the next report will touch. */
void derive_ahead(const struct derive *d);
/* The link came back: what the next full report shows to be different happened meanwhile and is
 * told as late. Till then nothing is told. */
void derive_gap(struct derive *d);
/* After each merge that changed something, and after each full report. changed: the bits of
 * state_delta. The first full report of all tells nothing. The sink is called before return. */
void derive_events(struct derive *d, const struct state *s, uint32_t changed, bool full,
    struct state_time now, const struct derive_sink *sink);
/* A message that changed nothing is to be looked at all the same: a warning has stood long enough,
 * or the limits are others. Warnings are told with a message only: of a printer that is silent
 * nobody knows. */
bool derive_due(const struct derive *d, const struct derive_sink *sink, int64_t mono_ms);
/* ms until derive_settle must be called, -1 when nothing waits. */
int64_t derive_wait_ms(const struct derive *d, int64_t mono_ms);
/* Tells an end whose reason did not come in time. */
void derive_settle(
    struct derive *d, const struct state *s, struct state_time now, const struct derive_sink *sink);
