/* SPDX-License-Identifier: MIT */
/* What the model tests share: JSON with single quotes, reports fed into a state, fixture files. */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/util.h"
#include "daemon/model/report.h"
#include "daemon/model/state.h"

/* A copy with every ' made a ": JSON that can be read in C. */
static inline char *quoted(const char *text)
{
	char *copy = xstrdup(text), *p;

	for (p = copy; *p != '\0'; p++) {
		if (*p == '\'') {
			*p = '"';
		}
	}
	return copy;
}

/* Everything in a file, NUL-terminated; NULL when it cannot be read. */
static inline char *read_whole(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "rb");
	char *text;
	size_t len;

	if (f == NULL) {
		return NULL;
	}
	text = xmalloc(SCAN_BYTES_MAX + 1);
	len = fread(text, 1, SCAN_BYTES_MAX, f);
	fclose(f);
	text[len] = '\0';
	*ret_len = len;
	return text;
}

/* Merges bytes at a wall time and a monotonic one of the same number; returns the scan error. */
static inline int feed_bytes(
    struct state *s, const char *bytes, size_t len, int64_t now_ms, struct state_delta *ret)
{
	struct report r;
	struct state_time now = {.mono_ms = now_ms, .wall_ms = now_ms};
	int error;

	memset(ret, 0, sizeof(*ret));
	report_init(&r);
	error = report_decode(&r, bytes, len);
	if (error == 0) {
		state_merge(s, &r, now, ret);
	}
	report_finish(&r);
	return error;
}

/* Merges JSON in single quotes; returns the changed sections. */
static inline uint32_t feed_at(struct state *s, int64_t now_ms, const char *text)
{
	_cleanup_free_ char *json = quoted(text);
	struct state_delta delta;
	int error = feed_bytes(s, json, strlen(json), now_ms, &delta);

	assert(error == 0);
	return delta.changed;
}

static inline uint32_t feed(struct state *s, const char *text)
{
	return feed_at(s, 1000, text);
}

/* A full report with these members beside the usual ones. */
static inline uint32_t feed_full(struct state *s, const char *members)
{
	_cleanup_free_ char *text = xasprintf(
	    "{'print':{'command':'push_status','msg':0%s%s}}", *members ? "," : "", members);

	return feed(s, text);
}

static inline uint32_t feed_delta(struct state *s, const char *members)
{
	_cleanup_free_ char *text = xasprintf(
	    "{'print':{'command':'push_status','msg':1%s%s}}", *members ? "," : "", members);

	return feed(s, text);
}

/* Merges a file of the folder; false when it is not there. */
static inline bool feed_file(
    struct state *s, const char *folder, const char *name, struct state_delta *ret)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", folder, name);
	_cleanup_free_ char *text = NULL;
	size_t len = 0;

	text = read_whole(path, &len);
	return text != NULL && feed_bytes(s, text, len, 1000, ret) == 0;
}

#define BIT(name) SECTION_BIT(SECTION_##name)
/* A test with a state of an unknown model in *state. */
#define STATE_TEST(name) cmocka_unit_test_setup_teardown(name, state_start, state_stop)

static inline int state_start(void **state)
{
	struct state *s = xcalloc(1, sizeof(*s));

	state_init(s, NULL, NULL);
	*state = s;
	return 0;
}

static inline int state_stop(void **state)
{
	state_finish(*state);
	free(*state);
	return 0;
}

/* The state anew, of a configured model. */
static inline struct state *as_model(void **state, const char *model)
{
	state_finish(*state);
	state_init(*state, NULL, model);
	return *state;
}
