/* SPDX-License-Identifier: MIT */
/* The vendor's own text per top-level key, kept in one block without white space. */
#include "daemon/model/raw.h"

#include <string.h>

#include "common/util.h"

#define KEY_MAX 64	/* bytes of a key with its NUL; longer ones are left out */
#define BLOCK_STEP 1024 /* bytes the block grows by at least */
#define WASTE_MAX 2048	/* dead bytes that make the block be packed */
#define ENTRIES_START 64
#define MERGE_MEMBERS_MAX 512 /* an object with more is replaced: merging is quadratic */
#define SEEN_BITS 1024

struct entry {
	uint32_t off;  /* of the key, then its NUL, then the value */
	uint32_t len;  /* of the value */
	uint32_t room; /* bytes the value may take in place */
	uint16_t key_len;
};

struct raw {
	char *block;
	size_t used, cap;
	size_t live; /* bytes of keys and values without slack: what is bounded */
	struct entry *entries;
	uint32_t count, entries_cap;
	uint32_t hint; /* where the next key probably is: messages keep their order */
	uint64_t left_out;
	uint64_t seen[SEEN_BITS / 64]; /* hashes of the keys held: a clear bit is a new key */
};

/* Memory of one merge, freed after it. */
struct work {
	struct scan scan; /* over an old value */
	struct jw text;
};

struct raw *raw_create(void)
{
	return xcalloc(1, sizeof(struct raw));
}

void raw_destroy(struct raw *r)
{
	if (r == NULL) {
		return;
	}
	free(r->block);
	free(r->entries);
	free(r);
}

void raw_clear(struct raw *r)
{
	r->used = r->live = 0;
	r->count = r->hint = 0;
	memset(r->seen, 0, sizeof(r->seen));
}

static uint32_t hash_key(const char *key, size_t len)
{
	uint32_t h = 2166136261u; /* FNV-1a */
	size_t i;

	for (i = 0; i < len; i++) {
		h = (h ^ (unsigned char)key[i]) * 16777619u;
	}
	return (h ^ h >> 16) % SEEN_BITS;
}

static bool entry_is(const struct raw *r, uint32_t i, const char *key, size_t len)
{
	const struct entry *e = &r->entries[i];

	return e->key_len == len && memcmp(r->block + e->off, key, len) == 0;
}

static struct entry *find_entry(struct raw *r, const char *key, size_t len)
{
	uint32_t i, n, h;

	if (r->hint < r->count && entry_is(r, r->hint, key, len)) {
		return &r->entries[r->hint++];
	}
	h = hash_key(key, len);
	if ((r->seen[h / 64] >> h % 64 & 1) == 0) {
		return NULL;
	}
	for (n = 0, i = r->hint; n < r->count; n++, i++) {
		if (i >= r->count) {
			i = 0;
		}
		if (entry_is(r, i, key, len)) {
			r->hint = i + 1;
			return &r->entries[i];
		}
	}
	return NULL;
}

static const char *value_of(const struct raw *r, const struct entry *e)
{
	return r->block + e->off + e->key_len + 1;
}

static size_t entry_bytes(size_t key_len, size_t value_len)
{
	return key_len + 1 + value_len;
}

/* A new block without the dead bytes, with room for `more`. */
static void pack(struct raw *r, size_t more)
{
	size_t cap = r->live + more + BLOCK_STEP, used = 0;
	char *block = xmalloc(cap);
	uint32_t i;

	for (i = 0; i < r->count; i++) {
		struct entry *e = &r->entries[i];
		size_t bytes = entry_bytes(e->key_len, e->len);

		memcpy(block + used, r->block + e->off, bytes);
		e->off = (uint32_t)used;
		e->room = e->len;
		used += bytes;
	}
	free(r->block);
	r->block = block;
	r->cap = cap;
	r->used = used;
}

static void remove_entry(struct raw *r, struct entry *e)
{
	uint32_t i = (uint32_t)(e - r->entries);

	r->live -= entry_bytes(e->key_len, e->len);
	memmove(e, e + 1, (r->count - i - 1) * sizeof(*e));
	r->count--;
}

static void append_bytes(
    struct raw *r, struct entry *e, const char *key, const char *value, size_t len)
{
	size_t bytes = entry_bytes(e->key_len, len);

