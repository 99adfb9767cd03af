/* SPDX-License-Identifier: MIT */
/* What a simulated printer is doing, and how that moves with time: pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/sim/model.h"

enum sim_mood {
	SIM_IDLE,
	SIM_PREPARING,
	SIM_PRINTING,
	SIM_PAUSED,
	SIM_FINISHED,
	SIM_FAILED,
	SIM_MOOD_COUNT
};

#define SIM_UNITS_MAX 6
#define SIM_HMS_MAX 8
#define SIM_TRAY_EXTERNAL 254
#define SIM_TRAY_NONE 255

struct sim_tray {
	bool present;
	bool rfid;	    /* a spool with a tag: type, colour and remain are known */
	const char *idx;    /* "GFA00" */
	const char *type;   /* "PLA" */
	const char *sub;    /* "PLA Basic"; "" without a tag */
	const char *colour; /* RRGGBBAA */
	int nozzle_min_c, nozzle_max_c;
	int remain_pct; /* -1 unknown */
};

struct sim_unit {
	int id; /* 0..3, 128.. for HT */
	enum sim_unit_kind kind;
	int humidity_index; /* 1 wet .. 5 dry; 0 = none */
	int humidity_pct;
	double temp_c; /* 0 = no sensor */
	int dry_min;
	int extruder; /* 0 right, 1 left */
	int trays;
	struct sim_tray tray[4];
};

struct sim_hms {
	uint32_t attr, code;
};

struct sim_state {
	enum sim_mood mood;
	bool hold;     /* time stands still */
	double mood_s; /* since this mood began */
	double done_s, job_s;
	int percent, layer, layers, remaining_min;
	char job[64];
	unsigned job_number;
	int stage; /* stg_cur */
	double nozzle_c[2], nozzle_target_c[2];
	double bed_c, bed_target_c, chamber_c, chamber_target_c;
	int fan_part, fan_aux, fan_chamber, fan_heatbreak; /* 0..15 */
	int speed;					   /* 1..4 */
	bool light, door, sdcard;
	bool locked; /* print commands need a signature (`fun` bit 29) */
	int wifi_dbm;
	uint32_t print_error;
	struct sim_hms hms[SIM_HMS_MAX];
	int hms_count;
	struct sim_unit unit[SIM_UNITS_MAX];
	int units;
	int tray;     /* global number: unit*4+slot, 128.. HT, 254 external, 255 none */
	int extruder; /* active: 0 right, 1 left */
	uint64_t random;
};

/* ams: comma list of none, ams, lite, pro2, ht, in order; NULL = one unit usual for the model.
 * 0, -EINVAL (unknown word), -E2BIG. */
int sim_state_init(
    struct sim_state *s, const struct sim_model *model, const char *ams, uint64_t seed);
void sim_state_enter(struct sim_state *s, enum sim_mood mood);
/* Time passes: temperatures approach their targets, the job advances, moods follow each other. */
void sim_state_advance(struct sim_state *s, const struct sim_model *model, double seconds);
/* Sets one thing by name ("percent", "42"). Values that time would move again also set hold.
 * 0, -ENOENT (no such key), -EINVAL (bad value). */
int sim_state_set(struct sim_state *s, const char *key, const char *value);
/* "percent layer ..." for help texts; caller frees. */
char *sim_state_keys(void);

/* -1 when unknown. */
int sim_mood_by_name(const char *name);
const char *sim_mood_name(enum sim_mood mood);
