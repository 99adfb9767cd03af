/* SPDX-License-Identifier: MIT */
/* What answers of the cloud mean, case by case, and where their payload stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/util.h"
#include "daemon/cloud/fault.h"
#include "daemon/cloud/rest.h"

/* Sun, 06 Nov 1994 08:49:37 GMT */
#define DATE_MS 784111777000

struct sample {
	int status;
	const char *header, *value, *body;
	bool anonymous;
	enum err_type type;
	enum door_why why;
	const char *words; /* in the message */
	int code;	   /* 0: none */
};

#define JUST "<html><title>Just a moment...</title></html>"

static const struct sample samples[] = {
    {200, NULL, NULL, "{\"code\":null,\"devices\":[]}", false, ERR_NONE, DOOR_OPEN, "", 0},
    {200, NULL, NULL, "{\"code\":200,\"message\":\"x\"}", false, ERR_NONE, DOOR_OPEN, "", 200},
    {204, NULL, NULL, "", false, ERR_NONE, DOOR_OPEN, "", 0},
    {200, NULL, NULL, "<html>hotel wifi</html>", false, ERR_CLOUD_ERROR, DOOR_OPEN, "not JSON", 0},
    {200, NULL, NULL, "{\"code\":7,\"message\":\"bad id\"}", false, ERR_CLOUD_ERROR, DOOR_OPEN,
	"bad id (HTTP 200, code 7)", 7},
    {302, "location", "https://evil.example/?t=1", "", false, ERR_CLOUD_ERROR, DOOR_FAULT,
	"elsewhere", 0},
    {400, NULL, NULL, "{\"code\":2,\"error\":\"Incorrect code\"}", false, ERR_CLOUD_ERROR,
	DOOR_OPEN, "Incorrect code", 2},
    {400, NULL, NULL, "{\"code\":\"1\"}", false, ERR_CLOUD_ERROR, DOOR_OPEN, "code 1", 1},
    {401, NULL, NULL, "{\"code\":4,\"error\":\"Please login.\"}", false, ERR_TOKEN_DEAD, DOOR_OPEN,
	"Please login.", 4},
    {401, NULL, NULL, "{\"code\":4,\"error\":\"Please login.\"}", true, ERR_CLOUD_ERROR, DOOR_OPEN,
	"Please login.", 4},
    {401, NULL, NULL, "{\"code\":5}", false, ERR_CLOUD_ERROR, DOOR_OPEN, "HTTP 401", 5},
    {401, NULL, NULL, JUST, false, ERR_CLOUD_ERROR, DOOR_OPEN, "HTTP 401", 0},
    {403, "cf-ray", "1", "{\"code\":8,\"error\":\"no\"}", false, ERR_CLOUD_ERROR, DOOR_OPEN,
	"no (HTTP 403, code 8)", 8},
    {403, NULL, NULL, JUST, false, ERR_CLOUD_BLOCKED, DOOR_WALL, "Cloudflare", 0},
    {403, "cf-mitigated", "challenge", "", false, ERR_CLOUD_BLOCKED, DOOR_WALL, "Cloudflare", 0},
    {403, "cf-ray", "1", "<!DOCTYPE html>", false, ERR_CLOUD_BLOCKED, DOOR_WALL, "Cloudflare", 0},
    {403, NULL, NULL, "<html>an office proxy</html>", false, ERR_CLOUD_ERROR, DOOR_OPEN, "forbids",
	0},
    {403, NULL, NULL, "{\"error\":\"CSRF error: missing_cookie\"}", false, ERR_CLOUD_ERROR,
	DOOR_OPEN, "missing_cookie", 0},
    {404, NULL, NULL, "", false, ERR_CLOUD_ERROR, DOOR_OPEN, "HTTP 404", 0},
    {405, NULL, NULL, "{}", false, ERR_CLOUD_ERROR, DOOR_OPEN, "does not offer", 0},
    {418, NULL, NULL, "", false, ERR_CLOUD_ERROR, DOOR_OPEN, "HTTP 418", 0},
    {429, NULL, NULL, "{}", false, ERR_CLOUD_BLOCKED, DOOR_LIMIT, "fewer", 0},
    {429, NULL, NULL, JUST, false, ERR_CLOUD_BLOCKED, DOOR_WALL, "Cloudflare", 0},
    {500, NULL, NULL, "{\"message\":\"oops\"}", false, ERR_CLOUD_OFFLINE, DOOR_FAULT, "oops", 0},
    {502, NULL, NULL, "<html>nginx</html>", false, ERR_CLOUD_OFFLINE, DOOR_FAULT, "HTTP 502", 0},
    {503, NULL, NULL, JUST, false, ERR_CLOUD_BLOCKED, DOOR_WALL, "Cloudflare", 0},
    {503, NULL, NULL, "", false, ERR_CLOUD_OFFLINE, DOOR_FAULT, "HTTP 503", 0},
    {999, NULL, NULL, "", false, ERR_CLOUD_ERROR, DOOR_OPEN, "HTTP 999", 0},
    {400, NULL, NULL, "{\"error\":{\"message\":\"deep\"}}", false, ERR_CLOUD_ERROR, DOOR_OPEN,
	"deep", 0},
    {400, NULL, NULL, "{\"message\":\"a\\u001b[2Jb\"}", false, ERR_CLOUD_ERROR, DOOR_OPEN,
	"a\\x1B[2Jb", 0},
};

