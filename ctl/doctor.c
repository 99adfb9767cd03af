/* SPDX-License-Identifier: MIT */
/* `doctor`: the way to a printer step by step, with one remedy for the first step that fails. */
#include <inttypes.h>
#include <string.h>

#include "common/util.h"
#include "ctl/call.h"
#include "ctl/look.h"

#define PATIENCE_MS 60000 /* every step has a limit of its own, far below */
#define NAME_WIDTH 12

/* What it means that a step fails, by a word in its name; the first that fits. */
static const struct {
	const char *word;
	enum err_type type;
} meanings[] = {
    {"address", ERR_PRINTER_OFFLINE},
    {"name", ERR_PRINTER_OFFLINE},
    {"tcp", ERR_PRINTER_OFFLINE},
    {"tls", ERR_TLS_REFUSED},
    {"serial", ERR_TLS_REFUSED},
    {"certificate", ERR_TLS_REFUSED},
    {"login", ERR_AUTH_REFUSED},
    {"subscri", ERR_AUTH_REFUSED},
    {"report", ERR_STALE},
    {"control", ERR_CONTROL_LOCKED},
};

static bool has_state(json_object *step, const char *word)
{
	const char *state = json_get_str(step, "state");

	return state && strcmp(state, word) == 0;
}

int doctor_status(json_object *result)
{
	json_object *steps = json_get_arr(result, "steps");
	size_t count = steps ? json_object_array_length(steps) : 0, i = 0;
	const char *name, *type;

	while (i < count && !has_state(json_object_array_get_idx(steps, i), "fail")) {
		i++;
	}
	if (i == count) {
		return 0;
	}
	name = json_get_str(json_object_array_get_idx(steps, i), "name");
	type = json_get_str(json_object_array_get_idx(steps, i), "type");
	if (type && err_by_name(type) != ERR_NONE) {
		return err_exit(err_by_name(type));
	}
	for (size_t k = 0; name && k < ARRAY_SIZE(meanings); k++) {
		if (strcasestr(name, meanings[k].word)) {
			return err_exit(meanings[k].type);
		}
	}
	return err_exit(ERR_PRINTER_OFFLINE);
}

/* "2 ms", "1.5 s"; NULL for what took no time worth telling. Owned. */
static char *time_text(json_object *step)
{
	int64_t ms;

	if (!has_state(step, "ok") || !json_get_i64(step, "ms", &ms) || ms < 1) {
		return NULL;
	}
	return ms < 1000 ? xasprintf("%" PRId64 " ms", ms)
			 : xasprintf("%" PRId64 ".%" PRId64 " s", ms / 1000, ms / 100 % 10);
}

static void draw_step(struct out *o, size_t number, json_object *step)
{
	_cleanup_free_ char *name = out_member(o, step, "name");
	_cleanup_free_ char *detail = out_member(o, step, "detail"), *took = time_text(step);
	bool failed = has_state(step, "fail"), ok = has_state(step, "ok");
	const char *word = failed ? "FAIL" : ok ? "ok" : "skipped";
	bool detailed = strcmp(detail, "-") != 0;

	for (char *p = name; *p; p++) {
		*p = *p == '_' ? ' ' : *p;
	}
	fprintf(o->f, "%2zu %-*s %s%s%s", number, NAME_WIDTH, name,
	    out_color(o, failed ? OUT_RED
			 : ok	? OUT_GREEN
				: OUT_DIM),
	    word, out_color(o, OUT_PLAIN));
	if (detailed || took) {
		fprintf(o->f, "%s  %s%s%s", ok ? "  " : "", detailed ? detail : "",
		    detailed && took ? "  " : "", took ? took : "");
	}
	fputc('\n', o->f);
}

static bool is_plain_skip(json_object *step)
{
	const char *detail = json_get_str(step, "detail");

	return has_state(step, "skipped") && !(detail && *detail);
}

