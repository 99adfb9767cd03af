/* SPDX-License-Identifier: MIT */
/* Any bytes as RTP packets, each behind its length: memory stays bounded, pictures begin with a
 * start code. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "daemon/camera/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_unit(void *arg, const uint8_t *data, size_t len, bool key)
{
	static const uint8_t start[] = {0, 0, 0, 1};

	assert(len > sizeof(start) && len <= RTP_UNIT_MAX);
	assert(memcmp(data, start, sizeof(start)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t parameters[] = {0, 0, 0, 1, 0x67, 1};
	struct rtp_h264 r;

	rtp_h264_init(&r, 96);
	rtp_h264_set_parameters(&r, parameters, sizeof(parameters));
	r.unit = on_unit;
	while (size >= 2) {
		size_t len = (size_t)data[0] << 8 | data[1];

		data += 2;
		size -= 2;
		len = len < size ? len : size;
		rtp_h264_take(&r, data, len);
		assert(r.len <= RTP_UNIT_MAX && r.size <= RTP_UNIT_MAX);
		data += len;
		size -= len;
	}
	rtp_h264_finish(&r);
	return 0;
}
