/* SPDX-License-Identifier: MIT */
/* A print job of a simulated printer, from the file to the last layer, and what can happen to it.
 */
#include "tests/sim/job.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "common/util.h"

#define NEAR_C 2.0	 /* a heater counts as ready */
#define WAITING_C 140.0	 /* of the nozzle while the bed is measured */
#define SWAP_S 40.0	 /* a change of filament */
#define SPOOL_PART 10.0	 /* percent of a spool that a job takes */
#define CANCEL_SHOWN_S 2 /* how long a cancelled job says so in print_error (bambu.md 7) */

/* print_error and HMS (bambu.md 6.7) */
#define ERROR_CANCELLED 0x0300400Cu
#define ERROR_CLOGGED 0x03004006u
#define ERROR_PAUSED 0x03008001u
#define ERROR_RUNOUT 0x07008011u
#define ERROR_NO_MAPPING 0x07FF8012u
#define HMS_RUNOUT 0x07002000u
#define HMS_RUNOUT_CODE 0x00020001u
#define MODULE_LITE 0x12u
#define MODULE_HT 0x18u
#define UNIT_HOLDER 0xFFu /* where a unit's number stands: the spool holder */

/* ams_status: what it does << 8 | how far (bambu.md 6.6) */
enum { AMS_RESTS = 0, AMS_RETRACTS = 0x0104, AMS_FEEDS = 0x0103, AMS_ASSISTS = 0x0300 };

enum wait { WAIT_TIME, WAIT_BED, WAIT_NOZZLE, WAIT_LOADED };

/* The way from the file to the first layer. */
static const struct {
	enum sim_mood mood;
	int stage;
	double least_s;
	enum wait wait;
} steps[] = {
    {SIM_PREPARING, SIM_STAGE_NONE, 15, WAIT_TIME},
    {SIM_PRINTING, SIM_STAGE_BED, 5, WAIT_BED},
    {SIM_PRINTING, SIM_STAGE_HOMING, 15, WAIT_TIME},
    {SIM_PRINTING, SIM_STAGE_LEVELLING, 60, WAIT_TIME},
    {SIM_PRINTING, SIM_STAGE_CLEANING, 20, WAIT_TIME},
    {SIM_PRINTING, SIM_STAGE_NOZZLE, 5, WAIT_NOZZLE},
    {SIM_PRINTING, SIM_STAGE_CHANGING, 25, WAIT_LOADED},
    {SIM_PRINTING, SIM_STAGE_FLOW, 20, WAIT_TIME},
    {SIM_PRINTING, SIM_STAGE_PRINTING, 0, WAIT_TIME},
};
enum { STEP_FILE = 0, STEP_HOT = 5, STEP_LAYERS = ARRAY_SIZE(steps) - 1 };

static const char *const verb_names[] = {
    [SIM_JOB_START] = "start",
    [SIM_JOB_PAUSE] = "pause",
    [SIM_JOB_RESUME] = "resume",
    [SIM_JOB_CANCEL] = "cancel",
    [SIM_JOB_RUNOUT] = "runout",
    [SIM_JOB_FINISH] = "finish",
    [SIM_JOB_FAIL] = "fail",
};
static_assert(ARRAY_SIZE(verb_names) == SIM_JOB_VERB_COUNT, "one name per verb");

static const double speed_factors[5] = {1, 0.5, 1, 1.24, 1.66}; /* by spd_lvl */

static const char *const names[] = {
    "Cable clip x12", "Drawer divider", "Lamp shade", "Bearing cage v3", "Plant pot", "Hinge set"};

int sim_job_verb_by_name(const char *name)
{
	for (int i = 0; i < SIM_JOB_VERB_COUNT; i++) {
		if (strcmp(verb_names[i], name) == 0) {
			return i;
		}
	}
	return -1;
}

static void set_progress(struct sim_state *s)
{
	double part = s->job.done_s / s->job.length_s;

	s->percent = (int)(part * 100);
	s->layer = (int)(part * s->layers);
	s->remaining_min =
	    (int)ceil((s->job.length_s - s->job.done_s) / speed_factors[s->speed] / 60);
}

static bool is_busy(enum sim_mood mood)
{
	return mood == SIM_PREPARING || mood == SIM_PRINTING || mood == SIM_PAUSED;
}

/* What the present step wants. */
static void apply_heat(struct sim_state *s)
{
	const struct sim_job *j = &s->job;
	double waiting_c = j->nozzle_c < WAITING_C ? j->nozzle_c : WAITING_C;

	if (j->step == STEP_FILE) {
		sim_state_heat(s, 0, 0, 0);
	} else {
		sim_state_heat(
		    s, j->step < STEP_HOT ? waiting_c : j->nozzle_c, j->bed_c, j->chamber_c);
	}
}

