/* SPDX-License-Identifier: MIT */
/* The account at the root: its hosts, its broker session, and what it brings to the printers. */
#include "daemon/daemon_internal.h"

#include <assert.h>
#include <errno.h>

#include "common/log.h"
#include "common/util.h"
#include "daemon/adopt.h"
#include "daemon/cloud/account.h"
#include "daemon/cloud/rest.h"
#include "daemon/cloud/upload.h"
#include "daemon/config.h"
#include "daemon/fleet/cloud_link.h"
#include "daemon/fleet/registry.h"
#include "daemon/io/http.h"

/* bambu.md 1.1; the broker of China is below .com too. */
static const struct {
	const char *api, *web, *mqtt;
} hosts[] = {
    [REGION_GLOBAL] = {"https://api.bambulab.com", "https://bambulab.com", "us.mqtt.bambulab.com"},
    [REGION_CHINA] = {"https://api.bambulab.cn", "https://bambulab.cn", "cn.mqtt.bambulab.com"},
    [REGION_CUSTOM] = {NULL, NULL, NULL}, /* all are configured */
};
static_assert(ARRAY_SIZE(hosts) == REGION_COUNT, "one row per region");

void daemon_sync_printers(struct daemon *d)
{
	struct adopt_source from = {.used = config_uses_account(d->config)};
	struct adopted now = {0};

	if (d->account) {
		from.known = account_devices_known(d->account) && !account_devices_kept(d->account);
		from.devices = account_devices(d->account, &from.count);
	}
	adopt_merge(d->config, &from, &now);
	for (size_t i = d->config->printer_count; i < now.count; i++) {
		account_name_device(d->account, now.list[i].serial, now.list[i].name);
	}
	registry_sync(d->registry, now.list, now.count);
	adopted_finish(&now);
	daemon_sync_cameras(d);
	daemon_sync_discovery(d);
}

static void set_hosts(struct daemon *d, enum account_region region)
{
	const struct config_cloud *c = &d->config->cloud;
	struct rest_config rc = {
	    .api_url = c->api_url ? c->api_url : hosts[region].api,
	    .web_url = c->web_url ? c->web_url : hosts[region].web,
	    .ca_file = c->ca_file,
	    .user_agent = c->user_agent ? c->user_agent : "bambud/" BAMBUD_VERSION,
	    .sign_cert_id = c->sign_cert_id,
	    .sign_key = c->sign_key,
	    .state_dir = d->fleet.state_dir,
	};
	struct err e = {0};

	rc.web_url = rc.web_url ? rc.web_url : rc.api_url;
	if (rest_set_config(d->rest, &rc, &e) < 0) {
		log_err("cloud: requests are not signed: %s", e.message);
	}
}

/* The broker's session is that of the token, also while a login elsewhere is under way. */
static void set_link(struct daemon *d)
{
	const struct config_cloud *c = &d->config->cloud;
	struct cloud_link_config lc = {
	    .host = c->mqtt_host ? c->mqtt_host : hosts[account_region(d->account)].mqtt,
	    .port = c->mqtt_port,
	    .ca_file = c->ca_file,
	};

	account_credentials(d->account, &lc.user, &lc.token);
	cloud_link_set(d->fleet.cloud, &lc);
}

/* ---- what the account tells ---- */

static void on_devices(void *arg, const struct account_device *list, size_t count)
{
	struct daemon *d = arg;

	daemon_sync_printers(d);
	daemon_show_status(d);
}

static void on_credentials(void *arg, const char *user, const struct secret *token)
{
	set_link(arg);
}

static void on_region(void *arg, enum account_region region)
{
	set_hosts(arg, region);
}

static void on_changed(void *arg)
{
}

static void on_event(void *arg, enum event_kind kind, const char *json)
{
	struct daemon *d = arg;

	hub_event(d->hub, kind, NULL, NULL, json, loop_wall_ms(d->loop));
}

static void on_dead_token(void *arg)
{
	struct daemon *d = arg;

	account_token_is_dead(d->account);
}

/* ---- the broker turns the token away: only REST can say whether it is dead ---- */

static void on_asked(void *arg, const struct account_step *s)
{
}

static void on_link(void *arg)
{
	struct daemon *d = arg;
	struct err e;

	if (d->account && cloud_link_is_refused(d->fleet.cloud)) {
		account_verify_token(d->account, on_asked, NULL, &e);
	}
}

/* ---- start, reload, end ---- */

static struct account_config account_config_of(const struct daemon *d)
{
	const struct config_cloud *c = &d->config->cloud;

	return (struct account_config){
	    .enabled = config_uses_account(d->config),
	    .why_disabled = c->disabled ? c->disabled : "Enabled=no in [Cloud]",
	    .region = c->region,
	    .email = c->account,
	    .token = c->token,
	    .state_dir = d->fleet.state_dir,
	};
}

void daemon_apply_cloud(struct daemon *d)
{
	struct account_config ac = account_config_of(d);

	d->fleet.prefer_cloud = d->config->cloud.prefer == PREFER_CLOUD;
	if (d->account) {
		set_hosts(d, account_region(d->account));
		account_set_config(d->account, &ac);
		set_link(d);
	}
}

int daemon_start_cloud(struct daemon *d, struct err *e)
{
	static const struct account_handler events = {
	    .devices = on_devices,
	    .credentials = on_credentials,
	    .region = on_region,
	    .changed = on_changed,
	    .event = on_event,
	};
	struct account_handler h = events;
	struct account_config ac = account_config_of(d);

	h.arg = d;
	d->http = http_create(d->loop);
	d->uploads = uploads_create(d->loop);
	if (!d->uploads) {
		err_set(e, ERR_INTERNAL, "no descriptor for the threads of uploads");
		return -EMFILE;
	}
	d->rest = rest_create(d->loop, d->http, on_dead_token, d);
	set_hosts(d, d->config->cloud.region);
	d->account = account_create(d->loop, d->rest, &ac, &h);
	cloud_link_watch(d->fleet.cloud, on_link, d);
	return 0;
}

void daemon_stop_cloud(struct daemon *d)
{
	account_destroy(TAKE(d->account));
	uploads_destroy(TAKE(d->uploads));
	rest_destroy(TAKE(d->rest));
	http_destroy(TAKE(d->http));
}
