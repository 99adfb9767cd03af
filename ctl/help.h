/* SPDX-License-Identifier: MIT */
/* Help, for people and as JSON, from the tables of verbs, methods and options. */
#pragma once

struct ctl;

/* The verb `help`. */
int help_run(struct ctl *c);
/* Help of the verb that the words name, of all verbs without words. Returns the exit status. */
int help_show(struct ctl *c, const char *const *words, int count);
