/* SPDX-License-Identifier: MIT */
/* When a camera connects, and what it makes of what happens then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/secret.h"
#include "tests/unit/camera/pictures.h"
#include "tests/unit/camera/rig.h"

/* ---- a connection ---- */

static void camera_connects_says_its_code_and_streams(void **state)
{
	struct rig *r = *state;
	struct camera_view v;

	rig_expect(r, CAMERA_PHASE_OFF, ERR_NONE);
	rig_begin(r);
	rig_expect(r, CAMERA_PHASE_CONNECTING, ERR_NONE);
	assert_string_equal(fake_streams.address, "192.0.2.7");
	assert_string_equal(fake_streams.name, RIG_SERIAL);
	assert_int_equal(fake_streams.port, 6000);
	assert_int_equal(fake_streams.written_len, 0);
	fake_up();
	assert_int_equal(fake_streams.written_len, 80);
	assert_memory_equal(fake_streams.written + 48, "12345678", 8);
	rig_expect(r, CAMERA_PHASE_CONNECTING, ERR_NONE);
	rig_picture();
	rig_expect(r, CAMERA_PHASE_STREAMING, ERR_NONE);
	rig_pass(r, 500);
	rig_picture();
	v = rig_look(r);
	assert_int_equal(v.width, 1280);
	assert_int_equal(v.height, 720);
	assert_int_equal(v.frames, 2);
	assert_int_equal(v.bytes, 2 * 516);
	assert_int_equal(v.frame_mono_ms, r->now_ms);
	assert_true(v.rate_hz > 1.9 && v.rate_hz < 2.1);
	assert_int_equal(r->frames, 2);
	assert_int_equal(v.reconnects, 0);
	assert_int_equal(r->losses, 0);
}

static void port_of_the_configuration_is_dialled(void **state)
{
	struct rig *r = *state;

	r->target.port = 6001;
	rig_begin(r);
	assert_int_equal(fake_streams.port, 6001);
}

static void latest_is_given_by_its_age(void **state)
{
	struct rig *r = *state;
	struct frame *f;

	assert_null(camera_latest(r->camera, -1));
	rig_stream(r);
	rig_pass(r, 3000);
	assert_null(camera_latest(r->camera, 2999));
	f = camera_latest(r->camera, 3000);
	assert_non_null(f);
	assert_int_equal(f->refs, 2);
	frame_unref(f);
	f = camera_latest(r->camera, -1);
	camera_destroy(TAKE(r->camera));
	assert_int_equal(f->refs, 1); /* outlives the camera */
	frame_unref(f);
}

/* ---- what goes wrong ---- */

static void stall_closes_waits_and_redials(void **state)
{
	struct rig *r = *state;

	rig_stream(r);
	rig_pass(r, 9900);
	rig_expect(r, CAMERA_PHASE_STREAMING, ERR_NONE);
	rig_pass(r, 100);
	rig_expect(r, CAMERA_PHASE_STALLED, ERR_TIMEOUT);
	rig_expect_why(r, "no picture for 10 s");
	assert_int_equal(fake_streams.open, 0);
	assert_int_equal(r->losses, 1);
	assert_true(rig_until_dial(r, 2200) >= 2000);
	rig_expect(r, CAMERA_PHASE_STALLED, ERR_TIMEOUT); /* a verdict stays */
	fake_up();
	rig_picture();
	rig_expect(r, CAMERA_PHASE_STREAMING, ERR_NONE);
	assert_int_equal(r->losses, 1);
	assert_int_equal(r->recoveries, 1);
	assert_int_equal(rig_look(r).reconnects, 1);
}

