/* SPDX-License-Identifier: MIT */
/* What the tests of derive share: a state with its memory, fed with reports, and what was told. */
#pragma once

#include "daemon/model/derive.h"
#include "tests/unit/model/feed.h"

struct told {
	enum event_kind kind;
	char *data;
};

struct teller {
	struct state state;
	struct derive derive;
	int64_t now_ms;
	const struct hms_texts *texts; /* the vendor's words, or NULL */
	struct derive_limits limits;
	struct told told[64];
	size_t count;
	char kinds[1024]; /* their names, a blank between */
};

static inline void on_told(void *arg, enum event_kind kind, const char *data)
{
	struct teller *t = arg;
	size_t len;

	assert(t->count < ARRAY_SIZE(t->told));
	t->told[t->count].kind = kind;
	t->told[t->count++].data = xstrdup(data);
	len = strlen(t->kinds);
	snprintf(
	    t->kinds + len, sizeof(t->kinds) - len, "%s%s", len > 0 ? " " : "", event_name(kind));
}

static inline struct derive_sink sink_of(struct teller *t)
{
	return (struct derive_sink){on_told, t, t->texts, "01P00A000000001", &t->limits};
}

static inline void forget(struct teller *t)
{
	while (t->count > 0) {
		free(t->told[--t->count].data);
	}
	t->kinds[0] = '\0';
}

/* Merges the message and looks for events, as the daemon does. */
static inline void tell_report(struct teller *t, const char *text)
{
	_cleanup_free_ char *json = quoted(text);
	struct state_time now = {.mono_ms = t->now_ms, .wall_ms = 1000000 + t->now_ms};
	struct derive_sink sink = sink_of(t);
	struct state_delta done;
	struct report r;
	int error;

	report_init(&r);
	error = report_decode(&r, json, strlen(json));
	assert(error == 0);
	state_merge(&t->state, &r, now, &done);
	derive_events(&t->derive, &t->state, done.changed, r.kind == REPORT_FULL, now, &sink);
	report_finish(&r);
}

/* Members of a report after a second; what was told before is forgotten. */
static inline void tell_members(struct teller *t, int msg, const char *members)
{
	_cleanup_free_ char *text = xasprintf(
	    "{'print':{'command':'push_status','msg':%d%s%s}}", msg, *members ? "," : "", members);

	forget(t);
	t->now_ms += 1000;
	tell_report(t, text);
}

#define full(t, members) tell_members(t, 0, members)
#define delta(t, members) tell_members(t, 1, members)

/* Time passes; an end that waited for its reason is told when its time has come. */
static inline void wait_ms(struct teller *t, int64_t ms)
{
	struct derive_sink sink = sink_of(t);
	int64_t left_ms = derive_wait_ms(&t->derive, t->now_ms);

	forget(t);
	t->now_ms += ms;
	if (left_ms >= 0 && left_ms <= ms) {
		struct state_time now = {.mono_ms = t->now_ms, .wall_ms = 1000000 + t->now_ms};

		derive_settle(&t->derive, &t->state, now, &sink);
	}
}

/* The link was lost and came back. */
static inline void reconnect(struct teller *t)
{
	forget(t);
	state_reset(&t->state);
	derive_gap(&t->derive);
}

/* The data of the only event of that kind holds the text, in single quotes. */
static inline bool says(const struct teller *t, enum event_kind kind, const char *text)
{
	_cleanup_free_ char *wanted = quoted(text);
	const char *data = NULL;

	for (size_t i = 0; i < t->count; i++) {
		if (t->told[i].kind == kind) {
			assert(data == NULL);
			data = t->told[i].data;
		}
	}
	if (data == NULL || strstr(data, wanted) == NULL) {
		fprintf(stderr, "%s lacks %s: %s\n", event_name(kind), wanted, data ? data : "-");
		return false;
	}
	return true;
}

#define assert_told(t, names) assert_string_equal((t)->kinds, names)
#define assert_says(t, kind, text) assert_true(says(t, EVENT_##kind, text))
#define DERIVE_TEST(name) cmocka_unit_test_setup_teardown(name, teller_start, teller_stop)

/* A P2S: its door and its units all speak. */
static inline int teller_start(void **state)
{
	struct teller *t = xcalloc(1, sizeof(*t));

	state_init(&t->state, NULL, "P2S");
	derive_init(&t->derive);
	t->limits =
	    (struct derive_limits){.low_pct = 10, .humid_pct = 50, .humid_level = 2, .hot_c = 45};
	*state = t;
	return 0;
}

static inline int teller_stop(void **state)
{
	struct teller *t = *state;

	forget(t);
	derive_finish(&t->derive);
	state_finish(&t->state);
	free(t);
	return 0;
}
