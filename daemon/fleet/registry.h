/* SPDX-License-Identifier: MIT */
/* All printers: found by name, serial, selector; kept in step with the configuration. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

struct printer_config;
struct fleet;
struct printer;
struct registry;

struct registry *registry_create(struct fleet *f);
void registry_destroy(struct registry *r); /* destroys every printer */
/* Creates, replaces (what changed in a way that matters) and removes printers so that they match;
 * unchanged ones stay connected. */
void registry_sync(struct registry *r, const struct printer_config *configs, size_t count);
size_t registry_count(const struct registry *r);
/* Sorted by name. */
struct printer *registry_at(const struct registry *r, size_t i);
struct printer *registry_by_name(const struct registry *r, const char *name);
struct printer *registry_by_serial(const struct registry *r, const char *serial);
/* How many serials start so; *ret is one of them, untouched when none. */
size_t registry_serial_prefix(const struct registry *r, const char *prefix, struct printer **ret);
/* control-protocol.md 5: name, serial (prefix of 6 and more), glob, @all @idle @printing @problem,
 * model=, tag=; comma = or. 0 with an owned array (free) of at least one; -ENOENT with *e:
 * no_such_printer (nearest name as hint) or ambiguous_printer (a serial prefix of several). A group
 * selector (@.., glob, model=, tag=) that matches nothing gives an empty array and 0. *ret_literal
 * (may be NULL): the selector was one literal name or serial. */
int registry_select(const struct registry *r, const char *selector, struct printer ***ret,
    size_t *ret_count, bool *ret_literal, struct err *e);
