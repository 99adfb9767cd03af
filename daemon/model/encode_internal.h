/* SPDX-License-Identifier: MIT */
/* What the encode_*.c files share: one command on its way into messages. For them alone. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/jw.h"
#include "daemon/model/encode.h"
#include "daemon/model/state.h"

struct encoder {
	const struct encode_request *req;
	json_object *params; /* checked against the row of the method; may be NULL */
	const struct state *state;
	const struct caps *caps;
	struct encode_result *ret;
	struct err *e;
	uint32_t sequence; /* of the next message */
	struct jw w;	   /* the message being written */
};

/* Starts {"category":{"sequence_id":..,"command":..; members follow on the writer returned. */
struct jw *encode_begin(struct encoder *enc, const char *category, const char *command);
void encode_end(struct encoder *enc);
/* A whole message with a text member "param". */
void encode_param(struct encoder *enc, const char *command, const char *param);
/* A whole gcode_line message; lines end with \\n. */
void encode_gcode(struct encoder *enc, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Always -EINVAL. */
int encode_refuse(struct encoder *enc, enum err_type type, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Whether such a message works while the printer wants signed commands (bambu.md 5.2). */
bool encode_works_locked(const char *category, const char *command);

/* Parameters that may be left out. */
double encode_num(struct encoder *enc, const char *name, double otherwise);
int encode_int(struct encoder *enc, const char *name, int otherwise);
bool encode_bool(struct encoder *enc, const char *name, bool otherwise);

/* Facts about the printer. */
bool encode_is_dual(const struct state *s);
/* A bed that moves on Y under a toolhead that moves on Z (A1 family). */
bool encode_is_i3(const struct caps *caps);
bool encode_is_busy(const struct state *s); /* preparing, slicing or printing */
/* Refuses while a job runs, or also while it is paused. `what` as in "homing". */
int encode_needs_rest(struct encoder *enc, const char *what, bool paused_will_do);
const char *encode_model(const struct encoder *enc); /* for sentences */

/* One top-level key of the report as it was kept; NULL when it is not there. Owned. */
json_object *encode_fact(const struct state *s, const char *key);
/* A bit of a number (home_flag) or hex text (fun, cfg) of the report. */
enum tri encode_fact_bit(const struct state *s, const char *key, int bit);
/* Text or number under a path as "ams.insert_flag"; "" when it is not there. */
void encode_fact_text(const struct state *s, const char *path, char *buf, size_t size);
enum tri encode_fact_tri(const struct state *s, const char *path);

/* A place for filament, by "A1", "HT-A", "ext", "ext-left" or a tray number. */
struct encode_slot {
	int unit, slot; /* as in ams_id and slot_id: external spools are 255 or 254, slot 0 */
	int tray;	/* global number */
	bool external;
	const struct ams_tray *tray_now; /* what is known of it, NULL nothing */
};
/* 0, -EINVAL no such word, -ENOENT the printer has no such slot. */
int encode_slot_parse(const struct state *s, const char *text, struct encode_slot *ret);
int encode_slot_by_tray(const struct state *s, int tray, struct encode_slot *ret);
/* The parameter; refuses by itself. */
int encode_slot_param(struct encoder *enc, const char *name, struct encode_slot *ret);
/* "A", "L", "HT-A" or a unit number. 0 with the unit's id, -EINVAL, -ENOENT. */
int encode_unit_parse(const struct state *s, const char *text, int *ret);
const struct ams_unit *encode_unit_find(const struct state *s, int id);

/* An option of the printer or of its filament units. */
struct encode_option;
const struct encode_option *encode_option_find(const char *method, const char *key);
/* What the report says about it. */
enum tri encode_option_now(const struct encode_option *o, const struct state *s);

/* nozzle | nozzle0 | nozzle1: the extruder's id; -1 when it is not clear which. */
int encode_heater_nozzle(const struct state *s, const char *heater);
/* 0xHHHHLLLL of "0300-400C" or "0300400C". */
bool encode_error_parse(const char *text, uint32_t *ret);

/* modeId of a word, -1 unknown. */
int encode_airduct_mode(const char *word);
/* RRGGBB or RRGGBBAA; becomes upper case and, without alpha, opaque. */
bool encode_parse_color(const char *text, char ret[static 9]);

/* A file without plates, which is started without a number. */
bool encode_is_gcode(const char *path);

/* One per method. */
int encode_print_skip(struct encoder *enc);
int encode_print_clear_error(struct encoder *enc);
int encode_print_speed(struct encoder *enc);
int encode_print_calibrate(struct encoder *enc);
int encode_print_option(struct encoder *enc);
int encode_print_hms_action(struct encoder *enc);
int encode_print_pause(struct encoder *enc);
int encode_print_resume(struct encoder *enc);
int encode_print_stop(struct encoder *enc);
int encode_print_start(struct encoder *enc);
int encode_device_temp(struct encoder *enc);
int encode_device_fan(struct encoder *enc);
int encode_device_airduct(struct encoder *enc);
int encode_device_light(struct encoder *enc);
int encode_device_gcode(struct encoder *enc);
int encode_device_home(struct encoder *enc);
int encode_device_move(struct encoder *enc);
int encode_device_extrude(struct encoder *enc);
int encode_device_buzzer(struct encoder *enc);
int encode_device_nozzle(struct encoder *enc);
int encode_device_extruder(struct encoder *enc);
int encode_device_xcam(struct encoder *enc);
int encode_device_switch(struct encoder *enc);
int encode_device_resolution(struct encoder *enc);
int encode_device_firmware_update(struct encoder *enc);
int encode_ams_load(struct encoder *enc);
int encode_ams_unload(struct encoder *enc);
int encode_ams_set(struct encoder *enc);
int encode_ams_rfid(struct encoder *enc);
int encode_ams_calibrate_remain(struct encoder *enc);
int encode_ams_dry_start(struct encoder *enc);
int encode_ams_dry_stop(struct encoder *enc);
int encode_ams_option(struct encoder *enc);
int encode_ams_control(struct encoder *enc);
int encode_kprofile_get(struct encoder *enc);
int encode_kprofile_select(struct encoder *enc);
int encode_kprofile_set(struct encoder *enc);
int encode_kprofile_delete(struct encoder *enc);
int encode_mqtt_request(struct encoder *enc);
