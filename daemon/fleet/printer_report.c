/* SPDX-License-Identifier: MIT */
/* A printer's messages: counted, guarded, decoded, merged; and the paced requests for more. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "daemon/fleet/printer_address.h"
#include "daemon/fleet/printer_internal.h"
#include "daemon/fleet/printer_plane.h"
#include "daemon/fleet/tap.h"
#include "daemon/model/encode.h"

enum {
	PUSHALL_GAP_MS = 3000,		      /* bambu.md 5: never closer */
	PUSHALL_GAP_SMALL_MS = 5 * 60 * 1000, /* routine, P1 and A1: bambu.md 8 */
	BASE_GAP_MS = 15 * 1000, /* a delta without a base: doubled up to the one above */
	VERSION_RETRY_MS = 10 * 1000,
	VERSION_TRIES_MAX = 5,
	FLOOD_MAX = 200, /* messages a second (reliability.md row 10) */
	FULL_PER_S = 5,	 /* full reports taken a second, with a burst of: */
	FULL_BURST = 20,
};

static int64_t now_ms(const struct printer *p)
{
	return loop_now_ms(p->fleet->loop);
}

/* So many that some are to be left out. */
static bool flooded(struct printer *p)
{
	int64_t now = now_ms(p);

	if (now - p->flood_window_ms >= 1000) {
		p->flood_window_ms = now;
		p->flood_count = 0;
	}
	return ++p->flood_count > FLOOD_MAX;
}

static bool take_full_token(struct printer *p)
{
	int64_t now = now_ms(p);

	p->full_tokens_milli += (now - p->full_tokens_at_ms) * FULL_PER_S;
	p->full_tokens_at_ms = now;
	if (p->full_tokens_milli > FULL_BURST * 1000) {
		p->full_tokens_milli = FULL_BURST * 1000;
	}
	if (p->full_tokens_milli < 1000) {
		return false;
	}
	p->full_tokens_milli -= 1000;
	return true;
}

static void log_drop(struct printer *p, const char *why)
{
	struct log_subject subject = printer_subject(p);
	unsigned missed = 0;

	if (log_ratelimit_ok(&p->drop_log, now_ms(p), &missed)) {
		log_write(LOG_LEVEL_WARN, &subject,
		    "message dropped: %s; the connection stays (%u more like it not shown)", why,
		    missed);
	}
}

static void drop_undecodable(struct printer *p, int error)
{
	if (error == SCAN_E_SYNTAX) {
		p->counters.dropped_syntax++;
		log_drop(p, "not valid JSON");
		return;
	}
	p->counters.dropped_limit++;
	log_drop(p, error == SCAN_E_DEPTH   ? "nested too deeply"
		    : error == SCAN_E_NODES ? "too many values"
					    : "longer than 256 KiB");
}

static void note_wrong_types(struct printer *p)
{
	struct log_subject subject = printer_subject(p);

	p->counters.wrong_types = p->state.wrong_types;
	if (p->state.wrong_types > 0 && !p->wrong_types_logged) {
		p->wrong_types_logged = true;
		log_write(LOG_LEVEL_WARN, &subject,
		    "a report holds a field of an unexpected type; it is shown as unknown "
		    "(counted in daemon stats, said once)");
	}
}

static void on_event(void *arg, enum event_kind kind, const char *data)
{
	struct printer *p = arg;

	if (printer_was_told(p, kind, data)) {
		return;
	}
	hub_event(p->fleet->hub, kind, p->config.name, p->config.serial, data,
	    loop_wall_ms(p->fleet->loop));
	printer_told(p, kind);
}

static struct state_time time_of(const struct printer *p)
{
	return (struct state_time){now_ms(p), loop_wall_ms(p->fleet->loop)};
}

static struct derive_sink sink_of(struct printer *p)
{
	return (struct derive_sink){
	    .event = on_event,
	    .arg = p,
	    .texts = p->fleet->texts,
	    .serial = p->config.serial,
	    .limits = &p->fleet->limits,
	};
}

static void on_verdict(void *arg)
{
	struct printer *p = arg;
	struct derive_sink sink = sink_of(p);

	derive_settle(&p->derive, &p->state, time_of(p), &sink);
}

static void derive(struct printer *p, uint32_t changed, bool full, struct state_time now)
{
	struct derive_sink sink = sink_of(p);
	int64_t wait_ms;

	derive_events(&p->derive, &p->state, changed, full, now, &sink);
	p->memory.comparing &= !full; /* the first full report settles it */
	wait_ms = derive_wait_ms(&p->derive, now.mono_ms);
	if (wait_ms < 0) {
		loop_timer_stop(&p->verdict);
	} else if (!loop_timer_armed(&p->verdict)) {
		loop_timer_start(&p->verdict, wait_ms);
	}
}

