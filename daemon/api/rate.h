/* SPDX-License-Identifier: MIT */
/* Token bucket per user for calls that write to printers (pure: time comes as an argument). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define RATE_WRITES_PER_S 5 /* also the burst */
#define RATE_USERS_MAX 64   /* users remembered; the one unused for longest makes room */

struct rate_user {
	uid_t uid;
	bool used;
	int64_t tokens_milli, last_ms;
};
struct rate {
	struct rate_user users[RATE_USERS_MAX];
};

/* Takes one token of that user. False: none is left, *ret_wait_ms says when the next one is. */
bool rate_take(struct rate *r, uid_t uid, int64_t now_ms, int64_t *ret_wait_ms);
