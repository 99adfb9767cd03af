/* SPDX-License-Identifier: MIT */
/* The doctor's findings in words. */
#pragma once

#include "daemon/fleet/doctor.h"
#include "daemon/fleet/printer_internal.h"
#include "daemon/io/probe.h"

/* The printer is not even tried, and why. */
/* Only the cloud reaches it. */
void doctor_say_cloud(const struct printer *p, bool up, struct doctor_report *r);
void doctor_say_disabled(const struct printer *p, struct doctor_report *r);
/* The CaFile cannot be read any more. */
void doctor_say_ca_file(const struct printer *p, const char *reason, struct doctor_report *r);
/* Address to serial, of a session that is up. */
void doctor_say_living(const struct printer *p, struct doctor_report *r);
/* The same as a look from outside found them. chain_fits: the certificate is good, but for the
 * printer of another serial. */
void doctor_say_look(const struct printer *p, const struct probe_result *look, bool chain_fits,
    struct doctor_report *r);
/* The verdict of the last attempt to log in. wait_ms > 0: no other one was allowed for so long. */
void doctor_say_refusal(const struct printer *p, int64_t wait_ms, struct doctor_report *r);
/* No verdict came in time. */
void doctor_say_no_verdict(const struct printer *p, struct doctor_report *r);
/* The printer was configured anew meanwhile: said of the first step that is not told yet. */
void doctor_say_changed(struct doctor_report *r);
/* Login to control lock, of a session that is up. */
void doctor_say_session(const struct printer *p, struct doctor_report *r);
