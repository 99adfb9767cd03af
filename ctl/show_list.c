/* SPDX-License-Identifier: MIT */
/* The farm at a glance: one row a printer, trouble first, then a count and what is wrong. */
#include <inttypes.h>
#include <string.h>

#include "common/util.h"
#include "ctl/fmt.h"
#include "ctl/show.h"
#include "ctl/view.h"

#define TROUBLE_INDENT 4
/* Terminals narrower than this do without these columns, so that the job keeps its name. */
#define AMS_FITS 90
#define LINK_FITS 70

enum list_column {
	COL_NAME,
	COL_MODEL,
	COL_STATE,
	COL_JOB,
	COL_PERCENT,
	COL_LEFT,
	COL_NOZZLE,
	COL_BED,
	COL_AMS,
	COL_LINK,
	COL_AGE,
	COL_CHAMBER,
	COL_LAYER,
	COL_STAGE,
	COL_SPEED,
	COL_FILE,
	COL_SERIAL,
	COL_FIRMWARE,
	COL_ADDRESS,
	COL_TAGS,
	COL_PROBLEM,
	COL_COUNT
};

const struct column_set show_list_columns = {
    .count = COL_COUNT,
    .column =
	{
	    [COL_NAME] = {"NAME", .heading = "  NAME"},
	    [COL_MODEL] = {"MODEL"},
	    [COL_STATE] = {"STATE"},
	    [COL_JOB] = {"JOB", .cut = true},
	    [COL_PERCENT] = {"%", .right = true, .alias = "PERCENT"},
	    [COL_LEFT] = {"LEFT", .right = true},
	    [COL_NOZZLE] = {"NOZZLE", .right = true},
	    [COL_BED] = {"BED", .right = true},
	    [COL_AMS] = {"AMS"},
	    [COL_LINK] = {"LINK"},
	    [COL_AGE] = {"AGE"},
	    [COL_CHAMBER] = {"CHAMBER", .right = true, .extra = true},
	    [COL_LAYER] = {"LAYER", .right = true, .extra = true},
	    [COL_STAGE] = {"STAGE", .extra = true},
	    [COL_SPEED] = {"SPEED", .extra = true},
	    [COL_FILE] = {"FILE", .extra = true, .cut = true},
	    [COL_SERIAL] = {"SERIAL", .extra = true},
	    [COL_FIRMWARE] = {"FIRMWARE", .extra = true},
	    [COL_ADDRESS] = {"ADDRESS", .extra = true},
	    [COL_TAGS] = {"TAGS", .extra = true},
	    [COL_PROBLEM] = {"PROBLEM", .extra = true},
	},
};

static char *layers(json_object *print)
{
	_cleanup_free_ char *at = view_number(print, "layer");
	_cleanup_free_ char *of = view_number(print, "total_layers");

	return strcmp(at, "-") == 0 ? TAKE(at) : xasprintf("%s/%s", at, of);
}

static char *left(json_object *print)
{
	char buf[FMT_SIZE];
	int64_t seconds;

	return xstrdup(fmt_span(json_get_i64(print, "remaining_s", &seconds) ? seconds : -1, buf));
}

static char *tags(const struct out *o, json_object *printer)
{
	json_object *list = json_get_arr(printer, "tags");
	size_t count = list ? json_object_array_length(list) : 0;
	char *all = NULL;

	for (size_t i = 0; i < count; i++) {
		json_object *item = json_object_array_get_idx(list, i);
		_cleanup_free_ char *tag = out_safe(o, json_object_get_string(item));
		char *joined = xasprintf("%s%s%s", all ? all : "", all ? "," : "", tag);

		free(all);
		all = joined;
	}
	return all ? all : xstrdup("-");
}

/* What is only true while the printer talks. */
static void draw_present(struct table *t, const struct out *o, json_object *printer)
{
	json_object *print = json_get_obj(printer, "print"), *temp = json_get_obj(printer, "temp");

	table_take(t, COL_JOB, out_member(o, print, "job"));
	table_take(t, COL_PERCENT, view_number(print, "percent"));
	table_take(t, COL_LEFT, left(print));
	table_take(t, COL_NOZZLE, view_nozzles_short(printer));
	table_take(t, COL_BED, view_heat(json_get_obj(temp, "bed"), HEAT_CURRENT));
	table_take(t, COL_AMS, view_ams_strip(o, printer));
	table_take(t, COL_LINK, out_member(o, json_get_obj(printer, "link"), "plane"));
	table_take(t, COL_CHAMBER, view_heat(json_get_obj(temp, "chamber"), HEAT_CURRENT));
	table_take(t, COL_LAYER, layers(print));
	table_take(t, COL_STAGE, out_member(o, print, "stage"));
	table_take(t, COL_SPEED, out_member(o, print, "speed"));
	table_take(t, COL_FILE, out_member(o, print, "file"));
}

