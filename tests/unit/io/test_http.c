/* SPDX-License-Identifier: MIT */
/* HTTPS: who is trusted, what goes out, and that nothing a server does is more than a fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/secret.h"
#include "daemon/io/http.h"
#include "daemon/io/loop.h"
#include "tests/unit/io/web.h"
#include <openssl/ssl.h>

#define DEADLINE_MS 8000
#define OK_HEAD "HTTP/1.1 200 OK\r\n"
#define HELLO_KEEP OK_HEAD "Content-Length: 5\r\n\r\nhello"
#define HELLO OK_HEAD "Connection: close\r\nContent-Length: 5\r\nX-Two: b\r\n\r\nhello"

struct rig {
	struct loop *loop;
	struct http *http;
	struct cert ca, leaf; /* localhost under the CA */
	char *ca_file;
	struct web *web;
	unsigned answers;
	/* Of the last answer. */
	enum http_fault fault;
	int status;
	char text[256], body[256], header[128];
	size_t body_len, header_count;
	void (*hook)(struct rig *r);
	struct http_call *call;
};

static int setup(void **state)
{
	struct rig *r = xcalloc(1, sizeof(*r));

	r->loop = loop_create(NULL);
	r->http = http_create(r->loop);
	r->ca = cert_make(&(struct cert_plan){.cn = "Test CA", .ca = true});
	r->leaf = cert_make(
	    &(struct cert_plan){.cn = "localhost", .san = "DNS:localhost", .issuer = &r->ca});
	r->ca_file = cert_write(&r->ca);
	assert_non_null(r->http);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct rig *r = *state;

	http_destroy(r->http);
	web_stop(r->web);
	loop_destroy(r->loop);
	cert_free(&r->leaf);
	cert_free(&r->ca);
	unlink(r->ca_file);
	free(r->ca_file);
	free(r);
	return 0;
}

static void on_answer(void *arg, const struct http_answer *a)
{
	struct rig *r = arg;
	const char *header = http_header_value(a, "x-two");

	r->answers++;
	r->fault = a->fault;
	r->status = a->status;
	str_copy(r->text, sizeof(r->text), a->text);
	str_copy(r->body, sizeof(r->body), a->body);
	str_copy(r->header, sizeof(r->header), header != NULL ? header : "");
	r->body_len = a->body_len;
	r->header_count = a->header_count;
	if (r->hook != NULL) {
		r->hook(r);
	}
}

static void until(struct rig *r, unsigned answers)
{
	int64_t end_ms = loop_now_ms(r->loop) + DEADLINE_MS;
	struct loop_timer wake;

	loop_timer_init(&wake, r->loop, (void (*)(void *))loop_stop, r->loop);
	while (r->answers < answers) {
		assert_true(loop_now_ms(r->loop) < end_ms);
		loop_timer_start(&wake, 100);
		loop_turn(r->loop, true);
	}
	loop_timer_stop(&wake);
}

static void serve(struct rig *r, const char *answer, enum web_end end)
{
	web_stop(r->web);
	r->web = web_start(&(struct web_plan){.leaf = &r->leaf, .answer = answer, .end = end});
}

/* The URL of the server; path from the slash on. */
static const char *url_of(struct rig *r, const char *path)
{
	static char url[512];

	snprintf(url, sizeof(url), "https://localhost:%u%s", web_port(r->web), path);
	return url;
}

static void start(struct rig *r, const struct http_request *q)
{
	r->call = http_start(r->http, q, on_answer, r);
}

static void ask(struct rig *r, const struct http_request *q)
{
	unsigned before = r->answers;

	start(r, q);
	assert_int_equal(r->answers, before);
	until(r, before + 1);
}

static void get(struct rig *r, const char *path)
{
	ask(r,
	    &(struct http_request){.method = "GET", .url = url_of(r, path), .ca_file = r->ca_file});
}

