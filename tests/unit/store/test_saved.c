/* SPDX-License-Identifier: MIT */
/* The files of states: what was handed over comes back, or nothing does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/util.h"
#include "daemon/io/loop.h"
#include "daemon/store/saved.h"

#define SERIAL "00M09A000000001"
#define TEXT "{\"version\":1,\"serial\":\"" SERIAL "\"}\n{\"raw\":7}\n"

static struct {
	char dir[32], file[80];
	struct loop *loop;
	struct saved *saved;
	unsigned done;
	int error;
} t;

static void on_done(void *arg, const char *serial, int error)
{
	assert_string_equal(serial, SERIAL);
	t.done++;
	t.error = error;
}

static int setup(void **state)
{
	const struct saved_handler handler = {.done = on_done};

	memset(&t, 0, sizeof(t));
	str_copy(t.dir, sizeof(t.dir), "/tmp/bb-saved-XXXXXX");
	assert_non_null(mkdtemp(t.dir));
	snprintf(t.file, sizeof(t.file), "%s/printers/%s.json", t.dir, SERIAL);
	t.loop = loop_create(NULL);
	t.saved = saved_create(t.loop, t.dir, &handler);
	return 0;
}

static unsigned empty_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	unsigned count = 0;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		count += unlinkat(dirfd(dir), e->d_name, 0) == 0;
	}
	if (dir != NULL) {
		closedir(dir);
	}
	return count;
}

static int teardown(void **state)
{
	_cleanup_free_ char *folder = xasprintf("%s/printers", t.dir);

	saved_destroy(t.saved);
	loop_destroy(t.loop);
	empty_folder(folder);
	rmdir(folder);
	assert_int_equal(rmdir(t.dir), 0);
	return 0;
}

static void assert_loads(const char *text)
{
	_cleanup_free_ char *got = NULL;
	size_t len = 0;

	assert_int_equal(saved_load(t.saved, SERIAL, &got, &len), 0);
	assert_int_equal(len, strlen(text));
	assert_string_equal(got, text);
}

static void wait_done(unsigned count)
{
	while (t.done < count) {
		loop_turn(t.loop, true);
	}
}

static void what_was_handed_over_last_comes_back(void **state)
{
	struct stat st;

	saved_put(t.saved, SERIAL, xstrdup("{\"first\":1}\n"), 12, false);
	saved_put(t.saved, SERIAL, xstrdup(TEXT), strlen(TEXT), true);
	wait_done(2);
	assert_int_equal(t.error, 0);
	assert_loads(TEXT);
	assert_int_equal(stat(t.file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void nothing_kept_is_said_so(void **state)
{
	char *text = NULL;
	size_t len;

	assert_int_equal(saved_load(t.saved, SERIAL, &text, &len), -ENOENT);
	assert_int_equal(saved_load(t.saved, "../lock", &text, &len), -ENOENT);
	assert_int_equal(saved_put_now(t.saved, "../lock", TEXT, strlen(TEXT)), -EINVAL);
	assert_null(text);
}

static void write_bytes(const char *bytes, size_t len)
{
	FILE *f = fopen(t.file, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void assert_set_aside(void)
{
	char *text = NULL;
	size_t len;

	assert_int_equal(saved_load(t.saved, SERIAL, &text, &len), -EBADMSG);
	assert_null(text);
	assert_int_equal(access(t.file, F_OK), -1);
}

static size_t read_file(char *ret, size_t size)
{
	FILE *f = fopen(t.file, "r");
	size_t len;

	assert_non_null(f);
	len = fread(ret, 1, size, f);
	fclose(f);
	return len;
}

static void every_flipped_bit_sets_the_file_aside(void **state)
{
	char whole[256];
	size_t len;

	assert_int_equal(saved_put_now(t.saved, SERIAL, TEXT, strlen(TEXT)), 0);
	len = read_file(whole, sizeof(whole));
	for (size_t i = 0; i < len * 8; i++) {
		whole[i / 8] ^= (char)(1 << i % 8);
		write_bytes(whole, len);
		assert_set_aside();
		whole[i / 8] ^= (char)(1 << i % 8);
	}
	write_bytes(whole, len);
	assert_loads(TEXT);
}

static void every_cut_sets_the_file_aside(void **state)
{
	char whole[256];
	size_t len;

	assert_int_equal(saved_put_now(t.saved, SERIAL, TEXT, strlen(TEXT)), 0);
	len = read_file(whole, sizeof(whole));
	for (size_t i = 0; i < len; i++) {
		write_bytes(whole, i);
		assert_set_aside();
	}
}

static void a_failed_write_leaves_the_old_file_and_waits(void **state)
{
	_cleanup_free_ char *temp = xasprintf("%s/printers/.%s.json.new", t.dir, SERIAL);

	assert_int_equal(saved_put_now(t.saved, SERIAL, TEXT, strlen(TEXT)), 0);
	assert_int_equal(mkdir(temp, 0700), 0); /* where the new one would be written */
	saved_put(t.saved, SERIAL, xstrdup("{}\n"), 3, false);
	assert_true(saved_has_room(t.saved));
	wait_done(1);
	assert_int_equal(t.error, -EEXIST);
	assert_false(saved_has_room(t.saved));
	assert_loads(TEXT);
	assert_int_equal(rmdir(temp), 0);
	assert_int_equal(saved_put_now(t.saved, SERIAL, "{}\n", 3), 0);
	assert_true(saved_has_room(t.saved));
	assert_loads("{}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(what_was_handed_over_last_comes_back, setup, teardown),
	    cmocka_unit_test_setup_teardown(nothing_kept_is_said_so, setup, teardown),
	    cmocka_unit_test_setup_teardown(every_flipped_bit_sets_the_file_aside, setup, teardown),
	    cmocka_unit_test_setup_teardown(every_cut_sets_the_file_aside, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_failed_write_leaves_the_old_file_and_waits, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
