/* SPDX-License-Identifier: MIT */
/* AMS units, their trays, external spools and the active tray: merge rules of bambu.md 4.3 and the
 * layouts of 6.6. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/model/caps.h"
#include "daemon/model/take.h"
#include "daemon/model/words.h"

#define AMS_ID_LITE_A2L 16 /* the lite of an A2L */
#define AMS_ID_HT 128	   /* the first AMS HT */
#define AMS_TRAY_LEFT 254  /* external spools */
#define AMS_TRAY_RIGHT 255

struct ams_tray {
	int slot; /* UNKNOWN_INT for external */
	int tray; /* global number */
	enum tray_state state;
	enum tri rfid;
	char type[24], brand[32], profile[16], uuid[33];
	char color[9]; /* RRGGBBAA upper case, "" unknown */
	char colors[8][9];
	uint8_t color_count;
	int remain_pct, total_mm;
	int nozzle_min_c, nozzle_max_c;
	double k;
};
struct ams_unit {
	int id; /* 0..3, 16 (A2L lite), 128.. (HT) */
	enum ams_model model;
	int humidity_level, humidity_pct;
	double temp_c;
	enum tri drying;
	int dry_remaining_min, dry_target_c;
	int nozzle; /* extruder id it feeds, UNKNOWN_INT on single nozzle or uninitialised */
	uint8_t tray_count;
	struct ams_tray trays[4];
	struct { /* as sent: what the fields above are derived from, never shown */
		struct take_bits info;
		int humidity;
	} sent;
};
#define STATE_UNITS_MAX 16

/* What a module of the version reply says about a unit. */
struct ams_module {
	int id;
	enum ams_model model;
};
struct state_ams {
	struct ams_unit *units; /* sorted by id */
	size_t unit_count;
	struct ams_tray external[2]; /* sorted by tray */
	size_t external_count;
	int active_unit, active_slot,
	    active_tray;   /* active_tray UNKNOWN_INT: nothing loaded or not known */
	bool active_known; /* the printer says what is loaded, if only that it is nothing */
	enum tri auto_refill;
	bool known; /* any ams data was seen since the last full */

	/* As sent, never shown. */
	uint64_t exist_bits, tray_bits; /* last ams_exist_bits, tray_exist_bits */
	bool has_exist_bits, has_tray_bits;
	bool by_vir_slot; /* external spools come from vir_slot: vt_tray is no news */
	int tray_now;
	struct ams_module modules[STATE_UNITS_MAX];
	size_t module_count;
};

void ams_init(struct state_ams *a);
void ams_finish(struct state_ams *a);
/* Everything unknown again; what the version reply said stays. */
void ams_clear(struct state_ams *a);
/* A copy of its own in ret, which must be finished. */
void ams_copy(const struct state_ams *a, struct state_ams *ret);
/* Something that is shown differs. */
bool ams_differs(const struct state_ams *a, const struct state_ams *b);

/* The keys of one message that speak of filament; nodes, 0 = absent. */
struct ams_message {
	uint32_t ams, vt_tray, vir_slot;
	bool full; /* ams_clear came before */
};
/* The message speaks of units or spools, not only of what is in use. */
bool ams_message_is_deep(const struct scan *s, const struct ams_message *m);
void ams_take(struct state_ams *a, const struct taker *t, const struct ams_message *m);
/* Unit models from the module array of a version reply (bambu.md 4.5). */
void ams_take_modules(struct state_ams *a, const struct scan *s, uint32_t modules);

#define AMS_SNOW_NONE (-1)
/* What lies outside of the ams object and decides what it means. */
struct ams_context {
	const struct caps *caps;
	int nozzles;	  /* 0 unknown */
	bool by_extruder; /* device.extruder is there: snow decides, tray_now does not */
	int snow;	  /* of the current extruder, AMS_SNOW_NONE when it is not known */
};
/* Fills what follows from the fields as sent: models, humidity, drying, nozzles, active tray. */
void ams_derive(struct state_ams *a, const struct ams_context *c);

/* Global tray number of a slot; bit of a tray in tray_exist_bits and of a unit in ams_exist_bits,
 * -1 where the layout has none. */
int ams_tray_number(int unit, int slot);
int ams_tray_bit(int unit, int slot);
int ams_unit_bit(int unit);
