/* SPDX-License-Identifier: MIT */
/* Reconnect delay: exponential with full jitter (pure; randomness comes in). */
#include "daemon/io/backoff.h"

/* 2^30 times any sane base is beyond every cap; the shift stays defined. */
#define DOUBLINGS_MAX 30

void backoff_init(struct backoff *b, int64_t base_ms, int64_t cap_ms)
{
	b->base_ms = base_ms;
	b->cap_ms = cap_ms > base_ms ? cap_ms : base_ms;
	b->tries = 0;
}

void backoff_reset(struct backoff *b)
{
	b->tries = 0;
}

int64_t backoff_next_ms(struct backoff *b, uint32_t random)
{
	int64_t low = b->base_ms / 2;
	int64_t high = b->base_ms;

	for (unsigned i = 0; i < b->tries && high < b->cap_ms; i++) {
		high *= 2;
	}
	if (high > b->cap_ms) {
		high = b->cap_ms;
	}
	if (b->tries < DOUBLINGS_MAX) {
		b->tries++;
	}
	return low + (int64_t)(((uint64_t)(high - low + 1) * random) >> 32);
}
