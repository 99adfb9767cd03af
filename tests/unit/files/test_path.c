/* SPDX-License-Identifier: MIT */
/* Paths of clients: made clean or refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "common/util.h"
#include "daemon/files/files.h"

struct row {
	const char *path, *dest, *want; /* want NULL: refused */
};

static void check(const struct row *row)
{
	struct err e = {0};
	char *got = NULL;
	int r = files_path(row->path, row->dest, &got, &e);

	if (row->want == NULL) {
		if (r != -EINVAL) {
			fail_msg("%s became %s", row->path, got);
		}
		assert_null(got);
		assert_int_equal(e.type, ERR_FILE_REFUSED);
		assert_true(e.message[0] != '\0');
	} else {
		assert_int_equal(r, 0);
		assert_string_equal(got, row->want);
	}
	free(got);
}

static void path_is_made_absolute_and_clean(void **state)
{
	static const struct row rows[] = {
	    {"/", NULL, "/"},
	    {"", NULL, "/"},
	    {"cache//a b.3mf", NULL, "/cache/a b.3mf"},
	    {"/./cache/", NULL, "/cache"},
	    {"...", NULL, "/..."},
	    {"/a..b", NULL, "/a..b"},
	    {"/\xc3\xa4.3mf", NULL, "/\xc3\xa4.3mf"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		check(&rows[i]);
	}
}

static void path_of_a_folder_gets_the_name_of_what_comes(void **state)
{
	static const struct row rows[] = {
	    {"/", "box.3mf", "/box.3mf"},
	    {"", "/home/me/box.3mf", "/box.3mf"},
	    {"/cache/", "../../box.3mf", "/cache/box.3mf"},
	    {"/cache/.", "box.3mf", "/cache/box.3mf"},
	    {"/cache/other.3mf", "box.3mf", "/cache/other.3mf"},
	    {"/cache/", "", NULL},
	    {"/cache/", "folder/", NULL},
	    {"/cache/", "a/..", NULL},
	    {"/cache/", "a\nb", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		check(&rows[i]);
	}
}

static void path_with_a_way_out_is_refused(void **state)
{
	static const struct row rows[] = {
	    {"..", NULL, NULL},
	    {"/a/../b", NULL, NULL},
	    {"/a\r\nDELE b", NULL, NULL},
	    {"/a\x7f", NULL, NULL},
	    {"/a\xff", NULL, NULL},
	};
	char lng[300];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		check(&rows[i]);
	}
	memset(lng, 'a', sizeof(lng));
	lng[255] = '\0'; /* and the slash before it: 256 */
	check(&(struct row){lng, NULL, NULL});
	lng[255] = 'a';
	lng[256] = '\0';
	check(&(struct row){lng, NULL, NULL});
	check(&(struct row){"/cache/", lng, NULL});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(path_is_made_absolute_and_clean),
	    cmocka_unit_test(path_of_a_folder_gets_the_name_of_what_comes),
	    cmocka_unit_test(path_with_a_way_out_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
