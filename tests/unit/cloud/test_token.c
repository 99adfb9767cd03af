/* SPDX-License-Identifier: MIT */
/* The token's file, its claims, its clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/util.h"
#include "daemon/cloud/token.h"

#define DAY_MS INT64_C(86400000)
#include "tests/unit/cloud/kept_file.h"

#define NOW INT64_C(1795395600000)

static struct kept_file file;

static int setup(void **state)
{
	return kept_file_make(&file, TOKEN_FILE);
}

static int teardown(void **state)
{
	return kept_file_remove(&file);
}

static struct token sample(void)
{
	return (struct token){
	    .text = secret_create("tok-canary", 10),
	    .region = REGION_CHINA,
	    .user = xstrdup("u_1234"),
	    .email = xstrdup("m\xc3\xbc@example.org"),
	    .expires_ms = NOW + 80 * DAY_MS,
	    .obtained_ms = NOW,
	    .warned_days = 14,
	};
}

static void write_sample(void)
{
	struct token t = sample();

	assert_int_equal(token_write(file.dir, &t), 0);
	token_finish(&t);
}

/* How many files of the folder begin so. */
static unsigned files_like(const char *prefix)
{
	DIR *d = opendir(file.dir);
	struct dirent *e;
	unsigned n = 0;

	while ((e = readdir(d))) {
		n += str_starts(e->d_name, prefix) && e->d_name[0] != '.';
	}
	closedir(d);
	return n;
}