static void stall_in_the_middle_of_a_picture_is_one(void **state)
{
	_cleanup_free_ uint8_t *message = NULL;
	size_t len = picture_message(&message, 500, 8, 8);
	struct rig *r = *state;

	rig_stream(r);
	for (size_t i = 0; i < 100; i++) {
		fake_data(message + i, 1); /* a drip is no picture */
		rig_pass(r, 100);
	}
	assert_true(len > 100);
	rig_expect(r, CAMERA_PHASE_STALLED, ERR_TIMEOUT);
	rig_until_dial(r, 2200);
	fake_up();
	rig_picture(); /* nothing of the old connection is left over */
	rig_expect(r, CAMERA_PHASE_STREAMING, ERR_NONE);
}

static void second_viewer_starves_and_is_told_so(void **state)
{
	struct rig *r = *state;

	rig_begin(r);
	fake_up();
	rig_pass(r, 10000);
	rig_expect(r, CAMERA_PHASE_ERROR, ERR_CAMERA_BUSY);
	rig_expect_why(r, "another program");
	assert_int_equal(r->losses, 0); /* it never ran */
}

static void end_without_a_byte_says_both_when_nothing_is_known(void **state)
{
	struct rig *r = *state;

	rig_begin(r);
	fake_up();
	fake_down(STREAM_DOWN_EOF, "the other end closed the connection");
	rig_expect(r, CAMERA_PHASE_ERROR, ERR_CAMERA_REFUSED);
	rig_expect_why(r, "access code is wrong");
	rig_expect_why(r, "another program");
	assert_true(rig_until_dial(r, 360200) >= 300000);
}

static void end_without_a_byte_is_busy_where_the_code_works_elsewhere(void **state)
{
	struct rig *r = *state;

	r->target.code_works = true;
	rig_begin(r);
	fake_up();
	fake_down(STREAM_DOWN_BROKEN, "the connection broke: Connection reset by peer");
	rig_expect(r, CAMERA_PHASE_ERROR, ERR_CAMERA_BUSY);
	rig_expect_why(r, "switched off at the printer");
	assert_true(rig_until_dial(r, 2200) >= 2000);
}

static void end_without_a_byte_after_pictures_is_our_own_old_place(void **state)
{
	struct rig *r = *state;

	rig_stream(r);
	fake_down(STREAM_DOWN_BROKEN, "the connection broke: Connection reset by peer");
	rig_expect(r, CAMERA_PHASE_ERROR, ERR_PRINTER_OFFLINE);
	rig_until_dial(r, 2200);
	fake_up();
	fake_down(STREAM_DOWN_EOF, "the other end closed the connection");
	rig_expect(r, CAMERA_PHASE_ERROR, ERR_CAMERA_BUSY);
	rig_expect_why(r, "still keeps our last connection");
	assert_int_equal(r->losses, 1); /* once, until it is back */
}

static void refused_code_is_tried_again_when_the_broker_takes_it(void **state)
{
	struct rig *r = *state;

	rig_begin(r);
	fake_up();
	fake_down(STREAM_DOWN_EOF, "the other end closed the connection");
	rig_expect(r, CAMERA_PHASE_ERROR, ERR_CAMERA_REFUSED);
	r->target.code_works = true;
	rig_begin(r);
	assert_true(rig_until_dial(r, 2200) <= 2100);
}

static void refused_certificate_sends_nothing_and_waits_minutes(void **state)
{
	struct rig *r = *state;

	rig_begin(r);
	fake_down(STREAM_DOWN_TLS, "certificate is for another");
	assert_int_equal(fake_streams.written_len, 0);
	rig_expect(r, CAMERA_PHASE_ERROR, ERR_TLS_REFUSED);
	rig_expect_why(r, "certificate is for another");
	assert_true(rig_until_dial(r, 360200) >= 300000);
}

