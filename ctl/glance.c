/* SPDX-License-Identifier: MIT */
/* A printer in a few words, and which of them changed: the lines of `watch` (pure). */
#include "ctl/glance.h"

#include <string.h>

#include "common/util.h"
#include "ctl/fmt.h"
#include "ctl/view.h"

#define STATE_WIDTH 9 /* of "preparing" */

static const struct {
	bool first;	  /* said of a printer when it is first seen */
	bool follows;	  /* changes all the time: said with other parts only */
	const char *gone; /* said when there is nothing to say any more; NULL = silence */
} parts[GLANCE_COUNT] = {
    [GLANCE_STATE] = {.first = true},
    [GLANCE_WHY] = {.first = true},
    [GLANCE_STAGE] = {.first = true},
    [GLANCE_JOB] = {.first = true},
    [GLANCE_PERCENT] = {.first = true},
    [GLANCE_LAYER] = {.first = true},
    [GLANCE_LEFT] = {.first = true, .follows = true},
    [GLANCE_ERRORS] = {.first = true, .gone = "no messages any more"},
};

/* "prefix value", NULL for an unknown value. Owned. */
static char *labelled(const struct out *o, const char *label, json_object *obj, const char *key)
{
	_cleanup_free_ char *value = NULL;

	if (!json_get_str(obj, key)) {
		return NULL;
	}
	value = out_member(o, obj, key);
	return *label ? xasprintf("%s %s", label, value) : TAKE(value);
}

/* "bed to 65", "bed off"; NULL while the target is unknown. Owned. */
static char *target(const char *what, json_object *heater)
{
	char buf[FMT_SIZE];
	double c;

	if (!json_get_num(heater, "target_c", &c)) {
		return NULL;
	}
	return c > 0 ? xasprintf("%s to %s C", what, fmt_degrees(c, buf))
		     : xasprintf("%s off", what);
}

/* One text of all nozzles: "nozzle to 220 C", "left to 220 C right off". Owned. */
static char *nozzle_targets(const struct out *o, json_object *printer)
{
	json_object *list = json_get_arr(json_get_obj(printer, "temp"), "nozzles");
	size_t count = list ? json_object_array_length(list) : 0;
	char *all = NULL;

	for (size_t i = count; i > 0; i--) { /* id 0 is the right one: left stands first */
		json_object *nozzle = json_object_array_get_idx(list, i - 1);
		_cleanup_free_ char *side = out_member(o, nozzle, "position");
		_cleanup_free_ char *text = target(count > 1 ? side : "nozzle", nozzle);
		char *longer;

		if (text) {
			longer = all ? xasprintf("%s %s", all, text) : xstrdup(text);
			free(all);
			all = longer;
		}
	}
	return all;
}

static json_object *find_tray(json_object *list, int64_t number)
{
	size_t count = list ? json_object_array_length(list) : 0;
	int64_t have;

	for (size_t i = 0; i < count; i++) {
		json_object *tray = json_object_array_get_idx(list, i);

		if (json_get_i64(tray, "tray", &have) && have == number) {
			return tray;
		}
	}
	return NULL;
}

/* "from A2 (PLA black)". Owned; NULL when nothing feeds the printer or it is not known. */
static char *feeding(const struct out *o, json_object *printer)
{
	json_object *ams = json_get_obj(printer, "ams"), *units = json_get_arr(ams, "units");
	json_object *external = json_get_arr(ams, "external"), *unit = NULL, *tray;
	size_t count = units ? json_object_array_length(units) : 0;
	_cleanup_free_ char *slot = NULL, *spool = NULL;
	int64_t number;

	if (!json_get_i64(json_get_obj(ams, "active"), "tray", &number)) {
		return NULL;
	}
	tray = find_tray(external, number);
	for (size_t i = 0; !tray && i < count; i++) {
		unit = json_object_array_get_idx(units, i);
		tray = find_tray(json_get_arr(unit, "trays"), number);
	}
	if (!tray) {
		return NULL;
	}
	slot = view_slot(o, unit, tray, external && json_object_array_length(external) > 1);
	spool = view_material(o, tray);
	return xasprintf("from %s (%s)", slot, spool);
}

/* "layer 113/238". Owned. */
static char *layer(json_object *print)
{
	_cleanup_free_ char *at = view_number(print, "layer");
	_cleanup_free_ char *of = view_number(print, "total_layers");

	return strcmp(at, "-") == 0 ? NULL : xasprintf("layer %s/%s", at, of);
}

