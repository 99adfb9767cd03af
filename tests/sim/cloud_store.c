/* SPDX-License-Identifier: MIT */
/* Uploads: two signed addresses, and the host that takes them as strictly as S3 does. */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/sim/cloud_route.h"

#define SIZE_MAX_BYTES (4LL * 1024 * 1024 * 1024)
#define ACCESS_KEY "SIMULATEDKEY00000001"

/* HMAC-SHA1 over method, an empty MD5, content type, time and path, as version 2 of S3 has it.
 * Hex, so that it needs no escapes. */
static void sign(const char *type, const char *expires, const char *path, char ret[static 41])
{
	static const char key[] = "the simulator keeps no secrets";
	_cleanup_free_ char *text = xasprintf("PUT\n\n%s\n%s\n%s", type, expires, path);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	ret[0] = '\0';
	HMAC(EVP_sha1(), key, sizeof(key) - 1, (const unsigned char *)text, strlen(text), digest,
	    &len);
	for (unsigned i = 0; i < len && i < 20; i++) {
		snprintf(ret + 2 * (size_t)i, 3, "%02x", digest[i]);
	}
}

static void write_address(
    struct cloud_call *call, struct jw *w, const char *type, const char *file, const char *path)
{
	_cleanup_free_ char *base = cloud_url(call->cloud, CLOUD_HOST_STORE);
	_cleanup_free_ char *expires =
	    xasprintf("%lld", (long long)(time(NULL) + call->cloud->set.url_s));
	_cleanup_free_ char *url = NULL;
	char signature[41];

	sign(
	    call->cloud->set.url_typed ? "application/octet-stream" : "", expires, path, signature);
	url = xasprintf("%s%s?AWSAccessKeyId=%s&Expires=%s&Signature=%s", base, path, ACCESS_KEY,
	    expires, signature);
	jw_object(w, NULL);
	jw_str(w, "type", type);
	jw_str(w, "file", file);
	jw_str(w, "url", url);
	jw_object_end(w);
}

/* Everything but letters, digits and -._ becomes a percent sequence. */
static char *encode(const char *text)
{
	static const char digits[] = "0123456789ABCDEF";
	char *out = xmalloc(3 * strlen(text) + 1), *to = out;

	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
			     (*c >= '0' && *c <= '9') || strchr("-._", *c);

		if (plain) {
			*to++ = (char)*c;
			continue;
		}
		*to++ = '%';
		*to++ = digits[*c >> 4];
		*to++ = digits[*c & 15];
	}
	*to = '\0';
	return out;
}

void cloud_run_upload(struct cloud_call *call)
{
	_cleanup_free_ char *name = http_query(call->x, "filename");
	_cleanup_free_ char *escaped = encode(name ? name : ""), *path = NULL, *size_path = NULL;
	int64_t size = cloud_number(call, "size", SIZE_MAX_BYTES, -1);
	struct cloud_file *f;
	struct jw *w;
	char text[24];

	if (!name || !name[0] || strchr(name, '/') || size < 0) {
		cloud_error(call, 400, 1, "filename and size are wanted");
		return;
	}
	f = call->cloud->set.upload ? cloud_add_file(&call->cloud->items, name, size) : NULL;
	w = cloud_begin(call);
	jw_str(w, "host", "user");
	jw_array(w, "urls");
	if (f) { /* else: an account without cloud storage */
		cloud_random_hex(f->ticket, sizeof(f->ticket));
		snprintf(text, sizeof(text), "%lld", (long long)size);
		path = xasprintf("%s%s/%s", CLOUD_STORE_FILE, f->ticket, escaped);
		size_path = xasprintf("%s%s/%s", CLOUD_STORE_SIZE, f->ticket, text);
		write_address(call, w, "filename", name, path);
		write_address(call, w, "size", text, size_path);
	}
	jw_array_end(w);
	cloud_end(call);
}

static void refuse(struct cloud_call *call, int status, const char *code, const char *text)
{
	_cleanup_free_ char *xml =
	    xasprintf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code>"
		      "<Message>%s</Message></Error>",
		code, text);

	call->cloud->uploads_refused++;
	cloud_plain(call->x, status, "application/xml", xml);
}

static void refuse_signature(struct cloud_call *call)
{
	refuse(call, 403, "SignatureDoesNotMatch", "The signature does not fit the request");
}

/* The upload an address was made for; NULL after a refusal. */
static struct cloud_file *check(struct cloud_call *call, const char *prefix)
{
	const struct http_exchange *x = call->x;
	_cleanup_free_ char *expires = http_query(x, "Expires"),
			    *given = http_query(x, "Signature");
	const char *type = http_header(x, "Content-Type"), *ticket = x->path + strlen(prefix);
	size_t len = strcspn(ticket, "/");
	char right[41];
	int64_t until_s = 0;

	if (!expires || !given || parse_i64(expires, 0, INT64_MAX, &until_s) < 0) {
		refuse(call, 403, "AccessDenied", "No signature");
		return NULL;
	}
	sign(type ? type : "", expires, x->path, right);
	if (strcmp(given, right) != 0) {
		refuse_signature(call);
		return NULL;
	}
	if (time(NULL) > until_s) {
		refuse(call, 403, "AccessDenied", "Request has expired");
		return NULL;
	}
	for (size_t i = 0; i < call->cloud->items.files; i++) {
		struct cloud_file *f = &call->cloud->items.file[i];

		if (strlen(f->ticket) == len && strncmp(f->ticket, ticket, len) == 0) {
			return f;
		}
	}
	refuse_signature(call);
	return NULL;
}

static void accept_put(struct cloud_call *call)
{
	call->cloud->uploads++;
	call->cloud->upload_bytes += call->x->body_len;
	call->x->status = 200;
	http_add(call->x, "ETag", "\"0\"");
}

void cloud_run_put_file(struct cloud_call *call)
{
	struct cloud_file *f = check(call, CLOUD_STORE_FILE);

	if (f && call->x->body_len != (uint64_t)f->size) {
		refuse_signature(call);
	} else if (f) {
		f->stored = true;
		accept_put(call);
	}
}

void cloud_run_put_size(struct cloud_call *call)
{
	struct cloud_file *f = check(call, CLOUD_STORE_SIZE);
	char right[24];

	if (!f) {
		return;
	}
	snprintf(right, sizeof(right), "%lld", (long long)f->size);
	if (call->x->body_len != strlen(right) || strcmp(call->x->body, right) != 0) {
		refuse_signature(call);
		return;
	}
	f->sized = true;
	accept_put(call);
}
