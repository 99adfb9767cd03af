/* SPDX-License-Identifier: MIT */
/* The latest picture of a camera: counted references, age, rate. Pure. */
#include "daemon/camera/frames.h"

#include <assert.h>
#include <math.h>

#include "common/util.h"

#define RECENT (sizeof(((struct frames *)0)->recent_ms) / sizeof(int64_t))

enum { RATE_AGE_MAX_MS = 10000 };

struct frame *frame_create(size_t len)
{
	struct frame *f = xmalloc(sizeof(*f) + len);

	*f = (struct frame){.refs = 1, .width = -1, .height = -1, .len = len};
	return f;
}

struct frame *frame_ref(struct frame *f)
{
	f->refs++;
	return f;
}

void frame_unref(struct frame *f)
{
	if (f) {
		assert(f->refs > 0);
		if (--f->refs == 0) {
			free(f);
		}
	}
}

void frames_put(struct frames *f, struct frame *frame, int64_t mono_ms, int64_t wall_ms)
{
	f->recent_ms[f->count % RECENT] = mono_ms;
	frame->number = ++f->count;
	frame->mono_ms = mono_ms;
	frame->wall_ms = wall_ms;
	f->bytes += frame->len;
	frame_unref(f->latest);
	f->latest = frame;
}

double frames_rate(const struct frames *f, int64_t mono_ms)
{
	uint64_t held = f->count < RECENT ? f->count : RECENT;
	int64_t first_ms, last_ms;

	if (held < 2) {
		return NAN;
	}
	first_ms = f->recent_ms[(f->count - held) % RECENT];
	last_ms = f->recent_ms[(f->count - 1) % RECENT];
	if (mono_ms - last_ms > RATE_AGE_MAX_MS) {
		return 0;
	}
	if (last_ms <= first_ms) {
		return NAN;
	}
	return (double)(held - 1) * 1000 / (double)(last_ms - first_ms);
}

void frames_finish(struct frames *f)
{
	frame_unref(TAKE(f->latest));
}
