/* SPDX-License-Identifier: MIT */
/* camera.stream: pictures straight from the shared frame into the client's socket. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/api/camera_call.h"
#include "daemon/api/core.h"
#include "daemon/api/handlers.h"
#include "daemon/api/reply.h"
#include "daemon/api/upgrade.h"
#include "daemon/fleet/printer.h"

#define STREAM_TYPE "multipart/x-mixed-replace; boundary=bambud"
#define STUCK_MS CONN_UNREAD_MS /* nothing taken by the client for so long */
#define STOP_MS 1000		/* for the rest of a picture, when it must end */

/* One viewer. A client that is slow keeps the picture it is being sent, and no other: what comes
 * meanwhile is skipped. */
struct camera_stream {
	struct upgrade upgrade;
	struct loop *loop;
	struct camera *camera; /* NULL: it has ended */
	struct camera_viewer viewer;
	int fd;			    /* of its own, of the client's socket */
	struct event *write_event;  /* armed while the socket is full */
	struct loop_deferred judge; /* begins it or ends it, never on the camera's stack */
	struct loop_timer deadline; /* of the first picture, then of the next byte taken */
	struct loop_timer pace;	    /* until the next picture may go */
	int64_t gap_ms, due_ms;	    /* between two pictures; 0 = none */
	uint64_t last;		    /* number of the last picture sent */
	bool open;		    /* the client has its first answer */
	struct err why;		    /* it shall end */
	struct frame *frame;	    /* being sent */
	size_t head_len, sent;	    /* sent: of head, picture and tail */
	char head[160];
	char printer[64];
};

static const char part_tail[] = "\r\n";
#define PART_TAIL_LEN (sizeof(part_tail) - 1)

/* ---- the end ---- */

static void stream_leave(struct camera_stream *s)
{
	if (s->camera != NULL) {
		camera_remove_viewer(TAKE(s->camera), &s->viewer);
	}
}

static void stream_free(struct camera_stream *s)
{
	stream_leave(s);
	loop_deferred_cancel(&s->judge);
	loop_timer_stop(&s->deadline);
	loop_timer_stop(&s->pace);
	frame_unref(s->frame);
	if (s->write_event != NULL) {
		event_free(s->write_event);
	}
	close(s->fd);
	free(s);
}

/* The error is told apart from pictures where a part would begin. */
static void stream_fail(struct camera_stream *s, const struct err *why)
{
	struct err e = *why;

	err_printer(&e, s->printer);
	upgrade_fail(&s->upgrade, &e);
	stream_free(s);
}

static void stream_end(struct camera_stream *s, const struct err *why)
{
	s->why = *why;
	loop_timer_stop(&s->pace);
	if (s->frame == NULL) {
		loop_defer(s->loop, &s->judge);
	}
}

/* ---- one picture ---- */

static void part_begin(struct camera_stream *s, struct frame *f)
{
	int n = snprintf(s->head, sizeof(s->head),
	    "--bambud\r\nContent-Type: image/jpeg\r\nContent-Length: %zu\r\n"
	    "X-Frame: %llu\r\nX-Timestamp: %lld.%03d\r\n\r\n",
	    f->len, (unsigned long long)f->number, (long long)(f->wall_ms / 1000),
	    (int)(f->wall_ms % 1000));

	s->frame = f;
	s->head_len = (size_t)n;
	s->sent = 0;
	s->last = f->number;
	s->due_ms = loop_now_ms(s->loop) + s->gap_ms;
}

/* What is left of it. Returns the count. */
static int part_left(const struct camera_stream *s, struct iovec iov[3])
{
	struct iovec whole[3] = {{(void *)s->head, s->head_len}, {s->frame->data, s->frame->len},
	    {(void *)part_tail, PART_TAIL_LEN}};
	size_t skip = s->sent;
	int count = 0;

	for (int i = 0; i < 3; i++) {
		size_t cut = skip < whole[i].iov_len ? skip : whole[i].iov_len;

		skip -= cut;
		if (cut < whole[i].iov_len) {
			iov[count].iov_base = (char *)whole[i].iov_base + cut;
			iov[count++].iov_len = whole[i].iov_len - cut;
		}
	}
	return count;
}

/* 1 when all of it is with the kernel, 0 when that takes no more now, negative: nobody is there. */
static int part_push(struct camera_stream *s)
{
	while (s->sent < s->head_len + s->frame->len + PART_TAIL_LEN) {
		struct iovec iov[3];
		struct msghdr msg = {.msg_iov = iov, .msg_iovlen = (size_t)part_left(s, iov)};
		ssize_t n = sendmsg(s->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno != EINTR) {
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
		}
		if (n > 0) {
			s->sent += (size_t)n;
			loop_timer_start(&s->deadline, s->why.type ? STOP_MS : STUCK_MS);
		}
	}
	return 1;
}

/* ---- one after the other ---- */

/* The newest one that was not sent yet, when its time has come; owned. */
static struct frame *next_frame(struct camera_stream *s)
{
	struct frame *f = camera_latest(s->camera, CAMERA_FRESH_MS);
	int64_t wait_ms = s->due_ms - loop_now_ms(s->loop);

	if (f != NULL && f->number != s->last && wait_ms <= 0) {
		return f;
	}
	if (f != NULL && f->number != s->last) {
		loop_timer_start(&s->pace, wait_ms);
	}
	frame_unref(f);
	return NULL;
}

