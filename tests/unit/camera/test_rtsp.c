/* SPDX-License-Identifier: MIT */
/* What is read out of the answers of RTSP servers, and the login that is written for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "common/secret.h"
#include "common/util.h"
#include "daemon/camera/rtsp.h"

static struct rtsp_reply parse(const char *text)
{
	struct rtsp_reply r;

	assert_int_equal(rtsp_parse_reply(text, strlen(text), &r), strlen(text));
	return r;
}

static void reply_is_whole_with_its_body_and_not_before(void **state)
{
	static const char text[] = "RTSP/1.0 200 OK\r\nCSeq: 7\r\nContent-Length: 3\r\n\r\nabc";
	struct rtsp_reply r;

	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		assert_int_equal(rtsp_parse_reply(text, len, &r), 0);
	}
	r = parse(text);
	assert_int_equal(r.status, 200);
	assert_int_equal(r.cseq, 7);
	assert_int_equal(r.body_len, 3);
	assert_memory_equal(r.body, "abc", 3);
}

static void reply_that_is_none_or_too_long_is_refused(void **state)
{
	static const char *const bad[] = {
	    "HTTP/1.1 200 OK\r\n\r\n",
	    "RTSP/1.0 xx OK\r\n\r\n",
	    "RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n",
	    "RTSP/1.0 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
	};
	_cleanup_free_ char *line = xcalloc(1, RTSP_HEAD_MAX + 1);
	struct rtsp_reply r;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(rtsp_parse_reply(bad[i], strlen(bad[i]), &r), -EBADMSG);
	}
	memset(line, 'x', RTSP_HEAD_MAX);
	assert_int_equal(rtsp_parse_reply(line, RTSP_HEAD_MAX, &r), -EBADMSG);
}

static void session_transport_and_methods_are_read(void **state)
{
	struct rtsp_reply r =
	    parse("RTSP/1.0 200 OK\r\nSession: ab-12 ; timeout=20\r\n"
		  "Transport: RTP/AVP/TCP;unicast;interleaved=4-5;ssrc=1\r\n"
		  "Public: OPTIONS, GET_PARAMETER\r\ncontent-base: rtsps://h/x/\r\n\r\n");

	assert_string_equal(r.session, "ab-12");
	assert_int_equal(r.timeout_s, 20);
	assert_int_equal(r.channel, 4);
	assert_true(r.get_parameter);
	assert_string_equal(r.base, "rtsps://h/x/");
	r = parse("RTSP/1.0 200 OK\r\nSession: x\r\n\r\n");
	assert_int_equal(r.timeout_s, 60);
	assert_int_equal(r.channel, -1);
}

static void digest_is_preferred_to_basic(void **state)
{
	struct rtsp_reply r = parse("RTSP/1.0 401 Unauthorized\r\n"
				    "WWW-Authenticate: Digest realm=\"a, b\", nonce=\"n1\", "
				    "qop=\"auth-int,auth\", opaque=\"o\", stale=TRUE\r\n"
				    "WWW-Authenticate: Basic realm=\"c\"\r\n\r\n");

	assert_int_equal(r.auth.kind, RTSP_AUTH_DIGEST);
	assert_string_equal(r.auth.realm, "a, b");
	assert_string_equal(r.auth.nonce, "n1");
	assert_string_equal(r.auth.opaque, "o");
	assert_true(r.auth.qop_auth);
	assert_true(r.auth.stale);
}

static void login_that_cannot_be_answered_is_left(void **state)
{
	static const char *const bad[] = {
	    "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256",
	    "Digest realm=\"r\"",
	    "Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"",
	    "Digest realm=\"\t\", nonce=\"n\"",
	    "Negotiate",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *text =
		    xasprintf("RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: %s\r\n\r\n", bad[i]);

		assert_int_equal(parse(text).auth.kind, RTSP_AUTH_NONE);
	}
}

static char *write_with(struct rtsp_auth auth, const char *user, const char *code,
    const char *method, const char *uri, const char *cnonce)
{
	static char buf[RTSP_REQUEST_MAX];
	_cleanup_secret_ struct secret *secret = secret_create(code, strlen(code));
	struct rtsp_request r = {.method = method,
	    .uri = uri,
	    .cseq = 3,
	    .headers = "X: y\r\n",
	    .auth = &auth,
	    .user = user,
	    .code = secret,
	    .cnonce = cnonce};

	assert_true(rtsp_write_request(&r, buf, sizeof(buf)) > 0);
	return buf;
}

/* The example of RFC 2617, 3.5. */
static void digest_with_qop_is_that_of_the_rfc(void **state)
{
	struct rtsp_auth auth = {.kind = RTSP_AUTH_DIGEST, .qop_auth = true};
	const char *text;

	str_copy(auth.realm, sizeof(auth.realm), "testrealm@host.com");
	str_copy(auth.nonce, sizeof(auth.nonce), "dcd98b7102dd2f0e8b11d0f600bfb0c093");
	text = write_with(auth, "Mufasa", "Circle Of Life", "GET", "/dir/index.html", "0a4f113b");
	assert_non_null(strstr(text, "response=\"6629fae49393a05397450978507c4ef1\""));
	assert_non_null(strstr(text, "nc=00000001, cnonce=\"0a4f113b\""));
	assert_true(str_starts(text, "GET /dir/index.html RTSP/1.0\r\nCSeq: 3\r\n"));
	assert_non_null(strstr(text, "\r\nX: y\r\n"));
}

