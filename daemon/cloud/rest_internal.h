/* SPDX-License-Identifier: MIT */
/* Shared by the files of rest: what it keeps, and the pieces of a request. */
#pragma once

#include "common/util.h"
#include "daemon/cloud/bucket.h"
#include "daemon/cloud/door.h"
#include "daemon/cloud/rest.h"
#include "daemon/cloud/sign.h"
#include "daemon/io/http.h"
#include "daemon/io/loop.h"

#define REST_LABEL_SIZE 80
#define REST_COUNTS_MAX 96

/* Servers that are left alone apart from each other. */
enum rest_door { REST_DOOR_API, REST_DOOR_WEB, REST_DOOR_TEXT, REST_DOOR_COUNT };

struct rest_gate {
	struct door door;
	struct rest_call *probe; /* the one request after a pause; others wait for its end */
	bool login_used;	 /* a human tried during this pause */
};

struct rest_count {
	char endpoint[REST_LABEL_SIZE];
	int status;
	uint64_t count;
};

struct rest {
	struct loop *loop;
	struct http *http;
	rest_dead_fn dead_fn;
	void *dead_arg;
	char *api_url, *web_url, *ca_file, *user_agent, *state_dir;
	struct signer *signer;
	struct secret *token;
	uint64_t token_number; /* another one for each token */
	bool token_dead;
	struct bucket buckets[REST_BUCKET_COUNT];
	struct bucket total;
	bool rates_unsaved; /* said once */
	struct rest_gate gates[REST_DOOR_COUNT];
	struct list calls;
	struct rest_call *delivering;
	struct worker_pool *readers; /* NULL: none yet */
	struct rest_count counts[REST_COUNTS_MAX];
	size_t count_len;
};

struct rest_call {
	struct list link;
	struct rest *rest;
	rest_fn fn; /* NULL: cancelled */
	void *arg;
	struct loop_deferred turn;
	struct http_call *http;
	struct rest_read *read; /* of a long answer */
	struct rest_gate *gate; /* NULL: of no server that is ever left alone */
	char *method, *path, *query, *body;
	size_t body_len, body_max;
	bool unread;
	char **headers; /* of the caller, NULL-terminated */
	enum rest_host host;
	enum rest_bucket bucket;
	bool anonymous, waiting, login_try, token_sent;
	uint64_t token_number;
	unsigned failures; /* of the gate when it was sent */
	struct err error;  /* refused here */
};

/* "a=1&b=x%20y" of a flat object; NULL for none. False when it is not flat. */
bool rest_query(json_object *query, char **ret);
/* The whole URL; caller frees. NULL when the path cannot be one. */
char *rest_url(const struct rest *r, const struct rest_call *c);
/* The caller brings one of that name along. */
bool rest_has_header(const struct rest_call *c, const char *name);
/* For counters: without query, numbers and anything long. */
void rest_label(const struct rest_call *c, char label[static REST_LABEL_SIZE]);
/* Of the first Set-Cookie NAME=; caller wipes and frees, or NULL. */
char *rest_cookie(const struct http_answer *a, const char *name);
void rest_count(struct rest *r, const struct rest_call *c, int status);
/* Pauses of the state directory. */
void rest_load(struct rest *r);
void rest_save(struct rest *r);
/* Requests that count against the rates, the same way. */
void rest_load_rates(struct rest *r);
void rest_save_rates(struct rest *r);

/* c is out of all lists and gone afterwards, and with it maybe rest. */
void rest_deliver_refusal(struct rest_call *c, int64_t again_ms);
/* An http_fn for a rest_call. */
void rest_on_http(void *arg, const struct http_answer *h);
/* The request that went ahead is over: who waits for it goes on. */
void rest_probe_end(struct rest_call *c);
void rest_call_free(struct rest_call *c);
bool rest_is_hard(enum door_why why); /* the server itself turns us away */
void rest_duration(int64_t ms, char buf[static 24]);
