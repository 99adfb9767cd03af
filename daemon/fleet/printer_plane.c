/* SPDX-License-Identifier: MIT */
/* The choice between a printer's two ways: the local network, and the account's session. */
#include "daemon/fleet/printer_plane.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/jw.h"
#include "common/text.h"
#include "daemon/fleet/tap.h"

enum {
	/* Printers speak every two seconds: who was heard so lately is there. */
	FRESH_MS = 10 * 1000,
	SILENCE_STALE_MS = 60 * 1000, /* as in the local network */
	SILENCE_END_MS = 120 * 1000,
	/* When so many sessions of the local network in a row ended sooner, the next one is to
	   stand as long before it takes over: each change costs a full report. */
	STEADY_MS = 30 * 1000,
	SHORT_MAX = 2,
	ASK_GAP_MS = 10 * 1000,
};

static const char no_word[] = "the cloud has no word from the printer: is it on, and bound to the "
			      "account?";

static int64_t now_ms(const struct printer *p)
{
	return loop_now_ms(p->fleet->loop);
}

static void tell_sent(const struct printer *p, enum plane plane, const char *payload, size_t len)
{
	const struct fleet_wire *wire = p->fleet->wire;

	if (wire != NULL) {
		wire->message(wire->arg, p, plane, false, payload, len);
	}
}

int printer_publish_by(struct printer *p, enum plane plane, const char *payload, size_t len)
{
	tell_sent(p, plane, payload, len);
	return plane == PLANE_CLOUD
		   ? cloud_route_publish(p->planes.route, p->topic_request, payload, len)
		   : uplink_publish(p->uplink, p->topic_request, payload, len);
}

int printer_publish(struct printer *p, const char *payload, size_t len)
{
	return printer_publish_by(p, p->planes.active, payload, len);
}

/* ---- which one ---- */

static bool lan_is_open(const struct printer *p)
{
	const struct printer_planes *w = &p->planes;

	return uplink_is_up(p->uplink) && now_ms(p) - p->heard_mono_ms < SILENCE_STALE_MS &&
	       (w->lan_heard || w->active == PLANE_LAN);
}

static bool lan_is_shaky(const struct printer *p)
{
	return p->planes.lan_short >= SHORT_MAX && now_ms(p) - p->planes.lan_up_ms < STEADY_MS;
}

static bool cloud_is_open(const struct printer *p)
{
	return cloud_route_is_up(p->planes.route) && p->planes.cloud_heard_ms >= 0 &&
	       now_ms(p) - p->planes.cloud_heard_ms < FRESH_MS;
}

static enum plane best(const struct printer *p)
{
	bool lan = lan_is_open(p), cloud = cloud_is_open(p);

	if (lan && cloud) {
		return p->fleet->prefer_cloud ||
			       (p->planes.active == PLANE_CLOUD && lan_is_shaky(p))
			   ? PLANE_CLOUD
			   : PLANE_LAN;
	}
	return lan ? PLANE_LAN : cloud ? PLANE_CLOUD : p->planes.active;
}

static void file_event(struct printer *p, enum plane from, const char *reason)
{
	struct jw w;
	char *data;

	jw_init(&w);
	jw_object(&w, NULL);
	jw_str(&w, "from", plane_word(from));
	jw_str(&w, "to", plane_word(p->planes.active));
	jw_str(&w, "reason", reason);
	jw_object_end(&w);
	data = jw_take(&w);
	hub_event(p->fleet->hub, EVENT_PRINTER_PLANE_CHANGED, p->config.name, p->config.serial,
	    data, loop_wall_ms(p->fleet->loop));
	free(data);
	jw_finish(&w);
}

/* What is under way is lost with the way it went. */
static void leave(struct printer *p, const char *why)
{
	if (p->planes.active == PLANE_LAN) {
		bool is_short = now_ms(p) - p->planes.lan_up_ms < STEADY_MS;

		p->planes.lan_short = is_short ? p->planes.lan_short + 1 : 0;
	}
	p->planes.active = PLANE_NONE;
	p->planes.unproven = false;
	loop_timer_stop(&p->planes.watch);
	printer_asks_stop(p);
	pending_drop(&p->pending, why);
}

