/* SPDX-License-Identifier: MIT */
/* What a simulated printer is doing, and how that moves with time: pure. */
#include "tests/sim/state.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/util.h"

#define PREPARE_S 90.0
#define FINISHED_S 300.0

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

static const char *const jobs[] = {
    "Cable clip x12", "Drawer divider", "Lamp shade", "Bearing cage v3", "Plant pot", "Hinge set"};

static uint32_t next_random(struct sim_state *s)
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

static void add_unit(struct sim_state *s, enum sim_unit_kind kind)
{
	struct sim_unit *u = &s->unit[s->units];
	int same = 0;

	for (int i = 0; i < s->units; i++) {
		same += (s->unit[i].kind == SIM_UNIT_HT) == (kind == SIM_UNIT_HT);
	}
	*u = (struct sim_unit){
	    .id = kind == SIM_UNIT_HT ? 128 + same : same,
	    .kind = kind,
	    .trays = kind == SIM_UNIT_HT ? 1 : 4,
	    .temp_c = 22.0 + next_random(s) % 60 / 10.0,
	    .extruder = kind == SIM_UNIT_HT ? 1 : 0,
	};
	set_humidity(u, 8 + (int)(next_random(s) % 20));
	if (kind == SIM_UNIT_LITE) { /* no sensors: index 5 beside raw 0 and 0.0 degrees */
		u->humidity_index = 5;
		u->humidity_pct = 0;
		u->temp_c = 0;
	}
	for (int i = 0; i < u->trays; i++) {
		u->tray[i] = spools[(kind == SIM_UNIT_HT ? 6 : (unsigned)i + s->units * 3u) %
				    ARRAY_SIZE(spools)];
	}
	if (u->trays == 4 && s->units % 2 == 0) {
		u->tray[3].present = next_random(s) % 2;
	}
	s->units++;
}

static int add_units(struct sim_state *s, const char *words)
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
		add_unit(s, (enum sim_unit_kind)kind);
	}
	return 0;
}

int sim_state_init(
    struct sim_state *s, const struct sim_model *model, const char *ams, uint64_t seed)
{
	int r;

	*s = (struct sim_state){
	    .random = seed * 0x9e3779b97f4a7c15u + 0x2545f4914f6cdd1du,
	    .speed = 2,
	    .sdcard = true,
	    .light = true,
	    .tray = SIM_TRAY_NONE,
	    .nozzle_c = {24.5, 24.25},
	    .bed_c = 23.75,
	    .chamber_c = 25,
	};
	s->random |= 1;
	s->wifi_dbm = -40 - (int)(next_random(s) % 30);
	r = add_units(s, ams ? ams : unit_words[model->unit]);
	if (r < 0) {
		return r;
	}
	sim_state_enter(s, SIM_IDLE);
	return 0;
}

static void begin_job(struct sim_state *s)
{
	s->job_number++;
	s->job_s = 2400 + next_random(s) % 9000;
	s->layers = 60 + (int)(next_random(s) % 300);
	s->done_s = 0;
	s->percent = 0;
	s->layer = 0;
	s->remaining_min = (int)(s->job_s / 60);
	str_copy(s->job, sizeof(s->job), jobs[next_random(s) % ARRAY_SIZE(jobs)]);
	s->tray = s->units > 0 ? (s->unit[0].id >= 128 ? s->unit[0].id : s->unit[0].id * 4)
			       : SIM_TRAY_EXTERNAL;
	s->extruder = 0;
}

static void set_progress(struct sim_state *s, double part)
{
	s->done_s = s->job_s * part;
	s->percent = (int)(part * 100);
	s->layer = (int)(part * s->layers);
	s->remaining_min = (int)((s->job_s - s->done_s) / 60);
}

