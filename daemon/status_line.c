/* SPDX-License-Identifier: MIT */
/* The farm in one line for people: what `systemctl status` shows. */
#include "daemon/status_line.h"

#include <stdio.h>

#include "common/util.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/registry.h"

/* The words of `bambuctl list @printing`, so that both say the same. */
static size_t count_selected(const struct registry *r, const char *selector)
{
	struct printer **found = NULL;
	size_t count = 0;
	struct err e;

	if (registry_select(r, selector, &found, &count, NULL, &e) < 0) {
		return 0;
	}
	free(found);
	return count;
}

static size_t count_online(const struct registry *r)
{
	size_t i, online = 0;

	for (i = 0; i < registry_count(r); i++) {
		online += printer_link_state(registry_at(r, i)) == LINK_ONLINE;
	}
	return online;
}

void status_line(const struct registry *r, char *buf, size_t size)
{
	size_t count = registry_count(r), printing, problem;
	char more[2][48] = {"", ""};

	if (count == 0) {
		snprintf(buf, size, "no printer is configured yet: see bambud.conf(5)");
		return;
	}
	printing = count_selected(r, "@printing");
	problem = count_selected(r, "@problem");
	if (printing > 0) {
		snprintf(more[0], sizeof(more[0]), ", %zu printing", printing);
	}
	if (problem > 0) {
		snprintf(more[1], sizeof(more[1]), ", %zu with a problem", problem);
	}
	snprintf(buf, size, "%zu printer%s: %zu online%s%s", count, count == 1 ? "" : "s",
	    count_online(r), more[0], more[1]);
}
