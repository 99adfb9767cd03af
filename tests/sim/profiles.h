/* SPDX-License-Identifier: MIT */
/* The flow profiles of a simulated printer, as it lists them when asked. */
#pragma once

#include <json-c/json.h>

#include "common/jw.h"

/* body: of the request. */
void sim_profiles_write(struct jw *w, json_object *body, const char *sequence);
