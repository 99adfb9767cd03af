/* SPDX-License-Identifier: MIT */
/* The one broker session of the account, shared by all its printers: each has a route by serial
 * (bambu.md 1.6, 1.8, 1.9). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/io/mqtt.h"

struct cloud_link;
struct cloud_route;
struct fleet;
struct secret;

struct cloud_link_config {
	const char *host; /* us.mqtt.bambulab.com, cn.mqtt.bambulab.com, or a custom one */
	uint16_t port;
	const char *ca_file; /* beside the system's store; NULL */
	const char *user;    /* "u_<uid>"; NULL: signed out, no session */
	const struct secret *token;
};

#define CLOUD_ROUTE_DEPTHS 3
struct cloud_route_handler {
	void (*up)(void *arg); /* subscribed */
	void (*message)(void *arg, const char *topic, char *payload, size_t len);
	/* The session ended, an attempt failed, or the account signed out. */
	void (*down)(void *arg, enum mqtt_down why, const char *text);
	/* May be NULL. A message follows at once: a chance to fetch what it will need, first the
	 * owner (depth 0), then what that points to, and so on to CLOUD_ROUTE_DEPTHS. */
	void (*ahead)(void *arg, int depth);
	void *arg;
};

struct cloud_link *cloud_link_create(struct fleet *f);
void cloud_link_destroy(struct cloud_link *l); /* after all routes */
/* A difference ends the session and begins another; at most 5 connects in 5 minutes,
 * which the file cloud-connects of the state directory keeps over a restart. */
void cloud_link_set(struct cloud_link *l, const struct cloud_link_config *c);
bool cloud_link_is_up(const struct cloud_link *l);
bool cloud_link_is_signed_in(const struct cloud_link *l); /* there is a session to be had */
/* Words for daemon.status, NULL when all is well or signed out. */
const char *cloud_link_error(const struct cloud_link *l);
/* The broker does not take the token: the account should ask REST whether it lives. Tried again
 * every 5 minutes, till cloud_link_set brings another. */
bool cloud_link_is_refused(const struct cloud_link *l);
/* fn is called when any of the above changed, from the loop; it may call cloud_link_set. One. */
void cloud_link_watch(struct cloud_link *l, void (*fn)(void *arg), void *arg);
/* As uplink_retry; -ENOTCONN when signed out. */
int cloud_link_retry(struct cloud_link *l, int64_t *ret_wait_ms);
/* As uplink_redial, within the budget. */
void cloud_link_redial(struct cloud_link *l, const char *why);
/* Messages on topics of no route. */
uint64_t cloud_link_strays(const struct cloud_link *l);
uint64_t cloud_link_connects(const struct cloud_link *l);

/* Subscribes device/SERIAL/report as soon as the session is up. Safe to end from its own callbacks;
 * none runs before return. Several may have one serial. */
struct cloud_route *cloud_route_create(
    struct cloud_link *l, const char *serial, const struct cloud_route_handler *h);
void cloud_route_destroy(struct cloud_route *r); /* NULL is fine */
bool cloud_route_is_up(const struct cloud_route *r);
int cloud_route_publish(struct cloud_route *r, const char *topic, const char *payload, size_t len);