	if (r->used + bytes > r->cap) {
		pack(r, bytes);
	}
	e->off = (uint32_t)r->used;
	e->len = e->room = (uint32_t)len;
	memcpy(r->block + r->used, key, e->key_len);
	r->block[r->used + e->key_len] = '\0';
	memcpy(r->block + r->used + e->key_len + 1, value, len);
	r->used += bytes;
	r->live += bytes;
}

static void add_entry(struct raw *r, const char *key, size_t key_len, const char *value, size_t len)
{
	struct entry e = {.key_len = (uint16_t)key_len};
	uint32_t h = hash_key(key, key_len);

	if (r->count == RAW_KEYS_MAX || r->live + entry_bytes(key_len, len) > RAW_BYTES_MAX) {
		r->left_out++;
		return;
	}
	if (r->count == r->entries_cap) {
		r->entries_cap = r->entries_cap > 0 ? r->entries_cap * 2 : ENTRIES_START;
		r->entries = xrealloc(r->entries, r->entries_cap * sizeof(*r->entries));
	}
	append_bytes(r, &e, key, value, len);
	r->entries[r->count++] = e;
	r->hint = r->count;
	r->seen[h / 64] |= 1ull << h % 64;
}

/* Puts value (no part of the block) in place of what the entry held. */
static void replace_value(struct raw *r, struct entry *e, const char *value, size_t len)
{
	char key[KEY_MAX];
	struct entry moved;

	if (len <= e->room) {
		r->live += len - e->len;
		memcpy(r->block + e->off + e->key_len + 1, value, len);
		e->len = (uint32_t)len;
		return;
	}
	if (r->live - e->len + len > RAW_BYTES_MAX) {
		/* An old value would be a lie: the key goes. */
		remove_entry(r, e);
		r->left_out++;
		return;
	}
	memcpy(key, r->block + e->off, (size_t)e->key_len + 1);
	moved = *e;
	/* Its old bytes are dead from here on; pack must not carry them. */
	r->live -= entry_bytes(e->key_len, e->len);
	e->len = 0;
	r->live += entry_bytes(e->key_len, 0);
	append_bytes(r, &moved, key, value, len);
	r->live -= entry_bytes(e->key_len, 0);
	*e = moved;
	if (r->used > r->live + WASTE_MAX + r->live / 4) {
		pack(r, 0);
	}
}

/* Appends the text of a value, white space between tokens left out. */
static void put_value(const struct scan *s, uint32_t node, struct jw *w)
{
	const struct scan_node *n = &s->nodes[node];
	const char *p = s->text + n->off, *end = p + n->len, *start = p;
	bool quoted = false;

	if (n->type == SCAN_STRING) {
		jw_bytes(w, p - 1, n->len + 2); /* with its quotes */
		return;
	}
	if (!s->spaced) {
		jw_bytes(w, p, n->len);
		return;
	}
	for (; p < end; p++) {
		if (quoted) {
			p += *p == '\\';
			quoted = *p != '"';
		} else if (*p == '"') {
			quoted = true;
		} else if (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t') {
			jw_bytes(w, start, (size_t)(p - start));
			start = p + 1;
		}
	}
	jw_bytes(w, start, (size_t)(end - start));
}

/* The value node in object `o` of b whose key is the text of key k in a; 0 when it has none. */
static uint32_t same_key(const struct scan *a, uint32_t k, const struct scan *b, uint32_t o)
{
	const struct scan_node *want = &a->nodes[k];
	uint32_t i, found = 0;

	for (i = scan_first(b, o); i != 0; i = scan_next(b, o, i + 1)) {
		const struct scan_node *have = &b->nodes[i];

		if (have->len == want->len &&
		    memcmp(b->text + have->off, a->text + want->off, want->len) == 0) {
			found = i + 1;
		}
	}
	return found;
}

static bool is_mergeable(const struct scan *s, uint32_t node)
{
	uint32_t k, count = 0;

	if (s->nodes[node].type != SCAN_OBJECT) {
		return false;
	}
	for (k = scan_first(s, node); k != 0 && count <= MERGE_MEMBERS_MAX;
	     k = scan_next(s, node, k + 1)) {
		count++;
	}
	return count <= MERGE_MEMBERS_MAX;
}

static void put_key(const struct scan *s, uint32_t k, struct jw *w, bool *first)
{
	if (!*first) {
		jw_bytes(w, ",", 1);
	}
	*first = false;
	put_value(s, k, w);
	jw_bytes(w, ":", 1);
}

