/* SPDX-License-Identifier: MIT */
/* Rules of what a report proves: the control lock, an old firmware's door, settings, an upgrade. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/model/feed.h"

#define REFUSED(members) \
	"{'print':{'command':'pause','sequence_id':'40001','result':'failed'," members "}}"

static void control_without_evidence_is_unknown(void **state)
{
	struct state *s = *state;

	feed_full(s, "'hms':[]");
	assert_int_equal(s->control, CONTROL_UNKNOWN);
	assert_null(s->control_evidence);
	assert_true(s->control_since_wall_ms < 0);
}

static void control_is_locked_by_a_refused_command(void **state)
{
	struct state *s = *state;

	feed_full(s, "'gcode_state':'IDLE'");
	assert_int_equal(feed_at(s, 7000, REFUSED("'err_code':84033543")), BIT(CONTROL));
	assert_int_equal(s->control, CONTROL_LOCKED);
	assert_non_null(strstr(s->control_evidence, "refused"));
	assert_int_equal(s->control_since_wall_ms, 7000);
	assert_int_equal(s->section_mono_ms[SECTION_CONTROL], 7000);
	assert_int_equal(feed_at(s, 8000, REFUSED("'err_code':84033545")), 0);
	assert_int_equal(s->control_since_wall_ms, 7000);
}

static void control_is_locked_by_the_reason_of_a_refusal(void **state)
{
	struct state *s = *state;

	feed(s, REFUSED("'reason':'mqtt message verify failed'"));
	assert_int_equal(s->control, CONTROL_LOCKED);
}

static void control_is_locked_by_the_print_error(void **state)
{
	struct state *s = *state;

	feed_full(s, "'fun':'0'");
	assert_int_equal(s->control, CONTROL_FULL);
	assert_true(feed_delta(s, "'print_error':84033543") & BIT(CONTROL));
	assert_int_equal(s->control, CONTROL_LOCKED);
}

static void control_stays_with_other_refusals(void **state)
{
	struct state *s = *state;

	feed_full(s, "'gcode_state':'IDLE'");
	assert_int_equal(feed(s, REFUSED("'err_code':83902468,'reason':'busy'")), 0);
	assert_int_equal(feed(s, REFUSED("'err_code':{},'reason':7")), 0);
	assert_int_equal(s->control, CONTROL_UNKNOWN);
}

static void control_refusal_outlives_full_reports_not_the_link(void **state)
{
	struct state *s = *state;

	feed_full(s, "'fun':'0'");
	feed(s, REFUSED("'err_code':84033543"));
	feed_full(s, "'fun':'0','print_error':0");
	assert_int_equal(s->control, CONTROL_LOCKED);
	state_reset(s);
	feed_full(s, "'fun':'0','print_error':0");
	assert_int_equal(s->control, CONTROL_FULL);
}

static void version_is(struct state *s, const char *firmware)
{
	_cleanup_free_ char *text =
	    xasprintf("{'info':{'command':'get_version','module':[{'name':'ota','sw_ver':'%s',"
		      "'product_name':'Bambu Lab X1-Carbon'}]}}",
		firmware);

	feed(s, text);
}

static void door_of_an_old_firmware_is_unknown(void **state)
{
	struct state *s = as_model(state, "X1C");

	feed_full(s, "'home_flag':0");
	version_is(s, "01.06.06.00");
	assert_int_equal(s->device.door_open, TRI_UNKNOWN);
	version_is(s, "01.07.00.00");
	assert_int_equal(s->device.door_open, TRI_NO);
	version_is(s, "99.00.00.00"); /* other people's firmware */
	assert_int_equal(s->device.door_open, TRI_NO);
}

static void recording_and_timelapse_follow_cfg_without_ipcam(void **state)
{
	struct state *s = *state;

	feed_full(s, "'cfg':'8'");
	assert_int_equal(s->device.recording, TRI_YES);
	assert_int_equal(s->device.timelapse, TRI_NO);
	feed_delta(s, "'ipcam':{'ipcam_record':'disable','timelapse':'enable'}");
	assert_int_equal(s->device.recording, TRI_NO);
	assert_int_equal(s->device.timelapse, TRI_YES);
	feed_delta(s, "'cfg':'8'");
	assert_int_equal(s->device.recording, TRI_NO);
}

static void recording_is_unknown_without_a_source(void **state)
{
	struct state *s = *state;

	feed_full(s, "'home_flag':32");
	assert_int_equal(s->device.recording, TRI_UNKNOWN);
	assert_int_equal(s->device.timelapse, TRI_UNKNOWN);
}

static void firmware_is_offered_by_either_word_of_the_upgrade(void **state)
{
	struct state *s = *state;

	feed_full(s, "'upgrade_state':{'new_version_state':2,'dis_state':1,"
		     "'ota_new_version_number':'01.09.00.00'}");
	assert_string_equal(s->device.firmware_new, "");
	feed_full(s, "'upgrade_state':{'dis_state':1,'ota_new_version_number':'01.09.00.00'}");
	assert_string_equal(s->device.firmware_new, "01.09.00.00");
	feed_delta(s, "'upgrade_state':{'dis_state':0}");
	assert_string_equal(s->device.firmware_new, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STATE_TEST(control_without_evidence_is_unknown),
	    STATE_TEST(control_is_locked_by_a_refused_command),
	    STATE_TEST(control_is_locked_by_the_reason_of_a_refusal),
	    STATE_TEST(control_is_locked_by_the_print_error),
	    STATE_TEST(control_stays_with_other_refusals),
	    STATE_TEST(control_refusal_outlives_full_reports_not_the_link),
	    STATE_TEST(door_of_an_old_firmware_is_unknown),
	    STATE_TEST(recording_and_timelapse_follow_cfg_without_ipcam),
	    STATE_TEST(recording_is_unknown_without_a_source),
	    STATE_TEST(firmware_is_offered_by_either_word_of_the_upgrade),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
