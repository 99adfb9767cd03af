/* SPDX-License-Identifier: MIT */
/* Temperatures, fans, air duct and lights, each in the form that the printer understands
 * (bambu.md 5). */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/util.h"
#include "daemon/model/encode_internal.h"

/* Where the model's own limit is not known. */
#define NOZZLE_MAX_C 300
#define BED_MAX_C 120
#define CHAMBER_MAX_C 60
#define CTT_MIN_C 40 /* set_ctt takes less for off */
#define FUN_SET_BED_TEMP 39
#define FAN_LEFT_AUX 10 /* id in device.airduct.parts, and the P of M106 */

/* The model's limit is a fact, that of the configuration a rail: it also stands in for a limit
 * that is not known. */
static int check_heat(
    struct encoder *enc, const char *what, int target, int model_max, int rail, int usual_max)
{
	int limit = model_max > 0 ? model_max : rail > 0 ? rail : usual_max;

	if (target > limit && (model_max > 0 || rail == 0)) {
		return encode_refuse(enc, ERR_INVALID_PARAMS,
		    "\"target_c\" of the %s must be from 0 to %d", what, limit);
	}
	if (rail > 0 && target > rail) {
		return encode_refuse(
		    enc, ERR_GUARD, "the configuration keeps the %s at %d C and below", what, rail);
	}
	return 0;
}

static int heat_nozzle(struct encoder *enc, const char *heater, int target)
{
	int index = encode_heater_nozzle(enc->state, heater);
	bool dual = encode_is_dual(enc->state);
	struct jw *w;
	int r = check_heat(
	    enc, "nozzle", target, enc->caps->nozzle_max_c, enc->req->max_nozzle_c, NOZZLE_MAX_C);

	if (r < 0) {
		return r;
	}
	if (index < 0) {
		return encode_refuse(enc, ERR_INVALID_PARAMS,
		    "which nozzle is in use is not known: say nozzle0 (right) or nozzle1 (left)");
	}
	if (!dual && index > 0) {
		return encode_refuse(enc, ERR_UNSUPPORTED, "%s has one nozzle", encode_model(enc));
	}
	if (!dual) {
		encode_gcode(enc, "M104 S%d\n", target);
	} else if (enc->state->temp.nozzle_count < 2) {
		/* Nothing was heard of device.extruder: the form that firmware always knew. */
		encode_gcode(enc, "M104 T%d S%d\n", index, target);
	} else {
		w = encode_begin(enc, "print", "set_nozzle_temp");
		jw_int(w, "extruder_index", index);
		jw_int(w, "target_temp", target);
		encode_end(enc);
	}
	return 0;
}

static int heat_bed(struct encoder *enc, int target)
{
	int r =
	    check_heat(enc, "bed", target, enc->caps->bed_max_c, enc->req->max_bed_c, BED_MAX_C);

	if (r < 0) {
		return r;
	}
	if (encode_fact_bit(enc->state, "fun", FUN_SET_BED_TEMP) == TRI_YES) {
		jw_int(encode_begin(enc, "print", "set_bed_temp"), "temp", target);
		encode_end(enc);
	} else {
		encode_gcode(enc, "M140 S%d\n", target);
	}
	return 0;
}

static int heat_chamber(struct encoder *enc, int target)
{
	int r;

	if (!enc->caps->chamber_heater) {
		return encode_refuse(
		    enc, ERR_UNSUPPORTED, "%s has no chamber heater", encode_model(enc));
	}
	r = check_heat(enc, "chamber", target, enc->caps->chamber_max_c, 0, CHAMBER_MAX_C);
	if (r < 0) {
		return r;
	}
	if (enc->caps->chamber != CHAMBER_CTC) {
		encode_gcode(enc, "M141 S%d\n", target); /* X1E */
		return 0;
	}
	if (target > 0 && target < CTT_MIN_C) {
		return encode_refuse(enc, ERR_INVALID_PARAMS,
		    "\"target_c\" of the chamber must be 0 or from %d to %d", CTT_MIN_C,
		    enc->caps->chamber_max_c);
	}
	jw_int(encode_begin(enc, "print", "set_ctt"), "ctt_val", target);
	encode_end(enc);
	return 0;
}

int encode_device_temp(struct encoder *enc)
{
	const char *heater = json_get_str(enc->params, "heater");
	int target = (int)lround(encode_num(enc, "target_c", 0));

	if (strcmp(heater, "bed") == 0) {
		return heat_bed(enc, target);
	}
	if (strcmp(heater, "chamber") == 0) {
		return heat_chamber(enc, target);
	}
	return heat_nozzle(enc, heater, target);
}

