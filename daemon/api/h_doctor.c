/* SPDX-License-Identifier: MIT */
/* printer.doctor and printer.trust: answered when the printer has been looked at. */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "daemon/api/core.h"
#include "daemon/api/handlers.h"
#include "daemon/api/pick.h"
#include "daemon/api/reply.h"
#include "daemon/fleet/doctor.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/registry.h"
#include "daemon/fleet/trust.h"

#define PIN_DIGITS 64

/* One look under way. */
struct look {
	struct server *server;
	struct reply *reply; /* NULL: nobody waits any more */
	struct doctor *doctor;
	struct probe *probe;
	char *printer;
	char *pin; /* to be trusted, NULL = only to be shown */
};

static struct look *look_create(struct call *c, const struct printer *p)
{
	struct look *l = xcalloc(1, sizeof(*l));

	l->server = c->server;
	l->printer = xstrdup(printer_name(p));
	return l;
}

static void look_free(struct look *l)
{
	doctor_cancel(l->doctor);
	probe_cancel(l->probe);
	free(l->printer);
	free(l->pin);
	free(l);
}

static void on_gone(void *arg)
{
	struct look *l = arg;

	l->reply = NULL;
	/* Else the result is being worked on, further up this stack. */
	if (l->doctor != NULL || l->probe != NULL) {
		look_free(l);
	}
}

/* The look has begun: its end is the answer. */
static int answer_later(struct call *c, struct look *l)
{
	int r = reply_later(c, on_gone, l, &l->reply);

	if (r < 0) {
		look_free(l);
		return r;
	}
	return CALL_LATER;
}

/* ---- printer.doctor ---- */

static const char *or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

static void write_step(struct jw *w, enum doctor_step step, const struct doctor_finding *f)
{
	jw_object(w, NULL);
	jw_str(w, "name", doctor_step_name(step));
	jw_str(w, "state", doctor_state_word(f->state));
	jw_str(w, "detail", or_null(f->detail));
	if (f->ms >= 0) {
		jw_int(w, "ms", f->ms);
	} else {
		jw_null(w, "ms");
	}
	jw_str(w, "remedy", or_null(f->remedy));
	jw_object_end(w);
}

static void on_report(void *arg, const struct doctor_report *report)
{
	struct look *l = arg;
	struct jw *w = reply_begin(l->reply);

	l->doctor = NULL;
	jw_object(w, "result");
	jw_str(w, "printer", l->printer);
	jw_array(w, "steps");
	for (enum doctor_step s = 0; s < DOCTOR_STEP_COUNT; s++) {
		write_step(w, s, &report->steps[s]);
	}
	jw_array_end(w);
	jw_str(w, "remedy", or_null(doctor_remedy(report)));
	jw_object_end(w);
	reply_end(TAKE(l->reply));
	look_free(l);
}

int h_printer_doctor(struct call *c)
{
	struct printer *p = NULL;
	struct look *l;
	int r = pick_one(c, &p);

	if (r < 0) {
		return r;
	}
	l = look_create(c, p);
	r = doctor_start(p, on_report, l, &l->doctor, c->e);
	if (r < 0) {
		look_free(l);
		return r;
	}
	return answer_later(c, l);
}

/* ---- printer.trust ---- */

static void write_certificate(
    struct jw *w, const struct look *l, const struct probe_result *seen, bool trusted)
{
	const struct probe_cert *cert = &seen->cert;

	jw_object(w, "result");
	jw_str(w, "printer", l->printer);
	jw_str(w, "pin", cert->pin);
	jw_str(w, "subject", cert->subject);
	jw_str(w, "issuer", cert->issuer);
	jw_time(w, "not_before", cert->not_before_ms);
	jw_time(w, "not_after", cert->not_after_ms);
	jw_bool(w, "verified", seen->verified);
	jw_bool(w, "chain_complete", seen->verified && !cert->chain_incomplete);
	jw_str(w, "reason", or_null(seen->reason));
	jw_bool(w, "trusted", trusted);
	jw_object_end(w);
}

static void answer_error(struct look *l, struct err *e)
{
	err_printer(e, l->printer);
	if (l->reply != NULL) {
		reply_fail(TAKE(l->reply), e);
	}
}

