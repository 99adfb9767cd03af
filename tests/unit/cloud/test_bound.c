/* SPDX-License-Identifier: MIT */
/* The account's list of printers: kept over a restart, for its own account alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/secret.h"
#include "common/util.h"
#include "daemon/cloud/bound_file.h"
#include "tests/unit/cloud/account_rig.h"

#define SERIAL "01P00A000000001"

static const char *kept_path(void)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/" BOUND_FILE, rig.dir);
	return path;
}

static bool is_kept(void)
{
	return access(kept_path(), F_OK) == 0;
}

static void restart(void)
{
	stop();
	memset(&seen, 0, sizeof(seen));
	start();
}

static const char *called(void)
{
	size_t count;
	const struct account_device *d = account_devices(rig.account, &count);

	return count > 0 ? d[0].called : NULL;
}

/* A sign-in by an opaque token: only the cloud says whose it is. */
static void sign_in_as(enum account_region region, const char *who)
{
	_cleanup_secret_ struct secret *password = secret_create("pw", 2);
	struct err e;

	assert_int_equal(
	    account_login(rig.account, region, "o@example.org", password, on_step, NULL, &e), 0);
	fake_rest_answer(rig.rest, 200, "{\"accessToken\":\"T2\",\"expiresIn\":99999}");
	turn();
	if (who) {
		asks(WHO);
		fake_rest_answer(rig.rest, 200, who);
		turn();
	}
}

static void list_is_there_after_a_restart_before_the_cloud_answers(void **state)
{
	start();
	assert_string_equal(status("list"), "null");
	sign_in_whole();
	assert_string_equal(status("list.kept"), "false");
	assert_true(is_kept());
	pass(5 * MINUTE_MS);
	assert_string_equal(status("list.age_ms"), "300000");
	restart();
	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.code, "12345678");
	assert_true(account_devices_kept(rig.account));
	assert_string_equal(status("printers"), "1");
	assert_string_equal(status("list.kept"), "true");
	assert_string_equal(status("list.age_ms"), "300000");
	fake_rest_fail(rig.rest, ERR_CLOUD_OFFLINE);
	turn();
	assert_string_equal(status("state"), "offline");
	assert_string_equal(status("list.kept"), "true");
	pass(2 * MINUTE_MS);
	fake_rest_answer(rig.rest, 200, ONE_PRINTER);
	assert_int_equal(seen.devices, 2); /* the cloud has confirmed it: that is news */
	assert_false(account_devices_kept(rig.account));
	assert_string_equal(status("list.age_ms"), "0");
}

static void clock_set_back_makes_no_age_below_zero(void **state)
{
	start();
	sign_in_whole();
	rig.wall_ms -= 400 * DAY_MS;
	restart();
	assert_string_equal(status("list.age_ms"), "0");
}

static void list_that_stays_the_same_is_written_once_an_hour(void **state)
{
	struct stat first, later;

	start();
	sign_in_whole();
	assert_int_equal(stat(kept_path(), &first), 0);
	for (int i = 0; i < 4; i++) {
		pass(11 * MINUTE_MS);
		fake_rest_answer(rig.rest, 200, ONE_PRINTER);
		turn();
	}
	assert_int_equal(stat(kept_path(), &later), 0);
	assert_int_equal(later.st_ino, first.st_ino);
	for (int i = 0; i < 2; i++) {
		pass(11 * MINUTE_MS);
		fake_rest_answer(rig.rest, 200, ONE_PRINTER);
		turn();
	}
	restart();
	assert_string_equal(status("list.age_ms"), "0");
}

static void names_given_are_there_after_a_restart(void **state)
{
	start();
	sign_in_whole();
	account_name_device(rig.account, SERIAL, "shelf-0001");
	restart();
	assert_string_equal(called(), "shelf-0001");
	fake_rest_answer(rig.rest, 200, ONE_PRINTER);
	assert_string_equal(called(), "shelf-0001");
}

static void logout_removes_the_file(void **state)
{
	start();
	sign_in_whole();
	account_name_device(rig.account, SERIAL, "x"); /* and what was to be written is not */
	account_logout(rig.account);
	turn();
	assert_false(is_kept());
	restart();
	assert_false(is_kept());
	assert_int_equal(seen.count, 0);
}

