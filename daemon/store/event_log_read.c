/* SPDX-License-Identifier: MIT */
/* The event log read back: pages of a segment, decoded, a few of them held. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/util.h"
#include "daemon/store/event_log_internal.h"
#include "daemon/store/record.h"

#define PEEK_BYTES 4096

static void clear_page(struct event_page *p)
{
	for (size_t i = 0; i < p->count; i++) {
		record_clear(&p->events[i]);
	}
	free(p->events);
	*p = (struct event_page){0};
}

void event_log_drop_pages(struct event_log *log)
{
	for (size_t i = 0; i < EVENT_LOG_PAGES; i++) {
		clear_page(&log->pages[i]);
	}
}

static char *read_range(
    const struct event_log *log, const struct segment *s, size_t begin, size_t len)
{
	_cleanup_close_ int fd = event_log_open_segment(log, s, O_RDONLY);
	_cleanup_free_ char *buf = xmalloc(len);

	if (fd < 0 || pread(fd, buf, len, (off_t)begin) != (ssize_t)len) {
		return NULL;
	}
	return TAKE(buf);
}

static void decode(struct event_page *p, const char *buf, size_t len)
{
	const char *end = buf + len, *newline;
	size_t cap = 0;

	for (; buf < end && (newline = memchr(buf, '\n', (size_t)(end - buf))); buf = newline + 1) {
		if (p->count == cap) {
			cap = cap > 0 ? cap * 2 : 16;
			p->events = xrealloc(p->events, cap * sizeof(*p->events));
		}
		/* What lies between records, and of kinds not known here, is passed over. */
		p->count += record_read(buf, (size_t)(newline - buf), &p->events[p->count]) == 0;
	}
}

static struct event_page *oldest_page(struct event_log *log)
{
	struct event_page *p = &log->pages[0];

	for (size_t i = 1; i < EVENT_LOG_PAGES; i++) {
		p = log->pages[i].used < p->used ? &log->pages[i] : p;
	}
	return p;
}

/* Page i of the segment, from memory or from the file; empty when it cannot be read. */
static const struct event_page *get_page(struct event_log *log, const struct segment *s, size_t i)
{
	_cleanup_free_ char *buf = NULL;
	struct event_page *p;
	size_t begin, end;

	segment_page(s, i, &begin, &end);
	for (size_t k = 0; k < EVENT_LOG_PAGES; k++) {
		p = &log->pages[k];
		if (p->segment == s->first && p->index == i) {
			if (p->end == end) {
				p->used = ++log->tick;
				return p;
			}
			p->used = 0; /* the page has grown */
		}
	}
	p = oldest_page(log);
	clear_page(p);
	*p = (struct event_page){.segment = s->first, .index = i, .end = end, .used = ++log->tick};
	log->loads++;
	buf = read_range(log, s, begin, end - begin);
	if (buf) {
		decode(p, buf, end - begin);
	}
	return p;
}

static const struct hub_event *next_in_segment(
    struct event_log *log, const struct segment *s, uint64_t after)
{
	for (size_t i = segment_find(s, after); i < s->mark_count; i++) {
		const struct event_page *p = get_page(log, s, i);

		for (size_t k = 0; k < p->count; k++) {
			if (p->events[k].seq > after) {
				return &p->events[k];
			}
		}
	}
	return NULL;
}

/* Index of the segment that would hold after + 1. */
static size_t find_segment(const struct event_log *log, uint64_t after)
{
	size_t low = 0, high = log->count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (log->segments[mid]->first > after + 1) {
			high = mid;
		} else {
			low = mid + 1;
		}
	}
	return low > 0 ? low - 1 : 0;
}

const struct hub_event *event_log_next(struct event_log *log, uint64_t after)
{
	if (after >= log->written) {
		return NULL;
	}
	for (size_t i = find_segment(log, after); i < log->count; i++) {
		const struct hub_event *e;

		event_log_index(log, log->segments[i], NULL);
		e = next_in_segment(log, log->segments[i], after);
		if (e) {
			return e;
		}
	}
	return NULL;
}

int event_log_read(struct event_log *log, uint64_t after,
    int (*take)(void *arg, const struct hub_event *e), void *arg)
{
	const struct hub_event *e = event_log_next(log, after);
	int r = 0;

	while (e && r == 0) {
		uint64_t seq = e->seq;

		r = take(arg, e);
		e = event_log_next(log, seq);
	}
	return r;
}

/* The last page of the segment with a number below that; false when it has none. */
static bool page_before(const struct segment *s, uint64_t before, uint64_t *ret_after)
{
	size_t i = s->mark_count;

	while (i > 0 && s->marks[i - 1].seq >= before) {
		i--;
	}
	if (i == 0) {
		return false;
	}
	*ret_after = s->marks[i - 1].seq - 1;
	return true;
}

bool event_log_back(struct event_log *log, uint64_t before, uint64_t *ret_after)
{
	for (size_t i = log->count; i > 0; i--) {
		struct segment *s = log->segments[i - 1];

		if (s->first >= before) {
			continue;
		}
		event_log_index(log, s, NULL);
		if (page_before(s, before, ret_after)) {
			return true;
		}
	}
	return false;
}

/* Time of the first record, without an index of the whole file. False: it has none. */
static bool first_time(struct event_log *log, struct segment *s, int64_t *ret_wall_ms)
{
	_cleanup_free_ char *buf = NULL;
	const char *newline;
	uint64_t seq;

	if (!s->peeked && !s->indexed && s->size > SEGMENT_HEAD_LEN + PEEK_BYTES) {
		buf = read_range(log, s, SEGMENT_HEAD_LEN, PEEK_BYTES);
		newline = buf ? memchr(buf, '\n', PEEK_BYTES) : NULL;
		s->peeked = newline && record_check(buf, (size_t)(newline - buf), &seq,
					   &s->first_wall_ms) == 0;
	}
	if (!s->peeked) {
		event_log_index(log, s, NULL);
	}
	*ret_wall_ms = s->first_wall_ms;
	return s->peeked;
}

/* Cursor in front of the first page of which the next one begins later than that. */
static uint64_t page_at(const struct segment *s, int64_t wall_ms)
{
	size_t i = 0;

	while (i + 1 < s->mark_count && s->marks[i + 1].wall_ms <= wall_ms) {
		i++;
	}
	return s->mark_count > 0 ? s->marks[i].seq - 1 : s->first - 1;
}

uint64_t event_log_cursor_at(struct event_log *log, int64_t wall_ms)
{
	const struct hub_event *e;
	uint64_t after;
	int64_t first;
	size_t i = 0;

	if (log->count == 0) {
		return UINT64_MAX;
	}
	while (i + 1 < log->count &&
	       (!first_time(log, log->segments[i + 1], &first) || first <= wall_ms)) {
		i++;
	}
	event_log_index(log, log->segments[i], NULL);
	after = page_at(log->segments[i], wall_ms);
	for (e = event_log_next(log, after); e && e->wall_ms <= wall_ms;
	     e = event_log_next(log, e->seq)) {
	}
	return e ? e->seq - 1 : UINT64_MAX;
}
