/* SPDX-License-Identifier: MIT */
/* The events of AMS units: spools, the tray that feeds, drying, and what units and spools warn of.
 */
#include <math.h>
#include <string.h>

#include "common/util.h"
#include "daemon/model/derive_internal.h"

/* Every warning begins at one value and ends at another, so that a value that flutters between
 * them is told once. Humidity levels count from 1 (wet) to 5 (dry). */
static const struct {
	int low_pct, low_end_pct;	  /* filament left */
	int humid_level, humid_end_level; /* at or below; at or above */
	int humid_pct, humid_end_pct;	  /* at or above; at or below */
	double hot_c, hot_end_c;
} limits = {
    .low_pct = 10,
    .low_end_pct = 15,
    .humid_level = 2,
    .humid_end_level = 4,
    .humid_pct = 50,
    .humid_end_pct = 40,
    .hot_c = 45,
    .hot_end_c = 40,
};

/* What a value between the limits, or an unknown one, leaves as it was. */
static enum tri judge(enum tri was, bool begins, bool ends)
{
	if (begins) {
		return TRI_YES;
	}
	return ends || was == TRI_UNKNOWN ? TRI_NO : was;
}

static void open_unit(struct jw *w, const struct ams_unit *u)
{
	derive_open(w);
	derive_put_unit(w, u->id);
}

/* ---- spools ---- */

static void tell_spool(const struct derive_look *l, enum event_kind kind, const struct ams_unit *u,
    const struct ams_tray *t)
{
	struct jw w;

	derive_open(&w);
	derive_put_tray(&w, u->id, t->slot, t->tray);
	jw_str(&w, "type", t->type[0] != '\0' ? t->type : NULL);
	jw_str(&w, "color", t->color[0] != '\0' ? t->color : NULL);
	derive_put_int(&w, "remain_pct", t->remain_pct);
	derive_tell(l, kind, &w);
}

/* FNV-1a; 0 is kept for "no tag". */
static uint32_t tag_of(const struct ams_tray *t)
{
	uint32_t h = 2166136261u;

	for (const char *c = t->uuid; *c != '\0'; c++) {
		h = (h ^ (unsigned char)*c) * 16777619u;
	}
	return t->uuid[0] == '\0' ? 0 : h | 1;
}

static void look_at_spool(const struct derive_look *l, const struct ams_unit *u,
    const struct ams_tray *t, struct derive_unit *m)
{
	enum tri was = m->slots[t->slot].present;

	if (t->state == TRAY_UNKNOWN) {
		return;
	}
	m->slots[t->slot].present = t->state == TRAY_EMPTY ? TRI_NO : TRI_YES;
	if (was == TRI_NO && t->state != TRAY_EMPTY) {
		tell_spool(l, EVENT_AMS_SPOOL_INSERTED, u, t);
	} else if (was == TRI_YES && t->state == TRAY_EMPTY) {
		tell_spool(l, EVENT_AMS_SPOOL_REMOVED, u, t);
	}
}

/* Once per spool: another tag, or an empty slot between, is another spool. */
static void look_at_rest(const struct derive_look *l, const struct ams_unit *u,
    const struct ams_tray *t, struct derive_unit *m)
{
	uint32_t tag = tag_of(t), *kept = &m->slots[t->slot].tag;
	enum tri *low = &m->slots[t->slot].low, was;

	if (t->state == TRAY_EMPTY || (tag != 0 && *kept != 0 && tag != *kept)) {
		*low = TRI_UNKNOWN;
		*kept = 0;
	}
	*kept = tag != 0 ? tag : *kept;
	if (t->remain_pct == UNKNOWN_INT) {
		return;
	}
	was = *low;
	*low = judge(was, t->remain_pct <= limits.low_pct, t->remain_pct >= limits.low_end_pct);
	if (was == TRI_NO && *low == TRI_YES) {
		tell_spool(l, EVENT_AMS_FILAMENT_LOW, u, t);
	}
}

/* ---- the unit's air ---- */

static void tell_drying(const struct derive_look *l, const struct ams_unit *u, bool on)
{
	struct jw w;

	open_unit(&w, u);
	derive_put_int(&w, "target_c", u->dry_target_c);
	derive_put_int(&w, "remaining_min", u->dry_remaining_min);
	derive_tell(l, on ? EVENT_AMS_DRYING_STARTED : EVENT_AMS_DRYING_FINISHED, &w);
}

static void look_at_drying(
    const struct derive_look *l, const struct ams_unit *u, struct derive_unit *m)
{
	enum tri was = m->drying;

	if (u->drying == TRI_UNKNOWN) {
		return;
	}
	m->drying = u->drying;
	m->heated |= u->drying == TRI_YES;
	if (was != TRI_UNKNOWN && was != u->drying) {
		tell_drying(l, u, u->drying == TRI_YES);
	}
}

