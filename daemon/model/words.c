/* SPDX-License-Identifier: MIT */
/* The words of the status object, one array per enum. */
#include "daemon/model/words.h"

#include <assert.h>
#include <stdio.h>

#include "common/util.h"

#define TABLE_COVERS(table, count) static_assert(ARRAY_SIZE(table) == (count), #table)

static const char *const link_states[] = {
    [LINK_CONNECTING] = "connecting",
    [LINK_ONLINE] = "online",
    [LINK_STALE] = "stale",
    [LINK_OFFLINE] = "offline",
    [LINK_AUTH_REFUSED] = "auth_refused",
    [LINK_TLS_REFUSED] = "tls_refused",
    [LINK_LAN_CLOSED] = "lan_closed",
    [LINK_DISABLED] = "disabled",
};
TABLE_COVERS(link_states, LINK_STATE_COUNT);

static const char *const planes[] = {
    [PLANE_NONE] = NULL,
    [PLANE_LAN] = "lan",
    [PLANE_CLOUD] = "cloud",
};
TABLE_COVERS(planes, PLANE_COUNT);

static const char *const tls_words[] = {
    [TLS_WORD_NONE] = NULL,
    [TLS_WORD_VERIFIED] = "verified",
    [TLS_WORD_PINNED] = "pinned",
    [TLS_WORD_INSECURE] = "insecure",
};
TABLE_COVERS(tls_words, TLS_WORD_COUNT);

static const char *const control_states[] = {
    [CONTROL_UNKNOWN] = "unknown",
    [CONTROL_FULL] = "full",
    [CONTROL_LOCKED] = "locked",
};
TABLE_COVERS(control_states, CONTROL_STATE_COUNT);

static const char *const print_states[] = {
    [PRINT_UNKNOWN] = "unknown",
    [PRINT_IDLE] = "idle",
    [PRINT_PREPARING] = "preparing",
    [PRINT_SLICING] = "slicing",
    [PRINT_PRINTING] = "printing",
    [PRINT_PAUSED] = "paused",
    [PRINT_FINISHED] = "finished",
    [PRINT_FAILED] = "failed",
    [PRINT_OFFLINE] = "offline",
};
TABLE_COVERS(print_states, PRINT_STATE_COUNT);

static const char *const print_sources[] = {
    [SOURCE_UNKNOWN] = NULL,
    [SOURCE_CLOUD] = "cloud",
    [SOURCE_LOCAL] = "local",
    [SOURCE_SYSTEM] = "system",
};
TABLE_COVERS(print_sources, PRINT_SOURCE_COUNT);

static const char *const light_modes[] = {
    [LIGHT_UNKNOWN] = NULL,
    [LIGHT_ON] = "on",
    [LIGHT_OFF] = "off",
    [LIGHT_BLINK] = "blink",
};
TABLE_COVERS(light_modes, LIGHT_MODE_COUNT);

static const char *const light_nodes[] = {
    [LIGHT_CHAMBER] = "chamber",
    [LIGHT_WORK] = "work",
    [LIGHT_HEATBED] = "heatbed",
};
TABLE_COVERS(light_nodes, LIGHT_NODE_COUNT);

static const char *const sdcards[] = {
    [SDCARD_UNKNOWN] = NULL,
    [SDCARD_PRESENT] = "present",
    [SDCARD_ABSENT] = "absent",
    [SDCARD_ABNORMAL] = "abnormal",
    [SDCARD_READ_ONLY] = "read_only",
};
TABLE_COVERS(sdcards, SDCARD_COUNT);

static const char *const tray_states[] = {
    [TRAY_UNKNOWN] = NULL,
    [TRAY_EMPTY] = "empty",
    [TRAY_PRESENT] = "present",
    [TRAY_LOADED] = "loaded",
};
TABLE_COVERS(tray_states, TRAY_STATE_COUNT);

static const char *const ams_models[] = {
    [AMS_MODEL_UNKNOWN] = "unknown",
    [AMS_MODEL_AMS] = "ams",
    [AMS_MODEL_LITE] = "lite",
    [AMS_MODEL_PRO2] = "pro2",
    [AMS_MODEL_HT] = "ht",
};
TABLE_COVERS(ams_models, AMS_MODEL_COUNT);

static const char *const hms_severities[] = {
    [HMS_SEVERITY_UNKNOWN] = NULL,
    [HMS_FATAL] = "fatal",
    [HMS_SERIOUS] = "serious",
    [HMS_COMMON] = "common",
    [HMS_INFO] = "info",
};
TABLE_COVERS(hms_severities, HMS_SEVERITY_COUNT);

static const char *const camera_kinds[] = {
    [CAMERA_NONE] = "none",
    [CAMERA_JPEG] = "jpeg",
    [CAMERA_RTSPS] = "rtsps",
};
TABLE_COVERS(camera_kinds, CAMERA_KIND_COUNT);

static const char *const speed_levels[] = {
    [SPEED_UNKNOWN] = NULL,
    [SPEED_SILENT] = "silent",
    [SPEED_STANDARD] = "standard",
    [SPEED_SPORT] = "sport",
    [SPEED_LUDICROUS] = "ludicrous",
};
TABLE_COVERS(speed_levels, SPEED_LEVEL_COUNT);

