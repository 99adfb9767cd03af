/* SPDX-License-Identifier: MIT */
/* A TLS byte stream on the loop: connect, verify, read and write, with a deadline until it is up.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "daemon/io/tls.h"

struct evbuffer;
struct loop;
struct stream;

#define STREAM_CONNECT_MS 10000 /* TCP and TLS together */

enum stream_down {
	STREAM_DOWN_REFUSED_PORT,
	STREAM_DOWN_UNREACHABLE,
	STREAM_DOWN_TIMEOUT, /* no connection or no handshake in time */
	STREAM_DOWN_TLS,     /* the certificate: text says why */
	STREAM_DOWN_EOF,     /* the other side ended it */
	STREAM_DOWN_BROKEN,
	STREAM_DOWN_COUNT
};

/* Copied but for the profile, of which a ref is taken. */
struct stream_config {
	const char *address; /* numeric */
	uint16_t port;
	struct tls_profile *profile;
	enum tls_verify verify;
	const char *name;   /* the certificate's: the serial */
	const uint8_t *pin; /* 32 bytes, TLS_VERIFY_PIN */
	size_t read_max;    /* bytes held unread before reading stops, and a record (16 KiB) */
};

/* From the loop, never before stream_open returns. stream_destroy is safe in each. */
struct stream_handler {
	void (*up)(void *arg); /* verified: now secrets may be sent */
	/* Takes what it can; called again when more has come. To leave read_max bytes and not pause
	 * is to be called for ever. */
	void (*data)(void *arg, struct evbuffer *in);
	/* Last call; the socket is closed. text is one line, escaped. */
	void (*down)(void *arg, enum stream_down why, const char *text);
	void *arg;
};

struct stream *stream_open(
    struct loop *l, const struct stream_config *c, const struct stream_handler *h);
/* Ends it at once, with close_notify if that goes without waiting; no callback follows. NULL is
 * fine. */
void stream_destroy(struct stream *s);
/* After up. Wiped when sent: it may be a secret. */
void stream_write(struct stream *s, const void *data, size_t len);
/* data is called when so many bytes are there (at most half of read_max), not for each record; 0:
 * for any. */
void stream_want(struct stream *s, size_t bytes);
/* Reading stops and goes on (bufferevent_disable: a watermark alone would spin). */
void stream_pause(struct stream *s);
void stream_resume(struct stream *s);
const struct tls_peer *stream_peer(const struct stream *s);
