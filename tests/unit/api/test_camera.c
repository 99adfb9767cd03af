/* SPDX-License-Identifier: MIT */
/* camera.*: what is said of a camera, pictures that are waited for, and streams to quick, slow and
 * stopped viewers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/api/camera_call.h"
#include "tests/unit/api/fake_camera.h"
#include "tests/unit/api/rig.h"

#define P0 "{\"printer\":\"p0\"}"
#define LARGE (400 * 1024) /* more than a socket holds */

static struct rig rig;
static struct client client;

static int setup(void **state)
{
	rig_start(&rig, 2);
	client_dial(&rig, &client);
	return 0;
}

static int teardown(void **state)
{
	client_hang_up(&client);
	rig_stop(&rig);
	assert_int_equal(fake_camera_viewers(), 0);
	fake_camera_reset(NULL);
	return 0;
}

static void ask(struct client *c, const char *method, const char *params)
{
	_cleanup_free_ char *line = xasprintf(
	    "{\"id\":%d,\"method\":\"%s\",\"params\":%s}\n", ++c->next_id, method, params);

	client_say(&rig, c, line);
	rig_turn(&rig, 3);
}

static void expect(struct client *c, const char *path, const char *text)
{
	_cleanup_json_ json_object *line = client_line(&rig, c);

	assert_non_null(line);
	assert_string_equal(at(line, path), text);
}

/* ---- camera.status ---- */

static void status_tells_phase_reason_and_picture(void **state)
{
	_cleanup_json_ json_object *before = NULL, *after = NULL;

	fake_camera_phase(CAMERA_PHASE_ERROR, ERR_CAMERA_REFUSED, "the code is wrong");
	before = client_result(&rig, &client, "camera.status", P0);
	assert_string_equal(at(before, "kind"), "jpeg");
	assert_string_equal(at(before, "state"), "error");
	assert_string_equal(at(before, "why"), "the code is wrong");
	assert_string_equal(at(before, "error"), "camera_refused");
	assert_string_equal(at(before, "frame_age_ms"), "null");
	assert_string_equal(at(before, "width"), "null");
	fake_camera_phase(CAMERA_PHASE_STREAMING, ERR_NONE, NULL);
	fake_camera_frame(10);
	rig_pass(&rig, 250);
	after = client_result(&rig, &client, "camera.status", P0);
	assert_string_equal(at(after, "state"), "streaming");
	assert_string_equal(at(after, "why"), "null");
	assert_string_equal(at(after, "frame_age_ms"), "250");
	assert_string_equal(at(after, "width"), "640");
	assert_string_equal(at(after, "frames"), "1");
	assert_string_equal(at(after, "viewers"), "0");
}

static void status_of_several_lists_those_without_a_camera_too(void **state)
{
	_cleanup_json_ json_object *all =
	    client_result(&rig, &client, "camera.status", "{\"printer\":\"*\"}");

	assert_string_equal(at(all, "results.0.state"), "idle");
	assert_string_equal(at(all, "results.1.state"), "off");
	assert_string_equal(at(all, "results.1.error"), "camera_off");
}

static void status_of_nobody_in_particular_lists_all(void **state)
{
	_cleanup_json_ json_object *all = client_result(&rig, &client, "camera.status", "{}");

	assert_string_equal(at(all, "results.0.state"), "idle");
	assert_string_equal(at(all, "results.1.state"), "off");
}

/* ---- camera.snapshot ---- */

static void snapshot_is_the_newest_picture_at_once(void **state)
{
	_cleanup_json_ json_object *got = NULL;

	fake_camera_frame(3);
	fake_camera_frame(4);
	rig_pass(&rig, 70);
	got = client_result(&rig, &client, "camera.snapshot", P0);
	assert_string_equal(at(got, "jpeg"), "AgICAg==");
	assert_string_equal(at(got, "age_ms"), "70");
	assert_string_equal(at(got, "frame"), "2");
	assert_string_equal(at(got, "size"), "4");
	assert_string_equal(at(got, "height"), "480");
	assert_int_equal(fake_camera_refs(), 1);
}

