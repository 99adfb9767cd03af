/* SPDX-License-Identifier: MIT */
/* The composition root of bambud: the start list, its mirror the stop list, and reload. */
#include "daemon/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include "common/event.h"
#include "common/jw.h"
#include "common/log.h"
#include "common/util.h"
#include "daemon/access.h"
#include "daemon/api/server.h"
#include "daemon/bridge/journal.h"
#include "daemon/bridge/metrics.h"
#include "daemon/config.h"
#include "daemon/fleet/fleet.h"
#include "daemon/fleet/ops.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/registry.h"
#include "daemon/fleet/wake.h"
#include "daemon/io/loop.h"
#include "daemon/io/mqtt.h"
#include "daemon/io/notify.h"
#include "daemon/io/resolve.h"
#include "daemon/io/tls.h"
#include "daemon/model/hub.h"
#include "daemon/place.h"
#include "daemon/status_line.h"

enum {
	STALL_MAX_MS = 20 * 1000,
	STATUS_GAP_MS = 1000,
	STATUS_BYTES = 160,
	/* A client that has just connected gets its first answer before the end. */
	STOP_GRACE_MS = 250,
	STOP_LOOK_MS = 5,
};

struct daemon {
	const struct config_sources *sources;
	struct config *config;
	int lock_fd;
	struct loop *loop;
	struct hub *hub;
	struct journal *journal;
	struct loop_deferred flush;
	struct hub_observer observer;
	struct fleet fleet;
	struct registry *registry;
	struct wake *wake;
	struct metrics *metrics;
	struct server *server;
	struct notify *notify;
	char shown[STATUS_BYTES]; /* the STATUS= line */
	bool status_changed;
	struct loop_timer status_timer, stop_timer;
	int64_t stop_mono_ms; /* when the end was asked for, 0 not yet */
	size_t started;	      /* steps done, for the stop list */
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

static void show_status(struct daemon *d)
{
	char line[STATUS_BYTES];

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
		loop_timer_start(&d->status_timer, STATUS_GAP_MS);
	}
}

static void on_status_due(void *arg)
{
	show_status(arg);
}

/* Reload */

static void log_warnings(const struct config *c)
{
	char **w;

	for (w = c->warnings; w && *w; w++) {
		log_warn("%s", *w);
	}
}

static void file_daemon_event(
    struct daemon *d, enum event_kind kind, const char *name, const char *text, const char *json)
{
	struct jw w;
	char *data;

	jw_init(&w);
	jw_object(&w, NULL);
	if (json) {
		jw_raw(&w, name, json, strlen(json));
	} else {
		jw_str(&w, name, text);
	}
	jw_object_end(&w);
	data = jw_take(&w);
	hub_event(d->hub, kind, NULL, NULL, data, loop_wall_ms(d->loop));
	free(data);
	jw_finish(&w);
}

static void apply_config(struct daemon *d)
{
	struct server_access access;

	log_set_level(d->config->daemon.log_level);
	d->fleet.instance = d->config->daemon.instance;
	registry_sync(d->registry, d->config->printers, d->config->printer_count);
	if (d->server) {
		access_from_config(d->config, &access);
		server_set_access(d->server, &access);
	}
}

static int refuse_reload(struct daemon *d, const struct err *e)
{
	file_daemon_event(d, EVENT_CONFIG_REFUSED, "error", e->message, NULL);
	notify_ready(d->notify);
	return -EINVAL;
}

static int reload(void *arg, char **ret_changed, struct err *e)
{
	struct daemon *d = arg;
	struct config *now = NULL, *old = d->config;
	_cleanup_free_ char *restart = NULL;

	notify_reloading(d->notify);
	if (config_load(d->sources, &now, e) < 0) {
		return refuse_reload(d, e);
	}
	if (now->left_out) {
		/* A start goes on without it; who is connected meanwhile stays. */
		err_set(e, ERR_USAGE, "%s", now->left_out);
		config_destroy(now);
		return refuse_reload(d, e);
	}
	log_warnings(now);
	config_diff(old, now, ret_changed, &restart);
	d->config = now;
	apply_config(d);
	show_status(d);
	config_destroy(old);
	if (strcmp(restart, "[]") != 0) {
		log_warn("taken at the next restart only: %s", restart);
	}
	file_daemon_event(d, EVENT_CONFIG_RELOADED, "changed", NULL, *ret_changed);
	notify_ready(d->notify);
	return 0;
}

