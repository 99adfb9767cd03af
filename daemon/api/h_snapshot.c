/* SPDX-License-Identifier: MIT */
/* camera.snapshot: the newest picture, waited for when there is none that is new enough. */
#include <errno.h>
#include <string.h>

#include "common/base64.h"
#include "daemon/api/camera_call.h"
#include "daemon/api/core.h"
#include "daemon/api/handlers.h"
#include "daemon/api/reply.h"
#include "daemon/fleet/printer.h"

/* Their pictures are answered all at once. */
#define SNAPSHOTS_WAITING_MAX 64

/* One call that waits. */
struct snapshot {
	struct server *server;
	struct camera *camera; /* NULL: it has ended */
	struct camera_viewer viewer;
	struct reply *reply;
	struct frame *frame; /* what it waited for */
	struct err why;	     /* or why there is none */
	struct loop_timer deadline;
	struct loop_deferred answer; /* never on the camera's stack */
	char printer[64];
};

/* ---- the picture as text ---- */

static void write_jpeg(struct jw *w, const struct frame *f)
{
	size_t room = BASE64_LEN(f->len);
	char *text = xmalloc(room + 2);

	text[0] = '"';
	base64_encode(f->data, f->len, text + 1);
	text[room + 1] = '"';
	jw_raw(w, "jpeg", text, room + 2);
	free(text);
}

static void write_frame(struct jw *w, const struct frame *f, const char *printer, int64_t now_ms)
{
	jw_object(w, "result");
	jw_str(w, "printer", printer);
	write_jpeg(w, f);
	jw_int(w, "size", (int64_t)f->len);
	jw_int(w, "age_ms", now_ms - f->mono_ms);
	jw_time(w, "time", f->wall_ms);
	jw_int(w, "frame", (int64_t)f->number);
	camera_put_px(w, "width", f->width);
	camera_put_px(w, "height", f->height);
	jw_object_end(w);
}

/* ---- waiting ---- */

static void snapshot_leave(struct snapshot *s)
{
	if (s->camera != NULL) {
		camera_remove_viewer(TAKE(s->camera), &s->viewer);
	}
}

static void snapshot_free(struct snapshot *s)
{
	snapshot_leave(s);
	loop_timer_stop(&s->deadline);
	loop_deferred_cancel(&s->answer);
	frame_unref(s->frame);
	s->server->snapshots--;
	free(s);
}

static void on_answer(void *arg)
{
	struct snapshot *s = arg;

	if (s->frame != NULL) {
		write_frame(
		    reply_begin(s->reply), s->frame, s->printer, loop_now_ms(s->server->deps.loop));
		reply_end(TAKE(s->reply));
	} else {
		reply_fail(TAKE(s->reply), &s->why);
	}
	snapshot_free(s);
}

static void on_frame(struct camera_viewer *v, struct frame *f)
{
	struct snapshot *s = container_of(v, struct snapshot, viewer);

	if (s->frame == NULL) {
		s->frame = frame_ref(f);
		loop_timer_stop(&s->deadline);
		loop_defer(s->server->deps.loop, &s->answer);
	}
}

static void on_ended(struct camera_viewer *v, const struct err *why)
{
	struct snapshot *s = container_of(v, struct snapshot, viewer);

	camera_explain_end(why, s->printer, &s->why);
	loop_timer_stop(&s->deadline);
	snapshot_leave(s);
	loop_defer(s->server->deps.loop, &s->answer);
}

static void on_deadline(void *arg)
{
	struct snapshot *s = arg;

	camera_explain_timeout(s->camera, s->printer, &s->why);
	on_answer(s);
}

static void on_gone(void *arg)
{
	snapshot_free(arg);
}

static int check_room(struct call *c)
{
	if (c->server->snapshots < SNAPSHOTS_WAITING_MAX) {
		return 0;
	}
	err_set(c->e, ERR_OVERFLOW, "%d calls wait for a picture already", SNAPSHOTS_WAITING_MAX);
	return -ENOBUFS;
}

static int wait_for_one(struct call *c, const struct camera_call *f)
{
	struct snapshot *s;
	int r = check_room(c);

	if (r < 0) {
		return r;
	}
	s = xcalloc(1, sizeof(*s));
	r = reply_later(c, on_gone, s, &s->reply);
	if (r < 0) {
		free(s);
		return r;
	}
	s->server = c->server;
	s->server->snapshots++;
	s->camera = f->camera;
	s->viewer = (struct camera_viewer){.frame = on_frame, .ended = on_ended};
	str_copy(s->printer, sizeof(s->printer), printer_name(f->printer));
	loop_deferred_init(&s->answer, on_answer, s);
	loop_timer_init(&s->deadline, c->server->deps.loop, on_deadline, s);
	loop_timer_start(&s->deadline, CAMERA_PATIENCE_MS);
	camera_add_viewer(f->camera, &s->viewer);
	return CALL_LATER;
}

int h_camera_snapshot(struct call *c)
{
	int64_t max_age_ms = CAMERA_FRESH_MS;
	struct camera_call f = {0};
	struct frame *frame;
	int r = camera_call_find(c, &f);

	if (r < 0) {
		return r;
	}
	json_get_i64(c->params, "max_age_ms", &max_age_ms);
	frame = camera_latest(f.camera, max_age_ms);
	if (frame == NULL) {
		return wait_for_one(c, &f);
	}
	write_frame(c->w, frame, printer_name(f.printer), loop_now_ms(c->server->deps.loop));
	frame_unref(frame);
	return 0;
}
