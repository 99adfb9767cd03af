/* SPDX-License-Identifier: MIT */
/* The database of past prints: opening, recording events, reading. Used by one thread at a time, no
 * loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/event.h"
#include "daemon/store/history.h"

struct history_db;

/* One event; texts owned. */
struct history_item {
	enum event_kind kind;
	uint64_t seq;
	int64_t wall_ms;
	char *printer, *serial, *data;
};

/* What is recorded at once: all of it and the cursor, or nothing. */
struct history_batch {
	uint32_t epoch;
	uint64_t upto; /* the newest event looked at */
	bool gap;      /* events before it are lost: what they ended is not known */
	int64_t keep;
	struct history_item *items;
	size_t count, cap;
};

bool history_wants(enum event_kind kind);
void history_batch_finish(struct history_batch *b);
void history_answer_finish(struct history_answer *a);

/* Opens nothing yet. dir: the state directory. */
struct history_db *history_db_create(const char *dir);
void history_db_destroy(struct history_db *d); /* closes; NULL is fine */
bool history_db_exists(const struct history_db *d);
/* Some thread is inside one of the following. */
bool history_db_in_use(const struct history_db *d);
/* Each opens the file if it is not. 0; -EAGAIN: the file was damaged or not ours, is set aside, and
 * a new one begins with no cursor; another negative errno.
 *
 * The last event that is recorded, 0.0 when there is none. */
int history_db_cursor(struct history_db *d, uint32_t *ret_epoch, uint64_t *ret_seq);
int history_db_record(struct history_db *d, const struct history_batch *b);
int history_db_read(
    struct history_db *d, const struct history_query *q, struct history_answer *ret);
