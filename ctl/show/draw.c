/* SPDX-License-Identifier: MIT */
/* Pixels as what a terminal understands, by libchafa. */
#include "ctl/show/draw.h"

#include <chafa.h>

#include "common/util.h"

/* Of a terminal that does not tell. */
#define CELL_WIDTH 10
#define CELL_HEIGHT 20
#define DOTS 8 /* a character is put together of so many points in a row */

struct draw {
	struct draw_screen screen;
	ChafaTermInfo *terminal;
	ChafaPixelMode pixels;
	ChafaCanvasMode colors;
};

static bool can(const struct draw *d, ChafaTermSeq sequence)
{
	return chafa_term_info_have_seq(d->terminal, sequence);
}

static ChafaPixelMode choose_pixels(const struct draw *d)
{
	if (d->screen.plain) {
		return CHAFA_PIXEL_MODE_SYMBOLS;
	}
	if (can(d, CHAFA_TERM_SEQ_BEGIN_KITTY_IMMEDIATE_IMAGE_V1)) {
		return CHAFA_PIXEL_MODE_KITTY;
	}
	if (can(d, CHAFA_TERM_SEQ_BEGIN_ITERM2_IMAGE)) {
		return CHAFA_PIXEL_MODE_ITERM2;
	}
	return can(d, CHAFA_TERM_SEQ_BEGIN_SIXELS) ? CHAFA_PIXEL_MODE_SIXELS
						   : CHAFA_PIXEL_MODE_SYMBOLS;
}

static ChafaCanvasMode choose_colors(const struct draw *d)
{
	if (d->screen.plain) {
		return CHAFA_CANVAS_MODE_FGBG;
	}
	if (d->pixels != CHAFA_PIXEL_MODE_SYMBOLS || can(d, CHAFA_TERM_SEQ_SET_COLOR_FGBG_DIRECT)) {
		return CHAFA_CANVAS_MODE_TRUECOLOR;
	}
	if (can(d, CHAFA_TERM_SEQ_SET_COLOR_FGBG_256)) {
		return CHAFA_CANVAS_MODE_INDEXED_240;
	}
	return can(d, CHAFA_TERM_SEQ_SET_COLOR_FGBG_16) ? CHAFA_CANVAS_MODE_INDEXED_16
							: CHAFA_CANVAS_MODE_FGBG;
}

struct draw *draw_create(const struct draw_screen *screen)
{
	struct draw *d = xcalloc(1, sizeof(*d));
	gchar **environment = g_get_environ();

	d->screen = *screen;
	if (screen->cell_width < 1 || screen->cell_height < 1) {
		d->screen.cell_width = CELL_WIDTH;
		d->screen.cell_height = CELL_HEIGHT;
	}
	/* Without colour no sequence at all is known, not even the one that resets. */
	d->terminal = screen->plain
			  ? chafa_term_info_new()
			  : chafa_term_db_detect(chafa_term_db_get_default(), environment);
	g_strfreev(environment);
	d->pixels = choose_pixels(d);
	d->colors = choose_colors(d);
	chafa_set_n_threads(1);
	return d;
}

void draw_destroy(struct draw *d)
{
	if (d) {
		chafa_term_info_unref(d->terminal);
		free(d);
	}
}

static int cell_pixels(const struct draw *d)
{
	return d->pixels == CHAFA_PIXEL_MODE_SYMBOLS ? DOTS : d->screen.cell_width;
}

int draw_wants_width(const struct draw *d)
{
	return d->screen.columns * cell_pixels(d);
}

static int64_t at_least_one(int64_t n)
{
	return n > 0 ? n : 1;
}

/* The largest rectangle of characters that has the shape of the picture. */
static void fit(
    const struct draw_screen *s, const struct picture *p, int *ret_columns, int *ret_rows)
{
	int64_t wide = (int64_t)p->full_width * s->cell_height;
	int64_t high = (int64_t)p->full_height * s->cell_width;
	int64_t columns = s->columns, rows = (columns * high + wide / 2) / wide;

	if (s->rows > 0 && rows > s->rows) {
		rows = s->rows;
		columns = (rows * wide + high / 2) / high;
		columns = columns < s->columns ? columns : s->columns;
	}
	*ret_columns = (int)at_least_one(columns);
	*ret_rows = (int)at_least_one(rows);
}

static int at_most(int have, int picture, int cells)
{
	int enough = (picture + cells - 1) / cells;

	return have < enough ? have : enough;
}

/* Kitty and iTerm2 are told how many characters to cover: more pixels than there are would only be
 * sent. */
static void set_cells(
    const struct draw *d, ChafaCanvasConfig *config, const struct picture *p, int columns, int rows)
{
	int width = d->screen.cell_width, height = d->screen.cell_height;

	if (d->pixels != CHAFA_PIXEL_MODE_SIXELS) {
		width = at_most(width, p->width, columns);
		height = at_most(height, p->height, rows);
	}
	chafa_canvas_config_set_cell_geometry(config, width, height);
}

static ChafaSymbolTags choose_symbols(const struct draw *d)
{
	ChafaSymbolTags tags =
	    CHAFA_SYMBOL_TAG_BLOCK | CHAFA_SYMBOL_TAG_BORDER | CHAFA_SYMBOL_TAG_SPACE;

	if (d->screen.ascii) {
		return CHAFA_SYMBOL_TAG_ASCII;
	}
	/* Without colour the shades between are made of dots. */
	return d->colors == CHAFA_CANVAS_MODE_FGBG ? tags | CHAFA_SYMBOL_TAG_STIPPLE : tags;
}

static ChafaCanvasConfig *configure(const struct draw *d, const struct picture *p)
{
	ChafaCanvasConfig *config = chafa_canvas_config_new();
	ChafaSymbolMap *symbols = chafa_symbol_map_new();
	int columns, rows;

	fit(&d->screen, p, &columns, &rows);
	chafa_symbol_map_add_by_tags(symbols, choose_symbols(d));
	chafa_canvas_config_set_geometry(config, columns, rows);
	set_cells(d, config, p, columns, rows);
	chafa_canvas_config_set_pixel_mode(config, d->pixels);
	chafa_canvas_config_set_canvas_mode(config, d->colors);
	if (d->colors == CHAFA_CANVAS_MODE_FGBG) {
		chafa_canvas_config_set_dither_mode(config, CHAFA_DITHER_MODE_DIFFUSION);
	}
	chafa_canvas_config_set_symbol_map(config, symbols);
	chafa_symbol_map_unref(symbols);
	return config;
}

char *draw_picture(struct draw *d, const struct picture *p, size_t *ret_len)
{
	ChafaCanvasConfig *config = configure(d, p);
	ChafaCanvas *canvas = chafa_canvas_new(config);
	GString *printed;
	char *text;

	chafa_canvas_draw_all_pixels(
	    canvas, CHAFA_PIXEL_RGB8, p->rgb, p->width, p->height, p->width * 3);
	printed = chafa_canvas_print(canvas, d->terminal);
	text = xmalloc(printed->len + 2);
	memcpy(text, printed->str, printed->len);
	text[printed->len] = '\n';
	text[printed->len + 1] = '\0';
	*ret_len = printed->len + 1;
	g_string_free(printed, TRUE);
	chafa_canvas_unref(canvas);
	chafa_canvas_config_unref(config);
	return text;
}
