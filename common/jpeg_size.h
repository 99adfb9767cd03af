/* SPDX-License-Identifier: MIT */
/* Width and height of a JPEG, from the header of its frame. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads width and height of a JPEG without decoding it. False: not a JPEG with a size. */
bool jpeg_size(const uint8_t *data, size_t len, int *ret_width, int *ret_height);
