/* SPDX-License-Identifier: MIT */
/* Commands to printers: their words, their options, and what became of them in words. */
#pragma once

#include "ctl/verbs.h"

/* `option`, `xcam`, `nozzle`: shows how it is set when no value is given. */
int settings_run(struct ctl *c);

/* Whether the method makes printers do something, with stages to wait for. NULL = no. */
bool act_is_command(const struct method *m);
/* A command that cannot do without words behind the printer. */
bool act_takes_words(const struct method *m);
/* Settles which method it is where an option decides. */
void act_method(struct ctl *c);
/* The words after the printer as parameters. 0, or the exit status, reported. */
int act_words(struct ctl *c, json_object *params);
/* --dry-run, --no-wait and --timeout as parameters; the connection then waits longer than the
 * command. */
void act_options(struct ctl *c, json_object *params);
/* A line for each printer. Returns the highest exit status among them. */
int act_print(struct out *o, const char *method, json_object *params, json_object *result);
