/* SPDX-License-Identifier: MIT */
/* The helper of one RTSPS camera: H.264 pictures go to bambud-video, JPEG pictures come back. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct frame;
struct loop;
struct video;
struct video_pool;

struct video_handler {
	/* From the loop; takes the frame over; may destroy. */
	void (*frame)(void *arg, struct frame *f);
	/* It ended, no picture came of what it got, or there is no room for it: it is started anew,
	 * later each time. May be called within video_take, also that of another one; must not
	 * destroy. */
	void (*failed)(void *arg, enum err_type error, const char *why);
	void *arg;
};

/* Started with the first picture it is given. */
struct video *video_create(struct loop *l, struct video_pool *pool, const struct video_handler *h);
void video_destroy(struct video *v); /* NULL is fine */
/* One whole picture, copied; dropped, with all up to the next key, where the helper is behind.
 * alone: a key on which nothing builds. Without memory for all pictures only keys are taken. */
void video_take(struct video *v, const uint8_t *data, size_t len, bool key, bool alone);