static void unreachable_camera_is_tried_from_2_s_to_a_minute_apart(void **state)
{
	struct rig *r = *state;
	int64_t longest_ms = 0;

	rig_begin(r);
	for (unsigned i = 0; i < 40; i++) {
		int64_t ms;

		fake_down(STREAM_DOWN_REFUSED_PORT, "connection refused");
		rig_expect(r, CAMERA_PHASE_ERROR, ERR_PRINTER_OFFLINE);
		ms = rig_until_dial(r, 60200);
		assert_true(ms >= 2000);
		longest_ms = ms > longest_ms ? ms : longest_ms;
	}
	assert_true(longest_ms > 20000);
	fake_up(); /* a moment proves nothing: the delays go on */
	rig_picture();
	fake_down(STREAM_DOWN_EOF, "end");
	longest_ms = 0;
	for (unsigned i = 0; i < 8; i++) {
		int64_t ms = rig_until_dial(r, 60200);

		longest_ms = ms > longest_ms ? ms : longest_ms;
		fake_down(STREAM_DOWN_REFUSED_PORT, "connection refused");
	}
	assert_true(longest_ms > 4000);
}

static void stream_that_stood_30_s_begins_its_delays_anew(void **state)
{
	struct rig *r = *state;

	rig_begin(r);
	for (unsigned i = 0; i < 12; i++) {
		fake_down(STREAM_DOWN_REFUSED_PORT, "connection refused");
		rig_until_dial(r, 60200);
	}
	fake_up();
	for (unsigned i = 0; i < 31; i++) {
		rig_picture();
		rig_pass(r, 1000);
	}
	fake_down(STREAM_DOWN_EOF, "end");
	assert_true(rig_until_dial(r, 2200) >= 2000);
}

static void impossible_header_ends_the_connection(void **state)
{
	static const uint32_t sizes[] = {0, UINT32_MAX};
	struct rig *r = *state;

	rig_begin(r);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint8_t header[16];

		fake_up();
		picture_header(header, sizes[i]);
		fake_data(header, sizeof(header));
		rig_expect(r, CAMERA_PHASE_ERROR, ERR_TRANSFER_FAILED);
		assert_int_equal(fake_streams.open, 0);
		rig_until_dial(r, 4200);
	}
}

/* ---- what is wished ---- */

static void off_hold_and_no_camera_stay_away_and_say_why(void **state)
{
	struct rig *r = *state;

	r->target.wish = CAMERA_WISH_OFF;
	rig_begin(r);
	rig_expect(r, CAMERA_PHASE_OFF, ERR_CAMERA_OFF);
	r->target.wish = CAMERA_WISH_ALWAYS;
	r->target.protocol = CAMERA_PROTOCOL_NONE;
	rig_begin(r);
	rig_expect(r, CAMERA_PHASE_OFF, ERR_UNSUPPORTED);
	r->target.protocol = CAMERA_PROTOCOL_RTSPS;
	rig_begin(r);
	rig_expect(r, CAMERA_PHASE_ERROR, ERR_UNSUPPORTED);
	rig_expect_why(r, "not installed");
	r->target.protocol = CAMERA_PROTOCOL_JPEG;
	r->target.address = NULL;
	rig_begin(r);
	rig_expect(r, CAMERA_PHASE_ERROR, ERR_PRINTER_OFFLINE);
	r->target.address = "192.0.2.7";
	r->target.code = NULL;
	rig_begin(r);
	rig_expect(r, CAMERA_PHASE_ERROR, ERR_CAMERA_REFUSED);
	assert_int_equal(fake_streams.opened, 0);
	r->target.code = r->code;
	rig_begin(r);
	rig_expect(r, CAMERA_PHASE_CONNECTING, ERR_NONE);
	assert_int_equal(fake_streams.opened, 1);
}

