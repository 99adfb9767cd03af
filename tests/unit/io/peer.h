/* SPDX-License-Identifier: MIT */
/* The other end for tests: a server on 127.0.0.1 that speaks TLS and just enough MQTT, by a plan,
 * one thread a connection. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/io/cert.h"

/* How far the server goes with each connection. */
enum peer_play {
	PEER_SILENT,	/* accepts TCP, never speaks */
	PEER_TLS_ONLY,	/* TLS, then never speaks */
	PEER_MQTT,	/* answers CONNECT, SUBSCRIBE, PUBLISH, PINGREQ */
	PEER_MQTT_MUTE, /* as PEER_MQTT, but leaves PINGREQ unanswered */
	PEER_RAW,	/* sends the bytes of after_subscribe instead of TLS */
	PEER_CLOSE,	/* closes at once */
	PEER_TLS_CLOSE	/* TLS, then closes when CONNECT came */
};
struct peer_plan {
	enum peer_play play;
	const struct cert *leaf;     /* NULL = plain TCP */
	const struct cert *chain[4]; /* sent beside the leaf */
	int tls_max;		     /* 0 = 1.3; may be below 1.2 */
	int connack;		     /* return code */
	bool refuse_subscribe;	     /* SUBACK 128 */
	bool hold; /* accepts nobody before peer_release; backlog as small as can be */
	/* Sent in one write after a SUBSCRIBE was answered. */
	const uint8_t *after_subscribe;
	size_t after_subscribe_len;
	bool flood; /* then zeroes, until the connection breaks or 64 MiB went out */
	bool pause; /* reads on only after a peer_drip */
	bool drip;  /* then one byte per peer_drip */
};

struct peer;
struct peer *peer_start(const struct peer_plan *plan);
void peer_stop(struct peer *p); /* breaks every connection; NULL is fine */
uint16_t peer_port(const struct peer *p);
void peer_release(struct peer *p);
void peer_drip(struct peer *p);

/* Counted over all connections; may be read while the threads run. */
unsigned peer_accepted(struct peer *p);
unsigned peer_open(struct peer *p);		 /* connections not ended yet */
unsigned peer_open_max(struct peer *p);		 /* the most there were at once */
size_t peer_app_bytes(struct peer *p);		 /* decrypted bytes that came */
unsigned peer_packets(struct peer *p, int type); /* MQTT packets of a type, 1..14 */
/* Of the last connection; "" = none. Valid once what follows it was seen. */
const char *peer_sni(struct peer *p);
const char *peer_password(struct peer *p);

/* Appends an MQTT 3.1.1 PUBLISH of at most 127 bytes; returns its size. */
size_t peer_put_publish(uint8_t *buf, const char *topic, const char *payload);
