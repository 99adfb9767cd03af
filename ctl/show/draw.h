/* SPDX-License-Identifier: MIT */
/* Pixels as what a terminal understands: kitty, iTerm2, sixels or characters. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ctl/show/picture.h"

struct draw_screen {
	int columns, rows;	     /* rows 0 = as many as it takes */
	int cell_width, cell_height; /* pixels of a character; 0 = unknown */
	bool plain;		     /* characters without colour */
	bool ascii;		     /* characters of ASCII */
};

struct draw;

/* Looks at the environment; everything that opens files or threads happens here. */
struct draw *draw_create(const struct draw_screen *screen);
void draw_destroy(struct draw *d);
/* Pixels that a row of the terminal can show. */
int draw_wants_width(const struct draw *d);
/* Owned text that ends with a line's end. */
char *draw_picture(struct draw *d, const struct picture *p, size_t *ret_len);
