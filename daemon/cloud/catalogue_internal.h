/* SPDX-License-Identifier: MIT */
/* The body of a catalogue, for catalogue*.c alone. */
#pragma once

#include "daemon/cloud/catalogue.h"

/* Sorted: errors, then health codes, each by key. */
struct catalogue_entry {
	uint64_t key;
	uint32_t off; /* of its text in the block */
	uint32_t is_hms;
};

struct catalogue {
	int64_t version;
	struct catalogue_entry *entries;
	size_t count;
	char *block; /* the texts, each with its NUL */
	size_t block_len;
};

/* < 0, 0, > 0 */
int catalogue_order(const struct catalogue_entry *a, const struct catalogue_entry *b);
/* Digits of a key, in capitals: 16 or 8. 0 or -EINVAL. */
int catalogue_read_key(const char *text, size_t len, struct catalogue_entry *ret);
