/* SPDX-License-Identifier: MIT */
/* Keyed texts in one block of memory. */
#include "daemon/model/raw_store.h"

#include <string.h>

#include "common/util.h"

#define BLOCK_STEP 512 /* bytes the block grows by at least */
#define WASTE_MAX 2048 /* dead bytes that make the block be packed */
#define ENTRIES_START 8

void raw_store_finish(struct raw_store *s)
{
	free(s->block);
	free(s->entries);
	memset(s, 0, sizeof(*s));
}

void raw_store_clear(struct raw_store *s)
{
	s->used = s->live = 0;
	s->count = s->hint = 0;
	memset(s->buckets, 0, sizeof(s->buckets));
}

/* The keys of a printer are few and known; three of their bytes tell them apart. */
static uint32_t bucket_of(const char *key, size_t len)
{
	uint32_t h = (uint32_t)len * 31;

	if (len > 0) {
		h += (unsigned char)key[0] * 7u + (unsigned char)key[len / 2] * 59u +
		     (unsigned char)key[len - 1] * 131u;
	}
	return (h ^ h >> 8) % RAW_BUCKETS;
}

const char *raw_store_key(const struct raw_store *s, const struct raw_entry *e)
{
	return s->block + e->off;
}

const char *raw_store_value(const struct raw_store *s, const struct raw_entry *e)
{
	return s->block + e->off + e->key_len + 1;
}

static bool entry_is(const struct raw_store *s, uint32_t i, const char *key, size_t len)
{
	const struct raw_entry *e = &s->entries[i];

	return e->key_len == len && memcmp(s->block + e->off, key, len) == 0;
}

struct raw_entry *raw_store_find(struct raw_store *s, const char *key, size_t len)
{
	uint32_t i;

	if (s->hint < s->count && entry_is(s, s->hint, key, len)) {
		return &s->entries[s->hint++];
	}
	for (i = s->buckets[bucket_of(key, len)]; i != 0; i = s->entries[i - 1].next) {
		if (entry_is(s, i - 1, key, len)) {
			s->hint = i;
			return &s->entries[i - 1];
		}
	}
	return NULL;
}

uint32_t raw_store_ahead(const struct raw_store *s, const char *key, size_t len)
{
	uint32_t i = s->buckets[bucket_of(key, len)];

	if (i != 0) {
		__builtin_prefetch(&s->entries[i - 1]);
	}
	return i;
}

void raw_store_ahead_text(const struct raw_store *s, uint32_t entry)
{
	if (entry != 0) {
		__builtin_prefetch(s->block + s->entries[entry - 1].off);
	}
}

static size_t entry_bytes(size_t key_len, size_t value_len)
{
	return key_len + 1 + value_len;
}

/* A new block without the dead bytes, with room for `more`. */
static void pack(struct raw_store *s, size_t more)
{
	size_t cap = s->live + more + BLOCK_STEP, used = 0;
	char *block = xmalloc(cap);
	uint32_t i;

	for (i = 0; i < s->count; i++) {
		struct raw_entry *e = &s->entries[i];
		size_t bytes = entry_bytes(e->key_len, e->len);

		memcpy(block + used, s->block + e->off, bytes);
		e->off = (uint32_t)used;
		e->room = e->len;
		used += bytes;
	}
	free(s->block);
	s->block = block;
	s->cap = cap;
	s->used = used;
}

void raw_store_reserve(struct raw_store *s, size_t bytes)
{
	if (s->used + bytes > s->cap) {
		pack(s, bytes);
	}
}

static void append_bytes(
    struct raw_store *s, struct raw_entry *e, const char *key, const char *value, size_t len)
{
	size_t bytes = entry_bytes(e->key_len, len);

	raw_store_reserve(s, bytes);
	e->off = (uint32_t)s->used;
	e->len = e->room = (uint32_t)len;
	memcpy(s->block + s->used, key, e->key_len);
	s->block[s->used + e->key_len] = '\0';
	memcpy(s->block + s->used + e->key_len + 1, value, len);
	s->used += bytes;
	s->live += bytes;
}

void raw_store_add(
    struct raw_store *s, const char *key, size_t key_len, const char *value, size_t len)
{
	struct raw_entry e = {.key_len = (uint16_t)key_len};
	uint16_t *bucket = &s->buckets[bucket_of(key, key_len)];

	if (s->count == s->entries_cap) {
		s->entries_cap = s->entries_cap > 0 ? s->entries_cap * 2 : ENTRIES_START;
		s->entries = xrealloc(s->entries, s->entries_cap * sizeof(*s->entries));
	}
	append_bytes(s, &e, key, value, len);
	e.next = *bucket;
	s->entries[s->count++] = e;
	*bucket = (uint16_t)s->count;
	s->hint = s->count;
}

void raw_store_replace(struct raw_store *s, struct raw_entry *e, const char *value, size_t len)
{
	char key[RAW_KEY_MAX];
	struct raw_entry moved = *e;

	if (len <= e->room) {
		s->live = s->live - e->len + len;
		memcpy(s->block + e->off + e->key_len + 1, value, len);
		e->len = (uint32_t)len;
		return;
	}
	memcpy(key, s->block + e->off, (size_t)e->key_len + 1);
	/* Its old value is dead: a pack on the way carries the bare key, which dies next. */
	s->live -= e->len;
	e->len = 0;
	append_bytes(s, &moved, key, value, len);
	s->live -= entry_bytes(e->key_len, 0);
	*e = moved;
	if (s->used > s->live + WASTE_MAX + s->live / 4) {
		pack(s, 0);
	}
}

void raw_store_remove(struct raw_store *s, struct raw_entry *e)
{
	uint32_t i = (uint32_t)(e - s->entries);

	s->live -= entry_bytes(e->key_len, e->len);
	memmove(e, e + 1, (s->count - i - 1) * sizeof(*e));
	s->count--;
	/* Every index behind it has moved. */
	memset(s->buckets, 0, sizeof(s->buckets));
	for (i = 0; i < s->count; i++) {
		uint16_t *bucket =
		    &s->buckets[bucket_of(raw_store_key(s, &s->entries[i]), s->entries[i].key_len)];

		s->entries[i].next = *bucket;
		*bucket = (uint16_t)(i + 1);
	}
}
