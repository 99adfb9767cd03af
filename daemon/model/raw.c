/* SPDX-License-Identifier: MIT */
/* The vendor's own text per top-level key. A small piece of a large object (a tray number of a 5 kB
 * `ams`) is kept beside it and joined when it is read, so that a delta costs what it carries. */
#include "daemon/model/raw.h"

#include <string.h>

#include "common/util.h"
#include "daemon/model/raw_store.h"

#define REPEAT_BITS 512
#define LOOK_AHEAD_MAX 24     /* members whose old values are fetched: more than most deltas have */
#define MERGE_MEMBERS_MAX 512 /* an object with more is replaced: merging is quadratic */

struct raw {
	struct raw_store base;
	struct raw_store pieces; /* objects still to be merged into base's of the same key */
	uint64_t left_out;
};

/* Memory of one merge, freed after it. */
struct work {
	struct scan scan; /* over an old value */
	struct jw text, joined;
};

static void work_init(struct work *w)
{
	scan_init(&w->scan);
	jw_init(&w->text);
	jw_init(&w->joined);
}

static void work_finish(struct work *w)
{
	scan_finish(&w->scan);
	jw_finish(&w->text);
	jw_finish(&w->joined);
}

struct raw *raw_create(void)
{
	return xcalloc(1, sizeof(struct raw));
}

void raw_destroy(struct raw *r)
{
	if (r == NULL) {
		return;
	}
	raw_store_finish(&r->base);
	raw_store_finish(&r->pieces);
	free(r);
}

void raw_clear(struct raw *r)
{
	raw_store_clear(&r->base);
	raw_store_clear(&r->pieces);
}

size_t raw_bytes(const struct raw *r)
{
	return r->base.live + r->pieces.live;
}

