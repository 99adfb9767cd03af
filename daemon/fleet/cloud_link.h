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

struct cloud_route_handler {
	void (*up)(void *arg); /* subscribed */
	void (*message)(void *arg, const char *topic, char *payload, size_t len);
	void (*down)(void *arg, enum mqtt_down why, const char *text);
	void *arg;
};

struct cloud_link *cloud_link_create(struct fleet *f);
void cloud_link_destroy(struct cloud_link *l); /* after all routes */
/* A difference ends the session and begins another; at most 5 connects in 5 minutes. */
void cloud_link_set(struct cloud_link *l, const struct cloud_link_config *c);
bool cloud_link_is_up(const struct cloud_link *l);
/* Words for daemon.status, NULL when all is well or signed out. */
const char *cloud_link_error(const struct cloud_link *l);

/* Subscribes device/SERIAL/report as soon as the session is up. Safe to end from its own callbacks.
 */
struct cloud_route *cloud_route_create(
    struct cloud_link *l, const char *serial, const struct cloud_route_handler *h);
void cloud_route_destroy(struct cloud_route *r); /* NULL is fine */
bool cloud_route_is_up(const struct cloud_route *r);
int cloud_route_publish(struct cloud_route *r, const char *topic, const char *payload, size_t len);
