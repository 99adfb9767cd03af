/* SPDX-License-Identifier: MIT */
/* How long the metrics of 1,000 busy printers take: two nozzles, two AMS, all counters. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/util.h"
#include "daemon/bridge/metrics.h"
#include "daemon/io/loop.h"
#include "daemon/model/hub.h"
#include "tests/unit/bridge/fake_fleet.h"

#define PRINTERS 1000
#define ROUNDS 9

static void wake(void *arg)
{
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

int main(void)
{
	static struct printer printers[PRINTERS];
	static struct registry registry = {printers, PRINTERS};
	struct metrics_deps deps = {.registry = &registry, .version = "1"};
	struct metrics *metrics;
	double best_ms = 0;
	size_t bytes = 0;

	for (size_t i = 0; i < PRINTERS; i++) {
		sample_printing_h2d(&printers[i].sample);
		memset(&printers[i].counters, 1, sizeof(printers[i].counters));
	}
	deps.loop = loop_create(NULL);
	deps.hub = hub_create(1, 1, wake, NULL);
	metrics = metrics_create(&deps);
	for (int i = 0; i < ROUNDS; i++) {
		double from_ms = now_ms();
		_cleanup_free_ char *text = metrics_text(metrics);
		double ms = now_ms() - from_ms;

		best_ms = i == 0 || ms < best_ms ? ms : best_ms;
		bytes = strlen(text);
	}
	printf("metrics: %d printers, %zu bytes in %.1f ms (best of %d rounds)\n", PRINTERS, bytes,
	    best_ms, ROUNDS);
	metrics_destroy(metrics);
	hub_destroy(deps.hub);
	loop_destroy(deps.loop);
	for (size_t i = 0; i < PRINTERS; i++) {
		sample_finish(&printers[i].sample);
	}
	return best_ms < 50 ? 0 : 1;
}
