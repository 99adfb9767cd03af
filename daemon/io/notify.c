/* SPDX-License-Identifier: MIT */
/* The service manager: READY, RELOADING, STATUS, STOPPING, the watchdog tick, and the socket it may
 * hand over. Silent without NOTIFY_SOCKET. */
#include "daemon/io/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "daemon/io/loop.h"

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#else
#define SD_LISTEN_FDS_START 3

/* Built without libsystemd: nobody starts the daemon as Type=notify then, so there is nobody to
 * tell, no watchdog to feed and no socket to take. */
static int sd_notify(int unset_environment, const char *state)
{
	return 0;
}

static int sd_watchdog_enabled(int unset_environment, uint64_t *usec)
{
	return 0;
}

static int sd_listen_fds(int unset_environment)
{
	return 0;
}

static int sd_is_socket_unix(int fd, int type, int listening, const char *path, size_t length)
{
	return 0;
}
#endif

/* STATUS is one line of `systemctl status`. */
#define STATUS_MAX 256

struct notify {
	struct loop_timer tick;
	int64_t tick_ms;
	int (*healthy)(void *arg);
	void *arg;
};

static void tick(void *arg)
{
	struct notify *n = arg;

	if (n->healthy == NULL || n->healthy(n->arg)) {
		sd_notify(0, "WATCHDOG=1");
	}
	loop_timer_start(&n->tick, n->tick_ms);
}

struct notify *notify_create(struct loop *l, int (*healthy)(void *arg), void *arg)
{
	struct notify *n = xcalloc(1, sizeof(*n));
	uint64_t usec = 0;

	n->healthy = healthy;
	n->arg = arg;
	loop_timer_init(&n->tick, l, tick, n);
	if (sd_watchdog_enabled(0, &usec) > 0) {
		n->tick_ms = (int64_t)(usec / 2000);
		loop_timer_start(&n->tick, n->tick_ms);
	}
	return n;
}

void notify_destroy(struct notify *n)
{
	if (n == NULL) {
		return;
	}
	loop_timer_stop(&n->tick);
	free(n);
}

void notify_ready(struct notify *n)
{
	sd_notify(0, "READY=1");
}

void notify_reloading(struct notify *n)
{
	struct timespec ts;
	char text[64];

	/* systemd compares this with its own CLOCK_MONOTONIC: the loop's clock would not do. */
	clock_gettime(CLOCK_MONOTONIC, &ts);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
	    (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
	sd_notify(0, text);
}

void notify_stopping(struct notify *n)
{
	sd_notify(0, "STOPPING=1");
}

void notify_status(struct notify *n, const char *fmt, ...)
{
	char text[STATUS_MAX] = "STATUS=";
	size_t used = sizeof("STATUS=") - 1;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + used, sizeof(text) - used, fmt, ap);
	va_end(ap);
	for (char *s = text; *s != '\0'; s++) {
		if (*s == '\n') {
			*s = ' '; /* a newline would begin another assignment */
		}
	}
	sd_notify(0, text);
}

int notify_take_socket(void)
{
	int i, count = sd_listen_fds(1), taken = -EINVAL;

	if (count <= 0) {
		return count < 0 ? count : -ENOENT;
	}
	for (i = 0; i < count; i++) {
		int fd = SD_LISTEN_FDS_START + i;

		if (taken < 0 && sd_is_socket_unix(fd, SOCK_STREAM, 1, NULL, 0) > 0) {
			taken = fd;
		} else {
			close(fd);
		}
	}
	return taken;
}
