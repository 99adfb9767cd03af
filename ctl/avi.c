/* SPDX-License-Identifier: MIT */
/* RIFF as AVI has it: a header of fixed length, the pictures, an index of them. */
#include "ctl/avi.h"

#include <errno.h>
#include <string.h>

#include "common/util.h"

enum {
	CHUNK_HEAD = 8,
	MAIN_BYTES = 56,
	STREAM_BYTES = 56,
	FORMAT_BYTES = 40,
	STREAM_LIST = 4 + CHUNK_HEAD + STREAM_BYTES + CHUNK_HEAD + FORMAT_BYTES,
	HEADER_LIST = 4 + CHUNK_HEAD + MAIN_BYTES + CHUNK_HEAD + STREAM_LIST,
	HEADER_BYTES = CHUNK_HEAD + 4 + CHUNK_HEAD + HEADER_LIST + CHUNK_HEAD + 4,
	MOVI_AT = HEADER_BYTES - 4, /* offsets of the index count from here */
	INDEX_BYTES = 16,
	HAS_INDEX = 0x10,
	KEY_FRAME = 0x10,
};

struct avi_entry {
	uint32_t at, len;
};

/* Bytes in the order of the file. */
struct writer {
	uint8_t *p;
};

static void put_tag(struct writer *w, const char tag[static 4])
{
	memcpy(w->p, tag, 4);
	w->p += 4;
}

static void put_u16(struct writer *w, unsigned value)
{
	*w->p++ = (uint8_t)value;
	*w->p++ = (uint8_t)(value >> 8);
}

static void put_u32(struct writer *w, uint32_t value)
{
	put_u16(w, value & 0xffff);
	put_u16(w, value >> 16);
}

static void put_zeros(struct writer *w, size_t count)
{
	memset(w->p, 0, count);
	w->p += count;
}

static void put_chunk(struct writer *w, const char tag[static 4], uint32_t len)
{
	put_tag(w, tag);
	put_u32(w, len);
}

static int write_at(int fd, const void *data, size_t len, int64_t at)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = pwrite(fd, p, len, at);

		if (n < 0 && errno != EINTR) {
			return -errno;
		}
		if (n > 0) {
			p += n;
			at += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

int avi_begin(struct avi *a, int fd, int width, int height, int fps)
{
	*a = (struct avi){
	    .fd = fd, .width = width, .height = height, .fps = fps, .at = HEADER_BYTES};
	return width > 0 && width <= UINT16_MAX && height > 0 && height <= UINT16_MAX && fps > 0 &&
		       fps <= AVI_FPS_MAX
		   ? 0
		   : -EINVAL;
}

void avi_finish(struct avi *a)
{
	free(a->index);
	*a = (struct avi){.fd = -1};
}

static void note(struct avi *a, uint32_t len)
{
	if (a->count == a->room) {
		a->room = a->room > 0 ? 2 * a->room : 256;
		a->index = xrealloc(a->index, a->room * sizeof(*a->index));
	}
	a->index[a->count++] = (struct avi_entry){(uint32_t)(a->at - MOVI_AT), len};
	a->largest = len > a->largest ? len : a->largest;
}

int avi_add(struct avi *a, const void *jpeg, size_t len)
{
	size_t whole = CHUNK_HEAD + len + len % 2;
	uint8_t head[CHUNK_HEAD];
	struct writer w = {head};
	int r;

	if (len > UINT32_MAX / 2 ||
	    a->at + (int64_t)whole + CHUNK_HEAD + (int64_t)(a->count + 1) * INDEX_BYTES >
		UINT32_MAX) {
		return AVI_E_FULL;
	}
	put_chunk(&w, "00dc", (uint32_t)len);
	r = write_at(a->fd, head, sizeof(head), a->at);
	r = r < 0 ? r : write_at(a->fd, jpeg, len, a->at + CHUNK_HEAD);
	if (r == 0 && len % 2 != 0) {
		r = write_at(a->fd, "", 1, a->at + CHUNK_HEAD + (int64_t)len);
	}
	if (r == 0) {
		note(a, (uint32_t)len);
		a->at += (int64_t)whole;
	}
	return r;
}

/* ---- the end ---- */

static void put_main(struct writer *w, const struct avi *a)
{
	put_chunk(w, "avih", MAIN_BYTES);
	put_u32(w, 1000000u / (uint32_t)a->fps);
	put_zeros(w, 8); /* rate in bytes: not told; padding: none */
	put_u32(w, HAS_INDEX);
	put_u32(w, (uint32_t)a->count);
	put_u32(w, 0);
	put_u32(w, 1); /* stream */
	put_u32(w, a->largest);
	put_u32(w, (uint32_t)a->width);
	put_u32(w, (uint32_t)a->height);
	put_zeros(w, 16);
}

static void put_stream(struct writer *w, const struct avi *a)
{
	put_chunk(w, "strh", STREAM_BYTES);
	put_tag(w, "vids");
	put_tag(w, "MJPG");
	put_zeros(w, 12); /* flags, priority, language, where it begins */
	put_u32(w, 1);	  /* a second is so many over rate */
	put_u32(w, (uint32_t)a->fps);
	put_u32(w, 0);
	put_u32(w, (uint32_t)a->count);
	put_u32(w, a->largest);
	put_u32(w, UINT32_MAX); /* quality: not told */
	put_u32(w, 0);		/* pictures differ in length */
	put_u32(w, 0);
	put_u16(w, (unsigned)a->width);
	put_u16(w, (unsigned)a->height);
}

static void put_format(struct writer *w, const struct avi *a)
{
	put_chunk(w, "strf", FORMAT_BYTES);
	put_u32(w, FORMAT_BYTES);
	put_u32(w, (uint32_t)a->width);
	put_u32(w, (uint32_t)a->height);
	put_u16(w, 1);
	put_u16(w, 24); /* bits of a pixel */
	put_tag(w, "MJPG");
	put_u32(w, (uint32_t)a->width * (uint32_t)a->height * 3);
	put_zeros(w, 16);
}

static int write_header(const struct avi *a, int64_t end)
{
	uint8_t header[HEADER_BYTES];
	struct writer w = {header};

	put_chunk(&w, "RIFF", (uint32_t)(end - CHUNK_HEAD));
	put_tag(&w, "AVI ");
	put_chunk(&w, "LIST", HEADER_LIST);
	put_tag(&w, "hdrl");
	put_main(&w, a);
	put_chunk(&w, "LIST", STREAM_LIST);
	put_tag(&w, "strl");
	put_stream(&w, a);
	put_format(&w, a);
	put_chunk(&w, "LIST", (uint32_t)(a->at - MOVI_AT));
	put_tag(&w, "movi");
	return write_at(a->fd, header, sizeof(header), 0);
}

int avi_end(struct avi *a)
{
	size_t len = CHUNK_HEAD + a->count * INDEX_BYTES;
	_cleanup_free_ uint8_t *index = xmalloc(len);
	struct writer w = {index};
	int r;

	put_chunk(&w, "idx1", (uint32_t)(len - CHUNK_HEAD));
	for (size_t i = 0; i < a->count; i++) {
		put_tag(&w, "00dc");
		put_u32(&w, KEY_FRAME);
		put_u32(&w, a->index[i].at);
		put_u32(&w, a->index[i].len);
	}
	r = write_at(a->fd, index, len, a->at);
	return r < 0 ? r : write_header(a, a->at + (int64_t)len);
}
