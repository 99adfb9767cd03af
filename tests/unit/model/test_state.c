/* SPDX-License-Identifier: MIT */
/* The cached state: full replaces, delta merges, exact change bits, tolerant types, honest
 * unknowns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "daemon/model/raw.h"
#include "daemon/model/sent.h"
#include "tests/unit/model/feed.h"

static void state_sections_have_names(void **state)
{
	int i;

	for (i = 0; i < SECTION_COUNT; i++) {
		assert_int_equal(section_by_name(section_name((enum section)i)), i);
	}
	assert_int_equal(section_by_name("nothing"), -1);
	assert_true(take_keys_sorted(state_keys, KEY_COUNT));
}

static void state_starts_unknown(void **state)
{
	struct state *s = *state;
	int i;

	assert_ptr_equal(s->info.caps, caps_unknown());
	assert_int_equal(s->print.state, PRINT_UNKNOWN);
	assert_int_equal(s->print.percent, UNKNOWN_INT);
	assert_int_equal(s->print.eta_wall_ms, -1);
	assert_int_equal(s->temp.nozzle_count, 0);
	assert_true(isnan(s->temp.bed_current_c) && isnan(s->temp.chamber_current_c));
	assert_int_equal(s->fans.part_pct, UNKNOWN_INT);
	assert_int_equal(s->device.wifi_dbm, UNKNOWN_INT);
	assert_int_equal(s->control, CONTROL_UNKNOWN);
	assert_false(s->has_base);
	for (i = 0; i < SECTION_COUNT; i++) {
		assert_int_equal(s->section_mono_ms[i], -1);
	}
}

static void state_delta_without_base_asks_for_a_full_report(void **state)
{
	static const char delta[] = "{\"print\":{\"msg\":1,\"mc_percent\":7}}";
	struct state *s = *state;
	struct state_delta d;

	feed_bytes(s, delta, strlen(delta), 1, &d);
	assert_true(d.need_full);
	assert_int_equal(d.changed, 0);
	assert_int_equal(s->section_mono_ms[SECTION_PRINT], -1);
	feed_full(s, "'gcode_state':'RUNNING'");
	feed_bytes(s, delta, strlen(delta), 1, &d);
	assert_false(d.need_full);
	assert_int_equal(d.changed, BIT(PRINT));
	state_reset(s);
	feed_bytes(s, delta, strlen(delta), 1, &d);
	assert_true(d.need_full);
	assert_int_equal(s->print.percent, 7);
}

static void state_merge_keeps_fields_absent_from_delta(void **state)
{
	struct state *s = *state;

	feed_full(s, "'gcode_state':'RUNNING','mc_percent':7,'subtask_name':'lid','bed_temper':60,"
		     "'wifi_signal':'-50dBm'");
	assert_int_equal(feed_delta(s, "'mc_percent':8"), BIT(PRINT));
	assert_int_equal(s->print.percent, 8);
	assert_int_equal(s->print.state, PRINT_PRINTING);
	assert_string_equal(s->print.job, "lid");
	assert_true(s->temp.bed_current_c == 60);
	assert_int_equal(s->device.wifi_dbm, -50);
}

static void state_full_report_forgets_what_it_does_not_name(void **state)
{
	struct state *s = *state;

	feed_full(s, "'gcode_state':'RUNNING','mc_percent':7,'subtask_name':'lid','bed_temper':60,"
		     "'s_obj':[1],'hms':[{'attr':1,'code':2}],'wifi_signal':'-50dBm','fun':'0',"
		     "'cooling_fan_speed':'15','lights_report':[{'node':'work_light','mode':'on'}],"
		     "'ipcam':{'timelapse':'enable','rtsp_url':'disable'},'sdcard':true");
	assert_int_equal(feed_full(s, ""), BIT(PRINT) | BIT(TEMP) | BIT(FANS) | BIT(LIGHTS) |
					       BIT(HMS) | BIT(DEVICE) | BIT(CONTROL) | BIT(CAMERA));
	assert_int_equal(s->print.state, PRINT_UNKNOWN);
	assert_null(s->print.job);
	assert_int_equal(s->print.skipped_count, 0);
	assert_int_equal(s->print.percent, UNKNOWN_INT);
	assert_true(isnan(s->temp.bed_current_c));
	assert_int_equal(s->fans.part_pct, UNKNOWN_INT);
	assert_int_equal(s->lights[LIGHT_WORK], LIGHT_UNKNOWN);
	assert_int_equal(s->hms.count, 0);
	assert_false(s->hms.known);
	assert_int_equal(s->device.wifi_dbm, UNKNOWN_INT);
	assert_int_equal(s->device.sdcard, SDCARD_UNKNOWN);
	assert_int_equal(s->control, CONTROL_UNKNOWN);
}

static void state_acks_and_events_change_nothing(void **state)
{
	static const char *const texts[] = {"{}",
	    "{'print':{'command':'gcode_line','result':'success','gcode_state':'FAILED','msg':0}}",
	    "{'print':{'command':'extrusion_cali_get','nozzle_diameter':'0.2'}}",
	    "{'print':{'result':'success','mc_percent':99}}",
	    "{'system':{'command':'ledctrl','led_mode':'on'}}",
	    "{'event':{'event':'client.disconnected'}}", "{'mc_print':{'mc_percent':3}}"};
	struct state *s = *state;

	feed_full(s, "'gcode_state':'RUNNING','mc_percent':7,'nozzle_diameter':'0.4'");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_int_equal(feed_at(s, 5000, texts[i]), 0);
	}
	assert_int_equal(s->print.percent, 7);
	assert_int_equal(s->section_mono_ms[SECTION_PRINT], 1000);
	assert_true(s->temp.nozzles[0].diameter_mm == 0.4);
}

static void state_change_bits_are_exact(void **state)
{
	struct state *s = *state;
	static const struct {
		const char *members;
		uint32_t changed;
	} steps[] = {
	    {"'mc_percent':7", 0},
	    {"'mc_percent':'7'", 0},
	    {"'mc_percent':8", BIT(PRINT)},
	    {"'nozzle_temper':20.01", 0},
	    {"'nozzle_temper':20.1", BIT(TEMP)},
	    {"'cooling_fan_speed':'3'", BIT(FANS)},
	    {"'cooling_fan_speed':3", 0},
	    {"'wifi_signal':'-51dBm'", BIT(DEVICE)},
	    {"'lights_report':[{'node':'chamber_light','mode':'on'}]", BIT(LIGHTS)},
	    {"'lights_report':[{'node':'chamber_light2','mode':'off'}]", 0},
	    {"'hms':[]", 0},
	    {"'hms':[{'attr':1,'code':2}]", BIT(HMS)},
	    {"'fun':'20000000'", BIT(CONTROL)},
	    {"'fun':'20000001'", 0},
	    {"'sequence_id':'9','upload':{'status':'x'}", 0},
	    {"'ipcam':{'rtsp_url':'disable'}", BIT(CAMERA)},
	    {"'ipcam':{'timelapse':'enable'}", BIT(DEVICE)},
	    {"'net':{'info':[{'ip':1}]}", 0},
	    {"'mc_percent':9,'bed_temper':31", BIT(PRINT) | BIT(TEMP)},
	    {"'subtask_name':'a'", BIT(PRINT)},
	    {"'subtask_name':'a'", 0},
	    {"'subtask_name':'\\u0061'", 0},
	    {"'s_obj':[3]", BIT(PRINT)},
	    {"'s_obj':['3']", 0},
	    {"'print_error':50348044", BIT(PRINT)},
	};

	feed_full(s, "'gcode_state':'RUNNING','mc_percent':7,'nozzle_temper':20,'hms':[],"
		     "'big_fan1_speed':'0','wifi_signal':'-50dBm'");
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		uint32_t changed = feed_delta(s, steps[i].members);

		if (changed != steps[i].changed) {
			fail_msg("%s: %#x", steps[i].members, changed);
		}
	}
}

static void state_same_full_report_changes_nothing(void **state)
{
	static const char members[] =
	    "'gcode_state':'PAUSE','mc_percent':7,'mc_remaining_time':9,'nozzle_temper':20,'hms':["
	    "{'attr':1,'code':2}],'wifi_signal':'-50dBm','fun':'0','home_flag':1024,'cfg':'0','s_"
	    "obj':"
	    "[1,2],'subtask_name':'a','lights_report':[{'node':'chamber_light','mode':'on'}],"
	    "'ams':{'ams':[{'id':'0','tray':[{'id':'0','tray_type':'PLA','k':0.1}]}],"
	    "'ams_exist_bits':'1','tray_exist_bits':'1'},'vt_tray':{'id':'254','tray_type':'PLA'},"
	    "'device':{'extruder':{'info':[{'id':0,'temp':20,'snow':0}],'state':1}},"
	    "'ipcam':{'timelapse':'enable','rtsp_url':'disable'}";
	struct state *s = *state;

	assert_int_not_equal(feed_full(s, members), 0);
	assert_int_equal(feed_full(s, members), 0);
}

/* A failed job keeps a stale remaining time, which nobody sees. */
static void state_remaining_counts_only_while_it_is_shown(void **state)
{
	struct state *s = *state;

	feed_full(s, "'gcode_state':'FAILED','mc_remaining_time':759");
	assert_int_equal(feed_delta(s, "'mc_remaining_time':758"), 0);
	feed_delta(s, "'gcode_state':'RUNNING'");
	assert_int_equal(feed_delta(s, "'mc_remaining_time':757"), BIT(PRINT));
}

