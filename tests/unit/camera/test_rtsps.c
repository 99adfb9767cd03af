/* SPDX-License-Identifier: MIT */
/* A session of RTSP with a camera that is the test: logins, refusals, pictures, and its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "common/video.h"
#include "daemon/camera/video_pool.h"
#include "tests/unit/camera/fake_spawner.h"
#include "tests/unit/camera/pictures.h"
#include "tests/unit/camera/rig.h"

#define DIGEST "WWW-Authenticate: Digest realm=\"lab\", nonce=\"0a1b\"\r\n"
#define BASIC "WWW-Authenticate: Basic realm=\"lab\"\r\n"
#define SESSION "Session: 42;timeout=30\r\n"
#define SDP                                                                \
	"v=0\r\ns=x\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n" \
	"a=control:trackID=0\r\n"

static struct video_pool *pool;
static unsigned said; /* bytes of what the camera was told that were looked at */
static uint16_t sequence;

static int setup(void **state)
{
	int rc = rig_setup(state);
	struct rig *r = *state;

	pool = video_pool_create(NULL);
	fake_helpers_reset();
	r->target.protocol = CAMERA_PROTOCOL_RTSPS;
	r->target.videos = pool;
	said = 0;
	sequence = 0;
	return rc;
}

static int teardown(void **state)
{
	struct rig *r = *state;

	camera_destroy(TAKE(r->camera));
	video_pool_destroy(pool);
	fake_helpers_reset();
	return rig_teardown(state);
}

/* The next request; it stays until the next call. */
static const char *request(void)
{
	static char text[8192];
	size_t len = fake_streams.written_len - said;

	assert_true(len > 0 && len < sizeof(text));
	memcpy(text, fake_streams.written + said, len);
	text[len] = '\0';
	said += (unsigned)len;
	return text;
}

static void expect_request(const char *begin, const char *part)
{
	const char *text = request();

	if (strncmp(text, begin, strlen(begin)) != 0 || !strstr(text, part)) {
		fail_msg("%s", text);
	}
}

static unsigned last_cseq(void)
{
	const char *text = (const char *)fake_streams.written, *at = NULL;
	unsigned cseq = 0;

	for (const char *p = text; (p = strstr(p, "CSeq: ")) != NULL; p++) {
		at = p;
	}
	assert_non_null(at);
	assert_int_equal(sscanf(at, "CSeq: %u", &cseq), 1);
	return cseq;
}

static void reply(const char *status, const char *headers, const char *body)
{
	char text[2048];
	int len = snprintf(text, sizeof(text),
	    "RTSP/1.0 %s\r\nCSeq: %u\r\n%sContent-Length: %zu\r\n\r\n%s", status, last_cseq(),
	    headers, strlen(body), body);

	fake_data(text, (size_t)len);
}

static void dial(struct rig *r)
{
	rig_begin(r);
	said = 0;
	fake_up();
}

static void describe(struct rig *r)
{
	dial(r);
	expect_request("OPTIONS rtsps://192.0.2.7:322/streaming/live/1 RTSP/1.0\r\n", "CSeq: 1");
	reply("200 OK", "Public: DESCRIBE, GET_PARAMETER\r\n", "");
	expect_request("DESCRIBE ", "application/sdp");
}

static void play(struct rig *r)
{
	describe(r);
	reply("200 OK", "", SDP);
	expect_request("SETUP ", "/streaming/live/1/trackID=0 RTSP/1.0");
	reply("200 OK", SESSION "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n", "");
	expect_request("PLAY ", "Session: 42\r\n");
	reply("200 OK", SESSION, "");
	rig_expect(r, CAMERA_PHASE_CONNECTING, ERR_NONE);
}

/* One packet with one unit. */
static void packet(uint8_t channel, const uint8_t *unit, size_t len, bool mark)
{
	uint8_t p[512] = {'$', channel, (uint8_t)((12 + len) >> 8), (uint8_t)(12 + len), 0x80};

	p[5] = (uint8_t)(96 | (mark ? 0x80 : 0));
	p[6] = (uint8_t)(sequence >> 8);
	p[7] = (uint8_t)sequence++;
	memcpy(p + 16, unit, len);
	fake_data(p, 16 + len);
}

