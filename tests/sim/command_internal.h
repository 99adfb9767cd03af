/* SPDX-License-Identifier: MIT */
/* Between the files that make the commands: words, answers, and who is meant. */
#pragma once

#include <stddef.h>

struct jw;
struct sim;
struct sim_state;

void command_put(struct jw *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The answer of a command that failed; what NULL = nothing was given. */
void command_fail(struct jw *reply, const char *why, const char *what);
/* The first word; the rest without leading blanks. NULL at the end. */
char *command_word(char **rest);
/* "all" or one printer: begin and end in sim->printers. 0 or -ENOENT. */
int command_choose(struct sim *sim, const char *word, size_t *ret_begin, size_t *ret_end);

typedef int (*command_set_fn)(struct sim_state *s, const char *key, const char *value);
/* KEY=VALUE words; the value of `job` and `name` is the rest of the line. All or nothing; a failure
 * is answered. */
int command_set_words(struct sim_state *s, const char *text, command_set_fn set, struct jw *reply);

/* command_job.c */
void command_job(struct sim *sim, char *rest, struct jw *reply);
void command_hms(struct sim *sim, char *rest, struct jw *reply);
void command_file(struct sim *sim, char *rest, struct jw *reply);
void command_code(struct sim *sim, char *rest, struct jw *reply);
