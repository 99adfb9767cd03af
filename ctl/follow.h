/* SPDX-License-Identifier: MIT */
/* The lines of a subscription handed out until the verb has enough, Ctrl-C, a deadline, or the end
 * of the daemon or of the reader. */
#pragma once

#include <signal.h>

#include "ctl/verbs.h"

#define FOLLOW_INTERRUPTED 130 /* what the shell reports for a program that SIGINT ended */
#define FOLLOW_TERMINATED 143
#define FOLLOW_READER_GONE 141 /* the same of SIGPIPE */

enum { FOLLOW_ON = -1 }; /* returned by callbacks: no exit status yet */

struct follow {
	struct ctl *c;
	void *arg;
	int64_t sub; /* notifications of other subscriptions are not handed out */
	/* One notification. Returns FOLLOW_ON, or the exit status of the verb. */
	int (*on_line)(void *arg, const char *method, json_object *params);
	/* Every line at hand was handed out (NULL = not wanted). Sets when it wants to be called
	 * again without a line, in ms (-1 = not). Returns as on_line. */
	int (*on_idle)(void *arg, int64_t *ret_again_ms);
	/* The time of timeout_ms is over. Returns the exit status. */
	int (*on_timeout)(void *arg);
	/* The daemon went: the params of the call that goes on where it ended, owned by the caller.
	 * NULL = the verb ends with it. */
	json_object *(*again)(void *arg);
	/* The result of that call. */
	void (*resumed)(void *arg, json_object *result);
	int64_t timeout_ms;  /* from follow_run on; -1 = none */
	const char *go_on;   /* hint said when the daemon goes; NULL = none */
	const char *method;  /* private */
	sigset_t wait_mask;  /* private */
	int64_t deadline_ms; /* private */
};

/* From here on signals end a ppoll with that mask instead of the program. */
void follow_catch_signals(sigset_t *ret_wait_mask);
/* FOLLOW_ON, or the status for the signal that came. */
int follow_caught(void);
/* Begins: from here on Ctrl-C ends follow_run instead of the program. Calls events.subscribe (or
 * another method that answers with `sub`) and hands over its result. 0, or the exit status,
 * reported. params is taken. */
int follow_begin(struct follow *f, const char *method, json_object *params, json_object **ret);
/* Hands out lines; returns the exit status, with what went wrong reported. */
int follow_run(struct follow *f);
/* True once after the size of the terminal changed. */
bool follow_resized(void);
/* What was printed so far goes to the reader now. FOLLOW_ON, or the status when that failed. */
int follow_flush(struct ctl *c);
