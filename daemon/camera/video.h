/* SPDX-License-Identifier: MIT */
/* The helper of one RTSPS camera: H.264 pictures go to bambud-video, JPEG pictures come back. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frame;
struct loop;
struct spawner;
struct video;

struct video_handler {
	/* From the loop; takes the frame over; may destroy. */
	void (*frame)(void *arg, struct frame *f);
	/* It ended, or no picture came of what it got: it is started anew, later each time. May be
	 * called within video_take; must not destroy. */
	void (*failed)(void *arg, const char *why);
	void *arg;
};

/* Started with the first picture it is given. */
struct video *video_create(struct loop *l, struct spawner *spawner, const struct video_handler *h);
void video_destroy(struct video *v); /* NULL is fine */
/* One whole picture, copied; dropped, with all up to the next key, where the helper is behind.
 * alone: a key on which nothing builds. */
void video_take(struct video *v, const uint8_t *data, size_t len, bool key, bool alone);