static void state_eta_moves_only_with_the_remaining_time(void **state)
{
	struct state *s = *state;

	feed_at(s, 1000, "{'print':{'msg':0,'gcode_state':'RUNNING','mc_remaining_time':10}}");
	assert_int_equal(s->print.eta_wall_ms, 601000);
	feed_at(s, 31000, "{'print':{'msg':1,'mc_remaining_time':'10','mc_percent':1}}");
	assert_int_equal(s->print.eta_wall_ms, 601000);
	feed_at(s, 41000, "{'print':{'msg':0,'gcode_state':'RUNNING','mc_remaining_time':10}}");
	assert_int_equal(s->print.eta_wall_ms, 601000);
	feed_at(s, 61000, "{'print':{'msg':1,'mc_remaining_time':9}}");
	assert_int_equal(s->print.eta_wall_ms, 601000);
	feed_at(s, 62000, "{'print':{'msg':1,'mc_remaining_time':20}}");
	assert_int_equal(s->print.eta_wall_ms, 1262000);
	feed_at(s, 63000, "{'print':{'msg':1,'mc_remaining_time':{}}}");
	assert_int_equal(s->print.eta_wall_ms, -1);
}

static void state_started_is_known_only_when_it_was_seen(void **state)
{
	struct state *s = *state;

	feed_at(s, 1, "{'print':{'msg':0,'gcode_state':'RUNNING'}}");
	assert_int_equal(s->print.started_wall_ms, -1);
	feed_at(s, 2, "{'print':{'msg':1,'gcode_state':'FINISH'}}");
	feed_at(s, 3, "{'print':{'msg':1,'gcode_state':'PREPARE'}}");
	assert_int_equal(s->print.started_wall_ms, 3);
	feed_at(s, 4, "{'print':{'msg':1,'gcode_state':'RUNNING'}}");
	feed_at(s, 5, "{'print':{'msg':0,'gcode_state':'PAUSE'}}");
	assert_int_equal(s->print.started_wall_ms, 3);
	feed_at(s, 6, "{'print':{'msg':1,'gcode_state':'FINISH'}}");
	assert_int_equal(s->print.started_wall_ms, 3);
	feed_at(s, 7, "{'print':{'msg':1,'gcode_state':'IDLE'}}");
	assert_int_equal(s->print.started_wall_ms, -1);
}