static void key(void)
{
	static const uint8_t sps[] = {0x67, 1, 2, 3}, pps[] = {0x68, 4}, idr[] = {0x65, 0x88, 5, 6};

	packet(0, sps, sizeof(sps), false);
	packet(0, pps, sizeof(pps), false);
	packet(0, idr, sizeof(idr), true);
}

static void delta(void)
{
	static const uint8_t slice[] = {0x41, 0x9a, 7};

	packet(0, slice, sizeof(slice), true);
}

/* The flags of the next unit the helper got; -1: none. */
static int helper_got(struct rig *r, unsigned which)
{
	uint8_t head[VIDEO_HEAD_BYTES], rest[512];

	rig_pass(r, 0);
	if (fake_helper_read(which, head, sizeof(head)) != sizeof(head)) {
		return -1;
	}
	assert_int_equal(fake_helper_read(which, rest, head[0]), head[0]);
	assert_memory_equal(rest, "\0\0\0\1", 4);
	return head[4];
}

static void picture(struct rig *r, unsigned which)
{
	_cleanup_free_ uint8_t *message = NULL;
	size_t len = picture_message(&message, 200, 1920, 1080);

	fake_helper_write(which, message, len);
	rig_pass(r, 0);
}

/* ---- the session ---- */

static void session_streams_and_is_torn_down(void **state)
{
	struct rig *r = *state;

	play(r);
	key();
	assert_int_equal(helper_got(r, 0), VIDEO_ALONE);
	picture(r, 0);
	rig_expect(r, CAMERA_PHASE_STREAMING, ERR_NONE);
	assert_int_equal(rig_look(r).width, 1920);
	r->target.wish = CAMERA_WISH_OFF;
	rig_begin(r);
	expect_request("TEARDOWN ", "Session: 42\r\n");
	rig_expect(r, CAMERA_PHASE_OFF, ERR_CAMERA_OFF);
	assert_int_equal(fake_helpers_running(), 0);
}

static void session_is_the_same_in_chunks_of_a_byte(void **state)
{
	static const char stray[] = "RTSP/1.0 200 OK\r\nCSeq: 77\r\n\r\n";
	struct rig *r = *state;

	fake_streams.chunk = 1;
	play(r);
	fake_data(stray, sizeof(stray) - 1); /* of nothing that was asked */
	key();
	assert_int_equal(helper_got(r, 0), VIDEO_ALONE);
}

static void digest_is_answered_and_kept(void **state)
{
	struct rig *r = *state;

	describe(r);
	reply("401 Unauthorized", DIGEST, "");
	expect_request("DESCRIBE ", "Authorization: Digest username=\"bblp\", realm=\"lab\"");
	reply("200 OK", "", SDP);
	expect_request("SETUP ", "Authorization: Digest ");
}

static void basic_is_answered(void **state)
{
	struct rig *r = *state;

	describe(r);
	reply("401 Unauthorized", BASIC, "");
	expect_request("DESCRIBE ", "Authorization: Basic YmJscDoxMjM0NTY3OA==\r\n");
}

static void login_that_is_refused_is_not_repeated(void **state)
{
	struct rig *r = *state;

	describe(r);
	reply("401 Unauthorized", DIGEST, "");
	reply("401 Unauthorized", DIGEST, "");
	rig_expect(r, CAMERA_PHASE_ERROR, ERR_CAMERA_REFUSED);
	rig_expect_why(r, "it is wrong");
	assert_true(rig_until_dial(r, 360200) >= 300000);
}

static void stale_nonces_are_followed_three_times(void **state)
{
	struct rig *r = *state;

	describe(r);
	for (unsigned i = 0; i < 3; i++) {
		reply("401 Unauthorized",
		    "WWW-Authenticate: Digest realm=\"lab\", nonce=\"0a1b\", stale=true\r\n", "");
		expect_request("DESCRIBE ", "Digest ");
	}
	reply("401 Unauthorized",
	    "WWW-Authenticate: Digest realm=\"lab\", nonce=\"0a1b\", stale=true\r\n", "");
	rig_expect(r, CAMERA_PHASE_ERROR, ERR_CAMERA_REFUSED);
}

