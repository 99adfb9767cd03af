/* SPDX-License-Identifier: MIT */
/* Writes samples in the text exposition format of Prometheus. */
#include "daemon/bridge/metrics_out.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "common/text.h"
#include "common/util.h"

static const char *const type_words[] = {
    [METRIC_GAUGE] = "gauge",
    [METRIC_COUNTER] = "counter",
};
static_assert(ARRAY_SIZE(type_words) == METRIC_TYPE_COUNT, "one word per type");

void metrics_out_init(struct metrics_out *o)
{
	*o = (struct metrics_out){0};
	jw_init(&o->text);
}

char *metrics_out_take(struct metrics_out *o)
{
	return jw_take(&o->text);
}

static void add(struct metrics_out *o, const char *text)
{
	jw_bytes(&o->text, text, strlen(text));
}

void metrics_family(
    struct metrics_out *o, const char *name, enum metric_type type, const char *help)
{
	o->name = name;
	o->type = type;
	o->help = help;
	o->headed = false;
}

void metrics_share(struct metrics_out *o, const struct metrics_labels *labels)
{
	o->shared = labels;
}

void metrics_labels_add(struct metrics_labels *labels, const char *name, const char *value)
{
	_cleanup_free_ char *visible = text_escape(value, strlen(value));
	size_t most = labels->len + strlen(name) + strlen(visible) * 2 + sizeof(",=\"\"");
	char *p;

	labels->text = xrealloc(labels->text, most);
	p = labels->text + labels->len;
	if (labels->len > 0) {
		*p++ = ',';
	}
	p = stpcpy(p, name);
	p = stpcpy(p, "=\"");
	for (const char *c = visible; *c; c++) { /* no newline is left to quote */
		if (*c == '\\' || *c == '"') {
			*p++ = '\\';
		}
		*p++ = *c;
	}
	p = stpcpy(p, "\"");
	labels->len = (size_t)(p - labels->text);
}

void metrics_labels_finish(struct metrics_labels *labels)
{
	free(labels->text);
	*labels = (struct metrics_labels){0};
}

static void write_head(struct metrics_out *o)
{
	const char *const parts[] = {
	    "# HELP ", o->name, " ", o->help, "\n# TYPE ", o->name, " ", type_words[o->type], "\n"};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		add(o, parts[i]);
	}
	o->headed = true;
}

static void write_word(struct metrics_out *o, const char *name, const char *value, char before)
{
	jw_bytes(&o->text, &before, 1);
	add(o, name);
	jw_bytes(&o->text, "=\"", 2);
	add(o, value);
	jw_bytes(&o->text, "\"", 1);
}

/* All before the value. */
static void begin(struct metrics_out *o, const struct metrics_words *words)
{
	char before = '{';

	if (!o->headed) {
		write_head(o);
	}
	add(o, o->name);
	if (o->shared && o->shared->len > 0) {
		jw_bytes(&o->text, &before, 1);
		jw_bytes(&o->text, o->shared->text, o->shared->len);
		before = ',';
	}
	if (words && words->name) {
		write_word(o, words->name, words->value, before);
		before = ',';
	}
	if (words && words->name2) {
		write_word(o, words->name2, words->value2, before);
		before = ',';
	}
	if (before == ',') {
		jw_bytes(&o->text, "}", 1);
	}
	jw_bytes(&o->text, " ", 1);
}

void metrics_int(struct metrics_out *o, const struct metrics_words *words, int64_t value)
{
	begin(o, words);
	jw_int(&o->text, NULL, value);
	jw_bytes(&o->text, "\n", 1);
}

void metrics_num(
    struct metrics_out *o, const struct metrics_words *words, double value, int decimals)
{
	if (isfinite(value)) {
		begin(o, words);
		jw_num(&o->text, NULL, value, decimals);
		jw_bytes(&o->text, "\n", 1);
	}
}
