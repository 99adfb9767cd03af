/* SPDX-License-Identifier: MIT */
/* An account over a cloud that is a fake, with a clock of its own; what it tells is kept. */
#include "tests/unit/cloud/account_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/json.h"
#include "common/jw.h"
#include "common/log.h"
#include "common/secret.h"
#include "daemon/cloud/bound_file.h"
#include "daemon/cloud/token.h"

struct account_rig rig;
struct account_seen seen;
struct account_answer answer;

static int64_t mono(void *arg)
{
	return rig.now_ms;
}

static int64_t wall(void *arg)
{
	return rig.wall_ms;
}

static void on_devices(void *arg, const struct account_device *list, size_t count)
{
	seen.devices++;
	seen.count = count;
	str_copy(
	    seen.code, sizeof(seen.code), count && list[0].code ? secret_reveal(list[0].code) : "");
}

static void on_credentials(void *arg, const char *user, const struct secret *token)
{
	seen.credentials++;
	str_copy(seen.user, sizeof(seen.user), user ? user : "");
	str_copy(seen.token, sizeof(seen.token), token ? secret_reveal(token) : "");
}

static void on_region(void *arg, enum account_region region)
{
	seen.region = region;
}

static void on_changed(void *arg)
{
}

static void on_event(void *arg, enum event_kind kind, const char *json)
{
	seen.events[kind]++;
	str_copy(seen.event, sizeof(seen.event), json);
}

void on_step(void *arg, const struct account_step *s)
{
	answer.calls++;
	answer.step = *s;
}

void turn(void)
{
	for (int i = 0; i < 3; i++) {
		loop_turn(rig.loop, false);
	}
}

void pass(int64_t ms)
{
	rig.now_ms += ms;
	rig.wall_ms += ms;
	turn();
}

void start(void)
{
	const struct account_handler handler = {
	    .devices = on_devices,
	    .credentials = on_credentials,
	    .region = on_region,
	    .changed = on_changed,
	    .event = on_event,
	};

	rig.account = account_create(rig.loop, rig.rest, &rig.config, &handler);
	turn();
}

void stop(void)
{
	account_destroy(TAKE(rig.account));
}

int account_setup(void **state)
{
	static const struct loop_clock clock = {.mono_ms = mono, .wall_ms = wall};

	rig.now_ms = 1000000;
	rig.wall_ms = WALL;
	memset(&seen, 0, sizeof(seen));
	memset(&answer, 0, sizeof(answer));
	snprintf(rig.dir, sizeof(rig.dir), "/tmp/bb-account-XXXXXX");
	assert_non_null(mkdtemp(rig.dir));
	rig.config = (struct account_config){.enabled = true, .state_dir = rig.dir};
	rig.loop = loop_create(&clock);
	rig.rest = fake_rest_create();
	log_set_level(LOG_LEVEL_ERR);
	return 0;
}

int account_teardown(void **state)
{
	char path[128];

	stop();
	fake_rest_destroy(rig.rest);
	loop_destroy(rig.loop);
	snprintf(path, sizeof(path), "%s/" TOKEN_FILE, rig.dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/" BOUND_FILE, rig.dir);
	unlink(path);
	return rmdir(rig.dir);
}

void asks(const char *path)
{
	const struct fake_asked *q = fake_rest_asked(rig.rest);

	assert_non_null(q);
	assert_string_equal(q->path, path);
}

void sign_in(const char *expires)
{
	_cleanup_secret_ struct secret *password = secret_create("pw", 2);
	_cleanup_free_ char *body = xasprintf("{\"accessToken\":\"T1\",\"expiresIn\":%s}", expires);
	struct err e;

	assert_int_equal(account_login(rig.account, REGION_GLOBAL, "maker@example.org", password,
			     on_step, NULL, &e),
	    0);
	fake_rest_answer(rig.rest, 200, body);
	assert_int_equal(answer.calls, 1);
	assert_int_equal(answer.step.error.type, ERR_NONE);
	assert_int_equal(answer.step.state, ACCOUNT_SIGNED_IN);
	answer.calls = 0;
	turn();
}

void sign_in_whole(void)
{
	sign_in("7776000");
	asks(WHO);
	fake_rest_answer(rig.rest, 200, "{\"uid\":1234}");
	asks(BIND);
	fake_rest_answer(rig.rest, 200, ONE_PRINTER);
	turn();
	assert_null(fake_rest_asked(rig.rest));
}

const char *status(const char *path)
{
	static char text[256];
	_cleanup_json_ json_object *o = NULL;
	json_object *value = NULL;
	struct jw w;

	jw_init(&w);
	jw_object(&w, NULL);
	account_write_status(rig.account, &w);
	jw_object_end(&w);
	assert_int_equal(json_parse(w.buf, w.len, 8, &o), 0);
	assert_null(strstr(w.buf, "T1"));
	jw_finish(&w);
	assert_true(json_get_path(o, path, &value));
	str_copy(text, sizeof(text), value ? json_object_get_string(value) : "null");
	return text;
}
