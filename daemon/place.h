/* SPDX-License-Identifier: MIT */
/* The daemon's place in the file system: directories of its own, and the lock that keeps a second
 * daemon out. */
#pragma once

#include "common/err.h"

struct config_daemon;

/* Makes the state, cache (0700) and socket directories and takes the lock in the state directory. 0
 * with the lock's fd, or negative errno with *e saying what to do. */
int place_take(const struct config_daemon *c, int *ret_lock_fd, struct err *e);
/* Gives the lock back; -1 is fine. */
void place_leave(int *lock_fd);
