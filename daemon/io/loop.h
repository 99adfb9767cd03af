/* SPDX-License-Identifier: MIT */
/* The event loop: timers in ms on an injectable clock, deferred calls, signals, over one libevent
 * base. */
#pragma once

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/util.h"

struct loop;

/* A clock for tests; functions return ms. */
struct loop_clock {
	int64_t (*mono_ms)(void *arg);
	int64_t (*wall_ms)(void *arg);
	void *arg;
};

/* clock NULL = the machine's CLOCK_MONOTONIC (boottime not counted) and CLOCK_REALTIME. NULL when
 * libevent fails. */
struct loop *loop_create(const struct loop_clock *clock);
void loop_destroy(struct loop *l);
int loop_run(struct loop *l); /* until loop_stop; 0 or negative errno */
void loop_stop(struct loop *l);
void loop_turn(struct loop *l, bool block); /* one round, for tests */
struct event_base *loop_base(struct loop *l);
int64_t loop_now_ms(const struct loop *l);  /* monotonic */
int64_t loop_wall_ms(const struct loop *l); /* since 1970, UTC */
/* Since the machine was started, its sleep counted; with a clock of a test its monotonic one. */
int64_t loop_boot_ms(const struct loop *l);
/* Longest time one round of callbacks took since the last call with reset. ms */
int64_t loop_lag_max_ms(struct loop *l, bool reset);
size_t loop_timers(const struct loop *l); /* armed now */

/* Embedded one-shot timer; own heap, so that thousands cost little and a virtual clock drives them
 * all. */
struct loop_timer {
	struct loop *loop;
	void (*fn)(void *arg);
	void *arg;
	int64_t due_ms;
	size_t heap_index; /* 0 = not armed */
};
void loop_timer_init(struct loop_timer *t, struct loop *l, void (*fn)(void *arg), void *arg);
void loop_timer_start(struct loop_timer *t, int64_t delay_ms); /* re-arms when armed */
void loop_timer_stop(struct loop_timer *t);		       /* fine on a zeroed or stopped one */
bool loop_timer_armed(const struct loop_timer *t);

/* Runs fn once, after the present callback has returned, before the loop sleeps. Embedded; cancel
 * on destroy. */
struct loop_deferred {
	struct list link;
	void (*fn)(void *arg);
	void *arg;
	bool queued;
};
void loop_deferred_init(struct loop_deferred *d, void (*fn)(void *arg), void *arg);
void loop_defer(struct loop *l, struct loop_deferred *d); /* queued already: nothing */
void loop_deferred_cancel(struct loop_deferred *d);

/* Signal handler on the loop; freed with it. 0 or negative errno. */
int loop_signal(struct loop *l, int signum, void (*fn)(void *arg, int signum), void *arg);
