/* SPDX-License-Identifier: MIT */
/* What is known of a printer as JSON, and back: for a state that outlives the process. What is
 * shown is derived again from what the printer sent, as after any report. Pure. */
#pragma once

#include <stdint.h>

#include "common/jw.h"
#include "daemon/model/derive.h"
#include "daemon/model/scan.h"
#include "daemon/model/state.h"

/* When something was saved, on two clocks: the wall's may have been set meanwhile, the other one
 * counts from the start of the machine, its sleep too. ms. */
struct saved_at {
	int64_t wall_ms, boot_ms;
};
/* Time from then to now, never less than it was; -1 when the clocks make no sense of it. Within one
 * run of the machine both tell the same. After a restart the wall clock alone knows, and cannot
 * be right when it tells of less than the machine has been up. */
int64_t saved_elapsed_ms(const struct saved_at *then, const struct saved_at *now);
/* The stamp of an age in the past, -1 for none, or older than the clock. */
int64_t saved_mono_ms(int64_t age_ms, int64_t elapsed_ms, int64_t now_mono_ms);

/* As an object under key. Raw texts are not part of it. */
void state_save(const struct state *s, struct jw *w, const char *key, int64_t now_mono_ms);
/* Into a state that was just made: what it holds waits for a full report, as after state_reset.
 * elapsed_ms: since it was saved, -1 not known: then ages are unknown. 0; -EBADMSG: no such object,
 * nothing was changed. */
int state_restore(struct state *s, const struct scan *scan, uint32_t node, int64_t now_mono_ms,
    int64_t elapsed_ms);

/* What edges need, the same way; restored, the next full report tells what happened since. */
void derive_save(const struct derive *d, struct jw *w, const char *key, int64_t now_mono_ms);
void derive_restore(struct derive *d, const struct scan *scan, uint32_t node, int64_t now_mono_ms,
    int64_t elapsed_ms);
