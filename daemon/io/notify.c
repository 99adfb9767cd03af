/* SPDX-License-Identifier: MIT */
/* sd_notify: READY, RELOADING, STATUS, STOPPING and the watchdog tick. All silent without
 * NOTIFY_SOCKET. */
#include "daemon/io/notify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "daemon/io/loop.h"

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#else
/* Built without libsystemd: nobody starts the daemon as Type=notify then, so there is nobody to
 * tell and no watchdog to feed. */
static int sd_notify(int unset_environment, const char *state)
{
	return 0;
}

static int sd_watchdog_enabled(int unset_environment, uint64_t *usec)
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
