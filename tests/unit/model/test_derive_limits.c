/* SPDX-License-Identifier: MIT */
/* Rules of warnings: they have to stand, they end further back, limits may be others or none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/model/derive_feed.h"

#define DRY                                                                         \
	"'ams':{'ams':[{'id':'0','info':'1001','humidity':'5','humidity_raw':'20'," \
	"'temp':'25.0','tray':[{'id':'0','tray_type':'PLA','remain':40}]}],"        \
	"'ams_exist_bits':'1','tray_exist_bits':'1'}"

static int hold_60_s(void **state)
{
	int r = teller_start(state);

	((struct teller *)*state)->limits.hold_ms = 60000;
	return r;
}

static void unit0(struct teller *t, const char *members)
{
	_cleanup_free_ char *text = xasprintf("'ams':{'ams':[{'id':'0',%s}]}", members);

	delta(t, text);
}

static void humid(struct teller *t, int pct)
{
	_cleanup_free_ char *text = xasprintf("'humidity_raw':'%d'", pct);

	unit0(t, text);
}

/* Seconds pass in which the printer says nothing; then it says something of no interest. */
static void later(struct teller *t, int seconds)
{
	t->now_ms += (int64_t)(seconds - 1) * 1000;
	delta(t, "'wifi_signal':'-40dBm'");
}

static void limits_warning_is_told_when_it_has_stood(void **state)
{
	struct teller *t = *state;

	full(t, DRY);
	humid(t, 50);
	assert_told(t, "");
	later(t, 59);
	assert_told(t, "");
	later(t, 1);
	assert_told(t, "ams.humidity_high");
	assert_says(t, AMS_HUMIDITY_HIGH, "'humidity_level':5,'humidity_pct':50");
	later(t, 60);
	assert_told(t, "");
}

static void limits_value_that_comes_back_was_nothing(void **state)
{
	struct teller *t = *state;

	full(t, DRY);
	humid(t, 50);
	later(t, 58);
	humid(t, 49); /* between the limits, but no warning stands */
	later(t, 60);
	assert_told(t, "");
	humid(t, 50);
	later(t, 59);
	assert_told(t, "");
	later(t, 1);
	assert_told(t, "ams.humidity_high");
}

static void limits_end_has_to_stand_as_well(void **state)
{
	struct teller *t = *state;

	full(t, DRY);
	humid(t, 60);
	later(t, 60);
	humid(t, 40);
	later(t, 30);
	humid(t, 41);
	later(t, 60);
	assert_told(t, "");
	humid(t, 40);
	later(t, 60);
	assert_told(t, "ams.humidity_ok");
}

static void limits_nothing_is_told_of_a_silent_printer(void **state)
{
	struct teller *t = *state;

	full(t, DRY);
	humid(t, 50);
	wait_ms(t, 3600 * 1000);
	assert_told(t, "");
	assert_int_equal(derive_wait_ms(&t->derive, t->now_ms), -1);
	humid(t, 30); /* what is told is what is so now */
	assert_told(t, "");
}

static void limits_message_without_a_change_is_enough(void **state)
{
	struct teller *t = *state;
	struct derive_sink sink = sink_of(t);

	full(t, DRY);
	delta(t, "'wifi_signal':'-40dBm'");
	unit0(t, "'temp':'46.0'");
	assert_false(derive_due(&t->derive, &sink, t->now_ms + 59999));
	assert_true(derive_due(&t->derive, &sink, t->now_ms + 60000));
	later(t, 60); /* the same again */
	assert_false(derive_due(&t->derive, &sink, t->now_ms));
	assert_told(t, "ams.temp_high");
}

static void limits_wait_begins_anew_after_a_gap(void **state)
{
	struct teller *t = *state;

	full(t, DRY);
	humid(t, 50);
	later(t, 58);
	reconnect(t);
	t->now_ms += 10 * 1000;
	full(t, "'ams':{'ams':[{'id':'0','info':'1001','humidity_raw':'50','temp':'46.0','tray':"
		"[{'id':'0','tray_type':'PLA','remain':40}]}],'ams_exist_bits':'1',"
		"'tray_exist_bits':'1'}");
	assert_told(t, "");
	later(t, 59);
	assert_told(t, "");
	later(t, 1);
	assert_told(t, "ams.humidity_high ams.temp_high");
	assert_false(says(t, EVENT_AMS_HUMIDITY_HIGH, "'late'")); /* it was seen to turn */
	assert_says(t, AMS_TEMP_HIGH, "'late':true");
}

