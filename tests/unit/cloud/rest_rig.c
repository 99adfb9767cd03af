/* SPDX-License-Identifier: MIT */
/* A REST client over http without a network, on a clock of the test's own, that writes down what it
 * was told. */
#include "tests/unit/cloud/rest_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "common/secret.h"
#include "common/util.h"

#define HTML "<!DOCTYPE html><title>Just a moment...</title>"

const struct fake_answer fake_fine = {.status = 200, .body = "{\"word\":\"yes\"}"};
const struct fake_answer fake_broken = {.status = 503, .body = "{}"};
const struct fake_answer fake_silent = {.fault = HTTP_FAULT_TIMEOUT};
const struct fake_answer fake_wall = {
    .status = 403, .body = HTML, .headers = {{"content-type", "text/html"}}};
const struct fake_answer fake_often = {.status = 429, .body = "{}"};
const struct fake_answer fake_dead = {
    .status = 401, .body = "{\"code\":4,\"error\":\"Please login.\"}"};

static int64_t rig_now(void *arg)
{
	return ((struct rig *)arg)->now_ms;
}

static int64_t rig_wall(void *arg)
{
	return ((struct rig *)arg)->wall_ms;
}

static void on_dead(void *arg)
{
	struct rig *r = arg;

	r->deaths++;
	if (r->on_death != NULL) {
		r->on_death(r);
	}
}

static void configure(struct rig *r)
{
	assert_int_equal(rest_set_config(r->rest,
			     &(struct rest_config){.api_url = "https://api.example",
				 .web_url = "https://web.example",
				 .user_agent = "bambud/test",
				 .state_dir = r->dir},
			     NULL),
	    0);
}

void rig_open(struct rig *r)
{
	r->rest = rest_create(r->loop, r->http, on_dead, r);
	configure(r);
	rest_set_token(r->rest, r->token);
}

int rig_setup(void **state)
{
	struct rig *r = xcalloc(1, sizeof(*r));

	r->now_ms = 5000000;
	r->wall_ms = 1800000000000;
	str_copy(r->dir, sizeof(r->dir), "/tmp/bambud-test-rest-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	r->loop = loop_create(&(struct loop_clock){rig_now, rig_wall, r});
	r->http = fake_http_create(r->loop);
	r->token = secret_create("tok-123", 7);
	rig_open(r);
	*state = r;
	return 0;
}

static void empty_dir(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;

	while ((e = readdir(d)) != NULL) {
		unlinkat(dirfd(d), e->d_name, 0);
	}
	closedir(d);
}

int rig_teardown(void **state)
{
	struct rig *r = *state;

	rest_destroy(r->rest);
	fake_http_destroy(r->http);
	loop_destroy(r->loop);
	secret_destroy(r->token);
	empty_dir(r->dir);
	assert_int_equal(rmdir(r->dir), 0);
	free(r);
	return 0;
}

void rig_pass(struct rig *r, int64_t ms)
{
	r->now_ms += ms;
	r->wall_ms += ms;
}

void rig_turn(struct rig *r)
{
	for (int i = 0; i < 6; i++) {
		loop_turn(r->loop, false);
	}
}

static void on_answer(void *arg, const struct rest_answer *a)
{
	struct rig *r = arg;
	const char *word = json_object_get_string(rest_payload(a->body, "word"));

	r->answers++;
	r->error = a->error;
	r->parsed = a->body != NULL;
	str_copy(r->text, sizeof(r->text), a->text != NULL ? a->text : "");
	r->status = a->status;
	r->code = a->vendor_code;
	r->again_ms = a->retry_after_ms;
	str_copy(r->cookie, sizeof(r->cookie), a->cookie_token != NULL ? a->cookie_token : "");
	str_copy(r->csrf, sizeof(r->csrf), a->cookie_csrf != NULL ? a->cookie_csrf : "");
	str_copy(r->words, sizeof(r->words), word != NULL ? word : "");
}

struct rest_call *rig_start(struct rig *r, const struct rest_request *q)
{
	return rest_start(r->rest, q, on_answer, r);
}

void rig_get_from(struct rig *r, enum rest_host host, enum rest_bucket bucket)
{
	rig_start(r, &(struct rest_request){
			 .method = "GET", .host = host, .path = "/v1/x", .bucket = bucket});
	rig_turn(r);
}

void rig_get(struct rig *r)
{
	rig_get_from(r, REST_API, REST_OTHER);
}

void rig_get_answered(struct rig *r, const struct fake_answer *a)
{
	unsigned before = r->answers;

	fake_http_script(r->http, a);
	rig_get(r);
	assert_int_equal(r->answers, before + 1);
}
