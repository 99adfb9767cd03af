/* SPDX-License-Identifier: MIT */
/* One printer as a block of lines. What is not fresh says so first and is drawn dim. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "common/text.h"
#include "common/util.h"
#include "ctl/fmt.h"
#include "ctl/show.h"
#include "ctl/view.h"

/* "0948BB...27", or the whole with -v. Owned. */
static char *serial_text(const struct out *o, json_object *printer)
{
	const char *serial = json_get_str(printer, "serial");
	char buf[FMT_SIZE];

	return out_safe(o, serial && !o->verbose ? fmt_serial(serial, buf) : serial);
}

static void draw_head(struct out *o, json_object *printer)
{
	json_object *control = json_get_obj(printer, "control");
	_cleanup_free_ char *name = out_member(o, printer, "name");
	_cleanup_free_ char *model = out_member(o, printer, "model");
	_cleanup_free_ char *serial = serial_text(o, printer);
	_cleanup_free_ char *firmware = out_member(o, printer, "firmware");
	_cleanup_free_ char *state = out_member(o, control, "state");
	const char *evidence = json_get_str(control, "evidence");
	_cleanup_free_ char *why = out_safe(o, evidence);

	fprintf(o->f, "%s%s%s  %s  %s  fw %s        control: %s", out_color(o, OUT_BOLD), name,
	    out_color(o, OUT_PLAIN), model, serial, firmware, state);
	if (evidence) {
		fprintf(o->f, " (%s)", why);
	}
	fputc('\n', o->f);
}

static void draw_freshness(struct out *o, json_object *printer)
{
	json_object *link = json_get_obj(printer, "link");
	_cleanup_free_ char *state = out_member(o, link, "state");
	int64_t age = view_age_ms(printer);
	char buf[FMT_SIZE];

	if (view_freshness(printer) == FRESH_LIVE) {
		return;
	}
	if (age < 0) {
		fprintf(o->f, "  %sState   %s: nothing heard from it yet", out_color(o, OUT_YELLOW),
		    state);
	} else {
		fprintf(o->f, "  %s%-7s %s: what follows is %s old", out_color(o, OUT_YELLOW),
		    view_freshness(printer) == FRESH_STALE ? "Stale" : "Old", state,
		    fmt_age_fine(age, buf));
	}
	fprintf(o->f, "%s\n", out_color(o, OUT_PLAIN));
}

static void draw_job(struct out *o, json_object *printer)
{
	json_object *print = json_get_obj(printer, "print");
	const char *file = json_get_str(print, "file"), *name = json_get_str(print, "job");
	/* A path is where the printer keeps it, not what its owner calls it. */
	_cleanup_free_ char *job = out_safe(o, file && !(name && strchr(file, '/')) ? file : name);
	_cleanup_free_ char *layer = view_number(print, "layer");
	_cleanup_free_ char *layers = view_number(print, "total_layers");
	int64_t value, eta = fmt_parse_time(json_get_str(print, "eta"));
	char buf[FMT_SIZE];

	fprintf(o->f, "  Job     %s", job);
	if (json_get_i64(print, "percent", &value)) {
		fprintf(o->f, "   %" PRId64 " %%", value);
	}
	if (strcmp(layer, "-") != 0) {
		fprintf(o->f, "  layer %s/%s", layer, layers);
	}
	if (json_get_i64(print, "remaining_s", &value)) {
		fprintf(o->f, "   left %s", fmt_span(value, buf));
	}
	if (eta >= 0) {
		fprintf(o->f, "   ends %s", fmt_clock(eta, o->now_ms, buf));
	}
	fputc('\n', o->f);
}

static void draw_stage(struct out *o, json_object *printer)
{
	json_object *print = json_get_obj(printer, "print");
	_cleanup_free_ char *state = out_member(o, print, "state");
	_cleanup_free_ char *stage = view_stage(o, printer);
	_cleanup_free_ char *speed = out_member(o, print, "speed");
	_cleanup_free_ char *source = out_member(o, print, "source");
	_cleanup_free_ char *what = stage ? xasprintf("%s: %s", state, stage) : TAKE(state);

	fprintf(o->f, "  Stage   %-21s  speed %s", what, speed);
	if (strcmp(source, "-") != 0) {
		fprintf(o->f, "   from %s", source);
	}
	fputc('\n', o->f);
}

