/* SPDX-License-Identifier: MIT */
/* Which certificates of a printer are let in, and which are refused before a byte of MQTT. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/ssl.h>
#include <time.h>

#include "tests/unit/io/tls_expect.h"

static void tls_other_serial_is_refused_with_both_names(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct rig_client other = {.name = "01S00B000000002"};

	expect_refused(
	    r, &plan, &other, "certificate is for " RIG_SERIAL ", expected 01S00B000000002");
}

static void tls_serial_is_compared_with_case(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct rig_client lower = {.name = "01s00a000000001"};

	expect_refused(r, &plan, &lower, "expected 01s00a000000001");
}

static void tls_control_bytes_of_a_common_name_are_escaped(void **state)
{
	struct rig *r = *state;
	struct cert odd = cert_make(&(struct cert_plan){.cn = "a\033[31mb\n", .issuer = &r->ca});
	struct peer_plan plan = rig_plan(r, PEER_MQTT);

	plan.leaf = &odd;
	expect_refused(r, &plan, NULL, "certificate is for a\\x1B[31mb\\x0A, expected");
	cert_free(&odd);
}

static void tls_san_of_another_name_is_refused(void **state)
{
	struct rig *r = *state;
	struct cert leaf = cert_make(
	    &(struct cert_plan){.cn = RIG_SERIAL, .san = "DNS:other.example", .issuer = &r->ca});
	struct peer_plan plan = rig_plan(r, PEER_MQTT);

	plan.leaf = &leaf;
	expect_refused(r, &plan, NULL, "expected " RIG_SERIAL);
	cert_free(&leaf);
}

static void tls_san_does_not_replace_the_common_name(void **state)
{
	struct rig *r = *state;
	struct cert leaf = cert_make(&(struct cert_plan){
	    .cn = "01S00B000000002", .san = "DNS:" RIG_SERIAL, .issuer = &r->ca});
	struct peer_plan plan = rig_plan(r, PEER_MQTT);

	plan.leaf = &leaf;
	expect_refused(r, &plan, NULL, "certificate is for 01S00B000000002");
	cert_free(&leaf);
}

static void tls_self_signed_is_refused(void **state)
{
	struct rig *r = *state;
	struct cert self = cert_make(&(struct cert_plan){.cn = RIG_SERIAL});
	struct peer_plan plan = rig_plan(r, PEER_MQTT);

	plan.leaf = &self;
	plan.chain[0] = NULL;
	expect_refused(r, &plan, NULL, "certificate of " RIG_SERIAL " is self-signed");
	plan.chain[0] = &r->ca; /* the genuine CA beside it changes nothing */
	expect_refused(r, &plan, NULL, "is self-signed");
	cert_free(&self);
}

static void tls_expired_is_refused_with_its_date(void **state)
{
	struct rig *r = *state;
	struct cert old = cert_make(&(struct cert_plan){.cn = RIG_SERIAL,
	    .issuer = &r->ca,
	    .not_before_s = -20 * 86400,
	    .not_after_s = -10 * 86400});
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	char text[64];
	struct tm tm;

	plan.leaf = &old;
	assert_int_equal(ASN1_TIME_to_tm(X509_get0_notAfter(old.x509), &tm), 1);
	strftime(text, sizeof(text), "certificate expired on %Y-%m-%d", &tm);
	expect_refused(r, &plan, NULL, text);
	plan.chain[0] = NULL; /* the leaf alone is checked for its dates as well */
	expect_refused(r, &plan, NULL, text);
	cert_free(&old);
}

static void tls_not_yet_valid_asks_for_the_clock(void **state)
{
	struct rig *r = *state;
	struct cert young = cert_make(&(struct cert_plan){
	    .cn = RIG_SERIAL, .issuer = &r->ca, .not_before_s = 86400, .not_after_s = 10 * 86400});
	struct peer_plan plan = rig_plan(r, PEER_MQTT);

	plan.leaf = &young;
	expect_refused(r, &plan, NULL, "is the clock right?");
	cert_free(&young);
}

static void tls_unknown_ca_is_refused_by_name(void **state)
{
	struct rig *r = *state;
	struct cert ca = cert_make(&(struct cert_plan){.cn = "Some CA", .ca = true});
	struct cert leaf = cert_make(&(struct cert_plan){.cn = RIG_SERIAL, .issuer = &ca});
	struct peer_plan plan = rig_plan(r, PEER_MQTT);

	plan.leaf = &leaf;
	plan.chain[0] = &ca;
	expect_refused(r, &plan, NULL, "signed by an unknown CA (Some CA)");
	plan.chain[0] = NULL;
	expect_refused(r, &plan, NULL, "signed by an unknown CA (Some CA)");
	cert_free(&leaf);
	cert_free(&ca);
}

