/* SPDX-License-Identifier: MIT */
/* The RTSP side of a camera: who asks for the stream, whether he may, and how it is described. */
#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/log.h"
#include "tests/sim/camera_internal.h"
#include "tests/sim/h264.h"

#define REQUEST_MAX 8192
#define REALM "bambu-sim"
#define PATH "/streaming/live/1"

struct request {
	char method[16], uri[256];
	const char *head; /* lines after the first */
	int cseq;
	size_t body;
};

/* The value of a header up to the end of its line; false when there is none. */
static bool read_header(const char *head, const char *name, char *ret, size_t size)
{
	size_t len = strlen(name);

	for (const char *line = head; line; line = strstr(line, "\r\n")) {
		line += line[0] == '\r' ? 2 : 0;
		if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
			line += len + 1;
			line += strspn(line, " ");
			len = strcspn(line, "\r\n");
			snprintf(ret, size, "%.*s", (int)len, line);
			return true;
		}
	}
	return false;
}

/* name="value" of an Authorization header. */
static bool read_quoted(const char *text, const char *name, char *ret, size_t size)
{
	size_t len = strlen(name);

	for (const char *at = text; (at = strstr(at, name)); at += len) {
		if (at > text && (at[-1] == ' ' || at[-1] == ',') && at[len] == '=' &&
		    at[len + 1] == '"') {
			at += len + 2;
			snprintf(ret, size, "%.*s", (int)strcspn(at, "\""), at);
			return true;
		}
	}
	return false;
}

static void write_hex(const uint8_t *data, size_t len, char *ret)
{
	for (size_t i = 0; i < len; i++) {
		snprintf(ret + 2 * i, 3, "%02x", data[i]);
	}
}

static void md5(char ret[static 33], const char *format, ...) __attribute__((format(printf, 2, 3)));
static void md5(char ret[static 33], const char *format, ...)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	char text[1024];
	unsigned len = 0;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	EVP_Digest(text, strlen(text), digest, &len, EVP_md5(), NULL);
	write_hex(digest, 16, ret);
}

static bool is_digest_right(struct camera_client *client, const struct request *r, const char *auth)
{
	char user[64], realm[64], nonce[64], uri[256], response[64];
	char who[33], what[33], wanted[33];

	if (!read_quoted(auth, "username", user, sizeof(user)) ||
	    !read_quoted(auth, "realm", realm, sizeof(realm)) ||
	    !read_quoted(auth, "nonce", nonce, sizeof(nonce)) ||
	    !read_quoted(auth, "uri", uri, sizeof(uri)) ||
	    !read_quoted(auth, "response", response, sizeof(response))) {
		return false;
	}
	md5(who, "bblp:" REALM ":%s", client->camera->printer->code);
	md5(what, "%s:%s", r->method, uri);
	md5(wanted, "%s:%s:%s", who, client->rtsp.nonce, what);
	return strcmp(user, "bblp") == 0 && strcmp(realm, REALM) == 0 &&
	       strcmp(nonce, client->rtsp.nonce) == 0 && strcmp(uri, r->uri) == 0 &&
	       strcmp(response, wanted) == 0;
}

static bool is_basic_right(struct camera_client *client, const char *auth)
{
	char plain[64], wanted[128];

	snprintf(plain, sizeof(plain), "bblp:%s", client->camera->printer->code);
	EVP_EncodeBlock((unsigned char *)wanted, (unsigned char *)plain, (int)strlen(plain));
	return strcmp(auth + strlen("Basic "), wanted) == 0;
}

static void reply(struct camera_client *client, const struct request *r, const char *status,
    const char *headers, const char *body)
{
	_cleanup_free_ char *length =
	    body ? xasprintf("Content-Length: %zu\r\n", strlen(body)) : xstrdup("");
	_cleanup_free_ char *text = xasprintf("RTSP/1.0 %s\r\nCSeq: %d\r\n%s%s\r\n%s", status,
	    r->cseq, headers, length, body ? body : "");

	if (client->camera->printer->sim->verbose) {
		log_info("%s: camera: %s: %s", client->camera->printer->name, r->method, status);
	}
	bytes_add(&client->conn.out, text, strlen(text));
	conn_flush(&client->conn);
}

