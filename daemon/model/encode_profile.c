/* SPDX-License-Identifier: MIT */
/* Flow profiles, which the printer keeps per nozzle and filament (bambu.md 5). */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/util.h"
#include "daemon/model/encode_internal.h"

#define DIAMETER_USUAL_MM 0.4
#define NAME_MAX_BYTES 40

/* As text: what was asked for, else that of the nozzle, else the usual one. */
static void write_diameter(struct encoder *enc, char buf[static 8])
{
	double mm = DIAMETER_USUAL_MM;

	if (enc->state->temp.nozzle_count > 0 && !isnan(enc->state->temp.nozzles[0].diameter_mm)) {
		mm = enc->state->temp.nozzles[0].diameter_mm;
	}
	snprintf(buf, 8, "%.1f", encode_num(enc, "diameter_mm", mm));
}

/* Standard flow, as every nozzle has that the printer does not call otherwise. */
static void write_nozzle(struct jw *w, int nozzle, const char *diameter)
{
	char id[16];

	snprintf(id, sizeof(id), "HS00-%.3s", diameter);
	jw_int(w, "extruder_id", nozzle);
	jw_str(w, "nozzle_id", id);
}

int encode_kprofile_get(struct encoder *enc)
{
	const char *filament = json_get_str(enc->params, "filament");
	struct jw *w;
	char diameter[8];

	write_diameter(enc, diameter);
	w = encode_begin(enc, "print", "extrusion_cali_get");
	jw_str(w, "filament_id", filament ? filament : "");
	jw_str(w, "nozzle_diameter", diameter);
	encode_end(enc);
	return 0;
}

int encode_kprofile_select(struct encoder *enc)
{
	struct encode_slot slot;
	struct jw *w;
	char diameter[8];
	int r = encode_slot_param(enc, "slot", &slot);

	if (r < 0) {
		return r;
	}
	write_diameter(enc, diameter);
	w = encode_begin(enc, "print", "extrusion_cali_sel");
	jw_int(w, "tray_id", slot.tray);
	jw_int(w, "ams_id", slot.unit);
	jw_int(w, "slot_id", slot.slot);
	jw_int(w, "cali_idx", encode_int(enc, "index", 0));
	jw_str(w, "filament_id", slot.tray_now ? slot.tray_now->profile : "");
	jw_str(w, "nozzle_diameter", diameter);
	encode_end(enc);
	return 0;
}

int encode_kprofile_set(struct encoder *enc)
{
	const char *name = json_get_str(enc->params, "name");
	char diameter[8], k[16];
	struct jw *w;

	if (name[0] == '\0' || strlen(name) > NAME_MAX_BYTES) {
		return encode_refuse(
		    enc, ERR_INVALID_PARAMS, "\"name\" must have 1 to %d bytes", NAME_MAX_BYTES);
	}
	write_diameter(enc, diameter);
	snprintf(k, sizeof(k), "%.6f", encode_num(enc, "k", 0));
	w = encode_begin(enc, "print", "extrusion_cali_set");
	jw_str(w, "nozzle_diameter", diameter);
	jw_array(w, "filaments");
	jw_object(w, NULL);
	write_nozzle(w, encode_int(enc, "nozzle", 0), diameter);
	jw_str(w, "nozzle_diameter", diameter);
	jw_int(w, "ams_id", 0);
	jw_int(w, "slot_id", 0);
	jw_str(w, "filament_id", json_get_str(enc->params, "filament"));
	jw_str(w, "setting_id", "");
	jw_str(w, "name", name);
	jw_str(w, "k_value", k);
	jw_str(w, "n_coef", "0.0");
	jw_object_end(w);
	jw_array_end(w);
	encode_end(enc);
	return 0;
}

int encode_kprofile_delete(struct encoder *enc)
{
	const char *filament = json_get_str(enc->params, "filament");
	char diameter[8];
	struct jw *w;

	write_diameter(enc, diameter);
	w = encode_begin(enc, "print", "extrusion_cali_del");
	write_nozzle(w, encode_int(enc, "nozzle", 0), diameter);
	jw_str(w, "filament_id", filament ? filament : "");
	jw_int(w, "cali_idx", encode_int(enc, "index", 0));
	jw_str(w, "nozzle_diameter", diameter);
	encode_end(enc);
	return 0;
}
