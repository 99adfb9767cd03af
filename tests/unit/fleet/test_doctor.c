/* SPDX-License-Identifier: MIT */
/* What the doctor asks, waits for and finds, in virtual time, with looks that end as the test says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "daemon/fleet/doctor.h"
#include "daemon/fleet/printer.h"
#include "daemon/io/probe.h"
#include "tests/unit/fleet/fake_mqtt.h"

#define SERIAL "01P00A000000001"
#define OTHER "01P00A000000009"
#define REPORT "device/" SERIAL "/report"
#define FULL                                                                                \
	"{\"print\":{\"command\":\"push_status\",\"msg\":0,\"gcode_state\":\"IDLE\",\"bed_" \
	"temper\":20,\"fun\":\"1\"}}"

/* The look under way: stands before io/probe. */
struct probe {
	probe_fn fn;
	void *arg;
	char name[64];
	enum tls_verify verify;
};
static struct probe *probe;
static unsigned looks, cancelled;

struct probe *probe_start(
    struct loop *l, struct resolver *r, const struct probe_target *target, probe_fn fn, void *arg)
{
	struct probe *p = xcalloc(1, sizeof(*p));

	p->fn = fn;
	p->arg = arg;
	p->verify = target->verify;
	str_copy(p->name, sizeof(p->name), target->name);
	probe = p;
	looks++;
	return p;
}

void probe_cancel(struct probe *p)
{
	if (p != NULL) {
		cancelled++;
		probe = NULL;
		free(p);
	}
}

static void look_ends(const struct probe_result *result)
{
	struct probe *p = TAKE(probe);

	assert_non_null(p);
	p->fn(p->arg, result);
	free(p);
	fake_advance(0);
}

static struct probe_result seen(const char *subject, const char *reason)
{
	struct probe_result r = {.part = PROBE_PART_COUNT, .ms = {1, 2, 3}, .address = "127.0.0.1"};

	str_copy(r.cert.subject, sizeof(r.cert.subject), subject);
	str_copy(r.cert.issuer, sizeof(r.cert.issuer), "BBL CA");
	memset(r.cert.pin, 'a', 64);
	str_copy(r.reason, sizeof(r.reason), reason);
	r.verified = reason[0] == '\0';
	return r;
}

static struct printer *p;
static struct doctor *doctor;
static struct doctor_report report;
static unsigned reports;

static void on_report(void *arg, const struct doctor_report *r)
{
	report = *r;
	reports++;
}

static void begin_with(const struct printer_config *c)
{
	fake_start();
	looks = cancelled = reports = 0;
	p = printer_create(&fake.fleet, c);
	fake_advance(100);
}

static int setup(void **state)
{
	struct printer_config c = fake_config("one", SERIAL);

	begin_with(&c);
	return 0;
}

static int teardown(void **state)
{
	printer_destroy(p);
	fake_stop();
	return 0;
}

static void examine(void)
{
	struct err e = {0};

	assert_int_equal(doctor_start(p, on_report, NULL, &doctor, &e), 0);
	assert_int_equal(reports, 0);
	fake_advance(0);
}

/* States of all steps, a letter each: o f s. */
static void expect(const char *states)
{
	assert_int_equal(reports, 1);
	for (enum doctor_step s = 0; s < DOCTOR_STEP_COUNT; s++) {
		const struct doctor_finding *f = &report.steps[s];
		char state = doctor_state_word(f->state)[0];

		if (state != states[s]) {
			fail_msg("%s is %s: %s", doctor_step_name(s), doctor_state_word(f->state),
			    f->detail);
		}
		/* Whoever fails says what to do, nobody else does. */
		assert_int_equal(f->remedy[0] != '\0', f->state == DOCTOR_FAIL);
		assert_true(f->state == DOCTOR_SKIPPED || f->detail[0] != '\0');
	}
}

static void expect_text(enum doctor_step s, const char *detail, const char *remedy)
{
	if (strstr(report.steps[s].detail, detail) == NULL ||
	    strstr(report.steps[s].remedy, remedy) == NULL) {
		fail_msg("%s: %s -> %s", doctor_step_name(s), report.steps[s].detail,
		    report.steps[s].remedy);
	}
}

static void connected_printer_is_asked_not_looked_at(void **state)
{
	fake_up();
	fake_message(REPORT, FULL);
	fake_advance(5000);
	examine();
	expect("ooooooooo");
	assert_int_equal(looks, 0);
	assert_int_equal(fake.opens, 1);
	assert_string_equal(doctor_remedy(&report), "");
	expect_text(DOCTOR_TLS, "chain complete", "");
	expect_text(DOCTOR_LOGIN, "accepted 5.0 s ago", "");
	expect_text(DOCTOR_FULL_REPORT, "5.0 s ago", "");
}

static void silent_printer_fails_at_its_report(void **state)
{
	fake_up();
	fake_message(REPORT, FULL);
	fake_advance(90 * 1000);
	assert_int_equal(printer_link_state(p), LINK_STALE);
	examine();
	expect("oooooofoo");
	expect_text(DOCTOR_REPORT, "90 s ago", "bambuctl refresh one");
	assert_int_equal(looks, 0);
}

