/* SPDX-License-Identifier: MIT */
/* The state machine of a camera: when it connects, when it gives up, when it tries again. */
#include <string.h>
#include <sys/random.h>

#include "common/log.h"
#include "daemon/camera/camera_internal.h"

enum {
	STEADY_MS = 30000, /* a stream that stood so long begins its delays anew */
	/* A refused certificate or code stays refused until somebody does something. */
	REFUSED_RETRY_MS = 5 * 60 * 1000,
	REFUSED_JITTER_MS = 60 * 1000,
	QUICK_MS = 200,	     /* to the next dial after a cut */
	QUICK_RAN_MS = 2000, /* what a session with a picture must have stood for that */
	QUICK_TRIES = 10,
	STREAM_BYTES = 32 * 1024, /* more than all words of RTSP: pictures came */
};

static const char *const phase_words[] = {
    [CAMERA_PHASE_OFF] = "off",
    [CAMERA_PHASE_CONNECTING] = "connecting",
    [CAMERA_PHASE_STREAMING] = "streaming",
    [CAMERA_PHASE_STALLED] = "stalled",
    [CAMERA_PHASE_IDLE] = "idle",
    [CAMERA_PHASE_ERROR] = "error",
};
_Static_assert(ARRAY_SIZE(phase_words) == CAMERA_PHASE_COUNT, "one word per phase");

const char *camera_phase_word(enum camera_phase phase)
{
	return phase_words[phase];
}

static uint32_t draw(void)
{
	uint32_t r = 0;

	/* Early in a boot there is none: then every camera waits the shortest time. */
	return getrandom(&r, sizeof(r), GRND_NONBLOCK) == sizeof(r) ? r : 0;
}

void camera_enter(struct camera *c, enum camera_phase phase, enum err_type error, const char *text)
{
	struct log_subject subject = {.printer = c->target.name, .serial = c->target.serial};

	if (c->phase == phase && c->error == error && strcmp(c->why, text ? text : "") == 0) {
		return;
	}
	if (log_get_level() >= LOG_LEVEL_DEBUG) {
		log_write(LOG_LEVEL_DEBUG, &subject, "camera %s -> %s%s%s",
		    camera_phase_word(c->phase), camera_phase_word(phase), text ? ": " : "",
		    text ? text : "");
	}
	c->phase = phase;
	c->error = error;
	str_copy(c->why, sizeof(c->why), text ? text : "");
	if (c->handler.changed) {
		c->handler.changed(c->handler.arg);
	}
	if (!list_empty(&c->viewers)) {
		loop_defer(c->loop, &c->tell);
	}
}

void camera_close_feed(struct camera *c)
{
	loop_timer_stop(&c->stall);
	jpeg6000_reset(&c->feed.split);
	camera_close_rtsps(c);
	if (!c->feed.stream) {
		return;
	}
	stream_destroy(TAKE(c->feed.stream));
	c->closed_mono_ms = loop_now_ms(c->loop);
	if (c->feed.ran && c->closed_mono_ms - c->feed.first_mono_ms >= STEADY_MS) {
		backoff_reset(&c->backoff);
	}
}

void camera_restart(struct camera *c)
{
	camera_close_feed(c);
	loop_timer_stop(&c->redial);
	backoff_reset(&c->backoff);
	camera_enter(c, CAMERA_PHASE_CONNECTING, ERR_NONE, NULL);
}

static bool is_refusal(enum err_type error)
{
	return error == ERR_TLS_REFUSED || error == ERR_CAMERA_REFUSED;
}

static int64_t retry_ms(struct camera *c, enum err_type error)
{
	int64_t delay_ms;

	if (is_refusal(error)) {
		return REFUSED_RETRY_MS + draw() % REFUSED_JITTER_MS;
	}
	delay_ms = backoff_next_ms(&c->backoff, draw());
	return delay_ms > CAMERA_GAP_MS ? delay_ms : CAMERA_GAP_MS;
}

/* A stream that stood was cut: dialled at once, some times. */
static bool is_quick(struct camera *c, enum err_type error)
{
	int64_t stood_ms = loop_now_ms(c->loop) - c->feed.up_mono_ms;

	if (c->target.protocol != CAMERA_PROTOCOL_RTSPS ||
	    (error != ERR_PRINTER_OFFLINE && error != ERR_CAMERA_BUSY)) {
		return false;
	}
	if (c->feed.ran && stood_ms >= QUICK_RAN_MS) {
		c->quick_left = QUICK_TRIES;
	}
	if (c->quick_left == 0) {
		return false;
	}
	c->quick_left--;
	return true;
}

void camera_fail(struct camera *c, enum camera_phase phase, enum err_type error, const char *text)
{
	bool quick = is_quick(c, error), ran = c->feed.ran || c->quick_ran;

	camera_close_feed(c);
	c->feed.ran = false;
	c->quick_ran = quick && ran;
	c->gap_ms = quick ? QUICK_MS : CAMERA_GAP_MS;
	if (quick) { /* it is no loss yet, and what was said before stays true */
		loop_timer_start(&c->redial, QUICK_MS);
		return;
	}
	loop_timer_start(&c->redial, retry_ms(c, error));
	camera_enter(c, phase, error, text);
	if (ran && !c->lost) {
		c->lost = true;
		if (c->handler.lost) {
			c->handler.lost(c->handler.arg, text);
		}
	}
}

/* ---- what is asked for ---- */

