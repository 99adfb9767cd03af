/* SPDX-License-Identifier: MIT */
/* Commands to the device itself: camera, nozzles, buzzer, firmware, messages as they are
 * (bambu.md 5). */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/util.h"
#include "daemon/model/encode_internal.h"

/* True when the word is in a list that ends with NULL; else refuses, naming them. */
static bool is_among(
    struct encoder *enc, const char *name, const char *word, const char *const *words)
{
	char list[200] = "", shown[32];
	size_t used = 0;

	for (size_t i = 0; words[i]; i++) {
		if (strcmp(words[i], word) == 0) {
			return true;
		}
		used += (size_t)snprintf(
		    list + used, sizeof(list) - used, "%s%s", i == 0 ? "" : ", ", words[i]);
		used = used < sizeof(list) ? used : sizeof(list) - 1;
	}
	encode_refuse(enc, ERR_INVALID_PARAMS, "\"%s\" must be one of %s, not \"%s\"", name, list,
	    text_escape_buf(word, shown, sizeof(shown)));
	return false;
}

int encode_device_buzzer(struct encoder *enc)
{
	struct jw *w;

	if (!enc->caps->model || !str_starts(enc->caps->model, "H2")) {
		return encode_refuse(
		    enc, ERR_UNSUPPORTED, "%s has no buzzer to command", encode_model(enc));
	}
	w = encode_begin(enc, "print", "buzzer_ctrl");
	jw_int(w, "mode", encode_int(enc, "mode", 2)); /* a beep */
	jw_str(w, "reason", "");
	encode_end(enc);
	return 0;
}

int encode_device_nozzle(struct encoder *enc)
{
	static const char *const types[] = {
	    "stainless_steel", "hardened_steel", "tungsten_carbide", NULL};
	static const double diameters[] = {0.2, 0.4, 0.6, 0.8};
	const char *type = json_get_str(enc->params, "type");
	double diameter = encode_num(enc, "diameter_mm", 0);
	struct jw *w;

	if (!is_among(enc, "type", type, types)) {
		return -EINVAL;
	}
	if (encode_is_dual(enc->state)) {
		return encode_refuse(enc, ERR_UNSUPPORTED,
		    "%s finds out by itself which nozzles it has", encode_model(enc));
	}
	for (size_t i = 0; i < ARRAY_SIZE(diameters); i++) {
		if (fabs(diameter - diameters[i]) < 0.001) {
			w = encode_begin(enc, "system", "set_accessories");
			jw_str(w, "accessory_type", "nozzle");
			jw_num(w, "nozzle_diameter", diameters[i], 1);
			jw_str(w, "nozzle_type", type);
			encode_end(enc);
			return 0;
		}
	}
	return encode_refuse(
	    enc, ERR_INVALID_PARAMS, "\"diameter_mm\" must be 0.2, 0.4, 0.6 or 0.8");
}

int encode_device_extruder(struct encoder *enc)
{
	int r = encode_needs_rest(enc, "changing the extruder", false);

	if (r < 0) {
		return r;
	}
	if (!encode_is_dual(enc->state)) {
		return encode_refuse(enc, ERR_UNSUPPORTED, "%s has one nozzle", encode_model(enc));
	}
	jw_int(encode_begin(enc, "print", "select_extruder"), "extruder_index",
	    encode_int(enc, "index", 0));
	encode_end(enc);
	return 0;
}

int encode_device_xcam(struct encoder *enc)
{
	static const char *const modules[] = {"printing_monitor", "spaghetti_detector",
	    "pileup_detector", "clump_detector", "airprint_detector", "first_layer_inspector",
	    "buildplate_marker_detector", "plate_offset_switch", NULL};
	const char *module = json_get_str(enc->params, "module");
	const char *sensitivity = json_get_str(enc->params, "sensitivity");
	bool on = encode_bool(enc, "on", false);
	struct jw *w;

	if (!is_among(enc, "module", module, modules)) {
		return -EINVAL;
	}
	w = encode_begin(enc, "xcam", "xcam_control_set");
	jw_str(w, "module_name", module);
	jw_bool(w, "control", on);
	jw_bool(w, "enable", on);
	jw_bool(w, "print_halt", true);
	if (sensitivity) {
		jw_str(w, "halt_print_sensitivity", sensitivity);
	}
	encode_end(enc);
	return 0;
}

int encode_device_switch(struct encoder *enc)
{
	bool record = strcmp(enc->req->method, "device.record") == 0;

	jw_str(encode_begin(enc, "camera", record ? "ipcam_record_set" : "ipcam_timelapse"),
	    "control", encode_bool(enc, "on", false) ? "enable" : "disable");
	encode_end(enc);
	return 0;
}

