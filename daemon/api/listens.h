/* SPDX-License-Identifier: MIT */
/* Who follows the messages of a printer as they come: nothing is kept for a slow reader, he is told
 * how many he lost. */
#pragma once

#include <stdint.h>

#include "common/err.h"

struct api_deps;
struct conn;
struct listens;

#define LISTENS_MAX 64 /* of all clients */

/* Takes the place of deps->fleet's tap. deps outlives it. */
struct listens *listens_create(const struct api_deps *deps);
void listens_destroy(struct listens *l); /* after every connection was dropped */
/* printer: a name; followed also when it is configured anew. 0 with a number unique among all
 * subscriptions of the connection; -ENOSPC with *e. Notifications never come before the reply. */
int listens_add(
    struct listens *l, struct conn *c, const char *printer, unsigned *ret_number, struct err *e);
/* -ENOENT when the connection has no such number. */
int listens_remove(struct listens *l, struct conn *c, int64_t number);
/* The connection ends, or has lost the right to hear raw messages. */
void listens_drop(struct listens *l, struct conn *c);
