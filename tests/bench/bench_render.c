/* SPDX-License-Identifier: MIT */
/* How long one full status object takes to write: two nozzles, four AMS with all slots loaded. */
#include <stdio.h>
#include <time.h>

#include "common/util.h"
#include "daemon/api/render.h"
#include "tests/unit/render/states.h"

#define ROUNDS 5
#define PER_ROUND 5000

/* Four units like the first one, four trays each. */
static void fill_ams(struct state_ams *ams)
{
	struct ams_unit first = ams->units[0];

	ams->units = xrealloc(ams->units, 4 * sizeof(*ams->units));
	ams->unit_count = 4;
	for (int unit = 0; unit < 4; unit++) {
		struct ams_unit *u = &ams->units[unit];

		*u = first;
		u->id = unit;
		u->tray_count = 4;
		for (int slot = 0; slot < 4; slot++) {
			u->trays[slot] = first.trays[0];
			u->trays[slot].slot = slot;
			u->trays[slot].tray = unit * 4 + slot;
		}
	}
}

static double round_us(struct jw *w, const struct printer_view *v)
{
	struct timespec from, to;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < PER_ROUND; i++) {
		jw_reset(w);
		render_printer(w, NULL, v, RENDER_ALL);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	return ((double)(to.tv_sec - from.tv_sec) * 1e6 +
		   (double)(to.tv_nsec - from.tv_nsec) / 1e3) /
	       PER_ROUND;
}

int main(void)
{
	struct sample s;
	struct jw w;
	double best_us = 0;

	sample_printing_h2d(&s);
	fill_ams(&s.state.ams);
	jw_init(&w);
	for (int i = 0; i < ROUNDS; i++) {
		double us = round_us(&w, &s.view);

		best_us = i == 0 || us < best_us ? us : best_us;
	}
	printf("render: %zu bytes in %.2f us (best of %d rounds)\n", w.len, best_us, ROUNDS);
	jw_finish(&w);
	sample_finish(&s);
	return 0;
}
