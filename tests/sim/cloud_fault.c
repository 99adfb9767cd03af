/* SPDX-License-Identifier: MIT */
/* The fault switches of the cloud: which, for which paths, how often, and what they answer. */
#include "tests/sim/cloud_fault.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/util.h"
#include "tests/sim/cloud_http.h"

#define JSON_TYPE "application/json; charset=utf-8"
#define HTML_TYPE "text/html; charset=UTF-8"
#define DEPTH 100000

static const struct {
	const char *name, *arg, *help;
	int64_t min, max, fallback; /* min > max: takes no number */
} faults[] = {
    [CLOUD_FAULT_REFUSE] = {"refuse", "", "connection refused (existing ones end)", 1, 0, 0},
    [CLOUD_FAULT_DEAF] = {"deaf", "", "SYNs are dropped (existing connections end)", 1, 0, 0},
    [CLOUD_FAULT_SILENT] = {"silent", "", "TLS never answers on new connections", 1, 0, 0},
    [CLOUD_FAULT_WRONG_HOST] = {"wrong-host", "", "a genuine certificate of another host", 1, 0, 0},
    [CLOUD_FAULT_SELF_SIGNED] = {"self-signed", "", "the right names, self-signed", 1, 0, 0},
    [CLOUD_FAULT_FOREIGN_CA] = {"foreign-ca", "", "right names, another CA of the same name", 1, 0,
	0},
    [CLOUD_FAULT_EXPIRED_CERT] = {"expired-cert", "", "a certificate that ended yesterday", 1, 0,
	0},
    [CLOUD_FAULT_CLOUDFLARE] = {"cloudflare", "[STATUS]",
	"a page that asks for patience, cf-mitigated (403)", 400, 599, 403},
    [CLOUD_FAULT_RATE_LIMIT] = {"429", "[S]", "429 with Retry-After; 0 = without (0)", 0, 864000,
	0},
    [CLOUD_FAULT_RATE_DATE] = {"429-date", "[S]", "429 with Retry-After as a date, S from now (60)",
	1, 864000, 60},
    [CLOUD_FAULT_DEAD_TOKEN] = {"401-dead", "", "401 with code 4: the token is dead", 1, 0, 0},
    [CLOUD_FAULT_UNAUTHORIZED] = {"401", "", "401 that does not say why", 1, 0, 0},
    [CLOUD_FAULT_STATUS] = {"status", "[STATUS]", "this status with a JSON error (503)", 400, 599,
	503},
    [CLOUD_FAULT_HTML] = {"html", "[STATUS]", "this status with a page of a gateway (502)", 200,
	599, 502},
    [CLOUD_FAULT_REDIRECT] = {"redirect", "[STATUS]",
	"to the same path of another host (302); see `abroad`", 300, 399, 302},
    [CLOUD_FAULT_NOT_JSON] = {"not-json", "", "200 with a body that is not JSON", 1, 0, 0},
    [CLOUD_FAULT_EMPTY] = {"empty", "[STATUS]", "this status with no body (200)", 200, 599, 200},
    [CLOUD_FAULT_WRONG_TYPES] = {"wrong-types", "",
	"200 with the known keys and values of other types", 1, 0, 0},
    [CLOUD_FAULT_BAD_UTF8] = {"bad-utf8", "", "200 with a name that is not UTF-8", 1, 0, 0},
    [CLOUD_FAULT_DEEP] = {"deep", "", "200 with JSON nested 100000 deep", 1, 0, 0},
    [CLOUD_FAULT_NO_CSRF] = {"no-csrf", "", "the CSRF request sets no cookie", 1, 0, 0},
    [CLOUD_FAULT_SLOW] = {"slow", "[MS]", "the answer comes after so long (5000)", 1, 3600000,
	5000},
    [CLOUD_FAULT_TRICKLE] = {"trickle", "[MS]", "a byte of the body every MS (1000)", 1, 60000,
	1000},
    [CLOUD_FAULT_HUGE] = {"huge", "[MIB]", "so much behind the body (2048)", 1, 8192, 2048},
    [CLOUD_FAULT_RESET] = {"reset", "", "half of the body, then RST", 1, 0, 0},
    [CLOUD_FAULT_CUT] = {"cut", "", "the connection ends without an answer", 1, 0, 0},
    [CLOUD_FAULT_TRUNCATE] = {"truncate", "", "the body is shorter than announced", 1, 0, 0},
};
static_assert(ARRAY_SIZE(faults) == CLOUD_FAULT_COUNT, "one row per fault");

int cloud_fault_by_name(const char *name)
{
	for (int i = 0; i < CLOUD_FAULT_COUNT; i++) {
		if (strcmp(faults[i].name, name) == 0) {
			return i;
		}
	}
	return -ENOENT;
}

