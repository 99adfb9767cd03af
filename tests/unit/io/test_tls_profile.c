/* SPDX-License-Identifier: MIT */
/* Where trust comes from: built-in anchors, files, pins, the system, or nowhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/io/printer_anchors.h"
#include "tests/unit/io/tls_expect.h"

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
	assert_int_equal(tls_profile_get_public(r->store, NULL, &public, &reason), 0);
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

static void tls_public_takes_a_ca_file_beside_the_system(void **state)
{
	struct rig *r = *state;
	struct cert leaf =
	    cert_make(&(struct cert_plan){.cn = "broker", .san = "IP:192.0.2.7", .issuer = &r->ca});
	char *ca_file = cert_write(&r->ca);
	struct tls_profile *public = NULL, *again = NULL;
	const char *reason = NULL;
	struct peer_plan plan = {.play = PEER_MQTT, .leaf = &leaf, .chain = {&r->ca}};
	struct rig_client options = {.verify = TLS_VERIFY_PUBLIC, .name = "192.0.2.7"};

	assert_int_equal(tls_profile_get_public(r->store, ca_file, &public, &reason), 0);
	assert_int_equal(tls_profile_get_public(r->store, ca_file, &again, &reason), 0);
	assert_ptr_equal(public, again);
	options.profile = public;
	assert_true(expect_up(r, &plan, &options).checked);
	options.name = "192.0.2.8";
	expect_refused(r, &plan, &options, "certificate is for broker, expected 192.0.2.8");
	tls_profile_unref(public);
	tls_profile_unref(again);
	assert_int_equal(
	    tls_profile_get_public(r->store, "/nonexistent", &public, &reason), -ENOENT);
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
	    WITH_RIG(tls_printer_anchors_alone_refuse_a_test_ca),
	    WITH_RIG(tls_pin_looks_at_the_key_and_nothing_else),
	    WITH_RIG(tls_insecure_takes_anybody_and_says_whom),
	    WITH_RIG(tls_no_expected_name_is_refused),
	    WITH_RIG(tls_public_checks_system_cas_and_host_name),
	    WITH_RIG(tls_public_takes_a_ca_file_beside_the_system),
	    WITH_RIG(tls_profiles_of_one_ca_file_share_a_context),
	    cmocka_unit_test(tls_built_in_anchors_are_the_published_six),
	};
	return cmocka_run_group_tests_name("tls_profile", tests, NULL, NULL);
}