static void snapshot_waits_for_a_picture_that_is_new_enough(void **state)
{
	fake_camera_frame(3);
	rig_pass(&rig, 3000);
	ask(&client, "camera.snapshot", "{\"printer\":\"p0\",\"max_age_ms\":2000}");
	assert_int_equal(fake_camera_viewers(), 1);
	assert_null(client_line(&rig, &client));
	fake_camera_frame(3);
	expect(&client, "result.jpeg", "AgIC");
	assert_int_equal(fake_camera_viewers(), 0);
	assert_int_equal(fake_camera_refs(), 1);
}

static void snapshot_gives_up_after_fifteen_seconds(void **state)
{
	fake_camera_phase(CAMERA_PHASE_CONNECTING, ERR_NONE, NULL);
	ask(&client, "camera.snapshot", P0);
	rig_pass(&rig, 14999);
	assert_int_equal(fake_camera_viewers(), 1);
	rig_pass(&rig, 1);
	expect(&client, "error.data.type", "timeout");
	assert_int_equal(fake_camera_viewers(), 0);
}

static void snapshot_names_what_keeps_the_picture_from_coming(void **state)
{
	static const enum err_type types[] = {ERR_CAMERA_OFF, ERR_CAMERA_REFUSED, ERR_CAMERA_BUSY,
	    ERR_LIVEVIEW_DISABLED, ERR_TLS_REFUSED, ERR_PRINTER_OFFLINE};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		ask(&client, "camera.snapshot", P0);
		fake_camera_end(types[i], "no");
		expect(&client, "error.data.type", err_name(types[i]));
		/* What is tried again ends nobody: it is what the end of patience says. */
		fake_camera_phase(CAMERA_PHASE_ERROR, types[i], "no");
		ask(&client, "camera.snapshot", P0);
		assert_null(client_line(&rig, &client));
		rig_pass(&rig, CAMERA_PATIENCE_MS);
		expect(&client, "error.data.type", err_name(types[i]));
	}
	client_refused(&rig, &client, "camera.snapshot", "{\"printer\":\"p1\"}", ERR_CAMERA_OFF);
}

static void snapshot_is_forgotten_when_the_client_leaves(void **state)
{
	ask(&client, "camera.snapshot", P0);
	assert_int_equal(fake_camera_viewers(), 1);
	client_hang_up(&client);
	rig_turn(&rig, 4);
	assert_int_equal(fake_camera_viewers(), 0);
	assert_int_equal(rig.server->snapshots, 0);
}

static void only_so_many_snapshots_wait(void **state)
{
	struct client second;

	for (int i = 0; i < 64; i++) {
		ask(&client, "camera.snapshot", P0);
	}
	client_dial(&rig, &second);
	client_refused(&rig, &second, "camera.snapshot", P0, ERR_OVERFLOW);
	client_hang_up(&second);
	fake_camera_frame(3);
	for (int i = 0; i < 64; i++) {
		expect(&client, "result.jpeg", "AQEB");
	}
	assert_int_equal(rig.server->snapshots, 0);
}

/* ---- camera.stream ---- */

/* Reads what there is, as often as something comes. */
static void drain(struct client *c)
{
	for (int idle = 0; idle < 3;) {
		ssize_t n;

		if (c->cap - c->len < LARGE) {
			c->cap = c->cap * 2 + LARGE;
			c->buf = xrealloc(c->buf, c->cap);
		}
		n = recv(c->fd, c->buf + c->len, c->cap - c->len, MSG_DONTWAIT);
		c->len += n > 0 ? (size_t)n : 0;
		idle = n > 0 ? 0 : idle + 1;
		rig_turn(&rig, 1);
	}
}

