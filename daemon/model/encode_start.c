/* SPDX-License-Identifier: MIT */
/* The message that starts a print of a file on the printer (bambu.md 5 "project"). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/json.h"
#include "common/text.h"
#include "common/util.h"
#include "daemon/model/encode_internal.h"

#define FILAMENTS_MAX 64
#define PATH_BYTES_MAX 255
#define UNMAPPED 255 /* ams_id and slot_id of a filament that is not used */

/* The switches of "options" with what they are when left out. */
static const struct {
	const char *key;
	bool on;
} switches[] = {
    {"timelapse", false},
    {"bed_leveling", true},
    {"flow_cali", false},
    {"vibration_cali", true},
    {"layer_inspect", false},
};

static bool is_3mf(const char *path)
{
	size_t len = strlen(path);

	return len > 4 && strcasecmp(path + len - 4, ".3mf") == 0;
}

bool encode_is_gcode(const char *path)
{
	size_t len = strlen(path);

	return len > 6 && strcasecmp(path + len - 6, ".gcode") == 0;
}

/* Relative to the storage, without a step upward. */
static bool is_path(const char *path, size_t len)
{
	if (len == 0 || len > PATH_BYTES_MAX || strlen(path) != len || !text_is_utf8(path, len) ||
	    strstr(path, "//") || strcmp(path, "..") == 0 || str_starts(path, "../") ||
	    strstr(path, "/../")) {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)path[i] < ' ' || path[i] == 0x7F) {
			return false;
		}
	}
	return true;
}

/* X1, P1 and A1 mount the card; what came later knows its storage as the root of its FTP server. */
static char *file_url(const struct caps *caps, const char *path)
{
	const char *model = caps->model ? caps->model : "";
	bool old = str_starts(model, "X1") || str_starts(model, "P1") || str_starts(model, "A1");

	return xasprintf("%s%s", old ? "file:///sdcard/" : "ftp:///", path);
}

char *encode_job_name(const char *path)
{
	static const char *const endings[] = {".3mf", ".gcode"};
	const char *slash = strrchr(path, '/');
	char *name = xstrdup(slash ? slash + 1 : path);

	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		size_t len = strlen(name), cut = strlen(endings[i]);

		if (len > cut && strcasecmp(name + len - cut, endings[i]) == 0) {
			name[len - cut] = '\0';
		}
	}
	return name;
}

/* Every tray of the mapping is one that the printer has. */
static int check_mapping(struct encoder *enc, json_object *mapping, bool *ret_use_ams)
{
	size_t count = mapping ? json_object_array_length(mapping) : 0;
	struct encode_slot slot;

	*ret_use_ams = false;
	if (count > FILAMENTS_MAX) {
		return encode_refuse(enc, ERR_INVALID_PARAMS,
		    "\"ams_mapping\" must name at most %d trays", FILAMENTS_MAX);
	}
	for (size_t i = 0; i < count; i++) {
		int tray = json_object_get_int(json_object_array_get_idx(mapping, i));

		if (tray == -1) {
			continue;
		}
		if (encode_slot_by_tray(enc->state, tray, &slot) < 0) {
			return encode_refuse(enc, ERR_INVALID_PARAMS,
			    "\"ams_mapping\" names tray %d, which the printer has not", tray);
		}
		*ret_use_ams = *ret_use_ams || !slot.external;
	}
	return 0;
}

/* Global numbers for old firmware, where an external spool has none; pairs for new one. */
static void write_mappings(struct encoder *enc, json_object *mapping)
{
	size_t count = mapping ? json_object_array_length(mapping) : 0;
	struct encode_slot slot;
	struct jw *w = &enc->w;

	for (int pairs = 0; pairs < 2; pairs++) {
		jw_array(w, pairs ? "ams_mapping2" : "ams_mapping");
		for (size_t i = 0; i < count; i++) {
			int tray = json_object_get_int(json_object_array_get_idx(mapping, i));
			bool used = tray != -1 && encode_slot_by_tray(enc->state, tray, &slot) == 0;

			if (!pairs) {
				jw_int(w, NULL, used && !slot.external ? slot.tray : -1);
				continue;
			}
			jw_object(w, NULL);
			jw_int(w, "ams_id", used ? slot.unit : UNMAPPED);
			jw_int(w, "slot_id", used ? slot.slot : UNMAPPED);
			jw_object_end(w);
		}
		jw_array_end(w);
	}
}

