/* SPDX-License-Identifier: MIT */
/* The event log while the daemon runs: one write an event; when the disk refuses, the ring of the
 * hub holds what is to be written yet. */
#include "daemon/store/event_log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/util.h"
#include "daemon/store/event_log_internal.h"
#include "daemon/store/record.h"

enum {
	RETRY_FIRST_MS = 1000,
	RETRY_MAX_MS = 30 * 1000,
	BATCH_BYTES = 64 * 1024,
};

static struct segment *newest(const struct event_log *log)
{
	return log->segments[log->count - 1];
}

/* Writing */

static int write_at(int fd, const char *buf, size_t len, size_t offset)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, buf, len, (off_t)offset);

		if (n <= 0) {
			return n < 0 ? -errno : -ENOSPC;
		}
		buf += n;
		offset += (size_t)n;
		len -= (size_t)n;
	}
	return 0;
}

/* Where that fails the next write goes over it, or the next start cuts it. */
static void cut_torn_end(const struct event_log *log)
{
	int r = ftruncate(log->fd, (off_t)newest(log)->size);

	(void)r;
}

/* What is in log->line goes behind the last record: whole, or nothing of it. */
static int write_line(struct event_log *log, uint64_t first)
{
	int r = 0;

	if (newest(log)->last > 0 && newest(log)->size + log->line.len > EVENT_LOG_SEGMENT_BYTES) {
		r = event_log_begin_segment(log, first);
	}
	if (r == 0) {
		r = write_at(log->fd, log->line.buf, log->line.len, newest(log)->size);
	}
	if (r < 0) {
		cut_torn_end(log);
	}
	return r;
}

static int append(struct event_log *log, const struct hub_event *e)
{
	int r;

	jw_reset(&log->line);
	record_write(&log->line, e);
	r = write_line(log, e->seq);
	if (r == 0) {
		segment_note(newest(log), e->seq, e->wall_ms, log->line.len);
		log->written = e->seq;
		event_log_sync_after(log, e->kind);
	}
	return r;
}

static void on_event(void *arg, const struct hub_event *e)
{
	struct event_log *log = arg;
	int r;

	if (log->error != 0) {
		return; /* it waits in the ring */
	}
	r = append(log, e);
	if (r < 0) {
		event_log_fail(log, r);
	}
}

/* When the disk refuses */

static void tell(struct event_log *log, enum event_kind kind)
{
	struct jw w;

	jw_init(&w);
	jw_object(&w, NULL);
	jw_str(&w, "what", "events");
	jw_str(&w, "path", log->path);
	if (log->error != 0) {
		jw_str(&w, "error", strerror(-log->error));
	}
	jw_object_end(&w);
	hub_event(log->hub, kind, NULL, NULL, w.buf, loop_wall_ms(log->loop));
	jw_finish(&w);
}

/* Deferred: an observer files no events. */
static void on_tell(void *arg)
{
	struct event_log *log = arg;

	if (log->error != 0 && !log->told) {
		log->told = true;
		tell(log, EVENT_DISK_FULL);
	} else if (log->error == 0 && log->told) {
		log->told = false;
		tell(log, EVENT_DISK_RECOVERED);
	}
}

static void retry_later(struct event_log *log)
{
	loop_timer_start(&log->retry, log->retry_ms);
	log->retry_ms = log->retry_ms < RETRY_MAX_MS / 2 ? log->retry_ms * 2 : RETRY_MAX_MS;
}

void event_log_fail(struct event_log *log, int why)
{
	if (log->error == 0) {
		log->retry_ms = RETRY_FIRST_MS;
	}
	log->error = why;
	/* Before anybody hears of what is not written. Overwriting needs no room on a full disk. */
	if (log->fd >= 0 && event_log_set_state(log, SEGMENT_MORE) < 0) {
		event_log_mark(log);
	}
	retry_later(log);
	if (log->hub) {
		loop_defer(log->loop, &log->tell);
	}
}

/* The records of log->line are in the segment now. */
static void note_batch(struct event_log *log)
{
	const char *p = log->line.buf, *end = p + log->line.len, *newline;

	for (; p < end && (newline = memchr(p, '\n', (size_t)(end - p))); p = newline + 1) {
		const struct hub_event *e = hub_next(log->hub, log->written);

		segment_note(newest(log), e->seq, e->wall_ms, (size_t)(newline + 1 - p));
		log->written = e->seq;
	}
}

