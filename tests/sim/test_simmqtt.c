/* SPDX-License-Identifier: MIT */
/* The simulator's MQTT codec: what it takes, what it refuses, what it writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "common/util.h"
#include "tests/sim/bytes.h"
#include "tests/sim/mqtt.h"

#define CAP 1024

/* A whole CONNECT: clean session, user, password, keepalive 30, client id "c". */
static const uint8_t good_connect[] = {0x10, 0x19, 0, 4, 'M', 'Q', 'T', 'T', 4, 0xc2, 0, 30, 0, 1,
    'c', 0, 4, 'b', 'b', 'l', 'p', 0, 4, '1', '2', '3', '4'};

static int peek(const void *data, size_t len, struct mqtt_packet *p)
{
	return mqtt_peek(data, len, CAP, p);
}

static void connect_gives_user_code_and_keepalive(void **state)
{
	struct mqtt_packet p;
	struct mqtt_connect c;

	assert_int_equal(peek(good_connect, sizeof(good_connect), &p), 0);
	assert_int_equal(p.type, MQTT_CONNECT);
	assert_int_equal(p.total, sizeof(good_connect));
	assert_int_equal(mqtt_read_connect(&p, &c), 0);
	assert_int_equal(c.level, 4);
	assert_true(c.clean_session && c.has_user && c.has_password && !c.has_will);
	assert_int_equal(c.keepalive_s, 30);
	assert_int_equal(c.user.len, 4);
	assert_memory_equal(c.user.data, "bblp", 4);
	assert_memory_equal(c.password.data, "1234", 4);
}

static void every_cut_of_a_packet_asks_for_more(void **state)
{
	struct mqtt_packet p;

	for (size_t len = 0; len < sizeof(good_connect); len++) {
		assert_int_equal(peek(good_connect, len, &p), -EAGAIN);
	}
}

static void connect_with_changed_byte_is_refused(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} bad[] = {
	    {4, 'm'},	/* protocol name */
	    {9, 0xc3},	/* reserved flag */
	    {9, 0x42},	/* password without user */
	    {9, 0xca},	/* will QoS without will */
	    {9, 0x82},	/* bytes left over */
	    {13, 200},	/* client id beyond the end */
	    {22, 0x20}, /* password beyond the end */
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint8_t copy[sizeof(good_connect)];
		struct mqtt_packet p;
		struct mqtt_connect c;

		memcpy(copy, good_connect, sizeof(copy));
		copy[bad[i].at] = bad[i].value;
		assert_int_equal(peek(copy, sizeof(copy), &p), 0);
		assert_int_equal(mqtt_read_connect(&p, &c), -EPROTO);
	}
}

static void connect_of_another_level_is_told_apart(void **state)
{
	uint8_t copy[sizeof(good_connect)];
	struct mqtt_packet p;
	struct mqtt_connect c;

	memcpy(copy, good_connect, sizeof(copy));
	copy[8] = 5;
	assert_int_equal(peek(copy, sizeof(copy), &p), 0);
	assert_int_equal(mqtt_read_connect(&p, &c), 0);
	assert_int_equal(c.level, 5);
}

static void wrong_flags_types_and_lengths_are_protocol_errors(void **state)
{
	static const uint8_t bad[][6] = {
	    {0x00, 0},			       /* type 0 */
	    {0xf0, 0},			       /* type 15 */
	    {0x20, 2, 0, 0},		       /* a client sends no CONNACK */
	    {0x80, 2, 0, 1},		       /* SUBSCRIBE flags must be 2 */
	    {0xc1, 0},			       /* PINGREQ flags must be 0 */
	    {0x30, 0xff, 0xff, 0xff, 0xff, 1}, /* fifth length byte */
	};
	struct mqtt_packet p;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(peek(bad[i], sizeof(bad[i]), &p), -EPROTO);
	}
	assert_int_equal(peek("\x30\xff\xff\xff\x7f", 5, &p), -EMSGSIZE);
}

static void publish_round_trips_with_both_qos(void **state)
{
	char payload[700];

	memset(payload, 'x', sizeof(payload));
	for (uint8_t qos = 0; qos < 2; qos++) {
		struct bytes out = {0};
		struct mqtt_packet p;
		struct mqtt_publish m;

		mqtt_put_publish(&out, "device/S/report", payload, sizeof(payload), qos, 77);
		assert_int_equal(peek(bytes_head(&out), out.len, &p), 0);
		assert_int_equal(p.total, out.len);
		assert_int_equal(mqtt_read_publish(&p, &m), 0);
		assert_int_equal(m.qos, qos);
		assert_int_equal(m.packet_id, qos ? 77 : 0);
		assert_int_equal(m.topic.len, 15);
		assert_int_equal(m.payload.len, sizeof(payload));
		assert_memory_equal(m.payload.data, payload, sizeof(payload));
		bytes_finish(&out);
	}
}

static void publish_with_wildcard_qos3_or_id0_is_refused(void **state)
{
	static const char *const bad[] = {
	    "\x30\x05\x00\x03"
	    "a/#",
	    "\x36\x05\x00\x01"
	    "a\x00\x01",
	    "\x32\x05\x00\x01"
	    "a\x00\x00",
	    "\x30\x05\x00\x09"
	    "abc",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct mqtt_packet p;
		struct mqtt_publish m;

		assert_int_equal(peek(bad[i], 7, &p), 0);
		assert_int_equal(mqtt_read_publish(&p, &m), -EPROTO);
	}
}

