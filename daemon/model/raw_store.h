/* SPDX-License-Identifier: MIT */
/* Keyed texts in one block of memory that is packed when too much of it has died. For raw.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RAW_KEY_MAX 64 /* bytes of a key with its NUL */
#define RAW_BUCKETS 256

struct raw_entry {
	uint32_t off;  /* of the key, then its NUL, then the value */
	uint32_t len;  /* of the value */
	uint32_t room; /* bytes the value may take in place */
	uint16_t key_len;
	uint16_t next; /* in its bucket: 1 + index, 0 at the end */
};

struct raw_store {
	char *block;
	size_t used, cap;
	size_t live; /* bytes of keys, their NULs and values */
	struct raw_entry *entries;
	uint32_t count, entries_cap;
	uint32_t hint; /* where the next key probably is: messages keep their order */
	uint16_t buckets[RAW_BUCKETS]; /* 1 + index of the first entry, 0 = none */
};

/* A zeroed store is an empty one. */
void raw_store_finish(struct raw_store *s);
void raw_store_clear(struct raw_store *s); /* keeps the memory */
/* Room for so many bytes to come, so that filling does not grow in steps. */
void raw_store_reserve(struct raw_store *s, size_t bytes);
/* NULL when absent. Entries are valid until the next add or remove. */
struct raw_entry *raw_store_find(struct raw_store *s, const char *key, size_t len);
/* Fetches where the search for the key begins: the entry, returned for the other one, which fetches
 * its key and the begin of its value. */
uint32_t raw_store_ahead(const struct raw_store *s, const char *key, size_t len);
void raw_store_ahead_text(const struct raw_store *s, uint32_t entry);
/* key_len < RAW_KEY_MAX; neither text is part of the block. */
void raw_store_add(
    struct raw_store *s, const char *key, size_t key_len, const char *value, size_t len);
void raw_store_replace(struct raw_store *s, struct raw_entry *e, const char *value, size_t len);
void raw_store_remove(struct raw_store *s, struct raw_entry *e);
/* Borrowed till the next change. */
const char *raw_store_key(const struct raw_store *s, const struct raw_entry *e);
const char *raw_store_value(const struct raw_store *s, const struct raw_entry *e);
