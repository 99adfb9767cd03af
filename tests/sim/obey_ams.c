/* SPDX-License-Identifier: MIT */
/* Filament: what is said about a spool, which one is in the nozzle, and drying. */
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/util.h"
#include "tests/sim/obey_internal.h"

#define EXTERNAL_LEFT 254 /* ams_id of the left spool holder, where there are two */
#define EXTERNAL_MAIN 255
#define SLOT_UNLOAD 255
#define TEMP_MAX_C 400

static bool is_left(const struct order *o, int ams_id)
{
	return o->m->nozzles > 1 && ams_id == EXTERNAL_LEFT;
}

/* The spool of ams_id and slot_id; *ret_unit NULL: it hangs beside the printer. */
static struct sim_tray *find_spool(struct order *o, struct sim_unit **ret_unit)
{
	int ams_id = order_number(o, "ams_id"), slot = order_number(o, "slot_id");

	*ret_unit = NULL;
	if (ams_id == EXTERNAL_LEFT || ams_id == EXTERNAL_MAIN) {
		return &o->s->external[is_left(o, ams_id)];
	}
	for (int i = 0; i < o->s->units; i++) {
		struct sim_unit *u = &o->s->unit[i];

		if (u->id == ams_id && slot >= 0 && slot < u->trays) {
			*ret_unit = u;
			return &u->tray[slot];
		}
	}
	return NULL;
}

static bool is_colour(const char *text)
{
	return text && strlen(text) == 8 && strspn(text, "0123456789ABCDEFabcdef") == 8;
}

const char *order_spool(struct order *o)
{
	const char *idx = json_get_str(o->body, "tray_info_idx");
	const char *type = json_get_str(o->body, "tray_type");
	const char *colour = json_get_str(o->body, "tray_color");
	int min_c = order_number(o, "nozzle_temp_min"), max_c = order_number(o, "nozzle_temp_max");
	struct sim_unit *unit;
	struct sim_tray *tray = find_spool(o, &unit), next;

	if (!tray || !tray->present) {
		return tray ? "no spool in that slot" : "no such slot";
	}
	next = *tray;
	if (!idx || !str_copy(next.idx, sizeof(next.idx), idx) || !type ||
	    !str_copy(next.type, sizeof(next.type), type) || !is_colour(colour) ||
	    !str_copy(next.colour, sizeof(next.colour), colour)) {
		return "tray_info_idx, tray_type or tray_color is not valid";
	}
	if (min_c < 0 || max_c < min_c || max_c > TEMP_MAX_C) {
		return "nozzle_temp_min or nozzle_temp_max out of range";
	}
	next.nozzle_min_c = min_c;
	next.nozzle_max_c = max_c;
	next.rfid = false; /* it is no longer the tag that speaks */
	next.sub = "";
	next.remain_pct = unit ? -1 : tray->remain_pct;
	*tray = next;
	return NULL;
}

static void put_in_nozzle(struct sim_state *s, int number)
{
	s->tray_before = s->tray;
	s->tray = s->tray_target = number;
}

const char *order_unload(struct order *o)
{
	if (o->s->mood == SIM_PRINTING || o->s->mood == SIM_PREPARING) {
		return "printing";
	}
	if (o->s->tray == SIM_TRAY_NONE) {
		return "nothing is loaded";
	}
	put_in_nozzle(o->s, SIM_TRAY_NONE);
	return NULL;
}

const char *order_change(struct order *o)
{
	int ams_id = order_number(o, "ams_id"), slot = order_number(o, "slot_id");
	struct sim_tray *tray;
	struct sim_unit *unit;

	if (slot == SLOT_UNLOAD) {
		return order_unload(o);
	}
	tray = find_spool(o, &unit);
	if (!tray || !tray->present) {
		return tray ? "no spool in that slot" : "no such slot";
	}
	if (o->s->mood == SIM_PRINTING || o->s->mood == SIM_PREPARING) {
		return "printing";
	}
	put_in_nozzle(o->s, unit ? sim_tray_number(unit, slot) : SIM_TRAY_EXTERNAL);
	o->s->extruder = unit ? unit->extruder : is_left(o, ams_id);
	return NULL;
}

/* P1 takes the command and does nothing. */
static bool ignores_drying(const struct sim_model *m)
{
	return strcmp(m->code, "C11") == 0 || strcmp(m->code, "C12") == 0;
}

const char *order_dry(struct order *o)
{
	int mode = order_number(o, "mode"), id = order_number(o, "ams_id");
	char text[48];

	if (ignores_drying(o->m)) {
		return NULL;
	}
	if (mode == 0) {
		snprintf(text, sizeof(text), "%d:off", id);
	} else if (mode == 1) {
		snprintf(text, sizeof(text), "%d:%d:%d", id, order_number(o, "temp"),
		    order_number(o, "duration"));
	} else {
		return "mode is not 0 or 1";
	}
	return sim_state_set(o->s, "dry", text) < 0 ? "no such dryer, or out of range" : NULL;
}
