/* SPDX-License-Identifier: MIT */
/* `events`: what happened, and with -f what happens. */
#pragma once

#include <stdint.h>

struct ctl;

int events_run(struct ctl *c);
/* What --since says as the daemon takes it: a cursor "EPOCH.SEQ" or RFC 3339 time as it is, a span
 * as the time that long before now. 0 or -EINVAL. */
int events_since(const char *text, int64_t now_ms, char ret_since[static 32]);
