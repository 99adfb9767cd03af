/* SPDX-License-Identifier: MIT */
/* Writes samples in the text exposition format of Prometheus. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/jw.h"

enum metric_type { METRIC_GAUGE, METRIC_COUNTER, METRIC_TYPE_COUNT };

/* Labels that many samples share, written once: name="value",... without braces. */
struct metrics_labels {
	char *text;
	size_t len;
};

struct metrics_out {
	struct jw text;
	const char *name, *help; /* of the present family */
	enum metric_type type;
	bool headed; /* its HELP and TYPE are written */
	const struct metrics_labels *shared;
};

void metrics_out_init(struct metrics_out *o);
/* Hands over the text; the writer is empty afterwards. */
char *metrics_out_take(struct metrics_out *o);

/* HELP and TYPE come with the first sample only, so a family without samples leaves no trace. The
 * strings are borrowed till the next family. */
void metrics_family(
    struct metrics_out *o, const char *name, enum metric_type type, const char *help);
/* Labels of the following samples; NULL = none. Borrowed. */
void metrics_share(struct metrics_out *o, const struct metrics_labels *labels);

/* A label with the value of a peer or a user: control characters and invalid UTF-8 are made
 * visible, then quoted as the format asks. Grows labels. */
void metrics_labels_add(struct metrics_labels *labels, const char *name, const char *value);
void metrics_labels_finish(struct metrics_labels *labels);

/* One sample: up to two labels whose values need no quoting (words of our own), name NULL = none.
 */
struct metrics_words {
	const char *name, *value, *name2, *value2;
};
void metrics_int(struct metrics_out *o, const struct metrics_words *words, int64_t value);
/* Not a finite number: no sample. */
void metrics_num(
    struct metrics_out *o, const struct metrics_words *words, double value, int decimals);
