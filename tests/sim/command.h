/* SPDX-License-Identifier: MIT */
/* The commands of the control socket. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct jw;
struct printer;
struct sim;

extern const char command_help[];

/* A `wait` in progress. */
struct command_wait {
	struct printer *printer; /* NULL = the sum of all */
	bool cloud;		 /* the cloud's counters instead */
	char counter[32];
	int64_t at_least, until_ms;
};

/* Runs one line (changed in place) and writes `ok ...` or `error ...` to reply. 0, or -EAGAIN: the
 * answer comes from command_wait_step, which says -EAGAIN until then. */
int command_run(struct sim *sim, char *line, struct jw *reply, struct command_wait *ret_wait);
int command_wait_step(struct sim *sim, const struct command_wait *wait, struct jw *reply);
