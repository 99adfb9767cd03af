/* SPDX-License-Identifier: MIT */
/* Rules of AMS events, and of health messages, door, light, lock and firmware. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/model/derive_feed.h"

/* Two spools in unit 0, one of them known; info 1001 = AMS. */
#define UNIT0                                                                          \
	"{'id':'0','info':'1001','humidity':'5','temp':'25.0','tray':["                \
	"{'id':'0','tray_type':'PLA','tray_info_idx':'GFA00','tray_color':'FF0000FF'," \
	"'remain':40,'tray_uuid':'AB000000000000000000000000000001'},{'id':'1','state':9}]}"
#define AMS(units, trays, more) \
	"'ams':{'ams':[" units "],'ams_exist_bits':'1','tray_exist_bits':'" trays "'" more "}"

static void derive_spool_edges_follow_the_exist_bits(void **state)
{
	struct teller *t = *state;

	full(t, AMS(UNIT0, "3", ""));
	assert_told(t, "");
	delta(t, "'ams':{'tray_exist_bits':'2'}");
	assert_told(t, "ams.spool_removed");
	assert_says(t, AMS_SPOOL_REMOVED,
	    "{'unit':0,'label':'A','slot':0,'tray':0,'type':null,'color':null,'remain_pct':null}");
	delta(t, "'ams':{'tray_exist_bits':'a'}");
	assert_told(t, "ams.spool_inserted");
	assert_says(t, AMS_SPOOL_INSERTED, "'slot':3,'tray':3");
	delta(t, "'ams':{'tray_exist_bits':'a'}");
	assert_told(t, "");
}

static void derive_unit_that_comes_or_goes_moves_no_spools(void **state)
{
	struct teller *t = *state;

	full(t, AMS(UNIT0, "3", ""));
	delta(t, "'ams':{'ams':[{'id':'1','info':'1001','tray':[]}],'ams_exist_bits':'3',"
		 "'tray_exist_bits':'73'}");
	assert_told(t, "");
	delta(t, "'ams':{'tray_exist_bits':'33'}");
	assert_told(t, "ams.spool_removed");
	assert_says(t, AMS_SPOOL_REMOVED, "'unit':1,'label':'B','slot':2,'tray':6");
	delta(t, "'ams':{'ams_exist_bits':'1','tray_exist_bits':'3'}");
	assert_told(t, "");
}

static void derive_power_down_of_the_ams_moves_no_spools(void **state)
{
	struct teller *t = *state;

	full(t, AMS(UNIT0, "3", ",'power_on_flag':true"));
	delta(t, "'ams':{'tray_exist_bits':'0','power_on_flag':false}");
	assert_told(t, "");
}

static void derive_full_report_without_ams_is_no_edge(void **state)
{
	struct teller *t = *state;

	full(t, AMS(UNIT0, "3", ""));
	full(t, "");
	full(t, AMS(UNIT0, "3", ""));
	assert_told(t, "");
}

static void derive_slot_without_a_bit_is_unknown_and_no_edge(void **state)
{
	struct teller *t = *state;

	full(t, "'ams':{'ams':[{'id':'0','tray':[]}]}");
	delta(t, "'ams':{'ams_exist_bits':'1','tray_exist_bits':'1'}");
	assert_told(t, "");
	delta(t, "'ams':{'tray_exist_bits':{}}");
	delta(t, "'ams':{'tray_exist_bits':'1'}");
	assert_told(t, "");
}

static void derive_spool_of_a_dryer_has_its_own_bit(void **state)
{
	struct teller *t = *state;

	full(t, "'ams':{'ams':[{'id':'128','info':'1004','tray':[]}],'ams_exist_bits':'10',"
		"'tray_exist_bits':'10000'}");
	delta(t, "'ams':{'tray_exist_bits':'0','power_on_flag':true}");
	assert_told(t, "ams.spool_removed");
	assert_says(t, AMS_SPOOL_REMOVED, "'unit':128,'label':'HT-A','slot':0,'tray':128");
}

