/* SPDX-License-Identifier: MIT */
/* Stands in for fleet/: what the metrics ask of printers and of the registry. */
#include "tests/unit/bridge/fake_fleet.h"

#include "daemon/fleet/registry.h"

size_t registry_count(const struct registry *r)
{
	return r->count;
}

struct printer *registry_at(const struct registry *r, size_t i)
{
	return &r->printers[i];
}

const char *printer_name(const struct printer *p)
{
	return p->sample.view.name;
}

const char *printer_serial(const struct printer *p)
{
	return p->sample.view.serial;
}

void printer_view(const struct printer *p, struct printer_view *ret)
{
	*ret = p->sample.view;
}

const struct printer_counters *printer_counters(const struct printer *p)
{
	return &p->counters;
}
