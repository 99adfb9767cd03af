/* SPDX-License-Identifier: MIT */
/* The doctor's findings in words: what was seen, and one remedy for what is wrong. */
#include "daemon/fleet/doctor_words.h"
#include "daemon/fleet/printer_address.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/text.h"

enum { SILENT_MS = 60 * 1000 };

static const char *const step_names[] = {
    [DOCTOR_ADDRESS] = "address",
    [DOCTOR_TCP] = "tcp",
    [DOCTOR_TLS] = "tls",
    [DOCTOR_SERIAL] = "serial",
    [DOCTOR_LOGIN] = "login",
    [DOCTOR_SUBSCRIPTION] = "subscription",
    [DOCTOR_REPORT] = "report",
    [DOCTOR_FULL_REPORT] = "full_report",
    [DOCTOR_CONTROL] = "control",
};
static_assert(ARRAY_SIZE(step_names) == DOCTOR_STEP_COUNT, "one name per step");

static const char *const state_words[] = {
    [DOCTOR_SKIPPED] = "skipped",
    [DOCTOR_OK] = "ok",
    [DOCTOR_FAIL] = "fail",
};
static_assert(ARRAY_SIZE(state_words) == DOCTOR_STATE_COUNT, "one word per state");

const char *doctor_step_name(enum doctor_step s)
{
	return step_names[s];
}

const char *doctor_state_word(enum doctor_state s)
{
	return state_words[s];
}

const char *doctor_remedy(const struct doctor_report *r)
{
	for (size_t i = 0; i < DOCTOR_STEP_COUNT; i++) {
		if (r->steps[i].state == DOCTOR_FAIL) {
			return r->steps[i].remedy;
		}
	}
	return "";
}

__attribute__((format(printf, 4, 5))) static void say(
    struct doctor_report *r, enum doctor_step step, enum doctor_state state, const char *fmt, ...)
{
	struct doctor_finding *f = &r->steps[step];
	va_list ap;

	f->state = state;
	va_start(ap, fmt);
	vsnprintf(f->detail, sizeof(f->detail), fmt, ap);
	va_end(ap);
}

__attribute__((format(printf, 3, 4))) static void advise(
    struct doctor_report *r, enum doctor_step step, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->steps[step].remedy, sizeof(r->steps[step].remedy), fmt, ap);
	va_end(ap);
}

/* "0.4 s", "41 s", "12 min", "3 h", "4 days" */
static const char *span(int64_t ms, char buf[static 24])
{
	if (ms < 10 * 1000) {
		snprintf(buf, 24, "%.1f s", (double)ms / 1000);
	} else if (ms < 120 * 1000) {
		snprintf(buf, 24, "%d s", (int)(ms / 1000));
	} else if (ms < 120 * 60 * 1000) {
		snprintf(buf, 24, "%d min", (int)(ms / 60000));
	} else if (ms < INT64_C(48) * 3600 * 1000) {
		snprintf(buf, 24, "%d h", (int)(ms / 3600000));
	} else {
		snprintf(buf, 24, "%lld days", (long long)(ms / 86400000));
	}
	return buf;
}

static const char *date(int64_t ms, char buf[static 24])
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	if (ms < 0 || gmtime_r(&t, &tm) == NULL || strftime(buf, 24, "%Y-%m-%d", &tm) == 0) {
		snprintf(buf, 24, "an unreadable date");
	}
	return buf;
}

static int64_t now_ms(const struct printer *p)
{
	return loop_now_ms(p->fleet->loop);
}

void doctor_say_disabled(const struct printer *p, struct doctor_report *r)
{
	say(r, DOCTOR_ADDRESS, DOCTOR_FAIL, "disabled: %s", p->link.last_error);
	advise(r, DOCTOR_ADDRESS, "%s", p->link.hint);
}

void doctor_say_ca_file(const struct printer *p, const char *reason, struct doctor_report *r)
{
	say(r, DOCTOR_TLS, DOCTOR_FAIL, "CaFile=%s: %s", p->config.ca_file, reason);
	advise(r, DOCTOR_TLS, "correct CaFile= of [Printer %s], then: bambuctl daemon reload",
	    p->config.name);
}

/* ---- address and port ---- */

static void say_address(const struct printer *p, const char *address, struct doctor_report *r)
{
	const char *told_by = printer_told_by(p);
	char ago[24];

	if (told_by && strcmp(told_by, "printer") == 0) {
		say(r, DOCTOR_ADDRESS, DOCTOR_OK, "%s (the printer told it through the cloud)",
		    address);
	} else if (told_by) {
		say(r, DOCTOR_ADDRESS, DOCTOR_OK, "%s from discovery %s ago%s%s%s", address,
		    span(now_ms(p) - p->told.mono_ms, ago),
		    p->config.address ? " (configured " : "",
		    p->config.address ? p->config.address : "",
		    p->config.address ? ": changed)" : "");
	} else if (strcmp(address, p->config.address) == 0) {
		say(r, DOCTOR_ADDRESS, DOCTOR_OK, "%s (configured)", address);
	} else {
		say(r, DOCTOR_ADDRESS, DOCTOR_OK, "%s is %s", p->config.address, address);
	}
}

