/* SPDX-License-Identifier: MIT */
/* The event log at its start: what the last run left is looked through, mended and gone on with. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/util.h"
#include "daemon/store/event_log_internal.h"

/* The segments of the folder */

static void insert_segment(struct event_log *log, struct segment *s)
{
	size_t at;

	if (log->count == log->cap) {
		log->cap = log->cap > 0 ? log->cap * 2 : 32;
		log->segments = xrealloc(log->segments, log->cap * sizeof(*log->segments));
	}
	for (at = log->count; at > 0 && log->segments[at - 1]->first > s->first; at--) {
		log->segments[at] = log->segments[at - 1];
	}
	log->segments[at] = s;
	log->count++;
}

static void remove_segment(struct event_log *log, size_t i)
{
	char name[SEGMENT_NAME_BYTES];

	segment_name(log->segments[i]->first, name);
	if (log->dir >= 0) {
		unlinkat(log->dir, name, 0);
	}
	segment_destroy(log->segments[i]);
	log->count--;
	memmove(
	    &log->segments[i], &log->segments[i + 1], (log->count - i) * sizeof(*log->segments));
	event_log_drop_pages(log);
}

/* Until there is room for that much. */
static void remove_oldest(struct event_log *log, size_t room_bytes)
{
	size_t bytes = 0;

	for (size_t i = 0; i < log->count; i++) {
		bytes += log->segments[i]->size;
	}
	while (log->count > 1 &&
	       (log->count > EVENT_LOG_SEGMENTS_MAX || bytes > EVENT_LOG_BYTES_MAX - room_bytes)) {
		bytes -= log->segments[0]->size;
		remove_segment(log, 0);
	}
}

static void add_file(struct event_log *log, const char *name)
{
	struct segment *s;
	struct stat st;
	uint64_t first;

	if (segment_parse_name(name, &first) < 0 ||
	    fstatat(log->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode)) {
		return;
	}
	s = segment_create(first);
	s->size = (size_t)st.st_size;
	insert_segment(log, s);
}

static int list_files(struct event_log *log)
{
	int fd = openat(log->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!d) {
		return -errno;
	}
	while ((entry = readdir(d))) {
		add_file(log, entry->d_name);
	}
	closedir(d);
	log->listed = true;
	return 0;
}

static void forget_files(struct event_log *log)
{
	while (log->count > 0) {
		segment_destroy(log->segments[--log->count]);
	}
	log->listed = false;
}

