/* SPDX-License-Identifier: MIT */
/* A sorted table of who was heard. */
#include "daemon/fleet/discovery.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/util.h"
#include "daemon/io/loop.h"
#include "daemon/io/udp_group.h"

enum { SEARCH_AGAIN_MS = 700 };

struct discovery {
	struct loop *loop;
	struct udp_group *group;
	struct loop_timer again; /* a datagram may be lost: the second question */
	discovery_fn fn;
	void *arg;
	struct discovery_entry *list; /* by serial, `room` of them */
	size_t count, room;
};

/* Where that serial stands, or belongs. */
static size_t find(const struct discovery *d, const char *serial)
{
	size_t low = 0, high = d->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(d->list[middle].notice.serial, serial) < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static bool is_there(const struct discovery *d, size_t at, const char *serial)
{
	return at < d->count && strcmp(d->list[at].notice.serial, serial) == 0;
}

static void drop(struct discovery *d, size_t at)
{
	memmove(&d->list[at], &d->list[at + 1], (--d->count - at) * sizeof(*d->list));
}

static void drop_oldest(struct discovery *d)
{
	size_t oldest = 0;

	for (size_t i = 1; i < d->count; i++) {
		if (d->list[i].mono_ms < d->list[oldest].mono_ms) {
			oldest = i;
		}
	}
	drop(d, oldest);
}

static void drop_old(struct discovery *d)
{
	int64_t now_ms = loop_now_ms(d->loop);

	for (size_t i = d->count; i-- > 0;) {
		if (now_ms - d->list[i].mono_ms > DISCOVERY_KEPT_MS) {
			drop(d, i);
		}
	}
}

static struct discovery_entry *insert(struct discovery *d, const char *serial)
{
	size_t at;

	if (d->count == DISCOVERY_MAX) {
		drop_oldest(d);
	}
	if (d->count == d->room) {
		d->room = d->room ? 2 * d->room : 8;
		d->list = xrealloc(d->list, d->room * sizeof(*d->list));
	}
	at = find(d, serial);
	memmove(&d->list[at + 1], &d->list[at], (d->count++ - at) * sizeof(*d->list));
	return &d->list[at];
}

static void note(struct discovery *d, const struct ssdp_notice *n)
{
	size_t at = find(d, n->serial);
	struct discovery_entry *e =
	    is_there(d, at, n->serial) ? &d->list[at] : insert(d, n->serial);

	e->notice = *n;
	e->mono_ms = loop_now_ms(d->loop);
	d->fn(d->arg, n);
}

static void on_datagram(void *arg, const char *data, size_t len, struct in_addr from)
{
	struct discovery *d = arg;
	struct ssdp_notice n;
	size_t at;

	switch (ssdp_parse(data, len, &n)) {
	case SSDP_NONE:
		return;
	case SSDP_BYEBYE:
		at = find(d, n.serial);
		if (is_there(d, at, n.serial)) {
			drop(d, at);
		}
		return;
	case SSDP_ALIVE:
		break;
	}
	if (n.address[0] == '\0') {
		inet_ntop(AF_INET, &from, n.address, sizeof(n.address));
	}
	note(d, &n);
}

static void on_again(void *arg)
{
	struct discovery *d = arg;

	udp_group_ask(d->group, ssdp_search());
}

int discovery_create(
    struct loop *l, uint16_t port, discovery_fn fn, void *arg, struct discovery **ret)
{
	struct discovery *d = xcalloc(1, sizeof(*d));
	int r;

	d->loop = l;
	d->fn = fn;
	d->arg = arg;
	loop_timer_init(&d->again, l, on_again, d);
	r = udp_group_create(l, SSDP_GROUP, port, on_datagram, d, &d->group);
	if (r < 0) {
		free(d);
		return r;
	}
	*ret = d;
	return 0;
}

void discovery_destroy(struct discovery *d)
{
	if (!d) {
		return;
	}
	loop_timer_stop(&d->again);
	udp_group_destroy(d->group);
	free(d->list);
	free(d);
}

int discovery_search(struct discovery *d)
{
	loop_timer_start(&d->again, SEARCH_AGAIN_MS);
	return udp_group_ask(d->group, ssdp_search());
}

const struct discovery_entry *discovery_at(struct discovery *d, size_t i)
{
	return i < d->count ? &d->list[i] : NULL;
}

size_t discovery_count(struct discovery *d)
{
	drop_old(d);
	return d->count;
}