static void fail_address(
    const struct printer *p, const struct probe_result *look, struct doctor_report *r)
{
	say(r, DOCTOR_ADDRESS, DOCTOR_FAIL, "%s", look->error);
	advise(r, DOCTOR_ADDRESS,
	    "correct Address= of [Printer %s] (the printer shows it in its network menu), then: "
	    "bambuctl daemon reload",
	    p->config.name);
}

static void fail_tcp(
    const struct printer *p, const struct probe_result *look, struct doctor_report *r)
{
	say(r, DOCTOR_TCP, DOCTOR_FAIL, "%s", look->error);
	if (look->refused) {
		advise(r, DOCTOR_TCP,
		    "switch LAN access on at the printer, then: bambuctl doctor %s",
		    p->config.name);
	} else {
		advise(r, DOCTOR_TCP,
		    "switch the printer on and see that it is in this network; if it moved, "
		    "correct Address= of [Printer %s], then: bambuctl daemon reload",
		    p->config.name);
	}
}

/* ---- certificate ---- */

static void fail_handshake(
    const struct printer *p, const struct probe_result *look, struct doctor_report *r)
{
	say(r, DOCTOR_TLS, DOCTOR_FAIL, "%s", look->error);
	advise(r, DOCTOR_TLS,
	    "if this is the printer, switch it off and on; else correct Address= and Port= of "
	    "[Printer %s], then: bambuctl daemon reload",
	    p->config.name);
}

static void describe_cert(const struct probe_cert *c, const char *before, enum doctor_state state,
    struct doctor_report *r)
{
	char until[24];

	date(c->not_after_ms, until);
	if (state == DOCTOR_OK) {
		say(r, DOCTOR_TLS, state, "%s (issued by %s, until %s)", before, c->issuer, until);
	} else {
		say(r, DOCTOR_TLS, state, "%s (for %s, issued by %s, until %s, pin %s)", before,
		    c->subject, c->issuer, until, c->pin);
	}
}

static void advise_trust(
    const struct printer *p, const struct probe_result *look, struct doctor_report *r)
{
	advise(r, DOCTOR_TLS, "%s: bambuctl printer trust %s --pin %s",
	    p->config.verify == VERIFY_PIN
		? "only if the printer was replaced or reset"
		: "only if you know this certificate to be the printer's",
	    p->config.name, look->cert.pin);
}

static void fail_certificate(
    const struct printer *p, const struct probe_result *look, struct doctor_report *r)
{
	describe_cert(&look->cert, look->reason, DOCTOR_FAIL, r);
	if (look->cert.not_before_ms > loop_wall_ms(p->fleet->loop)) {
		advise(r, DOCTOR_TLS, "is the clock of this machine right? see: timedatectl");
	} else {
		advise_trust(p, look, r);
	}
}

static void fail_serial(
    const struct printer *p, const struct probe_result *look, struct doctor_report *r)
{
	describe_cert(&look->cert, "a printer's certificate, but another one's", DOCTOR_OK, r);
	say(r, DOCTOR_SERIAL, DOCTOR_FAIL, "%s", look->reason);
	advise(r, DOCTOR_SERIAL,
	    "the address leads to another printer: correct Address= or Serial= of [Printer %s], "
	    "then: bambuctl daemon reload",
	    p->config.name);
}

static const char *chain_words(bool incomplete)
{
	return incomplete ? "verified; chain incomplete: it is sent alone, and signed by a key "
			    "that is known here"
			  : "verified; chain complete";
}

static const char *trust_words(const struct printer *p, bool chain_incomplete)
{
	switch (p->config.verify) {
	case VERIFY_PIN:
		return "pinned: it is the certificate of Pin=";
	case VERIFY_INSECURE:
		return "encrypted, but whoever answers is believed: Verify=insecure";
	case VERIFY_CHAIN:
	case VERIFY_MODE_COUNT:
		break;
	}
	return chain_words(chain_incomplete);
}

static void say_serial(const struct printer *p, struct doctor_report *r)
{
	switch (p->config.verify) {
	case VERIFY_CHAIN:
	case VERIFY_MODE_COUNT:
		say(r, DOCTOR_SERIAL, DOCTOR_OK, "the certificate is for %s", p->config.serial);
		return;
	case VERIFY_PIN:
		say(r, DOCTOR_SERIAL, DOCTOR_SKIPPED, "the pin decides, not the name");
		return;
	case VERIFY_INSECURE:
		say(r, DOCTOR_SERIAL, DOCTOR_SKIPPED, "not checked: Verify=insecure");
		return;
	}
}

