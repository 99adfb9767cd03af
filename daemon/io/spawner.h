/* SPDX-License-Identifier: MIT */
/* Runs one helper program, any number of times: each has a socket as its standard input and output,
 * and nothing else of ours. */
#pragma once

struct spawn_port;
struct spawner;
struct spawner_run;

/* The port outlives it. */
struct spawner *spawner_create(struct spawn_port *port, const char *path);
void spawner_destroy(struct spawner *s); /* NULL is fine */
/* Our end of the socket, non-blocking: it ends when the program does, also when that could not be
 * run. 0, or negative for spawn_error_text. */
int spawner_start(struct spawner *s, struct spawner_run **ret, int *ret_fd);
/* Every one that was started is ended by this, once; also one that ended by itself. */
void spawner_end(struct spawner_run *r);
