/* SPDX-License-Identifier: MIT */
/* The test picture of the cameras: JPEGs that tell people and programs which one they are. */
#include "tests/sim/picture.h"

#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include "common/util.h"
#include "tests/sim/bytes.h"
#include "tests/sim/picture_font.h"

#define BACKGROUNDS 8
#define QUALITY 75
#define DOT 3 /* pixels of a dot of a letter */
#define CAPTION_ROWS 2
#define FACTS_BITS (PICTURE_FACTS * 8)

struct canvas {
	int width, height;
	uint8_t *rgb;
};

struct background {
	struct bytes jpeg;
	size_t head; /* all before the first row */
	size_t rest; /* the first row that is not replaced */
};

struct pictures {
	int width, height, top_rows;
	struct canvas top;
	struct background background[BACKGROUNDS];
};

uint16_t picture_crc16(const void *data, size_t len)
{
	const uint8_t *byte = data;
	unsigned crc = 0;

	for (size_t i = 0; i < len; i++) {
		crc ^= (unsigned)byte[i] << 8;
		for (int bit = 0; bit < 8; bit++) {
			crc = crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1;
		}
		crc &= 0xffff;
	}
	return (uint16_t)crc;
}

static void fill(struct canvas *c, int x, int y, int width, int height, const uint8_t rgb[3])
{
	for (int row = y; row < y + height && row < c->height; row++) {
		for (int column = x; column < x + width && column < c->width; column++) {
			memcpy(
			    c->rgb + ((size_t)row * (size_t)c->width + (size_t)column) * 3, rgb, 3);
		}
	}
}

static void encode(const struct canvas *c, struct bytes *out)
{
	struct jpeg_compress_struct jpeg;
	struct jpeg_error_mgr errors; /* the library ends the program: only memory can lack */
	unsigned char *data = NULL;
	unsigned long size = 0;

	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_compress(&jpeg);
	jpeg_mem_dest(&jpeg, &data, &size);
	jpeg.image_width = (JDIMENSION)c->width;
	jpeg.image_height = (JDIMENSION)c->height;
	jpeg.input_components = 3;
	jpeg.in_color_space = JCS_RGB;
	jpeg_set_defaults(&jpeg);
	jpeg_set_quality(&jpeg, QUALITY, TRUE);
	jpeg.restart_in_rows = 1;
	jpeg_start_compress(&jpeg, TRUE);
	for (int y = 0; y < c->height; y++) {
		JSAMPROW row = c->rgb + (size_t)y * (size_t)c->width * 3;

		jpeg_write_scanlines(&jpeg, &row, 1);
	}
	jpeg_finish_compress(&jpeg);
	bytes_add(out, data, size);
	jpeg_destroy_compress(&jpeg);
	free(data);
}

/* Where the rows begin: behind the header of the scan. */
static size_t find_rows(const struct bytes *jpeg)
{
	const uint8_t *data = bytes_head(jpeg);
	size_t at = 2;

	while (data[at + 1] != 0xda) {
		at += 2 + ((size_t)data[at + 2] << 8 | data[at + 3]);
	}
	return at + 2 + ((size_t)data[at + 2] << 8 | data[at + 3]);
}

/* Where row n begins: behind n restart markers. */
static size_t find_row(const struct bytes *jpeg, size_t at, int n)
{
	const uint8_t *data = bytes_head(jpeg);

	while (n > 0) {
		n -= data[at] == 0xff && data[at + 1] >= 0xd0 && data[at + 1] <= 0xd7;
		at += data[at] == 0xff ? 2 : 1;
	}
	return at;
}

/* A dark room with a grid of light on its bed, and something orange that moves along. */
static void draw_background(struct canvas *c, int phase)
{
	static const uint8_t line[3] = {70, 84, 98}, thing[3] = {240, 120, 20},
			     nozzle[3] = {200, 205, 210};
	int step = c->width / 16, side = c->height / 5;
	int x = (c->width - side) * phase / (BACKGROUNDS - 1), floor_y = c->height * 9 / 10;

	for (int y = 0; y < c->height; y++) {
		uint8_t shade = (uint8_t)(20 + 50 * y / c->height);

		fill(c, 0, y, c->width, 1, (uint8_t[3]){shade, shade, (uint8_t)(shade + 20)});
	}
	for (int at = step; at < c->width; at += step) {
		fill(c, at, c->height / 2, 2, c->height, line);
	}
	for (int at = c->height / 2; at < c->height; at += step) {
		fill(c, 0, at, c->width, 2, line);
	}
	fill(c, x, floor_y - side, side, side, thing);
	fill(c, x + side / 2 - side / 10, floor_y - side - side / 3, side / 5, side / 3, nozzle);
}