/* Writes a part of what waits. 1 when all is written, 0 when more waits, or negative errno. */
static int write_waiting(struct event_log *log)
{
	const struct hub_event *e;
	uint64_t first = 0;
	int r;

	jw_reset(&log->line);
	for (e = hub_next(log->hub, log->written); e && log->line.len < BATCH_BYTES;
	     e = hub_next(log->hub, e->seq)) {
		first = first > 0 ? first : e->seq;
		record_write(&log->line, e);
	}
	if (first == 0) {
		return 1;
	}
	r = write_line(log, first);
	if (r < 0) {
		return r;
	}
	note_batch(log);
	return 0;
}

static void on_retry(void *arg)
{
	struct event_log *log = arg;
	int r = event_log_reopen(log);

	if (r == 0) {
		r = write_waiting(log);
	}
	if (r == 0) {
		loop_timer_start(&log->retry, 0);
		return;
	}
	if (r > 0) {
		r = event_log_set_state(log, SEGMENT_OPEN);
	}
	if (r < 0) {
		event_log_fail(log, r);
		return;
	}
	log->error = 0;
	event_log_unmark(log);
	event_log_sync_after(log, EVENT_DISK_RECOVERED);
	loop_defer(log->loop, &log->tell);
}

/* Coming and going */

struct event_log *event_log_open(
    struct loop *l, const char *state_dir, const char *boot, const char *mark)
{
	struct event_log *log = xcalloc(1, sizeof(*log));

	log->loop = l;
	log->path = xasprintf("%s/events", state_dir);
	log->mark = mark ? xstrdup(mark) : NULL;
	log->dir = log->fd = log->old_fd = -1;
	jw_init(&log->line);
	loop_timer_init(&log->retry, l, on_retry, log);
	loop_deferred_init(&log->tell, on_tell, log);
	event_log_sync_start(log);
	event_log_start(log, boot);
	return log;
}

uint32_t event_log_epoch(const struct event_log *log)
{
	return log->head.epoch;
}

uint64_t event_log_next_seq(const struct event_log *log)
{
	return log->next_seq;
}

static uint64_t restore_from(struct event_log *log)
{
	uint64_t after = log->next_seq - 1;

	for (unsigned i = 0; i < EVENT_LOG_RESTORED / SEGMENT_PAGE_RECORDS; i++) {
		if (!event_log_back(log, after + 1, &after)) {
			break;
		}
	}
	return after;
}

void event_log_attach(struct event_log *log, struct hub *h)
{
	const struct hub_event *e;

	for (e = event_log_next(log, restore_from(log)); e; e = event_log_next(log, e->seq)) {
		hub_restore(h, e);
	}
	log->hub = h;
	log->observer = (struct hub_observer){.event = on_event, .arg = log};
	hub_observe(h, &log->observer);
	if (log->error != 0) {
		loop_defer(log->loop, &log->tell);
	}
}

/* What still waits is tried once more. 0 when every event is in the log. */
static int write_rest(struct event_log *log)
{
	int r;

	if (log->error == 0) {
		return 0;
	}
	r = event_log_reopen(log);
	while (r == 0 && log->hub) {
		r = write_waiting(log);
	}
	return r > 0 ? 0 : r < 0 ? r : -ENODATA;
}

/* First the events, then the word that nothing is missing: a crash in between finds no such word.
 */
static void end_segment(struct event_log *log)
{
	if (write_rest(log) == 0 && fdatasync(log->fd) == 0 &&
	    event_log_set_state(log, SEGMENT_DONE) == 0) {
		(void)fdatasync(log->fd);
		event_log_unmark(log);
	}
}

static void close_fd(int *fd)
{
	if (*fd >= 0) {
		close(*fd);
	}
	*fd = -1;
}

void event_log_close(struct event_log *log)
{
	if (!log) {
		return;
	}
	if (log->hub) {
		hub_unobserve(log->hub, &log->observer);
	}
	loop_timer_stop(&log->retry);
	loop_deferred_cancel(&log->tell);
	end_segment(log);
	event_log_sync_stop(log);
	event_log_drop_pages(log);
	for (size_t i = 0; i < log->count; i++) {
		segment_destroy(log->segments[i]);
	}
	free(log->segments);
	close_fd(&log->fd);
	close_fd(&log->old_fd);
	close_fd(&log->dir);
	jw_finish(&log->line);
	free(log->mark);
	free(log->path);
	free(log);
}

void event_log_status(const struct event_log *log, struct event_log_status *ret)
{
	struct event_log_status st = {.segments = log->count,
	    .loads = log->loads,
	    .damaged = log->damaged,
	    .error = log->error != 0 ? strerror(-log->error) : NULL};

	for (size_t i = 0; i < log->count; i++) {
		const struct segment *s = log->segments[i];

		st.bytes += s->size;
		/* Records begin with the name, but where numbers were passed over. */
		st.first_seq = st.first_seq > 0 ? st.first_seq : s->first;
	}
	st.last_seq = log->written;
	*ret = st;
}
