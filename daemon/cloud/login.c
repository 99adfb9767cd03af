/* SPDX-License-Identifier: MIT */
/* One login: from a password over the codes the cloud asks for to a token (bambu.md 1.2, 1.3). */
#include "daemon/cloud/login.h"

#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/private_file.h"
#include "common/secret.h"
#include "common/text.h"
#include "common/util.h"
#include "daemon/cloud/rest.h"

#define PATH_LOGIN "/v1/user-service/user/login"
#define PATH_MAIL "/v1/user-service/user/sendemail/code"
#define PATH_SMS "/api/v1/user-service/user/sendsmscode"
#define PATH_TFA "/v1/user-service/user/tfa/login"
#define PATH_CSRF "/api/csrf"
#define PATH_TFA_WEB "/api/sign-in/tfa"

/* "code" of a refusal (bambu.md 1.2 B). */
enum { VENDOR_CODE_EXPIRED = 1, VENDOR_CODE_WRONG = 2 };

enum { COOKIE_MAX = 256 };

struct login {
	struct rest *rest;
	struct rest_call *call;
	char *account;
	enum account_need need;
	struct secret *tfa_key, *tfa_code; /* the code: while its routes are tried */
	char note[256];			   /* why the routes before did not do */
	login_fn fn;
	void *arg;
};

struct login *login_create(struct rest *rest, const char *account, login_fn fn, void *arg)
{
	struct login *l = xcalloc(1, sizeof(*l));

	l->rest = rest;
	l->account = xstrdup(account);
	l->fn = fn;
	l->arg = arg;
	return l;
}

void login_destroy(struct login *l)
{
	if (!l) {
		return;
	}
	rest_cancel(l->call);
	secret_destroy(l->tfa_key);
	secret_destroy(l->tfa_code);
	free(l->account);
	free(l);
}

bool login_is_busy(const struct login *l)
{
	return l->call != NULL;
}

enum account_need login_need(const struct login *l)
{
	return l->need;
}

static bool is_phone(const struct login *l)
{
	return strchr(l->account, '@') == NULL;
}

/* ---- ends of a step; nothing of the login may be touched afterwards ---- */

static void end_with_error(struct login *l, const struct err *e)
{
	struct login_result r = {.error = *e, .need = l->need, .expires_in_s = -1};

	l->fn(l->arg, &r);
}

static void end_with_need(struct login *l, enum account_need need)
{
	struct login_result r = {.need = need, .expires_in_s = -1};

	l->need = need;
	r.note = l->note[0] ? l->note : NULL;
	l->fn(l->arg, &r);
}

static const char *payload_str(const struct rest_answer *a, const char *key)
{
	json_object *value = a->body ? rest_payload(a->body, key) : NULL;
	const char *text =
	    json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;

	return text && *text ? text : NULL;
}

static const char *token_in(const struct rest_answer *a)
{
	const char *token = payload_str(a, "accessToken");

	token = token ? token : payload_str(a, "token");
	return token ? token : a->cookie_token && *a->cookie_token ? a->cookie_token : NULL;
}

static int64_t life_in(const struct rest_answer *a)
{
	json_object *value = a->body ? rest_payload(a->body, "expiresIn") : NULL;
	int64_t s = value ? json_object_get_int64(value) : -1;

	return s > 0 && s < INT32_MAX ? s : -1;
}

/* True when the answer held a token: the step has ended. */
static bool end_with_token(struct login *l, const struct rest_answer *a)
{
	const char *text = a->error.type == ERR_NONE ? token_in(a) : NULL;
	_cleanup_secret_ struct secret *token = NULL;
	struct login_result r = {.expires_in_s = -1};

	if (!text) {
		return false;
	}
	token = secret_create(text, strlen(text));
	r.token = token;
	r.expires_in_s = life_in(a);
	private_json_wipe(a->body, "accessToken");
	private_json_wipe(a->body, "refreshToken");
	private_json_wipe(a->body, "token");
	l->fn(l->arg, &r);
	return true;
}

/* ---- requests ---- */

static void start(struct login *l, struct rest_request *q, rest_fn fn)
{
	q->anonymous = true;
	l->call = rest_start(l->rest, q, fn, l);
}

static void post(
    struct login *l, enum rest_host host, const char *path, json_object *body, rest_fn fn)
{
	struct rest_request q = {
	    .method = "POST",
	    .host = host,
	    .path = path,
	    .body = body,
	    .bucket = REST_LOGIN,
	};

	start(l, &q, fn);
}

static void add(json_object *o, const char *key, const char *value)
{
	json_object_object_add(o, key, json_object_new_string(value));
}

