/* SPDX-License-Identifier: MIT */
/* The control socket: one text line in, one line out. And its client. */
#pragma once

struct control;
struct sim;

/* Replaces a stale socket. 0 or negative errno. */
int control_open(struct sim *sim, const char *path, struct control **ret);
void control_close(struct control *c);
/* Sends one line (without newline), prints the answer line: on stdout when ok, else on stderr. Exit
 * status. */
int control_call(const char *path, const char *line);
