/* SPDX-License-Identifier: MIT */
/* The body of the history on the loop, for history.c and history_ask.c only. */
#pragma once

#include "daemon/io/loop.h"
#include "daemon/io/worker.h"
#include "daemon/model/hub.h"
#include "daemon/store/history_db.h"

struct history_ask {
	struct list link; /* of those that wait; alone once its job runs */
	struct worker_job job;
	struct history *history;
	struct history_db *db;
	struct history_query query;
	struct history_answer answer;
	uint64_t upto; /* waits for this event to be recorded */
	bool running, again;
	void (*done)(void *arg, const struct history_answer *a);
	void *arg;
};

struct history {
	struct history_deps deps;
	bool enabled;
	int64_t keep;
	struct worker_pool *pool;
	struct history_db *db; /* the thread's while a job is there */
	struct hub_observer observer;

	bool located;	/* `after` is what the file knows */
	uint64_t after; /* recorded up to here */
	bool gap;	/* what came before it is lost */
	bool busy;	/* a job of recording is under way */
	int error;	/* negative errno of the last try, 0 it went well */
	bool told;	/* disk.full was filed */
	int64_t retry_ms;
	struct loop_timer look;	   /* what was told is recorded then */
	struct loop_deferred tell; /* an observer files no events */
	struct list asks;	   /* wait until it is */
};

/* history.c: records what there is now, or answers who asks. */
void history_look(struct history *h);
/* history_ask.c: hands those to the thread who wait for events up to that one. */
void history_serve(struct history *h, uint64_t upto);
void history_drop_asks(struct history *h);
