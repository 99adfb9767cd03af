/* SPDX-License-Identifier: MIT */
/* What the effect*.c files share: the rules by which a state shows that a command worked. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/model/effect.h"
#include "daemon/model/state.h"

struct effect_rule {
	const char *method;
	/* Whether there is something to see; fills what `holds` needs. NULL: always. */
	bool (*prepare)(struct effect *e, const struct state *before);
	bool (*holds)(const struct effect *e, const struct state *now);
	bool by_error;		/* a new print error speaks against it */
	bool by_end;		/* so does the end of the job */
	bool refused_twice;	/* the printer declines it where it is so already */
	bool open;		/* works while the printer wants signed commands */
	uint32_t own_errors[2]; /* what the printer reports because of the command itself */
};
const struct effect_rule *effect_rule_find(const char *method);

struct effect {
	const struct effect_rule *rule;
	json_object *params;
	enum print_state was;
	uint32_t was_error;
	enum control_state was_control;
	char was_task[24]; /* number of the job before, "" none */
	int index;	   /* nozzle, unit, level...: see `prepare` */
	double value;	   /* number aimed at */
	bool asked;	   /* the first effect_check is over */
	bool held;	   /* it was so before */
	char why[200];
};

bool effect_at_rest(enum print_state s); /* no job, as far as the printer says */
