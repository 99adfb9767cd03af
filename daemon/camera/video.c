/* SPDX-License-Identifier: MIT */
/* The helper of one RTSPS camera: H.264 pictures go to bambud-video, JPEG pictures come back. */
#include "daemon/camera/video.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "common/util.h"
#include "common/video.h"
#include "daemon/camera/jpeg6000.h"
#include "daemon/camera/video_pool.h"
#include "daemon/io/backoff.h"
#include "daemon/io/loop.h"
#include "daemon/io/spawn.h"
#include "daemon/io/spawner.h"

enum {
	WAITING_MAX = 4 * 1024 * 1024, /* bytes it has not read yet */
	ANSWER_MS = 10000,	       /* from a key picture to a JPEG */
	STEADY_MS = 30000,	       /* one that ran so long begins its delays anew */
	RETRY_BASE_MS = 1000,
	RETRY_CAP_MS = 60000,
};

struct video {
	struct loop *loop;
	struct video_pool *pool;
	struct video_share share; /* while it runs */
	struct video_handler handler;
	struct bufferevent *bev; /* NULL: it does not run */
	struct spawner_run *run;
	int64_t started_mono_ms;
	bool behind;	    /* everything up to the next key is dropped */
	bool crowded;	    /* the retry is for want of room: who is looked at asks at once */
	bool reading, dead; /* destroyed within its own read callback */
	struct jpeg6000 split;
	struct backoff backoff;
	struct loop_timer retry, answer;
};

static uint32_t draw(void)
{
	uint32_t r = 0;

	return getrandom(&r, sizeof(r), GRND_NONBLOCK) == sizeof(r) ? r : 0;
}

static void stop(struct video *v)
{
	loop_timer_stop(&v->answer);
	jpeg6000_reset(&v->split);
	if (v->bev) {
		bufferevent_free(TAKE(v->bev));
		spawner_end(TAKE(v->run));
	}
	video_pool_release(v->pool, &v->share);
}

static void fail(struct video *v, enum err_type error, const char *why)
{
	if (v->bev && loop_now_ms(v->loop) - v->started_mono_ms >= STEADY_MS) {
		backoff_reset(&v->backoff);
	}
	stop(v);
	loop_timer_start(&v->retry, backoff_next_ms(&v->backoff, draw()));
	v->handler.failed(v->handler.arg, error, why);
}

static void fail_without_room(struct video *v)
{
	char why[160];

	snprintf(why, sizeof(why),
	    "no decoder is free for its pictures: those of other cameras use the %d MB there are",
	    VIDEO_POOL_MB);
	v->crowded = true;
	fail(v, ERR_OVERFLOW, why);
}

static void on_evict(struct video_share *s)
{
	fail_without_room(container_of(s, struct video, share));
}

/* The next picture starts it. */
static void on_retry(void *arg)
{
}

static void on_answer(void *arg)
{
	fail(arg, ERR_INTERNAL,
	    "no picture can be made of what the camera sends: the decoder is started anew");
}

/* ---- pictures back ---- */

/* False when it cannot go on. */
static bool take(struct video *v, struct evbuffer *in)
{
	struct frame *f = NULL;
	size_t room;
	void *to = jpeg6000_room(&v->split, &room);
	int got = evbuffer_remove(in, to, room);

	if (got <= 0 || jpeg6000_filled(&v->split, (size_t)got, &f) != 0) {
		fail(v, ERR_INTERNAL, "the decoder answered out of step: it is started anew");
		return false;
	}
	if (f) {
		loop_timer_stop(&v->answer);
		v->handler.frame(v->handler.arg, f);
	}
	return !v->dead && v->bev;
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct video *v = arg;
	struct evbuffer *in = bufferevent_get_input(bev);

	v->reading = true;
	while (evbuffer_get_length(in) > 0 && take(v, in)) {
	}
	v->reading = false;
	if (v->dead) {
		free(v);
	}
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	fail(arg, ERR_INTERNAL, "the decoder of its pictures ended: it is started anew");
}

/* ---- pictures there ---- */

static int start(struct video *v, bool full)
{
	char why[160];
	int fd, rc;

	if (!video_pool_grant(v->pool, &v->share, full)) {
		fail_without_room(v);
		return -ENOBUFS;
	}
	v->crowded = false;
	loop_timer_stop(&v->retry);
	rc = spawner_start(video_pool_spawner(v->pool), &v->run, &fd);
	if (rc < 0) {
		snprintf(
		    why, sizeof(why), "bambud-video cannot be started: %s", spawn_error_text(rc));
		fail(v, ERR_INTERNAL, why);
		return rc;
	}
	v->bev = bufferevent_socket_new(loop_base(v->loop), fd, BEV_OPT_CLOSE_ON_FREE);
	if (!v->bev) {
		abort(); /* out of memory */
	}
	v->started_mono_ms = loop_now_ms(v->loop);
	v->behind = true;
	bufferevent_setcb(v->bev, on_read, NULL, on_event, v);
	bufferevent_enable(v->bev, EV_READ | EV_WRITE);
	return 0;
}

static void put_u32(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++) {
		p[i] = (uint8_t)(value >> 8 * i);
	}
}

static bool has_room(const struct video *v, size_t len)
{
	struct evbuffer *out = bufferevent_get_output(v->bev);

	return len <= VIDEO_UNIT_MAX &&
	       evbuffer_get_length(out) + VIDEO_HEAD_BYTES + len <= WAITING_MAX;
}

static bool must_wait(const struct video *v, bool alone)
{
	return loop_timer_armed(&v->retry) && (alone || !v->crowded);
}

void video_take(struct video *v, const uint8_t *data, size_t len, bool key, bool alone)
{
	uint8_t head[VIDEO_HEAD_BYTES];

	if (!v->bev && (!key || must_wait(v, alone) || start(v, !alone) < 0)) {
		return;
	}
	if (key) {
		video_pool_grant(v->pool, &v->share, !alone);
		alone = v->share.mb != VIDEO_FULL_MB;
	}
	if (!key && v->share.mb != VIDEO_FULL_MB) {
		return;
	}
	if ((v->behind && !key) || !has_room(v, len)) {
		v->behind = true;
		return;
	}
	v->behind = false;
	put_u32(head, (uint32_t)len);
	put_u32(head + 4, alone ? VIDEO_ALONE : 0);
	bufferevent_write(v->bev, head, sizeof(head));
	bufferevent_write(v->bev, data, len);
	if (key && !loop_timer_armed(&v->answer)) {
		loop_timer_start(&v->answer, ANSWER_MS);
	}
}

/* ---- life ---- */

struct video *video_create(struct loop *l, struct video_pool *pool, const struct video_handler *h)
{
	struct video *v = xcalloc(1, sizeof(*v));

	v->loop = l;
	v->pool = pool;
	v->share.evict = on_evict;
	v->handler = *h;
	backoff_init(&v->backoff, RETRY_BASE_MS, RETRY_CAP_MS);
	loop_timer_init(&v->retry, l, on_retry, v);
	loop_timer_init(&v->answer, l, on_answer, v);
	return v;
}

void video_destroy(struct video *v)
{
	if (!v) {
		return;
	}
	stop(v);
	loop_timer_stop(&v->retry);
	if (v->reading) {
		v->dead = true;
	} else {
		free(v);
	}
}
