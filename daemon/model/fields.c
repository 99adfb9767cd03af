/* SPDX-License-Identifier: MIT */
/* Fields of structs written as JSON and read again, by tables. */
#include "daemon/model/fields.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "daemon/model/take.h"

#define DECIMALS 6

static void write_hex(struct jw *w, const char *key, uint64_t value)
{
	char text[20];

	snprintf(text, sizeof(text), "%" PRIx64, value);
	jw_str(w, key, text);
}

static void write_int(struct jw *w, const char *key, int value)
{
	if (value == UNKNOWN_INT) {
		jw_null(w, key);
	} else {
		jw_int(w, key, value);
	}
}

static void write_bits(struct jw *w, const char *key, const struct take_bits *bits)
{
	if (bits->known) {
		write_hex(w, key, bits->bits);
	} else {
		jw_null(w, key);
	}
}

/* Values are copied out: a table may describe a struct that is not aligned for its type. */
#define GET(type, at)                              \
	({                                         \
		type got_;                         \
		memcpy(&got_, (at), sizeof(got_)); \
		got_;                              \
	})
#define PUT(type, at, value)                       \
	do {                                       \
		type put_ = (type)(value);         \
		memcpy((at), &put_, sizeof(put_)); \
	} while (0)

static void write_field(struct jw *w, const char *at, const struct field *f)
{
	switch ((enum field_type)f->type) {
	case FIELD_INT:
		write_int(w, f->name, GET(int, at));
		return;
	case FIELD_ENUM:
		jw_int(w, f->name, GET(int, at));
		return;
	case FIELD_BYTE:
		jw_int(w, f->name, GET(uint8_t, at));
		return;
	case FIELD_U32:
		jw_int(w, f->name, GET(uint32_t, at));
		return;
	case FIELD_I64:
		jw_int(w, f->name, GET(int64_t, at));
		return;
	case FIELD_U64:
		write_hex(w, f->name, GET(uint64_t, at));
		return;
	case FIELD_BOOL:
		jw_bool(w, f->name, GET(bool, at));
		return;
	case FIELD_NUM:
		jw_num(w, f->name, GET(double, at), DECIMALS);
		return;
	case FIELD_TEXT:
		jw_str(w, f->name, at);
		return;
	case FIELD_STR:
		jw_str(w, f->name, GET(const char *, at));
		return;
	case FIELD_BITS:
		write_bits(w, f->name, (const struct take_bits *)(const void *)at);
		return;
	}
}

void fields_write(struct jw *w, const void *base, const struct field *table, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		write_field(w, (const char *)base + table[i].off, &table[i]);
	}
}

/* The number when it is one within the limits, else what stands for unknown. */
static int64_t number(
    const struct scan *s, uint32_t node, int64_t min, int64_t max, int64_t unknown)
{
	int64_t value = unknown;

	if (node == 0 || s->nodes[node].type != SCAN_NUMBER || !scan_int(s, node, &value) ||
	    value < min || value > max) {
		return unknown;
	}
	return value;
}

static void read_text(const struct scan *s, uint32_t node, char *at, size_t size)
{
	memset(at, 0, size);
	if (node != 0 && s->nodes[node].type == SCAN_STRING) {
		scan_str(s, node, at, size);
	}
}

static void read_bits(const struct scan *s, uint32_t node, struct take_bits *bits)
{
	*bits = (struct take_bits){0};
	bits->known = node != 0 && scan_hex(s, node, &bits->bits);
}

static void read_str(const struct scan *s, uint32_t node, char **at)
{
	free(*at);
	*at = node != 0 && s->nodes[node].type == SCAN_STRING ? scan_strdup(s, node) : NULL;
}

static void read_field(const struct scan *s, uint32_t node, char *at, const struct field *f)
{
	int64_t last = f->count > 0 ? f->count - 1 : 0;
	uint64_t hex = 0;
	double num = (double)NAN;
	bool yes = false;

	switch ((enum field_type)f->type) {
	case FIELD_INT:
		PUT(int, at, number(s, node, -INT32_MAX, INT32_MAX, UNKNOWN_INT));
		return;
	case FIELD_ENUM:
		PUT(int, at, number(s, node, 0, last, 0));
		return;
	case FIELD_BYTE:
		PUT(uint8_t, at, number(s, node, 0, last, 0));
		return;
	case FIELD_U32:
		PUT(uint32_t, at, number(s, node, 0, UINT32_MAX, 0));
		return;
	case FIELD_I64:
		PUT(int64_t, at, number(s, node, INT64_MIN, INT64_MAX, -1));
		return;
	case FIELD_U64:
		PUT(uint64_t, at, node != 0 && scan_hex(s, node, &hex) ? hex : 0);
		return;
	case FIELD_BOOL:
		PUT(bool, at, node != 0 && scan_bool(s, node, &yes) && yes);
		return;
	case FIELD_NUM:
		PUT(double, at, node != 0 && scan_num(s, node, &num) ? num : (double)NAN);
		return;
	case FIELD_TEXT:
		read_text(s, node, at, f->size);
		return;
	case FIELD_STR:
		read_str(s, node, (char **)(void *)at);
		return;
	case FIELD_BITS:
		read_bits(s, node, (struct take_bits *)(void *)at);
		return;
	}
}

/* Members come in the order of the table as a rule: *k is the key where the next one should be. */
static uint32_t member(const struct scan *s, uint32_t node, const char *name, uint32_t *k)
{
	uint32_t value = 0;

	if (*k != 0 && s->nodes[node].type == SCAN_OBJECT && scan_key_is(s, *k, name)) {
		value = *k + 1;
		*k = scan_next(s, node, value);
		return value;
	}
	return scan_get(s, node, name);
}

void fields_read(
    const struct scan *s, uint32_t node, void *base, const struct field *table, size_t count)
{
	uint32_t k = node != 0 ? scan_first(s, node) : 0;

	for (size_t i = 0; i < count; i++) {
		uint32_t value = node != 0 ? member(s, node, table[i].name, &k) : 0;

		read_field(s, value, (char *)base + table[i].off, &table[i]);
	}
}
