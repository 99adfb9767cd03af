/* SPDX-License-Identifier: MIT */
/* Pictures out of RTP packets: how they are cut, and what a loss leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/util.h"
#include "daemon/camera/rtp.h"

enum { MARK = 1, TYPE = 96 };

struct rig {
	struct rtp_h264 rtp;
	uint16_t sequence;
	unsigned units, keys;
	uint8_t last[256];
	size_t last_len, longest;
};

static void on_unit(void *arg, const uint8_t *data, size_t len, bool key)
{
	struct rig *r = arg;

	r->units++;
	r->keys += key;
	r->last_len = len;
	r->longest = len > r->longest ? len : r->longest;
	memcpy(r->last, data, len < sizeof(r->last) ? len : sizeof(r->last));
}

static int setup(void **state)
{
	struct rig *r = xcalloc(1, sizeof(*r));

	rtp_h264_init(&r->rtp, TYPE);
	r->rtp.unit = on_unit;
	r->rtp.arg = r;
	r->sequence = 65534; /* so that it goes round */
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct rig *r = *state;

	rtp_h264_finish(&r->rtp);
	free(r);
	return 0;
}

static void send_bytes(struct rig *r, bool mark, const void *payload, size_t len)
{
	_cleanup_free_ uint8_t *p = xcalloc(1, 12 + len);

	p[0] = 0x80;
	p[1] = (uint8_t)(TYPE | (mark ? 0x80 : 0));
	p[2] = (uint8_t)(r->sequence >> 8);
	p[3] = (uint8_t)r->sequence++;
	memcpy(p + 12, payload, len);
	rtp_h264_take(&r->rtp, p, 12 + len);
}

#define SEND(r, mark, ...) \
	send_bytes((r), (mark), (uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}))

#define EXPECT_LAST(r, ...)                                               \
	do {                                                              \
		const uint8_t wanted_[] = {__VA_ARGS__};                  \
		assert_int_equal((r)->last_len, sizeof(wanted_));         \
		assert_memory_equal((r)->last, wanted_, sizeof(wanted_)); \
	} while (0)

static void single_units_of_a_picture_come_together(void **state)
{
	struct rig *r = *state;

	SEND(r, 0, 0x67, 1);
	SEND(r, 0, 0x68, 2);
	SEND(r, MARK, 0x65, 0x88);
	EXPECT_LAST(r, 0, 0, 0, 1, 0x67, 1, 0, 0, 0, 1, 0x68, 2, 0, 0, 0, 1, 0x65, 0x88);
	assert_int_equal(r->keys, 1);
	SEND(r, MARK, 0x41, 0x9a);
	EXPECT_LAST(r, 0, 0, 0, 1, 0x41, 0x9a);
	assert_int_equal(r->units, 2);
}

static void many_in_one_packet_are_taken_apart(void **state)
{
	struct rig *r = *state;

	SEND(r, MARK, 0x78, 0, 2, 0x67, 1, 0, 1, 0x68, 0, 2, 0x65, 0x88);
	EXPECT_LAST(r, 0, 0, 0, 1, 0x67, 1, 0, 0, 0, 1, 0x68, 0, 0, 0, 1, 0x65, 0x88);
}

static void fragments_are_put_together(void **state)
{
	struct rig *r = *state;

	SEND(r, 0, 0x7c, 0x85, 0x88, 1);
	SEND(r, 0, 0x7c, 0x05, 2, 3);
	SEND(r, MARK, 0x7c, 0x45, 4);
	EXPECT_LAST(r, 0, 0, 0, 1, 0x65, 0x88, 1, 2, 3, 4);
	assert_int_equal(r->keys, 1);
}

static void key_without_parameters_gets_those_of_the_description(void **state)
{
	struct rig *r = *state;

	rtp_h264_set_parameters(&r->rtp, (const uint8_t[]){0, 0, 0, 1, 0x67}, 5);
	SEND(r, MARK, 0x65, 0x88);
	EXPECT_LAST(r, 0, 0, 0, 1, 0x67, 0, 0, 0, 1, 0x65, 0x88);
	SEND(r, MARK, 0x41, 0x80);
	EXPECT_LAST(r, 0, 0, 0, 1, 0x41, 0x80);
}