static void answer_of_a_trusted_server_comes_whole(void **state)
{
	struct rig *r = *state;

	serve(r, HELLO, WEB_CLOSE);
	get(r, "/a?b=1");
	assert_int_equal(r->fault, HTTP_OK);
	assert_int_equal(r->status, 200);
	assert_string_equal(r->body, "hello");
	assert_string_equal(r->header, "b");
}

/* Nor over a connection that was opened for somebody else. */
static void request_for_the_internet_alone_does_not_reach_this_machine(void **state)
{
	struct rig *r = *state;

	serve(r, HELLO_KEEP, WEB_KEEP);
	get(r, "/");
	assert_int_equal(r->fault, HTTP_OK);
	ask(r, &(struct http_request){.method = "GET",
		   .url = url_of(r, "/"),
		   .ca_file = r->ca_file,
		   .public_only = true});
	assert_int_equal(r->fault, HTTP_FAULT_CONNECT);
	assert_non_null(strstr(r->text, "has no address in the internet"));
	assert_int_equal(web_requests(r->web), 1);
}

static void request_carries_what_was_asked_and_nothing_of_curl(void **state)
{
	struct rig *r = *state;
	_cleanup_free_ char *last = NULL;
	_cleanup_secret_ struct secret *token = secret_create("tok-123", 7);

	serve(r, HELLO, WEB_CLOSE);
	ask(r, &(struct http_request){.method = "PUT",
		   .url = url_of(r, "/up"),
		   .headers = (const char *[]){"X-One: 1", NULL},
		   .bearer = token,
		   .body = "abc",
		   .body_len = 3,
		   .ca_file = r->ca_file});
	last = web_last(r->web);
	assert_non_null(strstr(last, "PUT /up HTTP/1.1\r\n"));
	assert_non_null(strstr(last, "\r\nAuthorization: Bearer tok-123\r\n"));
	assert_non_null(strstr(last, "\r\nX-One: 1\r\n"));
	assert_non_null(strstr(last, "\r\nContent-Length: 3\r\n"));
	assert_non_null(strstr(last, "\r\n\r\nabc"));
	assert_null(strcasestr(last, "content-type"));
	assert_null(strcasestr(last, "expect"));
	assert_null(strcasestr(last, "user-agent"));
	assert_null(strcasestr(last, "chunked"));
	assert_null(strcasestr(last, "cookie"));
}

static void post_without_a_body_says_so(void **state)
{
	struct rig *r = *state;
	_cleanup_free_ char *last = NULL;

	serve(r, HELLO, WEB_CLOSE);
	ask(r,
	    &(struct http_request){.method = "POST", .url = url_of(r, "/"), .ca_file = r->ca_file});
	last = web_last(r->web);
	assert_non_null(strstr(last, "\r\nContent-Length: 0\r\n"));
}

static void expect_refused(
    struct rig *r, const struct cert *leaf, const char *ca_file, int tls_max, const char *words)
{
	web_stop(r->web);
	r->web = web_start(&(struct web_plan){
	    .leaf = leaf, .answer = HELLO, .end = WEB_CLOSE, .tls_max = tls_max});
	ask(r, &(struct http_request){
		   .method = "GET", .url = url_of(r, "/?secret=1"), .ca_file = ca_file});
	assert_int_equal(r->fault, HTTP_FAULT_TLS);
	assert_int_equal(r->status, 0);
	if (strstr(r->text, words) == NULL) {
		fail_msg("\"%s\" is not in: %s", words, r->text);
	}
	assert_null(strstr(r->text, "secret"));
	assert_int_equal(web_requests(r->web), 0);
}

