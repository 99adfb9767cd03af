/* SPDX-License-Identifier: MIT */
/* Verbs for looking into what is wrong: doctor, trust, raw messages, metrics. */
#pragma once

#include "ctl/verbs.h"

int doctor_run(struct ctl *c);
/* One result of printer.doctor. */
void doctor_draw(struct out *o, json_object *result);
/* Exit status for it: of the kind of the first step that failed, 0 when none did. */
int doctor_status(json_object *result);
int trust_run(struct ctl *c);
int listen_run(struct ctl *c);
void metrics_show(struct ctl *c, json_object *result);