static void say_tls(const struct printer *p, const struct probe_result *look, bool chain_fits,
    struct doctor_report *r)
{
	if (chain_fits) {
		fail_serial(p, look, r);
	} else if (!look->verified && p->config.verify != VERIFY_INSECURE) {
		fail_certificate(p, look, r);
	} else {
		describe_cert(
		    &look->cert, trust_words(p, look->cert.chain_incomplete), DOCTOR_OK, r);
		say_serial(p, r);
	}
}

void doctor_say_look(const struct printer *p, const struct probe_result *look, bool chain_fits,
    struct doctor_report *r)
{
	r->steps[DOCTOR_ADDRESS].ms = look->ms[PROBE_RESOLVE];
	r->steps[DOCTOR_TCP].ms = look->ms[PROBE_TCP];
	r->steps[DOCTOR_TLS].ms = look->ms[PROBE_TLS];
	if (look->part == PROBE_RESOLVE) {
		fail_address(p, look, r);
		return;
	}
	say_address(p, look->address, r);
	if (look->part == PROBE_TCP) {
		fail_tcp(p, look, r);
		return;
	}
	say(r, DOCTOR_TCP, DOCTOR_OK, "port %u is open", p->config.port);
	if (look->part == PROBE_TLS) {
		fail_handshake(p, look, r);
		return;
	}
	say_tls(p, look, chain_fits, r);
}

void doctor_say_living(const struct printer *p, struct doctor_report *r)
{
	const struct tls_peer *peer = uplink_peer(p->uplink);
	char since[24];

	say_address(p, uplink_address(p->uplink), r);
	say(r, DOCTOR_TCP, DOCTOR_OK, "port %u, connected for %s", p->config.port,
	    span(now_ms(p) - p->link.up_mono_ms, since));
	say(r, DOCTOR_TLS, DOCTOR_OK, "%s", trust_words(p, peer->chain_incomplete));
	say_serial(p, r);
}

/* ---- login ---- */

static void advise_login(const struct printer *p, struct doctor_report *r)
{
	if (p->link.down_why == MQTT_DOWN_AUTH) {
		advise(r, DOCTOR_LOGIN,
		    "read the access code again on the printer (it changes when LAN or Developer "
		    "mode is toggled), put it into AccessCode= of [Printer %s], then: bambuctl "
		    "daemon reload",
		    p->config.name);
	} else if (uplink_is_kicked(p->uplink)) {
		advise(r, DOCTOR_LOGIN,
		    "end other programs that use this printer, then: bambuctl refresh %s",
		    p->config.name);
	} else {
		advise(r, DOCTOR_LOGIN, "switch the printer off and on, then: bambuctl refresh %s",
		    p->config.name);
	}
}

void doctor_say_refusal(const struct printer *p, int64_t wait_ms, struct doctor_report *r)
{
	int64_t next_ms = p->uplink != NULL ? uplink_next_try_ms(p->uplink) : -1;
	char ago[24], next[24];
	bool stale = wait_ms > 0 && p->link.down_why == MQTT_DOWN_TLS;

	say(r, DOCTOR_LOGIN, stale ? DOCTOR_SKIPPED : DOCTOR_FAIL, "%s (tried %s ago%s%s)",
	    p->link.last_error, span(now_ms(p) - p->link.down_mono_ms, ago),
	    next_ms < 0 ? "" : ", next try in ", next_ms < 0 ? "" : span(next_ms, next));
	if (!stale) {
		advise_login(p, r);
	}
}

void doctor_say_no_verdict(const struct printer *p, struct doctor_report *r)
{
	say(r, DOCTOR_LOGIN, DOCTOR_FAIL, "the printer has not answered the login yet");
	advise_login(p, r);
}

void doctor_say_changed(struct doctor_report *r)
{
	enum doctor_step s = 0;

	while (s < DOCTOR_CONTROL && r->steps[s].detail[0] != '\0') {
		s++;
	}
	say(r, s, DOCTOR_SKIPPED, "the configuration changed meanwhile: look again");
}

/* ---- reports ---- */