/* Object `bn` of b merged into object `an` of a: where both have an object, they merge in turn,
 * else b's value counts; what one of them alone has stays. The scanner bounds the depth. */
static void put_merged(
    const struct scan *a, uint32_t an, const struct scan *b, uint32_t bn, struct jw *w)
{
	bool first = true;
	uint32_t k, other;

	jw_bytes(w, "{", 1);
	for (k = scan_first(a, an); k != 0; k = scan_next(a, an, k + 1)) {
		other = same_key(a, k, b, bn);
		put_key(a, k, w, &first);
		if (other == 0) {
			put_value(a, k + 1, w);
		} else if (is_mergeable(a, k + 1) && is_mergeable(b, other)) {
			put_merged(a, k + 1, b, other, w);
		} else {
			put_value(b, other, w);
		}
	}
	for (k = scan_first(b, bn); k != 0; k = scan_next(b, bn, k + 1)) {
		/* New, and of duplicates the last. */
		if (same_key(b, k, a, an) == 0 && same_key(b, k, b, bn) == k + 1) {
			put_key(b, k, w, &first);
			put_value(b, k + 1, w);
		}
	}
	jw_bytes(w, "}", 1);
}

/* The text of the new value: in place when the message has no white space, else in work. */
static const char *new_text(const struct scan *s, uint32_t node, struct work *work, size_t *ret_len)
{
	const struct scan_node *n = &s->nodes[node];
	bool string = n->type == SCAN_STRING;

	if (!s->spaced || string) {
		*ret_len = n->len + (string ? 2 : 0);
		return s->text + n->off - string;
	}
	jw_reset(&work->text);
	put_value(s, node, &work->text);
	*ret_len = work->text.len;
	return work->text.buf;
}

static void merge_value(
    struct raw *r, struct entry *e, const struct scan *s, uint32_t node, struct work *work)
{
	size_t len;
	const char *text = new_text(s, node, work, &len);

	if (len == e->len && memcmp(text, value_of(r, e), len) == 0) {
		return;
	}
	if (is_mergeable(s, node) && scan_parse(&work->scan, value_of(r, e), e->len) == SCAN_OK &&
	    is_mergeable(&work->scan, 0)) {
		jw_reset(&work->text);
		put_merged(&work->scan, 0, s, node, &work->text);
		text = work->text.buf;
		len = work->text.len;
	}
	replace_value(r, e, text, len);
}

static void merge_member(struct raw *r, const struct scan *s, uint32_t k, struct work *work)
{
	const struct scan_node *n = &s->nodes[k];
	const char *key = s->text + n->off, *text;
	char buf[KEY_MAX];
	size_t key_len = n->len, len;
	struct entry *e;

	if (n->escaped) {
		scan_str(s, k, buf, sizeof(buf));
		key = buf;
		key_len = strlen(buf);
	}
	if (key_len >= KEY_MAX || n->len >= KEY_MAX * 6) {
		r->left_out++;
		return;
	}
	e = find_entry(r, key, key_len);
	if (e != NULL) {
		merge_value(r, e, s, k + 1, work);
		return;
	}
	text = new_text(s, k + 1, work, &len);
	add_entry(r, key, key_len, text, len);
}

void raw_merge(struct raw *r, const struct scan *s, uint32_t object)
{
	struct work work;
	size_t len = s->nodes[object].len;
	uint32_t k;

	if (s->nodes[object].type != SCAN_OBJECT) {
		return;
	}
	scan_init(&work.scan);
	jw_init(&work.text);
	if (r->count == 0 && r->cap < len && len <= RAW_BYTES_MAX) {
		pack(r, len);
	}
	for (k = scan_first(s, object); k != 0; k = scan_next(s, object, k + 1)) {
		merge_member(r, s, k, &work);
	}
	scan_finish(&work.scan);
	jw_finish(&work.text);
}

void raw_write(const struct raw *r, struct jw *w, const char *key, const char *section)
{
	uint32_t i;

	jw_object(w, key);
	for (i = 0; i < r->count; i++) {
		const struct entry *e = &r->entries[i];

		if (section == NULL || strcmp(section, r->block + e->off) == 0) {
			jw_raw(w, r->block + e->off, value_of(r, e), e->len);
		}
	}
	jw_object_end(w);
}

uint64_t raw_left_out(const struct raw *r)
{
	return r->left_out;
}

size_t raw_bytes(const struct raw *r)
{
	return r->live;
}