static void certificate_that_is_not_right_gets_no_request(void **state)
{
	struct rig *r = *state;
	struct cert other = cert_make(
	    &(struct cert_plan){.cn = "other", .san = "DNS:other.example", .issuer = &r->ca});
	struct cert old = cert_make(&(struct cert_plan){.cn = "localhost",
	    .san = "DNS:localhost",
	    .issuer = &r->ca,
	    .not_before_s = -7200,
	    .not_after_s = -3600});
	struct cert foreign = cert_make(&(struct cert_plan){.cn = "Test CA", .ca = true});
	struct cert theirs = cert_make(
	    &(struct cert_plan){.cn = "localhost", .san = "DNS:localhost", .issuer = &foreign});

	expect_refused(r, &other, r->ca_file, 0, "not one for localhost");
	expect_refused(r, &old, r->ca_file, 0, "expired");
	expect_refused(r, &theirs, r->ca_file, 0, "was refused");
	/* The file's anchors are good where the file was named, not for everybody after that. */
	expect_refused(r, &r->leaf, NULL, 0, "was refused");
	expect_refused(r, &r->leaf, r->ca_file, TLS1_1_VERSION, "TLS");
	cert_free(&other);
	cert_free(&old);
	cert_free(&foreign);
	cert_free(&theirs);
}

static void connection_of_one_trust_is_not_used_by_another(void **state)
{
	struct rig *r = *state;

	serve(r, HELLO_KEEP, WEB_KEEP);
	get(r, "/");
	assert_int_equal(r->fault, HTTP_OK);
	get(r, "/");
	assert_int_equal(web_connections(r->web), 1);
	assert_int_equal(web_requests(r->web), 2);
	ask(r, &(struct http_request){.method = "GET", .url = url_of(r, "/"), .timeout_ms = 300});
	assert_int_not_equal(r->fault, HTTP_OK);
	assert_int_equal(web_requests(r->web), 2);
}

static void anchors_that_cannot_be_read_are_a_fault(void **state)
{
	struct rig *r = *state;

	serve(r, HELLO, WEB_CLOSE);
	ask(r, &(struct http_request){
		   .method = "GET", .url = url_of(r, "/"), .ca_file = "/nonexistent/ca.pem"});
	assert_int_equal(r->fault, HTTP_FAULT_TLS);
	assert_int_equal(web_connections(r->web), 0);
}

static void redirect_is_an_answer_and_the_token_stays(void **state)
{
	struct rig *r = *state;
	struct web *other =
	    web_start(&(struct web_plan){.leaf = &r->leaf, .answer = HELLO, .end = WEB_CLOSE});
	_cleanup_secret_ struct secret *token = secret_create("tok-123", 7);
	_cleanup_free_ char *answer =
	    xasprintf("HTTP/1.1 302 Found\r\nLocation: https://localhost:%u/\r\nContent-Length: 0"
		      "\r\n\r\n",
		web_port(other));

	serve(r, answer, WEB_CLOSE);
	ask(r, &(struct http_request){
		   .method = "GET", .url = url_of(r, "/"), .bearer = token, .ca_file = r->ca_file});
	assert_int_equal(r->fault, HTTP_OK);
	assert_int_equal(r->status, 302);
	assert_int_equal(web_connections(other), 0);
	web_stop(other);
}

static void body_over_the_limit_is_cut_off(void **state)
{
	struct rig *r = *state;

	serve(r, OK_HEAD "\r\n", WEB_FLOOD);
	get(r, "/?secret=1");
	assert_int_equal(r->fault, HTTP_FAULT_TOO_LARGE);
	assert_null(strstr(r->text, "secret"));
	assert_int_equal(r->body_len, 0);
	/* What the kernel takes ahead of us counts as sent. */
	assert_true(web_sent_bytes(r->web) < 8 * HTTP_BODY_MAX);
	serve(r, OK_HEAD "Content-Length: 2147483648\r\n\r\n", WEB_HANG);
	get(r, "/");
	assert_int_equal(r->fault, HTTP_FAULT_TOO_LARGE);
}

static void limit_holds_for_what_comes_out_of_gzip(void **state)
{
	struct rig *r = *state;
	static const char head[] = OK_HEAD "Content-Encoding: gzip\r\n\r\n"
					   "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03";
	size_t head_len = sizeof(head) - 1, size = head_len + 5 + 32 * 65540;
	char *answer = xcalloc(1, size), *at = answer;

	/* Stored blocks: 5 bytes of header each, the zeroes behind them. */
	memcpy(at, head, head_len);
	at += head_len;
	for (int i = 0; i < 32; i++) {
		memcpy(at, "\x00\xff\xff\x00\x00", 5);
		at += 5 + 65535;
	}
	r->web = web_start(&(struct web_plan){.leaf = &r->leaf,
	    .answer = answer,
	    .answer_len = (size_t)(at - answer),
	    .end = WEB_CLOSE});
	ask(r, &(struct http_request){.method = "GET",
		   .url = url_of(r, "/"),
		   .ca_file = r->ca_file,
		   .body_max = 1000000});
	assert_int_equal(r->fault, HTTP_FAULT_TOO_LARGE);
	web_stop(TAKE(r->web));
	free(answer);
}

