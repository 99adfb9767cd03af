/* SPDX-License-Identifier: MIT */
/* Subscriptions: events by cursor out of ring and log, states merged until the client reads. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct api_deps;
struct conn;
struct sub;
struct subs;

#define SUBS_PER_CONN_MAX 16
#define SUBS_BURST 64	    /* notifications to one client in one go, then the others' turn */
#define SUBS_REFRESH_MS 200 /* selectors that depend on state are matched anew no oftener */

struct sub_spec {
	const char *selector;
	bool state;	   /* wants state notifications */
	uint32_t sections; /* SECTION_BIT mask of them */
	uint64_t kinds;	   /* mask of enum event_kind */
	bool since;	   /* replay from the cursor below, else from now on */
	uint32_t since_epoch;
	uint64_t since_seq;
	double max_hz; /* 0 = as they come; else per printer */
};

/* Observes deps->hub. deps outlives it. */
struct subs *subs_create(const struct api_deps *deps);
void subs_destroy(struct subs *s); /* after every connection was dropped */
/* 0 with a number unique in its connection. Notifications follow from the loop, never before the
 * reply. Negative with *e: overflow, no_such_printer, ambiguous_printer. */
int subs_add(struct subs *s, struct conn *c, const struct sub_spec *spec, unsigned *ret_number,
    struct err *e);
/* -ENOENT when the connection has no such subscription. */
int subs_remove(struct subs *s, struct conn *c, int64_t number);
/* The connection ends. */
void subs_drop(struct subs *s, struct conn *c);
/* The client has read everything: what was merged meanwhile is rendered now. */
void subs_drained(struct subs *s, struct conn *c);
/* Sends what is due now to everybody who reads (before the daemon ends). */
void subs_pump(struct subs *s);
unsigned subs_count(const struct subs *s);

struct subs_counters {
	uint64_t events, states, merged, lost;
};
const struct subs_counters *subs_counters(const struct subs *s);
