/* SPDX-License-Identifier: MIT */
/* A daemon that is started again and again asks the account's broker no more often than one that
 * runs. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/secret.h"
#include "common/util.h"
#include "daemon/fleet/cloud_link.h"
#include "tests/unit/fleet/fake_mqtt.h"

#define MINUTE_MS (60 * 1000)
#define DAY_MS (INT64_C(24) * 60 * MINUTE_MS)

static struct cloud_link *cloud;
static char dir[64], path[96];

static void sign_in(const char *token)
{
	_cleanup_secret_ struct secret *text = secret_create(token, strlen(token));
	struct cloud_link_config c = {
	    .host = "broker.example", .port = 8883, .user = "u_1", .token = text};

	cloud_link_set(cloud, &c);
}

static void restart(void)
{
	cloud_link_destroy(cloud);
	cloud = cloud_link_create(&fake.fleet);
	sign_in("token");
	fake_advance(200);
}

static int setup(void **state)
{
	fake_start();
	str_copy(dir, sizeof(dir), "/tmp/bambud-test-kept-XXXXXX");
	if (!mkdtemp(dir)) {
		return -1;
	}
	snprintf(path, sizeof(path), "%s/cloud-connects", dir);
	fake.fleet.state_dir = dir;
	cloud = cloud_link_create(&fake.fleet);
	return 0;
}

static int teardown(void **state)
{
	cloud_link_destroy(TAKE(cloud));
	fake_stop();
	unlink(path);
	return rmdir(dir);
}

static void five_starts_in_five_minutes_connect_and_no_more(void **state)
{
	struct stat st;

	for (unsigned i = 0; i < 9; i++) {
		restart();
		fake_advance(1000);
	}
	assert_int_equal(fake.cloud_opens, 5);
	assert_non_null(strstr(cloud_link_error(cloud), "five times in five minutes"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	fake_advance(5 * MINUTE_MS);
	assert_int_equal(fake.cloud_opens, 6);
}

static void clock_that_was_set_makes_nobody_wait_longer_than_five_minutes(void **state)
{
	for (unsigned i = 0; i < 5; i++) {
		restart();
	}
	fake.wall_skew_ms = -DAY_MS;
	restart();
	assert_int_equal(fake.cloud_opens, 5);
	fake_advance(5 * MINUTE_MS);
	assert_int_equal(fake.cloud_opens, 6);
	fake.wall_skew_ms = DAY_MS; /* long ago by this clock */
	restart();
	assert_int_equal(fake.cloud_opens, 7);
}

static void throw_out(void)
{
	unsigned opens = fake.cloud_opens;

	for (unsigned i = 0; i < 3; i++) {
		while (fake.cloud_opens == opens + i) {
			fake_advance(100);
		}
		fake_cloud_up();
		fake_advance(1000);
		fake_cloud_down(MQTT_DOWN_LOST, "peer closed the connection");
	}
}

static void another_client_is_left_alone_over_a_restart(void **state)
{
	int64_t wait_ms;

	sign_in("token");
	throw_out();
	fake_advance(2 * MINUTE_MS);
	restart();
	assert_int_equal(fake.cloud_opens, 3);
	assert_non_null(strstr(cloud_link_error(cloud), "another client before the restart"));
	assert_false(cloud_link_is_refused(cloud));
	fake_advance(12 * MINUTE_MS);
	assert_int_equal(fake.cloud_opens, 3);
	/* The user's word counts at once, one more kick is enough, and is remembered. */
	assert_int_equal(cloud_link_retry(cloud, &wait_ms), 0);
	fake_advance(200);
	assert_int_equal(fake.cloud_opens, 4);
	fake_cloud_up();
	assert_null(cloud_link_error(cloud));
	fake_cloud_down(MQTT_DOWN_LOST, "peer closed the connection");
	restart();
	fake_advance(14 * MINUTE_MS);
	assert_int_equal(fake.cloud_opens, 4);
	fake_advance(5 * MINUTE_MS);
	assert_int_equal(fake.cloud_opens, 5);
}

