/* SPDX-License-Identifier: MIT */
/* The members of a full report that never change here: housekeeping, network, camera, job frame. */
#include <stdio.h>
#include <string.h>

#include "common/jw.h"
#include "tests/sim/report.h"

static void raw(struct jw *w, const char *key, const char *json)
{
	jw_raw(w, key, json, strlen(json));
}

static void zeros(struct jw *w, const char *const *keys)
{
	for (; *keys; keys++) {
		jw_int(w, *keys, 0);
	}
}

static void empties(struct jw *w, const char *const *keys, const char *value)
{
	for (; *keys; keys++) {
		jw_str(w, *keys, value);
	}
}

/* The address of the stream, or why there is none (bambu.md 2.7). */
static void write_rtsp_url(struct jw *w, const struct sim_identity *id, enum sim_liveview liveview)
{
	char url[64];

	snprintf(url, sizeof(url), "rtsps://%u.%u.%u.%u:322/streaming/live/1", id->address >> 24,
	    id->address >> 16 & 255, id->address >> 8 & 255, id->address & 255);
	jw_str(w, "rtsp_url",
	    liveview == SIM_LIVEVIEW_ON	   ? url
	    : liveview == SIM_LIVEVIEW_OFF ? "disable"
					   : "");
}

void sim_report_write_liveview(
    struct jw *w, const struct sim_identity *id, const struct sim_state *now)
{
	if (!id->model->jpeg) {
		jw_object(w, "ipcam");
		write_rtsp_url(w, id, now->liveview);
		jw_object_end(w);
	}
}

static void write_camera(struct jw *w, const struct sim_identity *id, const struct sim_state *now)
{
	jw_object(w, "ipcam");
	jw_str(w, "ipcam_dev", "1");
	jw_str(w, "ipcam_record", "enable");
	jw_str(w, "timelapse", "disable");
	jw_str(w, "resolution", id->model->jpeg ? "" : "1080p");
	jw_str(w, "tutk_server", "disable");
	jw_int(w, "mode_bits", 3);
	if (!id->model->jpeg) {
		write_rtsp_url(w, id, now->liveview);
	}
	if (id->model->family == SIM_FAMILY_NEW) {
		jw_str(w, "agora_service", "disable");
		jw_str(w, "brtc_service", "enable");
		jw_int(w, "bs_state", 0);
	}
	jw_object_end(w);
}

static void write_net(struct jw *w, const struct sim_identity *id)
{
	jw_object(w, "net");
	jw_int(w, "conf", 0);
	jw_array(w, "info");
	jw_object(w, NULL);
	jw_int(w, "ip", __builtin_bswap32(id->address)); /* little endian */
	jw_int(w, "mask", 16777215);
	jw_object_end(w);
	jw_array_end(w);
	jw_object_end(w);
}

/* Firmware state: a list of modules on P1 and A1, one number per part on the others. */
static void write_upgrade(struct jw *w, const struct sim_identity *id)
{
	static const char *const parts[] = {"ahb_new_version_number", "ams_new_version_number",
	    "ext_new_version_number", "ota_new_version_number", "message", "module", NULL};
	static const char *const numbers[] = {
	    "sequence_id", "dis_state", "err_code", "cur_state_code", "idx2", NULL};

	jw_object(w, "upgrade_state");
	zeros(w, numbers);
	jw_str(w, "status", "IDLE");
	jw_int(w, "new_version_state", 2);
	jw_bool(w, "consistency_request", false);
	jw_bool(w, "force_upgrade", false);
	if (id->model->family == SIM_FAMILY_ESP) {
		jw_str(w, "progress", "");
		jw_str(w, "message", "");
		jw_str(w, "module", "");
		raw(w, "new_ver_list", "[]");
	} else {
		jw_str(w, "progress", "0");
		jw_str(w, "sn", id->serial);
		empties(w, parts, "");
	}
	jw_object_end(w);
}

