/* SPDX-License-Identifier: MIT */
/* Candidates for completion: filtered by what is typed, asked from tables or from the daemon. */
#pragma once

#include "ctl/verbs.h"

struct offer {
	FILE *f;
	struct ctl *ctl; /* connected on demand, within a limit no one notices */
	char *lead;	 /* owned: what stands before the part being typed ("a,b," or "--color=") */
	const char *typed;
	bool silent; /* the daemon did not answer: not asked again */
};

/* word: what is typed; list: a comma begins another value. */
void offer_begin(struct offer *o, FILE *f, struct ctl *c, const char *word, bool list);
void offer_end(struct offer *o);
/* One candidate, unless it does not begin as typed. help may be NULL. */
void offer_word(struct offer *o, const char *word, const char *help);
void offer_words(struct offer *o, const char *const *words);
void offer_columns(struct offer *o, const struct column_set *set);
void offer_kinds(struct offer *o);
void offer_methods(struct offer *o);
/* Names and groups. */
void offer_printers(struct offer *o);
/* Keys of the status object; tail: put behind each ("" or "="). */
void offer_keys(struct offer *o, const char *tail);
