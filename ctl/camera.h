/* SPDX-License-Identifier: MIT */
/* Cameras: their state, single pictures, streams of them. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/verbs.h"

#define CAMERA_TIMEOUT_MS 20000 /* the daemon itself gives up after 15 s */

struct part;

void camera_show_status(struct ctl *c, json_object *result);
void camera_show_url(struct ctl *c, json_object *result);
int snapshot_run(struct ctl *c);
int camera_stream_run(struct ctl *c);
int camera_record_run(struct ctl *c);
int camera_timelapse_run(struct ctl *c);

/* Whether --show can draw, asked before the picture is. stdout_taken: something else goes there, so
 * stderr is drawn on. 0, or the exit status, reported. */
int snapshot_check_show(struct ctl *c, bool stdout_taken);
/* Draws; the same answers. */
int snapshot_show(struct ctl *c, bool stdout_taken, const char *jpeg, size_t len);

/* The printer and, where the verb wants one, the word behind it: [PRINTER] WORD. Connects. 0 with
 * an owned printer, or the exit status, reported. */
int camera_words(struct ctl *c, const char *what, char **ret_printer, const char **ret_word);

/* Pictures as they come. */
struct camera_follow {
	struct ctl *c;
	void *arg;
	/* Returns FOLLOW_ON, or the exit status. */
	int (*picture)(void *arg, const struct part *p);
	int64_t end_ms;		   /* by client_now_ms; -1 = never */
	const sigset_t *wait_mask; /* of follow_catch_signals; NULL = signals end the program */
};
/* Until a callback says so, a signal, the end of stdout's reader or an error: the exit status,
 * reported; at end_ms 0. Uses the connection up. */
int camera_follow_run(struct camera_follow *f, const char *printer);
