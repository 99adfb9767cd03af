/* SPDX-License-Identifier: MIT */
/* Fields as sent that make shown ones, and the steps of a merge. For the state_*.c files alone. */
#pragma once

#include "daemon/model/state.h"
#include "daemon/model/state_keys.h"
#include "daemon/model/take.h"

#define SENT_EXTRUDERS STATE_NOZZLES_MAX
#define SENT_HOTENDS 8 /* two in use and a rack of six (H2C) */
#define SENT_FANS 12   /* airduct parts */

struct sent_extruder {
	int id;
	int64_t temp; /* packed, -1 unknown */
	int snow;     /* AMS_SNOW_NONE unknown */
	int hotend;   /* id of the nozzle in it, UNKNOWN_INT */
};
struct sent_hotend {
	int id;
	double diameter_mm;
	char type[24];
};
struct sent_fan {
	int id, pct;
};

struct sent {
	/* print */
	int percent, layer, total_layers, stage, prepare_percent;
	bool type_idle;
	/* temp */
	double nozzle_c, nozzle_target_c, bed_c, bed_target_c, chamber_c, chamber_target_c;
	int64_t bed_packed, chamber_packed; /* -1 unknown */
	struct sent_extruder extruders[SENT_EXTRUDERS];
	size_t extruder_count;
	int extruder_state; /* UNKNOWN_INT */
	struct sent_hotend hotends[SENT_HOTENDS];
	size_t hotend_count;
	double diameter_mm;
	char nozzle_type[24];
	/* fans */
	int part_level, aux_level, chamber_level, heatbreak_level; /* 0..15 */
	int64_t fan_gear;					   /* -1 unknown */
	struct sent_fan fans[SENT_FANS];
	size_t fan_count;
	/* lights */
	enum light_mode chamber_light, chamber_light2;
	/* device */
	struct take_bits home_flag, cfg, fun, xcam_cfg;
	int home_sdcard; /* home_flag bits 8-9, UNKNOWN_INT */
	enum sdcard aux_sdcard;
	enum tri sdcard, door_stat, timelapse, recording;
	int wifi_dbm, net_conf, new_version_state;
	char ota_version[24], listed_version[24];
	/* options: enum tri as sent by name, and the sensitivity of the monitor */
	uint8_t xcam[XCAM_COUNT], xcam_level;
	/* outlives full reports */
	bool hinted;		/* the model is configured: nothing overrules it */
	int64_t online_version; /* -1 unknown */
	int dis_state;
	bool gap;     /* reports were missed since the last one */
	bool refused; /* a command was refused as unsigned since the link came up */
};

/* One report on its way into the state. */
struct merge {
	struct state *s;
	struct taker taker;
	uint32_t at[KEY_COUNT]; /* value nodes, 0 = absent */
	bool full;
	struct state_time now;
	uint32_t touched; /* sections whose fields as sent may have changed */
	uint32_t carried; /* sections whose age starts anew */
	struct state_delta *ret;
};

/* Everything as if never sent; what outlives full reports stays. */
void sent_clear(struct sent *sent);

/* Each takes its keys; what is shown follows in state_derive. */
void state_take_temp(struct merge *m);
void state_take_device(struct merge *m);
void state_take_options(struct merge *m);
/* Each takes its keys and shows them; true when something shown changed. */
bool state_merge_print(struct merge *m);
bool state_merge_hms(struct merge *m);
bool state_merge_control(struct merge *m);
/* True when an ack of the printer says that it refused a command as unsigned. */
bool state_take_ack(struct state *s, const struct report *r, struct state_time now);
void state_merge_version(
    struct state *s, const struct report *r, struct state_time now, struct state_delta *ret);

void state_derive_temp(struct state *s);
void state_derive_fans(struct state *s);
void state_derive_lights(struct state *s);
void state_derive_device(struct state *s);
void state_derive_options(struct state *s);
void state_derive_progress(struct state *s); /* numbers and stage of the job */
void state_derive_control(struct state *s);
/* Shows the touched sections anew. Returns the changes in temp, fans and the nozzle count. */
uint32_t state_derive(struct state *s, uint32_t touched);
bool state_device_differs(const struct state_device *a, const struct state_device *b);
/* Packed `current | target << 16` taken apart (bambu.md 6.4). */
void state_unpack_temp(int64_t packed, double *ret_current_c, double *ret_target_c);
