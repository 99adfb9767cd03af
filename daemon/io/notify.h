/* SPDX-License-Identifier: MIT */
/* The service manager: READY, RELOADING, STATUS, STOPPING, the watchdog tick, and the socket it may
 * hand over. Silent without NOTIFY_SOCKET. */
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

/* The listening Unix stream socket that the service manager passed, now the caller's, -ENOENT when
 * it passed no descriptor, -EINVAL when what it passed is something else. Others are closed. To be
 * called once, before anything else opens descriptors or starts threads. */
int notify_take_socket(void);