/* Why it may not run at all; ERR_NONE: it may. */
static enum err_type forbidden(
    const struct camera *c, enum camera_phase *ret_phase, const char **ret_text)
{
	const struct camera_target *t = &c->target;

	*ret_phase = CAMERA_PHASE_OFF;
	if (t->protocol == CAMERA_PROTOCOL_NONE) {
		*ret_text = "no camera is known of this model";
		return ERR_UNSUPPORTED;
	}
	if (t->wish == CAMERA_WISH_OFF) {
		*ret_text = "Camera=off in its section of the configuration";
		return ERR_CAMERA_OFF;
	}
	if (t->hold) {
		*ret_text = t->hold;
		return t->hold_error != ERR_NONE ? t->hold_error : ERR_BUSY;
	}
	*ret_phase = CAMERA_PHASE_ERROR;
	if (t->protocol == CAMERA_PROTOCOL_RTSPS && !t->videos) {
		*ret_text = "bambud-video, which decodes this camera, is not installed";
		return ERR_UNSUPPORTED;
	}
	if (!t->code) {
		*ret_text = "no access code is configured";
		return ERR_CAMERA_REFUSED;
	}
	if (!t->address || !t->profile) {
		*ret_text = "the address of the printer is not known";
		return ERR_PRINTER_OFFLINE;
	}
	return ERR_NONE;
}

static bool is_wanted(const struct camera *c)
{
	return c->target.wish == CAMERA_WISH_ALWAYS || c->viewer_count > 0 ||
	       loop_timer_armed(&c->linger);
}

static void rest(struct camera *c, enum camera_phase phase, enum err_type error, const char *text)
{
	camera_close_feed(c);
	video_destroy(TAKE(c->video));
	c->feed.ran = c->lost = c->quick_ran = false; /* it ended as asked */
	c->quick_left = 0;
	c->resting = true;
	loop_timer_stop(&c->redial);
	camera_enter(c, phase, error, text);
}

static void dial(struct camera *c)
{
	loop_timer_stop(&c->redial);
	c->feed.up = c->feed.ran = false;
	c->feed.bytes = 0;
	if (c->target.protocol == CAMERA_PROTOCOL_RTSPS) {
		camera_open_rtsps(c);
	} else {
		camera_open_jpeg(c);
	}
}

void camera_look(struct camera *c)
{
	enum camera_phase phase = CAMERA_PHASE_OFF;
	const char *text = NULL;
	enum err_type error = forbidden(c, &phase, &text);
	int64_t gap_ms;

	if (error != ERR_NONE) {
		rest(c, phase, error, text);
		return;
	}
	if (!is_wanted(c)) {
		rest(c, CAMERA_PHASE_IDLE, ERR_NONE, NULL);
		return;
	}
	if (c->feed.stream || loop_timer_armed(&c->redial)) {
		return;
	}
	if (c->resting) { /* else the last verdict stays while it is tried again */
		c->resting = false;
		camera_enter(c, CAMERA_PHASE_CONNECTING, ERR_NONE, NULL);
	}
	gap_ms = c->closed_mono_ms < 0 ? 0 : c->closed_mono_ms + c->gap_ms - loop_now_ms(c->loop);
	if (gap_ms > 0) {
		loop_timer_start(&c->redial, gap_ms);
	} else {
		dial(c);
	}
}

void camera_on_redial(void *arg)
{
	camera_look(arg);
}

/* Whoever is second is let in, and gets nothing (bambu.md 2.6). */
void camera_on_stall(void *arg)
{
	struct camera *c = arg;

	if (c->feed.ran) {
		camera_fail(c, CAMERA_PHASE_STALLED, ERR_TIMEOUT,
		    "no picture for 10 s: the camera is connected anew");
	} else if (c->target.protocol == CAMERA_PROTOCOL_RTSPS && c->feed.bytes > STREAM_BYTES) {
		camera_fail(c, CAMERA_PHASE_ERROR, ERR_TIMEOUT,
		    "the camera streams, but no key picture came within 10 s");
	} else {
		camera_fail(c, CAMERA_PHASE_ERROR, ERR_CAMERA_BUSY,
		    "connected, but no picture came within 10 s: another program seems to have the "
		    "camera, which serves one viewer");
	}
}

bool camera_is_final(const struct camera *c, const struct camera_viewer *v)
{
	if (c->phase == CAMERA_PHASE_OFF) {
		return !(v->stays && c->target.hold && c->target.wish != CAMERA_WISH_OFF);
	}
	return c->phase == CAMERA_PHASE_ERROR && !c->feed.stream &&
	       (is_refusal(c->error) || c->error == ERR_UNSUPPORTED);
}

/* ---- pictures ---- */

/* Viewers may remove any of themselves meanwhile: each is taken from a list of those not told. */
static void show(struct camera *c, struct frame *f)
{
	struct list waiting;

	list_init(&waiting);
	while (!list_empty(&c->viewers)) {
		struct list *first = c->viewers.next;

		list_del(first);
		list_add_tail(&waiting, first);
	}
	while (!list_empty(&waiting)) {
		struct camera_viewer *v = container_of(waiting.next, struct camera_viewer, link);

		list_del(&v->link);
		list_add_tail(&c->viewers, &v->link);
		v->frame(v, f);
	}
}

void camera_take_frame(struct camera *c, struct frame *f)
{
	int64_t now_ms = loop_now_ms(c->loop);

	frames_put(&c->frames, f, now_ms, loop_wall_ms(c->loop));
	frame_ref(f);
	loop_timer_start(&c->stall, CAMERA_STALL_MS);
	if (!c->feed.ran) {
		c->feed.ran = c->proved = true;
		c->quick_ran = false;
		c->feed.first_mono_ms = now_ms;
	}
	camera_enter(c, CAMERA_PHASE_STREAMING, ERR_NONE, NULL);
	if (c->lost) {
		c->lost = false;
		if (c->handler.recovered) {
			c->handler.recovered(c->handler.arg);
		}
	}
	if (c->handler.frame) {
		c->handler.frame(c->handler.arg);
	}
	show(c, f);
	frame_unref(f);
}
