/* SPDX-License-Identifier: MIT */
/* How many requests may go out in how long: at most so many within any stretch of that length, as
 * a server may count from any moment (pure). */
#include "daemon/cloud/bucket.h"

#include <assert.h>
#include <errno.h>

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

void bucket_clear(struct bucket *b)
{
	b->next = 0;
	b->count = 0;
}

void bucket_write_taken(const struct bucket *b, int64_t now_ms, int64_t wall_ms, struct jw *w)
{
	jw_array(w, b->name);
	for (unsigned i = expired(b, now_ms); i < b->count; i++) {
		int64_t age_ms = now_ms - taken_at(b, i);

		/* Of a clock that was not set yet nothing can be told. */
		jw_int(w, NULL, age_ms < wall_ms ? wall_ms - age_ms : 0);
	}
	jw_array_end(w);
}

int bucket_read_taken(struct bucket *b, json_object *list, int64_t now_ms, int64_t wall_ms)
{
	size_t count = list != NULL ? json_object_array_length(list) : b->rate + 1;
	int64_t last_ms = 0;

	if (count > b->rate) {
		return -EBADMSG;
	}
	bucket_clear(b);
	for (size_t i = 0; i < count; i++) {
		json_object *o = json_object_array_get_idx(list, i);
		int64_t at_ms =
		    json_object_is_type(o, json_type_int) ? json_object_get_int64(o) : -1;

		if (at_ms < last_ms) {
			return -EBADMSG;
		}
		last_ms = at_ms;
		at_ms = at_ms < wall_ms ? at_ms : wall_ms;
		if (wall_ms - at_ms < b->per_ms) {
			bucket_take(b, now_ms - (wall_ms - at_ms));
		}
	}
	return 0;
}