static void refuse_login(struct camera_client *client, const struct request *r)
{
	_cleanup_free_ char *digest = xasprintf(
	    "WWW-Authenticate: Digest realm=\"" REALM "\", nonce=\"%s\"\r\n", client->rtsp.nonce);

	reply(client, r, "401 Unauthorized",
	    camera_fault(client->camera, FAULT_RTSP_BASIC)
		? "WWW-Authenticate: Basic realm=\"" REALM "\"\r\n"
		: digest,
	    NULL);
}

/* False: answered already. */
static bool check_login(struct camera_client *client, const struct request *r)
{
	struct printer_counters *n = &client->camera->printer->counters;
	char auth[768];
	bool basic = camera_fault(client->camera, FAULT_RTSP_BASIC), given, right;

	given = read_header(r->head, "Authorization", auth, sizeof(auth));
	right = given && (basic ? str_starts(auth, "Basic ") && is_basic_right(client, auth)
				: str_starts(auth, "Digest ") && is_digest_right(client, r, auth));
	if (!right) {
		n->camera_refused += given;
		refuse_login(client, r);
		return false;
	}
	if (!client->known) {
		client->known = true;
		n->camera_logins++;
		if (camera_fault(client->camera, FAULT_CAM_EOF_AFTER_AUTH)) {
			conn_close(&client->conn, "closed after the login");
			return false;
		}
	}
	return true;
}

static void describe(struct camera_client *client, const struct request *r)
{
	struct camera *c = client->camera;
	struct bytes sps = {0}, pps = {0};
	char first[128], second[128];
	_cleanup_free_ char *sdp = NULL, *headers = NULL;

	camera_write_parameters(c, &sps, &pps);
	EVP_EncodeBlock((unsigned char *)first, bytes_head(&sps), (int)sps.len);
	EVP_EncodeBlock((unsigned char *)second, bytes_head(&pps), (int)pps.len);
	bytes_finish(&sps);
	bytes_finish(&pps);
	sdp = xasprintf("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=%s\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
			"a=control:*\r\nm=video 0 RTP/AVP %d\r\na=rtpmap:%d H264/90000\r\n"
			"a=fmtp:%d packetization-mode=1;sprop-parameter-sets=%s,%s\r\n"
			"a=control:track1\r\n",
	    c->printer->name, RTP_TYPE, RTP_TYPE, RTP_TYPE, first, second);
	headers = xasprintf("Content-Base: %s/\r\nContent-Type: application/sdp\r\n", r->uri);
	reply(client, r, "200 OK", headers, sdp);
}

static void setup(struct camera_client *client, const struct request *r)
{
	_cleanup_free_ char *headers = NULL;
	char transport[256];
	const char *channels;
	int channel = 0;

	if (!read_header(r->head, "Transport", transport, sizeof(transport)) ||
	    !strstr(transport, "RTP/AVP/TCP")) {
		reply(client, r, "461 Unsupported Transport", "", NULL);
		return;
	}
	channels = strstr(transport, "interleaved=");
	if (channels &&
	    (sscanf(channels, "interleaved=%3d", &channel) != 1 || channel < 0 || channel > 254)) {
		reply(client, r, "400 Bad Request", "", NULL);
		return;
	}
	client->rtsp.channel = (uint8_t)channel;
	client->rtsp.set_up = true;
	headers = xasprintf("Transport: RTP/AVP/TCP;unicast;interleaved=%d-%d;ssrc=%08X\r\n"
			    "Session: %08X;timeout=60\r\n",
	    channel, channel + 1, client->rtsp.source, client->rtsp.source);
	reply(client, r, "200 OK", headers, NULL);
}

/* The session of SETUP must be named. */
static bool check_session(struct camera_client *client, const struct request *r)
{
	char given[64] = "", wanted[16];

	read_header(r->head, "Session", given, sizeof(given));
	given[strcspn(given, ";")] = '\0';
	snprintf(wanted, sizeof(wanted), "%08X", client->rtsp.source);
	if (client->rtsp.set_up && strcmp(given, wanted) == 0) {
		return true;
	}
	reply(client, r, "454 Session Not Found", "", NULL);
	return false;
}

