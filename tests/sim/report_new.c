/* SPDX-License-Identifier: MIT */
/* The members of the newer protocol: bit words, and for H2, P2 and X2 the packed device.* tree. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/jw.h"
#include "tests/sim/report.h"

#define CHANGED(field) (!was || was->field != now->field)
#define BIT(n) (UINT64_C(1) << (n))

/* Words of feature and state bits (bambu.md 6.5). X1 sends them too, but its `stat` bit 23 is not
 * the door. */
static void write_words(struct jw *w, const struct sim_identity *id, const struct sim_state *now,
    const struct sim_state *was)
{
	bool new = id->model->family == SIM_FAMILY_NEW;
	char text[24];

	if (CHANGED(locked)) {
		uint64_t fun = BIT(1) | BIT(6) | BIT(8) | BIT(12) | BIT(13) | BIT(28) | BIT(49) |
			       (new ? BIT(39) | BIT(42) | BIT(43) : 0) |
			       (now->locked ? BIT(29) : 0);

		snprintf(text, sizeof(text), "%" PRIX64, fun);
		jw_str(w, "fun", text);
	}
	if (CHANGED(door)) {
		snprintf(text, sizeof(text), "%" PRIX64,
		    UINT64_C(0x44218008) |
			(new && now->door &&sim_model_has_door(id->model) ? BIT(23) : 0));
		jw_str(w, "stat", text);
	}
	if (CHANGED(sdcard)) {
		snprintf(text, sizeof(text), "%X", 0x2000004 | (now->sdcard ? 1u << 12 : 0));
		jw_str(w, "aux", text);
	}
	if (CHANGED(light) || CHANGED(speed)) {
		snprintf(text, sizeof(text), "%X",
		    0x1028003 | (now->light ? 1u << 7 : 0) | (unsigned)now->speed << 8);
		jw_str(w, "cfg", text);
	}
	if (!was) {
		jw_str(w, "ver", "20000");
	}
}

/* current | target << 16, whole degrees */
static int64_t packed(double now_c, double target_c)
{
	return ((int64_t)lround(target_c) & 0xffff) << 16 | ((int64_t)lround(now_c) & 0xffff);
}

/* unit << 8 | slot of a tray, as the extruder that holds it says (bambu.md 6.6) */
static int snow(const struct sim_state *now, int extruder, int tray)
{
	if (now->extruder != extruder || tray == SIM_TRAY_NONE) {
		return 0xfeff;
	}
	if (tray == SIM_TRAY_EXTERNAL) {
		return extruder == 0 ? 0xff00 : 0xfe00;
	}
	if (tray >= SIM_UNIT_HT_FIRST) {
		return tray << 8;
	}
	return (tray >= 24 ? SIM_UNIT_A2L : tray >> 2) << 8 | (tray & 3);
}

static void write_extruders(struct jw *w, const struct sim_identity *id,
    const struct sim_state *now, const struct sim_state *was)
{
	bool moved = CHANGED(tray) || CHANGED(tray_before) || CHANGED(tray_target) ||
		     CHANGED(extruder) || CHANGED(mood);

	for (int i = 0; i < id->model->nozzles; i++) {
		moved = moved || CHANGED(nozzle_c[i]) || CHANGED(nozzle_target_c[i]);
	}
	if (!moved) {
		return;
	}
	jw_object(w, "extruder");
	jw_array(w, "info");
	for (int i = 0; i < id->model->nozzles; i++) {
		bool loaded = snow(now, i, now->tray) != 0xfeff;

		jw_object(w, NULL);
		jw_raw(w, "filam_bak", "[]", 2);
		jw_int(w, "hnow", i);
		jw_int(w, "hpre", i);
		jw_int(w, "htar", i);
		jw_int(w, "id", i);
		jw_int(w, "info", loaded ? 0x0e : 0x08);
		jw_int(w, "snow", snow(now, i, now->tray));
		jw_int(w, "spre", snow(now, i, now->tray_before));
		jw_int(w, "star", snow(now, i, now->tray_target));
		jw_int(w, "stat", now->mood == SIM_PRINTING && loaded ? 3 << 8 : 0);
		jw_int(w, "temp", packed(now->nozzle_c[i], now->nozzle_target_c[i]));
		jw_object_end(w);
	}
	jw_array_end(w);
	if (CHANGED(extruder)) {
		jw_int(w, "state", id->model->nozzles | now->extruder << 4 | now->extruder << 8);
	}
	jw_object_end(w);
}

