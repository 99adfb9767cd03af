/* SPDX-License-Identifier: MIT */
/* Bounded newline splitter. */
#include "common/lines.h"

#include <errno.h>
#include <string.h>

#include "common/util.h"

enum { KEEP_MAX = 8 * 1024 }; /* an empty splitter holds on to no more than this */

void lines_init(struct lines *l, size_t max)
{
	*l = (struct lines){.max = max};
}

void lines_finish(struct lines *l)
{
	free(l->buf);
	*l = (struct lines){.max = l->max};
}

/* How much of data is whole lines and an open line within the limit: all of it, or the end of the
 * last line before the one that is too long. Keeps l->tail. */
static size_t accept_len(struct lines *l, const char *data, size_t len)
{
	size_t pos = 0, good = 0;

	while (pos < len) {
		const char *nl = memchr(data + pos, '\n', len - pos);
		size_t piece = nl ? (size_t)(nl - data) - pos : len - pos;
		size_t line = l->tail + piece;
		/* A CR at the end may belong to the newline: it does not count. */
		bool cr = piece > 0 ? data[pos + piece - 1] == '\r' : l->tail_cr;

		if (line > l->max + cr) {
			l->dead = true;
			return good;
		}
		pos += piece + (nl != NULL);
		l->tail = nl ? 0 : line;
		l->tail_cr = !nl && cr;
		good = nl ? pos : good;
	}
	return len;
}

static void reserve(struct lines *l, size_t more)
{
	if (l->start > 0) {
		l->len -= l->start;
		memmove(l->buf, l->buf + l->start, l->len);
		l->start = 0;
	}
	if (l->len + more > l->cap) {
		size_t cap = l->cap ? l->cap : 256;

		while (cap < l->len + more) {
			cap *= 2;
		}
		l->buf = xrealloc(l->buf, cap);
		l->cap = cap;
	}
}

int lines_feed(struct lines *l, const char *data, size_t len)
{
	size_t good;

	if (l->dead) {
		return -EMSGSIZE;
	}
	good = accept_len(l, data, len);
	if (good > 0) {
		reserve(l, good);
		memcpy(l->buf + l->len, data, good);
		l->len += good;
	}
	return l->dead ? -EMSGSIZE : 0;
}

static void drop_empty(struct lines *l)
{
	l->start = l->len = l->scanned = 0;
	if (l->cap > KEEP_MAX) {
		free(l->buf);
		l->buf = NULL;
		l->cap = 0;
	}
}

char *lines_next(struct lines *l, size_t *ret_len)
{
	char *line, *nl = NULL;
	size_t held = l->len - l->start, len;

	if (held == 0) {
		drop_empty(l);
		return NULL;
	}
	line = l->buf + l->start;
	nl = memchr(line + l->scanned, '\n', held - l->scanned);
	if (!nl) {
		l->scanned = held;
		return NULL;
	}
	len = (size_t)(nl - line);
	l->start += len + 1;
	l->scanned = 0;
	if (len > 0 && line[len - 1] == '\r') {
		len--;
	}
	line[len] = '\0';
	*ret_len = len;
	return line;
}

bool lines_partial(const struct lines *l)
{
	return l->tail > 0;
}
