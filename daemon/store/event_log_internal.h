/* SPDX-License-Identifier: MIT */
/* The body of the event log, for its own files: opening, writing, reading back, syncing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/event.h"
#include "common/jw.h"
#include "daemon/io/loop.h"
#include "daemon/model/hub.h"
#include "daemon/store/event_log.h"
#include "daemon/store/segment.h"

#define EVENT_LOG_PAGES 4      /* held decoded */
#define EVENT_LOG_RESTORED 512 /* events given back to the hub at the start */
#define EVENT_LOG_BAD_KEPT 3   /* files set aside */

struct sync_job;
struct worker_pool;

struct event_page {
	uint64_t segment; /* its first number, 0 = nothing held */
	size_t end;	  /* of its bytes in the file */
	size_t index;
	struct hub_event *events;
	size_t count;
	uint64_t used; /* tick of the last use */
};

struct event_log {
	struct loop *loop;
	char *path; /* STATE_DIR/events */
	int dir;    /* -1: cannot be opened */
	int fd;	    /* of the newest segment, -1 when it is not written */
	struct segment_head head;
	struct segment **segments; /* oldest first */
	size_t count, cap;
	bool listed;	   /* what is in the folder is known */
	uint64_t next_seq; /* for the hub */
	uint64_t written;  /* newest event that is in the log, or never will be */
	struct hub *hub;   /* NULL until attached */
	struct hub_observer observer;
	struct jw line;

	int error;   /* negative errno: nothing can be written; 0 it can */
	bool told;   /* disk.full was filed */
	char *mark;  /* path, may be NULL */
	bool marked; /* it may be there */
	int64_t retry_ms;
	struct loop_timer retry;
	struct loop_deferred tell;

	struct worker_pool *workers;
	struct sync_job *syncing;
	struct loop_timer sync;
	int64_t synced_mono_ms; /* when the last one began */
	int old_fd;		/* a segment that is full, to be synced; -1 none */
	bool new_names;		/* the folder is to be synced too */

	struct event_page pages[EVENT_LOG_PAGES];
	uint64_t tick, loads, damaged;
};

/* event_log_open.c: adds an empty segment that begins with that number and makes it the one that is
 * written; the oldest go when there are too many. 0 or negative errno. */
int event_log_begin_segment(struct event_log *log, uint64_t first);
/* Changes the header of the newest segment in place. 0 or negative errno. */
int event_log_set_state(struct event_log *log, enum segment_state state);
/* Looks through the folder; sets epoch and next number. boot as in event_log_open. */
void event_log_start(struct event_log *log, const char *boot);
/* Tries to use the folder again after it could not be. 0 or negative errno. */
int event_log_reopen(struct event_log *log);

/* event_log_mark.c: made; looked for, where an unreadable one counts as this epoch's; removed. */
void event_log_mark(struct event_log *log);
bool event_log_is_marked(struct event_log *log, uint32_t epoch);
void event_log_unmark(struct event_log *log);

/* event_log_index.c: indexes it if it is not, and mends what is damaged. 0 or negative errno.
 * *ret_fault may be NULL. */
int event_log_index(struct event_log *log, struct segment *s, struct segment_fault *ret_fault);
int event_log_open_segment(const struct event_log *log, const struct segment *s, int flags);

/* event_log.c: why is a negative errno. */
void event_log_fail(struct event_log *log, int why);

/* event_log_sync.c: written data goes to the disk, soon after a kept event. */
void event_log_sync_start(struct event_log *log);
void event_log_sync_stop(struct event_log *log);
void event_log_sync_after(struct event_log *log, enum event_kind kind);

/* event_log_read.c */
void event_log_drop_pages(struct event_log *log);
