/* SPDX-License-Identifier: MIT */
/* One printer: what it is made of, and what others may ask of it. */
#include "daemon/fleet/printer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "daemon/fleet/printer_address.h"
#include "daemon/fleet/printer_internal.h"
#include "daemon/fleet/printer_plane.h"
#include "daemon/model/hms.h"

enum { CAMERA_GAP_MS = 1000 }; /* between marks for pictures alone */

struct log_subject printer_subject(const struct printer *p)
{
	return (struct log_subject){.printer = p->config.name, .serial = p->config.serial};
}

struct printer *printer_create(struct fleet *f, const struct printer_config *config)
{
	struct printer *p = xcalloc(1, sizeof(*p));

	p->fleet = f;
	printer_config_copy(config, &p->config);
	p->topic_report = xasprintf("device/%s/report", config->serial ? config->serial : "");
	p->topic_request = xasprintf("device/%s/request", config->serial ? config->serial : "");
	p->last_message_mono_ms = -1;
	p->camera = (struct camera_summary){
	    .frame_mono_ms = -1, .width = UNKNOWN_INT, .height = UNKNOWN_INT};
	hub_slot_init(&p->slot, p);
	state_init(&p->state, config->serial ? config->serial : "", config->model);
	printer_derive_init(p);
	printer_remember(p);
	printer_asks_init(p);
	printer_commands_init(p);
	printer_link_init(p);
	/* New under a name that subscribers may know already: everything may differ. */
	hub_mark(f->hub, &p->slot, SECTION_BIT(SECTION_COUNT) - 1);
	return p;
}

void printer_destroy(struct printer *p)
{
	if (!p) {
		return;
	}
	doctor_end(p->doctor);
	printer_commands_finish(p);
	printer_link_finish(p);
	printer_asks_stop(p);
	printer_derive_finish(p);
	hub_slot_finish(p->fleet->hub, &p->slot);
	state_finish(&p->state);
	printer_config_finish(&p->config);
	free(p->topic_report);
	free(p->topic_request);
	free(p);
}

void printer_set_config(struct printer *p, const struct printer_config *config)
{
	printer_config_finish(&p->config);
	memset(&p->config, 0, sizeof(p->config));
	printer_config_copy(config, &p->config);
	printer_planes_update(p);
	hub_mark(p->fleet->hub, &p->slot, SECTION_BIT(SECTION_INFO));
}

const char *printer_name(const struct printer *p)
{
	return p->config.name;
}

const char *printer_serial(const struct printer *p)
{
	return p->config.serial ? p->config.serial : "";
}

const struct printer_config *printer_config(const struct printer *p)
{
	return &p->config;
}

enum link_state printer_link_state(const struct printer *p)
{
	return p->link.state;
}

const struct state *printer_state(const struct printer *p)
{
	return &p->state;
}

const struct printer_counters *printer_counters(const struct printer *p)
{
	return &p->counters;
}

static enum tls_word tls_word_of(const struct printer *p)
{
	if (p->link.plane == PLANE_NONE) {
		return TLS_WORD_NONE;
	}
	if (p->link.plane == PLANE_CLOUD) {
		return TLS_WORD_VERIFIED;
	}
	switch (p->config.verify) {
	case VERIFY_CHAIN:
		return TLS_WORD_VERIFIED;
	case VERIFY_PIN:
		return TLS_WORD_PINNED;
	case VERIFY_INSECURE:
		return TLS_WORD_INSECURE;
	case VERIFY_MODE_COUNT:
		break;
	}
	return TLS_WORD_NONE;
}

static const char *address_of(const struct printer *p)
{
	const char *address = p->uplink ? uplink_address(p->uplink) : NULL;

	return address ? address : printer_address(p);
}

static const char *address_source_of(const struct printer *p)
{
	const char *told_by = printer_told_by(p);

	return told_by ? told_by : p->config.address ? "configured" : NULL;
}

void printer_view(const struct printer *p, struct printer_view *ret)
{
	*ret = (struct printer_view){
	    .name = p->config.name,
	    .serial = p->config.serial,
	    .instance = p->fleet->instance,
	    .tags = (const char *const *)p->config.tags,
	    .state = &p->state,
	    .link =
		{
		    .state = p->link.state,
		    .plane = p->link.plane,
		    .tls = tls_word_of(p),
		    .address = address_of(p),
		    .address_source = address_source_of(p),
		    .since_wall_ms = p->link.since_wall_ms,
		    .last_message_mono_ms = p->last_message_mono_ms,
		    .reconnects = p->counters.reconnects,
		    .last_error = p->link.last_error[0] ? p->link.last_error : NULL,
		    .last_error_hint = p->link.hint[0] ? p->link.hint : NULL,
		},
	    .camera = p->camera,
	    .now_mono_ms = loop_now_ms(p->fleet->loop),
	    .now_wall_ms = loop_wall_ms(p->fleet->loop),
	    .texts = p->fleet->texts,
	};
}