uint64_t raw_left_out(const struct raw *r)
{
	return r->left_out;
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
 * else b's value counts; what one of them alone has stays. The scanner bounds the depth.
 * False when an object took the place of something else: then the result, merged into a third
 * object, is not what a and b are one after the other. */
static bool put_merged(
    const struct scan *a, uint32_t an, const struct scan *b, uint32_t bn, struct jw *w)
{
	bool first = true, same = true;
	uint32_t k, other;

	jw_bytes(w, "{", 1);
	for (k = scan_first(a, an); k != 0; k = scan_next(a, an, k + 1)) {
		other = same_key(a, k, b, bn);
		put_key(a, k, w, &first);
		if (other == 0) {
			put_value(a, k + 1, w);
		} else if (is_mergeable(a, k + 1) && is_mergeable(b, other)) {
			same = put_merged(a, k + 1, b, other, w) && same;
		} else {
			same = same && b->nodes[other].type != SCAN_OBJECT;
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
	return same;
}

/* The text of a new value: in place when the message has no white space, else in work->text. */
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

/* The object in e with the object at node merged into it, in work->joined; false when e holds
 * nothing to merge with. *ret_same as of put_merged, may be NULL. */
static bool join(const struct raw_store *store, const struct raw_entry *e, const struct scan *s,
    uint32_t node, struct work *work, bool *ret_same)
{
	bool same;

	if (!is_mergeable(s, node) ||
	    scan_parse(&work->scan, raw_store_value(store, e), e->len) != SCAN_OK ||
	    !is_mergeable(&work->scan, 0)) {
		return false;
	}
	jw_reset(&work->joined);
	same = put_merged(&work->scan, 0, s, node, &work->joined);
	if (ret_same != NULL) {
		*ret_same = same;
	}
	return true;
}

/* base with piece merged into it, in work->joined; the piece alone when that cannot be done. */
static void join_piece(const struct raw *r, const struct raw_entry *base,
    const struct raw_entry *piece, struct work *work)
{
	const char *text = raw_store_value(&r->pieces, piece);
	struct scan s;

	scan_init(&s);
	if (scan_parse(&s, text, piece->len) != SCAN_OK ||
	    !join(&r->base, base, &s, 0, work, NULL)) {
		jw_reset(&work->joined);
		jw_bytes(&work->joined, text, piece->len);
	}
	scan_finish(&s);
}

static struct raw_entry *piece_of(struct raw *r, const struct raw_entry *base)
{
	return r->pieces.count == 0
		   ? NULL
		   : raw_store_find(&r->pieces, raw_store_key(&r->base, base), base->key_len);
}

/* Puts text into base; without room the key goes: an old value would be a lie. */
static void replace(struct raw *r, struct raw_entry *base, const char *text, size_t len)
{
	if (raw_bytes(r) - base->len + len > RAW_BYTES_MAX) {
		raw_store_remove(&r->base, base);
		r->left_out++;
		return;
	}
	raw_store_replace(&r->base, base, text, len);
}

/* Keeps a small object beside the large one; false when it has to be merged now. */
static bool keep_piece(struct raw *r, const struct raw_entry *base, const struct scan *s,
    uint32_t node, const char *text, size_t len, struct work *work)
{
	struct raw_entry *piece = piece_of(r, base);
	bool same = true;

	if (*raw_store_value(&r->base, base) != '{' || !is_mergeable(s, node)) {
		return false;
	}
	if (piece != NULL && piece->len == len &&
	    memcmp(raw_store_value(&r->pieces, piece), text, len) == 0) {
		return true; /* twice the same is once */
	}
	if (piece != NULL) {
		if (!join(&r->pieces, piece, s, node, work, &same) || !same) {
			return false;
		}
		text = work->joined.buf;
		len = work->joined.len;
	}
	if (len * 2 > base->len || raw_bytes(r) + base->key_len + 1 + len > RAW_BYTES_MAX) {
		return false;
	}
	if (piece != NULL) {
		raw_store_replace(&r->pieces, piece, text, len);
	} else {
		raw_store_add(&r->pieces, raw_store_key(&r->base, base), base->key_len, text, len);
	}
	return true;
}

static void merge_value(
    struct raw *r, struct raw_entry *base, const struct scan *s, uint32_t node, struct work *work)
{
	size_t len;
	const char *text = new_text(s, node, work, &len);
	struct raw_entry *piece;

	if (len == base->len && memcmp(text, raw_store_value(&r->base, base), len) == 0 &&
	    piece_of(r, base) == NULL) {
		return;
	}
	if (keep_piece(r, base, s, node, text, len, work)) {
		return;
	}
	piece = piece_of(r, base);
	if (piece != NULL) {
		char key[RAW_KEY_MAX];
		size_t key_len = base->key_len;

		memcpy(key, raw_store_key(&r->base, base), key_len);
		join_piece(r, base, piece, work);
		raw_store_remove(&r->pieces, piece);
		replace(r, base, work->joined.buf, work->joined.len);
		base = raw_store_find(&r->base, key, key_len);
		if (base == NULL) {
			return;
		}
	}
	if (join(&r->base, base, s, node, work, NULL)) {
		text = work->joined.buf;
		len = work->joined.len;
	}
	replace(r, base, text, len);
}

static void merge_member(struct raw *r, const struct scan *s, uint32_t k, struct work *work)
{
	const struct scan_node *n = &s->nodes[k];
	const char *key = s->text + n->off, *text;
	char buf[RAW_KEY_MAX * 2];
	size_t key_len = n->len, len;
	struct raw_entry *base;

	if (n->escaped) {
		scan_str(s, k, buf, sizeof(buf));
		key = buf;
		key_len = strlen(buf);
	}
	if (key_len >= RAW_KEY_MAX) {
		r->left_out++;
		return;
	}
	base = raw_store_find(&r->base, key, key_len);
	if (base != NULL) {
		merge_value(r, base, s, k + 1, work);
		return;
	}
	text = new_text(s, k + 1, work, &len);
	if (r->base.count == RAW_KEYS_MAX || raw_bytes(r) + key_len + 1 + len > RAW_BYTES_MAX) {
		r->left_out++;
		return;
	}
	raw_store_add(&r->base, key, key_len, text, len);
}

/* Keys of one message by length and first byte: where two may be the same. */
struct repeats {
	uint64_t once[REPEAT_BITS / 64], more[REPEAT_BITS / 64];
	bool any;
};

static uint32_t repeat_bit(const struct scan *s, uint32_t k)
{
	const struct scan_node *n = &s->nodes[k];

	return (n->len * 37 + (unsigned char)s->text[n->off] +
		   (unsigned char)s->text[n->off + n->len / 2] * 11u) %
	       REPEAT_BITS;
}

static void find_repeats(const struct scan *s, uint32_t object, struct repeats *ret)
{
	uint32_t k, members = 0;

	memset(ret, 0, sizeof(*ret));
	for (k = scan_first(s, object); k != 0; k = scan_next(s, object, k + 1)) {
		uint32_t bit = repeat_bit(s, k);

		ret->more[bit / 64] |= ret->once[bit / 64] & 1ull << bit % 64;
		ret->once[bit / 64] |= 1ull << bit % 64;
		members++;
	}
	/* Beyond that, looking ahead costs too much, and such a message is not kept anyway. */
	ret->any = members <= 2 * RAW_KEYS_MAX;
}

/* Of duplicate keys the last counts: true when one comes after k. */
static bool comes_again(
    const struct repeats *repeats, const struct scan *s, uint32_t object, uint32_t k)
{
	const struct scan_node *want = &s->nodes[k];
	uint32_t bit = repeat_bit(s, k), i;

	if (!repeats->any || (repeats->more[bit / 64] >> bit % 64 & 1) == 0) {
		return false;
	}
	for (i = scan_next(s, object, k + 1); i != 0; i = scan_next(s, object, i + 1)) {
		const struct scan_node *have = &s->nodes[i];

		if (have->len == want->len &&
		    memcmp(s->text + have->off, s->text + want->off, want->len) == 0) {
			return true;
		}
	}
	return false;
}

void raw_ahead(const struct raw *r)
{
	memory_fetch(r, sizeof(r->base));
}

void raw_look_ahead(const struct raw *r, const struct scan *s, uint32_t object)
{
	uint32_t found[LOOK_AHEAD_MAX];
	uint32_t k, n = 0;

	for (k = scan_first(s, object); k != 0 && n < LOOK_AHEAD_MAX;
	     k = scan_next(s, object, k + 1)) {
		found[n++] = raw_store_ahead(&r->base, s->text + s->nodes[k].off, s->nodes[k].len);
	}
	while (n > 0) {
		raw_store_ahead_text(&r->base, found[--n]);
	}
}

void raw_merge(struct raw *r, const struct scan *s, uint32_t object)
{
	struct work work;
	struct repeats repeats;
	size_t len = s->nodes[object].len;
	uint32_t k;

	if (s->nodes[object].type != SCAN_OBJECT) {
		return;
	}
	work_init(&work);
	find_repeats(s, object, &repeats);
	if (r->base.count == 0 && !s->spaced && len <= RAW_BYTES_MAX) {
		raw_store_reserve(&r->base, len);
	}
	for (k = scan_first(s, object); k != 0; k = scan_next(s, object, k + 1)) {
		if (!comes_again(&repeats, s, object, k)) {
			merge_member(r, s, k, &work);
		}
	}
	work_finish(&work);
}

static const struct raw_entry *find_piece(const struct raw *r, const struct raw_entry *base)
{
	const char *key = raw_store_key(&r->base, base);
	uint32_t i;

	for (i = 0; i < r->pieces.count; i++) {
		if (strcmp(raw_store_key(&r->pieces, &r->pieces.entries[i]), key) == 0) {
			return &r->pieces.entries[i];
		}
	}
	return NULL;
}

static void write_entry(const struct raw *r, const struct raw_entry *base, struct jw *w)
{
	const struct raw_entry *piece = find_piece(r, base);
	const char *key = raw_store_key(&r->base, base);
	struct work work;

	if (piece == NULL) {
		jw_raw(w, key, raw_store_value(&r->base, base), base->len);
		return;
	}
	work_init(&work);
	join_piece(r, base, piece, &work);
	jw_raw(w, key, work.joined.buf, work.joined.len);
	work_finish(&work);
}

void raw_write(const struct raw *r, struct jw *w, const char *key, const char *section)
{
	uint32_t i;

	jw_object(w, key);
	for (i = 0; i < r->base.count; i++) {
		const struct raw_entry *e = &r->base.entries[i];

		if (section == NULL || strcmp(section, raw_store_key(&r->base, e)) == 0) {
			write_entry(r, e, w);
		}
	}
	jw_object_end(w);
}
