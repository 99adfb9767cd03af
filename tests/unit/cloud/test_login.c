/* SPDX-License-Identifier: MIT */
/* Every branch of a login. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "common/secret.h"
#include "common/util.h"
#include "daemon/cloud/login.h"
#include "tests/unit/cloud/fake_rest.h"

#define MAIL "maker@example.org"
#define PHONE "13800000000"

static struct rest *rest;
static struct login *login;
static struct {
	unsigned calls;
	struct err error;
	enum account_need need;
	char note[256], token[64];
	int64_t expires_in_s;
} last;

static void on_login(void *arg, const struct login_result *r)
{
	last.calls++;
	last.error = r->error;
	last.need = r->need;
	last.expires_in_s = r->expires_in_s;
	str_copy(last.note, sizeof(last.note), r->note ? r->note : "");
	str_copy(last.token, sizeof(last.token), r->token ? secret_reveal(r->token) : "");
}

static int setup(void **state)
{
	rest = fake_rest_create();
	memset(&last, 0, sizeof(last));
	return 0;
}

static int teardown(void **state)
{
	login_destroy(TAKE(login));
	fake_rest_destroy(rest);
	return 0;
}

static void begin(const char *account)
{
	_cleanup_secret_ struct secret *password = secret_create("pass-canary", 11);

	login = login_create(rest, account, on_login, NULL);
	login_begin(login, password);
}

static void asks(const char *method, enum rest_host host, const char *path, const char *body)
{
	const struct fake_asked *q = fake_rest_asked(rest);

	assert_non_null(q);
	assert_string_equal(q->method, method);
	assert_int_equal(q->host, host);
	assert_string_equal(q->path, path);
	assert_string_equal(q->body, body);
	assert_true(q->anonymous);
}

static void ended(enum err_type type, enum account_need need)
{
	assert_null(fake_rest_asked(rest));
	assert_int_equal(last.calls, 1);
	assert_string_equal(err_name(last.error.type), err_name(type));
	assert_int_equal(last.need, need);
	assert_false(login_is_busy(login));
	last.calls = 0;
}

static void done(const char *token, int64_t expires_in_s)
{
	ended(ERR_NONE, ACCOUNT_NEED_NONE);
	assert_string_equal(last.token, token);
	assert_int_equal(last.expires_in_s, expires_in_s);
}

static void password_gives_a_token(void **state)
{
	begin(MAIL);
	asks("POST", REST_API, "/v1/user-service/user/login",
	    "{\"account\":\"" MAIL "\",\"password\":\"pass-canary\",\"apiError\":\"\"}");
	fake_rest_answer(rest, 200,
	    "{\"accessToken\":\"T1\",\"refreshToken\":\"T1\",\"loginType\":\"\",\"expiresIn\":"
	    "7776000}");
	done("T1", 7776000);
}

static void token_may_stand_under_data_and_without_an_end(void **state)
{
	begin(MAIL);
	fake_rest_answer(rest, 200, "{\"success\":true,\"data\":{\"accessToken\":\"T2\"}}");
	done("T2", -1);
}

static void mail_code_leads_to_a_token(void **state)
{
	begin(MAIL);
	fake_rest_answer(
	    rest, 200, "{\"accessToken\":\"\",\"loginType\":\"verifyCode\",\"tfaKey\":\"\"}");
	ended(ERR_NONE, ACCOUNT_NEED_EMAIL);
	login_code(login, "123456");
	asks("POST", REST_API, "/v1/user-service/user/login",
	    "{\"account\":\"" MAIL "\",\"code\":\"123456\"}");
	fake_rest_answer(rest, 200, "{\"accessToken\":\"T3\",\"expiresIn\":60}");
	done("T3", 60);
}

static void wrong_and_old_codes_are_told_apart_and_may_be_tried_again(void **state)
{
	begin(MAIL);
	fake_rest_answer(rest, 200, "{\"loginType\":\"verifyCode\"}");
	ended(ERR_NONE, ACCOUNT_NEED_EMAIL);
	login_code(login, "1");
	fake_rest_answer(rest, 400, "{\"code\":2,\"error\":\"Incorrect code\"}");
	ended(ERR_WRONG_CODE, ACCOUNT_NEED_EMAIL);
	login_code(login, "2");
	fake_rest_answer(rest, 400, "{\"code\":1,\"error\":\"expired\"}");
	ended(ERR_CODE_EXPIRED, ACCOUNT_NEED_EMAIL);
	assert_non_null(strstr(last.error.hint, "new one"));
	login_code(login, "");
	asks("POST", REST_API, "/v1/user-service/user/sendemail/code",
	    "{\"email\":\"" MAIL "\",\"type\":\"codeLogin\"}");
	fake_rest_answer(rest, 200, "{}");
	ended(ERR_NONE, ACCOUNT_NEED_EMAIL);
	login_code(login, "3");
	fake_rest_answer(rest, 200, "{\"accessToken\":\"T\"}");
	done("T", -1);
}

static void phone_is_sent_its_code_by_the_web_host(void **state)
{
	begin(PHONE);
	fake_rest_answer(rest, 200, "{\"loginType\":\"verifyCode\"}");
	asks("POST", REST_WEB, "/api/v1/user-service/user/sendsmscode",
	    "{\"phone\":\"" PHONE "\",\"type\":\"codeLogin\"}");
	fake_rest_answer(rest, 200, NULL);
	ended(ERR_NONE, ACCOUNT_NEED_SMS);
	login_code(login, "123456");
	asks("POST", REST_API, "/v1/user-service/user/login",
	    "{\"account\":\"" PHONE "\",\"code\":\"123456\"}");
	fake_rest_answer(rest, 200, "{\"accessToken\":\"T\"}");
	done("T", -1);
}

static void no_password_has_a_code_sent(void **state)
{
	login = login_create(rest, MAIL, on_login, NULL);
	login_begin(login, NULL);
	asks("POST", REST_API, "/v1/user-service/user/sendemail/code",
	    "{\"email\":\"" MAIL "\",\"type\":\"codeLogin\"}");
	fake_rest_answer(rest, 200, "{}");
	ended(ERR_NONE, ACCOUNT_NEED_EMAIL);
}

static void wrong_password_says_so_with_the_clouds_words(void **state)
{
	begin(MAIL);
	fake_rest_answer(rest, 400, "{\"code\":5,\"error\":\"Incorrect\\u001b[2J\"}");
	ended(ERR_WRONG_PASSWORD, ACCOUNT_NEED_NONE);
	assert_non_null(strstr(last.error.message, ": Incorrect\\x1B[2J"));
	assert_non_null(strstr(last.error.hint, "bambuctl login"));
}

static void every_401_of_a_login_is_the_password(void **state)
{
	begin(MAIL);
	fake_rest_answer(rest, 401, "{\"code\":4,\"error\":\"Please login.\"}");
	ended(ERR_WRONG_PASSWORD, ACCOUNT_NEED_NONE);
}

static void blocked_and_offline_are_no_bad_password(void **state)
{
	static const enum err_type types[] = {
	    ERR_CLOUD_BLOCKED, ERR_CLOUD_OFFLINE, ERR_RATE_LIMITED, ERR_CLOUD_ERROR};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		begin(MAIL);
		fake_rest_fail(rest, types[i]);
		ended(types[i], ACCOUNT_NEED_NONE);
		login_destroy(TAKE(login));
	}
}

static void answer_without_token_and_next_step_is_an_error(void **state)
{
	static const char *const bodies[] = {"{}", "[]", "{\"accessToken\":7}",
	    "{\"loginType\":\"dance\"}", "{\"accessToken\":\"\",\"tfaKey\":\"\"}", NULL};

	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		begin(MAIL);
		fake_rest_answer(rest, 200, bodies[i]);
		ended(ERR_CLOUD_ERROR, ACCOUNT_NEED_NONE);
		login_destroy(TAKE(login));
	}
}

static void begin_tfa(void)
{
	begin(MAIL);
	fake_rest_answer(
	    rest, 200, "{\"accessToken\":\"\",\"loginType\":\"tfa\",\"tfaKey\":\"K\"}");
	ended(ERR_NONE, ACCOUNT_NEED_TOTP);
	login_code(login, "654321");
	asks("POST", REST_API, "/v1/user-service/user/tfa/login",
	    "{\"tfaKey\":\"K\",\"tfaCode\":\"654321\"}");
}

static void authenticator_goes_over_the_api_host_first(void **state)
{
	begin_tfa();
	fake_rest_answer(rest, 200, "{\"accessToken\":\"T\"}");
	done("T", -1);
}

static void authenticator_token_may_be_a_cookie(void **state)
{
	begin_tfa();
	fake_rest_cookies(rest, "C", NULL);
	fake_rest_answer(rest, 200, "{}");
	done("C", -1);
}

static void authenticator_code_that_is_wrong_needs_no_other_route(void **state)
{
	begin_tfa();
	fake_rest_answer(rest, 400, "{\"code\":2}");
	ended(ERR_WRONG_CODE, ACCOUNT_NEED_TOTP);
	login_code(login, "1");
	fake_rest_answer(rest, 400, "{\"code\":1}");
	ended(ERR_CODE_EXPIRED, ACCOUNT_NEED_TOTP);
}

static void go_to_web_host(int status, const char *body)
{
	begin_tfa();
	fake_rest_answer(rest, status, body);
	asks("GET", REST_WEB, "/api/csrf", "");
}

static void authenticator_goes_over_the_web_host_second(void **state)
{
	go_to_web_host(404, NULL);
	fake_rest_cookies(rest, NULL, "x1y2");
	fake_rest_answer(rest, 204, NULL);
	asks("POST", REST_WEB, "/api/sign-in/tfa", "{\"tfaKey\":\"K\",\"tfaCode\":\"654321\"}");
	assert_string_equal(fake_rest_asked(rest)->header[0], "Cookie: bbl_csrf_token=x1y2");
	assert_string_equal(fake_rest_asked(rest)->header[1], "x-bbl-csrf-token: x1y2");
	fake_rest_cookies(rest, "T", NULL);
	fake_rest_answer(rest, 200, "{}");
	done("T", -1);
}

static void code_refused_by_both_hosts_is_wrong(void **state)
{
	go_to_web_host(400, "{\"code\":5}");
	fake_rest_cookies(rest, NULL, "x");
	fake_rest_answer(rest, 204, NULL);
	fake_rest_answer(rest, 400, "{\"code\":5}");
	ended(ERR_WRONG_CODE, ACCOUNT_NEED_TOTP);
}

static void falls_back_to_mail(void)
{
	asks("POST", REST_API, "/v1/user-service/user/sendemail/code",
	    "{\"email\":\"" MAIL "\",\"type\":\"codeLogin\"}");
	fake_rest_answer(rest, 200, "{}");
	ended(ERR_NONE, ACCOUNT_NEED_EMAIL);
	assert_non_null(strstr(last.note, "API host: "));
	assert_non_null(strstr(last.note, "web host: "));
	login_code(login, "123456");
	asks("POST", REST_API, "/v1/user-service/user/login",
	    "{\"account\":\"" MAIL "\",\"code\":\"123456\"}");
	fake_rest_answer(rest, 200, "{\"accessToken\":\"T\"}");
	done("T", -1);
}

static void missing_csrf_cookie_falls_back_to_mail(void **state)
{
	go_to_web_host(404, NULL);
	fake_rest_answer(rest, 204, NULL);
	assert_non_null(fake_rest_asked(rest));
	falls_back_to_mail();
	assert_int_equal(last.calls, 0);
}

static void refused_csrf_falls_back_to_mail(void **state)
{
	go_to_web_host(404, NULL);
	fake_rest_cookies(rest, NULL, "x");
	fake_rest_answer(rest, 204, NULL);
	fake_rest_answer(
	    rest, 403, "{\"error\":\"CSRF error: missing_cookie\",\"reason\":\"missing_cookie\"}");
	falls_back_to_mail();
}

static void challenge_of_the_web_host_falls_back_to_mail(void **state)
{
	go_to_web_host(404, NULL);
	fake_rest_fail(rest, ERR_CLOUD_BLOCKED);
	falls_back_to_mail();
}

static void cookie_that_would_break_a_header_is_not_sent(void **state)
{
	go_to_web_host(404, NULL);
	fake_rest_cookies(rest, NULL, "x\r\nHost: evil");
	fake_rest_answer(rest, 204, NULL);
	falls_back_to_mail();
}

static void end_of_all_routes_tells_each(void **state)
{
	go_to_web_host(404, NULL);
	fake_rest_answer(rest, 204, NULL);
	fake_rest_fail(rest, ERR_CLOUD_OFFLINE);
	ended(ERR_CLOUD_OFFLINE, ACCOUNT_NEED_TOTP);
	assert_non_null(strstr(last.error.message, "API host: HTTP 404"));
	assert_non_null(strstr(last.error.message, "web host: csrf_missing"));
	assert_non_null(strstr(last.error.message, "then: cloud_offline"));
}

static void own_limits_stop_at_the_first_route(void **state)
{
	begin_tfa();
	fake_rest_fail(rest, ERR_RATE_LIMITED);
	ended(ERR_RATE_LIMITED, ACCOUNT_NEED_TOTP);
}

static void login_ended_meanwhile_is_not_called(void **state)
{
	begin(MAIL);
	login_destroy(TAKE(login));
	assert_null(fake_rest_asked(rest));
	assert_int_equal(last.calls, 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(password_gives_a_token),
	    T(token_may_stand_under_data_and_without_an_end),
	    T(mail_code_leads_to_a_token),
	    T(wrong_and_old_codes_are_told_apart_and_may_be_tried_again),
	    T(phone_is_sent_its_code_by_the_web_host),
	    T(no_password_has_a_code_sent),
	    T(wrong_password_says_so_with_the_clouds_words),
	    T(every_401_of_a_login_is_the_password),
	    T(blocked_and_offline_are_no_bad_password),
	    T(answer_without_token_and_next_step_is_an_error),
	    T(authenticator_goes_over_the_api_host_first),
	    T(authenticator_token_may_be_a_cookie),
	    T(authenticator_code_that_is_wrong_needs_no_other_route),
	    T(authenticator_goes_over_the_web_host_second),
	    T(code_refused_by_both_hosts_is_wrong),
	    T(missing_csrf_cookie_falls_back_to_mail),
	    T(refused_csrf_falls_back_to_mail),
	    T(challenge_of_the_web_host_falls_back_to_mail),
	    T(cookie_that_would_break_a_header_is_not_sent),
	    T(end_of_all_routes_tells_each),
	    T(own_limits_stop_at_the_first_route),
	    T(login_ended_meanwhile_is_not_called),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