static void cut(struct client *c, size_t len)
{
	assert_true(len <= c->len);
	c->len -= len;
	memmove(c->buf, c->buf + len, c->len);
}

/* Takes the next whole part, checked to its last byte; number of its picture, 0 = none is there. */
static unsigned take_part(struct client *c, size_t expected_len)
{
	unsigned long long number = 0;
	unsigned long len = 0;
	char *end;

	drain(c);
	if (c->len == 0) {
		return 0;
	}
	end = memmem(c->buf, c->len, "\r\n\r\n", 4);
	assert_non_null(end);
	assert_int_equal(sscanf(c->buf,
			     "--bambud\r\nContent-Type: image/jpeg\r\nContent-Length: %lu\r\n"
			     "X-Frame: %llu\r\nX-Timestamp: %*d.%*d",
			     &len, &number),
	    2);
	assert_int_equal(len, expected_len);
	cut(c, (size_t)(end - c->buf) + 4);
	assert_true(c->len >= len + 2);
	for (size_t i = 0; i < len; i++) {
		assert_int_equal((unsigned char)c->buf[i], number & 255);
	}
	assert_memory_equal(c->buf + len, "\r\n", 2);
	cut(c, len + 2);
	return (unsigned)number;
}

static void begin(struct client *c, const char *params)
{
	ask(c, "camera.stream", params);
	expect(c, "result.upgrade", "multipart/x-mixed-replace; boundary=bambud");
	rig_turn(&rig, 3);
}

static void stream_begins_with_the_picture_at_hand_and_goes_on(void **state)
{
	fake_camera_frame(5);
	begin(&client, P0);
	assert_int_equal(take_part(&client, 5), 1);
	for (unsigned i = 2; i < 6; i++) {
		fake_camera_frame(i);
		assert_int_equal(take_part(&client, i), i);
	}
	assert_int_equal(fake_camera_viewers(), 1);
	client_hang_up(&client);
	rig_turn(&rig, 4);
	assert_int_equal(fake_camera_viewers(), 0);
	assert_int_equal(fake_camera_refs(), 1);
}

static void stream_waits_for_the_first_picture_or_its_error(void **state)
{
	ask(&client, "camera.stream", P0);
	assert_null(client_line(&rig, &client));
	fake_camera_end(ERR_CAMERA_BUSY, "another client has it");
	expect(&client, "error.data.type", "camera_busy");
	ask(&client, "camera.stream", P0);
	rig_pass(&rig, 15000);
	expect(&client, "error.data.type", "timeout");
	/* The connection is good for another call: nothing has become of it. */
	ask(&client, "camera.stream", P0);
	fake_camera_frame(9);
	rig_turn(&rig, 3);
	expect(&client, "result.upgrade", "multipart/x-mixed-replace; boundary=bambud");
	assert_int_equal(take_part(&client, 9), 1);
}

static void slow_viewer_skips_and_gets_the_newest_next(void **state)
{
	fake_camera_frame(LARGE);
	begin(&client, P0);
	for (int i = 0; i < 20; i++) {
		fake_camera_frame(LARGE);
		rig_turn(&rig, 2);
	}
	drain(&client);
	assert_int_equal(take_part(&client, LARGE), 1);
	assert_int_equal(take_part(&client, LARGE), 21);
	assert_int_equal(take_part(&client, LARGE), 0);
	assert_int_equal(fake_camera_refs(), 1);
}

static void stopped_viewer_costs_others_nothing_and_is_closed_at_last(void **state)
{
	struct client second;

	fake_camera_frame(LARGE);
	begin(&client, P0);
	client_dial(&rig, &second);
	begin(&second, P0);
	assert_int_equal(take_part(&second, LARGE), 1);
	for (unsigned i = 2; i < 30; i++) {
		rig_pass(&rig, 1000);
		fake_camera_frame(LARGE);
		drain(&second);
		assert_int_equal(take_part(&second, LARGE), i);
	}
	assert_int_equal(fake_camera_viewers(), 2);
	rig_pass(&rig, 3000);
	assert_int_equal(fake_camera_viewers(), 1);
	client_hang_up(&second);
	rig_turn(&rig, 4);
}

