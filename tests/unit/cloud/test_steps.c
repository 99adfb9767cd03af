/* SPDX-License-Identifier: MIT */
/* What people do with the account: logins, tokens, the question whether one is good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/secret.h"
#include "common/util.h"
#include "tests/unit/cloud/account_rig.h"

static void disabled_account_does_nothing_and_says_why(void **state)
{
	struct err e;

	rig.config.enabled = false;
	rig.config.why_disabled = "bambud.conf:3: ApiUrl=x";
	start();
	assert_string_equal(status("state"), "disabled");
	assert_string_equal(status("error"), "bambud.conf:3: ApiUrl=x");
	assert_true(account_login(rig.account, REGION_GLOBAL, "a@b", NULL, on_step, NULL, &e) < 0);
	assert_int_equal(e.type, ERR_UNSUPPORTED);
	assert_int_equal(seen.events[EVENT_CLOUD_LOGIN_NEEDED], 0);
}

static void verdict_is_asked_for_once_in_five_minutes(void **state)
{
	unsigned before;
	struct err e;

	start();
	assert_true(account_verify_token(rig.account, on_step, NULL, &e) < 0);
	assert_int_equal(e.type, ERR_LOGIN_NEEDED);
	sign_in_whole();
	before = fake_rest_count(rig.rest);
	assert_int_equal(account_verify_token(rig.account, on_step, NULL, &e), 0);
	assert_int_equal(answer.calls, 0);
	turn();
	assert_int_equal(answer.calls, 1);
	assert_int_equal(fake_rest_count(rig.rest), before);
	pass(6 * MINUTE_MS);
	assert_int_equal(account_verify_token(rig.account, on_step, NULL, &e), 0);
	assert_int_equal(account_verify_token(rig.account, on_step, NULL, &e), 0);
	asks(WHO);
	fake_rest_fail(rig.rest, ERR_CLOUD_OFFLINE);
	assert_int_equal(fake_rest_count(rig.rest), before + 1);
	assert_int_equal(answer.calls, 3);
	assert_string_equal(status("token.verdict"), "unknown");
	assert_string_equal(status("state"), "offline");
}

/* Two at once would both meet a token that is dead. */
static void one_thing_is_asked_at_a_time(void **state)
{
	unsigned before;
	struct err e;

	start();
	sign_in_whole();
	before = fake_rest_count(rig.rest);
	pass(11 * MINUTE_MS);
	asks(BIND);
	assert_int_equal(account_verify_token(rig.account, on_step, NULL, &e), 0);
	assert_int_equal(fake_rest_count(rig.rest), before + 1);
	assert_int_equal(answer.calls, 0);
	fake_rest_answer(rig.rest, 200, ONE_PRINTER);
	assert_int_equal(answer.calls, 1);
	assert_string_equal(status("token.verdict"), "valid");
	pass(6 * MINUTE_MS);
	assert_int_equal(account_verify_token(rig.account, on_step, NULL, &e), 0);
	asks(WHO);
	pass(6 * MINUTE_MS);
	account_refresh(rig.account, NULL, NULL);
	assert_int_equal(fake_rest_count(rig.rest), before + 2);
	fake_rest_answer(rig.rest, 200, "{\"uid\":1234}");
	assert_int_equal(answer.calls, 2);
	asks(BIND);
	fake_rest_answer(rig.rest, 401, "{\"code\":4}");
	pass(DAY_MS);
	assert_int_equal(fake_rest_count(rig.rest), before + 3);
}

static void list_of_before_a_change_is_not_waited_for(void **state)
{
	start();
	sign_in_whole();
	pass(11 * MINUTE_MS);
	asks(BIND);
	account_refresh(rig.account, on_step, NULL);
	fake_rest_answer(rig.rest, 200, ONE_PRINTER);
	assert_int_equal(answer.calls, 0);
	turn();
	asks(BIND);
	fake_rest_answer(rig.rest, 200, "{\"devices\":[]}");
	assert_int_equal(answer.calls, 1);
	assert_int_equal(seen.count, 0);
	assert_null(fake_rest_asked(rig.rest));
}

