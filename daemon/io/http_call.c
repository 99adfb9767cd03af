/* SPDX-License-Identifier: MIT */
/* One HTTPS request as a curl handle: what is refused before it is sent, what is kept of the
 * answer, and what went wrong in words without secrets. */
#include <assert.h>
#include <ctype.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "common/secret.h"
#include "common/text.h"
#include "daemon/io/address.h"
#include "daemon/io/http_internal.h"

#define CONNECT_MS 10000
#define STALL_S 30 /* under a byte a second */
#define URL_MAX 8192

/* Printable ASCII without blanks: nothing that ends a line or a word of the request. */
static bool is_graphic(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] <= ' ' || s[i] >= 0x7f) {
			return false;
		}
	}
	return len > 0;
}

static bool is_method(const char *method)
{
	static const char *const known[] = {"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcmp(method, known[i]) == 0) {
			return true;
		}
	}
	return false;
}

/* "Name: value": one line, the name a token. */
static bool is_header(const char *line)
{
	const char *colon = strchr(line, ':');

	if (colon == NULL || !is_graphic(line, (size_t)(colon - line))) {
		return false;
	}
	for (const char *s = colon; *s != '\0'; s++) {
		if ((unsigned char)*s < ' ' || *s == 0x7f) {
			return false;
		}
	}
	return true;
}

static bool headers_name(const char *const *headers, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; headers != NULL && headers[i] != NULL; i++) {
		if (strncasecmp(headers[i], name, len) == 0 && headers[i][len] == ':') {
			return true;
		}
	}
	return false;
}

/* Whom the URL names, for faults. False when it is not one of https without a user. */
static bool read_host(struct http_call *c, const char *url)
{
	CURLU *u = curl_url();
	char *host = NULL, *port = NULL, *scheme = NULL;
	bool ok = u != NULL && strlen(url) <= URL_MAX && is_graphic(url, strlen(url)) &&
		  curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) == CURLUE_OK &&
		  curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		  strcmp(scheme, "https") == 0 &&
		  curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK;

	if (ok) {
		_cleanup_free_ char *clean = text_escape(host, strlen(host));
		bool named = curl_url_get(u, CURLUPART_PORT, &port, 0) == CURLUE_OK;

		snprintf(c->host, sizeof(c->host), named ? "%.110s:%.5s" : "%.110s", clean,
		    named ? port : "");
	}
	curl_free(host);
	curl_free(port);
	curl_free(scheme);
	curl_url_cleanup(u);
	return ok;
}

/* All that could make two requests of one is refused. */
static const char *refuse(struct http_call *c, const struct http_request *r)
{
	if (r->method == NULL || !is_method(r->method)) {
		return "the method is not one of HTTP's";
	}
	if (r->url == NULL || !read_host(c, r->url)) {
		return "the address is not an https:// URL";
	}
	for (size_t i = 0; r->headers != NULL && r->headers[i] != NULL; i++) {
		if (!is_header(r->headers[i])) {
			return "a header of the request is not one line";
		}
	}
	if (r->bearer != NULL && !is_graphic(secret_reveal(r->bearer), secret_len(r->bearer))) {
		return "the token holds blanks or line breaks";
	}
	return NULL;
}

static bool keep_body(struct http_call *c, const char *data, size_t len)
{
	if (len > c->body_max - c->body_len) {
		c->too_large = true;
		return false;
	}
	if (c->body_len + len + 1 > c->body_size) {
		size_t size = c->body_size > 0 ? c->body_size : 4096;
		char *grown;

		while (size < c->body_len + len + 1) {
			size *= 2;
		}
		/* Not realloc: what is left behind could hold a token. */
		grown = xmalloc(size);
		if (c->body_len > 0) {
			memcpy(grown, c->body, c->body_len);
			explicit_bzero(c->body, c->body_len);
		}
		free(c->body);
		c->body = grown;
		c->body_size = size;
	}
	memcpy(c->body + c->body_len, data, len);
	c->body_len += len;
	c->body[c->body_len] = '\0';
	return true;
}

