/* SPDX-License-Identifier: MIT */
/* What a simulated printer is doing, and how that moves with time: pure. */
#include "tests/sim/state.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "tests/sim/job.h"

#define STEP_S 2.0 /* no longer at once, so that phases follow each other */
#define STEPS_MAX 200
#define COOLING_S 600.0 /* of a unit after drying */

static const char *const mood_names[] = {
    [SIM_IDLE] = "idle",
    [SIM_PREPARING] = "preparing",
    [SIM_PRINTING] = "printing",
    [SIM_PAUSED] = "paused",
    [SIM_FINISHED] = "finished",
    [SIM_FAILED] = "failed",
};
static_assert(ARRAY_SIZE(mood_names) == SIM_MOOD_COUNT, "one name per mood");

static const char *const unit_words[] = {
    [SIM_UNIT_AMS] = "ams",
    [SIM_UNIT_LITE] = "lite",
    [SIM_UNIT_PRO2] = "pro2",
    [SIM_UNIT_HT] = "ht",
};
static_assert(ARRAY_SIZE(unit_words) == SIM_UNIT_COUNT, "one word per kind of unit");

static const struct sim_tray spools[] = {
    {true, true, "GFA00", "PLA", "PLA Basic", "00AE42FF", 190, 230, 83},
    {true, true, "GFA01", "PLA", "PLA Matte", "3B4A6BFF", 190, 230, 46},
    {true, false, "GFL99", "PLA", "", "F4D53FFF", 190, 240, -1},
    {true, true, "GFG00", "PETG", "PETG Basic", "E8E8E8FF", 230, 260, 12},
    {true, true, "GFB00", "ABS", "ABS", "202020FF", 240, 270, 64},
    {true, false, "GFU99", "TPU", "", "C12E1FFF", 200, 250, -1},
    {true, true, "GFN04", "PA-CF", "PAHT-CF", "101010FF", 260, 290, 100},
};

/* Beside the printer: older models name what is usual, newer ones nothing. */
static const struct sim_tray plain = {true, false, "GFL99", "PLA", "", "161616FF", 190, 240, 0};
static const struct sim_tray bare = {.present = true, .sub = "", .colour = "00000000"};

uint32_t sim_random(struct sim_state *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return (uint32_t)(s->random >> 32);
}

int sim_mood_by_name(const char *name)
{
	for (int i = 0; i < SIM_MOOD_COUNT; i++) {
		if (strcmp(mood_names[i], name) == 0) {
			return i;
		}
	}
	return -1;
}

const char *sim_mood_name(enum sim_mood mood)
{
	return mood_names[mood];
}

enum sim_lamp sim_state_light(const struct sim_state *s)
{
	return !s->light ? SIM_LAMP_OFF : s->light_flashes ? SIM_LAMP_FLASHING : SIM_LAMP_ON;
}

static int unit_by_word(const char *word)
{
	for (int i = 0; i < SIM_UNIT_COUNT; i++) {
		if (strcmp(unit_words[i], word) == 0) {
			return i;
		}
	}
	return -EINVAL;
}

/* Index 5 (dry) to 1 (wet) as seen beside the percentage in real reports. */
static void set_humidity(struct sim_unit *u, int pct)
{
	u->humidity_pct = pct;
	if (u->kind != SIM_UNIT_HT) {
		u->humidity_index = pct <= 18	? 5
				    : pct <= 22 ? 4
				    : pct <= 25 ? 3
				    : pct <= 28 ? 2
						: 1;
	}
}

int sim_tray_number(const struct sim_unit *u, int slot)
{
	if (u->id >= SIM_UNIT_HT_FIRST) {
		return u->id;
	}
	return u->id == SIM_UNIT_A2L ? 24 + slot : u->id * 4 + slot;
}