void printer_forget_base(struct printer *p)
{
	const struct fleet_wire *wire = p->fleet->wire;

	/* What was missed shows in the next full report; deltas before it would mix two times. */
	state_reset(&p->state);
	derive_gap(&p->derive);
	if (wire != NULL) {
		wire->anew(wire->arg, p, p->planes.active);
	}
}

static void begin_anew(struct printer *p)
{
	p->asks.version_tries = 0;
	printer_forget_base(p);
}

/* What is wrong with the local network is still to be said when the cloud stands in for it. */
static bool lan_has_trouble(const struct printer *p)
{
	enum link_state state = p->link.state;

	return !uplink_is_up(p->uplink) && p->config.address &&
	       (p->planes.last == PLANE_LAN || state == LINK_TLS_REFUSED ||
		   state == LINK_AUTH_REFUSED || state == LINK_LAN_CLOSED);
}

void printer_plane_take(struct printer *p, enum plane to, const char *why)
{
	enum plane last = p->planes.last;
	bool troubled = to == PLANE_CLOUD && why && *why && lan_has_trouble(p);
	char reason[sizeof(p->link.last_error)], trouble[sizeof(reason) + 32];
	char hint[sizeof(p->link.hint)];

	str_copy(reason, sizeof(reason), why ? why : ""); /* it may be the last error itself */
	str_copy(hint, sizeof(hint), p->link.hint);
	if (p->planes.active != PLANE_NONE) {
		leave(p, "the way to the printer changed");
	}
	p->planes.active = p->planes.last = to;
	p->link.plane = to;
	hub_mark(p->fleet->hub, &p->slot, SECTION_BIT(SECTION_LINK));
	p->link.outage_mono_ms = -1;
	p->link.up_mono_ms = now_ms(p);
	p->silence_asked = true; /* a full report is asked for already */
	begin_anew(p);
	if (to == PLANE_CLOUD) {
		loop_timer_start(&p->planes.watch, FRESH_MS);
	}
	/* A silent printer that takes a new connection is still silent: its first message ends
	 * that. */
	if (to == PLANE_CLOUD || p->link.state != LINK_STALE) {
		snprintf(trouble, sizeof(trouble), "in the local network: %s", reason);
		printer_enter(p, LINK_ONLINE, troubled ? trouble : NULL, troubled ? hint : NULL);
	}
	if (last != PLANE_NONE && last != to) {
		file_event(p, last, reason[0] ? reason : NULL);
	}
	printer_ask_version(p);
	printer_ask_full(p, PUSHALL_CONNECT);
	doctor_poke(p->doctor);
}

bool printer_plane_change(struct printer *p, const char *reason)
{
	enum plane to = best(p);

	if (to == p->planes.active) {
		return false;
	}
	printer_plane_take(p, to, reason);
	return true;
}

/* ---- the local network ---- */

bool printer_plane_lan_up(struct printer *p)
{
	p->planes.lan_heard = false;
	p->planes.lan_up_ms = now_ms(p);
	if (p->planes.active != PLANE_CLOUD) {
		return false;
	}
	printer_ask_life(p, PLANE_LAN);
	return true;
}

/* Asks once whether the cloud reaches who is gone here. */
static void ask_cloud(struct printer *p)
{
	if (cloud_route_is_up(p->planes.route) &&
	    (p->planes.asked_ms < 0 || now_ms(p) - p->planes.asked_ms >= ASK_GAP_MS)) {
		p->planes.asked_ms = now_ms(p);
		printer_ask_life(p, PLANE_CLOUD);
	}
}

