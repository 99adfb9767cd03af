/* SPDX-License-Identifier: MIT */
/* Rules of a job's events: start, pause, end, progress, error, runout. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/model/derive_feed.h"

#define IDLE "'gcode_state':'IDLE','print_error':0,'hms':[]"
#define RUNNING                                                                            \
	"'gcode_state':'RUNNING','subtask_name':'lid','gcode_file':'lid.3mf','mc_percent'" \
	":47,'layer_num':112,'total_layer_num':238,'print_error':0,'hms':[]"

static void derive_first_full_report_tells_nothing(void **state)
{
	struct teller *t = *state;

	full(t, "'gcode_state':'PAUSE','subtask_name':'lid','mc_percent':47,'layer_num':112,"
		"'print_error':50364420,'stg_cur':6,'hms':[{'attr':50335744,'code':131073}]");
	assert_told(t, "");
	full(t, "'gcode_state':'PAUSE','subtask_name':'lid','mc_percent':47,'layer_num':112,"
		"'print_error':50364420,'stg_cur':6,'hms':[{'attr':50335744,'code':131073}]");
	assert_told(t, "");
}

static void derive_start_is_a_known_rest_that_becomes_work(void **state)
{
	struct teller *t = *state;

	full(t, IDLE);
	delta(t, "'gcode_state':'PREPARE','subtask_name':'lid','gcode_file':'lid.3mf'");
	assert_told(t, "print.started");
	assert_says(t, PRINT_STARTED, "'job':'lid','file':'lid.3mf','percent':null,'layer':null");
	delta(t, "'gcode_state':'RUNNING'");
	assert_told(t, "");
}

static void derive_pause_during_start_tells_both(void **state)
{
	struct teller *t = *state;

	full(t, IDLE);
	delta(t, "'gcode_state':'PAUSE'");
	assert_told(t, "print.started print.paused");
}

static void derive_unknown_state_is_no_edge(void **state)
{
	struct teller *t = *state;

	full(t, "'mc_percent':3");
	delta(t, "'gcode_state':'RUNNING'");
	assert_told(t, "");
	delta(t, "'gcode_state':'INIT'");
	assert_told(t, "");
	delta(t, "'gcode_state':'RUNNING'");
	assert_told(t, "");
	delta(t, "'gcode_state':7");
	delta(t, "'gcode_state':'PAUSE'");
	assert_told(t, "print.paused");
}

static void derive_pause_reason_is_the_error_text_first(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING);
	delta(t, "'gcode_state':'PAUSE','print_error':50364431,'stg_cur':17,"
		 "'hms':[{'attr':50335744,'code':131073}]");
	assert_told(t, "hms.raised error.raised print.paused");
	assert_says(t, PRINT_PAUSED, "'reason':'Paused: the door is open.'");
	assert_says(t, PRINT_PAUSED, "'code':'0300-800F','stage':'pause_front_cover'");
}

static const char *find_words(
    void *arg, const char *serial, const char *lang, bool is_hms, uint64_t key)
{
	assert_string_equal(serial, "01P00A000000001");
	assert_string_equal(lang, "en");
	if (is_hms) {
		return key == 0x0300120000020001 ? "vendor: cover" : NULL;
	}
	return key == 0x0300800F ? "" : NULL;
}

static void derive_says_the_vendors_words_before_ours(void **state)
{
	static const struct hms_texts texts = {.find = find_words};
	struct teller *t = *state;

	t->texts = &texts;
	full(t, RUNNING);
	delta(t, "'print_error':50364420,'hms':[{'attr':50336256,'code':131073}]");
	assert_says(t, HMS_RAISED, "'text':'vendor: cover'");
	assert_says(t, ERROR_RAISED, "'text':'Paused: the filament ran out.'");
	delta(t, "'gcode_state':'PAUSE','print_error':50364431,'hms':[]");
	assert_says(t, HMS_CLEARED, "'text':'vendor: cover'");
	assert_says(t, ERROR_RAISED, "'code':'0300-800F','kind':'pause','text':null");
	assert_says(t, PRINT_PAUSED, "'reason':null,'code':'0300-800F'");
}

static void derive_pause_reason_is_the_stage_without_an_error(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING);
	delta(t, "'gcode_state':'PAUSE','stg_cur':16");
	assert_told(t, "print.paused");
	assert_says(t, PRINT_PAUSED, "'reason':'pause_user','code':null,'stage':'pause_user'");
	delta(t, "'gcode_state':'RUNNING','stg_cur':0");
	assert_told(t, "print.resumed");
}

static void derive_pause_reason_is_a_health_message_at_last(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING);
	delta(t, "'gcode_state':'PAUSE','hms':[{'attr':50335744,'code':196609},"
		 "{'attr':50336256,'code':131073}]");
	assert_says(t, PRINT_PAUSED, "'code':'0300-1200-0002-0001'");
}

static void derive_pause_without_any_reason_says_null(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING);
	delta(t, "'gcode_state':'PAUSE'");
	assert_says(t, PRINT_PAUSED, "'reason':null,'code':null,'stage':null");
}

static void derive_finish_is_told_once_with_its_duration(void **state)
{
	struct teller *t = *state;

	full(t, IDLE);
	delta(t, "'gcode_state':'RUNNING','subtask_name':'lid'");
	wait_ms(t, 3600 * 1000);
	delta(t, "'gcode_state':'FINISH','mc_percent':100,'layer_num':238,'total_layer_num':238");
	assert_told(t, "print.finished");
	assert_says(
	    t, PRINT_FINISHED, "'percent':100,'layer':238,'total_layers':238,'duration_s':3601");
	delta(t, "'gcode_state':'IDLE'");
	delta(t, "'gcode_state':'FINISH'");
	assert_told(t, "");
	full(t, "'gcode_state':'FINISH','subtask_name':'lid'");
	assert_told(t, "");
}

static void derive_duration_is_null_when_the_start_was_not_seen(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING);
	delta(t, "'gcode_state':'FINISH'");
	assert_says(t, PRINT_FINISHED, "'duration_s':null");
}

static void derive_naming_the_next_job_is_no_end(void **state)
{
	struct teller *t = *state;

	full(t, "'gcode_state':'FINISH','subtask_name':'lid'");
	delta(t, "'subtask_name':'box'");
	assert_told(t, "");
	delta(t, "'gcode_state':'PREPARE'");
	assert_told(t, "print.started");
	assert_says(t, PRINT_STARTED, "'job':'box'");
}

static void derive_job_over_before_it_was_seen_to_start_is_told(void **state)
{
	struct teller *t = *state;

	full(t, "'gcode_state':'FINISH','subtask_name':'lid','mc_percent':100");
	delta(t, "'subtask_name':'box','gcode_state':'FAILED','print_error':83902467");
	assert_told(t, "error.raised print.failed");
	assert_says(t, PRINT_FAILED, "'job':'box'");
	assert_says(t, PRINT_FAILED, "'code':'0500-4003','before_print':true");
}

static void derive_fatal_error_fails_at_once_with_the_last_numbers(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING);
	delta(t, "'gcode_state':'FAILED','print_error':50348033,'mc_percent':0,'layer_num':0");
	assert_told(t, "error.raised print.failed");
	assert_says(t, PRINT_FAILED, "'job':'lid','file':'lid.3mf','percent':47,'layer':112");
	assert_says(t, PRINT_FAILED, "'code':'0300-4001','before_print':false");
	assert_int_equal(derive_wait_ms(&t->derive, t->now_ms), -1);
	wait_ms(t, 10000);
	assert_told(t, "");
}

static void derive_failure_without_a_code_waits_for_one(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING);
	delta(t, "'gcode_state':'FAILED'");
	assert_told(t, "");
	assert_int_equal(derive_wait_ms(&t->derive, t->now_ms), DERIVE_VERDICT_MS);
	wait_ms(t, 2999);
	assert_told(t, "");
	wait_ms(t, 1);
	assert_told(t, "print.failed");
	assert_says(t, PRINT_FAILED, "'reason':null,'code':null,'before_print':false");
	wait_ms(t, 10000);
	assert_told(t, "");
}

static void derive_failure_before_printing_says_so(void **state)
{
	struct teller *t = *state;

	full(t, IDLE);
	delta(t, "'gcode_state':'PREPARE','subtask_name':'lid'");
	delta(t, "'gcode_state':'FAILED','print_error':83902467");
	assert_says(t, PRINT_FAILED, "'before_print':true");
}

static void derive_cancel_error_with_the_failure_is_a_cancel(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING);
	delta(t, "'gcode_state':'FAILED','print_error':50348044");
	assert_told(t, "error.raised print.cancelled");
	assert_says(t, PRINT_CANCELLED, "'percent':47,'layer':112");
	assert_says(t, PRINT_CANCELLED, "'code':'0300-400C'");
}

static void derive_cancel_error_before_the_failure_is_a_cancel(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING);
	delta(t, "'print_error':83902478");
	assert_told(t, "error.raised");
	delta(t, "'print_error':0");
	assert_told(t, "error.cleared");
	wait_ms(t, 20000);
	delta(t, "'gcode_state':'FAILED','mc_percent':0");
	assert_told(t, "print.cancelled");
}

static void derive_cancel_error_shortly_after_the_failure_is_a_cancel(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING);
	delta(t, "'gcode_state':'FAILED'");
	delta(t, "'mc_percent':0");
	delta(t, "'print_error':50348044");
	assert_told(t, "error.raised print.cancelled");
	wait_ms(t, 10000);
	assert_told(t, "");
}

static void derive_cancel_error_long_before_is_forgotten(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING);
	delta(t, "'print_error':50348044");
	delta(t, "'print_error':0");
	wait_ms(t, 60000);
	delta(t, "'gcode_state':'FAILED'");
	wait_ms(t, DERIVE_VERDICT_MS);
	assert_told(t, "print.failed");
}

static void derive_cancel_of_the_job_before_does_not_count(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING);
	delta(t, "'gcode_state':'FAILED','print_error':50348044");
	delta(t, "'gcode_state':'RUNNING','print_error':0");
	assert_told(t, "error.cleared print.started");
	delta(t, "'gcode_state':'FAILED'");
	wait_ms(t, DERIVE_VERDICT_MS);
	assert_told(t, "print.failed");
}

static void derive_work_that_goes_idle_failed(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING);
	delta(t, "'gcode_state':'IDLE'");
	wait_ms(t, DERIVE_VERDICT_MS);
	assert_told(t, "print.failed");
	assert_says(t, PRINT_FAILED, "'reason':'the printer went idle before the end'");
}

static void derive_waiting_end_is_told_before_the_next_start(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING);
	delta(t, "'gcode_state':'FAILED'");
	delta(t, "'gcode_state':'PREPARE','subtask_name':'box'");
	assert_told(t, "print.failed print.started");
	assert_says(t, PRINT_FAILED, "'job':'lid'");
	assert_says(t, PRINT_STARTED, "'job':'box'");
}

static void derive_another_job_while_running_is_a_start(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING);
	delta(t, "'subtask_name':'box','gcode_file':'box.3mf','mc_percent':0");
	assert_told(t, "print.started");
	assert_says(t, PRINT_STARTED, "'job':'box','file':'box.3mf','percent':0");
}

static void derive_name_that_follows_its_start_is_no_restart(void **state)
{
	struct teller *t = *state;

	full(t, "'gcode_state':'FINISH','subtask_name':'lid','mc_percent':100,'layer_num':238");
	delta(t, "'gcode_state':'RUNNING'");
	assert_told(t, "print.started");
	delta(t, "'subtask_name':'box','gcode_file':'box.3mf'");
	assert_told(t, "");
	delta(t, "'gcode_file':'/data/Metadata/plate_1.gcode'");
	assert_told(t, "");
}

static void derive_progress_is_told_once_a_step(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING);
	delta(t, "'mc_percent':49");
	assert_told(t, "");
	delta(t, "'mc_percent':50");
	assert_told(t, "print.progress");
	assert_says(t, PRINT_PROGRESS, "'step':50");
	delta(t, "'mc_percent':49");
	delta(t, "'mc_percent':51");
	assert_told(t, "");
	delta(t, "'mc_percent':78");
	assert_told(t, "print.progress");
	assert_says(t, PRINT_PROGRESS, "'step':70");
}

static void derive_first_known_progress_is_no_event(void **state)
{
	struct teller *t = *state;

	full(t, "'gcode_state':'RUNNING'");
	delta(t, "'mc_percent':50,'layer_num':9");
	assert_told(t, "");
	delta(t, "'mc_percent':{},'layer_num':'x'");
	delta(t, "'mc_percent':50,'layer_num':9");
	assert_told(t, "");
	delta(t, "'mc_percent':60,'layer_num':10");
	assert_told(t, "print.layer print.progress");
}

static void derive_numbers_of_the_job_before_are_no_progress(void **state)
{
	struct teller *t = *state;

	full(t, "'gcode_state':'FINISH','subtask_name':'lid','mc_percent':100,'layer_num':238");
	delta(t, "'gcode_state':'RUNNING','subtask_name':'box'");
	assert_told(t, "print.started");
	delta(t, "'mc_remaining_time':60");
	assert_told(t, "");
	delta(t, "'mc_percent':0,'layer_num':0");
	assert_told(t, "");
	delta(t, "'layer_num':1");
	assert_told(t, "print.layer");
	delta(t, "'mc_percent':10");
	assert_told(t, "print.progress");
}

static void derive_layers_are_told_as_they_grow(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING);
	delta(t, "'layer_num':113");
	assert_told(t, "print.layer");
	assert_says(t, PRINT_LAYER, "'layer':113,'total_layers':238");
	delta(t, "'layer_num':0");
	delta(t, "'layer_num':113");
	assert_told(t, "");
}

static void derive_errors_are_raised_and_cleared(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING);
	delta(t, "'print_error':50364420");
	assert_says(t, ERROR_RAISED, "'code':'0300-8004','kind':'pause','text':'");
	delta(t, "'print_error':50364417");
	assert_told(t, "error.cleared error.raised");
	assert_says(t, ERROR_CLEARED, "'code':'0300-8004'");
	delta(t, "'print_error':0");
	assert_told(t, "error.cleared");
	delta(t, "'print_error':50331650"); /* low half under 4000h: a phase */
	assert_told(t, "");
}

