/* SPDX-License-Identifier: MIT */
/* The composition root of bambud: the start list, its mirror the stop list, and signals. */
#include "daemon/daemon_internal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "common/event.h"
#include "common/log.h"
#include "common/util.h"
#include "daemon/api/server.h"
#include "daemon/bridge/journal.h"
#include "daemon/config.h"
#include "daemon/files/files.h"
#include "daemon/fleet/cloud_link.h"
#include "daemon/fleet/fleet.h"
#include "daemon/fleet/ops.h"
#include "daemon/fleet/registry.h"
#include "daemon/fleet/uplink.h"
#include "daemon/fleet/wake.h"
#include "daemon/io/loop.h"
#include "daemon/io/mqtt.h"
#include "daemon/io/notify.h"
#include "daemon/io/resolve.h"
#include "daemon/io/spawn.h"
#include "daemon/io/tls.h"
#include "daemon/model/hub.h"
#include "daemon/model/state.h"
#include "daemon/place.h"
#include "daemon/status_line.h"
#include "daemon/store/event_log.h"

enum {
	STALL_MAX_MS = 20 * 1000,
	STATUS_GAP_MS =
	    1000, /* and so much more for each thousand of printers: all are looked at */
	/* A client that has just connected gets its first answer before the end. */
	STOP_GRACE_MS = 250,
	STOP_LOOK_MS = 5,
};

/* Hub and status line */

static void on_flush(void *arg)
{
	struct daemon *d = arg;

	hub_flush(d->hub);
}

static void on_hub_wake(void *arg)
{
	struct daemon *d = arg;

	loop_defer(d->loop, &d->flush);
}

void daemon_show_status(struct daemon *d)
{
	char line[DAEMON_STATUS_BYTES];

	status_line(d->registry, line, sizeof(line));
	if (strcmp(line, d->shown) != 0) {
		str_copy(d->shown, sizeof(d->shown), line);
		notify_status(d->notify, "%s", line);
	}
}

static void on_hub_changed(void *arg, void *owner, uint32_t bits)
{
	static const uint32_t shown_sections =
	    SECTION_BIT(SECTION_LINK) | SECTION_BIT(SECTION_PRINT) | SECTION_BIT(SECTION_HMS);
	struct daemon *d = arg;

	d->status_changed |= (bits & shown_sections) != 0;
}

/* sd_notify waits when the manager's queue is full: a storm of changes is told once a second. */
static void on_hub_flushed(void *arg)
{
	struct daemon *d = arg;

	if (d->status_changed && d->notify && !loop_timer_armed(&d->status_timer)) {
		d->status_changed = false;
		loop_timer_start(&d->status_timer,
		    STATUS_GAP_MS + (int64_t)registry_count(d->registry) * STATUS_GAP_MS / 1000);
	}
}

static void on_status_due(void *arg)
{
	daemon_show_status(arg);
}

/* Signals */

static void on_hup(void *arg, int signum)
{
	_cleanup_free_ char *changed = NULL;
	struct err e;

	daemon_reload(arg, &changed, &e);
}

static void stop_when_settled(struct daemon *d)
{
	if (server_settled(d->server) || loop_now_ms(d->loop) - d->stop_mono_ms >= STOP_GRACE_MS) {
		loop_stop(d->loop);
	} else {
		loop_timer_start(&d->stop_timer, STOP_LOOK_MS);
	}
}

static void on_stop_look(void *arg)
{
	stop_when_settled(arg);
}

static void on_terminate(void *arg, int signum)
{
	struct daemon *d = arg;

	if (d->stop_mono_ms > 0) {
		loop_stop(d->loop); /* asked twice: no grace */
		return;
	}
	log_debug("%s: stopping", strsignal(signum));
	notify_stopping(d->notify);
	d->stop_mono_ms = loop_now_ms(d->loop);
	server_pause(d->server);
	stop_when_settled(d);
}

/* Start and stop, one pair a step */

static int start_place(struct daemon *d, struct err *e)
{
	return place_take(&d->config->daemon, &d->lock_fd, e);
}

static void stop_place(struct daemon *d)
{
	place_leave(&d->lock_fd);
}

static int start_loop(struct daemon *d, struct err *e)
{
	d->loop = loop_create(NULL);
	if (!d->loop || loop_signal(d->loop, SIGTERM, on_terminate, d) < 0 ||
	    loop_signal(d->loop, SIGINT, on_terminate, d) < 0 ||
	    loop_signal(d->loop, SIGHUP, on_hup, d) < 0) {
		err_set(e, ERR_INTERNAL, "the event loop cannot be set up");
		return -EIO;
	}
	return 0;
}

static void stop_loop(struct daemon *d)
{
	loop_destroy(TAKE(d->loop));
}

static int start_spawns(struct daemon *d, struct err *e)
{
	d->spawns = spawn_port_create(d->loop, d->spawner.fd, d->spawner.pid);
	return 0;
}

static void stop_spawns(struct daemon *d)
{
	spawn_port_destroy(TAKE(d->spawns));
}

static int start_hub(struct daemon *d, struct err *e)
{
	daemon_open_events(d);
	d->hub =
	    hub_create(event_log_epoch(d->events), event_log_next_seq(d->events), on_hub_wake, d);
	event_log_attach(d->events, d->hub); /* before everybody who tells of events */
	loop_deferred_init(&d->flush, on_flush, d);
	d->observer =
	    (struct hub_observer){.changed = on_hub_changed, .flushed = on_hub_flushed, .arg = d};
	hub_observe(d->hub, &d->observer);
	return 0;
}

