/* SPDX-License-Identifier: MIT */
/* What an answer of the cloud means: one table from HTTP status, the vendor's words and codes, and
 * pages of others to the product's errors (pure; bambu.md 1.2 to 1.5, seed-inventory 8.1 to 8.6).
 */
#include "daemon/cloud/fault.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/json.h"
#include "common/text.h"
#include "common/util.h"
#include "daemon/cloud/bounded.h"

#define CODE_LOGIN 4		   /* with 401: "Please login." */
#define WORDS_BODY_MAX (64 * 1024) /* where words of a refusal are looked for */
#define WORDS_MAX 140

enum page { PAGE_ANY, PAGE_WALL };

/* The first row that fits decides. */
struct rule {
	int low, high; /* status */
	enum page page;
	int code; /* of the vendor; 0: any */
	enum err_type type;
	enum door_why why;
	const char *lead, *hint;
};

static const struct rule rules[] = {
    {403, 403, PAGE_WALL, 0, ERR_CLOUD_BLOCKED, DOOR_WALL,
	"Cloudflare turned this address or program away", "wait; the password is not the reason"},
    {429, 429, PAGE_WALL, 0, ERR_CLOUD_BLOCKED, DOOR_WALL,
	"Cloudflare turned this address or program away", "wait; the password is not the reason"},
    {503, 503, PAGE_WALL, 0, ERR_CLOUD_BLOCKED, DOOR_WALL,
	"Cloudflare turned this address or program away", "wait; the password is not the reason"},
    {429, 429, PAGE_ANY, 0, ERR_CLOUD_BLOCKED, DOOR_LIMIT, "the cloud wants fewer requests",
	"wait; it is asked again later"},
    {401, 401, PAGE_ANY, CODE_LOGIN, ERR_TOKEN_DEAD, DOOR_OPEN,
	"the cloud no longer takes the token", "bambuctl login"},
    {401, 401, PAGE_ANY, 0, ERR_CLOUD_ERROR, DOOR_OPEN, "the cloud refuses",
	"the token is kept: bambuctl account token"},
    {403, 403, PAGE_ANY, 0, ERR_CLOUD_ERROR, DOOR_OPEN, "the cloud forbids it",
	"the account may not do that, or not in this region"},
    {404, 404, PAGE_ANY, 0, ERR_CLOUD_ERROR, DOOR_OPEN, "the cloud knows nothing there", ""},
    {405, 405, PAGE_ANY, 0, ERR_CLOUD_ERROR, DOOR_OPEN, "the cloud does not offer that", ""},
    {500, 599, PAGE_ANY, 0, ERR_CLOUD_OFFLINE, DOOR_FAULT, "the cloud has trouble of its own",
	"wait; it is asked again later"},
    {300, 399, PAGE_ANY, 0, ERR_CLOUD_ERROR, DOOR_FAULT,
	"the cloud points elsewhere, which is not followed", "check ApiUrl= and WebUrl="},
    {200, 299, PAGE_ANY, 0, ERR_NONE, DOOR_OPEN, "the cloud refuses", ""},
    {0, 1000, PAGE_ANY, 0, ERR_CLOUD_ERROR, DOOR_OPEN, "the cloud refuses", ""},
};

static const struct {
	enum err_type type;
	enum door_why why;
	const char *hint;
} faults[] = {
    [HTTP_OK] = {ERR_NONE, DOOR_OPEN, ""},
    [HTTP_FAULT_NAME] = {ERR_CLOUD_OFFLINE, DOOR_OFFLINE, "check the network and its name server"},
    [HTTP_FAULT_CONNECT] = {ERR_CLOUD_OFFLINE, DOOR_OFFLINE, "check the network"},
    [HTTP_FAULT_TLS] = {ERR_CLOUD_OFFLINE, DOOR_OFFLINE,
	"check the clock; CaFile= is for a server or proxy of your own"},
    [HTTP_FAULT_TIMEOUT] = {ERR_CLOUD_OFFLINE, DOOR_OFFLINE, "check the network"},
    [HTTP_FAULT_TOO_LARGE] = {ERR_CLOUD_ERROR, DOOR_FAULT, ""},
    [HTTP_FAULT_BROKEN] = {ERR_CLOUD_OFFLINE, DOOR_FAULT, "check ApiUrl= and WebUrl="},
    /* Ours, not the server's. */
    [HTTP_FAULT_URL] = {ERR_INVALID_PARAMS, DOOR_OPEN, ""},
    [HTTP_FAULT_LIBRARY] = {ERR_UNSUPPORTED, DOOR_OPEN, "install libcurl (Debian: libcurl4)"},
};
_Static_assert(ARRAY_SIZE(faults) == HTTP_FAULT_COUNT, "one row per fault");

static int month_by_name(const char *name)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++) {
		if (strncmp(months + 3 * i, name, 3) == 0) {
			return i;
		}
	}
	return -1;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT"; seconds since 1970, or -1. */
static int64_t date_read(const char *s)
{
	char month[4];
	struct tm tm = {0};
	int end = 0;

	if (strlen(s) != 29 ||
	    sscanf(s, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", &tm.tm_mday, month,
		&tm.tm_year, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &end) != 6 ||
	    end != 29) {
		return -1;
	}
	tm.tm_year -= 1900;
	tm.tm_mon = month_by_name(month);
	return tm.tm_mon < 0 ? -1 : timegm(&tm);
}