static void hold_closes_and_its_end_redials_after_2_s(void **state)
{
	struct rig *r = *state;

	rig_stream(r);
	r->target.hold = "the printer prepares a job";
	r->target.hold_error = ERR_BUSY;
	rig_begin(r);
	rig_expect(r, CAMERA_PHASE_OFF, ERR_BUSY);
	rig_expect_why(r, "prepares");
	assert_int_equal(fake_streams.open, 0);
	rig_pass(r, 60000);
	assert_int_equal(fake_streams.opened, 1);
	assert_int_equal(r->losses, 0); /* nothing was lost: it was asked for */
	r->target.hold = NULL;
	rig_begin(r);
	assert_int_equal(fake_streams.opened, 2);
	rig_begin(r);
	r->target.hold = "again";
	rig_begin(r);
	r->target.hold = NULL;
	rig_begin(r);
	rig_expect(r, CAMERA_PHASE_CONNECTING, ERR_NONE);
	assert_int_equal(fake_streams.opened, 2);
	assert_true(rig_until_dial(r, 2200) >= 2000);
}

static void stream_that_runs_survives_a_new_address_and_code(void **state)
{
	struct rig *r = *state;
	_cleanup_secret_ struct secret *other = secret_create("87654321", 8);

	rig_stream(r);
	r->target.address = "192.0.2.8";
	r->target.code = other;
	rig_begin(r);
	assert_int_equal(fake_streams.opened, 1);
	rig_expect(r, CAMERA_PHASE_STREAMING, ERR_NONE);
	fake_down(STREAM_DOWN_EOF, "end");
	rig_until_dial(r, 2200);
	assert_string_equal(fake_streams.address, "192.0.2.8");
	fake_up();
	assert_memory_equal(fake_streams.written + 48, "87654321", 8);
	fake_down(STREAM_DOWN_EOF, "end"); /* of the new code nothing is known */
	rig_expect(r, CAMERA_PHASE_ERROR, ERR_CAMERA_REFUSED);
}

static void camera_that_fails_takes_a_new_address_at_once(void **state)
{
	struct rig *r = *state;

	rig_begin(r);
	fake_down(STREAM_DOWN_TLS, "certificate is for another");
	r->target.address = "192.0.2.8";
	rig_begin(r);
	rig_expect(r, CAMERA_PHASE_CONNECTING, ERR_NONE);
	assert_true(rig_until_dial(r, 2200) <= 2100);
	assert_string_equal(fake_streams.address, "192.0.2.8");
}

static void other_trust_ends_a_stream_that_runs(void **state)
{
	static const uint8_t pin[32] = {1};
	struct rig *r = *state;

	rig_stream(r);
	rig_begin(r);
	assert_int_equal(fake_streams.opened, 1);
	r->target.verify = TLS_VERIFY_PIN;
	r->target.pin = pin;
	rig_begin(r);
	rig_expect(r, CAMERA_PHASE_CONNECTING, ERR_NONE);
	rig_until_dial(r, 2200);
	rig_begin(r);
	assert_int_equal(fake_streams.opened, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(camera_connects_says_its_code_and_streams),
	    TEST(port_of_the_configuration_is_dialled),
	    TEST(latest_is_given_by_its_age),
	    TEST(stall_closes_waits_and_redials),
	    TEST(stall_in_the_middle_of_a_picture_is_one),
	    TEST(second_viewer_starves_and_is_told_so),
	    TEST(end_without_a_byte_says_both_when_nothing_is_known),
	    TEST(end_without_a_byte_is_busy_where_the_code_works_elsewhere),
	    TEST(end_without_a_byte_after_pictures_is_our_own_old_place),
	    TEST(refused_code_is_tried_again_when_the_broker_takes_it),
	    TEST(refused_certificate_sends_nothing_and_waits_minutes),
	    TEST(unreachable_camera_is_tried_from_2_s_to_a_minute_apart),
	    TEST(stream_that_stood_30_s_begins_its_delays_anew),
	    TEST(impossible_header_ends_the_connection),
	    TEST(off_hold_and_no_camera_stay_away_and_say_why),
	    TEST(hold_closes_and_its_end_redials_after_2_s),
	    TEST(stream_that_runs_survives_a_new_address_and_code),
	    TEST(camera_that_fails_takes_a_new_address_at_once),
	    TEST(other_trust_ends_a_stream_that_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
