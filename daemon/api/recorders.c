/* SPDX-License-Identifier: MIT */
/* All recordings of messages: which of them hears what. */
#include "daemon/api/recorders.h"

#include <string.h>

#include "common/util.h"
#include "daemon/api/recording.h"
#include "daemon/api/server.h"
#include "daemon/fleet/fleet.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/tap.h"

struct recorders {
	const struct api_deps *deps;
	struct list list;
	unsigned count;
	struct fleet_wire wire;
};

/* By name, so that one that is configured anew is still followed. */
static bool is_of(const struct recording *one, const struct printer *p)
{
	return strcmp(recording_printer(one), printer_name(p)) == 0;
}

static void on_message(
    void *arg, const struct printer *p, enum plane plane, bool in, const char *bytes, size_t len)
{
	struct recorders *all = arg;
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &all->list) {
		struct recording *one = recording_of(pos);

		if (is_of(one, p)) {
			recording_message(one, plane, in, bytes, len);
		}
	}
}

static void on_anew(void *arg, const struct printer *p, enum plane plane)
{
	struct recorders *all = arg;
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &all->list) {
		struct recording *one = recording_of(pos);

		if (is_of(one, p)) {
			recording_anew(one, plane);
		}
	}
}

struct recorders *recorders_create(const struct api_deps *deps)
{
	struct recorders *all = xcalloc(1, sizeof(*all));

	all->deps = deps;
	list_init(&all->list);
	all->wire = (struct fleet_wire){.message = on_message, .anew = on_anew, .arg = all};
	return all;
}

void recorders_destroy(struct recorders *all)
{
	free(all);
}

/* While nobody records the fleet has no wire. */
static void set_wire(struct recorders *all)
{
	all->deps->fleet->wire = all->count > 0 ? &all->wire : NULL;
}

bool recorders_full(const struct recorders *all)
{
	return all->count >= RECORDINGS_MAX;
}

void recorders_add(struct recorders *all, struct recording *one)
{
	list_add_tail(&all->list, recording_link(one));
	all->count++;
	set_wire(all);
}

void recorders_remove(struct recorders *all, struct recording *one)
{
	list_del(recording_link(one));
	all->count--;
	set_wire(all);
}

unsigned recorders_stop(struct recorders *all, const struct printer *p)
{
	struct list *pos, *tmp;
	unsigned count = 0;

	list_for_each (pos, tmp, &all->list) {
		struct recording *one = recording_of(pos);

		if (is_of(one, p)) {
			recording_end(one, "stopped");
			count++;
		}
	}
	return count;
}