bool printer_plane_lan_down(struct printer *p, const char *text, const char *hint)
{
	bool was_active = p->planes.active == PLANE_LAN;
	char trouble[sizeof(p->link.last_error)];

	p->planes.lan_heard = false;
	if (was_active) {
		leave(p, "the connection was lost");
	}
	if (p->planes.active == PLANE_CLOUD) {
		if (p->link.state == LINK_ONLINE) {
			snprintf(trouble, sizeof(trouble), "in the local network: %s", text);
			printer_enter(p, LINK_ONLINE, trouble, hint);
		}
		return true;
	}
	if (was_active && cloud_is_open(p)) {
		printer_plane_take(p, PLANE_CLOUD, text);
		p->planes.unproven = true;
		return true;
	}
	ask_cloud(p);
	return false;
}

/* ---- the cloud ---- */

static void lose_cloud(struct printer *p, enum link_state state, const char *text, const char *hint)
{
	p->planes.cloud_heard_ms = -1;
	if (p->planes.active == PLANE_CLOUD) {
		leave(p, text);
		if (uplink_is_up(p->uplink) && now_ms(p) - p->heard_mono_ms < SILENCE_STALE_MS) {
			printer_plane_take(p, PLANE_LAN, text);
			return;
		}
		p->link.outage_mono_ms = now_ms(p);
		printer_enter(p, state, text, hint);
		doctor_poke(p->doctor);
	} else if (p->planes.active == PLANE_NONE && !p->config.address) {
		printer_enter(p, state, text, hint);
		doctor_poke(p->doctor);
	}
}

/* Nothing came since the cloud took over: the printer left both ways at once, and what ended the
 * first one is the verdict. */
static void take_back(struct printer *p)
{
	enum link_state state = printer_state_after(p, p->link.down_why);
	char text[sizeof(p->link.last_error)];

	str_copy(text, sizeof(text), p->link.last_error);
	lose_cloud(p, state, text, printer_hint_after(p, state));
}

static void look_at_silence(struct printer *p)
{
	int64_t silent_ms = now_ms(p) - p->planes.cloud_heard_ms;

	if (silent_ms >= SILENCE_END_MS) {
		lose_cloud(p, LINK_OFFLINE, "nothing came through the cloud for 120 s", NULL);
		return;
	}
	if (silent_ms < SILENCE_STALE_MS) {
		loop_timer_start(&p->planes.watch, SILENCE_STALE_MS - silent_ms);
		return;
	}
	printer_enter(p, LINK_STALE, "nothing came through the cloud for 60 s", NULL);
	if (!p->silence_asked) {
		p->silence_asked = true;
		printer_ask_full(p, PUSHALL_SILENCE);
	}
	loop_timer_start(&p->planes.watch, SILENCE_END_MS - silent_ms);
}

static void on_watch(void *arg)
{
	struct printer *p = arg;

	if (p->planes.active == PLANE_NONE) {
		lose_cloud(p, LINK_OFFLINE, no_word, "switch the printer on");
	} else if (p->planes.active == PLANE_CLOUD) {
		if (p->planes.unproven) {
			take_back(p);
		} else {
			look_at_silence(p);
		}
	}
}

static void on_cloud_up(void *arg)
{
	struct printer *p = arg;

	p->planes.cloud_heard_ms = -1;
	if (p->planes.active != PLANE_LAN || p->fleet->prefer_cloud) {
		p->planes.asked_ms = now_ms(p);
		printer_ask_life(p, PLANE_CLOUD);
	}
	if (p->planes.active == PLANE_NONE) {
		loop_timer_start(&p->planes.watch, FRESH_MS);
	}
	doctor_poke(p->doctor);
}

static void on_cloud_message(void *arg, const char *topic, char *payload, size_t len)
{
	printer_on_message(arg, PLANE_CLOUD, topic, payload, len);
}

static void on_cloud_ahead(void *arg, int depth)
{
	printer_ahead(arg, depth);
}

