/* SPDX-License-Identifier: MIT */
/* `option`, `xcam` and `nozzle` without a value: how it is set now. */
#include <string.h>

#include "common/util.h"
#include "ctl/act.h"
#include "ctl/call.h"

#define WORD_WIDTH 27

/* A line that begins with the printer where there are several. */
static void begin_line(struct out *o, json_object *printer, bool named)
{
	_cleanup_free_ char *name = out_member(o, printer, "name");

	if (named) {
		fprintf(o->f, "%-12s  ", name);
	}
}

static const char *switch_word(json_object *object, const char *key)
{
	bool on;

	return !json_get_bool(object, key, &on) ? "-" : on ? "on" : "off";
}

static void show_options(struct out *o, json_object *printer, bool named)
{
	json_object *options = json_get_obj(printer, "options");

	if (!options) {
		return;
	}
	json_object_object_foreach(options, key, value)
	{
		if (!json_object_is_type(value, json_type_object)) {
			begin_line(o, printer, named);
			fprintf(o->f, "%-*s %s\n", WORD_WIDTH, key, switch_word(options, key));
		}
	}
}

static void show_modules(struct out *o, json_object *printer, bool named)
{
	json_object *modules = json_get_obj(json_get_obj(printer, "options"), "xcam");

	if (!modules) {
		return;
	}
	json_object_object_foreach(modules, key, module)
	{
		const char *level = json_get_str(module, "sensitivity");

		begin_line(o, printer, named);
		fprintf(o->f, "%-*s %s%s%s\n", WORD_WIDTH, key, switch_word(module, "on"),
		    level ? "  " : "", level ? level : "");
	}
}

static void show_nozzles(struct out *o, json_object *printer, bool named)
{
	json_object *list = json_get_arr(json_get_obj(printer, "temp"), "nozzles");

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		json_object *nozzle = json_object_array_get_idx(list, i);
		_cleanup_free_ char *position = out_member(o, nozzle, "position");
		_cleanup_free_ char *type = out_member(o, nozzle, "type");
		double diameter;

		begin_line(o, printer, named);
		if (json_get_str(nozzle, "position")) {
			fprintf(o->f, "%-6s", position);
		}
		if (json_get_num(nozzle, "diameter_mm", &diameter)) {
			fprintf(o->f, "%.1f mm  %s\n", diameter, type);
		} else {
			fprintf(o->f, "- mm  %s\n", type);
		}
	}
}

/* What a verb reads when it sets nothing. */
static const struct {
	const char *method, *section;
	void (*show)(struct out *o, json_object *printer, bool named);
} readers[] = {
    {"device.nozzle", "temp", show_nozzles},
    {"device.xcam", "options", show_modules},
    {"print.option", "options", show_options},
};

/* Nothing stands behind the printer, and no option is for a command alone. */
static bool reads(const struct ctl *c)
{
	static const enum opt commands[] = {OPT_DRY_RUN, OPT_NO_WAIT, OPT_SENSITIVITY};
	const char *env = getenv("BAMBU_PRINTER");
	bool named = c->args.value[OPT_PRINTER] || (env && *env);

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (c->args.given[commands[i]]) {
			return false;
		}
	}
	return c->word_count == 0 || (c->word_count == 1 && !named && !strchr(c->words[0], '='));
}

static void show_all(struct ctl *c, size_t reader, json_object *result)
{
	json_object *results = json_get_arr(result, "results");

	for (size_t i = 0; results && i < json_object_array_length(results); i++) {
		json_object *one = json_object_array_get_idx(results, i);

		if (!json_get_obj(one, "error")) {
			readers[reader].show(&c->out, one, true);
		}
	}
	if (!results) {
		readers[reader].show(&c->out, result, false);
	}
}

int settings_run(struct ctl *c)
{
	_cleanup_json_ json_object *result = NULL;
	_cleanup_free_ char *only = NULL;
	json_object *params, *sections;
	const char *printer;
	size_t i = 0;
	int status = 0;

	if (!reads(c)) {
		return call_verb(c);
	}
	while (strcmp(readers[i].method, c->method->name) != 0) {
		i++;
	}
	printer = call_take_printer(c);
	if (!printer) {
		status = call_only_printer(c, &only);
		printer = only;
	}
	if (status) {
		return status;
	}
	params = json_object_new_object();
	sections = json_object_new_array();
	json_object_array_add(sections, json_object_new_string(readers[i].section));
	json_object_object_add(params, "printer", json_object_new_string(printer));
	json_object_object_add(params, "sections", sections);
	status = call_method(c, "printer.get", params, &result);
	if (status) {
		return status;
	}
	if (c->out.json != OUT_TEXT) {
		return call_print(c, result, NULL);
	}
	show_all(c, i, result);
	return out_results_status(&c->out, result);
}
