/* SPDX-License-Identifier: MIT */
/* The camera of one printer: one connection, held, shared by everybody who looks (bambu.md 2.6 to
 * 2.8). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/util.h"
#include "daemon/camera/frames.h"
#include "daemon/io/tls.h"

struct camera;
struct loop;
struct secret;
struct video_pool;

enum camera_protocol { CAMERA_PROTOCOL_NONE, CAMERA_PROTOCOL_JPEG, CAMERA_PROTOCOL_RTSPS };
enum camera_wish { CAMERA_WISH_ALWAYS, CAMERA_WISH_ON_DEMAND, CAMERA_WISH_OFF };
enum camera_phase {
	CAMERA_PHASE_OFF, /* nobody wants it, or it may not run: why says so */
	CAMERA_PHASE_CONNECTING,
	CAMERA_PHASE_STREAMING,
	CAMERA_PHASE_STALLED, /* connected, no picture for 10 s */
	CAMERA_PHASE_IDLE,    /* on demand, and nobody looks */
	CAMERA_PHASE_ERROR,   /* waits for the next try: why says what was wrong */
	CAMERA_PHASE_COUNT
};
const char *camera_phase_word(
    enum camera_phase phase); /* off connecting streaming stalled idle error */

/* What is known of the printer, whenever any of it changes. Copied; the secret too. */
struct camera_target {
	const char *name, *serial;
	const char *address; /* numeric; NULL unknown */
	uint16_t port;	     /* 0: of the protocol (6000, 322) */
	const struct secret *code;
	struct tls_profile *profile;
	enum tls_verify verify;
	const uint8_t *pin;
	enum camera_protocol protocol;
	enum camera_wish wish;
	/* The printer must not be asked for pictures now, with the reason (P1 while PREPARE or
	 * upgrading; RTSPS with liveview off); NULL: it may. */
	const char *hold;
	enum err_type hold_error;
	bool code_works;	   /* its broker takes the same code now */
	struct video_pool *videos; /* outlives the camera. NULL: there is no bambud-video */
};

struct camera_view {
	enum camera_protocol protocol;
	enum camera_phase phase;
	const char *why;     /* NULL: nothing to say */
	enum err_type error; /* camera_off camera_refused camera_busy liveview_disabled tls_refused
				printer_offline ... of why, ERR_NONE */
	int64_t frame_mono_ms; /* -1 none */
	int width, height;     /* -1 unknown */
	double rate_hz;
	unsigned viewers;
	uint64_t frames, bytes, reconnects;
};

/* May be called from within camera_set; must not destroy the camera. */
struct camera_handler {
	void (*changed)(void *arg); /* phase or reason */
	void (*frame)(void *arg);
	/* A stream that ran was lost, or came back after that: camera.lost, camera.recovered. */
	void (*lost)(void *arg, const char *why);
	void (*recovered)(void *arg);
	void *arg;
};

/* Off until it is set. */
struct camera *camera_create(struct loop *l, const struct camera_handler *h);
void camera_destroy(struct camera *c); /* tells every viewer it has ended; NULL is fine */
/* Connects anew only where it matters: a stream that runs goes on when address or code change. */
void camera_set(struct camera *c, const struct camera_target *t);
void camera_view(const struct camera *c, struct camera_view *ret);
/* Not older than max_age_ms (-1: any), a reference for the caller; NULL: there is none. */
struct frame *camera_latest(const struct camera *c, int64_t max_age_ms);

/* Somebody who looks: keeps an on-demand camera connected, and 30 s longer. Embedded. Both are
 * called from the loop, never from camera_add_viewer, and may remove any viewer of the camera. */
struct camera_viewer {
	struct list link;
	/* Goes on through what passes by itself (a hold): is not ended then, only gets no picture.
	 */
	bool stays;
	/* A new picture, borrowed: frame_ref it when there is room for it, else leave it. */
	void (*frame)(struct camera_viewer *v, struct frame *f);
	/* No picture will come, why says what is wrong: v is removed already. What is tried again
	 * within a minute (lost, stalled, busy, offline) ends nobody. */
	void (*ended)(struct camera_viewer *v, const struct err *why);
};
void camera_add_viewer(struct camera *c, struct camera_viewer *v);
void camera_remove_viewer(struct camera *c, struct camera_viewer *v); /* after ended too */
