/* SPDX-License-Identifier: MIT */
/* `inspect`: what a 3mf file asks of a printer, plate by plate; its picture as a file. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "common/util.h"
#include "ctl/call.h"
#include "ctl/fmt.h"
#include "ctl/inspect.h"

#define LABEL_WIDTH 10
#define OBJECTS_SHOWN 12
#define PLATE_MAX 128

static json_object *item(json_object *list, size_t i)
{
	return json_object_array_get_idx(list, i);
}

static size_t length(json_object *list)
{
	return list ? json_object_array_length(list) : 0;
}

/* The strings of a list, separated by commas. Owned. */
static char *joined(struct out *o, json_object *list)
{
	char *text = xstrdup("");

	for (size_t i = 0; i < length(list); i++) {
		_cleanup_free_ char *word = out_safe(o, json_object_get_string(item(list, i)));
		char *longer = xasprintf("%s%s%s", text, i ? ", " : "", word);

		free(text);
		text = longer;
	}
	return text;
}

static void draw_head(struct out *o, json_object *result)
{
	_cleanup_free_ char *file = out_member(o, result, "file");
	_cleanup_free_ char *models = joined(o, json_get_arr(result, "models"));
	json_object *warnings = json_get_arr(result, "warnings");
	int64_t bytes = 0, filaments = 0;
	char size[FMT_SIZE];

	json_get_i64(result, "size_bytes", &bytes);
	json_get_i64(result, "filament_count", &filaments);
	fprintf(o->f, "%s%s%s  %s  for %s  %" PRId64 " filament%s\n", out_color(o, OUT_BOLD), file,
	    out_color(o, OUT_PLAIN), fmt_bytes(bytes, size), *models ? models : "an unknown model",
	    filaments, filaments == 1 ? "" : "s");
	for (size_t i = 0; i < length(warnings); i++) {
		_cleanup_free_ char *text = out_safe(o, json_object_get_string(item(warnings, i)));

		fprintf(
		    o->f, "%s! %s%s\n", out_color(o, OUT_YELLOW), text, out_color(o, OUT_PLAIN));
	}
}

static void label(struct out *o, const char *text)
{
	fprintf(o->f, "  %-*s", LABEL_WIDTH, text);
}

/* "1h30m   23.4 g   nozzle 0.4 mm   textured plate" */
static void draw_print(struct out *o, json_object *plate)
{
	_cleanup_free_ char *bed = out_member(o, plate, "bed_type");
	json_object *nozzles = json_get_arr(plate, "nozzles_mm");
	double weight_g = 0;
	int64_t time_s = -1;
	char span[FMT_SIZE];

	label(o, "Print");
	json_get_i64(plate, "time_s", &time_s);
	fprintf(o->f, "%s", time_s < 0 ? "time unknown" : fmt_span(time_s, span));
	if (json_get_num(plate, "weight_g", &weight_g)) {
		fprintf(o->f, "   %.1f g", weight_g);
	}
	for (size_t i = 0; i < length(nozzles); i++) {
		fprintf(o->f, "%s%g", i ? " and " : "   nozzle ",
		    json_object_get_double(item(nozzles, i)));
	}
	fprintf(o->f, "%s", length(nozzles) ? " mm" : "");
	for (char *p = bed; *p; p++) {
		*p = *p == '_' ? ' ' : *p;
	}
	fprintf(o->f, "%s%s\n", strcmp(bed, "-") ? "   " : "", strcmp(bed, "-") ? bed : "");
}

static void draw_filament(struct out *o, json_object *filament, bool first)
{
	_cleanup_free_ char *type = out_member(o, filament, "type");
	_cleanup_free_ char *hex = out_member(o, filament, "color");
	_cleanup_free_ char *color = NULL;
	const char *word = fmt_color_word(hex);
	double grams = NAN, meters = NAN;
	int64_t id = 0, nozzle = -1;

	json_get_i64(filament, "id", &id);
	json_get_i64(filament, "nozzle", &nozzle);
	json_get_num(filament, "grams", &grams);
	json_get_num(filament, "meters", &meters);
	color = xasprintf("%s%s%s", word ? word : "", word ? " " : "", hex);
	label(o, first ? "Filament" : "");
	fprintf(o->f, "%2" PRId64 " %-8s %-14s", id, type, color);
	if (!isnan(grams)) {
		fprintf(o->f, "  %7.2f g", grams);
	}
	if (!isnan(meters)) {
		fprintf(o->f, "  %6.2f m", meters);
	}
	fprintf(o->f, "%s\n", nozzle == 0 ? "  right nozzle" : nozzle == 1 ? "  left nozzle" : "");
}

