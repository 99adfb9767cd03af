/* SPDX-License-Identifier: MIT */
/* Pictures as a printer sends them, made on the spot. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The smallest that passes for a JPEG: start, tables, a frame header of that size, end; padded by a
 * comment to len bytes (at least PICTURE_BYTES_MIN). */
#define PICTURE_BYTES_MIN 29
void picture_make(uint8_t *buf, size_t len, int width, int height);
/* The 16 bytes before it. */
void picture_header(uint8_t buf[static 16], uint32_t size);
/* Both in one block; returns its size, 16 + len. Caller frees *ret. */
size_t picture_message(uint8_t **ret, size_t len, int width, int height);
