/* SPDX-License-Identifier: MIT */
/* A folder of a test's own, and one file in it that the program keeps there. */
#include "tests/unit/cloud/kept_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int kept_file_make(struct kept_file *k, const char *name)
{
	snprintf(k->dir, sizeof(k->dir), "/tmp/bb-kept-XXXXXX");
	assert_non_null(mkdtemp(k->dir));
	snprintf(k->path, sizeof(k->path), "%s/%s", k->dir, name);
	return 0;
}

int kept_file_remove(struct kept_file *k)
{
	DIR *d = opendir(k->dir);
	struct dirent *e;

	while ((e = readdir(d))) {
		unlinkat(dirfd(d), e->d_name, 0);
	}
	closedir(d);
	return rmdir(k->dir);
}

size_t kept_file_slurp(const struct kept_file *k, char *buf, size_t size)
{
	int fd = open(k->path, O_RDONLY);
	ssize_t n = read(fd, buf, size);

	close(fd);
	assert_true(n > 0 && (size_t)n < size);
	return (size_t)n;
}

void kept_file_spill(const struct kept_file *k, const char *buf, size_t len)
{
	int fd;

	unlink(k->path);
	fd = open(k->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, buf, len), len);
	close(fd);
}
