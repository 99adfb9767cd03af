/* SPDX-License-Identifier: MIT */
/* All recordings of messages: which of them hears what. */
#pragma once

#include <stdbool.h>

struct api_deps;
struct printer;
struct recorders;
struct recording;

#define RECORDINGS_MAX 16 /* of all clients */

/* Takes the place of deps->fleet's wire. deps outlives it. */
struct recorders *recorders_create(const struct api_deps *deps);
void recorders_destroy(struct recorders *all); /* after every connection was dropped */
bool recorders_full(const struct recorders *all);
void recorders_add(struct recorders *all, struct recording *one);
void recorders_remove(struct recorders *all, struct recording *one);
/* Ends those of this printer; returns how many. */
unsigned recorders_stop(struct recorders *all, const struct printer *p);
