/* SPDX-License-Identifier: MIT */
/* The kept list of printers: comes back as it was, or not at all. */
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

#include "common/json.h"
#include "common/secret.h"
#include "common/util.h"
#include "daemon/cloud/bound_file.h"
#include "tests/unit/cloud/kept_file.h"

#define NOW INT64_C(1795395600000)
#define LIST                                                                                     \
	"[{\"dev_id\":\"01P00A000000002\",\"name\":\"P1S\",\"online\":true,"                     \
	"\"dev_model_name\":\"C12\",\"dev_product_name\":\"P\u00e9 \\\"1\",\"called\":\"evil\"," \
	"\"dev_access_code\":\"canary02\\n\"},{\"dev_id\":\"01P00A000000001\"}]"

static struct kept_file file;

static int setup(void **state)
{
	return kept_file_make(&file, BOUND_FILE);
}

static int teardown(void **state)
{
	return kept_file_remove(&file);
}

static struct bound list_of(const char *text)
{
	struct bound b = {0};
	_cleanup_json_ json_object *o = NULL;

	assert_int_equal(json_parse(text, strlen(text), 8, &o), 0);
	bound_parse(o, &b);
	b.user = xstrdup("u_1234");
	b.region = REGION_CHINA;
	b.told_ms = NOW;
	return b;
}

static void write_sample(void)
{
	struct bound b = list_of(LIST);

	assert_true(bound_name(&b, "01P00A000000002", "P1S-0002"));
	assert_false(bound_name(&b, "01P00A000000002", "P1S-0002"));
	assert_false(bound_name(&b, "01P00A000000009", "x"));
	assert_int_equal(bound_file_write(file.dir, &b), 0);
	bound_finish(&b);
}

