/* SPDX-License-Identifier: MIT */
/* The spawner process as the daemon sees it: programs are started, and what became of them comes
 * back on the loop. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct loop;
struct spawn;
struct spawn_port;

/* Copied; the descriptors stay the caller's. */
struct spawn_plan {
	const char *const *argv; /* argv[0]: the path; NULL-terminated */
	const char *const *env;	 /* all of its environment; NULL-terminated, NULL: none */
	int fds[3];		 /* its standard input, output and error */
	int64_t limit_ms;	 /* killed with its whole group after that; 0: no limit */
};

struct spawn_result {
	int error;	/* it did not run: for spawn_error_text; else 0 */
	int status;	/* as of waitpid */
	bool timed_out; /* it was killed at its limit */
};

/* Once, from the loop, never before spawn_start returns. The spawn is gone then, and so is what it
 * left in its process group. May not destroy the port. */
typedef void (*spawn_fn)(void *arg, const struct spawn_result *r);

/* Takes what spawn_process_fork gave. */
struct spawn_port *spawn_port_create(struct loop *l, int fd, pid_t pid);
/* Ends all that was started, and the process; no callback follows. NULL is fine. */
void spawn_port_destroy(struct spawn_port *p);
/* False once the process has ended: nothing can be started any more. It was logged. */
bool spawn_port_alive(const struct spawn_port *p);
/* 0, or negative: -ESHUTDOWN when the process has ended, -EAGAIN when it is too busy, -E2BIG. */
int spawn_start(struct spawn_port *p, const struct spawn_plan *plan, spawn_fn fn, void *arg,
    struct spawn **ret);
/* Kills it and its group; fn is not called. NULL is fine. */
void spawn_end(struct spawn *s);
pid_t spawn_pid(const struct spawn *s); /* 0 as long as it is not known */
/* Of an error above (either sign): one sentence without a dot. */
const char *spawn_error_text(int error);