static void derive_runout_is_told_once_a_pause(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING ",'ams':{'ams':[{'id':'1','tray':[]}],'tray_now':'6'}");
	delta(t, "'gcode_state':'PAUSE','stg_cur':6");
	assert_told(t, "print.paused ams.runout");
	assert_says(t, AMS_RUNOUT, "'unit':1,'label':'B','slot':2,'tray':6,'code':null");
	delta(t, "'print_error':117538833"); /* 0701-8011 */
	assert_told(t, "error.raised");
	delta(t, "'stg_cur':16,'print_error':0");
	delta(t, "'stg_cur':6,'print_error':117538833");
	assert_told(t, "error.raised");
	delta(t, "'gcode_state':'RUNNING','stg_cur':0,'print_error':0");
	assert_told(t, "error.cleared print.resumed");
	delta(t, "'gcode_state':'PAUSE','print_error':117538833");
	assert_told(t, "error.raised print.paused ams.runout");
	assert_says(t, AMS_RUNOUT, "'code':'0701-8011'");
}

static void derive_runout_names_the_slot_that_fed_before(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING ",'ams':{'ams':[{'id':'0','tray':[]}],'tray_now':'3'}");
	delta(t, "'gcode_state':'PAUSE','print_error':50364420,'ams':{'tray_now':'255'}");
	assert_says(t, AMS_RUNOUT, "'unit':0,'label':'A','slot':3,'tray':3,'code':'0300-8004'");
}

