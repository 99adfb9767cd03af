/* SPDX-License-Identifier: MIT */
/* One file of the event log: a header, then records; an index of its pages. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEGMENT_NAME_BYTES 32
#define SEGMENT_HEAD_LEN 96
#define SEGMENT_PAGE_RECORDS 64
#define SEGMENT_PAGE_BYTES (64 * 1024)

/* What is told of a run that left the segment as its newest. */
enum segment_state {
	SEGMENT_OPEN, /* every number given is in the log */
	SEGMENT_MORE, /* numbers were given that it does not have: the disk was full */
	SEGMENT_DONE, /* ended, and is on the disk */
	SEGMENT_STATE_COUNT
};

struct segment_head {
	uint32_t epoch;
	char boot[33]; /* "" = unknown */
	enum segment_state state;
};

struct segment_mark { /* where a page begins */
	uint64_t seq;
	int64_t wall_ms;
	size_t offset;
};

struct segment {
	uint64_t first; /* the number in its name: records begin there or later */
	uint64_t last;	/* newest record, 0 = none; only when indexed */
	size_t size;	/* good bytes */
	bool indexed;
	int64_t first_wall_ms; /* of the first record, when peeked */
	bool peeked;
	struct segment_mark *marks;
	size_t mark_count, mark_cap;
	size_t page_records; /* in the last page */
};

/* "00000000000000008813.log" */
void segment_name(uint64_t first, char buf[static SEGMENT_NAME_BYTES]);
/* 0, or -EINVAL: not the name of a segment. */
int segment_parse_name(const char *name, uint64_t *ret_first);
/* Exactly SEGMENT_HEAD_LEN bytes, the last one a newline. */
void segment_head_write(const struct segment_head *h, char buf[static SEGMENT_HEAD_LEN + 1]);
/* 0, or -EBADMSG. */
int segment_head_read(const char *buf, size_t len, struct segment_head *ret);

struct segment *segment_create(uint64_t first);
void segment_destroy(struct segment *s);
/* A record of that length was added at s->size. */
void segment_note(struct segment *s, uint64_t seq, int64_t wall_ms, size_t len);

struct segment_fault {
	unsigned bad; /* whole lines that are no record, or out of order */
	bool torn;    /* the file ends inside a record */
};
/* Indexes the content of a whole file; s->size is then the end of its last record. *ret_good: when
 * some line is bad an owned copy of header and good records, else NULL. */
void segment_index(struct segment *s, const char *buf, size_t len, struct segment_fault *ret_fault,
    char **ret_good, size_t *ret_good_len);
/* Bytes of page i: [*ret_begin, *ret_end). */
void segment_page(const struct segment *s, size_t i, size_t *ret_begin, size_t *ret_end);
/* The page that holds the first number > after, if any is there; mark_count when the segment has
 * no such number. */
size_t segment_find(const struct segment *s, uint64_t after);
