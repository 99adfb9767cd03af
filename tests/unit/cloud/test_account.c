/* SPDX-License-Identifier: MIT */
/* The account's states, what it asks the cloud and when, what it tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/secret.h"
#include "common/util.h"
#include "tests/unit/cloud/account_rig.h"

static void nobody_is_asked_without_a_token(void **state)
{
	start();
	pass(60 * MINUTE_MS);
	assert_int_equal(fake_rest_count(rig.rest), 0);
	assert_string_equal(status("state"), "signed_out");
	assert_string_equal(status("token"), "null");
	assert_int_equal(seen.events[EVENT_CLOUD_LOGIN_NEEDED], 1);
}

static void sign_in_brings_user_printers_and_an_event(void **state)
{
	start();
	sign_in_whole();
	assert_string_equal(seen.user, "u_1234");
	assert_string_equal(seen.token, "T1");
	assert_int_equal(seen.credentials, 1);
	assert_int_equal(seen.devices, 1);
	assert_string_equal(seen.code, "12345678");
	assert_int_equal(seen.events[EVENT_CLOUD_SIGNED_IN], 1);
	assert_null(strstr(seen.event, "T1"));
	assert_string_equal(status("state"), "signed_in");
	assert_string_equal(status("uid"), "1234");
	assert_string_equal(status("email"), "m***@example.org");
	assert_string_equal(status("token.verdict"), "valid");
	assert_string_equal(status("token.expires"), "2027-02-21T01:00:00.000Z");
	assert_string_equal(status("printers"), "1");
}

static void restart_keeps_the_sign_in_and_asks_for_the_list_alone(void **state)
{
	unsigned before;

	start();
	sign_in_whole();
	stop();
	memset(&seen, 0, sizeof(seen));
	before = fake_rest_count(rig.rest);
	start();
	assert_string_equal(seen.user, "u_1234");
	assert_int_equal(seen.events[EVENT_CLOUD_SIGNED_IN], 0);
	asks(BIND);
	assert_string_equal(fake_rest_asked(rig.rest)->token, "T1");
	fake_rest_answer(rig.rest, 200, ONE_PRINTER);
	assert_int_equal(fake_rest_count(rig.rest), before + 1);
	assert_int_equal(seen.count, 1);
	assert_string_equal(status("token.verdict"), "valid");
}

static void list_is_asked_for_every_ten_minutes_and_told_when_it_differs(void **state)
{
	start();
	sign_in_whole();
	pass(9 * MINUTE_MS);
	assert_null(fake_rest_asked(rig.rest));
	pass(2 * MINUTE_MS);
	asks(BIND);
	fake_rest_answer(rig.rest, 200, ONE_PRINTER);
	assert_int_equal(seen.devices, 1);
	account_refresh(rig.account, NULL, NULL);
	asks(BIND);
	fake_rest_answer(rig.rest, 200, "{\"data\":{\"devices\":[]}}");
	assert_null(fake_rest_asked(rig.rest));
	assert_int_equal(seen.devices, 2);
	assert_int_equal(seen.count, 0);
}

static void dead_token_is_one_request_and_no_more(void **state)
{
	unsigned before;

	start();
	sign_in_whole();
	pass(11 * MINUTE_MS);
	before = fake_rest_count(rig.rest);
	account_token_is_dead(rig.account);
	fake_rest_answer(rig.rest, 401, "{\"code\":4,\"error\":\"Please login.\"}");
	pass(30 * DAY_MS);
	assert_int_equal(fake_rest_count(rig.rest), before);
	assert_int_equal(seen.events[EVENT_CLOUD_LOGIN_NEEDED], 2); /* at the start, and now */
	assert_int_equal(seen.credentials, 2);
	assert_string_equal(seen.user, "");
	assert_int_equal(seen.count, 1); /* the printers of the LAN stay */
	assert_string_equal(status("state"), "signed_out");
	assert_string_equal(status("token.verdict"), "dead");
	stop();
	start();
	pass(DAY_MS);
	assert_int_equal(fake_rest_count(rig.rest), before);
	assert_string_equal(status("token.verdict"), "dead");
}

static void refusal_without_code_4_leaves_the_token(void **state)
{
	static const int statuses[] = {401, 403, 418, 500};

	start();
	sign_in_whole();
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		pass(22 * MINUTE_MS);
		asks(BIND);
		fake_rest_answer(rig.rest, statuses[i], "{\"code\":8,\"error\":\"no\"}");
		assert_string_equal(status("state"), "signed_in");
		assert_string_equal(status("token.verdict"), "unknown");
		assert_string_equal(status("printers"), "1");
	}
	assert_int_equal(seen.credentials, 1);
}

static unsigned requests_of_an_hour(enum err_type fault)
{
	unsigned before = fake_rest_count(rig.rest);

	for (int minute = 0; minute < 60; minute++) {
		pass(MINUTE_MS);
		if (fake_rest_asked(rig.rest)) {
			fake_rest_fail(rig.rest, fault);
		}
	}
	return fake_rest_count(rig.rest) - before;
}

static void outage_costs_six_requests_in_the_first_hour(void **state)
{
	unsigned count;

	start();
	sign_in_whole();
	pass(11 * MINUTE_MS);
	fake_rest_fail(rig.rest, ERR_CLOUD_OFFLINE);
	count = 1 + requests_of_an_hour(ERR_CLOUD_OFFLINE);
	assert_in_range(count, 4, 6);
	assert_string_equal(status("state"), "offline");
	assert_in_range(requests_of_an_hour(ERR_CLOUD_OFFLINE), 2, 3);
	pass(22 * MINUTE_MS);
	fake_rest_answer(rig.rest, 200, ONE_PRINTER);
	assert_string_equal(status("state"), "signed_in");
	assert_string_equal(status("error"), "null");
}

