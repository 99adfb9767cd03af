/* SPDX-License-Identifier: MIT */
/* Who looks keeps a camera connected, gets its pictures, and is told when there will be none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/util.h"
#include "tests/unit/camera/rig.h"

struct viewer {
	struct camera_viewer base;
	struct camera *camera;
	unsigned frames, ends;
	enum err_type why;
	bool leaves; /* at its first picture */
	struct viewer *takes_along;
};

static void on_viewer_frame(struct camera_viewer *base, struct frame *f)
{
	struct viewer *v = container_of(base, struct viewer, base);

	v->frames++;
	if (v->leaves) {
		camera_remove_viewer(v->camera, base);
	}
	if (v->takes_along) {
		camera_remove_viewer(v->camera, &v->takes_along->base);
	}
}

static void on_viewer_ended(struct camera_viewer *base, const struct err *why)
{
	struct viewer *v = container_of(base, struct viewer, base);

	v->ends++;
	v->why = why->type;
}

static void viewer_add(struct rig *r, struct viewer *v)
{
	v->camera = r->camera;
	v->base.frame = on_viewer_frame;
	v->base.ended = on_viewer_ended;
	camera_add_viewer(r->camera, &v->base);
}

static void on_demand_comes_with_the_viewer_and_stays_30_s(void **state)
{
	struct rig *r = *state;
	struct viewer v = {0};

	r->target.wish = CAMERA_WISH_ON_DEMAND;
	rig_begin(r);
	rig_expect(r, CAMERA_PHASE_IDLE, ERR_NONE);
	assert_int_equal(fake_streams.opened, 0);
	viewer_add(r, &v);
	rig_expect(r, CAMERA_PHASE_CONNECTING, ERR_NONE);
	fake_up();
	rig_picture();
	assert_int_equal(v.frames, 1);
	assert_int_equal(rig_look(r).viewers, 1);
	camera_remove_viewer(r->camera, &v.base);
	camera_remove_viewer(r->camera, &v.base); /* once more is fine */
	assert_int_equal(rig_look(r).viewers, 0);
	for (unsigned i = 0; i < 29; i++) {
		rig_picture();
		rig_pass(r, 1000);
	}
	assert_int_equal(fake_streams.open, 1);
	assert_int_equal(v.frames, 1);
	rig_pass(r, 1100);
	rig_expect(r, CAMERA_PHASE_IDLE, ERR_NONE);
	assert_int_equal(fake_streams.open, 0);
	assert_int_equal(r->losses, 0);
	viewer_add(r, &v);
	assert_true(rig_until_dial(r, 2200) >= 900);
	camera_remove_viewer(r->camera, &v.base);
}

static void viewers_may_leave_and_take_others_along_at_a_picture(void **state)
{
	struct rig *r = *state;
	struct viewer first = {0}, second = {0}, third = {.leaves = true};

	first.takes_along = &second;
	rig_stream(r);
	viewer_add(r, &first);
	viewer_add(r, &second);
	viewer_add(r, &third);
	rig_picture();
	rig_picture();
	assert_int_equal(first.frames, 2);
	assert_int_equal(second.frames, 0);
	assert_int_equal(third.frames, 1);
	assert_int_equal(rig_look(r).viewers, 1);
	camera_remove_viewer(r->camera, &first.base);
}

static void viewer_of_a_camera_that_is_off_is_told_from_the_loop(void **state)
{
	struct rig *r = *state;
	struct viewer v = {0};

	r->target.wish = CAMERA_WISH_OFF;
	rig_begin(r);
	viewer_add(r, &v);
	assert_int_equal(v.ends, 0);
	rig_pass(r, 0);
	assert_int_equal(v.ends, 1);
	assert_int_equal(v.why, ERR_CAMERA_OFF);
	assert_int_equal(rig_look(r).viewers, 0);
}

static void refusal_ends_viewers_and_what_passes_does_not(void **state)
{
	struct rig *r = *state;
	struct viewer v = {0};

	rig_begin(r);
	viewer_add(r, &v);
	fake_down(STREAM_DOWN_REFUSED_PORT, "connection refused");
	rig_pass(r, 0);
	assert_int_equal(v.ends, 0);
	rig_until_dial(r, 2200);
	fake_down(STREAM_DOWN_TLS, "certificate is for another");
	rig_pass(r, 0);
	assert_int_equal(v.ends, 1);
	assert_int_equal(v.why, ERR_TLS_REFUSED);
}

static void viewer_that_stays_goes_through_a_hold(void **state)
{
	struct rig *r = *state;
	struct viewer stays = {.base.stays = true}, asks = {0};

	rig_stream(r);
	viewer_add(r, &stays);
	viewer_add(r, &asks);
	r->target.hold = "the printer prepares a job";
	r->target.hold_error = ERR_BUSY;
	rig_begin(r);
	rig_pass(r, 5000);
	assert_int_equal(asks.ends, 1);
	assert_int_equal(asks.why, ERR_BUSY);
	assert_int_equal(stays.ends, 0);
	r->target.hold = NULL;
	rig_begin(r);
	fake_up();
	rig_picture();
	assert_int_equal(stays.frames, 1);
	camera_remove_viewer(r->camera, &stays.base);
}

static void who_asks_does_not_wait_for_a_far_attempt(void **state)
{
	struct rig *r = *state;
	struct viewer v = {0};

	rig_begin(r);
	fake_down(STREAM_DOWN_TLS, "certificate is for another");
	rig_pass(r, 9000);
	viewer_add(r, &v); /* tried a moment ago: told what is known */
	rig_pass(r, 0);
	assert_int_equal(v.ends, 1);
	assert_int_equal(fake_streams.opened, 1);
	rig_pass(r, 1000);
	viewer_add(r, &v);
	assert_int_equal(fake_streams.opened, 2);
	rig_pass(r, 0);
	assert_int_equal(v.ends, 1);
	fake_up();
	rig_picture();
	assert_int_equal(v.frames, 1);
	camera_remove_viewer(r->camera, &v.base);
}

static void end_of_the_camera_is_told_to_every_viewer(void **state)
{
	struct rig *r = *state;
	struct viewer a = {0}, b = {.base.stays = true};

	rig_stream(r);
	viewer_add(r, &a);
	viewer_add(r, &b);
	camera_destroy(TAKE(r->camera));
	assert_int_equal(a.ends, 1);
	assert_int_equal(b.ends, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(on_demand_comes_with_the_viewer_and_stays_30_s),
	    TEST(viewers_may_leave_and_take_others_along_at_a_picture),
	    TEST(viewer_of_a_camera_that_is_off_is_told_from_the_loop),
	    TEST(refusal_ends_viewers_and_what_passes_does_not),
	    TEST(viewer_that_stays_goes_through_a_hold),
	    TEST(who_asks_does_not_wait_for_a_far_attempt),
	    TEST(end_of_the_camera_is_told_to_every_viewer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
