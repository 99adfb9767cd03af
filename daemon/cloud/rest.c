/* SPDX-License-Identifier: MIT */
/* The vendor's REST interface: who may ask now, what goes out with it, and what an answer does to
 * the next one. */
#include "daemon/cloud/rest.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/jw.h"
#include "common/secret.h"
#include "daemon/cloud/rest_internal.h"
#include "daemon/cloud/rest_read.h"
#include "daemon/io/worker.h"

#define MINUTE_MS 60000
#define HOUR_MS (60 * MINUTE_MS)
#define TOTAL_PER_HOUR 1000
#define HEADERS_MAX 16	/* of a caller */
#define READ_END_MS 500 /* an answer takes a tenth of it */

static const struct {
	const char *name;
	unsigned rate; /* 0: the total alone */
	int64_t per_ms;
} rates[] = {
    [REST_LOGIN] = {"login", 5, MINUTE_MS},
    [REST_DEVICE] = {"device", 10, MINUTE_MS},
    [REST_PROFILE] = {"profile", 60, MINUTE_MS},
    [REST_UPLOAD] = {"upload", 10, HOUR_MS},
    [REST_OTHER] = {"other", 0, 0},
    [REST_TEXT] = {"text", 60, HOUR_MS},
};
static_assert(ARRAY_SIZE(rates) == REST_BUCKET_COUNT, "one rate per bucket");

static void wipe_free(char *s)
{
	if (s != NULL) {
		explicit_bzero(s, strlen(s));
		free(s);
	}
}

struct rest *rest_create(struct loop *l, struct http *h, rest_dead_fn dead, void *arg)
{
	struct rest *r = xcalloc(1, sizeof(*r));

	r->loop = l;
	r->http = h;
	r->dead_fn = dead;
	r->dead_arg = arg;
	list_init(&r->calls);
	for (size_t i = 0; i < REST_BUCKET_COUNT; i++) {
		if (rates[i].rate > 0) {
			bucket_init(&r->buckets[i], rates[i].name, rates[i].rate, rates[i].per_ms);
		}
	}
	bucket_init(&r->total, "total", TOTAL_PER_HOUR, HOUR_MS);
	return r;
}

void rest_call_free(struct rest_call *c)
{
	loop_deferred_cancel(&c->turn);
	list_del(&c->link);
	free(c->method);
	free(c->path);
	free(c->query);
	wipe_free(c->body);
	for (size_t i = 0; c->headers != NULL && c->headers[i] != NULL; i++) {
		wipe_free(c->headers[i]); /* a cookie may be among them */
	}
	free(c->headers);
	free(c);
}

static void config_free(struct rest *r)
{
	free(r->api_url);
	free(r->web_url);
	free(r->ca_file);
	free(r->user_agent);
	free(r->state_dir);
	signer_destroy(r->signer);
}

void rest_destroy(struct rest *r)
{
	if (r == NULL) {
		return;
	}
	if (r->delivering != NULL) {
		r->delivering->fn = NULL;
		r->delivering->rest = NULL;
	}
	while (!list_empty(&r->calls)) {
		rest_cancel(container_of(r->calls.next, struct rest_call, link));
	}
	for (size_t i = 0; i < REST_BUCKET_COUNT; i++) {
		bucket_finish(&r->buckets[i]);
	}
	bucket_finish(&r->total);
	secret_destroy(r->token);
	worker_pool_destroy_wait(r->readers, READ_END_MS);
	config_free(r);
	free(r);
}

static bool same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

int rest_set_config(struct rest *r, const struct rest_config *c, struct err *e)
{
	struct rest old = *r;
	bool other_dir = !same(r->state_dir, c->state_dir);

	r->api_url = xstrdup(c->api_url);
	r->web_url = xstrdup(c->web_url);
	r->ca_file = xstrdup(c->ca_file);
	r->user_agent = xstrdup(c->user_agent);
	r->state_dir = xstrdup(c->state_dir);
	r->signer = NULL;
	if (old.api_url != NULL && !same(old.api_url, r->api_url)) {
		door_open(&r->gates[REST_DOOR_API].door);
	}
	if (old.web_url != NULL && !same(old.web_url, r->web_url)) {
		door_open(&r->gates[REST_DOOR_WEB].door);
	}
	config_free(&old);
	if (other_dir) {
		rest_load(r);
		rest_load_rates(r);
	}
	if (c->sign_cert_id == NULL && c->sign_key == NULL) {
		return 0;
	}
	if (c->sign_cert_id == NULL || c->sign_key == NULL) {
		err_set(e, ERR_INVALID_PARAMS, "SignCertId= and SignKey= belong together");
		return -EINVAL;
	}
	r->signer = signer_create(c->sign_cert_id, c->sign_key, e);
	return r->signer != NULL ? 0 : -EINVAL;
}

