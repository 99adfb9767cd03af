/* SPDX-License-Identifier: MIT */
/* What is counted from events: ended prints and commands by printer, events by kind. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/event.h"

struct hub_event;

enum print_result { RESULT_FINISHED, RESULT_FAILED, RESULT_CANCELLED, PRINT_RESULT_COUNT };
const char *print_result_word(enum print_result r);

/* More methods with their results than this are not told apart: the last one stands for the rest.
 */
#define COMMAND_COUNTS_MAX 256

struct command_count {
	const char *method; /* of the table of methods */
	char *result;	    /* the stage that was reached, or the name of the error */
	uint64_t count;
};

/* Of one serial; bounded by the printers ever configured. */
struct printer_counts {
	char *serial;
	uint64_t ended[PRINT_RESULT_COUNT];
	struct command_count *commands; /* in the order they came first */
	size_t command_count;
};

struct metrics_counts {
	struct printer_counts *printers; /* sorted by serial */
	size_t printer_count;
	uint64_t events[EVENT_COUNT];
	unsigned disk_troubles; /* kinds of files that cannot be written */
};

void metrics_counts_take(struct metrics_counts *c, const struct hub_event *e);
/* NULL: nothing was counted of it yet. */
const struct printer_counts *metrics_counts_of(const struct metrics_counts *c, const char *serial);
void metrics_counts_finish(struct metrics_counts *c);