static void draw_nozzles(struct out *o, json_object *temp)
{
	json_object *nozzles = json_get_arr(temp, "nozzles");
	size_t count = nozzles ? json_object_array_length(nozzles) : 0;

	if (count == 0) {
		fputs("nozzle -  ", o->f);
	}
	for (size_t i = count; i > 0; i--) { /* id 0 is the right one: left stands first */
		json_object *nozzle = json_object_array_get_idx(nozzles, i - 1);
		_cleanup_free_ char *side = out_member(o, nozzle, "position");
		_cleanup_free_ char *heat = view_heat(nozzle, HEAT_BOTH);

		fprintf(o->f, "%s %s  ", count > 1 ? side : "nozzle", heat);
	}
}

static void draw_fans(struct out *o, json_object *fans)
{
	static const struct {
		const char *key, *word;
	} rows[] = {{"part_pct", "part"}, {"aux_pct", "aux"}, {"chamber_pct", "chamber"}};
	const char *start = "   fans";
	int64_t value;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (json_get_i64(fans, rows[i].key, &value)) {
			fprintf(o->f, "%s %s %" PRId64, start, rows[i].word, value);
			start = "";
		}
	}
}

static void draw_heat(struct out *o, json_object *printer)
{
	json_object *temp = json_get_obj(printer, "temp");
	_cleanup_free_ char *bed = view_heat(json_get_obj(temp, "bed"), HEAT_BOTH);
	_cleanup_free_ char *chamber = view_heat(json_get_obj(temp, "chamber"), HEAT_IF_HEATED);

	fputs("  Heat    ", o->f);
	draw_nozzles(o, temp);
	fprintf(o->f, " bed %s", bed);
	if (strcmp(chamber, "-") != 0) {
		fprintf(o->f, "   chamber %s", chamber);
	}
	draw_fans(o, json_get_obj(printer, "fans"));
	fputc('\n', o->f);
}

static void draw_unit(struct out *o, json_object *unit)
{
	_cleanup_free_ char *label = out_member(o, unit, "label");
	json_object *trays = json_get_arr(unit, "trays");
	size_t count = trays ? json_object_array_length(trays) : 0;
	int64_t humidity, minutes;
	double temp;
	bool drying;

	fprintf(o->f, "  AMS %-3s ", label);
	for (size_t i = 0; i < count; i++) {
		json_object *tray = json_object_array_get_idx(trays, i);
		_cleanup_free_ char *spool = view_spool(o, tray);

		if (count > 1) {
			fprintf(o->f, "%s%zu ", i ? "   " : "", i + 1);
		}
		fputs(spool, o->f);
		if (json_get_bool(tray, "active", &drying) && drying) {
			fputs(" <", o->f);
		}
	}
	if (json_get_i64(unit, "humidity_pct", &humidity)) {
		fprintf(o->f, "     RH %" PRId64 " %%", humidity);
	} else if (json_get_i64(unit, "humidity_level", &humidity)) {
		fprintf(o->f, "     dryness %" PRId64 "/5", humidity);
	}
	if (json_get_num(unit, "temp_c", &temp)) {
		fprintf(o->f, "  %.0f C", temp);
	}
	if (json_get_bool(json_get_obj(unit, "drying"), "active", &drying) && drying &&
	    json_get_i64(json_get_obj(unit, "drying"), "remaining_min", &minutes)) {
		char buf[FMT_SIZE];

		fprintf(o->f, "  drying, %s left", fmt_span(minutes * 60, buf));
	}
	fputc('\n', o->f);
}

static void draw_external(struct out *o, json_object *ams)
{
	json_object *list = json_get_arr(ams, "external");
	size_t count = list ? json_object_array_length(list) : 0;
	bool drawn = false;

	for (size_t i = 0; i < count; i++) {
		json_object *tray = json_object_array_get_idx(list, i);
		_cleanup_free_ char *slot = view_slot(o, NULL, tray, count > 1);
		_cleanup_free_ char *spool = view_spool(o, tray);

		if (json_get_str(tray, "state")) {
			fprintf(o->f, "%s%s %s", drawn ? "   " : "  Spool   ", slot, spool);
			drawn = true;
		}
	}
	if (drawn) {
		fputc('\n', o->f);
	}
}

static void draw_ams(struct out *o, json_object *printer)
{
	json_object *ams = json_get_obj(printer, "ams"), *units = json_get_arr(ams, "units");
	size_t count = units ? json_object_array_length(units) : 0;

	for (size_t i = 0; i < count; i++) {
		draw_unit(o, json_object_array_get_idx(units, i));
	}
	draw_external(o, ams);
}

/* One message; what does not fit into the line goes on below its beginning. */
static void draw_error(struct out *o, const char *head, enum out_color color, const char *line)
{
	fprintf(o->f, "%s%s", head, out_color(o, color));
	out_fold(o, strlen(head), strlen(head), line);
	fprintf(o->f, "%s\n", color == OUT_PLAIN ? "" : out_color(o, OUT_PLAIN));
}

