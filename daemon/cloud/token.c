/* SPDX-License-Identifier: MIT */
/* The token of the account: its private file, what it says of itself, how long it lives. */
#include "daemon/cloud/token.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "common/json.h"
#include "common/jw.h"
#include "common/private_file.h"
#include "common/util.h"

enum { FILE_VERSION = 1, CLAIMS_MAX = 4096, CLAIMS_DEPTH_MAX = 8 };

static const char *const region_words[] = {
    [REGION_GLOBAL] = "global",
    [REGION_CHINA] = "china",
    [REGION_CUSTOM] = "custom",
};
static_assert(ARRAY_SIZE(region_words) == REGION_COUNT, "one word per region");

const char *account_region_word(enum account_region region)
{
	return region_words[region];
}

void token_finish(struct token *t)
{
	secret_destroy(t->text);
	free(t->user);
	free(t->email);
	*t = (struct token){0};
}

/* ---- the file ---- */

static void put_ms(struct jw *w, const char *key, int64_t ms)
{
	if (ms >= 0) {
		jw_int(w, key, ms);
	} else {
		jw_null(w, key);
	}
}

/* The whole text of the file; the reader writes what it has read once more and compares. */
static void put_file(struct jw *w, const struct token *t)
{
	jw_object(w, NULL);
	jw_int(w, "version", FILE_VERSION);
	jw_str(w, "region", region_words[t->region]);
	jw_str(w, "user", t->user);
	jw_str(w, "email", t->email);
	put_ms(w, "expires_ms", t->expires_ms);
	put_ms(w, "obtained_ms", t->obtained_ms);
	jw_int(w, "warned_days", t->warned_days);
	jw_bool(w, "dead", t->dead);
	jw_str(w, "token", secret_reveal(t->text));
	private_seal(w);
}

static int64_t get_ms(json_object *o, const char *key)
{
	int64_t ms = -1;

	return json_get_i64(o, key, &ms) ? ms : -1;
}

int account_region_parse(const char *word, enum account_region *ret)
{
	for (unsigned i = 0; word && i < REGION_COUNT; i++) {
		if (strcmp(word, region_words[i]) == 0) {
			*ret = (enum account_region)i;
			return 0;
		}
	}
	return -EBADMSG;
}

static int get_fields(json_object *o, struct token *t)
{
	const char *text = json_get_str(o, "token");
	int64_t version = 0, days = 0;

	if (!json_get_i64(o, "version", &version) || version != FILE_VERSION || !text || !*text ||
	    account_region_parse(json_get_str(o, "region"), &t->region) < 0) {
		return -EBADMSG;
	}
	json_get_i64(o, "warned_days", &days);
	json_get_bool(o, "dead", &t->dead);
	t->text = secret_create(text, strlen(text));
	t->user = xstrdup(json_get_str(o, "user"));
	t->email = xstrdup(json_get_str(o, "email"));
	t->expires_ms = get_ms(o, "expires_ms");
	t->obtained_ms = get_ms(o, "obtained_ms");
	t->warned_days = (unsigned)days;
	return 0;
}

int token_parse(const struct secret *file, struct token *ret)
{
	_cleanup_json_ json_object *o = NULL;
	struct jw again;
	int r = private_parse(file, &o);

	if (r == 0) {
		r = get_fields(o, ret);
		private_json_wipe(o, "token");
	}
	if (r < 0) {
		return r;
	}
	jw_init_secret(&again);
	put_file(&again, ret);
	r = private_compare(file, &again);
	jw_finish(&again);
	return r;
}

int token_read(const char *dir, int64_t wall_ms, struct token *ret, char **ret_why)
{
	_cleanup_secret_ struct secret *file = NULL;
	int r = private_read(dir, TOKEN_FILE, &file, ret_why);

	if (r == 0) {
		r = token_parse(file, ret);
	}
	if (r == -EBADMSG) {
		token_finish(ret);
		*ret_why = private_set_aside(dir, TOKEN_FILE, wall_ms);
	}
	return r;
}

