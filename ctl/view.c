/* SPDX-License-Identifier: MIT */
/* What the status object means to a reader: is it fresh, is it in trouble, what to call things. */
#include "ctl/view.h"

#include <inttypes.h>
#include <string.h>

#include "common/util.h"
#include "ctl/fmt.h"

#define UNIT_HT_FIRST 128 /* id of HT-A */
#define TRAY_LEFT \
	254 /* external spool of the left nozzle, where there are two; 255 the right one */

static bool is_word(const char *s, const char *word)
{
	return s && strcmp(s, word) == 0;
}

static bool is_any(const char *s, const char *const *words)
{
	for (; s && *words; words++) {
		if (strcmp(s, *words) == 0) {
			return true;
		}
	}
	return false;
}

static const char *link_state(json_object *printer)
{
	return json_get_str(json_get_obj(printer, "link"), "state");
}

enum freshness view_freshness(json_object *printer)
{
	const char *state = link_state(printer);

	if (is_word(state, "online")) {
		return FRESH_LIVE;
	}
	return is_word(state, "stale") ? FRESH_STALE : FRESH_OLD;
}

static bool has_grave_message(json_object *printer)
{
	static const char *const grave[] = {"fatal", "serious", NULL};
	json_object *hms = json_get_arr(printer, "hms");
	size_t count = hms ? json_object_array_length(hms) : 0;

	for (size_t i = 0; i < count; i++) {
		if (is_any(json_get_str(json_object_array_get_idx(hms, i), "severity"), grave)) {
			return true;
		}
	}
	return false;
}

bool view_problem(json_object *printer)
{
	static const char *const lost[] = {
	    "stale", "offline", "auth_refused", "tls_refused", "lan_closed", NULL};
	json_object *print = json_get_obj(printer, "print");
	json_object *hms = json_get_arr(printer, "hms");
	const char *state = json_get_str(print, "state");
	bool error = json_get_obj(print, "error");

	if (is_any(link_state(printer), lost)) {
		return true;
	}
	if (view_freshness(printer) == FRESH_OLD) {
		return false; /* connecting or disabled: what was last heard is no news */
	}
	if (is_word(state, "failed")) {
		return true;
	}
	if (is_word(state, "paused") && (error || (hms && json_object_array_length(hms) > 0))) {
		return true;
	}
	return error || has_grave_message(printer);
}

char *view_state(const struct out *o, json_object *printer)
{
	_cleanup_free_ char *word = NULL;

	switch (view_freshness(printer)) {
	case FRESH_LIVE:
		return out_member(o, json_get_obj(printer, "print"), "state");
	case FRESH_STALE:
		word = out_member(o, json_get_obj(printer, "print"), "state");
		return xasprintf("%s?", word);
	case FRESH_OLD:
	case FRESH_COUNT:
		break;
	}
	return out_safe(o, link_state(printer));
}

char *view_stage(const struct out *o, json_object *printer)
{
	json_object *print = json_get_obj(printer, "print");
	const char *stage = json_get_str(print, "stage"), *state = json_get_str(print, "state");
	char *text;

	if (!stage || is_word(state, stage)) {
		return NULL;
	}
	if (is_word(state, "paused") && str_starts(stage, "pause_")) {
		stage += strlen("pause_");
	}
	text = out_safe(o, stage);
	for (char *p = text; *p; p++) {
		*p = *p == '_' ? ' ' : *p;
	}
	return text;
}

enum out_color view_state_color(json_object *printer)
{
	const char *state = json_get_str(json_get_obj(printer, "print"), "state");

	if (view_problem(printer)) {
		return is_word(state, "paused") ? OUT_YELLOW : OUT_RED;
	}
	if (view_freshness(printer) != FRESH_LIVE) {
		return OUT_DIM;
	}
	if (is_word(state, "paused")) {
		return OUT_YELLOW;
	}
	return is_word(state, "printing") ? OUT_GREEN : OUT_PLAIN;
}

int64_t view_age_ms(json_object *printer)
{
	int64_t age;

	return json_get_i64(json_get_obj(printer, "link"), "age_ms", &age) ? age : -1;
}

static const char *tray_mark(const struct out *o, const char *state)
{
	if (is_word(state, "loaded")) {
		return o->utf8 ? "\u25a0" : "#";
	}
	if (is_word(state, "empty")) {
		return o->utf8 ? "\u25a1" : ".";
	}
	return "?";
}

/* The short form has `slots`, an array of state words; the full one has `trays`. */
static void add_unit_marks(const struct out *o, json_object *unit, FILE *f)
{
	json_object *slots = json_get_arr(unit, "slots");
	json_object *trays = slots ? NULL : json_get_arr(unit, "trays");
	json_object *list = slots ? slots : trays;
	size_t count = list ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < count; i++) {
		json_object *item = json_object_array_get_idx(list, i);
		const char *state = NULL;

		if (trays) {
			state = json_get_str(item, "state");
		} else if (json_object_is_type(item, json_type_string)) {
			state = json_object_get_string(item);
		}
		fputs(tray_mark(o, state), f);
	}
}

