/* SPDX-License-Identifier: MIT */
/* The table of event kinds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/event.h"
#include "common/log.h"
#include "common/util.h"

static void every_kind_has_a_name_and_help(void **state)
{
	for (int i = 0; i < EVENT_COUNT; i++) {
		assert_non_null(strchr(event_name(i), '.'));
		assert_true(strlen(event_help(i)) > 5);
		assert_int_equal(event_by_name(event_name(i)), i);
	}
	assert_int_equal(event_by_name("print.exploded"), -1);
	assert_int_equal(event_by_name(NULL), -1);
}

static void every_kind_has_a_level_and_an_id_of_its_own(void **state)
{
	for (int i = 0; i < EVENT_COUNT; i++) {
		const char *id = event_message_id(i);

		assert_in_range(event_level(i), 0, LOG_LEVEL_COUNT - 1);
		assert_int_equal(strlen(id), 32);
		assert_int_equal(strspn(id, "0123456789abcdef"), 32);
		for (int k = 0; k < i; k++) {
			assert_string_not_equal(event_message_id(k), id);
		}
	}
	/* Steps of a print would drown what matters. */
	assert_int_equal(event_level(EVENT_PRINT_LAYER), LOG_LEVEL_DEBUG);
	assert_int_equal(event_level(EVENT_PRINT_PROGRESS), LOG_LEVEL_DEBUG);
}

static void kept_kinds_are_those_of_the_design(void **state)
{
	static const char *const kept[] = {"print.*", "hms.*", "error.*", "command.*", "cloud.*",
	    "printer.online", "printer.offline", "ams.runout"};

	for (int i = 0; i < EVENT_COUNT; i++) {
		bool wanted = false;

		for (size_t k = 0; k < ARRAY_SIZE(kept); k++) {
			wanted = wanted || glob_match(kept[k], event_name(i));
		}
		assert_int_equal(event_kept(i), wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_kind_has_a_name_and_help),
	    cmocka_unit_test(every_kind_has_a_level_and_an_id_of_its_own),
	    cmocka_unit_test(kept_kinds_are_those_of_the_design),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