static void derive_runout_takes_the_slot_of_the_health_message(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING ",'ams':{'ams':[{'id':'0','tray':[]}],'tray_now':'3'}");
	delta(t, "'hms':[{'attr':117514496,'code':131073}]"); /* 0701-2100-0002-0001 */
	assert_told(t, "hms.raised");
	delta(t, "'gcode_state':'PAUSE'");
	assert_told(t, "print.paused ams.runout");
	assert_says(t, AMS_RUNOUT, "'unit':1,'label':'B','slot':1,'tray':5");
}

static void derive_runout_of_the_spool_holder(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING ",'vt_tray':{'id':'254','tray_type':'PLA','tray_info_idx':'GFL99'}");
	delta(t, "'gcode_state':'PAUSE','print_error':134184977"); /* 07FF-8011 */
	assert_says(t, AMS_RUNOUT, "'unit':null,'label':null,'slot':null,'tray':254");
}

static void derive_runout_code_of_an_idle_printer_is_none(void **state)
{
	struct teller *t = *state;

	full(t, IDLE);
	delta(t, "'print_error':50364420");
	assert_told(t, "error.raised");
}

static void derive_reconnect_to_the_same_state_tells_nothing(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING);
	reconnect(t);
	full(t, RUNNING);
	assert_told(t, "");
	delta(t, "'gcode_state':'PAUSE'");
	assert_told(t, "print.paused");
}