static void derive_tray_change_says_from_and_to(void **state)
{
	struct teller *t = *state;

	full(t, AMS(UNIT0, "3", ",'tray_now':'255'") ",'gcode_state':'IDLE'");
	delta(t, "'ams':{'tray_now':'1'}");
	assert_told(t, "ams.tray_changed");
	assert_says(t, AMS_TRAY_CHANGED,
	    "{'from':null,'to':{'unit':0,'label':'A','slot':1,'tray':1,'type':null,'color':null}}");
	delta(t, "'ams':{'tray_now':'0'}");
	assert_says(t, AMS_TRAY_CHANGED,
	    "'to':{'unit':0,'label':'A','slot':0,'tray':0,'type':'PLA','color':'FF0000FF'}}");
	delta(t, "'gcode_state':'RUNNING'");
	assert_says(t, PRINT_STARTED,
	    "'tray':{'unit':0,'label':'A','slot':0,'tray':0,'type':'PLA','color':'FF0000FF'}}");
	delta(t, "'ams':{'tray_now':'1'}");
	delta(t, "'ams':{'tray_now':'254'}");
	assert_says(t, AMS_TRAY_CHANGED,
	    "{'from':{'unit':0,'label':'A','slot':1,'tray':1},"
	    "'to':{'unit':null,'label':null,'slot':null,'tray':254,'type':null,'color':null}}");
	delta(t, "'ams':{'tray_now':'255'}");
	assert_says(t, AMS_TRAY_CHANGED, "'to':null}");
}

static void derive_tray_not_known_is_no_edge(void **state)
{
	struct teller *t = *state;

	full(t, AMS(UNIT0, "3", ""));
	delta(t, "'ams':{'tray_now':'1'}");
	assert_told(t, "");
	delta(t, "'ams':{'tray_now':{}}");
	assert_told(t, "");
	delta(t, "'ams':{'tray_now':'1'}");
	assert_told(t, "");
}

static void derive_tray_change_of_two_nozzles_follows_snow(void **state)
{
	struct teller *t = *state;

	state_finish(&t->state);
	state_init(&t->state, NULL, "H2D");
	full(t, AMS(UNIT0, "3", ",'tray_now':'3'") ",'device':{'extruder':{'state':2,'info':["
						   "{'id':0,'snow':65535},{'id':1,'snow':0}]}}");
	assert_told(t, "");
	delta(t, "'device':{'extruder':{'info':[{'id':0,'snow':2}]}}");
	assert_told(t, "ams.tray_changed");
	assert_says(t, AMS_TRAY_CHANGED, "'from':null,'to':{'unit':0,'label':'A','slot':2");
	delta(t, "'device':{'extruder':{'state':242}}"); /* switching: nobody knows */
	assert_told(t, "");
	delta(t, "'device':{'extruder':{'state':18}}");
	assert_told(t, "ams.tray_changed");
	assert_says(t, AMS_TRAY_CHANGED, "'to':{'unit':0,'label':'A','slot':0");
}

static void rest(struct teller *t, int remain)
{
	_cleanup_free_ char *text = xasprintf(
	    "'ams':{'ams':[{'id':'0','tray':[{'id':'0','tray_type':'PLA','remain':%d}]}]}", remain);

	delta(t, text);
}

static void derive_filament_low_is_told_once_a_spool(void **state)
{
	struct teller *t = *state;

	full(t, AMS(UNIT0, "3", ""));
	rest(t, 11);
	assert_told(t, "");
	rest(t, 10);
	assert_told(t, "ams.filament_low");
	assert_says(t, AMS_FILAMENT_LOW, "'slot':0,'tray':0,'type':'PLA','color':'FF0000FF'");
	assert_says(t, AMS_FILAMENT_LOW, "'remain_pct':10");
	rest(t, 14);
	rest(t, 9);
	assert_told(t, "");
	rest(t, -1);
	rest(t, 8);
	assert_told(t, "");
	rest(t, 15);
	rest(t, 10);
	assert_told(t, "ams.filament_low");
}

