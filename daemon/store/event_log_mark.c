/* SPDX-License-Identifier: MIT */
/* A mark outside the log's own disk: numbers were told that the log lacks, and not even its header
 * can say so. It lies where nothing outlives the machine's run, whose end makes a gap anyway. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/util.h"
#include "daemon/store/event_log_internal.h"

#define EPOCH_BYTES 16

void event_log_mark(struct event_log *log)
{
	_cleanup_close_ int fd = -1;
	char text[EPOCH_BYTES];
	int len = snprintf(text, sizeof(text), "%u\n", (unsigned)log->head.epoch);
	ssize_t n = 0;

	if (!log->mark || log->marked) {
		return;
	}
	fd = open(log->mark, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	log->marked = fd >= 0;
	if (fd >= 0) {
		/* That it is there says enough: it names the log so that another one's is not
		 * obeyed. */
		n = write(fd, text, (size_t)len);
	}
	(void)n;
}

bool event_log_is_marked(struct event_log *log, uint32_t epoch)
{
	_cleanup_close_ int fd = -1;
	char text[EPOCH_BYTES];
	int64_t value;
	ssize_t n;

	fd = log->mark ? open(log->mark, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
	if (fd < 0) {
		return false;
	}
	log->marked = true;
	n = read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return parse_i64(text, 0, UINT32_MAX, &value) < 0 || value == epoch;
}

void event_log_unmark(struct event_log *log)
{
	if (log->marked) {
		unlink(log->mark);
		log->marked = false;
	}
}
