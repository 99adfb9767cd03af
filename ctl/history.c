/* SPDX-License-Identifier: MIT */
/* Verbs of past prints: pages of the daemon as one list, totals. */
#include "ctl/history.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/jw.h"
#include "common/util.h"
#include "ctl/call.h"
#include "ctl/fmt.h"
#include "ctl/table.h"

#define PAGE 4096 /* what the daemon gives at once */
#define SHOWN 100 /* of a table, unless told */
#define DAY_MS (24LL * 3600 * 1000)

enum {
	ID,
	PRINTER,
	JOB,
	RESULT,
	STARTED,
	LASTED,
	LAYERS,
	FILAMENT,
	ENDED,
	SERIAL,
	PRINT_FILE,
	PERCENT,
	CODE,
	REASON,
	LATE
};

const struct column_set history_columns = {15,
    {{"ID"}, {"PRINTER"}, {"JOB", .cut = true}, {"RESULT"}, {"STARTED"}, {"LASTED", .right = true},
	{"LAYERS", .right = true}, {"FILAMENT", .cut = true}, {"ENDED", .extra = true},
	{"SERIAL", .extra = true}, {"FILE", .cut = true, .extra = true},
	{"PERCENT", .right = true, .extra = true}, {"CODE", .extra = true},
	{"REASON", .cut = true, .extra = true}, {"LATE", .extra = true}}};

enum {
	S_PRINTER,
	S_PRINTS,
	S_FINISHED,
	S_FAILED,
	S_CANCELLED,
	S_UNKNOWN,
	S_RUNNING,
	S_TIME,
	S_SUCCESS,
	S_SERIAL,
	S_TIMED
};

const struct column_set history_stats_columns = {
    11, {{"PRINTER"}, {"PRINTS", .right = true}, {"FINISHED", .right = true},
	    {"FAILED", .right = true}, {"CANCELLED", .right = true}, {"UNKNOWN", .right = true},
	    {"RUNNING", .right = true}, {"TIME", .right = true}, {"SUCCESS", .right = true},
	    {"SERIAL", .extra = true}, {"TIMED", .right = true, .extra = true}}};

/* ---- cells ---- */

static char *number_text(json_object *o, const char *key)
{
	int64_t value;

	return json_get_i64(o, key, &value) ? xasprintf("%" PRId64, value) : xstrdup("-");
}

static char *time_text(json_object *o, const char *key)
{
	int64_t wall_ms = fmt_parse_time(json_get_str(o, key));
	char buf[FMT_SIZE];

	return xstrdup(wall_ms < 0 ? "-" : fmt_stamp(wall_ms, buf));
}

static char *span_text(json_object *o, const char *key)
{
	int64_t seconds = -1;
	char buf[FMT_SIZE];

	json_get_i64(o, key, &seconds);
	return xstrdup(fmt_span(seconds, buf));
}

/* "A1", "HT-A", "ext". */
static char *place_text(const struct out *o, json_object *tray)
{
	const char *label = json_get_str(tray, "label");
	_cleanup_free_ char *safe = out_safe(o, label);
	int64_t slot;

	if (label == NULL) {
		return xstrdup("ext");
	}
	return str_starts(label, "HT-") || !json_get_i64(tray, "slot", &slot)
		   ? TAKE(safe)
		   : xasprintf("%s%" PRId64, safe, slot + 1);
}

char *history_filament(const struct out *o, json_object *print)
{
	json_object *list = json_get_arr(print, "filament");
	size_t count = list ? json_object_array_length(list) : 0;
	struct jw w;
	char *text;

	jw_init(&w);
	for (size_t i = 0; i < count; i++) {
		json_object *tray = json_object_array_get_idx(list, i);
		_cleanup_free_ char *place = place_text(o, tray);
		_cleanup_free_ char *type = out_member(o, tray, "type");
		_cleanup_free_ char *color = out_member(o, tray, "color");
		_cleanup_free_ char *one =
		    xasprintf("%s%s %s %s", i > 0 ? "; " : "", place, type, color);

		jw_bytes(&w, one, strlen(one));
	}
	jw_bytes(&w, "", 1);
	text = jw_take(&w);
	jw_finish(&w);
	return text;
}

