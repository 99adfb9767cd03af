/* SPDX-License-Identifier: MIT */
/* Default places for the system service and for an ordinary user. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "common/paths.h"
#include "common/util.h"

static void clear(void)
{
	static const char *const names[] = {"XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME",
	    "XDG_RUNTIME_DIR", "HOME", "RUNTIME_DIRECTORY"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		unsetenv(names[i]);
	}
}

static void same(char *got, const char *wanted)
{
	if (wanted) {
		assert_non_null(got);
		assert_string_equal(got, wanted);
	} else {
		assert_null(got);
	}
	free(got);
}

static void user_socket_needs_the_runtime_dir(void **state)
{
	clear();
	same(paths_user_socket(), NULL);
	setenv("HOME", "/home/me", 1);
	same(paths_user_socket(), NULL);
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	same(paths_user_socket(), "/run/user/7/bambud/control.sock");
	setenv("XDG_RUNTIME_DIR", "relative", 1);
	same(paths_user_socket(), NULL);
}

static void joined_paths(void **state)
{
	same(paths_join("/etc/bambud", "ca.pem"), "/etc/bambud/ca.pem");
	same(paths_join("/etc/bambud/", "./run/x"), "/etc/bambud/./run/x");
	same(paths_join("/etc/bambud", "/abs"), "/abs");
	same(paths_join("", "x"), "x");
	same(paths_join("/etc", NULL), NULL);
}

static void system_service_has_fixed_places(void **state)
{
	clear();
	setenv("RUNTIME_DIRECTORY", "/run/bambud", 1);
	setenv("XDG_CONFIG_HOME", "/elsewhere", 1);
	assert_true(paths_is_system());
	same(paths_socket(), PATHS_SYSTEM_SOCKET);
	same(paths_config(), PATHS_SYSTEM_CONFIG);
	same(paths_state_dir(), PATHS_SYSTEM_STATE);
	same(paths_cache_dir(), PATHS_SYSTEM_CACHE);
}

/* Root is put down for the test, and taken up again. A change of user makes a process undumpable,
 * which leak checkers cannot bear. */
static int drop_root(void **state)
{
	return geteuid() == 0 ? seteuid(12345) : 0;
}

static int regain_root(void **state)
{
	return getuid() == 0 && (seteuid(0) < 0 || prctl(PR_SET_DUMPABLE, 1) < 0) ? -1 : 0;
}

static void ordinary_user_has_xdg_places(void **state)
{
	clear();
	assert_false(paths_is_system());
	same(paths_config(), NULL);
	same(paths_state_dir(), NULL);
	setenv("HOME", "/home/me", 1);
	setenv("RUNTIME_DIRECTORY", "/run/user/7/bambud", 1);
	assert_false(paths_is_system());
	same(paths_config(), "/home/me/.config/bambud/bambud.conf");
	same(paths_state_dir(), "/home/me/.local/state/bambud");
	same(paths_cache_dir(), "/home/me/.cache/bambud");
	same(paths_socket(), NULL);
	setenv("XDG_CONFIG_HOME", "/c", 1);
	setenv("XDG_STATE_HOME", "/s", 1);
	setenv("XDG_CACHE_HOME", "/k", 1);
	setenv("XDG_RUNTIME_DIR", "/r", 1);
	same(paths_config(), "/c/bambud/bambud.conf");
	same(paths_state_dir(), "/s/bambud");
	same(paths_cache_dir(), "/k/bambud");
	same(paths_socket(), "/r/bambud/control.sock");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(user_socket_needs_the_runtime_dir),
	    cmocka_unit_test(joined_paths),
	    cmocka_unit_test(system_service_has_fixed_places),
	    cmocka_unit_test_setup_teardown(ordinary_user_has_xdg_places, drop_root, regain_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
