/* SPDX-License-Identifier: MIT */
/* Writes H.264 without compressing: key pictures from plain blocks, and pictures that change
 * nothing. */
#include "tests/sim/h264.h"

#include <stdbool.h>
#include <string.h>

#include "tests/sim/bytes.h"

/* Names and numbers of ITU-T H.264: 7.3 (order of fields), table 7-11 (kinds of blocks). */
enum { UNIT_KEY = 0x65, UNIT_SAME = 0x41, UNIT_SPS = 0x67, UNIT_PPS = 0x68 };
enum { SLICE_P = 5, SLICE_I = 7 };
enum { BLOCK_VERTICAL = 1, BLOCK_PLAIN = 25 };
#define BASELINE 66
#define LEVEL 51
#define FRAME_BITS 8
#define CHROMA_VERTICAL 2
#define CHROMA_NONE 128
#define LUMA_BLACK 16
#define LUMA_RANGE 219

struct bits {
	struct bytes out;
	unsigned hold, held; /* bits that fill no byte yet */
};

static void put(struct bits *b, unsigned count, uint32_t value)
{
	while (count-- > 0) {
		b->hold = b->hold << 1 | (value >> count & 1);
		if (++b->held == 8) {
			bytes_add_u8(&b->out, (uint8_t)b->hold);
			b->hold = b->held = 0;
		}
	}
}

/* Exponential Golomb code. */
static void put_ue(struct bits *b, uint32_t value)
{
	unsigned len = 32 - (unsigned)__builtin_clz(value + 1);

	put(b, len - 1, 0);
	put(b, len, value + 1);
}

static void align(struct bits *b)
{
	while (b->held > 0) {
		put(b, 1, 0);
	}
}

/* Two zeros are never followed by a byte below 4: a 3 stands between. */
static void finish_unit(struct bits *b, uint8_t kind, struct bytes *out)
{
	const uint8_t *data;
	unsigned zeros = 0;

	put(b, 1, 1);
	align(b);
	bytes_add_u8(out, kind);
	data = bytes_head(&b->out);
	for (size_t i = 0; i < b->out.len; i++) {
		if (zeros >= 2 && data[i] <= 3) {
			bytes_add_u8(out, 3);
			zeros = 0;
		}
		zeros = data[i] == 0 ? zeros + 1 : 0;
		bytes_add_u8(out, data[i]);
	}
	bytes_finish(&b->out);
}

static int blocks(int side)
{
	return (side + H264_BLOCK - 1) / H264_BLOCK;
}

void h264_write_sps(int width, int height, struct bytes *out)
{
	int right = (blocks(width) * H264_BLOCK - width) / 2;
	int bottom = (blocks(height) * H264_BLOCK - height) / 2;
	struct bits b = {0};

	put(&b, 8, BASELINE);
	put(&b, 8, 0xc0); /* constrained: also main profile */
	put(&b, 8, LEVEL);
	put_ue(&b, 0); /* its id */
	put_ue(&b, FRAME_BITS - 4);
	put_ue(&b, 2); /* pictures come in their order */
	put_ue(&b, 1); /* reference pictures */
	put(&b, 1, 0);
	put_ue(&b, (uint32_t)blocks(width) - 1);
	put_ue(&b, (uint32_t)blocks(height) - 1);
	put(&b, 2, 3); /* whole frames, direct 8x8 */
	put(&b, 1, right > 0 || bottom > 0);
	if (right > 0 || bottom > 0) {
		put_ue(&b, 0);
		put_ue(&b, (uint32_t)right);
		put_ue(&b, 0);
		put_ue(&b, (uint32_t)bottom);
	}
	put(&b, 1, 0); /* no further words about it */
	finish_unit(&b, UNIT_SPS, out);
}