static void tls_ca_of_the_right_name_and_another_key_is_refused(void **state)
{
	struct rig *r = *state;
	struct cert ca = cert_make(&(struct cert_plan){.cn = "Test CA", .ca = true});
	struct cert leaf = cert_make(&(struct cert_plan){.cn = RIG_SERIAL, .issuer = &ca});
	struct peer_plan plan = rig_plan(r, PEER_MQTT);

	plan.leaf = &leaf;
	plan.chain[0] = &ca;
	expect_refused(r, &plan, NULL, "certificate");
	plan.chain[1] = &r->ca; /* the genuine one beside it */
	expect_refused(r, &plan, NULL, "certificate");
	plan.chain[0] = NULL;
	expect_refused(r, &plan, NULL, "certificate");
	cert_free(&leaf);
	cert_free(&ca);
}

static void tls_leaf_signed_by_another_printers_leaf_is_refused(void **state)
{
	struct rig *r = *state;
	struct cert_plan first = {.cn = "01S00B000000002", .issuer = &r->ca, .v1 = true};
	struct cert other = cert_make(&first);
	struct cert leaf = cert_make(&(struct cert_plan){.cn = RIG_SERIAL, .issuer = &other});
	struct peer_plan plan = rig_plan(r, PEER_MQTT);

	plan.leaf = &leaf;
	plan.chain[0] = &other;
	plan.chain[1] = &r->ca;
	expect_refused(r, &plan, NULL, "certificate");
	cert_free(&leaf);
	cert_free(&other);
}

static void tls_older_than_1_2_is_refused(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);

	plan.tls_max = TLS1_1_VERSION;
	expect_refused(r, &plan, NULL, "older than 1.2");
	plan.tls_max = TLS1_VERSION;
	expect_refused(r, &plan, NULL, "older than 1.2");
}

/* A server that picks 1.1 instead of refusing itself. */
static void tls_server_hello_of_1_1_is_refused(void **state)
{
	static const uint8_t hello[5 + 4 + 38] = {
	    0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2, [44] = 0xc0, [45] = 0x14};
	struct peer_plan plan = {
	    .play = PEER_RAW, .after_subscribe = hello, .after_subscribe_len = sizeof(hello)};

	expect_no_tls(*state, &plan, "older than 1.2");
}

static void tls_refuses_what_is_not_tls(void **state)
{
	static const uint8_t http[] = "HTTP/1.0 400 Bad Request\r\n\r\n";
	struct peer_plan plan = {
	    .play = PEER_RAW, .after_subscribe = http, .after_subscribe_len = sizeof(http) - 1};

	expect_no_tls(*state, &plan, "peer does not speak TLS");
}

static void tls_1_2_is_good_enough(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);

	plan.tls_max = TLS1_2_VERSION;
	assert_true(expect_up(r, &plan, NULL).checked);
}

/* As the oldest models: X.509 v1, RSA, no SAN, under a CA without keyUsage. */
static void tls_version_1_leaf_is_taken(void **state)
{
	struct rig *r = *state;
	struct cert_plan v1 = {.cn = RIG_SERIAL, .issuer = &r->ca, .v1 = true, .rsa_bits = 2048};
	struct cert leaf = cert_make(&v1);
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct tls_peer peer;

	plan.leaf = &leaf;
	plan.tls_max = TLS1_2_VERSION;
	peer = expect_up(r, &plan, NULL);
	assert_true(peer.checked);
	assert_false(peer.chain_incomplete);
	cert_free(&leaf);
}

/* The built-in anchors are such bare keys; a file may hold them, too. */
static void tls_chain_is_trusted_by_the_key_of_its_ca(void **state)
{
	struct rig *r = *state;
	struct tls_profile *by_key = profile_of(r, cert_write_public_key(&r->ca));
	struct rig_client options = {.profile = by_key};
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct tls_peer peer = expect_up(r, &plan, &options);

	assert_true(peer.checked);
	assert_false(peer.chain_incomplete);
	options.name = "01S00B000000002";
	expect_refused(r, &plan, &options, "certificate is for " RIG_SERIAL);
	tls_profile_unref(by_key);
}

static void tls_intermediate_anchor_needs_no_root(void **state)
{
	struct rig *r = *state;
	struct cert device_ca =
	    cert_make(&(struct cert_plan){.cn = "Device CA", .ca = true, .issuer = &r->ca});
	struct cert leaf = cert_make(&(struct cert_plan){.cn = RIG_SERIAL, .issuer = &device_ca});
	struct tls_profile *by_key = profile_of(r, cert_write_public_key(&device_ca));
	struct rig_client options = {.profile = by_key};
	struct peer_plan plan = {.play = PEER_MQTT, .leaf = &leaf, .chain = {&device_ca}};

	assert_false(expect_up(r, &plan, &options).chain_incomplete);
	/* Its root beside it, but the anchor itself missing: as good as the leaf alone. */
	plan.chain[0] = &r->ca;
	assert_true(expect_up(r, &plan, &options).chain_incomplete);
	tls_profile_unref(by_key);
	cert_free(&leaf);
	cert_free(&device_ca);
}

