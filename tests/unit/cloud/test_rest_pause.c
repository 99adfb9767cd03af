/* SPDX-License-Identifier: MIT */
/* The REST client: how a server that turns us away or fails is left alone, and for how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/util.h"
#include "tests/unit/cloud/rest_rig.h"

/* Somebody asks every second for an hour. */
static unsigned requests_of_an_hour(struct rig *r, const struct fake_answer *a)
{
	unsigned before = fake_http_sent(r->http);

	fake_http_script(r->http, a);
	for (int i = 0; i < 3600; i++) {
		rig_get(r);
		rig_pass(r, 1000);
	}
	return fake_http_sent(r->http) - before;
}

static void outage_sees_few_requests_in_its_first_hour(void **state)
{
	struct rig *r = *state;
	static const struct fake_answer redirect = {.status = 302};
	static const struct fake_answer huge = {.fault = HTTP_FAULT_TOO_LARGE};
	static const struct fake_answer soon = {
	    .status = 429, .body = "{}", .headers = {{"retry-after", "1"}}};
	const struct fake_answer *const kinds[] = {
	    &fake_broken, &fake_silent, &fake_wall, &fake_often, &redirect, &huge, &soon};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		unsigned sent = requests_of_an_hour(r, kinds[i]);

		assert_in_range(sent, 3, 6);
		rig_pass(r, 25 * 60 * MINUTE_MS);
		rig_get_answered(r, &fake_fine);
		assert_int_equal(r->error.type, ERR_NONE);
		assert_int_equal(rest_blocked_ms(r->rest), 0);
	}
}

static void pause_refuses_at_once_and_says_how_long(void **state)
{
	struct rig *r = *state;

	rig_get_answered(r, &fake_broken);
	assert_int_equal(r->error.type, ERR_CLOUD_OFFLINE);
	assert_in_range(rest_blocked_ms(r->rest), 30000, 33000);
	rig_get_answered(r, &fake_fine);
	assert_int_equal(r->error.type, ERR_CLOUD_OFFLINE);
	assert_non_null(strstr(r->error.message, "asked again in 3"));
	assert_int_equal(r->status, 0);
	assert_in_range(r->again_ms, 30000, 33000);
	assert_int_equal(fake_http_sent(r->http), 1);
	rig_pass(r, 33000);
	rig_get(r);
	assert_int_equal(r->error.type, ERR_NONE);
}

static void wall_and_limit_pause_for_a_quarter_of_an_hour(void **state)
{
	struct rig *r = *state;
	static const struct fake_answer later = {
	    .status = 429, .body = "{}", .headers = {{"retry-after", "1800"}}};

	rig_get_answered(r, &fake_wall);
	assert_int_equal(r->error.type, ERR_CLOUD_BLOCKED);
	assert_true(rest_blocked_ms(r->rest) >= 15 * MINUTE_MS);
	rig_pass(r, rest_blocked_ms(r->rest));
	rig_get_answered(r, &fake_fine);
	rig_get_answered(r, &fake_often);
	assert_int_equal(r->error.type, ERR_CLOUD_BLOCKED);
	assert_true(rest_blocked_ms(r->rest) >= 15 * MINUTE_MS);
	rig_pass(r, rest_blocked_ms(r->rest));
	rig_get_answered(r, &fake_fine);
	rig_get_answered(r, &later);
	assert_int_equal(r->again_ms, 1800000);
	assert_true(rest_blocked_ms(r->rest) >= 30 * MINUTE_MS);
}

static void calls_under_way_when_it_begins_are_one_failure(void **state)
{
	struct rig *r = *state;

	fake_http_script(r->http, NULL);
	for (int i = 0; i < 5; i++) {
		rig_get(r);
	}
	fake_http_script(r->http, &fake_broken);
	rig_turn(r);
	assert_int_equal(r->answers, 5);
	assert_in_range(rest_blocked_ms(r->rest), 30000, 33000);
}

