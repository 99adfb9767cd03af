/* SPDX-License-Identifier: MIT */
/* A capture through the parser: its events and its last state, the same at every run. */
#include "daemon/replay.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "common/base64.h"
#include "common/err.h"
#include "common/json.h"
#include "common/jw.h"
#include "daemon/api/bodies.h"
#include "daemon/api/recording.h"
#include "daemon/api/render.h"
#include "daemon/model/derive.h"
#include "daemon/model/hub.h"
#include "daemon/model/report.h"

#define LINE_BYTES_MAX (4 * 1024 * 1024) /* a message of 256 KiB, each byte escaped */
#define LINE_DEPTH_MAX 4
#define MS_MAX (366 * 86400 * INT64_C(1000))
#define MONO_FIRST_MS 86400000 /* of the clock that durations count by: any but the first day */
#define EPOCH 1		       /* of the hub; nobody sees it */

struct replay {
	FILE *out, *errors;
	const char *path;
	unsigned line;		       /* being read, from 1 */
	int64_t first_wall_ms, now_ms; /* now_ms since then */
	int64_t last_message_ms;       /* -1 none */
	char printer[64], serial[64];
	enum plane plane;
	enum link_state link;
	struct state state;
	struct derive derive;
	struct derive_limits limits;
	struct report report;
	struct hub *hub;
	struct hub_slot slot;
	struct hub_observer observer;
	uint64_t messages, kinds[REPORT_KIND_COUNT], dropped, repaired, lost;
	char end[64]; /* "" it has none */
};

