/* SPDX-License-Identifier: MIT */
/* What an answer does to those who asked, to the server's pause and to the token. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "common/log.h"
#include "daemon/cloud/fault.h"
#include "daemon/cloud/rest_internal.h"
#include "daemon/cloud/rest_read.h"
#include "daemon/io/worker.h"

#define MINUTE_MS 60000

static uint32_t chance(void)
{
	uint32_t r = 0;

	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != sizeof(r)) {
		r = UINT32_MAX / 2;
	}
	return r;
}

static void wipe_free(char *s)
{
	if (s != NULL) {
		explicit_bzero(s, strlen(s));
		free(s);
	}
}

static void on_readmit(struct rest *r, struct rest_gate *g)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &r->calls) {
		struct rest_call *c = container_of(pos, struct rest_call, link);

		if (c->waiting && c->gate == g) {
			c->waiting = false;
			loop_defer(r->loop, &c->turn);
		}
	}
}

void rest_probe_end(struct rest_call *c)
{
	if (c->gate != NULL && c->gate->probe == c) {
		c->gate->probe = NULL;
		on_readmit(c->rest, c->gate);
	}
}

/* c is out of all lists and gone afterwards, and with it maybe rest. */
static void deliver(struct rest_call *c, const struct rest_answer *a)
{
	if (c->fn != NULL) {
		c->fn(c->arg, a);
	}
	if (c->rest != NULL) {
		c->rest->delivering = NULL;
	}
	rest_call_free(c);
}

void rest_deliver_refusal(struct rest_call *c, int64_t again_ms)
{
	struct rest_answer a = {.error = c->error, .vendor_code = -1, .retry_after_ms = again_ms};

	list_del(&c->link);
	c->rest->delivering = c;
	deliver(c, &a);
}

void rest_duration(int64_t ms, char buf[static 24])
{
	if (ms <= 2 * MINUTE_MS) {
		snprintf(buf, 24, "%lld s", (long long)(ms + 999) / 1000);
	} else {
		snprintf(buf, 24, "%lld min", (long long)(ms + MINUTE_MS - 1) / MINUTE_MS);
	}
}

static void log_shut(const struct rest_call *c, const struct err *e)
{
	const struct door *d = &c->gate->door;
	char wait[24];

	rest_duration(d->length_ms, wait);
	if (d->failures == 1) {
		log_warn("cloud: %s; asked again in %s", e->message, wait);
	} else {
		log_debug("cloud: %s; asked again in %s", e->message, wait);
	}
}

bool rest_is_hard(enum door_why why)
{
	return why == DOOR_LIMIT || why == DOOR_WALL;
}

/* Several that were under way when the trouble began are one failure; a human's try during a pause
 * is none. */
static bool counts(const struct rest_call *c, enum door_why why)
{
	const struct door *d = &c->gate->door;

	if (rest_is_hard(why) && !rest_is_hard(d->why)) {
		return true;
	}
	return !c->login_try && c->failures == d->failures;
}

static void take_outcome(struct rest_call *c, const struct fault *f, bool asked)
{
	struct rest *r = c->rest;
	struct rest_gate *g = c->gate;

	if (g == NULL || !asked) {
		return;
	}
	if (f->why == DOOR_OPEN) {
		/* What was sent before the server turned others away proves nothing. */
		bool older = rest_is_hard(g->door.why) && c->failures != g->door.failures;

		if (g->door.failures > 0 && !older) {
			log_info("cloud: answers again");
			door_open(&g->door);
			g->login_used = false;
			rest_save(r);
		}
	} else if (counts(c, f->why)) {
		door_shut(&g->door, f->why, f->retry_after_ms, loop_now_ms(r->loop), chance());
		g->login_used = false;
		log_shut(c, &f->error);
		rest_save(r);
	}
}

static void take_death(struct rest_call *c, const struct fault *f)
{
	struct rest *r = c->rest;

	if (f->dead && c->token_number == r->token_number && !r->token_dead) {
		r->token_dead = true;
		log_warn("cloud: the token is dead; sign in again: bambuctl login");
		if (r->dead_fn != NULL) {
			r->dead_fn(r->dead_arg);
		}
	}
}

/* c is gone afterwards, and with it maybe rest. */
static void settle(struct rest_call *c, const struct http_answer *h, const struct fault *f)
{
	struct rest *r = c->rest;
	char *token = rest_cookie(h, "token"), *csrf = rest_cookie(h, "bbl_csrf_token");
	struct rest_answer a = {.error = f->error,
	    .status = h->status,
	    .vendor_code = f->vendor_code,
	    .body = f->body,
	    .text = c->unread && f->error.type == ERR_NONE ? h->body : NULL,
	    .text_len = h->body_len,
	    .cookie_token = token,
	    .cookie_csrf = csrf,
	    .retry_after_ms = f->retry_after_ms};

	list_del(&c->link);
	r->delivering = c;
	rest_count(r, c, h->status);
	take_outcome(c, f, h->fault != HTTP_FAULT_URL && h->fault != HTTP_FAULT_LIBRARY);
	rest_probe_end(c);
	take_death(c, f);
	deliver(c, &a);
	wipe_free(token);
	wipe_free(csrf);
}

static void on_read(void *arg, const struct http_answer *h, const struct fault *f)
{
	struct rest_call *c = arg;

	c->read = NULL;
	settle(c, h, f);
}

/* Without a thread the loop does it. */
static bool read_elsewhere(struct rest_call *c, const struct fault_input *in)
{
	struct rest *r = c->rest;

	if (c->unread || in->answer->body_len <= REST_READ_HERE_MAX) {
		return false;
	}
	if (r->readers == NULL) {
		r->readers = worker_pool_create(r->loop, 1);
	}
	if (r->readers == NULL) {
		return false;
	}
	c->read = rest_read_start(r->readers, in, on_read, c);
	return true;
}

void rest_on_http(void *arg, const struct http_answer *h)
{
	struct rest_call *c = arg;
	struct fault_input in = {.answer = h,
	    .token_sent = c->token_sent,
	    .json_only = c->host == REST_API,
	    .unread = c->unread,
	    .wall_ms = loop_wall_ms(c->rest->loop)};
	struct fault f;

	c->http = NULL;
	if (!read_elsewhere(c, &in)) {
		fault_read(&in, &f);
		settle(c, h, &f);
		json_object_put(f.body);
	}
}
