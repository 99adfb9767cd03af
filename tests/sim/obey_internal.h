/* SPDX-License-Identifier: MIT */
/* Between the files that obey: one order, and those that other files carry out. */
#pragma once

#include <json-c/json.h>
#include <stdint.h>

#include "tests/sim/state.h"

struct obey_place;

struct order {
	struct sim_state *s; /* a copy: thrown away when the order is declined */
	const struct sim_model *m;
	const struct obey_place *at;
	json_object *body;
};

/* NULL, or why not. */
typedef const char *(*order_fn)(struct order *o);

/* A whole number of the body; -1 when absent or another thing. */
int order_number(const struct order *o, const char *key);

/* obey_start.c */
const char *order_project(struct order *o);
const char *order_gcode_file(struct order *o);
/* obey_heat.c */
const char *order_gcode(struct order *o);
const char *order_bed(struct order *o);
const char *order_nozzle(struct order *o);
const char *order_chamber(struct order *o);
/* obey_ams.c */
const char *order_spool(struct order *o);
const char *order_change(struct order *o);
const char *order_unload(struct order *o);
const char *order_dry(struct order *o);