static void derive_spool_that_comes_almost_empty_is_no_edge(void **state)
{
	struct teller *t = *state;

	full(t, AMS(UNIT0, "3", ""));
	delta(t, "'ams':{'tray_exist_bits':'2'}");
	delta(t, "'ams':{'ams':[{'id':'0','tray':[{'id':'0','tray_type':'PLA','remain':5,"
		 "'tray_uuid':'AB000000000000000000000000000002'}]}],'tray_exist_bits':'3'}");
	assert_told(t, "ams.spool_inserted");
	delta(t, "'ams':{'ams':[{'id':'0','tray':[{'id':'0','tray_type':'PLA','remain':50,"
		 "'tray_uuid':'AB000000000000000000000000000003'}]}]}");
	delta(t, "'ams':{'ams':[{'id':'0','tray':[{'id':'0','tray_type':'PLA','remain':4,"
		 "'tray_uuid':'AB000000000000000000000000000004'}]}]}");
	assert_told(t, "");
}

static void unit0(struct teller *t, const char *members)
{
	_cleanup_free_ char *text = xasprintf("'ams':{'ams':[{'id':'0',%s}]}", members);

	delta(t, text);
}

static void derive_drying_is_told_when_the_unit_reports_it(void **state)
{
	struct teller *t = *state;

	full(t, "'ams':{'ams':[{'id':'0','tray':[]}]}");
	unit0(t, "'dry_time':480");
	assert_told(t, "");
	unit0(t, "'dry_time':0");
	assert_told(t, "ams.drying_finished");
	unit0(t, "'dry_time':480,'dry_setting':{'dry_temperature':55}");
	assert_told(t, "ams.drying_started");
	assert_says(
	    t, AMS_DRYING_STARTED, "{'unit':0,'label':'A','target_c':55,'remaining_min':480}");
	unit0(t, "'temp':'50.0'");
	unit0(t, "'dry_time':'x'");
	unit0(t, "'dry_time':479");
	assert_told(t, "");
}

static void derive_drying_follows_the_status_of_info(void **state)
{
	struct teller *t = *state;

	full(t, AMS("{'id':'0','info':'1003','tray':[]}", "0", ""));
	unit0(t, "'info':'1013'"); /* checking */
	assert_told(t, "ams.drying_started");
	unit0(t, "'info':'1023'"); /* drying */
	assert_told(t, "");
	unit0(t, "'info':'1033'"); /* cooling */
	assert_told(t, "ams.drying_finished");
}

static void derive_humidity_by_level_where_5_is_driest(void **state)
{
	struct teller *t = *state;

	full(t, AMS(UNIT0, "3", ""));
	unit0(t, "'humidity':'3'");
	assert_told(t, "");
	unit0(t, "'humidity':'2'");
	assert_told(t, "ams.humidity_high");
	assert_says(
	    t, AMS_HUMIDITY_HIGH, "{'unit':0,'label':'A','humidity_level':2,'humidity_pct':null}");
	unit0(t, "'humidity':'3'");
	unit0(t, "'humidity':'2'");
	assert_told(t, "");
	unit0(t, "'humidity':'0'"); /* not known for a moment */
	unit0(t, "'humidity':'1'");
	assert_told(t, "");
	unit0(t, "'humidity':'4'");
	assert_told(t, "ams.humidity_ok");
}

static void derive_humidity_of_a_dryer_by_percent(void **state)
{
	struct teller *t = *state;

	full(t, "'ams':{'ams':[{'id':'128','info':'1004','humidity':'0','humidity_raw':'20',"
		"'tray':[]}],'ams_exist_bits':'10'}");
	delta(t, "'ams':{'ams':[{'id':'128','humidity_raw':'50'}]}");
	assert_told(t, "ams.humidity_high");
	assert_says(t, AMS_HUMIDITY_HIGH, "'humidity_level':null,'humidity_pct':50");
	delta(t, "'ams':{'ams':[{'id':'128','humidity_raw':'41'}]}");
	assert_told(t, "");
	delta(t, "'ams':{'ams':[{'id':'128','humidity_raw':'40'}]}");
	assert_told(t, "ams.humidity_ok");
}

static void derive_humidity_of_a_lite_is_none(void **state)
{
	struct teller *t = *state;

	full(t, AMS("{'id':'0','info':'1002','humidity':'5','humidity_raw':'0','temp':'0.0',"
		    "'tray':[]}",
		    "0", ""));
	unit0(t, "'humidity':'1'");
	assert_told(t, "");
}