static bool camera_differs(const struct camera_summary *a, const struct camera_summary *b)
{
	const char *why_a = a->why ? a->why : "", *why_b = b->why ? b->why : "";

	return a->state != b->state || strcmp(why_a, why_b) != 0 || a->width != b->width ||
	       a->height != b->height;
}

void printer_set_camera(struct printer *p, const struct camera_summary *camera)
{
	int64_t now_ms = loop_now_ms(p->fleet->loop);
	bool differs = camera_differs(&p->camera, camera);
	bool newer = camera->frame_mono_ms != p->camera.frame_mono_ms &&
		     now_ms - p->camera_marked_ms >= CAMERA_GAP_MS;

	str_copy(p->camera_why, sizeof(p->camera_why), camera->why ? camera->why : "");
	p->camera = *camera;
	p->camera.why = camera->why ? p->camera_why : NULL;
	if (differs || newer) {
		p->camera_marked_ms = now_ms;
		hub_mark(p->fleet->hub, &p->slot, SECTION_BIT(SECTION_CAMERA));
	}
}

static int refuse_refresh(const struct printer *p, int64_t wait_ms, const char *what, struct err *e)
{
	err_set(e, ERR_RATE_LIMITED, "%s: %s; again in %lld s", p->config.name, what,
	    (long long)(wait_ms + 999) / 1000);
	err_printer(e, p->config.name);
	return -EAGAIN;
}

/* Of a printer that only the cloud reaches, and now does not. */
static int refresh_cloud(struct printer *p, const char **ret_stage, struct err *e)
{
	int64_t wait_ms = 0;

	if (cloud_route_is_up(p->planes.route)) {
		printer_ask_life(p, PLANE_CLOUD);
		*ret_stage = "sent";
		return 0;
	}
	if (!cloud_link_is_signed_in(p->fleet->cloud)) {
		err_set(e, ERR_PRINTER_OFFLINE, "%s: not signed in to the cloud", p->config.name);
		err_printer(e, p->config.name);
		err_hint(e, "bambuctl login");
		return -ENOTCONN;
	}
	if (cloud_link_retry(p->fleet->cloud, &wait_ms) == -EAGAIN) {
		return refuse_refresh(p, wait_ms, p->link.last_error, e);
	}
	*ret_stage = "connecting";
	return 0;
}

int printer_refresh(struct printer *p, const char **ret_stage, struct err *e)
{
	int64_t wait_ms = 0;
	int rc;

	if (!p->uplink && !p->planes.route) {
		err_set(e, ERR_PRINTER_OFFLINE, "%s is disabled: %s", p->config.name,
		    p->link.last_error);
		err_printer(e, p->config.name);
		err_hint(e, "%s", p->link.hint);
		return -ENOTCONN;
	}
	if (printer_is_up(p)) {
		wait_ms = printer_ask_full(p, PUSHALL_ASKED);
		if (wait_ms > 0) {
			return refuse_refresh(
			    p, wait_ms, "a full report was asked for a moment ago", e);
		}
		*ret_stage = "sent";
		return 0;
	}
	if (!p->uplink) {
		return refresh_cloud(p, ret_stage, e);
	}
	rc = uplink_retry(p->uplink, &wait_ms);
	if (rc == -EAGAIN) {
		return refuse_refresh(p, wait_ms, p->link.last_error, e);
	}
	*ret_stage = "connecting";
	return 0;
}

static bool link_is_bad(enum link_state s)
{
	return s != LINK_ONLINE && s != LINK_CONNECTING;
}

static bool hms_is_bad(const struct state_hms *hms)
{
	size_t i;

	for (i = 0; i < hms->count; i++) {
		struct hms_info info;

		hms_describe(hms->entries[i].attr, hms->entries[i].code, &info);
		if (info.severity == HMS_FATAL || info.severity == HMS_SERIOUS) {
			return true;
		}
	}
	return false;
}

void printer_texts_changed(struct printer *p)
{
	uint32_t bits = (p->state.hms.count > 0 ? SECTION_BIT(SECTION_HMS) : 0) |
			(p->state.print.error != 0 ? SECTION_BIT(SECTION_PRINT) : 0);

	if (bits != 0) {
		hub_mark(p->fleet->hub, &p->slot, bits);
	}
}

bool printer_has_problem(const struct printer *p)
{
	enum print_state print = p->state.print.state;

	return link_is_bad(p->link.state) || print == PRINT_PAUSED || print == PRINT_FAILED ||
	       hms_is_bad(&p->state.hms);
}