void printer_derive_init(struct printer *p)
{
	derive_init(&p->derive);
	loop_timer_init(&p->verdict, p->fleet->loop, on_verdict, p);
}

void printer_derive_finish(struct printer *p)
{
	loop_timer_stop(&p->verdict);
	derive_finish(&p->derive);
}

static void merge(struct printer *p, const struct report *r)
{
	struct state_time now = time_of(p);
	struct derive_sink sink = sink_of(p);
	struct state_delta delta = {0};

	state_merge(&p->state, r, now, &delta);
	note_wrong_types(p);
	if (r->kind == REPORT_FULL) {
		p->asks.base_tries = 0;
	}
	if (delta.changed || r->kind == REPORT_FULL || derive_due(&p->derive, &sink, now.mono_ms)) {
		derive(p, delta.changed, r->kind == REPORT_FULL, now);
	}
	if (delta.changed) {
		hub_mark(p->fleet->hub, &p->slot, delta.changed);
	}
	if (delta.need_full) {
		printer_ask_full(p, PUSHALL_BASE);
	}
	if (delta.need_version) {
		p->asks.version_tries = 0;
		printer_ask_version(p);
	}
}

static bool count_kind(struct printer *p, enum report_kind kind)
{
	p->counters.by_cloud[kind] += p->planes.active == PLANE_CLOUD;
	switch (kind) {
	case REPORT_FULL:
		if (!take_full_token(p)) {
			p->counters.dropped_limit++;
			p->counters.by_cloud[kind] -= p->planes.active == PLANE_CLOUD;
			log_drop(p, "more than 5 full reports a second");
			return false;
		}
		p->counters.full++;
		return true;
	case REPORT_DELTA:
		p->counters.delta++;
		return true;
	case REPORT_VERSION:
		p->counters.version++;
		loop_timer_stop(&p->asks.version);
		return true;
	case REPORT_ACK:
		p->counters.ack++;
		return true; /* it may speak of the lock */
	case REPORT_EVENT:
		p->counters.event++; /* of the cloud they were taken before */
		return false;
	case REPORT_NONE:
	case REPORT_KIND_COUNT:
		break;
	}
	p->counters.ignored++;
	return false;
}

/* The printer's own session is cut; one that others use is not, and what was left out is asked for
 * once. */
static void stem_flood(struct printer *p)
{
	p->counters.dropped_limit++;
	if (p->planes.active == PLANE_LAN) {
		uplink_reconnect(p->uplink, "more than 200 messages in a second");
	} else if (p->flood_count == FLOOD_MAX + 1) {
		log_drop(p, "more than 200 in a second");
		printer_forget_base(p);
		printer_ask_full(p, PUSHALL_BASE);
	}
}

void printer_on_message(
    struct printer *p, enum plane plane, const char *topic, char *payload, size_t len)
{
	struct report *r = &p->fleet->report;
	int error;

	p->counters.messages++;
	p->counters.bytes += len;
	if (strcmp(topic, p->topic_report) != 0) {
		p->counters.dropped_topic++;
		log_drop(p, "it came on a topic of another printer");
		return;
	}
	if (!printer_plane_hears(p, plane, payload, len)) {
		return;
	}
	if (flooded(p)) {
		stem_flood(p);
		return;
	}
	if (p->fleet->wire != NULL) {
		p->fleet->wire->message(p->fleet->wire->arg, p, plane, true, payload, len);
	}
	error = report_decode(r, payload, len);
	tap_tell(p->fleet->tap, p, topic, payload, len, error ? NULL : r);
	if (error) {
		drop_undecodable(p, error);
		return;
	}
	p->counters.repaired += r->repaired;
	printer_heard(p);
	if (r->kind == REPORT_ACK) {
		printer_commands_ack(p, r);
	}
	if (count_kind(p, r->kind)) {
		merge(p, r);
		pending_look(&p->pending);
		start_look(p);
		if (r->kind == REPORT_FULL) {
			printer_learn_address(p);
		}
	}
}

void printer_ahead(const struct printer *p, int depth)
{
	if (depth == 0) {
		memory_fetch(p, offsetof(struct printer, link) + sizeof(p->link.state));
		derive_ahead(&p->derive);
	} else if (depth == 1) {
		memory_fetch(p->topic_report, 1);
	}
	state_ahead(&p->state, depth);
}