/* By the level where the unit has one, else (AMS HT) by the percentage. */
static void look_at_humidity(
    const struct derive_look *l, const struct ams_unit *u, struct derive_unit *m)
{
	int level = u->humidity_level, pct = u->humidity_pct;
	enum tri was = m->humid;
	struct jw w;

	if (level != UNKNOWN_INT) {
		m->humid = judge(was, level <= limits.humid_level, level >= limits.humid_end_level);
	} else if (pct != UNKNOWN_INT) {
		m->humid = judge(was, pct >= limits.humid_pct, pct <= limits.humid_end_pct);
	}
	if (was == TRI_UNKNOWN || was == m->humid) {
		return;
	}
	open_unit(&w, u);
	derive_put_int(&w, "humidity_level", level);
	derive_put_int(&w, "humidity_pct", pct);
	derive_tell(l, m->humid == TRI_YES ? EVENT_AMS_HUMIDITY_HIGH : EVENT_AMS_HUMIDITY_OK, &w);
}

/* Heat of drying is wanted, and stays for a while after it. */
static void look_at_temp(
    const struct derive_look *l, const struct ams_unit *u, struct derive_unit *m)
{
	enum tri was = m->hot;
	struct jw w;

	if (isnan(u->temp_c)) {
		return;
	}
	if (m->drying != TRI_YES && u->temp_c <= limits.hot_end_c) {
		m->heated = false;
	}
	m->hot = judge(was, u->temp_c >= limits.hot_c && !m->heated, u->temp_c <= limits.hot_end_c);
	if (was == TRI_UNKNOWN || was == m->hot) {
		return;
	}
	open_unit(&w, u);
	jw_num(&w, "temp_c", u->temp_c, 1);
	derive_tell(l, m->hot == TRI_YES ? EVENT_AMS_TEMP_HIGH : EVENT_AMS_TEMP_OK, &w);
}

static void look_at_unit(
    const struct derive_look *l, const struct ams_unit *u, struct derive_unit *m)
{
	for (int slot = 0; slot < u->tray_count; slot++) {
		look_at_spool(l, u, &u->trays[slot], m);
		look_at_rest(l, u, &u->trays[slot], m);
	}
	look_at_drying(l, u, m);
	look_at_humidity(l, u, m);
	look_at_temp(l, u, m);
}

/* ---- the set of units, the tray that feeds ---- */

static const struct derive_unit *unit_of(const struct derive *d, int id)
{
	for (size_t i = 0; i < d->unit_count; i++) {
		if (d->units[i].id == id) {
			return &d->units[i];
		}
	}
	return NULL;
}

/* Of a unit that is new nothing is known yet, so nothing is told: its spools did not come one by
 * one. */
static void look_at_units(const struct derive_look *l)
{
	const struct state_ams *a = &l->s->ams;
	struct derive_unit next[STATE_UNITS_MAX];

	for (size_t i = 0; i < a->unit_count; i++) {
		const struct derive_unit *kept = unit_of(l->d, a->units[i].id);

		if (kept != NULL) {
			memcpy(&next[i], kept, sizeof(next[i]));
		} else {
			memset(&next[i], 0, sizeof(next[i]));
			next[i].id = a->units[i].id;
		}
		look_at_unit(l, &a->units[i], &next[i]);
	}
	memcpy(l->d->units, next, a->unit_count * sizeof(next[0]));
	l->d->unit_count = a->unit_count;
}

static void put_feed(struct jw *w, const char *key, int unit, int slot, int tray)
{
	if (tray == UNKNOWN_INT) {
		jw_null(w, key);
		return;
	}
	jw_object(w, key);
	derive_put_tray(w, unit, slot, tray);
	jw_object_end(w);
}

static void tell_feed(const struct derive_look *l)
{
	const struct state_ams *a = &l->s->ams;
	struct jw w;

	derive_open(&w);
	put_feed(&w, "from", l->d->unit, l->d->slot, l->d->tray);
	put_feed(&w, "to", a->active_unit, a->active_slot, a->active_tray);
	derive_tell(l, EVENT_AMS_TRAY_CHANGED, &w);
}

static void look_at_feed(const struct derive_look *l)
{
	const struct state_ams *a = &l->s->ams;
	struct derive *d = l->d;

	if (!a->active_known) {
		return;
	}
	if (d->fed && d->tray != a->active_tray) {
		tell_feed(l);
	}
	d->fed = true;
	d->unit = a->active_unit;
	d->slot = a->active_slot;
	d->tray = a->active_tray;
	if (d->tray != UNKNOWN_INT) {
		d->last_unit = d->unit;
		d->last_slot = d->slot;
		d->last_tray = d->tray;
	}
}

void derive_ams_look(const struct derive_look *l)
{
	if (!l->s->ams.known) {
		return;
	}
	look_at_units(l);
	look_at_feed(l);
}
