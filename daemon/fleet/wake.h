/* SPDX-License-Identifier: MIT */
/* Notices that the machine slept, and has every connection made anew. */
#pragma once

#include <stdint.h>

struct fleet;
struct registry;
struct wake;

/* The clock that goes on while the machine sleeps, in ms; NULL = CLOCK_BOOTTIME. Both borrowed. */
struct wake *wake_create(
    struct fleet *f, struct registry *r, int64_t (*boot_ms)(void *arg), void *arg);
/* NULL is fine. */
void wake_destroy(struct wake *w);
