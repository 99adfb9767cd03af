/* SPDX-License-Identifier: MIT */
/* Runs one helper program, any number of times: each has a socket as its standard input and output,
 * and nothing else of ours. */
#pragma once

#include <sys/types.h>

struct loop;
struct spawner;

struct spawner *spawner_create(struct loop *l, const char *path);
/* Waits for those that were ended. NULL is fine. */
void spawner_destroy(struct spawner *s);
/* Our end of the socket, non-blocking. 0 or negative errno. */
int spawner_start(struct spawner *s, pid_t *ret_pid, int *ret_fd);
/* Every one that was started is ended by this, once; also one that ended by itself. */
void spawner_end(struct spawner *s, pid_t pid);
