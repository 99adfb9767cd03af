/* SPDX-License-Identifier: MIT */
/* The pictures of port 6000: bytes in, whole frames out, whatever the chunks (bambu.md 2.6). Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "daemon/camera/frames.h"

struct secret;

#define JPEG6000_AUTH_BYTES 80
#define JPEG6000_HEADER_BYTES 16

/* What the printer wants to hear first; the caller wipes it. 0, -EINVAL when the code is empty or
 * longer than the 32 bytes there are for it. */
int jpeg6000_auth(const struct secret *code, uint8_t ret[static JPEG6000_AUTH_BYTES]);

/* Positive answers of jpeg6000_filled. */
enum {
	JPEG6000_E_SIZE = 1, /* a header says 0 or more than FRAME_BYTES_MAX: out of step */
	JPEG6000_E_START,    /* what follows it is no JPEG: out of step */
};

/* Zeroed is ready. There is no way back into step but a new connection. */
struct jpeg6000 {
	uint8_t header[JPEG6000_HEADER_BYTES];
	size_t have;	     /* bytes of the header, then of the frame */
	struct frame *frame; /* being filled; NULL: the header is */
	uint64_t broken;     /* frames without an end or a size, dropped */
};

/* Where the next bytes belong; *ret_len, how many at most, is never 0. So they are copied once,
 * into the picture itself. */
void *jpeg6000_room(struct jpeg6000 *j, size_t *ret_len);
/* So many were put there. 0 with *ret a whole frame of the caller's, or NULL: more is needed. After
 * a positive answer only jpeg6000_reset. */
int jpeg6000_filled(struct jpeg6000 *j, size_t len, struct frame **ret);
void jpeg6000_reset(struct jpeg6000 *j); /* a new connection, or the end; `broken` stays */
