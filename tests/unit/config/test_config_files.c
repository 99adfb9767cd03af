/* SPDX-License-Identifier: MIT */
/* Which files are read, in what order, and which of them may hold a secret. */
#include <errno.h>

#include "daemon/config_files.h"
#include "tests/unit/config/fixture.h"

static char **list(const char *a, const char *b)
{
	_cleanup_free_ char *low = xstrdup(fixture_path(a)), *high = xstrdup(fixture_path(b));
	const char *dirs[] = {low, high, NULL};
	char **v = NULL;
	struct err e;

	assert_int_equal(config_files_list(dirs, &v, &e), 0);
	return v;
}

static void files_are_sorted_by_name_over_all_folders(void **state)
{
	char **v;

	fixture_mkdir("lib");
	fixture_mkdir("etc");
	fixture_write("lib/20.conf", 0644, "");
	fixture_write("etc/10.conf", 0644, "");
	fixture_write("etc/30.conf", 0644, "");
	v = list("lib", "etc");
	assert_string_equal(v[0], fixture_path("etc/10.conf"));
	assert_string_equal(v[1], fixture_path("lib/20.conf"));
	assert_string_equal(v[2], fixture_path("etc/30.conf"));
	assert_null(v[3]);
	config_strings_free(v);
}

static void files_of_higher_rank_mask_their_name(void **state)
{
	char **v;

	fixture_mkdir("lib");
	fixture_mkdir("etc");
	fixture_write("lib/20.conf", 0644, "");
	fixture_write("etc/20.conf", 0644, "");
	v = list("lib", "etc");
	assert_string_equal(v[0], fixture_path("etc/20.conf"));
	assert_null(v[1]);
	config_strings_free(v);
}

static void files_of_other_names_are_left_alone(void **state)
{
	char **v;

	fixture_mkdir("etc");
	fixture_write("etc/.20.conf", 0644, "");
	fixture_write("etc/20.conf~", 0644, "");
	fixture_write("etc/20.conf.dpkg-new", 0644, "");
	fixture_write("etc/.conf", 0644, "");
	v = list("missing", "etc");
	assert_null(v[0]);
	config_strings_free(v);
}

static void files_a_folder_that_cannot_be_read_is_an_error(void **state)
{
	const char *dirs[] = {fixture_write("file", 0644, ""), NULL};
	char **v = NULL;
	struct err e;

	assert_int_equal(config_files_list(dirs, &v, &e), -EINVAL);
	fixture_has(e.message, "Not a directory");
}

/* The reason why this file may not hold a secret, or "". */
static const char *refused(const char *path)
{
	static char why[512];
	struct config_file *f = NULL;
	struct err e;

	assert_int_equal(config_file_read(path, &f, &e), 0);
	snprintf(why, sizeof(why), "%s", f->inline_refused ? f->inline_refused : "");
	config_file_destroy(f);
	return why;
}

static void files_private_ones_may_hold_secrets(void **state)
{
	assert_string_equal(refused(fixture_write("a", 0600, "")), "");
	assert_string_equal(refused(fixture_write("a", 0400, "")), "");
}

static void files_open_to_others_may_not_and_say_what_to_type(void **state)
{
	fixture_has(refused(fixture_write("a", 0644, "")), "(mode 0644): chmod 600 '");
	fixture_has(refused(fixture_write("a", 0604, "")), "chmod 600");
	fixture_has(refused(fixture_write("a", 0620, "")), "chmod 600");
	/* 0640 is for root and the service's group alone. */
	fixture_has(refused(fixture_write("a", 0640, "")), "chmod 600");
}

static void files_through_symlinks_may_not(void **state)
{
	fixture_write("a", 0600, "");
	assert_int_equal(symlink("a", fixture_path("link")), 0);
	fixture_has(refused(fixture_path("link")), "symbolic link");
}

static void files_of_another_user_may_not(void **state)
{
	const char *path = fixture_write("a", 0600, "");

	if (geteuid() != 0) {
		skip(); /* only root can give a file away */
	}
	assert_int_equal(chown(path, 12345, 0), 0);
	fixture_has(refused(path), "belongs to user 12345: chown root '");
}

static void files_0640_of_root_and_the_service_group_may(void **state)
{
	const char *path = fixture_write("a", 0640, "");

	if (geteuid() != 0) {
		skip(); /* only root can give a file away */
	}
	assert_int_equal(chown(path, 0, 12345), 0);
	fixture_has(refused(path), "chmod 600");
	assert_int_equal(setegid(12345), 0);
	assert_string_equal(refused(path), "");
	assert_int_equal(setegid(0), 0);
}

static void files_not_regular_are_read_but_hold_no_secret(void **state)
{
	fixture_has(refused("/dev/null"), "not a regular file");
}

static void files_missing_and_unreadable_differ(void **state)
{
	struct config_file *f = NULL;
	struct err e;

	assert_int_equal(config_file_read(fixture_path("none"), &f, &e), -ENOENT);
	assert_int_equal(config_file_read(fixture_dir, &f, &e), -EINVAL);
	fixture_has(e.message, "Is a directory");
	assert_null(f);
}

static void files_are_read_whole_and_not_beyond_the_cap(void **state)
{
	const char *path = fixture_write("big", 0600, "");
	struct config_file *f = NULL;
	struct err e;

	assert_int_equal(truncate(path, CONFIG_FILE_MAX), 0);
	assert_int_equal(config_file_read(path, &f, &e), 0);
	assert_int_equal(f->len, CONFIG_FILE_MAX);
	assert_int_equal(f->text[f->len], 0);
	config_file_destroy(f);
	assert_int_equal(truncate(path, CONFIG_FILE_MAX + 1), 0);
	assert_int_equal(config_file_read(path, &f, &e), -EINVAL);
	fixture_has(e.message, "File too large");
}

static void files_know_their_absolute_place(void **state)
{
	struct config_file *f = NULL;
	char cwd[256];
	struct err e;

	fixture_write("a", 0600, "");
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	assert_int_equal(chdir(fixture_dir), 0);
	assert_int_equal(config_file_read("a", &f, &e), 0);
	assert_int_equal(chdir(cwd), 0);
	assert_string_equal(f->path, fixture_path("a"));
	assert_string_equal(f->dir, fixture_dir);
	config_file_destroy(f);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(files_are_sorted_by_name_over_all_folders),
	    T(files_of_higher_rank_mask_their_name),
	    T(files_of_other_names_are_left_alone),
	    T(files_a_folder_that_cannot_be_read_is_an_error),
	    T(files_private_ones_may_hold_secrets),
	    T(files_open_to_others_may_not_and_say_what_to_type),
	    T(files_through_symlinks_may_not),
	    T(files_of_another_user_may_not),
	    T(files_0640_of_root_and_the_service_group_may),
	    T(files_not_regular_are_read_but_hold_no_secret),
	    T(files_missing_and_unreadable_differ),
	    T(files_are_read_whole_and_not_beyond_the_cap),
	    T(files_know_their_absolute_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
