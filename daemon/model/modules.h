/* SPDX-License-Identifier: MIT */
/* The boards of a printer and of its filament units, as the version reply lists them. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct scan;

#define MODULES_MAX 64

struct module_info {
	char name[24], product[48]; /* "" unknown, as all others */
	char version[24], offered[24], hardware[24], serial[32];
};
struct module_list {
	struct module_info *entries; /* owned */
	size_t count;
};

/* In place of what was there; array is that of the reply. What has no name is left out. */
void modules_take(struct module_list *m, const struct scan *s, uint32_t array);
void modules_finish(struct module_list *m);
