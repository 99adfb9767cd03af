/* SPDX-License-Identifier: MIT */
/* A start of a print at one printer: what it needs, what forbids it, and a watch over it until the
 * job prints. At most one at a time. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/io/loop.h"

struct err;
struct op;
struct printer;

/* A printer needs up to 135 s before it shows a new job (bambu.md 5 "project"). */
#define START_STUCK_MS (180 * 1000)

enum start_phase {
	START_NONE,
	START_UNDER_WAY, /* its command is in the queue or waits for its effect */
	START_UNKNOWN,	 /* sent, and nobody knows whether it took: it still may */
	START_PREPARING, /* the job was taken and does not print yet */
	START_PHASE_COUNT
};

struct start {
	enum start_phase phase;
	char op[24];
	char *job; /* owned: the name it goes by */
	int64_t begun_ms;
	struct loop_timer timer;
};

bool start_is(const char *method);
void start_init(struct printer *p);
void start_finish(struct printer *p);
/* The parameters of a start with "path" in place of "file", as an object of its own. 0 with *ret
 * owned, or negative with *e. */
int start_complete(struct printer *p, json_object *params, json_object **ret, struct err *e);
/* A number for the job that no other is likely to have. */
uint32_t start_new_id(void);
/* 0 when a start would disturb nothing, or negative with *e: stale, busy. */
int start_check(const struct printer *p, struct err *e);
/* The same right before it is sent, when its own operation exists: NULL or why not, in buf. */
const char *start_check_late(const struct printer *p, char *buf, size_t size);
/* path: where the file is on the printer. */
void start_begun(struct printer *p, struct op *op, const char *path);
/* An operation has ended, any. */
void start_ended(struct printer *p, const struct op *op);
/* The state may have changed. */
void start_look(struct printer *p);
