/* SPDX-License-Identifier: MIT */
/* A hook's request: the event posted to a web server, three times if need be. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "common/log.h"
#include "common/secret.h"
#include "common/util.h"
#include "daemon/bridge/hook_config.h"
#include "daemon/bridge/hook_event.h"
#include "daemon/bridge/hook_run.h"
#include "daemon/io/backoff.h"
#include "daemon/io/http.h"
#include "daemon/io/loop.h"

enum {
	TRIES = 3,
	RETRY_BASE_MS = 1000,
	RETRY_CAP_MS = 8000,
	WAIT_MAX_MS = 5 * 60 * 1000, /* what a server may ask for */
	ANSWER_MAX = 64 * 1024,
};

struct hook_post {
	struct loop *loop;
	struct http *http;
	struct http_call *call; /* NULL: it rests */
	char *name;
	struct secret *url, *token; /* a reload may change the hook's meanwhile */
	char *ca_file;
	bool allow_private;
	int64_t timeout_ms;
	char *body;
	size_t body_len;
	hook_done_fn done;
	void (*rests)(void *arg);
	void *arg;
	unsigned tries;
	struct backoff backoff;
	struct loop_timer again;
};

void hook_post_stop(struct hook_post *p)
{
	if (!p) {
		return;
	}
	http_cancel(p->call);
	loop_timer_stop(&p->again);
	free(p->name);
	secret_destroy(p->url);
	secret_destroy(p->token);
	free(p->ca_file);
	free(p->body);
	free(p);
}

bool hook_post_resting(const struct hook_post *p)
{
	return !p->call;
}

/* ---- what an answer means ---- */

static bool may_pass(const struct http_answer *a)
{
	switch (a->fault) {
	case HTTP_OK:
		return a->status == 408 || a->status == 425 || a->status == 429 || a->status >= 500;
	case HTTP_FAULT_CONNECT:
		return !a->address_refused;
	case HTTP_FAULT_NAME:
	case HTTP_FAULT_TIMEOUT:
	case HTTP_FAULT_BROKEN:
		return true;
	case HTTP_FAULT_TLS:
	case HTTP_FAULT_TOO_LARGE:
	case HTTP_FAULT_URL:
	case HTTP_FAULT_LIBRARY:
	case HTTP_FAULT_COUNT:
		break;
	}
	return false;
}

/* Seconds, or a date. -1: none that can be read. */
static int64_t asked_wait_ms(const struct hook_post *p, const struct http_answer *a)
{
	const char *text = http_header_value(a, "retry-after"), *rest;
	struct tm tm = {0};
	int64_t seconds, wait_ms;

	if (!text) {
		return -1;
	}
	if (parse_i64(text, 0, INT32_MAX, &seconds) == 0) {
		return seconds * 1000;
	}
	rest = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	if (!rest || *rest) {
		return -1;
	}
	wait_ms = (int64_t)timegm(&tm) * 1000 - loop_wall_ms(p->loop);
	return wait_ms > 0 ? wait_ms : 0;
}

static void judge(const struct http_answer *a, struct hook_verdict *ret)
{
	*ret = (struct hook_verdict){.code = -1};
	if (a->fault != HTTP_OK) {
		str_copy(ret->reason, sizeof(ret->reason), a->text);
		return;
	}
	ret->code = a->status;
	ret->ok = a->status >= 200 && a->status < 300;
	snprintf(ret->reason, sizeof(ret->reason),
	    a->status >= 300 && a->status < 400
		? "the server answers with status %d and points elsewhere, which is not followed"
		: "the server answers with status %d",
	    a->status);
}

static void finish(struct hook_post *p, const struct hook_verdict *v)
{
	hook_done_fn done = p->done;
	void *arg = p->arg;

	hook_post_stop(p);
	done(arg, v);
}

static uint32_t draw(void)
{
	uint32_t r = 0;

	return getrandom(&r, sizeof(r), GRND_NONBLOCK) == sizeof(r) ? r : 0;
}

static void on_answer(void *arg, const struct http_answer *a)
{
	struct hook_post *p = arg;
	int64_t wait_ms = asked_wait_ms(p, a);
	struct hook_verdict v;

	p->call = NULL;
	judge(a, &v);
	if (v.ok || !may_pass(a) || p->tries == TRIES) {
		finish(p, &v);
		return;
	}
	if (wait_ms > WAIT_MAX_MS) {
		size_t len = strlen(v.reason);

		snprintf(v.reason + len, sizeof(v.reason) - len,
		    " and wants to be asked again in %lld s only", (long long)wait_ms / 1000);
		finish(p, &v);
		return;
	}
	wait_ms = wait_ms >= 0 ? wait_ms : backoff_next_ms(&p->backoff, draw());
	log_debug("hook %s: %s; next try in %lld ms", p->name, v.reason, (long long)wait_ms);
	loop_timer_start(&p->again, wait_ms);
	p->rests(p->arg);
}

static void on_again(void *arg)
{
	static const char *const headers[] = {
	    "Content-Type: application/json", "User-Agent: bambud/" BAMBUD_VERSION, NULL};
	struct hook_post *p = arg;
	struct http_request r = {
	    .method = "POST",
	    .url = secret_reveal(p->url),
	    .headers = headers,
	    .bearer = p->token,
	    .body = p->body,
	    .body_len = p->body_len,
	    .ca_file = p->ca_file,
	    .body_max = ANSWER_MAX,
	    .timeout_ms = p->timeout_ms,
	    .public_only = !p->allow_private,
	};

	p->tries++;
	p->call = http_start(p->http, &r, on_answer, p);
}

struct hook_post *hook_post_start(struct loop *l, struct http *http, const struct hook_config *c,
    const struct hook_event *e, hook_done_fn done, void (*rests)(void *arg), void *arg)
{
	struct hook_post *p = xcalloc(1, sizeof(*p));

	p->loop = l;
	p->http = http;
	p->name = xstrdup(c->name);
	p->url = c->url ? secret_create(c->url, strlen(c->url)) : secret_dup(c->secret_url);
	p->token = secret_dup(c->token);
	p->ca_file = xstrdup(c->ca_file);
	p->allow_private = c->allow_private;
	p->timeout_ms = c->timeout_ms;
	p->body = hook_event_json(e, c->name, &p->body_len);
	p->done = done;
	p->rests = rests;
	p->arg = arg;
	backoff_init(&p->backoff, RETRY_BASE_MS, RETRY_CAP_MS);
	loop_timer_init(&p->again, l, on_again, p);
	on_again(p);
	return p;
}
