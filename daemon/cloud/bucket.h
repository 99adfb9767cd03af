/* SPDX-License-Identifier: MIT */
/* How many requests may go out in how long: at most so many within any stretch of that length, as
 * a server may count from any moment (pure). */
#pragma once

#include <json-c/json.h>
#include <stdint.h>

struct jw;

/* One rate; the moments of the last `rate` takings in a ring. */
struct bucket {
	const char *name, *per; /* "minute", "hour" */
	unsigned rate;
	int64_t per_ms;
	int64_t *taken_ms; /* rate entries */
	unsigned next, count;
};

void bucket_init(struct bucket *b, const char *name, unsigned rate, int64_t per_ms);
void bucket_finish(struct bucket *b); /* fine on a zeroed one */
/* ms until one may be taken; 0: now. */
int64_t bucket_wait_ms(const struct bucket *b, int64_t now_ms);
unsigned bucket_left(const struct bucket *b, int64_t now_ms);
/* Only after bucket_wait_ms said 0. */
void bucket_take(struct bucket *b, int64_t now_ms);
/* {name, rate, per, left, refill_ms}: refill_ms until one more is left, 0 when all are. */
/* The moments that still count, by the wall clock, oldest first: an array under the bucket's name.
 */
void bucket_write_taken(const struct bucket *b, int64_t now_ms, int64_t wall_ms, struct jw *w);
/* Such an array into an empty bucket; what lies ahead of the clock is taken as of now. 0, or
 * -EBADMSG with the bucket in disorder. */
int bucket_read_taken(struct bucket *b, json_object *list, int64_t now_ms, int64_t wall_ms);
void bucket_clear(struct bucket *b);
void bucket_write(const struct bucket *b, int64_t now_ms, struct jw *w);