static void heat(struct sim_state *s, double nozzle_c, double bed_c, double chamber_c)
{
	s->nozzle_target_c[0] = nozzle_c;
	s->nozzle_target_c[1] = 0;
	s->bed_target_c = bed_c;
	s->chamber_target_c = chamber_c;
	s->fan_heatbreak = nozzle_c > 0 ? 15 : 0;
	if (nozzle_c == 0) {
		s->fan_part = s->fan_aux = s->fan_chamber = 0;
	}
}

void sim_state_enter(struct sim_state *s, enum sim_mood mood)
{
	bool fresh = s->job[0] == '\0';

	s->mood = mood;
	s->mood_s = 0;
	s->stage = mood == SIM_PREPARING ? 2 : 0;
	s->print_error = 0;
	s->hms_count = 0;
	if (mood == SIM_PREPARING || (fresh && mood != SIM_IDLE)) {
		begin_job(s);
	}
	switch (mood) {
	case SIM_IDLE:
		heat(s, 0, 0, 0);
		s->tray = SIM_TRAY_NONE;
		s->job[0] = '\0';
		s->percent = s->layer = s->layers = s->remaining_min = 0;
		break;
	case SIM_PREPARING:
		heat(s, 140, 60, 0);
		break;
	case SIM_PRINTING:
		heat(s, 220, 60, 0);
		s->fan_part = 10;
		s->fan_aux = 6;
		if (fresh) { /* somebody set it so: begin in the middle, and warm */
			s->nozzle_c[0] = 219.5;
			s->bed_c = 60;
			set_progress(s, 0.05 + next_random(s) % 85 / 100.0);
		}
		break;
	case SIM_PAUSED: /* by default because a spool ran out */
		heat(s, 220, 60, 0);
		if (fresh) {
			set_progress(s, 0.37);
			s->nozzle_c[0] = 220;
			s->bed_c = 60;
		}
		s->stage = 6;
		s->print_error = 0x07008011;
		s->hms[0] = (struct sim_hms){0x07002000, 0x00020001};
		s->hms_count = 1;
		break;
	case SIM_FINISHED:
		heat(s, 0, 0, 0);
		set_progress(s, 1);
		s->tray = SIM_TRAY_NONE;
		break;
	case SIM_FAILED:
		heat(s, 0, 0, 0);
		if (fresh) {
			set_progress(s, 0.62);
		}
		s->print_error = 0x0300400C;
		s->tray = SIM_TRAY_NONE;
		break;
	case SIM_MOOD_COUNT:
		break;
	}
}

/* Exponential approach, with the 1/32 degree steps that older firmware shows. */
static double approach(double now, double target, double seconds, double tau_s)
{
	double next = target + (now - target) * exp(-seconds / tau_s);

	return round(next * 32) / 32;
}

static void advance_temperatures(struct sim_state *s, double seconds)
{
	for (int i = 0; i < 2; i++) {
		double target = s->nozzle_target_c[i] > 0 ? s->nozzle_target_c[i] : 24;

		s->nozzle_c[i] = approach(s->nozzle_c[i], target, seconds, 25);
	}
	if (s->nozzle_target_c[0] > 0) {
		s->nozzle_c[0] += ((int)(next_random(s) % 5) - 2) / 32.0;
	}
	s->bed_c = approach(s->bed_c, s->bed_target_c > 0 ? s->bed_target_c : 23, seconds, 80);
	s->chamber_c = approach(s->chamber_c, s->bed_target_c > 0 ? 38 : 25, seconds, 600);
}

static void advance_job(struct sim_state *s, double seconds)
{
	static const double pace[5] = {1, 0.5, 1, 1.24, 1.66};

	s->done_s += seconds * pace[s->speed];
	if (s->done_s >= s->job_s) {
		sim_state_enter(s, SIM_FINISHED);
	} else {
		set_progress(s, s->done_s / s->job_s);
	}
}

