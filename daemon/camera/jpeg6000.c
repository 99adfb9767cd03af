/* SPDX-License-Identifier: MIT */
/* The pictures of port 6000: bytes in, whole frames out, whatever the chunks (bambu.md 2.6). Pure.
 */
#include "daemon/camera/jpeg6000.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "common/jpeg_size.h"
#include "common/secret.h"
#include "common/util.h"

enum {
	AUTH_SIZE = 0x40, /* of what follows the header of 16 bytes */
	AUTH_KIND = 0x3000,
	AUTH_USER_AT = 16,
	AUTH_CODE_AT = 48,
	AUTH_FIELD = 32,
	JPEG_BYTES_MIN = 4, /* a start and an end */
};

static void put_u32le(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++) {
		p[i] = (uint8_t)(value >> 8 * i);
	}
}

static uint32_t get_u32le(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

int jpeg6000_auth(const struct secret *code, uint8_t ret[static JPEG6000_AUTH_BYTES])
{
	static const char user[] = "bblp";
	size_t len = secret_len(code);

	if (len == 0 || len > AUTH_FIELD) {
		return -EINVAL;
	}
	memset(ret, 0, JPEG6000_AUTH_BYTES);
	put_u32le(ret, AUTH_SIZE);
	put_u32le(ret + 4, AUTH_KIND);
	memcpy(ret + AUTH_USER_AT, user, sizeof(user) - 1);
	memcpy(ret + AUTH_CODE_AT, secret_reveal(code), len);
	return 0;
}

void *jpeg6000_room(struct jpeg6000 *j, size_t *ret_len)
{
	if (j->frame) {
		*ret_len = j->frame->len - j->have;
		return j->frame->data + j->have;
	}
	*ret_len = JPEG6000_HEADER_BYTES - j->have;
	return j->header + j->have;
}

/* Only the size is looked at: what the other three numbers mean is not known, and they differ. */
static int take_header(struct jpeg6000 *j)
{
	uint32_t size = get_u32le(j->header);

	if (size < JPEG_BYTES_MIN || size > FRAME_BYTES_MAX) {
		return JPEG6000_E_SIZE;
	}
	j->frame = frame_create(size);
	j->have = 0;
	return 0;
}

static bool has_start(const struct frame *f)
{
	return f->data[0] == 0xff && f->data[1] == 0xd8;
}

static bool has_end(const struct frame *f)
{
	return f->data[f->len - 2] == 0xff && f->data[f->len - 1] == 0xd9;
}

/* Without an end it was cut off by the printer, which is still in step. */
static struct frame *take_frame(struct jpeg6000 *j)
{
	struct frame *f = TAKE(j->frame);

	j->have = 0;
	if (!has_end(f) || !jpeg_size(f->data, f->len, &f->width, &f->height)) {
		j->broken++;
		frame_unref(f);
		return NULL;
	}
	return f;
}

int jpeg6000_filled(struct jpeg6000 *j, size_t len, struct frame **ret)
{
	struct frame *whole = NULL;
	size_t before = j->have;
	int rc = 0;

	j->have += len;
	if (!j->frame) {
		assert(j->have <= JPEG6000_HEADER_BYTES);
		rc = j->have == JPEG6000_HEADER_BYTES ? take_header(j) : 0;
	} else {
		assert(j->have <= j->frame->len);
		if (before < 2 && j->have >= 2 && !has_start(j->frame)) {
			return JPEG6000_E_START;
		}
		whole = j->have == j->frame->len ? take_frame(j) : NULL;
	}
	if (rc == 0) {
		*ret = whole;
	}
	return rc;
}

void jpeg6000_reset(struct jpeg6000 *j)
{
	frame_unref(TAKE(j->frame));
	j->have = 0;
}
