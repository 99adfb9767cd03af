/* SPDX-License-Identifier: MIT */
/* `discover` and `printer add|set|remove`. */
#include "ctl/printers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/secret.h"
#include "common/util.h"
#include "ctl/call.h"
#include "ctl/fmt.h"
#include "ctl/prompt.h"
#include "ctl/table.h"

/* ---- discover ---- */

enum found_column {
	FOUND_SERIAL,
	FOUND_MODEL,
	FOUND_ADDRESS,
	FOUND_NAME,
	FOUND_FIRMWARE,
	FOUND_ACCESS,
	FOUND_BOUND,
	FOUND_WIFI,
	FOUND_SEEN,
	FOUND_HERE,
	FOUND_COUNT
};

const struct column_set printers_found_columns = {
    .count = FOUND_COUNT,
    .column =
	{
	    [FOUND_SERIAL] = {"SERIAL"},
	    [FOUND_MODEL] = {"MODEL"},
	    [FOUND_ADDRESS] = {"ADDRESS"},
	    [FOUND_NAME] = {"NAME", .cut = true},
	    [FOUND_FIRMWARE] = {"FIRMWARE"},
	    [FOUND_ACCESS] = {"ACCESS"},
	    [FOUND_BOUND] = {"BOUND"},
	    [FOUND_WIFI] = {"WIFI", .right = true},
	    [FOUND_SEEN] = {"SEEN", .right = true},
	    [FOUND_HERE] = {"HERE"},
	},
};

static void draw_found(struct table *t, json_object *one)
{
	static const struct {
		enum found_column column;
		const char *member;
	} texts[] = {
	    {FOUND_SERIAL, "serial"},
	    {FOUND_MODEL, "model"},
	    {FOUND_ADDRESS, "address"},
	    {FOUND_NAME, "name"},
	    {FOUND_FIRMWARE, "firmware"},
	    {FOUND_ACCESS, "connect"},
	    {FOUND_BOUND, "bind"},
	    {FOUND_HERE, "printer"},
	};
	int64_t age_ms = -1, wifi_dbm = 0;
	char age[FMT_SIZE];

	table_row(t, OUT_PLAIN);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		table_take(t, texts[i].column, out_member(t->out, one, texts[i].member));
	}
	if (json_get_i64(one, "wifi_dbm", &wifi_dbm)) {
		table_take(t, FOUND_WIFI, xasprintf("%" PRId64, wifi_dbm));
	}
	json_get_i64(one, "age_ms", &age_ms);
	table_cell(t, FOUND_SEEN, fmt_age(age_ms, age));
}

void printers_show_found(struct ctl *c, json_object *result)
{
	json_object *printers = json_get_arr(result, "printers");
	size_t strangers = 0, count = printers ? json_object_array_length(printers) : 0;
	struct table t;

	if (count == 0) {
		fputs("no printer announced itself\n", c->out.f);
		return;
	}
	table_begin(&t, &c->out, &printers_found_columns);
	for (size_t i = 0; i < count; i++) {
		json_object *one = json_object_array_get_idx(printers, i);

		strangers += json_get_str(one, "printer") == NULL;
		draw_found(&t, one);
	}
	table_end(&t);
	if (strangers > 0 && !c->out.quiet && !c->out.columns) {
		fputs("not served here yet: bambuctl printer add NAME --serial SERIAL\n", c->out.f);
	}
}

/* ---- its code ---- */

int printers_read_code(struct ctl *c, bool wanted, struct secret **ret)
{
	static const char question[] = "Access code (in the printer's network menu): ";
	_cleanup_secret_ struct secret *code = NULL;
	struct prompt p;
	int r;

	if (!c->args.given[OPT_CODE_STDIN] && (!wanted || !isatty(STDIN_FILENO))) {
		return wanted ? call_misuse(c,
				    "the code the printer shows is read from stdin: --code-stdin")
			      : 0;
	}
	r = prompt_open(&p);
	if (r == 0) {
		r = prompt_ask(&p, question, true, &code);
		prompt_close(&p);
	}
	if (r == -EMSGSIZE) {
		return call_misuse(c, "the code is longer than 16 KiB, or not a text");
	}
	if (r < 0 && r != -ENODATA) {
		return call_misuse(c, "the code cannot be read: %s", strerror(-r));
	}
	if (!code || secret_len(code) == 0) {
		return call_misuse(c, "no code came");
	}
	*ret = TAKE(code);
	return 0;
}

