/* SPDX-License-Identifier: MIT */
/* bambud-video: H.264 pictures in, JPEG pictures out, shut in: what a camera sends can at most end
 * it. */
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "common/sandbox.h"
#include "common/util.h"
#include "common/video.h"
#include "daemon/video/convert.h"

#define MEMORY_MAX (512ULL * 1024 * 1024)

/* 0; -EPIPE at the end; or negative errno. */
static int read_whole(void *data, size_t len)
{
	uint8_t *p = data;

	while (len > 0) {
		ssize_t n = read(STDIN_FILENO, p, len);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return n < 0 ? -errno : -EPIPE;
		}
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_whole(const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, p, len);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return n < 0 ? -errno : -EPIPE;
		}
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_picture(void *arg, const uint8_t *jpeg, size_t len)
{
	uint8_t head[VIDEO_ANSWER_HEAD_BYTES] = {0};
	int rc;

	for (int i = 0; i < 4; i++) {
		head[i] = (uint8_t)(len >> 8 * i);
	}
	rc = write_whole(head, sizeof(head));
	return rc < 0 ? rc : write_whole(jpeg, len);
}

static uint32_t get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Until an end, or anything that is out of step. */
static int serve(struct convert *c, uint8_t *unit)
{
	uint8_t head[VIDEO_HEAD_BYTES];
	int rc;

	for (;;) {
		uint32_t len;

		rc = read_whole(head, sizeof(head));
		if (rc < 0) {
			return rc;
		}
		len = get_u32(head);
		if (len == 0 || len > VIDEO_UNIT_MAX) {
			return -EBADMSG;
		}
		rc = read_whole(unit, len);
		rc = rc < 0 ? rc : convert_take(c, unit, len, get_u32(head + 4) & VIDEO_ALONE);
		if (rc < 0) {
			return rc;
		}
	}
}

int main(void)
{
	/* All is there before nothing more can be had; the decoder reads some bytes further. */
	uint8_t *unit = xcalloc(1, VIDEO_UNIT_MAX + CONVERT_PADDING);
	struct convert *c = convert_create(write_picture, NULL);
	int rc = c ? sandbox_enter(MEMORY_MAX, 0) : -ENOMEM;

	if (rc == 0) {
		rc = serve(c, unit);
	}
	convert_destroy(c);
	free(unit);
	return rc == -EPIPE ? 0 : 1;
}
