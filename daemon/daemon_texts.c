/* SPDX-License-Identifier: MIT */
/* The vendor's texts at the root: whether they are wanted, and who is told that they came. */
#include "daemon/daemon_internal.h"

#include "common/util.h"
#include "daemon/cloud/texts.h"
#include "daemon/config.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/registry.h"

/* Who uses printers in the local network alone may not want that anything is asked of the vendor:
 * an account, or an address that was written down, is the consent. */
static const char *url_of(const struct config_cloud *c)
{
	if (c->disabled) {
		return NULL;
	}
	if (c->text_url) {
		return c->text_url;
	}
	return c->enabled ? TEXTS_URL : NULL;
}

static void on_texts(void *arg, const char *prefix)
{
	struct daemon *d = arg;

	for (size_t i = 0; i < registry_count(d->registry); i++) {
		struct printer *p = registry_at(d->registry, i);

		if (str_starts(printer_serial(p), prefix)) {
			printer_texts_changed(p);
		}
	}
}

void daemon_apply_texts(struct daemon *d)
{
	if (d->texts) {
		texts_set_url(d->texts, url_of(&d->config->cloud));
	}
}

int daemon_start_texts(struct daemon *d, struct err *e)
{
	d->texts = texts_create(d->loop, d->rest, d->config->daemon.cache_dir, on_texts, d);
	d->fleet.texts = texts_lookup(d->texts);
	daemon_apply_texts(d);
	return 0;
}

void daemon_stop_texts(struct daemon *d)
{
	d->fleet.texts = NULL;
	texts_destroy(TAKE(d->texts));
}
