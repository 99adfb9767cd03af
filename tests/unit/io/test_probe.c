/* SPDX-License-Identifier: MIT */
/* What a look at an address finds, and that nobody at that address learns anything by it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/io/probe.h"
#include "daemon/io/resolve.h"
#include "tests/unit/io/rig.h"

struct look {
	struct rig *rig;
	struct resolver *resolver;
	struct probe_target target;
	struct probe_result result;
	unsigned ends;
};

static void on_end(void *arg, const struct probe_result *result)
{
	struct look *l = arg;

	l->result = *result;
	l->ends++;
}

static struct look look_at(struct rig *r, uint16_t port)
{
	return (struct look){.rig = r,
	    .resolver = resolver_create(r->loop),
	    .target = {.host = "127.0.0.1",
		.port = port,
		.profile = r->profile,
		.verify = TLS_VERIFY_CHAIN,
		.name = RIG_SERIAL}};
}

static void look_run(struct look *l)
{
	assert_non_null(probe_start(l->rig->loop, l->resolver, &l->target, on_end, l));
	assert_int_equal(l->ends, 0);
	rig_until(l->rig, &l->ends, 1);
	resolver_destroy(l->resolver);
}

static bool peer_is_left(void *arg)
{
	return peer_accepted(arg) == 1 && peer_open(arg) == 0;
}

/* Looks at a peer of that plan, who must be left without a byte and without an open connection. */
static void look_plan(struct look *l, const struct peer_plan *plan)
{
	struct peer *p = peer_start(plan);

	l->target.port = peer_port(p);
	look_run(l);
	rig_until_true(l->rig, peer_is_left, p);
	assert_int_equal(peer_app_bytes(p), 0);
	peer_stop(p);
}

static void expect_seen(const struct look *l, bool verified, const char *reason)
{
	assert_string_equal(l->result.error, "");
	assert_int_equal(l->result.part, PROBE_PART_COUNT);
	assert_int_equal(l->result.verified, verified);
	assert_non_null(strstr(l->result.reason, reason));
	assert_int_equal(verified, l->result.reason[0] == '\0');
	assert_int_equal(strlen(l->result.cert.pin), 64);
	for (size_t i = 0; i < PROBE_PART_COUNT; i++) {
		assert_true(l->result.ms[i] >= 0);
	}
}

static void expect_end(const struct look *l, enum probe_part part, const char *error)
{
	assert_int_equal(l->result.part, part);
	assert_non_null(strstr(l->result.error, error));
	assert_false(l->result.verified);
	assert_string_equal(l->result.cert.pin, "");
}

static void right_printer_is_seen_with_its_certificate(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_TLS_ONLY);
	struct look l = look_at(r, 0);
	uint8_t pin[32];
	char hex[65];

	look_plan(&l, &plan);
	expect_seen(&l, true, "");
	assert_string_equal(l.result.address, "127.0.0.1");
	assert_string_equal(l.result.cert.subject, RIG_SERIAL);
	assert_string_equal(l.result.cert.issuer, "Test CA");
	assert_int_equal(l.result.cert.chain_len, 2);
	assert_false(l.result.cert.chain_incomplete);
	assert_true(l.result.cert.not_after_ms > (int64_t)time(NULL) * 1000);
	assert_true(l.result.cert.not_before_ms < (int64_t)time(NULL) * 1000);
	cert_pin(&r->leaf, pin);
	for (size_t i = 0; i < 32; i++) {
		snprintf(hex + 2 * i, 3, "%02x", pin[i]);
	}
	assert_string_equal(l.result.cert.pin, hex);
	assert_int_equal(strncmp(l.result.protocol, "TLSv1.", 6), 0);
}

static void leaf_alone_is_verified_by_its_signature(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_TLS_ONLY);
	_cleanup_free_ char *keys = cert_write_public_key(&r->ca);
	struct look l = look_at(r, 0);
	const char *reason;

	/* A CaFile with the CA's certificate would make the chain whole again: its key alone. */
	assert_int_equal(tls_profile_get(r->store, keys, &l.target.profile, &reason), 0);
	unlink(keys);
	plan.chain[0] = NULL;
	look_plan(&l, &plan);
	expect_seen(&l, true, "");
	assert_true(l.result.cert.chain_incomplete);
	tls_profile_unref(l.target.profile);
}

static void stranger_is_seen_and_told_nothing(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct look l = look_at(r, 0);

	l.target.name = "01S00B000000002";
	look_plan(&l, &plan);
	expect_seen(&l, false, "certificate is for " RIG_SERIAL ", expected 01S00B000000002");
	assert_string_equal(l.result.cert.subject, RIG_SERIAL);
}