void h264_write_pps(struct bytes *out)
{
	struct bits b = {0};

	put_ue(&b, 0); /* its id */
	put_ue(&b, 0); /* of the SPS */
	put(&b, 2, 0); /* CAVLC */
	put_ue(&b, 0); /* one slice group */
	put_ue(&b, 0);
	put_ue(&b, 0);
	put(&b, 3, 0); /* no weights */
	put_ue(&b, 0); /* quantisers 26, chroma alike */
	put_ue(&b, 0);
	put_ue(&b, 0);
	put(&b, 3, 4); /* slices say how edges are smoothed */
	finish_unit(&b, UNIT_PPS, out);
}

static void put_plane(struct bits *b, uint8_t value, size_t count)
{
	memset(bytes_reserve(&b->out, count), value, count);
	bytes_grew(&b->out, count);
}

static void put_plain(struct bits *b)
{
	put_ue(b, BLOCK_PLAIN);
	align(b);
}

static void put_gray_block(struct bits *b, const struct h264_key *key, int column, int row)
{
	put_plain(b);
	for (int y = 0; y < H264_BLOCK; y++) {
		const uint8_t *line =
		    key->gray + (size_t)(row * H264_BLOCK + y) * (size_t)key->width;

		for (int x = column * H264_BLOCK; x < (column + 1) * H264_BLOCK; x++) {
			int gray = line[x < key->width ? x : key->width - 1];

			bytes_add_u8(&b->out, (uint8_t)(LUMA_BLACK + gray * LUMA_RANGE / 255));
		}
	}
	put_plane(b, CHROMA_NONE, 128);
}

/* The bars move by one block from picture to picture. */
static void put_bar_block(struct bits *b, uint32_t number, int column)
{
	uint8_t step = (uint8_t)(((uint32_t)column + number) / 4 % 8 * 24);

	put_plain(b);
	put_plane(b, (uint8_t)(48 + step), 256);
	put_plane(b, (uint8_t)(200 - step), 64);
	put_plane(b, (uint8_t)(60 + step), 64);
}

/* As the block above, nothing added. How "nothing" is written depends on how many coefficients the
 * blocks to the left and above have; a plain one counts as 16. */
static void put_copy(struct bits *b, bool below_plain)
{
	put_ue(b, BLOCK_VERTICAL);
	put_ue(b, CHROMA_VERTICAL);
	put_ue(b, 0); /* the same quantiser */
	if (below_plain) {
		put(b, 6, 3);
	} else {
		put(b, 1, 1);
	}
}

static void put_slice_head(struct bits *b, unsigned kind, unsigned frame)
{
	put_ue(b, 0); /* begins with the first block */
	put_ue(b, kind);
	put_ue(b, 0); /* of the PPS */
	put(b, FRAME_BITS, frame);
}

void h264_write_key(const struct h264_key *key, struct bytes *out)
{
	int columns = blocks(key->width), rows = blocks(key->height);
	struct bits b = {0};

	put_slice_head(&b, SLICE_I, 0);
	put_ue(&b, key->number & 0x7fff);
	put(&b, 2, 0); /* reference for a short time */
	put_ue(&b, 0); /* quantiser as the PPS says */
	put_ue(&b, 1); /* edges are not smoothed */
	for (int i = 0; i < columns * rows; i++) {
		int row = i / columns, column = i % columns;

		if (row < key->gray_rows) {
			put_gray_block(&b, key, column, row);
		} else if (row == key->gray_rows) {
			put_bar_block(&b, key->number, column);
		} else {
			put_copy(&b, row == key->gray_rows + 1);
		}
	}
	finish_unit(&b, UNIT_KEY, out);
}

void h264_write_same(int width, int height, unsigned frame, struct bytes *out)
{
	struct bits b = {0};

	put_slice_head(&b, SLICE_P, frame);
	put(&b, 3, 0); /* references as they are */
	put_ue(&b, 0);
	put_ue(&b, 1);
	put_ue(&b, (uint32_t)(blocks(width) * blocks(height))); /* all blocks skipped */
	finish_unit(&b, UNIT_SAME, out);
}