static void derive_nothing_is_told_between_reconnect_and_full_report(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING);
	reconnect(t);
	delta(t, "'gcode_state':'PAUSE'");
	assert_told(t, "");
	tell_report(t, "{'print':{'command':'stop','result':'fail','err_code':84033543}}");
	assert_int_equal(t->state.control, CONTROL_LOCKED);
	assert_told(t, "");
	full(t, RUNNING);
	assert_told(t, "printer.control_locked");
}

static void derive_what_happened_meanwhile_is_told_late(void **state)
{
	struct teller *t = *state;

	full(t, IDLE);
	delta(t, "'gcode_state':'RUNNING','subtask_name':'lid'");
	reconnect(t);
	full(t, "'gcode_state':'FINISH','subtask_name':'lid','mc_percent':100,'layer_num':9,"
		"'hms':[{'attr':50335744,'code':131073}]");
	assert_told(t, "hms.raised print.finished");
	assert_says(t, PRINT_FINISHED, "'duration_s':null,'tray':null,'late':true}");
	assert_says(t, HMS_RAISED, "'late':true}");
	delta(t, "'hms':[]");
	assert_told(t, "hms.cleared");
	assert_false(strstr(t->told[0].data, "late") != NULL);
}

static void derive_progress_made_meanwhile_is_no_event(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING);
	reconnect(t);
	full(t, "'gcode_state':'RUNNING','subtask_name':'lid','gcode_file':'lid.3mf',"
		"'mc_percent':81,'layer_num':200");
	assert_told(t, "");
	delta(t, "'mc_percent':90,'layer_num':201");
	assert_told(t, "print.layer print.progress");
}

