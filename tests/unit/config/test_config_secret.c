/* SPDX-License-Identifier: MIT */
/* The three places a secret may come from, and every refusal with its remedy. */
#include <errno.h>

#include "common/secret.h"
#include "daemon/config_files.h"
#include "daemon/config_secret.h"
#include "tests/unit/config/fixture.h"

static struct config_file private_file = {.dir = fixture_dir};
static struct config_file open_file = {.dir = fixture_dir, .inline_refused = "chmod 600 x"};

static void takes_from(const char *text, const struct config_file *file, const char *want)
{
	_cleanup_secret_ struct secret *s = NULL;
	_cleanup_free_ char *why = NULL;

	if (config_secret_read(text, file, &s, &why) < 0) {
		fail_msg("refused: %s", why);
	}
	assert_string_equal(secret_reveal(s), want);
}

static void takes(const char *text, const char *want)
{
	takes_from(text, &private_file, want);
}

static void refuses_from(
    const char *text, const struct config_file *file, int want_rc, const char *words)
{
	_cleanup_free_ char *why = NULL;
	struct secret *s = NULL;

	assert_int_equal(config_secret_read(text, file, &s, &why), want_rc);
	assert_null(s);
	fixture_has(why, words);
}

static void refuses(const char *text, const char *words)
{
	refuses_from(text, &private_file, -EINVAL, words);
}

static void secret_inline_only_in_a_private_file(void **state)
{
	takes("12345678", "12345678");
	refuses_from("12345678", &open_file, -EINVAL, "chmod 600 x");
	refuses_from("12345678", NULL, -EINVAL, "may not stand here");
}

static void secret_refusal_never_repeats_it(void **state)
{
	_cleanup_free_ char *why = NULL;
	struct secret *s = NULL;

	assert_int_equal(config_secret_read("canary77", &open_file, &s, &why), -EINVAL);
	assert_null(strstr(why, "canary77"));
}

static void secret_mask_of_the_dump_is_no_secret(void **state)
{
	refuses("***", "put it here again");
}

static void secret_file_relative_to_where_it_is_named(void **state)
{
	fixture_write("code", 0600, "87654321\n");
	takes("./code", "87654321");
	takes(fixture_path("code"), "87654321");
	/* Whoever may read the configuration need not be able to read the secret. */
	takes_from("./code", &open_file, "87654321");
}

static void secret_file_open_to_others_is_refused(void **state)
{
	fixture_write("code", 0640, "87654321\n");
	refuses("./code", "chmod 600 '");
	fixture_write("code", 0604, "87654321\n");
	refuses("./code", "chmod 600 '");
}

static void secret_file_of_another_user_is_refused(void **state)
{
	const char *path = fixture_write("code", 0600, "87654321\n");

	if (geteuid() != 0) {
		skip(); /* only root can give a file away */
	}
	assert_int_equal(chown(path, 12345, 0), 0);
	refuses("./code", "belongs to user 12345: chown 0 '");
}

static void secret_file_symlink_missing_or_empty_is_refused(void **state)
{
	fixture_write("code", 0600, "87654321\n");
	assert_int_equal(symlink("code", fixture_path("link")), 0);
	refuses("./link", "symbolic link");
	refuses("./none", "No such file");
	fixture_write("empty", 0600, "");
	refuses("./empty", "empty");
	refuses("./.", "not a file");
}

static void secret_credential_is_read_from_its_directory(void **state)
{
	fixture_mkdir("cred");
	fixture_write("cred/bambu.code.a", 0400, "11223344");
	setenv("CREDENTIALS_DIRECTORY", fixture_path("cred"), 1);
	takes("@bambu.code.a", "11223344");
	refuses("@other", "No such file");
	refuses("@../cred/bambu.code.a", "without slashes");
	refuses("@", "without slashes");
	refuses("@..", "without slashes");
	unsetenv("CREDENTIALS_DIRECTORY");
	refuses_from("@bambu.code.a", &private_file, -ENOKEY, "LoadCredential=bambu.code.a");
}

#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(secret_inline_only_in_a_private_file),
	    T(secret_refusal_never_repeats_it),
	    T(secret_mask_of_the_dump_is_no_secret),
	    T(secret_file_relative_to_where_it_is_named),
	    T(secret_file_open_to_others_is_refused),
	    T(secret_file_of_another_user_is_refused),
	    T(secret_file_symlink_missing_or_empty_is_refused),
	    T(secret_credential_is_read_from_its_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
