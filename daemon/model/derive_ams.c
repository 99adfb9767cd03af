/* SPDX-License-Identifier: MIT */
/* The events of AMS units: spools, the tray that feeds, drying, and what units and spools warn of.
 */
#include <math.h>
#include <string.h>

#include "common/util.h"
#include "daemon/model/derive_internal.h"

/* How far back from where it begins a warning ends. */
enum { LOW_BACK_PCT = 5, HUMID_BACK_PCT = 10, HUMID_BACK_LEVELS = 2, DRIEST = 5, HOT_BACK_C = 5 };

/* What a value between the limits, or an unknown one, leaves as it was. */
static enum tri judge(enum tri was, bool begins, bool ends)
{
	if (begins) {
		return TRI_YES;
	}
	return ends || was == TRI_UNKNOWN ? TRI_NO : was;
}

/* The value says so now. True when that is to be told: it is another verdict, and has stood. What
 * is known for the first time is no edge. */
static bool turn(const struct derive_look *l, struct derive_warning *m, enum tri says)
{
	int64_t due_ms;

	if (m->on == TRI_UNKNOWN || says == m->on) {
		m->on = says;
		m->turning = false;
		return false;
	}
	if (!m->turning) {
		m->turning = true;
		m->late = l->late;
		m->turned_mono_ms = l->now.mono_ms;
	}
	due_ms = m->turned_mono_ms + l->d->limits.hold_ms;
	if (l->now.mono_ms < due_ms) {
		if (l->d->warning_mono_ms < 0 || due_ms < l->d->warning_mono_ms) {
			l->d->warning_mono_ms = due_ms;
		}
		return false;
	}
	m->on = says;
	m->turning = false;
	return true;
}

/* Whatever was known of it does not count any more. */
static void forget(struct derive_warning *m)
{
	*m = (struct derive_warning){0};
}

/* As the look is, but late when the turn was. */
static struct derive_look look_of(const struct derive_look *l, const struct derive_warning *m)
{
	struct derive_look look = *l;

	look.late = m->late;
	return look;
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
	struct derive_warning *low = &m->slots[t->slot].low;
	uint32_t tag = tag_of(t), *kept = &m->slots[t->slot].tag;
	int limit = l->d->limits.low_pct;
	bool begins = t->remain_pct <= limit, ends = t->remain_pct >= limit + LOW_BACK_PCT;

