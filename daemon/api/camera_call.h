/* SPDX-License-Identifier: MIT */
/* What all calls about cameras have in common: whose, and whether a picture can come. */
#pragma once

#include <stdint.h>

#include "daemon/camera/camera.h"

struct call;
struct jw;
struct printer;

#define CAMERA_PATIENCE_MS 15000 /* for a first picture, connecting included */
#define CAMERA_FRESH_MS 10000	 /* a picture up to this old needs no waiting */

/* What a call means; good for the call. */
struct camera_call {
	struct printer *printer;
	struct camera *camera;
};

/* Of a printer, NULL: it has none, or may not have one. */
struct camera *camera_of(const struct call *c, const struct printer *p);
/* 0, or negative with *c->e: unsupported for a model without a camera, camera_off. */
int camera_call_find(struct call *c, struct camera_call *ret);
/* What is said when no picture will come; why may be NULL, or say nothing. */
void camera_explain_end(const struct err *why, const char *printer, struct err *e);
/* A width or height; null when unknown. */
void camera_put_px(struct jw *w, const char *key, int px);
/* After CAMERA_PATIENCE_MS without a picture: what the camera says of it. */
void camera_explain_timeout(const struct camera *camera, const char *printer, struct err *e);
