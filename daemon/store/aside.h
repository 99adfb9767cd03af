/* SPDX-License-Identifier: MIT */
/* Damaged files are kept under another name, a few of them. */
#pragma once

#include <stdint.h>

/* NAME gets the further name NAME.bad-<seconds> (where links cannot be made: instead of its own);
 * all but the newest `keep` of such files in the folder are removed. 0 or negative errno. */
int aside_keep(int dir, const char *name, int64_t wall_ms, unsigned keep);