static void locked_control_fails_with_a_remedy(void **state)
{
	fake_up();
	fake_message(
	    REPORT, "{\"print\":{\"command\":\"push_status\",\"msg\":0,\"fun\":\"20000000\"}}");
	examine();
	expect("oooooooof");
	expect_text(DOCTOR_CONTROL, "locked", "Developer mode");
	assert_string_equal(doctor_remedy(&report), report.steps[DOCTOR_CONTROL].remedy);
}

static void disabled_printer_says_why_first(void **state)
{
	struct printer_config c = fake_config("one", SERIAL);

	teardown(NULL);
	c.disabled = (char *)"bambud.conf:7: no AccessCode=";
	begin_with(&c);
	examine();
	expect("fssssssss");
	expect_text(DOCTOR_ADDRESS, "bambud.conf:7: no AccessCode=", "bambuctl daemon reload");
	assert_int_equal(looks, 0);
}

static void name_that_is_unknown_fails_at_the_address(void **state)
{
	fake_down(MQTT_DOWN_UNREACHABLE, "cannot find x");
	examine();
	look_ends(&(struct probe_result){
	    .part = PROBE_RESOLVE, .ms = {4, -1, -1}, .error = "cannot find x: not known"});
	expect("fssssssss");
	expect_text(DOCTOR_ADDRESS, "cannot find x", "Address= of [Printer one]");
	assert_int_equal(report.steps[DOCTOR_ADDRESS].ms, 4);
	assert_int_equal(report.steps[DOCTOR_TCP].ms, -1);
}

static void closed_port_and_silent_host_have_their_own_remedies(void **state)
{
	struct probe_result r = {.part = PROBE_TCP,
	    .ms = {1, 2, -1},
	    .error = "connection refused",
	    .refused = true,
	    .address = "127.0.0.1"};
	char refused[sizeof(report.steps[0].remedy)];

	fake_down(MQTT_DOWN_REFUSED_PORT, "connection refused");
	examine();
	look_ends(&r);
	expect("ofsssssss");
	expect_text(DOCTOR_TCP, "connection refused", "LAN access");
	str_copy(refused, sizeof(refused), doctor_remedy(&report));
	r.refused = false;
	reports = 0;
	examine();
	look_ends(&r);
	expect("ofsssssss");
	assert_string_not_equal(refused, doctor_remedy(&report));
}

static void stranger_is_never_logged_in_to(void **state)
{
	struct probe_result r = seen(SERIAL, "certificate is self-signed");

	fake_down(MQTT_DOWN_TLS, "certificate is self-signed");
	examine();
	look_ends(&r);
	expect("oofssssss");
	expect_text(DOCTOR_TLS, "self-signed", "bambuctl printer trust one --pin aaaa");
	fake_advance(20000);
	assert_int_equal(fake.opens, 1);
	assert_int_equal(looks, 1);
}

static void certificate_of_another_is_told_from_a_forged_one(void **state)
{
	struct probe_result first = seen(OTHER, "certificate is for " OTHER ", expected " SERIAL);
	struct probe_result genuine = seen(OTHER, ""), forged = seen(OTHER, "unknown CA");

	fake_down(MQTT_DOWN_TLS, "certificate is for another");
	examine();
	assert_string_equal(probe->name, SERIAL);
	look_ends(&first);
	assert_string_equal(probe->name, OTHER);
	look_ends(&genuine);
	expect("ooofsssss");
	expect_text(DOCTOR_SERIAL, "expected " SERIAL, "another printer");
	reports = 0;
	examine();
	look_ends(&first);
	look_ends(&forged);
	expect("oofssssss");
}

static void refused_login_is_tried_once_then_told_from_memory(void **state)
{
	struct probe_result good = seen(SERIAL, "");

	fake_down(MQTT_DOWN_LOST, "gone");
	examine();
	look_ends(&good);
	assert_int_equal(reports, 0);
	fake_advance(100);
	assert_int_equal(fake.opens, 2);
	fake_down(MQTT_DOWN_AUTH, "not authorised");
	fake_advance(0);
	expect("oooofssss");
	expect_text(DOCTOR_LOGIN, "not authorised (tried 0.0 s ago, next try in ", "AccessCode=");
	fake_advance(60 * 1000);
	reports = 0;
	examine();
	look_ends(&good);
	expect("oooofssss");
	expect_text(DOCTOR_LOGIN, "tried 60 s ago", "AccessCode=");
	assert_int_equal(fake.opens, 2);
}

static void certificate_that_became_good_waits_for_its_turn(void **state)
{
	struct probe_result good = seen(SERIAL, "");

	fake_down(MQTT_DOWN_TLS, "certificate expired");
	examine();
	look_ends(&good);
	expect("oooosssss");
	expect_text(DOCTOR_LOGIN, "certificate expired (tried", "");
	assert_int_equal(fake.opens, 1);
}

