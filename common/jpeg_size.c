/* SPDX-License-Identifier: MIT */
/* Width and height of a JPEG, from the header of its frame (ITU-T T.81, annex B). Pure. */
#include "common/jpeg_size.h"

enum {
	MARKER_TEM = 0x01,
	MARKER_SOF0 = 0xc0,
	MARKER_DHT = 0xc4,
	MARKER_JPG = 0xc8,
	MARKER_DAC = 0xcc,
	MARKER_SOF15 = 0xcf,
	MARKER_RST0 = 0xd0,
	MARKER_RST7 = 0xd7,
	MARKER_SOI = 0xd8,
	MARKER_EOI = 0xd9,
	MARKER_SOS = 0xda,
	SIDE_MAX = 16384, /* px; four times what any of these cameras has */
	SOF_BYTES = 8,	  /* length, precision, height, width, components */
};

static bool is_frame_header(int marker)
{
	return marker >= MARKER_SOF0 && marker <= MARKER_SOF15 && marker != MARKER_DHT &&
	       marker != MARKER_JPG && marker != MARKER_DAC;
}

static bool stands_alone(int marker)
{
	return marker == MARKER_TEM || (marker >= MARKER_RST0 && marker <= MARKER_RST7);
}

static int read_u16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static bool take_size(const uint8_t *segment, size_t len, int *ret_width, int *ret_height)
{
	int height, width;

	if (len < SOF_BYTES) {
		return false;
	}
	height = read_u16(segment + 3);
	width = read_u16(segment + 5);
	if (height == 0 || width == 0 || height > SIDE_MAX || width > SIDE_MAX) {
		return false;
	}
	*ret_width = width;
	*ret_height = height;
	return true;
}

bool jpeg_size(const uint8_t *data, size_t len, int *ret_width, int *ret_height)
{
	size_t at = 2;

	if (len < 2 || data[0] != 0xff || data[1] != MARKER_SOI) {
		return false;
	}
	while (len - at >= 4 && data[at] == 0xff) {
		int marker = data[at + 1];
		size_t size;

		if (marker == 0xff) { /* a filler */
			at++;
			continue;
		}
		at += 2;
		if (stands_alone(marker)) {
			continue;
		}
		size = (size_t)read_u16(data + at);
		if (marker == 0 || marker == MARKER_SOI || marker == MARKER_EOI ||
		    marker == MARKER_SOS || size < 2 || size > len - at) {
			return false;
		}
		if (is_frame_header(marker)) {
			return take_size(data + at, size, ret_width, ret_height);
		}
		at += size;
	}
	return false;
}