int token_write(const char *dir, const struct token *t)
{
	struct jw w;
	int r;

	jw_init_secret(&w);
	put_file(&w, t);
	r = private_write(dir, TOKEN_FILE, w.buf, w.len);
	jw_finish(&w);
	return r;
}

int token_remove(const char *dir)
{
	return private_remove(dir, TOKEN_FILE);
}

/* ---- claims ---- */

static int sextet(char c)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *at = c ? strchr(alphabet, c) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

/* base64url without padding. The number of bytes, or -1. */
static ssize_t decode(const char *s, size_t len, char *buf, size_t size)
{
	uint32_t bits = 0;
	unsigned held = 0;
	size_t n = 0;

	while (len > 0 && s[len - 1] == '=') {
		len--;
	}
	for (size_t i = 0; i < len; i++) {
		int six = sextet(s[i]);

		if (six < 0 || n == size) {
			return -1;
		}
		bits = bits << 6 | (uint32_t)six;
		held += 6;
		if (held >= 8) {
			held -= 8;
			buf[n++] = (char)(bits >> held & 0xff);
		}
	}
	return (ssize_t)n;
}

/* The second of three parts, or NULL. */
static const char *middle(const char *text, size_t *ret_len)
{
	const char *first = strchr(text, '.');
	const char *second = first ? strchr(first + 1, '.') : NULL;

	if (!second || strchr(second + 1, '.')) {
		return NULL;
	}
	*ret_len = (size_t)(second - first - 1);
	return first + 1;
}

bool token_user_is_fit(const char *user)
{
	size_t digits;

	if (!user || !str_starts(user, "u_")) {
		return false;
	}
	digits = strspn(user + 2, "0123456789");
	return digits > 0 && digits <= 32 && user[2 + digits] == '\0';
}

static int64_t claim_ms(json_object *o, const char *key)
{
	double s;

	return json_get_num(o, key, &s) && s >= 0 && s < 1e11 ? (int64_t)(s * 1000) : -1;
}

void token_claims(const struct secret *text, struct token_claims *ret)
{
	_cleanup_json_ json_object *o = NULL;
	char buf[CLAIMS_MAX];
	const char *part, *user;
	size_t len = 0;
	ssize_t n;

	*ret = (struct token_claims){.issued_ms = -1, .expires_ms = -1};
	part = text ? middle(secret_reveal(text), &len) : NULL;
	n = part ? decode(part, len, buf, sizeof(buf)) : -1;
	if (n < 0 || json_parse(buf, (size_t)n, CLAIMS_DEPTH_MAX, &o) < 0 ||
	    !json_object_is_type(o, json_type_object)) {
		return;
	}
	user = json_get_str(o, "username");
	ret->any = true;
	ret->issued_ms = claim_ms(o, "iat");
	ret->expires_ms = claim_ms(o, "exp");
	if (token_user_is_fit(user)) {
		str_copy(ret->user, sizeof(ret->user), user);
	}
}

/* ---- the end ---- */

#define DAY_MS INT64_C(86400000)

unsigned token_warning(struct token *t, int64_t wall_ms, bool *ret_noted)
{
	static const unsigned days[] = {1, 3, 14};
	/* A clock set right by less than this does not make a warning due again. */
	static const int64_t slack_ms = 2 * DAY_MS;
	int64_t left_ms = t->expires_ms - wall_ms;

	*ret_noted = false;
	if (t->expires_ms < 0) {
		return 0;
	}
	if (t->warned_days > 0 && left_ms > 14 * DAY_MS + slack_ms) {
		t->warned_days = 0; /* the clock was far ahead */
		*ret_noted = true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(days); i++) {
		if (left_ms <= days[i] * DAY_MS) {
			if (t->warned_days > 0 && t->warned_days <= days[i]) {
				return 0;
			}
			t->warned_days = days[i];
			*ret_noted = true;
			return days[i];
		}
	}
	return 0;
}
