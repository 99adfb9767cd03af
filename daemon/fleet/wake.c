/* SPDX-License-Identifier: MIT */
/* Sleep is what CLOCK_BOOTTIME counts and the loop's monotonic clock does not. Timers stood still
 * meanwhile and peers have given us up: waiting for keepalives would show old states as fresh. */
#include "daemon/fleet/wake.h"

#include <time.h>

#include "daemon/fleet/printer_internal.h"
#include "daemon/fleet/registry.h"

enum {
	/* Back within 5 s of the wake-up (reliability.md row 25): this, and the connecting. */
	LOOK_MS = 2000,
	/* Shorter sleeps leave the sessions alive; the two clocks are also read apart. */
	SLEPT_MIN_MS = 5000,
};

struct wake {
	struct fleet *fleet;
	struct registry *registry;
	int64_t (*boot_ms)(void *arg);
	void *arg;
	int64_t ahead_ms; /* of the monotonic clock: all sleep so far */
	struct loop_timer look;
};

static int64_t real_boot_ms(void *arg)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t read_ahead_ms(const struct wake *w)
{
	return w->boot_ms(w->arg) - loop_now_ms(w->fleet->loop);
}

static void redial_all(struct wake *w)
{
	size_t i, count = registry_count(w->registry);

	if (w->fleet->cloud) {
		cloud_link_redial(w->fleet->cloud, "the machine slept");
	}
	for (i = 0; i < count; i++) {
		struct printer *p = registry_at(w->registry, i);

		if (p->uplink) {
			uplink_redial(p->uplink, "the machine slept");
		}
	}
}

static void look(struct wake *w)
{
	int64_t ahead_ms = read_ahead_ms(w), slept_ms = ahead_ms - w->ahead_ms;

	w->ahead_ms = ahead_ms;
	loop_timer_start(&w->look, LOOK_MS);
	if (slept_ms >= SLEPT_MIN_MS) {
		log_info("the machine slept for %lld s: every printer is connected anew",
		    (long long)slept_ms / 1000);
		redial_all(w);
	}
}

static void on_look(void *arg)
{
	look(arg);
}

struct wake *wake_create(
    struct fleet *f, struct registry *r, int64_t (*boot_ms)(void *arg), void *arg)
{
	struct wake *w = xcalloc(1, sizeof(*w));

	w->fleet = f;
	w->registry = r;
	w->boot_ms = boot_ms ? boot_ms : real_boot_ms;
	w->arg = arg;
	w->ahead_ms = read_ahead_ms(w);
	loop_timer_init(&w->look, f->loop, on_look, w);
	loop_timer_start(&w->look, LOOK_MS);
	return w;
}

void wake_destroy(struct wake *w)
{
	if (w) {
		loop_timer_stop(&w->look);
		free(w);
	}
}
