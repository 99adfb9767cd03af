/* SPDX-License-Identifier: MIT */
/* The events of a job: its start, pauses and end, progress, print errors and runout. */
#include <string.h>

#include "common/util.h"
#include "daemon/model/derive_internal.h"
#include "daemon/model/hms.h"

#define ERROR_RUNOUT 0x03008004u /* bambu.md 6.7 */
#define ERROR_RUNOUT_LOW 0x8011u /* of an AMS module */
#define HMS_RUNOUT 0x00020001u	 /* with part 20..23 of an AMS module: slot 0..3 */
#define HMS_RUNOUT_PART 0x20
#define UNIT_RIGHT 0xFF /* external spools */
#define UNIT_LEFT 0xFE
#define STAGE_RUNOUT 6
/* A printer that was told to stop lifts, parks and cools before it says that the job is over. */
#define CANCEL_TAKES_MS 60000

static bool is_active(enum print_state s)
{
	return s == PRINT_PREPARING || s == PRINT_SLICING || s == PRINT_PRINTING ||
	       s == PRINT_PAUSED;
}

static bool is_over(enum print_state s)
{
	return s == PRINT_IDLE || s == PRINT_FINISHED || s == PRINT_FAILED;
}

static bool at_work(enum print_state s)
{
	return s == PRINT_PRINTING || s == PRINT_PAUSED;
}

/* ---- data ---- */

/* A finished job says its own last numbers; one that was stopped may have been reset by the
 * firmware, so the last ones that were not 0 count. */
static int last_number(int now, int kept)
{
	if (now > 0) {
		return now;
	}
	return kept > 0 ? kept : now;
}

static void open_job(const struct derive_look *l, struct jw *w)
{
	const struct derive_print *m = &l->d->print;
	const struct state_print *p = &l->s->print;
	bool old_percent = p->percent == m->old_percent, old_layer = p->layer == m->old_layer;

	derive_open(w);
	jw_str(w, "job", m->job);
	jw_str(w, "file", m->file);
	derive_put_int(
	    w, "percent", last_number(old_percent ? UNKNOWN_INT : p->percent, m->percent));
	derive_put_int(w, "layer", last_number(old_layer ? UNKNOWN_INT : p->layer, m->layer));
	derive_put_int(w, "total_layers", p->total_layers);
	if (m->started_mono_ms >= 0 && !l->late) {
		jw_int(w, "duration_s", (l->now.mono_ms - m->started_mono_ms) / 1000);
	} else {
		jw_null(w, "duration_s");
	}
	derive_put_fed(w, "tray", &l->s->ams);
}

static bool is_pause_stage(const char *word)
{
	return word != NULL && str_starts(word, "pause_");
}

/* The print error's text, else the pause stage, else a health message; the code of whichever of
 * error and message is there. */
static void put_reason(const struct derive_look *l, struct jw *w, const char *stage)
{
	const struct hms_entry *hms = derive_hms_reason(l->s);
	struct print_error_info error = {.text = NULL};
	struct hms_info info = {.text = NULL};
	bool has_error = l->s->print.error != 0;
	const char *reason = NULL, *code = NULL;

	if (has_error) {
		print_error_describe(l->s->print.error, &error);
		has_error = error.kind != NULL;
	}
	if (hms != NULL) {
		hms_describe(hms->attr, hms->code, &info);
	}
	if (has_error) {
		reason = print_error_words(
		    l->sink->texts, l->sink->serial, HMS_LANG, l->s->print.error, error.text);
		code = error.code;
	}
	if (reason == NULL && is_pause_stage(stage)) {
		reason = stage;
	}
	if (reason == NULL && code == NULL && hms != NULL) {
		reason = hms_words(
		    l->sink->texts, l->sink->serial, HMS_LANG, hms->attr, hms->code, info.text);
		code = info.code;
	}
	jw_str(w, "reason", reason);
	jw_str(w, "code", code);
}

static void tell_job(const struct derive_look *l, enum event_kind kind)
{
	struct jw w;

	open_job(l, &w);
	derive_tell(l, kind, &w);
}

static void tell_paused(const struct derive_look *l)
{
	char buf[16];
	const char *stage = stage_word(l->s->print.stage_id, buf);
	struct jw w;

	open_job(l, &w);
	put_reason(l, &w, stage);
	jw_str(&w, "stage", stage);
	derive_tell(l, EVENT_PRINT_PAUSED, &w);
}

