/* SPDX-License-Identifier: MIT */
/* Reader of the ini grammar: one section heading or one KEY=VALUE at a time (pure). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Longest line accepted, without its newline. */
#define CONFIG_INI_LINE_MAX 8192

struct config_ini {
	char *at, *end;
	unsigned line; /* of the item last returned, from 1 */
	bool in_section;
};

struct config_ini_item {
	char *name;  /* what stands between the brackets, or the key; blanks around it cut */
	char *value; /* NULL for a section heading */
};

/* text[0..len], the byte after the last included, must be writable: lines are cut and ended in
 * place, so items point into text. */
void config_ini_init(struct config_ini *r, char *text, size_t len);
/* 1 with an item, 0 at the end, or -EINVAL with *ret_why (a constant sentence that never quotes the
 * line, which may hold a secret) for a line that is none; r->line names it. */
int config_ini_next(struct config_ini *r, struct config_ini_item *ret, const char **ret_why);
