/* SPDX-License-Identifier: MIT */
/* The struct behind camera.h, for the files that make a camera: life, phases, the feeds of the
 * ports 6000 and 322. */
#pragma once

#include "daemon/camera/camera.h"
#include "daemon/camera/jpeg6000.h"
#include "daemon/camera/video.h"
#include "daemon/io/backoff.h"
#include "daemon/io/loop.h"
#include "daemon/io/stream.h"

enum {
	CAMERA_GAP_MS = 2000,	 /* from a close to the next dial: the printer has one slot */
	CAMERA_STALL_MS = 10000, /* without a picture */
	CAMERA_LINGER_MS = 30000,
};

/* One connection, from dial to close. */
struct camera_feed {
	struct stream *stream; /* NULL: none */
	struct jpeg6000 split;
	struct rtsps *rtsps; /* with a stream of port 322, else NULL */
	bool up;	     /* verified, the code was sent */
	bool ran;	     /* it gave a picture */
	uint64_t bytes;	     /* since up */
	int64_t up_mono_ms;
	int64_t first_mono_ms; /* of its pictures */
};

struct camera {
	struct loop *loop;
	struct camera_handler handler;
	struct camera_target target; /* its pointers are ours */
	uint8_t pin[32];
	enum camera_phase phase;
	enum err_type error;
	char why[256];
	struct camera_feed feed;
	bool proved; /* pictures came with this code */
	bool lost;   /* told so, and not yet back */
	bool had_up;
	bool resting;		/* nothing is tried: phase and why are no verdict of a try */
	int64_t closed_mono_ms; /* when the last connection was, -1 none yet */
	/* A P2S cuts its stream every few seconds (bambu.md 2.7): so many dials at once. */
	unsigned quick_left;
	bool quick_ran;	     /* they are for a stream that ran */
	int64_t gap_ms;	     /* from a close to the next dial */
	struct video *video; /* RTSPS, once a picture came; NULL at rest */
	struct backoff backoff;
	struct loop_timer redial, stall, linger;
	struct loop_deferred tell; /* viewers whose time is over */
	struct frames frames;
	struct list viewers;
	unsigned viewer_count;
	uint64_t bytes, reconnects;
};

/* camera_phase.c */
/* Does what target, viewers and time ask for now: closes, waits, dials, or leaves it. */
void camera_look(struct camera *c);
/* The one writer of phase, error and why; text NULL: nothing to say. */
void camera_enter(struct camera *c, enum camera_phase phase, enum err_type error, const char *text);
/* The connection ended in a verdict: the next one is planned. */
void camera_fail(struct camera *c, enum camera_phase phase, enum err_type error, const char *text);
/* Whatever was found out before counts no more. */
void camera_restart(struct camera *c);
void camera_close_feed(struct camera *c);
bool camera_is_final(const struct camera *c, const struct camera_viewer *v);
void camera_on_redial(void *arg);
void camera_on_stall(void *arg);
/* The whole frame is taken over. */
void camera_take_frame(struct camera *c, struct frame *f);

/* camera_jpeg.c */
void camera_open_jpeg(struct camera *c);

/* camera_rtsps.c */
void camera_open_rtsps(struct camera *c);
void camera_close_rtsps(struct camera *c);
