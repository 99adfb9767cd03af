/* SPDX-License-Identifier: MIT */
/* A camera whose pictures are the test's. */
#include "tests/unit/api/fake_camera.h"

#include <string.h>

#include "daemon/io/loop.h"

struct camera {
	struct loop *loop;
	struct list viewers;
	struct frames frames;
	struct camera_view view;
};

static struct camera camera;

void fake_camera_reset(struct loop *l)
{
	frames_finish(&camera.frames);
	camera = (struct camera){.loop = l};
	list_init(&camera.viewers);
	camera.view = (struct camera_view){.protocol = CAMERA_PROTOCOL_JPEG,
	    .phase = CAMERA_PHASE_IDLE,
	    .frame_mono_ms = -1,
	    .width = -1,
	    .height = -1};
}

struct camera *fake_camera_of(void *arg, const char *serial)
{
	return strcmp(serial, "01P00A000000000") == 0 ? &camera : NULL;
}

void fake_camera_phase(enum camera_phase phase, enum err_type error, const char *why)
{
	camera.view.phase = phase;
	camera.view.error = error;
	camera.view.why = why;
}

void fake_camera_frame(size_t len)
{
	struct frame *f = frame_create(len);
	struct list *pos, *tmp;

	memset(f->data, (int)(camera.frames.count + 1), len);
	f->width = 640;
	f->height = 480;
	frames_put(&camera.frames, f, loop_now_ms(camera.loop), loop_wall_ms(camera.loop));
	camera.view.phase = CAMERA_PHASE_STREAMING;
	list_for_each (pos, tmp, &camera.viewers) {
		struct camera_viewer *v = container_of(pos, struct camera_viewer, link);

		v->frame(v, f);
	}
}

void fake_camera_end(enum err_type error, const char *why)
{
	struct list *pos, *tmp;
	struct err e = {0};

	err_set(&e, error, "%s", why);
	list_for_each (pos, tmp, &camera.viewers) {
		struct camera_viewer *v = container_of(pos, struct camera_viewer, link);

		camera_remove_viewer(&camera, v);
		v->ended(v, &e);
	}
}

unsigned fake_camera_viewers(void)
{
	struct list *pos, *tmp;
	unsigned n = 0;

	list_for_each (pos, tmp, &camera.viewers) {
		n++;
	}
	return n;
}

unsigned fake_camera_refs(void)
{
	return camera.frames.latest->refs;
}

/* ---- the interface ---- */

const char *camera_phase_word(enum camera_phase phase)
{
	static const char *const words[] = {
	    "off", "connecting", "streaming", "stalled", "idle", "error"};

	return words[phase];
}

void camera_view(const struct camera *c, struct camera_view *ret)
{
	const struct frame *f = c->frames.latest;

	*ret = c->view;
	ret->viewers = fake_camera_viewers();
	ret->frames = c->frames.count;
	ret->bytes = c->frames.bytes;
	ret->rate_hz = frames_rate(&c->frames, loop_now_ms(c->loop));
	if (f != NULL) {
		ret->frame_mono_ms = f->mono_ms;
		ret->width = f->width;
		ret->height = f->height;
	}
}

struct frame *camera_latest(const struct camera *c, int64_t max_age_ms)
{
	struct frame *f = c->frames.latest;

	if (f == NULL || (max_age_ms >= 0 && loop_now_ms(c->loop) - f->mono_ms > max_age_ms)) {
		return NULL;
	}
	return frame_ref(f);
}

void camera_add_viewer(struct camera *c, struct camera_viewer *v)
{
	list_add_tail(&c->viewers, &v->link);
}

void camera_remove_viewer(struct camera *c, struct camera_viewer *v)
{
	list_del(&v->link);
}
