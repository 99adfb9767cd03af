/* SPDX-License-Identifier: MIT */
/* Replaces a file in one step: who reads it sees the old one or the new one, whole. */
#include "common/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "common/util.h"

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

static int set_time(int fd, const struct timespec *time)
{
	struct timespec both[2] = {*time, *time};

	return futimens(fd, both) < 0 ? -errno : 0;
}

static int write_temp(int dir, const char *temp, const struct atomic_file *f)
{
	_cleanup_close_ int fd = -1;
	int r;

	unlinkat(dir, temp, 0); /* of an earlier try that was cut short */
	fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, f->mode);
	if (fd < 0) {
		return -errno;
	}
	r = write_all(fd, f->data, f->len);
	if (r == 0 && f->whole_mode && fchmod(fd, f->mode) < 0) {
		r = -errno;
	}
	if (r == 0 && f->time) {
		r = set_time(fd, f->time);
	}
	if (r == 0 && f->sync && fsync(fd) < 0) {
		r = -errno;
	}
	return r;
}

int atomic_file_write(int dir, const char *name, const struct atomic_file *f)
{
	_cleanup_free_ char *temp = xasprintf(".%s.new", name);
	int r = write_temp(dir, temp, f);

	if (r == 0 && renameat(dir, temp, dir, name) < 0) {
		r = -errno;
	}
	if (r < 0) {
		unlinkat(dir, temp, 0);
		return r;
	}
	return f->sync && fsync(dir) < 0 ? -errno : 0;
}