void sim_state_advance(struct sim_state *s, const struct sim_model *model, double seconds)
{
	if (s->hold || seconds <= 0) {
		return;
	}
	s->mood_s += seconds;
	advance_temperatures(s, seconds);
	if (next_random(s) % 8 == 0) {
		int step = s->wifi_dbm > -45 ? -1 : s->wifi_dbm < -70 ? 1 : 0;

		s->wifi_dbm += step ? step : (int)(next_random(s) % 3) - 1;
	}
	if (s->units > 0 && s->unit[0].humidity_pct > 0 && next_random(s) % 16 == 0) {
		set_humidity(&s->unit[0], 8 + (int)(next_random(s) % 20));
	}
	switch (s->mood) {
	case SIM_PREPARING:
		s->stage = s->mood_s < PREPARE_S / 3 ? 2 : s->mood_s < PREPARE_S * 2 / 3 ? 13 : 1;
		if (s->mood_s >= PREPARE_S) {
			sim_state_enter(s, SIM_PRINTING);
		}
		break;
	case SIM_PRINTING:
		advance_job(s, seconds);
		break;
	case SIM_FINISHED:
		if (s->mood_s >= FINISHED_S) {
			sim_state_enter(s, SIM_PREPARING);
		}
		break;
	case SIM_IDLE:
	case SIM_PAUSED:
	case SIM_FAILED:
	case SIM_MOOD_COUNT:
		break;
	}
}

enum set_kind { SET_INT, SET_NUM, SET_BOOL, SET_HEX };

static const struct {
	const char *key;
	enum set_kind kind;
	size_t offset;
	int64_t min, max;
	bool holds; /* time would move it again */
} set_keys[] = {
    {"bed", SET_NUM, offsetof(struct sim_state, bed_c), -50, 200, true},
    {"bed_target", SET_NUM, offsetof(struct sim_state, bed_target_c), 0, 200, true},
    {"chamber", SET_NUM, offsetof(struct sim_state, chamber_c), -50, 200, true},
    {"chamber_target", SET_NUM, offsetof(struct sim_state, chamber_target_c), 0, 200, true},
    {"door", SET_BOOL, offsetof(struct sim_state, door), 0, 0, false},
    {"error", SET_HEX, offsetof(struct sim_state, print_error), 0, 0, false},
    {"extruder", SET_INT, offsetof(struct sim_state, extruder), 0, 1, false},
    {"fan_aux", SET_INT, offsetof(struct sim_state, fan_aux), 0, 15, false},
    {"fan_chamber", SET_INT, offsetof(struct sim_state, fan_chamber), 0, 15, false},
    {"fan_part", SET_INT, offsetof(struct sim_state, fan_part), 0, 15, false},
    {"hold", SET_BOOL, offsetof(struct sim_state, hold), 0, 0, false},
    {"layer", SET_INT, offsetof(struct sim_state, layer), 0, 100000, true},
    {"layers", SET_INT, offsetof(struct sim_state, layers), 0, 100000, true},
    {"light", SET_BOOL, offsetof(struct sim_state, light), 0, 0, false},
    {"locked", SET_BOOL, offsetof(struct sim_state, locked), 0, 0, false},
    {"nozzle", SET_NUM, offsetof(struct sim_state, nozzle_c[0]), -50, 500, true},
    {"nozzle_left", SET_NUM, offsetof(struct sim_state, nozzle_c[1]), -50, 500, true},
    {"nozzle_left_target", SET_NUM, offsetof(struct sim_state, nozzle_target_c[1]), 0, 500, true},
    {"nozzle_target", SET_NUM, offsetof(struct sim_state, nozzle_target_c[0]), 0, 500, true},
    {"percent", SET_INT, offsetof(struct sim_state, percent), 0, 100, true},
    {"remaining", SET_INT, offsetof(struct sim_state, remaining_min), 0, 100000, true},
    {"sdcard", SET_BOOL, offsetof(struct sim_state, sdcard), 0, 0, false},
    {"speed", SET_INT, offsetof(struct sim_state, speed), 1, 4, false},
    {"stage", SET_INT, offsetof(struct sim_state, stage), -1, 255, true},
    {"tray", SET_INT, offsetof(struct sim_state, tray), 0, 255, false},
    {"wifi", SET_INT, offsetof(struct sim_state, wifi_dbm), -120, 0, true},
};

