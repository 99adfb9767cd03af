/* SPDX-License-Identifier: MIT */
/* The printers to serve: those of the configuration, and those of the account beside them. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct account_device;
struct config;
struct printer_config;

struct adopted {
	struct printer_config *list; /* owned */
	size_t count;
};

/* What the account knows. */
struct adopt_source {
	bool used;  /* the configuration has an account that is in use */
	bool known; /* the cloud has told its list; else devices are kept ones or none */
	const struct account_device *devices; /* by serial */
	size_t count;
};

void adopted_finish(struct adopted *a); /* a zeroed one is fine */
/* Sections stay as they are; one that is bound to the account gets the access code it lacks, and
 * one that cannot be reached in any way is disabled with the reason. Bound printers without a
 * section come with Adopt=bound, behind the sections, under the name they are called already, else
 * the account's name made fit. Into a zeroed *ret. */
void adopt_merge(const struct config *c, const struct adopt_source *from, struct adopted *ret);
