/* SPDX-License-Identifier: MIT */
/* Bounded newline splitter: bytes in, whole lines out (pure). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct lines {
	char *buf;
	size_t len, cap, max, start;
	size_t scanned; /* bytes after start already known to hold no newline */
	size_t tail;	/* length of the unfinished line */
	bool tail_cr;	/* which ends in CR */
	bool dead;	/* a line was longer than max */
};

/* max: longest line accepted, without its newline. */
void lines_init(struct lines *l, size_t max);
void lines_finish(struct lines *l);
/* Appends; 0, or -EMSGSIZE when a line is longer than max. The splitter is then dead: the whole
 * lines before that one can still be taken, whatever the chunks were; nothing more is fed. */
int lines_feed(struct lines *l, const char *data, size_t len);
/* Next whole line (NUL-terminated in place, CR before LF cut; valid till the next call), or NULL.
 * -> *ret_len */
char *lines_next(struct lines *l, size_t *ret_len);
/* True while an unfinished line is held. */
bool lines_partial(const struct lines *l);
