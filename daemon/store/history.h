/* SPDX-License-Identifier: MIT */
/* The history of prints: what the events say about each job, kept in STATE/history.sqlite. A thread
 * does everything that touches the file. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_log;
struct history;
struct history_ask;
struct hub;
struct loop;

enum history_result {
	HISTORY_RUNNING, /* no end was told of */
	HISTORY_FINISHED,
	HISTORY_FAILED,
	HISTORY_CANCELLED,
	HISTORY_UNKNOWN, /* it is over, and nobody saw how it ended */
	HISTORY_RESULT_COUNT
};
const char *history_result_word(enum history_result r); /* NULL while it runs */

/* Numbers: -1 not known. Texts: NULL not known. */
struct history_print {
	uint32_t epoch; /* the event it began with is its id */
	uint64_t seq;
	char *printer, *serial, *job, *file, *code, *reason;
	char *filament; /* JSON array: the trays that fed it, in their order */
	enum history_result result;
	int64_t started_ms, ended_ms, duration_s;
	int64_t first_ms, last_ms; /* the events about it */
	int64_t percent, layer, total_layers;
	bool late;	   /* its start or end was told of afterwards */
	bool before_print; /* it ended before it came to printing */
};

struct history_total {
	char *printer, *serial;
	int64_t prints[HISTORY_RESULT_COUNT];
	int64_t timed, timed_s; /* prints whose duration is known, and its sum */
};

enum history_question { HISTORY_LIST, HISTORY_GET, HISTORY_STATS };

struct history_query {
	enum history_question question;
	char **serials; /* of these printers alone; NULL: of all */
	size_t serial_count;
	char *name;	  /* or of one that is called so, or has that serial; NULL */
	int64_t since_ms; /* told of then or later; -1 */
	/* Which one; LIST: only earlier ones, 0.0 all. */
	uint32_t epoch;
	uint64_t seq;
	int64_t limit; /* LIST, newest first */
};

void history_query_finish(struct history_query *q);

struct history_answer {
	int error; /* negative errno: nothing could be read */
	struct history_print *prints;
	size_t print_count;
	bool more; /* there are earlier ones */
	struct history_total *totals;
	size_t total_count;
};

struct history_deps {
	struct loop *loop;
	struct hub *hub;
	struct event_log *events; /* NULL: what the hub holds */
	const char *state_dir;	  /* copied */
};

/* NULL: not in this build. Nothing is kept before history_set. */
struct history *history_create(const struct history_deps *deps);
/* keep: so many prints, older ones go. */
void history_set(struct history *h, bool enabled, int64_t keep);
bool history_enabled(const struct history *h); /* NULL: no */
/* Records what was told so far; waits up to 5 s. Before the hub goes. NULL is fine. */
void history_destroy(struct history *h);

/* Answers on the loop, after what was told before is recorded. What the query holds is owned from
 * here on; the answer is borrowed during done. */
struct history_ask *history_ask(struct history *h, const struct history_query *q,
    void (*done)(void *arg, const struct history_answer *a), void *arg);
/* done is not called any more; only before it was. */
void history_cancel(struct history_ask *a);
