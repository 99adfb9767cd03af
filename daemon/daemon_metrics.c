/* SPDX-License-Identifier: MIT */
/* The metrics at the root: what they look at, and the file and the socket that take them outward.
 */
#include "daemon/daemon_internal.h"

#include <errno.h>
#include <string.h>

#include "common/log.h"
#include "common/paths.h"
#include "common/util.h"
#include "daemon/api/server.h"
#include "daemon/bridge/metrics.h"
#include "daemon/bridge/scrape.h"
#include "daemon/bridge/textfile.h"
#include "daemon/config.h"

static unsigned count_clients(void *arg)
{
	struct daemon *d = arg;

	return d->server ? server_clients(d->server) : 0;
}

static char *get_text(void *arg)
{
	struct daemon *d = arg;

	return metrics_text(d->metrics);
}

static char *get_file_text(void *arg)
{
	struct daemon *d = arg;

	return metrics_text_for_file(d->metrics);
}

static bool may_read(void *arg, int fd)
{
	struct daemon *d = arg;

	return d->server && server_allows(d->server, fd, PERM_READ);
}

void daemon_apply_metrics(struct daemon *d)
{
	const struct config_metrics *m = &d->config->metrics;
	int rc;

	if (!d->metrics) {
		return;
	}
	textfile_set(d->textfile, m->textfile, m->interval_ms);
	rc = scrape_listen(d->scrape, m->socket, paths_is_system() ? 0666 : 0600);
	if (rc < 0) {
		log_warn("metrics socket: cannot listen at %s: %s; nobody is served there",
		    m->socket, strerror(-rc));
	}
}

int daemon_start_metrics(struct daemon *d, struct err *e)
{
	struct metrics_deps deps = {
	    .loop = d->loop,
	    .hub = d->hub,
	    .registry = d->registry,
	    .account = d->account,
	    .rest = d->rest,
	    .version = BAMBUD_VERSION,
	    .clients = count_clients,
	    .arg = d,
	};
	struct scrape_deps scrape = {
	    .loop = d->loop, .text = get_text, .may_read = may_read, .arg = d};

	d->textfile = textfile_create(d->loop, get_file_text, d);
	if (!d->textfile) {
		err_set(e, ERR_INTERNAL, "the file of metrics cannot be set up");
		return -EIO;
	}
	d->metrics = metrics_create(&deps);
	d->scrape = scrape_create(&scrape);
	daemon_apply_metrics(d);
	return 0;
}

void daemon_stop_metrics(struct daemon *d)
{
	scrape_destroy(TAKE(d->scrape));
	textfile_destroy(TAKE(d->textfile));
	metrics_destroy(TAKE(d->metrics));
}
