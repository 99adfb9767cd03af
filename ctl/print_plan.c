/* SPDX-License-Identifier: MIT */
/* What a file needs against what a printer has: plate, model, nozzle, spools. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "ctl/call.h"
#include "ctl/print.h"
#include "ctl/view.h"

#define EXTERNAL_LEFT 254
#define EXTERNAL_RIGHT 255
#define NOZZLE_RIGHT 0
#define NOZZLE_LEFT 1

static size_t length(json_object *array)
{
	return array ? json_object_array_length(array) : 0;
}

static json_object *item(json_object *array, size_t i)
{
	return json_object_array_get_idx(array, i);
}

static int fail(struct print_plan *p, enum err_type type, const char *hint, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static int fail(struct print_plan *p, enum err_type type, const char *hint, const char *fmt, ...)
{
	struct err e = {0};
	char text[240];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(&e, type, "%s", text);
	err_printer(&e, p->printer ? p->printer : "");
	if (hint) {
		err_hint(&e, "%s", hint);
	}
	return out_fail(&p->c->out, &e);
}

static void doubt(struct print_plan *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void doubt(struct print_plan *p, const char *fmt, ...)
{
	size_t used = strlen(p->doubt);
	va_list ap;

	if (used > 0 && used + 3 < sizeof(p->doubt)) {
		snprintf(p->doubt + used, sizeof(p->doubt) - used, "; ");
		used += 2;
	}
	va_start(ap, fmt);
	vsnprintf(p->doubt + used, sizeof(p->doubt) - used, fmt, ap);
	va_end(ap);
}

static void remark(struct print_plan *p, const char *text)
{
	_cleanup_free_ char *line = xasprintf("%s: %s", p->printer, text);

	out_note(&p->c->out, line);
}

/* ---- the plate ---- */

static bool is_sliced(json_object *plate)
{
	bool sliced = false;

	json_get_bool(plate, "gcode", &sliced);
	return sliced;
}

/* "1 lid, 2": what can be printed. Returns how many. */
static size_t list_plates(struct print_plan *p, char *buf, size_t size)
{
	json_object *plates = json_get_arr(p->contents, "plates");
	size_t count = 0, used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < length(plates); i++) {
		_cleanup_free_ char *name = out_member(&p->c->out, item(plates, i), "name");
		int64_t index = 0;

		if (!is_sliced(item(plates, i))) {
			continue;
		}
		json_get_i64(item(plates, i), "index", &index);
		snprintf(buf + used, size - used, "%s%" PRId64 "%s%.30s", count++ ? ", " : "",
		    index, strcmp(name, "-") && *name ? " " : "", strcmp(name, "-") ? name : "");
		used = strlen(buf);
	}
	return count;
}

static json_object *find_plate(struct print_plan *p, int64_t wanted)
{
	json_object *plates = json_get_arr(p->contents, "plates");

	for (size_t i = 0; i < length(plates); i++) {
		int64_t index = 0;

		json_get_i64(item(plates, i), "index", &index);
		if (wanted > 0 ? index == wanted : is_sliced(item(plates, i))) {
			return item(plates, i);
		}
	}
	return NULL;
}

static int read_plate_option(struct print_plan *p, int64_t *ret)
{
	const char *word = p->c->args.value[OPT_PLATE];

	if (word && parse_i64(word, 1, 100, ret) < 0) {
		return call_misuse(p->c, "--plate is a number from 1 to 100");
	}
	return 0;
}

