/* SPDX-License-Identifier: MIT */
/* Why a printer cannot be reached, step by step, and what to type. A living connection is asked,
 * not doubled; what is not connected is looked at anew. */
#pragma once

#include <stdint.h>

#include "common/err.h"

struct doctor;
struct printer;

enum doctor_step {
	DOCTOR_ADDRESS,
	DOCTOR_TCP,
	DOCTOR_TLS,
	DOCTOR_SERIAL,
	DOCTOR_LOGIN,
	DOCTOR_SUBSCRIPTION,
	DOCTOR_REPORT,
	DOCTOR_FULL_REPORT,
	DOCTOR_CONTROL,
	DOCTOR_STEP_COUNT
};
enum doctor_state { DOCTOR_SKIPPED, DOCTOR_OK, DOCTOR_FAIL, DOCTOR_STATE_COUNT };
const char *doctor_step_name(enum doctor_step s);   /* address tcp tls ... */
const char *doctor_state_word(enum doctor_state s); /* skipped ok fail */

struct doctor_finding {
	enum doctor_state state;
	int64_t ms;	  /* the step took, -1 = not measured */
	char detail[448]; /* one line; "" only when skipped */
	char remedy[288]; /* what to do and type when it failed; "" */
};
struct doctor_report {
	struct doctor_finding steps[DOCTOR_STEP_COUNT];
};
/* Of the first step that failed, "" when none did. */
const char *doctor_remedy(const struct doctor_report *r);

/* The whole takes no longer. */
#define DOCTOR_MS 18000

/* report is good for the call; the doctor is gone afterwards. Never called before doctor_start
 * returned. When the printer is destroyed meanwhile the rest is skipped. */
typedef void (*doctor_fn)(void *arg, const struct doctor_report *report);
/* One at a time looks at a printer: -EBUSY with *e. */
int doctor_start(struct printer *p, doctor_fn fn, void *arg, struct doctor **ret, struct err *e);
void doctor_cancel(struct doctor *d); /* fn is not called */

/* For the printer: something about its link or reports is new; it is about to be destroyed. NULL is
 * fine. */
void doctor_poke(struct doctor *d);
void doctor_end(struct doctor *d);
