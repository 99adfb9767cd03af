/* SPDX-License-Identifier: MIT */
/* A job that a request asks for: what the printer makes of it, and how it says no. */
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/jw.h"
#include "common/util.h"
#include "tests/sim/fault.h"
#include "tests/sim/job.h"
#include "tests/sim/obey.h"
#include "tests/sim/obey_internal.h"
#include "tests/sim/store.h"

/* print_error (bambu.md 6.7) */
#define ERROR_PARSE 0x05004003u
#define ERROR_BUSY 0x05004004u
#define ERROR_CARD 0x0500C010u
#define STUCK_S 1e15
#define PLATE_MAX 99

enum fate { FATE_STARTS, FATE_BUSY, FATE_NO_FILE, FATE_BAD_REQUEST, FATE_NO_CARD, FATE_COUNT };

static const char *const fates[FATE_COUNT] = {
    "starts", "busy", "no file", "bad request", "no card"};

/* What must be true or false, and not 0 or 1 (bambu.md 5). */
static const char *const switches[] = {
    "timelapse", "bed_leveling", "flow_cali", "vibration_cali", "layer_inspect", "use_ams"};

struct start {
	enum fate fate;
	struct sim_job_wish wish;
	char path[STORE_PATH_MAX];
	int wrong; /* bit n: switches[n] is no boolean */
	bool use_ams, kills;
	double wait_s; /* before anything shows */
};

static bool is_model(const struct sim_model *m, const char *name)
{
	return strcmp(m->name, name) == 0;
}

static bool is_busy(const struct sim_state *s)
{
	return s->wish_left_s > 0 || s->mood == SIM_PREPARING || s->mood == SIM_PRINTING ||
	       s->mood == SIM_PAUSED;
}

/* The storage is mounted on older models; its root is that of the file server on all. */
static const char *path_of(const struct sim_model *m, const char *url)
{
	static const char mounted[] = "file:///sdcard/", served[] = "ftp:///";

	if (!url) {
		return NULL;
	}
	if (str_starts(url, served)) {
		return url + strlen(served);
	}
	return str_starts(url, mounted) && m->family != SIM_FAMILY_NEW ? url + strlen(mounted)
								       : NULL;
}

static void read_switches(const struct order *o, struct start *start)
{
	for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
		json_object *value = NULL;

		if (json_object_object_get_ex(o->body, switches[i], &value) &&
		    !json_object_is_type(value, json_type_boolean)) {
			start->wrong |= 1 << i;
		}
	}
	start->use_ams = json_object_get_boolean(json_object_object_get(o->body, "use_ams"));
	start->wish.skips_cali = start->wrong && is_model(o->m, "H2S");
	if (start->wrong >> (ARRAY_SIZE(switches) - 1) & 1 && is_model(o->m, "H2DPRO")) {
		start->wish.extruder = order_number(o, "use_ams") == 1; /* taken for a nozzle */
		start->use_ams = false;
	}
}

/* An external spool has no global number: the pairs name it. */
static bool names_external(const struct order *o, size_t index)
{
	json_object *pairs = json_get_arr(o->body, "ams_mapping2");
	json_object *pair = pairs && index < json_object_array_length(pairs)
				? json_object_array_get_idx(pairs, index)
				: NULL;
	int64_t unit = 0, slot = 1;

	return json_object_is_type(pair, json_type_object) && json_get_i64(pair, "ams_id", &unit) &&
	       json_get_i64(pair, "slot_id", &slot) && unit >= SIM_TRAY_EXTERNAL && slot == 0;
}

static void read_mapping(const struct order *o, struct start *start)
{
	json_object *list = json_get_arr(o->body, "ams_mapping");
	struct sim_job_wish *wish = &start->wish;

	for (size_t i = 0; start->use_ams && list && i < json_object_array_length(list); i++) {
		json_object *value = json_object_array_get_idx(list, i);
		int tray = json_object_is_type(value, json_type_int) ? json_object_get_int(value)
								     : SIM_TRAY_NONE;

		if (tray < 0 && names_external(o, i)) {
			tray = SIM_TRAY_EXTERNAL;
		}
		if (tray >= 0 && wish->plan_count < SIM_PLAN_MAX) {
			wish->plan[wish->plan_count++] = tray;
		}
	}
	if (wish->plan_count == 0) { /* without a mapping the AMS finds none either */
		wish->plan[wish->plan_count++] = start->use_ams ? SIM_TRAY_NONE : SIM_TRAY_EXTERNAL;
	}
}

static void read_ids(const struct order *o, struct start *start)
{
	static const char *const keys[SIM_IDS] = {"project_id", "subtask_id", "task_id"};
	int64_t number;

	for (int i = 0; i < SIM_IDS; i++) {
		json_object *value = json_object_object_get(o->body, keys[i]);
		char *id = start->wish.ids[i];

		str_copy(
		    id, sizeof(start->wish.ids[i]), value ? json_object_get_string(value) : "0");
		if (is_model(o->m, "P1S") && parse_i64(id, INT64_MIN, INT64_MAX, &number) == 0 &&
		    number > INT32_MAX) {
			snprintf(id, sizeof(start->wish.ids[i]), "%d", INT32_MAX);
		}
	}
}

