/* SPDX-License-Identifier: MIT */
/* The spawner process: forked at the start, runs programs for the daemon, which never execs. */
#pragma once

#include <sys/types.h>

/* Forks it. To be called once, before there are threads or secrets. It ends, and everything that it
 * started with it, when ret_fd is closed. The descriptor is for spawn_port_create. 0 or negative
 * errno. */
int spawn_process_fork(int *ret_fd, pid_t *ret_pid);
