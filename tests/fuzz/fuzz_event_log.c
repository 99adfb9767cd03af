/* SPDX-License-Identifier: MIT */
/* Any bytes as a segment of the event log, as they are and with every checksum put right: what is
 * indexed can be read, what is mended is whole, and an event that is read is written again. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/crc.h"
#include "common/json_check.h"
#include "common/jw.h"
#include "common/util.h"
#include "daemon/store/record.h"
#include "daemon/store/segment.h"

#define SUM_LEN 8
#define SUM_AT (SEGMENT_HEAD_LEN - SUM_LEN - 1)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void write_again(const struct hub_event *e)
{
	struct hub_event again = {0};
	size_t members;
	struct jw w;

	assert(*e->data == '{' && json_check(e->data, strlen(e->data), 32, &members) == 0);
	jw_init(&w);
	record_write(&w, e);
	assert(record_read(w.buf, w.len - 1, &again) == 0);
	assert(again.seq == e->seq && again.kind == e->kind && again.wall_ms == e->wall_ms);
	assert(same(again.printer, e->printer) && same(again.serial, e->serial));
	assert(same(again.data, e->data));
	record_clear(&again);
	jw_finish(&w);
}

/* 1 when it is a record. */
static size_t read_line(const char *line, size_t len)
{
	_cleanup_free_ char *alone = xmalloc(len > 0 ? len : 1); /* nothing lies behind it */
	struct hub_event e = {0};
	int64_t wall_ms;
	uint64_t seq;
	int checked;

	memcpy(alone, line, len);
	checked = record_check(alone, len, &seq, &wall_ms);
	if (record_read(alone, len, &e) == 0) {
		assert(checked == 0 && e.seq == seq && e.wall_ms == wall_ms);
		write_again(&e);
	}
	record_clear(&e);
	return checked == 0;
}

static size_t count_records(const char *p, const char *end)
{
	const char *newline;
	size_t count = 0;

	for (; p < end && (newline = memchr(p, '\n', (size_t)(end - p))); p = newline + 1) {
		count += read_line(p, (size_t)(newline - p));
	}
	return count;
}

static void check_pages(const struct segment *s, size_t len)
{
	size_t begin, end, last = SEGMENT_HEAD_LEN;

	assert(s->size >= SEGMENT_HEAD_LEN && s->size <= len);
	assert((s->mark_count == 0) == (s->last == 0));
	for (size_t i = 0; i < s->mark_count; i++) {
		segment_page(s, i, &begin, &end);
		assert(begin >= last && begin < end && end <= s->size);
		assert(s->marks[i].seq >= s->first && s->marks[i].seq <= s->last);
		assert(segment_find(s, s->marks[i].seq - 1) == i);
		last = end;
	}
	assert(segment_find(s, s->last) == s->mark_count);
}

static void index_all(const char *buf, size_t len)
{
	struct segment *s = segment_create(1);
	struct segment_fault fault, none;
	char *good, *same_good;
	size_t good_len, again_len;

	segment_index(s, buf, len, &fault, &good, &good_len);
	check_pages(s, len);
	assert((good != NULL) == (fault.bad > 0));
	count_records(buf + SEGMENT_HEAD_LEN, buf + len);
	if (good) {
		size_t marks = s->mark_count;

		assert(good_len <= len);
		segment_index(s, good, good_len, &none, &same_good, &again_len);
		assert(none.bad == 0 && !none.torn && !same_good);
		assert((marks == 0) == (s->mark_count == 0));
		check_pages(s, good_len);
	}
	free(good);
	segment_destroy(s);
}

static void read_head(const char *buf, size_t len)
{
	char again[SEGMENT_HEAD_LEN + 1];
	struct segment_head h;

	if (segment_head_read(buf, len, &h) == 0) {
		segment_head_write(&h, again);
		assert(memcmp(buf, again, SEGMENT_HEAD_LEN) == 0);
	}
}

static void put_sum(char *at, const char *begin, size_t len)
{
	char sum[SUM_LEN + 1];

	snprintf(sum, sizeof(sum), "%08x", (unsigned)crc32_of(begin, len));
	memcpy(at, sum, SUM_LEN);
}

/* As a disk would hold it whose writer wrote just this. */
static void put_sums_right(char *buf, size_t len)
{
	char *p = buf + SEGMENT_HEAD_LEN, *end = buf + len, *newline;

	put_sum(buf + SUM_AT, buf, SUM_AT);
	for (; p < end && (newline = memchr(p, '\n', (size_t)(end - p))); p = newline + 1) {
		if (newline - p > SUM_LEN) {
			put_sum(p, p + SUM_LEN + 1, (size_t)(newline - p) - SUM_LEN - 1);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *buf = NULL;

	read_head((const char *)data, size);
	if (size < SEGMENT_HEAD_LEN) {
		read_line((const char *)data, size);
		return 0;
	}
	index_all((const char *)data, size);
	buf = xmalloc(size);
	memcpy(buf, data, size);
	put_sums_right(buf, size);
	read_head(buf, size);
	index_all(buf, size);
	return 0;
}
