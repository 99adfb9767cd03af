/* SPDX-License-Identifier: MIT */
/* Who is let in and who is refused, seen from a broker that counts every byte it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/io/printer_anchors.h"
#include "tests/unit/io/rig.h"

static bool peer_alone(void *arg)
{
	return peer_accepted(arg) == 1 && peer_open(arg) == 0;
}

static void pin_text(const struct cert *c, char ret[static 65])
{
	uint8_t pin[32];

	cert_pin(c, pin);
	for (size_t i = 0; i < 32; i++) {
		snprintf(ret + 2 * i, 3, "%02x", pin[i]);
	}
}

static void expect_end(
    struct rig *r, struct peer *p, const struct rig_client *options, const char *text)
{
	struct seen s;

	seen_create(&s, r, options);
	assert_int_equal(mqtt_open(s.client, "127.0.0.1", peer_port(p)), 0);
	rig_until(r, &s.downs, 1);
	if (s.why != MQTT_DOWN_TLS || strstr(s.text, text) == NULL) {
		print_error("down %s: %s\n", mqtt_down_word(s.why), s.text);
	}
	assert_int_equal(s.why, MQTT_DOWN_TLS);
	assert_non_null(strstr(s.text, text));
	assert_int_equal(s.ups, 0);
	assert_false(s.peer.checked);
	rig_until_true(r, peer_alone, p);
	seen_finish(&s);
}

/* Before there is TLS at all. */
static void expect_down(struct rig *r, const struct peer_plan *plan, const char *text)
{
	struct peer *p = peer_start(plan);

	expect_end(r, p, NULL, text);
	peer_stop(p);
}

/* The peer must not learn a byte of MQTT, and the reason must hold the words. */
static void expect_refused(
    struct rig *r, const struct peer_plan *plan, const struct rig_client *options, const char *text)
{
	struct peer *p = peer_start(plan);

	expect_end(r, p, options, text);
	assert_int_equal(peer_app_bytes(p), 0);
	peer_stop(p);
}

static struct tls_peer expect_up(
    struct rig *r, const struct peer_plan *plan, const struct rig_client *options)
{
	struct peer *p = peer_start(plan);
	struct tls_peer seen_peer;
	char pin[65];
	struct seen s;

	seen_create(&s, r, options);
	assert_int_equal(mqtt_open(s.client, "127.0.0.1", peer_port(p)), 0);
	while (s.ups == 0) {
		if (s.downs > 0) {
			print_error("down %s: %s\n", mqtt_down_word(s.why), s.text);
		}
		assert_int_equal(s.downs, 0);
		loop_turn(r->loop, true);
	}
	assert_string_equal(peer_password(p), RIG_CODE);
	pin_text(plan->leaf, pin);
	assert_string_equal(s.peer.seen_pin, pin);
	seen_peer = s.peer;
	seen_finish(&s);
	peer_stop(p);
	return seen_peer;
}

static struct tls_profile *profile_of(struct rig *r, char *path)
{
	struct tls_profile *profile = NULL;
	const char *reason = NULL;

	assert_int_equal(tls_profile_get(r->store, path, &profile, &reason), 0);
	unlink(path);
	free(path);
	return profile;
}

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

	expect_down(*state, &plan, "older than 1.2");
}

