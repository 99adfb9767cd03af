/* SPDX-License-Identifier: MIT */
/* Any text as what is kept of connects and requests to the cloud: refused, or no wait comes of it
 * that could not be; nothing lies in the future, and kept once more it is the same. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "common/json.h"
#include "common/jw.h"
#include "common/secret.h"
#include "common/util.h"
#include "daemon/cloud/bucket.h"
#include "daemon/fleet/cloud_kept.h"
#include "daemon/fleet/uplink.h"

#define NOW_MS INT64_C(5000000)
#define WALL_MS INT64_C(1700000000000)
#define MINUTE_MS 60000
#define RATE 10

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct uplink_budget fresh = {.within_ms = 5 * MINUTE_MS};

static int read_connects(const char *text, size_t len, struct uplink_budget *b)
{
	_cleanup_secret_ struct secret *s = secret_create(text, len);

	*b = fresh;
	return cloud_kept_parse(s, b, NOW_MS, WALL_MS);
}

static void check_connects(const struct uplink_budget *b)
{
	assert(b->used <= UPLINK_BUDGET_MAX);
	for (unsigned i = 0; i < b->used; i++) {
		assert(b->at_ms[i] <= NOW_MS && NOW_MS - b->at_ms[i] < b->within_ms);
	}
	assert(
	    b->away_ms == 0 || (b->away_ms > NOW_MS && b->away_ms <= NOW_MS + UPLINK_AWAY_MAX_MS));
}

static void take_connects(const char *text, size_t len)
{
	struct uplink_budget b, again;
	struct jw w;

	if (read_connects(text, len, &b) < 0) {
		assert(b.used == 0 && b.away_ms == 0 && b.within_ms == fresh.within_ms);
		return;
	}
	check_connects(&b);
	jw_init(&w);
	cloud_kept_format(&b, NOW_MS, WALL_MS, &w);
	assert(read_connects(w.buf, w.len, &again) == 0);
	assert(again.used == b.used && again.away_ms == b.away_ms);
	assert(memcmp(again.at_ms, b.at_ms, sizeof(b.at_ms)) == 0);
	jw_finish(&w);
}

static int read_requests(const char *text, size_t len, struct bucket *b)
{
	_cleanup_json_ json_object *o = NULL;

	bucket_init(b, "device", RATE, MINUTE_MS);
	if (json_parse(text, len, 4, &o) < 0) {
		return -1;
	}
	return bucket_read_taken(b, json_get_arr(o, "device"), NOW_MS, WALL_MS);
}

static void keep_requests(const struct bucket *b)
{
	struct bucket again;
	struct jw w;

	jw_init(&w);
	jw_object(&w, NULL);
	bucket_write_taken(b, NOW_MS, WALL_MS, &w);
	jw_object_end(&w);
	assert(read_requests(w.buf, w.len, &again) == 0);
	assert(again.count == b->count);
	assert(bucket_wait_ms(&again, NOW_MS) == bucket_wait_ms(b, NOW_MS));
	bucket_finish(&again);
	jw_finish(&w);
}

static void take_requests(const char *text, size_t len)
{
	struct bucket b;

	if (read_requests(text, len, &b) == 0) {
		assert(b.count <= RATE && bucket_left(&b, NOW_MS) == RATE - b.count);
		assert(bucket_wait_ms(&b, NOW_MS) <= MINUTE_MS);
		assert(bucket_left(&b, NOW_MS + MINUTE_MS) == RATE);
		keep_requests(&b);
	}
	bucket_finish(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	take_connects((const char *)data, size);
	take_requests((const char *)data, size);
	return 0;
}
