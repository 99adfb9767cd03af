/* SPDX-License-Identifier: MIT */
/* The latest picture of a camera: counted references, age, rate. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_BYTES_MAX (4u * 1024 * 1024)

/* Whole JPEG, never changed once it is put. */
struct frame {
	unsigned refs;
	uint64_t number; /* of the camera, from 1 */
	int64_t mono_ms, wall_ms;
	int width, height; /* from the JPEG header */
	size_t len;
	uint8_t data[];
};

/* refs 1, number 0, len bytes to be filled. */
struct frame *frame_create(size_t len);
struct frame *frame_ref(struct frame *f);
void frame_unref(struct frame *f); /* NULL is fine */

/* Embedded in a camera. */
struct frames {
	struct frame *latest; /* NULL: none yet */
	uint64_t count, bytes;
	int64_t recent_ms[16]; /* arrivals, for the rate */
};
/* Takes the reference over; sets number and times. */
void frames_put(struct frames *f, struct frame *frame, int64_t mono_ms, int64_t wall_ms);
/* Pictures a second over the last arrivals; 0 when the last is older than 10 s, NAN
 * while there are none to count. */
double frames_rate(const struct frames *f, int64_t mono_ms);
void frames_finish(struct frames *f);
