/* SPDX-License-Identifier: MIT */
/* HTTPS requests on the loop: verified, no redirects, everything bounded. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http;
struct http_call;
struct loop;
struct secret;

#define HTTP_BODY_MAX (4u * 1024 * 1024) /* of an answer, when body_max is 0 */
#define HTTP_TIMEOUT_MS 30000		 /* when timeout_ms is 0 */
#define HTTP_CALLS_MAX 16		 /* in flight; the rest waits in order */

enum http_fault {
	HTTP_OK,	 /* an answer came, whatever its status */
	HTTP_FAULT_NAME, /* the host's name was not found */
	HTTP_FAULT_CONNECT,
	HTTP_FAULT_TLS,
	HTTP_FAULT_TIMEOUT,
	HTTP_FAULT_TOO_LARGE,
	HTTP_FAULT_BROKEN,  /* not HTTP, or it ended in the middle */
	HTTP_FAULT_URL,	    /* not https://, or unreadable */
	HTTP_FAULT_LIBRARY, /* libcurl cannot be loaded */
	HTTP_FAULT_COUNT
};

/* Copied. */
struct http_request {
	const char *method;	     /* GET POST PUT DELETE PATCH HEAD */
	const char *url;	     /* https:// alone */
	const char *const *headers;  /* "Name: value", NULL-terminated; NULL: none */
	const struct secret *bearer; /* Authorization; goes nowhere but to the host of url */
	const char *body;
	size_t body_len;
	const char *ca_file; /* more anchors beside the system's; NULL: none */
	size_t body_max;
	int64_t timeout_ms; /* from the start to the end */
	bool public_only;   /* connects to no address that address_is_public refuses */
};

struct http_header {
	const char *name, *value; /* the name in lower case */
};

/* Good for the call of http_fn. */
struct http_answer {
	enum http_fault fault;
	bool address_refused; /* with HTTP_FAULT_CONNECT: by public_only */
	const char *text;     /* of a fault, for people; without the query of the URL */
	int status;	      /* 0 unless HTTP_OK */
	const char *body;     /* NUL-terminated beyond body_len */
	size_t body_len;
	const struct http_header *headers; /* in the order they came, at most 64 */
	size_t header_count;
};

/* Once, from the loop, never before http_start returns. */
typedef void (*http_fn)(void *arg, const struct http_answer *a);

/* curl is loaded with the first request. */
struct http *http_create(struct loop *l);
/* No callback follows. NULL is fine. */
void http_destroy(struct http *h);
struct http_call *http_start(struct http *h, const struct http_request *r, http_fn fn, void *arg);
/* fn is not called. NULL is fine. */
void http_cancel(struct http_call *c);
/* First of that name (lower case), or NULL. */
const char *http_header_value(const struct http_answer *a, const char *name);
