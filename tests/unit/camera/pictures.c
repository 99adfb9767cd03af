/* SPDX-License-Identifier: MIT */
/* Pictures as a printer sends them, made on the spot. */
#include "tests/unit/camera/pictures.h"

#include <assert.h>
#include <string.h>

#include "common/util.h"

static uint8_t *put_u16(uint8_t *p, size_t value)
{
	assert(value <= 0xffff);
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
	return p + 2;
}

static uint8_t *put_marker(uint8_t *p, uint8_t marker)
{
	p[0] = 0xff;
	p[1] = marker;
	return p + 2;
}

/* What follows the scan's header is entropy-coded; nobody here decodes it. */
void picture_make(uint8_t *buf, size_t len, int width, int height)
{
	uint8_t *p = put_marker(buf, 0xd8);

	assert(len >= PICTURE_BYTES_MIN);
	memset(p, 0x55, len - 4);
	p = put_marker(p, 0xdb); /* tables, of which there are none */
	p = put_u16(p, 4);
	p += 2;
	p = put_marker(p, 0xc0);
	p = put_u16(p, 11);
	*p++ = 8;
	p = put_u16(p, (size_t)height);
	p = put_u16(p, (size_t)width);
	*p++ = 1;
	p += 3;
	p = put_marker(p, 0xda);
	put_u16(p, 2);
	put_marker(buf + len - 2, 0xd9);
}

void picture_header(uint8_t buf[static 16], uint32_t size)
{
	memset(buf, 0, 16);
	for (int i = 0; i < 4; i++) {
		buf[i] = (uint8_t)(size >> 8 * i);
	}
	buf[8] = 1;
}

size_t picture_message(uint8_t **ret, size_t len, int width, int height)
{
	*ret = xmalloc(16 + len);
	picture_header(*ret, (uint32_t)len);
	picture_make(*ret + 16, len, width, height);
	return 16 + len;
}