	if (t->state == TRAY_EMPTY || (tag != 0 && *kept != 0 && tag != *kept)) {
		forget(low);
		*kept = 0;
	}
	*kept = tag != 0 ? tag : *kept;
	if (limit == 0) {
		forget(low);
	} else if (t->remain_pct != UNKNOWN_INT &&
		   turn(l, low, judge(low->on, begins, ends || t->remain_pct == 100)) &&
		   low->on == TRI_YES) {
		struct derive_look look = look_of(l, low);

		tell_spool(&look, EVENT_AMS_FILAMENT_LOW, u, t);
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

/* By the percentage of a unit that has ever told one, else (older units) by the level. */
static bool humidity_turns(
    const struct derive_look *l, const struct ams_unit *u, struct derive_unit *unit)
{
	struct derive_warning *m = &unit->humid;
	bool by_level = !unit->percent && u->humidity_pct == UNKNOWN_INT;
	int value = by_level ? u->humidity_level : u->humidity_pct;
	int limit = by_level ? l->d->limits.humid_level : l->d->limits.humid_pct;
	bool begins, ends;

	unit->percent = !by_level;
	if (limit == 0) {
		forget(m);
	}
	if (limit == 0 || value == UNKNOWN_INT) {
		return false;
	}
	begins = by_level ? value <= limit : value >= limit;
	ends = by_level ? value >= limit + HUMID_BACK_LEVELS || value == DRIEST
			: value <= limit - HUMID_BACK_PCT || value == 0;
	return turn(l, m, judge(m->on, begins, ends));
}

static void look_at_humidity(
    const struct derive_look *l, const struct ams_unit *u, struct derive_unit *m)
{
	struct derive_look look;
	struct jw w;

	if (!humidity_turns(l, u, m)) {
		return;
	}
	look = look_of(l, &m->humid);
	open_unit(&w, u);
	derive_put_int(&w, "humidity_level", u->humidity_level);
	derive_put_int(&w, "humidity_pct", u->humidity_pct);
	derive_tell(
	    &look, m->humid.on == TRI_YES ? EVENT_AMS_HUMIDITY_HIGH : EVENT_AMS_HUMIDITY_OK, &w);
}

/* Heat of drying is wanted, and stays for a while after it. */
static bool heat_turns(const struct derive_look *l, const struct ams_unit *u, struct derive_unit *m)
{
	int limit = l->d->limits.hot_c;
	bool cool = u->temp_c <= limit - HOT_BACK_C;

	if (limit == 0) {
		forget(&m->hot);
	}
	if (limit == 0 || isnan(u->temp_c)) {
		return false;
	}
	if (m->drying != TRI_YES && cool) {
		m->heated = false;
	}
	return turn(l, &m->hot, judge(m->hot.on, u->temp_c >= limit && !m->heated, cool));
}

static void look_at_temp(
    const struct derive_look *l, const struct ams_unit *u, struct derive_unit *m)
{
	struct derive_look look;
	struct jw w;

	if (!heat_turns(l, u, m)) {
		return;
	}
	look = look_of(l, &m->hot);
	open_unit(&w, u);
	jw_num(&w, "temp_c", u->temp_c, 1);
	derive_tell(&look, m->hot.on == TRI_YES ? EVENT_AMS_TEMP_HIGH : EVENT_AMS_TEMP_OK, &w);
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
	if (l->d->unit_count != a->unit_count) {
		l->d->units = xrealloc(l->d->units, a->unit_count * sizeof(next[0]) + 1);
		l->d->unit_count = a->unit_count;
	}
	if (a->unit_count > 0) {
		memcpy(l->d->units, next, a->unit_count * sizeof(next[0]));
	}
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

static const struct ams_tray *find_tray(const struct state_ams *a, int number)
{
	for (size_t i = 0; i < a->external_count; i++) {
		if (a->external[i].tray == number) {
			return &a->external[i];
		}
	}
	for (size_t i = 0; i < a->unit_count; i++) {
		for (size_t k = 0; k < a->units[i].tray_count; k++) {
			if (a->units[i].trays[k].tray == number) {
				return &a->units[i].trays[k];
			}
		}
	}
	return NULL;
}

void derive_put_fed(struct jw *w, const char *key, const struct state_ams *a)
{
	const struct ams_tray *t = find_tray(a, a->active_tray);

	if (a->active_tray == UNKNOWN_INT) {
		jw_null(w, key);
		return;
	}
	jw_object(w, key);
	derive_put_tray(w, a->active_unit, a->active_slot, a->active_tray);
	jw_str(w, "type", t && t->type[0] != '\0' ? t->type : NULL);
	jw_str(w, "color", t && t->color[0] != '\0' ? t->color : NULL);
	jw_object_end(w);
}

static void tell_feed(const struct derive_look *l)
{
	const struct state_ams *a = &l->s->ams;
	struct jw w;

	derive_open(&w);
	put_feed(&w, "from", l->d->unit, l->d->slot, l->d->tray);
	derive_put_fed(&w, "to", a);
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

/* Whether a value stood while reports were missed nobody knows: it is waited for anew. */
static void wait_anew(struct derive_unit *m, int64_t mono_ms)
{
	m->humid.turned_mono_ms = m->hot.turned_mono_ms = mono_ms;
	for (size_t slot = 0; slot < ARRAY_SIZE(m->slots); slot++) {
		m->slots[slot].low.turned_mono_ms = mono_ms;
	}
}

void derive_ams_look(const struct derive_look *l)
{
	l->d->warning_mono_ms = -1;
	l->d->limits = l->sink->limits ? *l->sink->limits : (struct derive_limits){0};
	for (size_t i = 0; l->late && i < l->d->unit_count; i++) {
		wait_anew(&l->d->units[i], l->now.mono_ms);
	}
	if (!l->s->ams.known) {
		return;
	}
	look_at_units(l);
	look_at_feed(l);
}