/* ---- a code by mail or message ---- */

static void explain_code(struct err *e, const struct rest_answer *a)
{
	if (a->vendor_code == VENDOR_CODE_EXPIRED) {
		err_set(e, ERR_CODE_EXPIRED, "the code is too old");
		err_hint(e, "an empty code asks for a new one");
	} else {
		err_set(e, ERR_WRONG_CODE, "the cloud did not take the code");
		err_hint(e, "enter it again; an empty code asks for a new one");
	}
}

static bool is_refusal(const struct rest_answer *a)
{
	return a->status == 400 || a->status == 401;
}

static void on_code(void *arg, const struct rest_answer *a)
{
	struct login *l = arg;
	struct err e = a->error;

	l->call = NULL;
	if (end_with_token(l, a)) {
		return;
	}
	if (is_refusal(a)) {
		explain_code(&e, a);
	} else if (e.type == ERR_NONE) {
		err_set(&e, ERR_CLOUD_ERROR, "the cloud took the code and gave no token");
	}
	end_with_error(l, &e);
}

static void send_code(struct login *l, const char *code)
{
	_cleanup_json_ json_object *body = json_object_new_object();

	add(body, "account", l->account);
	add(body, "code", code);
	post(l, REST_API, PATH_LOGIN, body, on_code);
	private_json_wipe(body, "code");
}

static void on_code_sent(void *arg, const struct rest_answer *a)
{
	struct login *l = arg;

	l->call = NULL;
	if (a->error.type == ERR_NONE) {
		end_with_need(l, is_phone(l) ? ACCOUNT_NEED_SMS : ACCOUNT_NEED_EMAIL);
		return;
	}
	if (l->note[0]) {
		struct err e;

		err_set(&e, a->error.type, "%s; then: %s", l->note, a->error.message);
		err_hint(&e, "%s", a->error.hint);
		end_with_error(l, &e);
		return;
	}
	end_with_error(l, &a->error);
}

/* The telephone's is asked for at the web host (bambu.md 1.2 B). */
static void ask_for_code(struct login *l)
{
	_cleanup_json_ json_object *body = json_object_new_object();

	add(body, is_phone(l) ? "phone" : "email", l->account);
	add(body, "type", "codeLogin");
	post(l, is_phone(l) ? REST_WEB : REST_API, is_phone(l) ? PATH_SMS : PATH_MAIL, body,
	    on_code_sent);
}

/* ---- the authenticator's code: three routes ---- */

static void note_failure(struct login *l, const char *route, const char *why)
{
	size_t len = strlen(l->note);

	snprintf(l->note + len, sizeof(l->note) - len, "%s%s: %s", len ? "; " : "", route, why);
}

static void fall_back_to_code(struct login *l)
{
	secret_destroy(TAKE(l->tfa_code));
	ask_for_code(l);
}

/* The refusals that mean the code and not the route; 5 is said of both (bambu.md 0, 1.3). */
static bool means_code(const struct rest_answer *a)
{
	return a->status == 400 &&
	       (a->vendor_code == VENDOR_CODE_EXPIRED || a->vendor_code == VENDOR_CODE_WRONG);
}

static void end_with_bad_code(struct login *l, const struct rest_answer *a)
{
	struct err e;

	secret_destroy(TAKE(l->tfa_code));
	explain_code(&e, a);
	end_with_error(l, &e);
}

static json_object *tfa_body(const struct login *l)
{
	json_object *body = json_object_new_object();

	add(body, "tfaKey", secret_reveal(l->tfa_key));
	add(body, "tfaCode", secret_reveal(l->tfa_code));
	return body;
}

static void post_tfa(
    struct login *l, enum rest_host host, const char *path, const char *const *headers, rest_fn fn)
{
	_cleanup_json_ json_object *body = tfa_body(l);
	struct rest_request q = {
	    .method = "POST",
	    .host = host,
	    .path = path,
	    .body = body,
	    .bucket = REST_LOGIN,
	    .headers = headers,
	};

	start(l, &q, fn);
	private_json_wipe(body, "tfaKey");
	private_json_wipe(body, "tfaCode");
}

static bool is_csrf_refusal(const struct rest_answer *a)
{
	const char *words = payload_str(a, "error");

	return a->status == 403 && words && str_starts(words, "CSRF");
}

static void on_tfa_web(void *arg, const struct rest_answer *a)
{
	struct login *l = arg;

	l->call = NULL;
	if (end_with_token(l, a)) {
		return;
	}
	if (is_refusal(a)) {
		end_with_bad_code(l, a);
		return;
	}
	note_failure(l, "web host",
	    is_csrf_refusal(a)		? "csrf_missing"
	    : a->error.type == ERR_NONE ? "no token in the answer"
					: a->error.message);
	fall_back_to_code(l);
}