int print_choose_plate(struct print_plan *p)
{
	int64_t wanted = 0;
	char have[160];
	size_t count;
	int status = read_plate_option(p, &wanted);

	if (status) {
		return status;
	}
	if (!p->contents) {
		p->plate_index = p->is_gcode ? 0 : wanted > 0 ? (int)wanted : 1;
		return p->is_gcode && wanted > 0
			   ? call_misuse(p->c, "--plate goes with a .3mf file")
			   : 0;
	}
	count = list_plates(p, have, sizeof(have));
	if (count == 0) {
		return fail(p, ERR_FILE_REFUSED, "slice it and export the sliced file",
		    "nothing in the file is sliced");
	}
	if (count > 1 && wanted == 0) {
		return fail(p, ERR_INVALID_PARAMS, "say which with --plate N",
		    "the file has several plates: %s", have);
	}
	p->plate = find_plate(p, wanted);
	if (!p->plate) {
		return fail(p, ERR_INVALID_PARAMS, NULL,
		    "there is no plate %" PRId64 " in the file: it has %s", wanted, have);
	}
	if (!is_sliced(p->plate)) {
		return fail(p, ERR_FILE_REFUSED, "slice it and export the sliced file",
		    "plate %" PRId64 " is not sliced; these are: %s", wanted, have);
	}
	json_get_i64(p->plate, "index", &wanted);
	p->plate_index = (int)wanted;
	return 0;
}

/* ---- the printer ---- */

static void check_model(struct print_plan *p)
{
	const char *model = json_get_str(p->status, "model");
	json_object *models = json_get_arr(p->contents, "models");
	_cleanup_free_ char *shown = out_member(&p->c->out, p->status, "model");
	char list[80] = "";

	if (length(models) == 0 || !model) {
		remark(p, model ? "the file does not say for which model it was sliced"
				: "the model is not known, the file may be for another");
		return;
	}
	for (size_t i = 0; i < length(models); i++) {
		const char *one = json_object_get_string(item(models, i));
		size_t used = strlen(list);

		if (strcmp(one, model) == 0) {
			return;
		}
		snprintf(list + used, sizeof(list) - used, "%s%.20s", i ? ", " : "", one);
	}
	doubt(p, "the file is for %s, the printer is a %s", list, shown);
}

static bool has_nozzle(json_object *nozzles, double mm, bool *ret_known)
{
	for (size_t i = 0; i < length(nozzles); i++) {
		double have = NAN;

		if (!json_get_num(item(nozzles, i), "diameter_mm", &have)) {
			*ret_known = false;
		} else if (fabs(have - mm) < 0.01) {
			return true;
		}
	}
	return false;
}

static void check_nozzles(struct print_plan *p)
{
	json_object *wanted = json_get_arr(p->plate, "nozzles_mm");
	json_object *nozzles = json_get_arr(json_get_obj(p->status, "temp"), "nozzles");

	for (size_t i = 0; i < length(wanted); i++) {
		double mm = json_object_get_double(item(wanted, i));
		bool known = length(nozzles) > 0;

		if (mm > 0 && !has_nozzle(nozzles, mm, &known)) {
			if (known) {
				doubt(p, "the file is for a nozzle of %g mm, the printer has none",
				    mm);
				return;
			}
			remark(p, "the diameter of its nozzle is not known");
			return;
		}
	}
}

int print_check_printer(struct print_plan *p)
{
	const char *name = json_get_str(p->status, "name");

	if (!name) {
		return call_misuse(p->c, "one printer at a time: %s is several", p->printer);
	}
	free(p->printer);
	p->printer = xstrdup(name);
	if (p->contents) {
		check_model(p);
		check_nozzles(p);
	}
	return 0;
}

/* ---- the spools ---- */

static const char *text_of(json_object *o, const char *key)
{
	const char *text = json_get_str(o, key);

	return text ? text : "";
}

static double number_of(json_object *o, const char *key)
{
	double number = NAN;

	json_get_num(o, key, &number);
	return number;
}

static int nozzle_of(json_object *o)
{
	int64_t nozzle = MATCH_ANY;

	json_get_i64(o, "nozzle", &nozzle);
	return nozzle == NOZZLE_LEFT || nozzle == NOZZLE_RIGHT ? (int)nozzle : MATCH_ANY;
}

