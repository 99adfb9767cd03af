/* SPDX-License-Identifier: MIT */
/* What follows from AMS fields as sent: numbers, models, humidity, drying, active tray (6.6). */
#include <math.h>
#include <string.h>

#include "common/util.h"
#include "daemon/model/ams.h"

#define HT_MAX 8	     /* ids 128..135 */
#define SNOW_SLOT_NONE 0xFF  /* low byte of snow: nothing */
#define SNOW_UNIT_RIGHT 0xFF /* high byte of snow: external spools */
#define SNOW_UNIT_LEFT 0xFE
#define TRAY_NOW_NONE 255

/* Module names of the version reply (bambu.md 4.5). */
static const struct {
	const char *prefix;
	enum ams_model model;
} module_names[] = {
    {"ams/", AMS_MODEL_AMS},
    {"ams_f1/", AMS_MODEL_LITE},
    {"n3f/", AMS_MODEL_PRO2},
    {"n3s/", AMS_MODEL_HT},
};

static bool is_ht(int unit)
{
	return unit >= AMS_ID_HT && unit < AMS_ID_HT + HT_MAX;
}

int ams_tray_number(int unit, int slot)
{
	if (unit >= AMS_ID_HT) {
		return unit;
	}
	return unit == AMS_ID_LITE_A2L ? 24 + slot : unit * 4 + slot;
}

int ams_tray_bit(int unit, int slot)
{
	if (is_ht(unit)) {
		return 16 + unit - AMS_ID_HT;
	}
	if (unit == AMS_ID_LITE_A2L) {
		return 24 + slot;
	}
	return unit >= 0 && unit < 4 ? unit * 4 + slot : -1;
}

int ams_unit_bit(int unit)
{
	if (is_ht(unit)) {
		return 4 + unit - AMS_ID_HT;
	}
	if (unit == AMS_ID_LITE_A2L) {
		return 12;
	}
	return unit >= 0 && unit < 4 ? unit : -1;
}

void ams_take_modules(struct state_ams *a, const struct scan *s, uint32_t modules)
{
	uint32_t node;
	size_t i;

	memset(a->modules, 0, sizeof(a->modules));
	a->module_count = 0;
	for (node = scan_first(s, modules); node != 0; node = scan_next(s, modules, node)) {
		char name[32] = "";

		scan_str(s, take_sub(s, node, "name"), name, sizeof(name));
		for (i = 0; i < ARRAY_SIZE(module_names); i++) {
			int64_t id;

			if (str_starts(name, module_names[i].prefix) &&
			    parse_i64(strchr(name, '/') + 1, 0, 255, &id) == 0 &&
			    a->module_count < ARRAY_SIZE(a->modules)) {
				a->modules[a->module_count].id = (int)id;
				a->modules[a->module_count++].model = module_names[i].model;
			}
		}
	}
}

/* Low four bits of info, else the version reply, else what this printer can only have. */
static enum ams_model unit_model(
    const struct state_ams *a, const struct ams_unit *u, const struct caps *caps)
{
	static const enum ams_model by_type[16] = {
	    [1] = AMS_MODEL_AMS, [2] = AMS_MODEL_LITE, [3] = AMS_MODEL_PRO2, [4] = AMS_MODEL_HT};
	enum ams_model model = u->sent.info.known ? by_type[u->sent.info.bits & 0xF] : 0;
	size_t i;

	if (model != AMS_MODEL_UNKNOWN) {
		return model;
	}
	for (i = 0; i < a->module_count; i++) {
		if (a->modules[i].id == u->id) {
			return a->modules[i].model;
		}
	}
	if (u->id == AMS_ID_LITE_A2L) {
		return AMS_MODEL_LITE;
	}
	if (is_ht(u->id)) {
		return AMS_MODEL_HT;
	}
	/* A1 firmware that sends no info knows the lite alone. */
	if (!u->sent.info.known && caps->model != NULL &&
	    (strcmp(caps->model, "A1") == 0 || strcmp(caps->model, "A1MINI") == 0)) {
		return AMS_MODEL_LITE;
	}
	return AMS_MODEL_UNKNOWN;
}

