/* SPDX-License-Identifier: MIT */
/* Validating JSON scanner: one linear pass over the text fills a flat tape of spans; tolerant typed
 * getters. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCAN_DEPTH_MAX 32
#define SCAN_NODES_MAX 8192 /* values; the keys of objects come on top */
#define SCAN_BYTES_MAX (256 * 1024)

enum scan_type {
	SCAN_NULL,
	SCAN_FALSE,
	SCAN_TRUE,
	SCAN_NUMBER,
	SCAN_STRING,
	SCAN_ARRAY,
	SCAN_OBJECT
};

/* One value. Members of an object stand as (key string, value) pairs; `next` is the index after the
 * whole subtree. */
struct scan_node {
	uint32_t off, len; /* span in the text; strings without their quotes */
	uint32_t next;
	uint8_t type;
	uint8_t escaped; /* string holds backslashes */
};
struct scan {
	const char *text;
	size_t text_len;
	struct scan_node *nodes; /* nodes[0] is the root */
	uint32_t count, cap;
	bool spaced; /* white space stands between tokens */
};

enum scan_error { SCAN_OK, SCAN_E_SYNTAX = 1, SCAN_E_DEPTH, SCAN_E_NODES, SCAN_E_BYTES };

/* The tape's memory is kept from call to call. */
void scan_init(struct scan *s);
void scan_finish(struct scan *s);
/* text is borrowed until the next parse and must be valid UTF-8 or repaired first (scan_repair).
 * NUL bytes are a syntax error. */
enum scan_error scan_parse(struct scan *s, const char *text, size_t len);
/* Replaces every invalid UTF-8 byte by '?', in place; returns how many. */
size_t scan_repair(char *text, size_t len);

/* Value node of a member, 0 when absent (0 is the root, never a member). Of duplicate keys the last
 * counts. */
uint32_t scan_get(const struct scan *s, uint32_t object, const char *key);
/* Iterate members: k = first key node, or 0 when empty; value is k + 1. Inline: every pass over a
 * report goes through them. */
static inline uint32_t scan_first(const struct scan *s, uint32_t container)
{
	const struct scan_node *c = &s->nodes[container];

	if ((c->type != SCAN_OBJECT && c->type != SCAN_ARRAY) || c->next == container + 1) {
		return 0;
	}
	return container + 1;
}
/* After a value node; 0 at the end. */
static inline uint32_t scan_next(const struct scan *s, uint32_t container, uint32_t node)
{
	uint32_t next = s->nodes[node].next;

	return next < s->nodes[container].next ? next : 0;
}
bool scan_key_is(const struct scan *s, uint32_t key, const char *name);

/* Tolerant: numbers may come as strings and the other way round. False: absent or of no such type;
 * *ret untouched. */
bool scan_int(const struct scan *s, uint32_t node, int64_t *ret);
bool scan_num(const struct scan *s, uint32_t node, double *ret); /* finite only */
bool scan_bool(const struct scan *s, uint32_t node, bool *ret);
bool scan_hex(const struct scan *s, uint32_t node, uint64_t *ret); /* hex string, <= 16 digits */
/* Unescaped copy into buf, cut at a whole character. False when not a string (numbers are written
 * as they stand). */
bool scan_str(const struct scan *s, uint32_t node, char *buf, size_t size);
char *scan_strdup(
    const struct scan *s, uint32_t node); /* owned, <= 1 KiB, NULL when not a string */
