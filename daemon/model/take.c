/* SPDX-License-Identifier: MIT */
/* Typed fields out of a report. */
#include "daemon/model/take.h"

#include <math.h>
#include <string.h>

#include "common/util.h"

#define NAME_MAX_LEN 31 /* of a key in a table */

/* The first row of each length; the rows of one length stand together. */
struct by_length {
	uint8_t first[NAME_MAX_LEN + 2];
};

static void index_lengths(const struct take_key *keys, size_t count, struct by_length *ret)
{
	size_t row = 0, len;

	for (len = 0; len < sizeof(ret->first); len++) {
		while (row < count && keys[row].len < len) {
			row++;
		}
		ret->first[len] = (uint8_t)row;
	}
}

static const struct take_key *find_key(
    const char *name, size_t len, const struct take_key *keys, const struct by_length *index)
{
	size_t row, end;

	if (len > NAME_MAX_LEN) {
		return NULL;
	}
	end = index->first[len + 1];
	for (row = index->first[len]; row < end; row++) {
		if (keys[row].name[0] == name[0] && memcmp(keys[row].name, name, len) == 0) {
			return &keys[row];
		}
	}
	return NULL;
}

uint32_t take_find(const struct scan *s, uint32_t object, const struct take_key *keys, size_t count,
    uint32_t *ret_at, uint32_t *ret_age)
{
	struct by_length index;
	uint32_t k, touch = 0, age = 0;

	if (s->nodes[object].type != SCAN_OBJECT) {
		return 0;
	}
	index_lengths(keys, count, &index);
	for (k = scan_first(s, object); k != 0; k = scan_next(s, object, k + 1)) {
		const struct scan_node *n = &s->nodes[k];
		const struct take_key *key;
		char name[64];

		if (n->escaped) {
			scan_str(s, k, name, sizeof(name));
			key = find_key(name, strlen(name), keys, &index);
		} else {
			key = find_key(s->text + n->off, n->len, keys, &index);
		}
		if (key != NULL) {
			ret_at[key->index] = k + 1;
			touch |= key->touch;
			age |= key->age;
		}
	}
	if (ret_age != NULL) {
		*ret_age = age;
	}
	return touch;
}

bool take_keys_sorted(const struct take_key *keys, size_t count)
{
	size_t i;

	for (i = 1; i < count; i++) {
		const struct take_key *a = &keys[i - 1], *b = &keys[i];

		if (b->len == 0 || b->len > NAME_MAX_LEN || a->len > b->len ||
		    (a->len == b->len && memcmp(a->name, b->name, a->len) >= 0)) {
			return false;
		}
	}
	return true;
}

uint32_t take_sub(const struct scan *s, uint32_t object, const char *key)
{
	return object == 0 ? 0 : scan_get(s, object, key);
}

static void count_wrong(const struct taker *t, uint32_t node)
{
	if (t->scan->nodes[node].type != SCAN_NULL) {
		(*t->wrong_types)++;
	}
}

static uint32_t take_container(const struct taker *t, uint32_t node, enum scan_type type)
{
	if (node == 0 || t->scan->nodes[node].type == type) {
		return node;
	}
	count_wrong(t, node);
	return 0;
}

uint32_t take_array(const struct taker *t, uint32_t node)
{
	return take_container(t, node, SCAN_ARRAY);
}

uint32_t take_object(const struct taker *t, uint32_t node)
{
	return take_container(t, node, SCAN_OBJECT);
}

void take_i64(const struct taker *t, uint32_t node, int64_t unknown, int64_t *field)
{
	if (node == 0) {
		return;
	}
	if (!scan_int(t->scan, node, field)) {
		count_wrong(t, node);
		*field = unknown;
	}
}

void take_int(const struct taker *t, uint32_t node, int min, int max, int *field)
{
	int64_t v = UNKNOWN_INT;

	if (node == 0) {
		return;
	}
	take_i64(t, node, UNKNOWN_INT, &v);
	*field = v >= min && v <= max ? (int)v : UNKNOWN_INT;
}

void take_num(const struct taker *t, uint32_t node, double *field)
{
	if (node != 0 && !scan_num(t->scan, node, field)) {
		count_wrong(t, node);
		*field = NAN;
	}
}

void take_tri(const struct taker *t, uint32_t node, enum tri *field)
{
	bool v;

	if (node == 0) {
		return;
	}
	if (scan_bool(t->scan, node, &v)) {
		*field = v ? TRI_YES : TRI_NO;
	} else {
		count_wrong(t, node);
		*field = TRI_UNKNOWN;
	}
}

void take_enable(const struct taker *t, uint32_t node, enum tri *field)
{
	if (node == 0) {
		return;
	}
	*field = TRI_UNKNOWN;
	if (t->scan->nodes[node].type != SCAN_STRING) {
		count_wrong(t, node);
	} else if (scan_key_is(t->scan, node, "enable")) {
		*field = TRI_YES;
	} else if (scan_key_is(t->scan, node, "disable")) {
		*field = TRI_NO;
	}
}

void take_text(const struct taker *t, uint32_t node, char *field, size_t size)
{
	if (node == 0) {
		return;
	}
	memset(field, 0, size); /* states are compared as memory */
	if (!scan_str(t->scan, node, field, size)) {
		count_wrong(t, node);
	}
}

/* The node is the very text held. */
static bool is_same_text(const struct scan *s, uint32_t node, const char *text)
{
	const struct scan_node *n = &s->nodes[node];

	return text != NULL && n->type == SCAN_STRING && !n->escaped && strlen(text) == n->len &&
	       memcmp(text, s->text + n->off, n->len) == 0;
}

bool take_str(const struct taker *t, uint32_t node, char **field)
{
	_cleanup_free_ char *old = NULL;

	if (node == 0 || is_same_text(t->scan, node, *field)) {
		return false;
	}
	old = TAKE(*field);
	*field = scan_strdup(t->scan, node);
	if (*field == NULL) {
		count_wrong(t, node);
	} else if (**field == '\0') {
		free(TAKE(*field));
	}
	if (old == NULL || *field == NULL) {
		return old != *field;
	}
	return strcmp(old, *field) != 0;
}

void take_hex(const struct taker *t, uint32_t node, struct take_bits *field)
{
	if (node == 0) {
		return;
	}
	field->known = scan_hex(t->scan, node, &field->bits);
	if (!field->known) {
		field->bits = 0;
		count_wrong(t, node);
	}
}

double take_round(double value, double parts)
{
	/* + 0.0 turns a negative zero into a plain one. */
	return isnan(value) ? (double)NAN : nearbyint(value * parts) / parts + 0.0;
}
