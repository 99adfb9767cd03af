/* SPDX-License-Identifier: MIT */
/* The printers to serve: those of the configuration, and those of the account beside them. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct account_device;
struct config;
struct printer_config;

struct adopted {
	struct printer_config *list; /* owned; sorted by name when it went out */
	size_t count;
};

/* What the account knows. */
struct adopt_source {
	bool used;			      /* the configuration has an account that is in use */
	bool known;			      /* its list has come; else devices are none */
	const struct account_device *devices; /* by serial */
	size_t count;
};

void adopted_finish(struct adopted *a); /* a zeroed one is fine */
/* Sections stay as they are; one that is bound to the account gets the access code it lacks, and
 * one that cannot be reached in any way is disabled with the reason. Bound printers without a
 * section come with Adopt=bound, under the account's name for them made fit; a name once given in
 * `before` stays. Into a zeroed *ret. */
void adopt_merge(const struct config *c, const struct adopt_source *from,
    const struct adopted *before, struct adopted *ret);
