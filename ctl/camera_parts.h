/* SPDX-License-Identifier: MIT */
/* A stream of pictures taken apart: multipart/x-mixed-replace with lengths (pure). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define PART_BYTES_MAX (8u * 1024 * 1024) /* longer pictures are refused */
#define PART_HEAD_MAX 4096

struct parts {
	char *buf; /* start..len is not given out yet */
	size_t start, len, cap;
};

/* Borrowed till the next call. */
struct part {
	const char *raw; /* with its head and the line's end behind it, as it came */
	size_t raw_len;
	const char *jpeg;
	size_t len;
	uint64_t number; /* of the picture; 0 = not told */
};

void parts_finish(struct parts *p);
void parts_feed(struct parts *p, const char *data, size_t len);
/* 1 with a part, 0 = more must come, -EPROTO: not such a stream. -ENODATA: the end was announced,
 * with an error as one line of JSON in *ret->raw. */
int parts_next(struct parts *p, struct part *ret);
