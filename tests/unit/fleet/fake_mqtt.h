/* SPDX-License-Identifier: MIT */
/* A broker connection that does what the test says, and a clock that stands still until told. */
#pragma once

#include "daemon/fleet/fleet.h"
#include "daemon/fleet/printer_config.h"
#include "daemon/io/loop.h"
#include "daemon/io/mqtt.h"
#include "daemon/io/tls.h"

struct fake {
	struct loop *loop;
	struct hub *hub;
	struct fleet fleet;
	int64_t now_ms;
	int64_t wall_skew_ms; /* the wall clock was set */
	/* The last client made, and what it was asked. */
	struct mqtt_client *client;
	int64_t deaf_ms;   /* what mqtt_deaf_ms says */
	int granted;	   /* what mqtt_granted says */
	int64_t lookup_ms; /* how long a look-up takes */
	char last_address[64];
	unsigned lookups, opens, closes, subscribes, publishes;
	char last_publish[1024], last_close[128], client_id[24];
	/* The same of the account's session: the last client whose user is "u_...". */
	struct mqtt_client *cloud;
	unsigned cloud_opens, packets, topics, unsubscribes, cloud_publishes;
	char cloud_id[24], cloud_topic[64], cloud_publish[1024], cloud_user[24];
};
extern struct fake fake;

void fake_start(void);
void fake_stop(void);
/* Virtual time goes on, timers that fall due fire in order. */
void fake_advance(int64_t ms);
/* What the broker does. */
void fake_up(void);
void fake_down(enum mqtt_down why, const char *text);
void fake_message(const char *topic, const char *payload);
void fake_cloud_up(void);
void fake_cloud_down(enum mqtt_down why, const char *text);
void fake_cloud_message(const char *topic, const char *payload);
/* A usable configuration; the strings are literals and copied by whoever keeps it. */
struct printer_config fake_config(const char *name, const char *serial);
/* How often a kind of event was filed. */
unsigned fake_events(int kind);