static void one_goes_ahead_after_a_pause_and_the_others_wait_for_it(void **state)
{
	struct rig *r = *state;

	rig_get_answered(r, &fake_broken);
	rig_pass(r, 33000);
	fake_http_script(r->http, NULL);
	rig_get(r);
	rig_get(r);
	rig_get(r);
	assert_int_equal(fake_http_open(r->http), 1);
	fake_http_answer(r->http, &fake_fine);
	rig_turn(r);
	assert_int_equal(fake_http_open(r->http), 2);
	fake_http_script(r->http, &fake_fine);
	rig_turn(r);
	assert_int_equal(r->answers, 4);
	assert_int_equal(r->error.type, ERR_NONE);
}

static void those_who_wait_fail_with_the_one_ahead_or_follow_when_it_is_cancelled(void **state)
{
	struct rig *r = *state;
	struct rest_call *ahead;

	rig_get_answered(r, &fake_broken);
	rig_pass(r, 33000);
	fake_http_script(r->http, NULL);
	ahead = rig_start(
	    r, &(struct rest_request){.method = "GET", .path = "/", .bucket = REST_OTHER});
	rig_turn(r);
	rig_get(r);
	rig_get(r);
	rest_cancel(ahead);
	rig_turn(r);
	assert_int_equal(fake_http_open(r->http), 1);
	assert_int_equal(fake_http_sent(r->http), 3);
	fake_http_answer(r->http, &fake_broken);
	rig_turn(r);
	assert_int_equal(r->answers, 3);
	assert_int_equal(r->error.type, ERR_CLOUD_OFFLINE);
	assert_int_equal(fake_http_sent(r->http), 3);
}

static void human_may_try_once_in_an_outage_but_not_against_a_wall(void **state)
{
	struct rig *r = *state;
	int64_t left_ms;

	rig_get_answered(r, &fake_broken);
	left_ms = rest_blocked_ms(r->rest);
	rig_get_from(r, REST_API, REST_LOGIN);
	assert_int_equal(fake_http_sent(r->http), 2);
	assert_int_equal(rest_blocked_ms(r->rest), left_ms);
	rig_get_from(r, REST_API, REST_LOGIN);
	assert_int_equal(fake_http_sent(r->http), 2);
	rig_pass(r, left_ms);
	rig_get_answered(r, &fake_broken);
	fake_http_script(r->http, &fake_fine);
	rig_get_from(r, REST_API, REST_LOGIN);
	assert_int_equal(r->error.type, ERR_NONE);
	assert_int_equal(rest_blocked_ms(r->rest), 0);
	rig_get_answered(r, &fake_wall);
	rig_get_from(r, REST_API, REST_LOGIN);
	assert_int_equal(r->error.type, ERR_CLOUD_BLOCKED);
	assert_int_equal(fake_http_sent(r->http), 5);
}

static void wall_of_the_web_host_leaves_the_api_open(void **state)
{
	struct rig *r = *state;

	fake_http_script(r->http, &fake_wall);
	rig_get_from(r, REST_WEB, REST_LOGIN);
	assert_int_equal(r->error.type, ERR_CLOUD_BLOCKED);
	assert_int_equal(rest_blocked_ms(r->rest), 0);
	rig_get_answered(r, &fake_fine);
	assert_int_equal(r->error.type, ERR_NONE);
}

static void answer_sent_before_the_wall_does_not_open_it(void **state)
{
	struct rig *r = *state;

	fake_http_script(r->http, NULL);
	rig_get(r);
	rig_get(r);
	fake_http_answer(r->http, &fake_often);
	fake_http_answer(r->http, &fake_fine);
	rig_turn(r);
	assert_true(rest_blocked_ms(r->rest) >= 15 * MINUTE_MS);
}

static char *backoff_file(struct rig *r)
{
	return xasprintf("%s/cloud-backoff", r->dir);
}

static void restart(struct rig *r)
{
	rest_destroy(r->rest);
	rig_open(r);
}

