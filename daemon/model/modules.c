/* SPDX-License-Identifier: MIT */
/* The boards of a printer and of its filament units, as the version reply lists them. */
#include "daemon/model/modules.h"

#include <stdlib.h>
#include <string.h>

#include "common/util.h"
#include "daemon/model/scan.h"

/* bambu.md 4.5: what is new stands under one name or the other. */
static void read_entry(const struct scan *s, uint32_t node, struct module_info *ret)
{
	memset(ret, 0, sizeof(*ret));
	scan_str(s, scan_get(s, node, "name"), ret->name, sizeof(ret->name));
	scan_str(s, scan_get(s, node, "product_name"), ret->product, sizeof(ret->product));
	scan_str(s, scan_get(s, node, "sw_ver"), ret->version, sizeof(ret->version));
	scan_str(s, scan_get(s, node, "hw_ver"), ret->hardware, sizeof(ret->hardware));
	scan_str(s, scan_get(s, node, "sn"), ret->serial, sizeof(ret->serial));
	scan_str(s, scan_get(s, node, "sw_new_ver"), ret->offered, sizeof(ret->offered));
	if (ret->offered[0] == '\0') {
		scan_str(s, scan_get(s, node, "new_ver"), ret->offered, sizeof(ret->offered));
	}
}

void modules_take(struct module_list *m, const struct scan *s, uint32_t array)
{
	uint32_t node;

	modules_finish(m);
	m->entries = xcalloc(MODULES_MAX, sizeof(m->entries[0]));
	for (node = scan_first(s, array); node != 0 && m->count < MODULES_MAX;
	     node = scan_next(s, array, node)) {
		struct module_info *entry = &m->entries[m->count];

		if (s->nodes[node].type != SCAN_OBJECT) {
			continue;
		}
		read_entry(s, node, entry);
		m->count += entry->name[0] != '\0';
	}
	if (m->count < MODULES_MAX) {
		m->entries = xrealloc(m->entries, (m->count + 1) * sizeof(m->entries[0]));
	}
}

void modules_finish(struct module_list *m)
{
	free(m->entries);
	memset(m, 0, sizeof(*m));
}