static void tls_leaf_alone_is_checked_by_an_anchor_key(void **state)
{
	struct rig *r = *state;
	struct tls_profile *by_key = profile_of(r, cert_write_public_key(&r->ca));
	struct rig_client options = {.profile = by_key};
	struct cert foreign_ca = cert_make(&(struct cert_plan){.cn = "Test CA", .ca = true});
	struct cert foreign =
	    cert_make(&(struct cert_plan){.cn = RIG_SERIAL, .issuer = &foreign_ca});
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct tls_peer peer;

	plan.chain[0] = NULL;
	peer = expect_up(r, &plan, &options);
	assert_true(peer.checked);
	assert_true(peer.chain_incomplete);
	options.name = "01S00B000000002";
	expect_refused(r, &plan, &options, "certificate is for " RIG_SERIAL);
	options.name = "01s00a000000001"; /* X509_check_host knows no case */
	expect_refused(r, &plan, &options, "expected 01s00a000000001");
	options.name = NULL;
	plan.leaf = &foreign;
	expect_refused(r, &plan, &options, "signed by an unknown CA (Test CA)");
	tls_profile_unref(by_key);
	cert_free(&foreign);
	cert_free(&foreign_ca);
}

static void expect_alone_refused(
    struct rig *r, struct tls_profile *by_key, const struct cert_plan *cert_plan, const char *text)
{
	struct rig_client options = {.profile = by_key};
	struct cert leaf = cert_make(cert_plan);
	struct peer_plan plan = {.play = PEER_MQTT, .leaf = &leaf};

	expect_refused(r, &plan, &options, text);
	cert_free(&leaf);
}

static void tls_leaf_alone_meets_every_demand_of_a_chain(void **state)
{
	struct rig *r = *state;
	struct tls_profile *by_key = profile_of(r, cert_write_public_key(&r->ca));
	struct cert_plan good = {.cn = RIG_SERIAL, .issuer = &r->ca}, bad;

	bad = good;
	bad.not_before_s = -100;
	bad.not_after_s = -50;
	expect_alone_refused(r, by_key, &bad, "expired on");
	bad.not_before_s = 5000;
	bad.not_after_s = 10000;
	expect_alone_refused(r, by_key, &bad, "is the clock right?");
	bad = good;
	bad.san = "DNS:other.example";
	expect_alone_refused(r, by_key, &bad, "expected " RIG_SERIAL);
	bad = good;
	bad.usage = "clientAuth";
	expect_alone_refused(r, by_key, &bad, "certificate refused");
	bad = good;
	bad.rsa_bits = 1024;
	expect_alone_refused(r, by_key, &bad, "certificate refused");
	bad = good;
	bad.sha1 = true;
	expect_alone_refused(r, by_key, &bad, "certificate refused");
	tls_profile_unref(by_key);
}

static void tls_ca_file_covers_a_leaf_alone(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);

	plan.chain[0] = NULL;
	assert_true(expect_up(r, &plan, NULL).checked);
}

/* A broker's self-signed certificate in a CaFile is an anchor like any other. */
static void tls_ca_file_may_be_the_leaf_itself(void **state)
{
	struct rig *r = *state;
	struct cert self = cert_make(&(struct cert_plan){.cn = RIG_SERIAL});
	struct tls_profile *by_leaf = profile_of(r, cert_write(&self));
	struct rig_client options = {.profile = by_leaf};
	struct peer_plan plan = {.play = PEER_MQTT, .leaf = &self};

	assert_true(expect_up(r, &plan, &options).checked);
	tls_profile_unref(by_leaf);
	cert_free(&self);
}

#define WITH_RIG(fn) cmocka_unit_test_setup_teardown(fn, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_RIG(tls_other_serial_is_refused_with_both_names),
	    WITH_RIG(tls_serial_is_compared_with_case),
	    WITH_RIG(tls_control_bytes_of_a_common_name_are_escaped),
	    WITH_RIG(tls_san_of_another_name_is_refused),
	    WITH_RIG(tls_san_does_not_replace_the_common_name),
	    WITH_RIG(tls_self_signed_is_refused),
	    WITH_RIG(tls_expired_is_refused_with_its_date),
	    WITH_RIG(tls_not_yet_valid_asks_for_the_clock),
	    WITH_RIG(tls_unknown_ca_is_refused_by_name),
	    WITH_RIG(tls_ca_of_the_right_name_and_another_key_is_refused),
	    WITH_RIG(tls_leaf_signed_by_another_printers_leaf_is_refused),
	    WITH_RIG(tls_older_than_1_2_is_refused),
	    WITH_RIG(tls_server_hello_of_1_1_is_refused),
	    WITH_RIG(tls_refuses_what_is_not_tls),
	    WITH_RIG(tls_1_2_is_good_enough),
	    WITH_RIG(tls_version_1_leaf_is_taken),
	    WITH_RIG(tls_chain_is_trusted_by_the_key_of_its_ca),
	    WITH_RIG(tls_intermediate_anchor_needs_no_root),
	    WITH_RIG(tls_leaf_alone_is_checked_by_an_anchor_key),
	    WITH_RIG(tls_leaf_alone_meets_every_demand_of_a_chain),
	    WITH_RIG(tls_ca_file_covers_a_leaf_alone),
	    WITH_RIG(tls_ca_file_may_be_the_leaf_itself),
	};
	return cmocka_run_group_tests_name("tls", tests, NULL, NULL);
}
