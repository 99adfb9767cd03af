/* SPDX-License-Identifier: MIT */
/* Every event of the hub as one log line: words for people, fields for the journal. */
#pragma once

#include <stddef.h>

struct hub;
struct hub_event;
struct journal;

/* Hears the hub until journal_destroy. */
struct journal *journal_create(struct hub *h);
void journal_destroy(struct journal *j); /* NULL is fine */

/* The line without the printer's name: "print finished: lid_plate2". Any kind and any data object
 * have one; not escaped, the log does that. Owned. */
char *journal_text(const struct hub_event *e);
