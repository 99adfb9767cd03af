/* SPDX-License-Identifier: MIT */
/* Full reports and deltas: the members that every family shares. */
#include "tests/sim/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/jw.h"
#include "common/util.h"

#define CHANGED(field) (!was || was->field != now->field)

static void write_number_text(struct jw *w, const char *key, int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", value);
	jw_str(w, key, text);
}

static void write_temperatures(struct jw *w, const struct sim_identity *id,
    const struct sim_state *now, const struct sim_state *was)
{
	int active = id->model->nozzles > 1 ? now->extruder : 0;

	if (CHANGED(nozzle_c[active]) || CHANGED(extruder)) {
		jw_num(w, "nozzle_temper", now->nozzle_c[active], 5);
	}
	if (CHANGED(nozzle_target_c[active]) || CHANGED(extruder)) {
		jw_num(w, "nozzle_target_temper", now->nozzle_target_c[active], 5);
	}
	if (CHANGED(bed_c)) {
		jw_num(w, "bed_temper", now->bed_c, 5);
	}
	if (CHANGED(bed_target_c)) {
		jw_num(w, "bed_target_temper", now->bed_target_c, 5);
	}
	if (!id->model->chamber) {
		if (!was && id->model->family ==
				SIM_FAMILY_ESP) { /* no sensor: the firmware says 5 for ever */
			jw_int(w, "chamber_temper", 5);
		}
	} else if (id->model->family == SIM_FAMILY_NEW && !id->model->heats_chamber) {
		return; /* only device.ctc has it */
	} else if (CHANGED(chamber_c)) {
		jw_num(w, "chamber_temper", now->chamber_c, 5);
	}
}

static void write_fans(struct jw *w, const struct sim_state *now, const struct sim_state *was)
{
	if (CHANGED(fan_heatbreak)) {
		write_number_text(w, "heatbreak_fan_speed", now->fan_heatbreak);
	}
	if (CHANGED(fan_part)) {
		write_number_text(w, "cooling_fan_speed", now->fan_part);
	}
	if (CHANGED(fan_aux)) {
		write_number_text(w, "big_fan1_speed", now->fan_aux);
	}
	if (CHANGED(fan_chamber)) {
		write_number_text(w, "big_fan2_speed", now->fan_chamber);
	}
	if (CHANGED(fan_part) || CHANGED(fan_aux) || CHANGED(fan_chamber)) {
		jw_int(w, "fan_gear",
		    now->fan_part * 17 | now->fan_aux * 17 << 8 | now->fan_chamber * 17 << 16);
	}
}

static const char *gcode_state(enum sim_mood mood)
{
	switch (mood) {
	case SIM_IDLE:
		return "IDLE";
	case SIM_PREPARING:
		return "PREPARE";
	case SIM_PRINTING:
		return "RUNNING";
	case SIM_PAUSED:
		return "PAUSE";
	case SIM_FINISHED:
		return "FINISH";
	case SIM_FAILED:
		return "FAILED";
	case SIM_MOOD_COUNT:
		break;
	}
	return "UNKNOWN";
}

static void write_job_names(struct jw *w, const struct sim_identity *id,
    const struct sim_state *now, const struct sim_state *was)
{
	char text[96];

	static const char *const keys[SIM_IDS] = {"project_id", "subtask_id", "task_id"};
	const struct sim_job *j = &now->job;

	if (was && was->job.number == j->number && strcmp(was->job.name, j->name) == 0) {
		return;
	}
	jw_str(w, "subtask_name", now->job.name);
	text[0] = '\0';
	if (j->name[0] && id->model->family != SIM_FAMILY_ESP) {
		snprintf(
		    text, sizeof(text), "/data/Metadata/plate_%d.gcode", j->plate ? j->plate : 1);
	} else if (j->file[0]) {
		str_copy(text, sizeof(text), j->file);
	} else if (j->name[0]) {
		snprintf(text, sizeof(text), "%s.gcode.3mf", j->name);
	}
	jw_str(w, "gcode_file", text);
	snprintf(text, sizeof(text), "%u", j->name[0] ? 71000 + j->number : 0);
	for (int i = 0; i < SIM_IDS; i++) {
		jw_str(w, keys[i], j->ids[i][0] ? j->ids[i] : text);
	}
	jw_str(w, "profile_id", "0");
}

static bool is_busy(enum sim_mood mood)
{
	return mood == SIM_PREPARING || mood == SIM_PRINTING || mood == SIM_PAUSED;
}

/* The stages that are planned. */
static void write_stages(struct jw *w, const struct sim_state *now, const struct sim_state *was)
{
	static const int planned[] = {SIM_STAGE_BED, SIM_STAGE_HOMING, SIM_STAGE_LEVELLING,
	    SIM_STAGE_CLEANING, SIM_STAGE_NOZZLE, SIM_STAGE_CHANGING, SIM_STAGE_FLOW};

	if (was && is_busy(was->mood) == is_busy(now->mood)) {
		return;
	}
	jw_array(w, "stg");
	for (size_t i = 0; i < ARRAY_SIZE(planned) && is_busy(now->mood); i++) {
		jw_int(w, NULL, planned[i]);
	}
	jw_array_end(w);
}

static void write_skipped(struct jw *w, const struct sim_state *now, const struct sim_state *was)
{
	if (!CHANGED(job.skipped_count)) {
		return;
	}
	jw_array(w, "s_obj");
	for (int i = 0; i < now->job.skipped_count; i++) {
		jw_int(w, NULL, now->job.skipped[i]);
	}
	jw_array_end(w);
}

