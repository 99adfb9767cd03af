/* SPDX-License-Identifier: MIT */
/* What became of commands, a line for each printer. */
#include <string.h>

#include "common/util.h"
#include "ctl/act.h"
#include "ctl/fmt.h"

/* What a printer is once it obeyed. */
static const struct {
	const char *method, *word;
} done_words[] = {
    {"ams.load", "loaded"},
    {"ams.unload", "unloaded"},
    {"print.clear_error", "cleared"},
    {"print.pause", "paused"},
    {"print.resume", "resumed"},
    {"print.stop", "stopped"},
};

static const char *done_word(const char *method)
{
	for (size_t i = 0; i < ARRAY_SIZE(done_words); i++) {
		if (strcmp(done_words[i].method, method) == 0) {
			return done_words[i].word;
		}
	}
	return "done";
}

struct widths {
	const char *done;
	const char *printer; /* whose it is when the part does not say */
	size_t name, word;
	bool no_wait;
};

static bool is_effective(json_object *part)
{
	const char *stage = json_get_str(part, "stage");

	return stage && strcmp(stage, "effective") == 0;
}

static bool was_so(json_object *part)
{
	bool already = false;

	json_get_bool(part, "already", &already);
	return already;
}

static const char *name_of(const struct widths *w, json_object *part)
{
	const char *name = json_get_str(part, "printer");

	return name ? name : w->printer;
}

/* The message of an error without the name that begins the line, its type and its hint. */
static void print_error(struct out *o, const char *name, json_object *error)
{
	json_object *data = json_get_obj(error, "data");
	const char *message = json_get_str(error, "message"), *type = json_get_str(data, "type");
	size_t len = strlen(name);
	_cleanup_free_ char *what = NULL, *tail = out_hint_text(o, json_get_str(data, "hint"));

	if (message && strncmp(message, name, len) == 0 && strncmp(message + len, ": ", 2) == 0) {
		message += len + 2;
	}
	what = out_safe(o, message);
	fprintf(o->f, "%s%s%s%s%s%s%s\n", out_color(o, OUT_RED), what, type ? " (" : "",
	    type ? type : "", type ? ")" : "", out_color(o, OUT_PLAIN), tail);
}

static void print_stage(struct out *o, const struct widths *w, json_object *part)
{
	const char *stage = json_get_str(part, "stage");
	int64_t took_ms = 0;

	json_get_i64(part, "took_ms", &took_ms);
	if (was_so(part)) {
		fprintf(o->f, "already %s\n", strcmp(w->done, "done") == 0 ? "so" : w->done);
	} else if (is_effective(part)) {
		fprintf(o->f, "%-*s  confirmed after %.1f s\n", (int)w->word, w->done,
		    (double)took_ms / 1000);
	} else if (stage && strcmp(stage, "acked") == 0) {
		fprintf(o->f, "acknowledged (nothing to see of it)\n");
	} else {
		fprintf(o->f, "sent (%s)\n", w->no_wait ? "not waited for" : "no answer to expect");
	}
}

/* Exit status of the part. */
static int print_part(struct out *o, const struct widths *w, json_object *part)
{
	json_object *error = json_get_obj(part, "error");
	_cleanup_free_ char *name = out_safe(o, name_of(w, part));

	fprintf(o->f, "%-*s  ", (int)w->name, name);
	if (error) {
		print_error(o, name_of(w, part), error);
		return out_error_status(error);
	}
	print_stage(o, w, part);
	return 0;
}

static void print_payloads(struct out *o, json_object *part)
{
	json_object *list = json_get_arr(part, "payloads");
	struct out line = *o;

	line.json = OUT_JSON_SHORT;
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		out_json(&line, json_object_array_get_idx(list, i));
	}
}

static void measure(struct widths *w, const struct out *o, json_object *part)
{
	_cleanup_free_ char *name = out_safe(o, name_of(w, part));
	size_t word = strlen(w->done) + (was_so(part) ? strlen("already ") : 0);

	w->name = strlen(name) > w->name ? strlen(name) : w->name;
	if ((is_effective(part) || was_so(part)) && word > w->word) {
		w->word = word;
	}
}

static int print_dry(struct out *o, json_object *result, json_object *results)
{
	for (size_t i = 0; results && i < json_object_array_length(results); i++) {
		print_payloads(o, json_object_array_get_idx(results, i));
	}
	if (!results) {
		print_payloads(o, result);
	}
	return out_results_status(o, result);
}

int act_print(struct out *o, const char *method, json_object *params, json_object *result)
{
	json_object *results = json_get_arr(result, "results");
	const char *until = json_get_str(params, "until");
	size_t count = results ? json_object_array_length(results) : 1, failed = 0;
	struct widths w = {.done = done_word(method), .printer = json_get_str(params, "printer")};
	bool dry_run = false;
	int worst = 0;

	json_get_bool(params, "dry_run", &dry_run);
	if (dry_run) {
		return print_dry(o, result, results);
	}
	w.no_wait = until && strcmp(until, "sent") == 0;
	for (size_t i = 0; i < count; i++) {
		measure(&w, o, results ? json_object_array_get_idx(results, i) : result);
	}
	for (size_t i = 0; i < count; i++) {
		int status =
		    print_part(o, &w, results ? json_object_array_get_idx(results, i) : result);

		failed += status != 0;
		worst = status > worst ? status : worst;
	}
	if (failed > 0 && count > 1 && o->legend) {
		fprintf(
		    o->f, "%zu of %zu not %s\n", failed, count, w.no_wait ? "sent" : "confirmed");
	}
	return worst;
}
