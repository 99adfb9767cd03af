/* SPDX-License-Identifier: MIT */
/* The table of error types and the filling of struct err. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/err.h"
#include "common/text.h"

static void every_type_has_a_row_of_its_own(void **state)
{
	for (int i = 0; i < ERR_COUNT; i++) {
		assert_non_null(err_name(i));
		assert_true(strlen(err_name(i)) > 0);
		assert_int_equal(err_text(i)[strlen(err_text(i)) - 1], '.');
		if (i != ERR_NONE) {
			assert_int_equal(err_by_name(err_name(i)), i);
			assert_in_range(err_exit(i), 1, 18);
		}
	}
	assert_int_equal(err_exit(ERR_NONE), 0);
}

static void codes_equal_exit_status_but_for_the_json_rpc_ones(void **state)
{
	assert_int_equal(err_code(ERR_PARSE_ERROR), -32700);
	assert_int_equal(err_code(ERR_INVALID_REQUEST), -32600);
	assert_int_equal(err_code(ERR_UNKNOWN_METHOD), -32601);
	assert_int_equal(err_code(ERR_INVALID_PARAMS), -32602);
	for (int i = 0; i < ERR_COUNT; i++) {
		if (err_code(i) < 0) {
			assert_int_equal(err_exit(i), 2);
		} else {
			assert_int_equal(err_code(i), err_exit(i));
		}
	}
}

static void exit_statuses_are_those_of_the_contract(void **state)
{
	static const struct {
		const char *name;
		int exit;
	} some[] = {{"internal", 1}, {"usage", 2}, {"not_ready", 3}, {"no_such_file", 4},
	    {"stale", 5}, {"permission_denied", 6}, {"rejected", 7}, {"unverified", 8},
	    {"cancelled", 9}, {"control_locked", 10}, {"code_expired", 11}, {"timeout", 12},
	    {"overflow", 13}, {"unsupported", 14}, {"csrf_missing", 15}, {"internal_storage", 16},
	    {"liveview_disabled", 17}, {"auth_refused", 18}};

	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		assert_int_equal(err_exit(err_by_name(some[i].name)), some[i].exit);
	}
}

static void unknown_word_is_no_error_type(void **state)
{
	assert_int_equal(err_by_name("printer_on_fire"), ERR_NONE);
	assert_int_equal(err_by_name("none"), ERR_NONE);
	assert_int_equal(err_by_name(NULL), ERR_NONE);
}

static void set_empties_printer_and_hint(void **state)
{
	struct err e;

	err_set(&e, ERR_BUSY, "one %d", 1);
	err_printer(&e, "shelf-1");
	err_hint(&e, "try %s", "later");
	assert_string_equal(e.printer, "shelf-1");
	assert_string_equal(e.hint, "try later");
	err_set(&e, ERR_TIMEOUT, "two");
	assert_int_equal(e.type, ERR_TIMEOUT);
	assert_string_equal(e.message, "two");
	assert_string_equal(e.printer, "");
	assert_string_equal(e.hint, "");
	err_set(NULL, ERR_TIMEOUT, "nobody listens");
	err_hint(NULL, "nobody");
	err_printer(NULL, "nobody");
}

static void a_cut_message_stays_valid_utf8(void **state)
{
	static const char *const fillers[] = {"a", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};

	for (size_t f = 0; f < 4; f++) {
		for (int shift = 0; shift < 4; shift++) {
			char text[1024] = "";
			struct err e;

			memset(text, 'x', (size_t)shift);
			for (size_t n = (size_t)shift; n + 5 < sizeof(text);
			     n += strlen(fillers[f])) {
				memcpy(text + n, fillers[f], strlen(fillers[f]) + 1);
			}
			err_set(&e, ERR_INTERNAL, "%s", text);
			assert_in_range(
			    strlen(e.message), sizeof(e.message) - 4, sizeof(e.message) - 1);
			assert_true(text_is_utf8(e.message, strlen(e.message)));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_type_has_a_row_of_its_own),
	    cmocka_unit_test(codes_equal_exit_status_but_for_the_json_rpc_ones),
	    cmocka_unit_test(exit_statuses_are_those_of_the_contract),
	    cmocka_unit_test(unknown_word_is_no_error_type),
	    cmocka_unit_test(set_empties_printer_and_hint),
	    cmocka_unit_test(a_cut_message_stays_valid_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
