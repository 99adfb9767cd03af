/* SPDX-License-Identifier: MIT */
/* What edges need, and the events of health messages, door, lights, lock and firmware. */
#include "daemon/model/derive.h"

#include <string.h>

#include "common/util.h"
#include "daemon/model/derive_internal.h"
#include "daemon/model/hms.h"
#include "daemon/model/shown.h"

void derive_init(struct derive *d)
{
	memset(d, 0, sizeof(*d));
	d->print.percent = d->print.layer = UNKNOWN_INT;
	d->print.old_percent = d->print.old_layer = UNKNOWN_INT;
	d->print.started_mono_ms = d->print.cancel_mono_ms = d->print.verdict_mono_ms = -1;
	d->warning_mono_ms = -1;
	d->unit = d->slot = d->tray = UNKNOWN_INT;
	d->last_unit = d->last_slot = d->last_tray = UNKNOWN_INT;
}

void derive_finish(struct derive *d)
{
	free(TAKE(d->print.job));
	free(TAKE(d->print.file));
	free(TAKE(d->print.task_id));
	free(TAKE(d->hms));
	free(TAKE(d->units));
}

void derive_gap(struct derive *d)
{
	d->gap = true;
}

void derive_open(struct jw *w)
{
	jw_init(w);
	jw_object(w, NULL);
}

void derive_tell(const struct derive_look *l, enum event_kind kind, struct jw *w)
{
	_cleanup_free_ char *data = NULL;

	if (l->late) {
		jw_bool(w, "late", true);
	}
	jw_object_end(w);
	data = jw_take(w);
	if (!l->quiet) {
		l->sink->event(l->sink->arg, kind, data);
	}
}

void derive_put_int(struct jw *w, const char *key, int value)
{
	if (value == UNKNOWN_INT) {
		jw_null(w, key);
	} else {
		jw_int(w, key, value);
	}
}

void derive_put_unit(struct jw *w, int unit)
{
	char label[16];

	derive_put_int(w, "unit", unit);
	jw_str(w, "label", shown_unit_label(unit, label));
}

void derive_put_tray(struct jw *w, int unit, int slot, int tray)
{
	derive_put_unit(w, unit);
	derive_put_int(w, "slot", slot);
	derive_put_int(w, "tray", tray);
}

static uint64_t key_of(const struct hms_entry *e)
{
	return (uint64_t)e->attr << 32 | e->code;
}

static void tell_hms(const struct derive_look *l, enum event_kind kind, uint64_t key)
{
	struct hms_info info;
	struct jw w;

	hms_describe((uint32_t)(key >> 32), (uint32_t)key, &info);
	derive_open(&w);
	jw_str(&w, "code", info.code);
	jw_str(&w, "severity", hms_severity_word(info.severity));
	jw_str(&w, "module", info.module);
	derive_put_int(&w, "unit", info.unit);
	derive_put_int(&w, "slot", info.slot);
	jw_str(&w, "text",
	    hms_words(l->sink->texts, l->sink->serial, HMS_LANG, (uint32_t)(key >> 32),
		(uint32_t)key, info.text));
	derive_tell(l, kind, &w);
}

static bool lists(const struct state_hms *h, uint64_t key)
{
	for (size_t i = 0; i < h->count; i++) {
		if (key_of(&h->entries[i]) == key) {
			return true;
		}
	}
	return false;
}

static bool remembers(const struct derive *d, uint64_t key)
{
	for (size_t i = 0; i < d->hms_count; i++) {
		if (d->hms[i] == key) {
			return true;
		}
	}
	return false;
}

static void look_at_hms(const struct derive_look *l)
{
	const struct state_hms *h = &l->s->hms;
	struct derive *d = l->d;
	bool first = !d->hms_known;
	size_t i;

	if (!h->known) {
		return;
	}
	d->hms_known = true;
	for (i = 0; i < d->hms_count; i++) {
		if (!lists(h, d->hms[i])) {
			tell_hms(l, EVENT_HMS_CLEARED, d->hms[i]);
		}
	}
	for (i = 0; i < h->count; i++) {
		if (!first && !remembers(d, key_of(&h->entries[i]))) {
			tell_hms(l, EVENT_HMS_RAISED, key_of(&h->entries[i]));
		}
	}
	free(TAKE(d->hms));
	d->hms_count = h->count;
	if (h->count > 0) {
		d->hms = xcalloc(h->count, sizeof(*d->hms));
	}
	for (i = 0; i < h->count; i++) {
		d->hms[i] = key_of(&h->entries[i]);
	}
}

/* The worst one; of equals the first that has a text. */
const struct hms_entry *derive_hms_reason(const struct state *s)
{
	const struct hms_entry *best = NULL;
	unsigned best_rank = UINT32_MAX;

	for (size_t i = 0; i < s->hms.count; i++) {
		const struct hms_entry *e = &s->hms.entries[i];
		struct hms_info info;
		unsigned rank;

		hms_describe(e->attr, e->code, &info);
		if (info.severity == HMS_SEVERITY_UNKNOWN || info.severity == HMS_INFO) {
			continue;
		}
		rank = (unsigned)info.severity * 2 + (info.text == NULL);
		if (rank < best_rank) {
			best_rank = rank;
			best = e;
		}
	}
	return best;
}

