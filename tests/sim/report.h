/* SPDX-License-Identifier: MIT */
/* What a printer of each family writes: full reports, deltas, version replies. Pure. */
#pragma once

#include <stdint.h>

#include "tests/sim/state.h"

struct jw;

/* The fixed facts about one printer that appear in its reports. */
struct sim_identity {
	const struct sim_model *model;
	const char *serial;
	uint32_t address; /* IPv4, host order */
	int64_t utc_ms;	  /* of this report, by a clock that is right */
};

/* A push_status message. was NULL: everything, msg 0. Else what differs from was, msg 1. */
void sim_report_write(struct jw *w, const struct sim_identity *id, const struct sim_state *now,
    const struct sim_state *was, unsigned sequence);
/* The get_version reply; sequence is echoed as it came (text). */
void sim_version_write(
    struct jw *w, const struct sim_identity *id, const struct sim_state *now, const char *sequence);

/* Members that never change here: only in full reports (report_fixed.c). */
void sim_report_write_fixed(
    struct jw *w, const struct sim_identity *id, const struct sim_state *now);
/* What changes of the camera. */
void sim_report_write_liveview(
    struct jw *w, const struct sim_identity *id, const struct sim_state *now);
/* Members "ams", "vt_tray", "vir_slot" of a report (report_ams.c). */
void sim_report_write_ams(struct jw *w, const struct sim_identity *id, const struct sim_state *now,
    const struct sim_state *was);
/* Members that only the packed protocol has: "device", "stat", ... (report_new.c). */
void sim_report_write_new(struct jw *w, const struct sim_identity *id, const struct sim_state *now,
    const struct sim_state *was);