static void answers_of_a_camera_have_words(void **state)
{
	static const struct {
		const char *status, *headers, *body;
		enum err_type error;
		const char *words;
	} cases[] = {
	    {"404 Not Found", "", "", ERR_LIVEVIEW_DISABLED, "LAN Only Liveview is off"},
	    {"453 Not Enough Bandwidth", "", "", ERR_CAMERA_BUSY, "one viewer"},
	    {"503 Service Unavailable", "", "", ERR_CAMERA_BUSY, "another program"},
	    {"500 Internal", "", "", ERR_TRANSFER_FAILED, "answers DESCRIBE with 500"},
	    {"200 OK", "", "v=0\r\n", ERR_TRANSFER_FAILED, "no H.264"},
	    {"401 Unauthorized", "WWW-Authenticate: Negotiate\r\n", "", ERR_UNSUPPORTED, "login"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		describe(*state);
		reply(cases[i].status, cases[i].headers, cases[i].body);
		rig_expect(*state, CAMERA_PHASE_ERROR, cases[i].error);
		rig_expect_why(*state, cases[i].words);
		assert_int_equal(fake_streams.open, 0);
		teardown(state);
		assert_int_equal(setup(state), 0);
	}
}

static void what_is_no_rtsp_ends_it(void **state)
{
	struct rig *r = *state;

	dial(r);
	fake_data("HTTP/1.1 400 Bad Request\r\n\r\n", 28);
	rig_expect(r, CAMERA_PHASE_ERROR, ERR_TRANSFER_FAILED);
	rig_expect_why(r, "no RTSP");
}

static void session_is_kept_alive_at_half_its_time(void **state)
{
	struct rig *r = *state;

	play(r);
	for (unsigned i = 0; i < 15; i++) {
		key();
		rig_pass(r, 1000);
		picture(r, 0);
	}
	expect_request("GET_PARAMETER ", "Session: 42\r\n");
}

/* ---- pictures ---- */

static void without_a_viewer_one_key_a_second_goes_alone(void **state)
{
	struct rig *r = *state;

	play(r);
	key();
	assert_int_equal(helper_got(r, 0), VIDEO_ALONE);
	delta();
	rig_pass(r, 500);
	key();
	assert_int_equal(helper_got(r, 0), -1);
	rig_pass(r, 500);
	key();
	assert_int_equal(helper_got(r, 0), VIDEO_ALONE);
}

static void with_a_viewer_all_go_from_the_next_key(void **state)
{
	struct camera_viewer v = {0};
	struct rig *r = *state;

	play(r);
	key();
	assert_int_equal(helper_got(r, 0), VIDEO_ALONE);
	camera_add_viewer(r->camera, &v);
	delta();
	assert_int_equal(helper_got(r, 0), -1);
	key();
	assert_int_equal(helper_got(r, 0), 0);
	delta();
	assert_int_equal(helper_got(r, 0), 0);
	camera_remove_viewer(r->camera, &v);
	delta();
	assert_int_equal(helper_got(r, 0), -1);
}

static void other_channels_are_not_pictures(void **state)
{
	static const uint8_t idr[] = {0x65, 0x88, 5, 6};
	struct rig *r = *state;

	play(r);
	packet(1, idr, sizeof(idr), true);
	assert_int_equal(fake_helpers.started, 0);
}

static void helper_that_ends_is_told_and_the_session_stays(void **state)
{
	struct rig *r = *state;

	play(r);
	key();
	picture(r, 0);
	fake_helper_close(0);
	rig_pass(r, 100);
	rig_expect(r, CAMERA_PHASE_ERROR, ERR_INTERNAL);
	rig_expect_why(r, "decoder");
	assert_int_equal(fake_streams.open, 1);
	rig_pass(r, 2000);
	key();
	picture(r, 1);
	rig_expect(r, CAMERA_PHASE_STREAMING, ERR_NONE);
	assert_int_equal(fake_streams.opened, 1);
}

/* ---- ends ---- */

static void cut_after_2_s_is_dialled_at_once_ten_times(void **state)
{
	struct rig *r = *state;

	play(r);
	key();
	picture(r, 0);
	rig_pass(r, 2000);
	for (unsigned i = 0; i < 10; i++) {
		fake_down(STREAM_DOWN_EOF, "the other end closed the connection");
		rig_expect(r, CAMERA_PHASE_STREAMING, ERR_NONE);
		assert_true(rig_until_dial(r, 400) >= 200);
	}
	assert_int_equal(r->losses, 0);
	fake_down(STREAM_DOWN_EOF, "the other end closed the connection");
	rig_expect(r, CAMERA_PHASE_ERROR, ERR_PRINTER_OFFLINE);
	assert_int_equal(r->losses, 1);
}

/* A P2S sends its first key picture late, and cuts soon after. */
static void cut_soon_after_a_late_picture_is_dialled_at_once(void **state)
{
	struct rig *r = *state;

	play(r);
	rig_pass(r, 3000);
	key();
	picture(r, 0);
	rig_pass(r, 500);
	fake_down(STREAM_DOWN_EOF, "the other end closed the connection");
	rig_expect(r, CAMERA_PHASE_STREAMING, ERR_NONE);
	assert_int_equal(r->losses, 0);
	assert_true(rig_until_dial(r, 400) >= 200);
}

static void cut_of_a_session_of_a_moment_is_a_loss(void **state)
{
	struct rig *r = *state;

	play(r);
	key();
	picture(r, 0);
	rig_pass(r, 1000);
	fake_down(STREAM_DOWN_EOF, "the other end closed the connection");
	rig_expect(r, CAMERA_PHASE_ERROR, ERR_PRINTER_OFFLINE);
	assert_int_equal(r->losses, 1);
}

static void end_before_a_picture_is_another_viewer(void **state)
{
	struct rig *r = *state;

	play(r);
	fake_down(STREAM_DOWN_EOF, "the other end closed the connection");
	rig_expect(r, CAMERA_PHASE_ERROR, ERR_CAMERA_BUSY);
	rig_expect_why(r, "another program");
}

static void closed_port_names_the_switch(void **state)
{
	struct rig *r = *state;

	rig_begin(r);
	fake_down(STREAM_DOWN_REFUSED_PORT, "connection refused");
	rig_expect(r, CAMERA_PHASE_ERROR, ERR_PRINTER_OFFLINE);
	rig_expect_why(r, "LAN Only Liveview may be off");
}

static void silence_after_play_is_starvation(void **state)
{
	struct rig *r = *state;

	play(r);
	rig_pass(r, 10000);
	rig_expect(r, CAMERA_PHASE_ERROR, ERR_CAMERA_BUSY);
	expect_request("TEARDOWN ", "Session: 42\r\n");
}

static void stream_without_a_key_is_not_starvation(void **state)
{
	uint8_t slice[400] = {0x41, 0x9a};
	struct rig *r = *state;

	play(r);
	for (unsigned i = 0; i < 100; i++) {
		packet(0, slice, sizeof(slice), true);
		rig_pass(r, 100);
	}
	rig_pass(r, 1000);
	rig_expect(r, CAMERA_PHASE_ERROR, ERR_TIMEOUT);
	rig_expect_why(r, "no key picture");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(session_streams_and_is_torn_down),
	    TEST(session_is_the_same_in_chunks_of_a_byte),
	    TEST(digest_is_answered_and_kept),
	    TEST(basic_is_answered),
	    TEST(login_that_is_refused_is_not_repeated),
	    TEST(stale_nonces_are_followed_three_times),
	    TEST(answers_of_a_camera_have_words),
	    TEST(what_is_no_rtsp_ends_it),
	    TEST(session_is_kept_alive_at_half_its_time),
	    TEST(without_a_viewer_one_key_a_second_goes_alone),
	    TEST(with_a_viewer_all_go_from_the_next_key),
	    TEST(other_channels_are_not_pictures),
	    TEST(helper_that_ends_is_told_and_the_session_stays),
	    TEST(cut_after_2_s_is_dialled_at_once_ten_times),
	    TEST(cut_soon_after_a_late_picture_is_dialled_at_once),
	    TEST(cut_of_a_session_of_a_moment_is_a_loss),
	    TEST(end_before_a_picture_is_another_viewer),
	    TEST(closed_port_names_the_switch),
	    TEST(silence_after_play_is_starvation),
	    TEST(stream_without_a_key_is_not_starvation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