static void send_request(struct printer *p, size_t (*encode)(char *, uint32_t))
{
	char buf[ENCODE_MAX];
	size_t len;

	p->asks.sequence = encode_next_sequence(p->asks.sequence);
	len = encode(buf, p->asks.sequence);
	printer_publish(p, buf, len);
}

static void send_pushall(struct printer *p)
{
	loop_timer_stop(&p->asks.pushall);
	p->asks.pushall_mono_ms[p->planes.active] = now_ms(p);
	p->counters.pushalls++;
	send_request(p, encode_pushall);
}

static int64_t pushall_gap_ms(const struct printer *p, enum pushall_reason reason)
{
	int64_t gap_ms = PUSHALL_GAP_MS;

	if (reason == PUSHALL_BASE) {
		gap_ms = BASE_GAP_MS << (p->asks.base_tries < 5 ? p->asks.base_tries : 5);
		return gap_ms < PUSHALL_GAP_SMALL_MS ? gap_ms : PUSHALL_GAP_SMALL_MS;
	}
	if (reason != PUSHALL_CONNECT && p->state.info.caps->small_cpu) {
		gap_ms = PUSHALL_GAP_SMALL_MS;
	}
	return gap_ms;
}

/* When the printer was asked last: a new session counts its own way alone, the printer's processor
 * does not care by which. -1 never. */
static int64_t last_pushall_ms(const struct printer *p, enum pushall_reason reason)
{
	const int64_t *at_ms = p->asks.pushall_mono_ms;

	if (reason == PUSHALL_CONNECT) {
		return at_ms[p->planes.active];
	}
	return at_ms[PLANE_LAN] > at_ms[PLANE_CLOUD] ? at_ms[PLANE_LAN] : at_ms[PLANE_CLOUD];
}

int64_t printer_ask_full(struct printer *p, enum pushall_reason reason)
{
	int64_t last_ms = last_pushall_ms(p, reason);
	int64_t wait_ms = last_ms < 0 ? 0 : pushall_gap_ms(p, reason) - (now_ms(p) - last_ms);

	if (wait_ms <= 0) {
		if (reason == PUSHALL_BASE) {
			p->asks.base_tries++;
		}
		send_pushall(p);
		return 0;
	}
	if (reason == PUSHALL_CONNECT) {
		loop_timer_start(&p->asks.pushall, wait_ms);
		return 0;
	}
	return wait_ms;
}

void printer_ask_whole(struct printer *p)
{
	if (printer_is_up(p)) {
		printer_ask_full(p, PUSHALL_CONNECT);
	}
}

void printer_ask_version(struct printer *p)
{
	if (p->asks.version_tries >= VERSION_TRIES_MAX) {
		return;
	}
	p->asks.version_tries++;
	send_request(p, encode_get_version);
	loop_timer_start(&p->asks.version, VERSION_RETRY_MS);
}

static void on_pushall_due(void *arg)
{
	struct printer *p = arg;

	if (printer_is_up(p)) {
		send_pushall(p);
	}
}

static void on_version_late(void *arg)
{
	struct printer *p = arg;

	if (printer_is_up(p)) {
		printer_ask_version(p);
	}
}

void printer_ask_life(struct printer *p, enum plane plane)
{
	char buf[ENCODE_MAX];
	size_t len;

	p->asks.sequence = encode_next_sequence(p->asks.sequence);
	len = encode_get_version(buf, p->asks.sequence);
	printer_publish_by(p, plane, buf, len);
}

void printer_asks_init(struct printer *p)
{
	/* Not where others begin: their answers come to us too. */
	p->asks.sequence = ENCODE_SEQUENCE_FIRST + fleet_random() % (ENCODE_SEQUENCE_LAST / 2);
	for (int i = 0; i < PLANE_COUNT; i++) {
		p->asks.pushall_mono_ms[i] = -1;
	}
	loop_timer_init(&p->asks.pushall, p->fleet->loop, on_pushall_due, p);
	loop_timer_init(&p->asks.version, p->fleet->loop, on_version_late, p);
	p->full_tokens_milli = FULL_BURST * 1000;
	p->full_tokens_at_ms = now_ms(p);
	p->drop_log.interval_ms = 60 * 1000;
	p->drop_log.burst = 3;
}

void printer_asks_stop(struct printer *p)
{
	loop_timer_stop(&p->asks.pushall);
	loop_timer_stop(&p->asks.version);
}