static void derive_temp_high_has_an_end(void **state)
{
	struct teller *t = *state;

	full(t, AMS(UNIT0, "3", ""));
	unit0(t, "'temp':'44.9'");
	assert_told(t, "");
	unit0(t, "'temp':'45.0'");
	assert_told(t, "ams.temp_high");
	assert_says(t, AMS_TEMP_HIGH, "{'unit':0,'label':'A','temp_c':45}");
	unit0(t, "'temp':'41.0'");
	unit0(t, "'temp':'0.0'");
	unit0(t, "'temp':'46.0'");
	assert_told(t, "");
	unit0(t, "'temp':'40.0'");
	assert_told(t, "ams.temp_ok");
}

static void derive_heat_of_drying_is_wanted(void **state)
{
	struct teller *t = *state;

	full(t, AMS("{'id':'0','info':'1003','temp':'25.0','tray':[]}", "0", ""));
	unit0(t, "'info':'1023'");
	unit0(t, "'temp':'65.0'");
	assert_told(t, "");
	unit0(t, "'info':'1003'");
	assert_told(t, "ams.drying_finished");
	unit0(t, "'temp':'60.0'");
	assert_told(t, "");
	unit0(t, "'temp':'39.0'");
	unit0(t, "'temp':'46.0'");
	assert_told(t, "ams.temp_high");
}

static void derive_new_unit_in_a_warning_is_no_edge_but_its_end_is(void **state)
{
	struct teller *t = *state;

	full(t, AMS("{'id':'0','info':'1001','humidity':'1','temp':'50.0','tray':[]}", "0", ""));
	unit0(t, "'humidity':'5','temp':'25.0'");
	assert_told(t, "ams.humidity_ok ams.temp_ok");
}

static void derive_health_messages_are_a_set(void **state)
{
	struct teller *t = *state;

	full(t, "'hms':[{'attr':50335744,'code':131073}]");
	delta(t, "'hms':[{'attr':50336256,'code':131073},{'attr':50335744,'code':131073}]");
	assert_told(t, "hms.raised");
	assert_says(t, HMS_RAISED,
	    "{'code':'0300-1200-0002-0001','severity':'serious',"
	    "'module':'motion','unit':null,'slot':null,'text':'The front");
	delta(t, "'hms':[{'attr':50335744,'code':131073},{'attr':50336256,'code':131073}]");
	assert_told(t, "");
	delta(t, "'hms':[{'attr':117514496,'code':131073}]");
	assert_told(t, "hms.cleared hms.cleared hms.raised");
	assert_says(t, HMS_RAISED, "'module':'ams','unit':1,'slot':1");
	delta(t, "'hms':[]");
	assert_told(t, "hms.cleared");
}

static void derive_health_list_not_known_is_no_edge(void **state)
{
	struct teller *t = *state;

	full(t, "");
	delta(t, "'hms':[{'attr':50335744,'code':131073}]");
	assert_told(t, "");
	full(t, "");
	assert_told(t, "");
	full(t, "'hms':[{'attr':50335744,'code':131073}]");
	assert_told(t, "");
}

static void derive_door_is_a_known_edge(void **state)
{
	struct teller *t = *state;

	full(t, "");
	delta(t, "'stat':'46258008'");
	assert_told(t, "");
	delta(t, "'stat':'46A58008'");
	assert_told(t, "door.opened");
	delta(t, "'stat':{}");
	delta(t, "'stat':'46A58008'");
	assert_told(t, "");
	delta(t, "'stat':'46258008'");
	assert_told(t, "door.closed");
}

static void derive_light_says_which_and_from_what(void **state)
{
	struct teller *t = *state;

	full(t, "");
	delta(t, "'lights_report':[{'node':'chamber_light','mode':'on'}]");
	assert_told(t, "");
	delta(t, "'lights_report':[{'node':'chamber_light','mode':'flashing'}]");
	assert_told(t, "light.changed");
	assert_says(t, LIGHT_CHANGED, "{'light':'chamber','from':'on','to':'blink'}");
	delta(t, "'lights_report':[{'node':'chamber_light','mode':'?'}]");
	assert_told(t, "");
	delta(t, "'lights_report':[{'node':'chamber_light','mode':'flashing'}]");
	assert_told(t, "");
}

