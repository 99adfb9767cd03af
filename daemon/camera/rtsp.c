/* SPDX-License-Identifier: MIT */
/* RTSP as a client reads it: replies, what a login is asked for, descriptions (RFC 2326, 4566). */
#include "daemon/camera/rtsp.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#include "common/util.h"

/* A piece of what the server sent: not terminated. */
struct span {
	const char *at;
	size_t len;
};

static bool is_word(struct span s, const char *word)
{
	return s.len == strlen(word) && strncasecmp(s.at, word, s.len) == 0;
}

static struct span trim(struct span s)
{
	while (s.len > 0 && (*s.at == ' ' || *s.at == '\t')) {
		s.at++;
		s.len--;
	}
	while (s.len > 0 && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t')) {
		s.len--;
	}
	return s;
}

/* Cuts what stands before the mark off *s; all of it when there is none. */
static struct span cut(struct span *s, char mark)
{
	const char *end = memchr(s->at, mark, s->len);
	struct span head = {s->at, end ? (size_t)(end - s->at) : s->len};
	size_t gone = head.len + (end ? 1 : 0);

	s->at += gone;
	s->len -= gone;
	return head;
}

/* A line without its end. */
static struct span cut_line(struct span *s)
{
	struct span line = cut(s, '\n');

	if (line.len > 0 && line.at[line.len - 1] == '\r') {
		line.len--;
	}
	return line;
}

/* Visible ASCII alone: it is sent back in a line of ours. False: neither fits nor is. */
static bool copy(struct span s, char *ret, size_t size)
{
	if (s.len >= size) {
		return false;
	}
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] < 0x20 || s.at[i] > 0x7e) {
			return false;
		}
	}
	memcpy(ret, s.at, s.len);
	ret[s.len] = '\0';
	return true;
}

static bool read_number(struct span s, int64_t min, int64_t max, int64_t *ret)
{
	char text[24];

	return copy(trim(s), text, sizeof(text)) && parse_i64(text, min, max, ret) == 0;
}

/* ---- logins ---- */

/* One name=value or name="value" of a list; false at its end. */
static bool cut_item(struct span *s, struct span *ret_name, struct span *ret_value)
{
	while (s->len > 0 && (*s->at == ',' || *s->at == ' ' || *s->at == '\t')) {
		s->at++;
		s->len--;
	}
	if (s->len == 0) {
		return false;
	}
	*ret_name = trim(cut(s, '='));
	if (s->len > 0 && *s->at == '"') {
		s->at++;
		s->len--;
		*ret_value = cut(s, '"');
	} else {
		*ret_value = trim(cut(s, ','));
	}
	return true;
}

static bool has_auth(struct span list)
{
	while (list.len > 0) {
		if (is_word(trim(cut(&list, ',')), "auth")) {
			return true;
		}
	}
	return false;
}

/* False: nothing we could answer. */
static bool take_item(struct rtsp_auth *a, struct span name, struct span value, bool *qop_seen)
{
	if (is_word(name, "realm")) {
		return copy(value, a->realm, sizeof(a->realm));
	}
	if (is_word(name, "nonce")) {
		return copy(value, a->nonce, sizeof(a->nonce));
	}
	if (is_word(name, "opaque")) {
		return copy(value, a->opaque, sizeof(a->opaque));
	}
	if (is_word(name, "stale")) {
		a->stale = is_word(value, "true");
	} else if (is_word(name, "algorithm")) {
		return is_word(value, "MD5");
	} else if (is_word(name, "qop")) {
		*qop_seen = true;
		a->qop_auth = has_auth(value);
	}
	return true;
}