static void token_comes_back_as_it_was(void **state)
{
	struct token t = {0}, was = sample();
	char *why = NULL;
	struct stat st;

	write_sample();
	assert_int_equal(stat(file.path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(token_read(file.dir, NOW, &t, &why), 0);
	assert_null(why);
	assert_true(secret_equal(t.text, was.text));
	assert_int_equal(t.region, REGION_CHINA);
	assert_string_equal(t.user, was.user);
	assert_string_equal(t.email, was.email);
	assert_int_equal(t.expires_ms, was.expires_ms);
	assert_int_equal(t.obtained_ms, was.obtained_ms);
	assert_int_equal(t.warned_days, 14);
	assert_false(t.dead);
	assert_int_equal(files_like("cloud-token"), 1);
	token_finish(&t);
	token_finish(&was);
}

static void token_unknown_stays_unknown(void **state)
{
	struct token t = {.text = secret_create("x", 1), .expires_ms = -1, .obtained_ms = -1};
	char *why = NULL;

	t.dead = true;
	assert_int_equal(token_write(file.dir, &t), 0);
	token_finish(&t);
	assert_int_equal(token_read(file.dir, NOW, &t, &why), 0);
	assert_int_equal(t.expires_ms, -1);
	assert_null(t.user);
	assert_true(t.dead);
	token_finish(&t);
	assert_int_equal(token_remove(file.dir), 0);
	assert_int_equal(token_read(file.dir, NOW, &t, &why), -ENOENT);
	assert_int_equal(token_remove(file.dir), 0);
}

static void every_flipped_bit_sets_the_file_aside(void **state)
{
	char good[1024], bad[1024], *why = NULL;
	struct token t = {0};
	size_t len, i;

	write_sample();
	len = kept_file_slurp(&file, good, sizeof(good));
	for (i = 0; i < len * 8; i++) {
		memcpy(bad, good, len);
		bad[i / 8] = (char)(bad[i / 8] ^ (1 << i % 8));
		kept_file_spill(&file, bad, len);
		assert_int_equal(token_read(file.dir, NOW, &t, &why), -EBADMSG);
		assert_non_null(strstr(why, "kept as " TOKEN_FILE ".bad-1795395600"));
		assert_null(strstr(why, "canary"));
		assert_null(t.text);
		free(TAKE(why));
		assert_int_equal(access(file.path, F_OK), -1);
	}
	assert_int_equal(files_like(TOKEN_FILE ".bad-"), 1);
}

static void set_aside(const char *text, size_t len)
{
	struct token t = {0};
	char *why = NULL;

	kept_file_spill(&file, text, len);
	assert_int_equal(token_read(file.dir, NOW, &t, &why), -EBADMSG);
	free(why);
	assert_int_equal(access(file.path, F_OK), -1);
}

static void torn_newer_and_foreign_files_are_set_aside(void **state)
{
	char good[1024], huge[20000];
	size_t len, i;

	write_sample();
	len = kept_file_slurp(&file, good, sizeof(good));
	for (i = 0; i + 1 < len; i++) {
		set_aside(good, i);
	}
	memset(huge, 'x', sizeof(huge));
	set_aside(huge, sizeof(huge));
	set_aside("{\"version\":2,\"token\":\"x\"}\n", 26);
	set_aside("[]\n", 3);
	set_aside("{\"region\":\"global\",\"token\":\"x\"}\n", 32);
}

static void refused(const char *words)
{
	struct token t = {0};
	char *why = NULL;
	struct stat st;

	assert_true(token_read(file.dir, NOW, &t, &why) < 0);
	assert_non_null(why);
	assert_non_null(strstr(why, words));
	free(why);
	assert_null(t.text);
	assert_int_equal(lstat(file.path, &st), 0); /* it stays for its owner to look at */
}

static void file_others_may_read_is_refused_with_the_chmod(void **state)
{
	static const mode_t modes[] = {0640, 0604, 0620, 0602, 0644, 0666, 0610};

	write_sample();
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		chmod(file.path, modes[i]);
		refused("chmod 600 '");
	}
}

static void symlink_and_pipe_are_refused(void **state)
{
	char other[96];

	write_sample();
	snprintf(other, sizeof(other), "%s/other", file.dir);
	assert_int_equal(rename(file.path, other), 0);
	assert_int_equal(symlink(other, file.path), 0);
	refused("symbolic link");
	unlink(file.path);
	assert_int_equal(mkfifo(file.path, 0600), 0);
	refused(file.path);
}

static void write_replaces_a_symlink_and_not_its_target(void **state)
{
	char other[96];
	struct stat st;

	snprintf(other, sizeof(other), "%s/other", file.dir);
	assert_int_equal(symlink(other, file.path), 0);
	write_sample();
	assert_int_equal(lstat(file.path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(access(other, F_OK), -1);
}

static void write_into_no_folder_says_so(void **state)
{
	struct token t = sample();

	assert_int_equal(token_write("/nonexistent/bambud", &t), -ENOENT);
	token_finish(&t);
}

static struct token_claims claims_of(const char *text)
{
	_cleanup_secret_ struct secret *s = secret_create(text, strlen(text));
	struct token_claims c;

	token_claims(s, &c);
	return c;
}

static void claims_are_read_where_there_are_any(void **state)
{
	/* {"username":"u_42","exp":1800000000,"iat":1790000000} */
	struct token_claims c = claims_of("eyJhbGciOiJSUzI1NiJ9."
					  "eyJ1c2VybmFtZSI6InVfNDIiLCJleHAiOjE4MDAwMDAwMDAsImlhdCI6"
					  "MTc5MDAwMDAwMH0.c2ln");

	assert_true(c.any);
	assert_string_equal(c.user, "u_42");
	assert_int_equal(c.expires_ms, INT64_C(1800000000000));
	assert_int_equal(c.issued_ms, INT64_C(1790000000000));
}

static void opaque_and_broken_tokens_have_no_claims(void **state)
{
	static const char *const texts[] = {"", "opaque", "a.b", "a.b.c.d", "a.!!!.c", "..",
	    "a.bm90IGpzb24.c" /* not json */, "a.W10.c" /* [] */};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct token_claims c = claims_of(texts[i]);

		assert_false(c.any);
		assert_string_equal(c.user, "");
		assert_int_equal(c.expires_ms, -1);
	}
}

static void claimed_user_must_be_one(void **state)
{
	/* {"username":"u_1/#","exp":"soon"} */
	struct token_claims c = claims_of("a.eyJ1c2VybmFtZSI6InVfMS8jIiwiZXhwIjoic29vbiJ9.c");

	assert_true(c.any);
	assert_string_equal(c.user, "");
	assert_int_equal(c.expires_ms, -1);
	assert_false(token_user_is_fit(NULL));
	assert_false(token_user_is_fit("u_"));
	assert_false(token_user_is_fit("42"));
	assert_false(token_user_is_fit("u_+"));
	assert_true(token_user_is_fit("u_0123456789"));
}

static unsigned warn(struct token *t, int64_t left_ms)
{
	bool noted;

	return token_warning(t, t->expires_ms - left_ms, &noted);
}

static void warnings_come_once_each(void **state)
{
	struct token t = {.expires_ms = NOW};

	assert_int_equal(warn(&t, 80 * DAY_MS), 0);
	assert_int_equal(warn(&t, 14 * DAY_MS + 1), 0);
	assert_int_equal(warn(&t, 14 * DAY_MS), 14);
	assert_int_equal(warn(&t, 13 * DAY_MS), 0);
	assert_int_equal(warn(&t, 3 * DAY_MS), 3);
	assert_int_equal(warn(&t, 2 * DAY_MS), 0);
	assert_int_equal(warn(&t, DAY_MS), 1);
	assert_int_equal(warn(&t, 0), 0);
	assert_int_equal(warn(&t, -DAY_MS), 0);
}

static void warning_is_not_repeated_by_a_clock_set_back_a_day(void **state)
{
	struct token t = {.expires_ms = NOW};

	assert_int_equal(warn(&t, 14 * DAY_MS), 14);
	assert_int_equal(warn(&t, 15 * DAY_MS), 0);
	assert_int_equal(warn(&t, 14 * DAY_MS), 0);
	assert_int_equal(warn(&t, 3 * DAY_MS), 3);
	assert_int_equal(warn(&t, 4 * DAY_MS), 0);
	assert_int_equal(warn(&t, 3 * DAY_MS), 0);
}

static void warning_comes_again_after_a_clock_five_years_ahead(void **state)
{
	struct token t = {.expires_ms = NOW};

	assert_int_equal(warn(&t, -5 * 365 * DAY_MS), 1);
	assert_int_equal(warn(&t, 80 * DAY_MS), 0);
	assert_int_equal(warn(&t, 14 * DAY_MS), 14);
}

static void unknown_end_is_never_warned_of(void **state)
{
	struct token t = {.expires_ms = -1};
	bool noted;

	assert_int_equal(token_warning(&t, NOW, &noted), 0);
	assert_false(noted);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(token_comes_back_as_it_was),
	    T(token_unknown_stays_unknown),
	    T(every_flipped_bit_sets_the_file_aside),
	    T(torn_newer_and_foreign_files_are_set_aside),
	    T(file_others_may_read_is_refused_with_the_chmod),
	    T(symlink_and_pipe_are_refused),
	    T(write_replaces_a_symlink_and_not_its_target),
	    T(write_into_no_folder_says_so),
	    cmocka_unit_test(claims_are_read_where_there_are_any),
	    cmocka_unit_test(opaque_and_broken_tokens_have_no_claims),
	    cmocka_unit_test(claimed_user_must_be_one),
	    cmocka_unit_test(warnings_come_once_each),
	    cmocka_unit_test(warning_is_not_repeated_by_a_clock_set_back_a_day),
	    cmocka_unit_test(warning_comes_again_after_a_clock_five_years_ahead),
	    cmocka_unit_test(unknown_end_is_never_warned_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