static void on_cloud_down(void *arg, enum mqtt_down why, const char *text)
{
	struct printer *p = arg;

	if (p->planes.active == PLANE_NONE) {
		loop_timer_stop(&p->planes.watch);
	}
	lose_cloud(p, LINK_OFFLINE, text,
	    why == MQTT_DOWN_AUTH || !cloud_link_is_signed_in(p->fleet->cloud)
		? "sign in: bambuctl login"
		: NULL);
}

void printer_plane_presence(struct printer *p, bool connected)
{
	if (!connected) {
		lose_cloud(
		    p, LINK_OFFLINE, "the cloud says that the printer has disconnected", NULL);
		return;
	}
	p->planes.cloud_heard_ms = now_ms(p);
	p->planes.unproven = false;
	if (p->planes.active == PLANE_CLOUD) {
		/* Its going may not have been told: everything is asked for anew. */
		begin_anew(p);
		printer_ask_version(p);
		printer_ask_full(p, PUSHALL_CONNECT);
	} else {
		printer_plane_change(p, p->link.last_error);
	}
}

/* ---- signs of life ---- */

/* Presence is told on the topic of the reports, in a small message. */
#define PRESENCE_MAX 1024

static bool is_presence(struct printer *p, const char *payload, size_t len)
{
	struct report *r = &p->fleet->report;

	if (len > PRESENCE_MAX || !memmem(payload, len, "client.", strlen("client.")) ||
	    report_decode(r, payload, len) != 0 || r->kind != REPORT_EVENT) {
		return false;
	}
	p->counters.event++;
	p->counters.by_cloud[REPORT_EVENT]++;
	printer_plane_presence(p, r->connected);
	return true;
}

bool printer_plane_hears(struct printer *p, enum plane plane, const char *payload, size_t len)
{
	struct printer_planes *w = &p->planes;

	if (plane == PLANE_LAN) {
		p->heard_mono_ms = now_ms(p);
		w->lan_heard = true;
	} else if (is_presence(p, payload, len)) {
		return false;
	} else {
		w->cloud_heard_ms = now_ms(p);
		w->unproven = false;
	}
	if (w->active == plane) {
		return true;
	}
	printer_plane_change(p, plane == PLANE_LAN ? "the local network is back"
				: w->active == PLANE_LAN && lan_is_open(p)
				    ? "the cloud is preferred"
				    : p->link.last_error);
	return w->active == plane;
}

/* ---- life ---- */

static bool wants_cloud(const struct printer *p)
{
	if (p->config.disabled || !p->fleet->cloud) {
		return false;
	}
	return p->config.mode == MODE_CLOUD || (p->config.mode == MODE_AUTO && p->config.cloud);
}

static void open_route(struct printer *p)
{
	struct cloud_route_handler handler = {
	    .up = on_cloud_up,
	    .message = on_cloud_message,
	    .down = on_cloud_down,
	    .ahead = on_cloud_ahead,
	    .arg = p,
	};

	p->planes.route = cloud_route_create(p->fleet->cloud, p->config.serial, &handler);
}

void printer_planes_init(struct printer *p)
{
	p->planes.cloud_heard_ms = p->planes.asked_ms = -1;
	loop_timer_init(&p->planes.watch, p->fleet->loop, on_watch, p);
	if (wants_cloud(p)) {
		open_route(p);
	}
}

void printer_planes_finish(struct printer *p)
{
	loop_timer_stop(&p->planes.watch);
	cloud_route_destroy(TAKE(p->planes.route));
}

void printer_planes_update(struct printer *p)
{
	if (wants_cloud(p) == (p->planes.route != NULL)) {
		return;
	}
	if (!p->planes.route) {
		open_route(p);
		if (p->link.state == LINK_DISABLED) {
			printer_enter(p, LINK_CONNECTING, NULL, NULL);
		}
		return;
	}
	cloud_route_destroy(TAKE(p->planes.route));
	lose_cloud(p, p->uplink ? LINK_OFFLINE : LINK_DISABLED,
	    "the account does not have this printer any more", NULL);
	loop_timer_stop(&p->planes.watch);
}
