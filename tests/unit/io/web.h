/* SPDX-License-Identifier: MIT */
/* A server on 127.0.0.1 that answers every HTTPS request with the same bytes, by a plan, one
 * connection after the other. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/io/cert.h"

enum web_end {
	WEB_CLOSE, /* after the answer */
	WEB_KEEP,  /* the connection serves the next request */
	WEB_RESET, /* RST after the answer */
	WEB_HANG,  /* nothing more, until the client goes */
	WEB_FLOOD  /* zeroes until the client goes, at most 64 MiB */
};

struct web_plan {
	const struct cert *leaf;     /* NULL: no TLS */
	const struct cert *chain[2]; /* sent beside the leaf */
	const char *answer;
	size_t answer_len; /* 0: strlen */
	enum web_end end;
	int tls_max; /* 0: 1.3 */
};

struct web;
struct web *web_start(const struct web_plan *plan); /* the plan is copied, its bytes are not */
void web_stop(struct web *w);			    /* NULL is fine */
uint16_t web_port(const struct web *w);
unsigned web_requests(struct web *w);
unsigned web_connections(struct web *w);
size_t web_sent_bytes(struct web *w);
/* The last request with its body; caller frees. */
char *web_last(struct web *w);