static void add_slot(struct print_plan *p, json_object *unit, json_object *tray, bool two_sides)
{
	struct match_slot *slot = &p->slots[p->match.slot_count];
	_cleanup_free_ char *label = view_slot(&p->c->out, unit, tray, two_sides);
	const char *state = text_of(tray, "state");
	int64_t number = -1;

	json_get_i64(tray, "tray", &number);
	if (p->match.slot_count == MATCH_SLOTS_MAX || number < 0) {
		return;
	}
	*slot = (struct match_slot){
	    .tray = (int)number,
	    .external = !unit,
	    .content = strcmp(state, "empty") == 0    ? MATCH_EMPTY
		       : strcmp(state, "loaded") == 0 ? MATCH_LOADED
						      : MATCH_PRESENT,
	    .type = text_of(tray, "type"),
	    .profile = text_of(tray, "profile"),
	    .color = text_of(tray, "color"),
	    .meters = number_of(tray, "remain_mm") / 1000,
	    .nozzle = unit ? nozzle_of(unit) : MATCH_ANY,
	};
	if (!unit && two_sides) {
		slot->nozzle = number == EXTERNAL_LEFT ? NOZZLE_LEFT : NOZZLE_RIGHT;
	}
	if (!unit && slot->content == MATCH_EMPTY) {
		slot->content = MATCH_PRESENT; /* no printer sees whether one hangs there */
	}
	str_copy(slot->label, sizeof(slot->label), label);
	p->match.slot_count++;
}

static void read_slots(struct print_plan *p)
{
	json_object *ams = json_get_obj(p->status, "ams");
	json_object *units = json_get_arr(ams, "units"), *external = json_get_arr(ams, "external");

	for (size_t u = 0; u < length(units); u++) {
		json_object *trays = json_get_arr(item(units, u), "trays");

		for (size_t i = 0; i < length(trays); i++) {
			add_slot(p, item(units, u), item(trays, i), false);
		}
	}
	for (size_t i = 0; i < length(external); i++) {
		add_slot(p, NULL, item(external, i), length(external) > 1);
	}
	json_get_bool(ams, "auto_refill", &p->match.refills);
	p->match.slots = p->slots;
}

static void read_needs(struct print_plan *p)
{
	json_object *filaments = json_get_arr(p->plate, "filaments");
	int64_t count = 0;

	for (size_t i = 0; i < length(filaments) && i < MATCH_NEEDS_MAX; i++) {
		json_object *f = item(filaments, i);
		int64_t id = (int64_t)i + 1;

		json_get_i64(f, "id", &id);
		p->needs[p->match.need_count++] = (struct match_need){
		    .id = (int)id,
		    .type = text_of(f, "type"),
		    .profile = text_of(f, "profile"),
		    .color = text_of(f, "color"),
		    .grams = number_of(f, "grams"),
		    .meters = number_of(f, "meters"),
		    .nozzle = nozzle_of(f),
		};
		count = id > count ? id : count;
	}
	p->match.needs = p->needs;
	p->filament_count = (int)count;
}

/* The file was not looked at: the words themselves say which filaments there are. */
static int read_needs_from_words(struct print_plan *p, const char *list)
{
	int64_t next = 1, count = 0;

	for (const char *s = list; s;) {
		size_t len = strcspn(s, ",");
		const char *equals = memchr(s, '=', len);
		_cleanup_free_ char *number = xasprintf("%.*s", equals ? (int)(equals - s) : 0, s);
		int64_t id = next;

		if ((equals && parse_i64(number, 1, MATCH_NEEDS_MAX, &id) < 0) ||
		    p->match.need_count == MATCH_NEEDS_MAX) {
			return call_misuse(p->c, "--ams: \"%.20s\" is no filament", number);
		}
		p->needs[p->match.need_count++] = (struct match_need){
		    .id = (int)id, .grams = NAN, .meters = NAN, .nozzle = MATCH_ANY};
		next += !equals;
		count = id > count ? id : count;
		s = s[len] ? s + len + 1 : NULL;
	}
	p->match.needs = p->needs;
	p->match.blind = true;
	p->filament_count = (int)count;
	return 0;
}

