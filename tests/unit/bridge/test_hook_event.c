/* SPDX-License-Identifier: MIT */
/* What a program is told of an event: JSON, and variables that hold nothing but text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/util.h"
#include "daemon/bridge/hook_event.h"
#include "daemon/bridge/hook_words.h"
#include "daemon/model/hub.h"

static struct hook_event *make(const char *data)
{
	struct hub_event from = {
	    .seq = 42,
	    .wall_ms = 1000,
	    .kind = EVENT_PRINT_FINISHED,
	    .printer = "shelf",
	    .serial = "01P00A000000001",
	    .data = (char *)data,
	};

	return hook_event_create(&from, 7);
}

/* The value, or NULL. */
static const char *get(char **env, const char *name)
{
	size_t len = strlen(name);

	for (; *env; env++) {
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=') {
			return *env + len + 1;
		}
	}
	return NULL;
}

static char **env_of(const char *data)
{
	struct hook_event *e = make(data);
	char **env = hook_event_env(e, "hook-1");

	hook_event_unref(e);
	return env;
}

static void json_has_the_event_and_who_is_told(void **state)
{
	struct hook_event *e = make("{\"job\":\"lid\"}");
	size_t len;
	_cleanup_free_ char *text = hook_event_json(e, "hook-1", &len);

	assert_int_equal(len, strlen(text));
	assert_string_equal(text, "{\"hook\":\"hook-1\",\"cursor\":\"7.42\",\"seq\":42,"
				  "\"time\":\"1970-01-01T00:00:01.000Z\",\"printer\":\"shelf\","
				  "\"serial\":\"01P00A000000001\",\"kind\":\"print.finished\","
				  "\"data\":{\"job\":\"lid\"}}\n");
	hook_event_unref(e);
}

static void single_values_are_variables(void **state)
{
	char **env =
	    env_of("{\"job\":\"lid\",\"layer\":20,\"late\":true,\"code\":null,\"list\":[1],"
		   "\"to\":{\"unit\":0,\"label\":\"A1\"},\"from\":{\"unit\":0}}");

	assert_string_equal(get(env, "BAMBU_EVENT"), "print.finished");
	assert_string_equal(get(env, "BAMBU_SEQ"), "42");
	assert_string_equal(get(env, "BAMBU_CURSOR"), "7.42");
	assert_string_equal(get(env, "BAMBU_JOB"), "lid");
	assert_string_equal(get(env, "BAMBU_LAYER"), "20");
	assert_string_equal(get(env, "BAMBU_LATE"), "true");
	assert_string_equal(get(env, "BAMBU_TO"), "A1");
	assert_null(get(env, "BAMBU_CODE"));
	assert_null(get(env, "BAMBU_LIST"));
	assert_null(get(env, "BAMBU_FROM"));
	hook_words_free(env);
}

static void data_never_replaces_what_we_say(void **state)
{
	char **env =
	    env_of("{\"printer\":\"x\",\"event\":1,\"a=b\":1,\"PATH\":1,\"a b\":2,\"\":3}");
	size_t n = 0;

	assert_string_equal(get(env, "BAMBU_PRINTER"), "shelf");
	assert_string_equal(get(env, "BAMBU_EVENT"), "print.finished");
	for (char **e = env; *e; e++) {
		n += str_starts(*e, "BAMBU_");
	}
	assert_int_equal(n, 7);
	hook_words_free(env);
}

static void values_hold_no_control_bytes(void **state)
{
	char **env = env_of("{\"job\":\"a\\nb\\u001b[31m\\u007f\"}");

	assert_string_equal(get(env, "BAMBU_JOB"), "a b [31m ");
	hook_words_free(env);
}

static void long_values_are_cut_at_a_whole_character(void **state)
{
	char data[4096];
	const char *job;
	char **env;
	size_t len = (size_t)snprintf(data, sizeof(data), "{\"job\":\"x");

	for (int i = 0; i < 1000; i++) {
		len += (size_t)snprintf(data + len, sizeof(data) - len, "\xc3\xa4");
	}
	snprintf(data + len, sizeof(data) - len, "\"}");
	env = env_of(data);
	job = get(env, "BAMBU_JOB");
	assert_int_equal(strlen(job), HOOK_VALUE_MAX - 1);
	assert_true(text_is_utf8(job, strlen(job)));
	hook_words_free(env);
}

static void variables_are_bounded(void **state)
{
	char data[4096] = "{";
	char **env;
	size_t n = 0, len = 1;

	for (int i = 0; i < 100; i++) {
		len += (size_t)snprintf(
		    data + len, sizeof(data) - len, "%s\"k%d\":1", i ? "," : "", i);
	}
	snprintf(data + len, sizeof(data) - len, "}");
	env = env_of(data);
	while (env[n]) {
		n++;
	}
	assert_int_equal(n, HOOK_VARIABLES_MAX - 1);
	hook_words_free(env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(json_has_the_event_and_who_is_told),
	    cmocka_unit_test(single_values_are_variables),
	    cmocka_unit_test(data_never_replaces_what_we_say),
	    cmocka_unit_test(values_hold_no_control_bytes),
	    cmocka_unit_test(long_values_are_cut_at_a_whole_character),
	    cmocka_unit_test(variables_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