const char *cloud_fault_name(enum cloud_fault f)
{
	return faults[f].name;
}

static bool is_of_connections(enum cloud_fault which)
{
	return which <= CLOUD_FAULT_EXPIRED_CERT;
}

static int read_word(struct cloud_fault_state *next, enum cloud_fault which, const char *word)
{
	bool ok;

	if (str_starts(word, "path=")) {
		ok = word[5] == '/' && str_copy(next->path, sizeof(next->path), word + 5);
		return ok && !is_of_connections(which) ? 0 : -EINVAL;
	}
	if (str_starts(word, "times=")) {
		ok = parse_i64(word + 6, 1, INT64_MAX, &next->times) == 0;
		return ok && !is_of_connections(which) ? 0 : -EINVAL;
	}
	if (faults[which].min > faults[which].max) {
		return -EINVAL;
	}
	return parse_i64(word, faults[which].min, faults[which].max, &next->arg);
}

int cloud_fault_set(struct cloud_faults *f, enum cloud_fault which, bool on, char *words)
{
	struct cloud_fault_state next = {.on = on, .arg = faults[which].fallback, .times = -1};
	char *word;

	while ((word = strsep(&words, " \t"))) {
		if (word[0] != '\0' && (!on || read_word(&next, which, word) < 0)) {
			return -EINVAL;
		}
	}
	f->state[which] = next;
	return 0;
}

char *cloud_fault_help(void)
{
	char *text = xstrdup("");

	for (int i = 0; i < CLOUD_FAULT_COUNT; i++) {
		char *longer = xasprintf("%s%s  %-13s %-9s %s", text, i > 0 ? "\n" : "",
		    faults[i].name, faults[i].arg, faults[i].help);

		free(text);
		text = longer;
	}
	return text;
}

bool cloud_fault_hits(
    struct cloud_faults *f, enum cloud_fault which, const char *path, int64_t *ret_arg)
{
	struct cloud_fault_state *s = &f->state[which];

	if (!s->on || !str_starts(path, s->path)) {
		return false;
	}
	if (s->times > 0 && --s->times == 0) {
		s->on = false;
	}
	*ret_arg = s->arg;
	return true;
}

enum cert_kind cloud_fault_cert(const struct cloud_faults *f)
{
	static const struct {
		enum cloud_fault fault;
		enum cert_kind kind;
	} kinds[] = {
	    {CLOUD_FAULT_WRONG_HOST, CERT_WRONG_CN},
	    {CLOUD_FAULT_SELF_SIGNED, CERT_SELF_SIGNED},
	    {CLOUD_FAULT_FOREIGN_CA, CERT_FOREIGN_CA},
	    {CLOUD_FAULT_EXPIRED_CERT, CERT_EXPIRED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (f->state[kinds[i].fault].on) {
			return kinds[i].kind;
		}
	}
	return CERT_GOOD;
}

static void put(struct http_exchange *x, int64_t status, const char *type, const char *text)
{
	x->status = (int)status;
	jw_reset(&x->head);
	jw_reset(&x->out);
	http_add(x, "Content-Type", type);
	jw_bytes(&x->out, text, strlen(text));
}

static void put_deep(struct http_exchange *x)
{
	put(x, 200, JSON_TYPE, "{\"devices\":");
	for (int i = 0; i < DEPTH; i++) {
		jw_bytes(&x->out, "[", 1);
	}
	for (int i = 0; i < DEPTH; i++) {
		jw_bytes(&x->out, "]", 1);
	}
	jw_bytes(&x->out, "}", 1);
}

static void put_rate_limit(struct http_exchange *x, int64_t retry_s)
{
	put(x, 429, JSON_TYPE, "{\"code\":429,\"error\":\"Too many requests.\"}");
	if (retry_s > 0) {
		_cleanup_free_ char *text = xasprintf("%lld", (long long)retry_s);

		http_add(x, "Retry-After", text);
	}
}

static void put_rate_date(struct http_exchange *x, int64_t retry_s)
{
	time_t at = time(NULL) + retry_s;
	struct tm utc;
	char text[64] = "";

	put(x, 429, JSON_TYPE, "{\"code\":429,\"error\":\"Too many requests.\"}");
	if (gmtime_r(&at, &utc)) {
		strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &utc);
	}
	http_add(x, "Retry-After", text);
}

static void put_cloudflare(struct http_exchange *x, int64_t status)
{
	put(x, status, HTML_TYPE,
	    "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><script "
	    "src=\"https://challenges.cloudflare.com/x.js\"></script></body></html>\n");
	http_add(x, "cf-mitigated", "challenge");
	http_add(x, "cf-ray", "0123456789abcdef-SIM");
	http_add(x, "Server", "cloudflare");
}

