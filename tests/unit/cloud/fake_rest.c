/* SPDX-License-Identifier: MIT */
/* The REST interface without a network: a test sees what is asked and says what is answered. */
#include "tests/unit/cloud/fake_rest.h"

#include <assert.h>
#include <string.h>

#include "common/json.h"
#include "common/jw.h"
#include "common/secret.h"
#include "common/util.h"

struct rest_call {
	struct list link;
	struct fake_asked asked;
	rest_fn fn;
	void *arg;
};

struct rest {
	struct list calls;
	struct secret *token;
	unsigned count;
	const char *cookie_token, *cookie_csrf;
	int64_t blocked_ms, retry_after_ms;
};

struct rest *fake_rest_create(void)
{
	struct rest *r = xcalloc(1, sizeof(*r));

	list_init(&r->calls);
	r->retry_after_ms = -1;
	return r;
}

void fake_rest_destroy(struct rest *r)
{
	assert(list_empty(&r->calls));
	secret_destroy(r->token);
	free(r);
}

static struct rest_call *oldest(const struct rest *r)
{
	return list_empty(&r->calls) ? NULL : container_of(r->calls.next, struct rest_call, link);
}

const struct fake_asked *fake_rest_asked(const struct rest *r)
{
	struct rest_call *c = oldest(r);

	return c ? &c->asked : NULL;
}

unsigned fake_rest_count(const struct rest *r)
{
	return r->count;
}

static void answer(struct rest *r, struct rest_answer *a)
{
	struct rest_call *c = oldest(r);

	assert(c);
	a->cookie_token = TAKE(r->cookie_token);
	a->cookie_csrf = TAKE(r->cookie_csrf);
	a->retry_after_ms = r->retry_after_ms;
	r->retry_after_ms = -1;
	list_del(&c->link);
	c->fn(c->arg, a);
	free(c);
}

void fake_rest_answer(struct rest *r, int status, const char *body)
{
	_cleanup_json_ json_object *o = NULL;
	struct rest_answer a = {.status = status, .vendor_code = -1};
	int64_t code;

	if (body) {
		assert(json_parse(body, strlen(body), 16, &o) == 0);
	}
	a.body = o;
	a.text = body;
	a.text_len = body ? strlen(body) : 0;
	if (o && json_get_i64(o, "code", &code)) {
		a.vendor_code = (int)code;
	}
	if (status >= 400) {
		err_set(&a.error, ERR_CLOUD_ERROR, "HTTP %d", status);
	}
	if (status == 401 && a.vendor_code == 4) {
		err_set(&a.error, ERR_TOKEN_DEAD, "the token is dead");
	}
	answer(r, &a);
}

void fake_rest_fail(struct rest *r, enum err_type type)
{
	struct rest_answer a = {.vendor_code = -1};

	err_set(&a.error, type, "%s", err_name(type));
	answer(r, &a);
}

void fake_rest_cookies(struct rest *r, const char *token, const char *csrf)
{
	r->cookie_token = token;
	r->cookie_csrf = csrf;
}

void fake_rest_retry_after(struct rest *r, int64_t ms)
{
	r->retry_after_ms = ms;
}

void fake_rest_block(struct rest *r, int64_t ms)
{
	r->blocked_ms = ms;
}

/* ---- the interface ---- */

void rest_set_token(struct rest *r, const struct secret *token)
{
	secret_destroy(r->token);
	r->token = secret_dup(token);
}

struct rest_call *rest_start(struct rest *r, const struct rest_request *q, rest_fn fn, void *arg)
{
	struct rest_call *c = xcalloc(1, sizeof(*c));

	c->fn = fn;
	c->arg = arg;
	c->asked.host = q->host;
	c->asked.anonymous = q->anonymous;
	str_copy(c->asked.method, sizeof(c->asked.method), q->method);
	str_copy(c->asked.path, sizeof(c->asked.path), q->path);
	str_copy(c->asked.token, sizeof(c->asked.token), r->token ? secret_reveal(r->token) : "");
	if (q->query) {
		str_copy(c->asked.query, sizeof(c->asked.query),
		    json_object_to_json_string_ext(q->query, JSON_C_TO_STRING_PLAIN));
	}
	if (q->body) {
		str_copy(c->asked.body, sizeof(c->asked.body),
		    json_object_to_json_string_ext(q->body, JSON_C_TO_STRING_PLAIN));
	}
	for (size_t i = 0; q->headers && q->headers[i] && i < 2; i++) {
		str_copy(c->asked.header[i], sizeof(c->asked.header[i]), q->headers[i]);
	}
	list_add_tail(&r->calls, &c->link);
	r->count++;
	return c;
}

void rest_cancel(struct rest_call *c)
{
	if (c) {
		list_del(&c->link);
		free(c);
	}
}

int64_t rest_blocked_ms(const struct rest *r)
{
	return r->blocked_ms;
}

json_object *rest_payload(json_object *body, const char *key)
{
	json_object *value = NULL, *data = json_get_obj(body, "data");

	if (!json_object_object_get_ex(body, key, &value) && data) {
		json_object_object_get_ex(data, key, &value);
	}
	return value;
}

const char *rest_ca_file(const struct rest *r)
{
	return NULL;
}

void rest_write_limits(const struct rest *r, struct jw *w)
{
	jw_array(w, "buckets");
	jw_array_end(w);
}