/* Fit to be put into a header. */
static bool is_cookie(const char *value)
{
	size_t len = value ? strlen(value) : 0;

	return len > 0 && len < COOKIE_MAX &&
	       strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
			     "!#$%&'()*+-./:<=>?@[]^_`{|}~") == len;
}

static void on_csrf(void *arg, const struct rest_answer *a)
{
	struct login *l = arg;

	l->call = NULL;
	if (a->error.type == ERR_NONE && is_cookie(a->cookie_csrf)) {
		_cleanup_free_ char *cookie =
		    xasprintf("Cookie: bbl_csrf_token=%s", a->cookie_csrf);
		_cleanup_free_ char *header = xasprintf("x-bbl-csrf-token: %s", a->cookie_csrf);
		const char *const headers[] = {cookie, header, NULL};

		post_tfa(l, REST_WEB, PATH_TFA_WEB, headers, on_tfa_web);
		return;
	}
	note_failure(l, "web host", a->error.type == ERR_NONE ? "csrf_missing" : a->error.message);
	fall_back_to_code(l);
}

static void on_tfa_api(void *arg, const struct rest_answer *a)
{
	struct login *l = arg;
	struct rest_request q = {
	    .method = "GET", .host = REST_WEB, .path = PATH_CSRF, .bucket = REST_OTHER};

	l->call = NULL;
	if (end_with_token(l, a)) {
		return;
	}
	if (means_code(a)) {
		end_with_bad_code(l, a);
		return;
	}
	if (a->error.type == ERR_RATE_LIMITED) {
		end_with_error(l, &a->error);
		return;
	}
	note_failure(
	    l, "API host", a->error.type == ERR_NONE ? "no token in the answer" : a->error.message);
	start(l, &q, on_csrf);
}

/* ---- the first step ---- */

static void end_without_password(struct login *l, const struct rest_answer *a)
{
	const char *words = payload_str(a, "message");
	struct err e = a->error;
	char shown[96];

	words = words ? words : payload_str(a, "error");
	if (is_refusal(a)) {
		err_set(&e, ERR_WRONG_PASSWORD,
		    "the cloud did not take the account or its password%s%s", words ? ": " : "",
		    words ? text_escape_buf(words, shown, sizeof(shown)) : "");
		err_hint(&e, "bambuctl login; an account lives in one region: --region");
	} else if (e.type == ERR_NONE) {
		err_set(&e, ERR_CLOUD_ERROR,
		    "the cloud's answer to the login holds neither a token nor a next step%s%s",
		    words ? ": " : "", words ? text_escape_buf(words, shown, sizeof(shown)) : "");
	}
	end_with_error(l, &e);
}

static void on_password(void *arg, const struct rest_answer *a)
{
	struct login *l = arg;
	const char *type = payload_str(a, "loginType"), *key = payload_str(a, "tfaKey");
	bool is_code = type && strcmp(type, "verifyCode") == 0;

	l->call = NULL;
	if (end_with_token(l, a)) {
		return;
	}
	if (a->error.type != ERR_NONE) {
		end_without_password(l, a);
	} else if (is_code && is_phone(l)) {
		ask_for_code(l); /* a mail is sent by itself, a message is not known to be */
	} else if (is_code) {
		end_with_need(l, ACCOUNT_NEED_EMAIL);
	} else if (key) {
		l->tfa_key = secret_create(key, strlen(key));
		end_with_need(l, ACCOUNT_NEED_TOTP);
	} else {
		end_without_password(l, a);
	}
}

void login_begin(struct login *l, const struct secret *password)
{
	_cleanup_json_ json_object *body = NULL;

	if (!password) {
		ask_for_code(l);
		return;
	}
	body = json_object_new_object();
	add(body, "account", l->account);
	add(body, "password", secret_reveal(password));
	add(body, "apiError", "");
	post(l, REST_API, PATH_LOGIN, body, on_password);
	private_json_wipe(body, "password");
}

void login_code(struct login *l, const char *code)
{
	l->note[0] = '\0';
	if (!*code) {
		ask_for_code(l);
	} else if (l->need == ACCOUNT_NEED_TOTP) {
		secret_destroy(l->tfa_code);
		l->tfa_code = secret_create(code, strlen(code));
		post_tfa(l, REST_API, PATH_TFA, NULL, on_tfa_api);
	} else {
		send_code(l, code);
	}
}
