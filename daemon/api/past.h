/* SPDX-License-Identifier: MIT */
/* What has happened: the ring of the hub, and from the log on disk what the ring does not hold. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct api_deps;
struct call;
struct hub_event;

#define PAST_LOADS_MAX 8 /* pages read from disk in one turn of the loop */

/* First event with seq > after, borrowed till the next call; NULL at the end. Numbers in between
 * are lost. */
const struct hub_event *past_next(const struct api_deps *d, uint64_t after);
/* Cursor before some events (64 and less from the disk) that end right before `before`. False at
 * the beginning of all that is held. */
bool past_back(const struct api_deps *d, uint64_t before, uint64_t *ret_after);
/* Pages read so far: what differs was read meanwhile. */
uint64_t past_loads(const struct api_deps *d);
/* `since`: a cursor EPOCH.SEQ or a time in UTC. 1 with the cursor, 0 when absent, -EINVAL with
 * *c->e. */
int past_since_param(struct call *c, uint32_t *ret_epoch, uint64_t *ret_seq);
