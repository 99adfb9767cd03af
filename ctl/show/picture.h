/* SPDX-License-Identifier: MIT */
/* A JPEG as pixels. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define PICTURE_BYTES_MAX (4u * 1024 * 1024)
#define PICTURE_SIDE_MAX 8192 /* what a camera sends has 3840 */

struct picture {
	uint8_t *rgb; /* owned; rows without gaps */
	int width, height;
	int full_width, full_height; /* as told by the JPEG */
};

void picture_finish(struct picture *p);
/* Decodes, as small as it may be to still have want_width pixels in a row. 0; or 1 when the picture
 * is damaged: what there is of it, and *e says why; or -EINVAL with *e. */
int picture_decode(
    const uint8_t *jpeg, size_t len, int want_width, struct picture *ret, struct err *e);
