/* SPDX-License-Identifier: MIT */
/* A printer's link: the state machine between its uplink and link.state, and the silence watchdog.
 */
#include <stdio.h>
#include <string.h>

#include "common/jw.h"
#include "common/text.h"
#include "daemon/fleet/printer_address.h"
#include "daemon/fleet/printer_internal.h"
#include "daemon/fleet/printer_plane.h"

enum {
	SILENCE_STALE_MS = 60 * 1000, /* reliability.md row 3 */
	SILENCE_RECONNECT_MS = 120 * 1000,
	/* Row 2: nothing at all came, not even the answer to the ping that is due after 30 s. */
	DEAF_STALE_MS = 40 * 1000,
	DEAF_LOOK_MS = 42 * 1000,
	/* A refused port right after a loss is a printer that boots; one that stays is a closed
	   door. */
	LAN_CLOSED_AFTER_MS = 30 * 1000,
};

static int64_t now_ms(const struct printer *p)
{
	return loop_now_ms(p->fleet->loop);
}

static int event_of(enum link_state from, enum link_state to)
{
	switch (to) {
	case LINK_ONLINE:
		return from == LINK_STALE ? EVENT_PRINTER_RECOVERED : EVENT_PRINTER_ONLINE;
	case LINK_STALE:
		return EVENT_PRINTER_STALE;
	case LINK_OFFLINE:
		return EVENT_PRINTER_OFFLINE;
	case LINK_AUTH_REFUSED:
		return EVENT_PRINTER_AUTH_REFUSED;
	case LINK_TLS_REFUSED:
		return EVENT_PRINTER_TLS_REFUSED;
	case LINK_LAN_CLOSED:
		return EVENT_PRINTER_LAN_CLOSED;
	case LINK_CONNECTING:
	case LINK_DISABLED:
	case LINK_STATE_COUNT:
		break;
	}
	return -1;
}

/* Seconds until the planned attempt, -1 when none is planned. */
static int64_t next_try_s(const struct printer *p)
{
	int64_t next_ms = p->uplink ? uplink_next_try_ms(p->uplink) : -1;

	return next_ms < 0 ? -1 : (next_ms + 999) / 1000;
}

static void file_event(struct printer *p, enum event_kind kind, enum link_state from)
{
	int64_t next_s = next_try_s(p);
	struct jw w;
	char *data;

	jw_init(&w);
	jw_object(&w, NULL);
	jw_str(&w, "from", link_state_word(from));
	jw_str(&w, "to", link_state_word(p->link.state));
	jw_str(&w, "reason", p->link.last_error[0] ? p->link.last_error : NULL);
	if (next_s >= 0) {
		jw_int(&w, "next_try_s", next_s);
	}
	jw_object_end(&w);
	data = jw_take(&w);
	hub_event(p->fleet->hub, kind, p->config.name, p->config.serial, data,
	    loop_wall_ms(p->fleet->loop));
	free(data);
	jw_finish(&w);
}

/* States without an event of their own: the log of the others is made of the event. */
static void log_change(const struct printer *p, enum link_state from)
{
	struct log_subject subject = printer_subject(p);

	log_write(p->link.state == LINK_DISABLED ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, &subject,
	    "%s -> %s%s%s", link_state_word(from), link_state_word(p->link.state),
	    p->link.last_error[0] ? ": " : "", p->link.last_error);
}

static void tell_change(struct printer *p, enum link_state from)
{
	int kind = event_of(from, p->link.state);

	if (kind < 0) {
		log_change(p, from);
	} else {
		file_event(p, (enum event_kind)kind, from);
	}
}

static bool set_error(struct printer *p, const char *error, const char *hint)
{
	bool same = strcmp(p->link.last_error, error ? error : "") == 0;

	str_copy(p->link.last_error, sizeof(p->link.last_error), error ? error : "");
	str_copy(p->link.hint, sizeof(p->link.hint), hint ? hint : "");
	return !same;
}

void printer_enter(struct printer *p, enum link_state state, const char *error, const char *hint)
{
	enum link_state from = p->link.state;
	bool new_error = set_error(p, error, hint);

	if (from == state) {
		if (new_error) {
			hub_mark(p->fleet->hub, &p->slot, SECTION_BIT(SECTION_LINK));
		}
		return;
	}
	p->link.state = state;
	p->link.since_wall_ms = loop_wall_ms(p->fleet->loop);
	p->link.plane = state == LINK_ONLINE || state == LINK_STALE ? p->planes.last : PLANE_NONE;
	p->link.was_online |= state == LINK_ONLINE;
	hub_mark(p->fleet->hub, &p->slot, SECTION_BIT(SECTION_LINK));
	tell_change(p, from);
}

void printer_heard(struct printer *p)
{
	p->last_message_mono_ms = now_ms(p);
	p->silence_asked = false;
	if (p->link.state == LINK_STALE) {
		printer_enter(p, LINK_ONLINE, NULL, NULL);
	}
	doctor_poke(p->doctor);
}

