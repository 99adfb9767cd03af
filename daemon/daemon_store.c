/* SPDX-License-Identifier: MIT */
/* The event log at the root: opened before the hub, which goes on with its numbers. */
#include "daemon/daemon_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/util.h"
#include "daemon/config.h"
#include "daemon/store/event_log.h"

#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"

/* The unit hides the file and gives the id in the environment. NULL: not known. */
static const char *read_boot_id(char buf[static 40])
{
	_cleanup_close_ int fd = open(BOOT_ID_FILE, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, buf, 36) : -1;

	buf[n > 0 ? n : 0] = '\0';
	return n == 36 ? buf : getenv("BAMBUD_BOOT_ID");
}

void daemon_open_events(struct daemon *d)
{
	_cleanup_free_ char *mark = xasprintf("%s.events", d->config->daemon.socket);
	char buf[40];

	d->events = event_log_open(d->loop, d->config->daemon.state_dir, read_boot_id(buf), mark);
}

void daemon_close_events(struct daemon *d)
{
	event_log_close(TAKE(d->events));
}
