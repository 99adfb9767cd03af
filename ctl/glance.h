/* SPDX-License-Identifier: MIT */
/* A printer in a few words, and which of them changed: the lines of `watch` (pure). */
#pragma once

#include <stdbool.h>

#include "ctl/out.h"

enum glance_part {
	GLANCE_STATE,
	GLANCE_WHY,
	GLANCE_STAGE,
	GLANCE_JOB,
	GLANCE_PERCENT,
	GLANCE_LAYER,
	GLANCE_LEFT,
	GLANCE_NOZZLE,
	GLANCE_BED,
	GLANCE_CHAMBER,
	GLANCE_TRAY,
	GLANCE_SPEED,
	GLANCE_DOOR,
	GLANCE_LIGHT,
	GLANCE_ERRORS,
	GLANCE_COUNT
};

struct glance {
	char *part[GLANCE_COUNT]; /* owned and fit for the screen; NULL = nothing to say */
};

void glance_take(struct glance *g, const struct out *o, json_object *printer);
void glance_finish(struct glance *g);
/* What differs in now, as a line without time and name; old NULL: all that is worth saying at
 * first. Owned; NULL when nothing meaningful changed. */
char *glance_changes(const struct glance *old, const struct glance *now);
