/* SPDX-License-Identifier: MIT */
/* Small files with times that mean something. */
#include "daemon/cloud/texts_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "common/atomic_file.h"
#include "common/util.h"

static int64_t time_of(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000;
}

static struct timespec timespec_of(int64_t wall_ms)
{
	return (struct timespec){.tv_sec = wall_ms / 1000, .tv_nsec = wall_ms % 1000 * 1000000};
}

static int read_all(int fd, char *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = read(fd, buf, len);

		if (n == 0) {
			return -EIO; /* it became shorter */
		}
		if (n < 0 && errno != EINTR) {
			return -errno;
		}
		if (n > 0) {
			buf += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

int texts_cache_read(const char *dir, const char *name, size_t max, char **ret, size_t *ret_len,
    int64_t *ret_wall_ms)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", dir, name);
	_cleanup_free_ char *data = NULL;
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0) {
		return -errno;
	}
	if (!S_ISREG(st.st_mode)) {
		return -EINVAL;
	}
	if (st.st_size < 0 || (uint64_t)st.st_size > max) {
		return -EFBIG;
	}
	data = xmalloc((size_t)st.st_size + 1);
	r = read_all(fd, data, (size_t)st.st_size);
	if (r < 0) {
		return r;
	}
	data[st.st_size] = '\0';
	*ret_len = (size_t)st.st_size;
	*ret_wall_ms = time_of(&st);
	*ret = TAKE(data);
	return 0;
}

int texts_cache_write(
    const char *dir, const char *name, const char *data, size_t len, int64_t wall_ms)
{
	const struct timespec time = timespec_of(wall_ms);
	const struct atomic_file f = {.data = data, .len = len, .mode = 0600, .time = &time};
	_cleanup_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* The lock keeps a second daemon out. */
	return fd < 0 ? -errno : atomic_file_write(fd, name, &f);
}

int texts_cache_touch(const char *dir, const char *name, int64_t wall_ms)
{
	struct timespec times[2] = {timespec_of(wall_ms), timespec_of(wall_ms)};
	_cleanup_free_ char *path = xasprintf("%s/%s", dir, name);

	return utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

void texts_cache_set_aside(const char *dir, const char *name)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", dir, name);
	_cleanup_free_ char *bad = xasprintf("%s.bad", path);

	/* One that cannot be renamed would be read again and again: it is a mere cache. */
	if (rename(path, bad) < 0) {
		unlink(path);
	}
}

int64_t texts_cache_tried(const char *dir, const char *name)
{
	_cleanup_free_ char *path = xasprintf("%s/%s.tried", dir, name);
	struct stat st;

	return lstat(path, &st) < 0 ? -1 : time_of(&st);
}

void texts_cache_set_tried(const char *dir, const char *name, int64_t wall_ms)
{
	_cleanup_free_ char *tried = xasprintf("%s.tried", name);
	_cleanup_free_ char *path = xasprintf("%s/%s", dir, tried);

	if (wall_ms < 0) {
		unlink(path);
	} else {
		(void)texts_cache_write(dir, tried, "", 0, wall_ms);
	}
}
