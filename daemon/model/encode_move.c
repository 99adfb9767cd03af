/* SPDX-License-Identifier: MIT */
/* What moves axes and filament, and lines of G-code (bambu.md 5). */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/util.h"
#include "daemon/model/encode_internal.h"

#define GCODE_LINES_MAX 256
#define GCODE_LINE_BYTES_MAX 512
#define EXTRUDE_MIN_C 170 /* colder filament grinds */
/* How far one move goes. A nozzle and a bed meet on Z: there the steps are short. */
#define MOVE_XY_MAX_MM 100
#define MOVE_Z_MAX_MM 10
#define FEED_XY 3000
#define FEED_Z 900

int encode_device_home(struct encoder *enc)
{
	int r = encode_needs_rest(enc, "homing", false);

	if (r == 0) {
		encode_gcode(enc, "G28 \n"); /* all axes: Z alone may hit the bed */
	}
	return r;
}

int encode_device_move(struct encoder *enc)
{
	char axis = json_get_str(enc->params, "axis")[0];
	double mm = encode_num(enc, "mm", 0);
	int limit = axis == 'z' ? MOVE_Z_MAX_MM : MOVE_XY_MAX_MM;
	int feed = (int)lround(encode_num(enc, "speed", axis == 'z' ? FEED_Z : FEED_XY));
	int r = encode_needs_rest(enc, "moving", false);

	if (r < 0) {
		return r;
	}
	if (fabs(mm) > limit || fabs(mm) < 0.05) {
		return encode_refuse(enc, ERR_INVALID_PARAMS,
		    "\"mm\" of %c must be from -%d to %d and not 0", axis, limit, limit);
	}
	if (encode_is_i3(enc->caps) && axis != 'x') {
		mm = -mm; /* there the bed goes where elsewhere the toolhead does */
	}
	encode_gcode(enc,
	    "M211 S \nM211 X1 Y1 Z1\nM1002 push_ref_mode\nG91 \nG1 %c%.1f F%d\n"
	    "M1002 pop_ref_mode\nM211 R\n",
	    axis - 'a' + 'A', mm, feed);
	return 0;
}

/* Cold as far as is known. */
static bool is_cold(const struct state *s, int nozzle)
{
	for (size_t i = 0; i < s->temp.nozzle_count; i++) {
		if (s->temp.nozzles[i].id == nozzle) {
			return s->temp.nozzles[i].current_c < EXTRUDE_MIN_C;
		}
	}
	return false;
}

int encode_device_extrude(struct encoder *enc)
{
	bool dual = encode_is_dual(enc->state);
	int nozzle = encode_int(enc, "nozzle", encode_heater_nozzle(enc->state, "nozzle"));
	double mm = encode_num(enc, "mm", 0);
	struct jw *w;
	int r = encode_needs_rest(enc, "extruding", true);

	if (r < 0) {
		return r;
	}
	if (nozzle < 0) {
		return encode_refuse(enc, ERR_INVALID_PARAMS,
		    "which nozzle is in use is not known: \"nozzle\" must be 0 (right) or 1 "
		    "(left)");
	}
	if (!dual && nozzle > 0) {
		return encode_refuse(enc, ERR_UNSUPPORTED, "%s has one nozzle", encode_model(enc));
	}
	if (is_cold(enc->state, nozzle)) {
		return encode_refuse(enc, ERR_GUARD,
		    "the nozzle is too cold: heat it to %d C and more first", EXTRUDE_MIN_C);
	}
	if (fabs(mm) < 0.05) {
		return encode_refuse(enc, ERR_INVALID_PARAMS, "\"mm\" must not be 0");
	}
	if (!dual) {
		encode_gcode(enc, "M83 \nG0 E%.1f F900\n", mm);
		return 0;
	}
	w = encode_begin(enc, "print", "set_extrusion_length");
	jw_int(w, "extruder_index", nozzle);
	jw_num(w, "length", mm, 1);
	encode_end(enc);
	return 0;
}

/* One line of printable characters: what ends a line inside would be a second one. */
static bool is_line(const char *line, size_t len)
{
	if (len == 0 || len > GCODE_LINE_BYTES_MAX || strlen(line) != len) {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		if (((unsigned char)line[i] < ' ' && line[i] != '\t') || line[i] == 0x7F) {
			return false;
		}
	}
	return true;
}

int encode_device_gcode(struct encoder *enc)
{
	json_object *lines = json_get_arr(enc->params, "lines");
	size_t count = json_object_array_length(lines);
	struct jw text;

	if (count == 0 || count > GCODE_LINES_MAX) {
		return encode_refuse(
		    enc, ERR_INVALID_PARAMS, "\"lines\" must be 1 to %d lines", GCODE_LINES_MAX);
	}
	jw_init(&text);
	for (size_t i = 0; i < count; i++) {
		json_object *line = json_object_array_get_idx(lines, i);
		const char *bytes = json_object_get_string(line);
		size_t len = (size_t)json_object_get_string_len(line);

		if (!is_line(bytes, len)) {
			jw_finish(&text);
			return encode_refuse(enc, ERR_INVALID_PARAMS,
			    "line %zu must be 1 to %d bytes without control characters", i + 1,
			    GCODE_LINE_BYTES_MAX);
		}
		jw_bytes(&text, bytes, len);
		jw_bytes(&text, "\n", 1);
	}
	jw_strn(encode_begin(enc, "print", "gcode_line"), "param", text.buf, text.len);
	encode_end(enc);
	jw_finish(&text);
	return 0;
}
