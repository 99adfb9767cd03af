/* SPDX-License-Identifier: MIT */
/* A growing byte queue: append at the end, consume at the front. */
#include "tests/sim/bytes.h"

#include <string.h>

#include "common/util.h"

void bytes_finish(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes){0};
}

uint8_t *bytes_reserve(struct bytes *b, size_t len)
{
	if (b->start > 0 && b->start + b->len + len > b->cap) {
		memmove(b->data, b->data + b->start, b->len);
		b->start = 0;
	}
	if (b->len + len > b->cap) {
		size_t cap = b->cap ? b->cap : 512;

		while (cap < b->len + len) {
			cap *= 2;
		}
		b->data = xrealloc(b->data, cap);
		b->cap = cap;
	}
	return b->data + b->start + b->len;
}

void bytes_grew(struct bytes *b, size_t len)
{
	b->len += len;
}

void bytes_add(struct bytes *b, const void *data, size_t len)
{
	if (len > 0) {
		memcpy(bytes_reserve(b, len), data, len);
		b->len += len;
	}
}

void bytes_add_u8(struct bytes *b, uint8_t value)
{
	bytes_add(b, &value, 1);
}

void bytes_add_u16(struct bytes *b, uint16_t value)
{
	const uint8_t two[2] = {value >> 8, value & 0xff};

	bytes_add(b, two, sizeof(two));
}

void bytes_consume(struct bytes *b, size_t len)
{
	b->start += len;
	b->len -= len;
	if (b->len == 0) {
		bytes_finish(b);
	}
}

const uint8_t *bytes_head(const struct bytes *b)
{
	return b->data + b->start;
}
