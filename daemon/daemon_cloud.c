/* SPDX-License-Identifier: MIT */
/* The account at the root: what it brings goes to the printers. */
#include "daemon/daemon_internal.h"

#include "daemon/cloud/account.h"
#include "daemon/config.h"
#include "daemon/fleet/registry.h"

void daemon_sync_printers(struct daemon *d)
{
	struct adopt_source from = {.used = config_uses_account(d->config)};
	struct adopted now = {0};

	adopt_merge(d->config, &from, &d->printers, &now);
	registry_sync(d->registry, now.list, now.count);
	adopted_finish(&d->printers);
	d->printers = now;
}