static void pause_outlives_a_restart_but_not_a_clock_that_jumps(void **state)
{
	struct rig *r = *state;
	_cleanup_free_ char *path = backoff_file(r);
	struct stat st;
	int64_t left_ms;

	rig_get_answered(r, &fake_wall);
	left_ms = rest_blocked_ms(r->rest);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	rig_pass(r, 1000);
	restart(r);
	assert_int_equal(rest_blocked_ms(r->rest), left_ms - 1000);
	rig_get_answered(r, &fake_fine);
	assert_int_equal(r->error.type, ERR_CLOUD_BLOCKED);
	r->wall_ms -= (int64_t)86400 * 1000;
	restart(r);
	assert_in_range(rest_blocked_ms(r->rest), 1, left_ms);
	r->wall_ms += (int64_t)5 * 365 * 86400 * 1000;
	restart(r);
	assert_int_equal(rest_blocked_ms(r->rest), 0);
	rig_get_answered(r, &fake_fine);
	assert_int_equal(r->error.type, ERR_NONE);
	assert_int_equal(stat(path, &st), -1);
}

static void broken_state_is_set_aside(void **state)
{
	struct rig *r = *state;
	_cleanup_free_ char *path = backoff_file(r), *bad = NULL;
	static const char *const texts[] = {"", "{", "[]", "{\"version\":2,\"doors\":[]}",
	    "{\"version\":1,\"doors\":[{\"door\":\"api\"}]}",
	    "{\"version\":1,\"doors\":[{\"door\":\"api\",\"why\":\"wall\",\"failures\":-1,"
	    "\"until\":1,\"length_ms\":1}]}",
	    "{\"version\":1,\"doors\":[{\"door\":\"api\",\"why\":\"wall\",\"failures\":1,"
	    "\"until\":1,\"length_ms\":9000000000000000000}]}"};
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		FILE *f = fopen(path, "w");

		assert_int_equal(fchmod(fileno(f), 0600), 0);
		fputs(texts[i], f);
		fclose(f);
		rig_pass(r, 1000);
		restart(r);
		assert_int_equal(rest_blocked_ms(r->rest), 0);
		assert_int_equal(stat(path, &st), -1);
		free(bad);
		bad = xasprintf("%s.bad-%lld", path, (long long)r->wall_ms / 1000);
		assert_int_equal(stat(bad, &st), 0);
	}
}