const char *rest_ca_file(const struct rest *r)
{
	return r->ca_file;
}

void rest_set_token(struct rest *r, const struct secret *token)
{
	if (token != NULL && r->token != NULL && secret_equal(token, r->token)) {
		return;
	}
	secret_destroy(r->token);
	r->token = secret_dup(token);
	r->token_number++;
	r->token_dead = false;
}

int64_t rest_blocked_ms(const struct rest *r)
{
	return door_left_ms(&r->gates[REST_DOOR_API].door, loop_now_ms(r->loop));
}

void rest_write_limits(const struct rest *r, struct jw *w)
{
	int64_t now_ms = loop_now_ms(r->loop), left_ms = rest_blocked_ms(r);

	jw_array(w, "buckets");
	for (size_t i = 0; i < REST_BUCKET_COUNT; i++) {
		if (r->buckets[i].rate > 0) {
			bucket_write(&r->buckets[i], now_ms, w);
		}
	}
	bucket_write(&r->total, now_ms, w);
	jw_array_end(w);
	jw_time(w, "blocked_until", left_ms > 0 ? loop_wall_ms(r->loop) + left_ms : -1);
	jw_str(w, "blocked_why", left_ms > 0 ? door_text(r->gates[REST_DOOR_API].door.why) : NULL);
}

static void send_request(struct rest_call *c, const char *url)
{
	struct rest *r = c->rest;
	bool api = c->host == REST_API;
	_cleanup_free_ char *agent = xasprintf("User-Agent: %s", r->user_agent);
	_cleanup_free_ char *sign =
	    api && r->signer != NULL ? signer_sign_header(r->signer, loop_wall_ms(r->loop)) : NULL;
	const char *headers[HEADERS_MAX + 6];
	size_t n = 0;

	headers[n++] = agent;
	if (c->host != REST_ABSOLUTE || c->body != NULL) {
		if (!rest_has_header(c, "Content-Type")) {
			headers[n++] = "Content-Type: application/json";
		}
		headers[n++] = "Accept: application/json";
	}
	if (sign != NULL) {
		headers[n++] = signer_cert_header(r->signer);
		headers[n++] = sign;
	}
	for (size_t i = 0; c->headers[i] != NULL; i++) {
		headers[n++] = c->headers[i];
	}
	headers[n] = NULL;
	c->token_sent = api && !c->anonymous;
	c->token_number = r->token_number;
	c->failures = c->gate != NULL ? c->gate->door.failures : 0;
	c->http = http_start(r->http,
	    &(struct http_request){.method = c->method,
		.url = url,
		.headers = headers,
		.bearer = c->token_sent ? r->token : NULL,
		.body = c->body,
		.body_len = c->body_len,
		.ca_file = r->ca_file,
		.body_max = c->body_max},
	    rest_on_http, c);
}

/* What the token alone forbids. */
static bool may_sign_in(struct rest_call *c)
{
	const struct rest *r = c->rest;

	if (c->host != REST_API || c->anonymous) {
		return true;
	}
	if (r->token == NULL) {
		err_set(&c->error, ERR_LOGIN_NEEDED, "nobody is signed in to the cloud");
	} else if (r->token_dead) {
		err_set(&c->error, ERR_TOKEN_DEAD, "the cloud no longer takes the token");
	} else {
		return true;
	}
	err_hint(&c->error, "bambuctl login");
	return false;
}

/* ms of a pause that holds the call back. */
static int64_t pause_of(struct rest_call *c)
{
	struct rest_gate *g = c->gate;
	int64_t left_ms = g != NULL ? door_left_ms(&g->door, loop_now_ms(c->rest->loop)) : 0;
	char wait[24];

	if (left_ms == 0) {
		return 0;
	}
	if (c->bucket == REST_LOGIN && !rest_is_hard(g->door.why) && !g->login_used) {
		g->login_used = true;
		c->login_try = true;
		return 0;
	}
	rest_duration(left_ms, wait);
	err_set(&c->error, rest_is_hard(g->door.why) ? ERR_CLOUD_BLOCKED : ERR_CLOUD_OFFLINE,
	    "%s; it is asked again in %s", door_text(g->door.why), wait);
	err_hint(&c->error, "wait %s", wait);
	return left_ms;
}