/* What a printer is at, by stg_cur (bambu.md 6.2). A pause says so first. */
static const char *const stages[] = {
    [0] = "printing",
    [1] = "auto_bed_leveling",
    [2] = "preheating_heatbed",
    [3] = "vibration_compensation",
    [4] = "changing_filament",
    [5] = "pause_m400",
    [6] = "pause_filament_runout",
    [7] = "heating_nozzle",
    [8] = "calibrating_dynamic_flow",
    [9] = "scanning_bed_surface",
    [10] = "inspecting_first_layer",
    [11] = "identifying_build_plate",
    [12] = "calibrating_lidar",
    [13] = "homing",
    [14] = "cleaning_nozzle",
    [15] = "checking_extruder_temperature",
    [16] = "pause_user",
    [17] = "pause_front_cover",
    [18] = "calibrating_lidar",
    [19] = "calibrating_flow_ratio",
    [20] = "pause_nozzle_temperature",
    [21] = "pause_bed_temperature",
    [22] = "unloading_filament",
    [23] = "pause_step_loss",
    [24] = "loading_filament",
    [25] = "cancelling_motor_noise",
    [26] = "pause_ams_offline",
    [27] = "pause_heatbreak_fan",
    [28] = "pause_chamber_temperature",
    [29] = "cooling_chamber",
    [30] = "pause_user_gcode",
    [31] = "motor_noise_showoff",
    [32] = "pause_nozzle_clumping",
    [33] = "pause_cutter",
    [34] = "pause_first_layer",
    [35] = "pause_nozzle_clog",
    [36] = "measuring_motion_precision",
    [37] = "enhancing_motion_precision",
    [38] = "measuring_motion_accuracy",
    [39] = "calibrating_nozzle_offset",
    [40] = "high_temperature_bed_leveling",
    [41] = "checking_quick_release",
    [42] = "checking_door_and_cover",
    [43] = "calibrating_laser",
    [44] = "checking_platform",
    [45] = "checking_birdseye_position",
    [46] = "calibrating_birdseye",
    [47] = "bed_leveling_phase_1",
    [48] = "bed_leveling_phase_2",
    [49] = "heating_chamber",
    [50] = "adjusting_bed_temperature",
    [51] = "printing_calibration_lines",
    [52] = "checking_material",
    [53] = "calibrating_liveview_camera",
    [54] = "waiting_bed_temperature",
    [55] = "checking_material_position",
    [56] = "calibrating_cutter_offset",
    [57] = "measuring_surface",
    [58] = "thermal_preconditioning",
    [59] = "homing_blade_holder",
    [60] = "calibrating_camera_offset",
    [61] = "calibrating_blade_holder",
    [62] = "picking_hotend",
    [63] = "waiting_chamber_temperature",
    [64] = "preparing_hotend",
    [65] = "calibrating_clump_detection",
    [66] = "purifying_air",
    [67] = "calibrating_rotary",
    [68] = "moving_toolhead_to_chute",
    [69] = "cooling_nozzle",
    [70] = "centering_toolhead",
    [71] = "fitting_arcs",
    [72] = "checking_hotend_type",
    [73] = "aligning_plate",
    [74] = "checking_objects_on_bed",
    [75] = "checking_objects_under_bed",
    [76] = "pre_extruding",
    [77] = "preparing_ams",
};
TABLE_COVERS(stages, 78);

#define WORD_OF(table, value) ((size_t)(value) < ARRAY_SIZE(table) ? (table)[value] : NULL)

const char *link_state_word(enum link_state s)
{
	return WORD_OF(link_states, s);
}

const char *plane_word(enum plane p)
{
	return WORD_OF(planes, p);
}

const char *tls_word(enum tls_word t)
{
	return WORD_OF(tls_words, t);
}

const char *control_state_word(enum control_state s)
{
	return WORD_OF(control_states, s);
}

const char *print_state_word(enum print_state s)
{
	return WORD_OF(print_states, s);
}

const char *print_source_word(enum print_source s)
{
	return WORD_OF(print_sources, s);
}

const char *light_mode_word(enum light_mode m)
{
	return WORD_OF(light_modes, m);
}

const char *light_node_word(enum light_node n)
{
	return WORD_OF(light_nodes, n);
}

const char *sdcard_word(enum sdcard s)
{
	return WORD_OF(sdcards, s);
}

const char *tray_state_word(enum tray_state s)
{
	return WORD_OF(tray_states, s);
}

const char *ams_model_word(enum ams_model m)
{
	return WORD_OF(ams_models, m);
}

const char *hms_severity_word(enum hms_severity s)
{
	return WORD_OF(hms_severities, s);
}

const char *camera_kind_word(enum camera_kind k)
{
	return WORD_OF(camera_kinds, k);
}

const char *speed_word(enum speed_level s)
{
	return WORD_OF(speed_levels, s);
}

const char *stage_word(int id, char buf[static 16])
{
	/* -1 (X1) and 255 (P1, A1) are how printers spell "no stage". */
	if (id == UNKNOWN_INT || id == -1 || id == 255) {
		return NULL;
	}
	if (id >= 0 && (size_t)id < ARRAY_SIZE(stages)) {
		return stages[id];
	}
	/* What does not fit is no stage of any printer. */
	return snprintf(buf, 16, "stage_%d", id) < 16 ? buf : NULL;
}
