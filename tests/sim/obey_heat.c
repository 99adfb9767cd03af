/* SPDX-License-Identifier: MIT */
/* Heaters and fans: the commands of their own, and the lines of G-code that older models take. */
#include <math.h>
#include <string.h>

#include "common/util.h"
#include "tests/sim/obey_internal.h"

#define BED_MAX_C 120
#define CHAMBER_MIN_C 40 /* below that it is off */
#define CHAMBER_MAX_C 65
#define FAN_MAX 255.0
#define FAN_STEPS 15.0

static int nozzle_max_c(const struct sim_model *m)
{
	return m->family == SIM_FAMILY_NEW ? 350 : 300;
}

static bool heat_nozzle(struct order *o, int extruder, double degrees)
{
	if (extruder < 0 || extruder >= o->m->nozzles || degrees < 0 ||
	    degrees > nozzle_max_c(o->m)) {
		return false;
	}
	o->s->nozzle_target_c[extruder] = degrees;
	o->s->fan_heatbreak = degrees > 0 ? 15 : o->s->fan_heatbreak;
	return true;
}

static bool heat_bed(struct order *o, double degrees)
{
	if (degrees < 0 || degrees > BED_MAX_C) {
		return false;
	}
	o->s->bed_target_c = degrees;
	return true;
}

static bool heat_chamber(struct order *o, double degrees)
{
	if (degrees < 0 || degrees > CHAMBER_MAX_C) {
		return false;
	}
	o->s->chamber_target_c = degrees < CHAMBER_MIN_C ? 0 : degrees;
	return true;
}

const char *order_bed(struct order *o)
{
	return heat_bed(o, order_number(o, "temp")) ? NULL : "temp out of range";
}

const char *order_nozzle(struct order *o)
{
	return heat_nozzle(o, order_number(o, "extruder_index"), order_number(o, "target_temp"))
		   ? NULL
		   : "extruder_index or target_temp out of range";
}

const char *order_chamber(struct order *o)
{
	if (!o->m->heats_chamber) {
		return "no chamber heater";
	}
	return heat_chamber(o, order_number(o, "ctt_val")) ? NULL : "ctt_val out of range";
}

/* X1E heats its chamber, by G-code only. */
static bool takes_m141(const struct sim_model *m)
{
	return m->heats_chamber || strcmp(m->code, "C13") == 0;
}

static void turn_fan(struct sim_state *s, int fan, double speed)
{
	int step = (int)lround(speed * FAN_STEPS / FAN_MAX);

	if (speed < 0 || speed > FAN_MAX) {
		return;
	}
	if (fan == 1) {
		s->fan_part = step;
	} else if (fan == 2) {
		s->fan_aux = step;
	} else if (fan == 3) {
		s->fan_chamber = step;
	}
}

struct words {
	double s, t, p;
};

static void set_word(struct words *words, char letter, double number)
{
	if (letter == 'S') {
		words->s = number;
	} else if (letter == 'T') {
		words->t = number;
	} else if (letter == 'P') {
		words->p = number;
	}
}

/* One line; what the simulator does not know, and what is out of range, is passed over as a
 * printer does it. */
static void run_line(struct order *o, char *line)
{
	struct words words = {.s = -1, .t = o->s->extruder, .p = 1};
	double number;
	const char *code;

	line[strcspn(line, ";\r")] = '\0';
	line += strspn(line, " \t");
	code = strsep(&line, " \t");
	for (char *word = strsep(&line, " \t"); word; word = strsep(&line, " \t")) {
		if (word[0] != '\0' && parse_double(word + 1, &number) == 0) {
			set_word(&words, word[0], number);
		}
	}
	if (words.s < 0 || fabs(words.t) > 8 || fabs(words.p) > 100) {
		return;
	}
	if (strcmp(code, "M104") == 0) {
		heat_nozzle(o, (int)words.t, words.s);
	} else if (strcmp(code, "M140") == 0) {
		heat_bed(o, words.s);
	} else if (strcmp(code, "M141") == 0 && takes_m141(o->m)) {
		heat_chamber(o, words.s);
	} else if (strcmp(code, "M106") == 0) {
		turn_fan(o->s, (int)words.p, words.s);
	}
}

const char *order_gcode(struct order *o)
{
	json_object *param = NULL;
	_cleanup_free_ char *copy = NULL;
	char *rest;

	if (!json_object_object_get_ex(o->body, "param", &param) ||
	    !json_object_is_type(param, json_type_string)) {
		return "no param";
	}
	rest = copy = xstrdup(json_object_get_string(param));
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		run_line(o, line);
	}
	return NULL;
}