static void blocked_is_told_once_and_has_an_end(void **state)
{
	start();
	sign_in_whole();
	fake_rest_block(rig.rest, 60 * MINUTE_MS);
	pass(11 * MINUTE_MS);
	fake_rest_fail(rig.rest, ERR_CLOUD_BLOCKED);
	assert_string_equal(status("state"), "blocked");
	pass(59 * MINUTE_MS);
	assert_null(fake_rest_asked(rig.rest));
	account_refresh(rig.account, NULL, NULL);
	assert_null(fake_rest_asked(rig.rest));
	pass(5 * MINUTE_MS);
	fake_rest_fail(rig.rest, ERR_CLOUD_BLOCKED);
	assert_int_equal(seen.events[EVENT_CLOUD_BLOCKED], 1);
	pass(64 * MINUTE_MS);
	fake_rest_answer(rig.rest, 200, ONE_PRINTER);
	assert_int_equal(seen.events[EVENT_CLOUD_SIGNED_IN], 2);
	assert_string_equal(status("state"), "signed_in");
}

static void token_of_the_configuration_counts_without_a_file(void **state)
{
	_cleanup_secret_ struct secret *token = secret_create("TC", 2);

	rig.config.token = token;
	rig.config.region = REGION_CHINA;
	start();
	asks(WHO);
	assert_string_equal(fake_rest_asked(rig.rest)->token, "TC");
	assert_string_equal(status("token.from"), "configuration");
	fake_rest_answer(rig.rest, 200, "{\"uid\":5}");
	fake_rest_answer(rig.rest, 200, ONE_PRINTER);
	sign_in_whole();
	stop();
	start();
	assert_string_equal(fake_rest_asked(rig.rest)->token, "T1");
	assert_string_equal(status("token.from"), "login");
	fake_rest_answer(rig.rest, 200, ONE_PRINTER);
}

static void logout_forgets_here_and_on_disk(void **state)
{
	start();
	sign_in_whole();
	account_logout(rig.account);
	assert_string_equal(status("state"), "signed_out");
	assert_string_equal(seen.user, "");
	assert_int_equal(seen.count, 0);
	assert_int_equal(seen.events[EVENT_CLOUD_SIGNED_OUT], 1);
	stop();
	start();
	assert_string_equal(status("token"), "null");
	assert_null(fake_rest_asked(rig.rest));
}

static void end_of_the_token_is_told_ahead(void **state)
{
	start();
	sign_in("1209600"); /* 14 days */
	fake_rest_answer(rig.rest, 200, "{\"uid\":1}");
	fake_rest_answer(rig.rest, 200, ONE_PRINTER);
	assert_int_equal(seen.events[EVENT_CLOUD_TOKEN_EXPIRING], 1);
	for (int hour = 0; hour < 24 * 14; hour++) {
		pass(60 * MINUTE_MS);
		while (fake_rest_asked(rig.rest)) {
			fake_rest_answer(rig.rest, 200, ONE_PRINTER);
		}
	}
	assert_int_equal(seen.events[EVENT_CLOUD_TOKEN_EXPIRING], 3);
	assert_string_equal(status("state"), "signed_in"); /* only the cloud says dead */
}

static void nonsense_for_a_list_keeps_the_last_one(void **state)
{
	static const char *const bodies[] = {
	    "{}", "[]", "{\"devices\":7}", "{\"devices\":{\"a\":1}}", NULL};

	start();
	sign_in_whole();
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		pass(22 * MINUTE_MS);
		fake_rest_answer(rig.rest, 200, bodies[i]);
		assert_string_equal(status("printers"), "1");
	}
	pass(22 * MINUTE_MS);
	fake_rest_answer(rig.rest, 200,
	    "{\"devices\":[null,7,{},{\"dev_id\":\"../../etc\"},{\"dev_id\":\"01p00a000000001\"},"
	    "{\"dev_id\":\"01P00A000000002\",\"name\":9,\"online\":\"x\",\"dev_access_code\":[]},"
	    "{\"dev_id\":\"01P00A000000002\"}]}");
	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.code, "");
}

static void switched_off_by_a_reload_and_on_again(void **state)
{
	start();
	sign_in_whole();
	rig.config.enabled = false;
	account_set_config(rig.account, &rig.config);
	assert_string_equal(status("state"), "disabled");
	assert_string_equal(seen.user, "");
	assert_int_equal(seen.count, 0);
	pass(DAY_MS);
	assert_null(fake_rest_asked(rig.rest));
	rig.config.enabled = true;
	account_set_config(rig.account, &rig.config);
	turn();
	assert_string_equal(seen.user, "u_1234");
	fake_rest_answer(rig.rest, 200, ONE_PRINTER);
	assert_int_equal(seen.count, 1);
	account_set_config(rig.account, &rig.config);
	turn();
	assert_null(fake_rest_asked(rig.rest));
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, account_setup, account_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(nobody_is_asked_without_a_token),
	    T(sign_in_brings_user_printers_and_an_event),
	    T(restart_keeps_the_sign_in_and_asks_for_the_list_alone),
	    T(list_is_asked_for_every_ten_minutes_and_told_when_it_differs),
	    T(dead_token_is_one_request_and_no_more),
	    T(refusal_without_code_4_leaves_the_token),
	    T(outage_costs_six_requests_in_the_first_hour),
	    T(blocked_is_told_once_and_has_an_end),
	    T(token_of_the_configuration_counts_without_a_file),
	    T(logout_forgets_here_and_on_disk),
	    T(end_of_the_token_is_told_ahead),
	    T(nonsense_for_a_list_keeps_the_last_one),
	    T(switched_off_by_a_reload_and_on_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
