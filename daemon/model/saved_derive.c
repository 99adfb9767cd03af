/* SPDX-License-Identifier: MIT */
/* What edges need as JSON, and back: so that what happened while nobody ran is told, and nothing
 * twice. */
#include <string.h>

#include "common/util.h"
#include "daemon/model/fields.h"
#include "daemon/model/saved.h"
#include "daemon/model/take.h"

static const struct field derive_fields[] = {
    FIELD(BOOL, struct derive, known),
    FIELD(BOOL, struct derive, hms_known),
    FIELD(BOOL, struct derive, fed),
    FIELD(INT, struct derive, unit),
    FIELD(INT, struct derive, slot),
    FIELD(INT, struct derive, tray),
    FIELD(INT, struct derive, last_unit),
    FIELD(INT, struct derive, last_slot),
    FIELD(INT, struct derive, last_tray),
    FIELD(ENUM, struct derive, door, TRI_YES + 1),
    FIELD(ENUM, struct derive, control, CONTROL_STATE_COUNT),
    FIELD(TEXT, struct derive, firmware_new),
};
static const struct field print_fields[] = {
    FIELD(ENUM, struct derive_print, state, PRINT_STATE_COUNT),
    FIELD(STR, struct derive_print, job),
    FIELD(STR, struct derive_print, file),
    FIELD(STR, struct derive_print, task_id),
    FIELD(INT, struct derive_print, percent),
    FIELD(INT, struct derive_print, layer),
    FIELD(INT, struct derive_print, old_percent),
    FIELD(INT, struct derive_print, old_layer),
    FIELD(INT, struct derive_print, step),
    FIELD(BOOL, struct derive_print, before_print),
    FIELD(BOOL, struct derive_print, went_idle),
    FIELD(BOOL, struct derive_print, over),
    FIELD(BOOL, struct derive_print, renamed),
    FIELD(BOOL, struct derive_print, runout),
    FIELD(U32, struct derive_print, sent_error),
    FIELD(U32, struct derive_print, error),
};
static const struct field unit_fields[] = {
    FIELD(INT, struct derive_unit, id),
    FIELD(ENUM, struct derive_unit, drying, TRI_YES + 1),
    FIELD(BOOL, struct derive_unit, percent),
    FIELD(ENUM, struct derive_unit, humid.on, TRI_YES + 1),
    FIELD(BOOL, struct derive_unit, humid.turning),
    FIELD(BOOL, struct derive_unit, humid.late),
    FIELD(ENUM, struct derive_unit, hot.on, TRI_YES + 1),
    FIELD(BOOL, struct derive_unit, hot.turning),
    FIELD(BOOL, struct derive_unit, hot.late),
    FIELD(BOOL, struct derive_unit, heated),
};

/* Times of the job clock: each written as an age. */
static const struct {
	const char *name;
	size_t off;
} clocks[] = {
    {"started_age_ms", offsetof(struct derive_print, started_mono_ms)},
    {"cancel_age_ms", offsetof(struct derive_print, cancel_mono_ms)},
    {"verdict_age_ms", offsetof(struct derive_print, verdict_mono_ms)},
};

static void write_clocks(struct jw *w, const struct derive_print *p, int64_t now_mono_ms)
{
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		int64_t at_ms;

		memcpy(&at_ms, (const char *)p + clocks[i].off, sizeof(at_ms));
		jw_int(w, clocks[i].name, at_ms < 0 ? -1 : now_mono_ms - at_ms);
	}
}

static void read_clocks(const struct scan *s, uint32_t node, struct derive_print *p,
    int64_t now_mono_ms, int64_t elapsed_ms)
{
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		int64_t at_ms = -1;

		scan_int(s, take_sub(s, node, clocks[i].name), &at_ms);
		at_ms = saved_mono_ms(at_ms, elapsed_ms, now_mono_ms);
		memcpy((char *)p + clocks[i].off, &at_ms, sizeof(at_ms));
	}
}

static void write_unit(struct jw *w, const struct derive_unit *u)
{
	jw_object(w, NULL);
	fields_write(w, u, unit_fields, ARRAY_SIZE(unit_fields));
	jw_array(w, "slots");
	for (size_t i = 0; i < ARRAY_SIZE(u->slots); i++) {
		jw_int(w, NULL, u->slots[i].present);
		jw_int(w, NULL, u->slots[i].low.on);
		jw_int(w, NULL, u->slots[i].low.turning);
		jw_int(w, NULL, u->slots[i].low.late);
		jw_int(w, NULL, u->slots[i].tag);
	}
	jw_array_end(w);
	jw_object_end(w);
}

enum { SLOT_PRESENT, SLOT_LOW, SLOT_TURNING, SLOT_LATE, SLOT_TAG, SLOT_NUMBERS };