static void headers_are_bounded(void **state)
{
	struct rig *r = *state;
	char *answer = xcalloc(1, 200000);
	size_t used = (size_t)snprintf(answer, 200000, OK_HEAD "Content-Length: 0\r\n");

	for (int i = 0; i < 100; i++) {
		used += (size_t)snprintf(answer + used, 100, "X-%d: y\r\n", i);
	}
	memcpy(answer + used, "\r\n", 3);
	serve(r, answer, WEB_CLOSE);
	get(r, "/");
	assert_int_equal(r->fault, HTTP_OK);
	assert_int_equal(r->header_count, 64);
	for (int i = 0; i < 1500; i++) {
		used += (size_t)snprintf(answer + used, 100,
		    "X-%d: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n", i);
	}
	memcpy(answer + used, "\r\n", 3);
	serve(r, answer, WEB_CLOSE);
	get(r, "/");
	assert_int_equal(r->fault, HTTP_FAULT_TOO_LARGE);
	web_stop(TAKE(r->web));
	free(answer);
}

static void answer_that_breaks_off_is_a_fault(void **state)
{
	struct rig *r = *state;

	serve(r, OK_HEAD "Content-Length: 500\r\n\r\nhalf", WEB_RESET);
	get(r, "/");
	assert_int_equal(r->fault, HTTP_FAULT_BROKEN);
	serve(r, OK_HEAD "Content-Length: 500\r\n\r\nhalf", WEB_CLOSE);
	get(r, "/");
	assert_int_equal(r->fault, HTTP_FAULT_BROKEN);
	serve(r, "220 this is something else\r\n\r\n", WEB_CLOSE);
	get(r, "/");
	assert_int_equal(r->fault, HTTP_FAULT_BROKEN);
	web_stop(r->web);
	r->web = web_start(&(struct web_plan){.answer = HELLO, .end = WEB_CLOSE});
	start(r, &(struct http_request){.method = "GET", .url = url_of(r, "/"), .timeout_ms = 700});
	until(r, 4);
	assert_int_not_equal(r->fault, HTTP_OK);
}

static void server_without_an_end_runs_out_of_time(void **state)
{
	struct rig *r = *state;

	serve(r, OK_HEAD "Content-Length: 500\r\n\r\nhalf", WEB_HANG);
	ask(r, &(struct http_request){.method = "GET",
		   .url = url_of(r, "/?secret=1"),
		   .ca_file = r->ca_file,
		   .timeout_ms = 300});
	assert_int_equal(r->fault, HTTP_FAULT_TIMEOUT);
	assert_null(strstr(r->text, "secret"));
}

static void nobody_there_is_a_fault(void **state)
{
	struct rig *r = *state;
	char url[64];

	serve(r, HELLO, WEB_CLOSE);
	str_copy(url, sizeof(url), url_of(r, "/"));
	web_stop(TAKE(r->web));
	ask(r, &(struct http_request){.method = "GET", .url = url, .ca_file = r->ca_file});
	assert_int_equal(r->fault, HTTP_FAULT_CONNECT);
	ask(r, &(struct http_request){.method = "GET", .url = "https://nobody.invalid/"});
	assert_int_equal(r->fault, HTTP_FAULT_NAME);
}