static void dead_token_leaves_it_over_a_restart_too(void **state)
{
	start();
	sign_in_whole();
	account_token_is_dead(rig.account);
	restart();
	assert_string_equal(status("token.verdict"), "dead");
	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.code, "12345678");
	assert_null(fake_rest_asked(rig.rest));
	/* Who signs in again keeps the printers meanwhile. */
	sign_in_as(REGION_GLOBAL, NULL);
	assert_int_equal(seen.devices, 1);
	asks(WHO);
	fake_rest_answer(rig.rest, 200, "{\"uid\":1234}");
	turn();
	assert_int_equal(seen.devices, 1);
	assert_true(is_kept());
}

static void another_account_gets_nothing_of_the_old_one(void **state)
{
	start();
	sign_in_whole();
	sign_in_as(REGION_GLOBAL, "{\"uid\":999}");
	assert_int_equal(seen.count, 0);
	assert_false(account_devices_known(rig.account));
	assert_false(is_kept());
	fake_rest_answer(rig.rest, 200, "{\"devices\":[]}");
	turn();
	restart();
	assert_int_equal(seen.count, 0);
	assert_string_equal(status("printers"), "0");
}

static void another_region_gets_nothing_before_it_is_known_who_it_is(void **state)
{
	start();
	sign_in_whole();
	sign_in_as(REGION_CHINA, NULL);
	assert_int_equal(seen.count, 0);
	assert_false(account_devices_known(rig.account));
	restart();
	assert_int_equal(seen.count, 0);
	asks(WHO);
	fake_rest_answer(rig.rest, 200, "{\"uid\":1234}");
	turn();
	assert_int_equal(seen.count, 0);
	assert_false(is_kept());
}

static void list_of_another_account_on_disk_is_not_taken(void **state)
{
	char other[160];

	start();
	sign_in_whole();
	stop();
	snprintf(other, sizeof(other), "%s.other", kept_path());
	assert_int_equal(rename(kept_path(), other), 0);
	start();
	fake_rest_fail(rig.rest, ERR_CLOUD_OFFLINE);
	sign_in_as(REGION_GLOBAL, "{\"uid\":999}");
	fake_rest_fail(rig.rest, ERR_CLOUD_OFFLINE);
	stop();
	assert_int_equal(rename(other, kept_path()), 0);
	memset(&seen, 0, sizeof(seen));
	start();
	assert_int_equal(seen.count, 0);
	assert_false(account_devices_known(rig.account));
	assert_false(is_kept());
}

static void switched_off_by_a_reload_it_stays_on_disk(void **state)
{
	start();
	sign_in_whole();
	rig.config.enabled = false;
	account_set_config(rig.account, &rig.config);
	assert_int_equal(seen.count, 0);
	assert_true(is_kept());
	rig.config.enabled = true;
	account_set_config(rig.account, &rig.config);
	assert_int_equal(seen.count, 1);
}

static void refused_file_is_told_and_replaced_by_the_next_list(void **state)
{
	struct stat st;

	start();
	sign_in_whole();
	stop();
	chmod(kept_path(), 0644);
	memset(&seen, 0, sizeof(seen));
	start();
	assert_int_equal(seen.count, 0);
	assert_non_null(strstr(status("error"), "chmod 600 '"));
	assert_string_equal(status("state"), "signed_in");
	fake_rest_answer(rig.rest, 200, ONE_PRINTER);
	turn();
	assert_string_equal(status("error"), "null");
	assert_int_equal(stat(kept_path(), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, account_setup, account_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(list_is_there_after_a_restart_before_the_cloud_answers),
	    T(clock_set_back_makes_no_age_below_zero),
	    T(list_that_stays_the_same_is_written_once_an_hour),
	    T(names_given_are_there_after_a_restart),
	    T(logout_removes_the_file),
	    T(dead_token_leaves_it_over_a_restart_too),
	    T(another_account_gets_nothing_of_the_old_one),
	    T(another_region_gets_nothing_before_it_is_known_who_it_is),
	    T(list_of_another_account_on_disk_is_not_taken),
	    T(switched_off_by_a_reload_it_stays_on_disk),
	    T(refused_file_is_told_and_replaced_by_the_next_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
