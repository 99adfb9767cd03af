/* SPDX-License-Identifier: MIT */
/* THE table of socket methods: permission, parameters, CLI verb, help. Everything else reads it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/json.h"

enum perm { PERM_ANY, PERM_READ, PERM_CONTROL, PERM_ADMIN, PERM_COUNT };
const char *perm_name(enum perm perm); /* any read control admin */

enum param_type {
	PARAM_STRING,
	PARAM_INT,
	PARAM_NUMBER,
	PARAM_BOOL,
	PARAM_STRINGS, /* array of strings */
	PARAM_INTS,    /* array of integers */
	PARAM_OBJECT,
	PARAM_PRINTER, /* a selector: a string, or an array of strings */
	PARAM_ANY,
	PARAM_COUNT
};
const char *param_type_name(
    enum param_type type); /* string int number bool strings ints object printer any */

struct method_param {
	const char *name;
	enum param_type type;
	bool required;
	bool bounded; /* min and max apply (inclusive) */
	double min, max;
	const char *const *words; /* allowed words, NULL-terminated; NULL = free */
	const char *help;
};

#define METHOD_PARAMS_MAX 12

struct method {
	const char *name; /* "printer.list" */
	enum perm perm;
	bool confirm; /* asks on a terminal, needs "confirm":true on the wire */
	const char
	    *since; /* version that built it; NULL = not in this version, answers `unsupported` */
	const char *verb;  /* CLI verb ("ams load"), NULL = none of its own */
	const char *usage; /* CLI arguments ("PRINTER SLOT"), "" = none */
	const char *help;  /* one line, imperative, no full stop */
	struct method_param params[METHOD_PARAMS_MAX]; /* ends with name NULL unless full */
};

/* All rows, sorted by name. */
extern const struct method method_table[];
extern const size_t method_count;

/* NULL when unknown. */
const struct method *method_find(const char *name);
size_t method_index(const struct method *m);
size_t method_param_count(const struct method *m);
/* Nearest name by edit distance for "did you mean", or NULL. */
const char *method_nearest(const char *name);
/* Strict check of params against the row: unknown, missing, mistyped, out of range, not among
 * words. Every method takes until, timeout_ms, dry_run, many, confirm only when its row lists them.
 * 0, or -EINVAL with *e = ERR_INVALID_PARAMS naming the parameter. params may be NULL (= {}). */
int method_check(const struct method *m, json_object *params, struct err *e);