static void what_would_make_two_requests_of_one_is_refused(void **state)
{
	struct rig *r = *state;
	static const char *const urls[] = {"http://localhost/", "ftp://localhost/", "localhost",
	    "https://user:pw@localhost/", "https://localhost/a b", "https://localhost/\r\nX: y",
	    "file:///etc/passwd", "", "https://"};
	static const char *const headers[] = {
	    "A: b\r\nC: d", "A: b\nC", "no colon", ": b", "A B: c", "A\r\n: c"};
	_cleanup_secret_ struct secret *token = secret_create("a\r\nB: c", 7);

	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		ask(r, &(struct http_request){.method = "GET", .url = urls[i]});
		assert_int_equal(r->fault, HTTP_FAULT_URL);
		assert_null(strstr(r->text, "pw"));
	}
	serve(r, HELLO, WEB_CLOSE);
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		ask(r, &(struct http_request){.method = "GET",
			   .url = url_of(r, "/"),
			   .headers = (const char *[]){headers[i], NULL}});
		assert_int_equal(r->fault, HTTP_FAULT_URL);
	}
	ask(r, &(struct http_request){.method = "GET", .url = url_of(r, "/"), .bearer = token});
	assert_int_equal(r->fault, HTTP_FAULT_URL);
	ask(r, &(struct http_request){.method = "GET / HTTP/1.1\r\nX:", .url = url_of(r, "/")});
	assert_int_equal(r->fault, HTTP_FAULT_URL);
	assert_int_equal(web_connections(r->web), 0);
}

static void proxy_of_the_environment_is_not_asked(void **state)
{
	struct rig *r = *state;

	setenv("https_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	serve(r, HELLO, WEB_CLOSE);
	get(r, "/");
	unsetenv("https_proxy");
	unsetenv("ALL_PROXY");
	assert_int_equal(r->fault, HTTP_OK);
}

static void cancelled_call_is_silent_and_more_than_the_limit_wait(void **state)
{
	struct rig *r = *state;
	struct http_call *calls[HTTP_CALLS_MAX + 4];

	serve(r, HELLO, WEB_CLOSE);
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		calls[i] = http_start(r->http,
		    &(struct http_request){
			.method = "GET", .url = url_of(r, "/"), .ca_file = r->ca_file},
		    on_answer, r);
	}
	http_cancel(calls[0]);
	http_cancel(calls[HTTP_CALLS_MAX + 1]);
	http_cancel(NULL);
	until(r, ARRAY_SIZE(calls) - 2);
	assert_int_equal(r->fault, HTTP_OK);
}

static void destroy_us(struct rig *r)
{
	http_cancel(r->call);
	http_destroy(TAKE(r->http));
}

static void callback_may_destroy_everything(void **state)
{
	struct rig *r = *state;

	serve(r, HELLO, WEB_CLOSE);
	r->hook = destroy_us;
	for (int i = 0; i < 3; i++) {
		start(r, &(struct http_request){
			     .method = "GET", .url = url_of(r, "/"), .ca_file = r->ca_file});
	}
	until(r, 1);
	loop_turn(r->loop, false);
	assert_int_equal(r->answers, 1);
	assert_null(r->http);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(answer_of_a_trusted_server_comes_whole),
	    TEST(request_for_the_internet_alone_does_not_reach_this_machine),
	    TEST(request_carries_what_was_asked_and_nothing_of_curl),
	    TEST(post_without_a_body_says_so),
	    TEST(certificate_that_is_not_right_gets_no_request),
	    TEST(connection_of_one_trust_is_not_used_by_another),
	    TEST(anchors_that_cannot_be_read_are_a_fault),
	    TEST(redirect_is_an_answer_and_the_token_stays),
	    TEST(body_over_the_limit_is_cut_off),
	    TEST(limit_holds_for_what_comes_out_of_gzip),
	    TEST(headers_are_bounded),
	    TEST(answer_that_breaks_off_is_a_fault),
	    TEST(server_without_an_end_runs_out_of_time),
	    TEST(nobody_there_is_a_fault),
	    TEST(what_would_make_two_requests_of_one_is_refused),
	    TEST(proxy_of_the_environment_is_not_asked),
	    TEST(cancelled_call_is_silent_and_more_than_the_limit_wait),
	    TEST(callback_may_destroy_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
