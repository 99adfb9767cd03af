/* SPDX-License-Identifier: MIT */
/* Private files of the state directory: 0600, replaced in one step, refused when others may
 * read them. */
#include "common/private_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/atomic_file.h"
#include "common/crc.h"
#include "common/json.h"
#include "common/jw.h"
#include "common/secret.h"
#include "common/util.h"

enum { SMALL_MAX = 16 * 1024, DEPTH_MAX = 4 };

static int open_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static char *explain(const char *path, int rc)
{
	struct stat st;

	if (rc == -ELOOP) {
		return xasprintf("%s is a symbolic link: rm '%s'", path, path);
	}
	if (rc == -EPERM && stat(path, &st) == 0 && st.st_uid != 0 && st.st_uid != geteuid()) {
		return xasprintf("%s belongs to user %u: chown %u '%s'", path, (unsigned)st.st_uid,
		    (unsigned)geteuid(), path);
	}
	if (rc == -EPERM) {
		return xasprintf("%s may be read by others: chmod 600 '%s'", path, path);
	}
	return xasprintf("%s: %s", path, strerror(-rc));
}

static bool is_regular(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

int private_read_long(
    const char *dir, const char *name, size_t max, struct secret **ret, char **ret_why)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", dir, name);
	_cleanup_close_ int fd = open_dir(dir);
	int r = fd < 0 ? fd : secret_read_long_file(fd, name, max, ret);

	if (r == 0 || r == -ENOENT) {
		return r;
	}
	if ((r == -EINVAL || r == -EFBIG) && is_regular(fd, name)) {
		return -EBADMSG; /* empty, binary or endless: nothing of ours */
	}
	*ret_why = explain(path, r);
	return r;
}

int private_read(const char *dir, const char *name, struct secret **ret, char **ret_why)
{
	return private_read_long(dir, name, SMALL_MAX, ret, ret_why);
}

static int write_file(const char *dir, const char *name, const char *data, size_t len, bool sync)
{
	const struct atomic_file f = {.data = data, .len = len, .mode = 0600, .sync = sync};
	_cleanup_close_ int fd = open_dir(dir);

	/* The lock of the state directory keeps a second writer out. */
	return fd < 0 ? fd : atomic_file_write(fd, name, &f);
}

int private_write(const char *dir, const char *name, const char *data, size_t len)
{
	return write_file(dir, name, data, len, true);
}

int private_write_soon(const char *dir, const char *name, const char *data, size_t len)
{
	return write_file(dir, name, data, len, false);
}

int private_remove(const char *dir, const char *name)
{
	_cleanup_close_ int fd = open_dir(dir);

	if (fd < 0) {
		return fd;
	}
	if (unlinkat(fd, name, 0) < 0) {
		return errno == ENOENT ? 0 : -errno;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* The time in the name of one that was set aside; -1: it is none. */
static int64_t bad_time(const char *entry, const char *name)
{
	size_t len = strlen(name);
	int64_t seconds = -1;

	if (strncmp(entry, name, len) != 0 || strncmp(entry + len, ".bad-", 5) != 0 ||
	    parse_i64(entry + len + 5, 0, INT64_MAX, &seconds) < 0) {
		return -1;
	}
	return seconds;
}

/* How many there are, and the oldest of them. */
static unsigned count_bad(int dir, const char *name, int64_t *ret_oldest)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	unsigned count = 0;

	while (d != NULL && (entry = readdir(d)) != NULL) {
		int64_t seconds = bad_time(entry->d_name, name);

		if (seconds >= 0) {
			*ret_oldest = count == 0 || seconds < *ret_oldest ? seconds : *ret_oldest;
			count++;
		}
	}
	if (d != NULL) {
		closedir(d);
	} else if (fd >= 0) {
		close(fd);
	}
	return count;
}

static void remove_old_bad(int dir, const char *name)
{
	int64_t oldest = 0;

	while (count_bad(dir, name, &oldest) > PRIVATE_BAD_MAX) {
		_cleanup_free_ char *bad = xasprintf("%s.bad-%lld", name, (long long)oldest);

		if (unlinkat(dir, bad, 0) < 0) {
			return;
		}
	}
}

char *private_set_aside(const char *dir, const char *name, int64_t wall_ms)
{
	_cleanup_free_ char *bad = xasprintf("%s.bad-%lld", name, (long long)(wall_ms / 1000));
	_cleanup_close_ int fd = open_dir(dir);

	if (fd < 0 || renameat(fd, name, fd, bad) < 0) {
		return xasprintf("%s/%s is damaged and cannot be set aside: %s", dir, name,
		    strerror(fd < 0 ? -fd : errno));
	}
	remove_old_bad(fd, name);
	return xasprintf(
	    "%s/%s was damaged or of a newer version: it is kept as %s", dir, name, bad);
}

/* json-c gives a string's own memory, as const. */
static void wipe_string(json_object *o, const char *key)
{
	json_object *value = NULL;

	if (json_object_object_get_ex(o, key, &value) &&
	    json_object_is_type(value, json_type_string)) {
		explicit_bzero((char *)(uintptr_t)json_object_get_string(value),
		    (size_t)json_object_get_string_len(value));
	}
}

void private_json_wipe(json_object *o, const char *key)
{
	wipe_string(o, key);
	wipe_string(json_get_obj(o, "data"), key);
}

void private_seal(struct jw *w)
{
	char sum[16];

	snprintf(sum, sizeof(sum), "%08x", (unsigned)crc32_of(w->buf, w->len));
	jw_str(w, "crc32", sum);
	jw_object_end(w);
	jw_bytes(w, "\n", 1);
}

int private_parse(const struct secret *file, json_object **ret)
{
	_cleanup_json_ json_object *o = NULL;

	if (json_parse(secret_reveal(file), secret_len(file), DEPTH_MAX, &o) < 0 ||
	    !json_object_is_type(o, json_type_object)) {
		return -EBADMSG;
	}
	*ret = TAKE(o);
	return 0;
}

int private_compare(const struct secret *file, const struct jw *again)
{
	size_t len = secret_len(file); /* a secret ends before the newline */

	return again->len == len + 1 && memcmp(again->buf, secret_reveal(file), len) == 0
		   ? 0
		   : -EBADMSG;
}