struct sim_tray *sim_tray_find(
    struct sim_state *s, int number, struct sim_unit **ret_unit, int *ret_slot)
{
	for (int i = 0; i < s->units; i++) {
		struct sim_unit *u = &s->unit[i];

		for (int slot = 0; slot < u->trays; slot++) {
			if (sim_tray_number(u, slot) == number) {
				*ret_unit = u;
				*ret_slot = slot;
				return &u->tray[slot];
			}
		}
	}
	return NULL;
}

static void fill_trays(struct sim_state *s, struct sim_unit *u)
{
	for (int i = 0; i < u->trays; i++) {
		u->tray[i] = spools[(u->kind == SIM_UNIT_HT ? 6 : (unsigned)i + s->units * 3u) %
				    ARRAY_SIZE(spools)];
	}
	if (u->trays == 4 && s->units % 2 == 0) {
		u->tray[3].present = sim_random(s) % 2;
	}
}

static void add_unit(struct sim_state *s, const struct sim_model *model, enum sim_unit_kind kind)
{
	struct sim_unit *u = &s->unit[s->units];
	int same = 0;

	for (int i = 0; i < s->units; i++) {
		same += (s->unit[i].kind == SIM_UNIT_HT) == (kind == SIM_UNIT_HT);
	}
	*u = (struct sim_unit){
	    .id = kind == SIM_UNIT_HT				? SIM_UNIT_HT_FIRST + same
		  : kind == SIM_UNIT_LITE && model->lite_inside ? SIM_UNIT_A2L
								: same,
	    .kind = kind,
	    .trays = kind == SIM_UNIT_HT ? 1 : 4,
	    .temp_c = 22.0 + sim_random(s) % 60 / 10.0,
	    .extruder = kind == SIM_UNIT_HT && model->nozzles > 1 ? 1 : 0,
	};
	set_humidity(u, 8 + (int)(sim_random(s) % 20));
	if (kind == SIM_UNIT_LITE) { /* no sensors: index 5 beside raw 0 and 0.0 degrees */
		u->humidity_index = 5;
		u->humidity_pct = 0;
		u->temp_c = 0;
	}
	fill_trays(s, u);
	s->units++;
}

static int add_units(struct sim_state *s, const struct sim_model *model, const char *words)
{
	_cleanup_free_ char *copy = xstrdup(words);
	char *rest = copy;

	for (char *word = strsep(&rest, ","); word; word = strsep(&rest, ",")) {
		int kind;

		if (strcmp(word, "none") == 0 || word[0] == '\0') {
			continue;
		}
		kind = unit_by_word(word);
		if (kind < 0) {
			return kind;
		}
		if (s->units == SIM_UNITS_MAX) {
			return -E2BIG;
		}
		add_unit(s, model, (enum sim_unit_kind)kind);
	}
	return 0;
}

int sim_state_init(
    struct sim_state *s, const struct sim_model *model, const char *ams, uint64_t seed)
{
	int r;

	*s = (struct sim_state){
	    .random = seed * 0x9e3779b97f4a7c15u + 0x2545f4914f6cdd1du,
	    .pace = 1,
	    .speed = 2,
	    .sdcard = true,
	    .light = true,
	    .work_light = SIM_LAMP_FLASHING,
	    .tray = SIM_TRAY_NONE,
	    .tray_before = SIM_TRAY_NONE,
	    .tray_target = SIM_TRAY_NONE,
	    .nozzle_c = {24.5, 24.25},
	    .bed_c = 23.75,
	    .chamber_c = 25,
	};
	s->random |= 1;
	s->external[0] = model->family == SIM_FAMILY_NEW ? bare : plain;
	s->external[1] = s->external[0];
	s->wifi_dbm = -40 - (int)(sim_random(s) % 30);
	r = add_units(s, model, ams ? ams : unit_words[model->unit]);
	if (r < 0) {
		return r;
	}
	sim_state_enter(s, SIM_IDLE);
	return 0;
}

