/* SPDX-License-Identifier: MIT */
/* Tokens and one-time codes of the account, and the signatures of requests. */
#include <event2/event.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/sim/cloud_internal.h"
#include "tests/sim/sim.h"

#define SIGN_WINDOW_MS (5 * 60 * 1000)
#define NO_END_S (90LL * 24 * 3600)

void cloud_random_hex(char *buf, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char byte;

	for (size_t i = 0; i + 1 < size; i++) {
		if (RAND_bytes(&byte, 1) != 1) {
			abort(); /* a token that can be guessed is worse than none */
		}
		buf[i] = digits[byte & 15];
	}
	buf[size - 1] = '\0';
}

void cloud_random_code(struct cloud_code *code, int64_t life_s)
{
	uint32_t number = 0;

	if (RAND_bytes((unsigned char *)&number, sizeof(number)) != 1) {
		abort();
	}
	snprintf(code->text, sizeof(code->text), "%06u", number % 1000000);
	code->until_ms = sim_now_ms() + life_s * 1000;
}

/* Base64url without padding, as JWT wants it. */
static char *base64url(const char *text, size_t len)
{
	char *out = xmalloc(4 * (len / 3 + 1) + 1), *end;

	EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)text, (int)len);
	end = strchr(out, '=');
	if (end) {
		*end = '\0';
	}
	for (char *c = out; *c; c++) {
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	}
	return out;
}

static char *make_jwt(const struct cloud *c)
{
	static const char head[] = "{\"alg\":\"RS256\",\"typ\":\"JWT\"}";
	int64_t now_s = time(NULL);
	int64_t life_s = c->set.expires_s > 0 ? c->set.expires_s : NO_END_S;
	_cleanup_free_ char *first = base64url(head, strlen(head)), *second = NULL, *third = NULL;
	_cleanup_free_ char *claims = NULL;
	char noise[129];

	claims = xasprintf("{\"user_id\":\"%lld\",\"username\":\"u_%lld\",\"email\":\"%s\","
			   "\"permissions\":[\"device:read\",\"device:write\",\"files:upload\"],"
			   "\"iat\":%lld,\"exp\":%lld}",
	    (long long)c->uid, (long long)c->uid, c->account, (long long)now_s,
	    (long long)(now_s + life_s));
	cloud_random_hex(noise, sizeof(noise));
	second = base64url(claims, strlen(claims));
	third = base64url(noise, strlen(noise));
	return xasprintf("%s.%s.%s", first, second, third);
}

static char *make_token(const struct cloud *c)
{
	char noise[97];

	if (c->set.jwt) {
		return make_jwt(c);
	}
	cloud_random_hex(noise, sizeof(noise));
	return xasprintf("AAD%s", noise);
}

static bool is_alive(const struct cloud_token *t, int64_t now_ms)
{
	return t->text[0] && !t->dead && now_ms < t->until_ms;
}

static void arm_clock(struct cloud *c)
{
	int64_t next_ms = INT64_MAX, wait_ms;
	struct timeval delay;

	for (size_t i = 0; i < CLOUD_TOKENS_MAX; i++) {
		const struct cloud_token *t = &c->token[i];

		if (t->text[0] && !t->dead && t->until_ms < next_ms) {
			next_ms = t->until_ms;
		}
	}
	evtimer_del(c->token_clock);
	if (next_ms < INT64_MAX) {
		wait_ms = next_ms - sim_now_ms();
		wait_ms = wait_ms > 0 ? wait_ms : 0;
		delay = (struct timeval){wait_ms / 1000, wait_ms % 1000 * 1000};
		evtimer_add(c->token_clock, &delay);
	}
}

static void end_token(struct cloud *c, struct cloud_token *t)
{
	t->dead = true;
	c->tokens_dead++;
	if (c->death) {
		c->death(c->death_arg, t->text);
	}
}

static void on_token_clock(evutil_socket_t fd, short what, void *arg)
{
	struct cloud *c = arg;
	int64_t now_ms = sim_now_ms();

	for (size_t i = 0; i < CLOUD_TOKENS_MAX; i++) {
		struct cloud_token *t = &c->token[i];

		if (t->text[0] && !t->dead && now_ms >= t->until_ms) {
			end_token(c, t);
		}
	}
	arm_clock(c);
}

void cloud_token_init(struct cloud *c)
{
	c->token_clock = evtimer_new(c->sim->base, on_token_clock, c);
}

void cloud_token_finish(struct cloud *c)
{
	event_free(c->token_clock);
}

/* One of that text, or a free place, or that of the oldest, which ends. */
static struct cloud_token *next_place(struct cloud *c, const char *text)
{
	struct cloud_token *oldest = &c->token[c->tokens_issued % CLOUD_TOKENS_MAX];