static void enter(struct sim_state *s, enum sim_mood mood, int stage)
{
	if (s->mood != mood) {
		s->mood_s = 0;
	}
	s->mood = mood;
	s->stage = stage;
}

static void choose_tray(struct sim_state *s, int number)
{
	struct sim_unit *unit;
	int slot;

	s->tray_before = s->tray;
	s->tray_target = number;
	s->extruder = sim_tray_find(s, number, &unit, &slot) ? unit->extruder : 0;
}

static void enter_step(struct sim_state *s, int step)
{
	s->job.step = step;
	s->job.step_s = 0;
	enter(s, steps[step].mood, steps[step].stage);
	if (steps[step].wait == WAIT_LOADED) {
		s->ams_status = s->units > 0 ? AMS_FEEDS : AMS_RESTS;
	} else if (step == STEP_LAYERS) {
		s->ams_status = s->units > 0 ? AMS_ASSISTS : AMS_RESTS;
		s->fan_part = 10;
		s->fan_aux = 6;
	}
	apply_heat(s);
}

static void clear_errors(struct sim_state *s)
{
	s->print_error = 0;
	s->error_left_s = 0;
	s->hms_count = 0;
}

/* The first two spools in turn, or the one there is. */
static void plan_trays(struct sim_state *s)
{
	struct sim_job *j = &s->job;

	j->plan_count = 0;
	for (int i = 0; i < s->units && j->plan_count < 2; i++) {
		const struct sim_unit *u = &s->unit[i];

		for (int slot = 0; slot < u->trays && j->plan_count < 2; slot++) {
			if (u->tray[slot].present && u->extruder == s->unit[0].extruder) {
				j->plan[j->plan_count++] = sim_tray_number(u, slot);
			}
		}
	}
	if (j->plan_count == 2) {
		j->plan[j->plan_count++] = j->plan[0];
	} else if (j->plan_count == 0) {
		j->plan[j->plan_count++] = SIM_TRAY_EXTERNAL;
	}
}

void sim_job_apply(struct sim_state *s)
{
	set_progress(s);
	if (is_busy(s->mood)) {
		apply_heat(s);
		if (s->job.step < STEP_LAYERS) {
			choose_tray(s, s->job.plan[0]);
		}
	}
}

void sim_job_begin(struct sim_state *s)
{
	struct sim_job *j = &s->job;

	*j = (struct sim_job){.number = j->number + 1,
	    .length_s = 2400 + sim_random(s) % 9000,
	    .nozzle_c = 220,
	    .bed_c = 60,
	    .cloud = sim_random(s) % 2};
	str_copy(j->name, sizeof(j->name), names[sim_random(s) % ARRAY_SIZE(names)]);
	s->layers = 60 + (int)(sim_random(s) % 300);
	s->prepare_percent = 0;
	s->tray = SIM_TRAY_NONE;
	s->ams_status = AMS_RESTS;
	plan_trays(s);
	choose_tray(s, j->plan[0]);
	clear_errors(s);
	set_progress(s);
	enter_step(s, STEP_FILE);
}

void sim_job_begin_as(struct sim_state *s, const struct sim_job_wish *wish)
{
	struct sim_job *j = &s->job;

	sim_job_begin(s);
	j->cloud = false;
	j->asked_for = true;
	j->plate = wish->plate;
	j->file_s = wish->file_s;
	j->skips_cali = wish->skips_cali;
	memcpy(j->name, wish->name, sizeof(j->name));
	memcpy(j->file, wish->file, sizeof(j->file));
	memcpy(j->ids, wish->ids, sizeof(j->ids));
	memcpy(j->plan, wish->plan, sizeof(j->plan));
	j->plan_count = wish->plan_count;
	choose_tray(s, j->plan[0]);
	if (wish->extruder >= 0) {
		s->extruder = wish->extruder;
	}
}

void sim_job_load(struct sim_state *s)
{
	s->tray = s->tray_target;
}

void sim_job_skip(struct sim_state *s, double part)
{
	struct sim_job *j = &s->job;

	j->done_s = j->length_s * part;
	j->plan_at = part < 1 ? (int)(part * j->plan_count) : j->plan_count - 1;
	j->swap_left_s = 0;
	s->prepare_percent = 100;
	choose_tray(s, j->plan[j->plan_at]);
	sim_job_load(s);
	set_progress(s);
	enter_step(s, STEP_LAYERS);
	s->nozzle_c[s->extruder] = j->nozzle_c;
	s->bed_c = j->bed_c;
}

