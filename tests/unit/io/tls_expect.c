/* SPDX-License-Identifier: MIT */
/* What the TLS tests expect of one connection, seen from a broker that counts every byte it is
 * told. */
#include "tests/unit/io/tls_expect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool peer_alone(void *arg)
{
	return peer_accepted(arg) == 1 && peer_open(arg) == 0;
}

void pin_text(const struct cert *c, char ret[static 65])
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

void expect_no_tls(struct rig *r, const struct peer_plan *plan, const char *text)
{
	struct peer *p = peer_start(plan);

	expect_end(r, p, NULL, text);
	peer_stop(p);
}

void expect_refused(
    struct rig *r, const struct peer_plan *plan, const struct rig_client *options, const char *text)
{
	struct peer *p = peer_start(plan);

	expect_end(r, p, options, text);
	assert_int_equal(peer_app_bytes(p), 0);
	peer_stop(p);
}

struct tls_peer expect_up(
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

struct tls_profile *profile_of(struct rig *r, char *path)
{
	struct tls_profile *profile = NULL;
	const char *reason = NULL;

	assert_int_equal(tls_profile_get(r->store, path, &profile, &reason), 0);
	unlink(path);
	free(path);
	return profile;
}