static void limits_spool_that_is_changed_waits_no_more(void **state)
{
	struct teller *t = *state;

	full(t, DRY);
	unit0(t, "'tray':[{'id':'0','tray_type':'PLA','remain':9}]");
	delta(t, "'ams':{'tray_exist_bits':'0'}");
	delta(t, "'ams':{'ams':[{'id':'0','tray':[{'id':'0','tray_type':'PLA','remain':9}]}],"
		 "'tray_exist_bits':'1'}");
	later(t, 60);
	assert_told(t, "");
	unit0(t, "'tray':[{'id':'0','tray_type':'PLA','remain':15}]");
	later(t, 60);
	unit0(t, "'tray':[{'id':'0','tray_type':'PLA','remain':10}]");
	later(t, 60);
	assert_told(t, "ams.filament_low");
}

static void limits_are_those_of_the_configuration(void **state)
{
	struct teller *t = *state;

	t->limits = (struct derive_limits){.low_pct = 30, .humid_pct = 25, .hot_c = 30};
	full(t, DRY);
	unit0(t, "'humidity_raw':'25','temp':'30.0','tray':[{'id':'0','tray_type':'PLA',"
		 "'remain':30}]");
	assert_told(t, "ams.filament_low ams.humidity_high ams.temp_high");
	unit0(t, "'humidity_raw':'16','temp':'25.1'");
	assert_told(t, "");
	unit0(t, "'humidity_raw':'15','temp':'25.0'");
	assert_told(t, "ams.humidity_ok ams.temp_ok");
}

static void limits_that_are_off_warn_of_nothing(void **state)
{
	struct teller *t = *state;

	t->limits = (struct derive_limits){0};
	full(t, DRY);
	unit0(t, "'humidity_raw':'99','temp':'80.0','tray':[{'id':'0','tray_type':'PLA',"
		 "'remain':0}]");
	unit0(t, "'humidity_raw':'0','temp':'20.0'");
	assert_told(t, "");
}

static void limits_that_become_others_judge_the_next_message(void **state)
{
	struct teller *t = *state;

	full(t, DRY);
	later(t, 60);
	t->limits.humid_pct = 20;
	later(t, 1);
	assert_told(t, "");
	later(t, 60);
	assert_told(t, "ams.humidity_high");
	t->limits.humid_pct = 0;
	later(t, 60);
	humid(t, 5);
	later(t, 60);
	assert_told(t, ""); /* off: no end either */
	humid(t, 50);
	t->limits.humid_pct = 50;
	later(t, 1);
	later(t, 60);
	assert_told(t, ""); /* it was so before anybody looked */
}

static void limits_percentage_goes_before_the_level(void **state)
{
	struct teller *t = *state;

	t->limits.hold_ms = 0;
	full(t, DRY);
	unit0(t, "'humidity':'1'");
	assert_told(t, "");
	humid(t, 50);
	assert_told(t, "ams.humidity_high");
	unit0(t, "'humidity':'5','humidity_raw':'0'"); /* not known for a moment */
	assert_told(t, "");
}

static void limits_level_4_ends_at_the_driest(void **state)
{
	struct teller *t = *state;

	t->limits = (struct derive_limits){.humid_level = 4};
	full(t, "'ams':{'ams':[{'id':'0','info':'1001','humidity':'5','tray':[]}]}");
	unit0(t, "'humidity':'4'");
	assert_told(t, "ams.humidity_high");
	unit0(t, "'humidity':'5'");
	assert_told(t, "ams.humidity_ok");
}

#define LIMITS_TEST(name) cmocka_unit_test_setup_teardown(name, hold_60_s, teller_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    LIMITS_TEST(limits_warning_is_told_when_it_has_stood),
	    LIMITS_TEST(limits_value_that_comes_back_was_nothing),
	    LIMITS_TEST(limits_end_has_to_stand_as_well),
	    LIMITS_TEST(limits_nothing_is_told_of_a_silent_printer),
	    LIMITS_TEST(limits_message_without_a_change_is_enough),
	    LIMITS_TEST(limits_wait_begins_anew_after_a_gap),
	    LIMITS_TEST(limits_spool_that_is_changed_waits_no_more),
	    LIMITS_TEST(limits_are_those_of_the_configuration),
	    LIMITS_TEST(limits_that_are_off_warn_of_nothing),
	    LIMITS_TEST(limits_that_become_others_judge_the_next_message),
	    LIMITS_TEST(limits_percentage_goes_before_the_level),
	    LIMITS_TEST(limits_level_4_ends_at_the_driest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
