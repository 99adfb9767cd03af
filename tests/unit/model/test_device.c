/* SPDX-License-Identifier: MIT */
/* Temperatures, fans, lights, door, card, network and the control lock as the model sends them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "tests/unit/model/feed.h"

static void state_control_needs_evidence(void **state)
{
	struct state *s = *state;

	feed_at(s, 1, "{'print':{'msg':0}}");
	assert_int_equal(s->control, CONTROL_UNKNOWN);
	assert_null(s->control_evidence);
	feed_at(s, 2, "{'print':{'fun':'41AFFF9CFF'}}");
	assert_int_equal(s->control, CONTROL_LOCKED);
	assert_non_null(s->control_evidence);
	assert_int_equal(s->control_since_wall_ms, 2);
	feed_at(s, 3, "{'print':{'fun':'41AFFF9CFE'}}");
	assert_int_equal(s->control_since_wall_ms, 2);
	feed_at(s, 4, "{'print':{'fun':'418FFF9CFF'}}");
	assert_int_equal(s->control, CONTROL_FULL);
	assert_int_equal(s->control_since_wall_ms, 4);
	assert_int_equal(feed_at(s, 5, "{'print':{'hms':[{'attr':83887360,'code':65543}]}}"),
	    BIT(HMS) | BIT(CONTROL));
	assert_int_equal(s->control, CONTROL_LOCKED);
}

static void state_packed_temperatures_win(void **state)
{
	struct state *s = as_model(state, "H2D");

	feed_full(s, "'nozzle_temper':1,'bed_temper':2,'chamber_temper':3,'device':{'bed':{'info':{"
		     "'temp':6553700}},'ctc':{'info':{'temp':3932208}},'extruder':{'info':[{'id':1,"
		     "'temp':40},{'id':0,'temp':14745800}],'state':2}}");
	assert_int_equal(s->temp.nozzle_count, 2);
	assert_int_equal(s->temp.nozzles[0].id, 0);
	assert_true(s->temp.nozzles[0].current_c == 200 && s->temp.nozzles[0].target_c == 225);
	assert_true(s->temp.nozzles[1].current_c == 40 && s->temp.nozzles[1].target_c == 0);
	assert_int_equal(s->temp.nozzles[0].active, TRI_YES);
	assert_int_equal(s->temp.nozzles[1].active, TRI_NO);
	assert_true(s->temp.bed_current_c == 100 && s->temp.bed_target_c == 100);
	assert_true(s->temp.chamber_current_c == 48 && s->temp.chamber_target_c == 60);
	assert_int_equal(feed_delta(s, "'nozzle_temper':9,'bed_temper':9"), 0);
	feed_delta(s, "'device':{'extruder':{'state':274}}");
	assert_int_equal(s->temp.nozzles[1].active, TRI_YES);
	feed_delta(s, "'device':{'extruder':{'state':242}}");
	assert_int_equal(s->temp.nozzles[0].active, TRI_UNKNOWN);
	feed_delta(s, "'device':{'extruder':{'info':[{'id':1,'temp':65530}]}}");
	assert_true(s->temp.nozzles[1].current_c == -6 && s->temp.nozzles[1].target_c == 0);
	assert_true(s->temp.nozzles[0].current_c == 200);
}

static void state_chamber_is_shown_where_the_model_has_a_sensor(void **state)
{
	struct state *s = as_model(state, "P1S");

	feed_full(s, "'chamber_temper':5");
	assert_true(isnan(s->temp.chamber_current_c) && isnan(s->temp.chamber_target_c));
	s = as_model(state, "X1C");
	feed_full(s, "'chamber_temper':41.03125,'ctt':0");
	assert_true(s->temp.chamber_current_c == 41 && isnan(s->temp.chamber_target_c));
	s = as_model(state, "X1E");
	feed_full(s, "'chamber_temper':41,'ctt':45");
	assert_true(s->temp.chamber_current_c == 41 && s->temp.chamber_target_c == 45);
	s = as_model(state, "P2S");
	feed_full(s, "'chamber_temper':5,'device':{'ctc':{'info':{'temp':47}}}");
	assert_true(s->temp.chamber_current_c == 47 && isnan(s->temp.chamber_target_c));
	s = as_model(state, "nobody");
	feed_full(s, "'chamber_temper':33,'ctt':40");
	assert_true(s->temp.chamber_current_c == 33 && s->temp.chamber_target_c == 40);
}

static void state_nozzle_types_and_diameters(void **state)
{
	static const struct {
		const char *sent, *want;
	} types[] = {{"HS00", "stainless_steel"}, {"HS01", "hardened_steel"},
	    {"HX05", "tungsten_carbide"}, {"HS77", "HS77"}, {"hardened_steel", "hardened_steel"},
	    {"", ""}};
	struct state *s = *state;
	char text[128];

	feed_full(s, "'nozzle_temper':20,'nozzle_diameter':'0.4','nozzle_type':'brass'");
	assert_int_equal(s->temp.nozzle_count, 1);
	assert_int_equal(s->temp.nozzles[0].active, TRI_YES);
	assert_string_equal(s->temp.nozzles[0].type, "brass");
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		snprintf(text, sizeof(text), "'nozzle_type':'%s'", types[i].sent);
		feed_delta(s, text);
		assert_string_equal(s->temp.nozzles[0].type, types[i].want);
	}
	feed_full(s,
	    "'nozzle_diameter':'0.4','nozzle_type':'stainless_steel','device':{'extruder':{"
	    "'info':[{'id':0,'hnow':17},{'id':1,'hnow':1}],'state':2},'nozzle':{'info':["
	    "{'id':1,'diameter':0.6000000238,'type':'HS01'},{'id':17,'diameter':0.2,"
	    "'type':'HH05'},{'id':18,'diameter':0.8,'type':'HS00'}]}}");
	assert_true(s->temp.nozzles[0].diameter_mm == 0.2);
	assert_string_equal(s->temp.nozzles[0].type, "tungsten_carbide");
	assert_true(s->temp.nozzles[1].diameter_mm == 0.6);
	feed_delta(s, "'device':{'extruder':{'info':[{'id':0,'hnow':18},{'id':1,'hnow':1}]}}");
	assert_true(s->temp.nozzles[0].diameter_mm == 0.8);
	assert_string_equal(s->temp.nozzles[0].type, "stainless_steel");
}

static void check_fans(struct state *s, int part, int aux, int chamber)
{
	if (s->fans.part_pct != part || s->fans.aux_pct != aux || s->fans.chamber_pct != chamber) {
		fail_msg("%d %d %d", s->fans.part_pct, s->fans.aux_pct, s->fans.chamber_pct);
	}
}

static void state_fans_prefer_airduct_then_gear_then_strings(void **state)
{
	struct state *s = *state;

	feed_full(s, "'cooling_fan_speed':'15','big_fan1_speed':'7','big_fan2_speed':0,"
		     "'heatbreak_fan_speed':'15'");
	check_fans(s, 100, 47, 0);
	assert_int_equal(s->fans.heatbreak_pct, 100);
	feed_delta(s, "'fan_gear':9882879"); /* 96 CC FF */
	check_fans(s, 100, 80, 59);
	feed_delta(s, "'device':{'airduct':{'parts':[{'id':16,'state':40},{'id':32,'state':25},"
		      "{'id':48,'state':356},{'id':33,'state':9}]}}");
	check_fans(s, 40, 25, 100);
	feed_delta(s, "'device':{'airduct':{'parts':[{'id':16,'state':41}]}}");
	check_fans(s, 41, 25, 100);
	feed_delta(s, "'device':{'airduct':{'parts':[{'id':16,'state':42},{'id':32,'state':1}]}}");
	check_fans(s, 42, 1, 59);
}