/* The same by the older RFC 2069: md5(A1:nonce:A2). */
static void digest_without_qop_is_the_older_one(void **state)
{
	struct rtsp_auth auth = {.kind = RTSP_AUTH_DIGEST};
	const char *text;

	str_copy(auth.realm, sizeof(auth.realm), "testrealm@host.com");
	str_copy(auth.nonce, sizeof(auth.nonce), "dcd98b7102dd2f0e8b11d0f600bfb0c093");
	text = write_with(auth, "Mufasa", "CircleOfLife", "GET", "/dir/index.html", "");
	assert_non_null(strstr(text, "response=\"1949323746fe6a43ef61f9606e7febea\""));
	assert_null(strstr(text, "qop"));
}

static void basic_login_is_user_and_code(void **state)
{
	struct rtsp_auth auth = {.kind = RTSP_AUTH_BASIC};

	assert_non_null(strstr(write_with(auth, "bblp", "12345678", "PLAY", "rtsps://h", ""),
	    "\r\nAuthorization: Basic YmJscDoxMjM0NTY3OA==\r\n\r\n"));
}

static void no_login_before_one_is_asked_for(void **state)
{
	assert_null(strstr(
	    write_with((struct rtsp_auth){0}, "bblp", "1", "OPTIONS", "*", ""), "Authorization"));
}

static void description_gives_the_h264_video(void **state)
{
	static const char sdp[] =
	    "v=0\r\na=control:*\r\nm=audio 0 RTP/AVP 0\r\na=control:a\r\n"
	    "m=video 0 RTP/AVP 97\r\na=rtpmap:97 H265/90000\r\na=control:h\r\n"
	    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
	    "a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0I=,aM4=\r\n"
	    "a=control:track1\r\nm=audio 0 RTP/AVP 8\r\na=control:b\r\n";
	static const uint8_t wanted[] = {0, 0, 0, 1, 0x67, 0x42, 0, 0, 0, 1, 0x68, 0xce};
	struct rtsp_media m;

	assert_int_equal(rtsp_read_sdp(sdp, sizeof(sdp) - 1, &m), 0);
	assert_string_equal(m.control, "track1");
	assert_int_equal(m.payload_type, 96);
	assert_int_equal(m.parameters_len, sizeof(wanted));
	assert_memory_equal(m.parameters, wanted, sizeof(wanted));
	assert_int_equal(rtsp_read_sdp("m=audio 0 RTP/AVP 0\n", 20, &m), -ENOENT);
}

static void parameters_that_are_no_base64_are_left_to_the_stream(void **state)
{
	static const char sdp[] = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
				  "a=fmtp:96 sprop-parameter-sets=Z0I=,***\r\n";
	struct rtsp_media m;

	assert_int_equal(rtsp_read_sdp(sdp, sizeof(sdp) - 1, &m), 0);
	assert_int_equal(m.parameters_len, 0);
}

static void control_is_resolved_at_its_base(void **state)
{
	char uri[32];

	assert_int_equal(rtsp_resolve("rtsps://h/1", "track1", uri, sizeof(uri)), 0);
	assert_string_equal(uri, "rtsps://h/1/track1");
	assert_int_equal(rtsp_resolve("rtsps://h/1/", "track1", uri, sizeof(uri)), 0);
	assert_string_equal(uri, "rtsps://h/1/track1");
	assert_int_equal(rtsp_resolve("rtsps://h/1", "*", uri, sizeof(uri)), 0);
	assert_string_equal(uri, "rtsps://h/1");
	assert_int_equal(rtsp_resolve("rtsps://h/1", "rtsp://o/2", uri, sizeof(uri)), 0);
	assert_string_equal(uri, "rtsp://o/2");
	assert_int_equal(
	    rtsp_resolve("rtsps://h/1", "a track of a long name", uri, sizeof(uri)), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reply_is_whole_with_its_body_and_not_before),
	    cmocka_unit_test(reply_that_is_none_or_too_long_is_refused),
	    cmocka_unit_test(session_transport_and_methods_are_read),
	    cmocka_unit_test(digest_is_preferred_to_basic),
	    cmocka_unit_test(login_that_cannot_be_answered_is_left),
	    cmocka_unit_test(digest_with_qop_is_that_of_the_rfc),
	    cmocka_unit_test(digest_without_qop_is_the_older_one),
	    cmocka_unit_test(basic_login_is_user_and_code),
	    cmocka_unit_test(no_login_before_one_is_asked_for),
	    cmocka_unit_test(description_gives_the_h264_video),
	    cmocka_unit_test(parameters_that_are_no_base64_are_left_to_the_stream),
	    cmocka_unit_test(control_is_resolved_at_its_base),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