/* "5..9  skipped": steps that were never come to are not worth a line each. Returns the next. */
static size_t draw_skips(struct out *o, json_object *steps, size_t at)
{
	size_t end = at, count = json_object_array_length(steps);
	char range[32];

	while (end < count && is_plain_skip(json_object_array_get_idx(steps, end))) {
		end++;
	}
	if (end - at < 2) {
		return at;
	}
	snprintf(range, sizeof(range), "%zu..%zu", at + 1, end);
	fprintf(o->f, "%2s%-*s %sskipped%s\n", "", NAME_WIDTH + 1, range, out_color(o, OUT_DIM),
	    out_color(o, OUT_PLAIN));
	return end;
}

/* Line by line; a command stands alone, ready to be copied. */
static void draw_remedy(struct out *o, const char *remedy)
{
	const char *lead = "   -> ";

	for (const char *p = remedy; *p;) {
		const char *command = strstr(p, "bambuctl ");
		size_t len = strcspn(p, "\n");
		_cleanup_free_ char *line = NULL, *safe = NULL;

		if (command > p && command < p + len && command[-1] == ' ') {
			len = (size_t)(command - p);
		}
		line = xstrndup(p, len - (len > 0 && p[len - 1] == ' '));
		safe = out_safe(o, line);
		fprintf(o->f, "%s%s\n", lead, safe);
		lead = "      ";
		p += len;
		p += *p == '\n';
	}
}

void doctor_draw(struct out *o, json_object *result)
{
	json_object *steps = json_get_arr(result, "steps");
	size_t count = steps ? json_object_array_length(steps) : 0;
	const char *remedy = json_get_str(result, "remedy");
	bool told = !remedy || !*remedy;

	for (size_t i = 0; i < count;) {
		json_object *step = json_object_array_get_idx(steps, i);
		size_t next = draw_skips(o, steps, i);

		if (next > i) {
			i = next;
			continue;
		}
		draw_step(o, ++i, step);
		if (has_state(step, "fail") && !told) {
			draw_remedy(o, remedy);
			told = true;
		}
	}
	if (!told) {
		draw_remedy(o, remedy);
	}
}

/* One printer, or each of `results`. Returns the highest exit status. */
static int draw_all(struct ctl *c, json_object *result)
{
	json_object *results = json_get_arr(result, "results");
	size_t count = results ? json_object_array_length(results) : 0;
	int worst = results ? 0 : doctor_status(result), status;

	if (!results && c->out.json == OUT_TEXT) {
		doctor_draw(&c->out, result);
	}
	for (size_t i = 0; i < count; i++) {
		json_object *one = json_object_array_get_idx(results, i);
		_cleanup_free_ char *name = out_member(&c->out, one, "printer");

		if (json_get_obj(one, "error")) {
			continue;
		}
		if (c->out.json == OUT_TEXT) {
			fprintf(c->out.f, "%s%s%s%s\n", i ? "\n" : "", out_color(&c->out, OUT_BOLD),
			    name, out_color(&c->out, OUT_PLAIN));
			doctor_draw(&c->out, one);
		}
		status = doctor_status(one);
		worst = status > worst ? status : worst;
	}
	return worst;
}

int doctor_run(struct ctl *c)
{
	json_object *params = json_object_new_object();
	_cleanup_json_ json_object *result = NULL;
	const char *printer = call_take_printer(c);
	int status, worst;

	if (printer) {
		json_object_object_add(params, "printer", json_object_new_string(printer));
	}
	if (c->word_count > 0) {
		json_object_put(params);
		return call_misuse(c, "unexpected \"%s\"", c->words[0]);
	}
	if (!c->args.given[OPT_TIMEOUT]) {
		c->args.timeout_ms = PATIENCE_MS;
	}
	status = call_method(c, "printer.doctor", params, &result);
	if (status) {
		return status;
	}
	if (c->out.json != OUT_TEXT) {
		out_json(&c->out, result);
	}
	worst = draw_all(c, result);
	status = out_results_status(&c->out, result);
	return status > worst ? status : worst;
}
