/* SPDX-License-Identifier: MIT */
/* What mqtt.c, mqtt_lib.c and mqtt_pool.c share. */
#pragma once

#include <event2/event_struct.h>
#include <mosquitto.h>

#include "common/util.h"
#include "daemon/io/loop.h"
#include "daemon/io/mqtt.h"

enum mqtt_phase {
	MQTT_IDLE,
	MQTT_QUEUED,	 /* waits for a handshake slot */
	MQTT_CONNECTING, /* holds a slot: TCP, TLS, CONNECT */
	MQTT_UP,
	MQTT_ENDED, /* session gone, down() not told yet */
	MQTT_DEAD   /* destroyed by its owner, waits to be freed */
};

struct mqtt_client {
	struct list link; /* the pool's list of its phase */
	struct mqtt_pool *pool;
	struct mqtt_handler handler;
	char *client_id, *user, *address;
	struct secret *password;
	struct tls_profile *profile;
	struct tls_peer *peer;
	int keepalive_s, connect_ms;
	bool many; /* as in mqtt_config */
	uint16_t port;
	enum mqtt_phase phase;

	/* The session: a library client of its own each time, so that nothing queued is replayed.
	 */
	struct mosquitto *lib;
	unsigned session;
	struct event ev; /* one for the socket, whatever is waited for */
	int fd;		 /* ev's, -1 = ev is not added */
	short armed;
	struct loop_timer deadline;

	/* Set by the library's callbacks, acted on after the library returned. */
	int connack; /* -1 = none yet */
	int granted; /* as mqtt_granted */
	unsigned marks;
	bool pinged;   /* an answer to a ping is awaited */
	bool buffered; /* as of mqtt_lib_buffer */

	/* The guard against a packet that never ends. */
	unsigned marks_seen;
	int64_t partial_since_ms; /* -1 = no packet under way */
	int64_t heard_ms;	  /* last sweep that found a whole packet had come */

	struct loop_deferred later; /* ENDED: tell down; else read on */
	enum mqtt_down why;
	char *why_text;
};

/* Messages the library handed out during one call, copied end to end. */
struct mqtt_inbox {
	char *buf;
	size_t len, cap;
};

struct mqtt_pool {
	struct loop *loop;
	struct list waiting;	/* QUEUED, first come first served */
	struct list connecting; /* CONNECTING */
	struct list ring;	/* UP; the sweep moves heads to the tail */
	struct list idle;	/* IDLE and ENDED */
	struct list dead;
	size_t handshakes, ups;
	struct loop_deferred start, reap;
	struct loop_timer sweep;
	struct mqtt_inbox inbox;
};

/* mqtt_pool.c */
void mqtt_pool_move(struct mqtt_client *c, enum mqtt_phase phase); /* the one writer of phase */

/* mqtt_lib.c: the library. */
struct mosquitto *mqtt_lib_create(struct mqtt_client *c);
/* rc of the library; errno is what it left. */
int mqtt_lib_connect(struct mqtt_client *c);
void mqtt_lib_destroy(struct mqtt_client *c); /* with a DISCONNECT when up */
bool mqtt_lib_handshaking(const struct mqtt_client *c);
int mqtt_lib_misc(struct mqtt_client *c); /* mosquitto_loop_misc */
/* From now on, and until the session ends, what is read and written is gathered: a packet each way
 * would cost three calls of the kernel. Whoever reads goes on while mqtt_lib_may_read, whoever may
 * have written calls mqtt_lib_flush. Without memory nothing changes. */
void mqtt_lib_buffer(struct mqtt_client *c);
/* Bytes are there for which the socket will not become readable. */
bool mqtt_lib_may_read(const struct mqtt_client *c);
/* False when the socket did not take all of what was gathered. */
bool mqtt_lib_flush(struct mqtt_client *c);
/* The library's callbacks; exported for their test: each leaves errno 0. */
void mqtt_lib_on_connect(struct mosquitto *lib, void *arg, int rc);
void mqtt_lib_on_message(struct mosquitto *lib, void *arg, const struct mosquitto_message *message);
void mqtt_lib_on_log(struct mosquitto *lib, void *arg, int level, const char *text);
void mqtt_lib_on_publish(struct mosquitto *lib, void *arg, int mid);
void mqtt_lib_on_subscribe(
    struct mosquitto *lib, void *arg, int mid, int qos_count, const int *granted_qos);
void mqtt_lib_on_unsubscribe(struct mosquitto *lib, void *arg, int mid);
/* Hands the inbox to c's owner; false when he ended the session meanwhile (the rest is dropped). */
bool mqtt_lib_deliver(struct mqtt_client *c);

/* mqtt.c */
void mqtt_client_connect(struct mqtt_client *c); /* it has a slot now */
void mqtt_client_sweep(struct mqtt_client *c);
void mqtt_client_free(struct mqtt_client *c);
