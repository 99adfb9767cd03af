/* SPDX-License-Identifier: MIT */
/* RTSP as a client writes it: requests with their login (RFC 2326, 2617). */
#include <errno.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/secret.h"
#include "common/util.h"
#include "daemon/camera/rtsp.h"

enum { HASH_BYTES = 16, HASH_TEXT = 2 * HASH_BYTES + 1 };

/* The hex of the MD5 of parts with colons between; their end is NULL. */
static void hash(char ret[static HASH_TEXT], ...)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const char *part, *colon = "";
	bool good = ctx && EVP_DigestInit_ex(ctx, EVP_md5(), NULL) == 1;
	va_list parts;

	va_start(parts, ret);
	while ((part = va_arg(parts, const char *)) != NULL) {
		good = good && EVP_DigestUpdate(ctx, colon, strlen(colon)) == 1 &&
		       EVP_DigestUpdate(ctx, part, strlen(part)) == 1;
		colon = ":";
	}
	va_end(parts);
	good = good && EVP_DigestFinal_ex(ctx, digest, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	for (int i = 0; i < HASH_BYTES; i++) {
		snprintf(ret + 2 * i, 3, "%02x", good ? digest[i] : 0);
	}
	explicit_bzero(digest, sizeof(digest));
}

/* Each request is counted as the first of its nonce count's own cnonce. */
static int write_digest(const struct rtsp_request *r, char *ret, size_t size)
{
	const struct rtsp_auth *a = r->auth;
	char who[HASH_TEXT], what[HASH_TEXT], response[HASH_TEXT], extra[384] = "";
	int len = 0;

	hash(who, r->user, a->realm, secret_reveal(r->code), NULL);
	hash(what, r->method, r->uri, NULL);
	if (a->qop_auth) {
		hash(response, who, a->nonce, "00000001", r->cnonce, "auth", what, NULL);
		len = snprintf(
		    extra, sizeof(extra), ", qop=auth, nc=00000001, cnonce=\"%s\"", r->cnonce);
	} else {
		hash(response, who, a->nonce, what, NULL);
	}
	explicit_bzero(who, sizeof(who));
	if (a->opaque[0] != '\0') {
		snprintf(extra + len, sizeof(extra) - (size_t)len, ", opaque=\"%s\"", a->opaque);
	}
	return snprintf(ret, size,
	    "Authorization: Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", "
	    "response=\"%s\"%s\r\n",
	    r->user, a->realm, a->nonce, r->uri, response, extra);
}

static int write_basic(const struct rtsp_request *r, char *ret, size_t size)
{
	char plain[160], coded[224];
	int len = snprintf(plain, sizeof(plain), "%s:%s", r->user, secret_reveal(r->code));

	if (len < 0 || (size_t)len >= sizeof(plain)) {
		explicit_bzero(plain, sizeof(plain));
		return -1;
	}
	EVP_EncodeBlock((unsigned char *)coded, (const unsigned char *)plain, len);
	len = snprintf(ret, size, "Authorization: Basic %s\r\n", coded);
	explicit_bzero(plain, sizeof(plain));
	explicit_bzero(coded, sizeof(coded));
	return len;
}

static int write_login(const struct rtsp_request *r, char *ret, size_t size)
{
	switch (r->auth->kind) {
	case RTSP_AUTH_BASIC:
		return write_basic(r, ret, size);
	case RTSP_AUTH_DIGEST:
		return write_digest(r, ret, size);
	case RTSP_AUTH_NONE:
		break;
	}
	ret[0] = '\0';
	return 0;
}

ssize_t rtsp_write_request(const struct rtsp_request *r, char *ret, size_t size)
{
	char login[1536];
	int len = write_login(r, login, sizeof(login));

	if (len >= 0 && (size_t)len < sizeof(login)) {
		len = snprintf(ret, size,
		    "%s %s RTSP/1.0\r\nCSeq: %u\r\nUser-Agent: bambud\r\n%s%s\r\n", r->method,
		    r->uri, r->cseq, r->headers, login);
	} else {
		len = -1;
	}
	explicit_bzero(login, sizeof(login));
	return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : len;
}

int rtsp_resolve(const char *base, const char *control, char *ret, size_t size)
{
	size_t base_len = strlen(base);
	bool whole = strstr(control, "://") != NULL;
	bool none = control[0] == '\0' || strcmp(control, "*") == 0;
	const char *slash = base_len > 0 && base[base_len - 1] == '/' ? "" : "/";
	int len;

	if (whole) {
		len = snprintf(ret, size, "%s", control);
	} else if (none) {
		len = snprintf(ret, size, "%s", base);
	} else {
		len = snprintf(ret, size, "%s%s%s", base, slash, control);
	}
	return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : 0;
}
