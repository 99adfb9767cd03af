/* SPDX-License-Identifier: MIT */
/* A strict HTTP/1.1 server over TLS: one exchange at a time on a connection, and its bad manners.
 */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/jw.h"
#include "common/util.h"
#include "tests/sim/endpoint.h"

#define HTTP_HEADERS_MAX 64
#define HTTP_HEAD_MAX (32u * 1024)
#define HTTP_TARGET_MAX (8u * 1024)
#define HTTP_KEPT_MAX                                                              \
	(1024u * 1024) /* what of a body is kept; the rest is counted and digested \
			*/
#define HTTP_BODY_MAX (8ull * 1024 * 1024 * 1024)

/* How an answer goes out. */
enum http_way {
	HTTP_WAY_WHOLE,
	HTTP_WAY_RESET,	   /* half of the body, then RST */
	HTTP_WAY_CUT,	   /* the connection ends without an answer */
	HTTP_WAY_TRUNCATE, /* announces more than it sends, then ends */
	HTTP_WAY_TRICKLE,  /* a byte at a time */
	HTTP_WAY_HUGE,	   /* `extra` bytes behind the body */
	HTTP_WAY_COUNT
};

struct http_header {
	char *name, *value;
};

struct http_exchange {
	/* the request */
	struct http_server *server;
	char *method, *target, *path, *query; /* path as sent; query "" when there is none */
	struct http_header header[HTTP_HEADERS_MAX];
	size_t headers;
	char *body; /* the first HTTP_KEPT_MAX bytes, NUL-terminated */
	size_t kept;
	uint64_t body_len;
	unsigned char sha256[32]; /* of the whole body */
	bool chunked, expects;
	/* the answer */
	int status;
	struct jw head, out; /* header lines, each with CRLF; the body */
	enum http_way way;
	int64_t delay_ms, trickle_ms;
	uint64_t extra;
	bool close;  /* the connection ends behind this answer */
	bool unread; /* the client may still be sending what nobody wants */
};

struct http_server {
	struct event_base *base;
	struct endpoint endpoint;
	struct list clients;
	void *arg;
	int tag; /* of the owner: which server this is */
	/* NULL: TLS never answers. */
	SSL *(*new_ssl)(void *arg, int fd);
	/* The whole request is there; fills the answer before it returns. */
	void (*answer)(void *arg, struct http_exchange *x);
	/* The head alone: false = the answer is filled, the body is not wanted, the connection
	 * ends. */
	bool (*head)(void *arg, struct http_exchange *x);
	/* A request that is no HTTP: what was answered. */
	void (*bad)(void *arg, int tag, int status, const char *why);
};

/* The callbacks, tag, base and arg are set by the caller. 0 or negative errno. */
int http_open(struct http_server *s, const struct sockaddr_in *address);
void http_close(struct http_server *s);
/* Ends every connection. */
void http_kick(struct http_server *s, const char *why);

/* NULL when absent; case does not matter. */
const char *http_header(const struct http_exchange *x, const char *name);
/* One answer header line. */
void http_add(struct http_exchange *x, const char *name, const char *value);
/* A decoded value of the query; NULL when absent. Caller frees. */
char *http_query(const struct http_exchange *x, const char *key);
const char *http_reason(int status);
