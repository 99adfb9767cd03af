/* SPDX-License-Identifier: MIT */
/* Which addresses belong to the internet, and not to a machine, a network or a provider (pure). */
#include "daemon/io/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/util.h"

/* The registries of special-purpose addresses, RFC 6890 and its successors. */
static const struct {
	uint32_t net;
	unsigned bits;
} special4[] = {
    {0x00000000, 8},  /* 0.0.0.0: this host */
    {0x0a000000, 8},  /* 10.0.0.0: private */
    {0x64400000, 10}, /* 100.64.0.0: shared, also metadata at 100.100.100.200 */
    {0x7f000000, 8},  /* 127.0.0.0: loopback */
    {0xa83f8110, 32}, /* 168.63.129.16: a provider's service on its machines */
    {0xa9fe0000, 16}, /* 169.254.0.0: link-local, also metadata at 169.254.169.254 */
    {0xac100000, 12}, /* 172.16.0.0: private */
    {0xc0000000, 24}, /* 192.0.0.0: protocols, also metadata at 192.0.0.192 */
    {0xc0000200, 24}, /* 192.0.2.0: documentation */
    {0xc0586300, 24}, /* 192.88.99.0: relays of 6to4 */
    {0xc0a80000, 16}, /* 192.168.0.0: private */
    {0xc6120000, 15}, /* 198.18.0.0: benchmarks */
    {0xc6336400, 24}, /* 198.51.100.0: documentation */
    {0xcb007100, 24}, /* 203.0.113.0: documentation */
    {0xe0000000, 3},  /* 224.0.0.0 and up: multicast, reserved, broadcast */
};

static bool is_public4(uint32_t address)
{
	for (size_t i = 0; i < ARRAY_SIZE(special4); i++) {
		if ((address ^ special4[i].net) >> (32 - special4[i].bits) == 0) {
			return false;
		}
	}
	return true;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool is_public6(const uint8_t *a)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
	uint32_t top = be32(a);

	if (memcmp(a, mapped, 12) == 0 || memcmp(a, nat64, 12) == 0) {
		return is_public4(be32(a + 12));
	}
	if (top >> 16 == 0x2002) { /* 6to4 */
		return is_public4(be32(a + 2));
	}
	return top >> 29 == 1		      /* 2000::/3 alone is given out */
	       && top >> 9 != 0x20010000 >> 9 /* 2001::/23: protocols, Teredo */
	       && top != 0x20010db8 && top >> 12 != 0x3fff0000 >> 12; /* documentation */
}

bool address_is_public(const struct sockaddr *address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		return is_public4(ntohl(v4.sin_addr.s_addr));
	}
	if (address->sa_family == AF_INET6) {
		memcpy(&v6, address, sizeof(v6));
		return is_public6(v6.sin6_addr.s6_addr);
	}
	return false;
}
