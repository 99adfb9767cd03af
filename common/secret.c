/* SPDX-License-Identifier: MIT */
/* Strings that are wiped on free, and the reading of secret files. */
#include "common/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct secret {
	size_t len;
	char text[]; /* len bytes and a NUL */
};

enum { SECRET_FILE_MAX = 16 * 1024 };

struct secret *secret_create(const char *s, size_t len)
{
	struct secret *secret;

	while (len > 0 && (s[len - 1] == '\n' || s[len - 1] == '\r')) {
		len--;
	}
	secret = xmalloc(sizeof(*secret) + len + 1);
	secret->len = len;
	if (len > 0) {
		memcpy(secret->text, s, len);
	}
	secret->text[len] = '\0';
	return secret;
}

void secret_destroy(struct secret *s)
{
	if (s) {
		explicit_bzero(s, sizeof(*s) + s->len + 1);
		free(s);
	}
}

struct secret *secret_dup(const struct secret *s)
{
	return s ? secret_create(s->text, s->len) : NULL;
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
	unsigned char difference = 0;

	if (!a || !b) {
		return a == b;
	}
	if (a->len != b->len) {
		return false;
	}
	for (size_t i = 0; i < a->len; i++) {
		difference |= (unsigned char)(a->text[i] ^ b->text[i]);
	}
	return difference == 0;
}

size_t secret_len(const struct secret *s)
{
	return s ? s->len : 0;
}

const char *secret_reveal(const struct secret *s)
{
	return s->text;
}

static int check_file(int fd, size_t max)
{
	struct stat st;
	mode_t mode;

	if (fstat(fd, &st) < 0) {
		return -errno;
	}
	if (!S_ISREG(st.st_mode)) {
		return -EINVAL;
	}
	if (st.st_uid != 0 && st.st_uid != geteuid()) {
		return -EPERM;
	}
	/* systemd gives a service its credentials as root:root 0400 plus an ACL for the user of the
	 * service; the mask of that ACL shows as the group's read bit. */
	mode = st.st_mode & 0777;
	if ((mode & 0077) != 0 && !(mode == 0440 && st.st_uid == 0 && st.st_gid == 0)) {
		return -EPERM;
	}
	return (uint64_t)st.st_size > max ? -EFBIG : 0;
}

/* Reads to the end, at most size bytes. The number of bytes, or negative errno. */
static ssize_t read_all(int fd, char *buf, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, buf + len, size - len);

		if (n == 0) {
			break;
		}
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return -errno;
		}
		len += (size_t)n;
	}
	return (ssize_t)len;
}

/* What was read, or why it is none; into *ret. */
static int take_content(const char *buf, ssize_t len, size_t max, struct secret **ret)
{
	_cleanup_secret_ struct secret *secret = NULL;

	if (len < 0) {
		return (int)len;
	}
	if ((size_t)len > max) {
		return -EFBIG;
	}
	if (memchr(buf, '\0', (size_t)len)) {
		return -EINVAL;
	}
	secret = secret_create(buf, (size_t)len);
	if (secret->len == 0) {
		return -EINVAL;
	}
	*ret = TAKE(secret);
	return 0;
}

int secret_read_long_file(int dirfd, const char *path, size_t max, struct secret **ret)
{
	_cleanup_close_ int fd = -1;
	char *buf;
	ssize_t len;
	int r;

	/* O_NONBLOCK: a FIFO in the place of the file must not hold the daemon up. */
	fd = openat(dirfd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		return -errno;
	}
	r = check_file(fd, max);
	if (r < 0) {
		return r;
	}
	buf = xmalloc(max + 1);
	len = read_all(fd, buf, max + 1);
	r = take_content(buf, len, max, ret);
	explicit_bzero(buf, len < 0 ? max + 1 : (size_t)len);
	free(buf);
	return r;
}

int secret_read_file(int dirfd, const char *path, struct secret **ret)
{
	return secret_read_long_file(dirfd, path, SECRET_FILE_MAX, ret);
}
