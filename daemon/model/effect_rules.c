/* SPDX-License-Identifier: MIT */
/* Where in the state each command shows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/json.h"
#include "common/util.h"
#include "daemon/model/effect_internal.h"
#include "daemon/model/encode_internal.h"

#define ERROR_PAUSED_BY_USER 0x03008001u
#define ERROR_CANCELLED 0x0300400Cu
#define ERROR_CANCELLED_OLD 0x0500400Eu
#define FAN_ROUNDING_PCT 4 /* fifteen steps, and a half of one for each of two roundings */

static bool paused(const struct effect *e, const struct state *now)
{
	(void)e;
	return now->print.state == PRINT_PAUSED;
}

static bool printing(const struct effect *e, const struct state *now)
{
	(void)e;
	return now->print.state == PRINT_PRINTING;
}

static bool stopped(const struct effect *e, const struct state *now)
{
	(void)e;
	return effect_at_rest(now->print.state);
}

/* A job runs where none did. */
static bool begun(const struct effect *e, const struct state *now)
{
	return effect_at_rest(e->was) && encode_is_busy(now);
}

static bool error_gone(const struct effect *e, const struct state *now)
{
	(void)e;
	return now->print.error == 0;
}

static bool action_worked(const struct effect *e, const struct state *now)
{
	const char *action = json_get_str(e->params, "action");

	if (strcmp(action, "resume") == 0) {
		return printing(e, now);
	}
	return strcmp(action, "stop") == 0 ? stopped(e, now) : error_gone(e, now);
}

static bool skipped(const struct effect *e, const struct state *now)
{
	json_object *objects = json_get_arr(e->params, "objects");
	const struct state_print *p = &now->print;

	for (size_t i = 0; i < json_object_array_length(objects); i++) {
		int id = json_object_get_int(json_object_array_get_idx(objects, i));
		bool found = false;

		for (size_t k = 0; k < p->skipped_count; k++) {
			found = found || p->skipped[k] == id;
		}
		if (!found) {
			return false;
		}
	}
	return true;
}

static bool speed_is(const struct effect *e, const struct state *now)
{
	const char *word = speed_word(now->print.speed);

	return word && strcmp(word, json_get_str(e->params, "level")) == 0;
}

static bool is_ours(const char *have, const char *want)
{
	const char *slash = have ? strrchr(have, '/') : NULL;

	return have && strcmp(slash ? slash + 1 : have, want) == 0;
}

enum number { NUMBER_SILENT, NUMBER_OURS, NUMBER_FOREIGN };

/* What the number of the job says about whose it is: firmware that makes nothing or the greatest of
 * every number says nothing, nor does the one of the job before. */
static enum number judge_number(const struct effect *e, const struct state *now)
{
	const char *path = json_get_str(e->params, "path"), *task = now->print.task_id;
	int64_t id = 0, have;

	json_get_i64(e->params, "job_id", &id);
	if (id == 0 || !task || parse_i64(task, 0, INT64_MAX, &have) < 0 || have == 0 ||
	    have >= INT32_MAX || encode_is_gcode(path)) {
		return NUMBER_SILENT;
	}
	if (have == id) {
		return NUMBER_OURS;
	}
	return strcmp(task, e->was_task) == 0 ? NUMBER_SILENT : NUMBER_FOREIGN;
}

/* Our job, not one that somebody else has started meanwhile. */
static bool started(const struct effect *e, const struct state *now)
{
	const char *path = json_get_str(e->params, "path");
	_cleanup_free_ char *job = encode_job_name(path);
	const char *slash = strrchr(path, '/');

	if (!begun(e, now)) {
		return false;
	}
	switch (judge_number(e, now)) {
	case NUMBER_OURS:
		return true;
	case NUMBER_FOREIGN:
		return false;
	case NUMBER_SILENT:
		break;
	}
	return is_ours(now->print.job, job) || is_ours(now->print.file, slash ? slash + 1 : path);
}

static bool names_path(struct effect *e, const struct state *before)
{
	if (before->print.task_id) {
		str_copy(e->was_task, sizeof(e->was_task), before->print.task_id);
	}
	return json_get_str(e->params, "path") != NULL;
}

static const struct encode_option *option_of(const struct effect *e)
{
	return encode_option_find(e->rule->method, json_get_str(e->params, "key"));
}