static void pause_is_no_longer_than_one_can_be_when_the_clock_was_set(void **state)
{
	sign_in("token");
	throw_out();
	fake.wall_skew_ms = -DAY_MS;
	restart();
	fake_advance(17 * MINUTE_MS);
	assert_int_equal(fake.cloud_opens, 3);
	fake_advance(2 * MINUTE_MS);
	assert_int_equal(fake.cloud_opens, 4);
}

static void refused_token_is_known_over_a_restart_and_another_tried_at_once(void **state)
{
	int64_t wait_ms = 0;

	sign_in("token");
	fake_advance(200);
	fake_cloud_down(MQTT_DOWN_AUTH, "not authorised");
	restart();
	fake_advance(4 * MINUTE_MS);
	assert_int_equal(fake.cloud_opens, 1);
	assert_true(cloud_link_is_refused(cloud));
	assert_int_equal(cloud_link_retry(cloud, &wait_ms), -EAGAIN);
	sign_in("other");
	fake_advance(200);
	assert_int_equal(fake.cloud_opens, 2);
	assert_false(cloud_link_is_refused(cloud));
}

static void sign_in_after_a_start_without_token_is_tried_at_once(void **state)
{
	sign_in("token");
	fake_advance(200);
	fake_cloud_down(MQTT_DOWN_AUTH, "not authorised");
	cloud_link_destroy(cloud);
	cloud = cloud_link_create(&fake.fleet);
	cloud_link_set(cloud, &(struct cloud_link_config){0});
	sign_in("other");
	fake_advance(200);
	assert_int_equal(fake.cloud_opens, 2);
}

static void spill(const char *text)
{
	FILE *f = fopen(path, "w");

	fputs(text, f);
	assert_int_equal(fchmod(fileno(f), 0600), 0);
	fclose(f);
}

static void damaged_file_is_set_aside_and_forgotten(void **state)
{
	static const char *const texts[] = {"", "{", "[]", "{\"version\":2,\"connects\":[]}",
	    "{\"version\":1}", "{\"version\":1,\"connects\":[1,2,3,4,5,6]}",
	    "{\"version\":1,\"connects\":[-1]}", "{\"version\":1,\"connects\":[\"1\"]}",
	    "{\"version\":1,\"connects\":[],\"away\":\"tired\",\"until\":9999999999999}",
	    "{\"version\":1,\"connects\":[],\"away\":\"kicked\"}",
	    "{\"version\":1,\"connects\":[],\"away\":null}"};
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_free_ char *bad = NULL;

		fake_advance(5 * MINUTE_MS);
		spill(texts[i]);
		bad =
		    xasprintf("%s.bad-%lld", path, (1000000000000 + (long long)fake.now_ms) / 1000);
		restart();
		assert_int_equal(fake.cloud_opens, i + 1);
		assert_int_equal(stat(bad, &st), 0);
		assert_int_equal(unlink(bad), 0);
		cloud_link_set(cloud, &(struct cloud_link_config){0});
	}
}

static void file_of_others_is_not_taken_and_not_removed(void **state)
{
	struct stat st;

	spill("{\"version\":1,\"connects\":[],\"away\":\"kicked\",\"until\":1000000500000}");
	assert_int_equal(chmod(path, 0666), 0);
	cloud_link_destroy(cloud);
	cloud = cloud_link_create(&fake.fleet);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0666);
	sign_in("token");
	fake_advance(200);
	assert_int_equal(fake.cloud_opens, 1);
}

#define WITH(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH(five_starts_in_five_minutes_connect_and_no_more),
	    WITH(clock_that_was_set_makes_nobody_wait_longer_than_five_minutes),
	    WITH(another_client_is_left_alone_over_a_restart),
	    WITH(pause_is_no_longer_than_one_can_be_when_the_clock_was_set),
	    WITH(refused_token_is_known_over_a_restart_and_another_tried_at_once),
	    WITH(sign_in_after_a_start_without_token_is_tried_at_once),
	    WITH(damaged_file_is_set_aside_and_forgotten),
	    WITH(file_of_others_is_not_taken_and_not_removed),
	};

	return cmocka_run_group_tests_name("cloud_kept", tests, NULL, NULL);
}
