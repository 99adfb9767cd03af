/* SPDX-License-Identifier: MIT */
/* Inner part of the log: the journal socket, opened at a given place. */
#pragma once

#include <stdbool.h>

#define LOG_JOURNAL_SOCKET "/run/systemd/journal/socket"

/* True when stderr is the stream that $JOURNAL_STREAM says the service manager tied to the journal.
 */
bool log_stderr_is_journal(void);
/* Sends every line to the datagram socket at path, whatever stderr is; a line that cannot be sent
 * goes to stderr. 0 or negative errno (stderr is then the sink). */
int log_open_journal(const char *program, const char *path);