static void login_that_works_waits_for_the_reports(void **state)
{
	struct probe_result good = seen(SERIAL, "");

	fake_down(MQTT_DOWN_LOST, "gone");
	examine();
	look_ends(&good);
	fake_advance(100);
	fake_up();
	fake_advance(1000);
	assert_int_equal(reports, 0);
	fake_message(REPORT, "{\"print\":{\"bed_temper\":21}}");
	fake_advance(1000);
	assert_int_equal(reports, 0);
	fake_message(REPORT, FULL);
	fake_advance(0);
	expect("ooooooooo");
	assert_int_equal(report.steps[DOCTOR_TLS].ms, 3);
}

static void printer_without_a_word_after_the_login_fails_at_its_report(void **state)
{
	struct probe_result good = seen(SERIAL, "");

	fake_down(MQTT_DOWN_LOST, "gone");
	examine();
	look_ends(&good);
	fake_advance(100);
	fake_up();
	fake_advance(5100);
	expect("oooooofss");
	expect_text(DOCTOR_SUBSCRIPTION, "QoS 1", "");
	expect_text(DOCTOR_REPORT, "since the login", "upper case");
}

static void subscription_is_what_the_broker_answered_to_it(void **state)
{
	fake_up();
	fake.granted = -1;
	fake_advance(6000);
	examine();
	expect("ooooosfss");
	expect_text(DOCTOR_SUBSCRIPTION, "not answered", "");
	fake.granted = MQTT_GRANTED_NONE;
	reports = 0;
	examine();
	expect("ooooofsss");
	expect_text(DOCTOR_SUBSCRIPTION, "refuses", "Serial=");
	fake_message(REPORT, FULL);
	reports = 0;
	examine();
	expect("ooooooooo");
}

static void sessions_taken_away_are_told_with_their_remedy(void **state)
{
	struct probe_result good = seen(SERIAL, "");
	unsigned i;

	for (i = 0; i < 3; i++) {
		unsigned opens = fake.opens;

		fake_up();
		fake_down(MQTT_DOWN_LOST, "peer closed the connection");
		for (; i < 2 && fake.opens == opens;) {
			fake_advance(100);
		}
	}
	examine();
	look_ends(&good);
	fake_advance(100);
	fake_up();
	fake_down(MQTT_DOWN_LOST, "peer closed the connection");
	fake_advance(0);
	expect("oooofssss");
	expect_text(DOCTOR_LOGIN, "another client", "end other programs");
}

static void verdict_that_does_not_come_ends_after_12_s(void **state)
{
	struct probe_result good = seen(SERIAL, "");

	fake_down(MQTT_DOWN_LOST, "gone");
	examine();
	look_ends(&good);
	fake_advance(11000);
	assert_int_equal(reports, 0);
	fake_advance(1100);
	expect("oooofssss");
	expect_text(DOCTOR_LOGIN, "not answered", "bambuctl refresh one");
}

static void whole_examination_ends_within_18_s(void **state)
{
	struct probe_result first = seen(OTHER, "certificate is for another");

	fake_down(MQTT_DOWN_TLS, "certificate is for another");
	examine();
	fake_advance(14000);
	look_ends(&first);
	fake_advance(DOCTOR_MS - 14000 - 100);
	assert_int_equal(reports, 0);
	fake_advance(200);
	expect("oofssssss");
	assert_int_equal(cancelled, 1);
}

static void second_doctor_is_refused(void **state)
{
	struct err e = {0};
	struct doctor *second = NULL;

	examine();
	assert_int_equal(doctor_start(p, on_report, NULL, &second, &e), -EBUSY);
	assert_int_equal(e.type, ERR_BUSY);
	doctor_cancel(doctor);
	assert_int_equal(cancelled, 1);
	assert_int_equal(reports, 0);
	examine();
	doctor_cancel(doctor);
}

static void printer_that_goes_ends_its_examination(void **state)
{
	struct printer_config c = fake_config("one", SERIAL);

	examine();
	printer_destroy(p);
	assert_int_equal(reports, 1);
	assert_int_equal(report.steps[DOCTOR_TCP].state, DOCTOR_SKIPPED);
	expect_text(DOCTOR_ADDRESS, "changed meanwhile", "");
	p = printer_create(&fake.fleet, &c);
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    RULE(connected_printer_is_asked_not_looked_at),
	    RULE(silent_printer_fails_at_its_report),
	    RULE(locked_control_fails_with_a_remedy),
	    RULE(disabled_printer_says_why_first),
	    RULE(name_that_is_unknown_fails_at_the_address),
	    RULE(closed_port_and_silent_host_have_their_own_remedies),
	    RULE(stranger_is_never_logged_in_to),
	    RULE(certificate_of_another_is_told_from_a_forged_one),
	    RULE(refused_login_is_tried_once_then_told_from_memory),
	    RULE(certificate_that_became_good_waits_for_its_turn),
	    RULE(login_that_works_waits_for_the_reports),
	    RULE(printer_without_a_word_after_the_login_fails_at_its_report),
	    RULE(subscription_is_what_the_broker_answered_to_it),
	    RULE(sessions_taken_away_are_told_with_their_remedy),
	    RULE(verdict_that_does_not_come_ends_after_12_s),
	    RULE(whole_examination_ends_within_18_s),
	    RULE(second_doctor_is_refused),
	    RULE(printer_that_goes_ends_its_examination),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
