/* SPDX-License-Identifier: MIT */
/* The bucket of one user outlives its connections, so that reconnecting wins nothing. */
#include "daemon/api/rate.h"

#define TOKEN_MILLI 1000
#define FULL_MILLI (RATE_WRITES_PER_S * TOKEN_MILLI)

static struct rate_user *user_slot(struct rate *r, uid_t uid, int64_t now_ms)
{
	struct rate_user *best = &r->users[0];

	for (size_t i = 0; i < RATE_USERS_MAX; i++) {
		struct rate_user *u = &r->users[i];

		if (u->used && u->uid == uid) {
			return u;
		}
		if (best->used && (!u->used || u->last_ms < best->last_ms)) {
			best = u;
		}
	}
	*best = (struct rate_user){uid, true, FULL_MILLI, now_ms};
	return best;
}

bool rate_take(struct rate *r, uid_t uid, int64_t now_ms, int64_t *ret_wait_ms)
{
	struct rate_user *u = user_slot(r, uid, now_ms);
	int64_t gained_ms = now_ms - u->last_ms;

	/* RATE_WRITES_PER_S tokens a second are as many thousandths a millisecond. */
	if (gained_ms > 0) {
		if (gained_ms > 1000) {
			gained_ms = 1000;
		}
		u->tokens_milli += gained_ms * RATE_WRITES_PER_S;
		if (u->tokens_milli > FULL_MILLI) {
			u->tokens_milli = FULL_MILLI;
		}
	}
	u->last_ms = now_ms;
	if (u->tokens_milli < TOKEN_MILLI) {
		*ret_wait_ms =
		    (TOKEN_MILLI - u->tokens_milli + RATE_WRITES_PER_S - 1) / RATE_WRITES_PER_S;
		return false;
	}
	u->tokens_milli -= TOKEN_MILLI;
	return true;
}