static void on_hup(void *arg, int signum)
{
	_cleanup_free_ char *changed = NULL;
	struct err e;

	reload(arg, &changed, &e);
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

/* What the control socket asks of the root */

static const char *get_instance(void *arg)
{
	struct daemon *d = arg;

	return d->config->daemon.instance;
}

static char *strings_json(char *const *list)
{
	struct jw w;
	char *text;

	jw_init(&w);
	jw_array(&w, NULL);
	for (; list && *list; list++) {
		jw_str(&w, NULL, *list);
	}
	jw_array_end(&w);
	text = jw_take(&w);
	jw_finish(&w);
	return text;
}

static void get_config_info(void *arg, char **ret_files, char **ret_warnings)
{
	struct daemon *d = arg;

	*ret_files = strings_json(d->config->files);
	*ret_warnings = strings_json(d->config->warnings);
}

static void write_stats(void *arg, struct jw *w)
{
	struct daemon *d = arg;

	jw_object(w, "mqtt");
	jw_int(w, "handshakes", (int64_t)mqtt_pool_handshakes(d->fleet.pool));
	jw_object_end(w);
}

static char *get_metrics(void *arg)
{
	struct daemon *d = arg;

	return metrics_text(d->metrics);
}

static unsigned count_clients(void *arg)
{
	struct daemon *d = arg;

	return server_clients(d->server);
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

static int start_hub(struct daemon *d, struct err *e)
{
	/* Events live in memory: a new epoch at every start, so that an old cursor is told so. */
	d->hub = hub_create((uint32_t)loop_wall_ms(d->loop), 1, on_hub_wake, d);
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

static uint64_t client_salt(const struct config_daemon *c)
{
	const char *parts[] = {c->instance, c->state_dir};
	uint64_t h = 14695981039346656037ull;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		const char *s;

		for (s = parts[i]; *s; s++) {
			h = (h ^ (unsigned char)*s) * 1099511628211ull;
		}
	}
	return h;
}

static int start_fleet(struct daemon *d, struct err *e)
{
	d->fleet.loop = d->loop;
	d->fleet.hub = d->hub;
	d->fleet.resolver = resolver_create(d->loop);
	d->fleet.tls = tls_store_create();
	d->fleet.pool = mqtt_pool_create(d->loop);
	d->fleet.client_salt = client_salt(&d->config->daemon);
	d->fleet.state_dir = xstrdup(d->config->daemon.state_dir);
	report_init(&d->fleet.report);
	d->fleet.ops = ops_create(d->loop);
	d->registry = registry_create(&d->fleet);
	apply_config(d);
	d->wake = wake_create(&d->fleet, d->registry, NULL, NULL);
	return 0;
}

static void stop_fleet(struct daemon *d)
{
	wake_destroy(TAKE(d->wake));
	registry_destroy(TAKE(d->registry));
	ops_destroy(TAKE(d->fleet.ops));
	mqtt_pool_destroy(TAKE(d->fleet.pool));
	tls_store_destroy(TAKE(d->fleet.tls));
	resolver_destroy(TAKE(d->fleet.resolver));
	report_finish(&d->fleet.report);
	free(TAKE(d->fleet.state_dir));
}

static int start_metrics(struct daemon *d, struct err *e)
{
	struct metrics_deps deps = {
	    .loop = d->loop,
	    .hub = d->hub,
	    .registry = d->registry,
	    .version = BAMBUD_VERSION,
	    .clients = count_clients,
	    .arg = d,
	};

	d->metrics = metrics_create(&deps);
	return 0;
}

static void stop_metrics(struct daemon *d)
{
	metrics_destroy(TAKE(d->metrics));
}

/* The socket unit decides where clients come: a path of the configuration that says otherwise is
 * told so. */
static void check_inherited(const struct daemon *d, int fd)
{
	const char *wanted = d->config->daemon.socket;
	struct sockaddr_un addr = {0};
	socklen_t size = sizeof(addr) - 1;

	if (getsockname(fd, (struct sockaddr *)&addr, &size) == 0 &&
	    strcmp(addr.sun_path, wanted) != 0) {
		log_warn("the service manager listens at %s: Socket=%s has no effect",
		    addr.sun_path, wanted);
	}
}

/* The descriptor of the socket unit, -1 when there is none. */
static int inherit_socket(const struct daemon *d, int *ret_fd, struct err *e)
{
	int fd = notify_take_socket();

	if (fd == -ENOENT) {
		*ret_fd = -1;
		return 0;
	}
	if (fd < 0) {
		err_set(
		    e, ERR_INTERNAL, "the service manager passed no listening Unix stream socket");
		return fd;
	}
	check_inherited(d, fd);
	*ret_fd = fd;
	return 0;
}

static int start_server(struct daemon *d, struct err *e)
{
	struct api_deps deps = {
	    .loop = d->loop,
	    .hub = d->hub,
	    .registry = d->registry,
	    .fleet = &d->fleet,
	    .version = BAMBUD_VERSION,
	    .instance = get_instance,
	    .reload = reload,
	    .config_info = get_config_info,
	    .stats = write_stats,
	    .metrics = get_metrics,
	    .arg = d,
	};
	struct server_access access;
	const char *path = d->config->daemon.socket;
	int fd, rc = inherit_socket(d, &fd, e);

	if (rc < 0) {
		return rc;
	}
	access_from_config(d->config, &access);
	d->server = server_create(&deps, &access);
	rc = server_listen(d->server, path, access.private_user ? 0600 : 0666, fd);
	if (rc < 0) {
		err_set(e, ERR_INTERNAL, "cannot listen at %s: %s", path, strerror(-rc));
		server_destroy(TAKE(d->server));
	}
	return rc;
}

static void stop_server(struct daemon *d)
{
	server_destroy(TAKE(d->server));
}

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

	file_daemon_event(d, EVENT_DAEMON_STARTED, "text", text, NULL);
}

static int start_notify(struct daemon *d, struct err *e)
{
	d->notify = notify_create(d->loop, is_healthy, d);
	loop_timer_init(&d->status_timer, d->loop, on_status_due, d);
	loop_timer_init(&d->stop_timer, d->loop, on_stop_look, d);
	show_status(d);
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
    {start_hub, stop_hub},
    {start_journal, stop_journal},
    {start_fleet, stop_fleet},
    {start_metrics, stop_metrics},
    {start_server, stop_server},
    {start_notify, stop_notify},
};

int daemon_start(
    const struct config_sources *sources, struct config *config, struct daemon **ret, struct err *e)
{
	struct daemon *d = xcalloc(1, sizeof(*d));
	int rc = 0;

	d->sources = sources;
	d->config = config;
	d->lock_fd = -1;
	log_set_level(config->daemon.log_level);
	log_warnings(config);
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
