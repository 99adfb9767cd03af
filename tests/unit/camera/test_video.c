/* SPDX-License-Identifier: MIT */
/* What goes to a decoder and comes back, when it is replaced, and how many there may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/video.h"
#include "daemon/camera/video.h"
#include "daemon/camera/video_pool.h"
#include "tests/unit/camera/fake_spawner.h"
#include "tests/unit/camera/pictures.h"
#include "tests/unit/camera/rig.h"

#define AT_REST (VIDEO_POOL_MB / VIDEO_REST_MB)
#define BIG (1024 * 1024)

struct owner {
	struct video *video;
	unsigned frames, fails;
	enum err_type error;
	char why[200];
	bool leaves; /* at its first picture */
};

static struct rig *rig;
static struct video_pool *pool;

static void on_frame(void *arg, struct frame *f)
{
	struct owner *o = arg;

	o->frames++;
	frame_unref(f);
	if (o->leaves) {
		video_destroy(TAKE(o->video));
	}
}

static void on_failed(void *arg, enum err_type error, const char *why)
{
	struct owner *o = arg;

	o->fails++;
	o->error = error;
	str_copy(o->why, sizeof(o->why), why);
}

static int setup(void **state)
{
	int rc = rig_setup(state);

	rig = *state;
	pool = video_pool_create(NULL);
	fake_helpers_reset();
	return rc;
}

static int teardown(void **state)
{
	assert_int_equal(fake_helpers_running(), 0);
	video_pool_destroy(pool);
	fake_helpers_reset();
	return rig_teardown(state);
}

static void owner_begin(struct owner *o)
{
	struct video_handler handler = {.frame = on_frame, .failed = on_failed, .arg = o};

	o->video = video_create(rig->loop, pool, &handler);
}

static void take(struct owner *o, const char *unit, bool key, bool alone)
{
	video_take(o->video, (const uint8_t *)unit, strlen(unit), key, alone);
	rig_pass(rig, 0);
}

/* What the helper gets next is this unit with these flags, and no more. */
static void expect_unit(unsigned which, const char *unit, uint8_t flags)
{
	uint8_t got[64];
	size_t len = fake_helper_read(which, got, sizeof(got));

	assert_int_equal(len, VIDEO_HEAD_BYTES + strlen(unit));
	assert_int_equal(got[0], strlen(unit));
	assert_int_equal(got[4], flags);
	assert_memory_equal(got + VIDEO_HEAD_BYTES, unit, strlen(unit));
}

static void expect_nothing(unsigned which)
{
	uint8_t byte;

	assert_int_equal(fake_helper_read(which, &byte, 1), 0);
}

static void answer(unsigned which)
{
	_cleanup_free_ uint8_t *message = NULL;
	size_t len = picture_message(&message, 100, 640, 480);

	fake_helper_write(which, message, len);
	rig_pass(rig, 0);
}

/* ---- one ---- */

static void units_go_and_pictures_come(void **state)
{
	struct owner o = {0};

	owner_begin(&o);
	take(&o, "delta", false, false);
	assert_int_equal(fake_helpers.started, 0); /* nothing to build on */
	take(&o, "key", true, true);
	expect_unit(0, "key", VIDEO_ALONE);
	answer(0);
	assert_int_equal(o.frames, 1);
	take(&o, "key", true, false);
	expect_unit(0, "key", 0);
	take(&o, "delta", false, false);
	expect_unit(0, "delta", 0);
	answer(0);
	rig_pass(rig, 20000); /* answered: nothing is due */
	assert_int_equal(o.frames, 2);
	assert_int_equal(o.fails, 0);
	video_destroy(o.video);
}

static void key_without_a_picture_in_10_s_ends_the_decoder(void **state)
{
	struct owner o = {0};

	owner_begin(&o);
	take(&o, "key", true, true);
	for (unsigned i = 0; i < 9; i++) {
		rig_pass(rig, 1000);
		take(&o, "key", true, true);
	}
	assert_int_equal(o.fails, 0);
	rig_pass(rig, 1000);
	assert_int_equal(o.fails, 1);
	assert_int_equal(o.error, ERR_INTERNAL);
	assert_int_equal(fake_helpers_running(), 0);
	take(&o, "key", true, true);
	assert_int_equal(fake_helpers.started, 1); /* not at once */
	rig_pass(rig, 2000);
	take(&o, "key", true, true);
	assert_int_equal(fake_helpers.started, 2);
	expect_unit(1, "key", VIDEO_ALONE);
	video_destroy(o.video);
}

static void decoder_that_always_ends_is_started_ever_later(void **state)
{
	struct owner o = {0};
	int64_t begun_ms = rig->now_ms;

	owner_begin(&o);
	while (rig->now_ms - begun_ms < 600000) {
		unsigned before = fake_helpers.started;

		take(&o, "key", true, true);
		if (fake_helpers.started > before) {
			fake_helper_close(before);
		}
		rig_pass(rig, 1000);
	}
	assert_in_range(fake_helpers.started, 10, 40);
	assert_int_equal(o.fails, fake_helpers.started);
	video_destroy(o.video);
}

static void answer_out_of_step_ends_the_decoder(void **state)
{
	static const uint8_t noise[16] = {0xff, 0xff, 0xff, 0xff};
	struct owner o = {0};

	owner_begin(&o);
	take(&o, "key", true, true);
	fake_helper_write(0, noise, sizeof(noise));
	rig_pass(rig, 0);
	assert_int_equal(o.fails, 1);
	assert_non_null(strstr(o.why, "out of step"));
	assert_int_equal(fake_helpers_running(), 0);
	video_destroy(o.video);
}