static void run(struct camera_client *client, const struct request *r)
{
	_cleanup_free_ char *session = xasprintf("Session: %08X\r\n", client->rtsp.source);

	if (strcmp(r->method, "OPTIONS") == 0) {
		reply(client, r, "200 OK",
		    "Public: OPTIONS, DESCRIBE, SETUP, TEARDOWN, PLAY, GET_PARAMETER\r\n", NULL);
	} else if (!check_login(client, r)) {
		return;
	} else if (!strstr(r->uri, PATH)) {
		reply(client, r, "404 Stream Not Found", "", NULL);
	} else if (strcmp(r->method, "DESCRIBE") == 0) {
		describe(client, r);
	} else if (strcmp(r->method, "SETUP") == 0) {
		setup(client, r);
	} else if (strcmp(r->method, "PLAY") == 0) {
		if (check_session(client, r)) {
			reply(client, r, "200 OK", session, NULL);
			if (!client->served && !client->conn.closing) {
				camera_take_place(client);
			}
		}
	} else if (strcmp(r->method, "GET_PARAMETER") == 0) {
		reply(client, r, "200 OK", session, NULL);
	} else if (strcmp(r->method, "TEARDOWN") == 0) {
		reply(client, r, "200 OK", session, NULL);
		conn_close(&client->conn, "TEARDOWN");
	} else {
		reply(client, r, "405 Method Not Allowed", "", NULL);
	}
}

/* 0 = not whole yet; -1 = no request. Else its length; text is cut behind its headers. */
static ssize_t parse(const struct bytes *in, char *text, size_t size, struct request *ret)
{
	size_t len = in->len < size - 1 ? in->len : size - 1;
	char value[32], *end;
	int64_t number = 0;

	memcpy(text, bytes_head(in), len);
	text[len] = '\0';
	end = strstr(text, "\r\n\r\n");
	if (!end) {
		return in->len >= size - 1 || memchr(text, '\0', len) ? -1 : 0;
	}
	end[2] = '\0';
	if (sscanf(text, "%15s %255s RTSP/1.", ret->method, ret->uri) != 2) {
		return -1;
	}
	ret->head = strstr(text, "\r\n");
	if (read_header(ret->head, "CSeq", value, sizeof(value))) {
		parse_i64(value, 0, INT32_MAX, &number);
	}
	ret->cseq = (int)number;
	number = 0;
	if (read_header(ret->head, "Content-Length", value, sizeof(value)) &&
	    parse_i64(value, 0, REQUEST_MAX, &number) < 0) {
		return -1;
	}
	len = (size_t)(end - text) + 4 + (size_t)number;
	return len <= in->len ? (ssize_t)len : 0;
}

/* What a client sends between requests: `$`, channel, length, report. */
static size_t report_size(const struct bytes *in)
{
	const uint8_t *head = bytes_head(in);

	return in->len < 4 ? SIZE_MAX : 4 + ((size_t)head[2] << 8 | head[3]);
}

void rtsp_input(struct camera_client *client)
{
	struct bytes *in = &client->conn.in;
	char text[REQUEST_MAX];

	while (!client->conn.closing && in->len > 0) {
		struct request r;
		ssize_t len;

		if (bytes_head(in)[0] == '$') {
			if (report_size(in) > in->len) {
				return;
			}
			bytes_consume(in, report_size(in));
			continue;
		}
		len = parse(in, text, sizeof(text), &r);
		if (len < 0) {
			conn_close(&client->conn, "no RTSP request");
		} else if (len == 0) {
			return;
		} else {
			bytes_consume(in, (size_t)len);
			run(client, &r);
		}
	}
}

void rtsp_init(struct camera_client *client)
{
	uint8_t random[16];

	RAND_bytes(random, sizeof(random));
	write_hex(random, sizeof(random), client->rtsp.nonce);
	memcpy(&client->rtsp.source, random, sizeof(client->rtsp.source));
}
