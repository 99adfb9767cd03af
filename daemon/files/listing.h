/* SPDX-License-Identifier: MIT */
/* The answer to LIST as entries. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LISTING_ENTRIES_MAX 10000
#define LISTING_BYTES_MAX (4 * 1024 * 1024)

struct listing_entry {
	char *name;
	int64_t size_bytes; /* -1 unknown */
	int64_t time_s;	    /* UTC as the printer's clock has it, -1 unknown */
	bool dir;
};

struct listing {
	struct listing_entry *entries;
	size_t count;
	size_t refused; /* names with '/', "..", control characters; lines nobody can read */
	bool cut;	/* there was more than LISTING_ENTRIES_MAX */
};

/* Unix and bare-name lines; X1 answers NLST with paths: the last part is the name. now_s: lines
 * without a year are of the last twelve months. */
void listing_parse(const char *text, size_t len, int64_t now_s, struct listing *ret);
void listing_finish(struct listing *l);