/* The first pair that bad, in words. */
static void word_fault(const struct print_plan *p, enum match_fault worst, char *buf, size_t size)
{
	const struct match *m = &p->match;

	for (size_t i = 0; i < m->need_count; i++) {
		const struct match_pair *pair = &m->pairs[i];

		if (pair->fault == worst) {
			snprintf(buf, size, "filament %d%s%s: %s", m->needs[i].id,
			    pair->slot >= 0 ? " from " : "",
			    pair->slot >= 0 ? m->slots[pair->slot].label : "", pair->why);
			return;
		}
	}
}

static int judge(struct print_plan *p)
{
	enum match_fault worst = match_worst(&p->match);
	char text[160] = "";

	if (worst == MATCH_FITS) {
		return 0;
	}
	word_fault(p, worst, text, sizeof(text));
	if (match_may_go(worst)) {
		doubt(p, "%s", text);
		return 0;
	}
	return fail(p, ERR_GUARD, "load what is missing, or name the slots with --ams", "%s", text);
}

int print_choose_slots(struct print_plan *p)
{
	const char *list = p->c->args.value[OPT_AMS];
	bool choose = !list || strcmp(list, "auto") == 0;
	char why[200];
	int status = 0;

	if (p->is_gcode || p->c->args.given[OPT_NO_AMS] || (choose && !p->plate)) {
		return list ? call_misuse(p->c, "--ams goes with a .3mf file and without --no-ams")
			    : 0;
	}
	read_slots(p);
	if (p->plate) {
		read_needs(p);
	} else {
		status = read_needs_from_words(p, list);
	}
	if (status || p->match.need_count == 0) {
		return status;
	}
	p->mapped = true;
	if (choose) {
		match_auto(&p->match);
	} else if (match_named(&p->match, list, why, sizeof(why)) < 0) {
		return call_misuse(p->c, "--ams: %s", why);
	}
	print_show_slots(p);
	return judge(p);
}

/* ---- what is asked of the daemon ---- */

static json_object *options_of(const struct print_plan *p)
{
	static const struct {
		enum opt opt;
		const char *key;
		bool value;
	} switches[] = {
	    {OPT_NO_LEVEL, "bed_leveling", false},
	    {OPT_FLOW_CALI, "flow_cali", true},
	    {OPT_TIMELAPSE, "timelapse", true},
	    {OPT_NO_VIBRATION, "vibration_cali", false},
	    {OPT_LAYER_INSPECT, "layer_inspect", true},
	};
	const struct args *a = &p->c->args;
	json_object *options = json_object_new_object();

	for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
		if (a->given[switches[i].opt]) {
			json_object_object_add(
			    options, switches[i].key, json_object_new_boolean(switches[i].value));
		}
	}
	if (a->value[OPT_BED_TYPE]) {
		json_object_object_add(
		    options, "bed_type", json_object_new_string(a->value[OPT_BED_TYPE]));
	}
	return options;
}

/* Filament 1 first; the external spool has a number, too. */
static json_object *trays_of(const struct print_plan *p)
{
	json_object *trays = json_object_new_array();
	const struct match *m = &p->match;

	for (int id = 1; id <= p->filament_count; id++) {
		int tray = -1;

		for (size_t i = 0; i < m->need_count; i++) {
			if (m->needs[i].id == id && m->pairs[i].slot >= 0) {
				tray = m->slots[m->pairs[i].slot].tray;
			}
		}
		json_object_array_add(trays, json_object_new_int(tray));
	}
	return trays;
}

json_object *print_params(const struct print_plan *p)
{
	json_object *params = json_object_new_object();

	json_object_object_add(params, "printer", json_object_new_string(p->printer));
	json_object_object_add(params, "path", json_object_new_string(p->path));
	if (p->plate_index > 0) {
		json_object_object_add(params, "plate", json_object_new_int(p->plate_index));
	}
	if (!p->is_gcode) {
		json_object_object_add(params, "options", options_of(p));
	}
	if (p->mapped) {
		json_object_object_add(params, "ams_mapping", trays_of(p));
	}
	return params;
}
