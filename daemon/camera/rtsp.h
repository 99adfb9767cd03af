/* SPDX-License-Identifier: MIT */
/* RTSP as a client speaks it: requests out, replies, logins and descriptions in (RFC 2326, 2617).
 * Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct secret;

#define RTSP_HEAD_MAX 8192
#define RTSP_BODY_MAX 16384
#define RTSP_REQUEST_MAX 4096
#define RTSP_PARAMETERS_MAX 1024

enum rtsp_auth_kind { RTSP_AUTH_NONE, RTSP_AUTH_BASIC, RTSP_AUTH_DIGEST };

/* What a 401 asks for. */
struct rtsp_auth {
	enum rtsp_auth_kind kind;
	char realm[128], nonce[256], opaque[128];
	bool qop_auth, stale;
};

struct rtsp_reply {
	int status;
	int64_t cseq; /* -1 none */
	char session[128];
	int timeout_s; /* of the session; 60 when it says nothing */
	char base[256];
	bool get_parameter; /* listed as understood */
	int channel;	    /* of the pictures, in the answer to SETUP; -1 none */
	struct rtsp_auth auth;
	const char *body; /* in the caller's bytes */
	size_t body_len;
};

/* A reply from its beginning: its length, 0 when more is needed, -EBADMSG when it is none or
 * longer than the limits. */
ssize_t rtsp_parse_reply(const char *data, size_t len, struct rtsp_reply *ret);

struct rtsp_media {
	char control[256]; /* as it stands there: may be relative */
	int payload_type;
	uint8_t parameters[RTSP_PARAMETERS_MAX]; /* SPS and PPS, each behind 00 00 00 01 */
	size_t parameters_len;
};

/* The first H.264 video of a description. 0; -ENOENT: there is none. */
int rtsp_read_sdp(const char *sdp, size_t len, struct rtsp_media *ret);
/* What control means at base. 0 or -ENAMETOOLONG. */
int rtsp_resolve(const char *base, const char *control, char *ret, size_t size);

struct rtsp_request {
	const char *method, *uri;
	unsigned cseq;
	const char *headers; /* whole lines, or "" */
	const struct rtsp_auth *auth;
	const char *user;
	const struct secret *code;
	const char *cnonce; /* hex, for a digest that wants one */
};

/* Writes the request with its login; the caller wipes it. Its length or -ENAMETOOLONG. */
ssize_t rtsp_write_request(const struct rtsp_request *r, char *ret, size_t size);
