/* SPDX-License-Identifier: MIT */
/* Segments read for the first time: indexed, and mended when a line is no record. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/atomic_file.h"
#include "common/log.h"
#include "common/util.h"
#include "daemon/store/aside.h"
#include "daemon/store/event_log_internal.h"

#define READ_MAX (64 * 1024 * 1024) /* a file this long is none of ours */

int event_log_open_segment(const struct event_log *log, const struct segment *s, int flags)
{
	char name[SEGMENT_NAME_BYTES];
	int fd;

	segment_name(s->first, name);
	fd = openat(log->dir, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	return fd < 0 ? -errno : fd;
}

static int read_whole(
    const struct event_log *log, const struct segment *s, char **ret, size_t *ret_len)
{
	_cleanup_close_ int fd = event_log_open_segment(log, s, O_RDONLY);
	_cleanup_free_ char *buf = NULL;
	size_t len = 0;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		return fd < 0 ? fd : -errno;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > READ_MAX) {
		return -EFBIG;
	}
	buf = xmalloc((size_t)st.st_size + 1);
	while (len < (size_t)st.st_size) {
		ssize_t n = pread(fd, buf + len, (size_t)st.st_size - len, (off_t)len);

		if (n <= 0) {
			return n < 0 ? -errno : -EIO;
		}
		len += (size_t)n;
	}
	*ret = TAKE(buf);
	*ret_len = len;
	return 0;
}

/* The file that has what was damaged stays under another name; what is good of it goes on. */
static int mend(struct event_log *log, struct segment *s, const char *good, size_t len)
{
	const struct atomic_file file = {.data = good, .len = len, .mode = 0600, .sync = true};
	char name[SEGMENT_NAME_BYTES];
	int r;

	segment_name(s->first, name);
	r = aside_keep(log->dir, name, loop_wall_ms(log->loop), EVENT_LOG_BAD_KEPT);
	if (r == 0) {
		r = atomic_file_write(log->dir, name, &file);
	}
	log_warn("%s/%s is damaged: %s", log->path, name,
	    r == 0 ? "it was set aside, what is readable of it is kept"
		   : "and cannot be set aside; what is readable of it is told");
	log->damaged++;
	return r;
}

int event_log_index(struct event_log *log, struct segment *s, struct segment_fault *ret_fault)
{
	_cleanup_free_ char *buf = NULL, *good = NULL;
	struct segment_fault fault = {0};
	size_t len, good_len;
	int r;

	if (s->indexed) {
		return 0;
	}
	r = read_whole(log, s, &buf, &len);
	if (r < 0 || len < SEGMENT_HEAD_LEN) {
		log_warn("%s: the segment of number %llu cannot be read (%s): its events are lost",
		    log->path, (unsigned long long)s->first, r < 0 ? strerror(-r) : "too short");
		s->indexed = true;
		s->mark_count = 0;
		return r < 0 ? r : -EBADMSG;
	}
	segment_index(s, buf, len, &fault, &good, &good_len);
	if (good && mend(log, s, good, good_len) == 0) {
		struct segment_fault none;
		char *same;

		segment_index(s, good, good_len, &none, &same, &len);
	}
	if (ret_fault) {
		*ret_fault = fault;
	}
	return 0;
}
