/* SPDX-License-Identifier: MIT */
/* Cameras at the root: one for each printer, told what its printer does, telling what it sees. */
#include "daemon/daemon_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/jw.h"
#include "common/util.h"
#include "daemon/camera/camera.h"
#include "daemon/camera/video_pool.h"
#include "daemon/fleet/door.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/printer_config.h"
#include "daemon/fleet/registry.h"
#include "daemon/io/spawner.h"
#include "daemon/model/caps.h"

struct camera_entry {
	struct daemon *daemon;
	struct printer *printer;
	char *serial;
	struct camera *camera;
	struct printer_door door; /* its strings are ours */
	char address[64];
	uint8_t pin[32];
	unsigned seen; /* of the device, as last told */
	bool kept;     /* in the registry, while that is compared */
};

struct cameras {
	struct camera_entry **list; /* by serial */
	size_t count;
	struct hub_observer observer;
	struct spawner *spawner; /* of bambud-video; NULL: it is not there */
	struct video_pool *videos;
};

/* ---- what the camera tells ---- */

static void show(struct camera_entry *e)
{
	struct camera_view v;
	struct camera_summary s;

	camera_view(e->camera, &v);
	s = (struct camera_summary){
	    .state = camera_phase_word(v.phase),
	    .frame_mono_ms = v.frame_mono_ms,
	    .width = v.width < 0 ? UNKNOWN_INT : v.width,
	    .height = v.height < 0 ? UNKNOWN_INT : v.height,
	    .why = v.why,
	    .frames = v.frames,
	};
	printer_set_camera(e->printer, &s);
}

static void on_changed(void *arg)
{
	show(arg);
}

static void file_event(struct camera_entry *e, enum event_kind kind, const char *why)
{
	struct jw w;
	char *data;

	jw_init(&w);
	jw_object(&w, NULL);
	if (why) {
		jw_str(&w, "error", why);
	}
	jw_object_end(&w);
	data = jw_take(&w);
	hub_event(e->daemon->hub, kind, printer_name(e->printer), e->serial, data,
	    loop_wall_ms(e->daemon->loop));
	free(data);
	jw_finish(&w);
}

static void on_lost(void *arg, const char *why)
{
	file_event(arg, EVENT_CAMERA_LOST, why);
}

static void on_recovered(void *arg)
{
	file_event(arg, EVENT_CAMERA_RECOVERED, NULL);
}

/* ---- what the printer tells ---- */

static enum camera_protocol protocol_of(const struct state *s)
{
	switch (s->info.caps->camera) {
	case CAMERA_JPEG:
		return CAMERA_PROTOCOL_JPEG;
	case CAMERA_RTSPS:
		return CAMERA_PROTOCOL_RTSPS;
	case CAMERA_NONE:
	case CAMERA_KIND_COUNT:
		break;
	}
	return CAMERA_PROTOCOL_NONE;
}

static enum camera_wish wish_of(const struct printer_config *config)
{
	static const enum camera_wish wishes[CAMERA_MODE_COUNT] = {
	    [CAMERA_ALWAYS] = CAMERA_WISH_ALWAYS,
	    [CAMERA_ON_DEMAND] = CAMERA_WISH_ON_DEMAND,
	    [CAMERA_OFF] = CAMERA_WISH_OFF,
	};

	return wishes[config->camera];
}

/* P1 printers are too slow for both (bambu.md 2.6). */
static bool is_p1(const struct state *s)
{
	return s->info.caps->model && str_starts(s->info.caps->model, "P1");
}

static void hold(struct camera_target *t, enum err_type error, const char *text)
{
	t->hold = text;
	t->hold_error = error;
}