static void subscribe_lists_each_filter_with_its_qos(void **state)
{
	static const uint8_t two[] = {
	    0x82, 11, 0, 9, 0, 1, '#', 0, 0, 2, 'a', 'b', 1}; /* ids 9; "#"/0 and "ab"/1 */
	struct mqtt_packet p;
	struct mqtt_span filter;
	size_t pos = 0;
	uint16_t id;
	uint8_t qos;

	assert_int_equal(peek(two, sizeof(two), &p), 0);
	assert_int_equal(mqtt_next_filter(&p, &pos, &id, &filter, &qos), 1);
	assert_int_equal(id, 9);
	assert_int_equal(filter.len, 1);
	assert_int_equal(qos, 0);
	assert_int_equal(mqtt_next_filter(&p, &pos, &id, &filter, &qos), 1);
	assert_memory_equal(filter.data, "ab", 2);
	assert_int_equal(qos, 1);
	assert_int_equal(mqtt_next_filter(&p, &pos, &id, &filter, &qos), 0);
}

static void subscribe_without_filter_or_with_qos3_is_refused(void **state)
{
	static const uint8_t none[] = {0x82, 2, 0, 1};
	static const uint8_t qos3[] = {0x82, 6, 0, 1, 0, 1, 'a', 3};
	struct mqtt_packet p;
	struct mqtt_span filter;
	size_t pos = 0;
	uint16_t id;
	uint8_t qos;

	assert_int_equal(peek(none, sizeof(none), &p), 0);
	assert_int_equal(mqtt_next_filter(&p, &pos, &id, &filter, &qos), -EPROTO);
	assert_int_equal(peek(qos3, sizeof(qos3), &p), 0);
	assert_int_equal(mqtt_next_filter(&p, &pos, &id, &filter, &qos), -EPROTO);
}

static void filters_match_as_the_standard_says(void **state)
{
	assert_true(mqtt_filter_matches("#", "device/S/report"));
	assert_true(mqtt_filter_matches("device/S/report", "device/S/report"));
	assert_true(mqtt_filter_matches("device/+/report", "device/S/report"));
	assert_true(mqtt_filter_matches("device/S/#", "device/S"));
	assert_true(mqtt_filter_matches("device/S/+", "device/S/report"));
	assert_false(mqtt_filter_matches("device/s/report", "device/S/report"));
	assert_false(mqtt_filter_matches("device/+", "device/S/report"));
	assert_false(mqtt_filter_matches("device/S/report/x", "device/S/report"));
	assert_false(mqtt_filter_matches("device/S", "device/S/report"));
	assert_true(mqtt_filter_ok("device/+/#"));
	assert_false(mqtt_filter_ok("device/#/report"));
	assert_false(mqtt_filter_ok("device/a#"));
	assert_false(mqtt_filter_ok("device/a+/b"));
	assert_false(mqtt_filter_ok(""));
}

static void answers_have_the_bytes_of_the_standard(void **state)
{
	static const uint8_t want[] = {
	    0x20, 2, 0, 5, 0x90, 4, 0, 9, 1, 0x80, 0x40, 2, 1, 2, 0xd0, 0};
	static const uint8_t codes[] = {1, MQTT_SUBACK_FAILURE};
	struct bytes out = {0};

	mqtt_put_connack(&out, false, MQTT_NOT_AUTHORIZED);
	mqtt_put_suback(&out, 9, codes, 2);
	mqtt_put_ack(&out, MQTT_PUBACK, 0x0102);
	mqtt_put_pingresp(&out);
	assert_int_equal(out.len, sizeof(want));
	assert_memory_equal(bytes_head(&out), want, sizeof(want));
	bytes_consume(&out, 4);
	assert_int_equal(*bytes_head(&out), 0x90);
	bytes_consume(&out, out.len);
	assert_null(out.data);
}

static void publish_head_can_announce_the_longest_packet(void **state)
{
	struct bytes out = {0};

	mqtt_put_publish_head(&out, "t", MQTT_MAX_REMAINING - 3, 0, 0);
	assert_memory_equal(bytes_head(&out), "\x30\xff\xff\xff\x7f\x00\x01t", 8);
	bytes_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(connect_gives_user_code_and_keepalive),
	    cmocka_unit_test(every_cut_of_a_packet_asks_for_more),
	    cmocka_unit_test(connect_with_changed_byte_is_refused),
	    cmocka_unit_test(connect_of_another_level_is_told_apart),
	    cmocka_unit_test(wrong_flags_types_and_lengths_are_protocol_errors),
	    cmocka_unit_test(publish_round_trips_with_both_qos),
	    cmocka_unit_test(publish_with_wildcard_qos3_or_id0_is_refused),
	    cmocka_unit_test(subscribe_lists_each_filter_with_its_qos),
	    cmocka_unit_test(subscribe_without_filter_or_with_qos3_is_refused),
	    cmocka_unit_test(filters_match_as_the_standard_says),
	    cmocka_unit_test(answers_have_the_bytes_of_the_standard),
	    cmocka_unit_test(publish_head_can_announce_the_longest_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