static void derive_lock_is_told_with_its_evidence(void **state)
{
	struct teller *t = *state;

	full(t, "'fun':'0'");
	delta(t, "'fun':'20000000'");
	assert_told(t, "printer.control_locked");
	assert_says(t, PRINTER_CONTROL_LOCKED, "'evidence':'signature bit");
	delta(t, "'fun':{}");
	delta(t, "'fun':'20000000'");
	assert_told(t, "");
	delta(t, "'fun':'0'");
	delta(t, "'fun':'20000000'");
	assert_told(t, "printer.control_locked");
}

static void derive_lock_without_evidence_before_is_told(void **state)
{
	struct teller *t = *state;

	full(t, "'hms':[]");
	delta(t, "'hms':[{'attr':83887360,'code':65543}]"); /* 0500-0500-0001-0007 */
	assert_told(t, "hms.raised printer.control_locked");
	delta(t, "'hms':[]");
	delta(t, "'hms':[{'attr':83887360,'code':65543}]");
	assert_told(t, "hms.raised");
}

static void derive_firmware_is_told_once_a_version(void **state)
{
	struct teller *t = *state;

	full(t, "");
	delta(t, "'upgrade_state':{'new_version_state':1,'ota_new_version_number':'01.02'}");
	assert_told(t, "printer.firmware_available");
	assert_says(t, PRINTER_FIRMWARE_AVAILABLE, "{'version':'01.02','firmware':null}");
	delta(t, "'upgrade_state':{'new_version_state':2}");
	delta(t, "'upgrade_state':{'new_version_state':1}");
	assert_told(t, "");
	delta(t, "'upgrade_state':{'ota_new_version_number':'01.03'}");
	assert_told(t, "printer.firmware_available");
}

static void derive_temperatures_and_fans_tell_nothing(void **state)
{
	struct teller *t = *state;

	full(t, "'nozzle_temper':20,'cooling_fan_speed':'0','wifi_signal':'-50dBm'");
	delta(t, "'nozzle_temper':220,'cooling_fan_speed':'15','wifi_signal':'-70dBm'");
	assert_told(t, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    DERIVE_TEST(derive_spool_edges_follow_the_exist_bits),
	    DERIVE_TEST(derive_unit_that_comes_or_goes_moves_no_spools),
	    DERIVE_TEST(derive_power_down_of_the_ams_moves_no_spools),
	    DERIVE_TEST(derive_full_report_without_ams_is_no_edge),
	    DERIVE_TEST(derive_slot_without_a_bit_is_unknown_and_no_edge),
	    DERIVE_TEST(derive_spool_of_a_dryer_has_its_own_bit),
	    DERIVE_TEST(derive_tray_change_says_from_and_to),
	    DERIVE_TEST(derive_tray_not_known_is_no_edge),
	    DERIVE_TEST(derive_tray_change_of_two_nozzles_follows_snow),
	    DERIVE_TEST(derive_filament_low_is_told_once_a_spool),
	    DERIVE_TEST(derive_spool_that_comes_almost_empty_is_no_edge),
	    DERIVE_TEST(derive_drying_is_told_when_the_unit_reports_it),
	    DERIVE_TEST(derive_drying_follows_the_status_of_info),
	    DERIVE_TEST(derive_humidity_by_level_where_5_is_driest),
	    DERIVE_TEST(derive_humidity_of_a_dryer_by_percent),
	    DERIVE_TEST(derive_humidity_of_a_lite_is_none),
	    DERIVE_TEST(derive_temp_high_has_an_end),
	    DERIVE_TEST(derive_heat_of_drying_is_wanted),
	    DERIVE_TEST(derive_new_unit_in_a_warning_is_no_edge_but_its_end_is),
	    DERIVE_TEST(derive_health_messages_are_a_set),
	    DERIVE_TEST(derive_health_list_not_known_is_no_edge),
	    DERIVE_TEST(derive_door_is_a_known_edge),
	    DERIVE_TEST(derive_light_says_which_and_from_what),
	    DERIVE_TEST(derive_lock_is_told_with_its_evidence),
	    DERIVE_TEST(derive_lock_without_evidence_before_is_told),
	    DERIVE_TEST(derive_firmware_is_told_once_a_version),
	    DERIVE_TEST(derive_temperatures_and_fans_tell_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
