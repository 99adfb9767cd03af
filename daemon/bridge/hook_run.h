/* SPDX-License-Identifier: MIT */
/* One event told by one hook: a program that runs, or a request that is made. */
#pragma once

#include <stdbool.h>

struct hook_config;
struct hook_event;
struct hook_exec;
struct hook_post;
struct http;
struct loop;
struct spawn_port;

/* How it went. */
struct hook_verdict {
	bool ok;
	int code;	  /* exit status or HTTP status; -1: there was none */
	char reason[200]; /* of a failure, for people */
};

/* Once, from the loop, never before the start returns; what was started is gone then. */
typedef void (*hook_done_fn)(void *arg, const struct hook_verdict *v);

/* Runs the program; c is used for the call alone. NULL with *ret_verdict when it cannot be
 * started. */
struct hook_exec *hook_exec_start(struct loop *l, struct spawn_port *port,
    const struct hook_config *c, const struct hook_event *e, hook_done_fn done, void *arg,
    struct hook_verdict *ret_verdict);
/* Kills it; done is not called. NULL is fine. */
void hook_exec_stop(struct hook_exec *x);

/* Posts the event; c is copied. rests: it waits for its next try. */
struct hook_post *hook_post_start(struct loop *l, struct http *http, const struct hook_config *c,
    const struct hook_event *e, hook_done_fn done, void (*rests)(void *arg), void *arg);
bool hook_post_resting(const struct hook_post *p);
/* done is not called. NULL is fine. */
void hook_post_stop(struct hook_post *p);