static size_t on_body(char *data, size_t one, size_t len, void *arg)
{
	struct http_call *c = arg;

	c->body_begun = true;
	return keep_body(c, data, len) ? len : 0;
}

static void header_wipe(struct http_header *h)
{
	char *block = (char *)h->name;

	explicit_bzero((char *)h->value, strlen(h->value));
	free(block);
	*h = (struct http_header){0};
}

static void headers_forget(struct http_call *c)
{
	while (c->seen_count > 0) {
		header_wipe(&c->seen[--c->seen_count]);
	}
}

static void keep_header(struct http_call *c, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	size_t name_len, value_len;
	char *block;

	if (colon == NULL || c->seen_count >= HTTP_HEADERS_MAX) {
		return;
	}
	name_len = (size_t)(colon - line);
	colon++;
	value_len = len - name_len - 1;
	while (value_len > 0 && (*colon == ' ' || *colon == '\t')) {
		colon++;
		value_len--;
	}
	if (!is_graphic(line, name_len) || memchr(colon, '\0', value_len) != NULL) {
		return;
	}
	block = xmalloc(name_len + value_len + 2);
	for (size_t i = 0; i < name_len; i++) {
		block[i] = (char)tolower((unsigned char)line[i]);
	}
	block[name_len] = '\0';
	memcpy(block + name_len + 1, colon, value_len);
	block[name_len + 1 + value_len] = '\0';
	c->seen[c->seen_count++] =
	    (struct http_header){.name = block, .value = block + name_len + 1};
}

