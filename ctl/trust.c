/* SPDX-License-Identifier: MIT */
/* `printer trust`: shows the key a printer presents, and pins it when the user says so. */
#include <string.h>

#include "common/util.h"
#include "ctl/call.h"
#include "ctl/fmt.h"
#include "ctl/look.h"

static void draw_member(struct out *o, const char *label, json_object *result, const char *key)
{
	_cleanup_free_ char *text = out_member(o, result, key);

	if (strcmp(text, "-") != 0) {
		fprintf(o->f, "%-12s %s\n", label, text);
	}
}

static void draw_end(struct out *o, json_object *result)
{
	int64_t end = fmt_parse_time(json_get_str(result, "not_after"));
	char stamp[FMT_SIZE];

	if (end >= 0) {
		fprintf(o->f, "%-12s %s%s\n", "valid until", fmt_stamp(end, stamp),
		    end < o->now_ms ? "  (over)" : "");
	}
}

static void draw(struct out *o, json_object *result)
{
	bool verified = false, trusted = false;

	draw_member(o, "pin", result, "pin");
	draw_member(o, "subject", result, "subject");
	draw_member(o, "issuer", result, "issuer");
	draw_end(o, result);
	if (json_get_bool(result, "verified", &verified)) {
		fprintf(o->f, "%-12s %s\n", "verified", verified ? "yes: it needs no pin" : "no");
	}
	draw_member(o, "reason", result, "reason");
	if (json_get_bool(result, "trusted", &trusted)) {
		fprintf(o->f, "%-12s %s\n", "trusted", trusted ? "yes" : "no");
	}
}

/* pin NULL: shows only. 0, or the exit status, reported. */
static int call_trust(struct ctl *c, const char *printer, const char *pin, json_object **ret)
{
	json_object *params = json_object_new_object();

	json_object_object_add(params, "printer", json_object_new_string(printer));
	if (pin) {
		json_object_object_add(params, "pin", json_object_new_string(pin));
	} else {
		json_object_object_add(params, "show", json_object_new_boolean(true));
	}
	client_deadline(&c->client, c->args.timeout_ms); /* the user's time is not the daemon's */
	return call_method(c, "printer.trust", params, ret);
}

static int pin_it(struct ctl *c, const char *printer, const char *pin)
{
	_cleanup_json_ json_object *result = NULL;
	_cleanup_free_ char *name = out_safe(&c->out, printer), *key = NULL;
	int status = call_trust(c, printer, pin, &result);

	if (status) {
		return status;
	}
	if (c->out.json != OUT_TEXT) {
		out_json(&c->out, result);
		return 0;
	}
	key = out_safe(&c->out, pin);
	if (!c->out.quiet) {
		fprintf(c->out.f, "%s is trusted by its key %s\n", name, key);
	}
	return 0;
}

/* Never silently: a person says yes, or --yes was said beforehand. */
static int ask(struct ctl *c, const char *printer, const char *pin)
{
	char question[160];
	struct err e = {0};

	snprintf(question, sizeof(question),
	    "Trust this key for %.40s? Compare it with the printer's if you can.", printer);
	if (c->args.given[OPT_YES] || call_ask(c, question)) {
		return pin_it(c, printer, pin);
	}
	err_set(&e, ERR_GUARD, "the key of %.40s was not pinned", printer);
	err_hint(&e, "the same with --yes, or with --pin and the key you expect");
	return out_fail(&c->out, &e);
}

static int show_and_ask(struct ctl *c, const char *printer)
{
	_cleanup_json_ json_object *result = NULL;
	bool verified = false, trusted = false, yes = c->args.given[OPT_YES];
	int status = call_trust(c, printer, NULL, &result);
	const char *pin = json_get_str(result, "pin");

	if (status) {
		return status;
	}
	json_get_bool(result, "verified", &verified);
	json_get_bool(result, "trusted", &trusted);
	if (c->out.json == OUT_TEXT) {
		draw(&c->out, result);
	}
	if (!pin || trusted || (verified && !yes) || c->args.given[OPT_SHOW] ||
	    (c->out.json != OUT_TEXT && !yes)) {
		if (c->out.json != OUT_TEXT) {
			out_json(&c->out, result);
		}
		return 0; /* nothing to decide, or only a look was wanted */
	}
	out_release(&c->out);
	return ask(c, printer, pin);
}

int trust_run(struct ctl *c)
{
	_cleanup_free_ char *only = NULL;
	const char *printer = call_take_printer(c);
	int status = 0;

	if (c->word_count > 0) {
		return call_misuse(c, "unexpected \"%s\"", c->words[0]);
	}
	if (c->args.given[OPT_PIN] && c->args.given[OPT_SHOW]) {
		return call_misuse(c, "--pin and --show do not go together");
	}
	if (!printer) {
		status = call_only_printer(c, &only);
		printer = only;
	}
	if (status) {
		return status;
	}
	return c->args.given[OPT_PIN] ? pin_it(c, printer, c->args.value[OPT_PIN])
				      : show_and_ask(c, printer);
}
