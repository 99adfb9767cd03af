/* SPDX-License-Identifier: MIT */
/* Segments of the event log: names, the header that is changed in place, the index of pages. */
#include "daemon/store/segment.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/crc.h"
#include "common/jw.h"
#include "common/util.h"
#include "daemon/store/record.h"

#define NAME_DIGITS 20
#define SUFFIX ".log"
#define FORM "bambud-events 1 epoch=%010u boot=%-32s state=%s "
#define SUM_LEN 8
#define SUM_AT (SEGMENT_HEAD_LEN - SUM_LEN - 1)

static const char *const states[] = {
    [SEGMENT_OPEN] = "open",
    [SEGMENT_MORE] = "more",
    [SEGMENT_DONE] = "done",
};
_Static_assert(ARRAY_SIZE(states) == SEGMENT_STATE_COUNT, "a word for each state");

void segment_name(uint64_t first, char buf[static SEGMENT_NAME_BYTES])
{
	snprintf(buf, SEGMENT_NAME_BYTES, "%0*llu" SUFFIX, NAME_DIGITS, (unsigned long long)first);
}

int segment_parse_name(const char *name, uint64_t *ret_first)
{
	char digits[NAME_DIGITS + 1];
	int64_t first;

	if (strlen(name) != NAME_DIGITS + strlen(SUFFIX) ||
	    strcmp(name + NAME_DIGITS, SUFFIX) != 0) {
		return -EINVAL;
	}
	str_copy(digits, sizeof(digits), name);
	if (strspn(digits, "0123456789") != NAME_DIGITS ||
	    parse_i64(digits, 1, INT64_MAX, &first) < 0) {
		return -EINVAL;
	}
	*ret_first = (uint64_t)first;
	return 0;
}

void segment_head_write(const struct segment_head *h, char buf[static SEGMENT_HEAD_LEN + 1])
{
	int len = snprintf(buf, SUM_AT + 1, FORM, (unsigned)h->epoch, h->boot, states[h->state]);

	memset(buf + len, ' ', (size_t)(SUM_AT - len));
	snprintf(buf + SUM_AT, SUM_LEN + 2, "%08x\n", (unsigned)crc32_of(buf, SUM_AT));
}

/* Tried with each state: a header is what would have been written, to the byte. */
int segment_head_read(const char *buf, size_t len, struct segment_head *ret)
{
	struct segment_head h = {0};
	char again[SEGMENT_HEAD_LEN + 1];
	unsigned epoch;

	if (len < SEGMENT_HEAD_LEN || memchr(buf, '\0', SEGMENT_HEAD_LEN)) {
		return -EBADMSG;
	}
	memcpy(again, buf, SEGMENT_HEAD_LEN);
	again[SEGMENT_HEAD_LEN] = '\0';
	if (sscanf(again, "bambud-events 1 epoch=%10u boot=%32[^=]", &epoch, h.boot) != 2) {
		return -EBADMSG;
	}
	h.epoch = epoch;
	h.boot[strcspn(h.boot, " ")] = '\0';
	for (h.state = 0; h.state < SEGMENT_STATE_COUNT; h.state++) {
		segment_head_write(&h, again);
		if (memcmp(again, buf, SEGMENT_HEAD_LEN) == 0) {
			*ret = h;
			return 0;
		}
	}
	return -EBADMSG;
}

struct segment *segment_create(uint64_t first)
{
	struct segment *s = xcalloc(1, sizeof(*s));

	s->first = first;
	s->size = SEGMENT_HEAD_LEN;
	return s;
}

void segment_destroy(struct segment *s)
{
	if (!s) {
		return;
	}
	free(s->marks);
	free(s);
}

static void add_mark(struct segment *s, uint64_t seq, int64_t wall_ms)
{
	if (s->mark_count == s->mark_cap) {
		s->mark_cap = s->mark_cap > 0 ? s->mark_cap * 2 : 16;
		s->marks = xrealloc(s->marks, s->mark_cap * sizeof(*s->marks));
	}
	s->marks[s->mark_count++] =
	    (struct segment_mark){.seq = seq, .wall_ms = wall_ms, .offset = s->size};
	s->page_records = 0;
}

void segment_note(struct segment *s, uint64_t seq, int64_t wall_ms, size_t len)
{
	if (s->mark_count == 0 || s->page_records == SEGMENT_PAGE_RECORDS ||
	    s->size - s->marks[s->mark_count - 1].offset >= SEGMENT_PAGE_BYTES) {
		add_mark(s, seq, wall_ms);
	}
	if (s->last == 0) {
		s->first_wall_ms = wall_ms;
		s->peeked = true;
	}
	s->page_records++;
	s->last = seq;
	s->size += len;
}

static bool takes(
    const struct segment *s, const char *line, size_t len, uint64_t *ret_seq, int64_t *ret_wall_ms)
{
	return record_check(line, len, ret_seq, ret_wall_ms) == 0 && *ret_seq >= s->first &&
	       *ret_seq > s->last;
}

/* An end without a newline is a write that was cut short, of which nobody was told; but when a
 * whole record stands there, its newline was lost later. */
static void judge_end(
    const struct segment *s, const char *end, size_t len, struct segment_fault *fault)
{
	uint64_t seq;
	int64_t wall_ms;

	if (len == 0) {
		return;
	}
	if (takes(s, end, len - 1, &seq, &wall_ms)) {
		fault->bad++;
	} else {
		fault->torn = true;
	}
}

void segment_index(struct segment *s, const char *buf, size_t len, struct segment_fault *ret_fault,
    char **ret_good, size_t *ret_good_len)
{
	const char *p = buf + SEGMENT_HEAD_LEN, *end = buf + len, *newline;
	struct segment_fault fault = {0};
	struct jw good;

	jw_init(&good);
	jw_bytes(&good, buf, SEGMENT_HEAD_LEN);
	s->mark_count = s->page_records = 0;
	s->last = 0;
	s->size = SEGMENT_HEAD_LEN;
	for (; p < end && (newline = memchr(p, '\n', (size_t)(end - p))); p = newline + 1) {
		uint64_t seq;
		int64_t wall_ms;

		if (takes(s, p, (size_t)(newline - p), &seq, &wall_ms)) {
			jw_bytes(&good, p, (size_t)(newline + 1 - p));
			s->size = (size_t)(p - buf); /* behind lines that are no record */
			segment_note(s, seq, wall_ms, (size_t)(newline + 1 - p));
		} else {
			fault.bad++;
		}
	}
	judge_end(s, p, (size_t)(end - p), &fault);
	s->indexed = true;
	*ret_fault = fault;
	*ret_good_len = good.len;
	*ret_good = fault.bad > 0 ? jw_take(&good) : NULL;
	jw_finish(&good);
}

void segment_page(const struct segment *s, size_t i, size_t *ret_begin, size_t *ret_end)
{
	*ret_begin = s->marks[i].offset;
	*ret_end = i + 1 < s->mark_count ? s->marks[i + 1].offset : s->size;
}

size_t segment_find(const struct segment *s, uint64_t after)
{
	size_t low = 0, high = s->mark_count;

	if (s->last <= after) {
		return s->mark_count;
	}
	/* The last page that begins at after + 1 or before; its successor when it ends there. */
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (s->marks[mid].seq > after + 1) {
			high = mid;
		} else {
			low = mid + 1;
		}
	}
	return low > 0 ? low - 1 : 0;
}
