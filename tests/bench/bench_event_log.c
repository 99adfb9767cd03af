/* SPDX-License-Identifier: MIT */
/* What an event costs more on the processor, thread included, with the log on disk than without: at
 * a thousand a second, as a farm sends deltas. usage: bench_event_log FOLDER */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/util.h"
#include "daemon/io/loop.h"
#include "daemon/model/hub.h"
#include "daemon/store/event_log.h"

enum { PER_S = 1000, TICK_MS = 10, SECONDS = 4 };

struct run {
	struct loop *loop;
	struct hub *hub;
	struct loop_timer tick;
	unsigned left;
};

static void wake(void *arg)
{
}

static double cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void on_tick(void *arg)
{
	struct run *r = arg;

	for (int i = 0; i < PER_S * TICK_MS / 1000; i++) {
		hub_event(r->hub, i == 0 ? EVENT_DOOR_OPENED : EVENT_PRINT_PROGRESS, "printer-0123",
		    "00M09A000000123",
		    "{\"job\":\"bracket.3mf\",\"file\":\"/data/Metadata/plate_1.gcode\","
		    "\"percent\":42,\"layer\":117,\"total_layers\":300,\"duration_s\":3600}",
		    loop_wall_ms(r->loop));
	}
	if (--r->left > 0) {
		loop_timer_start(&r->tick, TICK_MS);
	} else {
		loop_stop(r->loop);
	}
}

/* Microseconds an event. folder: NULL without the log. */
static double cost_us(const char *folder)
{
	struct run r = {.loop = loop_create(NULL), .left = SECONDS * 1000 / TICK_MS};
	struct event_log *log = folder ? event_log_open(r.loop, folder, NULL, NULL) : NULL;
	double before_us;

	r.hub = hub_create(1, log ? event_log_next_seq(log) : 1, wake, NULL);
	if (log) {
		event_log_attach(log, r.hub);
	}
	loop_timer_init(&r.tick, r.loop, on_tick, &r);
	loop_timer_start(&r.tick, TICK_MS);
	before_us = cpu_us();
	loop_run(r.loop);
	before_us = (cpu_us() - before_us) / (SECONDS * PER_S);
	event_log_close(log);
	hub_destroy(r.hub);
	loop_destroy(r.loop);
	return before_us;
}

int main(int argc, char **argv)
{
	double without_us, with_us;

	if (argc != 2) {
		fprintf(stderr, "usage: bench_event_log FOLDER\n");
		return 2;
	}
	without_us = cost_us(NULL);
	with_us = cost_us(argv[1]);
	printf("event log: %.2f us an event (%.2f with, %.2f without)\n", with_us - without_us,
	    with_us, without_us);
	return 0;
}
