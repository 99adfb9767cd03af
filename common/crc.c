/* SPDX-License-Identifier: MIT */
/* CRC-32 (IEEE 802.3), eight bytes at a time: a start reads and checks every kept state. */
#include "common/crc.h"

#include <pthread.h>

#define POLYNOMIAL 0xedb88320u
#define STEP 8

/* tables[n][b]: what byte b does to the sum when n more bytes follow it. */
static uint32_t tables[STEP][256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill(void)
{
	for (uint32_t b = 0; b < 256; b++) {
		uint32_t crc = b;

		for (int bit = 0; bit < 8; bit++) {
			crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
		}
		tables[0][b] = crc;
	}
	for (int n = 1; n < STEP; n++) {
		for (uint32_t b = 0; b < 256; b++) {
			uint32_t crc = tables[n - 1][b];

			tables[n][b] = crc >> 8 ^ tables[0][crc & 255];
		}
	}
}

uint32_t crc32_of(const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;
	uint32_t crc = UINT32_MAX;

	pthread_once(&once, fill);
	for (; len >= STEP; len -= STEP, p += STEP) {
		crc ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
		       (uint32_t)p[3] << 24;
		crc = tables[7][crc & 255] ^ tables[6][crc >> 8 & 255] ^
		      tables[5][crc >> 16 & 255] ^ tables[4][crc >> 24] ^ tables[3][p[4]] ^
		      tables[2][p[5]] ^ tables[1][p[6]] ^ tables[0][p[7]];
	}
	for (; len > 0; len--) {
		crc = crc >> 8 ^ tables[0][(crc ^ *p++) & 255];
	}
	return ~crc;
}
