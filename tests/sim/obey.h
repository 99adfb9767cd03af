/* SPDX-License-Identifier: MIT */
/* What a request on the request topic does to a simulated printer. Pure. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>

#include "tests/sim/state.h"

struct faults;
struct jw;
struct store;

/* What the printer is and has. */
struct obey_place {
	const struct sim_model *model;
	const struct store *store;
	const struct faults *faults;
};

/* False when the simulator plays no effect of that command. Else *ret_reason is NULL, or why the
 * printer declines; then nothing has changed. */
bool obey(struct sim_state *s, const struct obey_place *at, const char *category, json_object *body,
    const char **ret_reason);
/* What a project_file would come to now: one JSON object. */
void obey_describe_start(
    const struct sim_state *s, const struct obey_place *at, json_object *body, struct jw *w);

/* The commands that have an effect, for help texts; caller frees. */
char *obey_help(void);
