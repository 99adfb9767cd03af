/* SPDX-License-Identifier: MIT */
/* Which addresses belong to the internet, and not to a machine, a network or a provider (pure). */
#pragma once

#include <stdbool.h>

struct sockaddr;

/* False for loopback, private, link-local, shared, multicast, documentation and reserved addresses,
 * the services of cloud providers about their own machines, IPv6 addresses that carry such an IPv4
 * address (mapped, NAT64, 6to4), and every other family. */
bool address_is_public(const struct sockaddr *address);
