/* SPDX-License-Identifier: MIT */
/* Any text as the kept state of a printer: a first line with two clocks, a state and what edges
 * need; a second one with raw texts; reports behind. Whatever is taken up can be shown, kept once
 * more and gone on with, and nothing is younger than now. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "common/json.h"
#include "common/jw.h"
#include "common/util.h"
#include "daemon/api/render.h"
#include "daemon/model/derive.h"
#include "daemon/model/raw.h"
#include "daemon/model/report.h"
#include "daemon/model/saved.h"
#include "daemon/model/view.h"

#define NOW_MS INT64_C(7000000) /* of the monotonic clock, of the machine, */
#define WALL_MS INT64_C(1700000000000)
#define REPORTS_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct kept {
	struct state state;
	struct derive derive;
	int64_t heard_mono_ms;
};

static void check_json(const char *text, size_t len)
{
	json_object *o = NULL;

	assert(json_parse(text, len, 32, &o) == 0);
	json_object_put(o);
}

static void check_stamp(int64_t at_ms, int64_t now_ms)
{
	assert(at_ms >= -1 && at_ms <= now_ms);
}

static void check_ages(const struct kept *k, int64_t now_ms)
{
	check_stamp(k->heard_mono_ms, now_ms);
	check_stamp(k->state.full_mono_ms, now_ms);
	for (int i = 0; i < SECTION_COUNT; i++) {
		check_stamp(k->state.section_mono_ms[i], now_ms);
	}
	check_stamp(k->derive.print.started_mono_ms, now_ms);
	check_stamp(k->derive.print.cancel_mono_ms, now_ms);
	check_stamp(k->derive.print.verdict_mono_ms, now_ms);
}

static char *show(const struct kept *k, int64_t now_ms)
{
	const struct printer_view view = {
	    .name = "one",
	    .serial = "01P00A000000001",
	    .state = &k->state,
	    .now_mono_ms = now_ms,
	    .now_wall_ms = WALL_MS + now_ms,
	    .link = {.last_message_mono_ms = k->heard_mono_ms},
	    .camera = {.frame_mono_ms = -1, .width = UNKNOWN_INT, .height = UNKNOWN_INT},
	};
	struct jw w;

	jw_init(&w);
	render_printer(&w, NULL, &view, RENDER_ALL);
	check_json(w.buf, w.len);
	return jw_take(&w);
}

static int64_t number(const struct scan *s, const char *key)
{
	int64_t value = -1;

	scan_int(s, scan_get(s, 0, key), &value);
	return value;
}

/* False when it is no text of ours. */
static bool take_up(struct kept *k, const char *line, size_t len)
{
	const struct saved_at now = {.wall_ms = WALL_MS, .boot_ms = NOW_MS};
	struct saved_at then;
	int64_t elapsed_ms;
	struct scan s;
	bool good;

	state_init(&k->state, NULL, NULL);
	derive_init(&k->derive);
	scan_init(&s);
	good = scan_parse(&s, line, len) == SCAN_OK && s.nodes[0].type == SCAN_OBJECT;
	if (good) {
		then = (struct saved_at){number(&s, "wall_ms"), number(&s, "boot_ms")};
		elapsed_ms = saved_elapsed_ms(&then, &now);
		assert(elapsed_ms >= -1);
		k->heard_mono_ms = saved_mono_ms(number(&s, "heard_age_ms"), elapsed_ms, NOW_MS);
		state_restore(&k->state, &s, scan_get(&s, 0, "state"), NOW_MS, elapsed_ms);
		derive_restore(&k->derive, &s, scan_get(&s, 0, "derive"), NOW_MS, elapsed_ms);
	}
	scan_finish(&s);
	return good;
}

static void let_go(struct kept *k)
{
	derive_finish(&k->derive);
	state_finish(&k->state);
}

static char *keep(const struct kept *k, size_t *ret_len)
{
	struct jw w;

	jw_init(&w);
	jw_object(&w, NULL);
	jw_int(&w, "wall_ms", WALL_MS);
	jw_int(&w, "boot_ms", NOW_MS);
	jw_int(&w, "heard_age_ms", k->heard_mono_ms < 0 ? -1 : NOW_MS - k->heard_mono_ms);
	state_save(&k->state, &w, "state", NOW_MS);
	derive_save(&k->derive, &w, "derive", NOW_MS);
	jw_object_end(&w);
	*ret_len = w.len;
	return jw_take(&w);
}

/* What was taken up is kept and taken up as the same. */
static void keep_again(const struct kept *k)
{
	_cleanup_free_ char *text = NULL, *again = NULL, *before = NULL, *after = NULL;
	struct kept second;
	size_t len, again_len;

	text = keep(k, &len);
	check_json(text, len);
	assert(take_up(&second, text, len));
	again = keep(&second, &again_len);
	assert(strcmp(text, again) == 0);
	before = show(k, NOW_MS);
	after = show(&second, NOW_MS);
	assert(strcmp(before, after) == 0);
	let_go(&second);
}

static void take_raw(struct kept *k, const char *line, size_t len)
{
	struct scan s;

	scan_init(&s);
	if (scan_parse(&s, line, len) == SCAN_OK) {
		raw_merge(k->state.raw, &s, 0);
	}
	scan_finish(&s);
}

static void on_event(void *arg, enum event_kind kind, const char *data)
{
	check_json(data, strlen(data));
}

static void take_report(struct kept *k, const char *line, size_t len, int64_t now_ms)
{
	static const struct derive_limits limits = {
	    .low_pct = 10, .humid_pct = 60, .humid_level = 2, .hot_c = 45, .hold_ms = 0};
	const struct derive_sink sink = {
	    .event = on_event, .serial = "01P00A000000001", .limits = &limits};
	struct state_time now = {.mono_ms = now_ms, .wall_ms = WALL_MS + now_ms};
	struct state_delta delta = {0};
	struct report r;

	report_init(&r);
	if (report_decode(&r, line, len) == 0) {
		state_merge(&k->state, &r, now, &delta);
		derive_events(
		    &k->derive, &k->state, delta.changed, r.kind == REPORT_FULL, now, &sink);
	}
	if (derive_wait_ms(&k->derive, now_ms) == 0) {
		derive_settle(&k->derive, &k->state, now, &sink);
	}
	report_finish(&r);
}

/* Lines of it, one after the other. */
static bool next_line(const char **p, const char *end, const char **ret, size_t *ret_len)
{
	const char *newline;

	if (*p >= end) {
		return false;
	}
	newline = memchr(*p, '\n', (size_t)(end - *p));
	*ret = *p;
	*ret_len = (size_t)((newline ? newline : end) - *p);
	*p += *ret_len + (newline != NULL);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xmalloc(size + 1);
	const char *p = text, *end = text + size, *line;
	struct kept k = {.heard_mono_ms = -1};
	int64_t now_ms = NOW_MS;
	size_t len;

	memcpy(text, data, size);
	scan_repair(text, size);
	if (!next_line(&p, end, &line, &len)) {
		return 0;
	}
	if (take_up(&k, line, len)) {
		check_ages(&k, NOW_MS);
		keep_again(&k);
		if (next_line(&p, end, &line, &len)) {
			take_raw(&k, line, len);
		}
		for (int i = 0; i < REPORTS_MAX && next_line(&p, end, &line, &len); i++) {
			now_ms += 1000;
			take_report(&k, line, len, now_ms);
			check_ages(&k, now_ms);
			free(show(&k, now_ms));
		}
	}
	let_go(&k);
	return 0;
}