static void self_signed_and_expired_are_seen_with_the_reason(void **state)
{
	struct rig *r = *state;
	struct cert self = cert_make(&(struct cert_plan){.cn = RIG_SERIAL});
	struct cert old = cert_make(&(struct cert_plan){
	    .cn = RIG_SERIAL, .issuer = &r->ca, .not_before_s = -200000, .not_after_s = -100000});
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct look l = look_at(r, 0);

	plan.leaf = &self;
	plan.chain[0] = NULL;
	look_plan(&l, &plan);
	expect_seen(&l, false, "self-signed");
	assert_string_equal(l.result.cert.issuer, RIG_SERIAL);
	plan = rig_plan(r, PEER_MQTT);
	plan.leaf = &old;
	l = look_at(r, 0);
	look_plan(&l, &plan);
	expect_seen(&l, false, "expired on");
	assert_true(l.result.cert.not_after_ms < (int64_t)time(NULL) * 1000);
	cert_free(&self);
	cert_free(&old);
}

static void pin_decides_where_it_is_asked_for(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_TLS_ONLY);
	struct look l = look_at(r, 0);
	uint8_t pin[32];

	cert_pin(&r->leaf, pin);
	l.target.verify = TLS_VERIFY_PIN;
	l.target.pin = pin;
	l.target.name = "another";
	look_plan(&l, &plan);
	expect_seen(&l, true, "");
	pin[0] ^= 1;
	l.ends = 0;
	l.resolver = resolver_create(r->loop);
	look_plan(&l, &plan);
	expect_seen(&l, false, "another pin");
}

static void closed_port_is_refused(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_TLS_ONLY);
	struct peer *p = peer_start(&plan);
	struct look l = look_at(r, peer_port(p));

	peer_stop(p);
	look_run(&l);
	expect_end(&l, PROBE_TCP, "nobody listens at 127.0.0.1");
	assert_true(l.result.refused);
	assert_true(l.result.ms[PROBE_RESOLVE] >= 0);
	assert_int_equal(l.result.ms[PROBE_TLS], -1);
}

static void name_that_is_none_is_said(void **state)
{
	struct look l = look_at(*state, 1);

	l.target.host = "no..such..name";
	look_run(&l);
	expect_end(&l, PROBE_RESOLVE, "cannot find no..such..name: ");
	assert_string_equal(l.result.address, "");
}

static bool peer_taken(void *arg)
{
	return peer_accepted(arg) == 1;
}

static void silence_ends_after_5_s(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_SILENT);
	struct peer *p = peer_start(&plan);
	struct look l = look_at(r, peer_port(p));

	probe_start(r->loop, l.resolver, &l.target, on_end, &l);
	rig_until_true(r, peer_taken, p);
	rig_skip_ms(PROBE_TLS_MS + 100);
	rig_until(r, &l.ends, 1);
	expect_end(&l, PROBE_TLS, "nobody answers the TLS handshake within 5 s");
	resolver_destroy(l.resolver);
	peer_stop(p);
}

static void end_in_the_handshake_is_said(void **state)
{
	struct peer_plan plan = rig_plan(*state, PEER_CLOSE);
	struct look l = look_at(*state, 0);

	look_plan(&l, &plan);
	expect_end(&l, PROBE_TLS, "during the TLS handshake");
}

static void no_tls_is_said(void **state)
{
	static const uint8_t http[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	struct peer_plan plan = {
	    .play = PEER_RAW, .after_subscribe = http, .after_subscribe_len = sizeof(http) - 1};
	struct peer *p = peer_start(&plan);
	struct look l = look_at(*state, peer_port(p));

	look_run(&l);
	expect_end(&l, PROBE_TLS, "does not speak TLS");
	peer_stop(p);
}

static void cancelled_look_never_answers(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_SILENT);
	struct peer *p = peer_start(&plan);
	struct look l = look_at(r, peer_port(p));

	/* At once, while it is connecting, in the handshake. */
	probe_cancel(probe_start(r->loop, l.resolver, &l.target, on_end, &l));
	for (unsigned turns = 1; turns < 6; turns++) {
		struct probe *probe = probe_start(r->loop, l.resolver, &l.target, on_end, &l);

		for (unsigned i = 0; i < turns; i++) {
			loop_turn(r->loop, false);
		}
		probe_cancel(probe);
	}
	rig_skip_ms(30000);
	loop_turn(r->loop, false);
	loop_turn(r->loop, false);
	assert_int_equal(l.ends, 0);
	resolver_destroy(l.resolver);
	peer_stop(p);
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    RULE(right_printer_is_seen_with_its_certificate),
	    RULE(leaf_alone_is_verified_by_its_signature),
	    RULE(stranger_is_seen_and_told_nothing),
	    RULE(self_signed_and_expired_are_seen_with_the_reason),
	    RULE(pin_decides_where_it_is_asked_for),
	    RULE(closed_port_is_refused),
	    RULE(name_that_is_none_is_said),
	    RULE(silence_ends_after_5_s),
	    RULE(end_in_the_handshake_is_said),
	    RULE(no_tls_is_said),
	    RULE(cancelled_look_never_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
