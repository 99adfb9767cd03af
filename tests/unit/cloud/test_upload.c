/* SPDX-License-Identifier: MIT */
/* What the storage's refusals of an upload are called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>

#include "common/util.h"
#include "daemon/cloud/upload.h"
#include "daemon/io/loop.h"

static void means(int status, const char *body, enum err_type type, const char *word)
{
	struct err e = {0};

	upload_refused(status, body, &e);
	assert_int_equal(e.type, type);
	assert_non_null(strstr(e.message, word));
}

#define ERROR(code, text) "<?xml?><Error><Code>" code "</Code><Message>" text "</Message></Error>"

static void causes_of_a_refusal_are_told_apart(void **state)
{
	means(403, ERROR("SignatureDoesNotMatch", "x"), ERR_FILE_REFUSED, "SignatureDoesNotMatch");
	means(403, ERROR("AccessDenied", "Request has expired"), ERR_TRANSFER_FAILED, "expired");
	means(400, ERROR("ExpiredToken", "x"), ERR_TRANSFER_FAILED, "expired");
	means(400, ERROR("EntityTooLarge", "x"), ERR_FILE_REFUSED, "EntityTooLarge");
	means(413, "", ERR_FILE_REFUSED, "size");
	means(403, ERROR("AccessDenied", "x"), ERR_FILE_REFUSED, "AccessDenied");
	means(503, "<html>", ERR_CLOUD_OFFLINE, "503");
}

static void what_a_storage_says_is_shown_only_as_a_word(void **state)
{
	struct err e = {0};

	upload_refused(403, ERROR("A\033[2J", "x"), &e);
	assert_null(strchr(e.message, '\033'));
	upload_refused(403, "<Code>", &e);
	assert_non_null(strstr(e.message, "403"));
}

static void done(void *arg, const struct err *error)
{
	fail_msg("what was never started does not end");
}

static void addresses_that_are_not_of_https_are_refused_and_not_said(void **state)
{
	static const char *const bad[] = {
	    NULL, "", "http://x/y?Signature=zzz", "file:///etc/passwd", "ftp://x", "https://"};
	struct upload_handler h = {.done = done};
	struct loop *l = loop_create(NULL);
	struct uploads *u = uploads_create(l);

	for (size_t i = 0; i < 2 * ARRAY_SIZE(bad); i++) {
		int pair[2];
		struct err e = {0};
		struct upload *one;
		struct upload_request r = {.file_url = bad[i % ARRAY_SIZE(bad)], .size_bytes = 1};

		if (i >= ARRAY_SIZE(bad) && r.file_url != NULL) {
			r.size_url = r.file_url;
			r.file_url = "https://x/y";
		}
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
		r.fd = pair[0];
		assert_true(upload_start(u, &r, &h, &one, &e) < 0);
		assert_int_equal(e.type, ERR_CLOUD_ERROR);
		assert_null(strstr(e.message, "zzz"));
		close(pair[1]);
	}
	uploads_destroy(u);
	loop_destroy(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(causes_of_a_refusal_are_told_apart),
	    cmocka_unit_test(what_a_storage_says_is_shown_only_as_a_word),
	    cmocka_unit_test(addresses_that_are_not_of_https_are_refused_and_not_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
