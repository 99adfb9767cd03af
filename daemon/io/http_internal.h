/* SPDX-License-Identifier: MIT */
/* Shared by the files of http: one call with its curl handle, and the anchors it trusts. */
#pragma once

#include <curl/curl.h>
#include <event2/event_struct.h>
#include <openssl/x509.h>

#include "daemon/io/http.h"
#include "daemon/io/loop.h"

#define HTTP_HEADERS_MAX 64
#define HTTP_HEADER_BYTES_MAX (64u * 1024) /* all lines of an answer together */

/* The system's store, and one PEM file beside it. */
struct http_anchors {
	struct list link;
	char *ca_file; /* NULL: the system's alone */
	int64_t mtime_ns, size_bytes;
	X509_STORE *store;
};

struct http {
	struct loop *loop;
	CURLM *multi; /* NULL before the first request */
	struct event timer;
	struct list waiting, active, ended, anchors;
	struct loop_deferred turn;
	unsigned running;
	bool *gone; /* while a callback runs: set when it destroys us */
};

struct http_call {
	struct list link; /* in one of the lists of http */
	struct http *http;
	http_fn fn;
	void *arg;
	struct loop_timer deadline;
	int64_t timeout_ms;

	CURL *easy;
	struct curl_slist *headers;
	X509_STORE *store;
	char *request_body;
	size_t request_body_len;
	bool running, delivering;
	bool public_only, address_refused;
	int verdict; /* of OpenSSL on the certificate */

	enum http_fault fault;
	int status;
	char host[128]; /* with its port, escaped: all that faults may say of the URL */
	char text[256]; /* of a fault */
	char *body;
	size_t body_len, body_size, body_max;
	bool too_large, body_begun;
	struct http_header seen[HTTP_HEADERS_MAX]; /* each name owns one block with the value */
	size_t seen_count, header_bytes;
};

/* Reads the request into a curl handle. HTTP_OK, or a fault with c->text. */
enum http_fault http_call_prepare(struct http_call *c, const struct http_request *r);
/* What curl's verdict means; sets c->text for a fault. */
enum http_fault http_call_fault(struct http_call *c, CURLcode code);
/* Borrows from c. */
void http_call_answer(struct http_call *c, struct http_answer *ret);
/* Wipes what came and went, and frees it. */
void http_call_finish(struct http_call *c);

/* Owned by h or by its own count: X509_STORE_free it. NULL when the file cannot be used. */
X509_STORE *http_anchors_get(struct http *h, const char *ca_file);
void http_anchors_free(struct http *h);
