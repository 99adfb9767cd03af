/* SPDX-License-Identifier: MIT */
/* Rules of answers to commands: words in any case, codes, and silence that is no yes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/model/ack.h"
#include "tests/unit/model/feed.h"

static struct ack read_ack(const char *members)
{
	_cleanup_free_ char *single =
	    xasprintf("{'print':{'command':'pause','sequence_id':'40001'%s}}", members);
	_cleanup_free_ char *text = quoted(single);
	struct report r;
	struct ack ack;

	report_init(&r);
	assert_int_equal(report_decode(&r, text, strlen(text)), 0);
	assert_int_equal(r.kind, REPORT_ACK);
	ack_read(&r, &ack);
	report_finish(&r);
	return ack;
}

static void result_is_taken_in_any_case(void **state)
{
	assert_int_equal(read_ack(",'result':'success'").verdict, ACK_SUCCESS);
	assert_int_equal(read_ack(",'result':'SUCCESS','reason':'SUCCESS'").verdict, ACK_SUCCESS);
	assert_int_equal(read_ack(",'result':'fail'").verdict, ACK_FAILED);
	assert_int_equal(read_ack(",'result':'FAILED'").verdict, ACK_FAILED);
}

static void ack_without_a_result_is_neither_yes_nor_no(void **state)
{
	assert_int_equal(read_ack("").verdict, ACK_SILENT);
	assert_int_equal(read_ack(",'result':''").verdict, ACK_SILENT);
	assert_int_equal(read_ack(",'result':null").verdict, ACK_SILENT);
	assert_int_equal(read_ack(",'err_code':0").verdict, ACK_SILENT);
	assert_int_equal(read_ack(",'err_code':83902467").verdict, ACK_FAILED);
}

static void refusal_for_want_of_a_signature_is_known_by_code_or_words(void **state)
{
	assert_true(read_ack(",'result':'failed','err_code':84033543").is_unsigned);
	assert_true(read_ack(",'result':'failed','err_code':'84033545'").is_unsigned);
	assert_true(read_ack(",'reason':'mqtt message verify failed'").is_unsigned);
	assert_int_equal(read_ack(",'reason':'mqtt message verify failed'").verdict, ACK_FAILED);
	assert_false(read_ack(",'result':'failed','err_code':84033544").is_unsigned);
	assert_false(read_ack(",'result':'failed','err_code':-84033543").is_unsigned);
	assert_string_equal(read_ack(",'result':'fail','reason':'busy'").reason, "busy");
}

static void negative_errno_is_a_refusal_with_words(void **state)
{
	struct ack ack = read_ack(",'errno':-2,'result':'success'");

	assert_int_equal(ack.verdict, ACK_FAILED);
	assert_non_null(ack_error_text(ack.error));
	assert_int_equal(read_ack(",'errno':0,'result':'success'").verdict, ACK_SUCCESS);
	assert_null(ack_error_text(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(result_is_taken_in_any_case),
	    cmocka_unit_test(ack_without_a_result_is_neither_yes_nor_no),
	    cmocka_unit_test(refusal_for_want_of_a_signature_is_known_by_code_or_words),
	    cmocka_unit_test(negative_errno_is_a_refusal_with_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
