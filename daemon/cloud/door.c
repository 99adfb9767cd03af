/* SPDX-License-Identifier: MIT */
/* A server that is left alone for a while after it turned us away or did not answer: longer each
 * time, so that at most 6 requests go out in the first hour (pure: time and chance come in). */
#include "daemon/cloud/door.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "common/json.h"
#include "common/jw.h"
#include "common/util.h"

#define MINUTE_MS 60000
#define FIRST_MS 30000 /* one failure proves little */
#define PAUSE_MAX_MS (60 * MINUTE_MS)
#define WALL_MS (15 * MINUTE_MS) /* bambu.md 1.9 */
#define SAID_MAX_MS (24 * 60 * MINUTE_MS)
#define FAILURES_MAX 1000

struct why_row {
	const char *word, *text;
};

static const struct why_row whys[] = {
    [DOOR_OPEN] = {"open", "the cloud is not asked"},
    [DOOR_OFFLINE] = {"offline", "the cloud did not answer"},
    [DOOR_FAULT] = {"fault", "the cloud has trouble of its own"},
    [DOOR_LIMIT] = {"limit", "the cloud wants fewer requests"},
    [DOOR_WALL] = {"wall", "Cloudflare turned us away"},
};
static_assert(ARRAY_SIZE(whys) == DOOR_WHY_COUNT, "one row per reason");

const char *door_text(enum door_why why)
{
	return whys[why].text;
}

static int64_t at_most(int64_t value, int64_t most)
{
	return value < most ? value : most;
}

static int64_t at_least(int64_t value, int64_t least)
{
	return value > least ? value : least;
}

/* base, doubled for each failure after the first `free`. */
static int64_t grown_ms(int64_t base_ms, unsigned failures, unsigned after)
{
	int64_t ms = base_ms;

	for (unsigned i = after; i < failures && ms < PAUSE_MAX_MS; i++) {
		ms *= 2;
	}
	return at_most(ms, PAUSE_MAX_MS);
}

/* Requests at 0, 0.5, 2.5, 6.5, 14.5 and 30.5 minutes, the seventh after an hour. */
static int64_t outage_ms(unsigned failures)
{
	return failures <= 1 ? FIRST_MS : grown_ms(2 * MINUTE_MS, failures, 2);
}

static int64_t pause_ms(enum door_why why, unsigned failures, int64_t said_ms)
{
	switch (why) {
	case DOOR_OPEN:
		return 0;
	case DOOR_OFFLINE:
	case DOOR_FAULT:
		return at_least(outage_ms(failures), said_ms);
	case DOOR_LIMIT:
		if (said_ms < 0) {
			return grown_ms(WALL_MS, failures, 1);
		}
		/* Who says it over and over is not believed. */
		return at_least(failures > 1 ? outage_ms(failures) : 1000, said_ms);
	case DOOR_WALL:
		return at_least(grown_ms(WALL_MS, failures, 1), said_ms);
	case DOOR_WHY_COUNT:
		break;
	}
	return 0;
}

void door_shut(
    struct door *d, enum door_why why, int64_t retry_after_ms, int64_t now_ms, uint32_t random)
{
	int64_t ms;

	d->failures = d->failures < FAILURES_MAX ? d->failures + 1 : FAILURES_MAX;
	d->why = why;
	ms = pause_ms(why, d->failures, at_most(retry_after_ms, SAID_MAX_MS));
	/* Up to a tenth longer: not everybody comes back at once. */
	d->length_ms = ms + (int64_t)(((uint64_t)ms / 10 * random) >> 32);
	d->until_ms = now_ms + d->length_ms;
}

void door_open(struct door *d)
{
	*d = (struct door){0};
}

int64_t door_left_ms(const struct door *d, int64_t now_ms)
{
	return at_least(d->until_ms - now_ms, 0);
}

void door_write(
    const struct door *d, const char *name, int64_t now_ms, int64_t wall_ms, struct jw *w)
{
	jw_object(w, NULL);
	jw_str(w, "door", name);
	jw_str(w, "why", whys[d->why].word);
	jw_int(w, "failures", d->failures);
	jw_int(w, "until", wall_ms + door_left_ms(d, now_ms));
	jw_int(w, "length_ms", d->length_ms);
	jw_object_end(w);
}

static enum door_why why_by_word(const char *word)
{
	unsigned i;

	for (i = 0; word != NULL && i < DOOR_WHY_COUNT; i++) {
		if (strcmp(whys[i].word, word) == 0) {
			return (enum door_why)i;
		}
	}
	return DOOR_WHY_COUNT;
}

int door_read(struct door *d, json_object *o, int64_t now_ms, int64_t wall_ms)
{
	enum door_why why = why_by_word(json_get_str(o, "why"));
	int64_t failures, until_ms, length_ms;

	if (why == DOOR_WHY_COUNT || !json_get_i64(o, "failures", &failures) || failures < 0 ||
	    failures > FAILURES_MAX || !json_get_i64(o, "until", &until_ms) || until_ms < 0 ||
	    !json_get_i64(o, "length_ms", &length_ms) || length_ms < 0 ||
	    length_ms > 2 * SAID_MAX_MS) {
		return -EINVAL;
	}
	d->why = why;
	d->failures = (unsigned)failures;
	d->length_ms = length_ms;
	d->until_ms = now_ms + at_most(at_least(until_ms - wall_ms, 0), length_ms);
	return 0;
}
