/* SPDX-License-Identifier: MIT */
/* Follows one command in the state of its printer until it shows or something speaks against it. */
#include "daemon/model/effect.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/util.h"
#include "daemon/model/effect_internal.h"
#include "daemon/model/hms.h"

#define ERROR_REAL 0x4000u /* lower halves below that are phases, not errors (bambu.md 6.7) */

bool effect_at_rest(enum print_state s)
{
	return s == PRINT_IDLE || s == PRINT_FINISHED || s == PRINT_FAILED;
}

struct effect *effect_create(const char *method, json_object *params, const struct state *before)
{
	const struct effect_rule *rule = effect_rule_find(method);
	struct effect *e;

	if (!rule) {
		return NULL;
	}
	e = xcalloc(1, sizeof(*e));
	e->rule = rule;
	e->params = json_object_get(params);
	e->was = before->print.state;
	e->was_error = before->print.error;
	e->was_control = before->control;
	if (rule->prepare && !rule->prepare(e, before)) {
		effect_destroy(e);
		return NULL;
	}
	e->held = rule->holds(e, before);
	return e;
}

void effect_destroy(struct effect *e)
{
	if (e) {
		json_object_put(e->params);
		free(e);
	}
}

/* An error that came since, and not because the command did what it should. */
static bool has_new_error(const struct effect *e, const struct state *now)
{
	uint32_t error = now->print.error;

	return e->rule->by_error && error != e->was_error && (error & 0xFFFF) >= ERROR_REAL &&
	       error != e->rule->own_errors[0] && error != e->rule->own_errors[1];
}

bool effect_is_so(const char *method, json_object *params, const struct state *now)
{
	struct effect *e = effect_create(method, params, now);
	bool so = e && e->rule->refused_twice && e->held;

	effect_destroy(e);
	return so;
}

static bool has_failed(struct effect *e, const struct state *now)
{
	if (!e->rule->open && now->control == CONTROL_LOCKED && e->was_control != CONTROL_LOCKED) {
		snprintf(e->why, sizeof(e->why), "%s", now->control_evidence);
		return true;
	}
	if (has_new_error(e, now)) {
		struct print_error_info info;

		print_error_describe(now->print.error, &info);
		snprintf(e->why, sizeof(e->why), "the printer reports error %s%s%s", info.code,
		    info.text ? ": " : "", info.text ? info.text : "");
		return true;
	}
	if (now->print.error == 0) {
		e->was_error = 0; /* the same one again is a new one */
	}
	if (e->rule->by_end && !effect_at_rest(e->was) && effect_at_rest(now->print.state)) {
		snprintf(e->why, sizeof(e->why), "the job ended: the printer is %s",
		    print_state_word(now->print.state));
		return true;
	}
	return false;
}

enum effect_verdict effect_check(struct effect *e, const struct state *now, const char **ret_why)
{
	bool first = !e->asked;

	e->asked = true;
	if (e->rule->holds(e, now)) {
		return first && e->held ? EFFECT_ALREADY : EFFECT_SEEN;
	}
	if (has_failed(e, now)) {
		if (ret_why) {
			*ret_why = e->why;
		}
		return EFFECT_FAILED;
	}
	return EFFECT_WAIT;
}
