/* SPDX-License-Identifier: MIT */
/* Verbs: found in the words of the command line; rows of their own where a method row is not
 * enough.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/method.h"
#include "ctl/args.h"
#include "ctl/client.h"
#include "ctl/out.h"

struct column_set;
struct ctl;

/* Only what the method row does not say. A verb without a row here is called and printed as its
 * method row tells. */
struct verb {
	const char *name;
	const char *method; /* what it calls; NULL = none or several */
	const char *usage;  /* NULL = of the method row, as is help */
	const char *help;
	const struct column_set *columns; /* what -o chooses from; NULL = no table */
	/* the same where the words decide */
	const struct column_set *(*columns_of)(const struct ctl *c);
	int (*run)(struct ctl *c);		       /* whole work, returns the exit status; or */
	void (*show)(struct ctl *c, json_object *res); /* draws the result of the method */
	int words_max; /* words after the printer, for verbs with show; -1 = as many as params */
	bool farm;     /* about all printers: $BAMBU_PRINTER does not narrow it, several words do */
	bool not_built; /* known, but not in this version */
};
extern const struct verb verb_table[];
extern const size_t verb_count;

/* One run of the program. */
struct ctl {
	struct args args;
	struct out out;
	struct client client;
	const char *verb;	     /* its name as typed: "daemon status" */
	const struct verb *row;	     /* NULL = method alone */
	const struct method *method; /* NULL = none */
	const char *const *words;    /* what follows the verb */
	int word_count;
	const char *printer; /* the word that named it, NULL = none did */
	char *joined;	     /* owned: several printer words as one selector */
};

/* "mqtt rack1 listen" is said as well as "mqtt listen rack1": puts the words of such a verb
 * together. */
void verb_order(const char **words, int count);
/* Finds the verb in words (the longest name wins): fills verb, row, method, words. 0, or -ENOENT
 * with *e naming the nearest verb. */
int verb_find(struct ctl *c, const char *const *words, int count, struct err *e);
/* The table that -o chooses from; NULL = none. */
const struct column_set *verb_columns(const struct ctl *c);
bool verb_built(const struct ctl *c);
const char *verb_usage(const struct ctl *c);
const char *verb_help(const struct ctl *c);
/* Calls fn for every verb there is, sorted by name. */
void verb_each(void (*fn)(void *arg, const struct ctl *verb), void *arg);
/* Runs what verb_find found; returns the exit status. */
int verb_run(struct ctl *c);
