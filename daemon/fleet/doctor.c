/* SPDX-License-Identifier: MIT */
/* One examination: a look from outside, an attempt to log in, a wait for reports; or none of them
 * when the printer is connected. */
#include "daemon/fleet/doctor.h"

#include <errno.h>
#include <string.h>

#include "daemon/fleet/doctor_words.h"
#include "daemon/fleet/printer_address.h"

enum {
	LOGIN_MS = 12 * 1000, /* for the verdict of an attempt; the driver gives up after 10 s */
	REPORT_MS = 5 * 1000, /* from the connect to a full report */
};

enum phase { PHASE_BEGIN, PHASE_LOOK, PHASE_LOGIN, PHASE_REPORT };

struct doctor {
	struct printer *printer;
	enum phase phase;
	struct probe *probe;
	struct probe_result look;
	unsigned downs; /* verdicts before the attempt */
	struct loop_timer limit, whole;
	struct loop_deferred later;
	doctor_fn fn;
	void *arg;
	struct doctor_report report;
};

static int64_t now_ms(const struct doctor *d)
{
	return loop_now_ms(d->printer->fleet->loop);
}

static void doctor_free(struct doctor *d)
{
	d->printer->doctor = NULL;
	probe_cancel(d->probe);
	loop_timer_stop(&d->limit);
	loop_timer_stop(&d->whole);
	loop_deferred_cancel(&d->later);
	free(d);
}

static void finish(struct doctor *d)
{
	d->printer->doctor = NULL;
	d->fn(d->arg, &d->report);
	doctor_free(d);
}

/* ---- the session, when there is one ---- */

/* Reports are waited for only right after a connect. */
static bool is_settled(const struct doctor *d)
{
	const struct printer *p = d->printer;

	return p->state.full_mono_ms >= p->link.up_mono_ms ||
	       now_ms(d) - p->link.up_mono_ms >= REPORT_MS;
}

static void look_at_session(struct doctor *d)
{
	if (!uplink_is_up(d->printer->uplink)) {
		doctor_say_refusal(d->printer, 0, &d->report);
		finish(d);
	} else if (is_settled(d)) {
		doctor_say_session(d->printer, &d->report);
		finish(d);
	} else {
		d->phase = PHASE_REPORT;
		loop_timer_start(&d->limit, REPORT_MS - (now_ms(d) - d->printer->link.up_mono_ms));
	}
}

/* ---- the login ---- */

static void look_at_login(struct doctor *d)
{
	if (uplink_is_up(d->printer->uplink)) {
		look_at_session(d);
	} else if (d->printer->link.downs != d->downs) {
		doctor_say_refusal(d->printer, 0, &d->report);
		finish(d);
	}
}

static void try_login(struct doctor *d)
{
	int64_t wait_ms = 0;

	d->phase = PHASE_LOGIN;
	d->downs = d->printer->link.downs;
	if (uplink_retry(d->printer->uplink, &wait_ms) == -EAGAIN) {
		doctor_say_refusal(d->printer, wait_ms, &d->report);
		finish(d);
		return;
	}
	loop_timer_start(&d->limit, LOGIN_MS);
	look_at_login(d);
}

/* ---- the look from outside ---- */

static void look(struct doctor *d, const char *name);

/* A certificate for somebody else: with that name it shows whether it is good at all. */
static bool is_of_another(const struct doctor *d)
{
	return d->look.part == PROBE_PART_COUNT && !d->look.verified &&
	       d->printer->config.verify == VERIFY_CHAIN &&
	       strcmp(d->look.cert.subject, d->printer->config.serial) != 0;
}

static void conclude_look(struct doctor *d, bool chain_fits)
{
	struct printer *p = d->printer;
	bool trusted = d->look.verified || p->config.verify == VERIFY_INSECURE;

	doctor_say_look(p, &d->look, chain_fits, &d->report);
	if (d->look.part != PROBE_PART_COUNT || !trusted) {
		finish(d);
	} else {
		try_login(d);
	}
}

static void on_second_look(void *arg, const struct probe_result *result)
{
	struct doctor *d = arg;

	d->probe = NULL;
	conclude_look(d, result->verified);
}