/* Only what the printer reports at all can be watched. */
static bool reports_option(struct effect *e, const struct state *before)
{
	const struct encode_option *o = option_of(e);

	return o && encode_option_now(o, before) != TRI_UNKNOWN;
}

static enum tri wanted(const struct effect *e, const char *key)
{
	bool on = false;

	json_get_bool(e->params, key, &on);
	return on ? TRI_YES : TRI_NO;
}

static bool option_is(const struct effect *e, const struct state *now)
{
	return encode_option_now(option_of(e), now) == wanted(e, "value");
}

static const struct state_nozzle *nozzle_by_id(const struct state *s, int id)
{
	for (size_t i = 0; i < s->temp.nozzle_count; i++) {
		if (s->temp.nozzles[i].id == id) {
			return &s->temp.nozzles[i];
		}
	}
	return NULL;
}

static bool aims_at_heater(struct effect *e, const struct state *before)
{
	const char *heater = json_get_str(e->params, "heater");

	json_get_num(e->params, "target_c", &e->value);
	e->value = round(e->value);
	e->index = str_starts(heater, "nozzle") ? encode_heater_nozzle(before, heater) : 0;
	return e->index >= 0;
}

static bool target_is(const struct effect *e, const struct state *now)
{
	const char *heater = json_get_str(e->params, "heater");
	const struct state_nozzle *n;
	double target = NAN;

	if (strcmp(heater, "bed") == 0) {
		target = now->temp.bed_target_c;
	} else if (strcmp(heater, "chamber") == 0) {
		target = now->temp.chamber_target_c;
	} else {
		n = nozzle_by_id(now, e->index);
		target = n ? n->target_c : NAN;
	}
	return fabs(target - e->value) < 1;
}

static bool fan_is(const struct effect *e, const struct state *now)
{
	const char *fan = json_get_str(e->params, "fan");
	int have = strcmp(fan, "part") == 0  ? now->fans.part_pct
		   : strcmp(fan, "aux") == 0 ? now->fans.aux_pct
					     : now->fans.chamber_pct;
	int64_t want = 0;

	json_get_i64(e->params, "percent", &want);
	if (have == UNKNOWN_INT || want == 0) {
		return have == want;
	}
	return llabs(have - want) <= FAN_ROUNDING_PCT;
}

static bool airduct_is(const struct effect *e, const struct state *now)
{
	int64_t mode = encode_airduct_mode(json_get_str(e->params, "mode"));
	char text[16];
	int64_t have;

	encode_fact_text(now, "device.airduct.modeCur", text, sizeof(text));
	return parse_i64(text, 0, 255, &have) == 0 && have == mode;
}

/* The lamp under the bed is never reported. */
static bool reports_lamp(struct effect *e, const struct state *before)
{
	const char *node = json_get_str(e->params, "node");

	(void)before;
	e->index = node && strcmp(node, "work") == 0 ? LIGHT_WORK : LIGHT_CHAMBER;
	return !node || strcmp(node, "heatbed") != 0;
}

static bool light_is(const struct effect *e, const struct state *now)
{
	const char *word = light_mode_word(now->lights[e->index]);

	return word && strcmp(word, json_get_str(e->params, "mode")) == 0;
}

static bool nozzle_is(const struct effect *e, const struct state *now)
{
	const struct state_nozzle *n = nozzle_by_id(now, 0);
	double diameter = NAN;

	json_get_num(e->params, "diameter_mm", &diameter);
	return n && fabs(n->diameter_mm - diameter) < 0.01 &&
	       strcmp(n->type, json_get_str(e->params, "type")) == 0;
}

static bool extruder_is(const struct effect *e, const struct state *now)
{
	const struct state_nozzle *n;
	int64_t index = 0;

	json_get_i64(e->params, "index", &index);
	n = nozzle_by_id(now, (int)index);
	return n && n->active == TRI_YES;
}

static bool records(const struct effect *e, const struct state *now)
{
	return now->device.recording == wanted(e, "on");
}

static bool lapses(const struct effect *e, const struct state *now)
{
	return now->device.timelapse == wanted(e, "on");
}

static bool resolution_is(const struct effect *e, const struct state *now)
{
	char text[16];

	encode_fact_text(now, "ipcam.resolution", text, sizeof(text));
	return strcmp(text, json_get_str(e->params, "size")) == 0;
}