static void state_start_during_a_gap_is_not_known(void **state)
{
	struct state *s = *state;

	feed_at(s, 1, "{'print':{'msg':0,'gcode_state':'IDLE'}}");
	state_reset(s);
	feed_at(s, 2, "{'print':{'msg':0,'gcode_state':'RUNNING','subtask_name':'a'}}");
	assert_int_equal(s->print.started_wall_ms, -1);
	feed_at(s, 3, "{'print':{'msg':1,'gcode_state':'FINISH'}}");
	feed_at(s, 4, "{'print':{'msg':1,'gcode_state':'RUNNING'}}");
	assert_int_equal(s->print.started_wall_ms, 4);
	state_reset(s);
	feed_at(s, 5, "{'print':{'msg':0,'gcode_state':'RUNNING','subtask_name':'a'}}");
	assert_int_equal(s->print.started_wall_ms, 4);
	state_reset(s);
	feed_at(s, 6, "{'print':{'msg':0,'gcode_state':'RUNNING','subtask_name':'b'}}");
	assert_int_equal(s->print.started_wall_ms, -1);
}

static void state_progress_is_unknown_in_idle_and_kept_after_the_end(void **state)
{
	struct state *s = *state;

	feed_full(s, "'gcode_state':'FINISH','mc_percent':100,'layer_num':70,'total_layer_num':70");
	assert_int_equal(s->print.percent, 100);
	assert_int_equal(s->print.layer, 70);
	feed_delta(s, "'gcode_state':'IDLE'");
	assert_int_equal(s->print.percent, UNKNOWN_INT);
	assert_int_equal(s->print.layer, UNKNOWN_INT);
	assert_int_equal(s->print.total_layers, UNKNOWN_INT);
	feed_delta(s, "'gcode_state':'PREPARE'");
	assert_int_equal(s->print.percent, 100);
	assert_int_equal(s->print.total_layers, 70);
}