/* A digest is kept where there is a choice. */
static void take_challenge(struct rtsp_auth *ret, struct span value)
{
	struct span name, scheme = cut(&value, ' ');
	struct rtsp_auth a = {.kind = RTSP_AUTH_BASIC};
	bool qop_seen = false;

	if (is_word(scheme, "Digest")) {
		a.kind = RTSP_AUTH_DIGEST;
	} else if (!is_word(scheme, "Basic")) {
		return;
	}
	for (struct span text = value, item; cut_item(&text, &name, &item);) {
		if (!take_item(&a, name, item, &qop_seen)) {
			return;
		}
	}
	if (a.kind == RTSP_AUTH_DIGEST && (a.nonce[0] == '\0' || (qop_seen && !a.qop_auth))) {
		return;
	}
	if (a.kind > ret->kind) {
		*ret = a;
	}
}

/* ---- replies ---- */

static void take_session(struct rtsp_reply *r, struct span value)
{
	struct span name, item, id = trim(cut(&value, ';'));
	int64_t timeout_s;

	if (memchr(id.at, ' ', id.len) || !copy(id, r->session, sizeof(r->session))) {
		return;
	}
	while (value.len > 0) {
		item = cut(&value, ';');
		name = trim(cut(&item, '='));
		if (is_word(name, "timeout") && read_number(item, 1, 86400, &timeout_s)) {
			r->timeout_s = (int)timeout_s;
		}
	}
}

static void take_transport(struct rtsp_reply *r, struct span value)
{
	while (value.len > 0) {
		struct span item = cut(&value, ';'), name = trim(cut(&item, '='));
		int64_t channel;

		if (is_word(name, "interleaved") &&
		    read_number(cut(&item, '-'), 0, 255, &channel)) {
			r->channel = (int)channel;
		}
	}
}

static void take_methods(struct rtsp_reply *r, struct span value)
{
	while (value.len > 0) {
		r->get_parameter |= is_word(trim(cut(&value, ',')), "GET_PARAMETER");
	}
}

/* 0, or -EBADMSG where the length of the body cannot be known. */
static int take_header(struct rtsp_reply *r, struct span name, struct span value)
{
	int64_t number;

	if (is_word(name, "CSeq")) {
		r->cseq = read_number(value, 0, INT32_MAX, &number) ? number : -1;
	} else if (is_word(name, "Content-Length")) {
		if (!read_number(value, 0, RTSP_BODY_MAX, &number)) {
			return -EBADMSG;
		}
		r->body_len = (size_t)number;
	} else if (is_word(name, "Content-Base")) {
		if (memchr(value.at, ' ', value.len) || !copy(value, r->base, sizeof(r->base))) {
			r->base[0] = '\0';
		}
	} else if (is_word(name, "Session")) {
		take_session(r, value);
	} else if (is_word(name, "Transport")) {
		take_transport(r, value);
	} else if (is_word(name, "Public")) {
		take_methods(r, value);
	} else if (is_word(name, "WWW-Authenticate")) {
		take_challenge(&r->auth, value);
	}
	return 0;
}

static int take_status(struct rtsp_reply *r, struct span line)
{
	struct span version = cut(&line, ' ');
	int64_t status;

	if (!is_word(version, "RTSP/1.0") || !read_number(cut(&line, ' '), 100, 599, &status)) {
		return -EBADMSG;
	}
	r->status = (int)status;
	return 0;
}

static int take_head(struct rtsp_reply *r, struct span head)
{
	int rc = take_status(r, cut_line(&head));

	while (rc == 0 && head.len > 0) {
		struct span line = cut_line(&head), name = cut(&line, ':');

		rc = take_header(r, trim(name), trim(line));
	}
	return rc;
}

ssize_t rtsp_parse_reply(const char *data, size_t len, struct rtsp_reply *ret)
{
	struct rtsp_reply r = {.cseq = -1, .timeout_s = 60, .channel = -1};
	size_t seen = len < RTSP_HEAD_MAX ? len : RTSP_HEAD_MAX, head_len;
	const char *end = memmem(data, seen, "\r\n\r\n", 4);

	if (!end) {
		return len >= RTSP_HEAD_MAX ? -EBADMSG : 0;
	}
	head_len = (size_t)(end - data) + 4;
	if (take_head(&r, (struct span){data, head_len - 4}) < 0) {
		return -EBADMSG;
	}
	if (len - head_len < r.body_len) {
		return 0;
	}
	r.body = data + head_len;
	*ret = r;
	return (ssize_t)(head_len + r.body_len);
}

