/* SPDX-License-Identifier: MIT */
/* What a request on the request topic does to a simulated printer. */
#include "tests/sim/obey.h"

#include <string.h>

#include "common/json.h"
#include "common/jw.h"
#include "tests/sim/job.h"
#include "tests/sim/obey_internal.h"

int order_number(const struct order *o, const char *key)
{
	int64_t number;

	return json_get_i64(o->body, key, &number) && number >= 0 && number <= 0xffff ? (int)number
										      : -1;
}

static const char *order_pause(struct order *o)
{
	return sim_job_do(o->s, SIM_JOB_PAUSE) < 0 ? "not printing" : NULL;
}

static const char *order_resume(struct order *o)
{
	return sim_job_do(o->s, SIM_JOB_RESUME) < 0 ? "not paused" : NULL;
}

static const char *order_stop(struct order *o)
{
	return sim_job_do(o->s, SIM_JOB_CANCEL) < 0 ? "no job" : NULL;
}

static const char *order_speed(struct order *o)
{
	const char *param = json_get_str(o->body, "param");

	if (!param || strlen(param) != 1 || param[0] < '1' || param[0] > '4') {
		return "param is not \"1\" to \"4\"";
	}
	o->s->speed = param[0] - '0';
	return NULL;
}

static const char *order_clear_error(struct order *o)
{
	o->s->print_error = 0;
	o->s->error_left_s = 0;
	return NULL;
}

static const char *order_extruder(struct order *o)
{
	int extruder = order_number(o, "extruder_index");

	if (extruder < 0 || extruder >= o->m->nozzles) {
		return "no such extruder";
	}
	o->s->extruder = extruder;
	return NULL;
}

/* True when the object is left out now. */
static bool skip(struct sim_job *j, int64_t object)
{
	for (int i = 0; i < j->skipped_count; i++) {
		if (j->skipped[i] == object) {
			return true;
		}
	}
	if (object < 0 || object > INT32_MAX || j->skipped_count == SIM_SKIP_MAX) {
		return false;
	}
	j->skipped[j->skipped_count++] = (int)object;
	return true;
}

static const char *order_skip(struct order *o)
{
	json_object *list = json_get_arr(o->body, "obj_list");

	if (o->s->mood != SIM_PRINTING && o->s->mood != SIM_PAUSED) {
		return "not printing";
	}
	if (!list || json_object_array_length(list) == 0) {
		return "no obj_list";
	}
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		json_object *id = json_object_array_get_idx(list, i);

		if (!json_object_is_type(id, json_type_int) ||
		    !skip(&o->s->job, json_object_get_int64(id))) {
			return "obj_list is not valid";
		}
	}
	return NULL;
}

static const char *order_light(struct order *o)
{
	const char *node = json_get_str(o->body, "led_node");
	const char *mode = json_get_str(o->body, "led_mode");
	enum sim_lamp lamp = sim_lamp_by_name(mode ? mode : "");
	struct sim_state *s = o->s;

	if (lamp == SIM_LAMP_SAME) {
		return "led_mode is not on, off or flashing";
	}
	if (s->light2 == SIM_LAMP_SAME) { /* from now on it goes its own way */
		s->light2 = sim_state_light(s);
	}
	if (node && strcmp(node, "chamber_light") == 0) {
		s->light = lamp != SIM_LAMP_OFF;
		s->light_flashes = lamp == SIM_LAMP_FLASHING;
	} else if (node && strcmp(node, "chamber_light2") == 0 && o->m->heats_chamber) {
		s->light2 = lamp;
	} else if (node && strcmp(node, "work_light") == 0 && o->m->family != SIM_FAMILY_ESP) {
		s->work_light = lamp;
	} else {
		return "no such light";
	}
	return NULL;
}

static const struct {
	const char *category, *command;
	order_fn run;
} orders[] = {
    {"print", "project_file", order_project},
    {"print", "gcode_file", order_gcode_file},
    {"print", "pause", order_pause},
    {"print", "resume", order_resume},
    {"print", "ignore", order_resume},
    {"print", "stop", order_stop},
    {"print", "print_speed", order_speed},
    {"print", "clean_print_error", order_clear_error},
    {"print", "idle_ignore", order_clear_error},
    {"print", "gcode_line", order_gcode},
    {"print", "set_bed_temp", order_bed},
    {"print", "set_nozzle_temp", order_nozzle},
    {"print", "set_ctt", order_chamber},
    {"print", "select_extruder", order_extruder},
    {"print", "skip_objects", order_skip},
    {"print", "ams_filament_setting", order_spool},
    {"print", "ams_change_filament", order_change},
    {"print", "unload_filament", order_unload},
    {"print", "ams_filament_drying", order_dry},
    {"system", "ledctrl", order_light},
};

bool obey(struct sim_state *s, const struct obey_place *at, const char *category, json_object *body,
    const char **ret_reason)
{
	const char *command = json_get_str(body, "command");
	struct sim_state next = *s;
	struct order order = {&next, at->model, at, body};

	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		if (command && strcmp(orders[i].category, category) == 0 &&
		    strcmp(orders[i].command, command) == 0) {
			*ret_reason = orders[i].run(&order);
			if (!*ret_reason) {
				*s = next;
			}
			return true;
		}
	}
	return false;
}

char *obey_help(void)
{
	struct jw w;

	jw_init(&w);
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		const char *sep = i == 0 ? "" : i % 5 == 0 ? "\n" : " ";

		jw_bytes(&w, sep, strlen(sep));
		jw_bytes(&w, orders[i].category, strlen(orders[i].category));
		jw_bytes(&w, ".", 1);
		jw_bytes(&w, orders[i].command, strlen(orders[i].command));
	}
	return jw_take(&w);
}