static void stop(struct sim_state *s, enum sim_mood mood)
{
	clear_errors(s);
	sim_state_heat(s, 0, 0, 0);
	s->tray = s->tray_target = SIM_TRAY_NONE;
	s->ams_status = AMS_RESTS;
	s->job.swap_left_s = 0;
	enter(s, mood, SIM_STAGE_NONE);
}

void sim_job_forget(struct sim_state *s)
{
	unsigned number = s->job.number;

	stop(s, SIM_IDLE);
	s->job = (struct sim_job){.number = number};
	s->stage = 0; /* with print_type idle that is none */
	s->prepare_percent = s->percent = s->layer = s->layers = s->remaining_min = 0;
}

/* Module and unit as the codes of the AMS carry them. */
static uint32_t place_of(const struct sim_unit *unit)
{
	uint32_t module = HMS_RUNOUT >> 24;

	if (!unit) {
		return module << 24 | UNIT_HOLDER << 16;
	}
	module = unit->kind == SIM_UNIT_LITE ? MODULE_LITE
		 : unit->kind == SIM_UNIT_HT ? MODULE_HT
					     : module;
	return module << 24 | (uint32_t)unit->id << 16;
}

/* The printer waits for another spool in the same place. */
static void ask_for_spool(struct sim_state *s, int number)
{
	struct sim_unit *unit = NULL;
	int slot = 0;
	uint32_t place;

	sim_tray_find(s, number, &unit, &slot);
	place = place_of(unit);
	s->tray_before = s->tray_target = number;
	s->ams_status = AMS_RESTS;
	s->job.swap_left_s = 0;
	s->print_error = place | (ERROR_RUNOUT & 0xffff);
	sim_state_raise(s,
	    (struct sim_hms){place | (HMS_RUNOUT & 0xffff) | (uint32_t)slot << 8, HMS_RUNOUT_CODE});
	enter(s, SIM_PAUSED, SIM_STAGE_RUNOUT);
}

static void run_out(struct sim_state *s, int number)
{
	struct sim_unit *unit;
	int slot;
	struct sim_tray *tray = sim_tray_find(s, number, &unit, &slot);

	if (tray) {
		tray->present = false;
	}
	ask_for_spool(s, number);
	s->tray = SIM_TRAY_NONE;
}

void sim_job_stall(struct sim_state *s)
{
	ask_for_spool(s, s->tray_target);
}

/* A spool that ran out was put back, a full one. */
static void resume(struct sim_state *s)
{
	struct sim_unit *unit;
	int slot;
	struct sim_tray *tray = sim_tray_find(s, s->tray_target, &unit, &slot);

	if (tray && !tray->present) {
		tray->present = true;
		tray->remain_pct = tray->rfid ? 100 : -1;
	}
	clear_errors(s);
	if (s->job.step == STEP_LAYERS) {
		sim_job_load(s);
	}
	enter_step(s, s->job.step);
}

static bool verb_fits(enum sim_job_verb verb, enum sim_mood mood)
{
	switch (verb) {
	case SIM_JOB_START:
		return !is_busy(mood);
	case SIM_JOB_PAUSE:
	case SIM_JOB_RUNOUT:
		return mood == SIM_PRINTING;
	case SIM_JOB_RESUME:
		return mood == SIM_PAUSED;
	case SIM_JOB_CANCEL:
	case SIM_JOB_FINISH:
	case SIM_JOB_FAIL:
	case SIM_JOB_VERB_COUNT:
		break;
	}
	return is_busy(mood);
}

int sim_job_do(struct sim_state *s, enum sim_job_verb verb)
{
	if (!verb_fits(verb, s->mood)) {
		return -EBUSY;
	}
	switch (verb) {
	case SIM_JOB_START:
		sim_job_begin(s);
		break;
	case SIM_JOB_PAUSE:
		s->print_error = ERROR_PAUSED;
		enter(s, SIM_PAUSED, SIM_STAGE_PAUSED);
		break;
	case SIM_JOB_RESUME:
		resume(s);
		break;
	case SIM_JOB_RUNOUT:
		run_out(s, s->tray == SIM_TRAY_NONE ? s->tray_target : s->tray);
		break;
	case SIM_JOB_CANCEL:
		stop(s, SIM_FAILED);
		s->print_error = ERROR_CANCELLED;
		s->error_left_s = CANCEL_SHOWN_S;
		break;
	case SIM_JOB_FINISH:
		s->job.done_s = s->job.length_s;
		set_progress(s);
		stop(s, SIM_FINISHED);
		break;
	case SIM_JOB_FAIL:
		stop(s, SIM_FAILED);
		s->print_error = ERROR_CLOGGED;
		break;
	case SIM_JOB_VERB_COUNT:
		break;
	}
	return 0;
}

static double least_s(const struct sim_state *s)
{
	return s->job.step == STEP_FILE && s->job.file_s > 0 ? s->job.file_s
							     : steps[s->job.step].least_s;
}

