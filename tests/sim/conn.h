/* SPDX-License-Identifier: MIT */
/* One accepted TCP connection: TLS without blocking, and the ways it can be made to misbehave. */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/sim/bytes.h"

struct event;
struct event_base;

/* A client that does not read is cut when this much waits for it. */
#define CONN_OUT_MAX (16u * 1024 * 1024)
/* So much is read before the owner is asked to look at it. */
#define CONN_TURN_MAX (1u << 20)

struct conn_ops {
	void (*secured)(void *owner);		    /* the handshake is done */
	void (*input)(void *owner);		    /* new bytes in conn.in */
	void (*drained)(void *owner);		    /* everything in conn.out was written */
	void (*gone)(void *owner, const char *why); /* closed; called once */
};

struct conn {
	const struct conn_ops *ops;
	void *owner;
	int fd;
	SSL *ssl;   /* NULL: never answers (fault "silent") */
	bool plain; /* no TLS: ready from the start */
	bool ready, closing, frozen;
	bool goodbye; /* the client said close_notify */
	struct bytes in, out;
	uint64_t bytes_in, bytes_out; /* application bytes */
	size_t turn_max;	      /* bytes read before input is called; 0 = CONN_TURN_MAX */
	size_t record_max;	      /* bytes per TLS record; 0 = as many as fit */
	int join_ms;		      /* gather output so long; 0 = no */
	size_t retry_len;	      /* length that SSL_write asked to be called with again */
	struct event *read_event, *write_event, *join_event;
};

/* Takes fd and ssl. */
void conn_init(struct conn *c, struct event_base *base, const struct conn_ops *ops, void *owner,
    int fd, SSL *ssl);
/* Without TLS; `secured` is not called. */
void conn_init_plain(
    struct conn *c, struct event_base *base, const struct conn_ops *ops, void *owner, int fd);
/* Frees what is left; only after conn_close. */
void conn_finish(struct conn *c);
/* Writes conn.out as the modes allow. May close the connection. */
void conn_flush(struct conn *c);
/* `drained` comes, once there is room for more. */
void conn_want_drained(struct conn *c);
void conn_close(struct conn *c, const char *why);
/* Frozen: neither read nor written, not closed. */
void conn_freeze(struct conn *c, bool frozen);