/* ---- add and set ---- */

static int take_setting(struct ctl *c, json_object *settings, const char *word)
{
	const char *equals = strchr(word, '=');
	_cleanup_free_ char *key = NULL;

	if (!equals || equals == word) {
		return call_misuse(c, "\"%s\" is not KEY=VALUE", word);
	}
	key = xstrndup(word, (size_t)(equals - word));
	json_object_object_add(settings, key, json_object_new_string(equals + 1));
	return 0;
}

/* The words from the second on. 0, or the exit status, reported. */
static int take_settings(struct ctl *c, int from, json_object *params)
{
	json_object *settings = json_object_new_object();
	int status = 0;

	json_object_object_add(params, "settings", settings);
	for (int i = from; i < c->word_count && status == 0; i++) {
		status = take_setting(c, settings, c->words[i]);
	}
	return status;
}

static void take_option(struct ctl *c, json_object *params, enum opt id, const char *key)
{
	if (c->args.given[id]) {
		json_object_object_add(params, key, json_object_new_string(c->args.value[id]));
	}
}

static int take_code(struct ctl *c, bool wanted, json_object *params)
{
	_cleanup_secret_ struct secret *code = NULL;
	int status = printers_read_code(c, wanted, &code);

	if (status == 0 && code) {
		json_object_object_add(params, "code", json_object_new_string(secret_reveal(code)));
	}
	return status;
}

static void show_done(struct ctl *c, json_object *result, const char *what)
{
	json_object *link = json_get_obj(result, "link");
	_cleanup_free_ char *name = out_member(&c->out, result, "name");
	_cleanup_free_ char *error = out_member(&c->out, link, "last_error");

	if (c->out.quiet) {
		return;
	}
	fprintf(c->out.f, "%s is %s", name, what);
	if (strcmp(error, "-") != 0) {
		fprintf(c->out.f, ": %s", error);
	}
	fprintf(c->out.f, "\nhow it is reached: bambuctl doctor %s\n", name);
}

static void show_added(struct ctl *c, json_object *result)
{
	show_done(c, result, "added");
}

static void show_set(struct ctl *c, json_object *result)
{
	show_done(c, result, "changed");
}

static int send_edit(struct ctl *c, json_object *params, int status,
    void (*show)(struct ctl *c, json_object *result))
{
	_cleanup_json_ json_object *result = NULL;

	if (status) {
		json_object_put(params);
		return status;
	}
	status = call_method(c, c->method->name, params, &result);
	return status ? status : call_print(c, result, show);
}

int printers_add_run(struct ctl *c)
{
	json_object *params;
	int status;

	if (c->word_count < 1 || !c->args.given[OPT_SERIAL]) {
		return call_misuse(c, "a name and its --serial are wanted");
	}
	params = json_object_new_object();
	json_object_object_add(params, "name", json_object_new_string(c->words[0]));
	take_option(c, params, OPT_SERIAL, "serial");
	take_option(c, params, OPT_ADDRESS, "address");
	status = take_settings(c, 1, params);
	if (status == 0) {
		status = take_code(c, true, params);
	}
	return send_edit(c, params, status, show_added);
}

int printers_set_run(struct ctl *c)
{
	json_object *params;
	const char *printer = call_take_printer(c);
	int status;

	if (!printer) {
		return call_misuse(c, "a printer is wanted");
	}
	params = json_object_new_object();
	json_object_object_add(params, "printer", json_object_new_string(printer));
	take_option(c, params, OPT_ADDRESS, "address");
	status = take_settings(c, 0, params);
	if (status == 0) {
		status = take_code(c, false, params);
	}
	return send_edit(c, params, status, show_set);
}

void printers_show_removed(struct ctl *c, json_object *result)
{
	_cleanup_free_ char *name = out_member(&c->out, result, "printer");

	if (!c->out.quiet) {
		fprintf(c->out.f, "%s is removed from the configuration\n", name);
	}
}
