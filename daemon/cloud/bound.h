/* SPDX-License-Identifier: MIT */
/* The printers bound to an account, as the bind list tells them (bambu.md 1.7). Pure. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/cloud/account.h"

#define BOUND_MAX 10000 /* more of a list are left out */

struct bound {
	struct account_device *list; /* by serial, each once; strings and codes are owned */
	size_t count;
	char *user; /* whose they are, "u_<uid>"; NULL when nobody's */
	enum account_region region;
	int64_t told_ms; /* wall clock of the cloud's word */
};

void bound_finish(struct bound *b); /* wipes; a zeroed one is fine */
/* devices: the list of the answer. Takes what is fit from it into a zeroed *ret. */
void bound_parse(json_object *devices, struct bound *ret);
/* Those of `to` that have no name get the one that `from` has for them. */
void bound_take_names(struct bound *to, const struct bound *from);
/* Whether that is news; not for a printer that is not bound. */
bool bound_name(struct bound *b, const char *serial, const char *name);
/* In their printers and names; what is online counts in `equal` alone. */
bool bound_equal_kept(const struct bound *a, const struct bound *b);
bool bound_equal(const struct bound *a, const struct bound *b);