/* Ids of the fans that the printer lists, as bits; 0 when it lists none. Part of the list is no
 * list (bambu.md 4.3). */
static unsigned listed_fans(const struct state *s)
{
	_cleanup_json_ json_object *device = encode_fact(s, "device");
	json_object *parts = json_get_arr(json_get_obj(device, "airduct"), "parts");
	unsigned ids = 0;
	int64_t id;

	for (size_t i = 0; parts && i < json_object_array_length(parts); i++) {
		if (json_get_i64(json_object_array_get_idx(parts, i), "id", &id) && id >= 0 &&
		    id >> 4 < 32) {
			ids |= 1u << (id >> 4);
		}
	}
	return (ids & 1u << 1) && (ids & 1u << 2) ? ids : 0;
}

int encode_device_fan(struct encoder *enc)
{
	const char *fan = json_get_str(enc->params, "fan");
	int percent = encode_int(enc, "percent", 0);
	int index = strcmp(fan, "part") == 0 ? 1 : strcmp(fan, "aux") == 0 ? 2 : 3;
	unsigned listed = listed_fans(enc->state);

	if (index != 1 && encode_is_i3(enc->caps)) {
		return encode_refuse(
		    enc, ERR_UNSUPPORTED, "%s has no %s fan", encode_model(enc), fan);
	}
	if (index == 2 && (listed & 1u << FAN_LEFT_AUX)) {
		index = FAN_LEFT_AUX; /* X2D: its aux fan is on the left */
	} else if (listed != 0 && !(listed & 1u << index)) {
		return encode_refuse(enc, ERR_UNSUPPORTED, "the printer lists no %s fan", fan);
	}
	encode_gcode(enc, "M106 P%d S%ld\n", index, lround(percent * 255 / 100.0));
	return 0;
}

int encode_airduct_mode(const char *word)
{
	static const char *const words[] = {"cooling", "heating", "exhaust"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i], word) == 0) {
			return (int)i;
		}
	}
	return -1;
}

int encode_device_airduct(struct encoder *enc)
{
	_cleanup_json_ json_object *device = encode_fact(enc->state, "device");
	json_object *modes = json_get_arr(json_get_obj(device, "airduct"), "modeList");
	const char *word = json_get_str(enc->params, "mode");
	int mode = encode_airduct_mode(word);
	struct jw *w;
	int64_t id;

	for (size_t i = 0; modes && i < json_object_array_length(modes); i++) {
		if (json_get_i64(json_object_array_get_idx(modes, i), "modeId", &id) &&
		    id == mode) {
			w = encode_begin(enc, "print", "set_airduct");
			jw_int(w, "modeId", mode);
			jw_int(w, "submode", -1);
			encode_end(enc);
			return 0;
		}
	}
	return encode_refuse(enc, ERR_UNSUPPORTED, "%s %s%s", encode_model(enc),
	    modes ? "lists no air duct mode " : "has no air duct", modes ? word : "");
}

/* Every member is needed, if it flashes or not. */
static void switch_light(struct encoder *enc, const char *node, const char *mode)
{
	struct jw *w = encode_begin(enc, "system", "ledctrl");

	jw_str(w, "led_node", node);
	jw_str(w, "led_mode", mode);
	jw_int(w, "led_on_time", 500);
	jw_int(w, "led_off_time", 500);
	jw_int(w, "loop_times", 0);
	jw_int(w, "interval_time", 0);
	encode_end(enc);
}

/* The lamp is in the list of the report. */
static bool reports_light(const struct state *s, const char *node)
{
	_cleanup_json_ json_object *list = encode_fact(s, "lights_report");

	if (!json_object_is_type(list, json_type_array)) {
		return false;
	}
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *name = json_get_str(json_object_array_get_idx(list, i), "node");

		if (name && strcmp(name, node) == 0) {
			return true;
		}
	}
	return false;
}

int encode_device_light(struct encoder *enc)
{
	const char *node = json_get_str(enc->params, "node");
	const char *mode = json_get_str(enc->params, "mode");

	mode = strcmp(mode, "blink") == 0 ? "flashing" : mode;
	if (node && strcmp(node, "heatbed") == 0) {
		switch_light(enc, "heatbed_light", mode); /* never reported, may be there */
	} else if (node && strcmp(node, "work") == 0) {
		if (enc->state->has_base && !reports_light(enc->state, "work_light")) {
			return encode_refuse(
			    enc, ERR_UNSUPPORTED, "the printer reports no work light");
		}
		switch_light(enc, "work_light", mode);
	} else {
		switch_light(enc, "chamber_light", mode);
		if (reports_light(enc->state, "chamber_light2")) {
			switch_light(enc, "chamber_light2", mode);
		}
	}
	return 0;
}
