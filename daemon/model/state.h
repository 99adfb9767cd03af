/* SPDX-License-Identifier: MIT */
/* Cached state of one printer: typed fields, merge of reports, change bits. Pure: time comes as an
 * argument. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/model/ams.h"
#include "daemon/model/caps.h"
#include "daemon/model/modules.h"
#include "daemon/model/options.h"

struct report;
struct raw;
struct sent;

/* Sections of the status object; change masks are 1u << section. */
enum section {
	SECTION_INFO, /* name, model, product, firmware */
	SECTION_LINK,
	SECTION_CONTROL,
	SECTION_PRINT,
	SECTION_TEMP,
	SECTION_FANS,
	SECTION_LIGHTS,
	SECTION_AMS,
	SECTION_HMS,
	SECTION_CAMERA,
	SECTION_DEVICE,
	SECTION_OPTIONS,
	SECTION_COUNT
};
#define SECTION_BIT(s) (1u << (s))
const char *section_name(enum section s);
int section_by_name(const char *name); /* -1 when unknown */

/* When something was seen: monotonic for ages, wall (UTC) for stamps. ms. */
struct state_time {
	int64_t mono_ms, wall_ms;
};

struct state_print {
	enum print_state state;
	int stage_id; /* UNKNOWN_INT when idle */
	int percent, layer, total_layers;
	int remaining_min;	    /* as sent; rendered only while printing or paused */
	int64_t eta_wall_ms;	    /* -1 unknown; recomputed only when remaining_min changes */
	int64_t started_wall_ms;    /* -1 unless we saw the start */
	char *job, *file, *task_id; /* NULL unknown */
	enum print_source source;
	int prepare_percent; /* only while preparing */
	enum speed_level speed;
	int speed_percent;
	int *skipped; /* s_obj */
	size_t skipped_count;
	uint32_t error; /* print_error, 0 none */
};

#define STATE_NOZZLES_MAX 2
struct state_nozzle {
	int id; /* extruder id: 0 right (or only), 1 left */
	double current_c, target_c, diameter_mm;
	char type[24]; /* hardened_steel stainless_steel tungsten_carbide, else as sent; "" unknown
			*/
	enum tri active;
};
struct state_temp {
	struct state_nozzle nozzles[STATE_NOZZLES_MAX];
	size_t nozzle_count;
	double bed_current_c, bed_target_c;
	double chamber_current_c, chamber_target_c; /* NAN where the model has no sensor / heater */
};

struct state_fans {
	int part_pct, aux_pct, chamber_pct, heatbreak_pct;
};

struct hms_entry {
	uint32_t attr, code;
	int64_t since_wall_ms; /* when it was first seen here */
};
#define STATE_HMS_MAX 64
struct state_hms {
	struct hms_entry *entries;
	size_t count;
	bool known;
};

struct state_device {
	int wifi_dbm;
	enum tri wired, timelapse, recording, door_open, upgrading;
	enum sdcard sdcard;
	char firmware_new[24]; /* "" none or unknown */
	enum tri liveview;     /* ipcam.rtsp_url: "disable" -> no */
	uint32_t address_ip;   /* net.info: first address in use, network order as u32 LE source; 0
				  unknown */
};

struct state_info {
	const struct caps *caps; /* never NULL; caps_unknown() until detected */
	char code[32];		 /* vendor's model code or name as sent, "" unknown */
	char product[48];
	char firmware[24];
	bool version_seen;
};

struct state {
	struct state_info info;
	struct module_list modules; /* empty until a version reply came */
	struct state_print print;
	struct state_temp temp;
	struct state_fans fans;
	enum light_mode lights[LIGHT_NODE_COUNT];
	struct state_ams ams;
	struct state_hms hms;
	struct state_device device;
	struct state_options options;
	enum control_state control;
	const char *control_evidence;  /* static text or NULL */
	int64_t control_since_wall_ms; /* -1 never known */
	bool has_base;		       /* a full report was merged since the last state_reset */
	int64_t section_mono_ms[SECTION_COUNT]; /* last message with a key of it, -1 never */
	int64_t full_mono_ms;			/* last full report, -1 never */
	uint64_t wrong_types;			/* fields of a wrong type so far */
	struct raw *raw;			/* texts per top-level key */
	struct sent *sent;			/* fields as sent, kept for later deltas */
};

/* model_hint: configured model word or NULL; serial gives the first guess by its prefix. */
void state_init(struct state *s, const char *serial, const char *model_hint);
void state_finish(struct state *s);
/* Fetches what the next report will touch, from the state itself (depth 0) to what it points to. */
void state_ahead(const struct state *s, int depth);
/* The link was lost: what is held stays and ages, deltas wait for a full report, and a job that
 * runs then was not seen to start. */
void state_reset(struct state *s);

/* What a merge did. */
struct state_delta {
	uint32_t changed;  /* SECTION_BIT mask of what differs now */
	bool need_full;	   /* a delta came without a base: ask for a full report */
	bool need_version; /* online.version or upgrade finished: ask get_version again */
};
/* Merges a decoded report (bambu.md 4.3). Of acks only a refusal for want of a signature counts;
 * events change nothing. Never fails: wrong types are counted, the rest is kept. A full report
 * replaces everything; times of what stays are carried over. */
void state_merge(
    struct state *s, const struct report *r, struct state_time now, struct state_delta *ret);