static void draw_errors(struct out *o, json_object *printer)
{
	json_object *error = json_get_obj(json_get_obj(printer, "print"), "error");
	json_object *hms = json_get_arr(printer, "hms");
	size_t count = hms ? json_object_array_length(hms) : 0;
	const char *head = "  Errors  ";

	if (error) {
		_cleanup_free_ char *code = out_member(o, error, "code");
		_cleanup_free_ char *text = out_member(o, error, "text"), *line = NULL;

		line = xasprintf("%s: %s", code, text);
		draw_error(o, head, OUT_RED, line);
		head = "          ";
	}
	for (size_t i = 0; i < count; i++) {
		json_object *item = json_object_array_get_idx(hms, i);
		_cleanup_free_ char *code = out_member(o, item, "code");
		_cleanup_free_ char *severity = out_member(o, item, "severity");
		_cleanup_free_ char *text = out_member(o, item, "text"), *line = NULL;

		line = xasprintf("HMS %s %s: %s", code, severity, text);
		draw_error(o, head, OUT_PLAIN, line);
		head = "          ";
	}
	if (!error && count == 0) {
		fprintf(o->f, "%s%s\n", head, view_age_ms(printer) < 0 ? "-" : "none");
	}
}

static void draw_since(struct out *o, json_object *link)
{
	int64_t since = fmt_parse_time(json_get_str(link, "since"));
	const char *state = json_get_str(link, "state");
	char span[FMT_SIZE], clock[FMT_SIZE];

	if (since < 0) {
		return;
	}
	fmt_span(o->now_ms > since ? (o->now_ms - since) / 1000 : 0, span);
	if (state && strcmp(state, "online") == 0) {
		fprintf(o->f, "  up %s", span);
	} else {
		fprintf(o->f, "  since %s (%s)", fmt_clock(since, o->now_ms, clock), span);
	}
}

static void draw_link(struct out *o, json_object *printer)
{
	json_object *link = json_get_obj(printer, "link");
	bool live = view_freshness(printer) == FRESH_LIVE;
	_cleanup_free_ char *where = out_member(o, link, live ? "plane" : "state");
	_cleanup_free_ char *address = out_member(o, link, "address");
	_cleanup_free_ char *tls = out_member(o, link, "tls");
	_cleanup_free_ char *why = out_member(o, link, "last_error");
	int64_t value;
	char buf[FMT_SIZE];

	/* The address is the one in the local network. */
	fprintf(o->f, "  Link    %s", where);
	if (!live || strcmp(where, "cloud") != 0) {
		fprintf(o->f, " %s", address);
	}
	if (strcmp(tls, "-") != 0) {
		fprintf(o->f, " tls %s", tls);
	}
	draw_since(o, link);
	if (json_get_i64(link, "age_ms", &value)) {
		fprintf(o->f, "  report %s ago", fmt_age_fine(value, buf));
	}
	if (json_get_i64(link, "full_age_ms", &value)) {
		fprintf(o->f, "  full %s ago", fmt_age_fine(value, buf));
	}
	if (live && json_get_i64(json_get_obj(printer, "device"), "wifi_dbm", &value)) {
		fprintf(o->f, "  wifi %" PRId64 " dBm", value);
	}
	fputc('\n', o->f);
	if (strcmp(why, "-") != 0) {
		_cleanup_free_ char *hint = out_hint_text(o, json_get_str(link, "last_error_hint"));
		_cleanup_free_ char *line = xasprintf("%s%s", why, hint);

		draw_error(o, "          ", OUT_RED, line);
	}
}

void show_status(struct out *o, json_object *printer)
{
	struct out quiet_colors = *o, *body = o;

	draw_head(o, printer);
	draw_freshness(o, printer);
	if (view_freshness(printer) == FRESH_OLD && view_age_ms(printer) < 0) {
		draw_link(o, printer);
		return;
	}
	if (view_freshness(printer) == FRESH_OLD) {
		quiet_colors.color = false; /* one dim block: no colour in it may end the dimness */
		body = &quiet_colors;
		fputs(out_color(o, OUT_DIM), o->f);
	}
	draw_job(body, printer);
	draw_stage(body, printer);
	draw_heat(body, printer);
	draw_ams(body, printer);
	draw_errors(body, printer);
	if (body != o) {
		fputs(out_color(o, OUT_PLAIN), o->f);
	}
	draw_link(o, printer);
}