void sim_state_heat(struct sim_state *s, double nozzle_c, double bed_c, double chamber_c)
{
	s->nozzle_target_c[0] = s->nozzle_target_c[1] = 0;
	s->nozzle_target_c[s->extruder] = nozzle_c;
	s->bed_target_c = bed_c;
	s->chamber_target_c = chamber_c;
	s->fan_heatbreak = nozzle_c > 0 ? 15 : 0;
	if (nozzle_c == 0) {
		s->fan_part = s->fan_aux = s->fan_chamber = 0;
	}
}

int sim_state_raise(struct sim_state *s, struct sim_hms message)
{
	for (int i = 0; i < s->hms_count; i++) {
		if (memcmp(&s->hms[i], &message, sizeof(message)) == 0) {
			return 0;
		}
	}
	if (s->hms_count == SIM_HMS_MAX) {
		return -ENOSPC;
	}
	s->hms[s->hms_count++] = message;
	return 0;
}

int sim_state_clear(struct sim_state *s, struct sim_hms message)
{
	for (int i = 0; i < s->hms_count; i++) {
		if (memcmp(&s->hms[i], &message, sizeof(message)) == 0) {
			s->hms[i] = s->hms[--s->hms_count];
			return 0;
		}
	}
	return -ENOENT;
}

/* Where a mood set by hand finds the job. */
static void place_job(struct sim_state *s, enum sim_mood mood)
{
	bool over = s->mood == SIM_FINISHED || s->mood == SIM_FAILED;

	if (s->job.name[0] == '\0' || over) {
		double middle = 0.05 + sim_random(s) % 85 / 100.0;
		double nozzle_c = s->nozzle_c[0], bed_c = s->bed_c;

		sim_job_begin(s);
		sim_job_skip(s, mood == SIM_PAUSED ? 0.37 : mood == SIM_FAILED ? 0.62 : middle);
		if (mood == SIM_FINISHED || mood == SIM_FAILED) { /* long ago: it is cool */
			s->nozzle_c[s->extruder] = nozzle_c;
			s->bed_c = bed_c;
		}
	} else if (s->mood == SIM_PREPARING || s->stage != SIM_STAGE_PRINTING) {
		sim_job_skip(s, s->job.done_s / s->job.length_s);
	}
}

void sim_state_enter(struct sim_state *s, enum sim_mood mood)
{
	s->wish_left_s = 0;
	if (mood == s->mood && mood != SIM_PREPARING && mood != SIM_IDLE) {
		return;
	}
	if (mood == SIM_IDLE) {
		sim_job_forget(s);
		return;
	}
	if (mood == SIM_PREPARING) {
		sim_job_begin(s);
		sim_job_load(s);
		return;
	}
	if (s->mood == SIM_PAUSED) {
		sim_job_do(s, SIM_JOB_RESUME);
	}
	place_job(s, mood);
	switch (mood) {
	case SIM_PAUSED: /* because a spool ran out */
		sim_job_stall(s);
		break;
	case SIM_FINISHED:
		sim_job_do(s, SIM_JOB_FINISH);
		break;
	case SIM_FAILED:
		sim_job_do(s, SIM_JOB_FAIL);
		break;
	case SIM_IDLE:
	case SIM_PREPARING:
	case SIM_PRINTING:
	case SIM_MOOD_COUNT:
		break;
	}
}

/* Exponential approach in the steps that are shown; what is below them waits in *rest. */
static double approach(
    double now, double target, double seconds, double tau_s, double per_degree, double *rest)
{
	double next = target + (now + *rest - target) * exp(-seconds / tau_s);
	double shown = round(next * per_degree) / per_degree;

	*rest = next - shown;
	return shown;
}

