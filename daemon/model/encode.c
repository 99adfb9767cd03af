/* SPDX-License-Identifier: MIT */
/* Requests to a printer as JSON text. */
#include "daemon/model/encode.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/method.h"
#include "common/util.h"
#include "daemon/model/encode_internal.h"

uint32_t encode_next_sequence(uint32_t sequence)
{
	if (sequence < ENCODE_SEQUENCE_FIRST || sequence >= ENCODE_SEQUENCE_LAST) {
		return ENCODE_SEQUENCE_FIRST;
	}
	return sequence + 1;
}

size_t encode_pushall(char buf[static ENCODE_MAX], uint32_t sequence)
{
	return (size_t)snprintf(buf, ENCODE_MAX,
	    "{\"pushing\":{\"sequence_id\":\"%u\",\"command\":\"pushall\",\"version\":1,"
	    "\"push_target\":1}}",
	    sequence);
}

size_t encode_get_version(char buf[static ENCODE_MAX], uint32_t sequence)
{
	return (size_t)snprintf(buf, ENCODE_MAX,
	    "{\"info\":{\"sequence_id\":\"%u\",\"command\":\"get_version\"}}", sequence);
}

/* A command: either a fixed message, or what its function makes of the parameters. */
struct encode_row {
	const char *method;
	int (*encode)(struct encoder *enc);
	const char *category, *command, *param;
	bool no_ack;
};

static const struct encode_row encode_table[] = {
    {"ams.calibrate_remain", encode_ams_calibrate_remain},
    {"ams.control", encode_ams_control},
    {"ams.dry_start", encode_ams_dry_start},
    {"ams.dry_stop", encode_ams_dry_stop},
    {"ams.load", encode_ams_load},
    {"ams.option", encode_ams_option},
    {"ams.rfid", encode_ams_rfid},
    {"ams.set", encode_ams_set},
    {"ams.unload", encode_ams_unload},
    {"device.access_code", NULL, "system", "get_access_code", NULL},
    {"device.airduct", encode_device_airduct},
    {"device.buzzer", encode_device_buzzer},
    {"device.extrude", encode_device_extrude},
    {"device.extruder", encode_device_extruder},
    {"device.fan", encode_device_fan},
    {"device.firmware_update", encode_device_firmware_update},
    {"device.gcode", encode_device_gcode},
    {"device.home", encode_device_home},
    {"device.light", encode_device_light},
    {"device.move", encode_device_move},
    {"device.nozzle", encode_device_nozzle},
    {"device.reboot", NULL, "system", "reboot", NULL, .no_ack = true},
    {"device.record", encode_device_switch},
    {"device.resolution", encode_device_resolution},
    {"device.temp", encode_device_temp},
    {"device.timelapse", encode_device_switch},
    {"device.xcam", encode_device_xcam},
    {"kprofile.delete", encode_kprofile_delete},
    {"kprofile.get", encode_kprofile_get},
    {"kprofile.select", encode_kprofile_select},
    {"kprofile.set", encode_kprofile_set},
    {"mqtt.request", encode_mqtt_request},
    {"print.calibrate", encode_print_calibrate},
    {"print.clear_error", encode_print_clear_error},
    {"print.hms_action", encode_print_hms_action},
    {"print.option", encode_print_option},
    {"print.pause", encode_print_pause},
    {"print.resume", encode_print_resume},
    {"print.skip", encode_print_skip},
    {"print.speed", encode_print_speed},
    {"print.start", encode_print_start},
    {"print.stop", encode_print_stop},
};

static const struct encode_row *find_row(const char *method)
{
	for (size_t i = 0; i < ARRAY_SIZE(encode_table); i++) {
		if (strcmp(encode_table[i].method, method) == 0) {
			return &encode_table[i];
		}
	}
	return NULL;
}

bool encode_knows(const char *method)
{
	return find_row(method) != NULL;
}

void encode_result_finish(struct encode_result *r)
{
	for (size_t i = 0; i < r->count; i++) {
		free(r->payloads[i]);
	}
	memset(r, 0, sizeof(*r));
}

/* By the row of the method. Who calls has a printer already: it may be left out of the call. */
static int check_params(const struct encode_request *r, struct err *e)
{
	_cleanup_json_ json_object *call = json_object_new_object();

	if (r->params) {
		json_object_object_foreach(r->params, name, value)
		{
			json_object_object_add(call, name, json_object_get(value));
		}
	}
	if (!json_object_object_get_ex(call, "printer", NULL)) {
		json_object_object_add(call, "printer", json_object_new_string("*"));
	}
	return method_check(method_find(r->method), call, e);
}

static int run_row(const struct encode_row *row, struct encoder *enc)
{
	struct jw *w;

	if (row->encode) {
		return row->encode(enc);
	}
	w = encode_begin(enc, row->category, row->command);
	if (row->param) {
		jw_str(w, "param", row->param);
	}
	encode_end(enc);
	return 0;
}

int encode_command(const struct encode_request *r, struct encode_result *ret, struct err *e)
{
	const struct encode_row *row = find_row(r->method);
	struct encode_result result = {.count = 0};
	struct encoder enc = {.req = r,
	    .params = r->params,
	    .state = r->state,
	    .caps = r->state->info.caps,
	    .ret = &result,
	    .e = e,
	    .sequence = r->sequence};
	int code;

	if (!row) {
		return encode_refuse(&enc, ERR_UNSUPPORTED, "%s is no printer command", r->method);
	}
	jw_init(&enc.w);
	code = check_params(r, e);
	if (code == 0) {
		code = run_row(row, &enc);
	}
	jw_finish(&enc.w);
	if (code < 0) {
		encode_result_finish(&result);
		return code;
	}
	result.no_ack = row->no_ack;
	*ret = result;
	return 0;
}
