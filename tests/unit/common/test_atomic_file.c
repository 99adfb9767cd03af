/* SPDX-License-Identifier: MIT */
/* A file that is replaced is the old one or the new one, whatever goes wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/atomic_file.h"
#include "common/util.h"

#define BIG (512u * 1024)

static char path[64];
static int dir;
static unsigned syncs, failing_sync; /* the how manieth fails, from 1; 0: none */

/* Instead of the C library's: what a disk does is seen, and made, here. */
int fsync(int fd)
{
	if (++syncs == failing_sync) {
		errno = EIO;
		return -1;
	}
	return 0;
}

static int setup(void **state)
{
	snprintf(path, sizeof(path), "/tmp/bb-atomic-XXXXXX");
	assert_non_null(mkdtemp(path));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir >= 0);
	syncs = failing_sync = 0;
	return 0;
}

static int teardown(void **state)
{
	DIR *d = fdopendir(dir);
	struct dirent *e;

	while ((e = readdir(d))) {
		unlinkat(dir, e->d_name, e->d_type == DT_DIR ? AT_REMOVEDIR : 0);
	}
	closedir(d);
	return rmdir(path);
}

static int put(const char *text, bool sync)
{
	const struct atomic_file f = {
	    .data = text, .len = strlen(text), .mode = 0600, .sync = sync};

	return atomic_file_write(dir, "state", &f);
}

static void assert_holds(const char *text)
{
	_cleanup_close_ int fd = openat(dir, "state", O_RDONLY | O_NOFOLLOW);
	char buf[64] = "";

	assert_true(fd >= 0);
	assert_int_equal(read(fd, buf, sizeof(buf) - 1), strlen(text));
	assert_string_equal(buf, text);
}

static void assert_no_leftover(void)
{
	struct stat st;

	assert_int_equal(fstatat(dir, ".state.new", &st, AT_SYMLINK_NOFOLLOW), -1);
	assert_int_equal(errno, ENOENT);
}

static void file_is_new_with_its_mode_or_replaced(void **state)
{
	static const mode_t modes[] = {0600, 0644, 0640};
	mode_t was = umask(022);
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		const struct atomic_file f = {.data = "text", .len = i, .mode = modes[i]};

		assert_int_equal(atomic_file_write(dir, "state", &f), 0);
		assert_int_equal(fstatat(dir, "state", &st, 0), 0);
		assert_int_equal(st.st_mode & 07777, modes[i]);
		assert_int_equal(st.st_size, i);
	}
	umask(was);
	assert_no_leftover();
}

