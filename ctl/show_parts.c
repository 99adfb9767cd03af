/* SPDX-License-Identifier: MIT */
/* Parts of a printer as tables: spools, health messages; and the list of keys. */
#include <inttypes.h>
#include <string.h>

#include "common/util.h"
#include "ctl/fmt.h"
#include "ctl/show.h"
#include "ctl/view.h"

#define LOW_PCT 20 /* a spool below this will not last a longer job */

enum tray_column {
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
	TRAY_PRINTER,
	TRAY_COUNT
};

const struct column_set show_trays_columns = {
    .count = TRAY_COUNT,
    .column =
	{
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
	    [TRAY_PRINTER] = {"PRINTER", .extra = true},
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

static void draw_trays(struct out *o, json_object *ams, const char *printer, bool only_low)
{
	json_object *units = json_get_arr(ams, "units"), *external = json_get_arr(ams, "external");
	size_t unit_count = units ? json_object_array_length(units) : 0;
	size_t external_count = external ? json_object_array_length(external) : 0;
	struct table t;

	table_begin(&t, o, &show_trays_columns);
	for (size_t u = 0; u < unit_count; u++) {
		json_object *unit = json_object_array_get_idx(units, u);
		json_object *trays = json_get_arr(unit, "trays");
		size_t count = trays ? json_object_array_length(trays) : 0;

		for (size_t i = 0; i < count; i++) {
			json_object *tray = json_object_array_get_idx(trays, i);

			if (!only_low || is_low(tray)) {
				draw_tray(&t, printer, view_slot(o, unit, tray, false), tray);
			}
		}
	}
	for (size_t i = 0; i < external_count; i++) {
		json_object *tray = json_object_array_get_idx(external, i);

		if (!only_low || is_low(tray)) {
			draw_tray(&t, printer, view_slot(o, NULL, tray, external_count > 1), tray);
		}
	}
	table_end(&t);
}

static void draw_environment(struct out *o, json_object *unit)
{
	_cleanup_free_ char *label = out_member(o, unit, "label");
	_cleanup_free_ char *model = out_member(o, unit, "model");
	_cleanup_free_ char *humidity = view_number(unit, "humidity_pct");
	_cleanup_free_ char *level = view_number(unit, "humidity_level");
	_cleanup_free_ char *temp = view_number(unit, "temp_c");
	json_object *drying = json_get_obj(unit, "drying");
	bool active = false;
	int64_t minutes = -1;
	char buf[FMT_SIZE];

	json_get_bool(drying, "active", &active);
	json_get_i64(drying, "remaining_min", &minutes);
	fprintf(o->f, "AMS %s  %s  RH %s %%  dryness %s%s  %s C  ", label, model, humidity, level,
	    strcmp(level, "-") == 0 ? "" : "/5", temp);
	if (active) {
		fprintf(o->f, "drying, %s left\n", fmt_span(minutes < 0 ? -1 : minutes * 60, buf));
	} else {
		fputs(drying ? "not drying\n" : "drying -\n", o->f);
	}
}

void show_ams(struct out *o, json_object *ams, const char *printer, enum show_ams what)
{
	json_object *units = json_get_arr(ams, "units"), *external = json_get_arr(ams, "external");
	size_t count = units ? json_object_array_length(units) : 0;

	if (count == 0 && (!external || json_object_array_length(external) == 0)) {
		if (!o->quiet && o->legend) {
			fputs("no AMS and no external spool known\n", o->f);
		}
		return;
	}
	if (what != SHOW_AMS_ENV) {
		draw_trays(o, ams, printer, what == SHOW_AMS_LOW);
	}
	if (what == SHOW_AMS_LOW || (what == SHOW_AMS_ALL && (!o->legend || o->columns))) {
		return;
	}
	for (size_t i = 0; i < count; i++) {
		draw_environment(o, json_object_array_get_idx(units, i));
	}
}

enum hms_column {
	HMS_PRINTER,
	HMS_CODE,
	HMS_SEVERITY,
	HMS_MODULE,
	HMS_WHERE,
	HMS_SINCE,
	HMS_TEXT,
	HMS_URL,
	HMS_COUNT
};

const struct column_set show_hms_columns = {
    .count = HMS_COUNT,
    .column =
	{
	    [HMS_PRINTER] = {"PRINTER"},
	    [HMS_CODE] = {"CODE"},
	    [HMS_SEVERITY] = {"SEVERITY"},
	    [HMS_MODULE] = {"MODULE"},
	    [HMS_WHERE] = {"WHERE"},
	    [HMS_SINCE] = {"SINCE"},
	    [HMS_TEXT] = {"TEXT", .cut = true},
	    [HMS_URL] = {"URL", .extra = true},
	},
};

/* The usual ones: without the printer when one was asked for, as the answer does not name it. */
static const char *hms_columns(const struct out *o, bool several)
{
	if (several) {
		return o->verbose ? "PRINTER,CODE,SEVERITY,MODULE,WHERE,SINCE,TEXT,URL" : NULL;
	}
	return o->verbose ? "CODE,SEVERITY,MODULE,WHERE,SINCE,TEXT,URL"
			  : "CODE,SEVERITY,MODULE,WHERE,SINCE,TEXT";
}

static size_t draw_hms_of(struct table *t, const char *printer, json_object *list)
{
	const struct out *o = t->out;
	size_t count = list ? json_object_array_length(list) : 0;
	char buf[FMT_SIZE];

	for (size_t i = 0; i < count; i++) {
		json_object *item = json_object_array_get_idx(list, i);
		const char *own = json_get_str(item, "printer");
		const char *severity = json_get_str(item, "severity");
		bool grave =
		    severity && (!strcmp(severity, "fatal") || !strcmp(severity, "serious"));

		table_row(t, grave ? OUT_RED : OUT_PLAIN);
		table_take(t, HMS_PRINTER, out_safe(o, own ? own : printer));
		table_take(t, HMS_CODE, out_member(o, item, "code"));
		table_take(t, HMS_SEVERITY, out_member(o, item, "severity"));
		table_take(t, HMS_MODULE, out_member(o, item, "module"));
		table_take(t, HMS_WHERE, view_place(item));
		table_cell(
		    t, HMS_SINCE, fmt_stamp(fmt_parse_time(json_get_str(item, "since")), buf));
		table_take(t, HMS_TEXT, out_member(o, item, "text"));
		table_take(t, HMS_URL, out_member(o, item, "url"));
	}
	return count;
}

void show_hms(struct out *o, json_object *result)
{
	json_object *results = json_get_arr(result, "results");
	size_t count = results ? json_object_array_length(results) : 0, drawn = 0;
	struct out drawn_on = *o;
	struct table t;

	if (!o->columns) {
		drawn_on.columns = hms_columns(o, results != NULL);
	}
	table_begin(&t, &drawn_on, &show_hms_columns);
	for (size_t i = 0; i < count; i++) {
		json_object *one = json_object_array_get_idx(results, i);
		const char *name = json_get_str(one, "printer");

		drawn += draw_hms_of(
		    &t, name ? name : json_get_str(one, "name"), json_get_arr(one, "hms"));
	}
	if (!results) {
		drawn +=
		    draw_hms_of(&t, json_get_str(result, "printer"), json_get_arr(result, "hms"));
	}
	if (drawn > 0) {
		table_end(&t);
		return;
	}
	table_drop(&t);
	if (o->legend && !o->quiet) {
		fputs("no health messages\n", o->f);
	}
}

void show_hms_text(struct out *o, json_object *result)
{
	static const char *const about[] = {"severity", "module", "kind"};
	_cleanup_free_ char *code = out_member(o, result, "code");
	_cleanup_free_ char *text = out_member(o, result, "text");
	_cleanup_free_ char *url = out_member(o, result, "url");

	fputs(code, o->f);
	for (size_t i = 0; i < ARRAY_SIZE(about); i++) {
		_cleanup_free_ char *word = out_member(o, result, about[i]);

		if (strcmp(word, "-") != 0) {
			fprintf(o->f, "  %s", word);
		}
	}
	fprintf(o->f, "\n%s\n", text);
	if (strcmp(url, "-") != 0) {
		fprintf(o->f, "%s\n", url);
	}
}

enum key_column { KEY_PATH, KEY_TYPE, KEY_UNIT, KEY_HELP, KEY_COUNT };

const struct column_set show_keys_columns = {
    .count = KEY_COUNT,
    .column =
	{
	    [KEY_PATH] = {"KEY"},
	    [KEY_TYPE] = {"TYPE"},
	    [KEY_UNIT] = {"UNIT"},
	    [KEY_HELP] = {"MEANING", .cut = true},
	},
};

void show_keys(struct out *o, json_object *result)
{
	json_object *keys = json_get_arr(result, "keys");
	size_t count = keys ? json_object_array_length(keys) : 0;
	struct table t;

	table_begin(&t, o, &show_keys_columns);
	for (size_t i = 0; i < count; i++) {
		json_object *key = json_object_array_get_idx(keys, i);
		const char *unit = json_get_str(key, "unit");

		table_row(&t, OUT_PLAIN);
		table_take(&t, KEY_PATH, out_member(o, key, "path"));
		table_take(&t, KEY_TYPE, out_member(o, key, "type"));
		table_take(&t, KEY_UNIT, out_safe(o, unit && *unit ? unit : NULL));
		table_take(&t, KEY_HELP, out_member(o, key, "help"));
	}
	table_end(&t);
}
