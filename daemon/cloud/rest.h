/* SPDX-License-Identifier: MIT */
/* The vendor's REST interface: hosts of a region, token, signature, rate buckets, backoff, and one
 * error taxonomy (bambu.md 1; seed-inventory 1, 8). */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct http;
struct jw;
struct loop;
struct rest;
struct rest_call;
struct secret;

/* Each at the strictest documented rate (seed-inventory 8.8 to 8.10, trap 12). */
enum rest_bucket {
	REST_LOGIN,   /* 5 a minute */
	REST_DEVICE,  /* 10 a minute */
	REST_PROFILE, /* 60 a minute */
	REST_UPLOAD,  /* 10 an hour */
	REST_OTHER,   /* only the total: 1,000 an hour */
	REST_TEXT,    /* the text catalogue: no account, not part of the total */
	REST_BUCKET_COUNT
};
enum rest_host { REST_API, REST_WEB, REST_ABSOLUTE, REST_HOST_COUNT };

/* Copied. */
struct rest_config {
	const char *api_url, *web_url; /* without a slash at the end */
	const char *ca_file;	       /* NULL: the system's store alone */
	const char *user_agent;	       /* never NULL */
	const char *sign_cert_id;      /* NULL: requests are not signed */
	const struct secret *sign_key; /* PEM */
	const char *state_dir;	       /* backoff survives a restart there; NULL: it does not */
};

struct rest_request {
	const char *method;
	enum rest_host host;
	const char *path;   /* from the first slash; REST_ABSOLUTE: the whole URL */
	json_object *query; /* flat object or NULL; borrowed */
	json_object *body;  /* or NULL; borrowed */
	enum rest_bucket bucket;
	bool anonymous;		    /* without the token */
	const char *const *headers; /* more of them, or NULL */
	bool unread;		    /* the answer is given as text, not parsed */
	size_t body_max;	    /* 0: 4 MiB */
};

/* Good for the call. */
struct rest_answer {
	/* ERR_NONE; else cloud_blocked (Cloudflare, 429), cloud_offline (no answer, 5xx),
	 * token_dead (401 with code 4), login_needed (no token), cloud_error (everything else, with
	 * the vendor's words), rate_limited (our own buckets) with a remedy as the hint. */
	struct err error;
	int status;	   /* of HTTP, 0 when none came */
	int vendor_code;   /* "code" of the body, -1 none */
	json_object *body; /* borrowed; NULL when it was not JSON or empty */
	const char *text;  /* of an unread answer without an error, else NULL */
	size_t text_len;
	const char *cookie_token; /* value of Set-Cookie token=, or NULL */
	const char *cookie_csrf;  /* of bbl_csrf_token=, or NULL */
	int64_t retry_after_ms;	  /* -1 not said */
};
typedef void (*rest_fn)(void *arg, const struct rest_answer *a);

/* The server said that the token is dead: called once for a token, before the rest_fn. */
typedef void (*rest_dead_fn)(void *arg);

struct rest *rest_create(struct loop *l, struct http *h, rest_dead_fn dead, void *arg);
void rest_destroy(struct rest *r); /* no callback follows; NULL is fine */
/* 0; -EINVAL with *e (may be NULL) when sign_cert_id or sign_key cannot be used: the rest of the
 * configuration holds then, and requests are not signed. */
int rest_set_config(struct rest *r, const struct rest_config *c, struct err *e);
/* Anchors beside the system's, for those who talk to the cloud past us; NULL: none. Good until the
 * next rest_set_config. */
const char *rest_ca_file(const struct rest *r);
/* Copied; NULL: none. It goes to api_url alone (REST_API). A dead token is not asked about again
 * until another one, or none, was set. */
void rest_set_token(struct rest *r, const struct secret *token);
/* fn follows from the loop, never before this returns, also for what is refused here. */
struct rest_call *rest_start(struct rest *r, const struct rest_request *q, rest_fn fn, void *arg);
void rest_cancel(struct rest_call *c); /* fn is not called; NULL is fine */
/* ms until requests go out again after 429, a Cloudflare page or 5xx; 0: at once. */
int64_t rest_blocked_ms(const struct rest *r);
/* account.limits: members of the result: buckets{name,per,left,refill}, blocked_until. */
void rest_write_limits(const struct rest *r, struct jw *w);
/* {endpoint,status} counters for metrics: calls fn for each. */
void rest_each_count(const struct rest *r,
    void (*fn)(void *arg, const char *endpoint, int status, uint64_t count), void *arg);
/* The payload wherever it stands: top level, then "data" (seed-inventory trap 9). NULL when in
 * neither. Borrowed. */
json_object *rest_payload(json_object *body, const char *key);
