/* SPDX-License-Identifier: MIT */
/* Rules of the command line: options anywhere, mistakes named, nothing passed over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/util.h"
#include "ctl/args.h"

#define PARSE(a, ...)                                                      \
	do {                                                               \
		char *argv_[] = {(char *)"bambuctl", ##__VA_ARGS__, NULL}; \
		args_parse(a, (int)ARRAY_SIZE(argv_) - 1, argv_);          \
	} while (0)

static void args_take_options_anywhere(void **state)
{
	struct args a;

	PARSE(&a, "status", "-p", "one", "--json", "extra", "-nq");
	assert_int_equal(a.err.type, ERR_NONE);
	assert_int_equal(a.word_count, 2);
	assert_string_equal(a.words[0], "status");
	assert_string_equal(a.words[1], "extra");
	assert_string_equal(a.value[OPT_PRINTER], "one");
	assert_int_equal(a.given[OPT_JSON], 1);
	assert_null(a.value[OPT_JSON]);
	assert_int_equal(a.given[OPT_NO_LEGEND], 1);
	assert_int_equal(a.given[OPT_QUIET], 1);
	args_finish(&a);
}

static void args_stop_reading_options_at_two_dashes(void **state)
{
	struct args a;

	PARSE(&a, "--", "--json", "-p");
	assert_int_equal(a.word_count, 2);
	assert_string_equal(a.words[0], "--json");
	assert_int_equal(a.given[OPT_JSON], 0);
	args_finish(&a);
}

static void args_take_values_attached_or_apart(void **state)
{
	struct args a;

	PARSE(&a, "--socket=/a", "-ox,y", "--timeout", "500ms", "--json=short", "--color=never");
	assert_int_equal(a.err.type, ERR_NONE);
	assert_string_equal(a.value[OPT_SOCKET], "/a");
	assert_string_equal(a.value[OPT_COLUMNS], "x,y");
	assert_int_equal(a.timeout_ms, 500);
	assert_string_equal(a.value[OPT_JSON], "short");
	args_finish(&a);
}

static void args_optional_value_never_takes_the_next_word(void **state)
{
	struct args a;

	PARSE(&a, "--json", "short");
	assert_null(a.value[OPT_JSON]);
	assert_int_equal(a.word_count, 1);
	args_finish(&a);
}

static void args_join_what_may_be_repeated_and_else_the_last_counts(void **state)
{
	struct args a;

	PARSE(&a, "--kind", "print.*", "--kind=hms.raised", "-p", "a", "-p", "b");
	assert_string_equal(a.value[OPT_KIND], "print.*,hms.raised");
	assert_string_equal(a.value[OPT_PRINTER], "b");
	args_finish(&a);
}

static void args_leave_negative_numbers_and_a_dash_as_words(void **state)
{
	struct args a;

	PARSE(&a, "-5", "-", "-.5");
	assert_int_equal(a.err.type, ERR_NONE);
	assert_int_equal(a.word_count, 3);
	args_finish(&a);
}

static void args_name_the_first_mistake_and_read_on(void **state)
{
	struct args a;

	PARSE(&a, "--frob", "--json=short", "--socket");
	assert_int_equal(a.err.type, ERR_USAGE);
	assert_non_null(strstr(a.err.message, "--frob"));
	assert_string_equal(a.value[OPT_JSON], "short");
	args_finish(&a);
}

static void args_refuse(char *one, char *two, const char *named)
{
	char *argv[] = {(char *)"bambuctl", one, two, NULL};
	struct args a;

	args_parse(&a, two ? 3 : 2, argv);
	assert_int_equal(a.err.type, ERR_USAGE);
	assert_non_null(strstr(a.err.message, named));
	args_finish(&a);
}

static void args_refuse_values_that_are_none(void **state)
{
	args_refuse("--json=nice", NULL, "pretty|short");
	args_refuse("--color=red", NULL, "auto|always|never");
	args_refuse("--timeout", "soon", "soon");
	args_refuse("--timeout", "0", "0");
	args_refuse("--socket", NULL, "--socket");
	args_refuse("--quiet=yes", NULL, "--quiet");
	args_refuse("-x", NULL, "-x");
	args_refuse("-p", NULL, "-p");
}

static void args_know_which_options_belong_to_a_verb(void **state)
{
	struct args a;

	assert_true(opt_fits(OPT_RAW, "get"));
	assert_true(opt_fits(OPT_RAW, "status"));
	assert_false(opt_fits(OPT_RAW, "stat"));
	assert_false(opt_fits(OPT_LANG, "hms"));
	assert_true(opt_fits(OPT_LANG, "hms text"));
	assert_true(opt_fits(OPT_JSON, "anything"));
	PARSE(&a, "-f", "--json");
	assert_int_equal(args_misplaced(&a, "list"), OPT_FOLLOW);
	assert_int_equal(args_misplaced(&a, "events"), OPT_COUNT);
	args_finish(&a);
}

static void opt_table_has_no_two_options_alike(void **state)
{
	for (int i = 0; i < OPT_COUNT; i++) {
		assert_non_null(opt_table[i].name);
		assert_non_null(opt_table[i].help);
		assert_true((opt_table[i].value == OPT_VALUE_NONE) == !opt_table[i].value_name);
		for (int k = 0; k < i; k++) {
			assert_string_not_equal(opt_table[i].name, opt_table[k].name);
			assert_true(
			    !opt_table[i].letter || opt_table[i].letter != opt_table[k].letter);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(args_take_options_anywhere),
	    cmocka_unit_test(args_stop_reading_options_at_two_dashes),
	    cmocka_unit_test(args_take_values_attached_or_apart),
	    cmocka_unit_test(args_optional_value_never_takes_the_next_word),
	    cmocka_unit_test(args_join_what_may_be_repeated_and_else_the_last_counts),
	    cmocka_unit_test(args_leave_negative_numbers_and_a_dash_as_words),
	    cmocka_unit_test(args_name_the_first_mistake_and_read_on),
	    cmocka_unit_test(args_refuse_values_that_are_none),
	    cmocka_unit_test(args_know_which_options_belong_to_a_verb),
	    cmocka_unit_test(opt_table_has_no_two_options_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
