/* SPDX-License-Identifier: MIT */
/* How many bambud-video may run: the memory of all of them is bounded. Pure. */
#pragma once

#include <stdbool.h>

#include "common/util.h"

struct spawner;
struct video_pool;

enum {
	VIDEO_POOL_MB = 768, /* of the 1 GiB the unit may have */
	/* One of 1080p with a key picture now and then, and one that decodes all (measured: 28, 32
	 * to 75 by the number of pictures that others build on). */
	VIDEO_REST_MB = 32,
	VIDEO_FULL_MB = 75,
};

/* The spawner outlives it. */
struct video_pool *video_pool_create(struct spawner *spawner);
void video_pool_destroy(struct video_pool *p); /* nobody has a share; NULL is fine */
struct spawner *video_pool_spawner(const struct video_pool *p);

/* Embedded in a helper; zeroed: it has none. */
struct video_share {
	struct list link;
	unsigned mb; /* 0, VIDEO_REST_MB or VIDEO_FULL_MB */
	/* Another one that is looked at needs it: must release it. */
	void (*evict)(struct video_share *s);
};
/* True: s has a share now, the full one if it is wanted and there is room. Who wants the full one
 * and has none takes the place of one at rest. */
bool video_pool_grant(struct video_pool *p, struct video_share *s, bool full);
void video_pool_release(struct video_pool *p, struct video_share *s); /* fine without one */
