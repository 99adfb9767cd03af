/* SPDX-License-Identifier: MIT */
/* H.264 pictures to JPEG, in the thread that asks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONVERT_PADDING 64 /* bytes behind a unit that may be read, zeroed by convert_take */

struct convert;

/* picture: 0, or negative errno that convert_take hands on. NULL when a codec is missing. */
struct convert *convert_create(
    int (*picture)(void *arg, const uint8_t *jpeg, size_t len), void *arg);
void convert_destroy(struct convert *c);
/* One picture with start codes; alone: nothing builds on it. What cannot be decoded gives none.
 * 0 or the answer of picture, or -ENOMEM. */
int convert_take(struct convert *c, uint8_t *unit, size_t len, bool alone);
