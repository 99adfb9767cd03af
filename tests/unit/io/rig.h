/* SPDX-License-Identifier: MIT */
/* A loop, a pool and clients that write down what happened to them; time that can be skipped. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/io/loop.h"
#include "daemon/io/mqtt.h"
#include "daemon/io/tls.h"
#include "tests/unit/io/peer.h"

#define RIG_SERIAL "01S00A000000001"
#define RIG_CODE "12345678"

struct rig {
	struct loop *loop;
	struct mqtt_pool *pool;
	struct tls_store *store;
	struct tls_profile *profile;
	struct cert ca, leaf; /* CN = RIG_SERIAL under a CA that the profile knows */
	unsigned turns;	      /* rounds of the loop so far: a spinning driver makes thousands */
};

/* One client. The hooks run inside its callbacks, after the note was taken. */
struct seen {
	struct rig *rig;
	struct mqtt_client *client;
	struct tls_peer peer;
	unsigned ups, messages, downs;
	unsigned ahead; /* messages told of beforehand */
	enum mqtt_down why;
	char text[256], topic[64], payload[64];
	void (*on_up)(struct seen *s);
	void (*on_message)(struct seen *s);
	void (*on_down)(struct seen *s);
};

int rig_setup(void **state);
int rig_teardown(void **state);
/* A plan for a peer with the rig's right certificates. */
struct peer_plan rig_plan(struct rig *r, enum peer_play play);

struct rig_client {
	bool plain;
	const char *name; /* NULL = RIG_SERIAL */
	const char *code; /* NULL = RIG_CODE */
	int keepalive_s, connect_ms;
	struct tls_profile *profile; /* NULL = the rig's */
	enum tls_verify verify;
	bool many; /* as in mqtt_config */
};
/* Zeroed and filled; s must outlive the client. The client is destroyed by seen_finish. */
void seen_create(struct seen *s, struct rig *r, const struct rig_client *options);
void seen_finish(struct seen *s);

/* Turns the loop until *what >= at_least; a failed assertion after 8 s of real time. */
void rig_until(struct rig *r, const unsigned *what, unsigned at_least);
/* The same for a question. */
void rig_until_true(struct rig *r, bool (*question)(void *arg), void *arg);
/* Real time passes for everything in the process (libmosquitto too) that asks CLOCK_MONOTONIC. */
void rig_skip_ms(int64_t ms);
/* From now on this thread's errno is EAGAIN whenever somebody asked for the time: libmosquitto does
 * after each packet. */
void rig_leak_errno(bool on);
