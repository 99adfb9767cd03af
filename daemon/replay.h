/* SPDX-License-Identifier: MIT */
/* A capture through the parser: its events and its last state, the same at every run. */
#pragma once

#include <stdio.h>

/* path: "-" = stdin. Events go to out as they come up, one a line, then the status object; what is
 * wrong goes to errors with the number of the line. No socket, no configuration, no clock but the
 * capture's own. The exit status. */
int replay_run(const char *path, FILE *out, FILE *errors);