/* Sends until the socket is full or there is nothing new. */
static void stream_advance(struct camera_stream *s)
{
	int r = 1;

	while (r > 0 && s->open && (s->frame != NULL || s->why.type == ERR_NONE)) {
		struct frame *next = s->frame == NULL ? next_frame(s) : NULL;

		if (next != NULL) {
			part_begin(s, next);
		}
		if (s->frame == NULL) {
			return;
		}
		r = part_push(s);
		if (r > 0) {
			frame_unref(TAKE(s->frame));
			loop_timer_stop(&s->deadline);
		}
	}
	if (r == 0) {
		event_add(s->write_event, NULL);
	} else if (r < 0) {
		conn_close(s->upgrade.conn, "client went away");
	} else if (s->why.type != ERR_NONE) {
		loop_defer(s->loop, &s->judge);
	}
}

/* Before the client has its first answer, and at the end. */
static void stream_judge(struct camera_stream *s)
{
	struct err e = {0};
	struct frame *f;

	if (s->why.type != ERR_NONE) {
		stream_fail(s, &s->why);
		return;
	}
	f = s->upgrade.begun ? NULL : camera_latest(s->camera, CAMERA_FRESH_MS);
	if (f != NULL) {
		frame_unref(f);
		loop_timer_stop(&s->deadline);
		s->viewer.stays = true;
		if (upgrade_begin_stream(&s->upgrade, STREAM_TYPE, &e) < 0) {
			stream_fail(s, &e);
		}
	}
}

/* ---- callbacks ---- */

static void on_judge(void *arg)
{
	stream_judge(arg);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	stream_advance(arg);
}

static void on_pace(void *arg)
{
	stream_advance(arg);
}

static void on_frame(struct camera_viewer *v, struct frame *f)
{
	struct camera_stream *s = container_of(v, struct camera_stream, viewer);

	if (!s->open) {
		loop_defer(s->loop, &s->judge);
	} else if (s->frame == NULL) {
		stream_advance(s);
	}
}

static void on_ended(struct camera_viewer *v, const struct err *why)
{
	struct camera_stream *s = container_of(v, struct camera_stream, viewer);

	struct err e;

	camera_explain_end(why, s->printer, &e);
	stream_leave(s);
	stream_end(s, &e);
}

static void on_deadline(void *arg)
{
	struct camera_stream *s = arg;
	struct err e = {0};

	if (s->frame != NULL) {
		conn_close(s->upgrade.conn, "picture not read for 30 s");
	} else if (!s->upgrade.begun && s->camera != NULL) {
		camera_explain_timeout(s->camera, s->printer, &e);
		stream_fail(s, &e);
	}
}

static void on_go(void *arg)
{
	struct camera_stream *s = arg;

	s->open = true;
	loop_timer_start(&s->pace, 0);
}

static void on_stop(void *arg, const struct err *why)
{
	struct camera_stream *s = arg;

	stream_end(s, why);
	if (s->frame != NULL) {
		loop_timer_start(&s->deadline, STOP_MS);
	}
}

static void on_gone(void *arg)
{
	stream_free(arg);
}

/* ---- the call ---- */

static int stream_open(struct call *c, const struct camera_call *f, struct camera_stream *s)
{
	struct upgrade_handler h = {.go = on_go, .stop = on_stop, .gone = on_gone, .arg = s};

	s->fd = upgrade_dup(c);
	if (s->fd < 0) {
		return s->fd;
	}
	s->write_event = event_new(loop_base(s->loop), s->fd, EV_WRITE, on_writable, s);
	if (s->write_event == NULL) {
		err_set(c->e, ERR_OVERFLOW, "the daemon is out of memory");
		return -ENOMEM;
	}
	return upgrade_open(&s->upgrade, c, UPGRADE_TO_CLIENT, &h);
}

static void stream_start(struct camera_stream *s, const struct camera_call *f)
{
	loop_deferred_init(&s->judge, on_judge, s);
	loop_timer_init(&s->deadline, s->loop, on_deadline, s);
	loop_timer_init(&s->pace, s->loop, on_pace, s);
	loop_timer_start(&s->deadline, CAMERA_PATIENCE_MS);
	str_copy(s->printer, sizeof(s->printer), printer_name(f->printer));
	s->viewer = (struct camera_viewer){.frame = on_frame, .ended = on_ended};
	s->camera = f->camera;
	camera_add_viewer(f->camera, &s->viewer);
	loop_defer(s->loop, &s->judge);
}

int h_camera_stream(struct call *c)
{
	struct camera_call f = {0};
	struct camera_stream *s;
	double max_hz = 0;
	int r = upgrade_check(c);

	if (r == 0) {
		r = camera_call_find(c, &f);
	}
	if (r < 0) {
		return r;
	}
	s = xcalloc(1, sizeof(*s));
	s->loop = c->server->deps.loop;
	s->gap_ms = json_get_num(c->params, "max_hz", &max_hz) ? (int64_t)(1000 / max_hz) : 0;
	r = stream_open(c, &f, s);
	if (r < 0) {
		if (s->write_event != NULL) {
			event_free(s->write_event);
		}
		if (s->fd >= 0) {
			close(s->fd);
		}
		free(s);
		return r;
	}
	stream_start(s, &f);
	return CALL_LATER;
}