static void derive_another_job_after_a_gap_is_a_late_start(void **state)
{
	struct teller *t = *state;

	full(t, RUNNING);
	reconnect(t);
	full(t, "'gcode_state':'RUNNING','subtask_name':'box','mc_percent':3");
	assert_told(t, "print.started");
	assert_says(t, PRINT_STARTED, "'job':'box'");
	assert_says(t, PRINT_STARTED, "'late':true}");
	delta(t, "'gcode_state':'PAUSE'");
	assert_says(t, PRINT_PAUSED, "'duration_s':null");
	reconnect(t);
	full(t, "'gcode_state':'FAILED','subtask_name':'box'");
	assert_told(t, "print.failed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    DERIVE_TEST(derive_first_full_report_tells_nothing),
	    DERIVE_TEST(derive_start_is_a_known_rest_that_becomes_work),
	    DERIVE_TEST(derive_pause_during_start_tells_both),
	    DERIVE_TEST(derive_unknown_state_is_no_edge),
	    DERIVE_TEST(derive_pause_reason_is_the_error_text_first),
	    DERIVE_TEST(derive_says_the_vendors_words_before_ours),
	    DERIVE_TEST(derive_pause_reason_is_the_stage_without_an_error),
	    DERIVE_TEST(derive_pause_reason_is_a_health_message_at_last),
	    DERIVE_TEST(derive_pause_without_any_reason_says_null),
	    DERIVE_TEST(derive_finish_is_told_once_with_its_duration),
	    DERIVE_TEST(derive_duration_is_null_when_the_start_was_not_seen),
	    DERIVE_TEST(derive_naming_the_next_job_is_no_end),
	    DERIVE_TEST(derive_job_over_before_it_was_seen_to_start_is_told),
	    DERIVE_TEST(derive_fatal_error_fails_at_once_with_the_last_numbers),
	    DERIVE_TEST(derive_failure_without_a_code_waits_for_one),
	    DERIVE_TEST(derive_failure_before_printing_says_so),
	    DERIVE_TEST(derive_cancel_error_with_the_failure_is_a_cancel),
	    DERIVE_TEST(derive_cancel_error_before_the_failure_is_a_cancel),
	    DERIVE_TEST(derive_cancel_error_shortly_after_the_failure_is_a_cancel),
	    DERIVE_TEST(derive_cancel_error_long_before_is_forgotten),
	    DERIVE_TEST(derive_cancel_of_the_job_before_does_not_count),
	    DERIVE_TEST(derive_work_that_goes_idle_failed),
	    DERIVE_TEST(derive_waiting_end_is_told_before_the_next_start),
	    DERIVE_TEST(derive_another_job_while_running_is_a_start),
	    DERIVE_TEST(derive_name_that_follows_its_start_is_no_restart),
	    DERIVE_TEST(derive_progress_is_told_once_a_step),
	    DERIVE_TEST(derive_first_known_progress_is_no_event),
	    DERIVE_TEST(derive_numbers_of_the_job_before_are_no_progress),
	    DERIVE_TEST(derive_layers_are_told_as_they_grow),
	    DERIVE_TEST(derive_errors_are_raised_and_cleared),
	    DERIVE_TEST(derive_runout_is_told_once_a_pause),
	    DERIVE_TEST(derive_runout_names_the_slot_that_fed_before),
	    DERIVE_TEST(derive_runout_takes_the_slot_of_the_health_message),
	    DERIVE_TEST(derive_runout_of_the_spool_holder),
	    DERIVE_TEST(derive_runout_code_of_an_idle_printer_is_none),
	    DERIVE_TEST(derive_reconnect_to_the_same_state_tells_nothing),
	    DERIVE_TEST(derive_nothing_is_told_between_reconnect_and_full_report),
	    DERIVE_TEST(derive_what_happened_meanwhile_is_told_late),
	    DERIVE_TEST(derive_progress_made_meanwhile_is_no_event),
	    DERIVE_TEST(derive_another_job_after_a_gap_is_a_late_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