static void set_hold(const struct camera_entry *e, const struct state *s, struct camera_target *t)
{
	enum link_state link = printer_link_state(e->printer);

	if (link == LINK_DISABLED) {
		hold(t, ERR_PRINTER_OFFLINE, "the printer is disabled");
	} else if (link == LINK_ONLINE && is_p1(s) && s->print.state == PRINT_PREPARING) {
		hold(t, ERR_BUSY, "the printer prepares a job: a P1 gives no pictures meanwhile");
	} else if (link == LINK_ONLINE && is_p1(s) && s->device.upgrading == TRI_YES) {
		hold(t, ERR_BUSY, "new firmware is installed: a P1 gives no pictures meanwhile");
	} else if (t->protocol == CAMERA_PROTOCOL_RTSPS && s->device.liveview == TRI_NO) {
		hold(t, ERR_LIVEVIEW_DISABLED,
		    "LAN Only Liveview is off: it is switched on at the printer's screen");
	}
}

static bool code_works(const struct printer *p)
{
	struct printer_view v;

	printer_view(p, &v);
	return v.link.state == LINK_ONLINE && v.link.plane == PLANE_LAN;
}

/* What of the device matters here, as one number: the camera's own pictures mark the section of
 * cameras as well. */
static unsigned seen_of(const struct printer *p)
{
	const struct state_device *device = &printer_state(p)->device;

	return (unsigned)device->liveview << 8 | (unsigned)device->upgrading;
}

static void tell(struct camera_entry *e)
{
	const struct printer_config *config = printer_config(e->printer);
	const struct state *s = printer_state(e->printer);
	struct camera_target t = {
	    .name = config->name,
	    .serial = config->serial,
	    .address = e->door.address,
	    .port = config->camera_port,
	    .code = config->access_code,
	    .profile = e->door.profile,
	    .verify = e->door.verify,
	    .pin = e->door.pin,
	    .protocol = protocol_of(s),
	    .wish = wish_of(config),
	    .code_works = code_works(e->printer),
	    .videos = e->daemon->cameras->videos,
	};

	e->seen = seen_of(e->printer);
	set_hold(e, s, &t);
	camera_set(e->camera, &t);
	show(e);
}

static void shut_door(struct camera_entry *e)
{
	tls_profile_unref(e->door.profile);
	e->door = (struct printer_door){0};
}

static void look_at_door(struct camera_entry *e)
{
	struct printer_door door;

	shut_door(e);
	if (printer_door(e->printer, &door, NULL) < 0) {
		return;
	}
	e->door = door;
	str_copy(e->address, sizeof(e->address), door.address);
	e->door.address = e->address;
	if (door.pin) {
		memcpy(e->pin, door.pin, sizeof(e->pin));
		e->door.pin = e->pin;
	}
}

/* ---- one for each printer ---- */

static int compare_serials(const void *a, const void *b)
{
	const struct camera_entry *const *left = a, *const *right = b;

	return strcmp((*left)->serial, (*right)->serial);
}

static struct camera_entry *find(const struct cameras *c, const char *serial)
{
	struct camera_entry key = {.serial = (char *)serial}, *wanted = &key;
	struct camera_entry **found = NULL;

	if (c->count > 0) {
		found = bsearch(&wanted, c->list, c->count, sizeof(*c->list), compare_serials);
	}
	return found ? *found : NULL;
}

static struct camera_entry *entry_create(struct daemon *d, const char *serial)
{
	struct camera_entry *e = xcalloc(1, sizeof(*e));
	struct camera_handler handler = {
	    .changed = on_changed,
	    .frame = on_changed,
	    .lost = on_lost,
	    .recovered = on_recovered,
	    .arg = e,
	};

	e->daemon = d;
	e->serial = xstrdup(serial);
	e->camera = camera_create(d->loop, &handler);
	return e;
}

static void entry_destroy(struct camera_entry *e)
{
	camera_destroy(e->camera);
	shut_door(e);
	free(e->serial);
	free(e);
}

/* The entries of the registry's printers, in its order; those there were are kept. */
static struct camera_entry **collect(struct daemon *d, size_t *ret_count)
{
	size_t i, n = 0, count = registry_count(d->registry);
	struct camera_entry **list = xcalloc(count + 1, sizeof(struct camera_entry *));

