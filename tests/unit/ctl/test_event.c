/* SPDX-License-Identifier: MIT */
/* Events in words: every kind says something, with what its data knows and no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/event.h"
#include "common/util.h"
#include "ctl/say_event.h"
#include "ctl/show.h"
#include "tests/unit/ctl/show_fixture.h"

static void assert_says(const char *kind, const char *json, const char *expected)
{
	_cleanup_json_ json_object *data = NULL;
	struct out o = show_plain();
	_cleanup_free_ char *text = NULL;

	if (json) {
		assert_int_equal(json_parse(json, strlen(json), 32, &data), 0);
	}
	text = say_event(&o, kind, data);
	assert_string_equal(text, expected);
}

static void event_says_what_its_data_knows(void **state)
{
	assert_says("print.paused",
	    "{\"job\":\"lid\",\"percent\":61,\"layer\":3,\"total_layers\":9,\"reason\":\"runout\"}",
	    "lid at 61 %, layer 3/9: runout");
	assert_says("print.paused",
	    "{\"job\":\"lid\",\"percent\":null,\"layer\":3,\"reason\":null}", "lid");
	assert_says("print.finished", "{\"job\":null,\"file\":\"a.3mf\",\"duration_s\":4320}",
	    "a.3mf after 1h12m");
	assert_says("print.progress", "{\"step\":20}", "a print at 20 %");
	assert_says("light.changed", "{\"light\":\"chamber\",\"from\":\"off\",\"to\":\"on\"}",
	    "chamber light on");
	assert_says(
	    "config.reloaded", "{\"changed\":[\"rack1\",\"mini\"]}", "changed: rack1, mini");
}

static void event_names_slots_as_commands_take_them(void **state)
{
	assert_says(
	    "ams.runout", "{\"unit\":0,\"label\":\"A\",\"slot\":1,\"tray\":1}", "A2 ran out");
	assert_says("ams.runout", "{\"label\":\"HT-A\",\"slot\":0,\"tray\":128}", "HT-A ran out");
	assert_says("ams.tray_changed",
	    "{\"from\":{\"label\":\"A\",\"slot\":3,\"tray\":3},"
	    "\"to\":{\"unit\":null,\"label\":null,\"slot\":null,\"tray\":254}}",
	    "A4 -> ext");
	assert_says("ams.tray_changed", "{\"from\":null,\"to\":{\"label\":\"B\",\"slot\":0}}",
	    "nothing -> B1");
	assert_says("ams.filament_low",
	    "{\"label\":\"A\",\"slot\":0,\"type\":\"PLA\",\"color\":\"FFFFFFFF\",\"remain_pct\":8}",
	    "A1: PLA white, 8 % left");
}

static void event_without_a_known_part_begins_with_the_next(void **state)
{
	assert_says("printer.offline", "{\"reason\":null,\"next_try_s\":4}", "next try in 4s");
	assert_says("printer.offline", "{\"reason\":\"timed out\",\"next_try_s\":90}",
	    "timed out; next try in 1m");
}

static void event_of_a_kind_without_words_shows_its_data(void **state)
{
	assert_says("future.kind", "{\"a\":1,\"b\":null,\"c\":\"x\"}", "happened (a=1, c=x)");
	assert_says("door.opened", NULL, "the door was opened");
	assert_says("door.opened", "{\"late\":true}", "the door was opened");
}

static void event_escapes_what_printers_say(void **state)
{
	assert_says("print.started", "{\"job\":\"a\\u001b[31m\"}", "a\\x1B[31m");
}

static void every_kind_says_something_whatever_the_data(void **state)
{
	static const char *const datas[] = {
	    NULL, "{}", "[]", "7", "{\"from\":7,\"to\":[],\"job\":{}}"};
	struct out o = show_plain();

	for (int k = 0; k < EVENT_COUNT; k++) {
		for (size_t i = 0; i < ARRAY_SIZE(datas); i++) {
			_cleanup_json_ json_object *data = NULL;
			_cleanup_free_ char *text = NULL;

			if (datas[i]) {
				assert_int_equal(
				    json_parse(datas[i], strlen(datas[i]), 32, &data), 0);
			}
			text = say_event(&o, event_name((enum event_kind)k), data);
			assert_true(strlen(text) > 0);
		}
	}
}

static void event_line_tells_time_printer_kind_and_lateness(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = show_to_text(show_event,
	    "{\"seq\":1,\"time\":\"2026-11-23T11:00:00.000Z\",\"printer\":\"mini\","
	    "\"kind\":\"print.started\",\"data\":{\"job\":\"lid\",\"late\":true}}",
	    &o);

	assert_string_equal(text, "2026-11-23 12:00:00  mini          print.started         lid"
				  "  (late: it happened while the printer was not heard)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(event_says_what_its_data_knows),
	    cmocka_unit_test(event_names_slots_as_commands_take_them),
	    cmocka_unit_test(event_without_a_known_part_begins_with_the_next),
	    cmocka_unit_test(event_of_a_kind_without_words_shows_its_data),
	    cmocka_unit_test(event_escapes_what_printers_say),
	    cmocka_unit_test(every_kind_says_something_whatever_the_data),
	    cmocka_unit_test(event_line_tells_time_printer_kind_and_lateness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
