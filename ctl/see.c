/* SPDX-License-Identifier: MIT */
/* Verbs that show: what they do beyond one call and its drawing. */
#include "ctl/see.h"

#include <errno.h>
#include <string.h>

#include "common/text.h"
#include "common/util.h"
#include "ctl/call.h"
#include "ctl/show.h"

#define PARAM_DEPTH_MAX 16

void see_show_list(struct ctl *c, json_object *result)
{
	show_list(&c->out, result);
}

void see_show_keys(struct ctl *c, json_object *result)
{
	show_keys(&c->out, result);
}

void see_show_firmware(struct ctl *c, json_object *result)
{
	show_firmware(&c->out, result);
}

void see_show_profiles(struct ctl *c, json_object *result)
{
	show_profiles(&c->out, result);
}

void see_show_hms(struct ctl *c, json_object *result)
{
	show_hms(&c->out, result);
}

void see_show_hms_text(struct ctl *c, json_object *result)
{
	show_hms_text(&c->out, result);
}

/* Calls fn for each object that is no error: of `results`, or the result itself. */
static void each_result(struct ctl *c, json_object *result,
    void (*fn)(struct ctl *c, json_object *one, bool first, void *arg), void *arg)
{
	json_object *results = json_get_arr(result, "results");
	size_t count = results ? json_object_array_length(results) : 0;
	bool first = true;

	if (!results) {
		fn(c, result, true, arg);
	} else if (count == 0) {
		out_note(&c->out, "no printer matches");
	}
	for (size_t i = 0; i < count; i++) {
		json_object *one = json_object_array_get_idx(results, i);

		if (!json_get_obj(one, "error")) {
			fn(c, one, first, arg);
			first = false;
		}
	}
}

static void show_one_status(struct ctl *c, json_object *one, bool first, void *arg)
{
	json_object *raw;

	if (!first) {
		fputc('\n', c->out.f);
	}
	if (c->args.given[OPT_RAW] && json_object_object_get_ex(one, "raw", &raw)) {
		out_json_pretty(&c->out, raw);
	} else {
		show_status(&c->out, one);
	}
}

void see_show_status(struct ctl *c, json_object *result)
{
	each_result(c, result, show_one_status, NULL);
}

static void show_one_stage(struct ctl *c, json_object *one, bool first, void *arg)
{
	_cleanup_free_ char *name = out_member(&c->out, one, "printer");
	_cleanup_free_ char *stage = out_member(&c->out, one, "stage");

	if (json_get_str(one, "printer")) {
		fprintf(c->out.f, "%-12s  %s\n", name, stage);
	} else {
		fprintf(c->out.f, "%s\n", stage);
	}
}

/* How far a command got with each printer; those that refused are reported as errors. */
void see_show_stages(struct ctl *c, json_object *result)
{
	each_result(c, result, show_one_stage, NULL);
}

static bool ams_word(const char *word, enum show_ams *ret)
{
	if (strcmp(word, "low") == 0) {
		*ret = SHOW_AMS_LOW;
		return true;
	}
	if (strcmp(word, "env") == 0) {
		*ret = SHOW_AMS_ENV;
		return true;
	}
	return false;
}

const struct column_set *see_ams_columns(const struct ctl *c)
{
	enum show_ams what = SHOW_AMS_ALL;

	if (c->word_count > 0) {
		ams_word(c->words[c->word_count - 1], &what);
	}
	return what == SHOW_AMS_ENV ? &show_env_columns : &show_trays_columns;
}

int see_ams(struct ctl *c)
{
	enum show_ams what = SHOW_AMS_ALL;
	json_object *params = json_object_new_object();
	_cleanup_json_ json_object *result = NULL;
	const char *printer;
	int status;

	if (c->word_count > 0 && ams_word(c->words[c->word_count - 1], &what)) {
		c->word_count--;
	}
	printer = call_take_printer(c);
	if (printer) {
		json_object_object_add(params, "printer", json_object_new_string(printer));
	}
	if (c->word_count > 0) {
		json_object_put(params);
		return call_misuse(c, "unexpected \"%s\"", c->words[0]);
	}
	status = call_method(c, "ams.get", params, &result);
	if (status) {
		return status;
	}
	if (c->out.json == OUT_TEXT) {
		show_ams(&c->out, result, what);
		return out_results_status(&c->out, result);
	}
	return call_print(c, result, NULL);
}

int see_call(struct ctl *c)
{
	_cleanup_json_ json_object *params = json_object_new_object(), *result = NULL;
	const char *printer = c->args.value[OPT_PRINTER];
	int status;

	if (c->word_count < 1 || c->word_count > 2) {
		return call_misuse(c, "give a method and, as one word, its parameters");
	}
	if (c->word_count == 2) {
		json_object_put(TAKE(params));
		if (json_parse(c->words[1], strlen(c->words[1]), PARAM_DEPTH_MAX, &params) < 0 ||
		    !json_object_is_type(params, json_type_object)) {
			return call_misuse(c, "the parameters are not a JSON object");
		}
	}
	if (printer) {
		json_object_object_add(params, "printer", json_object_new_string(printer));
	}
	status = call_method(c, c->words[0], TAKE(params), &result);
	if (status) {
		return status;
	}
	if (c->out.json == OUT_TEXT) {
		out_json_pretty(&c->out, result);
		return out_results_status(&c->out, result);
	}
	return call_print(c, result, NULL);
}