static void state_total_layers_0_is_noise_while_printing(void **state)
{
	struct state *s = *state;

	feed_full(s, "'gcode_state':'RUNNING','total_layer_num':70");
	assert_int_equal(feed_delta(s, "'total_layer_num':0"), 0);
	assert_int_equal(s->print.total_layers, 70);
	feed_delta(s, "'gcode_state':'PREPARE','total_layer_num':0");
	assert_int_equal(s->print.total_layers, UNKNOWN_INT);
	feed_full(s, "'gcode_state':'RUNNING','total_layer_num':0");
	assert_int_equal(s->print.total_layers, UNKNOWN_INT);
}

static void state_prepare_percent_is_shown_only_while_preparing(void **state)
{
	struct state *s = *state;

	feed_full(s, "'gcode_state':'PREPARE','gcode_file_prepare_percent':'64'");
	assert_int_equal(s->print.prepare_percent, 64);
	feed_delta(s, "'gcode_state':'RUNNING'");
	assert_int_equal(s->print.prepare_percent, UNKNOWN_INT);
}

static void check_stage(struct state *s, const char *members, int want)
{
	feed_full(s, members);
	if (s->print.stage_id != want) {
		fail_msg("%s: %d", members, s->print.stage_id);
	}
}

static void state_idle_stages_are_unknown(void **state)
{
	struct state *s = *state;

	check_stage(s, "'gcode_state':'RUNNING','stg_cur':-1,'print_type':'local'", UNKNOWN_INT);
	check_stage(s, "'gcode_state':'RUNNING','stg_cur':255,'print_type':'local'", UNKNOWN_INT);
	check_stage(s, "'gcode_state':'RUNNING','stg_cur':0,'print_type':'local'", 0);
	check_stage(s, "'gcode_state':'RUNNING','stg_cur':0,'print_type':'idle'", UNKNOWN_INT);
	check_stage(s, "'gcode_state':'FINISH','stg_cur':0,'print_type':'local'", UNKNOWN_INT);
	check_stage(s, "'gcode_state':'IDLE','stg_cur':13,'print_type':'idle'", 13);
	check_stage(s, "'gcode_state':'RUNNING','stage':{'_id':7}", 7);
	check_stage(s, "'gcode_state':'RUNNING','stage':{'_id':7},'stg_cur':2", 2);
	check_stage(s, "'gcode_state':'RUNNING','stg_cur':99", 99);
}

