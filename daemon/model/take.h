/* SPDX-License-Identifier: MIT */
/* Takes typed fields out of a report: what is absent leaves the field alone, a wrong type makes it
 * unknown and is counted. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/model/scan.h"
#include "daemon/model/words.h"

/* A name looked for in an object, and what its finder makes of it. */
struct take_key {
	const char *name;
	uint8_t len;
	uint8_t index;	/* where its node goes */
	uint16_t touch; /* bits or-ed into the result of take_find */
	uint16_t age;	/* further bits, see take_find */
};
#define TAKE_KEY(text, ...)                           \
	{                                             \
		(text), sizeof(text) - 1, __VA_ARGS__ \
	}

struct taker {
	const struct scan *scan;
	uint64_t *wrong_types;
};

/* One pass over the object's members: the value node of every key of the table goes to
 * ret_at[index] (of duplicates the last), the rest stays as it is: the caller zeroes it. keys are
 * sorted by length, then by bytes. Returns the or-ed touch bits; ret_age (may be NULL) gets the
 * age bits. A node that is no object has no members. */
uint32_t take_find(const struct scan *s, uint32_t object, const struct take_key *keys, size_t count,
    uint32_t *ret_at, uint32_t *ret_age);
/* The table is in the order take_find needs. For tests. */
bool take_keys_sorted(const struct take_key *keys, size_t count);

/* Member of a member: 0 when either is absent. */
uint32_t take_sub(const struct scan *s, uint32_t object, const char *key);
/* The node when it is an array, else 0; one that is there and is neither array nor null counts. */
uint32_t take_array(const struct taker *t, uint32_t node);
/* The same for objects. */
uint32_t take_object(const struct taker *t, uint32_t node);

/* All: node 0 leaves the field alone; null, or a value outside of min..max, is unknown. */
void take_int(const struct taker *t, uint32_t node, int min, int max, int *field);
void take_i64(const struct taker *t, uint32_t node, int64_t unknown, int64_t *field);
void take_num(const struct taker *t, uint32_t node, double *field);
void take_tri(const struct taker *t, uint32_t node, enum tri *field);
/* "enable" and "disable". */
void take_enable(const struct taker *t, uint32_t node, enum tri *field);
void take_text(const struct taker *t, uint32_t node, char *field, size_t size);
/* An owned string; "" is unknown. True when it is another one now. */
bool take_str(const struct taker *t, uint32_t node, char **field);

/* A word of flags, or nothing known. */
struct take_bits {
	uint64_t bits;
	bool known;
};
void take_hex(const struct taker *t, uint32_t node, struct take_bits *field);
/* Nearest multiple of a tenth (hundredth with 100...): what is shown of sensors that flutter. */
double take_round(double value, double parts);
