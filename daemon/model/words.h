/* SPDX-License-Identifier: MIT */
/* The enums of the status object and their words (status.md "Words"); no state of its own. */
#pragma once

#include <limits.h>
#include <stdint.h>

/* Unknown integers hold UNKNOWN_INT, unknown numbers NAN, unknown strings NULL or "". All render as
 * null. */
#define UNKNOWN_INT INT32_MIN

enum tri { TRI_UNKNOWN, TRI_NO, TRI_YES };

enum link_state {
	LINK_CONNECTING,
	LINK_ONLINE,
	LINK_STALE,
	LINK_OFFLINE,
	LINK_AUTH_REFUSED,
	LINK_TLS_REFUSED,
	LINK_LAN_CLOSED,
	LINK_DISABLED,
	LINK_STATE_COUNT
};
enum plane { PLANE_NONE, PLANE_LAN, PLANE_CLOUD, PLANE_COUNT };
enum tls_word {
	TLS_WORD_NONE,
	TLS_WORD_VERIFIED,
	TLS_WORD_PINNED,
	TLS_WORD_INSECURE,
	TLS_WORD_COUNT
};
enum control_state { CONTROL_UNKNOWN, CONTROL_FULL, CONTROL_LOCKED, CONTROL_STATE_COUNT };
enum print_state {
	PRINT_UNKNOWN,
	PRINT_IDLE,
	PRINT_PREPARING,
	PRINT_SLICING,
	PRINT_PRINTING,
	PRINT_PAUSED,
	PRINT_FINISHED,
	PRINT_FAILED,
	PRINT_OFFLINE,
	PRINT_STATE_COUNT
};
enum print_source { SOURCE_UNKNOWN, SOURCE_CLOUD, SOURCE_LOCAL, SOURCE_SYSTEM, PRINT_SOURCE_COUNT };
enum light_mode { LIGHT_UNKNOWN, LIGHT_ON, LIGHT_OFF, LIGHT_BLINK, LIGHT_MODE_COUNT };
enum light_node { LIGHT_CHAMBER, LIGHT_WORK, LIGHT_HEATBED, LIGHT_NODE_COUNT };
enum sdcard {
	SDCARD_UNKNOWN,
	SDCARD_PRESENT,
	SDCARD_ABSENT,
	SDCARD_ABNORMAL,
	SDCARD_READ_ONLY,
	SDCARD_COUNT
};
enum tray_state { TRAY_UNKNOWN, TRAY_EMPTY, TRAY_PRESENT, TRAY_LOADED, TRAY_STATE_COUNT };
enum ams_model {
	AMS_MODEL_UNKNOWN,
	AMS_MODEL_AMS,
	AMS_MODEL_LITE,
	AMS_MODEL_PRO2,
	AMS_MODEL_HT,
	AMS_MODEL_COUNT
};
enum hms_severity {
	HMS_SEVERITY_UNKNOWN,
	HMS_FATAL,
	HMS_SERIOUS,
	HMS_COMMON,
	HMS_INFO,
	HMS_SEVERITY_COUNT
};
enum camera_kind { CAMERA_NONE, CAMERA_JPEG, CAMERA_RTSPS, CAMERA_KIND_COUNT };
enum speed_level {
	SPEED_UNKNOWN,
	SPEED_SILENT,
	SPEED_STANDARD,
	SPEED_SPORT,
	SPEED_LUDICROUS,
	SPEED_LEVEL_COUNT
};

/* The word on the wire; NULL where the word is null. */
const char *link_state_word(enum link_state s);
const char *plane_word(enum plane p);
const char *tls_word(enum tls_word t);
const char *control_state_word(enum control_state s);
const char *print_state_word(enum print_state s);
const char *print_source_word(enum print_source s);
const char *light_mode_word(enum light_mode m);
const char *light_node_word(enum light_node n);
const char *sdcard_word(enum sdcard s);
const char *tray_state_word(enum tray_state s);
const char *ams_model_word(enum ams_model m);
const char *hms_severity_word(enum hms_severity s);
const char *camera_kind_word(enum camera_kind k);
const char *speed_word(enum speed_level s);
/* Word of a stg_cur id (bambu.md 6.2), "stage_99" for an unknown one (written to buf), NULL when id
 * is UNKNOWN_INT (idle). */
const char *stage_word(int id, char buf[static 16]);
