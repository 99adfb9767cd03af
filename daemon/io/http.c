/* SPDX-License-Identifier: MIT */
/* HTTPS requests on the loop: curl's multi interface over libevent, in order and bounded. */
#include "daemon/io/http.h"

#include <event2/event_struct.h>
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "daemon/io/curl_lib.h"
#include "daemon/io/http_internal.h"

/* One socket that curl looks at. */
struct watch {
	struct http *http;
	struct event ev;
};

static void call_free(struct http_call *c)
{
	loop_timer_stop(&c->deadline);
	list_del(&c->link);
	http_call_finish(c);
	free(c);
}

/* The answer goes out in a round of its own: nothing of curl is on the stack then. */
static void call_end(struct http_call *c, enum http_fault fault)
{
	struct http *h = c->http;

	loop_timer_stop(&c->deadline);
	if (c->running) {
		curl_multi_remove_handle(h->multi, c->easy);
		c->running = false;
		h->running--;
	}
	c->fault = fault;
	list_del(&c->link);
	list_add_tail(&h->ended, &c->link);
	loop_defer(h->loop, &h->turn);
}

static void call_run(struct http_call *c)
{
	struct http *h = c->http;

	list_del(&c->link);
	list_add_tail(&h->active, &c->link);
	if (curl_multi_add_handle(h->multi, c->easy) != CURLM_OK) {
		str_copy(c->text, sizeof(c->text), "the request could not be made");
		call_end(c, HTTP_FAULT_BROKEN);
		return;
	}
	c->running = true;
	h->running++;
}

static void run_waiting(struct http *h)
{
	while (h->running < HTTP_CALLS_MAX && !list_empty(&h->waiting)) {
		call_run(container_of(h->waiting.next, struct http_call, link));
	}
}

/* False when the callback destroyed us. */
static bool deliver(struct http_call *c)
{
	struct http *h = c->http;
	struct http_answer a;
	bool gone = false;

	http_call_answer(c, &a);
	c->delivering = true;
	list_del(&c->link);
	h->gone = &gone;
	c->fn(c->arg, &a);
	if (!gone) {
		h->gone = NULL;
	}
	call_free(c);
	return !gone;
}

/* What ends meanwhile waits for the next round. */
static void on_turn(void *arg)
{
	struct http *h = arg;
	size_t count = 0;

	for (struct list *l = h->ended.next; l != &h->ended; l = l->next) {
		count++;
	}
	while (count-- > 0 && !list_empty(&h->ended)) {
		if (!deliver(container_of(h->ended.next, struct http_call, link))) {
			return;
		}
	}
	if (!list_empty(&h->ended)) {
		loop_defer(h->loop, &h->turn);
	}
	run_waiting(h);
}

static void read_ends(struct http *h)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(h->multi, &left)) != NULL) {
		struct http_call *c = NULL;
		CURLcode code = m->data.result;

		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&c);
		call_end(c, http_call_fault(c, code));
	}
}

static void act(struct http *h, curl_socket_t fd, int what)
{
	int left;

	curl_multi_socket_action(h->multi, fd, what, &left);
	read_ends(h);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;

	act(w->http, fd,
	    (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

/* curl counts in real time, whatever clock the loop has. */
static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int on_want_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct http *h = arg;
	struct timeval tv = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};

	event_del(&h->timer);
	if (timeout_ms >= 0) {
		event_add(&h->timer, &tv);
	}
	return 0;
}

static int on_want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct http *h = arg;
	struct watch *w = socket_arg;

	if (w != NULL) {
		event_del(&w->ev);
	}
	if (what == CURL_POLL_REMOVE) {
		curl_multi_assign(h->multi, fd, NULL);
		free(w);
		return 0;
	}
	if (w == NULL) {
		w = xcalloc(1, sizeof(*w));
		w->http = h;
		curl_multi_assign(h->multi, fd, w);
	}
	event_assign(&w->ev, loop_base(h->loop), fd,
	    (short)((what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0) |
		    EV_PERSIST),
	    on_socket, w);
	event_add(&w->ev, NULL);
	return 0;
}

struct http *http_create(struct loop *l)
{
	struct http *h = xcalloc(1, sizeof(*h));

	h->loop = l;
	list_init(&h->waiting);
	list_init(&h->active);
	list_init(&h->ended);
	list_init(&h->anchors);
	loop_deferred_init(&h->turn, on_turn, h);
	event_assign(&h->timer, loop_base(l), -1, 0, on_timer, h);
	return h;
}

/* With the first request. 0, or -ELIBACC with *e. */
static int multi_start(struct http *h, struct err *e)
{
	int error;

	if (h->multi != NULL) {
		return 0;
	}
	error = curl_lib_load(e);
	if (error < 0) {
		return error;
	}
	h->multi = curl_multi_init();
	if (h->multi == NULL) {
		abort();
	}
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_want_socket);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_want_timer);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)HTTP_CALLS_MAX);
	return 0;
}

static void free_all(struct list *calls)
{
	while (!list_empty(calls)) {
		http_cancel(container_of(calls->next, struct http_call, link));
	}
}

void http_destroy(struct http *h)
{
	if (h == NULL) {
		return;
	}
	if (h->gone != NULL) {
		*h->gone = true;
	}
	free_all(&h->waiting);
	free_all(&h->active);
	free_all(&h->ended);
	loop_deferred_cancel(&h->turn);
	if (h->multi != NULL) {
		curl_multi_cleanup(h->multi);
	}
	event_del(&h->timer);
	http_anchors_free(h);
	free(h);
}

static void on_deadline(void *arg)
{
	struct http_call *c = arg;

	snprintf(c->text, sizeof(c->text), "%s did not answer within %lld s", c->host,
	    (long long)(c->timeout_ms + 999) / 1000);
	call_end(c, HTTP_FAULT_TIMEOUT);
}

struct http_call *http_start(struct http *h, const struct http_request *r, http_fn fn, void *arg)
{
	struct http_call *c = xcalloc(1, sizeof(*c));
	enum http_fault fault;
	struct err e;

	c->http = h;
	c->fn = fn;
	c->arg = arg;
	c->timeout_ms = r->timeout_ms > 0 ? r->timeout_ms : HTTP_TIMEOUT_MS;
	list_init(&c->link);
	list_add_tail(&h->waiting, &c->link);
	loop_timer_init(&c->deadline, h->loop, on_deadline, c);
	if (multi_start(h, &e) < 0) {
		str_copy(c->text, sizeof(c->text), e.message);
		fault = HTTP_FAULT_LIBRARY;
	} else {
		fault = http_call_prepare(c, r);
	}
	if (fault != HTTP_OK) {
		call_end(c, fault);
		return c;
	}
	loop_timer_start(&c->deadline, c->timeout_ms);
	run_waiting(h);
	return c;
}

void http_cancel(struct http_call *c)
{
	struct http *h;

	if (c == NULL || c->delivering) {
		return;
	}
	h = c->http;
	if (c->running) {
		curl_multi_remove_handle(h->multi, c->easy);
		h->running--;
		loop_defer(h->loop, &h->turn);
	}
	call_free(c);
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