static struct fault read_answer(const struct http_answer *a, bool token_sent)
{
	struct fault f;

	fault_read(
	    &(struct fault_input){
		.answer = a, .token_sent = token_sent, .json_only = true, .wall_ms = DATE_MS},
	    &f);
	return f;
}

static void every_answer_has_its_meaning(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const struct sample *s = &samples[i];
		struct http_header header = {s->header, s->value};
		struct fault f = read_answer(&(struct http_answer){.status = s->status,
						 .body = s->body,
						 .body_len = strlen(s->body),
						 .headers = &header,
						 .header_count = s->header != NULL},
		    !s->anonymous);

		if (f.error.type != s->type || f.why != s->why ||
		    strstr(f.error.message, s->words) == NULL) {
			fail_msg("%d %s: %s, door %d: %s", s->status, s->body,
			    err_name(f.error.type), (int)f.why, f.error.message);
		}
		assert_int_equal(f.vendor_code, s->code != 0 ? s->code : -1);
		assert_int_equal(f.dead, s->type == ERR_TOKEN_DEAD);
		assert_null(strstr(f.error.message, "evil"));
		json_object_put(f.body);
	}
}

static void no_answer_is_an_outage_in_the_words_of_the_network(void **state)
{
	for (int fault = HTTP_OK + 1; fault < HTTP_FAULT_COUNT; fault++) {
		struct fault f = read_answer(
		    &(struct http_answer){.fault = (enum http_fault)fault, .text = "why"}, true);

		assert_string_equal(f.error.message, "why");
		assert_int_equal(
		    f.why == DOOR_OPEN, fault == HTTP_FAULT_URL || fault == HTTP_FAULT_LIBRARY);
		assert_false(f.dead);
	}
}

static void retry_after_is_seconds_or_a_date(void **state)
{
	assert_int_equal(fault_retry_after_ms("120", DATE_MS), 120000);
	assert_int_equal(fault_retry_after_ms("0", DATE_MS), 0);
	assert_int_equal(fault_retry_after_ms("Sun, 06 Nov 1994 08:50:37 GMT", DATE_MS), 60000);
	assert_int_equal(fault_retry_after_ms("Sun, 06 Nov 1994 08:40:37 GMT", DATE_MS), 0);
	assert_int_equal(fault_retry_after_ms("Sun, 06 Foo 1994 08:50:37 GMT", DATE_MS), -1);
	assert_int_equal(fault_retry_after_ms("-5", DATE_MS), -1);
	assert_int_equal(fault_retry_after_ms("99999999999999999999", DATE_MS), -1);
	assert_int_equal(fault_retry_after_ms("soon", DATE_MS), -1);
	assert_int_equal(fault_retry_after_ms(NULL, DATE_MS), -1);
}

/* Of some 300 kB each; a tree of them would be a hundred times as large. */
static void bodies_that_would_grow_are_not_read(void **state)
{
	static const char *const units[] = {"{},", "[[]],", "[1],"};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		size_t len = strlen(units[i]), count = 60000;
		char *text = xcalloc(1, len * count + 4);
		struct fault f;

		text[0] = '[';
		for (size_t n = 0; n < count; n++) {
			memcpy(text + 1 + n * len, units[i], len);
		}
		memcpy(text + len * count, "]", 2);
		f = read_answer(
		    &(struct http_answer){.status = 200, .body = text, .body_len = strlen(text)},
		    true);
		assert_null(f.body);
		assert_int_equal(f.error.type, ERR_CLOUD_ERROR);
		free(text);
	}
}

static void payload_stands_at_the_top_or_below_data(void **state)
{
	static const char *const texts[] = {"{\"k\":1}", "{\"data\":{\"k\":1}}",
	    "{\"k\":1,\"data\":{\"k\":2}}", "{\"k\":null,\"data\":{\"k\":1}}"};
	static const char *const none[] = {"{}", "[]", "1", "{\"data\":[1]}", "{\"data\":null}",
	    "{\"data\":{\"k\":null}}", "{\"data\":{\"data\":{\"k\":1}}}"};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_json_ json_object *o = json_tokener_parse(texts[i]);

		assert_int_equal(json_object_get_int(rest_payload(o, "k")), 1);
	}
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		_cleanup_json_ json_object *o = json_tokener_parse(none[i]);

		assert_null(rest_payload(o, "k"));
	}
	assert_null(rest_payload(NULL, "k"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_answer_has_its_meaning),
	    cmocka_unit_test(no_answer_is_an_outage_in_the_words_of_the_network),
	    cmocka_unit_test(retry_after_is_seconds_or_a_date),
	    cmocka_unit_test(bodies_that_would_grow_are_not_read),
	    cmocka_unit_test(payload_stands_at_the_top_or_below_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