static void list_comes_back_as_it_was_but_for_what_is_online(void **state)
{
	struct bound b = {0};
	char *why = NULL;
	struct stat st;

	write_sample();
	assert_int_equal(stat(file.path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(bound_file_read(file.dir, NOW, &b, &why), 0);
	assert_null(why);
	assert_int_equal(b.count, 2);
	assert_int_equal(b.region, REGION_CHINA);
	assert_string_equal(b.user, "u_1234");
	assert_int_equal(b.told_ms, NOW);
	assert_string_equal(b.list[0].serial, "01P00A000000001");
	assert_null(b.list[0].name);
	assert_null(b.list[0].called);
	assert_null(b.list[0].code);
	assert_string_equal(b.list[1].name, "P1S");
	assert_string_equal(b.list[1].model_code, "C12");
	assert_string_equal(b.list[1].product, "P\u00e9 \"1");
	assert_string_equal(b.list[1].called, "P1S-0002");
	assert_string_equal(secret_reveal(b.list[1].code), "canary02");
	assert_int_equal(b.list[1].online, -1);
	bound_finish(&b);
	assert_int_equal(bound_file_remove(file.dir), 0);
	assert_int_equal(bound_file_read(file.dir, NOW, &b, &why), -ENOENT);
	assert_int_equal(bound_file_remove(file.dir), 0);
}

static void cloud_does_not_give_names_of_ours(void **state)
{
	struct bound b = list_of(LIST);

	assert_null(b.list[0].called);
	assert_null(b.list[1].called);
	bound_finish(&b);
}

static void names_follow_the_serial_into_a_new_list(void **state)
{
	struct bound old = list_of("[{\"dev_id\":\"01P00A000000001\"},"
				   "{\"dev_id\":\"01P00A000000003\"}]");
	struct bound now = list_of("[{\"dev_id\":\"01P00A000000003\"},"
				   "{\"dev_id\":\"01P00A000000002\"},"
				   "{\"dev_id\":\"01P00A000000000\"}]");

	bound_name(&old, "01P00A000000001", "one");
	bound_name(&old, "01P00A000000003", "three");
	bound_take_names(&now, &old);
	assert_null(now.list[0].called);
	assert_null(now.list[1].called);
	assert_string_equal(now.list[2].called, "three");
	bound_finish(&old);
	bound_finish(&now);
}

static void every_flipped_bit_sets_the_file_aside(void **state)
{
	char good[1024], bad[1024], *why = NULL;
	struct bound b = {0};
	size_t len;

	write_sample();
	len = kept_file_slurp(&file, good, sizeof(good));
	for (size_t i = 0; i < len * 8; i++) {
		memcpy(bad, good, len);
		bad[i / 8] = (char)(bad[i / 8] ^ (1 << i % 8));
		kept_file_spill(&file, bad, len);
		assert_int_equal(bound_file_read(file.dir, NOW, &b, &why), -EBADMSG);
		assert_non_null(strstr(why, "kept as " BOUND_FILE ".bad-1795395600"));
		assert_null(strstr(why, "canary"));
		assert_null(b.list);
		free(TAKE(why));
		assert_int_equal(access(file.path, F_OK), -1);
	}
}

static void set_aside(const char *text, size_t len)
{
	struct bound b = {0};
	char *why = NULL;

	kept_file_spill(&file, text, len);
	assert_int_equal(bound_file_read(file.dir, NOW, &b, &why), -EBADMSG);
	assert_null(b.list);
	free(why);
	assert_int_equal(access(file.path, F_OK), -1);
}

static void torn_newer_and_foreign_files_are_set_aside(void **state)
{
	static const char *const rows[] = {"[]\n", "{}\n", "{\"version\":2,\"devices\":[]}\n",
	    "{\"version\":1,\"devices\":[null,7]}\n", "{\"version\":1,\"devices\":{}}\n"};
	char good[1024], *huge;
	size_t len, huge_len = 5 * 1024 * 1024;

	write_sample();
	len = kept_file_slurp(&file, good, sizeof(good));
	for (size_t i = 0; i + 1 < len; i++) {
		set_aside(good, i);
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		set_aside(rows[i], strlen(rows[i]));
	}
	huge = xcalloc(1, huge_len);
	memset(huge, 'x', huge_len);
	set_aside(huge, huge_len);
	free(huge);
}

static void refused(const char *words)
{
	struct bound b = {0};
	char *why = NULL;
	struct stat st;

	assert_true(bound_file_read(file.dir, NOW, &b, &why) < 0);
	assert_non_null(why);
	assert_non_null(strstr(why, words));
	free(why);
	assert_null(b.list);
	assert_int_equal(lstat(file.path, &st), 0); /* it stays for its owner to look at */
}

static void file_others_may_read_is_refused_with_the_chmod(void **state)
{
	static const mode_t modes[] = {0640, 0604, 0620, 0602, 0644, 0666, 0610};
	char other[96];

	write_sample();
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		chmod(file.path, modes[i]);
		refused("chmod 600 '");
	}
	chmod(file.path, 0600);
	snprintf(other, sizeof(other), "%s/other", file.dir);
	assert_int_equal(rename(file.path, other), 0);
	assert_int_equal(symlink(other, file.path), 0);
	refused("symbolic link");
}

static void biggest_list_there_may_be_is_kept(void **state)
{
	struct bound b = {.user = xstrdup("u_1"), .told_ms = NOW}, again = {0};
	char *why = NULL;

	b.list = xcalloc(BOUND_MAX, sizeof(*b.list));
	for (b.count = 0; b.count < BOUND_MAX; b.count++) {
		b.list[b.count] = (struct account_device){
		    .serial = xasprintf("01P00A%09zu", b.count),
		    .name = xstrdup("a printer of the common length of a name"),
		    .model_code = xstrdup("BL-P001"),
		    .product = xstrdup("X1 Carbon"),
		    .called = xasprintf("a-printer-of-the-common-len-%04zu", b.count),
		    .code = secret_create("12345678", 8),
		    .online = -1,
		};
	}
	assert_int_equal(bound_file_write(file.dir, &b), 0);
	assert_int_equal(bound_file_read(file.dir, NOW, &again, &why), 0);
	assert_true(bound_equal(&b, &again));
	bound_finish(&b);
	bound_finish(&again);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(list_comes_back_as_it_was_but_for_what_is_online),
	    T(cloud_does_not_give_names_of_ours),
	    T(names_follow_the_serial_into_a_new_list),
	    T(every_flipped_bit_sets_the_file_aside),
	    T(torn_newer_and_foreign_files_are_set_aside),
	    T(file_others_may_read_is_refused_with_the_chmod),
	    T(biggest_list_there_may_be_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
