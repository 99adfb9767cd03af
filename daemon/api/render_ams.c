/* SPDX-License-Identifier: MIT */
/* The AMS section: units, trays, external spools and what is loaded. */
#include "common/util.h"
#include "daemon/api/render_internal.h"
#include "daemon/model/shown.h"

static void render_colors(struct jw *w, const struct ams_tray *tray)
{
	if (tray->color_count == 0) {
		jw_null(w, "colors");
		return;
	}
	jw_array(w, "colors");
	for (size_t i = 0; i < tray->color_count; i++) {
		jw_str(w, NULL, tray->colors[i]);
	}
	jw_array_end(w);
}

static void render_remain(struct jw *w, const struct ams_tray *tray)
{
	put_int(w, "remain_pct", tray->remain_pct);
	if (tray->remain_pct == UNKNOWN_INT || tray->total_mm == UNKNOWN_INT) {
		jw_null(w, "remain_mm");
	} else {
		jw_int(w, "remain_mm", ((int64_t)tray->total_mm * tray->remain_pct + 50) / 100);
	}
	put_int(w, "total_mm", tray->total_mm);
}

static void render_tray(struct jw *w, const struct state_ams *ams, const struct ams_tray *tray)
{
	jw_object(w, NULL);
	put_int(w, "slot", tray->slot);
	put_int(w, "tray", tray->tray);
	jw_str(w, "state", tray_state_word(tray->state));
	put_str(w, "type", tray->type);
	put_str(w, "brand", tray->brand);
	put_str(w, "profile", tray->profile);
	put_str(w, "color", tray->color);
	render_colors(w, tray);
	render_remain(w, tray);
	put_int(w, "nozzle_min_c", tray->nozzle_min_c);
	put_int(w, "nozzle_max_c", tray->nozzle_max_c);
	jw_num(w, "k", tray->k, 3);
	put_str(w, "uuid", tray->uuid);
	put_tri(w, "rfid", tray->rfid);
	jw_bool(w, "active", ams->active_tray != UNKNOWN_INT && ams->active_tray == tray->tray);
	jw_object_end(w);
}

static void render_drying(struct jw *w, const struct ams_unit *unit)
{
	jw_object(w, "drying");
	put_tri(w, "active", unit->drying);
	put_int(w, "remaining_min", unit->dry_remaining_min);
	put_int(w, "target_c", unit->dry_target_c);
	jw_object_end(w);
}

static void render_trays(struct jw *w, const struct state_ams *ams, const struct ams_unit *unit)
{
	jw_array(w, "trays");
	for (size_t i = 0; i < unit->tray_count; i++) {
		render_tray(w, ams, &unit->trays[i]);
	}
	jw_array_end(w);
}

static void render_slots(struct jw *w, const struct ams_unit *unit)
{
	jw_array(w, "slots");
	for (size_t i = 0; i < unit->tray_count; i++) {
		jw_str(w, NULL, tray_state_word(unit->trays[i].state));
	}
	jw_array_end(w);
}

static void render_unit(
    struct jw *w, const struct state_ams *ams, const struct ams_unit *unit, bool short_form)
{
	char label[16];

	jw_object(w, NULL);
	jw_int(w, "id", unit->id);
	jw_str(w, "label", shown_unit_label(unit->id, label));
	jw_str(w, "model", ams_model_word(unit->model));
	put_int(w, "humidity_level", unit->humidity_level);
	put_int(w, "humidity_pct", unit->humidity_pct);
	put_temp(w, "temp_c", unit->temp_c);
	render_drying(w, unit);
	put_int(w, "nozzle", unit->nozzle);
	if (short_form) {
		render_slots(w, unit);
	} else {
		render_trays(w, ams, unit);
	}
	jw_object_end(w);
}

static void render_active(struct jw *w, const struct state_ams *ams)
{
	if (ams->active_tray == UNKNOWN_INT) {
		jw_null(w, "active");
		return;
	}
	jw_object(w, "active");
	put_int(w, "unit", ams->active_unit);
	put_int(w, "slot", ams->active_slot);
	jw_int(w, "tray", ams->active_tray);
	jw_object_end(w);
}

static void render_external(struct jw *w, const struct state_ams *ams)
{
	jw_array(w, "external");
	for (size_t i = 0; i < ams->external_count; i++) {
		render_tray(w, ams, &ams->external[i]);
	}
	jw_array_end(w);
}

static void render_known(struct jw *w, const struct state_ams *ams, bool short_form)
{
	int64_t slots = 0;

	jw_array(w, "units");
	for (size_t i = 0; i < ams->unit_count; i++) {
		slots += ams->units[i].tray_count;
		render_unit(w, ams, &ams->units[i], short_form);
	}
	jw_array_end(w);
	render_external(w, ams);
	render_active(w, ams);
	put_tri(w, "auto_refill", ams->auto_refill);
	jw_int(w, "total_slots", slots);
}

/* No report yet: an empty list of units would claim that there is no AMS. */
static void render_nothing(struct jw *w)
{
	static const char *const members[] = {
	    "units", "external", "active", "auto_refill", "total_slots"};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		jw_null(w, members[i]);
	}
}

static void render_ams_form(
    struct jw *w, const char *key, const struct printer_view *v, bool short_form)
{
	const struct state_ams *ams = &v->state->ams;

	jw_object(w, key);
	if (ams->known) {
		render_known(w, ams, short_form);
	} else {
		render_nothing(w);
	}
	jw_object_end(w);
}

void render_section_ams(struct jw *w, const char *key, const struct printer_view *v)
{
	render_ams_form(w, key, v, false);
}

void render_section_ams_short(struct jw *w, const char *key, const struct printer_view *v)
{
	render_ams_form(w, key, v, true);
}
