/* SPDX-License-Identifier: MIT */
/* A condition on a key of the status object: print.percent>=50 (pure). */
#pragma once

#include "common/err.h"
#include "common/json.h"

enum cond_op { COND_EQ, COND_NE, COND_LT, COND_LE, COND_GT, COND_GE, COND_COUNT };

struct cond {
	char *key;  /* owned */
	char *text; /* owned */
	enum cond_op op;
	bool is_number;
	double number;
};

/* Whether the text compares something; else it names an event. */
bool cond_is_one(const char *text);
/* 0, or -EINVAL with *e. Always to be finished. */
int cond_parse(struct cond *c, const char *text, struct err *e);
void cond_finish(struct cond *c);
/* 1 = holds, 0 = does not, -ENOENT = no such key. Of several values one is enough. An unknown value
 * (null) is equal to "null" and to nothing else, and no comparison holds for it. ret_value
 * (borrowed from printer, may be NULL): the value that decided. */
int cond_holds(const struct cond *c, json_object *printer, json_object **ret_value);
