/* SPDX-License-Identifier: MIT */
/* Verbs of past prints: a table, CSV, totals. */
#pragma once

#include "ctl/verbs.h"

extern const struct column_set history_columns, history_stats_columns;

int history_run(struct ctl *c);
int history_stats_run(struct ctl *c);
/* A day and longer too: 7d, 36h, or a time (RFC 3339). 0 with the text for the daemon, or -EINVAL.
 */
int history_since(const char *text, int64_t now_ms, char ret[static 32]);

/* Result of history.list as RFC 4180, CRLF at the ends of lines. */
void history_csv(struct out *o, json_object *result);
/* "A1 PLA FF0000FF; ext PETG 00FF00FF" of the `filament` of a print. Owned, "" none. */
char *history_filament(const struct out *o, json_object *print);