static void state_fans_do_not_believe_an_unfilled_gear(void **state)
{
	struct state *s = *state;

	feed_full(
	    s, "'cooling_fan_speed':'0','big_fan1_speed':'0','big_fan2_speed':'0','fan_gear':0");
	check_fans(s, 0, 0, 0);
	feed_delta(s, "'cooling_fan_speed':'15'");
	check_fans(s, 100, 0, 0);
	feed_delta(s, "'cooling_fan_speed':'16'");
	check_fans(s, 0, 0, 0);
	feed_full(s, "'fan_gear':0");
	check_fans(s, 0, 0, 0);
}

static void state_lights_fold_and_remember(void **state)
{
	struct state *s = *state;

	feed_full(s, "'lights_report':[{'node':'chamber_light','mode':'off'},{'node':'work_light',"
		     "'mode':'flashing'},{'node':'chamber_light2','mode':'on'},{'node':"
		     "'heatbed_light','mode':'on'},{'node':'disco','mode':'on'},7]");
	assert_int_equal(s->lights[LIGHT_CHAMBER], LIGHT_ON);
	assert_int_equal(s->lights[LIGHT_WORK], LIGHT_BLINK);
	assert_int_equal(
	    feed_delta(s, "'lights_report':[{'node':'chamber_light2','mode':'off'}]"), BIT(LIGHTS));
	assert_int_equal(s->lights[LIGHT_CHAMBER], LIGHT_OFF);
	assert_int_equal(s->lights[LIGHT_WORK], LIGHT_BLINK);
	feed_full(s, "'lights_report':[{'node':'chamber_light','mode':'on'}]");
	assert_int_equal(s->lights[LIGHT_WORK], LIGHT_UNKNOWN);
	assert_int_equal(s->lights[LIGHT_HEATBED], LIGHT_ON);
}

