/* SPDX-License-Identifier: MIT */
/* `bambuctl __complete WORD...`: what may stand in the place of the last word, for shells. */
#include "ctl/complete.h"

#include <string.h>

#include "common/util.h"
#include "ctl/act.h"
#include "ctl/offer.h"
#include "ctl/show.h"

struct line {
	FILE *f;
	struct ctl ctl;	    /* the words before, as the program itself reads them */
	const char *word;   /* the one being typed */
	enum opt expecting; /* the word before wants a value; OPT_COUNT = none */
	bool ended;	    /* "--" was said: no more options */
};

/* What the words before the last one leave open. */
static void scan(struct line *l, const char *const *words, int count)
{
	l->expecting = OPT_COUNT;
	for (int i = 0; i < count && !l->ended; i++) {
		enum opt wants = args_wants_value(words[i]);

		l->ended = strcmp(words[i], "--") == 0;
		if (wants != OPT_COUNT && i + 1 == count) {
			l->expecting = wants;
		}
		i += wants != OPT_COUNT;
	}
}

/* Values of an option, typed as `word`; lead: what stands before it in the same word. */
static int complete_value(struct line *l, enum opt opt, const char *lead, const char *word)
{
	bool list = opt == OPT_COLUMNS || opt == OPT_KIND || opt == OPT_PRINTER;
	struct offer o;
	char *whole;

	if (opt == OPT_SOCKET || opt == OPT_THUMBNAIL) {
		return COMPLETE_FILES;
	}
	offer_begin(&o, l->f, &l->ctl, word, list);
	whole = xasprintf("%s%s", lead, o.lead);
	free(o.lead);
	o.lead = whole;
	offer_words(&o, opt_table[opt].words);
	if (opt == OPT_PRINTER) {
		offer_printers(&o);
	} else if (opt == OPT_COLUMNS) {
		offer_columns(&o, verb_columns(&l->ctl));
	} else if (opt == OPT_KIND) {
		offer_kinds(&o);
	} else if (opt == OPT_UNTIL) {
		offer_kinds(&o);
		offer_keys(&o, "=");
	}
	offer_end(&o);
	return 0;
}

static int complete_option(struct line *l)
{
	const char *equals = strchr(l->word, '=');
	struct offer o;

	for (int i = 0; equals && i < OPT_COUNT; i++) {
		_cleanup_free_ char *lead = xasprintf("--%s=", opt_table[i].name);

		if (opt_table[i].value != OPT_VALUE_NONE && str_starts(l->word, lead)) {
			return complete_value(l, (enum opt)i, lead, equals + 1);
		}
	}
	offer_begin(&o, l->f, &l->ctl, l->word, false);
	for (int i = 0; i < OPT_COUNT; i++) {
		_cleanup_free_ char *name = xasprintf("--%s", opt_table[i].name);

		if (opt_fits((enum opt)i, l->ctl.verb ? l->ctl.verb : "list")) {
			offer_word(&o, name, opt_table[i].help);
		}
	}
	offer_end(&o);
	return 0;
}

struct verb_words {
	struct offer o;
	const char *before; /* the words of the verb that stand already, each with a blank behind */
	char last[64];	    /* offered last: the verbs of a group follow each other */
};

static void offer_verb(void *arg, const struct ctl *v)
{
	struct verb_words *w = arg;
	const char *rest;
	char word[64];
	size_t len;

	if (!verb_built(v) || !str_starts(v->verb, w->before)) {
		return;
	}
	rest = v->verb + strlen(w->before);
	len = strcspn(rest, " ");
	if (!str_copy(word, len + 1 < sizeof(word) ? len + 1 : sizeof(word), rest) &&
	    strlen(word) != len) {
		return;
	}
	if (strcmp(word, w->last) != 0) {
		offer_word(&w->o, word, rest[len] ? NULL : verb_help(v));
		str_copy(w->last, sizeof(w->last), word);
	}
}

/* The next word of a verb of which `count` words stand already. */
static void complete_verb(struct line *l, const char *const *words, int count)
{
	struct verb_words w = {0};
	char *before = xstrdup("");

	for (int i = 0; i < count; i++) {
		char *longer = xasprintf("%s%s ", before, words[i]);

		free(before);
		before = longer;
	}
	w.before = before;
	offer_begin(&w.o, l->f, &l->ctl, l->word, false);
	verb_each(offer_verb, &w);
	offer_end(&w.o);
	free(before);
}

static const char *const switch_words[] = {"off", "on", NULL};

