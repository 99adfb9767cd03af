/* SPDX-License-Identifier: MIT */
/* Files of the state directory: who may read them, and what becomes of damaged ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/private_file.h"
#include "common/secret.h"
#include "common/util.h"

static char dir[64];

static bool is_there(const char *name)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", dir, name);

	return access(path, F_OK) == 0;
}

static void drop(const char *name)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", dir, name);

	assert_int_equal(unlink(path), 0);
}

static int setup(void **state)
{
	str_copy(dir, sizeof(dir), "/tmp/bambud-test-private-XXXXXX");
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int teardown(void **state)
{
	return rmdir(dir);
}

static void written_soon_or_synced_is_private_and_read_back(void **state)
{
	int (*const writers[])(const char *, const char *, const char *, size_t) = {
	    private_write, private_write_soon};

	for (size_t i = 0; i < ARRAY_SIZE(writers); i++) {
		_cleanup_free_ char *path = xasprintf("%s/x", dir), *why = NULL;
		_cleanup_secret_ struct secret *text = NULL;
		struct stat st;

		assert_int_equal(writers[i](dir, "x", "word\n", 5), 0);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
		assert_int_equal(private_read(dir, "x", &text, &why), 0);
		assert_string_equal(secret_reveal(text), "word");
		drop("x");
	}
}

static void only_the_newest_damaged_ones_are_kept(void **state)
{
	static const char *const others[] = {"x.bad-", "x.bad-1a", "x.bad", "y.bad-1", "x.bad--1"};
	char name[32];

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		assert_int_equal(private_write(dir, others[i], "z", 1), 0);
	}
	for (int64_t s = 9; s < 15; s++) { /* 9 and 10 differ in length */
		_cleanup_free_ char *said = NULL;

		assert_int_equal(private_write(dir, "x", "z", 1), 0);
		said = private_set_aside(dir, "x", s * 1000);
		snprintf(name, sizeof(name), "x.bad-%d", (int)s);
		assert_non_null(strstr(said, name));
		assert_false(is_there("x"));
	}
	for (int s = 9; s < 15; s++) {
		snprintf(name, sizeof(name), "x.bad-%d", s);
		assert_int_equal(is_there(name), s >= 15 - PRIVATE_BAD_MAX);
		if (is_there(name)) {
			drop(name);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		drop(others[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		written_soon_or_synced_is_private_and_read_back, setup, teardown),
	    cmocka_unit_test_setup_teardown(only_the_newest_damaged_ones_are_kept, setup, teardown),
	};

	return cmocka_run_group_tests_name("private_file", tests, NULL, NULL);
}
