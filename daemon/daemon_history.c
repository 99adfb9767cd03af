/* SPDX-License-Identifier: MIT */
/* The history of prints at the root: it goes by the event log. */
#include "daemon/daemon_internal.h"

#include "common/util.h"
#include "daemon/config.h"
#include "daemon/store/history.h"

void daemon_apply_history(struct daemon *d)
{
	if (d->history) {
		history_set(d->history, d->config->history.enabled, d->config->history.keep);
	}
}

int daemon_start_history(struct daemon *d, struct err *e)
{
	struct history_deps deps = {.loop = d->loop,
	    .hub = d->hub,
	    .events = d->events,
	    .state_dir = d->config->daemon.state_dir};

	d->history = history_create(&deps);
	daemon_apply_history(d);
	return 0;
}

void daemon_stop_history(struct daemon *d)
{
	history_destroy(TAKE(d->history));
}
