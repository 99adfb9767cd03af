/* SPDX-License-Identifier: MIT */
/* What of a cached state may be told to people: the rules of status.md that every way out shares.
 */
#include "daemon/model/shown.h"

#include <math.h>
#include <stdio.h>

#define HT_LABELS 26

static bool job_has_progress(enum print_state state)
{
	return state != PRINT_IDLE && state != PRINT_UNKNOWN && state != PRINT_OFFLINE;
}

int shown_percent(const struct state_print *print)
{
	return job_has_progress(print->state) ? print->percent : UNKNOWN_INT;
}

int shown_layer(const struct state_print *print)
{
	return job_has_progress(print->state) ? print->layer : UNKNOWN_INT;
}

int shown_total_layers(const struct state_print *print)
{
	return job_has_progress(print->state) ? print->total_layers : UNKNOWN_INT;
}

int shown_remaining_min(const struct state_print *print)
{
	bool runs = print->state == PRINT_PRINTING || print->state == PRINT_PAUSED;

	return runs ? print->remaining_min : UNKNOWN_INT;
}

double shown_chamber_c(const struct state *s)
{
	return s->info.caps->chamber != CHAMBER_NONE ? s->temp.chamber_current_c : NAN;
}

double shown_chamber_target_c(const struct state *s)
{
	bool heater = s->info.caps->chamber_heater || s->info.caps->model == NULL;

	return heater ? s->temp.chamber_target_c : NAN;
}

/* Extruder 0 is the right one of two (bambu.md 6.4). */
const char *shown_nozzle_position(const struct state *s, const struct state_nozzle *nozzle)
{
	if (s->info.caps->nozzles < 2 && s->temp.nozzle_count < 2) {
		return NULL;
	}
	return nozzle->id == 0 ? "right" : "left";
}

const char *shown_unit_label(int id, char buf[static 16])
{
	if (id >= 0 && id < 4) {
		snprintf(buf, 16, "%c", 'A' + id);
	} else if (id == AMS_ID_LITE_A2L) {
		snprintf(buf, 16, "L");
	} else if (id >= AMS_ID_HT && id < AMS_ID_HT + HT_LABELS) {
		snprintf(buf, 16, "HT-%c", 'A' + (id - AMS_ID_HT));
	} else {
		return NULL;
	}
	return buf;
}