static bool is_deaf(const struct printer *p)
{
	return uplink_deaf_ms(p->uplink) >= DEAF_STALE_MS;
}

static const char *silence_text(const struct printer *p)
{
	if (is_deaf(p)) {
		return "the connection stands, but nothing answers a ping";
	}
	if (uplink_granted(p->uplink) == MQTT_GRANTED_NONE) {
		return "connected, but the printer refuses to report: is Serial= right?";
	}
	return p->last_message_mono_ms < 0
		   ? "connected, but no report since: is Serial= right (upper case)?"
		   : "connected, but the printer has sent nothing for 60 s";
}

/* Fires when silence may have lasted long enough; messages only move heard_mono_ms. */
static void on_silence(void *arg)
{
	struct printer *p = arg;
	int64_t silent_ms = now_ms(p) - p->heard_mono_ms;

	if (!uplink_is_up(p->uplink)) {
		return;
	}
	if (silent_ms >= SILENCE_RECONNECT_MS) {
		uplink_reconnect(p->uplink, "silent for 120 s");
		return;
	}
	if (silent_ms < SILENCE_STALE_MS && !is_deaf(p)) {
		int64_t next_ms = silent_ms < DEAF_LOOK_MS ? DEAF_LOOK_MS : SILENCE_STALE_MS;

		loop_timer_start(&p->silence, next_ms - silent_ms);
		return;
	}
	if (p->planes.active == PLANE_CLOUD || printer_plane_change(p, "silent for 60 s")) {
		loop_timer_start(&p->silence, SILENCE_RECONNECT_MS - silent_ms);
		return;
	}
	printer_enter(p, LINK_STALE, silence_text(p), NULL);
	if (!p->silence_asked && !is_deaf(p)) {
		p->silence_asked = true;
		printer_ask_full(p, PUSHALL_SILENCE);
	}
	loop_timer_start(&p->silence, SILENCE_RECONNECT_MS - silent_ms);
}

static void on_up(void *arg)
{
	struct printer *p = arg;

	p->counters.connects = uplink_connects(p->uplink);
	p->counters.reconnects = p->counters.connects - 1;
	p->heard_mono_ms = now_ms(p);
	loop_timer_start(&p->silence, DEAF_LOOK_MS);
	if (!printer_plane_lan_up(p)) {
		printer_plane_take(p, PLANE_LAN, "the local network is back");
	}
}

enum link_state printer_state_after(const struct printer *p, enum mqtt_down why)
{
	switch (why) {
	case MQTT_DOWN_TLS:
		return LINK_TLS_REFUSED;
	case MQTT_DOWN_AUTH:
		return LINK_AUTH_REFUSED;
	case MQTT_DOWN_REFUSED_PORT:
		return p->link.was_online &&
			       now_ms(p) - p->link.outage_mono_ms < LAN_CLOSED_AFTER_MS
			   ? LINK_OFFLINE
			   : LINK_LAN_CLOSED;
	case MQTT_DOWN_ASKED:
		return p->link.state == LINK_STALE ? LINK_STALE : LINK_OFFLINE;
	case MQTT_DOWN_UNREACHABLE:
	case MQTT_DOWN_TIMEOUT:
	case MQTT_DOWN_CONNACK:
	case MQTT_DOWN_LOST:
	case MQTT_DOWN_KEEPALIVE:
	case MQTT_DOWN_OVERSIZE:
	case MQTT_DOWN_COUNT:
		break;
	}
	return LINK_OFFLINE;
}

const char *printer_hint_after(const struct printer *p, enum link_state state)
{
	if (uplink_is_kicked(p->uplink)) {
		return "end other programs that use this printer, then: bambuctl refresh";
	}
	switch (state) {
	case LINK_AUTH_REFUSED:
		return "read the access code on the printer and put it into AccessCode=";
	case LINK_TLS_REFUSED:
		return "check Address= and Serial=; Verify=pin trusts one certificate by its pin";
	case LINK_LAN_CLOSED:
		return "switch the printer's LAN access on, or check Address= and Port=";
	case LINK_CONNECTING:
	case LINK_ONLINE:
	case LINK_STALE:
	case LINK_OFFLINE:
	case LINK_DISABLED:
	case LINK_STATE_COUNT:
		break;
	}
	return NULL;
}

static void on_down(void *arg, enum mqtt_down why, const char *text)
{
	struct printer *p = arg;
	enum link_state state;
	char shown[200];

	p->counters.down[why]++;
	p->link.down_mono_ms = now_ms(p);
	p->link.down_why = why;
	p->link.downs++;
	if (p->link.outage_mono_ms < 0) {
		p->link.outage_mono_ms = now_ms(p);
	}
	loop_timer_stop(&p->silence);
	state = printer_state_after(p, why);
	text_escape_buf(text, shown, sizeof(shown));
	/* An address that was only told proves nothing: then the cloud's verdict stays. */
	if (!printer_plane_lan_down(p, shown, printer_hint_after(p, state)) &&
	    (p->config.address || !p->planes.route)) {
		printer_enter(p, state, shown, printer_hint_after(p, state));
	}
	doctor_poke(p->doctor);
}

