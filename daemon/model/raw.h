/* SPDX-License-Identifier: MIT */
/* The vendor's own text per top-level key of `print`, white space stripped, bounded; objects merge
 * like the state does. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/jw.h"
#include "daemon/model/scan.h"

#define RAW_BYTES_MAX (64 * 1024) /* per printer; keys beyond it are counted and left out */
#define RAW_KEYS_MAX 512

struct raw;
struct raw *raw_create(void);
void raw_destroy(struct raw *r);
void raw_clear(struct raw *r);
/* Fetches what a merge will touch: of any message, and of this small one. */
void raw_ahead(const struct raw *r);
void raw_look_ahead(const struct raw *r, const struct scan *s, uint32_t object);
/* Merges every member of the object at `node`; objects merge recursively, the rest replaces. */
void raw_merge(struct raw *r, const struct scan *s, uint32_t object);
/* Writes {"key":value,...} (all, or only `section` = one top-level key) as a value under key. */
void raw_write(const struct raw *r, struct jw *w, const char *key, const char *section);
uint64_t raw_left_out(const struct raw *r);
size_t raw_bytes(const struct raw *r);
