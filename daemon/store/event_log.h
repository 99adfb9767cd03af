/* SPDX-License-Identifier: MIT */
/* The events of the hub on disk: a bounded ring of segment files, written before anybody is told,
 * read back by number or time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_log;
struct hub;
struct hub_event;
struct loop;

#define EVENT_LOG_BYTES_MAX (16 * 1024 * 1024) /* all segments */
#define EVENT_LOG_SEGMENT_BYTES (1024 * 1024)  /* begins a new one */
#define EVENT_LOG_SEGMENTS_MAX 64
/* What is passed over when numbers may have been told that the log does not have: more than it
 * holds. */
#define EVENT_LOG_SKIP (1 << 20)

/* Opens STATE_DIR/events and mends what a crash left. boot: what tells runs of the machine apart,
 * NULL = nothing does. mark: path of a file, on another disk if possible, that is there while told
 * numbers are lacking and the log's own disk cannot say so; NULL = none. Never fails: without a
 * usable folder the log is empty, of an epoch of its own, and tries again. */
struct event_log *event_log_open(
    struct loop *l, const char *state_dir, const char *boot, const char *mark);
/* For hub_create. */
uint32_t event_log_epoch(const struct event_log *log);
uint64_t event_log_next_seq(const struct event_log *log);
/* Gives the hub the newest events back and observes it: before every other observer, so that what
 * they tell is written. */
void event_log_attach(struct event_log *log, struct hub *h);
/* The end: what was written is on the disk when it returns. After the last event; before the hub is
 * destroyed. NULL is fine. */
void event_log_close(struct event_log *log);

/* First event of the log with seq > after, borrowed till the next call; NULL at the end. A number
 * that is left out is lost. Costs at most one index of a segment (3 ms) and one page (64 events)
 * for most calls, nothing when the page is at hand. */
const struct hub_event *event_log_next(struct event_log *log, uint64_t after);
/* Every event after `after`, until take returns other than 0, which is returned. */
int event_log_read(struct event_log *log, uint64_t after,
    int (*take)(void *arg, const struct hub_event *e), void *arg);
/* Cursor of a page (64 events and less) that ends with the last event before `before`. False when
 * there is none. */
bool event_log_back(struct event_log *log, uint64_t before, uint64_t *ret_after);
/* Cursor before the first event later than that moment: where the clock was set back, an earlier
 * one. UINT64_MAX: the log has none. */
uint64_t event_log_cursor_at(struct event_log *log, int64_t wall_ms);

struct event_log_status {
	uint64_t first_seq; /* oldest held, 0 = none */
	uint64_t last_seq;  /* newest held, 0 = none */
	size_t segments, bytes;
	uint64_t loads;	   /* pages read from disk so far */
	uint64_t damaged;  /* segments set aside so far */
	const char *error; /* why nothing can be written, NULL = it can */
};
void event_log_status(const struct event_log *log, struct event_log_status *ret);
