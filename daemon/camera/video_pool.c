/* SPDX-License-Identifier: MIT */
/* How many bambud-video may run: the memory of all of them is bounded. Pure. */
#include "daemon/camera/video_pool.h"

#include <assert.h>

struct video_pool {
	struct spawner *spawner;
	struct list shares; /* the longest at rest first */
	unsigned used_mb;
};

struct video_pool *video_pool_create(struct spawner *spawner)
{
	struct video_pool *p = xcalloc(1, sizeof(*p));

	p->spawner = spawner;
	list_init(&p->shares);
	return p;
}

void video_pool_destroy(struct video_pool *p)
{
	assert(!p || list_empty(&p->shares));
	free(p);
}

struct spawner *video_pool_spawner(const struct video_pool *p)
{
	return p->spawner;
}

static void set_share(struct video_pool *p, struct video_share *s, unsigned mb)
{
	if (s->mb == mb) {
		return;
	}
	if (s->mb > 0) {
		list_del(&s->link);
	}
	if (mb > 0) {
		list_add_tail(&p->shares, &s->link);
	}
	p->used_mb = p->used_mb - s->mb + mb;
	s->mb = mb;
}

static bool has_room(const struct video_pool *p, const struct video_share *s, unsigned mb)
{
	return p->used_mb - s->mb + mb <= VIDEO_POOL_MB;
}

static void evict_one(struct video_pool *p)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &p->shares) {
		struct video_share *s = container_of(pos, struct video_share, link);

		if (s->mb == VIDEO_REST_MB) {
			s->evict(s);
			assert(s->mb == 0);
			return;
		}
	}
}

bool video_pool_grant(struct video_pool *p, struct video_share *s, bool full)
{
	if (full && has_room(p, s, VIDEO_FULL_MB)) {
		set_share(p, s, VIDEO_FULL_MB);
		return true;
	}
	if (full && s->mb == 0 && !has_room(p, s, VIDEO_REST_MB)) {
		evict_one(p);
	}
	if (!has_room(p, s, VIDEO_REST_MB)) {
		return false;
	}
	set_share(p, s, VIDEO_REST_MB);
	return true;
}

void video_pool_release(struct video_pool *p, struct video_share *s)
{
	set_share(p, s, 0);
}
