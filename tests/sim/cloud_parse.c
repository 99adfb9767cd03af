/* SPDX-License-Identifier: MIT */
/* The head of an HTTP request: strictly as RFC 9112 says it. Pure. */
#include "tests/sim/cloud_parse.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "tests/sim/cloud_http.h"

const char *http_reason(int status)
{
	static const struct {
		int status;
		const char *text;
	} reasons[] = {
	    {200, "OK"},
	    {201, "Created"},
	    {204, "No Content"},
	    {301, "Moved Permanently"},
	    {302, "Found"},
	    {307, "Temporary Redirect"},
	    {308, "Permanent Redirect"},
	    {400, "Bad Request"},
	    {401, "Unauthorized"},
	    {403, "Forbidden"},
	    {404, "Not Found"},
	    {405, "Method Not Allowed"},
	    {411, "Length Required"},
	    {413, "Content Too Large"},
	    {414, "URI Too Long"},
	    {417, "Expectation Failed"},
	    {418, "I'm a teapot"},
	    {422, "Unprocessable Content"},
	    {429, "Too Many Requests"},
	    {431, "Request Header Fields Too Large"},
	    {500, "Internal Server Error"},
	    {502, "Bad Gateway"},
	    {503, "Service Unavailable"},
	    {504, "Gateway Timeout"},
	    {505, "HTTP Version Not Supported"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		if (reasons[i].status == status) {
			return reasons[i].text;
		}
	}
	return "Unknown";
}

const char *http_header(const struct http_exchange *x, const char *name)
{
	for (size_t i = 0; i < x->headers; i++) {
		if (strcasecmp(x->header[i].name, name) == 0) {
			return x->header[i].value;
		}
	}
	return NULL;
}

void http_add(struct http_exchange *x, const char *name, const char *value)
{
	_cleanup_free_ char *line = xasprintf("%s: %s\r\n", name, value);

	jw_bytes(&x->head, line, strlen(line));
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent sequences and + of one query value. */
static char *decode(const char *s, size_t len)
{
	char *out = xmalloc(len + 1), *to = out;

	for (size_t i = 0; i < len; i++) {
		int high = i + 2 < len && s[i] == '%' ? hex_digit(s[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(s[i + 2]) : -1;

		if (low >= 0 && (high | low) != 0) {
			*to++ = (char)(high << 4 | low);
			i += 2;
		} else {
			*to++ = s[i] == '+' ? ' ' : s[i];
		}
	}
	*to = '\0';
	return out;
}

char *http_query(const struct http_exchange *x, const char *key)
{
	size_t key_len = strlen(key);

	for (const char *p = x->query; *p;) {
		size_t len = strcspn(p, "&");

		if (len > key_len && strncmp(p, key, key_len) == 0 && p[key_len] == '=') {
			return decode(p + key_len + 1, len - key_len - 1);
		}
		p += len + (p[len] == '&');
	}
	return NULL;
}

static bool is_token(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)s[i]) && !strchr("!#$%&'*+-.^_`|~", s[i])) {
			return false;
		}
	}
	return len > 0;
}

/* METHOD TARGET HTTP/1.1 */
static int parse_request_line(struct http_exchange *x, char *line, const char **ret_why)
{
	char *target = strchr(line, ' ');
	char *version = target ? strchr(target + 1, ' ') : NULL;

	*ret_why = "not a request line";
	if (!version || !is_token(line, (size_t)(target - line)) || target[1] != '/') {
		return 400;
	}
	*target++ = '\0';
	*version++ = '\0';
	for (const char *c = target; *c; c++) {
		if (*c <= ' ' || *c >= 0x7f || *c == '#') {
			return 400;
		}
	}
	if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0) {
		*ret_why = "HTTP/1.1 is spoken here";
		return str_starts(version, "HTTP/") ? 505 : 400;
	}
	if (strlen(target) > HTTP_TARGET_MAX) {
		*ret_why = "the address is too long";
		return 414;
	}
	x->close = version[7] == '0';
	x->target = target;
	x->path = xstrdup(target);
	x->query = strchr(x->path, '?');
	if (x->query) {
		*x->query++ = '\0';
	} else {
		x->query = x->path + strlen(x->path);
	}
	return 0;
}

static int parse_header(struct http_exchange *x, char *line, const char **ret_why)
{
	char *colon = strchr(line, ':'), *value, *end;

	*ret_why = "not a header line";
	if (!colon || !is_token(line, (size_t)(colon - line))) {
		return 400;
	}
	if (x->headers == HTTP_HEADERS_MAX) {
		*ret_why = "too many headers";
		return 431;
	}
	*colon = '\0';
	value = colon + 1 + strspn(colon + 1, " \t");
	end = value + strlen(value);
	while (end > value && (end[-1] == ' ' || end[-1] == '\t')) {
		*--end = '\0';
	}
	for (const char *c = value; *c; c++) {
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f) {
			return 400;
		}
	}
	x->header[x->headers++] = (struct http_header){line, value};
	return 0;
}

static size_t count_headers(const struct http_exchange *x, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < x->headers; i++) {
		count += strcasecmp(x->header[i].name, name) == 0;
	}
	return count;
}

/* What the headers say about body and connection. */
static int weigh_headers(struct http_exchange *x, const char **ret_why)
{
	const char *length = http_header(x, "Content-Length");
	const char *expect = http_header(x, "Expect"), *keep = http_header(x, "Connection");
	int64_t number = 0;

	*ret_why = "one Host, and at most one Content-Length of digits";
	if (count_headers(x, "Host") != 1 || count_headers(x, "Content-Length") > 1 ||
	    (length && (!isdigit((unsigned char)length[0]) ||
			   parse_i64(length, 0, INT64_MAX, &number) < 0))) {
		return 400;
	}
	if (http_header(x, "Transfer-Encoding")) {
		x->chunked = true;
		*ret_why = "a length is wanted, not chunks";
		return 411;
	}
	if (number > (int64_t)HTTP_BODY_MAX) {
		*ret_why = "the body is too long";
		return 413;
	}
	if (expect && strcasecmp(expect, "100-continue") != 0) {
		*ret_why = "only 100-continue can be expected";
		return 417;
	}
	x->expects = expect != NULL;
	x->body_len = (uint64_t)number;
	x->close = x->close || (keep && strcasecmp(keep, "close") == 0);
	return 0;
}

int http_parse_head(struct http_exchange *x, char *head, size_t len, const char **ret_why)
{
	char *line = head, *end;
	int status = 0;

	x->method = head;
	*ret_why = "a zero byte";
	if (memchr(head, '\0', len)) {
		return 400;
	}
	for (bool first = true; status == 0 && (end = strstr(line, "\r\n")) && end > line;
	     first = false) {
		*end = '\0';
		if (strpbrk(line, "\r\n")) {
			*ret_why = "a lone CR or LF";
			return 400;
		}
		status =
		    first ? parse_request_line(x, line, ret_why) : parse_header(x, line, ret_why);
		line = end + 2;
	}
	if (status == 0 && !x->path) {
		*ret_why = "no request line";
		return 400;
	}
	return status != 0 ? status : weigh_headers(x, ret_why);
}
