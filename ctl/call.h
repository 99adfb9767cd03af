/* SPDX-License-Identifier: MIT */
/* From words to a call, and its outcome printed: what nearly every verb does. */
#pragma once

#include "ctl/verbs.h"

/* Reports a wrong use with the verb's usage as a hint; returns the exit status. */
int call_misuse(struct ctl *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The printer meant: -p, else $BAMBU_PRINTER, else the next word, which is then used up; NULL = not
 * said. */
const char *call_take_printer(struct ctl *c);
/* Connects unless connected already. 0, or the exit status, reported. */
int call_open(struct ctl *c);
/* Asks on a terminal; elsewhere silence is no consent. */
bool call_ask(struct ctl *c, const char *question);
/* Name of the only printer, owned. 0, or the exit status, reported. */
int call_only_printer(struct ctl *c, char **ret);
/* Calls and hands over the `result`. 0, or the exit status, reported. params is taken. */
int call_method(struct ctl *c, const char *method, json_object *params, json_object **ret);
/* Calls and hands over the whole reply, also an error. 0, or the exit status, reported. params is
 * taken. */
int call_exchange(struct ctl *c, const char *method, json_object *params, json_object **ret_reply);
/* The `result` of a reply; hint: said with its error, NULL = the daemon's own. 0, or the exit
 * status, reported. */
int call_open_reply(struct ctl *c, json_object *reply, const char *hint, json_object **ret);
/* The call of c->method, and again when it was refused for want of consent that the user then
 * gives: first to the number of printers, then to the act itself. As call_method, but params stays
 * the caller's. */
int call_with_consent(struct ctl *c, json_object *params, json_object **ret);
/* Puts a word into params as the type of p wants it. 0, or the exit status, reported. */
int call_set_param(
    struct ctl *c, json_object *params, const struct method_param *p, const char *word);
/* The whole of a verb whose arguments are the parameters of c->method. */
int call_verb(struct ctl *c);
/* Prints the result: as JSON when asked, else by show (NULL = as plain lines). Returns the highest
 * status among its `results`. */
int call_print(struct ctl *c, json_object *result, void (*show)(struct ctl *, json_object *));