/* ---- descriptions ---- */

/* False: it does not fit, or is no base64. */
static bool add_parameter(struct rtsp_media *m, struct span text)
{
	static const uint8_t start[] = {0, 0, 0, 1};
	uint8_t buf[RTSP_PARAMETERS_MAX];
	char in[RTSP_PARAMETERS_MAX];
	int len;

	if (text.len == 0 || text.len % 4 != 0 || !copy(text, in, sizeof(in))) {
		return false;
	}
	len = EVP_DecodeBlock(buf, (const unsigned char *)in, (int)text.len);
	for (size_t i = text.len; len > 0 && i > text.len - 2 && in[i - 1] == '='; i--) {
		len--;
	}
	if (len <= 0 || m->parameters_len + sizeof(start) + (size_t)len > sizeof(m->parameters)) {
		return false;
	}
	memcpy(m->parameters + m->parameters_len, start, sizeof(start));
	memcpy(m->parameters + m->parameters_len + sizeof(start), buf, (size_t)len);
	m->parameters_len += sizeof(start) + (size_t)len;
	return true;
}

static void take_format(struct rtsp_media *m, struct span value)
{
	cut(&value, ' ');
	while (value.len > 0) {
		struct span item = trim(cut(&value, ';')), name = trim(cut(&item, '='));

		if (!is_word(name, "sprop-parameter-sets")) {
			continue;
		}
		m->parameters_len = 0;
		while (item.len > 0) {
			if (!add_parameter(m, trim(cut(&item, ',')))) {
				m->parameters_len = 0; /* the stream repeats them */
				return;
			}
		}
	}
}

static bool is_h264(struct span map, int type)
{
	int64_t number;

	if (!read_number(cut(&map, ' '), 0, 127, &number) || number != type) {
		return false;
	}
	return is_word(trim(cut(&map, '/')), "H264");
}

/* m=video 0 RTP/AVP 96 */
static bool is_video(struct span line, int *ret_type)
{
	int64_t type;

	if (!is_word(cut(&line, ' '), "m=video")) {
		return false;
	}
	cut(&line, ' ');
	cut(&line, ' ');
	if (!read_number(cut(&line, ' '), 0, 127, &type)) {
		return false;
	}
	*ret_type = (int)type;
	return true;
}

static void take_attribute(struct rtsp_media *m, struct span line, bool *h264)
{
	struct span name = cut(&line, ':');

	if (is_word(name, "a=rtpmap")) {
		*h264 |= is_h264(line, m->payload_type);
	} else if (is_word(name, "a=fmtp")) {
		take_format(m, line);
	} else if (is_word(name, "a=control") && !memchr(line.at, ' ', line.len)) {
		if (!copy(line, m->control, sizeof(m->control))) {
			m->control[0] = '\0';
		}
	}
}

int rtsp_read_sdp(const char *sdp, size_t len, struct rtsp_media *ret)
{
	struct span text = {sdp, len};
	struct rtsp_media m = {.payload_type = -1};
	bool in = false, h264 = false;

	while (text.len > 0 && !(in && h264 && *text.at == 'm')) {
		struct span line = cut_line(&text);

		if (line.len >= 2 && line.at[0] == 'm') {
			m = (struct rtsp_media){.payload_type = -1};
			in = is_video(line, &m.payload_type);
		} else if (in) {
			take_attribute(&m, line, &h264);
		}
	}
	if (!in || !h264) {
		return -ENOENT;
	}
	*ret = m;
	return 0;
}
