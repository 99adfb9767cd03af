/* SPDX-License-Identifier: MIT */
/* An AMS unit and the spools in it. */
#pragma once

#include <stdbool.h>

#include "tests/sim/model.h"

enum sim_dry { SIM_DRY_OFF = 0, SIM_DRY_ON = 2, SIM_DRY_COOLING = 3 }; /* bambu.md 6.6 */

#define SIM_TRAY_EXTERNAL 254
#define SIM_TRAY_NONE 255
#define SIM_UNIT_A2L 16 /* id of the lite of an A2L */
#define SIM_UNIT_HT_FIRST 128

struct sim_tray {
	bool present;
	bool rfid;	 /* a spool with a tag: type, colour and remain are known */
	char idx[16];	 /* "GFA00" */
	char type[16];	 /* "PLA" */
	const char *sub; /* "PLA Basic"; "" without a tag */
	char colour[9];	 /* RRGGBBAA */
	int nozzle_min_c, nozzle_max_c;
	int remain_pct; /* -1 unknown */
};

struct sim_unit {
	int id; /* 0..3, 16 on an A2L, 128.. for HT */
	enum sim_unit_kind kind;
	int humidity_index; /* 1 wet .. 5 dry; 0 = none */
	int humidity_pct;
	double temp_c, temp_rest; /* 0 = no sensor */
	enum sim_dry dry;
	double dry_left_s; /* of drying, then of cooling */
	int dry_min, dry_target_c, dry_hours;
	int extruder; /* 0 right, 1 left */
	int trays;
	struct sim_tray tray[4];
};
