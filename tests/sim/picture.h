/* SPDX-License-Identifier: MIT */
/* The test picture of the cameras: JPEGs that tell people and programs which one they are. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct bytes;
struct pictures;

#define PICTURE_WIDTH_MIN 320
#define PICTURE_HEIGHT_MIN 240
#define PICTURE_SIDE_MAX 4096
#define PICTURE_BLOCK 16 /* side of a black or white square */
#define PICTURE_FACTS 16 /* bytes told in squares */

/* The squares fill the picture from its upper left corner, as many in a row as fit, the highest bit
 * of the first byte first, white = 1: the letters "BC", crc16 of the serial, number (32 bits),
 * clock (48 bits of ms since 1970), crc16 of these 14 bytes; all big endian. */
struct picture_facts {
	const char *serial;
	uint32_t number;
	int64_t clock_ms;
};

/* Sides within the limits above; backgrounds are made when they are needed first. */
struct pictures *pictures_create(int width, int height);
void pictures_destroy(struct pictures *p); /* NULL is fine */
/* Appends one JPEG; caption: a line of text under the squares, cut where the picture ends. */
void pictures_write(
    struct pictures *p, const struct picture_facts *facts, const char *caption, struct bytes *out);
void pictures_size(const struct pictures *p, int *ret_width, int *ret_height);
/* The rows of squares and the caption alone, as RGB, whole blocks high; good until the next
 * picture.
 */
const uint8_t *pictures_draw_top(
    struct pictures *p, const struct picture_facts *facts, const char *caption, int *ret_lines);
/* CRC-16 of CCITT, from 0. */
uint16_t picture_crc16(const void *data, size_t len);
