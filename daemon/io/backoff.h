/* SPDX-License-Identifier: MIT */
/* Reconnect delay: exponential with full jitter (pure; randomness comes in). */
#pragma once

#include <stdint.h>

struct backoff {
	int64_t base_ms, cap_ms;
	unsigned tries;
};
void backoff_init(struct backoff *b, int64_t base_ms, int64_t cap_ms);
void backoff_reset(struct backoff *b);
/* Next delay: uniform in [base/2, min(cap, base * 2^tries)], random is any 32-bit number. Counts a
 * try. */
int64_t backoff_next_ms(struct backoff *b, uint32_t random);