	for (size_t i = 0; i < CLOUD_TOKENS_MAX; i++) {
		if (strcmp(c->token[i].text, text) == 0) {
			return &c->token[i];
		}
	}
	for (size_t i = 0; i < CLOUD_TOKENS_MAX; i++) {
		if (c->token[i].text[0] == '\0') {
			return &c->token[i];
		}
	}
	if (!oldest->dead) {
		end_token(c, oldest);
	}
	return oldest;
}

const char *cloud_token_issue(struct cloud *c, const char *text)
{
	_cleanup_free_ char *made = text ? NULL : make_token(c);
	struct cloud_token *t = next_place(c, text ? text : made);

	str_copy(t->text, sizeof(t->text), text ? text : made);
	t->dead = false;
	t->until_ms = c->set.expires_s >= 0 ? sim_now_ms() + c->set.expires_s * 1000 : INT64_MAX;
	c->tokens_issued++;
	arm_clock(c);
	return t->text;
}

bool cloud_token_lives(struct cloud *c, const char *text)
{
	for (size_t i = 0; i < CLOUD_TOKENS_MAX; i++) {
		if (c->token[i].text[0] && strcmp(c->token[i].text, text) == 0) {
			return is_alive(&c->token[i], sim_now_ms());
		}
	}
	return false;
}

void cloud_token_kill(struct cloud *c, const char *text)
{
	for (size_t i = 0; i < CLOUD_TOKENS_MAX; i++) {
		struct cloud_token *t = &c->token[i];

		if (t->text[0] && !t->dead && (!text || strcmp(t->text, text) == 0)) {
			end_token(c, t);
		}
	}
	arm_clock(c);
}

/* The digest inside a PKCS#1 v1.5 signature. */
static bool recover_digest(EVP_PKEY *key, const char *base64, unsigned char ret[static 32])
{
	unsigned char raw[1024], out[1024];
	size_t len = strlen(base64), pad = 0, out_len = sizeof(out);
	EVP_PKEY_CTX *ctx;
	int raw_len;
	bool ok;

	if (len == 0 || len % 4 != 0 || len / 4 * 3 > sizeof(raw)) {
		return false;
	}
	pad = (size_t)(base64[len - 1] == '=') + (size_t)(base64[len - 2] == '=');
	raw_len = EVP_DecodeBlock(raw, (const unsigned char *)base64, (int)len);
	if (raw_len < (int)pad) {
		return false;
	}
	ctx = EVP_PKEY_CTX_new(key, NULL);
	ok = ctx && EVP_PKEY_verify_recover_init(ctx) > 0 &&
	     EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0 &&
	     EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) > 0 &&
	     (size_t)EVP_PKEY_get_size(key) <= sizeof(raw) &&
	     EVP_PKEY_verify_recover(ctx, NULL, &out_len, raw, (size_t)raw_len - pad) > 0 &&
	     out_len <= sizeof(out) &&
	     EVP_PKEY_verify_recover(ctx, out, &out_len, raw, (size_t)raw_len - pad) > 0 &&
	     out_len == 32;
	if (ok) {
		memcpy(ret, out, 32);
	}
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

/* No header carries the time: it is looked for, from now outward. */
static bool is_recent_time(const unsigned char digest[static 32])
{
	struct timespec now;
	int64_t now_ms;

	clock_gettime(CLOCK_REALTIME, &now);
	now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	for (int64_t i = 0; i <= 2 * SIGN_WINDOW_MS; i++) {
		int64_t at_ms = now_ms + (i % 2 ? -(i + 1) / 2 : i / 2);
		unsigned char own[32];
		char text[32];
		int len = snprintf(text, sizeof(text), "%lld", (long long)at_ms);

		SHA256((unsigned char *)text, (size_t)len, own);
		if (memcmp(own, digest, sizeof(own)) == 0) {
			return true;
		}
	}
	return false;
}

enum cloud_sign cloud_check_sign(const struct cloud *c, const struct http_exchange *x)
{
	const char *id = http_header(x, "x-bbl-app-certification-id");
	const char *sign = http_header(x, "x-bbl-device-security-sign");
	unsigned char digest[32];

	if (!id && !sign) {
		return CLOUD_SIGN_NONE;
	}
	if (!id || !id[0] || !sign || !c->sign_key || !recover_digest(c->sign_key, sign, digest)) {
		return CLOUD_SIGN_BAD;
	}
	return is_recent_time(digest) ? CLOUD_SIGN_GOOD : CLOUD_SIGN_BAD;
}