static enum tri tri_of(int64_t value)
{
	return value >= 0 && value <= TRI_YES ? (enum tri)value : TRI_UNKNOWN;
}

/* How long a warning has stood is not kept: it is waited for anew, as after any gap. */
static void read_slots(const struct scan *s, uint32_t array, struct derive_unit *u)
{
	int64_t values[ARRAY_SIZE(u->slots)][SLOT_NUMBERS] = {{0}};
	size_t count = 0;

	for (uint32_t node = array != 0 ? scan_first(s, array) : 0;
	     node != 0 && count < sizeof(values) / sizeof(values[0][0]);
	     node = scan_next(s, array, node), count++) {
		scan_int(s, node, &values[count / SLOT_NUMBERS][count % SLOT_NUMBERS]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(u->slots); i++) {
		u->slots[i].present = tri_of(values[i][SLOT_PRESENT]);
		u->slots[i].low.on = tri_of(values[i][SLOT_LOW]);
		u->slots[i].low.turning = values[i][SLOT_TURNING] == 1;
		u->slots[i].low.late = values[i][SLOT_LATE] == 1;
		u->slots[i].tag = (uint32_t)values[i][SLOT_TAG];
	}
}

void derive_save(const struct derive *d, struct jw *w, const char *key, int64_t now_mono_ms)
{
	jw_object(w, key);
	fields_write(w, d, derive_fields, ARRAY_SIZE(derive_fields));
	jw_object(w, "print");
	fields_write(w, &d->print, print_fields, ARRAY_SIZE(print_fields));
	write_clocks(w, &d->print, now_mono_ms);
	jw_object_end(w);
	jw_array(w, "hms");
	for (size_t i = 0; i < d->hms_count; i++) {
		jw_int(w, NULL, (int64_t)(d->hms[i] >> 32));
		jw_int(w, NULL, (int64_t)(d->hms[i] & UINT32_MAX));
	}
	jw_array_end(w);
	jw_array(w, "units");
	for (size_t i = 0; i < d->unit_count; i++) {
		write_unit(w, &d->units[i]);
	}
	jw_array_end(w);
	jw_array(w, "lights");
	for (int i = 0; i < LIGHT_NODE_COUNT; i++) {
		jw_int(w, NULL, d->lights[i]);
	}
	jw_array_end(w);
	jw_object_end(w);
}

static void read_hms(const struct scan *s, uint32_t array, struct derive *d)
{
	uint32_t node = array != 0 ? scan_first(s, array) : 0;

	if (node == 0) {
		return;
	}
	d->hms = xcalloc(STATE_HMS_MAX, sizeof(*d->hms));
	while (node != 0 && d->hms_count < STATE_HMS_MAX) {
		int64_t attr = 0, code = 0;

		scan_int(s, node, &attr);
		node = scan_next(s, array, node);
		if (node != 0) {
			scan_int(s, node, &code);
			node = scan_next(s, array, node);
		}
		d->hms[d->hms_count++] = (uint64_t)attr << 32 | (uint32_t)code;
	}
}

static void read_units(const struct scan *s, uint32_t array, struct derive *d)
{
	for (uint32_t node = array != 0 ? scan_first(s, array) : 0;
	     node != 0 && d->unit_count < STATE_UNITS_MAX; node = scan_next(s, array, node)) {
		struct derive_unit *u;

		d->units = xrealloc(d->units, (d->unit_count + 1) * sizeof(*u));
		u = &d->units[d->unit_count++];
		memset(u, 0, sizeof(*u));
		fields_read(s, node, u, unit_fields, ARRAY_SIZE(unit_fields));
		read_slots(s, take_sub(s, node, "slots"), u);
	}
}

static void read_lights(const struct scan *s, uint32_t array, struct derive *d)
{
	int i = 0;

	for (uint32_t node = array != 0 ? scan_first(s, array) : 0;
	     node != 0 && i < LIGHT_NODE_COUNT; node = scan_next(s, array, node), i++) {
		int64_t mode = 0;

		if (scan_int(s, node, &mode) && mode >= 0 && mode < LIGHT_MODE_COUNT) {
			d->lights[i] = (enum light_mode)mode;
		}
	}
}

void derive_restore(struct derive *d, const struct scan *scan, uint32_t node, int64_t now_mono_ms,
    int64_t elapsed_ms)
{
	uint32_t print = take_sub(scan, node, "print");

	fields_read(scan, node, d, derive_fields, ARRAY_SIZE(derive_fields));
	fields_read(scan, print, &d->print, print_fields, ARRAY_SIZE(print_fields));
	read_clocks(scan, print, &d->print, now_mono_ms, elapsed_ms);
	read_hms(scan, take_sub(scan, node, "hms"), d);
	read_units(scan, take_sub(scan, node, "units"), d);
	read_lights(scan, take_sub(scan, node, "lights"), d);
	derive_gap(d);
}
