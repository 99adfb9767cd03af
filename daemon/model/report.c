/* SPDX-License-Identifier: MIT */
/* Checks and classifies one report message (bambu.md 4.1, 4.2; status.md "Rules"). */
#include "daemon/model/report.h"

#include <string.h>

#include "common/text.h"
#include "common/util.h"

/* Top-level keys whose objects answer commands; mc_print and the rest are log lines to us. */
static const char *const ack_categories[] = {
    "system", "camera", "xcam", "upgrade", "pushing", "security"};

void report_init(struct report *r)
{
	memset(r, 0, sizeof(*r));
	scan_init(&r->scan);
}

void report_finish(struct report *r)
{
	scan_finish(&r->scan);
	free(r->text);
	memset(r, 0, sizeof(*r));
}

static bool is_ascii(const char *p, size_t len)
{
	uint64_t w, seen = 0;
	size_t i;

	for (i = 0; i + sizeof(w) <= len; i += sizeof(w)) {
		memcpy(&w, p + i, sizeof(w));
		seen |= w;
	}
	for (; i < len; i++) {
		seen |= (unsigned char)p[i];
	}
	return (seen & 0x8080808080808080u) == 0;
}

/* The bytes to scan: the caller's, or a repaired copy of them (bambu.md 4.1: A1 mini). */
static const char *valid_text(struct report *r, const char *bytes, size_t len)
{
	if (is_ascii(bytes, len) || text_is_utf8(bytes, len)) {
		return bytes;
	}
	r->text = xmalloc(len);
	memcpy(r->text, bytes, len);
	r->repaired = scan_repair(r->text, len);
	return r->text;
}

static uint32_t object_at(const struct scan *s, uint32_t object, const char *key)
{
	uint32_t node = scan_get(s, object, key);

	return node != 0 && s->nodes[node].type == SCAN_OBJECT ? node : 0;
}

/* Absent, or a null. */
static bool is_nothing(const struct scan *s, uint32_t node)
{
	return node == 0 || s->nodes[node].type == SCAN_NULL;
}

static void take_ack(struct report *r, const char *category, uint32_t body)
{
	const struct scan *s = &r->scan;

	r->kind = REPORT_ACK;
	r->body = body;
	str_copy(r->category, sizeof(r->category), category);
	scan_str(s, scan_get(s, body, "sequence_id"), r->sequence_id, sizeof(r->sequence_id));
	scan_str(s, scan_get(s, body, "command"), r->command, sizeof(r->command));
}

/* Full only with msg 0, or without msg when a push_status carries gcode_state (old X1). */
static void classify_print(struct report *r, uint32_t body)
{
	const struct scan *s = &r->scan;
	uint32_t command = 0, msg = 0, result = 0, gcode_state = 0, k;
	int64_t number = -1;
	bool push;

	for (k = scan_first(s, body); k != 0; k = scan_next(s, body, k + 1)) {
		/* One pass: a report has 150 members. The length sorts most of them out. */
		switch (s->nodes[k].escaped ? 0 : s->nodes[k].len) {
		case 3:
			msg = scan_key_is(s, k, "msg") ? k + 1 : msg;
			break;
		case 6:
			result = scan_key_is(s, k, "result") ? k + 1 : result;
			break;
		case 7:
			command = scan_key_is(s, k, "command") ? k + 1 : command;
			break;
		case 11:
			gcode_state = scan_key_is(s, k, "gcode_state") ? k + 1 : gcode_state;
			break;
		default:
			break;
		}
	}
	push = command != 0 && scan_key_is(s, command, "push_status");
	if (result != 0 || (!push && !is_nothing(s, command))) {
		take_ack(r, "print", body);
		return;
	}
	r->body = body;
	r->kind = REPORT_DELTA;
	if (msg == 0 ? push && gcode_state != 0 : scan_int(s, msg, &number) && number == 0) {
		r->kind = REPORT_FULL;
	}
}

static void classify_info(struct report *r, uint32_t body)
{
	const struct scan *s = &r->scan;
	uint32_t command = scan_get(s, body, "command"), modules = scan_get(s, body, "module");

	if (command != 0 && scan_key_is(s, command, "get_version") && modules != 0 &&
	    s->nodes[modules].type == SCAN_ARRAY) {
		r->kind = REPORT_VERSION;
		r->body = body;
	} else if (command != 0 || scan_get(s, body, "result") != 0) {
		take_ack(r, "info", body);
	}
}

/* Presence from the cloud broker (bambu.md 1.8). */
static void classify_event(struct report *r, uint32_t body)
{
	const struct scan *s = &r->scan;
	uint32_t name = scan_get(s, body, "event");

	if (name == 0 || s->nodes[name].type != SCAN_STRING) {
		return;
	}
	r->connected = scan_key_is(s, name, "client.connected");
	if (r->connected || scan_key_is(s, name, "client.disconnected")) {
		r->kind = REPORT_EVENT;
		r->body = body;
	}
}

static void classify(struct report *r)
{
	const struct scan *s = &r->scan;
	uint32_t body;
	size_t i;

	if (s->nodes[0].type != SCAN_OBJECT) {
		return;
	}
	body = object_at(s, 0, "print");
	if (body != 0) {
		classify_print(r, body);
		return;
	}
	body = object_at(s, 0, "info");
	if (body != 0) {
		classify_info(r, body);
		return;
	}
	body = object_at(s, 0, "event");
	if (body != 0) {
		classify_event(r, body);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(ack_categories); i++) {
		body = object_at(s, 0, ack_categories[i]);
		if (body != 0 &&
		    (scan_get(s, body, "command") != 0 || scan_get(s, body, "result") != 0)) {
			take_ack(r, ack_categories[i], body);
			return;
		}
	}
}

int report_decode(struct report *r, const char *bytes, size_t len)
{
	enum scan_error error;

	free(TAKE(r->text));
	r->kind = REPORT_NONE;
	r->body = 0;
	r->repaired = 0;
	r->connected = false;
	r->category[0] = r->sequence_id[0] = r->command[0] = '\0';
	if (len > SCAN_BYTES_MAX) {
		return SCAN_E_BYTES; /* before any of it is read or copied */
	}
	error = scan_parse(&r->scan, valid_text(r, bytes, len), len);
	if (error != SCAN_OK) {
		return error;
	}
	classify(r);
	return 0;
}