static void draw_absent(struct table *t)
{
	static const enum list_column columns[] = {COL_JOB, COL_PERCENT, COL_LEFT, COL_NOZZLE,
	    COL_BED, COL_AMS, COL_LINK, COL_CHAMBER, COL_LAYER, COL_STAGE, COL_SPEED, COL_FILE};

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		table_cell(t, columns[i], "-");
	}
}

static enum out_color row_color(json_object *printer)
{
	enum out_color color = view_state_color(printer);

	return color == OUT_GREEN ? OUT_PLAIN : color; /* what goes well needs no emphasis */
}

static void draw_printer(struct table *t, const struct out *o, json_object *printer)
{
	bool problem = view_problem(printer);
	_cleanup_free_ char *name = out_member(o, printer, "name");
	char age[FMT_SIZE];

	table_row(t, row_color(printer));
	if (o->columns) {
		table_cell(t, COL_NAME, name);
	} else {
		table_take(t, COL_NAME, xasprintf("%c %s", problem ? '!' : ' ', name));
	}
	table_take(t, COL_MODEL, out_member(o, printer, "model"));
	table_take(t, COL_STATE, view_state(o, printer));
	if (view_freshness(printer) == FRESH_OLD) {
		draw_absent(t);
	} else {
		draw_present(t, o, printer);
	}
	table_cell(t, COL_AGE, fmt_age(view_age_ms(printer), age));
	table_take(t, COL_SERIAL, out_member(o, printer, "serial"));
	table_take(t, COL_FIRMWARE, out_member(o, printer, "firmware"));
	table_take(t, COL_ADDRESS, out_member(o, json_get_obj(printer, "link"), "address"));
	table_take(t, COL_TAGS, tags(o, printer));
	table_cell(t, COL_PROBLEM, problem ? "!" : "-");
}

struct tally {
	char *word;
	unsigned count;
};

#define TALLY_MAX 32 /* far more than there are state words */

static void count_states(
    const struct out *o, json_object *list, struct tally tally[TALLY_MAX], size_t *ret_count)
{
	size_t count = json_object_array_length(list), words = 0, w;

	for (size_t i = 0; i < count; i++) {
		char *word = view_state(o, json_object_array_get_idx(list, i));

		for (w = 0; w < words && strcmp(tally[w].word, word) != 0; w++) {
		}
		if (w == words && words < TALLY_MAX) {
			tally[words++] = (struct tally){TAKE(word), 0};
		}
		if (w < words) {
			tally[w].count++;
		}
		free(word);
	}
	*ret_count = words;
}

static unsigned take_count(struct tally *tally, size_t words, const char *word)
{
	for (size_t i = 0; i < words; i++) {
		if (strcmp(tally[i].word, word) == 0) {
			unsigned count = tally[i].count;

			tally[i].count = 0;
			return count;
		}
	}
	return 0;
}

/* "4 printers: 1 printing, 1 paused, 1 idle, 1 offline." The usual words first, in this order. */
static void draw_counts(struct out *o, json_object *list)
{
	static const char *const usual[] = {"printing", "preparing", "slicing", "paused",
	    "finished", "failed", "idle", "connecting", "offline"};
	struct tally tally[TALLY_MAX];
	size_t total = json_object_array_length(list), words;
	const char *comma = ": ";

	count_states(o, list, tally, &words);
	fprintf(o->f, "%zu printer%s", total, total == 1 ? "" : "s");
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
		unsigned count = take_count(tally, words, usual[i]);

		if (count) {
			fprintf(o->f, "%s%u %s", comma, count, usual[i]);
			comma = ", ";
		}
	}
	for (size_t i = 0; i < words; i++) {
		if (tally[i].count) {
			fprintf(o->f, "%s%u %s", comma, tally[i].count, tally[i].word);
			comma = ", ";
		}
		free(tally[i].word);
	}
	fputc('.', o->f);
}

static void draw_cloud(struct out *o, json_object *cloud)
{
	const char *state = json_get_str(cloud, "state");
	json_object *token = json_get_obj(cloud, "token");
	_cleanup_free_ char *word = out_safe(o, state), *end = show_token_end(o, token);

	/* Who never signed in wants no word about it; a token that died is still there. */
	if (!state || strcmp(state, "disabled") == 0 ||
	    (strcmp(state, "signed_out") == 0 && !token)) {
		return;
	}
	for (char *p = word; *p; p++) {
		*p = *p == '_' ? ' ' : *p;
	}
	fprintf(o->f, "  Cloud: %s", word);
	if (json_get_str(token, "expires")) {
		fprintf(o->f, ", token %s", end);
	}
	fputc('.', o->f);
}

