/* SPDX-License-Identifier: MIT */
/* A camera whose printer is the test, and time that passes as told. */
#include "tests/unit/camera/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/secret.h"
#include "daemon/io/loop.h"
#include "tests/unit/camera/pictures.h"

static int64_t now_of(void *arg)
{
	return ((struct rig *)arg)->now_ms;
}

static void on_changed(void *arg)
{
	((struct rig *)arg)->changes++;
}

static void on_frame(void *arg)
{
	((struct rig *)arg)->frames++;
}

static void on_lost(void *arg, const char *why)
{
	struct rig *r = arg;

	r->losses++;
	str_copy(r->why_lost, sizeof(r->why_lost), why);
}

static void on_recovered(void *arg)
{
	((struct rig *)arg)->recoveries++;
}

int rig_setup(void **state)
{
	struct rig *r = xcalloc(1, sizeof(*r));
	struct loop_clock clock = {.mono_ms = now_of, .wall_ms = now_of, .arg = r};
	struct camera_handler handler = {.changed = on_changed,
	    .frame = on_frame,
	    .lost = on_lost,
	    .recovered = on_recovered,
	    .arg = r};
	const char *reason;

	memset(&fake_streams, 0, sizeof(fake_streams));
	r->now_ms = 1000000;
	r->loop = loop_create(&clock);
	r->store = tls_store_create();
	assert_int_equal(tls_profile_get(r->store, NULL, &r->profile, &reason), 0);
	r->code = secret_create("12345678", 8);
	r->camera = camera_create(r->loop, &handler);
	r->target = (struct camera_target){.name = "rack",
	    .serial = RIG_SERIAL,
	    .address = "192.0.2.7",
	    .code = r->code,
	    .profile = r->profile,
	    .protocol = CAMERA_PROTOCOL_JPEG};
	*state = r;
	return 0;
}

int rig_teardown(void **state)
{
	struct rig *r = *state;

	camera_destroy(r->camera);
	assert_int_equal(fake_streams.open, 0);
	assert_true(fake_streams.open_max <= 1);
	secret_destroy(r->code);
	tls_profile_unref(r->profile);
	tls_store_destroy(r->store);
	loop_destroy(r->loop);
	free(r);
	return 0;
}

void rig_pass(struct rig *r, int64_t ms)
{
	int64_t end_ms = r->now_ms + ms;

	while (r->now_ms < end_ms) {
		r->now_ms += end_ms - r->now_ms < 100 ? end_ms - r->now_ms : 100;
		loop_turn(r->loop, false);
	}
	loop_turn(r->loop, false);
}

struct camera_view rig_look(const struct rig *r)
{
	struct camera_view v;

	camera_view(r->camera, &v);
	return v;
}

void rig_expect(const struct rig *r, enum camera_phase phase, enum err_type error)
{
	struct camera_view v = rig_look(r);

	assert_string_equal(camera_phase_word(v.phase), camera_phase_word(phase));
	assert_string_equal(err_name(v.error), err_name(error));
	assert_int_equal(v.error == ERR_NONE, v.why == NULL);
}

void rig_expect_why(const struct rig *r, const char *part)
{
	struct camera_view v = rig_look(r);

	assert_non_null(v.why);
	assert_non_null(strstr(v.why, part));
}

void rig_picture(void)
{
	_cleanup_free_ uint8_t *message = NULL;
	size_t len = picture_message(&message, 500, 1280, 720);

	fake_data(message, len);
}

void rig_begin(struct rig *r)
{
	camera_set(r->camera, &r->target);
}

void rig_stream(struct rig *r)
{
	rig_begin(r);
	fake_up();
	rig_picture();
	rig_expect(r, CAMERA_PHASE_STREAMING, ERR_NONE);
}

int64_t rig_until_dial(struct rig *r, int64_t max_ms)
{
	unsigned before = fake_streams.opened;
	int64_t begun_ms = r->now_ms;

	while (fake_streams.opened == before) {
		assert_true(r->now_ms - begun_ms <= max_ms);
		rig_pass(r, 100);
	}
	return r->now_ms - begun_ms;
}
