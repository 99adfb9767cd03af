/* SPDX-License-Identifier: MIT */
/* The daemon of another host: `ssh HOST bambuctl proxy`, and what became of it. */
#pragma once

#include <sys/types.h>

#include "common/err.h"

/* Starts it with stdin and stdout joined to *ret_fd. socket: the path on that host, NULL = its
 * usual one. 0, or -1 with *e. */
int host_start(const char *host, const char *socket, int *ret_fd, pid_t *ret_child, struct err *e);
/* The child has closed its side: waits for it and says why in *e. */
void host_explain(pid_t child, const char *host, struct err *e);
/* Ends it; nothing of it is wanted any more. */
void host_stop(pid_t child);
