/* SPDX-License-Identifier: MIT */
/* A long answer is read in a thread: JSON of 3 MiB would hold the loop up for a tenth of a second.
 */
#pragma once

#include "daemon/cloud/fault.h"

struct rest_read;
struct worker_pool;

#define REST_READ_HERE_MAX (64u * 1024) /* shorter ones are not worth a thread */

/* From the loop, once, never before rest_read_start returned. a is a copy of the answer; both are
 * good for the call. */
typedef void (*rest_read_fn)(void *arg, const struct http_answer *a, const struct fault *f);

/* The answer is copied, and wiped afterwards. */
struct rest_read *rest_read_start(
    struct worker_pool *p, const struct fault_input *in, rest_read_fn fn, void *arg);
void rest_read_cancel(
    struct worker_pool *p, struct rest_read *r); /* fn is not called; NULL is fine */