/* Older firmware shows steps of 1/32 degree. */
static void advance_temperatures(struct sim_state *s, double seconds)
{
	double bed_c = s->bed_target_c > 0 ? s->bed_target_c : 23;
	double chamber_c = s->chamber_target_c > 0 ? s->chamber_target_c
			   : s->bed_target_c > 0   ? 38
						   : 25;

	for (int i = 0; i < 2; i++) {
		double target = s->nozzle_target_c[i] > 0 ? s->nozzle_target_c[i] : 24;

		s->nozzle_c[i] =
		    approach(s->nozzle_c[i], target, seconds, 25, 32, &s->nozzle_rest[i]);
		if (s->nozzle_target_c[i] > 0) {
			s->nozzle_c[i] += ((int)(sim_random(s) % 5) - 2) / 32.0;
		}
	}
	s->bed_c = approach(s->bed_c, bed_c, seconds, 80, 32, &s->bed_rest);
	s->chamber_c = approach(s->chamber_c, chamber_c, seconds, 600, 32, &s->chamber_rest);
}

static void advance_unit(struct sim_unit *u, double seconds)
{
	double target_c = u->dry == SIM_DRY_ON ? u->dry_target_c : 24;

	if (u->dry == SIM_DRY_OFF) {
		return;
	}
	u->temp_c = approach(u->temp_c, target_c, seconds, 900, 10, &u->temp_rest);
	u->dry_left_s -= seconds;
	if (u->dry == SIM_DRY_ON && u->dry_left_s <= 0) {
		u->dry = SIM_DRY_COOLING;
		u->dry_left_s = COOLING_S;
		set_humidity(u, 8);
	} else if (u->dry == SIM_DRY_COOLING && u->dry_left_s <= 0) {
		u->dry = SIM_DRY_OFF;
	}
	u->dry_min = u->dry == SIM_DRY_ON ? (int)ceil(u->dry_left_s / 60) : 0;
}

static void advance_air(struct sim_state *s)
{
	if (sim_random(s) % 8 == 0) {
		int step = s->wifi_dbm > -45 ? -1 : s->wifi_dbm < -70 ? 1 : 0;

		s->wifi_dbm += step ? step : (int)(sim_random(s) % 3) - 1;
	}
	if (s->units > 0 && s->unit[0].humidity_pct > 0 && s->unit[0].dry == SIM_DRY_OFF &&
	    sim_random(s) % 16 == 0) {
		set_humidity(&s->unit[0], 8 + (int)(sim_random(s) % 20));
	}
}

static void advance_step(struct sim_state *s, double seconds)
{
	s->mood_s += seconds;
	advance_temperatures(s, seconds);
	for (int i = 0; i < s->units; i++) {
		advance_unit(&s->unit[i], seconds);
	}
	if (s->error_left_s > 0) {
		s->error_left_s -= seconds;
		if (s->error_left_s <= 0) {
			s->print_error = 0;
			s->error_left_s = 0;
		}
	}
	if (s->wish_left_s > 0) {
		s->wish_left_s -= seconds;
		if (s->wish_left_s <= 0) {
			s->wish_left_s = 0;
			sim_job_begin_as(s, &s->wish);
		}
	}
	sim_job_advance(s, seconds);
	if (s->mood == SIM_FINISHED && s->again_s > 0 && s->mood_s >= s->again_s) {
		sim_job_begin(s);
	}
}

/* What a printer does not keep for the next report. */
static bool is_news(const struct sim_state *a, const struct sim_state *b)
{
	for (int i = 0; i < a->units; i++) {
		if (a->unit[i].dry != b->unit[i].dry) {
			return true;
		}
	}
	return a->mood != b->mood || a->stage != b->stage || a->tray != b->tray ||
	       a->print_error != b->print_error;
}

double sim_state_advance(struct sim_state *s, double seconds)
{
	double step = seconds / STEPS_MAX > STEP_S ? seconds / STEPS_MAX : STEP_S;
	struct sim_state before = *s;

	if (s->hold || seconds <= 0) {
		return 0;
	}
	advance_air(s);
	while (seconds > 0) {
		double now = seconds < step ? seconds : step;

		advance_step(s, now);
		seconds -= now;
		if (is_news(s, &before)) {
			return seconds;
		}
	}
	return 0;
}