/* False when no report can come of it. */
static bool say_subscription(const struct printer *p, bool heard, struct doctor_report *r)
{
	int granted = uplink_granted(p->uplink);

	if (granted == MQTT_GRANTED_NONE && !heard) {
		say(r, DOCTOR_SUBSCRIPTION, DOCTOR_FAIL, "the printer refuses it: %s",
		    p->topic_report);
		advise(r, DOCTOR_SUBSCRIPTION,
		    "correct Serial= of [Printer %s] (upper case, as on the printer), then: "
		    "bambuctl daemon reload",
		    p->config.name);
		return false;
	}
	if (granted < 0 && !heard) {
		say(r, DOCTOR_SUBSCRIPTION, DOCTOR_SKIPPED, "%s is asked for, not answered yet",
		    p->topic_report);
	} else if (granted < 0 || granted == MQTT_GRANTED_NONE) {
		say(r, DOCTOR_SUBSCRIPTION, DOCTOR_OK, "%s", p->topic_report);
	} else {
		say(r, DOCTOR_SUBSCRIPTION, DOCTOR_OK, "%s (QoS %d)", p->topic_report, granted);
	}
	return true;
}

static void say_report(const struct printer *p, struct doctor_report *r)
{
	int64_t up_ms = now_ms(p) - p->link.up_mono_ms;
	int64_t age_ms = now_ms(p) - p->last_message_mono_ms;
	bool heard = p->last_message_mono_ms >= p->link.up_mono_ms;
	char text[24];

	if (!say_subscription(p, heard, r)) {
		return;
	}
	if (!heard) {
		say(r, DOCTOR_REPORT, DOCTOR_FAIL, "none in the %s since the login",
		    span(up_ms, text));
		advise(r, DOCTOR_REPORT,
		    "is Serial=%s right (upper case)? else switch the printer off and on, then: "
		    "bambuctl refresh %s",
		    p->config.serial, p->config.name);
		return;
	}
	say(r, DOCTOR_REPORT, age_ms < SILENT_MS ? DOCTOR_OK : DOCTOR_FAIL,
	    "the last one came %s ago", span(age_ms, text));
	if (age_ms >= SILENT_MS) {
		advise(r, DOCTOR_REPORT, "ask the printer to speak: bambuctl refresh %s",
		    p->config.name);
	}
}

static void say_full_report(const struct printer *p, struct doctor_report *r)
{
	char text[24];

	if (p->state.full_mono_ms >= p->link.up_mono_ms) {
		say(r, DOCTOR_FULL_REPORT, DOCTOR_OK, "the last one came %s ago",
		    span(now_ms(p) - p->state.full_mono_ms, text));
	} else if (r->steps[DOCTOR_REPORT].state == DOCTOR_OK) {
		say(r, DOCTOR_FULL_REPORT, DOCTOR_FAIL, "none in the %s since the login",
		    span(now_ms(p) - p->link.up_mono_ms, text));
		advise(r, DOCTOR_FULL_REPORT, "ask for one: bambuctl refresh %s", p->config.name);
	}
}

static void say_control(const struct printer *p, struct doctor_report *r)
{
	const char *evidence =
	    p->state.control_evidence != NULL ? p->state.control_evidence : "no evidence yet";

	switch (p->state.control) {
	case CONTROL_FULL:
		say(r, DOCTOR_CONTROL, DOCTOR_OK, "full: %s", evidence);
		return;
	case CONTROL_LOCKED:
		say(r, DOCTOR_CONTROL, DOCTOR_FAIL, "locked: %s", evidence);
		advise(r, DOCTOR_CONTROL,
		    "watching works; to send commands switch Developer mode on at the printer (LAN "
		    "only, then Developer mode)");
		return;
	case CONTROL_UNKNOWN:
	case CONTROL_STATE_COUNT:
		say(r, DOCTOR_CONTROL, DOCTOR_SKIPPED, "not known: %s", evidence);
		return;
	}
}

void doctor_say_cloud(const struct printer *p, bool up, struct doctor_report *r)
{
	const char *trouble = cloud_link_error(p->fleet->cloud);

	say(r, DOCTOR_ADDRESS, DOCTOR_SKIPPED, "reached through the cloud");
	if (!cloud_route_is_up(p->planes.route)) {
		say(r, DOCTOR_LOGIN, DOCTOR_FAIL, "%s",
		    trouble != NULL ? trouble : p->link.last_error);
		advise(r, DOCTOR_LOGIN, "see what the account says: bambuctl account");
	} else if (!up) {
		say(r, DOCTOR_LOGIN, DOCTOR_OK, "the cloud's broker lets the account in");
		say(r, DOCTOR_REPORT, DOCTOR_FAIL, "%s",
		    p->link.last_error[0] != '\0' ? p->link.last_error : "none yet");
		advise(r, DOCTOR_REPORT,
		    "switch the printer on, see that it is in the network and bound to the "
		    "account, then: bambuctl refresh %s",
		    p->config.name);
	} else {
		doctor_say_session(p, r);
	}
}

void doctor_say_session(const struct printer *p, struct doctor_report *r)
{
	char text[24];

	say(r, DOCTOR_LOGIN, DOCTOR_OK, "accepted %s ago",
	    span(now_ms(p) - p->link.up_mono_ms, text));
	say_report(p, r);
	say_full_report(p, r);
	say_control(p, r);
}
