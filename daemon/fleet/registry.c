/* SPDX-License-Identifier: MIT */
/* All printers, sorted by name and by serial, kept in step with the configuration. */
#include "daemon/fleet/registry.h"

#include <string.h>

#include "common/util.h"
#include "daemon/fleet/fleet.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/printer_config.h"
#include "daemon/io/loop.h"
#include "daemon/model/hub.h"

struct registry {
	struct fleet *fleet;
	struct printer **by_name, **by_serial; /* the same count printers */
	size_t count;
	bool started; /* the first sync is done: additions and removals are news */
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(
	    printer_name(*(struct printer *const *)a), printer_name(*(struct printer *const *)b));
}

static int compare_serials(const void *a, const void *b)
{
	return strcmp(printer_serial(*(struct printer *const *)a),
	    printer_serial(*(struct printer *const *)b));
}

static int compare_name_key(const void *key, const void *b)
{
	return strcmp(key, printer_name(*(struct printer *const *)b));
}

static int compare_serial_key(const void *key, const void *b)
{
	return strcmp(key, printer_serial(*(struct printer *const *)b));
}

struct registry *registry_create(struct fleet *f)
{
	struct registry *r = xcalloc(1, sizeof(*r));

	r->fleet = f;
	return r;
}

void registry_destroy(struct registry *r)
{
	size_t i;

	if (!r) {
		return;
	}
	for (i = 0; i < r->count; i++) {
		printer_destroy(r->by_name[i]);
	}
	free(r->by_name);
	free(r->by_serial);
	free(r);
}

static void announce(struct registry *r, const struct printer *p, enum event_kind kind)
{
	hub_event(r->fleet->hub, kind, printer_name(p), printer_serial(p), NULL,
	    loop_wall_ms(r->fleet->loop));
}

/* The printer to go on with for this configuration: the old one when its link may stay. */
static struct printer *keep_or_create(struct registry *r, const struct printer_config *config)
{
	struct printer *old = registry_by_name(r, config->name);

	if (!old || !printer_config_same_link(printer_config(old), config)) {
		return printer_create(r->fleet, config);
	}
	if (!printer_config_equal(printer_config(old), config)) {
		printer_set_config(old, config);
	}
	return old;
}

static struct printer *find(struct printer *const *list, size_t count, const char *name)
{
	struct printer **p =
	    count ? bsearch(name, list, count, sizeof(*p), compare_name_key) : NULL;

	return p ? *p : NULL;
}

/* Announces the difference and frees what is gone; the registry already holds the new list, so that
 * whoever hears of it finds no dead printer. */
static void retire(struct registry *r, struct printer **old, size_t old_count)
{
	size_t i;

	for (i = 0; r->started && i < r->count; i++) {
		if (!find(old, old_count, printer_name(r->by_name[i]))) {
			announce(r, r->by_name[i], EVENT_PRINTER_ADDED);
		}
	}
	for (i = 0; i < old_count; i++) {
		struct printer *now = registry_by_name(r, printer_name(old[i]));

		if (!now) {
			announce(r, old[i], EVENT_PRINTER_REMOVED);
		}
	}
	for (i = 0; i < old_count; i++) {
		if (registry_by_name(r, printer_name(old[i])) != old[i]) {
			printer_destroy(old[i]);
		}
	}
}

void registry_sync(struct registry *r, const struct printer_config *configs, size_t count)
{
	struct printer **now = xcalloc(count + 1, sizeof(*now));
	struct printer **old = r->by_name;
	size_t i, old_count = r->count;

	for (i = 0; i < count; i++) {
		now[i] = keep_or_create(r, &configs[i]);
	}
	qsort(now, count, sizeof(*now), compare_names);
	free(r->by_serial);
	r->by_serial = xcalloc(count + 1, sizeof(*now));
	memcpy(r->by_serial, now, count * sizeof(*now));
	qsort(r->by_serial, count, sizeof(*now), compare_serials);
	r->by_name = now;
	r->count = count;
	retire(r, old, old_count);
	free(old);
	r->started = true;
}

size_t registry_count(const struct registry *r)
{
	return r->count;
}

struct printer *registry_at(const struct registry *r, size_t i)
{
	return r->by_name[i];
}

struct printer *registry_by_name(const struct registry *r, const char *name)
{
	return find(r->by_name, r->count, name);
}

struct printer *registry_by_serial(const struct registry *r, const char *serial)
{
	struct printer **p =
	    r->count ? bsearch(serial, r->by_serial, r->count, sizeof(*p), compare_serial_key)
		     : NULL;

	return p ? *p : NULL;
}

size_t registry_serial_prefix(const struct registry *r, const char *prefix, struct printer **ret)
{
	size_t i, found = 0;

	for (i = 0; i < r->count; i++) {
		if (str_starts(printer_serial(r->by_serial[i]), prefix)) {
			*ret = r->by_serial[i];
			found++;
		}
	}
	return found;
}
