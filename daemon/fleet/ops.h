/* SPDX-License-Identifier: MIT */
/* Operations: what somebody asked for that takes time, under way or ended a moment ago. They belong
 * to nobody's connection. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/util.h"

struct loop;
struct op;
struct ops;

#define OPS_KEEP_MS (5 * 60 * 1000) /* after the end */
#define OPS_ENDED_MAX 4096	    /* ended ones held; beyond, the oldest goes */

enum op_stage {
	OP_STAGE_QUEUED, /* waits for its turn */
	OP_STAGE_SENT,
	OP_STAGE_ACKED,
	OP_STAGE_EFFECTIVE,
	OP_STAGE_COUNT
};
const char *op_stage_word(enum op_stage stage);
/* OP_STAGE_COUNT when it is none. */
enum op_stage op_stage_by_word(const char *word);

/* Written by who carries it out, until op_end; read by everybody. */
struct op {
	struct list link, end_link;
	struct ops *ops;
	uint64_t number;
	char id[24];	    /* "u-12" */
	const char *method; /* static */
	char *printer;	    /* its name */
	enum op_stage stage;
	bool already; /* the state showed what was wanted before it was sent */
	bool ended;
	int64_t begun_ms, ended_ms; /* monotonic; ended_ms -1 while under way */
	struct err error;	    /* ERR_NONE: none so far */
	/* kprofile.get: what the printer listed, while its callback runs; else NULL */
	const struct profile_list *profiles;
	char *path; /* of file.put and file.get: on the printer; else NULL. Freed with it */
	char *job;  /* print.start: what the printer calls it; else NULL. Freed with it */
	/* Bytes so far and in all, -1 unknown. NULL: it moves none, or has ended. */
	void (*progress)(void *arg, int64_t *ret_done, int64_t *ret_total);
	int64_t done, total; /* what it said last; done -1: it moves none */
	/* Drops it if that is still possible: true, and it has ended, or does as soon as the other
	 * side lets go. NULL: never. */
	bool (*cancel)(void *arg, struct op *op);
	void *arg;
};

struct ops *ops_create(struct loop *l);
/* After everybody who carries one out. NULL is fine. */
void ops_destroy(struct ops *o);
/* Owned by o; good for the caller until op_end. */
struct op *ops_begin(struct ops *o, const char *method, const char *printer);
/* It is over, with op->error or without. Nobody writes it any more, and it is freed later. */
void op_end(struct op *op);
/* False: it moves no bytes. */
bool op_progress(const struct op *op, int64_t *ret_done, int64_t *ret_total);
/* ms from its begin to its end or now. */
int64_t op_took_ms(const struct op *op);
/* NULL: never was, or ended too long ago. */
struct op *ops_find(const struct ops *o, const char *id);
/* Oldest first; NULL after the last. */
struct op *ops_next(const struct ops *o, const struct op *after);
/* True when it was dropped; false: it goes on, or has ended. */
bool op_cancel(struct op *op);
