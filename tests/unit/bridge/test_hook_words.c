/* SPDX-License-Identifier: MIT */
/* Command lines cut into words, and the kinds of events that globs name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/event.h"
#include "common/util.h"
#include "daemon/bridge/hook_config.h"
#include "daemon/bridge/hook_words.h"

/* The words with a bar behind each. */
static void expect(const char *text, const char *wanted)
{
	char **words = NULL, got[256] = "";
	const char *why = NULL;
	size_t len = 0;

	assert_int_equal(hook_words_split(text, &words, &why), 0);
	for (char **w = words; *w; w++) {
		len += (size_t)snprintf(got + len, sizeof(got) - len, "%s|", *w);
	}
	assert_string_equal(got, wanted);
	hook_words_free(words);
}

static void refuse(const char *text, const char *wanted)
{
	char **words = NULL;
	const char *why = NULL;

	assert_int_equal(hook_words_split(text, &words, &why), -EINVAL);
	assert_string_equal(why, wanted);
	assert_null(words);
}

static void words_end_at_blanks(void **state)
{
	expect("/bin/true", "/bin/true|");
	expect("  /bin/echo \t a  b ", "/bin/echo|a|b|");
}

static void quotes_keep_what_is_between_them(void **state)
{
	expect("a 'b  c' d", "a|b  c|d|");
	expect("a \"b  c\" d", "a|b  c|d|");
	expect("a'b c'\"d e\"f", "ab cd ef|");
	expect("'' \"\"", "||");
	expect("'a\"b' \"c'd\"", "a\"b|c'd|");
}

static void backslash_takes_the_next_sign(void **state)
{
	expect("a\\ b \\\\ \\'", "a b|\\|'|");
	expect("\"a\\\"b\\\\\"", "a\"b\\|");
	expect("'a\\b'", "a\\b|");
}

static void nothing_is_expanded(void **state)
{
	expect("$HOME ${A} %h `id` $(id) ~ * ; | &", "$HOME|${A}|%h|`id`|$(id)|~|*|;|||&|");
}

static void what_is_no_command_line_is_refused(void **state)
{
	char many[300] = "";

	refuse("", "it is empty");
	refuse(" \t ", "it is empty");
	refuse("a 'b", "a quote is not closed");
	refuse("a \"b\\\"", "a quote is not closed");
	refuse("a\\", "it ends with a backslash");
	for (size_t i = 0; i < 65; i++) {
		memcpy(many + 2 * i, "a ", 3);
	}
	refuse(many, "it has more than 64 words");
}

static void globs_name_kinds(void **state)
{
	char *globs[] = {"print.finished", "hms.*", NULL};
	const char *glob = NULL, *nearest = NULL;
	uint64_t kinds = 0;

	assert_int_equal(hook_kinds(globs, &kinds, &glob, &nearest), 0);
	assert_true(
	    kinds == (UINT64_C(1) << EVENT_PRINT_FINISHED | UINT64_C(1) << EVENT_HMS_RAISED |
			 UINT64_C(1) << EVENT_HMS_CLEARED));
}

static void glob_that_names_nothing_is_refused_with_its_neighbour(void **state)
{
	char *near[] = {"print.*", "hms.rised", NULL}, *far[] = {"xyzzy", NULL};
	const char *glob = NULL, *nearest = NULL;
	uint64_t kinds = 0;

	assert_int_equal(hook_kinds(near, &kinds, &glob, &nearest), -ENOENT);
	assert_string_equal(glob, "hms.rised");
	assert_string_equal(nearest, "hms.raised");
	assert_int_equal(hook_kinds(far, &kinds, &glob, &nearest), -ENOENT);
	assert_null(nearest);
	assert_true(kinds == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_end_at_blanks),
	    cmocka_unit_test(quotes_keep_what_is_between_them),
	    cmocka_unit_test(backslash_takes_the_next_sign),
	    cmocka_unit_test(nothing_is_expanded),
	    cmocka_unit_test(what_is_no_command_line_is_refused),
	    cmocka_unit_test(globs_name_kinds),
	    cmocka_unit_test(glob_that_names_nothing_is_refused_with_its_neighbour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
