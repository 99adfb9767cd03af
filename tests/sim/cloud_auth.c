/* SPDX-License-Identifier: MIT */
/* Signing in: password, one-time codes by mail and SMS, and the two ways of the authenticator. */
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "tests/sim/cloud_route.h"
#include "tests/sim/sim.h"

enum { CODE_EXPIRED = 1, CODE_WRONG = 2, LOGIN_FAILED = 5 };

/* Either name of the account; the phone number only where there are phone accounts. */
static bool is_account(const struct cloud *c, const char *word)
{
	return strcmp(word, c->account) == 0 ||
	       (c->region == CLOUD_REGION_CHINA && strcmp(word, c->phone) == 0);
}

static void reply_login(
    struct cloud_call *call, const char *token, const char *login_type, const char *tfa_key)
{
	struct jw *w = cloud_begin_bare(call);

	jw_str(w, "accessToken", token);
	jw_str(w, "refreshToken", token);
	if (token[0] && call->cloud->set.expires_s >= 0) {
		jw_int(w, "expiresIn", call->cloud->set.expires_s);
		jw_int(w, "refreshExpiresIn", call->cloud->set.expires_s);
	}
	jw_str(w, "tfaKey", tfa_key);
	jw_str(w, "accessMethod", "");
	jw_str(w, "loginType", login_type);
	cloud_end(call);
}

static void reply_token(struct cloud_call *call)
{
	reply_login(call, cloud_token_issue(call->cloud, NULL), "", "");
}

static void refuse(struct cloud_call *call, int code, const char *text)
{
	call->cloud->logins_refused++;
	cloud_error(call, 400, code, text);
}

static void send_code(struct cloud *c, struct cloud_code *code)
{
	cloud_random_code(code, c->set.code_s);
	c->codes_sent++;
}

/* A code is good once, and only while it lives. */
static void login_with_code(struct cloud_call *call, const char *account, const char *text)
{
	struct cloud *c = call->cloud;
	struct cloud_code *code = strcmp(account, c->account) == 0 ? &c->mail : &c->sms;

	if (strcmp(code->text, text) != 0) {
		refuse(call, CODE_WRONG, "Incorrect code");
	} else if (sim_now_ms() >= code->until_ms) {
		refuse(call, CODE_EXPIRED, "The code has expired");
	} else {
		code->text[0] = '\0';
		reply_token(call);
	}
}

static void login_with_password(struct cloud_call *call, const char *account)
{
	struct cloud *c = call->cloud;
	const char *password = cloud_word(call, "password");

	if (!password || strcmp(password, c->password) != 0) {
		refuse(call, LOGIN_FAILED, "Incorrect account or password");
		return;
	}
	switch (c->set.login) {
	case CLOUD_LOGIN_PASSWORD:
		reply_token(call);
		return;
	case CLOUD_LOGIN_CODE: /* the code is on its way without being asked for */
		send_code(c, strcmp(account, c->account) == 0 ? &c->mail : &c->sms);
		reply_login(call, "", "verifyCode", "");
		return;
	case CLOUD_LOGIN_TFA:
		cloud_random_hex(c->tfa_key, sizeof(c->tfa_key));
		cloud_random_code(&c->tfa, c->set.code_s);
		reply_login(call, "", "tfa", c->tfa_key);
		return;
	case CLOUD_LOGIN_COUNT:
		break;
	}
}

void cloud_run_login(struct cloud_call *call)
{
	const char *account = cloud_word(call, "account"), *code = cloud_word(call, "code");

	if (!account || !is_account(call->cloud, account)) {
		refuse(call, LOGIN_FAILED, "Incorrect account or password");
	} else if (code) {
		login_with_code(call, account, code);
	} else {
		login_with_password(call, account);
	}
}

static void run_send(
    struct cloud_call *call, const char *key, const char *right, struct cloud_code *code)
{
	const char *whom = cloud_word(call, key), *type = cloud_word(call, "type");

	if (!whom || strcmp(whom, right) != 0 || !type || strcmp(type, "codeLogin") != 0) {
		cloud_error(call, 400, LOGIN_FAILED, "No code can be sent there");
		return;
	}
	send_code(call->cloud, code);
	cloud_begin(call);
	cloud_end(call);
}

void cloud_run_send_mail(struct cloud_call *call)
{
	run_send(call, "email", call->cloud->account, &call->cloud->mail);
}

void cloud_run_send_sms(struct cloud_call *call)
{
	if (call->cloud->region != CLOUD_REGION_CHINA) {
		cloud_plain(call->x, 404, "text/plain", "404 page not found");
		return;
	}
	run_send(call, "phone", call->cloud->phone, &call->cloud->sms);
}

