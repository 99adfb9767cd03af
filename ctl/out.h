/* SPDX-License-Identifier: MIT */
/* Where and how things are printed: stream, colour, character set; JSON and errors. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"
#include "common/json.h"

struct args;

enum out_json { OUT_TEXT, OUT_JSON_SHORT, OUT_JSON_PRETTY };
enum out_color { OUT_PLAIN, OUT_RED, OUT_YELLOW, OUT_GREEN, OUT_BOLD, OUT_DIM, OUT_COLOR_COUNT };

struct out {
	FILE *f; /* while held: memory, else stdout */
	FILE *errors;
	char *held; /* what a terminal will be shown at the end, through a pager when it is long */
	size_t held_size;
	bool holding;
	enum out_json json;
	bool color;	     /* escape sequences may be used */
	bool utf8;	     /* the locale can show more than ASCII */
	bool ascii_only;     /* a terminal that cannot: other characters are escaped */
	bool legend;	     /* headings and summaries */
	bool quiet, verbose; /* -q, -v */
	unsigned width;	     /* of the terminal; 0 = no limit */
	unsigned rows;	     /* of the terminal; 0 = unknown */
	int64_t now_ms;	     /* wall clock, the moment of the answer */
	int write_error;     /* errno of a flush that failed, 0 = none */
	const char *columns; /* chosen with -o; NULL = the usual ones */
};

/* Settles the above from options, locale, environment and whether stdout is a terminal. */
void out_init(struct out *o, const struct args *a);
/* Whether a terminal (or what is none) is to be coloured, by --color and the environment. */
bool out_wants_color(const struct args *a, bool tty);
/* Shows what was held so far; from here on output goes out as it is written. */
void out_release(struct out *o);
/* The moment of a later answer. */
void out_set_now(struct out *o);
/* Escape sequence of the colour, "" when not coloured. */
const char *out_color(const struct out *o, enum out_color c);
/* Copy of a printer-supplied string fit for showing; "-" for NULL. Owned. */
char *out_safe(const struct out *o, const char *s);
/* The member as out_safe text. Owned. */
char *out_member(const struct out *o, json_object *obj, const char *key);

/* One line of JSON (or its pretty form) with controls written as \uXXXX: still the same value. */
void out_json(struct out *o, json_object *value);
/* The same in the pretty form, whatever was asked. */
void out_json_pretty(struct out *o, json_object *value);
/* Any result as indented `key value` lines. */
void out_text(struct out *o, json_object *value);
/* Reports a failure: one line on stderr, in JSON mode an error object on stdout as well. Returns
 * the exit status. */
int out_fail(struct out *o, const struct err *e);
/* The same for the `error` object of a reply. hint: in place of its own, NULL = its own. */
int out_fail_reply(struct out *o, json_object *error, const char *hint);
/* What to do about it, for the end of a line: "  try: COMMAND" or "  (words)"; "" for NULL and "".
 * Owned. */
char *out_hint_text(const struct out *o, const char *hint);
/* Prints a text that begins in that column (from 0), on a terminal folded between words; further
 * lines are indented by indent. Without the last line's end. */
void out_fold(const struct out *o, size_t column, size_t indent, const char *text);
/* One line on stderr that is no error; nothing with -q. */
void out_note(struct out *o, const char *text);
/* Exit status of a reply's `error` object, 1..18. */
int out_error_status(json_object *error);
/* Reports each error among result's `results` and returns the highest exit status, 0 = none. */
int out_results_status(struct out *o, json_object *result);
