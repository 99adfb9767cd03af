/* SPDX-License-Identifier: MIT */
/* The keys of `set`: one thing of a simulated printer's state by name. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "tests/sim/job.h"
#include "tests/sim/state.h"

enum set_kind { SET_INT, SET_NUM, SET_BOOL, SET_HEX };

static const struct {
	const char *key;
	enum set_kind kind;
	size_t offset;
	int64_t min, max;
	bool holds; /* time would move it again */
} set_keys[] = {
    {"again", SET_INT, offsetof(struct sim_state, again_s), 0, 1000000, false},
    {"bed", SET_NUM, offsetof(struct sim_state, bed_c), -50, 200, true},
    {"bed_target", SET_NUM, offsetof(struct sim_state, bed_target_c), 0, 200, true},
    {"chamber", SET_NUM, offsetof(struct sim_state, chamber_c), -50, 200, true},
    {"chamber_target", SET_NUM, offsetof(struct sim_state, chamber_target_c), 0, 200, true},
    {"clock", SET_INT, offsetof(struct sim_state, clock_s), -1000000000, 1000000000, false},
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
    {"pace", SET_NUM, offsetof(struct sim_state, pace), 0, 100000, false},
    {"percent", SET_INT, offsetof(struct sim_state, percent), 0, 100, true},
    {"remaining", SET_INT, offsetof(struct sim_state, remaining_min), 0, 100000, true},
    {"sdcard", SET_BOOL, offsetof(struct sim_state, sdcard), 0, 0, false},
    {"speed", SET_INT, offsetof(struct sim_state, speed), 1, 4, false},
    {"stage", SET_INT, offsetof(struct sim_state, stage), -1, 255, true},
    {"tray", SET_INT, offsetof(struct sim_state, tray), 0, 255, false},
    {"wifi", SET_INT, offsetof(struct sim_state, wifi_dbm), -120, 0, true},
};

int sim_parse_hex(const char *text, uint32_t *ret)
{
	size_t len = strlen(text);

	if (len == 0 || len > 8 || strspn(text, "0123456789abcdefABCDEF") != len) {
		return -EINVAL;
	}
	*ret = (uint32_t)strtoul(text, NULL, 16);
	return 0;
}

int sim_parse_hms(const char *text, struct sim_hms *ret)
{
	char half[2][9] = {"", ""};
	int digits = 0;

	for (const char *c = text; *c; c++) {
		if (*c == '-' || *c == ':') {
			continue;
		}
		if (digits == 16) {
			return -EINVAL;
		}
		half[digits / 8][digits % 8] = *c;
		digits++;
	}
	if (digits != 16 || sim_parse_hex(half[0], &ret->attr) < 0) {
		return -EINVAL;
	}
	return sim_parse_hex(half[1], &ret->code);
}

/* "none", or messages with a comma between. */
static int set_hms(struct sim_state *s, const char *value)
{
	_cleanup_free_ char *copy = xstrdup(value);
	struct sim_state next = *s;
	char *rest = copy;

	next.hms_count = 0;
	if (strcmp(value, "none") != 0) {
		for (char *word = strsep(&rest, ","); word; word = strsep(&rest, ",")) {
			struct sim_hms message;

			if (sim_parse_hms(word, &message) < 0 ||
			    sim_state_raise(&next, message) < 0) {
				return -EINVAL;
			}
		}
	}
	*s = next;
	return 0;
}

/* A spool appears in or vanishes from a slot, by its global number. */
static int set_present(struct sim_state *s, const char *value, bool present)
{
	struct sim_tray *tray;
	struct sim_unit *unit;
	int64_t number;
	int slot;

	if (parse_i64(value, 0, 253, &number) < 0) {
		return -EINVAL;
	}
	tray = sim_tray_find(s, (int)number, &unit, &slot);
	if (!tray) {
		return -EINVAL;
	}
	tray->present = present;
	return 0;
}

static struct sim_unit *find_dryer(struct sim_state *s, const char *word)
{
	int64_t id;

	for (int i = 0; i < s->units && parse_i64(word, 0, 255, &id) == 0; i++) {
		struct sim_unit *u = &s->unit[i];

		if (u->id == id && (u->kind == SIM_UNIT_PRO2 || u->kind == SIM_UNIT_HT)) {
			return u;
		}
	}
	return NULL;
}

/* UNIT:DEGREES:HOURS, or UNIT:off, of a unit that can dry. */
static int set_drying(struct sim_state *s, const char *value)
{
	_cleanup_free_ char *copy = xstrdup(value);
	char *rest = copy;
	const char *id = strsep(&rest, ":"), *degrees = strsep(&rest, ":");
	struct sim_unit *u = id ? find_dryer(s, id) : NULL;
	int64_t target_c, hours;

	if (!u || !degrees) {
		return -EINVAL;
	}
	if (strcmp(degrees, "off") == 0 && !rest) {
		u->dry = SIM_DRY_OFF;
		u->dry_min = 0;
		return 0;
	}
	if (parse_i64(degrees, 45, u->kind == SIM_UNIT_HT ? 85 : 65, &target_c) < 0 || !rest ||
	    parse_i64(rest, 1, 24, &hours) < 0) {
		return -EINVAL;
	}
	u->dry = SIM_DRY_ON;
	u->dry_target_c = (int)target_c;
	u->dry_hours = (int)hours;
	u->dry_left_s = (double)hours * 3600;
	u->dry_min = (int)hours * 60;
	return 0;
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
		return sim_parse_hex(value, (uint32_t *)at);
	}
	return -EINVAL;
}

static int set_liveview(struct sim_state *s, const char *value)
{
	static const char *const words[] = {
	    [SIM_LIVEVIEW_ON] = "on", [SIM_LIVEVIEW_OFF] = "off", [SIM_LIVEVIEW_NONE] = "none"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i], value) == 0) {
			s->liveview = (enum sim_liveview)i;
			return 0;
		}
	}
	return -EINVAL;
}

int sim_state_set(struct sim_state *s, const char *key, const char *value)
{
	if (strcmp(key, "liveview") == 0) {
		return set_liveview(s, value);
	}
	if (strcmp(key, "job") == 0) {
		return str_copy(s->job.name, sizeof(s->job.name), value) ? 0 : -EINVAL;
	}
	if (strcmp(key, "hms") == 0) {
		return set_hms(s, value);
	}
	if (strcmp(key, "dry") == 0) {
		return set_drying(s, value);
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
	char *text = xstrdup("dry hms insert job liveview remove");

	for (size_t i = 0; i < ARRAY_SIZE(set_keys); i++) {
		char *longer = xasprintf("%s %s", text, set_keys[i].key);

		free(text);
		text = longer;
	}
	return text;
}