static void state_words_of_the_printer_become_ours(void **state)
{
	static const struct {
		const char *word;
		enum print_state want;
	} states[] = {{"IDLE", PRINT_IDLE}, {"PREPARE", PRINT_PREPARING},
	    {"SLICING", PRINT_SLICING}, {"RUNNING", PRINT_PRINTING}, {"PAUSE", PRINT_PAUSED},
	    {"FINISH", PRINT_FINISHED}, {"FAILED", PRINT_FAILED}, {"OFFLINE", PRINT_OFFLINE},
	    {"INIT", PRINT_UNKNOWN}};
	static const struct {
		const char *word;
		enum print_source want;
	} sources[] = {{"cloud", SOURCE_CLOUD}, {"cloud_file", SOURCE_CLOUD},
	    {"local", SOURCE_LOCAL}, {"system", SOURCE_SYSTEM}, {"idle", SOURCE_UNKNOWN},
	    {"", SOURCE_UNKNOWN}};
	struct state *s = *state;
	char text[64];
	size_t i;

	feed_full(s, "");
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		snprintf(text, sizeof(text), "'gcode_state':'%s'", states[i].word);
		feed_delta(s, text);
		assert_int_equal(s->print.state, states[i].want);
	}
	for (i = 0; i < ARRAY_SIZE(sources); i++) {
		snprintf(text, sizeof(text), "'print_type':'%s'", sources[i].word);
		feed_delta(s, text);
		assert_int_equal(s->print.source, sources[i].want);
	}
	feed_delta(s, "'spd_lvl':'4','spd_mag':166,'print_error':-2147450879");
	assert_int_equal(s->print.speed, SPEED_LUDICROUS);
	assert_int_equal(s->print.speed_percent, 166);
	assert_int_equal(s->print.error, 0x80008001u);
	feed_delta(s, "'spd_lvl':9");
	assert_int_equal(s->print.speed, SPEED_UNKNOWN);
}

static void state_wrong_types_are_counted_and_the_message_is_kept(void **state)
{
	struct state *s = *state;

	feed_full(s, "'gcode_state':'RUNNING','mc_percent':7,'subtask_name':'a','fun':'20000000',"
		     "'hms':[{'attr':1,'code':2}],'nozzle_temper':20,'sdcard':true");
	assert_int_equal(s->wrong_types, 0);
	feed_delta(s, "'mc_percent':'x','layer_num':1e400,'subtask_name':[],'fun':7,'hms':{},"
		      "'nozzle_temper':'hot','sdcard':'maybe','bed_temper':61");
	assert_int_equal(s->wrong_types, 7);
	assert_int_equal(s->print.percent, UNKNOWN_INT);
	assert_int_equal(s->print.layer, UNKNOWN_INT);
	assert_null(s->print.job);
	assert_int_equal(s->control, CONTROL_UNKNOWN);
	assert_int_equal(s->hms.count, 1);
	assert_int_equal(s->device.sdcard, SDCARD_UNKNOWN);
	assert_true(s->temp.bed_current_c == 61);
	feed_delta(s, "'mc_percent':null,'device':7,'net':[],'ipcam':'x','online':1,'ams':[]");
	assert_int_equal(s->wrong_types, 12);
}

static void state_of_duplicate_keys_the_last_counts(void **state)
{
	struct state *s = *state;

	feed_full(s, "'mc_percent':1,'gcode_state':'RUNNING','mc_percent':2");
	assert_int_equal(s->print.percent, 2);
}

static void state_hms_replaces_and_carries_times_over(void **state)
{
	struct state *s = *state;

	feed_at(s, 10, "{'print':{'msg':0,'hms':[{'attr':1,'code':2},{'attr':'3','code':-4}]}}");
	assert_int_equal(s->hms.count, 2);
	assert_int_equal(s->hms.entries[1].code, 0xFFFFFFFCu);
	feed_at(s, 20,
	    "{'print':{'hms':[{'attr':5,'code':6},{'attr':1,'code':2},{'attr':1,'code':2},"
	    "7,{}]}}");
	assert_int_equal(s->hms.count, 2);
	assert_int_equal(s->hms.entries[0].since_wall_ms, 20);
	assert_int_equal(s->hms.entries[1].since_wall_ms, 10);
	feed_at(s, 30, "{'print':{'msg':0,'hms':[{'attr':1,'code':2}]}}");
	assert_int_equal(s->hms.entries[0].since_wall_ms, 10);
	assert_int_equal(feed_at(s, 40, "{'print':{'hms':[]}}"), BIT(HMS));
	assert_int_equal(s->hms.count, 0);
	assert_true(s->hms.known);
}