static void tell_end(const struct derive_look *l, enum event_kind kind)
{
	struct jw w;

	open_job(l, &w);
	if (l->d->print.went_idle && l->s->print.error == 0) {
		jw_str(&w, "reason", "the printer went idle before the end");
		jw_null(&w, "code");
	} else {
		put_reason(l, &w, NULL);
	}
	jw_bool(&w, "before_print", l->d->print.before_print);
	derive_tell(l, kind, &w);
}

/* ---- start and end ---- */

static void close_verdict(const struct derive_look *l, enum event_kind kind)
{
	l->d->print.verdict_mono_ms = -1;
	tell_end(l, kind);
}

void derive_print_settle(const struct derive_look *l)
{
	if (l->d->print.verdict_mono_ms >= 0) {
		close_verdict(l, EVENT_PRINT_FAILED);
	}
}

/* The printer may still show the numbers of the job before: they count once they move. */
static void begin_job(const struct derive_look *l)
{
	struct derive_print *m = &l->d->print;
	const struct state_print *p = &l->s->print;

	m->percent = m->layer = m->step = 0;
	m->old_percent = p->percent > 0 ? p->percent : UNKNOWN_INT;
	m->old_layer = p->layer > 0 ? p->layer : UNKNOWN_INT;
	m->started_mono_ms = l->late ? -1 : l->now.mono_ms;
	m->cancel_mono_ms = -1;
	m->over = m->renamed = m->before_print = m->went_idle = false;
}

static bool was_cancelled(const struct derive_look *l)
{
	const struct derive_print *m = &l->d->print;

	return print_error_is_cancel(l->s->print.error) ||
	       (m->cancel_mono_ms >= 0 && l->now.mono_ms - m->cancel_mono_ms <= CANCEL_TAKES_MS);
}

static bool error_is_fatal(uint32_t error)
{
	struct print_error_info info;

	print_error_describe(error, &info);
	return info.kind != NULL && strcmp(info.kind, "fatal") == 0;
}

static void end(const struct derive_look *l, enum print_state from, enum print_state to)
{
	struct derive_print *m = &l->d->print;

	m->over = true;
	m->renamed = false;
	m->before_print = !at_work(from);
	m->went_idle = to == PRINT_IDLE;
	if (to == PRINT_FINISHED) {
		tell_job(l, EVENT_PRINT_FINISHED);
	} else if (was_cancelled(l)) {
		tell_end(l, EVENT_PRINT_CANCELLED);
	} else if (l->late || error_is_fatal(l->s->print.error)) {
		tell_end(l, EVENT_PRINT_FAILED);
	} else {
		m->verdict_mono_ms = l->now.mono_ms;
	}
}

static bool other_name(const char *now, const char *was)
{
	return now != NULL && was != NULL && strcmp(now, was) != 0;
}

/* Another job under the same state: its name is another one after the job has got somewhere (names
 * follow a start with some delay, and the state may lag behind them). */
static bool restarted(const struct derive_look *l, bool renamed)
{
	const struct derive_print *m = &l->d->print;

	return renamed && (l->late || (at_work(m->state) && (m->percent > 0 || m->layer > 0)));
}

static void go_on(const struct derive_look *l, enum print_state from, enum print_state to)
{
	if (from != PRINT_PAUSED && to == PRINT_PAUSED) {
		tell_paused(l);
	} else if (from == PRINT_PAUSED && to != PRINT_PAUSED) {
		tell_job(l, EVENT_PRINT_RESUMED);
	}
}

static void look_at_state(const struct derive_look *l, bool renamed)
{
	struct derive_print *m = &l->d->print;
	enum print_state from = m->state, to = l->s->print.state;

	if (!is_active(to) && !is_over(to)) {
		return; /* unknown, offline: what was known still counts */
	}
	if (from == PRINT_UNKNOWN) {
		m->over = is_over(to);
	} else if (is_active(to) && (is_over(from) || restarted(l, renamed))) {
		begin_job(l);
		tell_job(l, EVENT_PRINT_STARTED);
		go_on(l, PRINT_PRINTING, to);
	} else if (is_active(to)) {
		go_on(l, from, to);
	} else if (is_active(from)) {
		end(l, from, to);
	} else if (to != PRINT_IDLE && m->renamed && (from != to || l->late)) {
		begin_job(l); /* one that was over before it was seen to start */
		m->started_mono_ms = -1;
		m->old_percent = m->old_layer = UNKNOWN_INT;
		end(l, from, to);
	}
	m->state = to;
}