static void who_waits_for_a_list_is_answered_in_any_case(void **state)
{
	start();
	account_refresh(rig.account, on_step, NULL); /* nobody is signed in */
	turn();
	assert_int_equal(answer.calls, 1);
	answer.calls = 0;
	sign_in_whole();
	account_refresh(rig.account, on_step, NULL);
	fake_rest_fail(rig.rest, ERR_RATE_LIMITED);
	assert_int_equal(answer.calls, 1);
	fake_rest_block(rig.rest, MINUTE_MS);
	account_refresh(rig.account, on_step, NULL);
	turn();
	assert_int_equal(answer.calls, 2);
	fake_rest_block(rig.rest, 0);
	account_refresh(rig.account, on_step, NULL);
	account_logout(rig.account);
	assert_int_equal(answer.calls, 3);
	assert_null(fake_rest_asked(rig.rest));
	/* One who went away is not. */
	answer.calls = 0;
	sign_in_whole();
	account_refresh(rig.account, on_step, &rig);
	account_forget(rig.account, &rig);
	fake_rest_answer(rig.rest, 200, ONE_PRINTER);
	assert_int_equal(answer.calls, 0);
}

/* A token that says itself whose it is: nobody asks the cloud for that. */
static void login_meanwhile_answers_who_asked_about_the_token(void **state)
{
	_cleanup_secret_ struct secret *password = secret_create("pw", 2);
	struct err e;

	start();
	sign_in_whole();
	pass(6 * MINUTE_MS);
	account_login(rig.account, REGION_GLOBAL, "a@b", password, on_step, NULL, &e);
	assert_int_equal(account_verify_token(rig.account, on_step, NULL, &e), 0);
	fake_rest_answer(rig.rest, 200, "{\"accessToken\":\"x.eyJ1c2VybmFtZSI6InVfNyJ9.y\"}");
	assert_int_equal(answer.calls, 1);
	turn();
	asks(BIND);
	fake_rest_answer(rig.rest, 200, ONE_PRINTER);
	assert_int_equal(answer.calls, 2);
	assert_string_equal(status("token.verdict"), "valid");
	assert_string_equal(status("uid"), "7");
}

static void dead_token_that_lives_again_is_taken(void **state)
{
	struct err e;

	start();
	sign_in_whole();
	account_token_is_dead(rig.account);
	pass(6 * MINUTE_MS);
	assert_int_equal(account_verify_token(rig.account, on_step, NULL, &e), 0);
	asks(WHO);
	assert_string_equal(fake_rest_asked(rig.rest)->token, "");
	assert_true(fake_rest_asked(rig.rest)->anonymous);
	assert_string_equal(fake_rest_asked(rig.rest)->header[0], "Authorization: Bearer T1");
	fake_rest_answer(rig.rest, 200, "{\"uid\":\"1234\"}");
	assert_int_equal(answer.calls, 1);
	assert_int_equal(answer.step.state, ACCOUNT_SIGNED_IN);
	assert_string_equal(seen.user, "u_1234");
}

static void set_token(const char *text)
{
	_cleanup_secret_ struct secret *token = secret_create(text, strlen(text));
	struct err e;

	assert_int_equal(account_token_set(rig.account, REGION_CHINA, token, on_step, NULL, &e), 0);
	asks(WHO);
}

static void token_is_asked_about_before_it_replaces_the_present_one(void **state)
{
	start();
	sign_in_whole();
	set_token("T9");
	assert_int_equal(seen.region, REGION_CHINA);
	fake_rest_answer(rig.rest, 401, "{\"code\":4}");
	assert_int_equal(answer.step.error.type, ERR_TOKEN_DEAD);
	assert_int_equal(seen.region, REGION_GLOBAL);
	assert_string_equal(seen.token, "T1");
	assert_string_equal(status("state"), "signed_in");
	set_token("T9");
	fake_rest_fail(rig.rest, ERR_CLOUD_OFFLINE);
	assert_int_equal(answer.step.error.type, ERR_CLOUD_OFFLINE);
	assert_string_equal(seen.token, "T1");
	set_token("T9");
	fake_rest_answer(rig.rest, 200, "{\"uid\":77}");
	assert_int_equal(answer.step.error.type, ERR_NONE);
	assert_string_equal(seen.token, "T9");
	assert_string_equal(seen.user, "u_77");
	assert_string_equal(status("region"), "china");
}

