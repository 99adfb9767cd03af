/* SPDX-License-Identifier: MIT */
/* Flow profiles as a printer lists them in its answer (bambu.md 5). Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct report;

#define PROFILES_MAX 256

struct flow_profile {
	int index;		     /* what the printer calls it by */
	int nozzle;		     /* extruder id; UNKNOWN_INT not said */
	char name[64], filament[24]; /* "" unknown */
	double k, n, diameter_mm;    /* NAN unknown */
	char hotend[16];	     /* its kind, as HS00-0.4; "" not said */
};
struct profile_list {
	struct flow_profile *entries; /* owned */
	size_t count;
};

/* r is a REPORT_ACK. False: it lists none, not even an empty list. */
bool profiles_take(struct profile_list *l, const struct report *r);
void profiles_finish(struct profile_list *l);
