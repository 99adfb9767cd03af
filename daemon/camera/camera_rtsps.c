/* SPDX-License-Identifier: MIT */
/* The feed of port 322: RTSP inside the verified stream, pictures by the helper (bambu.md 2.7). */
#include <errno.h>
#include <event2/buffer.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "common/util.h"
#include "daemon/camera/camera_internal.h"
#include "daemon/camera/rtp.h"
#include "daemon/camera/rtsp.h"

enum {
	RTSPS_PORT = 322,
	ROOM = 16 * 1024,   /* one record of TLS */
	PACKET_HEAD = 4,    /* $, channel, length */
	CHALLENGES_MAX = 3, /* of one session, all but the first for a nonce that is stale */
	/* Without viewers: somewhat less than a second, so that one key a second is taken. */
	PICTURE_GAP_MS = 900,
	KEEP_ALIVE_MAX_S = 60,
};

enum step { STEP_OPTIONS, STEP_DESCRIBE, STEP_SETUP, STEP_PLAY, STEP_PLAYING, STEP_COUNT };

static const char *const methods[] = {
    [STEP_OPTIONS] = "OPTIONS",
    [STEP_DESCRIBE] = "DESCRIBE",
    [STEP_SETUP] = "SETUP",
    [STEP_PLAY] = "PLAY",
    [STEP_PLAYING] = "OPTIONS", /* keeps alive */
};
_Static_assert(ARRAY_SIZE(methods) == STEP_COUNT, "one method per step");

struct rtsps {
	struct camera *camera;
	enum step step;
	/* What is not whole yet: less than the longest packet or reply, and a record. */
	struct evbuffer *in;
	struct evbuffer_iovec space; /* in it, given to the stream */
	unsigned cseq, challenges;
	struct rtsp_auth auth;
	char uri[256], base[256], track[600], session[128];
	int timeout_s;
	bool get_parameter;
	int channel;
	struct rtp_h264 rtp;
	bool following; /* the helper gets every picture, from a key on */
	int64_t taken_mono_ms;
	struct loop_timer keep_alive;
};

/* ---- pictures ---- */

static void on_frame(void *arg, struct frame *f)
{
	struct camera *c = arg;

	if (c->feed.rtsps) {
		camera_take_frame(c, f);
	} else {
		frame_unref(f); /* of a connection that is over */
	}
}

static void on_video_failed(void *arg, enum err_type error, const char *why)
{
	camera_enter(arg, CAMERA_PHASE_ERROR, error, why);
}

static struct video *video_of(struct camera *c)
{
	struct video_handler handler = {.frame = on_frame, .failed = on_video_failed, .arg = c};

	if (!c->video) {
		c->video = video_create(c->loop, c->target.videos, &handler);
	}
	return c->video;
}

/* All are decoded while somebody looks, else one key a second at most. */
static void on_unit(void *arg, const uint8_t *data, size_t len, bool key)
{
	struct rtsps *s = arg;
	struct camera *c = s->camera;
	int64_t now_ms = loop_now_ms(c->loop);

	loop_timer_start(&c->stall, CAMERA_STALL_MS);
	if (c->viewer_count > 0) {
		s->following = s->following || key;
		if (s->following) {
			s->taken_mono_ms = now_ms;
			video_take(video_of(c), data, len, key, false);
		}
		return;
	}
	s->following = false;
	if (key && now_ms - s->taken_mono_ms >= PICTURE_GAP_MS) {
		s->taken_mono_ms = now_ms;
		video_take(video_of(c), data, len, true, true);
	}
}

/* ---- requests ---- */

static void draw_hex(char ret[static 17])
{
	uint8_t raw[8] = {0};

	if (getrandom(raw, sizeof(raw), GRND_NONBLOCK) < 0) {
		raw[0] = 1; /* the server's nonce is what protects */
	}
	for (size_t i = 0; i < sizeof(raw); i++) {
		snprintf(ret + 2 * i, 3, "%02x", raw[i]);
	}
}