/* P1 deltas carry the strings alone beside a fan_gear that was always 0. */
static bool needs_version(struct state *s, const char *text)
{
	_cleanup_free_ char *json = quoted(text);
	struct state_delta d;

	assert_int_equal(feed_bytes(s, json, strlen(json), 1, &d), 0);
	return d.need_version;
}

static void state_asks_for_the_version_again(void **state)
{
	struct state *s = *state;

	assert_false(needs_version(
	    s, "{'print':{'msg':0,'online':{'version':7},'upgrade_state':{'dis_state':2}}}"));
	assert_false(needs_version(s, "{'print':{'msg':0,'online':{'version':7,'ahb':true}}}"));
	assert_true(needs_version(s, "{'print':{'msg':0,'online':{'version':8}}}"));
	assert_true(needs_version(s, "{'print':{'upgrade_state':{'dis_state':3}}}"));
	assert_false(needs_version(s, "{'print':{'upgrade_state':{'dis_state':3}}}"));
}

static void state_ages_by_section(void **state)
{
	struct state *s = *state;

	feed_at(s, 10, "{'print':{'msg':0,'gcode_state':'IDLE','bed_temper':20,'hms':[]}}");
	assert_int_equal(s->full_mono_ms, 10);
	feed_at(s, 20, "{'print':{'bed_temper':20}}");
	assert_int_equal(s->section_mono_ms[SECTION_TEMP], 20);
	assert_int_equal(s->section_mono_ms[SECTION_PRINT], 10);
	assert_int_equal(s->section_mono_ms[SECTION_AMS], -1);
	feed_at(s, 30, "{'print':{'device':{'airduct':{'parts':[]}}}}");
	assert_int_equal(s->section_mono_ms[SECTION_FANS], 30);
	assert_int_equal(s->section_mono_ms[SECTION_TEMP], 20);
	feed_at(s, 40, "{'print':{'msg':0,'bed_temper':20}}");
	assert_int_equal(s->section_mono_ms[SECTION_TEMP], 40);
	assert_int_equal(s->section_mono_ms[SECTION_HMS], -1);
	assert_int_equal(s->full_mono_ms, 40);
}

#define VERSION(modules) "{'info':{'command':'get_version','module':[" modules "]}}"

static void check_model(
    void **state, const char *serial, const char *hint, const char *text, const char *want)
{
	struct state *s = *state;
	const char *have;

	state_finish(s);
	state_init(s, serial, hint);
	feed(s, text);
	have = s->info.caps->model;
	if (want == NULL ? have != NULL : have == NULL || strcmp(have, want) != 0) {
		fail_msg("%s: %s", text, have != NULL ? have : "unknown");
	}
}

static void state_model_is_detected_in_order(void **state)
{
	check_model(state, "01P00A000000001", NULL, "{}", "P1S");
	check_model(state, NULL, NULL,
	    VERSION("{'name':'ota','product_name':'Bambu Lab H2D'},"
		    "{'name':'ap','hw_ver':'AP05'}"),
	    "H2D");
	check_model(state, NULL, NULL, VERSION("{'name':'ota','project_name':'N2S'}"), "A1");
	check_model(state, NULL, NULL,
	    VERSION("{'name':'ota'},{'name':'esp32','hw_ver':'AP04','project_name':'C11'}"), "P1P");
	check_model(state, "00M00A000000001", NULL, VERSION("{'name':'ota'}"), "X1C");
	check_model(state, NULL, NULL,
	    VERSION("{'name':'ota','product_name':'Bambu Lab Q9'},"
		    "{'name':'rv1126','hw_ver':'AP05'}"),
	    NULL);
	check_model(state, "01P00A000000001", "A1",
	    VERSION("{'name':'ota','product_name':'Bambu Lab H2D'}"), "A1");
}

