/* SPDX-License-Identifier: MIT */
/* Help, for people and as JSON, from the tables of verbs, methods and options. */
#include "ctl/help.h"

#include <string.h>

#include "common/util.h"
#include "ctl/table.h"
#include "ctl/verbs.h"

#define HELP_INDENT 26 /* column where explanations begin */

static json_object *text_or_null(const char *s)
{
	return s ? json_object_new_string(s) : NULL;
}

static json_object *word_list(const char *const *words)
{
	json_object *list = json_object_new_array();

	for (; *words; words++) {
		json_object_array_add(list, json_object_new_string(*words));
	}
	return list;
}

static json_object *option_json(const struct opt_row *row)
{
	char letter[2] = {row->letter};
	json_object *o = json_object_new_object();

	json_object_object_add(o, "name", json_object_new_string(row->name));
	json_object_object_add(o, "letter", text_or_null(*letter ? letter : NULL));
	json_object_object_add(o, "value", text_or_null(row->value_name));
	json_object_object_add(
	    o, "value_optional", json_object_new_boolean(row->value == OPT_VALUE_OPTIONAL));
	json_object_object_add(o, "words", row->words ? word_list(row->words) : NULL);
	json_object_object_add(o, "repeats", json_object_new_boolean(row->repeats));
	json_object_object_add(o, "help", json_object_new_string(row->help));
	return o;
}

/* The options of one verb alone, or with verb NULL those of all. */
static json_object *options_json(const char *verb)
{
	json_object *list = json_object_new_array();

	for (int i = 0; i < OPT_COUNT; i++) {
		const struct opt_row *row = &opt_table[i];

		if (verb ? row->verbs && opt_fits(i, verb) : !row->verbs) {
			json_object_array_add(list, option_json(row));
		}
	}
	return list;
}

static json_object *params_json(const struct method *m)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; m && i < method_param_count(m); i++) {
		const struct method_param *p = &m->params[i];
		json_object *o = json_object_new_object();

		json_object_object_add(o, "name", json_object_new_string(p->name));
		json_object_object_add(o, "type", json_object_new_string(param_type_name(p->type)));
		json_object_object_add(o, "required", json_object_new_boolean(p->required));
		json_object_object_add(o, "words", p->words ? word_list(p->words) : NULL);
		json_object_object_add(o, "help", text_or_null(p->help));
		json_object_array_add(list, o);
	}
	return list;
}

static json_object *columns_json(const struct column_set *set)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < set->count; i++) {
		json_object_array_add(list, json_object_new_string(set->column[i].name));
	}
	return list;
}

static json_object *verb_json(const struct ctl *v)
{
	const struct method *m = v->method;
	json_object *o = json_object_new_object();

	json_object_object_add(o, "verb", json_object_new_string(v->verb));
	json_object_object_add(o, "usage", json_object_new_string(verb_usage(v)));
	json_object_object_add(o, "help", json_object_new_string(verb_help(v)));
	json_object_object_add(o, "built", json_object_new_boolean(verb_built(v)));
	json_object_object_add(o, "method", text_or_null(m ? m->name : NULL));
	json_object_object_add(o, "perm", text_or_null(m ? perm_name(m->perm) : NULL));
	json_object_object_add(o, "confirm", json_object_new_boolean(m && m->confirm));
	json_object_object_add(o, "params", params_json(m));
	json_object_object_add(o, "options", options_json(v->verb));
	json_object_object_add(
	    o, "columns", v->row && v->row->columns ? columns_json(v->row->columns) : NULL);
	return o;
}

static void add_verb(void *arg, const struct ctl *v)
{
	json_object_array_add(arg, verb_json(v));
}

static void all_json(struct ctl *c)
{
	_cleanup_json_ json_object *root = json_object_new_object();
	json_object *verbs = json_object_new_array();

	json_object_object_add(root, "program", json_object_new_string("bambuctl"));
	json_object_object_add(root, "version", json_object_new_string(BAMBUD_VERSION));
	json_object_object_add(root, "options", options_json(NULL));
	verb_each(add_verb, verbs);
	json_object_object_add(root, "verbs", verbs);
	out_json(&c->out, root);
}