/* False: the login is too long. */
static bool send_request(struct rtsps *s, const char *method, const char *uri, const char *headers)
{
	struct camera *c = s->camera;
	char buf[RTSP_REQUEST_MAX], cnonce[17];
	struct rtsp_request r = {.method = method,
	    .uri = uri,
	    .cseq = ++s->cseq,
	    .headers = headers,
	    .auth = &s->auth,
	    .user = "bblp",
	    .code = c->target.code,
	    .cnonce = cnonce};
	ssize_t len;

	draw_hex(cnonce);
	len = rtsp_write_request(&r, buf, sizeof(buf));
	if (len > 0) {
		stream_write(c->feed.stream, buf, (size_t)len);
	}
	explicit_bzero(buf, sizeof(buf));
	return len > 0;
}

static bool write_step(struct rtsps *s)
{
	char headers[256];

	switch (s->step) {
	case STEP_OPTIONS:
		return send_request(s, methods[s->step], s->uri, "");
	case STEP_DESCRIBE:
		return send_request(s, methods[s->step], s->uri, "Accept: application/sdp\r\n");
	case STEP_SETUP:
		return send_request(s, methods[s->step], s->track,
		    "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
	case STEP_PLAY:
		snprintf(
		    headers, sizeof(headers), "Session: %s\r\nRange: npt=0.000-\r\n", s->session);
		return send_request(s, methods[s->step], s->base, headers);
	case STEP_PLAYING:
		snprintf(headers, sizeof(headers), "Session: %s\r\n", s->session);
		return send_request(
		    s, s->get_parameter ? "GET_PARAMETER" : methods[s->step], s->base, headers);
	case STEP_COUNT:
		break;
	}
	return true;
}

/* May end the feed. */
static void ask(struct rtsps *s)
{
	if (!write_step(s)) {
		camera_fail(s->camera, CAMERA_PHASE_ERROR, ERR_CAMERA_REFUSED,
		    "the access code is longer than a login can be");
	}
}

static void plan_keep_alive(struct rtsps *s)
{
	int every_s = s->timeout_s < KEEP_ALIVE_MAX_S ? s->timeout_s : KEEP_ALIVE_MAX_S;

	loop_timer_start(&s->keep_alive, every_s * 500);
}

static void on_keep_alive(void *arg)
{
	struct rtsps *s = arg;

	plan_keep_alive(s);
	ask(s);
}

/* ---- answers ---- */

static void fail_login(struct camera *c, const struct rtsp_reply *r)
{
	if (r->status == 401 && r->auth.kind == RTSP_AUTH_NONE) {
		camera_fail(c, CAMERA_PHASE_ERROR, ERR_UNSUPPORTED,
		    "the camera asks for a kind of login that is not known here");
	} else if (c->target.code_works) {
		camera_fail(c, CAMERA_PHASE_ERROR, ERR_CAMERA_REFUSED,
		    "the camera refuses the access code, though the printer takes it: switch LAN "
		    "Only "
		    "Liveview off and on at the printer's screen");
	} else {
		camera_fail(c, CAMERA_PHASE_ERROR, ERR_CAMERA_REFUSED,
		    "the camera refuses the access code: it is wrong");
	}
}

static void fail_status(struct rtsps *s, const struct rtsp_reply *r)
{
	struct camera *c = s->camera;
	char text[128];

	if (r->status == 401 || r->status == 403) {
		fail_login(c, r);
	} else if (r->status == 404) {
		camera_fail(c, CAMERA_PHASE_ERROR, ERR_LIVEVIEW_DISABLED,
		    "the camera has no stream: LAN Only Liveview is off at the printer's screen");
	} else if (r->status == 453 || r->status == 503) {
		camera_fail(c, CAMERA_PHASE_ERROR, ERR_CAMERA_BUSY,
		    "the camera is busy: another program seems to have it, and it serves one "
		    "viewer");
	} else {
		snprintf(text, sizeof(text), "the camera answers %s with %d", methods[s->step],
		    r->status);
		camera_fail(c, CAMERA_PHASE_ERROR, ERR_TRANSFER_FAILED, text);
	}
}

/* A login is asked for once; again only for a nonce that was stale. */
static bool may_log_in(const struct rtsps *s, const struct rtsp_reply *r)
{
	return r->status == 401 && r->auth.kind != RTSP_AUTH_NONE &&
	       (s->challenges == 0 || (r->auth.stale && s->challenges < CHALLENGES_MAX));
}

static void fail_answer(struct rtsps *s, const char *text)
{
	camera_fail(s->camera, CAMERA_PHASE_ERROR, ERR_TRANSFER_FAILED, text);
}

static void take_description(struct rtsps *s, const struct rtsp_reply *r)
{
	struct rtsp_media media;

	str_copy(s->base, sizeof(s->base), r->base[0] != '\0' ? r->base : s->uri);
	if (rtsp_read_sdp(r->body, r->body_len, &media) < 0) {
		fail_answer(s, "the camera offers no H.264 video");
		return;
	}
	if (rtsp_resolve(s->base, media.control, s->track, sizeof(s->track)) < 0) {
		fail_answer(s, "the camera names its video in too many words");
		return;
	}
	rtp_h264_init(&s->rtp, media.payload_type);
	rtp_h264_set_parameters(&s->rtp, media.parameters, media.parameters_len);
	s->rtp.unit = on_unit;
	s->rtp.arg = s;
	s->step = STEP_SETUP;
	ask(s);
}

static void take_setup(struct rtsps *s, const struct rtsp_reply *r)
{
	if (r->session[0] == '\0') {
		fail_answer(s, "the camera opens no session");
		return;
	}
	str_copy(s->session, sizeof(s->session), r->session);
	s->timeout_s = r->timeout_s;
	s->channel = r->channel < 0 ? 0 : r->channel;
	s->step = STEP_PLAY;
	ask(s);
}

static void take_answer(struct rtsps *s, const struct rtsp_reply *r)
{
	switch (s->step) {
	case STEP_OPTIONS:
		s->get_parameter = r->get_parameter;
		s->step = STEP_DESCRIBE;
		ask(s);
		break;
	case STEP_DESCRIBE:
		take_description(s, r);
		break;
	case STEP_SETUP:
		take_setup(s, r);
		break;
	case STEP_PLAY:
		s->step = STEP_PLAYING;
		plan_keep_alive(s);
		break;
	case STEP_PLAYING:
	case STEP_COUNT:
		break;
	}
}

static void take_reply(struct rtsps *s, const struct rtsp_reply *r)
{
	if (r->cseq != s->cseq) {
		return; /* of a request before: nothing waits for it */
	}
	if (may_log_in(s, r)) {
		s->challenges++;
		s->auth = r->auth;
		ask(s);
	} else if (s->step == STEP_PLAYING) {
		return; /* pictures say whether it is alive */
	} else if (r->status >= 200 && r->status < 300) {
		s->challenges = s->step == STEP_OPTIONS ? 0 : s->challenges;
		take_answer(s, r);
	} else {
		fail_status(s, r);
	}
}

/* ---- the stream ---- */

/* False: not whole yet. */
static bool cut_packet(struct rtsps *s, struct evbuffer *in, size_t have)
{
	const uint8_t *p = evbuffer_pullup(in, PACKET_HEAD);
	size_t len;

	if (!p) {
		return false;
	}
	len = PACKET_HEAD + ((size_t)p[2] << 8 | p[3]);
	if (have < len) {
		return false;
	}
	p = evbuffer_pullup(in, (ssize_t)len);
	if (s->step >= STEP_PLAY && p[1] == s->channel) {
		rtp_h264_take(&s->rtp, p + PACKET_HEAD, len - PACKET_HEAD);
	}
	evbuffer_drain(in, len);
	return true;
}

/* False: not whole yet, or the feed is over. */
static bool cut_reply(struct rtsps *s, struct evbuffer *in, size_t have)
{
	struct camera *c = s->camera;
	size_t most = RTSP_HEAD_MAX + RTSP_BODY_MAX;
	const char *p = (const char *)evbuffer_pullup(in, (ssize_t)(have < most ? have : most));
	struct rtsp_reply r;
	ssize_t len = rtsp_parse_reply(p, have < most ? have : most, &r);

	if (len < 0 || (len == 0 && have >= most)) {
		fail_answer(s, "the camera sent something that is no RTSP");
		return false;
	}
	if (len == 0) {
		return false;
	}
	take_reply(s, &r);
	if (c->feed.rtsps != s) {
		return false;
	}
	evbuffer_drain(in, (size_t)len);
	return true;
}

static void cut_all(struct rtsps *s)
{
	struct camera *c = s->camera;
	size_t have;
	bool more = true;

	while (more && (have = evbuffer_get_length(s->in)) > 0) {
		if (*evbuffer_pullup(s->in, 1) == '$') {
			more = cut_packet(s, s->in, have);
		} else {
			more = cut_reply(s, s->in, have);
		}
		more = more && c->feed.rtsps == s;
		if (more) {
			c->feed.bytes += have - evbuffer_get_length(s->in);
		}
	}
}

static void *on_room(void *arg, size_t *ret_len)
{
	struct rtsps *s = ((struct camera *)arg)->feed.rtsps;

	if (evbuffer_reserve_space(s->in, ROOM, &s->space, 1) != 1) {
		abort(); /* out of memory */
	}
	*ret_len = ROOM;
	return s->space.iov_base;
}

static void on_filled(void *arg, size_t len)
{
	struct camera *c = arg;
	struct rtsps *s = c->feed.rtsps;

	s->space.iov_len = len;
	evbuffer_commit_space(s->in, &s->space, 1);
	c->bytes += len;
	cut_all(s);
}

static void on_up(void *arg)
{
	struct camera *c = arg;

	c->feed.up = true;
	c->feed.up_mono_ms = loop_now_ms(c->loop);
	c->reconnects += c->had_up;
	c->had_up = true;
	loop_timer_start(&c->stall, CAMERA_STALL_MS);
	ask(c->feed.rtsps);
}

static void on_down(void *arg, enum stream_down why, const char *text)
{
	struct camera *c = arg;
	char more[256];

	if (why == STREAM_DOWN_TIMEOUT) {
		c->quick_left = 0;
	}
	if (why == STREAM_DOWN_TLS) {
		camera_fail(c, CAMERA_PHASE_ERROR, ERR_TLS_REFUSED, text);
	} else if (why == STREAM_DOWN_REFUSED_PORT) {
		snprintf(more, sizeof(more),
		    "%s: LAN Only Liveview may be off at the printer's screen", text);
		camera_fail(c, CAMERA_PHASE_ERROR, ERR_PRINTER_OFFLINE, more);
	} else if (c->feed.up && !c->feed.ran) {
		camera_fail(c, CAMERA_PHASE_ERROR, ERR_CAMERA_BUSY,
		    "the printer closed the camera before a picture: another program seems to have "
		    "it, and it serves one viewer");
	} else {
		camera_fail(c, CAMERA_PHASE_ERROR, ERR_PRINTER_OFFLINE, text);
	}
}

/* ---- begin and end ---- */

/* The printer's one place is free at once, not when it notices. */
static void tear_down(struct rtsps *s)
{
	char headers[256];

	if (s->session[0] != '\0') {
		snprintf(headers, sizeof(headers), "Session: %s\r\n", s->session);
		send_request(s, "TEARDOWN", s->base, headers);
	}
}

void camera_close_rtsps(struct camera *c)
{
	struct rtsps *s = TAKE(c->feed.rtsps);

	if (s) {
		tear_down(s);
		loop_timer_stop(&s->keep_alive);
		rtp_h264_finish(&s->rtp);
		evbuffer_free(s->in);
		free(s);
	}
}

void camera_open_rtsps(struct camera *c)
{
	const struct camera_target *t = &c->target;
	struct rtsps *s = xcalloc(1, sizeof(*s));
	struct stream_config config = {
	    .address = t->address,
	    .port = t->port ? t->port : RTSPS_PORT,
	    .profile = t->profile,
	    .verify = t->verify,
	    .name = t->serial,
	    .pin = t->pin,
	};
	struct stream_handler handler = {
	    .up = on_up, .room = on_room, .filled = on_filled, .down = on_down, .arg = c};
	bool v6 = strchr(t->address, ':') != NULL;

	s->camera = c;
	s->in = evbuffer_new();
	s->taken_mono_ms = loop_now_ms(c->loop) - PICTURE_GAP_MS;
	snprintf(s->uri, sizeof(s->uri), "rtsps://%s%s%s:%u/streaming/live/1", v6 ? "[" : "",
	    t->address, v6 ? "]" : "", config.port);
	loop_timer_init(&s->keep_alive, c->loop, on_keep_alive, s);
	c->feed.rtsps = s;
	c->feed.stream = stream_open(c->loop, &config, &handler);
}