static int64_t rate_of(struct rest_call *c)
{
	struct rest *r = c->rest;
	int64_t now_ms = loop_now_ms(r->loop), own_ms = 0, all_ms = 0;
	const struct bucket *b = &r->buckets[c->bucket];
	char wait[24];

	if (b->rate > 0) {
		own_ms = bucket_wait_ms(b, now_ms);
	}
	if (c->bucket != REST_TEXT) {
		all_ms = bucket_wait_ms(&r->total, now_ms);
	}
	if (own_ms == 0 && all_ms == 0) {
		return 0;
	}
	if (all_ms > own_ms) {
		b = &r->total;
		own_ms = all_ms;
	}
	rest_duration(own_ms, wait);
	err_set(&c->error, ERR_RATE_LIMITED, "the cloud takes %u requests a %s (%s)", b->rate,
	    b->per, b->name);
	err_hint(&c->error, "again in %s", wait);
	return own_ms;
}

static void take_rate(struct rest_call *c)
{
	struct rest *r = c->rest;
	int64_t now_ms = loop_now_ms(r->loop);

	if (r->buckets[c->bucket].rate > 0) {
		bucket_take(&r->buckets[c->bucket], now_ms);
	}
	if (c->bucket != REST_TEXT) {
		bucket_take(&r->total, now_ms);
	}
	rest_save_rates(r);
}

/* After a pause one request goes ahead. */
static bool must_wait(struct rest_call *c)
{
	struct rest_gate *g = c->gate;

	if (g == NULL || g->door.failures == 0 || c->login_try) {
		return false;
	}
	if (g->probe != NULL) {
		return true;
	}
	g->probe = c;
	return false;
}

static void on_turn(void *arg)
{
	struct rest_call *c = arg;
	_cleanup_free_ char *url = NULL;
	int64_t wait_ms = -1;

	if (c->error.type == ERR_NONE && may_sign_in(c)) {
		wait_ms = rate_of(c);
		wait_ms = wait_ms > 0 ? wait_ms : pause_of(c);
	}
	if (c->error.type != ERR_NONE) {
		rest_deliver_refusal(c, wait_ms);
		return;
	}
	url = rest_url(c->rest, c);
	if (url == NULL) {
		err_set(&c->error, ERR_INVALID_PARAMS, "the path is not one from a slash on");
		rest_deliver_refusal(c, -1);
		return;
	}
	c->waiting = must_wait(c);
	if (!c->waiting) {
		take_rate(c);
		send_request(c, url);
	}
}

static struct rest_gate *gate_of(struct rest *r, const struct rest_request *q)
{
	switch (q->host) {
	case REST_API:
		return &r->gates[REST_DOOR_API];
	case REST_WEB:
		return &r->gates[REST_DOOR_WEB];
	case REST_ABSOLUTE:
		return q->bucket == REST_TEXT ? &r->gates[REST_DOOR_TEXT] : NULL;
	case REST_HOST_COUNT:
		break;
	}
	return NULL;
}

static void copy_headers(struct rest_call *c, const char *const *headers)
{
	size_t n = 0;

	while (headers != NULL && headers[n] != NULL) {
		n++;
	}
	if (n > HEADERS_MAX) {
		err_set(&c->error, ERR_INVALID_PARAMS, "more than %d headers", HEADERS_MAX);
		n = 0;
	}
	c->headers = xcalloc(n + 1, sizeof(*c->headers));
	for (size_t i = 0; i < n; i++) {
		c->headers[i] = xstrdup(headers[i]);
	}
}

struct rest_call *rest_start(struct rest *r, const struct rest_request *q, rest_fn fn, void *arg)
{
	struct rest_call *c = xcalloc(1, sizeof(*c));

	c->rest = r;
	c->fn = fn;
	c->arg = arg;
	c->gate = gate_of(r, q);
	c->method = xstrdup(q->method);
	c->path = xstrdup(q->path);
	c->host = q->host;
	c->bucket = q->bucket;
	c->anonymous = q->anonymous;
	c->body_max = q->body_max;
	c->unread = q->unread;
	copy_headers(c, q->headers);
	if (!rest_query(q->query, &c->query)) {
		err_set(&c->error, ERR_INVALID_PARAMS, "the query is not a flat object");
	}
	if (q->body != NULL) {
		c->body = xstrdup(json_object_to_json_string_ext(
		    q->body, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
		c->body_len = strlen(c->body);
	}
	list_init(&c->link);
	list_add_tail(&r->calls, &c->link);
	loop_deferred_init(&c->turn, on_turn, c);
	loop_defer(r->loop, &c->turn);
	return c;
}

void rest_cancel(struct rest_call *c)
{
	if (c == NULL) {
		return;
	}
	if (c->rest == NULL || c->rest->delivering == c) {
		c->fn = NULL;
		return;
	}
	http_cancel(c->http);
	rest_read_cancel(c->rest->readers, c->read);
	c->http = NULL;
	rest_probe_end(c);
	rest_call_free(c);
}
