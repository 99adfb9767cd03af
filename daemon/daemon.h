/* SPDX-License-Identifier: MIT */
/* The composition root: owns every object, starts them in order and stops them in reverse. */
#pragma once

#include <sys/types.h>

#include "common/err.h"

struct config;
struct config_sources;
struct daemon;

/* The spawner process, as spawn_process_fork gave it. */
struct daemon_spawner {
	int fd;
	pid_t pid;
};

/* Takes the configuration and the spawner over (also on failure); sources are kept for reloads and
 * must outlive the daemon. Everything runs when it returns 0; negative with *e (one sentence)
 * otherwise, with nothing left behind. */
int daemon_start(const struct config_sources *sources, struct config *config,
    struct daemon_spawner spawner, struct daemon **ret, struct err *e);
/* Until SIGTERM or SIGINT. 0 or negative errno. */
int daemon_run(struct daemon *d);
/* Stops everything; NULL is fine. */
void daemon_destroy(struct daemon *d);