static bool names_slot(struct effect *e, const struct state *before)
{
	struct encode_slot slot;
	const char *text = json_get_str(e->params, "slot");

	return text && encode_slot_parse(before, text, &slot) == 0;
}

static bool loaded(const struct effect *e, const struct state *now)
{
	struct encode_slot slot;

	return encode_slot_parse(now, json_get_str(e->params, "slot"), &slot) == 0 &&
	       now->ams.active_tray == slot.tray;
}

/* Nothing loaded; of a slot that was named, that it is not this one. */
static bool unloaded(const struct effect *e, const struct state *now)
{
	if (!now->ams.active_known) {
		return false;
	}
	if (json_get_str(e->params, "slot") && encode_is_dual(now)) {
		return !loaded(e, now);
	}
	return now->ams.active_tray == UNKNOWN_INT;
}

/* Everything that was given stands there. */
static bool slot_holds(const struct effect *e, const struct state *now)
{
	const char *type = json_get_str(e->params, "type");
	const char *color = json_get_str(e->params, "color");
	const char *profile = json_get_str(e->params, "profile");
	struct encode_slot slot;
	char want[9];
	int64_t c;

	if (encode_slot_parse(now, json_get_str(e->params, "slot"), &slot) < 0 || !slot.tray_now) {
		return false;
	}
	if (type && type[0] == '\0') {
		return slot.tray_now->type[0] == '\0';
	}
	if (color &&
	    (!encode_parse_color(color, want) || strcmp(slot.tray_now->color, want) != 0)) {
		return false;
	}
	if ((json_get_i64(e->params, "nozzle_min_c", &c) && slot.tray_now->nozzle_min_c != c) ||
	    (json_get_i64(e->params, "nozzle_max_c", &c) && slot.tray_now->nozzle_max_c != c)) {
		return false;
	}
	return (!type || strcasecmp(slot.tray_now->type, type) == 0) &&
	       (!profile || strcmp(slot.tray_now->profile, profile) == 0);
}

static bool names_unit(struct effect *e, const struct state *before)
{
	const char *text = json_get_str(e->params, "unit");

	return text && encode_unit_parse(before, text, &e->index) == 0;
}

static bool dries(const struct effect *e, const struct state *now)
{
	const struct ams_unit *u = encode_unit_find(now, e->index);

	return u && u->drying == TRI_YES;
}

static bool dries_no_more(const struct effect *e, const struct state *now)
{
	const struct ams_unit *u = encode_unit_find(now, e->index);

	return u && u->drying == TRI_NO;
}

static const struct effect_rule rules[] = {
    {"ams.dry_start", names_unit, dries, .by_error = true},
    {"ams.dry_stop", names_unit, dries_no_more},
    {"ams.load", names_slot, loaded, .by_error = true},
    {"ams.option", reports_option, option_is},
    {"ams.set", names_slot, slot_holds},
    {"ams.unload", NULL, unloaded, .by_error = true},
    {"device.airduct", NULL, airduct_is},
    {"device.extruder", NULL, extruder_is, .by_error = true},
    {"device.fan", NULL, fan_is},
    {"device.light", reports_lamp, light_is, .open = true},
    {"device.nozzle", NULL, nozzle_is},
    {"device.record", NULL, records},
    {"device.resolution", NULL, resolution_is},
    {"device.temp", aims_at_heater, target_is},
    {"device.timelapse", NULL, lapses},
    {"print.calibrate", NULL, begun, .by_error = true},
    {"print.clear_error", NULL, error_gone},
    {"print.hms_action", NULL, action_worked, .by_error = true,
	.own_errors = {ERROR_CANCELLED, ERROR_CANCELLED_OLD}},
    {"print.option", reports_option, option_is},
    {"print.pause", NULL, paused, .by_error = true, .by_end = true, .refused_twice = true,
	.own_errors = {ERROR_PAUSED_BY_USER}},
    {"print.resume", NULL, printing, .by_error = true, .by_end = true, .refused_twice = true},
    {"print.skip", NULL, skipped, .by_end = true},
    {"print.speed", NULL, speed_is},
    {"print.start", names_path, started, .by_error = true},
    {"print.stop", NULL, stopped, .by_error = true,
	.own_errors = {ERROR_CANCELLED, ERROR_CANCELLED_OLD}},
};

const struct effect_rule *effect_rule_find(const char *method)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if (strcmp(rules[i].method, method) == 0) {
			return &rules[i];
		}
	}
	return NULL;
}
