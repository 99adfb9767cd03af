/* SPDX-License-Identifier: MIT */
/* One event as one line of the event log: checksum, then the event's JSON (pure). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "daemon/model/hub.h"

struct jw;

/* Appends the line, newline included. */
void record_write(struct jw *w, const struct hub_event *e);
/* Number and time of a line (without its newline). 0, or -EBADMSG: not what was written. */
int record_check(const char *line, size_t len, uint64_t *ret_seq, int64_t *ret_wall_ms);
/* The whole event of a line that record_check took; strings are owned by *ret, which record_clear
 * frees. 0; -EBADMSG; -ENOTSUP: of a kind that this version does not know. */
int record_read(const char *line, size_t len, struct hub_event *ret);
void record_clear(struct hub_event *e);