static bool step_is_over(const struct sim_state *s)
{
	int step = s->job.step;

	if (s->job.step_s < least_s(s)) {
		return false;
	}
	switch (steps[step].wait) {
	case WAIT_BED:
		return fabs(s->bed_c - s->job.bed_c) < NEAR_C;
	case WAIT_NOZZLE:
		return fabs(s->nozzle_c[s->extruder] - s->job.nozzle_c) < NEAR_C;
	case WAIT_TIME:
	case WAIT_LOADED:
		break;
	}
	return true;
}

/* Every filament of a job that was asked for is where the request says. */
static bool has_spools(struct sim_state *s)
{
	for (int i = 0; s->job.asked_for && i < s->job.plan_count; i++) {
		struct sim_unit *unit;
		int slot, number = s->job.plan[i];
		const struct sim_tray *tray = sim_tray_find(s, number, &unit, &slot);

		if (number != SIM_TRAY_EXTERNAL && (!tray || !tray->present)) {
			return false;
		}
	}
	return true;
}

static int next_step(const struct sim_job *j)
{
	int step = j->step + 1;

	while (j->skips_cali &&
	       (steps[step].stage == SIM_STAGE_LEVELLING || steps[step].stage == SIM_STAGE_FLOW)) {
		step++;
	}
	return step;
}

static void advance_way(struct sim_state *s, double seconds)
{
	struct sim_job *j = &s->job;

	j->step_s += seconds;
	if (j->step == STEP_FILE) {
		double part = j->step_s / steps[STEP_FILE].least_s;

		s->prepare_percent = part < 1		      ? (int)(part * 100)
				     : j->step_s < least_s(s) ? 99
							      : 100;
	}
	if (step_is_over(s)) {
		if (j->step == STEP_FILE && !has_spools(s)) {
			s->print_error = ERROR_NO_MAPPING;
			enter(s, SIM_PAUSED, SIM_STAGE_PAUSED);
			return;
		}
		if (steps[j->step].wait == WAIT_LOADED) {
			sim_job_load(s);
		}
		enter_step(s, next_step(j));
	}
}

static bool is_present(struct sim_state *s, int number)
{
	struct sim_unit *unit;
	int slot;
	const struct sim_tray *tray = sim_tray_find(s, number, &unit, &slot);

	return !tray || tray->present;
}

static void begin_swap(struct sim_state *s, int number)
{
	if (number == s->tray) {
		return;
	}
	if (!is_present(s, number)) {
		run_out(s, number);
		return;
	}
	choose_tray(s, number);
	s->job.swap_left_s = SWAP_S;
	s->ams_status = AMS_RETRACTS;
	enter(s, SIM_PRINTING, SIM_STAGE_CHANGING);
	apply_heat(s);
}

/* The old filament is out at half time. */
static void advance_swap(struct sim_state *s, double seconds)
{
	s->job.swap_left_s -= seconds;
	if (s->job.swap_left_s <= 0) {
		s->job.swap_left_s = 0;
		sim_job_load(s);
		enter_step(s, STEP_LAYERS);
	} else if (s->job.swap_left_s <= SWAP_S / 2) {
		s->tray = SIM_TRAY_NONE;
		s->ams_status = AMS_FEEDS;
	}
}

static void use_filament(struct sim_state *s, double part)
{
	struct sim_unit *unit;
	int slot;
	struct sim_tray *tray = sim_tray_find(s, s->tray, &unit, &slot);

	s->job.used += part * SPOOL_PART;
	if (s->job.used >= 1) {
		s->job.used -= 1;
		if (tray && tray->remain_pct > 1) {
			tray->remain_pct--;
		}
	}
}

static void advance_layers(struct sim_state *s, double seconds)
{
	double done_s = seconds * speed_factors[s->speed];
	struct sim_job *j = &s->job;
	int segment;

	if (j->swap_left_s > 0) {
		advance_swap(s, seconds);
		return;
	}
	j->done_s += done_s;
	use_filament(s, done_s / j->length_s);
	if (j->done_s >= j->length_s) {
		sim_job_do(s, SIM_JOB_FINISH);
		return;
	}
	set_progress(s);
	segment = (int)(j->done_s / j->length_s * j->plan_count);
	if (segment != j->plan_at) {
		j->plan_at = segment;
		begin_swap(s, j->plan[segment]);
	}
}

void sim_job_advance(struct sim_state *s, double seconds)
{
	if (s->mood != SIM_PREPARING && s->mood != SIM_PRINTING) {
		return;
	}
	if (s->job.step < STEP_LAYERS) {
		advance_way(s, seconds);
	} else {
		advance_layers(s, seconds);
	}
}