static void state_door_follows_the_model(void **state)
{
	struct state *s = as_model(state, "X1C");

	feed_full(s, "'home_flag':0,'stat':'800000'");
	assert_int_equal(s->device.door_open, TRI_NO);
	assert_int_equal(feed_delta(s, "'home_flag':8388608"), BIT(DEVICE));
	assert_int_equal(s->device.door_open, TRI_YES);
	feed_delta(s, "'home_flag':-2147483648");
	assert_int_equal(s->device.door_open, TRI_NO);
	s = as_model(state, "H2D");
	feed_full(s, "'stat':'46A58008','home_flag':-1066934785");
	assert_int_equal(s->device.door_open, TRI_YES);
	feed_delta(s, "'stat':'46258008'");
	assert_int_equal(s->device.door_open, TRI_NO);
	feed_delta(s, "'home_flag':-1066934784");
	assert_int_equal(s->device.door_open, TRI_NO);
	feed_delta(s, "'home_flag':-1058546177");
	assert_int_equal(s->device.door_open, TRI_YES);
	s = as_model(state, "P1S");
	feed_full(s, "'home_flag':8388608,'stat':'800000'");
	assert_int_equal(s->device.door_open, TRI_UNKNOWN);
}

static void check_card(struct state *s, const char *members, enum sdcard want)
{
	feed_full(s, members);
	if (s->device.sdcard != want) {
		fail_msg("%s: %d", members, (int)s->device.sdcard);
	}
}

static void state_card_prefers_aux_then_sdcard_then_home_flag(void **state)
{
	struct state *s = *state;

	check_card(s, "", SDCARD_UNKNOWN);
	check_card(s, "'home_flag':256", SDCARD_PRESENT);
	check_card(s, "'home_flag':0", SDCARD_ABSENT);
	check_card(s, "'sdcard':false,'home_flag':256", SDCARD_ABSENT);
	check_card(s, "'sdcard':true,'home_flag':0", SDCARD_PRESENT);
	check_card(s, "'sdcard':true,'home_flag':512", SDCARD_ABNORMAL);
	check_card(s, "'sdcard':true,'home_flag':768", SDCARD_READ_ONLY);
	check_card(s, "'sdcard':true,'aux':'0'", SDCARD_ABSENT);
	check_card(s, "'sdcard':false,'aux':'2D01004'", SDCARD_PRESENT);
	check_card(s, "'aux':'3000'", SDCARD_READ_ONLY);
	check_card(s, "'sdcard':true,'home_flag':256,'aux':'1000'", SDCARD_PRESENT);
	feed_delta(s, "'home_flag':0");
	assert_int_equal(s->device.sdcard, SDCARD_PRESENT);
	feed_delta(s, "'sdcard':false");
	assert_int_equal(s->device.sdcard, SDCARD_ABSENT);
}

