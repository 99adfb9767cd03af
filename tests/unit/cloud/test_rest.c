/* SPDX-License-Identifier: MIT */
/* The REST client: what goes out and with what, what is refused, and what an answer gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/jw.h"
#include "common/secret.h"
#include "common/util.h"
#include "tests/unit/cloud/rest_rig.h"

static void request_goes_to_the_host_with_token_and_query(void **state)
{
	struct rig *r = *state;
	json_object *query = json_object_new_object(), *body = json_object_new_object();

	json_object_object_add(query, "a b", json_object_new_string("x&y/\xc3\xa9"));
	json_object_object_add(query, "n", json_object_new_int(20));
	json_object_object_add(query, "none", NULL);
	json_object_object_add(body, "k", json_object_new_string("v/w"));
	fake_http_script(r->http, &fake_fine);
	rig_start(r, &(struct rest_request){.method = "POST",
			 .path = "/v1/x?y=1",
			 .query = query,
			 .body = body,
			 .bucket = REST_OTHER,
			 .headers = (const char *[]){"x-mine: 1", NULL}});
	assert_int_equal(r->answers, 0);
	rig_turn(r);
	assert_int_equal(r->answers, 1);
	assert_int_equal(r->error.type, ERR_NONE);
	assert_string_equal(r->words, "yes");
	assert_string_equal(
	    fake_http_url(r->http), "https://api.example/v1/x?y=1&a%20b=x%26y%2F%C3%A9&n=20");
	assert_string_equal(fake_http_bearer(r->http), "tok-123");
	assert_string_equal(fake_http_body(r->http), "{\"k\":\"v/w\"}");
	assert_non_null(strstr(fake_http_headers(r->http), "User-Agent: bambud/test\n"));
	assert_non_null(strstr(fake_http_headers(r->http), "Content-Type: application/json\n"));
	assert_non_null(strstr(fake_http_headers(r->http), "x-mine: 1\n"));
	assert_null(strstr(fake_http_headers(r->http), "x-bbl"));
	json_object_put(query);
	json_object_put(body);
}

static void token_goes_to_the_api_alone(void **state)
{
	struct rig *r = *state;

	fake_http_script(r->http, &fake_fine);
	rig_get_from(r, REST_WEB, REST_LOGIN);
	assert_string_equal(fake_http_bearer(r->http), "");
	rig_start(r, &(struct rest_request){.method = "GET",
			 .host = REST_ABSOLUTE,
			 .path = "https://files.example/up?sig=1",
			 .bucket = REST_UPLOAD});
	rig_turn(r);
	assert_string_equal(fake_http_url(r->http), "https://files.example/up?sig=1");
	assert_string_equal(fake_http_bearer(r->http), "");
	assert_null(strstr(fake_http_headers(r->http), "Content-Type"));
	rig_start(
	    r, &(struct rest_request){
		   .method = "GET", .path = "/v1/x", .bucket = REST_OTHER, .anonymous = true});
	rig_turn(r);
	assert_string_equal(fake_http_bearer(r->http), "");
	assert_int_equal(r->answers, 3);
}

static void path_cannot_name_another_host(void **state)
{
	struct rig *r = *state;
	static const char *const paths[] = {"@evil.example/", ".evil.example/", "", "v1/x", "/a b",
	    "/a\r\nb", "/a#b", "/a\\b", ":1/"};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		rig_start(r, &(struct rest_request){
				 .method = "GET", .path = paths[i], .bucket = REST_OTHER});
		rig_turn(r);
		assert_int_equal(r->answers, i + 1);
		assert_int_equal(r->error.type, ERR_INVALID_PARAMS);
	}
	assert_int_equal(fake_http_sent(r->http), 0);
}

static void without_a_token_nothing_goes_out(void **state)
{
	struct rig *r = *state;

	rest_set_token(r->rest, NULL);
	rig_get_answered(r, &fake_fine);
	assert_int_equal(r->error.type, ERR_LOGIN_NEEDED);
	assert_string_equal(r->error.hint, "bambuctl login");
	assert_int_equal(fake_http_sent(r->http), 0);
}

static void dead_token_is_told_once_and_not_asked_about_again(void **state)
{
	struct rig *r = *state;
	struct secret *other = secret_create("tok-456", 7);

	fake_http_script(r->http, NULL);
	rig_get(r);
	rig_get(r);
	fake_http_script(r->http, &fake_dead);
	rig_turn(r);
	assert_int_equal(r->answers, 2);
	assert_int_equal(r->deaths, 1);
	assert_int_equal(r->error.type, ERR_TOKEN_DEAD);
	assert_int_equal(r->code, 4);
	rest_set_token(r->rest, r->token);
	rig_get(r);
	assert_int_equal(r->error.type, ERR_TOKEN_DEAD);
	assert_int_equal(fake_http_sent(r->http), 2);
	rest_set_token(r->rest, other);
	rig_get_answered(r, &fake_fine);
	assert_int_equal(r->error.type, ERR_NONE);
	assert_int_equal(r->deaths, 1);
	secret_destroy(other);
}

static void death_of_the_last_token_says_nothing_of_the_new_one(void **state)
{
	struct rig *r = *state;
	struct secret *other = secret_create("tok-456", 7);

	rig_get(r);
	rest_set_token(r->rest, other);
	fake_http_script(r->http, &fake_dead);
	rig_turn(r);
	assert_int_equal(r->error.type, ERR_TOKEN_DEAD);
	assert_int_equal(r->deaths, 0);
	rig_get_answered(r, &fake_fine);
	assert_int_equal(r->error.type, ERR_NONE);
	secret_destroy(other);
}

static void other_refusals_keep_the_token(void **state)
{
	struct rig *r = *state;
	static const struct fake_answer answers[] = {{.status = 401, .body = "{\"code\":5}"},
	    {.status = 401, .body = ""}, {.status = 403, .body = "{\"code\":4}"},
	    {.status = 418, .body = "{\"code\":4}"}};

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		rig_get_answered(r, &answers[i]);
		assert_int_equal(r->error.type, ERR_CLOUD_ERROR);
	}
	assert_int_equal(r->deaths, 0);
	rig_get_answered(r, &fake_fine);
	assert_string_equal(fake_http_bearer(r->http), "tok-123");
}

static void buckets_refuse_with_a_remedy(void **state)
{
	struct rig *r = *state;

	fake_http_script(r->http, &fake_fine);
	for (int i = 0; i < 5; i++) {
		rig_get_from(r, REST_API, REST_LOGIN);
		assert_int_equal(r->error.type, ERR_NONE);
	}
	rig_get_from(r, REST_API, REST_LOGIN);
	assert_int_equal(r->error.type, ERR_RATE_LIMITED);
	assert_string_equal(r->error.hint, "again in 60 s");
	assert_int_equal(r->again_ms, MINUTE_MS);
	assert_int_equal(fake_http_sent(r->http), 5);
	for (int i = 0; i < 995; i++) {
		rig_get(r);
	}
	assert_int_equal(r->error.type, ERR_NONE);
	rig_get(r);
	assert_int_equal(r->error.type, ERR_RATE_LIMITED);
	assert_int_equal(fake_http_sent(r->http), 1000);
	rig_start(r, &(struct rest_request){.method = "GET",
			 .host = REST_ABSOLUTE,
			 .path = "https://text.example/",
			 .bucket = REST_TEXT});
	rig_turn(r);
	assert_int_equal(r->error.type, ERR_NONE);
}

static void unread_answer_is_given_as_text(void **state)
{
	struct rig *r = *state;
	const struct rest_request q = {.method = "GET",
	    .host = REST_ABSOLUTE,
	    .path = "https://text.example/",
	    .bucket = REST_TEXT,
	    .unread = true};

	fake_http_script(r->http, &fake_fine);
	rig_start(r, &q);
	rig_turn(r);
	assert_int_equal(r->error.type, ERR_NONE);
	assert_string_equal(r->text, "{\"word\":\"yes\"}");
	assert_false(r->parsed);
	fake_http_script(r->http, &fake_often);
	rig_start(r, &q);
	rig_turn(r);
	assert_int_equal(r->error.type, ERR_CLOUD_BLOCKED);
	assert_string_equal(r->text, "");
}

static void cookies_are_handed_over(void **state)
{
	struct rig *r = *state;
	static const struct fake_answer a = {.status = 204,
	    .headers = {{"set-cookie", "token="}, {"set-cookie", "token=abc; Path=/; HttpOnly"},
		{"set-cookie", "bbl_csrf_token=c5rf;Secure"}}};

	rig_get_answered(r, &a);
	assert_int_equal(r->error.type, ERR_NONE);
	assert_string_equal(r->cookie, "abc");
	assert_string_equal(r->csrf, "c5rf");
}

static void cancel_on_death(struct rig *r)
{
	rest_destroy(TAKE(r->rest));
}

static void dead_callback_may_destroy_everything(void **state)
{
	struct rig *r = *state;

	r->on_death = cancel_on_death;
	fake_http_script(r->http, &fake_dead);
	rig_get(r);
	assert_int_equal(r->deaths, 1);
	assert_int_equal(r->answers, 0);
}

static void cancelled_call_is_silent(void **state)
{
	struct rig *r = *state;
	const struct rest_request q = {.method = "GET", .path = "/", .bucket = REST_OTHER};

	fake_http_script(r->http, &fake_fine);
	rest_cancel(rig_start(r, &q));
	rest_cancel(NULL);
	rig_turn(r);
	rig_start(r, &q);
	rest_destroy(TAKE(r->rest));
	rig_turn(r);
	assert_int_equal(r->answers, 0);
}

static void note_count(void *arg, const char *endpoint, int status, uint64_t count)
{
	char *text = arg;
	size_t used = strlen(text);

	snprintf(text + used, 4096 - used, "%s %d %u\n", endpoint, status, (unsigned)count);
}

static void counters_name_endpoints_without_ids(void **state)
{
	struct rig *r = *state;
	static char text[4096];
	static const char *const paths[] = {"/v1/iot-service/api/user/project/123456?x=1",
	    "/v1/iot-service/api/user/project/99887", "/v1/a b"};

	text[0] = '\0';
	fake_http_script(r->http, &fake_fine);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		rig_start(r, &(struct rest_request){
				 .method = "GET", .path = paths[i], .bucket = REST_OTHER});
		rig_turn(r);
	}
	rest_each_count(r->rest, note_count, text);
	assert_string_equal(text, "/v1/iot-service/api/user/project/:id 200 2\n");
	for (int i = 0; i < 300; i++) {
		_cleanup_free_ char *path =
		    xasprintf("/v1/%c%c%c", 'a' + i / 26 % 26, 'a' + i % 26, 'a' + i % 7);

		rig_start(
		    r, &(struct rest_request){.method = "GET", .path = path, .bucket = REST_OTHER});
		rig_turn(r);
	}
	text[0] = '\0';
	rest_each_count(r->rest, note_count, text);
	assert_non_null(strstr(text, "other 0 "));
}

static void limits_are_written(void **state)
{
	struct rig *r = *state;
	struct jw w;

	jw_init(&w);
	rig_get_answered(r, &fake_wall);
	jw_object(&w, NULL);
	rest_write_limits(r->rest, &w);
	jw_object_end(&w);
	assert_non_null(strstr(w.buf,
	    "{\"name\":\"login\",\"rate\":5,\"per\":\"minute\",\"left\":5,\"refill_ms\":0}"));
	assert_non_null(strstr(w.buf, "{\"name\":\"total\",\"rate\":1000,\"per\":\"hour\",\"left\":"
				      "999,\"refill_ms\":3600000}"));
	assert_non_null(strstr(w.buf, "\"blocked_until\":\"2027"));
	assert_non_null(strstr(w.buf, "\"blocked_why\":\"Cloudflare"));
	jw_finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(request_goes_to_the_host_with_token_and_query),
	    TEST(token_goes_to_the_api_alone),
	    TEST(path_cannot_name_another_host),
	    TEST(without_a_token_nothing_goes_out),
	    TEST(dead_token_is_told_once_and_not_asked_about_again),
	    TEST(death_of_the_last_token_says_nothing_of_the_new_one),
	    TEST(other_refusals_keep_the_token),
	    TEST(buckets_refuse_with_a_remedy),
	    TEST(unread_answer_is_given_as_text),
	    TEST(cookies_are_handed_over),
	    TEST(dead_callback_may_destroy_everything),
	    TEST(cancelled_call_is_silent),
	    TEST(counters_name_endpoints_without_ids),
	    TEST(limits_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
