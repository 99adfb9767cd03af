/* SPDX-License-Identifier: MIT */
/* Who announces itself on the network, told to the printers that are ours. */
#include "daemon/daemon_internal.h"

#include <string.h>

#include "common/log.h"
#include "common/util.h"
#include "daemon/config.h"
#include "daemon/fleet/discovery.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/registry.h"

static void on_heard(void *arg, const struct ssdp_notice *n)
{
	struct daemon *d = arg;
	struct printer *p = registry_by_serial(d->registry, n->serial);

	if (p) {
		printer_announced(p, n->address);
	}
}

/* Announcements come every half minute: new printers are told what was heard before. */
void daemon_sync_discovery(struct daemon *d)
{
	size_t count = d->discovery ? discovery_count(d->discovery) : 0;

	for (size_t i = 0; i < count; i++) {
		on_heard(d, &discovery_at(d->discovery, i)->notice);
	}
}

static void open_it(struct daemon *d)
{
	uint16_t port = d->config->discovery.port;
	int r = discovery_create(d->loop, port, on_heard, d, &d->discovery);

	d->discovery_port = port;
	if (r < 0) {
		log_warn("announcements of printers cannot be heard at UDP port %u: %s", port,
		    strerror(-r));
		return;
	}
	r = discovery_search(d->discovery);
	if (r < 0) {
		log_debug("the network cannot be asked for printers: %s", strerror(-r));
	}
}

int daemon_start_discovery(struct daemon *d, struct err *e)
{
	daemon_apply_discovery(d);
	return 0;
}

void daemon_stop_discovery(struct daemon *d)
{
	discovery_destroy(TAKE(d->discovery));
}

void daemon_apply_discovery(struct daemon *d)
{
	const struct config_discovery *c = &d->config->discovery;

	if (d->discovery && (!c->ssdp || c->port != d->discovery_port)) {
		daemon_stop_discovery(d);
	}
	if (c->ssdp && !d->discovery) {
		open_it(d);
	}
}

struct discovery *daemon_discovery(void *arg)
{
	struct daemon *d = arg;

	return d->discovery;
}