/* Index 1 (wet) .. 5 (dry); 0 = not supported, a lite has no sensor at all. */
static int humidity_level(const struct ams_unit *u)
{
	bool no_sensor =
	    u->model == AMS_MODEL_LITE && isnan(u->temp_c) && u->humidity_pct == UNKNOWN_INT;

	if (u->model == AMS_MODEL_HT || no_sensor || u->sent.humidity < 1) {
		return UNKNOWN_INT;
	}
	return u->sent.humidity;
}

/* Dry status 1 checking, 2 drying, 5 error and 6 out of control are activity. */
static enum tri drying(const struct ams_unit *u)
{
	if (u->sent.info.known) {
		unsigned status = u->sent.info.bits >> 4 & 0xF;

		return status == 1 || status == 2 || status == 5 || status == 6 ? TRI_YES : TRI_NO;
	}
	if (u->dry_remaining_min == UNKNOWN_INT) {
		return TRI_UNKNOWN;
	}
	return u->dry_remaining_min > 0 ? TRI_YES : TRI_NO;
}

static void derive_unit(const struct state_ams *a, struct ams_unit *u, const struct ams_context *c)
{
	unsigned nozzle = u->sent.info.bits >> 8 & 0xF;

	u->model = unit_model(a, u, c->caps);
	u->humidity_level = humidity_level(u);
	u->drying = drying(u);
	u->nozzle = UNKNOWN_INT;
	if (c->nozzles > 1 && u->sent.info.known && (int)nozzle < c->nozzles) {
		u->nozzle = (int)nozzle; /* 0xE = not initialised */
	}
}

static void set_active(struct state_ams *a, int unit, int slot, int tray)
{
	a->active_unit = unit;
	a->active_slot = slot;
	a->active_tray = tray;
}

/* A printer with one external spool calls it by the number that it sent. */
static int external_number(const struct state_ams *a, int tray)
{
	return a->external_count == 1 ? a->external[0].tray : tray;
}

static void activate_snow(struct state_ams *a, int snow)
{
	int unit = snow >> 8, slot = snow & 0xFF;

	if (slot == SNOW_SLOT_NONE) {
		return;
	}
	if (unit == SNOW_UNIT_RIGHT || unit == SNOW_UNIT_LEFT) {
		set_active(a, UNKNOWN_INT, UNKNOWN_INT,
		    external_number(a, unit == SNOW_UNIT_RIGHT ? AMS_TRAY_RIGHT : AMS_TRAY_LEFT));
	} else {
		set_active(a, unit, slot, ams_tray_number(unit, slot));
	}
}

static bool has_unit(const struct state_ams *a, int id)
{
	size_t i;

	for (i = 0; i < a->unit_count; i++) {
		if (a->units[i].id == id) {
			return true;
		}
	}
	return false;
}

static void activate_tray_now(struct state_ams *a, int tray)
{
	if (tray == UNKNOWN_INT || tray == TRAY_NOW_NONE) {
		return;
	}
	if (tray == AMS_TRAY_LEFT) {
		set_active(a, UNKNOWN_INT, UNKNOWN_INT, external_number(a, tray));
	} else if (is_ht(tray)) {
		set_active(a, tray, 0, tray);
	} else if (tray >= 24 && tray < 28 && has_unit(a, AMS_ID_LITE_A2L)) {
		set_active(a, AMS_ID_LITE_A2L, tray - 24, tray);
	} else {
		set_active(a, tray >> 2, tray & 3, tray);
	}
}

void ams_derive(struct state_ams *a, const struct ams_context *c)
{
	size_t i;

	for (i = 0; i < a->unit_count; i++) {
		derive_unit(a, &a->units[i], c);
	}
	if (c->nozzles == 1 && a->external_count > 1) {
		/* One nozzle, one external spool: 255 when the printer says so. */
		memcpy(&a->external[0], &a->external[1], sizeof(a->external[0]));
		a->external_count = 1;
	}
	set_active(a, UNKNOWN_INT, UNKNOWN_INT, UNKNOWN_INT);
	a->active_known = c->by_extruder ? c->snow != AMS_SNOW_NONE : a->tray_now != UNKNOWN_INT;
	if (!c->by_extruder) {
		activate_tray_now(a, a->tray_now);
	} else if (c->snow != AMS_SNOW_NONE) {
		activate_snow(a, c->snow);
	}
}
