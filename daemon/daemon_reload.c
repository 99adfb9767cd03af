/* SPDX-License-Identifier: MIT */
/* A new configuration while the daemon runs. */
#include "daemon/daemon_internal.h"

#include <errno.h>
#include <string.h>

#include "common/jw.h"
#include "common/log.h"
#include "common/util.h"
#include "daemon/access.h"
#include "daemon/api/server.h"
#include "daemon/config.h"
#include "daemon/io/notify.h"

void daemon_log_warnings(const struct config *c)
{
	char **w;

	for (w = c->warnings; w && *w; w++) {
		log_warn("%s", *w);
	}
}

void daemon_file_event(
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

void daemon_apply_config(struct daemon *d)
{
	struct server_access access;

	log_set_level(d->config->daemon.log_level);
	d->fleet.instance = d->config->daemon.instance;
	d->fleet.limits = d->config->limits;
	d->fleet.listens = d->config->discovery.ssdp;
	daemon_apply_cloud(d);
	daemon_apply_texts(d);
	daemon_sync_printers(d);
	daemon_apply_hooks(d);
	daemon_apply_history(d);
	daemon_apply_metrics(d);
	if (d->server) {
		access_from_config(d->config, &access);
		server_set_access(d->server, &access);
		daemon_apply_discovery(d);
	}
}

static int refuse_reload(struct daemon *d, const struct err *e)
{
	daemon_file_event(d, EVENT_CONFIG_REFUSED, "error", e->message, NULL);
	notify_ready(d->notify);
	return -EINVAL;
}

int daemon_reload(void *arg, char **ret_changed, struct err *e)
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
	daemon_log_warnings(now);
	config_diff(old, now, ret_changed, &restart);
	d->config = now;
	daemon_apply_config(d);
	daemon_show_status(d);
	config_destroy(old);
	if (strcmp(restart, "[]") != 0) {
		log_warn("taken at the next restart only: %s", restart);
	}
	daemon_file_event(d, EVENT_CONFIG_RELOADED, "changed", NULL, *ret_changed);
	notify_ready(d->notify);
	return 0;
}
