/* SPDX-License-Identifier: MIT */
/* What a drop-in says before and after a key is set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/util.h"
#include "daemon/fleet/dropin.h"

static char dir[64];

static char *path_of(const char *name)
{
	return xasprintf("%s/printers.d/%s", dir, name);
}

static int setup(void **state)
{
	snprintf(dir, sizeof(dir), "/tmp/dropin.XXXXXX");
	assert_non_null(mkdtemp(dir));
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = {"one.conf", ".one.conf.new", "target"};
	_cleanup_free_ char *folder = path_of("");

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = path_of(names[i]);

		unlink(path);
	}
	rmdir(folder);
	return rmdir(dir);
}

static void write_old(const char *text, size_t len)
{
	_cleanup_free_ char *folder = path_of(""), *path = path_of("one.conf");
	FILE *f;

	mkdir(folder, 0700);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
}

static int set_pin(struct err *e)
{
	static const struct dropin_value values[] = {{"Verify", "pin"}, {"Pin", "abcd"}};

	return dropin_set(dir, "one", values, ARRAY_SIZE(values), e);
}

static void expect(const char *old, const char *now)
{
	_cleanup_free_ char *path = path_of("one.conf"), *left = path_of(".one.conf.new");
	struct err e = {0};
	char text[1024] = "";
	struct stat st;
	FILE *f;

	if (old != NULL) {
		write_old(old, strlen(old));
	}
	assert_int_equal(set_pin(&e), 0);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
	fclose(f);
	assert_string_equal(text, now);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(left, &st), -1);
}

#define PINNED "[Printer one]\nVerify=pin\nPin=abcd\n"

static void new_dropin_is_private_and_whole(void **state)
{
	_cleanup_free_ char *folder = path_of("");
	struct stat st;

	expect(NULL, PINNED);
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void keys_are_replaced_not_doubled(void **state)
{
	expect(PINNED, PINNED);
	expect("[Printer one]\nPin = 77\nVerify=chain\n", PINNED);
}

static void everything_else_stays(void **state)
{
	expect("# mine\n[Printer two]\nPin=22\n\n[Printer one]\r\nSerial=01P\nPin=11\nPinned=x\n"
	       "#Pin=old\n[Printer one]\nPin=33\nAddress=a\n[Other]\nVerify=chain",
	    "# mine\n[Printer two]\nPin=22\n\n[Printer one]\r\nVerify=pin\nPin=abcd\nSerial=01P\n"
	    "Pinned=x\n#Pin=old\n[Printer one]\nAddress=a\n[Other]\nVerify=chain\n");
}

static void section_that_is_missing_is_added(void **state)
{
	expect("[Printer two]\nPin=22\n", "[Printer two]\nPin=22\n" PINNED);
}

static void leftover_of_an_earlier_try_is_in_nobodys_way(void **state)
{
	_cleanup_free_ char *left = path_of(".one.conf.new");
	FILE *f;

	write_old("", 0);
	f = fopen(left, "w");
	assert_non_null(f);
	fclose(f);
	expect(NULL, PINNED);
}

static void link_in_its_place_is_refused(void **state)
{
	_cleanup_free_ char *folder = path_of(""), *path = path_of("one.conf"),
			    *target = path_of("target");
	struct err e = {0};
	struct stat st;

	mkdir(folder, 0700);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(set_pin(&e), -ELOOP);
	assert_int_equal(e.type, ERR_INTERNAL);
	assert_non_null(strstr(e.message, "printers.d/one.conf"));
	assert_int_equal(stat(target, &st), -1);
}

static void file_beyond_64_kib_is_left_alone(void **state)
{
	size_t len = 70 * 1024;
	_cleanup_free_ char *text = xmalloc(len), *path = path_of("one.conf");
	struct err e = {0};
	struct stat st;

	memset(text, '\n', len);
	write_old(text, len);
	assert_int_equal(set_pin(&e), -EFBIG);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, len);
}

static void folder_that_is_not_there_is_an_error(void **state)
{
	static const struct dropin_value value = {"Pin", "1"};
	struct err e = {0};

	assert_int_equal(dropin_set("/nonexistent", "one", &value, 1, &e), -ENOENT);
	assert_int_equal(e.type, ERR_INTERNAL);
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    RULE(new_dropin_is_private_and_whole),
	    RULE(keys_are_replaced_not_doubled),
	    RULE(everything_else_stays),
	    RULE(section_that_is_missing_is_added),
	    RULE(leftover_of_an_earlier_try_is_in_nobodys_way),
	    RULE(link_in_its_place_is_refused),
	    RULE(file_beyond_64_kib_is_left_alone),
	    RULE(folder_that_is_not_there_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
