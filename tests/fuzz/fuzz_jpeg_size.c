/* SPDX-License-Identifier: MIT */
/* Any bytes as a JPEG: a size within the cap, or none. */
#include <assert.h>

#include "common/jpeg_size.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int width = -1, height = -1;

	if (jpeg_size(data, size, &width, &height)) {
		assert(width > 0 && width <= 16384 && height > 0 && height <= 16384);
	} else {
		assert(width == -1 && height == -1);
	}
	return 0;
}
