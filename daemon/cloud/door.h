/* SPDX-License-Identifier: MIT */
/* A server that is left alone for a while after it turned us away or did not answer: longer each
 * time, so that at most 6 requests go out in the first hour (pure: time and chance come in). */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

struct jw;

enum door_why {
	DOOR_OPEN,
	DOOR_OFFLINE, /* no answer */
	DOOR_FAULT,   /* 5xx, a redirect, an answer without end */
	DOOR_LIMIT,   /* 429 */
	DOOR_WALL,    /* a page of Cloudflare */
	DOOR_WHY_COUNT
};

/* Zeroed: open. */
struct door {
	enum door_why why; /* of the last failure; stays while the next try is under way */
	unsigned failures; /* in a row */
	int64_t until_ms;  /* monotonic */
	int64_t length_ms; /* of this pause */
};

/* One more failure. retry_after_ms: what the server said, or -1. */
void door_shut(
    struct door *d, enum door_why why, int64_t retry_after_ms, int64_t now_ms, uint32_t random);
/* The server answered like one that works. */
void door_open(struct door *d);
int64_t door_left_ms(const struct door *d, int64_t now_ms); /* of the pause; 0: over */
/* What is the matter, for people. */
const char *door_text(enum door_why why);

/* {door,why,failures,until (wall),length_ms}. */
void door_write(
    const struct door *d, const char *name, int64_t now_ms, int64_t wall_ms, struct jw *w);
/* 0, or -EINVAL and d untouched. A clock that was set meanwhile lengthens no pause. */
int door_read(struct door *d, json_object *o, int64_t now_ms, int64_t wall_ms);
