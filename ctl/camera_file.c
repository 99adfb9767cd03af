/* SPDX-License-Identifier: MIT */
/* Files of pictures, written beside their place first. */
#include "ctl/camera_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/util.h"

#define WORD_MAX 80 /* of a file name's part */

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno != EINTR) {
			return -errno;
		}
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

/* As open would have made it. */
static mode_t usual_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/* Some file systems cannot tell whether something stands there: then the look before must do. */
static int put_in_place(const char *draft, const char *path, bool replace)
{
	if (renameat2(AT_FDCWD, draft, AT_FDCWD, path, replace ? 0 : RENAME_NOREPLACE) == 0) {
		return 0;
	}
	if (errno == EINVAL && !replace && access(path, F_OK) < 0) {
		return rename(draft, path) == 0 ? 0 : -errno;
	}
	return errno == EINVAL && !replace ? -EEXIST : -errno;
}

int camera_draft_open(const char *dir, const char *name, char **ret)
{
	_cleanup_free_ char *draft = xasprintf("%s/%s.XXXXXX", dir, name);
	int fd = mkostemp(draft, O_CLOEXEC);

	if (fd < 0) {
		return -errno;
	}
	*ret = TAKE(draft);
	return fd;
}

int camera_draft_put(int fd, const char *draft, const char *path, bool replace)
{
	return fchmod(fd, usual_mode()) < 0 ? -errno : put_in_place(draft, path, replace);
}

static int write_beside(const char *path, const void *data, size_t len, bool replace)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *dir =
	    slash ? xstrndup(path, (size_t)(slash - path) + (slash == path)) : xstrdup(".");
	_cleanup_free_ char *draft = NULL;
	_cleanup_close_ int fd = camera_draft_open(dir, slash ? slash + 1 : path, &draft);
	int r;

	if (fd < 0) {
		return fd;
	}
	r = write_all(fd, data, len);
	r = r < 0 ? r : camera_draft_put(fd, draft, path, replace);
	if (r < 0) {
		unlink(draft);
	}
	return r;
}

static int write_into(const char *path, const void *data, size_t len)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -errno : write_all(fd, data, len);
}

/* A device or a pipe must not turn into a file, and a link goes on leading where it led. */
int camera_file_write(const char *path, const void *data, size_t len, bool replace)
{
	_cleanup_free_ char *place = NULL;
	struct stat st;

	if (!replace || stat(path, &st) < 0) {
		return write_beside(path, data, len, replace);
	}
	if (!S_ISREG(st.st_mode)) {
		return write_into(path, data, len);
	}
	place = realpath(path, NULL);
	return place ? write_beside(place, data, len, true) : -errno;
}

/* 0 = it is no such file. */
static int64_t number_of(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);
	char digits[8];
	int64_t number;

	if (!str_starts(name, prefix) || strlen(name) != len + 10 ||
	    strcmp(name + len + 6, ".jpg") != 0) {
		return 0;
	}
	memcpy(digits, name + len, 6);
	digits[6] = '\0';
	return parse_i64(digits, 1, CAMERA_FILE_MAX, &number) < 0 ? 0 : number;
}

int camera_file_dir(const char *dir, const char *prefix, int64_t *ret_last)
{
	struct dirent *entry;
	int64_t last = 0;
	DIR *d;

	if (mkdir(dir, 0777) < 0 && errno != EEXIST) {
		return -errno;
	}
	d = opendir(dir);
	if (!d) {
		return -errno;
	}
	while ((entry = readdir(d))) {
		int64_t number = number_of(entry->d_name, prefix);

		last = number > last ? number : last;
	}
	closedir(d);
	*ret_last = last;
	return 0;
}

char *camera_file_word(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._";
	char *word = xmalloc(WORD_MAX + 1);
	size_t used = 0;

	for (const char *p = text; *p && used < WORD_MAX; p++) {
		bool stays = strchr(plain, *p) && !(used == 0 && (*p == '.' || *p == '-'));

		if (stays || (used > 0 && word[used - 1] != '_')) {
			word[used++] = stays ? *p : '_';
		}
	}
	while (used > 0 && word[used - 1] == '_') {
		used--;
	}
	word[used] = '\0';
	if (used == 0) {
		str_copy(word, WORD_MAX + 1, "print");
	}
	return word;
}