static void on_look(void *arg, const struct probe_result *result)
{
	struct doctor *d = arg;

	d->probe = NULL;
	d->look = *result;
	if (is_of_another(d)) {
		look(d, d->look.cert.subject);
	} else {
		conclude_look(d, false);
	}
}

static void look(struct doctor *d, const char *name)
{
	struct printer *p = d->printer;
	static const enum tls_verify verify[VERIFY_MODE_COUNT] = {
	    [VERIFY_CHAIN] = TLS_VERIFY_CHAIN,
	    [VERIFY_PIN] = TLS_VERIFY_PIN,
	    [VERIFY_INSECURE] = TLS_VERIFY_INSECURE,
	};
	struct tls_profile *profile = NULL;
	const char *reason;
	struct probe_target target = {
	    .host = printer_address(p),
	    .port = p->config.port,
	    .verify = verify[p->config.verify],
	    .name = name != NULL ? name : p->config.serial,
	    .pin = p->config.pin,
	};

	d->phase = PHASE_LOOK;
	if (tls_profile_get(p->fleet->tls, p->config.ca_file, &profile, &reason) < 0) {
		doctor_say_ca_file(p, reason, &d->report);
		finish(d);
		return;
	}
	target.profile = profile;
	d->probe = probe_start(p->fleet->loop, p->fleet->resolver, &target,
	    name != NULL ? on_second_look : on_look, d);
	tls_profile_unref(profile);
}

static void begin(struct doctor *d)
{
	struct printer *p = d->printer;

	if (p->uplink == NULL && p->planes.route != NULL) {
		doctor_say_cloud(p, printer_is_up(p), &d->report);
		finish(d);
	} else if (p->uplink == NULL) {
		doctor_say_disabled(p, &d->report);
		finish(d);
	} else if (uplink_is_up(p->uplink)) {
		doctor_say_living(p, &d->report);
		look_at_session(d);
	} else {
		look(d, NULL);
	}
}

/* ---- what moves it ---- */

static void on_later(void *arg)
{
	struct doctor *d = arg;

	switch (d->phase) {
	case PHASE_BEGIN:
		begin(d);
		return;
	case PHASE_LOOK:
		return; /* the probe tells */
	case PHASE_LOGIN:
		look_at_login(d);
		return;
	case PHASE_REPORT:
		look_at_session(d);
		return;
	}
}

/* Reports are late, or the verdict of the login is, or a second look. */
static void on_limit(void *arg)
{
	struct doctor *d = arg;

	if (d->phase == PHASE_REPORT) {
		doctor_say_session(d->printer, &d->report);
	} else if (d->phase == PHASE_LOOK) {
		doctor_say_look(d->printer, &d->look, false, &d->report);
	} else {
		doctor_say_no_verdict(d->printer, &d->report);
	}
	finish(d);
}

int doctor_start(struct printer *p, doctor_fn fn, void *arg, struct doctor **ret, struct err *e)
{
	struct doctor *d;

	if (p->doctor != NULL) {
		err_set(e, ERR_BUSY, "%s is being looked at already", p->config.name);
		err_printer(e, p->config.name);
		err_hint(e, "again in some seconds");
		return -EBUSY;
	}
	d = xcalloc(1, sizeof(*d));
	d->printer = p;
	d->fn = fn;
	d->arg = arg;
	for (size_t i = 0; i < DOCTOR_STEP_COUNT; i++) {
		d->report.steps[i].ms = -1;
	}
	loop_timer_init(&d->limit, p->fleet->loop, on_limit, d);
	loop_timer_init(&d->whole, p->fleet->loop, on_limit, d);
	loop_timer_start(&d->whole, DOCTOR_MS);
	loop_deferred_init(&d->later, on_later, d);
	loop_defer(p->fleet->loop, &d->later);
	p->doctor = d;
	*ret = d;
	return 0;
}

void doctor_cancel(struct doctor *d)
{
	if (d != NULL) {
		doctor_free(d);
	}
}

void doctor_poke(struct doctor *d)
{
	if (d != NULL) {
		loop_defer(d->printer->fleet->loop, &d->later);
	}
}

void doctor_end(struct doctor *d)
{
	if (d != NULL) {
		doctor_say_changed(&d->report);
		finish(d);
	}
}
