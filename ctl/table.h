/* SPDX-License-Identifier: MIT */
/* Tables of named columns: chosen with -o, aligned to the characters' width on the screen. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "ctl/out.h"

#define TABLE_COLUMNS_MAX 24

struct column {
	const char *name;    /* heading, and what -o calls it */
	bool right;	     /* numbers */
	bool cut;	     /* gives way when the terminal is too narrow */
	bool extra;	     /* shown only when asked for with -o */
	const char *alias;   /* another name for -o */
	const char *heading; /* unless chosen with -o; NULL = the name */
};

struct column_set {
	size_t count;
	struct column column[TABLE_COLUMNS_MAX];
};

struct libscols_line;
struct libscols_table;

struct table {
	const struct out *out;
	const struct column_set *set;
	size_t shown, order[TABLE_COLUMNS_MAX];
	struct libscols_table *tb;
	struct libscols_line *line;
};

/* 0, or -EINVAL with *e when -o names a column that the set lacks. */
int table_check(const struct column_set *set, const char *columns, struct err *e);
/* o->columns has passed table_check. */
void table_begin(struct table *t, const struct out *o, const struct column_set *set);
/* A new row, in one colour. */
void table_row(struct table *t, enum out_color color);
/* Cell of the present row. text: already fit for the screen. */
void table_cell(struct table *t, size_t column, const char *text);
/* The same; text is owned and freed. */
void table_take(struct table *t, size_t column, char *text);
/* Prints all and frees. */
void table_end(struct table *t);
/* Frees without printing. */
void table_drop(struct table *t);
