/* SPDX-License-Identifier: MIT */
/* `watch` and `top` on a terminal: the table, or one printer's block, drawn anew whenever it
 * changes. */
#pragma once

#include "ctl/verbs.h"

/* Whether stdout is a terminal that can be drawn on, and text is wanted. */
bool screen_fits(const struct out *o);
/* Until Ctrl-C or the end of the daemon. selector NULL = all printers; events: the latest stand
 * below the table. Returns the exit status. */
int screen_run(struct ctl *c, const char *selector, bool events);