static int open_folder(struct event_log *log)
{
	if (log->dir >= 0) {
		return 0;
	}
	if (mkdir(log->path, 0700) < 0 && errno != EEXIST) {
		return -errno;
	}
	log->dir = open(log->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return log->dir < 0 ? -errno : 0;
}

/* The newest segment */

static struct segment *newest(const struct event_log *log)
{
	return log->count > 0 ? log->segments[log->count - 1] : NULL;
}

int event_log_set_state(struct event_log *log, enum segment_state state)
{
	char text[SEGMENT_HEAD_LEN + 1];
	ssize_t n;

	if (log->fd < 0) {
		return -EBADF;
	}
	log->head.state = state;
	segment_head_write(&log->head, text);
	n = pwrite(log->fd, text, SEGMENT_HEAD_LEN, 0);
	return n == SEGMENT_HEAD_LEN ? 0 : n < 0 ? -errno : -ENOSPC;
}

static void retire(struct event_log *log)
{
	if (log->old_fd >= 0) {
		close(log->old_fd);
	}
	log->old_fd = log->fd;
	log->fd = -1;
}

int event_log_begin_segment(struct event_log *log, uint64_t first)
{
	struct segment *s = segment_create(first);
	int r, fd = event_log_open_segment(log, s, O_RDWR | O_CREAT | O_EXCL);

	if (fd < 0) {
		segment_destroy(s);
		return fd;
	}
	retire(log);
	log->fd = fd;
	r = event_log_set_state(log, log->head.state);
	if (r < 0) {
		char name[SEGMENT_NAME_BYTES];

		segment_name(first, name);
		unlinkat(log->dir, name, 0);
		segment_destroy(s);
		close(log->fd);
		log->fd = log->old_fd;
		log->old_fd = -1;
		return r;
	}
	s->indexed = true;
	insert_segment(log, s);
	log->new_names = true;
	remove_oldest(log, EVENT_LOG_SEGMENT_BYTES);
	return 0;
}

/* A file that ends before its header does was just being made: nobody was told of it. */
static void drop_unborn(struct event_log *log)
{
	while (newest(log) && newest(log)->size < SEGMENT_HEAD_LEN) {
		remove_segment(log, log->count - 1);
	}
}

static int read_head(const struct event_log *log, const struct segment *s, struct segment_head *ret)
{
	_cleanup_close_ int fd = event_log_open_segment(log, s, O_RDONLY);
	char text[SEGMENT_HEAD_LEN];
	ssize_t n;

	if (fd < 0) {
		return fd;
	}
	n = pread(fd, text, sizeof(text), 0);
	return n < 0 ? -errno : segment_head_read(text, (size_t)n, ret);
}

/* True when numbers may have been told that the log does not have: they are not given again. */
static bool may_miss(const struct event_log *log, const struct segment_head *h)
{
	switch (h->state) {
	case SEGMENT_DONE:
		return false;
	case SEGMENT_OPEN:
		return log->head.boot[0] == '\0' || strcmp(h->boot, log->head.boot) != 0;
	case SEGMENT_MORE:
	case SEGMENT_STATE_COUNT:
		break;
	}
	return true;
}

/* Takes the newest segment over for writing. 0 or negative errno. */
static int take_newest(struct event_log *log, const struct segment_fault *fault, bool skip)
{
	struct segment *s = newest(log);

	if (skip) {
		log->next_seq += EVENT_LOG_SKIP;
		return event_log_begin_segment(log, log->next_seq);
	}
	log->fd = event_log_open_segment(log, s, O_RDWR);
	if (log->fd < 0) {
		return log->fd;
	}
	if (fault->torn && ftruncate(log->fd, (off_t)s->size) < 0) {
		return -errno;
	}
	return event_log_set_state(log, SEGMENT_OPEN);
}

static uint32_t new_epoch(const struct event_log *log)
{
	uint32_t epoch = 0;

	if (getrandom(&epoch, sizeof(epoch), 0) != sizeof(epoch) || epoch == 0) {
		epoch = (uint32_t)loop_wall_ms(log->loop) | 1;
	}
	return epoch;
}

static int go_on(struct event_log *log)
{
	struct segment *s = newest(log);
	struct segment_fault fault = {0};
	struct segment_head h;
	bool skip = read_head(log, s, &h) < 0;
	int r;

	if (!skip) {
		log->head.epoch = h.epoch;
		skip = may_miss(log, &h) || event_log_is_marked(log, h.epoch);
	}
	r = event_log_index(log, s, &fault);
	log->next_seq = s->last >= s->first ? s->last + 1 : s->first;
	/* Which numbers the damaged lines had is not known either. */
	return take_newest(log, &fault, skip || r < 0 || fault.bad > 0);
}

static int look_through(struct event_log *log)
{
	int r = open_folder(log);

	if (r == 0) {
		r = list_files(log);
	}
	if (r < 0) {
		return r;
	}
	drop_unborn(log);
	remove_oldest(log, 0);
	if (newest(log)) {
		r = go_on(log);
	} else {
		r = event_log_begin_segment(log, log->next_seq);
	}
	/* Before the first number of this run is told: a later crash shall see that it ran. */
	if (r == 0 && (fdatasync(log->fd) < 0 || (log->new_names && fsync(log->dir) < 0))) {
		return -errno;
	}
	if (r == 0) {
		event_log_unmark(log);
	}
	return r;
}

int event_log_reopen(struct event_log *log)
{
	int r = open_folder(log);

	if (r < 0 || log->fd >= 0) {
		return r;
	}
	if (!log->listed) {
		/* Nobody has looked what is in it. Numbers of this run cannot go between those. */
		r = list_files(log);
		if (r == 0 && log->count > 0) {
			forget_files(log);
			r = -EEXIST;
		}
		if (r < 0) {
			return r;
		}
	}
	while (newest(log) && newest(log)->first > log->written) {
		remove_segment(log, log->count - 1); /* begun for a first event that never came */
	}
	return event_log_begin_segment(log, log->written + 1);
}

/* Hexadecimal digits only: it stands in a header whose fields end at blanks. */
static void set_boot(struct event_log *log, const char *boot)
{
	size_t len = 0;

	for (; boot && *boot && len + 1 < sizeof(log->head.boot); boot++) {
		if (*boot != '-') {
			log->head.boot[len++] = *boot;
		}
	}
	log->head.boot[len] = '\0';
	if (log->head.boot[strspn(log->head.boot, "0123456789abcdef")] != '\0') {
		log->head.boot[0] = '\0';
	}
}

void event_log_start(struct event_log *log, const char *boot)
{
	int r;

	set_boot(log, boot);
	log->next_seq = 1;
	log->head.epoch = new_epoch(log);
	r = look_through(log);
	log->written = log->next_seq - 1;
	if (r < 0) {
		/* What is told from now on is nowhere written: no cursor may outlive it. */
		if (log->fd >= 0) {
			close(log->fd);
			log->fd = -1;
		}
		log->head.epoch = new_epoch(log);
		event_log_fail(log, r);
	}
}
