/* SPDX-License-Identifier: MIT */
/* How many requests may go out in how long: at most so many within any stretch of that length, as
 * a server may count from any moment (pure). */
#include "daemon/cloud/bucket.h"

#include <assert.h>

#include "common/jw.h"
#include "common/util.h"

void bucket_init(struct bucket *b, const char *name, unsigned rate, int64_t per_ms)
{
	assert(rate > 0);
	*b = (struct bucket){.name = name,
	    .per = per_ms == 60000 ? "minute" : "hour",
	    .rate = rate,
	    .per_ms = per_ms,
	    .taken_ms = xcalloc(rate, sizeof(int64_t))};
}

void bucket_finish(struct bucket *b)
{
	free(b->taken_ms);
	*b = (struct bucket){0};
}

/* The i-th oldest that is remembered. */
static int64_t taken_at(const struct bucket *b, unsigned i)
{
	return b->taken_ms[(b->next + b->rate - b->count + i) % b->rate];
}

/* How many of the oldest do not count any more. */
static unsigned expired(const struct bucket *b, int64_t now_ms)
{
	unsigned i = 0;

	while (i < b->count && now_ms - taken_at(b, i) >= b->per_ms) {
		i++;
	}
	return i;
}

int64_t bucket_wait_ms(const struct bucket *b, int64_t now_ms)
{
	int64_t wait_ms;

	if (b->count < b->rate) {
		return 0;
	}
	wait_ms = b->per_ms - (now_ms - taken_at(b, 0));
	return wait_ms > 0 ? wait_ms : 0;
}

unsigned bucket_left(const struct bucket *b, int64_t now_ms)
{
	return b->rate - (b->count - expired(b, now_ms));
}

void bucket_take(struct bucket *b, int64_t now_ms)
{
	b->taken_ms[b->next] = now_ms;
	b->next = (b->next + 1) % b->rate;
	if (b->count < b->rate) {
		b->count++;
	}
}

void bucket_write(const struct bucket *b, int64_t now_ms, struct jw *w)
{
	unsigned gone = expired(b, now_ms);
	int64_t refill_ms = gone < b->count ? b->per_ms - (now_ms - taken_at(b, gone)) : 0;

	jw_object(w, NULL);
	jw_str(w, "name", b->name);
	jw_int(w, "rate", b->rate);
	jw_str(w, "per", b->per);
	jw_int(w, "left", bucket_left(b, now_ms));
	jw_int(w, "refill_ms", refill_ms);
	jw_object_end(w);
}