static void draw_objects(struct out *o, json_object *plate)
{
	json_object *objects = json_get_arr(plate, "objects");
	size_t shown = length(objects), column = LABEL_WIDTH + 2;
	_cleanup_free_ char *text = NULL;
	int64_t total = 0;

	json_get_i64(plate, "objects_total", &total);
	if (total < 1) {
		return;
	}
	shown = o->verbose || shown < OBJECTS_SHOWN ? shown : OBJECTS_SHOWN;
	text = xasprintf("%" PRId64 ":", total);
	for (size_t i = 0; i < shown; i++) {
		_cleanup_free_ char *name = out_member(o, item(objects, i), "name");
		bool skipped = false;
		int64_t id = 0;
		char *longer;

		json_get_i64(item(objects, i), "id", &id);
		json_get_bool(item(objects, i), "skipped", &skipped);
		longer = xasprintf("%s %" PRId64 " %s%s%s", text, id, name,
		    skipped ? " (skipped)" : "", i + 1 < (size_t)total ? "," : "");
		free(text);
		text = longer;
	}
	label(o, "Objects");
	out_fold(o, column, column, text);
	if (shown < (size_t)total) {
		fprintf(o->f, " and %zu more", (size_t)total - shown);
	}
	fputc('\n', o->f);
}

static void draw_plate(struct out *o, json_object *plate)
{
	_cleanup_free_ char *name = out_member(o, plate, "name");
	json_object *filaments = json_get_arr(plate, "filaments");
	int64_t index = 0;
	bool sliced = false;

	json_get_i64(plate, "index", &index);
	json_get_bool(plate, "gcode", &sliced);
	fprintf(o->f, "Plate %" PRId64 "%s%s%s\n", index, strcmp(name, "-") ? "  " : "",
	    strcmp(name, "-") ? name : "", sliced ? "" : "  not sliced");
	if (sliced) {
		draw_print(o, plate);
	}
	for (size_t i = 0; i < length(filaments); i++) {
		draw_filament(o, item(filaments, i), i == 0);
	}
	draw_objects(o, plate);
}

/* Leaves only the plate of that number. 0, or -ENOENT with *e. */
static int keep_plate(json_object *result, int64_t number, struct err *e)
{
	json_object *plates = json_get_arr(result, "plates"), *kept = json_object_new_array();
	char have[128] = "";

	for (size_t i = 0; i < length(plates); i++) {
		size_t used = strlen(have);
		int64_t index = 0;

		json_get_i64(item(plates, i), "index", &index);
		snprintf(have + used, sizeof(have) - used, "%s%" PRId64, i ? ", " : "", index);
		if (index == number) {
			json_object_array_add(kept, json_object_get(item(plates, i)));
		}
	}
	if (length(kept) == 0) {
		json_object_put(kept);
		err_set(e, ERR_INVALID_PARAMS, "there is no plate %" PRId64 " in it: it has %s",
		    number, *have ? have : "none");
		return -ENOENT;
	}
	json_object_object_add(result, "plates", kept);
	return 0;
}

/* Written whole or not at all to be seen: the picture is in hand before the file is touched. */
static int write_file(const char *path, const char *data, size_t len, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
	int failed = fd < 0 ? errno : 0;

	while (!failed && len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno != EINTR) {
			failed = errno;
		}
		data += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0 && close(fd) < 0 && !failed) {
		failed = errno;
	}
	if (failed) {
		err_set(e,
		    failed == EACCES || failed == EPERM ? ERR_PERMISSION_DENIED : ERR_INTERNAL,
		    "cannot write %.100s: %s", path, strerror(failed));
		return -failed;
	}
	return 0;
}

static int save_picture(struct ctl *c, const char *path, json_object *result)
{
	const char *to = c->args.value[OPT_THUMBNAIL];
	_cleanup_free_ char *data = NULL, *safe = NULL;
	struct err e = {0};
	int64_t index = 1;
	char size[FMT_SIZE];
	size_t len;

	/* The first of those that are shown. */
	json_get_i64(item(json_get_arr(result, "plates"), 0), "index", &index);
	if (inspect_thumbnail(path, (int)index, &data, &len, &e) < 0 ||
	    write_file(to, data, len, &e) < 0) {
		return out_fail(&c->out, &e);
	}
	if (c->out.json == OUT_TEXT) {
		safe = out_safe(&c->out, to);
		fprintf(c->out.f, "Picture of plate %" PRId64 "  %s  %s\n", index, safe,
		    fmt_bytes((int64_t)len, size));
	}
	return 0;
}

static void draw(struct ctl *c, json_object *result)
{
	json_object *plates = json_get_arr(result, "plates");

	draw_head(&c->out, result);
	for (size_t i = 0; i < length(plates); i++) {
		draw_plate(&c->out, item(plates, i));
	}
}

int inspect_run(struct ctl *c)
{
	const char *number = c->args.value[OPT_PLATE];
	_cleanup_json_ json_object *result = NULL;
	struct err e = {0};
	int64_t plate = 0;

	if (!inspect_built()) {
		inspect_file("", &result, &e);
		return out_fail(&c->out, &e);
	}
	if (c->word_count != 1) {
		return call_misuse(c, c->word_count ? "unexpected \"%s\"" : "which file?%s",
		    c->word_count ? c->words[1] : "");
	}
	if (number && parse_i64(number, 1, PLATE_MAX, &plate) < 0) {
		return call_misuse(c, "\"%s\" is no number of a plate", number);
	}
	if (inspect_file(c->words[0], &result, &e) < 0 ||
	    (plate && keep_plate(result, plate, &e) < 0)) {
		return out_fail(&c->out, &e);
	}
	if (c->out.json != OUT_TEXT) {
		out_json(&c->out, result);
	} else {
		draw(c, result);
	}
	return c->args.given[OPT_THUMBNAIL] ? save_picture(c, c->words[0], result) : 0;
}
