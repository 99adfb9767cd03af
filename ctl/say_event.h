/* SPDX-License-Identifier: MIT */
/* What an event says, as a sentence made of its data (pure). */
#pragma once

#include "ctl/out.h"

/* "lid_plate2 paused at 61 %: filament ran out"; a kind without a sentence of its own, and
 * any kind when o is verbose: what the kind means and all data as key=value. Fit for the screen.
 * Owned. */
char *say_event(const struct out *o, const char *kind, json_object *data);