static void tls_refuses_what_is_not_tls(void **state)
{
	static const uint8_t http[] = "HTTP/1.0 400 Bad Request\r\n\r\n";
	struct peer_plan plan = {
	    .play = PEER_RAW, .after_subscribe = http, .after_subscribe_len = sizeof(http) - 1};

	expect_down(*state, &plan, "peer does not speak TLS");
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
	struct cert_plan v1 = {.cn = RIG_SERIAL, .issuer = &r->ca, .v1 = true, .rsa = true};
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

static void tls_printer_anchors_alone_refuse_a_test_ca(void **state)
{
	struct rig *r = *state;
	struct tls_profile *built_in = NULL;
	const char *reason = NULL;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct rig_client options = {0};

	assert_int_equal(tls_profile_get(r->store, NULL, &built_in, &reason), 0);
	options.profile = built_in;
	expect_refused(r, &plan, &options, "signed by an unknown CA (Test CA)");
	tls_profile_unref(built_in);
}

static void tls_pin_looks_at_the_key_and_nothing_else(void **state)
{
	struct rig *r = *state;
	struct cert self = cert_make(
	    &(struct cert_plan){.cn = "whatever", .not_before_s = -100, .not_after_s = -50});
	struct peer_plan plan = {.play = PEER_MQTT, .leaf = &self};
	struct peer *p = peer_start(&plan);
	struct rig_client options = {.verify = TLS_VERIFY_PIN};
	char text[65];
	struct seen s;

	seen_create(&s, r, &options);
	cert_pin(&self, s.peer.pin);
	assert_int_equal(mqtt_open(s.client, "127.0.0.1", peer_port(p)), 0);
	rig_until(r, &s.ups, 1);
	assert_true(s.peer.checked);
	seen_finish(&s);
	peer_stop(p);
	pin_text(&self, text); /* the refusal shows what could be trusted instead */
	expect_refused(r, &plan, &options, text);
	cert_free(&self);
}

static void tls_insecure_takes_anybody_and_says_whom(void **state)
{
	struct rig *r = *state;
	struct cert self = cert_make(&(struct cert_plan){.cn = "whatever"});
	struct peer_plan plan = {.play = PEER_MQTT, .leaf = &self};
	struct rig_client options = {.verify = TLS_VERIFY_INSECURE};
	struct tls_peer peer = expect_up(r, &plan, &options);

	assert_false(peer.checked);
	assert_false(peer.refused);
	plan.tls_max = TLS1_1_VERSION;
	expect_refused(r, &plan, &options, "older than 1.2");
	cert_free(&self);
}

static void tls_no_expected_name_is_refused(void **state)
{
	struct rig *r = *state;
	struct peer_plan plan = rig_plan(r, PEER_MQTT);
	struct rig_client nameless = {.name = ""};

	expect_refused(r, &plan, &nameless, "no serial to expect");
}

static void tls_public_checks_system_cas_and_host_name(void **state)
{
	struct rig *r = *state;
	struct cert leaf = cert_make(
	    &(struct cert_plan){.cn = "broker", .san = "DNS:mqtt.example", .issuer = &r->ca});
	char *ca_file = cert_write(&r->ca);
	struct tls_profile *public = NULL;
	const char *reason = NULL;
	struct peer_plan plan = {.play = PEER_MQTT, .leaf = &leaf, .chain = {&r->ca}};
	struct rig_client options = {.verify = TLS_VERIFY_PUBLIC, .name = "mqtt.example"};

	setenv("SSL_CERT_FILE", ca_file, 1); /* OpenSSL's own way to name the system's file */
	assert_int_equal(tls_profile_get_public(r->store, &public, &reason), 0);
	unsetenv("SSL_CERT_FILE");
	options.profile = public;
	assert_true(expect_up(r, &plan, &options).checked);
	options.name = "other.example";
	expect_refused(r, &plan, &options, "certificate is for broker, expected other.example");
	options.name = "mqtt.example";
	options.profile = r->profile; /* printers' anchors are nothing to the public check */
	expect_refused(r, &plan, &options, "unknown CA");
	tls_profile_unref(public);
	unlink(ca_file);
	free(ca_file);
	cert_free(&leaf);
}

static void tls_profiles_of_one_ca_file_share_a_context(void **state)
{
	struct rig *r = *state;
	char *path = cert_write(&r->ca), *key_path;
	struct tls_profile *a = NULL, *b = NULL, *c = NULL;
	const char *reason = NULL;
	FILE *f;

	assert_int_equal(tls_profile_get(r->store, path, &a, &reason), 0);
	assert_int_equal(tls_profile_get(r->store, path, &b, &reason), 0);
	assert_ptr_equal(tls_profile_ctx(a), tls_profile_ctx(b));
	f = fopen(path, "a"); /* changed on disk: read anew */
	fputs("\n", f);
	fclose(f);
	assert_int_equal(tls_profile_get(r->store, path, &c, &reason), 0);
	assert_ptr_not_equal(tls_profile_ctx(a), tls_profile_ctx(c));
	tls_profile_unref(a);
	tls_profile_unref(b);
	tls_profile_unref(c);
	unlink(path);
	a = NULL;
	assert_int_equal(tls_profile_get(r->store, path, &a, &reason), -ENOENT);
	assert_string_equal(reason, "No such file or directory");
	key_path = cert_write_key(&r->ca);
	assert_int_equal(tls_profile_get(r->store, key_path, &a, &reason), -EINVAL);
	assert_non_null(strstr(reason, "neither"));
	assert_null(a);
	unlink(key_path);
	free(key_path);
	free(path);
}

static void tls_built_in_anchors_are_the_published_six(void **state)
{
	static const char *const published[] = {
	    "f0a5b73b682dbcfa12ba76cd1bbbf69c0739bd38000a77d24eb292f58d816785",
	    "1dbde4681e34f2bc5b43667b76e99a9d31d2908f32fb28a29d359d2c7a9f7d72",
	    "fb3e35bc545f9b05fb3d0575bf1e35897b036badd124222d2cb2834c9c026420",
	    "5987cbd63aec6e48d233b5153ee73e96ceb113337fb12d96346eb203f1ddf7c5",
	    "d5d9d771a3b5a5ac0d1fcf5662fd503c9453ae8483e6dad5a11647fbe53dee82",
	    "a3be7bacc3214dd47b1a316484d629a5b0c7e77a3df31592ceed39dc77e25987",
	};

	assert_int_equal(printer_anchors_count, sizeof(published) / sizeof(published[0]));
	for (size_t i = 0; i < printer_anchors_count; i++) {
		BIO *bio = BIO_new_mem_buf(printer_anchors[i], -1);
		struct cert c = {.key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL)};
		char text[65];

		assert_non_null(c.key);
		pin_text(&c, text);
		assert_string_equal(text, published[i]);
		cert_free(&c);
		BIO_free(bio);
	}
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
	    WITH_RIG(tls_ca_file_covers_a_leaf_alone),
	    WITH_RIG(tls_ca_file_may_be_the_leaf_itself),
	    WITH_RIG(tls_printer_anchors_alone_refuse_a_test_ca),
	    WITH_RIG(tls_pin_looks_at_the_key_and_nothing_else),
	    WITH_RIG(tls_insecure_takes_anybody_and_says_whom),
	    WITH_RIG(tls_no_expected_name_is_refused),
	    WITH_RIG(tls_public_checks_system_cas_and_host_name),
	    WITH_RIG(tls_profiles_of_one_ca_file_share_a_context),
	    cmocka_unit_test(tls_built_in_anchors_are_the_published_six),
	};
	return cmocka_run_group_tests_name("tls", tests, NULL, NULL);
}
