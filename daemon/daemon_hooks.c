/* SPDX-License-Identifier: MIT */
/* Hooks at the root: what they hear, and by what they reach the world. */
#include "daemon/daemon_internal.h"

#include "common/util.h"
#include "daemon/bridge/hooks.h"
#include "daemon/config.h"

void daemon_apply_hooks(struct daemon *d)
{
	if (d->hooks) {
		hooks_apply(d->hooks, d->config->hooks, d->config->hook_count);
	}
}

int daemon_start_hooks(struct daemon *d, struct err *e)
{
	struct hooks_deps deps = {
	    .loop = d->loop,
	    .hub = d->hub,
	    .registry = d->registry,
	    .spawns = d->spawns,
	    .http = d->http,
	};

	d->hooks = hooks_create(&deps);
	daemon_apply_hooks(d);
	return 0;
}

void daemon_stop_hooks(struct daemon *d)
{
	hooks_destroy(TAKE(d->hooks));
}
