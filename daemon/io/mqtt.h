/* SPDX-License-Identifier: MIT */
/* One libmosquitto client on the loop: up, message, down. Cures the traps of an external loop
 * (HACKING.md). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct secret;
struct tls_peer;
struct tls_profile;

/* Why a connection ended or never came up. */
enum mqtt_down {
	MQTT_DOWN_ASKED,	/* mqtt_close */
	MQTT_DOWN_REFUSED_PORT, /* connection refused: nobody listens */
	MQTT_DOWN_UNREACHABLE,	/* no route, host down, other connect error */
	MQTT_DOWN_TIMEOUT,	/* connect, TLS or CONNACK did not come within connect_ms */
	MQTT_DOWN_TLS,		/* handshake failed or certificate refused; text has the reason */
	MQTT_DOWN_AUTH,		/* CONNACK 4 or 5 */
	MQTT_DOWN_CONNACK,	/* CONNACK 1 2 3 */
	MQTT_DOWN_LOST,		/* peer closed or reset */
	MQTT_DOWN_KEEPALIVE,	/* no PINGRESP */
	MQTT_DOWN_OVERSIZE, /* more than 1 MiB without a complete message, or trickled for 30 s */
	MQTT_DOWN_COUNT
};
const char *mqtt_down_word(enum mqtt_down why); /* for metrics and logs */

#define MQTT_MESSAGE_MAX (1024 * 1024)
#define MQTT_HANDSHAKES_MAX 64

/* Shared by all clients: handshake slots, the sweep of loop_misc. */
struct mqtt_pool;
struct mqtt_pool *mqtt_pool_create(struct loop *l);
void mqtt_pool_destroy(struct mqtt_pool *p); /* after all clients */
size_t mqtt_pool_handshakes(const struct mqtt_pool *p);

struct mqtt_handler {
	void (*up)(void *arg);
	/* payload is NUL-terminated beyond len, writable and valid for the call. */
	void (*message)(void *arg, const char *topic, char *payload, size_t len);
	/* The client is idle afterwards; mqtt_open may be called from here or later. text: one line
	 * for people. */
	void (*down)(void *arg, enum mqtt_down why, const char *text);
	/* May be NULL. Messages on these topics follow at once: a chance to fetch memory, for
	 * nothing else. */
	void (*ahead)(void *arg, const char *const *topics, size_t count);
	void *arg;
};
#define MQTT_AHEAD_MAX 16
struct mqtt_config {
	const char *client_id, *user;  /* copied */
	const struct secret *password; /* borrowed for mqtt_create */
	struct tls_profile *profile;   /* ref taken; NULL = plain TCP (tests of the driver only) */
	struct tls_peer *peer;	       /* must outlive the client; NULL with profile NULL */
	int keepalive_s;	       /* default 30 */
	int connect_ms;		       /* default 10000: from the handshake slot to CONNACK */
	bool many; /* a session of many printers: what is sent waits for no answer to others */
};
struct mqtt_client;
struct mqtt_client *mqtt_create(
    struct mqtt_pool *p, const struct mqtt_config *config, const struct mqtt_handler *h);
/* Safe from every callback; no callback follows. Sends DISCONNECT when up. NULL is fine. */
void mqtt_destroy(struct mqtt_client *c);
/* For the sessions from the next mqtt_open on; copied. */
void mqtt_set_client_id(struct mqtt_client *c, const char *client_id);
/* Numeric address. Queues for a handshake slot; up or down follows, never before return. The
 * in-flight queue of an earlier session is dropped (a new library client per session). -EALREADY
 * when not idle. */
int mqtt_open(struct mqtt_client *c, const char *address, uint16_t port);
/* DISCONNECT and down(ASKED) later; nothing when idle. */
void mqtt_close(struct mqtt_client *c, const char *why);
bool mqtt_is_up(const struct mqtt_client *c);
/* ms since anything whole came, an answer to a ping too (looked at about once a second); 0 unless
 * up. */
int64_t mqtt_deaf_ms(const struct mqtt_client *c);
/* What the broker answered to the session's subscription: the QoS it grants, MQTT_GRANTED_NONE when
 * it refuses, -1 while it has not answered. */
#define MQTT_GRANTED_NONE 128
int mqtt_granted(const struct mqtt_client *c);
/* QoS 1, both. 0, -ENOTCONN, or -EIO (down follows when the connection is gone). */
int mqtt_publish(struct mqtt_client *c, const char *topic, const void *payload, size_t len);
int mqtt_subscribe(struct mqtt_client *c, const char *topic);
/* The same in one packet; no topic: nothing. */
int mqtt_subscribe_all(struct mqtt_client *c, char *const *topics, size_t count);
int mqtt_unsubscribe(struct mqtt_client *c, const char *topic);