	for (i = 0; i < count; i++) {
		struct printer *p = registry_at(d->registry, i);
		const char *serial = printer_serial(p);
		struct camera_entry *e = find(d->cameras, serial);

		if (serial[0] == '\0' || (e && e->kept)) {
			continue;
		}
		list[n] = e ? e : entry_create(d, serial);
		list[n]->printer = p; /* the one before may be gone */
		list[n++]->kept = true;
	}
	*ret_count = n;
	return list;
}

void daemon_sync_cameras(struct daemon *d)
{
	struct cameras *c = d->cameras;
	struct camera_entry **list;
	size_t i, count;

	if (!c) {
		return; /* before the start, after the end */
	}
	list = collect(d, &count);
	for (i = 0; i < c->count; i++) {
		if (!c->list[i]->kept) {
			entry_destroy(c->list[i]);
		}
	}
	free(c->list);
	qsort(list, count, sizeof(*list), compare_serials);
	c->list = list;
	c->count = count;
	for (i = 0; i < count; i++) {
		list[i]->kept = false;
		look_at_door(list[i]);
		tell(list[i]);
	}
}

static const uint32_t doors = SECTION_BIT(SECTION_INFO) | SECTION_BIT(SECTION_LINK);

/* What most deltas change is nothing to a camera: not even its entry is looked for. */
static bool may_matter(const struct printer *p, uint32_t bits)
{
	return bits & (doors | SECTION_BIT(SECTION_CAMERA)) ||
	       (bits & SECTION_BIT(SECTION_PRINT) && is_p1(printer_state(p)));
}

static void on_printer_changed(void *arg, void *owner, uint32_t bits)
{
	struct daemon *d = arg;
	struct printer *p = owner;
	struct camera_entry *e;

	if (!may_matter(p, bits)) {
		return;
	}
	e = find(d->cameras, printer_serial(p));
	if (!e || e->printer != p) {
		return;
	}
	if (bits & doors) {
		look_at_door(e);
	}
	if (bits & (doors | SECTION_BIT(SECTION_PRINT)) || e->seen != seen_of(p)) {
		tell(e);
	}
}

struct camera *daemon_camera(void *arg, const char *serial)
{
	struct daemon *d = arg;
	struct camera_entry *e = d->cameras ? find(d->cameras, serial) : NULL;

	return e ? e->camera : NULL;
}

/* ---- start and end ---- */

/* In a build tree it stands below bambud. Whoever may write there but is not the owner of bambud
 * does not choose what is run. NULL when it is in neither place. */
static struct spawner *find_video(struct daemon *d)
{
#ifdef BAMBUD_VIDEO_PATH
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct stat own, other;
	char *slash;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash) {
		_cleanup_free_ char *beside =
		    xasprintf("%.*s/video/bambud-video", (int)(slash - self), self);

		if (stat(self, &own) == 0 && stat(beside, &other) == 0 &&
		    own.st_uid == other.st_uid && access(beside, X_OK) == 0) {
			return spawner_create(d->spawns, beside);
		}
	}
	if (access(BAMBUD_VIDEO_PATH, X_OK) == 0) {
		return spawner_create(d->spawns, BAMBUD_VIDEO_PATH);
	}
#endif
	return NULL;
}

int daemon_start_cameras(struct daemon *d, struct err *e)
{
	d->cameras = xcalloc(1, sizeof(*d->cameras));
	d->cameras->observer = (struct hub_observer){.changed = on_printer_changed, .arg = d};
	d->cameras->spawner = find_video(d);
	if (d->cameras->spawner) {
		d->cameras->videos = video_pool_create(d->cameras->spawner);
	}
	hub_observe(d->hub, &d->cameras->observer);
	daemon_sync_cameras(d);
	return 0;
}

void daemon_stop_cameras(struct daemon *d)
{
	struct cameras *c = TAKE(d->cameras);

	hub_unobserve(d->hub, &c->observer);
	for (size_t i = 0; i < c->count; i++) {
		entry_destroy(c->list[i]);
	}
	free(c->list);
	video_pool_destroy(c->videos);
	spawner_destroy(c->spawner);
	free(c);
}