char *view_ams_strip(const struct out *o, json_object *printer)
{
	json_object *units = json_get_arr(json_get_obj(printer, "ams"), "units");
	size_t count = units ? json_object_array_length(units) : 0;
	char *text = NULL;
	size_t size;
	FILE *f;

	if (count == 0) {
		return xstrdup("-");
	}
	f = open_memstream(&text, &size);
	for (size_t i = 0; i < count; i++) {
		json_object *unit = json_object_array_get_idx(units, i);
		_cleanup_free_ char *label = out_member(o, unit, "label");

		fprintf(f, "%s%s:", i ? " " : "", label);
		add_unit_marks(o, unit, f);
	}
	fclose(f);
	return text;
}

char *view_heat(json_object *heater, enum heat_form form)
{
	char now_text[FMT_SIZE], target_text[FMT_SIZE];
	double now, target;

	if (!json_get_num(heater, "current_c", &now)) {
		return xstrdup("-");
	}
	fmt_degrees(now, now_text);
	if (form == HEAT_CURRENT || !json_get_num(heater, "target_c", &target) ||
	    (form == HEAT_IF_HEATED && target <= 0)) {
		return xstrdup(now_text);
	}
	return xasprintf("%s/%s", now_text, fmt_degrees(target, target_text));
}

static bool any_target(json_object *nozzles)
{
	size_t count = json_object_array_length(nozzles);
	double target;

	for (size_t i = 0; i < count; i++) {
		if (json_get_num(json_object_array_get_idx(nozzles, i), "target_c", &target) &&
		    target > 0) {
			return true;
		}
	}
	return false;
}

/* Degrees of the nozzle on that side. Owned. */
static char *side_degrees(json_object *nozzles, const char *side, const char *key)
{
	size_t count = json_object_array_length(nozzles);

	for (size_t i = 0; i < count; i++) {
		json_object *nozzle = json_object_array_get_idx(nozzles, i);

		if (is_word(json_get_str(nozzle, "position"), side)) {
			return view_number(nozzle, key);
		}
	}
	return xstrdup("-");
}

static char *nozzle_pair(json_object *nozzles)
{
	const char *key = any_target(nozzles) ? "target_c" : "current_c";
	_cleanup_free_ char *left = side_degrees(nozzles, "left", key);
	_cleanup_free_ char *right = side_degrees(nozzles, "right", key);

	return xasprintf("L%s R%s", left, right);
}

char *view_nozzles_short(json_object *printer)
{
	json_object *nozzles = json_get_arr(json_get_obj(printer, "temp"), "nozzles");
	size_t count = nozzles ? json_object_array_length(nozzles) : 0;

	if (count == 0) {
		return xstrdup("-");
	}
	if (count == 1) {
		return view_heat(json_object_array_get_idx(nozzles, 0), HEAT_IF_HEATED);
	}
	return nozzle_pair(nozzles);
}

char *view_number(json_object *obj, const char *key)
{
	char buf[FMT_SIZE];
	double value;

	if (!json_get_num(obj, key, &value)) {
		return xstrdup("-");
	}
	return xstrdup(fmt_degrees(value, buf));
}

char *view_slot(const struct out *o, json_object *unit, json_object *tray, bool both_sides)
{
	_cleanup_free_ char *label = NULL;
	int64_t slot = 0, number = 0;
	json_object *trays;

	if (!unit) {
		json_get_i64(tray, "tray", &number);
		return xstrdup(both_sides && number == TRAY_LEFT ? "ext-left" : "ext");
	}
	label = out_member(o, unit, "label");
	trays = json_get_arr(unit, "trays");
	if (!json_get_i64(tray, "slot", &slot) || str_starts(label, "HT-") ||
	    (trays && json_object_array_length(trays) == 1)) {
		return TAKE(label);
	}
	return xasprintf("%s%" PRId64, label, slot + 1);
}

char *view_place(json_object *message)
{
	int64_t unit, slot;

	if (!json_get_i64(message, "unit", &unit)) {
		return xstrdup("-");
	}
	if (unit >= UNIT_HT_FIRST && unit < UNIT_HT_FIRST + 26) {
		return xasprintf("HT-%c", (char)('A' + (unit - UNIT_HT_FIRST)));
	}
	if (unit < 0 || unit >= 26) {
		return xasprintf("unit %" PRId64, unit);
	}
	if (!json_get_i64(message, "slot", &slot)) {
		return xasprintf("%c", (char)('A' + unit));
	}
	return xasprintf("%c%" PRId64, (char)('A' + unit), slot + 1);
}

char *view_material(const struct out *o, json_object *tray)
{
	_cleanup_free_ char *state = out_member(o, tray, "state");
	_cleanup_free_ char *type = out_member(o, tray, "type");
	const char *color = fmt_color_word(json_get_str(tray, "color"));

	if (strcmp(state, "loaded") != 0) {
		return TAKE(state);
	}
	return color ? xasprintf("%s %s", type, color) : TAKE(type);
}

char *view_spool(const struct out *o, json_object *tray)
{
	_cleanup_free_ char *what = view_material(o, tray);
	const char *state = json_get_str(tray, "state");
	double left;

	if (!is_word(state, "loaded")) {
		return TAKE(what);
	}
	return json_get_num(tray, "remain_pct", &left) ? xasprintf("%s %.0f %%", what, left)
						       : xasprintf("%s ?", what);
}