static void look_at_door(const struct derive_look *l)
{
	enum tri now = l->s->device.door_open, was = l->d->door;
	struct jw w;

	if (now == TRI_UNKNOWN) {
		return;
	}
	l->d->door = now;
	if (was != TRI_UNKNOWN && was != now) {
		derive_open(&w);
		derive_tell(l, now == TRI_YES ? EVENT_DOOR_OPENED : EVENT_DOOR_CLOSED, &w);
	}
}

static void look_at_lights(const struct derive_look *l)
{
	for (int i = 0; i < LIGHT_NODE_COUNT; i++) {
		enum light_mode now = l->s->lights[i], was = l->d->lights[i];
		struct jw w;

		if (now == LIGHT_UNKNOWN) {
			continue;
		}
		l->d->lights[i] = now;
		if (was == LIGHT_UNKNOWN || was == now) {
			continue;
		}
		derive_open(&w);
		jw_str(&w, "light", light_node_word((enum light_node)i));
		jw_str(&w, "from", light_mode_word(was));
		jw_str(&w, "to", light_mode_word(now));
		derive_tell(l, EVENT_LIGHT_CHANGED, &w);
	}
}

/* "Unknown" is a verdict here (no evidence), so evidence that turns up is an edge; evidence that
 * goes away and comes again is none. */
static void look_at_control(const struct derive_look *l)
{
	enum control_state now = l->s->control, was = l->d->control;
	struct jw w;

	if (now == CONTROL_UNKNOWN) {
		return;
	}
	l->d->control = now;
	if (now == CONTROL_LOCKED && was != CONTROL_LOCKED) {
		derive_open(&w);
		jw_str(&w, "evidence", l->s->control_evidence);
		derive_tell(l, EVENT_PRINTER_CONTROL_LOCKED, &w);
	}
}

static void look_at_firmware(const struct derive_look *l)
{
	const char *offered = l->s->device.firmware_new;
	struct jw w;

	if (offered[0] == '\0' || strcmp(offered, l->d->firmware_new) == 0) {
		return;
	}
	str_copy(l->d->firmware_new, sizeof(l->d->firmware_new), offered);
	derive_open(&w);
	jw_str(&w, "version", offered);
	jw_str(&w, "firmware", l->s->info.firmware[0] != '\0' ? l->s->info.firmware : NULL);
	derive_tell(l, EVENT_PRINTER_FIRMWARE_AVAILABLE, &w);
}

static void look(const struct derive_look *l, uint32_t changed)
{
	if (changed & SECTION_BIT(SECTION_HMS)) {
		look_at_hms(l);
	}
	if (changed & (SECTION_BIT(SECTION_PRINT) | SECTION_BIT(SECTION_HMS))) {
		derive_print_look(l);
	}
	if (changed & SECTION_BIT(SECTION_AMS) || derive_due(l->d, l->sink, l->now.mono_ms)) {
		derive_ams_look(l);
	}
	if (changed & SECTION_BIT(SECTION_LIGHTS)) {
		look_at_lights(l);
	}
	if (changed & SECTION_BIT(SECTION_DEVICE)) {
		look_at_door(l);
		look_at_firmware(l);
	}
	if (changed & SECTION_BIT(SECTION_CONTROL)) {
		look_at_control(l);
	}
}

void derive_ahead(const struct derive *d)
{
	memory_fetch(d, sizeof(*d));
}

void derive_events(struct derive *d, const struct state *s, uint32_t changed, bool full,
    struct state_time now, const struct derive_sink *sink)
{
	struct derive_look l = {.d = d, .s = s, .now = now, .sink = sink};

	if (!full && (!d->known || d->gap)) {
		return; /* a version reply may come before the full report */
	}
	if (!d->known || d->gap) {
		changed = SECTION_BIT(SECTION_COUNT) - 1;
	}
	l.quiet = !d->known;
	l.late = d->known && d->gap;
	d->known = true;
	d->gap = false;
	look(&l, changed);
	if (l.late) {
		derive_print_settle(&l); /* no reason comes any more */
	}
}

bool derive_due(const struct derive *d, const struct derive_sink *sink, int64_t mono_ms)
{
	if (d->warning_mono_ms >= 0 && mono_ms >= d->warning_mono_ms) {
		return true;
	}
	return sink->limits && memcmp(sink->limits, &d->limits, sizeof(d->limits)) != 0;
}

int64_t derive_wait_ms(const struct derive *d, int64_t mono_ms)
{
	int64_t left_ms;

	if (d->print.verdict_mono_ms < 0) {
		return -1;
	}
	left_ms = d->print.verdict_mono_ms + DERIVE_VERDICT_MS - mono_ms;
	return left_ms > 0 ? left_ms : 0;
}

void derive_settle(
    struct derive *d, const struct state *s, struct state_time now, const struct derive_sink *sink)
{
	struct derive_look l = {.d = d, .s = s, .now = now, .sink = sink};

	derive_print_settle(&l);
}