static int check_options(struct encoder *enc, json_object *options)
{
	char shown[32];

	if (!options) {
		return 0;
	}
	json_object_object_foreach(options, key, value)
	{
		bool text = strcmp(key, "bed_type") == 0, known = text;

		for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
			known = known || strcmp(switches[i].key, key) == 0;
		}
		if (!known) {
			return encode_refuse(enc, ERR_INVALID_PARAMS,
			    "\"options\" has no \"%s\"; there are bed_type, timelapse, "
			    "bed_leveling, flow_cali, vibration_cali, layer_inspect",
			    text_escape_buf(key, shown, sizeof(shown)));
		}
		if (!json_object_is_type(value, text ? json_type_string : json_type_boolean)) {
			return encode_refuse(enc, ERR_INVALID_PARAMS, "option \"%s\" must be %s",
			    key, text ? "a string" : "true or false");
		}
	}
	return 0;
}

static bool option(struct encoder *enc, const char *key)
{
	bool on = false;

	for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
		if (strcmp(switches[i].key, key) == 0) {
			on = switches[i].on;
		}
	}
	if (enc->caps->model && strcmp(enc->caps->model, "P2S") == 0 &&
	    strcmp(key, "vibration_cali") == 0) {
		on = false;
	}
	json_get_bool(json_get_obj(enc->params, "options"), key, &on);
	return on;
}

static void write_options(struct encoder *enc, bool use_ams)
{
	const char *bed = json_get_str(json_get_obj(enc->params, "options"), "bed_type");
	bool level = option(enc, "bed_leveling");
	struct jw *w = &enc->w;

	jw_str(w, "bed_type", bed ? bed : "auto");
	jw_bool(w, "timelapse", option(enc, "timelapse"));
	jw_bool(w, "bed_leveling", level);
	jw_int(w, "auto_bed_leveling", level);
	jw_bool(w, "flow_cali", option(enc, "flow_cali"));
	jw_bool(w, "vibration_cali", option(enc, "vibration_cali"));
	jw_bool(w, "layer_inspect", option(enc, "layer_inspect"));
	jw_bool(w, "use_ams", use_ams);
}

static void write_ids(struct encoder *enc, const char *name)
{
	struct jw *w = &enc->w;
	char id[16];

	snprintf(id, sizeof(id), "%u", enc->req->job_id & INT32_MAX); /* P1S clamps what is more */
	jw_int(w, "extrude_cali_flag", option(enc, "flow_cali"));
	jw_int(w, "nozzle_offset_cali", encode_is_dual(enc->state) ? 2 : 0); /* 2: if needed */
	jw_str(w, "cfg", "0");
	jw_str(w, "subtask_name", name);
	jw_str(w, "profile_id", "0");
	jw_str(w, "project_id", id);
	jw_str(w, "subtask_id", id);
	jw_str(w, "task_id", id);
}

static void write_project(struct encoder *enc, const char *path, json_object *mapping, bool use_ams)
{
	_cleanup_free_ char *name = encode_job_name(path);
	_cleanup_free_ char *url = file_url(enc->caps, path);
	const char *slash = strrchr(path, '/');
	struct jw *w = encode_begin(enc, "print", "project_file");
	char plate[48];

	snprintf(plate, sizeof(plate), "Metadata/plate_%d.gcode", encode_int(enc, "plate", 1));
	jw_str(w, "param", plate);
	jw_str(w, "url", url);
	jw_str(w, "file", slash ? slash + 1 : path);
	jw_str(w, "md5", "");
	write_options(enc, use_ams);
	write_mappings(enc, mapping);
	write_ids(enc, name);
	encode_end(enc);
}

int encode_print_start(struct encoder *enc)
{
	json_object *mapping = json_get_arr(enc->params, "ams_mapping"), *value = NULL;
	const char *path = json_get_str(enc->params, "path");
	_cleanup_free_ char *absolute = NULL;
	bool use_ams = false;
	int r;

	if (!path) {
		return encode_refuse(enc, ERR_INVALID_PARAMS,
		    "print.start needs \"path\", a file on the printer's storage");
	}
	json_object_object_get_ex(enc->params, "path", &value);
	if (!is_path(path, (size_t)json_object_get_string_len(value)) ||
	    (!is_3mf(path) && !encode_is_gcode(path))) {
		return encode_refuse(enc, ERR_INVALID_PARAMS,
		    "\"path\" must be a .3mf or .gcode file, without \"..\" and control "
		    "characters");
	}
	path += path[0] == '/';
	r = check_options(enc, json_get_obj(enc->params, "options"));
	if (r == 0) {
		r = check_mapping(enc, mapping, &use_ams);
	}
	if (r < 0) {
		return r;
	}
	if (is_3mf(path)) {
		write_project(enc, path, mapping, use_ams);
	} else {
		absolute = xasprintf("/%s", path);
		encode_param(enc, "gcode_file", absolute);
	}
	return 0;
}
