/* SPDX-License-Identifier: MIT */
/* What doctor draws and how it ends; how long a text is on a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/util.h"
#include "ctl/look.h"
#include "ctl/pager.h"
#include "tests/unit/ctl/show_fixture.h"

static const char refused[] =
    "{\"steps\":[{\"name\":\"address\",\"state\":\"ok\",\"detail\":\"192.0.2.44\",\"ms\":0},"
    "{\"name\":\"tcp 8883\",\"state\":\"ok\",\"detail\":null,\"ms\":2},"
    "{\"name\":\"login\",\"state\":\"fail\",\"detail\":\"broker: not authorised\",\"ms\":1500},"
    "{\"name\":\"subscription\",\"state\":\"skipped\",\"detail\":null,\"ms\":0},"
    "{\"name\":\"first report\",\"state\":\"skipped\",\"detail\":\"\",\"ms\":0}],"
    "\"remedy\":\"read the code again, then: bambuctl printer set rack1 --code-stdin\"}";

static int status_of(const char *json)
{
	_cleanup_json_ json_object *value = NULL;

	assert_int_equal(json_parse(json, strlen(json), 32, &value), 0);
	return doctor_status(value);
}

static void doctor_numbers_steps_and_puts_the_remedy_under_the_failure(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = show_to_text(doctor_draw, refused, &o);

	assert_string_equal(text, " 1 address      ok    192.0.2.44\n"
				  " 2 tcp 8883     ok    2 ms\n"
				  " 3 login        FAIL  broker: not authorised\n"
				  "   -> read the code again, then:\n"
				  "      bambuctl printer set rack1 --code-stdin\n"
				  "  4..5          skipped\n");
}

static void doctor_shows_a_remedy_without_a_failure_too(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = show_to_text(doctor_draw,
	    "{\"steps\":[{\"name\":\"tls\",\"state\":\"ok\"}],\"remedy\":\"a\\nb\"}", &o);

	assert_string_equal(text, " 1 tls          ok\n   -> a\n      b\n");
}

static void doctor_ends_with_the_kind_of_the_first_failure(void **state)
{
	assert_int_equal(status_of("{\"steps\":[{\"name\":\"tls\",\"state\":\"ok\"}]}"), 0);
	assert_int_equal(status_of("{\"steps\":[]}"), 0);
	assert_int_equal(status_of("{}"), 0);
	assert_int_equal(status_of(refused), 18);
	assert_int_equal(status_of("{\"steps\":[{\"name\":\"tcp 8883\",\"state\":\"fail\"},"
				   "{\"name\":\"tls\",\"state\":\"fail\"}]}"),
	    5);
	assert_int_equal(
	    status_of("{\"steps\":[{\"name\":\"full report\",\"state\":\"fail\"}]}"), 5);
	assert_int_equal(status_of("{\"steps\":[{\"name\":\"control\",\"state\":\"fail\"}]}"), 10);
	assert_int_equal(status_of("{\"steps\":[{\"name\":\"odd\",\"state\":\"fail\"}]}"), 5);
	assert_int_equal(
	    status_of("{\"steps\":[{\"name\":\"odd\",\"state\":\"fail\",\"type\":\"timeout\"}]}"),
	    12);
}

static void pager_counts_rows_as_the_terminal_folds_them(void **state)
{
	assert_int_equal(pager_rows("", 0, 80), 0);
	assert_int_equal(pager_rows("a\nb\n", 4, 80), 2);
	assert_int_equal(pager_rows("a\nb", 3, 80), 2);
	assert_int_equal(pager_rows("12345\n", 6, 5), 1);
	assert_int_equal(pager_rows("123456\n", 7, 5), 2);
	assert_int_equal(pager_rows("123456\n", 7, 0), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(doctor_numbers_steps_and_puts_the_remedy_under_the_failure),
	    cmocka_unit_test(doctor_shows_a_remedy_without_a_failure_too),
	    cmocka_unit_test(doctor_ends_with_the_kind_of_the_first_failure),
	    cmocka_unit_test(pager_counts_rows_as_the_terminal_folds_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
