/* SPDX-License-Identifier: MIT */
/* The pieces of a request and of an answer: URL, query, cookies, counters, payload. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/json.h"
#include "daemon/cloud/rest_internal.h"

#define PATH_MAX_BYTES 4096
#define SEGMENT_MAX 24
#define COOKIE_MAX 4096

static void put_escaped(FILE *out, const char *s)
{
	for (; *s != '\0'; s++) {
		if (isalnum((unsigned char)*s) || strchr("-._~", *s) != NULL) {
			fputc(*s, out);
		} else {
			fprintf(out, "%%%02X", (unsigned char)*s);
		}
	}
}

static bool put_pair(FILE *out, const char *key, json_object *value, bool first)
{
	if (json_object_is_type(value, json_type_object) ||
	    json_object_is_type(value, json_type_array)) {
		return false;
	}
	if (!first) {
		fputc('&', out);
	}
	put_escaped(out, key);
	fputc('=', out);
	put_escaped(out, json_object_get_string(value));
	return true;
}

bool rest_query(json_object *query, char **ret)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	bool ok = true, first = true;
	FILE *out;

	*ret = NULL;
	if (query == NULL) {
		return true;
	}
	if (!json_object_is_type(query, json_type_object)) {
		return false;
	}
	out = open_memstream(&text, &len);
	if (out == NULL) {
		abort();
	}
	json_object_object_foreach(query, key, value)
	{
		if (value != NULL && ok) {
			ok = put_pair(out, key, value, first);
			first = false;
		}
	}
	fclose(out);
	if (ok && len > 0) {
		*ret = TAKE(text);
	}
	return ok;
}

/* From the first slash, so that no path makes another host of it. */
static bool is_path(const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < len; i++) {
		if (path[i] <= ' ' || path[i] >= 0x7f || path[i] == '#' || path[i] == '\\') {
			return false;
		}
	}
	return path[0] == '/' && len <= PATH_MAX_BYTES;
}

char *rest_url(const struct rest *r, const struct rest_call *c)
{
	const char *base = c->host == REST_API ? r->api_url : c->host == REST_WEB ? r->web_url : "";
	const char *join = strchr(c->path, '?') != NULL ? "&" : "?";

	if (base == NULL || (c->host != REST_ABSOLUTE && !is_path(c->path))) {
		return NULL;
	}
	return xasprintf("%s%s%s%s", base, c->path, c->query != NULL ? join : "",
	    c->query != NULL ? c->query : "");
}

/* Serials, ids and whatever else is no word of the interface. */
static bool is_id(const char *segment, size_t len)
{
	size_t digits = 0;

	for (size_t i = 0; i < len; i++) {
		digits += isdigit((unsigned char)segment[i]) != 0;
		if (!isalnum((unsigned char)segment[i]) && strchr("-_.", segment[i]) == NULL) {
			return true;
		}
	}
	return len > SEGMENT_MAX || digits > 2;
}

void rest_label(const struct rest_call *c, char label[static REST_LABEL_SIZE])
{
	const char *s = c->path;
	size_t used = 0;

	if (c->host == REST_ABSOLUTE) {
		str_copy(label, REST_LABEL_SIZE, c->bucket == REST_TEXT ? "text" : "absolute");
		return;
	}
	label[0] = '\0';
	while (*s == '/' && used < REST_LABEL_SIZE) {
		size_t len = strcspn(s + 1, "/?");
		bool id = is_id(s + 1, len);
		int n = snprintf(label + used, REST_LABEL_SIZE - used, "/%.*s", (int)(id ? 3 : len),
		    id ? ":id" : s + 1);

		used += (size_t)n;
		s += 1 + len;
	}
}

void rest_count(struct rest *r, const struct rest_call *c, int status)
{
	char label[REST_LABEL_SIZE];
	struct rest_count *slot;
	size_t i = 0;

	rest_label(c, label);
	while (i < r->count_len &&
	       (r->counts[i].status != status || strcmp(r->counts[i].endpoint, label) != 0)) {
		i++;
	}
	if (i == REST_COUNTS_MAX) {
		/* The last row is everything that found no room. */
		i--;
		str_copy(r->counts[i].endpoint, REST_LABEL_SIZE, "other");
		r->counts[i].status = 0;
	}
	slot = &r->counts[i];
	if (i == r->count_len) {
		r->count_len++;
		str_copy(slot->endpoint, sizeof(slot->endpoint), label);
		slot->status = status;
	}
	slot->count++;
}

void rest_each_count(const struct rest *r,
    void (*fn)(void *arg, const char *endpoint, int status, uint64_t count), void *arg)
{
	for (size_t i = 0; i < r->count_len; i++) {
		fn(arg, r->counts[i].endpoint, r->counts[i].status, r->counts[i].count);
	}
}

char *rest_cookie(const struct http_answer *a, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < a->header_count; i++) {
		const char *value = a->headers[i].value;
		size_t end;

		if (strcmp(a->headers[i].name, "set-cookie") != 0 ||
		    strncmp(value, name, len) != 0 || value[len] != '=') {
			continue;
		}
		value += len + 1;
		end = strcspn(value, "; \t");
		/* An empty one deletes it. */
		if (end > 0 && end <= COOKIE_MAX) {
			return xstrndup(value, end);
		}
	}
	return NULL;
}

json_object *rest_payload(json_object *body, const char *key)
{
	json_object *found = NULL, *data = NULL;

	if (!json_object_is_type(body, json_type_object)) {
		return NULL;
	}
	if (json_object_object_get_ex(body, key, &found) && found != NULL) {
		return found;
	}
	if (json_object_object_get_ex(body, "data", &data) &&
	    json_object_is_type(data, json_type_object) &&
	    json_object_object_get_ex(data, key, &found)) {
		return found;
	}
	return NULL;
}

bool rest_has_header(const struct rest_call *c, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; c->headers[i] != NULL; i++) {
		if (strncasecmp(c->headers[i], name, len) == 0 && c->headers[i][len] == ':') {
			return true;
		}
	}
	return false;
}
