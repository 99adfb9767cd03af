/* SPDX-License-Identifier: MIT */
/* Who announces itself on the network as a printer (bambu.md 2.1). Hints only: anybody can say so.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "daemon/model/ssdp.h"

struct discovery;
struct loop;

#define DISCOVERY_MAX 512			 /* serials remembered; then the oldest goes */
#define DISCOVERY_KEPT_MS (INT64_C(1800) * 1000) /* max-age of an announcement */

struct discovery_entry {
	struct ssdp_notice notice; /* with the sender's address where it named none */
	int64_t mono_ms;	   /* when it was heard last */
};

/* notice is valid during the call; only who is alive is told. */
typedef void (*discovery_fn)(void *arg, const struct ssdp_notice *notice);

/* Listens at once. 0 or negative errno. */
int discovery_create(
    struct loop *l, uint16_t port, discovery_fn fn, void *arg, struct discovery **ret);
void discovery_destroy(struct discovery *d); /* NULL is fine */
/* Asks everybody to announce himself, twice within a second. 0 or negative errno. */
int discovery_search(struct discovery *d);
/* By serial; valid until the loop turns. Those that were not heard for DISCOVERY_KEPT_MS, or said
 * goodbye, are not among them. */
const struct discovery_entry *discovery_at(struct discovery *d, size_t i);
size_t discovery_count(struct discovery *d);