static void write_job(struct jw *w, const struct sim_identity *id, const struct sim_state *now,
    const struct sim_state *was)
{
	if (CHANGED(mood)) {
		jw_str(w, "gcode_state", gcode_state(now->mood));
		jw_str(w, "print_type",
		    !is_busy(now->mood) ? "idle"
		    : now->job.cloud	? "cloud"
					: "local");
		jw_str(w, "mc_print_stage", is_busy(now->mood) ? "2" : "1");
	}
	if (CHANGED(prepare_percent)) {
		write_number_text(w, "gcode_file_prepare_percent", now->prepare_percent);
		if (id->model->family == SIM_FAMILY_NEW) {
			jw_int(w, "prepare_per", now->prepare_percent);
		}
	}
	if (CHANGED(stage) || CHANGED(mood)) {
		bool none = now->stage == SIM_STAGE_NONE || now->mood == SIM_IDLE;

		jw_int(w, "stg_cur", none && id->model->family == SIM_FAMILY_X1 ? -1 : now->stage);
	}
	write_stages(w, now, was);
	if (CHANGED(percent)) {
		jw_int(w, "mc_percent", now->percent);
	}
	if (CHANGED(remaining_min)) {
		jw_int(w, "mc_remaining_time", now->remaining_min);
	}
	if (CHANGED(layer)) {
		jw_int(w, "layer_num", now->layer);
	}
	if (CHANGED(layers)) {
		jw_int(w, "total_layer_num", now->layers);
	}
	if (CHANGED(speed)) {
		static const int percent[5] = {100, 50, 100, 124, 166};

		jw_int(w, "spd_lvl", now->speed);
		jw_int(w, "spd_mag", percent[now->speed]);
	}
	write_skipped(w, now, was);
	write_job_names(w, id, now, was);
}

static void write_errors(struct jw *w, const struct sim_state *now, const struct sim_state *was)
{
	bool same = was && was->hms_count == now->hms_count &&
		    memcmp(was->hms, now->hms, sizeof(now->hms[0]) * (size_t)now->hms_count) == 0;

	if (CHANGED(print_error)) {
		jw_int(w, "print_error", (int32_t)now->print_error);
	}
	if (same) {
		return;
	}
	jw_array(w, "hms");
	for (int i = 0; i < now->hms_count; i++) {
		jw_object(w, NULL);
		jw_int(w, "attr", now->hms[i].attr);
		jw_int(w, "code", now->hms[i].code);
		jw_object_end(w);
	}
	jw_array_end(w);
}

/* Signed, as the firmware prints it. Bits: bambu.md 6.5. */
static int32_t home_flag(const struct sim_identity *id, const struct sim_state *now)
{
	uint32_t flag = 0x7 | 1u << 4 | 1u << 7 | 1u << 10 | 1u << 18;

	if (now->sdcard) {
		flag |= 1u << 8;
	}
	if (now->door && sim_model_has_door(id->model)) {
		flag |= 1u << 23;
	}
	if (id->model->family == SIM_FAMILY_NEW) {
		flag |= 1u << 31 | 1u << 30;
	}
	return (int32_t)flag;
}

static void write_light(struct jw *w, const char *node, enum sim_lamp lamp)
{
	jw_object(w, NULL);
	jw_str(w, "node", node);
	jw_str(w, "mode", sim_lamp_name(lamp));
	jw_object_end(w);
}

static void write_lights(struct jw *w, const struct sim_identity *id, const struct sim_state *now,
    const struct sim_state *was)
{
	enum sim_lamp first = sim_state_light(now);

	if (was && sim_state_light(was) == first && !CHANGED(light2) && !CHANGED(work_light)) {
		return;
	}
	jw_array(w, "lights_report");
	write_light(w, "chamber_light", first);
	if (id->model->heats_chamber) {
		write_light(
		    w, "chamber_light2", now->light2 == SIM_LAMP_SAME ? first : now->light2);
	}
	if (id->model->family != SIM_FAMILY_ESP) {
		write_light(w, "work_light", now->work_light);
	}
	jw_array_end(w);
}

static void write_housing(struct jw *w, const struct sim_identity *id, const struct sim_state *now,
    const struct sim_state *was)
{
	char wifi[16];

	write_lights(w, id, now, was);
	if (CHANGED(sdcard) || CHANGED(door)) {
		jw_int(w, "home_flag", home_flag(id, now));
		jw_bool(w, "sdcard", now->sdcard);
	}
	if (was && CHANGED(liveview)) {
		sim_report_write_liveview(w, id, now);
	}
	if (CHANGED(wifi_dbm)) {
		snprintf(wifi, sizeof(wifi), "%ddBm", now->wifi_dbm);
		jw_str(w, "wifi_signal", wifi);
	}
	if (id->model->tells_time) {
		jw_int(w, "t_utc", id->utc_ms + (int64_t)now->clock_s * 1000);
	}
}

void sim_report_write(struct jw *w, const struct sim_identity *id, const struct sim_state *now,
    const struct sim_state *was, unsigned sequence)
{
	char number[16];

	jw_object(w, NULL);
	jw_object(w, "print");
	if (!was) {
		sim_report_write_fixed(w, id, now);
	}
	write_temperatures(w, id, now, was);
	write_fans(w, now, was);
	write_job(w, id, now, was);
	write_errors(w, now, was);
	write_housing(w, id, now, was);
	sim_report_write_ams(w, id, now, was);
	if (id->model->family != SIM_FAMILY_ESP) {
		sim_report_write_new(w, id, now, was);
	}
	jw_str(w, "command", "push_status");
	if (was || !id->model->no_msg) {
		jw_int(w, "msg", was ? 1 : 0);
	}
	snprintf(number, sizeof(number), "%u", sequence);
	jw_str(w, "sequence_id", number);
	jw_object_end(w);
	jw_object_end(w);
}
