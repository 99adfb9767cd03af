/* SPDX-License-Identifier: MIT */
/* http without a network, in the place of the real one: keeps what was asked, and is told what the
 * answers are. */
#include "tests/unit/cloud/fake_http.h"

#include <stdio.h>
#include <string.h>

#include "common/secret.h"
#include "common/util.h"
#include "daemon/io/loop.h"

struct http_call {
	struct http *http;
	http_fn fn;
	void *arg;
	struct list link;
};

struct http {
	struct loop *loop;
	struct loop_deferred turn;
	const struct fake_answer *script;
	struct list open;
	unsigned sent;
	char url[1024], method[16], headers[4096], bearer[256], body[1024];
};

static void on_turn(void *arg)
{
	struct http *h = arg;

	while (h->script != NULL && fake_http_answer(h, h->script)) {
	}
}

struct http *fake_http_create(struct loop *l)
{
	struct http *h = xcalloc(1, sizeof(*h));

	h->loop = l;
	list_init(&h->open);
	loop_deferred_init(&h->turn, on_turn, h);
	return h;
}

void fake_http_destroy(struct http *h)
{
	while (!list_empty(&h->open)) {
		http_cancel(container_of(h->open.next, struct http_call, link));
	}
	loop_deferred_cancel(&h->turn);
	free(h);
}

void fake_http_script(struct http *h, const struct fake_answer *a)
{
	h->script = a;
	loop_defer(h->loop, &h->turn);
}

bool fake_http_answer(struct http *h, const struct fake_answer *a)
{
	struct http_answer answer = {.fault = a->fault,
	    .text = a->fault != HTTP_OK ? "the network failed" : "",
	    .status = a->status,
	    .body = a->body != NULL ? a->body : "",
	    .body_len = a->body != NULL ? strlen(a->body) : 0,
	    .headers = a->headers};
	struct http_call *c;

	if (list_empty(&h->open)) {
		return false;
	}
	while (answer.header_count < ARRAY_SIZE(a->headers) &&
	       a->headers[answer.header_count].name != NULL) {
		answer.header_count++;
	}
	c = container_of(h->open.next, struct http_call, link);
	list_del(&c->link);
	c->fn(c->arg, &answer);
	free(c);
	return true;
}

struct http_call *http_start(struct http *h, const struct http_request *r, http_fn fn, void *arg)
{
	struct http_call *c = xcalloc(1, sizeof(*c));
	size_t used = 0;

	c->http = h;
	c->fn = fn;
	c->arg = arg;
	list_add_tail(&h->open, &c->link);
	h->sent++;
	str_copy(h->url, sizeof(h->url), r->url);
	str_copy(h->method, sizeof(h->method), r->method);
	str_copy(h->bearer, sizeof(h->bearer), r->bearer != NULL ? secret_reveal(r->bearer) : "");
	str_copy(h->body, sizeof(h->body), r->body != NULL ? r->body : "");
	h->headers[0] = '\0';
	for (size_t i = 0; r->headers != NULL && r->headers[i] != NULL; i++) {
		used += (size_t)snprintf(
		    h->headers + used, sizeof(h->headers) - used, "%s\n", r->headers[i]);
	}
	loop_defer(h->loop, &h->turn);
	return c;
}

void http_cancel(struct http_call *c)
{
	if (c != NULL) {
		list_del(&c->link);
		free(c);
	}
}

const char *http_header_value(const struct http_answer *a, const char *name)
{
	for (size_t i = 0; i < a->header_count; i++) {
		if (strcmp(a->headers[i].name, name) == 0) {
			return a->headers[i].value;
		}
	}
	return NULL;
}

unsigned fake_http_sent(const struct http *h)
{
	return h->sent;
}

unsigned fake_http_open(const struct http *h)
{
	unsigned n = 0;

	for (const struct list *l = h->open.next; l != &h->open; l = l->next) {
		n++;
	}
	return n;
}

const char *fake_http_url(const struct http *h)
{
	return h->url;
}

const char *fake_http_method(const struct http *h)
{
	return h->method;
}

const char *fake_http_headers(const struct http *h)
{
	return h->headers;
}

const char *fake_http_bearer(const struct http *h)
{
	return h->bearer;
}

const char *fake_http_body(const struct http *h)
{
	return h->body;
}
