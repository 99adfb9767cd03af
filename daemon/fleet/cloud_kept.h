/* SPDX-License-Identifier: MIT */
/* What the account's session remembers of its connects over a restart: a daemon that is started
 * again and again shall not ask the broker more often than one that runs. */
#pragma once

#include <stdint.h>

struct jw;
struct secret;
struct uplink_budget;

/* Fills connects and pause of b from the file in dir; what is damaged is set aside, what cannot be
 * read is warned of, and b is then as it was. A clock that was set meanwhile lengthens nothing
 * beyond what it could be. */
void cloud_kept_read(const char *dir, struct uplink_budget *b, int64_t now_ms, int64_t wall_ms);
/* What still counts of b. Failing is a warning. */
void cloud_kept_write(
    const char *dir, const struct uplink_budget *b, int64_t now_ms, int64_t wall_ms);
/* The text of that file. 0, or -EBADMSG: b is as it was. */
int cloud_kept_parse(
    const struct secret *text, struct uplink_budget *b, int64_t now_ms, int64_t wall_ms);
void cloud_kept_format(
    const struct uplink_budget *b, int64_t now_ms, int64_t wall_ms, struct jw *w);