static int complain(struct replay *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int complain(struct replay *r, const char *fmt, ...)
{
	va_list ap;

	fprintf(r->errors, "bambud: %s:%u: ", r->path, r->line);
	va_start(ap, fmt);
	vfprintf(r->errors, fmt, ap);
	va_end(ap);
	fputc('\n', r->errors);
	return -EINVAL;
}

/* ---- what comes of it ---- */

static struct state_time time_of(const struct replay *r)
{
	return (struct state_time){MONO_FIRST_MS + r->now_ms, r->first_wall_ms + r->now_ms};
}

static void print_line(struct replay *r, struct jw *w)
{
	jw_object_end(w);
	fprintf(r->out, "%s\n", w->buf);
	jw_finish(w);
}

static void on_hub_event(void *arg, const struct hub_event *e)
{
	struct replay *r = arg;
	struct jw w;

	jw_init(&w);
	jw_object(&w, NULL);
	jw_int(&w, "ms", r->now_ms);
	bodies_write_event(&w, e);
	print_line(r, &w);
}

static void on_derived(void *arg, enum event_kind kind, const char *data)
{
	struct replay *r = arg;

	hub_event(r->hub, kind, r->printer, r->serial, data, time_of(r).wall_ms);
}

static void on_wake(void *arg)
{
	/* It is flushed after each line. */
}

static struct derive_sink sink_of(struct replay *r)
{
	return (struct derive_sink){
	    .event = on_derived, .arg = r, .serial = r->serial, .limits = &r->limits};
}

/* Ends that wait for their reason are told when their time comes, between two lines too. */
static void advance(struct replay *r, int64_t ms)
{
	struct derive_sink sink = sink_of(r);
	int64_t wait_ms;

	while ((wait_ms = derive_wait_ms(&r->derive, time_of(r).mono_ms)) >= 0 &&
	       r->now_ms + wait_ms <= ms) {
		r->now_ms += wait_ms;
		derive_settle(&r->derive, &r->state, time_of(r), &sink);
	}
	r->now_ms = ms;
}

static void begin_anew(struct replay *r)
{
	state_reset(&r->state);
	derive_gap(&r->derive);
}

static void merge(struct replay *r)
{
	struct derive_sink sink = sink_of(r);
	struct state_time now = time_of(r);
	struct state_delta delta = {0};
	bool full = r->report.kind == REPORT_FULL;

	state_merge(&r->state, &r->report, now, &delta);
	if (delta.changed || full || derive_due(&r->derive, &sink, now.mono_ms)) {
		derive_events(&r->derive, &r->state, delta.changed, full, now, &sink);
	}
	if (delta.changed) {
		hub_mark(r->hub, &r->slot, delta.changed);
	}
}

static void take_message(struct replay *r, const char *bytes, size_t len)
{
	r->messages++;
	if (report_decode(&r->report, bytes, len) != 0) {
		r->dropped++;
		return;
	}
	r->repaired += r->report.repaired;
	r->kinds[r->report.kind]++;
	r->last_message_ms = r->now_ms;
	if (r->report.kind != REPORT_NONE && r->report.kind != REPORT_EVENT) {
		merge(r);
	}
	hub_flush(r->hub);
}

/* ---- lines ---- */

static int take_base64(struct replay *r, const char *text)
{
	size_t len = 0;
	_cleanup_free_ char *bytes = base64_decode(text, &len);

	if (!bytes) {
		return complain(r, "base64 is damaged");
	}
	take_message(r, bytes, len);
	return 0;
}

static int take_payload(struct replay *r, json_object *o)
{
	const char *payload = json_get_str(o, "payload"), *base64 = json_get_str(o, "base64");
	int64_t too_long = 0;

	if (payload) {
		take_message(r, payload, strlen(payload));
		return 0;
	}
	if (base64) {
		return take_base64(r, base64);
	}
	if (!json_get_i64(o, "too_long", &too_long)) {
		return complain(r, "a message without payload, base64 or too_long");
	}
	r->messages++;
	r->dropped++;
	return 0;
}

static enum plane plane_by_word(const char *word)
{
	return word && strcmp(word, "cloud") == 0 ? PLANE_CLOUD : PLANE_LAN;
}

/* What it does not know is left alone: a later version may say more. */
static int take_line(struct replay *r, json_object *o)
{
	const char *dir = json_get_str(o, "dir"), *end = json_get_str(o, "end");
	bool anew = false;
	int64_t ms = 0, lost = 0;

	if (!json_get_i64(o, "ms", &ms) || ms < 0 || ms > MS_MAX) {
		return complain(r, "\"ms\" is missing, or no time");
	}
	if (ms < r->now_ms) {
		return complain(
		    r, "time goes back, from %lld to %lld ms", (long long)r->now_ms, (long long)ms);
	}
	advance(r, ms);
	if (json_get_i64(o, "lost", &lost)) {
		r->lost += lost > 0 ? (uint64_t)lost : 0;
		begin_anew(r);
	}
	if (json_get_bool(o, "anew", &anew) && anew) {
		r->link = LINK_ONLINE;
		r->plane = plane_by_word(json_get_str(o, "plane"));
		begin_anew(r);
	}
	if (end) {
		str_copy(r->end, sizeof(r->end), end);
	}
	if (!dir || strcmp(dir, "out") == 0) {
		return 0;
	}
	if (strcmp(dir, "in") != 0 && strcmp(dir, "held") != 0) {
		return complain(r, "\"dir\" is in, out or held");
	}
	if (*dir == 'i') {
		r->plane = plane_by_word(json_get_str(o, "plane"));
	}
	return take_payload(r, o);
}

static int limit_of(json_object *alerts, const char *key)
{
	int64_t value = 0;

	return alerts && json_get_i64(alerts, key, &value) && value >= 0 && value <= 86400000
		   ? (int)value
		   : 0;
}

static void take_limits(struct replay *r, json_object *alerts)
{
	r->limits = (struct derive_limits){
	    .low_pct = limit_of(alerts, "low_pct"),
	    .humid_pct = limit_of(alerts, "humid_pct"),
	    .humid_level = limit_of(alerts, "humid_level"),
	    .hot_c = limit_of(alerts, "hot_c"),
	    .hold_ms = limit_of(alerts, "hold_ms"),
	};
}

static enum link_state link_by_word(const char *word)
{
	int i = 0;

	while (word && i < LINK_STATE_COUNT && strcmp(link_state_word(i), word) != 0) {
		i++;
	}
	return word && i < LINK_STATE_COUNT ? (enum link_state)i : LINK_CONNECTING;
}

static int take_header(struct replay *r, json_object *o)
{
	const char *time = json_get_str(o, "time"), *serial = json_get_str(o, "serial");
	const char *name = json_get_str(o, "printer");
	int64_t format = 0;

	if (!json_get_i64(o, "bambu_capture", &format)) {
		return complain(r, "no capture: the first line has no \"bambu_capture\"");
	}
	if (format != CAPTURE_FORMAT) {
		return complain(r, "a capture of format %lld; this version reads %d",
		    (long long)format, CAPTURE_FORMAT);
	}
	if (!time || time_parse_rfc3339(time, &r->first_wall_ms) < 0) {
		return complain(r, "\"time\" is missing, or no time");
	}
	if (!serial || !str_copy(r->serial, sizeof(r->serial), serial) || !name ||
	    !str_copy(r->printer, sizeof(r->printer), name)) {
		return complain(r, "\"serial\" or \"printer\" is missing or too long");
	}
	r->link = link_by_word(json_get_str(o, "link"));
	take_limits(r, json_get_obj(o, "alerts"));
	state_init(&r->state, r->serial, json_get_str(o, "configured_model"));
	derive_init(&r->derive);
	return 0;
}

static int read_line(struct replay *r, const char *line, size_t len)
{
	_cleanup_json_ json_object *o = NULL;

	if (len > LINE_BYTES_MAX) {
		return complain(r, "a line of more than %d MiB", LINE_BYTES_MAX >> 20);
	}
	if (len == 0 || line[len - 1] != '\n') {
		return complain(r, "the line is cut off");
	}
	if (json_parse(line, len - 1, LINE_DEPTH_MAX, &o) < 0 ||
	    !json_object_is_type(o, json_type_object)) {
		return complain(r, "no JSON object");
	}
	return r->line == 1 ? take_header(r, o) : take_line(r, o);
}

/* ---- the end ---- */

static void write_counts(struct replay *r, struct jw *w)
{
	jw_object(w, "replay");
	jw_int(w, "ms", r->now_ms);
	jw_int(w, "messages", (int64_t)r->messages);
	jw_int(w, "full", (int64_t)r->kinds[REPORT_FULL]);
	jw_int(w, "delta", (int64_t)r->kinds[REPORT_DELTA]);
	jw_int(w, "ack", (int64_t)r->kinds[REPORT_ACK]);
	jw_int(w, "version", (int64_t)r->kinds[REPORT_VERSION]);
	jw_int(w, "ignored", (int64_t)(r->kinds[REPORT_NONE] + r->kinds[REPORT_EVENT]));
	jw_int(w, "dropped", (int64_t)r->dropped);
	jw_int(w, "repaired", (int64_t)r->repaired);
	jw_int(w, "wrong_types", (int64_t)r->state.wrong_types);
	jw_int(w, "lost", (int64_t)r->lost);
	jw_str(w, "end", r->end[0] ? r->end : NULL);
	jw_object_end(w);
}

static void print_status(struct replay *r)
{
	struct printer_view v = {
	    .name = r->printer,
	    .serial = r->serial,
	    .state = &r->state,
	    .link = {.state = r->link,
		.plane = r->link == LINK_ONLINE || r->link == LINK_STALE ? r->plane : PLANE_NONE,
		.since_wall_ms = -1,
		.last_message_mono_ms =
		    r->last_message_ms < 0 ? -1 : MONO_FIRST_MS + r->last_message_ms},
	    .camera = {.frame_mono_ms = -1, .width = UNKNOWN_INT, .height = UNKNOWN_INT},
	    .now_mono_ms = time_of(r).mono_ms,
	    .now_wall_ms = time_of(r).wall_ms,
	};
	struct jw w;

	jw_init(&w);
	jw_object(&w, NULL);
	render_printer(&w, "status", &v, RENDER_ALL);
	write_counts(r, &w);
	print_line(r, &w);
}

static int play(struct replay *r, FILE *f)
{
	_cleanup_free_ char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int error = 0;

	while (error == 0 && (errno = 0, n = getline(&line, &cap, f)) >= 0) {
		r->line++;
		error = read_line(r, line, (size_t)n);
	}
	if (error == 0 && ferror(f)) {
		error = complain(r, "%s", strerror(errno));
	}
	if (error == 0 && r->line == 0) {
		r->line = 1;
		error = complain(r, "no capture: it is empty");
	}
	return error;
}

static int run(struct replay *r, FILE *f)
{
	int error;

	report_init(&r->report);
	r->hub = hub_create(EPOCH, 1, on_wake, NULL);
	r->observer = (struct hub_observer){.event = on_hub_event, .arg = r};
	hub_observe(r->hub, &r->observer);
	hub_slot_init(&r->slot, r);
	error = play(r, f);
	if (error == 0) {
		print_status(r);
	}
	hub_slot_finish(r->hub, &r->slot);
	hub_unobserve(r->hub, &r->observer);
	hub_destroy(r->hub);
	derive_finish(&r->derive);
	state_finish(&r->state);
	report_finish(&r->report);
	return error;
}

int replay_run(const char *path, FILE *out, FILE *errors)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *f = is_stdin ? stdin : fopen(path, "re");
	struct replay r = {.out = out,
	    .errors = errors,
	    .path = is_stdin ? "stdin" : path,
	    .plane = PLANE_LAN,
	    .last_message_ms = -1};
	int error;

	if (!f) {
		fprintf(errors, "bambud: %s: %s\n", path, strerror(errno));
		return EXIT_FAILURE;
	}
	error = run(&r, f);
	if (!is_stdin) {
		fclose(f);
	}
	if (fflush(out) != 0) {
		fprintf(errors, "bambud: the output cannot be written: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	return error < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