static void stream_is_no_faster_than_asked(void **state)
{
	unsigned got = 0;

	fake_camera_frame(5);
	begin(&client, "{\"printer\":\"p0\",\"max_hz\":2}");
	assert_int_equal(take_part(&client, 5), 1);
	for (int i = 0; i < 40; i++) {
		rig_pass(&rig, 100);
		fake_camera_frame(5);
		rig_turn(&rig, 2);
		got += take_part(&client, 5) > 0;
	}
	assert_in_range(got, 7, 8);
}

static void end_of_the_camera_comes_behind_a_whole_picture(void **state)
{
	fake_camera_frame(LARGE);
	begin(&client, P0);
	fake_camera_end(ERR_CAMERA_OFF, "switched off");
	assert_int_equal(fake_camera_viewers(), 0);
	rig_turn(&rig, 2);
	drain(&client);
	assert_int_equal(take_part(&client, LARGE), 1);
	assert_int_equal(client.buf[0], 0);
	cut(&client, 1);
	expect(&client, "error.data.type", "camera_off");
	assert_true(client_at_end(&rig, &client));
	assert_int_equal(fake_camera_refs(), 1);
}

static void stop_of_the_daemon_ends_a_stream(void **state)
{
	fake_camera_frame(5);
	begin(&client, P0);
	assert_int_equal(take_part(&client, 5), 1);
	server_pause(rig.server);
	rig_turn(&rig, 3);
	drain(&client);
	assert_int_equal(client.buf[0], 0);
	assert_int_equal(fake_camera_viewers(), 0);
	assert_true(server_settled(rig.server));
}

static void stream_wants_a_connection_of_its_own(void **state)
{
	fake_camera_frame(5);
	client_say(&rig, &client,
	    "{\"id\":1,\"method\":\"camera.stream\",\"params\":" P0
	    "}\n{\"id\":2,\"method\":\"daemon.ping\"}\n");
	expect(&client, "error.data.type", "invalid_request");
	expect(&client, "id", "2");
	assert_int_equal(fake_camera_viewers(), 0);
}

/* ---- camera.url ---- */

static void url_of_a_jpeg_camera_claims_no_standard(void **state)
{
	_cleanup_json_ json_object *got = client_result(&rig, &client, "camera.url", P0);

	assert_string_equal(at(got, "url"), "null");
	assert_string_equal(at(got, "address"), "192.0.2.7:6000");
	assert_non_null(strstr(at(got, "note"), "not RTSP"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(status_tells_phase_reason_and_picture),
	    TEST(status_of_several_lists_those_without_a_camera_too),
	    TEST(status_of_nobody_in_particular_lists_all),
	    TEST(snapshot_is_the_newest_picture_at_once),
	    TEST(snapshot_waits_for_a_picture_that_is_new_enough),
	    TEST(snapshot_gives_up_after_fifteen_seconds),
	    TEST(snapshot_names_what_keeps_the_picture_from_coming),
	    TEST(snapshot_is_forgotten_when_the_client_leaves),
	    TEST(only_so_many_snapshots_wait),
	    TEST(stream_begins_with_the_picture_at_hand_and_goes_on),
	    TEST(stream_waits_for_the_first_picture_or_its_error),
	    TEST(slow_viewer_skips_and_gets_the_newest_next),
	    TEST(stopped_viewer_costs_others_nothing_and_is_closed_at_last),
	    TEST(stream_is_no_faster_than_asked),
	    TEST(end_of_the_camera_comes_behind_a_whole_picture),
	    TEST(stop_of_the_daemon_ends_a_stream),
	    TEST(stream_wants_a_connection_of_its_own),
	    TEST(url_of_a_jpeg_camera_claims_no_standard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