/* False after a refusal. The key and the code are used up by a success. */
static bool check_tfa(struct cloud_call *call)
{
	struct cloud *c = call->cloud;
	const char *key = cloud_word(call, "tfaKey"), *code = cloud_word(call, "tfaCode");

	if (!key || !code || !c->tfa_key[0] || strcmp(key, c->tfa_key) != 0 ||
	    strcmp(code, c->tfa.text) != 0 || sim_now_ms() >= c->tfa.until_ms) {
		refuse(call, LOGIN_FAILED, "Incorrect authenticator code");
		return false;
	}
	c->tfa_key[0] = c->tfa.text[0] = '\0';
	return true;
}

/* The token where clients look for it: a cookie, accessToken, or token. */
static void reply_tfa(struct cloud_call *call, enum cloud_tfa usual)
{
	enum cloud_tfa where = call->cloud->set.tfa ? call->cloud->set.tfa : usual;
	const char *token = cloud_token_issue(call->cloud, NULL);
	_cleanup_free_ char *cookie = NULL;
	struct jw *w;

	if (where == CLOUD_TFA_ACCESS_TOKEN) {
		reply_login(call, token, "", "");
		return;
	}
	if (where == CLOUD_TFA_COOKIE) {
		cookie = xasprintf("token=%s; Path=/; Secure; HttpOnly; SameSite=Lax", token);
		http_add(call->x, "Set-Cookie", cookie);
	}
	w = cloud_begin(call);
	if (where == CLOUD_TFA_TOKEN) {
		jw_str(w, "token", token);
	}
	cloud_end(call);
}

void cloud_run_tfa_api(struct cloud_call *call)
{
	if (!call->cloud->set.tfa_api) {
		cloud_plain(call->x, 404, "text/plain", "404 page not found");
	} else if (check_tfa(call)) {
		reply_tfa(call, CLOUD_TFA_ACCESS_TOKEN);
	}
}

void cloud_run_csrf(struct cloud_call *call)
{
	struct cloud *c = call->cloud;
	char *token = c->csrf[c->next_csrf++ % CLOUD_CSRF_MAX];
	_cleanup_free_ char *cookie = NULL;
	int64_t unused;

	call->x->status = 204;
	if (cloud_fault_hits(&c->faults, CLOUD_FAULT_NO_CSRF, call->x->path, &unused)) {
		token[0] = '\0';
		return;
	}
	cloud_random_hex(token, sizeof(c->csrf[0]));
	cookie = xasprintf("bbl_csrf_token=%s; Path=/; Secure; SameSite=Lax", token);
	http_add(call->x, "Set-Cookie", cookie);
}

/* A value of the Cookie header; caller frees; NULL when absent. */
static char *find_cookie(const struct http_exchange *x, const char *name)
{
	const char *p = http_header(x, "Cookie");
	size_t len = strlen(name);

	while (p && *p) {
		size_t whole = strcspn(p, ";");

		if (whole > len && strncmp(p, name, len) == 0 && p[len] == '=') {
			return xstrndup(p + len + 1, whole - len - 1);
		}
		p += whole;
		p += strspn(p, "; ");
	}
	return NULL;
}

static void refuse_csrf(struct cloud_call *call, const char *reason)
{
	_cleanup_free_ char *text = xasprintf("CSRF error: %s", reason);
	struct jw *w = &call->x->out;

	call->cloud->logins_refused++;
	call->x->status = 403;
	http_add(call->x, "Content-Type", "application/json");
	jw_object(w, NULL);
	jw_str(w, "error", text);
	jw_str(w, "reason", reason);
	jw_object_end(w);
}

static bool is_csrf(const struct cloud *c, const char *token)
{
	for (size_t i = 0; i < CLOUD_CSRF_MAX; i++) {
		if (c->csrf[i][0] && strcmp(c->csrf[i], token) == 0) {
			return true;
		}
	}
	return false;
}

void cloud_run_tfa_web(struct cloud_call *call)
{
	_cleanup_free_ char *cookie = find_cookie(call->x, "bbl_csrf_token");
	const char *header = http_header(call->x, "x-bbl-csrf-token");

	if (!cookie || !cookie[0]) {
		refuse_csrf(call, "missing_cookie");
	} else if (!header || !header[0]) {
		refuse_csrf(call, "missing_header");
	} else if (strcmp(cookie, header) != 0 || !is_csrf(call->cloud, cookie)) {
		refuse_csrf(call, "mismatch");
	} else if (check_tfa(call)) {
		reply_tfa(call, CLOUD_TFA_COOKIE);
	}
}

/* Whatever it is given, it has not worked for years. */
void cloud_run_refresh(struct cloud_call *call)
{
	cloud_error(call, 401, 3, "The refresh token is not accepted");
}
