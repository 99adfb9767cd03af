/* SPDX-License-Identifier: MIT */
/* Printers found on the network, and those of the configuration: added, changed, removed. */
#pragma once

#include "common/secret.h"
#include "ctl/verbs.h"

extern const struct column_set printers_found_columns;

/* Draws the result of printer.discover. */
void printers_show_found(struct ctl *c, json_object *result);
int printers_add_run(struct ctl *c);
int printers_set_run(struct ctl *c);
/* Draws the result of printer.remove. */
void printers_show_removed(struct ctl *c, json_object *result);
/* A code that a printer shows: with --code-stdin from stdin, else asked for on the terminal without
 * echo; `wanted`: it must be given. 0 with an owned secret or NULL, or the exit status, reported.
 */
int printers_read_code(struct ctl *c, bool wanted, struct secret **ret);