int64_t fault_retry_after_ms(const char *value, int64_t wall_ms)
{
	int64_t seconds;

	if (value == NULL) {
		return -1;
	}
	if (parse_i64(value, 0, INT32_MAX, &seconds) == 0) {
		return seconds * 1000;
	}
	seconds = date_read(value);
	if (seconds < 0) {
		return -1;
	}
	return seconds * 1000 > wall_ms ? seconds * 1000 - wall_ms : 0;
}

static bool is_html(const struct http_answer *a)
{
	const char *type = http_header_value(a, "content-type");
	const char *s = a->body;

	while (isspace((unsigned char)*s)) {
		s++;
	}
	return *s == '<' || (type != NULL && strcasestr(type, "text/html") != NULL);
}

/* bambu.md 1.4 */
static bool is_wall(const struct http_answer *a)
{
	static const char *const marks[] = {"cloudflare", "just a moment"};

	if (http_header_value(a, "cf-mitigated") != NULL) {
		return true;
	}
	if (!is_html(a)) {
		return false;
	}
	if (http_header_value(a, "cf-ray") != NULL) {
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (strcasestr(a->body, marks[i]) != NULL) {
			return true;
		}
	}
	return false;
}

static const struct rule *rule_of(int status, bool wall, int code)
{
	const struct rule *r = rules;

	while (status < r->low || status > r->high || (r->page == PAGE_WALL && !wall) ||
	       (r->code != 0 && r->code != code)) {
		if (r == rules + ARRAY_SIZE(rules) - 1) {
			break;
		}
		r++;
	}
	return r;
}

/* What belongs to somebody who reads it elsewhere stays as it is. */
static json_object *body_read(const struct fault_input *in)
{
	const struct http_answer *a = in->answer;
	bool wanted = !in->unread || (a->status >= 300 && a->body_len <= WORDS_BODY_MAX);

	return wanted ? bounded_parse(a->body, a->body_len) : NULL;
}

static int code_read(json_object *body)
{
	const char *text = json_get_str(body, "code");
	int64_t code = -1;

	if (!json_get_i64(body, "code", &code) && text != NULL) {
		parse_i64(text, 0, INT32_MAX, &code);
	}
	return code >= 0 && code <= INT32_MAX ? (int)code : -1;
}

/* What the vendor says of it, escaped; "" when it says nothing. */
static void words_read(json_object *body, char words[static WORDS_MAX])
{
	static const char *const keys[] = {
	    "message", "error", "error.message", "detail", "reason", "details.reason"};

	words[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		json_object *found = NULL;

		if (json_get_path(body, keys[i], &found) &&
		    json_object_is_type(found, json_type_string) &&
		    json_object_get_string_len(found) > 0) {
			text_escape_buf(json_object_get_string(found), words, WORDS_MAX);
			return;
		}
	}
}

/* A failure inside a 2xx: 0 and 200 are the vendor's "fine" (seed-inventory 8.2, 8.3). */
static bool is_refusal(const struct fault *f)
{
	return f->vendor_code > 0 && f->vendor_code != 200;
}

static void say(struct fault *f, enum err_type type, const struct rule *r, int status)
{
	char words[WORDS_MAX], code[24] = "";

	words_read(f->body, words);
	if (f->vendor_code >= 0) {
		snprintf(code, sizeof(code), ", code %d", f->vendor_code);
	}
	err_set(&f->error, type, "%s%s%s (HTTP %d%s)", r->lead, words[0] != '\0' ? ": " : "", words,
	    status, code);
	if (r->hint[0] != '\0') {
		err_hint(&f->error, "%s", r->hint);
	}
}

static void read_status(const struct fault_input *in, struct fault *f)
{
	const struct http_answer *a = in->answer;
	int code;
	const struct rule *r;

	f->body = body_read(in);
	f->vendor_code = code_read(f->body);
	f->retry_after_ms = fault_retry_after_ms(http_header_value(a, "retry-after"), in->wall_ms);
	/* What was said without a token says nothing of it. */
	code = in->token_sent || f->vendor_code != CODE_LOGIN ? f->vendor_code : -1;
	r = rule_of(a->status, is_wall(a), code);
	f->why = r->why;
	f->dead = r->type == ERR_TOKEN_DEAD;
	if (r->type != ERR_NONE) {
		say(f, r->type, r, a->status);
	} else if (is_refusal(f)) {
		say(f, ERR_CLOUD_ERROR, r, a->status);
	} else if (in->json_only && f->body == NULL && a->body_len > 0) {
		err_set(&f->error, ERR_CLOUD_ERROR, "the cloud's answer is not JSON within bounds");
		err_hint(&f->error, "try again; check ApiUrl= when it stays so");
	}
}

void fault_read(const struct fault_input *in, struct fault *ret)
{
	const struct http_answer *a = in->answer;

	*ret = (struct fault){.vendor_code = -1, .retry_after_ms = -1};
	if (a->fault == HTTP_OK) {
		read_status(in, ret);
		return;
	}
	ret->why = faults[a->fault].why;
	err_set(&ret->error, faults[a->fault].type, "%s", a->text);
	if (faults[a->fault].hint[0] != '\0') {
		err_hint(&ret->error, "%s", faults[a->fault].hint);
	}
}
