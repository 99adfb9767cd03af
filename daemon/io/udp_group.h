/* SPDX-License-Identifier: MIT */
/* Listens for datagrams of a multicast group, broadcast ones too, and asks into the group. */
#pragma once

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct udp_group;

#define UDP_GROUP_BYTES_MAX 2048 /* longer datagrams are cut */
/* Datagrams read in one go and in one second; the kernel drops what comes beyond. */
#define UDP_GROUP_BURST 32
#define UDP_GROUP_RATE 200

typedef void (*udp_group_fn)(void *arg, const char *data, size_t len, struct in_addr from);

/* Joins `group` on every interface that has an IPv4 address, those that come later at the next
 * udp_group_ask. Shares the port with other programs. Never calls fn before return. 0 or negative
 * errno. */
int udp_group_create(struct loop *l, const char *group, uint16_t port, udp_group_fn fn, void *arg,
    struct udp_group **ret);
void udp_group_destroy(struct udp_group *g); /* NULL is fine */
/* Sends the text to the group on every interface, from a port of its own, where answers are heard
 * from now on. 0 when it went out somewhere, else the negative errno of the last try. */
int udp_group_ask(struct udp_group *g, const char *text);