static void state_network_knows_wire_and_signal(void **state)
{
	struct state *s = as_model(state, "H2D");

	feed_full(s, "'wifi_signal':'-52dBm','net':{'conf':16,'info':[{'ip':0},{'ip':522257600}]}");
	assert_int_equal(s->device.wifi_dbm, -52);
	assert_int_equal(s->device.wired, TRI_NO);
	assert_int_equal(s->device.address_ip, 522257600);
	feed_delta(s, "'net':{'conf':17}");
	assert_int_equal(s->device.wired, TRI_YES);
	assert_int_equal(s->device.address_ip, 522257600);
	feed_full(s, "'wifi_signal':'-90dBm'");
	assert_int_equal(s->device.wired, TRI_YES);
	assert_int_equal(s->device.wifi_dbm, UNKNOWN_INT);
	s = as_model(state, "A1");
	feed_full(s, "'wifi_signal':'-90dBm'");
	assert_int_equal(s->device.wired, TRI_NO);
	assert_int_equal(s->device.wifi_dbm, -90);
	feed_delta(s, "'wifi_signal':'<hidden>'");
	assert_int_equal(s->device.wifi_dbm, UNKNOWN_INT);
	feed_delta(s, "'wifi_signal':'-61'");
	assert_int_equal(s->device.wifi_dbm, -61);
	assert_int_equal(s->wrong_types, 0);
}

static void state_firmware_news_only_when_available(void **state)
{
	struct state *s = *state;

	feed_full(s, "'upgrade_state':{'new_version_state':2,'ota_new_version_number':'01.02'}");
	assert_string_equal(s->device.firmware_new, "");
	feed_delta(s, "'upgrade_state':{'new_version_state':1}");
	assert_string_equal(s->device.firmware_new, "01.02");
	feed_full(s,
	    "'upgrade_state':{'new_version_state':1,'new_ver_list':[{'name':'ams/0','new_ver':"
	    "'9'},{'name':'ota','new_ver':'01.07'}]}");
	assert_string_equal(s->device.firmware_new, "01.07");
	feed_delta(s, "'upgrade_state':{'new_ver_list':[]}");
	assert_string_equal(s->device.firmware_new, "");
}

static void state_camera_and_recording(void **state)
{
	struct state *s = *state;

	feed_full(
	    s, "'ipcam':{'ipcam_record':'enable','timelapse':'disable','rtsp_url':'disable'}");
	assert_int_equal(s->device.recording, TRI_YES);
	assert_int_equal(s->device.timelapse, TRI_NO);
	assert_int_equal(s->device.liveview, TRI_NO);
	feed_delta(s, "'ipcam':{'rtsp_url':'rtsps://192.0.2.1:322/streaming/live/1'}");
	assert_int_equal(s->device.liveview, TRI_YES);
	assert_int_equal(s->device.recording, TRI_YES);
	feed_delta(s, "'ipcam':{'rtsp_url':''}");
	assert_int_equal(s->device.liveview, TRI_UNKNOWN);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    STATE_TEST(state_control_needs_evidence),
	    STATE_TEST(state_packed_temperatures_win),
	    STATE_TEST(state_chamber_is_shown_where_the_model_has_a_sensor),
	    STATE_TEST(state_nozzle_types_and_diameters),
	    STATE_TEST(state_fans_prefer_airduct_then_gear_then_strings),
	    STATE_TEST(state_fans_do_not_believe_an_unfilled_gear),
	    STATE_TEST(state_lights_fold_and_remember),
	    STATE_TEST(state_door_follows_the_model),
	    STATE_TEST(state_card_prefers_aux_then_sdcard_then_home_flag),
	    STATE_TEST(state_network_knows_wire_and_signal),
	    STATE_TEST(state_firmware_news_only_when_available),
	    STATE_TEST(state_camera_and_recording),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