static void state_that_cannot_be_read_stays(void **state)
{
	struct rig *r = *state;
	_cleanup_free_ char *path = backoff_file(r);
	struct stat st;

	rig_get_answered(r, &fake_wall);
	assert_int_equal(chmod(path, 0644), 0); /* refused: others may have written it */
	restart(r);
	assert_int_equal(rest_blocked_ms(r->rest), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(chmod(path, 0600), 0);
	restart(r);
	assert_true(rest_blocked_ms(r->rest) > 0);
}

static unsigned sent_of(struct rig *r, enum rest_bucket bucket, int asked)
{
	unsigned before = fake_http_sent(r->http);

	for (int i = 0; i < asked; i++) {
		rig_get_from(r, REST_API, bucket);
	}
	return fake_http_sent(r->http) - before;
}

static void rates_hold_over_restarts(void **state)
{
	struct rig *r = *state;
	_cleanup_free_ char *path = xasprintf("%s/cloud-requests", r->dir);
	struct stat st;

	fake_http_script(r->http, &fake_fine);
	assert_int_equal(sent_of(r, REST_LOGIN, 3), 3);
	assert_int_equal(sent_of(r, REST_UPLOAD, 9), 9);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	rig_pass(r, 20000);
	restart(r);
	assert_int_equal(sent_of(r, REST_LOGIN, 5), 2);
	assert_int_equal(r->error.type, ERR_RATE_LIMITED);
	assert_int_equal(r->again_ms, 40000);
	assert_int_equal(sent_of(r, REST_UPLOAD, 5), 1);
	rig_pass(r, 40000);
	restart(r);
	assert_int_equal(sent_of(r, REST_LOGIN, 5), 3);
	assert_int_equal(sent_of(r, REST_UPLOAD, 5), 0);
	rig_pass(r, 60 * MINUTE_MS);
	restart(r);
	assert_int_equal(sent_of(r, REST_UPLOAD, 20), 10);
}

/* As every restart is one request at least, that of the list. */
static void total_of_an_hour_holds_over_a_restart_loop(void **state)
{
	struct rig *r = *state;
	unsigned sent = 0;

	fake_http_script(r->http, &fake_fine);
	for (int i = 0; i < 1100; i++) {
		sent += sent_of(r, REST_OTHER, 1);
		rig_pass(r, 1000);
		if (i % 10 == 0) {
			restart(r);
		}
	}
	assert_int_equal(sent, 1000);
}

static void rates_of_a_clock_that_jumps_are_held_no_longer_than_a_window(void **state)
{
	struct rig *r = *state;

	fake_http_script(r->http, &fake_fine);
	assert_int_equal(sent_of(r, REST_LOGIN, 5), 5);
	r->wall_ms -= (int64_t)86400 * 1000;
	restart(r);
	assert_int_equal(sent_of(r, REST_LOGIN, 1), 0);
	rig_pass(r, MINUTE_MS);
	assert_int_equal(sent_of(r, REST_LOGIN, 5), 5);
	r->wall_ms += (int64_t)5 * 365 * 86400 * 1000;
	restart(r);
	assert_int_equal(sent_of(r, REST_LOGIN, 5), 5);
}

static void broken_rates_are_set_aside(void **state)
{
	struct rig *r = *state;
	_cleanup_free_ char *path = xasprintf("%s/cloud-requests", r->dir);
	static const char *const texts[] = {"", "{", "[]", "{\"version\":2,\"taken\":{}}",
	    "{\"version\":1}", "{\"version\":1,\"taken\":{\"login\":[]}}",
	    "{\"version\":1,\"taken\":{\"login\":[9,8],\"device\":[],\"profile\":[],"
	    "\"upload\":[],\"text\":[],\"total\":[]}}",
	    "{\"version\":1,\"taken\":{\"login\":[1,2,3,4,5,6],\"device\":[],\"profile\":[],"
	    "\"upload\":[],\"text\":[],\"total\":[]}}",
	    "{\"version\":1,\"taken\":{\"login\":[],\"device\":[],\"profile\":[],"
	    "\"upload\":[],\"text\":[],\"total\":[1800000000000,\"x\"]}}"};
	struct stat st;

	fake_http_script(r->http, &fake_fine);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		FILE *f = fopen(path, "w");
		_cleanup_free_ char *bad = NULL;

		assert_int_equal(fchmod(fileno(f), 0600), 0);
		fputs(texts[i], f);
		fclose(f);
		rig_pass(r, MINUTE_MS);
		restart(r);
		bad = xasprintf("%s.bad-%lld", path, (long long)r->wall_ms / 1000);
		assert_int_equal(stat(bad, &st), 0);
		assert_int_equal(sent_of(r, REST_LOGIN, 9), 5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(outage_sees_few_requests_in_its_first_hour),
	    TEST(pause_refuses_at_once_and_says_how_long),
	    TEST(wall_and_limit_pause_for_a_quarter_of_an_hour),
	    TEST(calls_under_way_when_it_begins_are_one_failure),
	    TEST(one_goes_ahead_after_a_pause_and_the_others_wait_for_it),
	    TEST(those_who_wait_fail_with_the_one_ahead_or_follow_when_it_is_cancelled),
	    TEST(human_may_try_once_in_an_outage_but_not_against_a_wall),
	    TEST(wall_of_the_web_host_leaves_the_api_open),
	    TEST(answer_sent_before_the_wall_does_not_open_it),
	    TEST(pause_outlives_a_restart_but_not_a_clock_that_jumps),
	    TEST(broken_state_is_set_aside),
	    TEST(state_that_cannot_be_read_stays),
	    TEST(rates_hold_over_restarts),
	    TEST(total_of_an_hour_holds_over_a_restart_loop),
	    TEST(rates_of_a_clock_that_jumps_are_held_no_longer_than_a_window),
	    TEST(broken_rates_are_set_aside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