static void explain(FILE *f, const char *left, const char *right)
{
	if (strlen(left) + 2 < HELP_INDENT) {
		fprintf(f, "  %-*s%s\n", HELP_INDENT - 2, left, right);
	} else {
		fprintf(f, "  %s\n%*s%s\n", left, HELP_INDENT, "", right);
	}
}

static void print_options(FILE *f, const char *verb)
{
	for (int i = 0; i < OPT_COUNT; i++) {
		const struct opt_row *row = &opt_table[i];
		_cleanup_free_ char *left = NULL;
		const char *value = row->value_name ? row->value_name : "";

		if (verb ? !row->verbs || !opt_fits(i, verb) : row->verbs != NULL) {
			continue;
		}
		left = xasprintf("%c%c%s--%s%s%s%s", row->letter ? '-' : ' ',
		    row->letter ? row->letter : ' ', row->letter ? ", " : "  ", row->name,
		    row->value == OPT_VALUE_OPTIONAL ? "[="
		    : *value			     ? " "
						     : "",
		    value, row->value == OPT_VALUE_OPTIONAL ? "]" : "");
		explain(f, left, row->help);
	}
}

static void print_verb_line(void *arg, const struct ctl *v)
{
	struct ctl *c = arg;
	_cleanup_free_ char *left = xasprintf("%s %s", v->verb, verb_usage(v));

	if (verb_built(v)) {
		explain(c->out.f, left, verb_help(v));
	}
}

static void print_missing(void *arg, const struct ctl *v)
{
	struct ctl *c = arg;

	if (!verb_built(v)) {
		fprintf(c->out.f, "  %s\n", v->verb);
	}
}

static void print_all(struct ctl *c)
{
	fputs("bambuctl [options] VERB [PRINTER] [arguments]\n\nVerbs:\n", c->out.f);
	verb_each(print_verb_line, c);
	fputs("\nOptions (anywhere on the line, until --):\n", c->out.f);
	print_options(c->out.f, NULL);
	fputs("\nPRINTER may be left out when there is only one, or with $BAMBU_PRINTER set.\n"
	      "Without a verb: list. More about one: bambuctl help VERB\n",
	    c->out.f);
	if (c->out.verbose) {
		fputs("\nNot in this version:\n", c->out.f);
		verb_each(print_missing, c);
	}
}

static void print_verb(struct ctl *c, const struct ctl *v)
{
	FILE *f = c->out.f;

	fprintf(f, "bambuctl %s %s\n\n%s.%s\n", v->verb, verb_usage(v), verb_help(v),
	    verb_built(v) ? "" : " Not in this version.");
	if (v->method) {
		fprintf(
		    f, "Method %s, permission %s.\n", v->method->name, perm_name(v->method->perm));
	}
	for (size_t i = 0; v->method && i < method_param_count(v->method); i++) {
		const struct method_param *p = &v->method->params[i];

		if (i == 0) {
			fputs("\nParameters of the method:\n", f);
		}
		explain(f, p->name, p->help ? p->help : "");
	}
	if (v->row && v->row->columns) {
		fputs("\nColumns for -o:\n ", f);
		for (size_t i = 0; i < v->row->columns->count; i++) {
			fprintf(f, " %s", v->row->columns->column[i].name);
		}
		fputc('\n', f);
	}
	fputs("\nOptions:\n", f);
	print_options(f, v->verb);
	fputs("  and those of bambuctl help\n", f);
}

int help_show(struct ctl *c, const char *const *words, int count)
{
	_cleanup_json_ json_object *one = NULL;
	struct ctl v = {0};
	struct err e = {0};

	if (count > 0 && verb_find(&v, words, count, &e) < 0) {
		return out_fail(&c->out, &e);
	}
	if (count == 0 && c->out.json != OUT_TEXT) {
		all_json(c);
	} else if (count == 0) {
		print_all(c);
	} else if (c->out.json != OUT_TEXT) {
		one = verb_json(&v);
		out_json(&c->out, one);
	} else {
		print_verb(c, &v);
	}
	return 0;
}

int help_run(struct ctl *c)
{
	return help_show(c, c->words, c->word_count);
}
