/* SPDX-License-Identifier: MIT */
/* Lines of `watch`: what is worth one, and what stands in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/util.h"
#include "ctl/glance.h"
#include "tests/unit/ctl/show_fixture.h"

#define ONLINE "\"link\":{\"state\":\"online\"}"
#define PRINTING                                                                             \
	"\"state\":\"printing\",\"stage\":\"printing\",\"job\":\"lid\",\"layer\":3,\"total_" \
	"layers\":9"

static void take(struct glance *g, const char *json)
{
	_cleanup_json_ json_object *printer = NULL;
	struct out o = show_plain();

	assert_int_equal(json_parse(json, strlen(json), 32, &printer), 0);
	glance_take(g, &o, printer);
}

/* The line between two states; before NULL: the first line. Owned. */
static char *line(const char *before, const char *after)
{
	struct glance a = {0}, b;
	char *text;

	if (before) {
		take(&a, before);
	}
	take(&b, after);
	text = glance_changes(before ? &a : NULL, &b);
	glance_finish(&a);
	glance_finish(&b);
	return text;
}

static void assert_line(const char *before, const char *after, const char *expected)
{
	_cleanup_free_ char *text = line(before, after);

	if (!expected) {
		assert_null(text);
		return;
	}
	assert_non_null(text);
	assert_string_equal(text, expected);
}

static void glance_says_at_first_what_matters(void **state)
{
	assert_line(NULL,
	    "{" ONLINE ",\"print\":{" PRINTING ",\"percent\":47,\"remaining_s\":7380,"
	    "\"speed\":\"sport\"},\"lights\":{\"chamber\":\"on\"}}",
	    "printing   lid  47 %  layer 3/9  left 2h03m");
	assert_line(NULL, "{" ONLINE ",\"print\":{\"state\":\"idle\",\"stage\":null}}", "idle");
}

static void glance_says_what_changed_and_nothing_else(void **state)
{
	assert_line("{" ONLINE ",\"print\":{" PRINTING ",\"percent\":47,\"remaining_s\":7380}}",
	    "{" ONLINE ",\"print\":{" PRINTING ",\"percent\":48,\"remaining_s\":7320}}",
	    "printing   48 %  left 2h02m");
	assert_line("{" ONLINE ",\"print\":{" PRINTING "}}",
	    "{" ONLINE ",\"print\":{\"state\":\"paused\",\"stage\":\"pause_user\",\"job\":\"lid\","
	    "\"layer\":3,\"total_layers\":9}}",
	    "paused     user");
	assert_line("{" ONLINE ",\"temp\":{\"bed\":{\"current_c\":20,\"target_c\":0}}}",
	    "{" ONLINE ",\"temp\":{\"bed\":{\"current_c\":21,\"target_c\":65}}}",
	    "-          bed to 65 C");
}

static void glance_is_silent_about_noise(void **state)
{
	static const char before[] = "{" ONLINE ",\"print\":{" PRINTING ",\"remaining_s\":100},"
				     "\"temp\":{\"bed\":{\"current_c\":64.9,\"target_c\":65}},"
				     "\"device\":{\"wifi_dbm\":-52}}";
	static const char after[] = "{" ONLINE ",\"print\":{" PRINTING ",\"remaining_s\":40},"
				    "\"temp\":{\"bed\":{\"current_c\":65.1,\"target_c\":65}},"
				    "\"device\":{\"wifi_dbm\":-60}}";

	assert_line(before, after, NULL);
	assert_line(before, before, NULL);
}

static void glance_of_a_lost_printer_says_why_and_no_old_values(void **state)
{
	static const char lost[] = "{\"link\":{\"state\":\"auth_refused\",\"last_error\":\"not "
				   "authorised\"},\"print\":{" PRINTING ",\"percent\":47}}";

	assert_line("{" ONLINE ",\"print\":{" PRINTING ",\"percent\":47}}", lost,
	    "auth_refused  not authorised");
	assert_line(lost, "{" ONLINE ",\"print\":{" PRINTING ",\"percent\":50}}",
	    "printing   lid  50 %  layer 3/9");
}

static void glance_tells_messages_and_their_end(void **state)
{
	static const char calm[] = "{" ONLINE ",\"print\":{\"state\":\"paused\"},\"hms\":[]}";
	static const char bad[] =
	    "{" ONLINE ",\"print\":{\"state\":\"paused\",\"error\":{\"code\":\"0300-400C\","
	    "\"text\":\"Cancelled.\"}},\"hms\":[{\"code\":\"0700-2000\",\"severity\":\"serious\","
	    "\"text\":\"Ran\\u001b out\"}]}";

	assert_line(calm, bad,
	    "paused     error 0300-400C: Cancelled.  HMS 0700-2000 serious: Ran\\x1B out");
	assert_line(bad, calm, "paused     no messages any more");
}

static void glance_names_the_spool_that_feeds(void **state)
{
#define AMS(active)                                                                             \
	"{" ONLINE ",\"ams\":{\"units\":[{\"label\":\"A\",\"trays\":[{\"slot\":0,\"tray\":0,"   \
	"\"state\":\"loaded\",\"type\":\"PLA\",\"color\":\"FFFFFFFF\"},{\"slot\":1,\"tray\":1," \
	"\"state\":\"present\"}]}],\"external\":[{\"tray\":254,\"state\":\"loaded\",\"type\":"  \
	"\"PETG\"}],\"active\":" active "}}"

	assert_line(AMS("null"), AMS("{\"tray\":0}"), "-          from A1 (PLA white)");
	assert_line(AMS("{\"tray\":0}"), AMS("{\"tray\":254}"), "-          from ext (PETG)");
	assert_line(AMS("{\"tray\":0}"), AMS("null"), NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(glance_says_at_first_what_matters),
	    cmocka_unit_test(glance_says_what_changed_and_nothing_else),
	    cmocka_unit_test(glance_is_silent_about_noise),
	    cmocka_unit_test(glance_of_a_lost_printer_says_why_and_no_old_values),
	    cmocka_unit_test(glance_tells_messages_and_their_end),
	    cmocka_unit_test(glance_names_the_spool_that_feeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