static void what_cannot_be_started_is_said(void **state)
{
	struct owner o = {0};

	fake_helpers.refuse = true;
	owner_begin(&o);
	take(&o, "key", true, true);
	assert_int_equal(o.fails, 1);
	assert_non_null(strstr(o.why, "cannot be started"));
	video_destroy(o.video);
}

static void it_may_be_destroyed_with_its_picture(void **state)
{
	struct owner o = {.leaves = true};

	owner_begin(&o);
	take(&o, "key", true, true);
	answer(0);
	assert_int_equal(o.frames, 1);
	assert_null(o.video);
}

/* The socket takes some, 4 MiB wait, the rest up to the next key is dropped. */
static void decoder_that_is_behind_misses_all_up_to_the_next_key(void **state)
{
	_cleanup_free_ uint8_t *big = xcalloc(1, BIG);
	struct owner o = {0};
	size_t sent = 0, len;

	owner_begin(&o);
	for (unsigned i = 0; i < 12; i++) {
		video_take(o.video, big, BIG, true, false);
		rig_pass(rig, 0);
	}
	while ((len = fake_helper_read(0, big, BIG)) > 0) {
		sent += len;
		rig_pass(rig, 0);
	}
	assert_in_range(sent, 3 * (VIDEO_HEAD_BYTES + BIG), 5 * (VIDEO_HEAD_BYTES + BIG));
	assert_int_equal(sent % (VIDEO_HEAD_BYTES + BIG), 0); /* whole units */
	take(&o, "delta", false, false);
	expect_nothing(0);
	take(&o, "key", true, false);
	expect_unit(0, "key", 0);
	take(&o, "delta", false, false);
	expect_unit(0, "delta", 0);
	video_destroy(o.video);
}

/* ---- many ---- */

static void start_at_rest(struct owner *o, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		o[i] = (struct owner){0};
		owner_begin(&o[i]);
		take(&o[i], "key", true, true);
	}
}

static void finish(struct owner *o, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		video_destroy(o[i].video);
	}
}

static void one_too_many_is_told_and_comes_when_one_goes(void **state)
{
	struct owner o[AT_REST + 1];

	start_at_rest(o, AT_REST + 1);
	assert_int_equal(fake_helpers.started, AT_REST);
	assert_int_equal(o[AT_REST].fails, 1);
	assert_int_equal(o[AT_REST].error, ERR_OVERFLOW);
	assert_non_null(strstr(o[AT_REST].why, "no decoder is free"));
	video_destroy(TAKE(o[0].video));
	for (unsigned i = 0; i < 60 && fake_helpers.started == AT_REST; i++) {
		rig_pass(rig, 1000);
		take(&o[AT_REST], "key", true, true);
	}
	assert_int_equal(fake_helpers.started, AT_REST + 1);
	finish(o + 1, AT_REST);
}

static void one_that_is_looked_at_takes_the_place_of_one_at_rest(void **state)
{
	struct owner o[AT_REST + 1];
	unsigned last = AT_REST;

	start_at_rest(o, AT_REST + 1);
	assert_int_equal(o[last].fails, 1);
	take(&o[last], "key", true, false); /* without the delay */
	assert_int_equal(fake_helpers.started, AT_REST + 1);
	assert_int_equal(fake_helpers_running(), AT_REST);
	assert_int_equal(o[0].fails, 1);
	assert_int_equal(o[0].error, ERR_OVERFLOW);
	finish(o, AT_REST + 1);
}

static void without_room_for_all_pictures_keys_are_taken(void **state)
{
	struct owner o[AT_REST];
	uint8_t drop[64];

	start_at_rest(o, AT_REST);
	fake_helper_read(0, drop, sizeof(drop));
	take(&o[0], "key", true, false);
	expect_unit(0, "key", VIDEO_ALONE);
	take(&o[0], "delta", false, false);
	expect_nothing(0);
	finish(o + 1, 2); /* 64 MB more */
	take(&o[0], "key", true, false);
	expect_unit(0, "key", 0);
	take(&o[0], "delta", false, false);
	expect_unit(0, "delta", 0);
	video_destroy(o[0].video);
	finish(o + 3, AT_REST - 3);
}

static void those_looked_at_are_not_driven_out(void **state)
{
	struct owner o[11];

	for (unsigned i = 0; i < 11; i++) {
		o[i] = (struct owner){0};
		owner_begin(&o[i]);
		take(&o[i], "key", true, false);
	}
	assert_int_equal(fake_helpers_running(), 10);
	assert_int_equal(o[10].error, ERR_OVERFLOW);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(o[i].fails, 0);
	}
	finish(o, 11);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(units_go_and_pictures_come),
	    TEST(key_without_a_picture_in_10_s_ends_the_decoder),
	    TEST(decoder_that_always_ends_is_started_ever_later),
	    TEST(answer_out_of_step_ends_the_decoder),
	    TEST(what_cannot_be_started_is_said),
	    TEST(it_may_be_destroyed_with_its_picture),
	    TEST(decoder_that_is_behind_misses_all_up_to_the_next_key),
	    TEST(one_too_many_is_told_and_comes_when_one_goes),
	    TEST(one_that_is_looked_at_takes_the_place_of_one_at_rest),
	    TEST(without_room_for_all_pictures_keys_are_taken),
	    TEST(those_looked_at_are_not_driven_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
