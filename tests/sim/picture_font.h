/* SPDX-License-Identifier: MIT */
/* Letters of 5 by 7 dots for captions. */
#pragma once

#include <stdbool.h>

#define FONT_WIDTH 5
#define FONT_HEIGHT 7

/* Whether a dot of the letter is set; small letters look like capitals. */
bool font_dot(char letter, int x, int y);
