/* SPDX-License-Identifier: MIT */
/* Health messages and the list of keys as tables. */
#include <inttypes.h>
#include <string.h>

#include "common/util.h"
#include "ctl/fmt.h"
#include "ctl/show.h"
#include "ctl/view.h"

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