static void write_air(struct jw *w, const struct sim_state *now, const struct sim_state *was)
{
	static const int ids[] = {16, 32, 48};
	const int fans[] = {now->fan_part, now->fan_aux, now->fan_chamber};

	if (!CHANGED(fan_part) && !CHANGED(fan_aux) && !CHANGED(fan_chamber)) {
		return;
	}
	jw_object(w, "airduct");
	if (!was) {
		jw_int(w, "modeCur", 0);
		jw_raw(w, "modeList",
		    "[{\"ctrl\":[16,32,48],\"modeId\":0,\"off\":[]},"
		    "{\"ctrl\":[16],\"modeId\":1,\"off\":[32,48]}]",
		    sizeof("[{\"ctrl\":[16,32,48],\"modeId\":0,\"off\":[]},"
			   "{\"ctrl\":[16],\"modeId\":1,\"off\":[32,48]}]") -
			1);
	}
	jw_array(w, "parts");
	for (int i = 0; i < 3; i++) {
		jw_object(w, NULL);
		jw_int(w, "func", i);
		jw_int(w, "id", ids[i]);
		jw_int(w, "range", 100 << 16);
		jw_int(w, "state", lround(fans[i] * 100 / 15.0));
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_object_end(w);
}

static void write_nozzle(struct jw *w, int id, const char *type)
{
	jw_object(w, NULL);
	jw_num(w, "diameter", 0.4, 2);
	jw_int(w, "id", id);
	jw_int(w, "tm", 0);
	jw_str(w, "type", type);
	jw_int(w, "wear", 0);
	jw_object_end(w);
}

/* Those in the extruders, then those in the rack. */
static void write_nozzles(struct jw *w, const struct sim_identity *id)
{
	int rack = ((1 << id->model->rack) - 1) << SIM_RACK_FIRST;

	jw_object(w, "nozzle");
	jw_int(w, "exist", ((1 << id->model->nozzles) - 1) | rack);
	jw_array(w, "info");
	for (int i = 0; i < id->model->nozzles; i++) {
		write_nozzle(w, i, i == 0 ? "HS01" : "HH01");
	}
	for (int i = 0; i < id->model->rack; i++) {
		write_nozzle(w, SIM_RACK_FIRST + i, "HS01");
	}
	jw_array_end(w);
	jw_int(w, "state", 0);
	jw_object_end(w);
}

static void write_tools(struct jw *w)
{
	static const struct {
		const char *key, *json;
	} rows[] = {
	    {"cam", "{\"laser\":{\"cond\":252,\"state\":0}}"},
	    {"ext_tool", "{\"calib\":2,\"low_prec\":true,\"mount\":0,\"th_temp\":0,\"type\":\"\"}"},
	    {"laser", "{\"power\":0}"},
	    {"plate", "{\"base\":0,\"cali2d_id\":\"\",\"cur_id\":\"\",\"mat\":0,\"tar_id\":\"\"}"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		jw_raw(w, rows[i].key, rows[i].json, strlen(rows[i].json));
	}
}

static void write_device(struct jw *w, const struct sim_identity *id, const struct sim_state *now,
    const struct sim_state *was)
{
	jw_object(w, "device");
	if (CHANGED(bed_c) || CHANGED(bed_target_c)) {
		jw_object(w, "bed");
		jw_object(w, "info");
		jw_int(w, "temp", packed(now->bed_c, now->bed_target_c));
		jw_object_end(w);
		jw_int(w, "state", now->bed_target_c > 0 ? 2 : 0);
		jw_object_end(w);
		jw_int(w, "bed_temp", packed(now->bed_c, now->bed_target_c));
	}
	if (id->model->chamber && (CHANGED(chamber_c) || CHANGED(chamber_target_c))) {
		jw_object(w, "ctc");
		jw_object(w, "info");
		jw_int(w, "temp", packed(now->chamber_c, now->chamber_target_c));
		jw_object_end(w);
		jw_int(w, "state", now->chamber_target_c > 0 ? 1 : 0);
		jw_object_end(w);
	}
	write_extruders(w, id, now, was);
	write_air(w, now, was);
	if (!was) {
		write_nozzles(w, id);
		write_tools(w);
		jw_int(w, "type", 1);
	}
	jw_object_end(w);
}

void sim_report_write_new(struct jw *w, const struct sim_identity *id, const struct sim_state *now,
    const struct sim_state *was)
{
	write_words(w, id, now, was);
	if (id->model->family != SIM_FAMILY_NEW) {
		return;
	}
	write_device(w, id, now, was);
	if (CHANGED(stage)) {
		jw_object(w, "stage");
		jw_int(w, "_id", now->stage);
		jw_object_end(w);
	}
	if (CHANGED(layer) || CHANGED(layers)) {
		jw_object(w, "3D");
		jw_int(w, "layer_num", now->layer);
		jw_int(w, "total_layer_num", now->layers);
		jw_object_end(w);
	}
	if (CHANGED(percent)) {
		jw_int(w, "percent", now->percent);
	}
	if (CHANGED(remaining_min)) {
		jw_int(w, "remain_time", now->remaining_min);
	}
	if (id->model->heats_chamber && CHANGED(chamber_target_c)) {
		jw_int(w, "ctt", lround(now->chamber_target_c));
	}
}