static void put_redirect(struct http_exchange *x, int64_t status, const char *other)
{
	_cleanup_free_ char *where = xasprintf("%s%s", other, x->target);

	put(x, status, HTML_TYPE, "<html>It is elsewhere.</html>\n");
	http_add(x, "Location", where);
}

static const char wrong_types[] =
    "{\"message\":[],\"code\":\"none\",\"error\":{},\"accessToken\":17,\"loginType\":[],"
    "\"tfaKey\":{},\"expiresIn\":\"soon\",\"devices\":{\"dev_id\":1},\"uid\":{\"a\":1},"
    "\"name\":[],\"account\":3,\"productModels\":\"P1S\",\"hits\":\"many\",\"tasks\":7,"
    "\"total\":\"all\",\"projects\":false,\"urls\":{\"type\":1},\"files\":null,"
    "\"data\":[1,2],\"result\":\"0\",\"ver\":[],\"ttcode\":1e400}";

static const char bad_utf8[] =
    "{\"message\":\"success\",\"code\":null,\"error\":null,\"uid\":1,\"name\":\"caf\xe9\","
    "\"account\":\"\xc0\xaf\",\"devices\":[{\"dev_id\":\"01P00A000000001\","
    "\"name\":\"\xed\xa0\x80\"}]}";

static bool answer_one(
    enum cloud_fault which, struct http_exchange *x, const char *other, int64_t arg)
{
	if (which == CLOUD_FAULT_CLOUDFLARE) {
		put_cloudflare(x, arg);
	} else if (which == CLOUD_FAULT_RATE_LIMIT) {
		put_rate_limit(x, arg);
	} else if (which == CLOUD_FAULT_RATE_DATE) {
		put_rate_date(x, arg);
	} else if (which == CLOUD_FAULT_DEAD_TOKEN) {
		put(x, 401, JSON_TYPE, "{\"code\":4,\"error\":\"Please login.\"}");
	} else if (which == CLOUD_FAULT_UNAUTHORIZED) {
		put(x, 401, JSON_TYPE, "{\"error\":\"Unauthorized\"}");
	} else if (which == CLOUD_FAULT_STATUS) {
		put(x, arg, JSON_TYPE, "{\"code\":1,\"error\":\"It does not work just now.\"}");
	} else if (which == CLOUD_FAULT_HTML) {
		put(x, arg, HTML_TYPE,
		    "<html><body><h1>The gateway is unwell</h1></body></html>\n");
	} else if (which == CLOUD_FAULT_REDIRECT) {
		put_redirect(x, arg, other);
	} else if (which == CLOUD_FAULT_NOT_JSON) {
		put(x, 200, JSON_TYPE, "{\"message\":\"success\",\"devices\":[{\"dev_id\":");
	} else if (which == CLOUD_FAULT_EMPTY) {
		put(x, arg, JSON_TYPE, "");
	} else if (which == CLOUD_FAULT_WRONG_TYPES) {
		put(x, 200, JSON_TYPE, wrong_types);
	} else if (which == CLOUD_FAULT_BAD_UTF8) {
		put(x, 200, JSON_TYPE, bad_utf8);
	} else {
		put_deep(x);
	}
	return true;
}

bool cloud_fault_answer(struct cloud_faults *f, struct http_exchange *x, const char *other)
{
	int64_t arg = 0;

	for (int i = CLOUD_FAULT_CLOUDFLARE; i <= CLOUD_FAULT_DEEP; i++) {
		if (cloud_fault_hits(f, (enum cloud_fault)i, x->path, &arg)) {
			return answer_one((enum cloud_fault)i, x, other, arg);
		}
	}
	return false;
}

void cloud_fault_manners(struct cloud_faults *f, struct http_exchange *x)
{
	int64_t arg = 0;

	if (cloud_fault_hits(f, CLOUD_FAULT_SLOW, x->path, &arg)) {
		x->delay_ms = arg;
	}
	if (cloud_fault_hits(f, CLOUD_FAULT_TRICKLE, x->path, &arg)) {
		x->way = HTTP_WAY_TRICKLE;
		x->trickle_ms = arg;
	}
	if (cloud_fault_hits(f, CLOUD_FAULT_HUGE, x->path, &arg)) {
		x->way = HTTP_WAY_HUGE;
		x->extra = (uint64_t)arg * 1024 * 1024;
	}
	if (cloud_fault_hits(f, CLOUD_FAULT_RESET, x->path, &arg)) {
		x->way = HTTP_WAY_RESET;
	}
	if (cloud_fault_hits(f, CLOUD_FAULT_CUT, x->path, &arg)) {
		x->way = HTTP_WAY_CUT;
	}
	if (cloud_fault_hits(f, CLOUD_FAULT_TRUNCATE, x->path, &arg)) {
		x->way = HTTP_WAY_TRUNCATE;
	}
}