static char *time_left(json_object *print)
{
	char buf[FMT_SIZE];
	int64_t seconds;

	return json_get_i64(print, "remaining_s", &seconds)
		   ? xasprintf("left %s", fmt_span(seconds, buf))
		   : NULL;
}

/* The print error and every health message, one text. Owned; NULL without any. */
static char *errors(const struct out *o, json_object *printer)
{
	json_object *error = json_get_obj(json_get_obj(printer, "print"), "error");
	json_object *hms = json_get_arr(printer, "hms");
	size_t count = hms ? json_object_array_length(hms) : 0, size;
	const char *comma = "";
	char *text = NULL;
	FILE *f;

	if (!error && count == 0) {
		return NULL;
	}
	f = open_memstream(&text, &size);
	if (error) {
		_cleanup_free_ char *code = out_member(o, error, "code");
		_cleanup_free_ char *what = out_member(o, error, "text");

		fprintf(f, "error %s: %s", code, what);
		comma = "  ";
	}
	for (size_t i = 0; i < count; i++) {
		json_object *item = json_object_array_get_idx(hms, i);
		_cleanup_free_ char *code = out_member(o, item, "code");
		_cleanup_free_ char *severity = out_member(o, item, "severity");
		_cleanup_free_ char *what = out_member(o, item, "text");

		fprintf(f, "%sHMS %s %s: %s", comma, code, severity, what);
		comma = "  ";
	}
	fclose(f);
	return text;
}

static void take_print(struct glance *g, const struct out *o, json_object *printer)
{
	json_object *print = json_get_obj(printer, "print");
	int64_t percent;

	g->part[GLANCE_STAGE] = view_stage(o, printer);
	if (json_get_str(print, "job")) {
		g->part[GLANCE_JOB] = out_member(o, print, "job");
	}
	if (json_get_i64(print, "percent", &percent)) {
		g->part[GLANCE_PERCENT] = xasprintf("%d %%", (int)percent);
	}
	g->part[GLANCE_LAYER] = layer(print);
	g->part[GLANCE_LEFT] = time_left(print);
	g->part[GLANCE_SPEED] = labelled(o, "speed", print, "speed");
}

void glance_take(struct glance *g, const struct out *o, json_object *printer)
{
	json_object *link = json_get_obj(printer, "link"), *temp = json_get_obj(printer, "temp");

	*g = (struct glance){0};
	g->part[GLANCE_STATE] = view_state(o, printer);
	if (view_freshness(printer) == FRESH_OLD) {
		g->part[GLANCE_WHY] = labelled(o, "", link, "last_error");
		return; /* what was last heard is no news */
	}
	take_print(g, o, printer);
	g->part[GLANCE_NOZZLE] = nozzle_targets(o, printer);
	g->part[GLANCE_BED] = target("bed", json_get_obj(temp, "bed"));
	g->part[GLANCE_CHAMBER] = target("chamber", json_get_obj(temp, "chamber"));
	g->part[GLANCE_TRAY] = feeding(o, printer);
	g->part[GLANCE_DOOR] = labelled(o, "door", json_get_obj(printer, "device"), "door");
	g->part[GLANCE_LIGHT] = labelled(o, "light", json_get_obj(printer, "lights"), "chamber");
	g->part[GLANCE_ERRORS] = errors(o, printer);
}

void glance_finish(struct glance *g)
{
	for (int i = 0; i < GLANCE_COUNT; i++) {
		free(TAKE(g->part[i]));
	}
}

static bool differs(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) != 0 : a != b;
}

/* What is to be said of a part, NULL = nothing. */
static const char *say_part(const struct glance *old, const struct glance *now, int i)
{
	const char *text = now->part[i];

	if (!old) {
		return parts[i].first ? text : NULL;
	}
	if (!differs(old->part[i], text)) {
		return NULL;
	}
	return text ? text : parts[i].gone;
}

char *glance_changes(const struct glance *old, const struct glance *now)
{
	_cleanup_free_ char *rest = NULL;
	bool meaningful = !old;
	size_t size;
	FILE *f = open_memstream(&rest, &size);

	for (int i = 0; i < GLANCE_COUNT; i++) {
		const char *text = say_part(old, now, i);

		meaningful |= text && !parts[i].follows;
		if (text && i != GLANCE_STATE) {
			fprintf(f, "  %s", text);
		}
	}
	fclose(f);
	if (!meaningful) {
		return NULL;
	}
	/* The state stands first in every line, so that each can be read alone. */
	return xasprintf("%-*s%s", *rest ? STATE_WIDTH : 0, now->part[GLANCE_STATE], rest);
}
