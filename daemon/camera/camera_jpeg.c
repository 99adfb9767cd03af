/* SPDX-License-Identifier: MIT */
/* The feed of port 6000: the code first, then pictures, each decrypted into its own memory. */
#include <string.h>

#include "daemon/camera/camera_internal.h"

enum { JPEG_PORT = 6000 };

/* The printer says the same, nothing, to a wrong code and to one viewer too many (bambu.md 2.6). */
static void fail_unsaid(struct camera *c)
{
	if (c->proved) {
		camera_fail(c, CAMERA_PHASE_ERROR, ERR_CAMERA_BUSY,
		    "the printer closed the camera at once: it still keeps our last connection, or "
		    "another program has the camera");
	} else if (c->target.code_works) {
		camera_fail(c, CAMERA_PHASE_ERROR, ERR_CAMERA_BUSY,
		    "the printer closed the camera at once, though the access code is right: "
		    "another program has the camera, or it is switched off at the printer");
	} else {
		camera_fail(c, CAMERA_PHASE_ERROR, ERR_CAMERA_REFUSED,
		    "the printer closed the camera at once: the access code is wrong, or another "
		    "program has the camera");
	}
}

static enum err_type error_of(enum stream_down why)
{
	switch (why) {
	case STREAM_DOWN_TLS:
		return ERR_TLS_REFUSED;
	case STREAM_DOWN_REFUSED_PORT:
	case STREAM_DOWN_UNREACHABLE:
	case STREAM_DOWN_TIMEOUT:
	case STREAM_DOWN_EOF:
	case STREAM_DOWN_BROKEN:
	case STREAM_DOWN_COUNT:
		break;
	}
	return ERR_PRINTER_OFFLINE;
}

static void on_down(void *arg, enum stream_down why, const char *text)
{
	struct camera *c = arg;

	if (c->feed.up && c->feed.bytes == 0) {
		fail_unsaid(c);
	} else {
		camera_fail(c, CAMERA_PHASE_ERROR, error_of(why), text);
	}
}

static void on_up(void *arg)
{
	struct camera *c = arg;
	uint8_t auth[JPEG6000_AUTH_BYTES];

	if (jpeg6000_auth(c->target.code, auth) < 0) {
		camera_fail(c, CAMERA_PHASE_ERROR, ERR_CAMERA_REFUSED,
		    "the access code is longer than the 32 characters a camera takes");
		return;
	}
	stream_write(c->feed.stream, auth, sizeof(auth));
	explicit_bzero(auth, sizeof(auth));
	c->feed.up = true;
	c->reconnects += c->had_up;
	c->had_up = true;
	loop_timer_start(&c->stall, CAMERA_STALL_MS);
}

static void fail_step(struct camera *c, int rc)
{
	camera_fail(c, CAMERA_PHASE_ERROR, ERR_TRANSFER_FAILED,
	    rc == JPEG6000_E_SIZE ? "the camera announced a picture of an impossible size"
				  : "the camera sent something that is no JPEG");
}

static void *on_room(void *arg, size_t *ret_len)
{
	struct camera *c = arg;

	return jpeg6000_room(&c->feed.split, ret_len);
}

static void on_filled(void *arg, size_t len)
{
	struct camera *c = arg;
	struct frame *f = NULL;
	size_t room;
	int rc = jpeg6000_filled(&c->feed.split, len, &f);

	c->feed.bytes += len;
	c->bytes += len;
	if (rc > 0) {
		fail_step(c, rc);
		return;
	}
	if (f) {
		camera_take_frame(c, f);
	}
	if (c->feed.stream) { /* who got the picture may have ended it */
		jpeg6000_room(&c->feed.split, &room);
		stream_want(c->feed.stream, room);
	}
}

void camera_open_jpeg(struct camera *c)
{
	const struct camera_target *t = &c->target;
	struct stream_config config = {
	    .address = t->address,
	    .port = t->port ? t->port : JPEG_PORT,
	    .profile = t->profile,
	    .verify = t->verify,
	    .name = t->serial,
	    .pin = t->pin,
	};
	struct stream_handler handler = {
	    .up = on_up, .room = on_room, .filled = on_filled, .down = on_down, .arg = c};

	jpeg6000_reset(&c->feed.split);
	c->feed.stream = stream_open(c->loop, &config, &handler);
}
