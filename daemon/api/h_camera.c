/* SPDX-License-Identifier: MIT */
/* camera.status and camera.url: what is known of a camera, and where it is. */
#include <errno.h>
#include <string.h>

#include "daemon/api/camera_call.h"
#include "daemon/api/core.h"
#include "daemon/api/handlers.h"
#include "daemon/api/pick.h"
#include "daemon/fleet/door.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/printer_config.h"

#define RTSPS_PORT 322 /* bambu.md 2.7 */
#define JPEG_PORT 6000 /* bambu.md 2.6 */
#define RTSPS_USER "bblp"
#define RTSPS_PATH "/streaming/live/1"
#define CODE_MAX 128
#define URL_MAX (3 * CODE_MAX + 128)

/* ---- camera.status ---- */

static void write_view(struct jw *w, const struct camera_view *v, int64_t now_ms)
{
	jw_str(w, "state", camera_phase_word(v->phase));
	jw_str(w, "why", v->why);
	jw_str(w, "error", v->error != ERR_NONE ? err_name(v->error) : NULL);
	if (v->frame_mono_ms >= 0) {
		jw_int(w, "frame_age_ms", now_ms - v->frame_mono_ms);
	} else {
		jw_null(w, "frame_age_ms");
	}
	camera_put_px(w, "width", v->width);
	camera_put_px(w, "height", v->height);
	jw_num(w, "rate_hz", v->rate_hz, 2);
	jw_int(w, "viewers", v->viewers);
	jw_int(w, "frames", (int64_t)v->frames);
	jw_int(w, "bytes", (int64_t)v->bytes);
	jw_int(w, "reconnects", (int64_t)v->reconnects);
}

/* A printer without a camera here is described all the same. */
static void view_of_none(const struct caps *caps, struct camera_view *ret)
{
	bool none = caps->model != NULL && caps->camera == CAMERA_NONE;

	*ret = (struct camera_view){
	    .phase = CAMERA_PHASE_OFF,
	    .why = none ? "this model has no camera" : "its camera is off here",
	    .error = none ? ERR_UNSUPPORTED : ERR_CAMERA_OFF,
	    .frame_mono_ms = -1,
	    .width = -1,
	    .height = -1,
	};
}

static void write_status(struct call *c, const char *key, const struct printer *p)
{
	const struct caps *caps = printer_state(p)->info.caps;
	struct camera *camera = camera_of(c, p);
	struct camera_view view;

	if (camera != NULL) {
		camera_view(camera, &view);
	} else {
		view_of_none(caps, &view);
	}
	jw_object(c->w, key);
	jw_str(c->w, "printer", printer_name(p));
	jw_str(c->w, "kind", caps->model != NULL ? camera_kind_word(caps->camera) : NULL);
	write_view(c->w, &view, loop_now_ms(c->server->deps.loop));
	jw_object_end(c->w);
}

int h_camera_status(struct call *c)
{
	_cleanup_pick_ struct pick pick = {0};
	int r = pick_printers_or_all(c, &pick);

	if (r < 0) {
		return r;
	}
	if (pick.literal) {
		write_status(c, "result", pick.list[0]);
		return 0;
	}
	jw_object(c->w, "result");
	jw_array(c->w, "results");
	for (size_t i = 0; i < pick.count; i++) {
		write_status(c, NULL, pick.list[i]);
	}
	jw_array_end(c->w);
	jw_object_end(c->w);
	return 0;
}

/* ---- camera.url ---- */

/* Where it is and how to get in; wiped after use, since it may hold the code. */
struct where {
	enum camera_kind kind;
	char host[64]; /* with its port */
	char code[3 * CODE_MAX + 1];
};

/* What is no letter, digit or -._~ is written as a %XX of RFC 3986. */
static void encode_code(const char *code, char *buf, size_t size)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~";
	size_t used = 0;

	buf[0] = '\0';
	for (const char *p = code; *p != '\0' && used + 4 < size; p++) {
		if (strchr(plain, *p) != NULL) {
			buf[used++] = *p;
			buf[used] = '\0';
		} else {
			used +=
			    (size_t)snprintf(buf + used, size - used, "%%%02X", (unsigned char)*p);
		}
	}
}

static int where_is(struct call *c, const struct printer *p, struct where *ret)
{
	const struct printer_config *config = printer_config(p);
	const struct caps *caps = printer_state(p)->info.caps;
	unsigned port = caps->camera == CAMERA_JPEG ? JPEG_PORT : RTSPS_PORT;
	struct printer_door door = {0};
	int r;

	if (caps->model == NULL || caps->camera == CAMERA_NONE) {
		err_set(c->e, ERR_UNSUPPORTED, "%s: %s", printer_name(p),
		    caps->model == NULL ? "its model, and so its camera, is not known yet"
					: "this model has no camera");
		err_printer(c->e, printer_name(p));
		return -EOPNOTSUPP;
	}
	r = printer_door(p, &door, c->e);
	if (r < 0) {
		return r;
	}
	ret->kind = caps->camera;
	port = config->camera_port != 0 ? config->camera_port : port;
	snprintf(ret->host, sizeof(ret->host), strchr(door.address, ':') ? "[%s]:%u" : "%s:%u",
	    door.address, port);
	tls_profile_unref(door.profile);
	return 0;
}

static void write_rtsps(struct jw *w, const struct where *at)
{
	char url[URL_MAX];

	snprintf(
	    url, sizeof(url), "rtsps://%s:%s@%s%s", RTSPS_USER, at->code, at->host, RTSPS_PATH);
	jw_str(w, "url", url);
	explicit_bzero(url, sizeof(url));
}

static void write_where(struct jw *w, const struct where *at, bool masked)
{
	jw_object(w, "result");
	jw_str(w, "kind", camera_kind_word(at->kind));
	jw_str(w, "address", at->host);
	if (at->kind == CAMERA_RTSPS) {
		write_rtsps(w, at);
		jw_bool(w, "masked", masked);
		jw_str(w, "note",
		    "a printer serves one viewer: a player there takes the camera from the daemon");
	} else {
		jw_null(w, "url");
		jw_bool(w, "masked", false);
		jw_str(w, "note",
		    "JPEG pictures over TLS behind a log-in of the vendor's own, not RTSP: no "
		    "player "
		    "opens it; camera stream serves it");
	}
	jw_object_end(w);
}

int h_camera_url(struct call *c)
{
	const struct secret *code;
	struct printer *printer;
	struct where at = {0};
	bool show = false;
	int r = pick_one(c, &printer);

	if (r == 0) {
		r = where_is(c, printer, &at);
	}
	if (r < 0) {
		return r;
	}
	json_get_bool(c->params, "show", &show);
	code = printer_config(printer)->access_code;
	if (!show) {
		str_copy(at.code, sizeof(at.code), "********");
	} else if (code != NULL) {
		encode_code(secret_reveal(code), at.code, sizeof(at.code));
	}
	write_where(c->w, &at, !show);
	explicit_bzero(&at, sizeof(at));
	return 0;
}
