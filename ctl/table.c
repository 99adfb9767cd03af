/* SPDX-License-Identifier: MIT */
/* Tables of named columns: chosen with -o, aligned to the characters' width on the screen. */
#include "ctl/table.h"

#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <string.h>
#include <strings.h>

#include "common/util.h"

#define SHRINK_HINT 0.1 /* share of the width that a column which gives way starts from */

static bool same_word(const char *a, const char *b, size_t len)
{
	return a && strlen(a) == len && strncasecmp(a, b, len) == 0;
}

static size_t find_column(const struct column_set *set, const char *name, size_t len)
{
	size_t i = 0;

	while (i < set->count && !same_word(set->column[i].name, name, len) &&
	       !same_word(set->column[i].alias, name, len)) {
		i++;
	}
	return i;
}

static void list_names(const struct column_set *set, char *buf, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < set->count && used < size; i++) {
		used += (size_t)snprintf(
		    buf + used, size - used, "%s%s", i ? "," : "", set->column[i].name);
	}
}

int table_check(const struct column_set *set, const char *columns, struct err *e)
{
	const char *p = columns;
	size_t chosen = 0;

	while (p) {
		size_t len = strcspn(p, ",");

		if (find_column(set, p, len) == set->count || ++chosen > TABLE_COLUMNS_MAX) {
			char names[200];

			list_names(set, names, sizeof(names));
			err_set(e, ERR_USAGE, "no column \"%.*s\" here; there are %s", (int)len, p,
			    names);
			return -EINVAL;
		}
		p = p[len] ? p + len + 1 : NULL;
	}
	return 0;
}

static void choose(struct table *t, const char *columns)
{
	if (!columns) {
		for (size_t i = 0; i < t->set->count; i++) {
			if (!t->set->column[i].extra) {
				t->order[t->shown++] = i;
			}
		}
		return;
	}
	for (const char *p = columns; p && t->shown < TABLE_COLUMNS_MAX;) {
		size_t len = strcspn(p, ",");

		t->order[t->shown++] = find_column(t->set, p, len);
		p = p[len] ? p + len + 1 : NULL;
	}
}

void table_begin(struct table *t, const struct out *o, const struct column_set *set)
{
	*t = (struct table){.out = o, .set = set, .tb = scols_new_table()};
	choose(t, o->columns);
	scols_table_enable_noencoding(t->tb, 1); /* cells are escaped already */
	scols_table_enable_noheadings(t->tb, !o->legend);
	scols_table_enable_colors(t->tb, o->color);
	scols_table_set_column_separator(t->tb, "  ");
	scols_table_set_stream(t->tb, o->f);
	scols_table_set_termforce(t->tb, o->width ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
	if (o->width) {
		scols_table_set_termwidth(t->tb, o->width);
	}
	for (size_t i = 0; i < t->shown; i++) {
		const struct column *c = &set->column[t->order[i]];
		const char *heading = c->heading && !o->columns ? c->heading : c->name;
		int flags = (c->right ? SCOLS_FL_RIGHT : 0) | (c->cut ? SCOLS_FL_TRUNC : 0);

		/* A heading takes its width even where none are shown. */
		scols_table_new_column(
		    t->tb, o->legend ? heading : "", c->cut ? SHRINK_HINT : 0, flags);
	}
}

void table_row(struct table *t, enum out_color color)
{
	t->line = scols_table_new_line(t->tb, NULL);
	if (color != OUT_PLAIN && t->out->color) {
		scols_line_set_color(t->line, out_color(t->out, color));
	}
}

void table_cell(struct table *t, size_t column, const char *text)
{
	for (size_t i = 0; i < t->shown; i++) {
		if (t->order[i] == column) {
			scols_line_set_data(t->line, i, text);
		}
	}
}

void table_take(struct table *t, size_t column, char *text)
{
	table_cell(t, column, text);
	free(text);
}

void table_end(struct table *t)
{
	scols_print_table(t->tb);
	table_drop(t);
}

void table_drop(struct table *t)
{
	scols_unref_table(t->tb);
	t->tb = NULL;
}