static void state_version_reply_fills_info(void **state)
{
	struct state *s = *state;

	assert_int_equal(feed(s, VERSION("{'name':'mc','sw_ver':'1'},{'name':'ota','sw_ver':"
					 "'01.05.00.00','project_name':'N2S','product_name':''}")) &
			     BIT(INFO),
	    BIT(INFO));
	assert_string_equal(s->info.firmware, "01.05.00.00");
	assert_string_equal(s->info.code, "N2S");
	assert_string_equal(s->info.product, "Bambu Lab A1");
	assert_true(s->info.version_seen);
	assert_int_equal(feed(s, VERSION("{'name':'ota','sw_ver':'01.05.00.00','project_name':"
					 "'N2S','product_name':''}")),
	    0);
	feed(s, VERSION("{'name':'ota','product_name':'Bambu Lab Q9'}"));
	assert_string_equal(s->info.product, "Bambu Lab Q9");
	assert_string_equal(s->info.code, "Bambu Lab Q9");
}

/* What was sent before the model was known is shown anew when it is. */
static void state_model_change_shows_what_was_sent(void **state)
{
	struct state *s = *state;

	feed_full(s, "'chamber_temper':5,'stat':'800000','wifi_signal':'-90dBm'");
	assert_true(s->temp.chamber_current_c == 5);
	assert_int_equal(s->device.door_open, TRI_UNKNOWN);
	assert_int_equal(feed(s, VERSION("{'name':'ota','product_name':'Bambu Lab P2S'}")) &
			     (BIT(TEMP) | BIT(DEVICE)),
	    BIT(TEMP) | BIT(DEVICE));
	assert_true(isnan(s->temp.chamber_current_c));
	assert_int_equal(s->device.door_open, TRI_YES);
	assert_int_equal(s->device.wired, TRI_YES);
}

static void state_keeps_raw_text_beside(void **state)
{
	struct state *s = *state;
	struct jw w;

	feed(s, "{'print':{'msg':0,'old':1}}");
	feed(s, "{'print':{'msg':0,'a':{'x':1}}}");
	feed(s, "{'print':{'msg':1,'a':{'y':2}}}");
	jw_init(&w);
	raw_write(s->raw, &w, NULL, NULL);
	assert_string_equal(w.buf, "{\"msg\":1,\"a\":{\"x\":1,\"y\":2}}");
	jw_finish(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    STATE_TEST(state_sections_have_names),
	    STATE_TEST(state_starts_unknown),
	    STATE_TEST(state_delta_without_base_asks_for_a_full_report),
	    STATE_TEST(state_merge_keeps_fields_absent_from_delta),
	    STATE_TEST(state_full_report_forgets_what_it_does_not_name),
	    STATE_TEST(state_acks_and_events_change_nothing),
	    STATE_TEST(state_change_bits_are_exact),
	    STATE_TEST(state_same_full_report_changes_nothing),
	    STATE_TEST(state_remaining_counts_only_while_it_is_shown),
	    STATE_TEST(state_eta_moves_only_with_the_remaining_time),
	    STATE_TEST(state_started_is_known_only_when_it_was_seen),
	    STATE_TEST(state_start_during_a_gap_is_not_known),
	    STATE_TEST(state_progress_is_unknown_in_idle_and_kept_after_the_end),
	    STATE_TEST(state_total_layers_0_is_noise_while_printing),
	    STATE_TEST(state_prepare_percent_is_shown_only_while_preparing),
	    STATE_TEST(state_idle_stages_are_unknown),
	    STATE_TEST(state_words_of_the_printer_become_ours),
	    STATE_TEST(state_wrong_types_are_counted_and_the_message_is_kept),
	    STATE_TEST(state_of_duplicate_keys_the_last_counts),
	    STATE_TEST(state_hms_replaces_and_carries_times_over),
	    STATE_TEST(state_asks_for_the_version_again),
	    STATE_TEST(state_ages_by_section),
	    STATE_TEST(state_model_is_detected_in_order),
	    STATE_TEST(state_version_reply_fills_info),
	    STATE_TEST(state_model_change_shows_what_was_sent),
	    STATE_TEST(state_keeps_raw_text_beside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
