/* SPDX-License-Identifier: MIT */
/* What the methods events.* have in common. */
#pragma once

#include <stdint.h>

struct call;
struct hub;
struct jw;

/* `kinds` as a mask of enum event_kind; all when absent. A glob that names no kind at all is a
 * typing mistake: -EINVAL with *c->e. */
int events_kinds_param(struct call *c, uint64_t *ret_mask);
/* The member `cursor`. */
void events_write_cursor(struct jw *w, const struct hub *h, uint64_t seq);
