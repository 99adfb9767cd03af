/* SPDX-License-Identifier: MIT */
/* sd_notify: READY, RELOADING, STATUS, STOPPING and the watchdog tick. All silent without
 * NOTIFY_SOCKET. */
#pragma once

struct loop;
struct notify;

/* Arms the watchdog at half of WATCHDOG_USEC when systemd asks for one; fed from the loop after
 * `healthy` (may be NULL) said true. */
struct notify *notify_create(struct loop *l, int (*healthy)(void *arg), void *arg);
void notify_destroy(struct notify *n);
void notify_ready(struct notify *n);
void notify_reloading(struct notify *n); /* with MONOTONIC_USEC */
void notify_stopping(struct notify *n);
void notify_status(struct notify *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
