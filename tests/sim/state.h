/* SPDX-License-Identifier: MIT */
/* What a simulated printer is doing, and how that moves with time: pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/sim/lamp.h"
#include "tests/sim/model.h"
#include "tests/sim/unit.h"

enum sim_mood {
	SIM_IDLE,
	SIM_PREPARING,
	SIM_PRINTING,
	SIM_PAUSED,
	SIM_FINISHED,
	SIM_FAILED,
	SIM_MOOD_COUNT
};

/* Numbers of stg_cur that are used here (bambu.md 6.2). */
enum sim_stage {
	SIM_STAGE_PRINTING = 0,
	SIM_STAGE_LEVELLING = 1,
	SIM_STAGE_BED = 2,
	SIM_STAGE_CHANGING = 4,
	SIM_STAGE_RUNOUT = 6,
	SIM_STAGE_NOZZLE = 7,
	SIM_STAGE_FLOW = 8,
	SIM_STAGE_HOMING = 13,
	SIM_STAGE_CLEANING = 14,
	SIM_STAGE_PAUSED = 16,
	SIM_STAGE_NONE = 255
};

enum sim_liveview { SIM_LIVEVIEW_ON, SIM_LIVEVIEW_OFF, SIM_LIVEVIEW_NONE };

#define SIM_UNITS_MAX 6
#define SIM_HMS_MAX 8
#define SIM_PLAN_MAX 16
#define SIM_SKIP_MAX 64
#define SIM_IDS 3 /* project, subtask, task */

struct sim_hms {
	uint32_t attr, code;
};

/* What a request says about the job it asks for. */
struct sim_job_wish {
	char name[64], file[96];
	char ids[SIM_IDS][24];
	int plate;
	int plan[SIM_PLAN_MAX], plan_count; /* trays of its filaments */
	double file_s;			    /* how long it prepares; 0 = as usual */
	bool skips_cali;
	int extruder; /* -1: of the filament */
};

/* The job: what it wants, and how far it is (job.c). */
struct sim_job {
	char name[64], file[96];
	char ids[SIM_IDS][24]; /* "": made of number */
	int plate;
	unsigned number;
	double file_s; /* of the first step; 0 = as usual */
	bool skips_cali, asked_for;
	bool cloud;
	int step;	    /* of the way from the file to the first layer */
	double step_s;	    /* since the step began */
	double swap_left_s; /* of a change of filament; 0 = none */
	double done_s, length_s;
	double nozzle_c, bed_c, chamber_c; /* wanted while printing */
	int plan[SIM_PLAN_MAX];		   /* trays in turn */
	int plan_count, plan_at;
	int skipped[SIM_SKIP_MAX]; /* objects left out */
	int skipped_count;
	double used; /* percent of a spool that remain_pct does not show yet */
};

struct sim_state {
	enum sim_mood mood;
	bool hold;     /* time stands still */
	double pace;   /* beside the simulator's */
	int again_s;   /* after so long a finished printer begins the next job; 0 = never */
	double mood_s; /* since this mood began */
	struct sim_job job;
	struct sim_job_wish wish; /* begins in */
	double wish_left_s;	  /* 0 = there is none */
	int prepare_percent, percent, layer, layers, remaining_min;
	int stage; /* stg_cur */
	double nozzle_c[2], nozzle_target_c[2];
	double bed_c, bed_target_c, chamber_c, chamber_target_c;
	double nozzle_rest[2], bed_rest, chamber_rest;	   /* below the steps that are shown */
	int fan_part, fan_aux, fan_chamber, fan_heatbreak; /* 0..15 */
	int speed;					   /* 1..4 */
	bool light, light_flashes, door, sdcard;
	enum sim_lamp light2, work_light; /* light2: of the chamber, where there are two */
	bool locked;			  /* print commands need a signature (`fun` bit 29) */
	enum sim_liveview liveview;	  /* the RTSP camera in the local network */
	int wifi_dbm;
	int clock_s; /* how far the printer's clock is off */
	uint32_t print_error;
	double error_left_s; /* print_error ends by itself; 0 = it stays */
	struct sim_hms hms[SIM_HMS_MAX];
	int hms_count;
	struct sim_unit unit[SIM_UNITS_MAX];
	int units;
	struct sim_tray external[2]; /* beside the printer; the second: left, where there are two */
	int tray;		     /* global number: sim_tray_number, 254 external, 255 none */
	int tray_before, tray_target;
	int ams_status; /* what it does << 8 | how far */
	int extruder;	/* active: 0 right, 1 left */
	uint64_t random;
};

/* ams: comma list of none, ams, lite, pro2, ht, in order; NULL = one unit usual for the model.
 * 0, -EINVAL (unknown word), -E2BIG. */
int sim_state_init(
    struct sim_state *s, const struct sim_model *model, const char *ams, uint64_t seed);
/* By hand, at once: warm and in the middle of a job where the mood needs one. */
void sim_state_enter(struct sim_state *s, enum sim_mood mood);
/* Time passes: temperatures approach their targets, the job advances, moods follow each other.
 * Returns early when something happened that a printer tells at once: the seconds that are left,
 * 0 = all have passed. */
double sim_state_advance(struct sim_state *s, double seconds);
/* Sets one thing by name ("percent", "42"). Values that time would move again also set hold.
 * 0, -ENOENT (no such key), -EINVAL (bad value). state_set.c */
int sim_state_set(struct sim_state *s, const char *key, const char *value);
/* "percent layer ..." for help texts; caller frees. */
char *sim_state_keys(void);

/* 0, or -ENOSPC. A message that stands already is not doubled. */
int sim_state_raise(struct sim_state *s, struct sim_hms message);
/* 0, or -ENOENT. */
int sim_state_clear(struct sim_state *s, struct sim_hms message);
void sim_state_heat(struct sim_state *s, double nozzle_c, double bed_c, double chamber_c);
/* How the chamber light is. */
enum sim_lamp sim_state_light(const struct sim_state *s);
uint32_t sim_random(struct sim_state *s);

/* Global number of a slot (bambu.md 6.6), and back; NULL when there is no such slot. */
int sim_tray_number(const struct sim_unit *u, int slot);
struct sim_tray *sim_tray_find(
    struct sim_state *s, int number, struct sim_unit **ret_unit, int *ret_slot);

int sim_mood_by_name(const char *name); /* -1 when unknown */
const char *sim_mood_name(enum sim_mood mood);