/* ---- the list ---- */

static const char *result_text(json_object *print)
{
	const char *result = json_get_str(print, "result");

	return result ? result : "running";
}

static enum out_color result_color(json_object *print)
{
	return strcmp(result_text(print), "failed") == 0 ? OUT_RED : OUT_PLAIN;
}

static char *layers_text(json_object *print)
{
	_cleanup_free_ char *layer = number_text(print, "layer");
	_cleanup_free_ char *total = number_text(print, "total_layers");

	return xasprintf("%s/%s", layer, total);
}

static void draw_print(struct ctl *c, struct table *t, json_object *print)
{
	char *filament = history_filament(&c->out, print);
	bool late = false;

	json_get_bool(print, "late", &late);
	if (*filament == '\0') {
		free(filament);
		filament = xstrdup("-");
	}
	table_row(t, result_color(print));
	table_take(t, ID, out_member(&c->out, print, "id"));
	table_take(t, PRINTER, out_member(&c->out, print, "printer"));
	table_take(t, JOB, out_member(&c->out, print, "job"));
	table_take(t, RESULT, out_safe(&c->out, result_text(print)));
	table_take(t, STARTED, time_text(print, "started"));
	table_take(t, LASTED, span_text(print, "duration_s"));
	table_take(t, LAYERS, layers_text(print));
	table_take(t, FILAMENT, filament);
	table_take(t, ENDED, time_text(print, "ended"));
	table_take(t, SERIAL, out_member(&c->out, print, "serial"));
	table_take(t, PRINT_FILE, out_member(&c->out, print, "file"));
	table_take(t, PERCENT, number_text(print, "percent"));
	table_take(t, CODE, out_member(&c->out, print, "code"));
	table_take(t, REASON, out_member(&c->out, print, "reason"));
	table_cell(t, LATE, late ? "late" : "-");
}

static void draw_list(struct ctl *c, json_object *result)
{
	json_object *prints = json_get_arr(result, "prints");
	size_t count = prints ? json_object_array_length(prints) : 0;
	struct table t;

	if (count == 0) {
		out_note(&c->out, "no print is recorded");
		return;
	}
	table_begin(&t, &c->out, &history_columns);
	for (size_t i = 0; i < count; i++) {
		draw_print(c, &t, json_object_array_get_idx(prints, i));
	}
	table_end(&t);
	if (json_get_str(result, "next")) {
		out_note(&c->out, "there are earlier ones: --limit N, or --csv for all");
	}
}

int history_since(const char *text, int64_t now_ms, char ret[static 32])
{
	size_t len = strlen(text);
	int64_t span, days;

	if (fmt_parse_time(text) >= 0) {
		return str_copy(ret, 32, text) ? 0 : -EINVAL;
	}
	if (len > 1 && text[len - 1] == 'd') {
		_cleanup_free_ char *number = xstrndup(text, len - 1);

		if (parse_i64(number, 0, 36500, &days) < 0) {
			return -EINVAL;
		}
		span = days * DAY_MS;
	} else if (parse_duration_ms(text, &span) < 0) {
		return -EINVAL;
	}
	time_rfc3339(span < now_ms ? now_ms - span : 0, ret);
	return 0;
}

/* Printers and time; printer: NULL all. 0, or the exit status. */
static int common_params(struct ctl *c, json_object **ret)
{
	const char *printer = call_take_printer(c), *since = c->args.value[OPT_SINCE];
	json_object *params;
	char text[32];

	if (c->word_count > 0) {
		return call_misuse(c, "too many words");
	}
	if (since && history_since(since, c->out.now_ms, text) < 0) {
		return call_misuse(
		    c, "\"%s\" is no time such as 7d, 36h or 2026-11-01T00:00:00Z", since);
	}
	params = json_object_new_object();
	if (printer) {
		json_object_object_add(params, "printer", json_object_new_string(printer));
	}
	if (since) {
		json_object_object_add(params, "since", json_object_new_string(text));
	}
	*ret = params;
	return 0;
}