/* Allowed words of the n-th parameter that is given as a word. */
static const char *const *words_of_param(const struct method *m, int n)
{
	for (size_t i = 0; i < method_param_count(m); i++) {
		const struct method_param *p = &m->params[i];
		/* Of a command only what is needed is a word, and a light may be named. */
		bool is_word = act_is_command(m) ? p->required || strcmp(p->name, "node") == 0
						 : p->type != PARAM_BOOL;

		if (p->type != PARAM_PRINTER && is_word && n-- == 0) {
			return p->type == PARAM_BOOL ? switch_words : p->words;
		}
	}
	return NULL;
}

static bool is_verb(const struct line *l, const char *name)
{
	return strcmp(l->ctl.verb, name) == 0;
}

/* Verbs whose words are no parameters of their method. False: as the method row says. */
static bool complete_own(struct line *l, struct offer *o, bool printer_said)
{
	static const char *const parts[] = {"low", "env", NULL};
	int at = l->ctl.word_count + printer_said;

	if (is_verb(l, "help")) {
		complete_verb(l, l->ctl.words, l->ctl.word_count);
	} else if (is_verb(l, "call") && l->ctl.word_count == 0) {
		offer_methods(o);
	} else if (is_verb(l, "get")) {
		if (at == 0) {
			offer_printers(o);
		}
		offer_keys(o, "");
	} else if (is_verb(l, "ams")) {
		if (at == 0) {
			offer_printers(o);
		}
		offer_words(o, at < 2 ? parts : NULL);
	} else if (l->ctl.row && l->ctl.row->farm) {
		offer_printers(o);
	} else if (is_verb(l, "wait") && at == 0) {
		offer_printers(o);
	} else {
		return is_verb(l, "wait") || is_verb(l, "call") || !l->ctl.method;
	}
	return true;
}

static void complete_argument(struct line *l)
{
	const struct method *m = l->ctl.method;
	bool said = l->ctl.args.given[OPT_PRINTER] > 0;
	bool has_printer = m && m->params[0].name && m->params[0].type == PARAM_PRINTER;
	struct offer o;
	int at = l->ctl.word_count;

	offer_begin(&o, l->f, &l->ctl, l->word, true);
	if (complete_own(l, &o, said)) {
		/* done */
	} else if (has_printer && !said && at == 0) {
		offer_printers(&o);
	} else if (!(l->ctl.row && l->ctl.row->show) || at < l->ctl.row->words_max) {
		offer_words(&o, words_of_param(m, at - (has_printer && !said)));
	}
	offer_end(&o);
}

/* A file of this machine: where the shell knows more. */
static bool wants_file(const struct line *l)
{
	int at = l->ctl.word_count + (l->ctl.args.given[OPT_PRINTER] > 0);

	return (is_verb(l, "inspect") && l->ctl.word_count == 0) ||
	       (is_verb(l, "put") && at == 1) || (is_verb(l, "fetch") && at == 2);
}

static int complete_line(struct line *l)
{
	struct ctl *c = &l->ctl;
	bool found;

	verb_order(c->args.words, c->args.word_count);
	found = verb_find(c, c->args.words, c->args.word_count, NULL) == 0;
	if (l->expecting != OPT_COUNT) {
		return complete_value(l, l->expecting, "", l->word);
	}
	if (l->word[0] == '-' && !l->ended) {
		return complete_option(l);
	}
	if (found && c->args.word_count > 0 && wants_file(l)) {
		return COMPLETE_FILES;
	}
	if (found && is_verb(l, "print") && c->word_count + c->args.given[OPT_PRINTER] == 1) {
		return COMPLETE_FILES;
	}
	complete_verb(l, c->args.words, c->args.word_count);
	if (found && c->args.word_count > 0 && verb_built(c)) {
		complete_argument(l);
	}
	return 0;
}

int complete_wanted(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "__complete") == 0) {
			return i;
		}
		if (argv[i][0] != '-') {
			return 0;
		}
		i += args_wants_value(argv[i]) != OPT_COUNT;
	}
	return 0;
}

int complete_run(FILE *f, const char *const *words, int count)
{
	struct line l = {.f = f, .word = count > 0 ? words[count - 1] : ""};
	_cleanup_free_ char **argv = xcalloc((size_t)count + 2, sizeof(*argv));
	int before = count > 0 ? count - 1 : 0, status;

	argv[0] = (char *)"bambuctl";
	for (int i = 0; i < before; i++) {
		argv[i + 1] = (char *)words[i];
	}
	scan(&l, words, before);
	args_parse(&l.ctl.args, before + 1, argv);
	client_init(&l.ctl.client);
	status = complete_line(&l);
	client_finish(&l.ctl.client);
	args_finish(&l.ctl.args);
	return status;
}
