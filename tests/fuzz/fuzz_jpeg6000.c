/* SPDX-License-Identifier: MIT */
/* Any bytes from a camera, in chunks of the size the first byte says: frames are whole, and the
 * same in one piece. */
#include <assert.h>
#include <string.h>

#include "daemon/camera/jpeg6000.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	uint64_t frames, bytes, broken;
	int rc;
};

static void check_frame(const struct frame *f)
{
	assert(f->len >= 4 && f->len <= FRAME_BYTES_MAX);
	assert(f->data[0] == 0xff && f->data[1] == 0xd8);
	assert(f->data[f->len - 2] == 0xff && f->data[f->len - 1] == 0xd9);
	assert(f->width > 0 && f->height > 0);
}

static struct outcome feed(const uint8_t *data, size_t size, size_t chunk)
{
	struct jpeg6000 j = {0};
	struct outcome o = {0};

	while (size > 0 && o.rc == 0) {
		struct frame *f = NULL;
		size_t room, n = chunk < size ? chunk : size;
		void *to = jpeg6000_room(&j, &room);

		assert(room > 0);
		n = n < room ? n : room;
		memcpy(to, data, n);
		data += n;
		size -= n;
		o.rc = jpeg6000_filled(&j, n, &f);
		if (f) {
			check_frame(f);
			o.frames++;
			o.bytes += f->len;
			frame_unref(f);
		}
	}
	o.broken = j.broken;
	jpeg6000_reset(&j);
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome pieces, whole;

	if (size < 1) {
		return 0;
	}
	pieces = feed(data + 1, size - 1, (size_t)data[0] + 1);
	whole = feed(data + 1, size - 1, size);
	assert(memcmp(&pieces.frames, &whole.frames, 3 * sizeof(uint64_t)) == 0);
	assert(pieces.rc == whole.rc);
	return 0;
}
