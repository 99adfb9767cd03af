/* SPDX-License-Identifier: MIT */
/* A client's copy of the printers, kept true by the daemon's state notifications (pure). */
#pragma once

#include "common/json.h"

struct mirror {
	json_object *printers; /* name -> status object, in the order they came */
};

void mirror_init(struct mirror *m);
void mirror_finish(struct mirror *m);
/* Takes the printers of a snapshot, in place of what was held. */
void mirror_load(struct mirror *m, json_object *snapshot);
/* Applies the params of a `state` notification; a printer that is new begins with its name alone.
 * Returns its object (borrowed), NULL when the notification names none. */
json_object *mirror_apply(struct mirror *m, json_object *params);
json_object *mirror_get(const struct mirror *m, const char *name);
/* The printer is no more; unknown names are fine. */
void mirror_drop(struct mirror *m, const char *name);
/* Objects are merged member by member; arrays, scalars and null replace. */
void mirror_merge(json_object *into, json_object *changes);
