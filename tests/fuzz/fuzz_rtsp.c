/* SPDX-License-Identifier: MIT */
/* Any bytes as the answers of an RTSP server: nothing goes back in our lines that is not one
 * line's. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "common/secret.h"
#include "daemon/camera/rtsp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t size)
{
	assert(strlen(text) < size);
	for (; *text; text++) {
		assert(*text >= 0x20 && *text <= 0x7e);
	}
}

static void check_request(const struct rtsp_reply *r)
{
	struct secret *code = secret_create("12345678", 8);
	struct rtsp_request request = {.method = "PLAY",
	    .uri = r->base,
	    .cseq = 1,
	    .headers = "",
	    .auth = &r->auth,
	    .user = "bblp",
	    .code = code,
	    .cnonce = "0123456789abcdef"};
	char buf[RTSP_REQUEST_MAX];
	ssize_t len = rtsp_write_request(&request, buf, sizeof(buf));
	unsigned lines = 0;

	assert(len > 0);
	for (ssize_t i = 0; i < len; i++) {
		lines += buf[i] == '\n';
	}
	assert(lines == (r->auth.kind == RTSP_AUTH_NONE ? 4 : 5));
	secret_destroy(code);
}

static void check_sdp(const char *text, size_t len)
{
	struct rtsp_media m;
	char uri[600];

	if (rtsp_read_sdp(text, len, &m) == 0) {
		check_text(m.control, sizeof(m.control));
		assert(m.parameters_len <= sizeof(m.parameters));
		assert(rtsp_resolve("rtsps://192.0.2.1/1", m.control, uri, sizeof(uri)) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtsp_reply r;
	ssize_t len = rtsp_parse_reply((const char *)data, size, &r);

	if (len > 0) {
		assert((size_t)len <= size && r.body_len <= RTSP_BODY_MAX);
		check_text(r.session, sizeof(r.session));
		check_text(r.base, sizeof(r.base));
		check_text(r.auth.realm, sizeof(r.auth.realm));
		check_request(&r);
		check_sdp(r.body, r.body_len);
	}
	check_sdp((const char *)data, size);
	return 0;
}
