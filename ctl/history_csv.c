/* SPDX-License-Identifier: MIT */
/* Past prints as comma-separated values, safe to open in a spreadsheet. */
#include <string.h>

#include "common/util.h"
#include "ctl/history.h"

static const char *const columns[] = {"id", "printer", "serial", "job", "file", "result", "running",
    "started", "ended", "duration_s", "first_seen", "last_seen", "late", "percent", "layer",
    "total_layers", "reason", "code", "before_print", "filament", "weight_g"};

/* A spreadsheet takes such a text for a formula. */
static bool is_formula(const char *text)
{
	return *text != '\0' && strchr("=+-@\t\r", *text) != NULL;
}

static void put_text(FILE *f, const char *text)
{
	bool quoted = is_formula(text) || strpbrk(text, ",\"\r\n;") != NULL || *text == ' ';

	if (quoted) {
		fputc('"', f);
	}
	if (is_formula(text)) {
		fputc('\'', f);
	}
	for (; *text != '\0'; text++) {
		if (*text == '"') {
			fputc('"', f);
		}
		fputc(*text, f);
	}
	if (quoted) {
		fputc('"', f);
	}
}

static void put_cell(struct out *o, json_object *print, const char *column)
{
	json_object *value = json_object_object_get(print, column);
	_cleanup_free_ char *text = NULL;

	if (strcmp(column, "filament") == 0) {
		text = history_filament(o, print);
	} else if (value != NULL) {
		text = out_safe(o, json_object_get_string(value));
	}
	if (json_object_is_type(value, json_type_int)) {
		fputs(text, o->f); /* a number is no formula */
	} else if (text != NULL) {
		put_text(o->f, text);
	}
}

void history_csv(struct out *o, json_object *result)
{
	json_object *prints = json_get_arr(result, "prints");
	size_t count = prints ? json_object_array_length(prints) : 0;

	for (size_t k = 0; o->legend && k < ARRAY_SIZE(columns); k++) {
		fprintf(o->f, "%s%s", k > 0 ? "," : "", columns[k]);
	}
	if (o->legend) {
		fputs("\r\n", o->f);
	}
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(columns); k++) {
			if (k > 0) {
				fputc(',', o->f);
			}
			put_cell(o, json_object_array_get_idx(prints, i), columns[k]);
		}
		fputs("\r\n", o->f);
	}
}