int encode_device_resolution(struct encoder *enc)
{
	static const char *const sizes[] = {"480p", "720p", "1080p", NULL};
	const char *size = json_get_str(enc->params, "size");

	if (!is_among(enc, "size", size, sizes)) {
		return -EINVAL;
	}
	jw_str(encode_begin(enc, "camera", "ipcam_resolution_set"), "resolution", size);
	encode_end(enc);
	return 0;
}

/* Says yes to the version that the printer offers: no other can be asked for. */
int encode_device_firmware_update(struct encoder *enc)
{
	const char *version = json_get_str(enc->params, "version");
	const char *offered = enc->state->device.firmware_new;
	char shown[32];
	int r = encode_needs_rest(enc, "an update", false);

	if (r < 0) {
		return r;
	}
	if (offered[0] == '\0') {
		return encode_refuse(enc, ERR_GUARD, "the printer offers no new firmware");
	}
	if (version && strcmp(version, offered) != 0) {
		return encode_refuse(enc, ERR_INVALID_PARAMS,
		    "\"version\" must be the one that the printer offers, %s",
		    text_escape_buf(offered, shown, sizeof(shown)));
	}
	jw_int(encode_begin(enc, "upgrade", "upgrade_confirm"), "src_id", 1);
	encode_end(enc);
	return 0;
}

/* Messages of the vendor's papers that no printer knows, or not in that form (bambu.md 0). */
static const struct {
	const char *command, *member; /* NULL: in any form */
	const char *hint;
} phantoms[] = {
    {"start", NULL, "bambuctl print PRINTER FILE"},
    {"set_chamber_temp", NULL, "bambuctl temp PRINTER chamber CELSIUS"},
    {"set_fan_speed", NULL, "bambuctl fan PRINTER part|aux|chamber PERCENT"},
    {"set_nozzle_temp", "param", "bambuctl temp PRINTER nozzle CELSIUS"},
    {"set_bed_temp", "param", "bambuctl temp PRINTER bed CELSIUS"},
    {"set_ctt", "param", "bambuctl temp PRINTER chamber CELSIUS"},
    {"set_airduct", "param", "bambuctl airduct PRINTER cooling|heating|exhaust"},
};

static int refuse_phantom(struct encoder *enc, const char *command, json_object *message)
{
	for (size_t i = 0; i < ARRAY_SIZE(phantoms); i++) {
		if (strcmp(phantoms[i].command, command) == 0 &&
		    (!phantoms[i].member ||
			json_object_object_get_ex(message, phantoms[i].member, NULL))) {
			encode_refuse(enc, ERR_INVALID_PARAMS,
			    "no printer knows the command \"%s\" in this form", command);
			err_hint(enc->e, "%s", phantoms[i].hint);
			return -EINVAL;
		}
	}
	return 0;
}

/* The message as it is but for the sequence id, which must be ours to find the answer by. */
int encode_mqtt_request(struct encoder *enc)
{
	json_object *payload = json_get_obj(enc->params, "payload");
	_cleanup_json_ json_object *copy = NULL;
	const char *category = NULL, *command = NULL;
	size_t commands = 0;
	char id[16];

	json_object_object_foreach(payload, name, value)
	{
		if (json_get_str(value, "command")) {
			category = name;
			command = json_get_str(value, "command");
			commands++;
		}
	}
	if (commands != 1 || strlen(category) >= sizeof(enc->ret->category) ||
	    strlen(command) >= sizeof(enc->ret->command)) {
		return encode_refuse(enc, ERR_INVALID_PARAMS,
		    "\"payload\" must hold one command, as "
		    "{\"print\":{\"command\":\"pause\",\"param\":\"\"}}");
	}
	if (strcmp(category, "print") == 0 &&
	    refuse_phantom(enc, command, json_get_obj(payload, category)) < 0) {
		return -EINVAL;
	}
	json_object_deep_copy(payload, &copy, NULL);
	snprintf(id, sizeof(id), "%u", enc->sequence);
	json_object_object_add(
	    json_get_obj(copy, category), "sequence_id", json_object_new_string(id));
	str_copy(enc->ret->category, sizeof(enc->ret->category), category);
	str_copy(enc->ret->command, sizeof(enc->ret->command), command);
	enc->ret->needs_control = !encode_works_locked(category, command);
	enc->ret->payloads[enc->ret->count++] = xstrdup(json_object_to_json_string_ext(
	    copy, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	enc->ret->last_sequence = enc->sequence;
	return 0;
}