static void write_queue_and_print(struct jw *w)
{
	static const char *const numbers[] = {"queue_number", "queue_total", "queue_est",
	    "queue_sts", "mc_print_sub_stage", "cali_version", NULL};

	zeros(w, numbers);
	jw_str(w, "mc_print_line_number", "0");
	jw_bool(w, "force_upgrade", false);
	raw(w, "filam_bak", "[]");
}

static void write_esp(struct jw *w)
{
	raw(w, "xcam", "{\"buildplate_marker_detector\":true}");
	jw_str(w, "lifecycle", "product");
	jw_str(w, "mess_production_state", "active");
	jw_str(w, "k", "0.0200");
	jw_int(w, "flag3", 15);
}

static void write_x1(struct jw *w)
{
	raw(w, "xcam",
	    "{\"allow_skip_parts\":false,\"buildplate_marker_detector\":true,"
	    "\"first_layer_inspector\":true,\"halt_print_sensitivity\":\"medium\","
	    "\"print_halt\":true,\"printing_monitor\":true,\"spaghetti_detector\":true}");
	jw_str(w, "lifecycle", "product");
	jw_str(w, "mc_print_error_code", "0");
	jw_str(w, "fail_reason", "0");
	jw_str(w, "xcam_status", "0");
	jw_str(w, "job_id", "0");
	jw_bool(w, "aux_part_fan", true);
}

static void write_new(struct jw *w, const struct sim_identity *id)
{
	static const char *const numbers[] = {"ap_err", "batch_id", "canvas_id", "mc_action",
	    "mc_err", "print_gcode_action", "print_real_action", "queue", "stg_cd", NULL};
	static const char *const words[] = {"err", "lan_task_id", "mc_print_error_code",
	    "fail_reason", "xcam_status", "job_id", NULL};

	raw(w, "xcam",
	    "{\"allow_skip_parts\":false,\"buildplate_marker_detector\":true,\"cfg\":370304,"
	    "\"first_layer_inspector\":true,\"halt_print_sensitivity\":\"medium\","
	    "\"print_halt\":true,\"printing_monitor\":true,\"spaghetti_detector\":true}");
	raw(w, "care", "[{\"id\":\"lr\",\"info\":\"102A\"},{\"id\":\"ls\",\"info\":\"102A\"}]");
	raw(w, "job",
	    "{\"cur_stage\":{\"idx\":0,\"state\":2},\"stage\":[{\"clock_in\":false,\"color\":[\"\"]"
	    ","
	    "\"diameter\":[0.4],\"est_time\":0,\"heigh\":0,\"idx\":0,\"platform\":\"\","
	    "\"print_then\":false,\"proc_list\":[],\"tool\":[\"HS01\"],\"type\":2}]}");
	raw(w, "mapping", "[0]");
	zeros(w, numbers);
	empties(w, words, "0");
	jw_str(w, "design_id", "");
	jw_str(w, "model_id", "");
	jw_int(w, "job_attr", 16);
	jw_int(w, "plate_cnt", 1);
	jw_int(w, "plate_id", 1);
	jw_int(w, "plate_idx", 1);
	jw_bool(w, "aux_part_fan", id->model->nozzles > 1);
	jw_str(w, "fun2", "21");
}

void sim_report_write_fixed(
    struct jw *w, const struct sim_identity *id, const struct sim_state *now)
{
	write_upgrade(w, id);
	raw(w, "upload", "{\"status\":\"idle\",\"progress\":0,\"message\":\"\"}");
	raw(w, "online", "{\"ahb\":false,\"rfid\":false,\"version\":1203040}");
	write_camera(w, id, now);
	write_net(w, id);
	write_queue_and_print(w);
	jw_str(w, "nozzle_diameter", "0.4");
	jw_str(w, "nozzle_type", id->model->family == SIM_FAMILY_NEW ? "HS01" : "hardened_steel");
	switch (id->model->family) {
	case SIM_FAMILY_ESP:
		write_esp(w);
		break;
	case SIM_FAMILY_X1:
		write_x1(w);
		break;
	case SIM_FAMILY_NEW:
		write_new(w, id);
		break;
	case SIM_FAMILY_COUNT:
		break;
	}
}
