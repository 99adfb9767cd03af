/* SPDX-License-Identifier: MIT */
/* States that outlive the daemon, at the root: each printer's is written soon after it told of an
 * event, once a minute while it is heard (of a great many ten a second), and at the end. */
#include "daemon/daemon_internal.h"

#include <errno.h>
#include <string.h>

#include "common/jw.h"
#include "common/util.h"
#include "daemon/config.h"
#include "daemon/fleet/memory.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/registry.h"
#include "daemon/store/saved.h"

enum {
	TICK_MS = 1000,	 /* an event is kept this long after it at the latest */
	LAZY_TICKS = 10, /* every printer is looked at once in so many, */
	LAZY_MAX = 10,	 /* or so many each time: thousands are in no hurry */
	TIDY_TICKS = 24 * 3600,
	TIDY_FIRST = 5,
};

struct keeper {
	struct daemon *daemon;
	struct saved *files;
	struct fleet_memory memory;
	struct loop_timer tick;
	unsigned ticks, soon; /* soon: printers that told of something, at most */
	size_t at, due;	      /* the next printer to look at, and how many from there on */
};

static void write_one(struct keeper *k, struct printer *p, bool sync)
{
	struct jw w;

	jw_init(&w);
	if (memory_write(p, &w)) {
		size_t len = w.len;

		saved_put(k->files, printer_serial(p), jw_take(&w), len, sync);
	}
	jw_finish(&w);
}

/* Those that told of an event, wherever they stand. */
static void write_soon(struct keeper *k)
{
	struct registry *r = k->daemon->registry;
	size_t i, count = registry_count(r);

	for (i = 0; k->soon > 0 && i < count && saved_has_room(k->files); i++) {
		if (memory_need(registry_at(r, i)) == MEMORY_TOLD) {
			write_one(k, registry_at(r, i), true);
		}
	}
	if (i == count) {
		k->soon = 0;
	}
}

/* Those whose turn it is. */
static void write_lazy(struct keeper *k)
{
	struct registry *r = k->daemon->registry;
	size_t count = registry_count(r);

	for (; k->due > 0 && count > 0 && saved_has_room(k->files); k->due--) {
		struct printer *p = registry_at(r, k->at++ % count);

		if (memory_need(p) >= MEMORY_OLD) {
			write_one(k, p, false);
		}
	}
}

static void pump(struct keeper *k)
{
	if (k->daemon->registry != NULL) {
		write_soon(k);
		write_lazy(k);
	}
}

static bool is_known(void *arg, const char *serial)
{
	struct keeper *k = arg;

	return registry_by_serial(k->daemon->registry, serial) != NULL;
}

static void on_tick(void *arg)
{
	struct keeper *k = arg;
	size_t count = registry_count(k->daemon->registry);

	loop_timer_start(&k->tick, TICK_MS);
	if (k->due < count) { /* else it cannot keep up: one round after the other */
		size_t part = (count + LAZY_TICKS - 1) / LAZY_TICKS;

		k->due += part < LAZY_MAX ? part : LAZY_MAX;
	}
	pump(k);
	if (k->ticks++ % TIDY_TICKS == TIDY_FIRST) {
		saved_tidy(k->files, is_known, k);
	}
}

static void on_done(void *arg, const char *serial, int error)
{
	struct keeper *k = arg;
	struct registry *r = k->daemon->registry;
	struct printer *p = r ? registry_by_serial(r, serial) : NULL;

	if (error < 0 && p) {
		memory_failed(p);
	}
	if (error < 0) {
		k->due =
		    r ? registry_count(r) : 0; /* whoever it was: as soon as it is tried again */
		return;
	}
	if (p) {
		memory_kept(p);
	}
	pump(k);
}

static void on_told(void *arg, struct printer *p)
{
	struct keeper *k = arg;

	k->soon++;
}

static void on_trouble(void *arg, const char *dir, int error)
{
	struct keeper *k = arg;
	struct jw w;

	jw_init(&w);
	jw_object(&w, NULL);
	jw_str(&w, "what", "states");
	jw_str(&w, "path", dir);
	if (error < 0) {
		jw_str(&w, "error", strerror(-error));
	}
	jw_object_end(&w);
	hub_event(k->daemon->hub, error < 0 ? EVENT_DISK_FULL : EVENT_DISK_RECOVERED, NULL, NULL,
	    w.buf, loop_wall_ms(k->daemon->loop));
	jw_finish(&w);
}

static char *text_of(struct printer *p, size_t *ret_len)
{
	struct jw w;
	char *text = NULL;

	jw_init(&w);
	if (memory_write(p, &w)) {
		*ret_len = w.len;
		text = jw_take(&w);
	}
	jw_finish(&w);
	return text;
}

/* A printer whose connection has to be made anew is another object: it goes on where the old one
 * is. */
static int on_load(void *arg, const char *serial, char **ret, size_t *ret_len)
{
	struct keeper *k = arg;
	struct registry *r = k->daemon->registry;
	struct printer *living = r ? registry_by_serial(r, serial) : NULL;
	int error;

	if (living) {
		*ret = text_of(living, ret_len);
		return *ret ? MEMORY_LIVING : -ENOENT;
	}
	error = saved_load(k->files, serial, ret, ret_len);
	return error < 0 ? error : MEMORY_FILED;
}

static void on_refuse(void *arg, const char *serial, const char *why)
{
	struct keeper *k = arg;

	saved_set_aside(k->files, serial, why);
}

int daemon_start_saved(struct daemon *d, struct err *e)
{
	struct keeper *k = xcalloc(1, sizeof(*k));
	struct saved_handler handler = {.done = on_done, .trouble = on_trouble, .arg = k};

	k->daemon = d;
	k->files = saved_create(d->loop, d->config->daemon.state_dir, &handler);
	k->memory =
	    (struct fleet_memory){.load = on_load, .refuse = on_refuse, .told = on_told, .arg = k};
	d->fleet.memory = &k->memory;
	loop_timer_init(&k->tick, d->loop, on_tick, k);
	loop_timer_start(&k->tick, TICK_MS);
	d->keeper = k;
	return 0;
}

void daemon_stop_saved(struct daemon *d)
{
	struct keeper *k = TAKE(d->keeper);

	loop_timer_stop(&k->tick);
	d->fleet.memory = NULL;
	saved_destroy(k->files);
	free(k);
}

const char *daemon_saved_error(void *arg)
{
	struct daemon *d = arg;

	return saved_error(d->keeper->files);
}

void daemon_save_all(struct daemon *d)
{
	struct keeper *k = d->keeper;
	size_t count = registry_count(d->registry);
	bool said = saved_error(k->files) != NULL;
	struct saved_handler last = {.trouble = said ? NULL : on_trouble, .arg = k};
	int error = 0;

	/* What is under way ends first: a name has one writer at a time. */
	loop_timer_stop(&k->tick);
	saved_destroy(k->files);
	k->files = saved_create(d->loop, d->fleet.state_dir, &last);
	for (size_t i = 0; i < count && error >= 0; i++) {
		struct printer *p = registry_at(d->registry, i);
		_cleanup_free_ char *text = NULL;
		size_t len = 0;

		if (memory_need(p) != MEMORY_CURRENT) {
			text = text_of(p, &len);
		}
		if (text) {
			error = saved_put_now(k->files, printer_serial(p), text, len);
		}
	}
}