/* ---- names, errors, progress ---- */

static void keep_name(char **kept, const char *now)
{
	if (now != NULL && (*kept == NULL || strcmp(*kept, now) != 0)) {
		free(*kept);
		*kept = xstrdup(now);
	}
}

/* True when the job has another name. */
static bool look_at_names(const struct derive_look *l)
{
	struct derive_print *m = &l->d->print;
	const struct state_print *p = &l->s->print;
	bool renamed = other_name(p->job, m->job) || other_name(p->file, m->file);

	m->renamed = m->over && (m->renamed || renamed || other_name(p->task_id, m->task_id));
	keep_name(&m->job, p->job);
	keep_name(&m->file, p->file);
	keep_name(&m->task_id, p->task_id);
	return renamed;
}

static void tell_error(const struct derive_look *l, enum event_kind kind, uint32_t error)
{
	struct print_error_info info;
	struct jw w;

	print_error_describe(error, &info);
	derive_open(&w);
	jw_str(&w, "code", info.code);
	jw_str(&w, "kind", info.kind);
	jw_str(&w, "text",
	    print_error_words(l->sink->texts, l->sink->serial, HMS_LANG, error, info.text));
	derive_tell(l, kind, &w);
}

/* A value under 4000h in the low half is a phase, no error. */
static uint32_t shown_error(uint32_t error)
{
	struct print_error_info info;

	if (error == 0) {
		return 0;
	}
	print_error_describe(error, &info);
	return info.kind != NULL ? error : 0;
}

static void look_at_error(const struct derive_look *l)
{
	struct derive_print *m = &l->d->print;
	uint32_t sent = l->s->print.error, was = m->error, now;

	if (sent == m->sent_error) {
		return;
	}
	m->sent_error = sent;
	now = m->error = shown_error(sent);
	if (print_error_is_cancel(now)) {
		m->cancel_mono_ms = l->now.mono_ms;
	}
	if (was != 0 && was != now) {
		tell_error(l, EVENT_ERROR_CLEARED, was);
	}
	if (now != 0 && was != now) {
		tell_error(l, EVENT_ERROR_RAISED, now);
	}
	if (m->verdict_mono_ms >= 0 && now != 0) {
		if (print_error_is_cancel(now)) {
			close_verdict(l, EVENT_PRINT_CANCELLED);
		} else if (error_is_fatal(now)) {
			close_verdict(l, EVENT_PRINT_FAILED);
		}
	}
}

/* The number, or UNKNOWN_INT while it is still the one of the job before. */
static int fresh(int now, int *old)
{
	if (now == UNKNOWN_INT || now == *old) {
		return UNKNOWN_INT;
	}
	*old = UNKNOWN_INT;
	return now;
}

static void look_at_layer(const struct derive_look *l, int layer)
{
	struct derive_print *m = &l->d->print;
	bool first = m->layer == UNKNOWN_INT;

	if (layer <= m->layer) {
		return;
	}
	m->layer = layer;
	if (!first && !l->late) {
		tell_job(l, EVENT_PRINT_LAYER);
	}
}

static void look_at_percent(const struct derive_look *l, int percent)
{
	struct derive_print *m = &l->d->print;
	bool first = m->percent == UNKNOWN_INT;
	struct jw w;

	if (percent <= m->percent) {
		return;
	}
	m->percent = percent;
	if (percent / 10 * 10 <= m->step) {
		return;
	}
	m->step = percent / 10 * 10;
	if (!first && !l->late) {
		open_job(l, &w);
		jw_int(&w, "step", m->step);
		derive_tell(l, EVENT_PRINT_PROGRESS, &w);
	}
}

static void look_at_progress(const struct derive_look *l)
{
	struct derive_print *m = &l->d->print;
	const struct state_print *p = &l->s->print;
	int percent = fresh(p->percent, &m->old_percent), layer = fresh(p->layer, &m->old_layer);

	if (at_work(p->state)) {
		look_at_layer(l, layer);
		look_at_percent(l, percent);
	}
}

/* ---- runout ---- */

struct runout {
	char code[20]; /* "" none */
	int unit, slot, tray;
};

static bool is_ams_module(unsigned module)
{
	return module == 0x07 || module == 0x12 || module == 0x18;
}