/* Every line, of interim answers and trailers too. */
static size_t on_header(char *line, size_t one, size_t len, void *arg)
{
	struct http_call *c = arg;
	size_t text = len;

	c->header_bytes += len;
	if (c->header_bytes > HTTP_HEADER_BYTES_MAX) {
		c->too_large = true;
		return 0;
	}
	while (text > 0 && strchr("\r\n\t ", line[text - 1]) != NULL) {
		text--;
	}
	if (len > 5 && memcmp(line, "HTTP/", 5) == 0 && !c->body_begun) {
		headers_forget(c);
	} else if (!c->body_begun) {
		keep_header(c, line, text);
	}
	return len;
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http_call *c = arg;
	int fd;

	/* What is judged is what is connected to, whatever the name was. */
	if (c->public_only && !address_is_public(&address->addr)) {
		c->address_refused = true;
		return CURL_SOCKET_BAD;
	}
	fd = socket(
	    address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);

	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

/* curl forgets the reason when OpenSSL tells another trouble first, as of a bad signature. */
static int on_verify(X509_STORE_CTX *ctx, void *arg)
{
	struct http_call *c = arg;
	int ok = X509_verify_cert(ctx);

	c->verdict = X509_STORE_CTX_get_error(ctx);
	return ok;
}

static CURLcode on_context(CURL *easy, void *ctx, void *arg)
{
	struct http_call *c = arg;

	SSL_CTX_set1_cert_store(ctx, c->store);
	SSL_CTX_set_cert_verify_callback(ctx, on_verify, c);
	/* The connection may outlive the call: nobody verifies again in it. */
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	return CURLE_OK;
}

/* What curl itself reads of ca_file is thrown away with the store it fills; the name stays, and
 * keeps connections that were trusted by different files apart. */
static void set_trust(struct http_call *c, const char *ca_file)
{
	curl_easy_setopt(c->easy, CURLOPT_SSLVERSION,
	    (long)(CURL_SSLVERSION_TLSv1_2 | CURL_SSLVERSION_MAX_DEFAULT));
	curl_easy_setopt(c->easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c->easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c->easy, CURLOPT_CAINFO, ca_file);
	curl_easy_setopt(c->easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(c->easy, CURLOPT_SSL_CTX_FUNCTION, on_context);
	curl_easy_setopt(c->easy, CURLOPT_SSL_CTX_DATA, c);
}

static void set_limits(struct http_call *c, bool head)
{
	curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
	/* Else the end of a call waits for a look-up that hangs. */
	curl_easy_setopt(c->easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(c->easy, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(c->easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(c->easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(c->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(c->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl_easy_setopt(c->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(c->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c->easy, CURLOPT_LOW_SPEED_TIME, (long)STALL_S);
	if (!head) {
		curl_easy_setopt(c->easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)c->body_max);
	}
}

static void set_callbacks(struct http_call *c)
{
	curl_easy_setopt(c->easy, CURLOPT_PRIVATE, c);
	curl_easy_setopt(c->easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(c->easy, CURLOPT_OPENSOCKETDATA, c);
	curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(c->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c->easy, CURLOPT_HEADERDATA, c);
}

static void set_body(struct http_call *c, const struct http_request *r)
{
	bool bodiless =
	    r->body == NULL && (strcmp(r->method, "GET") == 0 || strcmp(r->method, "DELETE") == 0);

	if (strcmp(r->method, "HEAD") == 0) {
		curl_easy_setopt(c->easy, CURLOPT_NOBODY, 1L);
		return;
	}
	if (!bodiless) {
		c->request_body_len = r->body != NULL ? r->body_len : 0;
		c->request_body = xmalloc(c->request_body_len + 1);
		if (c->request_body_len > 0) {
			memcpy(c->request_body, r->body, c->request_body_len);
		}
		curl_easy_setopt(
		    c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->request_body_len);
		curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, c->request_body);
	}
	/* When a kept connection ends without an answer, curl sends again: a write that the server
	 * may have taken has a connection of its own. */
	if (strcmp(r->method, "GET") != 0 || r->public_only) {
		curl_easy_setopt(c->easy, CURLOPT_FRESH_CONNECT, 1L);
	}
	curl_easy_setopt(c->easy, CURLOPT_CUSTOMREQUEST, r->method);
}

static void add_header(struct http_call *c, const char *line)
{
	struct curl_slist *longer = curl_slist_append(c->headers, line);

	if (longer == NULL) {
		abort();
	}
	c->headers = longer;
}

static void set_headers(struct http_call *c, const struct http_request *r)
{
	for (size_t i = 0; r->headers != NULL && r->headers[i] != NULL; i++) {
		add_header(c, r->headers[i]);
	}
	/* Of curl's own: none. */
	add_header(c, "Expect:");
	if (!headers_name(r->headers, "Content-Type")) {
		add_header(c, "Content-Type:");
	}
	if (r->bearer != NULL) {
		char *line = xasprintf("Authorization: Bearer %s", secret_reveal(r->bearer));

		/* The copy in the list lives as long as the call, and is wiped with it; so do
		 * curl's own, which nobody can wipe. */
		add_header(c, line);
		explicit_bzero(line, strlen(line));
		free(line);
	}
	curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers);
}

enum http_fault http_call_prepare(struct http_call *c, const struct http_request *r)
{
	const char *why = refuse(c, r);

	if (why != NULL) {
		str_copy(c->text, sizeof(c->text), why);
		return HTTP_FAULT_URL;
	}
	c->store = http_anchors_get(c->http, r->ca_file);
	if (c->store == NULL) {
		ERR_clear_error();
		str_copy(c->text, sizeof(c->text), "the certificates of CaFile= cannot be read");
		return HTTP_FAULT_TLS;
	}
	c->public_only = r->public_only;
	c->body_max = r->body_max > 0 ? r->body_max : HTTP_BODY_MAX;
	c->easy = curl_easy_init();
	if (c->easy == NULL) {
		abort();
	}
	set_limits(c, strcmp(r->method, "HEAD") == 0);
	set_trust(c, r->ca_file);
	set_callbacks(c);
	set_body(c, r);
	set_headers(c, r);
	if (curl_easy_setopt(c->easy, CURLOPT_URL, r->url) != CURLE_OK) {
		str_copy(c->text, sizeof(c->text), "the address is not an https:// URL");
		return HTTP_FAULT_URL;
	}
	return HTTP_OK;
}

static enum http_fault fault_of(const struct http_call *c, CURLcode code)
{
	if (c->too_large) {
		return HTTP_FAULT_TOO_LARGE;
	}
	switch ((int)code) {
	case CURLE_OK:
		return HTTP_OK;
	case CURLE_COULDNT_RESOLVE_HOST:
		return HTTP_FAULT_NAME;
	case CURLE_COULDNT_CONNECT:
		return HTTP_FAULT_CONNECT;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
		return HTTP_FAULT_TLS;
	case CURLE_OPERATION_TIMEDOUT:
		return HTTP_FAULT_TIMEOUT;
	case CURLE_FILESIZE_EXCEEDED:
		return HTTP_FAULT_TOO_LARGE;
	default:
		return HTTP_FAULT_BROKEN;
	}
}

static void tls_words(struct http_call *c, CURLcode code)
{
	if (c->verdict != X509_V_OK) {
		snprintf(c->text, sizeof(c->text), "the certificate of %s was refused: %s", c->host,
		    X509_verify_cert_error_string(c->verdict));
	} else if (code == CURLE_PEER_FAILED_VERIFICATION) {
		snprintf(c->text, sizeof(c->text), "the certificate is not one for %s", c->host);
	} else {
		snprintf(c->text, sizeof(c->text), "%s does not speak TLS with us", c->host);
	}
}

static void fault_words(struct http_call *c, enum http_fault fault, CURLcode code)
{
	static const struct {
		const char *before, *after; /* the host */
	} words[] = {
	    [HTTP_OK] = {"", ""},
	    [HTTP_FAULT_NAME] = {"the name ", " is not known"},
	    [HTTP_FAULT_CONNECT] = {"no connection to ", ""},
	    [HTTP_FAULT_TLS] = {"", ""},
	    [HTTP_FAULT_TIMEOUT] = {"", " does not answer"},
	    [HTTP_FAULT_TOO_LARGE] = {"the answer of ", " is larger than is allowed"},
	    [HTTP_FAULT_BROKEN] = {"the answer of ", " is broken"},
	    [HTTP_FAULT_URL] = {"", ""},
	    [HTTP_FAULT_LIBRARY] = {"", ""},
	};
	static_assert(ARRAY_SIZE(words) == HTTP_FAULT_COUNT, "one text per fault");

	if (fault == HTTP_FAULT_TLS) {
		tls_words(c, code);
	} else if (fault == HTTP_FAULT_CONNECT && c->address_refused) {
		snprintf(c->text, sizeof(c->text),
		    "%s has no address in the internet, and others are not allowed", c->host);
	} else {
		snprintf(c->text, sizeof(c->text), "%s%s%s", words[fault].before, c->host,
		    words[fault].after);
	}
}

enum http_fault http_call_fault(struct http_call *c, CURLcode code)
{
	enum http_fault fault = fault_of(c, code);
	long status = 0;

	if (fault == HTTP_OK) {
		curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
		c->status = (int)status;
	} else {
		fault_words(c, fault, code);
	}
	return fault;
}

void http_call_answer(struct http_call *c, struct http_answer *ret)
{
	*ret = (struct http_answer){.fault = c->fault, .text = c->text, .body = ""};
	ret->address_refused = c->fault == HTTP_FAULT_CONNECT && c->address_refused;
	if (c->fault == HTTP_OK) {
		ret->status = c->status;
		ret->body = c->body != NULL ? c->body : "";
		ret->body_len = c->body_len;
		ret->headers = c->seen;
		ret->header_count = c->seen_count;
	}
}

void http_call_finish(struct http_call *c)
{
	if (c->easy != NULL) {
		curl_easy_cleanup(c->easy);
	}
	for (struct curl_slist *s = c->headers; s != NULL; s = s->next) {
		explicit_bzero(s->data, strlen(s->data));
	}
	if (c->headers != NULL) {
		curl_slist_free_all(c->headers);
	}
	if (c->request_body != NULL) {
		explicit_bzero(c->request_body, c->request_body_len);
		free(c->request_body);
	}
	if (c->body != NULL) {
		explicit_bzero(c->body, c->body_len);
		free(c->body);
	}
	headers_forget(c);
	X509_STORE_free(c->store);
}