static void code_is_waited_for_ten_minutes(void **state)
{
	_cleanup_secret_ struct secret *password = secret_create("pw", 2);
	char id[24];
	struct err e;

	start();
	account_login(rig.account, REGION_CHINA, "a@b", password, on_step, NULL, &e);
	assert_int_equal(seen.region, REGION_CHINA);
	fake_rest_answer(rig.rest, 200, "{\"loginType\":\"verifyCode\"}");
	assert_int_equal(answer.step.need, ACCOUNT_NEED_EMAIL);
	str_copy(id, sizeof(id), answer.step.login);
	assert_string_equal(status("state"), "need_code");
	assert_string_equal(status("need"), "email_code");
	assert_true(account_verify_code(rig.account, "l-0", "1", on_step, NULL, &e) < 0);
	assert_int_equal(e.type, ERR_LOGIN_NEEDED);
	pass(9 * MINUTE_MS);
	assert_int_equal(account_verify_code(rig.account, id, "1", on_step, NULL, &e), 0);
	assert_true(account_verify_code(rig.account, id, "1", on_step, NULL, &e) < 0);
	assert_int_equal(e.type, ERR_BUSY);
	fake_rest_answer(rig.rest, 400, "{\"code\":2}");
	assert_int_equal(answer.step.error.type, ERR_WRONG_CODE);
	pass(2 * MINUTE_MS);
	assert_string_equal(status("state"), "signed_out");
	assert_int_equal(seen.region, REGION_GLOBAL);
	assert_true(account_verify_code(rig.account, id, "1", on_step, NULL, &e) < 0);
	assert_int_equal(e.type, ERR_LOGIN_NEEDED);
}

static void new_login_ends_the_one_before(void **state)
{
	struct err e;

	start();
	account_login(rig.account, REGION_GLOBAL, "a@b", NULL, on_step, NULL, &e);
	account_login(rig.account, REGION_GLOBAL, "c@d", NULL, on_step, NULL, &e);
	assert_int_equal(answer.calls, 1);
	assert_int_equal(answer.step.error.type, ERR_CANCELLED);
	fake_rest_answer(rig.rest, 200, "{}");
	assert_int_equal(answer.calls, 2);
	assert_int_equal(answer.step.need, ACCOUNT_NEED_EMAIL);
	assert_null(fake_rest_asked(rig.rest));
}

static void forgotten_client_is_not_called_and_the_login_goes_on(void **state)
{
	struct err e;
	int me;

	start();
	account_login(rig.account, REGION_GLOBAL, "a@b", NULL, on_step, &me, &e);
	account_forget(rig.account, &me);
	fake_rest_answer(rig.rest, 200, "{}");
	assert_int_equal(answer.calls, 0);
	assert_string_equal(status("state"), "need_code");
}

static void no_token_goes_to_hosts_of_another_region(void **state)
{
	struct err e;

	start();
	sign_in_whole();
	account_login(rig.account, REGION_CHINA, "a@b", NULL, on_step, NULL, &e);
	assert_int_equal(seen.region, REGION_CHINA);
	assert_string_equal(fake_rest_asked(rig.rest)->token, "");
	fake_rest_answer(rig.rest, 200, "{}");
	pass(9 * MINUTE_MS);
	assert_null(fake_rest_asked(rig.rest));
	pass(4 * MINUTE_MS); /* the login has ended */
	assert_int_equal(seen.region, REGION_GLOBAL);
	asks(BIND);
	assert_string_equal(fake_rest_asked(rig.rest)->token, "T1");
	fake_rest_answer(rig.rest, 200, ONE_PRINTER);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, account_setup, account_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(disabled_account_does_nothing_and_says_why),
	    T(verdict_is_asked_for_once_in_five_minutes),
	    T(one_thing_is_asked_at_a_time),
	    T(list_of_before_a_change_is_not_waited_for),
	    T(who_waits_for_a_list_is_answered_in_any_case),
	    T(login_meanwhile_answers_who_asked_about_the_token),
	    T(dead_token_that_lives_again_is_taken),
	    T(token_is_asked_about_before_it_replaces_the_present_one),
	    T(code_is_waited_for_ten_minutes),
	    T(new_login_ends_the_one_before),
	    T(forgotten_client_is_not_called_and_the_login_goes_on),
	    T(no_token_goes_to_hosts_of_another_region),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
