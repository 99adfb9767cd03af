/* SPDX-License-Identifier: MIT */
/* What a request on the request topic does to a simulated printer. Pure. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>

#include "tests/sim/state.h"

/* False when the simulator plays no effect of that command. Else *ret_reason is NULL, or why the
 * printer declines; then nothing has changed. */
bool obey(struct sim_state *s, const struct sim_model *m, const char *category, json_object *body,
    const char **ret_reason);

/* The commands that have an effect, for help texts; caller frees. */
char *obey_help(void);
