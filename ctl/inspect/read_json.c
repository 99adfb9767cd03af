/* SPDX-License-Identifier: MIT */
/* The JSON parts: filaments and nozzles of the project, the build plate. */
#include <errno.h>
#include <string.h>

#include "common/json.h"
#include "ctl/inspect/read.h"

#define PROJECT_PART "Metadata/project_settings.config"
#define DEPTH_MAX 16

static size_t array_length(json_object *o, const char *key)
{
	json_object *list = json_get_arr(o, key);

	return list ? json_object_array_length(list) : 0;
}

/* "0" or 0; -1 = neither. */
static int read_number(json_object *value)
{
	int64_t number;

	if (json_object_is_type(value, json_type_int)) {
		number = json_object_get_int64(value);
		return number >= 0 && number < PROJECT_NOZZLES_MAX ? (int)number : -1;
	}
	return json_object_is_type(value, json_type_string) &&
		       parse_i64(
			   json_object_get_string(value), 0, PROJECT_NOZZLES_MAX - 1, &number) == 0
		   ? (int)number
		   : -1;
}

int read_project_settings(struct project *p, const char *text, size_t len, struct err *e)
{
	_cleanup_json_ json_object *o = NULL;
	const char *product;
	json_object *physical;
	size_t colours, types;

	if (json_parse(text, len, DEPTH_MAX, &o) < 0 || !json_object_is_type(o, json_type_object)) {
		err_set(e, ERR_FILE_REFUSED, PROJECT_PART " is no JSON object");
		return -EINVAL;
	}
	colours = array_length(o, "filament_colour");
	types = array_length(o, "filament_type");
	if (colours > PROJECT_FILAMENTS_MAX || types > PROJECT_FILAMENTS_MAX) {
		err_set(e, ERR_FILE_REFUSED, PROJECT_PART ": more than %d filaments",
		    PROJECT_FILAMENTS_MAX);
		return -EINVAL;
	}
	p->filament_count = colours ? colours : types;
	product = json_get_str(o, "printer_model");
	if (product) {
		project_copy(p->product, sizeof(p->product), product);
	}
	physical = json_get_arr(o, "physical_extruder_map");
	for (size_t i = 0; i < array_length(o, "physical_extruder_map") && i < PROJECT_NOZZLES_MAX;
	     i++) {
		p->physical[p->physical_count++] =
		    read_number(json_object_array_get_idx(physical, i));
	}
	return 0;
}

void read_plate_json(struct project *p, int index, const char *text, size_t len)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	struct project_plate *plate = project_find(p, index);
	_cleanup_json_ json_object *o = NULL;
	const char *bed;

	if (!plate) {
		return;
	}
	if (json_parse(text, len, DEPTH_MAX, &o) < 0) {
		project_warn(p, "plate %d: Metadata/plate_%d.json is no JSON", index, index);
		return;
	}
	bed = json_get_str(o, "bed_type");
	if (bed && *bed && strlen(bed) < PROJECT_WORD_SIZE && strspn(bed, plain) == strlen(bed)) {
		str_copy(plate->bed_type, sizeof(plate->bed_type), bed);
	}
}
