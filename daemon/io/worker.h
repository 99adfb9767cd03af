/* SPDX-License-Identifier: MIT */
/* Threads for what cannot but block; results arrive on the loop. */
#pragma once

#include <stdbool.h>

#include "common/util.h"

struct loop;
struct worker_pool;
struct worker_shared;

/* One piece of blocking work, embedded in what it works on. Exactly one of done and drop is called,
 * as the last thing, and frees it. run and drop may run in a thread: they touch nothing of the
 * loop's. */
struct worker_job {
	struct list link;
	void (*run)(struct worker_job *job);
	void (*done)(struct worker_job *job); /* on the loop, never before worker_submit returned */
	void (*drop)(struct worker_job *job); /* instead of done: cancelled, or the pool is gone */
	/* On the loop, after worker_tell; calls that follow each other closely become one. Not
	 * called any more once cancelled. NULL for jobs that tell nothing. */
	void (*told)(struct worker_job *job);
	struct list told_link;
	struct worker_shared *shared;
	bool cancelled;
};

/* Threads start when work comes, at most `threads`; all signals are blocked in them. NULL without
 * an eventfd. */
struct worker_pool *worker_pool_create(struct loop *l, unsigned threads);
/* Waits for nothing: a thread that still runs a job ends when the job returns, or with the process.
 * NULL is fine. */
void worker_pool_destroy(struct worker_pool *p);
/* As destroy, but waits for jobs that run, which somebody has told to end: at most wait_ms. */
void worker_pool_destroy_wait(struct worker_pool *p, unsigned wait_ms);
void worker_submit(struct worker_pool *p, struct worker_job *job);
/* done is not called any more; only from the loop's thread, before done was called. */
void worker_cancel(struct worker_pool *p, struct worker_job *job);
/* From inside run: told is called on the loop, before done. The job stays while told runs: its
 * thread waits with done and drop. */
void worker_tell(struct worker_job *job);