/* Adds a page to the list. */
static void append(json_object *whole, json_object *page)
{
	json_object *to = json_get_arr(whole, "prints"), *from = json_get_arr(page, "prints");
	json_object *next = json_object_object_get(page, "next");

	for (size_t i = 0; from && i < json_object_array_length(from); i++) {
		json_object_array_add(to, json_object_get(json_object_array_get_idx(from, i)));
	}
	json_object_object_add(whole, "next", json_object_get(next));
}

/* Page after page, until there are `left` of them. */
static int fetch(struct ctl *c, json_object *params, int64_t left, json_object *whole)
{
	const char *next;
	int status;

	json_object_object_add(whole, "prints", json_object_new_array());
	do {
		_cleanup_json_ json_object *page = NULL;
		int64_t limit = left < PAGE ? left : PAGE;

		json_object_object_add(params, "limit", json_object_new_int64(limit));
		status = call_method(c, "history.list", json_object_get(params), &page);
		if (status) {
			return status;
		}
		append(whole, page);
		left -= limit;
		next = json_get_str(whole, "next");
		if (next) {
			json_object_object_add(params, "before", json_object_new_string(next));
		}
	} while (next && left > 0);
	return 0;
}

int history_run(struct ctl *c)
{
	bool csv = c->args.given[OPT_CSV] > 0;
	_cleanup_json_ json_object *params = NULL, *whole = json_object_new_object();
	int64_t limit = csv ? INT64_MAX : SHOWN;
	const char *text = c->args.value[OPT_LIMIT];
	int status;

	if (csv && (c->out.json != OUT_TEXT || c->args.given[OPT_COLUMNS])) {
		return call_misuse(c, "--csv has neither --json nor -o");
	}
	if (text && parse_i64(text, 1, INT32_MAX, &limit) < 0) {
		return call_misuse(c, "--limit is a number from 1 on");
	}
	status = common_params(c, &params);
	if (!status) {
		status = fetch(c, params, limit, whole);
	}
	if (status) {
		return status;
	}
	if (csv) {
		history_csv(&c->out, whole);
		return 0;
	}
	return call_print(c, whole, draw_list);
}

/* ---- totals ---- */

static char *success_text(json_object *one)
{
	json_object *success = json_get_obj(one, "success");
	int64_t of = 0;
	double rate;

	json_get_i64(success, "of", &of);
	return success && json_get_num(success, "rate", &rate)
		   ? xasprintf("%.0f %% of %" PRId64, rate * 100, of)
		   : xstrdup("-");
}

static void draw_total(struct table *t, char *printer, char *serial, json_object *one)
{
	table_row(t, OUT_PLAIN);
	table_take(t, S_PRINTER, printer);
	table_take(t, S_PRINTS, number_text(one, "prints"));
	table_take(t, S_FINISHED, number_text(one, "finished"));
	table_take(t, S_FAILED, number_text(one, "failed"));
	table_take(t, S_CANCELLED, number_text(one, "cancelled"));
	table_take(t, S_UNKNOWN, number_text(one, "unknown"));
	table_take(t, S_RUNNING, number_text(one, "running"));
	table_take(t, S_TIME, span_text(one, "print_s"));
	table_take(t, S_SUCCESS, success_text(one));
	table_take(t, S_SERIAL, serial);
	table_take(t, S_TIMED, number_text(one, "timed"));
}

static void draw_stats(struct ctl *c, json_object *result)
{
	json_object *printers = json_get_arr(result, "printers");
	size_t count = printers ? json_object_array_length(printers) : 0;
	struct table t;

	if (count == 0) {
		out_note(&c->out, "no print is recorded");
		return;
	}
	table_begin(&t, &c->out, &history_stats_columns);
	for (size_t i = 0; i < count; i++) {
		json_object *one = json_object_array_get_idx(printers, i);

		draw_total(&t, out_member(&c->out, one, "printer"),
		    out_member(&c->out, one, "serial"), one);
	}
	if (count > 1) {
		draw_total(&t, xstrdup("(all)"), xstrdup("-"), json_get_obj(result, "totals"));
	}
	table_end(&t);
}

int history_stats_run(struct ctl *c)
{
	_cleanup_json_ json_object *result = NULL;
	json_object *params = NULL;
	int status = common_params(c, &params);

	if (!status) {
		status = call_method(c, "history.stats", params, &result);
	}
	return status ? status : call_print(c, result, draw_stats);
}
