/* SPDX-License-Identifier: MIT */
/* `watch`, `top`, and -w of list and status: a screen that is kept true, or a line for each change.
 */
#pragma once

#include "ctl/verbs.h"

int watch_run(struct ctl *c);
int watch_top(struct ctl *c);