static void stop_hub(struct daemon *d)
{
	loop_deferred_cancel(&d->flush);
	hub_unobserve(d->hub, &d->observer);
	daemon_close_events(d);
	hub_destroy(TAKE(d->hub));
}

static int start_journal(struct daemon *d, struct err *e)
{
	d->journal = journal_create(d->hub);
	return 0;
}

static void stop_journal(struct daemon *d)
{
	journal_destroy(TAKE(d->journal));
}

static int start_fleet(struct daemon *d, struct err *e)
{
	d->fleet.loop = d->loop;
	d->fleet.hub = d->hub;
	d->fleet.resolver = resolver_create(d->loop);
	d->fleet.tls = tls_store_create();
	d->fleet.pool = mqtt_pool_create(d->loop);
	d->fleet.client_salt = uplink_salt(d->config->daemon.instance, d->config->daemon.state_dir);
	d->fleet.state_dir = xstrdup(d->config->daemon.state_dir);
	report_init(&d->fleet.report);
	d->fleet.ops = ops_create(d->loop);
	d->fleet.cloud = cloud_link_create(&d->fleet);
	d->registry = registry_create(&d->fleet);
	daemon_apply_config(d);
	d->wake = wake_create(&d->fleet, d->registry, NULL, NULL);
	return 0;
}

static void stop_fleet(struct daemon *d)
{
	daemon_save_all(d);
	wake_destroy(TAKE(d->wake));
	registry_destroy(TAKE(d->registry));
	cloud_link_destroy(TAKE(d->fleet.cloud));
	ops_destroy(TAKE(d->fleet.ops));
	mqtt_pool_destroy(TAKE(d->fleet.pool));
	tls_store_destroy(TAKE(d->fleet.tls));
	resolver_destroy(TAKE(d->fleet.resolver));
	report_finish(&d->fleet.report);
	free(TAKE(d->fleet.state_dir));
}

static int start_files(struct daemon *d, struct err *e)
{
	d->files = files_create(d->loop);
	if (!d->files) {
		err_set(e, ERR_INTERNAL, "file transfers cannot be set up");
		return -EIO;
	}
	return 0;
}

static void stop_files(struct daemon *d)
{
	files_destroy(TAKE(d->files));
}

/* The socket unit decides where clients come: a path of the configuration that says otherwise is
 * told so. */
static int is_healthy(void *arg)
{
	struct daemon *d = arg;

	return loop_lag_max_ms(d->loop, false) < STALL_MAX_MS;
}

static void tell_started(struct daemon *d)
{
	size_t count = registry_count(d->registry);
	_cleanup_free_ char *text = xasprintf("bambud %s serves %zu printer%s at %s%s",
	    BAMBUD_VERSION, count, count == 1 ? "" : "s", d->config->daemon.socket,
	    count == 0 ? "; none is configured yet, see bambud.conf(5)" : "");

	daemon_file_event(d, EVENT_DAEMON_STARTED, "text", text, NULL);
}

static int start_notify(struct daemon *d, struct err *e)
{
	d->notify = notify_create(d->loop, is_healthy, d);
	loop_timer_init(&d->status_timer, d->loop, on_status_due, d);
	loop_timer_init(&d->stop_timer, d->loop, on_stop_look, d);
	daemon_show_status(d);
	notify_ready(d->notify);
	tell_started(d);
	return 0;
}

static void stop_notify(struct daemon *d)
{
	loop_timer_stop(&d->status_timer);
	loop_timer_stop(&d->stop_timer);
	notify_destroy(TAKE(d->notify));
}

static const struct {
	int (*start)(struct daemon *d, struct err *e);
	void (*stop)(struct daemon *d);
} steps[] = {
    {start_place, stop_place},
    {start_loop, stop_loop},
    {start_spawns, stop_spawns},
    {start_hub, stop_hub},
    {start_journal, stop_journal},
    {daemon_start_history, daemon_stop_history},
    {daemon_start_saved, daemon_stop_saved},
    {start_fleet, stop_fleet},
    {daemon_start_cloud, daemon_stop_cloud},
    {daemon_start_texts, daemon_stop_texts},
    {daemon_start_hooks, daemon_stop_hooks},
    {start_files, stop_files},
    {daemon_start_cameras, daemon_stop_cameras},
    {daemon_start_discovery, daemon_stop_discovery},
    {daemon_start_metrics, daemon_stop_metrics},
    {daemon_start_server, daemon_stop_server},
    {start_notify, stop_notify},
};

int daemon_start(const struct config_sources *sources, struct config *config,
    struct daemon_spawner spawner, struct daemon **ret, struct err *e)
{
	struct daemon *d = xcalloc(1, sizeof(*d));
	int rc = 0;

	d->sources = sources;
	d->config = config;
	d->lock_fd = -1;
	d->spawner = spawner;
	log_set_level(config->daemon.log_level);
	daemon_log_warnings(config);
	for (; d->started < ARRAY_SIZE(steps); d->started++) {
		rc = steps[d->started].start(d, e);
		if (rc < 0) {
			daemon_destroy(d);
			return rc;
		}
	}
	*ret = d;
	return 0;
}

int daemon_run(struct daemon *d)
{
	return loop_run(d->loop);
}

void daemon_destroy(struct daemon *d)
{
	if (!d) {
		return;
	}
	while (d->started > 0) {
		steps[--d->started].stop(d);
	}
	config_destroy(d->config);
	free(d);
}
