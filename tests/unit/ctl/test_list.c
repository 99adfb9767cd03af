/* SPDX-License-Identifier: MIT */
/* The list as people see it: trouble first, old values never shown as new, no control bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/util.h"
#include "ctl/show.h"
#include "tests/unit/ctl/show_fixture.h"

#define NOZZLE(now, target) "{\"current_c\":" #now ",\"target_c\":" #target "}"
#define UNIT_A "{\"id\":0,\"label\":\"A\",\"slots\":[\"loaded\",\"loaded\",\"empty\",\"present\"]}"

/* The four printers of the manual. */
#define PAUSED                                                                                    \
	"{\"name\":\"rack2-03\",\"model\":\"P1S\",\"link\":{\"state\":\"online\",\"plane\":"      \
	"\"lan\",\"age_ms\":1200},\"print\":{\"state\":\"paused\",\"percent\":61,\"remaining_s\"" \
	":4320,\"job\":\"bracket_v4\"},\"temp\":{\"nozzles\":[" NOZZLE(219,                       \
	    220) "],\"bed\":{\"current_c\":60.2,\"target_c\":60}},\"ams\":{\"units\":[" UNIT_A    \
		 "]},\"hms\":[{\"code\":\"0700-2000-0002-0001\",\"severity\":\"serious\","        \
		 "\"text\":\"filament of AMS A slot 1 ran out\"}]}"
#define OFFLINE                                                                                    \
	"{\"name\":\"rack1-07\",\"model\":\"X1C\",\"link\":{\"state\":\"offline\",\"plane\":null," \
	"\"age_ms\":840000,\"last_error\":\"not authorised\",\"last_error_hint\":\"look at it\"}," \
	"\"print\":{\"state\":\"printing\",\"percent\":12,\"job\":\"old_job\",\"remaining_s\":60}" \
	"}"
#define DUAL                                                                                     \
	"{\"name\":\"rack1-01\",\"model\":\"H2D\",\"link\":{\"state\":\"online\",\"plane\":"     \
	"\"lan\",\"age_ms\":412},\"print\":{\"state\":\"printing\",\"percent\":47,"              \
	"\"remaining_s\":7380,\"job\":\"lid_plate2\"},\"temp\":{\"nozzles\":[{\"position\":"     \
	"\"right\",\"current_c\":31,\"target_c\":0},{\"position\":\"left\",\"current_c\":219.8," \
	"\"target_c\":220}],\"bed\":{\"current_c\":65,\"target_c\":65}},\"ams\":null}"
#define IDLE                                                                                \
	"{\"name\":\"mini\",\"model\":\"A1MINI\",\"link\":{\"state\":\"online\",\"plane\":" \
	"\"cloud\",\"age_ms\":9000},\"print\":{\"state\":\"idle\",\"percent\":null,"        \
	"\"remaining_s\":null,\"job\":null},\"temp\":{\"nozzles\":[" NOZZLE(                \
	    24, 0) "],\"bed\":{"                                                            \
		   "\"current_c\":23,\"target_c\":0}},\"ams\":{\"units\":[]}}"
#define FARM                                                   \
	"{\"printers\":[" DUAL "," PAUSED "," IDLE "," OFFLINE \
	"],\"cloud\":{\"state\":\"disabled\"}}"

static void list_puts_trouble_first_and_says_what_it_is(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = show_to_text(show_list, FARM, &o);

	assert_string_equal(text,
	    "  NAME      MODEL   STATE     JOB          %   LEFT   NOZZLE  BED  AMS     LINK   "
	    "AGE\n"
	    "! rack2-03  P1S     paused    bracket_v4  61  1h12m  219/220   60  A:■■□?  lan    1s\n"
	    "! rack1-07  X1C     offline   -            -      -        -    -  -       -      "
	    "14m\n"
	    "  rack1-01  H2D     printing  lid_plate2  47  2h03m  L220 R0   65  -       lan    0s\n"
	    "  mini      A1MINI  idle      -            -      -       24   23  -       cloud  9s\n"
	    "4 printers: 1 printing, 1 paused, 1 idle, 1 offline.\n"
	    "! rack2-03  HMS 0700-2000-0002-0001 serious: filament of AMS A slot 1 ran out\n"
	    "! rack1-07  not authorised  (look at it)\n");
}

static void list_of_an_offline_printer_shows_none_of_its_last_values(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = show_to_text(show_list, "{\"printers\":[" OFFLINE "]}", &o);

	assert_null(strstr(text, "old_job"));
	assert_null(strstr(text, "12"));
}

static void list_marks_the_values_of_a_silent_printer(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = show_to_text(show_list,
	    "{\"printers\":[{\"name\":\"a\",\"model\":\"P1S\",\"link\":{\"state\":\"stale\","
	    "\"plane\":\"lan\",\"age_ms\":95000},\"print\":{\"state\":\"printing\"}}]}",
	    &o);

	assert_non_null(strstr(text, "! a "));
	assert_non_null(strstr(text, "printing?"));
	assert_non_null(strstr(text, "no report for 1m: values may be old"));
}