static int refuse_unseen(const struct look *l, const struct probe_result *seen, struct err *e)
{
	err_set(e, seen->part == PROBE_TLS ? ERR_TLS_REFUSED : ERR_PRINTER_OFFLINE, "%s: %s",
	    l->printer, seen->error);
	err_hint(e, "bambuctl doctor %s", l->printer);
	return -ENOTCONN;
}

static int refuse_pin(const struct look *l, const struct probe_result *seen, struct err *e)
{
	err_set(e, ERR_TLS_REFUSED, "%s shows another certificate now: pin %s", l->printer,
	    seen->cert.pin);
	err_hint(e, "look again: bambuctl printer trust %s", l->printer);
	return -EPERM;
}

/* Writes the pin and takes it into force. The printer is another object afterwards. */
static int pin_now(const struct look *l, const struct printer *p, const char *pin, struct err *e)
{
	const struct api_deps *deps = &l->server->deps;
	_cleanup_free_ char *changed = NULL;
	int r = trust_pin(p, pin, e);

	if (r < 0) {
		return r;
	}
	r = deps->reload(deps->arg, &changed, e);
	if (r < 0) {
		err_hint(e, "the pin is written; it counts after the next good reload");
		return r;
	}
	p = registry_by_name(deps->registry, l->printer);
	if (p == NULL || !trust_is_pinned(p, pin)) {
		err_set(e, ERR_INTERNAL,
		    "%s: the pin is written, but the configuration does not take it", l->printer);
		err_hint(e, "bambud --dump-config shows what is in force and where it stands");
		return -EIO;
	}
	return 0;
}

/* 0, or negative with *e. */
static int judge(
    const struct look *l, const struct probe_result *seen, bool *ret_trusted, struct err *e)
{
	const struct printer *p = registry_by_name(l->server->deps.registry, l->printer);
	int r = 0;

	if (seen->part != PROBE_PART_COUNT) {
		return refuse_unseen(l, seen, e);
	}
	if (p == NULL) {
		err_set(e, ERR_NO_SUCH_PRINTER, "%s is not configured any more", l->printer);
		return -ENOENT;
	}
	if (l->pin == NULL) {
		*ret_trusted = trust_is_pinned(p, seen->cert.pin);
		return 0;
	}
	r = strcasecmp(l->pin, seen->cert.pin) == 0 ? pin_now(l, p, seen->cert.pin, e)
						    : refuse_pin(l, seen, e);
	*ret_trusted = true;
	return r;
}

static void on_seen(void *arg, const struct probe_result *seen)
{
	struct look *l = arg;
	struct err e = {0};
	bool trusted = false;

	l->probe = NULL;
	if (judge(l, seen, &trusted, &e) < 0) {
		answer_error(l, &e);
	} else if (l->reply != NULL) {
		write_certificate(reply_begin(l->reply), l, seen, trusted);
		reply_end(TAKE(l->reply));
	}
	look_free(l);
}

static int pin_param(struct call *c, const char **ret)
{
	const char *pin = json_get_str(c->params, "pin");
	bool show = false;
	size_t digits = 0;

	json_get_bool(c->params, "show", &show);
	if (pin != NULL && show) {
		err_set(c->e, ERR_INVALID_PARAMS, "pin and show exclude each other");
		return -EINVAL;
	}
	while (pin != NULL && isxdigit((unsigned char)pin[digits])) {
		digits++;
	}
	if (pin != NULL && (digits != PIN_DIGITS || pin[digits] != '\0')) {
		err_set(c->e, ERR_INVALID_PARAMS, "pin: want %d hexadecimal digits", PIN_DIGITS);
		err_hint(c->e, "bambuctl printer trust NAME shows the pin");
		return -EINVAL;
	}
	*ret = pin;
	return 0;
}

int h_printer_trust(struct call *c)
{
	struct printer *p = NULL;
	const char *pin = NULL;
	struct look *l;
	int r = pin_param(c, &pin);

	if (r == 0) {
		r = pick_one(c, &p);
	}
	if (r < 0) {
		return r;
	}
	l = look_create(c, p);
	l->pin = xstrdup(pin);
	r = trust_look(p, on_seen, l, &l->probe, c->e);
	if (r < 0) {
		look_free(l);
		return r;
	}
	return answer_later(c, l);
}
