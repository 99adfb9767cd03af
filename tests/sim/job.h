/* SPDX-License-Identifier: MIT */
/* A print job of a simulated printer, from the file to the last layer, and what can happen to it.
 * Pure. */
#pragma once

#include "tests/sim/state.h"

enum sim_job_verb {
	SIM_JOB_START,
	SIM_JOB_PAUSE,
	SIM_JOB_RESUME,
	SIM_JOB_CANCEL,
	SIM_JOB_RUNOUT,
	SIM_JOB_FINISH,
	SIM_JOB_FAIL,
	SIM_JOB_VERB_COUNT
};
/* -1 when unknown. */
int sim_job_verb_by_name(const char *name);

/* 0, or -EBUSY: not in what the printer does now. */
int sim_job_do(struct sim_state *s, enum sim_job_verb verb);
/* A word of the command `job`: name minutes layers trays nozzle bed chamber source, percent (in the
 * middle, warm), error, stage; the keys of `set` besides. 0, -ENOENT (no such key), -EINVAL. */
int sim_job_set(struct sim_state *s, const char *key, const char *value);
/* "bed chamber ..." for help texts. */
extern const char sim_job_keys[];

/* A new job from its file on; what it prints is chosen by chance. */
void sim_job_begin(struct sim_state *s);
/* A new job as a request wants it. */
void sim_job_begin_as(struct sim_state *s, const struct sim_job_wish *wish);
/* Printing that part of the present job, everything warm. */
void sim_job_skip(struct sim_state *s, double part);
/* The filament it begins with is in the nozzle. */
void sim_job_load(struct sim_state *s);
/* Paused with the words of a runout; no spool moves. */
void sim_job_stall(struct sim_state *s);
/* What the job wants has changed: heaters, progress and the tray follow. */
void sim_job_apply(struct sim_state *s);
/* Idle, and no job. */
void sim_job_forget(struct sim_state *s);
void sim_job_advance(struct sim_state *s, double seconds);

/* Up to eight hex digits. 0 or -EINVAL. state_set.c */
int sim_parse_hex(const char *text, uint32_t *ret);
/* "03001200:00020001" or "0300-1200-0002-0001". 0 or -EINVAL. */
int sim_parse_hms(const char *text, struct sim_hms *ret);