/* Without the folder and the endings. */
static void name_job(struct start *start, const char *name)
{
	const char *slash = strrchr(start->path, '/');
	char *dot;

	str_copy(start->wish.file, sizeof(start->wish.file), slash ? slash + 1 : start->path);
	str_copy(start->wish.name, sizeof(start->wish.name), name ? name : start->wish.file);
	dot = strchr(start->wish.name, '.');
	if (!name && dot && dot != start->wish.name) {
		*dot = '\0';
	}
}

static void judge(const struct order *o, const char *path, struct start *start)
{
	const struct faults *f = o->at->faults;
	const struct store_file *file = NULL;
	bool card =
	    !fault_is_on(f, FAULT_FTP_NO_CARD) && (o->s->sdcard || o->m->family == SIM_FAMILY_NEW);

	if (path && store_path("/", path, start->path) == 0) {
		file = store_find(o->at->store, start->path);
	}
	start->fate = is_busy(o->s)		    ? FATE_BUSY
		      : !path || !start->wish.plate ? FATE_BAD_REQUEST
		      : !card			    ? FATE_NO_CARD
		      : !file || file->folder	    ? FATE_NO_FILE
						    : FATE_STARTS;
	start->kills = start->fate == FATE_BUSY && is_model(o->m, "A1MINI");
	start->wait_s = fault_is_on(f, FAULT_SLOW_START) ? (double)f->arg[FAULT_SLOW_START] : 0;
	start->wish.file_s = fault_is_on(f, FAULT_STUCK_PREPARE) ? STUCK_S
			     : fault_is_on(f, FAULT_SLOW_PREPARE)
				 ? (double)f->arg[FAULT_SLOW_PREPARE]
				 : 0;
}

static void read_project(const struct order *o, struct start *start)
{
	const char *plate = json_get_str(o->body, "param"), *name;

	*start = (struct start){.wish.extruder = -1};
	if (plate && sscanf(plate, "Metadata/plate_%2d.gcode", &start->wish.plate) == 1 &&
	    (start->wish.plate < 1 || start->wish.plate > PLATE_MAX)) {
		start->wish.plate = 0;
	}
	read_switches(o, start);
	read_mapping(o, start);
	read_ids(o, start);
	judge(o, path_of(o->m, json_get_str(o->body, "url")), start);
	name = json_get_str(o->body, "subtask_name");
	name_job(start, name && name[0] ? name : NULL);
}

static const char *fail(struct order *o, const struct start *start, uint32_t error)
{
	if (start->fate != FATE_BUSY) {
		sim_job_begin_as(o->s, &start->wish);
	}
	if (start->fate != FATE_BUSY || start->kills) {
		o->s->wish_left_s = 0;
		sim_job_do(o->s, SIM_JOB_FAIL);
	}
	o->s->print_error = error;
	o->s->error_left_s = 0;
	return NULL;
}

static const char *begin(struct order *o, const struct start *start)
{
	switch (start->fate) {
	case FATE_BUSY:
		return fail(o, start, ERROR_BUSY);
	case FATE_NO_FILE:
	case FATE_BAD_REQUEST:
		return fail(o, start, ERROR_PARSE);
	case FATE_NO_CARD:
		return fail(o, start, ERROR_CARD);
	case FATE_STARTS:
	case FATE_COUNT:
		break;
	}
	if (start->wait_s > 0) {
		o->s->wish = start->wish;
		o->s->wish_left_s = start->wait_s;
	} else {
		sim_job_begin_as(o->s, &start->wish);
	}
	return NULL;
}

const char *order_project(struct order *o)
{
	struct start start;

	read_project(o, &start);
	return begin(o, &start);
}

const char *order_gcode_file(struct order *o)
{
	struct start start = {.wish = {.extruder = -1, .plate = 1, .plan_count = 1}};

	if (is_model(o->m, "A1MINI")) {
		return "not supported";
	}
	start.wish.plan[0] = SIM_TRAY_EXTERNAL;
	judge(o, json_get_str(o->body, "param"), &start);
	name_job(&start, NULL);
	return begin(o, &start);
}

void obey_describe_start(
    const struct sim_state *s, const struct obey_place *at, json_object *body, struct jw *w)
{
	struct sim_state copy = *s;
	struct order o = {&copy, at->model, at, body};
	struct start start;

	read_project(&o, &start);
	jw_object(w, NULL);
	jw_str(w, "outcome", fates[start.fate]);
	jw_bool(w, "kills", start.kills);
	jw_str(w, "path", start.path);
	jw_str(w, "name", start.wish.name);
	jw_int(w, "plate", start.wish.plate);
	jw_bool(w, "use_ams", start.use_ams);
	jw_array(w, "trays");
	for (int i = 0; i < start.wish.plan_count; i++) {
		jw_int(w, NULL, start.wish.plan[i]);
	}
	jw_array_end(w);
	jw_array(w, "not_boolean");
	for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
		if (start.wrong >> i & 1) {
			jw_str(w, NULL, switches[i]);
		}
	}
	jw_array_end(w);
	jw_bool(w, "calibrates", !start.wish.skips_cali);
	jw_str(w, "project_id", start.wish.ids[0]);
	jw_str(w, "subtask_id", start.wish.ids[1]);
	jw_str(w, "task_id", start.wish.ids[2]);
	jw_object_end(w);
}