static struct tls_profile *profile_of(struct printer *p, const char **ret_reason)
{
	struct tls_profile *profile = NULL;

	if (tls_profile_get(p->fleet->tls, p->config.ca_file, &profile, ret_reason) < 0) {
		return NULL;
	}
	return profile;
}

/* Stable for this daemon and printer, so that a half-dead session of ours is replaced, not doubled.
 */
static void make_client_id(const struct printer *p, char *buf, size_t size)
{
	uint64_t h = p->fleet->client_salt;
	const char *s;

	for (s = p->config.serial; *s; s++) {
		h = (h ^ (unsigned char)*s) * 1099511628211ull;
	}
	snprintf(buf, size, "bambud-%08x", (unsigned)(h ^ h >> 32));
	if (p->renewals > 0) {
		/* At most 23 characters (MQTT 3.1.1). */
		snprintf(buf + strlen(buf), size - strlen(buf), "-%u", p->renewals % 100000);
	}
}

void printer_renew_session(struct printer *p, const char *why)
{
	char client_id[32];

	if (p->planes.active != PLANE_LAN) {
		return;
	}
	p->renewals++;
	make_client_id(p, client_id, sizeof(client_id));
	uplink_renew(p->uplink, client_id, why);
}

static void on_message(void *arg, const char *topic, char *payload, size_t len)
{
	printer_on_message(arg, PLANE_LAN, topic, payload, len);
}

static void open_uplink(struct printer *p, struct tls_profile *profile)
{
	static const enum tls_verify verify[VERIFY_MODE_COUNT] = {
	    [VERIFY_CHAIN] = TLS_VERIFY_CHAIN,
	    [VERIFY_PIN] = TLS_VERIFY_PIN,
	    [VERIFY_INSECURE] = TLS_VERIFY_INSECURE,
	};
	struct uplink_handler handler = {
	    .up = on_up, .message = on_message, .down = on_down, .arg = p};
	char client_id[32];
	struct uplink_config config = {
	    .host = printer_address(p),
	    .port = p->config.port,
	    .user = "bblp",
	    .client_id = client_id,
	    .password = p->config.access_code,
	    .serial = p->config.serial,
	    .verify = verify[p->config.verify],
	    .pin = p->config.pin,
	    .profile = profile,
	    .topic = p->topic_report,
	};

	make_client_id(p, client_id, sizeof(client_id));
	p->uplink = uplink_create(p->fleet, &config, &handler);
	uplink_start(p->uplink);
}

#define NOT_HEARD "no Address=, and it has not announced itself on the network yet"

/* NULL: open. */
static const char *why_no_lan(const struct printer *p)
{
	if (p->config.mode == MODE_CLOUD) {
		return "Mode=cloud, and the account is not in use: Enabled= of [Cloud]";
	}
	if (!printer_address(p)) {
		return p->fleet->listens ? NOT_HEARD : "no Address=, and Ssdp=no";
	}
	return p->config.access_code ? NULL : "no AccessCode=";
}

static const char *try_uplink(struct printer *p)
{
	const char *why = why_no_lan(p);
	struct tls_profile *profile = why ? NULL : profile_of(p, &why);

	if (profile) {
		open_uplink(p, profile);
		tls_profile_unref(profile);
	}
	return profile ? NULL : why;
}

void printer_open_uplink(struct printer *p)
{
	struct log_subject subject = printer_subject(p);
	const char *why = try_uplink(p);

	if (why) {
		log_write(LOG_LEVEL_WARN, &subject, "not reached in the local network: %s", why);
	}
}

void printer_link_init(struct printer *p)
{
	const char *why;

	p->link.state = LINK_CONNECTING;
	p->link.since_wall_ms = loop_wall_ms(p->fleet->loop);
	p->link.outage_mono_ms = p->link.up_mono_ms = p->link.down_mono_ms = -1;
	p->told.mono_ms = p->told.followed_ms = -1;
	loop_timer_init(&p->silence, p->fleet->loop, on_silence, p);
	printer_planes_init(p);
	why = p->config.disabled ? p->config.disabled : try_uplink(p);
	if (why && !p->planes.route && strcmp(why, NOT_HEARD) == 0) {
		printer_enter(p, LINK_OFFLINE, why, "bambuctl discover shows who does");
	} else if (why && !p->planes.route) {
		printer_enter(p, LINK_DISABLED, why, "correct it, then: bambuctl daemon reload");
	} else if (!p->uplink && !cloud_link_is_signed_in(p->fleet->cloud)) {
		printer_enter(p, LINK_OFFLINE, "not signed in to the cloud", "bambuctl login");
	}
}

void printer_link_finish(struct printer *p)
{
	loop_timer_stop(&p->silence);
	printer_planes_finish(p);
	uplink_destroy(TAKE(p->uplink));
}
