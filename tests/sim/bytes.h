/* SPDX-License-Identifier: MIT */
/* A growing byte queue: append at the end, consume at the front. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct bytes {
	uint8_t *data;
	size_t start, len, cap; /* the content is data[start .. start+len) */
};

void bytes_finish(struct bytes *b);
void bytes_add(struct bytes *b, const void *data, size_t len);
void bytes_add_u8(struct bytes *b, uint8_t value);
void bytes_add_u16(struct bytes *b, uint16_t value); /* big endian, as MQTT wants it */
/* Room for len bytes at the end; bytes_grew says how many were used. */
uint8_t *bytes_reserve(struct bytes *b, size_t len);
void bytes_grew(struct bytes *b, size_t len);
/* Drops len bytes at the front; the memory is given back when nothing is left. */
void bytes_consume(struct bytes *b, size_t len);
const uint8_t *bytes_head(const struct bytes *b);
