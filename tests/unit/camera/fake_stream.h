/* SPDX-License-Identifier: MIT */
/* Streams that go nowhere, in place of daemon/io/stream.c: the test is the printer. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "daemon/io/stream.h"

struct fake_streams {
	struct stream *now;    /* the one that is open, or NULL */
	unsigned opened, open; /* ever, now */
	unsigned open_max;     /* the most at once */
	char address[64];      /* of the last */
	uint16_t port;
	char name[64];
	uint8_t written[16384]; /* to the last; also after its end, with a 0 behind */
	size_t written_len;
	size_t chunk; /* of fake_data; 0: as much as there is room for */
};
extern struct fake_streams fake_streams; /* zeroed by a test's setup */

void fake_up(void);
void fake_data(const void *data, size_t len);
void fake_down(enum stream_down why, const char *text);
