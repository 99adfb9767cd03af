/* SPDX-License-Identifier: MIT */
/* The printers bound to an account, as the bind list tells them (bambu.md 1.7). Pure. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/cloud/account.h"

#define BOUND_MAX 10000 /* more of a list are left out */

struct bound {
	struct account_device *list; /* by serial, each once; strings and codes are owned */
	size_t count;
};

void bound_finish(struct bound *b); /* wipes; a zeroed one is fine */
/* devices: the list of the answer. Takes what is fit from it into a zeroed *ret. */
void bound_parse(json_object *devices, struct bound *ret);
bool bound_equal(const struct bound *a, const struct bound *b);
