/* SPDX-License-Identifier: MIT */
/* Where AMS units and their spools begin to warn; set by the configuration. */
#pragma once

#include <stdint.h>

/* 0: it does not warn. A warning ends a little way back from where it begins, so that a value that
 * flutters is told once; either is told when it has stood so long. Humidity levels count from 1
 * (wet) to 5 (dry). */
struct derive_limits {
	int low_pct;	 /* filament left: at or below */
	int humid_pct;	 /* at or above */
	int humid_level; /* of units that tell no percentage: at or below, 1 to 4 */
	int hot_c;	 /* at or above, but for drying */
	int64_t hold_ms;
};