static void whole_mode_is_not_masked(void **state)
{
	struct atomic_file f = {.data = "x", .len = 1, .mode = 0644};
	mode_t was = umask(077);
	struct stat st;

	assert_int_equal(atomic_file_write(dir, "state", &f), 0);
	assert_int_equal(fstatat(dir, "state", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	f.whole_mode = true;
	assert_int_equal(atomic_file_write(dir, "state", &f), 0);
	assert_int_equal(fstatat(dir, "state", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	umask(was);
}

static void time_is_that_which_was_given(void **state)
{
	const struct timespec time = {.tv_sec = 1795395600, .tv_nsec = 250000000};
	const struct atomic_file f = {.data = "x", .len = 1, .mode = 0600, .time = &time};
	struct stat st;

	assert_int_equal(atomic_file_write(dir, "state", &f), 0);
	assert_int_equal(fstatat(dir, "state", &st, 0), 0);
	assert_int_equal(st.st_mtim.tv_sec, time.tv_sec);
	assert_int_equal(st.st_mtim.tv_nsec, time.tv_nsec);
}

/* Each content is one letter all over. */
_Noreturn static void replace_often(void)
{
	static char data[BIG];
	int r = 0;

	for (int i = 0; i < 100 && r == 0; i++) {
		memset(data, i % 2 ? 'a' : 'b', sizeof(data));
		r = atomic_file_write(dir, "state",
		    &(struct atomic_file){.data = data, .len = sizeof(data), .mode = 0600});
	}
	_exit(r == 0 ? 0 : 1);
}

static void assert_whole(void)
{
	_cleanup_close_ int fd = openat(dir, "state", O_RDONLY);
	static char data[BIG + 1];
	size_t len = 0;
	ssize_t n;

	assert_true(fd >= 0);
	while ((n = read(fd, data + len, sizeof(data) - len)) > 0) {
		len += (size_t)n;
	}
	assert_int_equal(len, BIG);
	assert_memory_equal(data, data + 1, BIG - 1);
}

static void reader_sees_the_old_or_the_new_one_never_a_mixture(void **state)
{
	static char first[BIG + 1];
	pid_t child;
	int status;

	memset(first, 'b', BIG);
	assert_int_equal(put(first, false), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		replace_often();
	}
	while (waitpid(child, &status, WNOHANG) == 0) {
		assert_whole();
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_whole();
}

static void who_has_the_old_one_open_keeps_it(void **state)
{
	char buf[8] = "";
	int old;

	assert_int_equal(put("old", false), 0);
	old = openat(dir, "state", O_RDONLY);
	assert_int_equal(put("newer", false), 0);
	assert_int_equal(read(old, buf, sizeof(buf)), 3);
	assert_string_equal(buf, "old");
	close(old);
	assert_holds("newer");
}

static void full_disk_leaves_the_old_one_and_nothing_else(void **state)
{
	static char big[BIG];
	const struct atomic_file f = {.data = big, .len = BIG, .mode = 0600, .sync = true};
	struct rlimit was, small;

	assert_int_equal(put("old", false), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = (struct rlimit){.rlim_cur = 4096, .rlim_max = was.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(atomic_file_write(dir, "state", &f), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_holds("old");
	assert_no_leftover();
}

static void name_that_cannot_be_replaced_leaves_nothing(void **state)
{
	assert_int_equal(mkdirat(dir, "state", 0700), 0);
	assert_int_equal(put("new", true), -EISDIR);
	assert_no_leftover();
	assert_int_equal(
	    atomic_file_write(-1, "state", &(struct atomic_file){.mode = 0600}), -EBADF);
}

static void sync_covers_file_and_folder(void **state)
{
	assert_int_equal(put("one", false), 0);
	assert_int_equal(syncs, 0);
	assert_int_equal(put("two", true), 0);
	assert_int_equal(syncs, 2);
}

static void sync_that_fails_is_told(void **state)
{
	assert_int_equal(put("old", false), 0);
	failing_sync = 1; /* the file's: it may not take the place of the old one */
	assert_int_equal(put("new", true), -EIO);
	assert_holds("old");
	assert_no_leftover();
	syncs = 0;
	failing_sync = 2; /* the folder's: after the rename */
	assert_int_equal(put("new", true), -EIO);
	assert_holds("new");
	assert_no_leftover();
}

static void links_and_leftovers_are_replaced_not_followed(void **state)
{
	struct stat st;

	assert_int_equal(symlinkat("target", dir, "state"), 0);
	assert_int_equal(symlinkat("target", dir, ".state.new"), 0);
	assert_int_equal(put("new", true), 0);
	assert_holds("new");
	assert_int_equal(fstatat(dir, "target", &st, 0), -1);
	assert_no_leftover();
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(file_is_new_with_its_mode_or_replaced),
	    T(whole_mode_is_not_masked),
	    T(time_is_that_which_was_given),
	    T(reader_sees_the_old_or_the_new_one_never_a_mixture),
	    T(who_has_the_old_one_open_keeps_it),
	    T(full_disk_leaves_the_old_one_and_nothing_else),
	    T(name_that_cannot_be_replaced_leaves_nothing),
	    T(sync_covers_file_and_folder),
	    T(sync_that_fails_is_told),
	    T(links_and_leftovers_are_replaced_not_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
