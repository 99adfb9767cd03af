/* SPDX-License-Identifier: MIT */
/* Long answers of the cloud are read in a thread, and mean what short ones mean. */
#include "tests/unit/cloud/rest_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "common/util.h"
#include "daemon/cloud/rest_read.h"

/* An answer with so much behind what counts. */
static char *long_body(const char *begin, size_t len)
{
	char *body = xmalloc(len + 1);
	size_t used = strlen(begin);

	memset(body, 'x', len);
	memcpy(body, begin, used);
	memcpy(body + used, ",\"more\":\"", 9);
	memcpy(body + len - 2, "\"}", 3);
	return body;
}

static void await(struct rig *r, unsigned answers)
{
	while (r->answers < answers) {
		loop_turn(r->loop, true);
	}
}

static struct rest_call *get(struct rig *r)
{
	return rig_start(
	    r, &(struct rest_request){.method = "GET", .path = "/v1/x", .bucket = REST_OTHER});
}

static void long_answer_comes_later_and_whole(void **state)
{
	struct rig *r = *state;
	_cleanup_free_ char *body = long_body("{\"word\":\"yes\"", REST_READ_HERE_MAX + 1);
	struct fake_answer a = {.status = 200,
	    .body = body,
	    .headers = {{"set-cookie", "token=abc; Path=/"}, {"set-cookie", "bbl_csrf_token=c1"}}};

	get(r);
	rig_turn(r);
	assert_int_equal(fake_http_open(r->http), 1);
	fake_http_answer(r->http, &a);
	assert_int_equal(r->answers, 0); /* not on the stack of what would hold the loop up */
	memset(body, '!', strlen(body)); /* gone, as with http */
	await(r, 1);
	assert_int_equal(r->error.type, ERR_NONE);
	assert_string_equal(r->words, "yes");
	assert_string_equal(r->cookie, "abc");
	assert_string_equal(r->csrf, "c1");
}

static void short_answer_needs_no_thread(void **state)
{
	struct rig *r = *state;
	_cleanup_free_ char *body = long_body("{\"word\":\"yes\"", REST_READ_HERE_MAX);
	struct fake_answer a = {.status = 200, .body = body};

	get(r);
	rig_turn(r);
	fake_http_answer(r->http, &a);
	assert_int_equal(r->answers, 1);
	assert_string_equal(r->words, "yes");
}

static void long_refusals_mean_what_short_ones_mean(void **state)
{
	struct rig *r = *state;
	_cleanup_free_ char *dead = long_body("{\"code\":4,\"error\":\"Please login.\"", 100000),
			    *often = long_body("{\"message\":\"slowly\"", 100000),
			    *junk = long_body("{", 100000);
	struct fake_answer a = {.status = 200, .body = junk};

	get(r);
	rig_turn(r);
	fake_http_answer(r->http, &a);
	await(r, 1);
	assert_int_equal(r->error.type, ERR_CLOUD_ERROR);
	assert_false(r->parsed);
	a = (struct fake_answer){.status = 429, .body = often, .headers = {{"retry-after", "90"}}};
	get(r);
	get(r);
	rig_turn(r);
	fake_http_answer(r->http, &a);
	await(r, 2);
	assert_int_equal(r->error.type, ERR_CLOUD_BLOCKED);
	assert_int_equal(r->again_ms, 90000);
	assert_in_range(rest_blocked_ms(r->rest), 90000, 99000);
	a = (struct fake_answer){.status = 401, .body = dead};
	fake_http_answer(r->http, &a);
	await(r, 3);
	assert_int_equal(r->error.type, ERR_TOKEN_DEAD);
	assert_int_equal(r->deaths, 1);
}

static void cancelled_while_it_is_read_is_not_answered(void **state)
{
	struct rig *r = *state;
	_cleanup_free_ char *body = long_body("{\"word\":\"yes\"", 1000000);
	struct fake_answer a = {.status = 200, .body = body};
	struct rest_call *first = get(r);

	get(r);
	rig_turn(r);
	fake_http_answer(r->http, &a);
	fake_http_answer(r->http, &a);
	rest_cancel(first);
	await(r, 1);
	rig_turn(r);
	assert_int_equal(r->answers, 1);
}

static void end_while_one_is_read_is_an_end(void **state)
{
	struct rig *r = *state;
	_cleanup_free_ char *body = long_body("{\"word\":\"yes\"", 1000000);
	struct fake_answer a = {.status = 200, .body = body};

	get(r);
	rig_turn(r);
	fake_http_answer(r->http, &a);
	rest_destroy(r->rest);
	rig_turn(r);
	assert_int_equal(r->answers, 0);
	rig_open(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(long_answer_comes_later_and_whole),
	    TEST(short_answer_needs_no_thread),
	    TEST(long_refusals_mean_what_short_ones_mean),
	    TEST(cancelled_while_it_is_read_is_not_answered),
	    TEST(end_while_one_is_read_is_an_end),
	};

	return cmocka_run_group_tests_name("rest_read", tests, NULL, NULL);
}