static void picture_without_marker_ends_where_the_next_begins(void **state)
{
	struct rig *r = *state;

	SEND(r, 0, 0x65, 0x88);
	SEND(r, 0, 0x65, 0x08); /* its second slice */
	assert_int_equal(r->units, 0);
	SEND(r, 0, 0x41, 0x9a);
	EXPECT_LAST(r, 0, 0, 0, 1, 0x65, 0x88, 0, 0, 0, 1, 0x65, 0x08);
	SEND(r, 0, 0x67, 1);
	EXPECT_LAST(r, 0, 0, 0, 1, 0x41, 0x9a);
}

static void nothing_is_given_before_a_key(void **state)
{
	struct rig *r = *state;

	SEND(r, MARK, 0x41, 0x9a);
	assert_int_equal(r->units, 0);
	assert_int_equal(r->rtp.dropped, 1);
	SEND(r, MARK, 0x65, 0x88);
	SEND(r, MARK, 0x41, 0x9a);
	assert_int_equal(r->units, 2);
}

static void loss_drops_everything_up_to_the_next_key(void **state)
{
	struct rig *r = *state;

	SEND(r, MARK, 0x65, 0x88);
	r->sequence++;
	SEND(r, MARK, 0x41, 0x9a);
	SEND(r, MARK, 0x41, 0x9b);
	assert_int_equal(r->units, 1);
	SEND(r, MARK, 0x65, 0x88);
	SEND(r, MARK, 0x41, 0x9a);
	assert_int_equal(r->units, 3);
}

static void fragment_without_beginning_or_end_is_no_picture(void **state)
{
	struct rig *r = *state;

	SEND(r, MARK, 0x7c, 0x45, 4);
	SEND(r, MARK, 0x7c, 0x85, 0x88);
	SEND(r, 0, 0x7c, 0x85, 0x88);
	assert_int_equal(r->units, 0);
	SEND(r, MARK, 0x65, 0x88, 1);
	assert_int_equal(r->units, 1);
	EXPECT_LAST(r, 0, 0, 0, 1, 0x65, 0x88, 1);
}

static void picture_beyond_the_limit_is_dropped_and_memory_bounded(void **state)
{
	struct rig *r = *state;
	_cleanup_free_ uint8_t *chunk = xcalloc(1, 60000);

	chunk[0] = 0x7c;
	chunk[1] = 0x85;
	for (int i = 0; i < 200; i++) {
		send_bytes(r, false, chunk, 60000);
		chunk[1] = 0x05;
	}
	assert_true(r->rtp.size <= RTP_UNIT_MAX);
	SEND(r, MARK, 0x7c, 0x45, 1);
	assert_int_equal(r->units, 0);
	SEND(r, MARK, 0x65, 0x88);
	assert_int_equal(r->units, 1);
}

static void header_extension_sources_and_padding_are_skipped(void **state)
{
	struct rig *r = *state;
	static const uint8_t packet[] = {0xb1, 0x80 | TYPE, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 9, 9, 9,
	    9, 0, 0, 0, 1, 7, 7, 7, 7, 0x65, 0x88, 0, 2};

	rtp_h264_take(&r->rtp, packet, sizeof(packet));
	EXPECT_LAST(r, 0, 0, 0, 1, 0x65, 0x88);
}

static void packets_of_others_and_crooked_ones_are_left(void **state)
{
	struct rig *r = *state;
	static const uint8_t other[] = {0x80, 0x80 | 97, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x65, 0x88};
	static const uint8_t version[] = {0, 0x80 | TYPE, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x65, 8};
	static const uint8_t padded[] = {
	    0xa0, 0x80 | TYPE, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x65, 255};

	rtp_h264_take(&r->rtp, other, sizeof(other));
	rtp_h264_take(&r->rtp, version, sizeof(version));
	for (size_t len = 0; len <= sizeof(padded); len++) {
		rtp_h264_take(&r->rtp, padded, len);
	}
	assert_int_equal(r->units, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(single_units_of_a_picture_come_together),
	    TEST(many_in_one_packet_are_taken_apart),
	    TEST(fragments_are_put_together),
	    TEST(key_without_parameters_gets_those_of_the_description),
	    TEST(picture_without_marker_ends_where_the_next_begins),
	    TEST(nothing_is_given_before_a_key),
	    TEST(loss_drops_everything_up_to_the_next_key),
	    TEST(fragment_without_beginning_or_end_is_no_picture),
	    TEST(picture_beyond_the_limit_is_dropped_and_memory_bounded),
	    TEST(header_extension_sources_and_padding_are_skipped),
	    TEST(packets_of_others_and_crooked_ones_are_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
