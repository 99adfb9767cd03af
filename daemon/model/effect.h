/* SPDX-License-Identifier: MIT */
/* What the state of a printer must show before a command counts as done. Pure. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>

struct effect;
struct state;

enum effect_verdict {
	EFFECT_WAIT,	/* nothing to see yet */
	EFFECT_SEEN,	/* the state shows it */
	EFFECT_ALREADY, /* it was so before the command was sent */
	EFFECT_FAILED	/* something happened that speaks against it */
};

/* before: the state when the command is sent; params are those of an encode_command that
 * succeeded, kept by reference. NULL when nothing could be seen of this command on this printer
 * (gcode, buzzer...): its answer is the most that can be known. */
struct effect *effect_create(const char *method, json_object *params, const struct state *before);
void effect_destroy(struct effect *e);
/* EFFECT_ALREADY is said by the first call only, which is to come right at sending; later the same
 * is EFFECT_SEEN. *ret_why (may be NULL) is set with EFFECT_FAILED and stays valid until the next
 * call or effect_destroy. */
enum effect_verdict effect_check(struct effect *e, const struct state *now, const char **ret_why);
/* What the command wants of the job is so in this state, and sending it would only be refused.
 * Never of settings: to send those twice does no harm. */
bool effect_is_so(const char *method, json_object *params, const struct state *now);
