/* SPDX-License-Identifier: MIT */
/* Secrets in memory and in files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/secret.h"

static char dir[] = "/tmp/bambud-secret-XXXXXX";
static int dirfd = -1;

static int setup(void **state)
{
	if (!mkdtemp(dir)) {
		return -1;
	}
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dirfd < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	static const char *const names[] = {"code", "link", "fifo"};

	for (size_t i = 0; i < 3; i++) {
		unlinkat(dirfd, names[i], 0);
	}
	close(dirfd);
	return rmdir(dir);
}

static void put(const char *bytes, size_t len, mode_t mode)
{
	int fd;

	unlinkat(dirfd, "code", 0);
	fd = openat(dirfd, "code", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static int read_code(struct secret **ret)
{
	return secret_read_file(dirfd, "code", ret);
}

static void trailing_newlines_are_cut(void **state)
{
	_cleanup_secret_ struct secret *a = secret_create("12345678\r\n", 10);
	_cleanup_secret_ struct secret *b = secret_create("\n\n", 2);

	assert_string_equal(secret_reveal(a), "12345678");
	assert_int_equal(secret_len(a), 8);
	assert_int_equal(secret_len(b), 0);
	assert_int_equal(secret_len(NULL), 0);
}

static void equality_is_of_content(void **state)
{
	_cleanup_secret_ struct secret *a = secret_create("abc", 3), *b = secret_dup(a);
	_cleanup_secret_ struct secret *c = secret_create("abd", 3), *d = secret_create("ab", 2);

	assert_true(secret_equal(a, b));
	assert_false(secret_equal(a, c));
	assert_false(secret_equal(a, d));
	assert_false(secret_equal(a, NULL));
	assert_true(secret_equal(NULL, NULL));
	assert_null(secret_dup(NULL));
}

static void private_file_is_read(void **state)
{
	_cleanup_secret_ struct secret *s = NULL;

	put("87654321\n", 9, 0600);
	assert_int_equal(read_code(&s), 0);
	assert_string_equal(secret_reveal(s), "87654321");
}

static void file_open_to_others_is_refused(void **state)
{
	static const mode_t modes[] = {0640, 0644, 0604, 0620, 0460, 0444, 0610};
	struct secret *s = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		put("87654321", 8, modes[i]);
		assert_int_equal(read_code(&s), -EPERM);
	}
	assert_null(s);
}

/* 0440 root:root is what a credential with an ACL looks like; of any other owner it is refused. */
static void group_read_is_right_only_for_a_credential_of_root(void **state)
{
	_cleanup_secret_ struct secret *s = NULL;

	put("87654321", 8, 0440);
	if (geteuid() == 0) {
		assert_int_equal(fchownat(dirfd, "code", 0, 0, 0), 0);
		assert_int_equal(read_code(&s), 0);
		assert_int_equal(fchownat(dirfd, "code", 0, 12345, 0), 0);
		secret_destroy(TAKE(s));
	}
	assert_int_equal(read_code(&s), -EPERM);
}

static void file_of_another_user_is_refused(void **state)
{
	struct secret *s = NULL;

	if (geteuid() != 0) {
		print_message("needs root to give a file away\n");
		skip();
	}
	put("87654321", 8, 0600);
	assert_int_equal(fchownat(dirfd, "code", 12345, 12345, 0), 0);
	assert_int_equal(read_code(&s), -EPERM);
	assert_null(s);
}

static void odd_files_are_refused_without_waiting(void **state)
{
	struct secret *s = NULL;
	char big[16 * 1024 + 1];

	assert_int_equal(secret_read_file(dirfd, "absent", &s), -ENOENT);
	put("87654321", 8, 0600);
	assert_int_equal(symlinkat("code", dirfd, "link"), 0);
	assert_int_equal(secret_read_file(dirfd, "link", &s), -ELOOP);
	assert_int_equal(mkfifoat(dirfd, "fifo", 0600), 0);
	assert_int_equal(secret_read_file(dirfd, "fifo", &s), -EINVAL);
	assert_int_equal(secret_read_file(dirfd, ".", &s), -EINVAL);
	put("", 0, 0600);
	assert_int_equal(read_code(&s), -EINVAL);
	put("\n", 1, 0600);
	assert_int_equal(read_code(&s), -EINVAL);
	put("12\0"
	    "34",
	    5, 0600);
	assert_int_equal(read_code(&s), -EINVAL);
	memset(big, 'x', sizeof(big));
	put(big, sizeof(big), 0600);
	assert_int_equal(read_code(&s), -EFBIG);
	assert_null(s);
	put(big, sizeof(big) - 1, 0600);
	assert_int_equal(read_code(&s), 0);
	assert_int_equal(secret_len(s), sizeof(big) - 1);
	secret_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(trailing_newlines_are_cut),
	    cmocka_unit_test(equality_is_of_content),
	    cmocka_unit_test(private_file_is_read),
	    cmocka_unit_test(file_open_to_others_is_refused),
	    cmocka_unit_test(group_read_is_right_only_for_a_credential_of_root),
	    cmocka_unit_test(file_of_another_user_is_refused),
	    cmocka_unit_test(odd_files_are_refused_without_waiting),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