static struct background *background(struct pictures *p, uint32_t number)
{
	uint32_t turn = number % (2 * BACKGROUNDS - 2); /* there and back */
	int phase = (int)(turn < BACKGROUNDS ? turn : 2 * BACKGROUNDS - 2 - turn);
	struct background *b = &p->background[phase];

	if (b->jpeg.len == 0) {
		struct canvas whole = {p->width, p->height, NULL};

		whole.rgb = xmalloc((size_t)p->width * (size_t)p->height * 3);
		draw_background(&whole, phase);
		encode(&whole, &b->jpeg);
		free(whole.rgb);
		b->head = find_rows(&b->jpeg);
		b->rest = find_row(&b->jpeg, b->head, p->top_rows);
	}
	return b;
}

static void put_number(uint8_t *to, int bytes, uint64_t value)
{
	for (int i = 0; i < bytes; i++) {
		to[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
	}
}

static void draw_facts(struct canvas *c, const struct picture_facts *facts)
{
	static const uint8_t shade[2][3] = {{0, 0, 0}, {255, 255, 255}};
	uint8_t told[PICTURE_FACTS] = {'B', 'C'};
	int in_row = c->width / PICTURE_BLOCK;

	put_number(told + 2, 2, picture_crc16(facts->serial, strlen(facts->serial)));
	put_number(told + 4, 4, facts->number);
	put_number(told + 8, 6, (uint64_t)facts->clock_ms);
	put_number(told + 14, 2, picture_crc16(told, 14));
	for (int i = 0; i < FACTS_BITS; i++) {
		fill(c, i % in_row * PICTURE_BLOCK, i / in_row * PICTURE_BLOCK, PICTURE_BLOCK,
		    PICTURE_BLOCK, shade[told[i / 8] >> (7 - i % 8) & 1]);
	}
}

static void draw_caption(struct canvas *c, const char *caption)
{
	static const uint8_t ink[3] = {235, 235, 235};
	int top = c->height - CAPTION_ROWS * PICTURE_BLOCK + DOT;

	for (int i = 0; caption[i]; i++) {
		for (int dot = 0; dot < FONT_WIDTH * FONT_HEIGHT; dot++) {
			int x = dot % FONT_WIDTH, y = dot / FONT_WIDTH;

			if (font_dot(caption[i], x, y)) {
				fill(c, (i * (FONT_WIDTH + 1) + 1 + x) * DOT, top + y * DOT, DOT,
				    DOT, ink);
			}
		}
	}
}

void pictures_size(const struct pictures *p, int *ret_width, int *ret_height)
{
	*ret_width = p->width;
	*ret_height = p->height;
}

const uint8_t *pictures_draw_top(
    struct pictures *p, const struct picture_facts *facts, const char *caption, int *ret_lines)
{
	memset(p->top.rgb, 0, (size_t)p->top.width * (size_t)p->top.height * 3);
	draw_facts(&p->top, facts);
	draw_caption(&p->top, caption);
	*ret_lines = p->top.height;
	return p->top.rgb;
}

/* Every row of blocks ends with a restart marker, so the upper rows, which differ in each picture,
 * are put before the lower ones of a background that was encoded once: a picture costs little. */
void pictures_write(
    struct pictures *p, const struct picture_facts *facts, const char *caption, struct bytes *out)
{
	struct background *b = background(p, facts->number);
	const uint8_t *whole = bytes_head(&b->jpeg);
	struct bytes top = {0};
	size_t rows;
	int lines;

	pictures_draw_top(p, facts, caption, &lines);
	encode(&p->top, &top);
	rows = find_rows(&top);
	bytes_add(out, whole, b->head);
	bytes_add(out, bytes_head(&top) + rows, top.len - rows - 2); /* without its end marker */
	/* the marker before the rest is of the background, which counts rows alike */
	bytes_add(out, whole + b->rest - 2, b->jpeg.len - b->rest + 2);
	bytes_finish(&top);
}

struct pictures *pictures_create(int width, int height)
{
	struct pictures *p = xcalloc(1, sizeof(*p));
	int in_row = width / PICTURE_BLOCK;

	p->width = width;
	p->height = height;
	p->top_rows = (FACTS_BITS + in_row - 1) / in_row + CAPTION_ROWS;
	p->top = (struct canvas){width, p->top_rows * PICTURE_BLOCK, NULL};
	p->top.rgb = xmalloc((size_t)p->top.width * (size_t)p->top.height * 3);
	return p;
}

void pictures_destroy(struct pictures *p)
{
	if (!p) {
		return;
	}
	for (int i = 0; i < BACKGROUNDS; i++) {
		bytes_finish(&p->background[i].jpeg);
	}
	free(p->top.rgb);
	free(p);
}