static int parse_hex32(const char *text, uint32_t *ret)
{
	unsigned long value;
	char *end;

	if (strlen(text) == 0 || strlen(text) > 8 ||
	    strspn(text, "0123456789abcdefABCDEF") != strlen(text)) {
		return -EINVAL;
	}
	value = strtoul(text, &end, 16);
	*ret = (uint32_t)value;
	return 0;
}

/* "none", or pairs ATTR:CODE in hex, comma between. */
static int set_hms(struct sim_state *s, const char *value)
{
	_cleanup_free_ char *copy = xstrdup(value);
	struct sim_hms list[SIM_HMS_MAX];
	char *rest = copy;
	int count = 0;

	if (strcmp(value, "none") == 0) {
		s->hms_count = 0;
		return 0;
	}
	for (char *word = strsep(&rest, ","); word; word = strsep(&rest, ",")) {
		char *code = strchr(word, ':');

		if (!code || count == SIM_HMS_MAX) {
			return -EINVAL;
		}
		*code++ = '\0';
		if (parse_hex32(word, &list[count].attr) < 0 ||
		    parse_hex32(code, &list[count].code) < 0) {
			return -EINVAL;
		}
		count++;
	}
	memcpy(s->hms, list, sizeof(list[0]) * (size_t)count);
	s->hms_count = count;
	return 0;
}

/* A spool appears in or vanishes from a slot, by its global number. */
static int set_present(struct sim_state *s, const char *value, bool present)
{
	int64_t tray;

	if (parse_i64(value, 0, 253, &tray) < 0) {
		return -EINVAL;
	}
	for (int i = 0; i < s->units; i++) {
		struct sim_unit *u = &s->unit[i];
		int64_t slot = u->id >= 128 ? tray - u->id : tray - u->id * 4;

		if (slot >= 0 && slot < u->trays) {
			u->tray[slot].present = present;
			return 0;
		}
	}
	return -EINVAL;
}

static int set_number(struct sim_state *s, size_t row, const char *value)
{
	char *at = (char *)s + set_keys[row].offset;
	int64_t whole;
	double number;

	switch (set_keys[row].kind) {
	case SET_INT:
		if (parse_i64(value, set_keys[row].min, set_keys[row].max, &whole) < 0) {
			return -EINVAL;
		}
		*(int *)at = (int)whole;
		return 0;
	case SET_NUM:
		if (parse_double(value, &number) < 0 || number < (double)set_keys[row].min ||
		    number > (double)set_keys[row].max) {
			return -EINVAL;
		}
		*(double *)at = number;
		return 0;
	case SET_BOOL:
		return parse_bool(value, (bool *)at);
	case SET_HEX:
		return parse_hex32(value, (uint32_t *)at);
	}
	return -EINVAL;
}

int sim_state_set(struct sim_state *s, const char *key, const char *value)
{
	if (strcmp(key, "job") == 0) {
		return str_copy(s->job, sizeof(s->job), value) ? 0 : -EINVAL;
	}
	if (strcmp(key, "hms") == 0) {
		return set_hms(s, value);
	}
	if (strcmp(key, "insert") == 0 || strcmp(key, "remove") == 0) {
		return set_present(s, value, key[0] == 'i');
	}
	for (size_t i = 0; i < ARRAY_SIZE(set_keys); i++) {
		if (strcmp(set_keys[i].key, key) == 0) {
			int r = set_number(s, i, value);

			s->hold = s->hold || (r == 0 && set_keys[i].holds);
			return r;
		}
	}
	return -ENOENT;
}

char *sim_state_keys(void)
{
	char *text = xstrdup("hms insert job remove");

	for (size_t i = 0; i < ARRAY_SIZE(set_keys); i++) {
		char *longer = xasprintf("%s %s", text, set_keys[i].key);

		free(text);
		text = longer;
	}
	return text;
}