/* One line about a printer; on a terminal folded, its further lines indented. */
static void draw_trouble(struct out *o, json_object *printer, const char *text)
{
	_cleanup_free_ char *name = out_member(o, printer, "name");

	fprintf(o->f, "%s!%s %s  ", out_color(o, OUT_RED), out_color(o, OUT_PLAIN), name);
	out_fold(o, strlen(name) + 4, TROUBLE_INDENT, text);
	fputc('\n', o->f);
}

static void draw_link_trouble(struct out *o, json_object *printer)
{
	json_object *link = json_get_obj(printer, "link");
	_cleanup_free_ char *state = out_member(o, link, "state");
	_cleanup_free_ char *why = out_member(o, link, "last_error");
	const char *hint = json_get_str(link, "last_error_hint");
	const char *name = json_get_str(printer, "name");
	_cleanup_free_ char *fallback = xasprintf("bambuctl doctor %s", name ? name : "");
	_cleanup_free_ char *tail = out_hint_text(o, hint ? hint : fallback), *text = NULL;
	char age[FMT_SIZE];

	if (view_freshness(printer) == FRESH_STALE) {
		text = xasprintf("no report for %s: values may be old%s",
		    fmt_age(view_age_ms(printer), age), o->quiet ? "" : tail);
	} else {
		text = xasprintf("%s%s", strcmp(why, "-") == 0 ? state : why, o->quiet ? "" : tail);
	}
	draw_trouble(o, printer, text);
}

static void draw_messages(struct out *o, json_object *printer)
{
	json_object *error = json_get_obj(json_get_obj(printer, "print"), "error");
	json_object *hms = json_get_arr(printer, "hms");
	size_t count = hms ? json_object_array_length(hms) : 0;

	if (error) {
		_cleanup_free_ char *code = out_member(o, error, "code");
		_cleanup_free_ char *what = out_member(o, error, "text");
		_cleanup_free_ char *text = xasprintf("error %s: %s", code, what);

		draw_trouble(o, printer, text);
	}
	for (size_t i = 0; i < count; i++) {
		json_object *item = json_object_array_get_idx(hms, i);
		_cleanup_free_ char *code = out_member(o, item, "code");
		_cleanup_free_ char *severity = out_member(o, item, "severity");
		_cleanup_free_ char *what = out_member(o, item, "text");
		_cleanup_free_ char *text = xasprintf("HMS %s %s: %s", code, severity, what);

		draw_trouble(o, printer, text);
	}
}

static void draw_troubles(struct out *o, json_object *list)
{
	size_t count = json_object_array_length(list);

	for (size_t i = 0; i < count; i++) {
		json_object *printer = json_object_array_get_idx(list, i);

		if (!view_problem(printer)) {
			continue;
		}
		switch (view_freshness(printer)) {
		case FRESH_LIVE:
			draw_messages(o, printer);
			break;
		case FRESH_STALE:
			draw_link_trouble(o, printer);
			draw_messages(o, printer);
			break;
		case FRESH_OLD:
		case FRESH_COUNT:
			draw_link_trouble(o, printer);
			break;
		}
	}
}

void show_list(struct out *o, json_object *result)
{
	json_object *list = json_get_arr(result, "printers");
	size_t count = list ? json_object_array_length(list) : 0;
	struct column_set set = show_list_columns;
	struct table t;

	if (count == 0) {
		if (o->legend && !o->quiet) {
			fputs("no printers: describe one in a [Printer NAME] section of "
			      "bambud.conf\n",
			    o->f);
		}
		return;
	}
	set.column[COL_AMS].extra = o->width > 0 && o->width < AMS_FITS;
	set.column[COL_LINK].extra = o->width > 0 && o->width < LINK_FITS;
	table_begin(&t, o, &set);
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < count; i++) {
			json_object *printer = json_object_array_get_idx(list, i);

			if (view_problem(printer) == (pass == 0)) {
				draw_printer(&t, o, printer);
			}
		}
	}
	table_end(&t);
	if (o->legend) {
		draw_counts(o, list);
		draw_cloud(o, json_get_obj(result, "cloud"));
		fputc('\n', o->f);
		draw_troubles(o, list);
	}
}
