/* SPDX-License-Identifier: MIT */
/* From the parameters of a call to a camera, and from its state to a named error. */
#include "daemon/api/camera_call.h"

#include <errno.h>

#include "daemon/api/core.h"
#include "daemon/api/pick.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/printer_config.h"

struct camera *camera_of(const struct call *c, const struct printer *p)
{
	const struct api_deps *deps = &c->server->deps;

	return deps->camera != NULL ? deps->camera(deps->arg, printer_serial(p)) : NULL;
}

static int refuse_none(struct call *c, const struct printer *p)
{
	const struct caps *caps = printer_state(p)->info.caps;

	if (caps->model != NULL && caps->camera == CAMERA_NONE) {
		err_set(
		    c->e, ERR_UNSUPPORTED, "%s: a %s has no camera", printer_name(p), caps->model);
		return -EOPNOTSUPP;
	}
	err_set(c->e, ERR_CAMERA_OFF, "%s: its camera is off here", printer_name(p));
	err_hint(c->e, "Camera=on-demand in its section switches it on");
	return -ENODEV;
}

int camera_call_find(struct call *c, struct camera_call *ret)
{
	int r = pick_one(c, &ret->printer);

	if (r < 0) {
		return r;
	}
	ret->camera = camera_of(c, ret->printer);
	if (ret->camera == NULL) {
		r = refuse_none(c, ret->printer);
		err_printer(c->e, printer_name(ret->printer));
	}
	return r;
}

void camera_explain_timeout(const struct camera *camera, const char *printer, struct err *e)
{
	struct camera_view view;

	camera_view(camera, &view);
	err_set(e, view.error != ERR_NONE ? view.error : ERR_TIMEOUT,
	    "%s: no picture within %d s%s%s", printer, CAMERA_PATIENCE_MS / 1000,
	    view.why != NULL ? ": " : "", view.why != NULL ? view.why : "");
	err_printer(e, printer);
}

void camera_put_px(struct jw *w, const char *key, int px)
{
	if (px > 0) {
		jw_int(w, key, px);
	} else {
		jw_null(w, key);
	}
}

void camera_explain_end(const struct err *why, const char *printer, struct err *e)
{
	if (why != NULL && why->type != ERR_NONE) {
		*e = *why;
	} else {
		err_set(e, ERR_CAMERA_OFF, "%s: its camera is off now", printer);
	}
	err_printer(e, printer);
}
