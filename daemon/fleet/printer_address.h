/* SPDX-License-Identifier: MIT */
/* Where a printer is reached, and who says so; for the files that make a printer. */
#pragma once

#include <string.h>

#include "daemon/fleet/printer_internal.h"

/* A report through the cloud was merged: it may tell an address. */
void printer_learn_address(struct printer *p);

/* Configured, else told; NULL: not known. */
static inline const char *printer_address(const struct printer *p)
{
	return p->config.address || !p->told.address[0] ? p->config.address : p->told.address;
}

/* Who told the address in use; NULL: the configuration, or nobody. */
static inline const char *printer_told_by(const struct printer *p)
{
	const char *used = p->uplink ? uplink_address(p->uplink) : NULL;

	if (!p->config.address) {
		return p->told.source;
	}
	return used && strcmp(used, p->told.address) == 0 && strcmp(used, p->config.address) != 0
		   ? p->told.source
		   : NULL;
}
