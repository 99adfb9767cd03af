/* SPDX-License-Identifier: MIT */
/* Spools, and the air in the units that hold them, as tables. */
#include <string.h>

#include "common/util.h"
#include "ctl/fmt.h"
#include "ctl/show.h"
#include "ctl/view.h"

#define LOW_PCT 20 /* a spool below this will not last a longer job */

enum tray_column {
	TRAY_PRINTER,
	TRAY_SLOT,
	TRAY_STATE,
	TRAY_TYPE,
	TRAY_BRAND,
	TRAY_COLOR,
	TRAY_HEX,
	TRAY_REMAIN,
	TRAY_NOZZLE,
	TRAY_K,
	TRAY_PROFILE,
	TRAY_COUNT
};

const struct column_set show_trays_columns = {
    .count = TRAY_COUNT,
    .column =
	{
	    [TRAY_PRINTER] = {"PRINTER", .extra = true},
	    [TRAY_SLOT] = {"SLOT", .heading = "  SLOT"},
	    [TRAY_STATE] = {"STATE"},
	    [TRAY_TYPE] = {"TYPE"},
	    [TRAY_BRAND] = {"BRAND", .cut = true},
	    [TRAY_COLOR] = {"COLOR"},
	    [TRAY_HEX] = {"HEX", .extra = true},
	    [TRAY_REMAIN] = {"REMAIN", .right = true},
	    [TRAY_NOZZLE] = {"NOZZLE", .right = true},
	    [TRAY_K] = {"K", .right = true},
	    [TRAY_PROFILE] = {"PROFILE", .extra = true},
	},
};

enum env_column {
	ENV_PRINTER,
	ENV_UNIT,
	ENV_MODEL,
	ENV_HUMIDITY,
	ENV_DRYNESS,
	ENV_TEMP,
	ENV_DRYING,
	ENV_COUNT
};

const struct column_set show_env_columns = {
    .count = ENV_COUNT,
    .column =
	{
	    [ENV_PRINTER] = {"PRINTER", .extra = true},
	    [ENV_UNIT] = {"AMS"},
	    [ENV_MODEL] = {"MODEL"},
	    [ENV_HUMIDITY] = {"HUMIDITY", .right = true},
	    [ENV_DRYNESS] = {"DRYNESS", .right = true},
	    [ENV_TEMP] = {"TEMP", .right = true},
	    [ENV_DRYING] = {"DRYING"},
	},
};

static char *decimals(json_object *o, const char *key)
{
	double value;

	return json_get_num(o, key, &value) ? xasprintf("%.3g", value) : xstrdup("-");
}

static char *nozzle_range(json_object *tray)
{
	_cleanup_free_ char *low = view_number(tray, "nozzle_min_c");
	_cleanup_free_ char *high = view_number(tray, "nozzle_max_c");

	return strcmp(low, "-") == 0 ? TAKE(low) : xasprintf("%s-%s", low, high);
}

static bool is_low(json_object *tray)
{
	const char *state = json_get_str(tray, "state");
	double left;

	if (state && strcmp(state, "empty") == 0) {
		return true;
	}
	return json_get_num(tray, "remain_pct", &left) && left < LOW_PCT;
}

static void draw_tray(struct table *t, const char *printer, char *slot, json_object *tray)
{
	const struct out *o = t->out;
	_cleanup_free_ char *remain = view_number(tray, "remain_pct");
	const char *color = fmt_color_word(json_get_str(tray, "color"));
	bool active = false, unknown = strcmp(remain, "-") == 0;

	json_get_bool(tray, "active", &active);
	table_row(t, OUT_PLAIN);
	table_take(t, TRAY_SLOT, o->columns ? slot : xasprintf("%c %s", active ? '*' : ' ', slot));
	if (!o->columns) {
		free(slot);
	}
	table_take(t, TRAY_STATE, out_member(o, tray, "state"));
	table_take(t, TRAY_TYPE, out_member(o, tray, "type"));
	table_take(t, TRAY_BRAND, out_member(o, tray, "brand"));
	table_cell(t, TRAY_COLOR, color ? color : "-");
	table_take(t, TRAY_HEX, out_member(o, tray, "color"));
	table_take(t, TRAY_REMAIN, xasprintf("%s%s", remain, unknown ? "" : " %"));
	table_take(t, TRAY_NOZZLE, nozzle_range(tray));
	table_take(t, TRAY_K, decimals(tray, "k"));
	table_take(t, TRAY_PROFILE, out_member(o, tray, "profile"));
	table_take(t, TRAY_PRINTER, out_safe(o, printer));
}

/* One printer's part in a table. */
typedef void draw_fn(struct table *t, const char *printer, json_object *ams, bool only_low);

