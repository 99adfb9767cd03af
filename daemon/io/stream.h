/* SPDX-License-Identifier: MIT */
/* A TLS byte stream on the loop: connect, verify, read and write, with a deadline until it is up.
 * What comes is decrypted straight to where it belongs: nothing is held unread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "daemon/io/tls.h"

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
};

/* From the loop, never before stream_open returns. stream_destroy is safe in each but room. */
struct stream_handler {
	void (*up)(void *arg); /* verified: now secrets may be sent */
	/* Where the next bytes belong; *ret_len of them at most, never 0. */
	void *(*room)(void *arg, size_t *ret_len);
	void (*filled)(void *arg, size_t len); /* so many were put there */
	/* Last call; the socket is closed. text is one line, escaped. */
	void (*down)(void *arg, enum stream_down why, const char *text);
	void *arg;
};

struct stream *stream_open(
    struct loop *l, const struct stream_config *c, const struct stream_handler *h);
/* Ends it at once; what was written, and close_notify, go out as far as that goes without waiting;
 * no callback follows. NULL is fine. */
void stream_destroy(struct stream *s);
/* After up. Wiped when sent: it may be a secret. More than 64 KiB that nobody takes end it. */
void stream_write(struct stream *s, const void *data, size_t len);
/* With less than so many more bytes nothing can be done: the loop is not woken for each packet
 * meanwhile. 0: it is for any. */
void stream_want(struct stream *s, size_t bytes);