static void list_escapes_what_a_printer_says(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = show_to_text(show_list,
	    "{\"printers\":[{\"name\":\"a\",\"model\":\"X\\u001b[2J\",\"link\":{\"state\":"
	    "\"online\"},"
	    "\"print\":{\"state\":\"idle\",\"job\":\"a\\u202eb\\u009bc\\nd\\u0007\"},\"hms\":[{"
	    "\"code\":"
	    "\"1\",\"severity\":\"fatal\",\"text\":\"\\u001b]0;x\\u0007\"}]}]}",
	    &o);

	for (const char *p = text; *p; p++) {
		assert_true(*p == '\n' || (unsigned char)*p >= 0x20);
		assert_int_not_equal(*p, 0x7f);
	}
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_null(strstr(text, "\xc2\x9b"));
	assert_non_null(strstr(text, "\\x1B[2J"));
}

static void list_takes_wrong_shapes_as_unknown(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = show_to_text(show_list,
	    "{\"printers\":[{\"name\":7,\"print\":[],\"temp\":{\"nozzles\":[3]},\"ams\":{\"units\":"
	    "[null,{\"slots\":[1,null]}]},\"hms\":\"x\",\"link\":{\"state\":\"online\",\"age_ms\":"
	    "\"1\"}},"
	    "null]}",
	    &o);

	assert_non_null(strstr(text, "2 printers"));
}

static void list_chooses_columns_and_leaves_out_the_legend(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = NULL;

	o.legend = false;
	o.columns = "name,percent,problem";
	text = show_to_text(show_list, "{\"printers\":[" PAUSED "," IDLE "]}", &o);
	assert_string_equal(text, "rack2-03  61  !\n"
				  "mini       -  -\n");
}

static void list_without_utf8_draws_slots_in_ascii(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = NULL;

	o.utf8 = false;
	text = show_to_text(show_list, "{\"printers\":[" PAUSED "]}", &o);
	assert_non_null(strstr(text, "A:##.?"));
}

static void list_colours_only_when_told_to(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *plain = show_to_text(show_list, FARM, &o), *colored = NULL;

	o.color = true;
	colored = show_to_text(show_list, FARM, &o);
	assert_null(strchr(plain, '\033'));
	assert_non_null(strchr(colored, '\033'));
}

static void list_cuts_the_job_to_fit_a_narrow_terminal(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = NULL;

	o.width = 79;
	o.legend = false;
	text = show_to_text(show_list, "{\"printers\":[" PAUSED "]}", &o);
	assert_true(strcspn(text, "\n") <= 79 + 3 * 2); /* three squares of three bytes each */
	assert_non_null(strstr(text, "rack2-03"));
	assert_non_null(strstr(text, "bracket"));
	assert_null(strstr(text, "A:"));
}

static void list_of_nothing_says_what_to_do(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = show_to_text(show_list, "{\"printers\":[]}", &o);

	assert_non_null(strstr(text, "[Printer NAME]"));
}

static void list_tells_the_end_of_the_cloud_token(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = show_to_text(show_list,
	    "{\"printers\":[" IDLE "],\"cloud\":{\"state\":\"signed_in\",\"token\":{\"expires\":"
	    "\"2026-12-04T13:00:00.000Z\"}}}",
	    &o);

	assert_non_null(strstr(text, "1 idle.  Cloud: signed in, token ends in 11 days.\n"));
}

static void list_is_silent_of_a_cloud_that_nobody_wanted(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *never = show_to_text(show_list,
	    "{\"printers\":[" IDLE "],\"cloud\":{\"state\":\"signed_out\",\"token\":null}}", &o);
	_cleanup_free_ char *dead = show_to_text(show_list,
	    "{\"printers\":[" IDLE "],\"cloud\":{\"state\":\"signed_out\",\"token\":{\"verdict\":"
	    "\"dead\",\"expires\":null}}}",
	    &o);

	assert_null(strstr(never, "Cloud"));
	assert_non_null(strstr(dead, "1 idle.  Cloud: signed out.\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(list_puts_trouble_first_and_says_what_it_is),
	    cmocka_unit_test(list_of_an_offline_printer_shows_none_of_its_last_values),
	    cmocka_unit_test(list_marks_the_values_of_a_silent_printer),
	    cmocka_unit_test(list_escapes_what_a_printer_says),
	    cmocka_unit_test(list_takes_wrong_shapes_as_unknown),
	    cmocka_unit_test(list_chooses_columns_and_leaves_out_the_legend),
	    cmocka_unit_test(list_without_utf8_draws_slots_in_ascii),
	    cmocka_unit_test(list_colours_only_when_told_to),
	    cmocka_unit_test(list_cuts_the_job_to_fit_a_narrow_terminal),
	    cmocka_unit_test(list_of_nothing_says_what_to_do),
	    cmocka_unit_test(list_tells_the_end_of_the_cloud_token),
	    cmocka_unit_test(list_is_silent_of_a_cloud_that_nobody_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