/* What fed last: what is loaded, or was before the filament went out. */
static void place_by_feed(const struct derive_look *l, struct runout *r)
{
	const struct derive *d = l->d;
	const struct state_ams *a = &l->s->ams;
	bool loaded = a->active_tray != UNKNOWN_INT;

	r->unit = loaded ? a->active_unit : d->last_unit;
	r->slot = loaded ? a->active_slot : d->last_slot;
	r->tray = loaded ? a->active_tray : d->last_tray;
}

/* Unit bytes FF and FE of an AMS module: the spool holders. False for any other. */
static bool place_by_holder(const struct derive_look *l, unsigned unit, struct runout *r)
{
	const struct state_ams *a = &l->s->ams;

	if (unit != UNIT_RIGHT && unit != UNIT_LEFT) {
		return false;
	}
	r->unit = r->slot = UNKNOWN_INT;
	r->tray = unit == UNIT_RIGHT ? AMS_TRAY_RIGHT : AMS_TRAY_LEFT;
	if (a->external_count == 1) {
		r->tray = a->external[0].tray;
	}
	return true;
}

/* The health message about it, which names unit and slot; NULL none. */
static const struct hms_entry *runout_message(const struct state *s)
{
	for (size_t i = 0; i < s->hms.count; i++) {
		const struct hms_entry *e = &s->hms.entries[i];
		unsigned part = e->attr >> 8 & 0xFF;

		if (e->code == HMS_RUNOUT && is_ams_module(e->attr >> 24) &&
		    part >= HMS_RUNOUT_PART && part <= HMS_RUNOUT_PART + 3) {
			return e;
		}
	}
	return NULL;
}

static void place_by_hms(const struct derive_look *l, const struct hms_entry *e, struct runout *r)
{
	struct hms_info info;

	if (place_by_holder(l, e->attr >> 16 & 0xFF, r)) {
		return;
	}
	hms_describe(e->attr, e->code, &info);
	if (info.unit != UNKNOWN_INT && info.slot != UNKNOWN_INT) {
		r->unit = info.unit;
		r->slot = info.slot;
		r->tray = ams_tray_number(info.unit, info.slot);
	}
}

static bool error_is_runout(uint32_t error)
{
	return error == ERROR_RUNOUT ||
	       (is_ams_module(error >> 24) && (error & 0xFFFF) == ERROR_RUNOUT_LOW);
}

static void tell_runout(const struct derive_look *l, const struct hms_entry *message)
{
	uint32_t error = l->s->print.error;
	struct runout r = {.code = ""};
	struct jw w;

	place_by_feed(l, &r);
	if (message != NULL) {
		struct hms_info info;

		hms_describe(message->attr, message->code, &info);
		memcpy(r.code, info.code, sizeof(r.code));
		place_by_hms(l, message, &r);
	}
	if (error_is_runout(error)) {
		struct print_error_info info;

		print_error_describe(error, &info);
		str_copy(r.code, sizeof(r.code), info.code);
		if (error != ERROR_RUNOUT) {
			place_by_holder(l, error >> 16 & 0xFF, &r);
		}
	}
	derive_open(&w);
	derive_put_tray(&w, r.unit, r.slot, r.tray);
	jw_str(&w, "code", r.code[0] != '\0' ? r.code : NULL);
	derive_tell(l, EVENT_AMS_RUNOUT, &w);
}

/* Once per pause. A health message counts in a pause alone: with auto refill the job goes on. */
static void look_at_runout(const struct derive_look *l)
{
	struct derive_print *m = &l->d->print;
	const struct state_print *p = &l->s->print;
	const struct hms_entry *message = runout_message(l->s);
	bool paused = p->state == PRINT_PAUSED;
	bool out =
	    p->stage_id == STAGE_RUNOUT || error_is_runout(p->error) || (paused && message != NULL);

	if (!out || !is_active(p->state)) {
		m->runout = m->runout && paused;
		return;
	}
	if (!m->runout) {
		tell_runout(l, message);
	}
	m->runout = true;
}

void derive_print_look(const struct derive_look *l)
{
	bool renamed;

	look_at_error(l);
	if (is_active(l->s->print.state)) {
		derive_print_settle(l); /* of the job before, under its name */
	}
	renamed = look_at_names(l);
	look_at_state(l, renamed);
	look_at_progress(l);
	look_at_runout(l);
}