static void draw_trays(struct table *t, const char *printer, json_object *ams, bool only_low)
{
	json_object *units = json_get_arr(ams, "units"), *external = json_get_arr(ams, "external");
	size_t unit_count = units ? json_object_array_length(units) : 0;
	size_t external_count = external ? json_object_array_length(external) : 0;

	for (size_t u = 0; u < unit_count; u++) {
		json_object *unit = json_object_array_get_idx(units, u);
		json_object *trays = json_get_arr(unit, "trays");
		size_t count = trays ? json_object_array_length(trays) : 0;

		for (size_t i = 0; i < count; i++) {
			json_object *tray = json_object_array_get_idx(trays, i);

			if (!only_low || is_low(tray)) {
				draw_tray(t, printer, view_slot(t->out, unit, tray, false), tray);
			}
		}
	}
	for (size_t i = 0; i < external_count; i++) {
		json_object *tray = json_object_array_get_idx(external, i);

		if (!only_low || is_low(tray)) {
			draw_tray(
			    t, printer, view_slot(t->out, NULL, tray, external_count > 1), tray);
		}
	}
}

/* "yes, 2h05m left", "no", "-". Owned. */
static char *drying_text(json_object *unit)
{
	json_object *drying = json_get_obj(unit, "drying");
	int64_t minutes;
	char buf[FMT_SIZE];
	bool active;

	if (!json_get_bool(drying, "active", &active)) {
		return xstrdup("-");
	}
	if (!active || !json_get_i64(drying, "remaining_min", &minutes)) {
		return xstrdup(active ? "yes" : "no");
	}
	return xasprintf("yes, %s left", fmt_span(minutes * 60, buf));
}

/* A number with its unit behind, "-" when unknown. Owned. */
static char *measure(json_object *unit, const char *key, const char *behind)
{
	_cleanup_free_ char *number = view_number(unit, key);

	return strcmp(number, "-") == 0 ? TAKE(number) : xasprintf("%s%s", number, behind);
}

static void draw_units(struct table *t, const char *printer, json_object *ams, bool only_low)
{
	json_object *units = json_get_arr(ams, "units");
	size_t count = units ? json_object_array_length(units) : 0;

	for (size_t i = 0; i < count; i++) {
		json_object *unit = json_object_array_get_idx(units, i);

		table_row(t, OUT_PLAIN);
		table_take(t, ENV_PRINTER, out_safe(t->out, printer));
		table_take(t, ENV_UNIT, out_member(t->out, unit, "label"));
		table_take(t, ENV_MODEL, out_member(t->out, unit, "model"));
		table_take(t, ENV_HUMIDITY, measure(unit, "humidity_pct", " %"));
		table_take(t, ENV_DRYNESS, measure(unit, "humidity_level", "/5"));
		table_take(t, ENV_TEMP, measure(unit, "temp_c", " C"));
		table_take(t, ENV_DRYING, drying_text(unit));
	}
}

/* Calls fn for the ams section of each printer of the result. */
static void each_ams(json_object *result, draw_fn *fn, struct table *t, bool only_low)
{
	json_object *results = json_get_arr(result, "results");
	size_t count = results ? json_object_array_length(results) : 1;

	for (size_t i = 0; i < count; i++) {
		json_object *one = results ? json_object_array_get_idx(results, i) : result;
		json_object *ams = json_get_obj(one, "ams");
		const char *name = json_get_str(one, "printer");

		if (!json_get_obj(one, "error")) {
			fn(t, name ? name : json_get_str(one, "name"), ams ? ams : one, only_low);
		}
	}
}

/* One table of all printers, which are named where there are several. False when it has no row. */
static bool draw_table(struct out *o, json_object *result, const struct column_set *columns,
    draw_fn *fn, bool only_low)
{
	struct column_set set = *columns;
	struct table t;

	set.column[0].extra = !json_get_arr(result, "results");
	table_begin(&t, o, &set);
	each_ams(result, fn, &t, only_low);
	if (!t.line) {
		table_drop(&t);
		return false;
	}
	table_end(&t);
	return true;
}

void show_ams(struct out *o, json_object *result, enum show_ams what)
{
	bool drawn;

	if (what == SHOW_AMS_ENV) {
		drawn = draw_table(o, result, &show_env_columns, draw_units, false);
	} else {
		drawn =
		    draw_table(o, result, &show_trays_columns, draw_trays, what == SHOW_AMS_LOW);
	}
	if (!drawn && !o->quiet && o->legend) {
		fputs(what == SHOW_AMS_LOW   ? "no spool is low\n"
		      : what == SHOW_AMS_ENV ? "no AMS known\n"
					     : "no AMS and no external spool known\n",
		    o->f);
	}
	if (drawn && what == SHOW_AMS_ALL && o->legend && !o->columns) {
		fputc('\n', o->f);
		draw_table(o, result, &show_env_columns, draw_units, false);
	}
}
