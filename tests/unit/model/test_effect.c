/* SPDX-License-Identifier: MIT */
/* Effects: what each command waits for in the state, and what speaks against it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/json.h"
#include "common/method.h"
#include "daemon/model/effect.h"
#include "daemon/model/encode.h"
#include "tests/unit/model/feed.h"

static struct effect *create(const char *method, const char *params, const struct state *s)
{
	_cleanup_free_ char *json = quoted(params);
	_cleanup_json_ json_object *o = NULL;

	assert_int_equal(json_parse(json, strlen(json), 16, &o), 0);
	return effect_create(method, o, s);
}

/* From `before`: nothing to see at sending, nor after `other`; after `after` it is seen, and who
 * asks for it then is told that it was so already. */
struct row {
	const char *model, *method, *params, *before, *other, *after;
};

#define TRAYS(a, b)                                                                       \
	"'ams':{'ams':[{'id':'0','info':'" a "','tray':[{'id':'0','tray_type':'PLA',"     \
	"'tray_color':'FF0000FF','tray_info_idx':'GFL99','nozzle_temp_min':'190',"        \
	"'nozzle_temp_max':'240'},{'id':'1','tray_type':'PLA'},{'id':'2'},{'id':'3'}]}]," \
	"'ams_exist_bits':'1','tray_exist_bits':'f','tray_now':'" b "'}"
#define EXTRUDER(state, snow)                                                                  \
	"'device':{'extruder':{'state':" state ",'info':[{'id':0,'temp':14745800,'snow':" snow \
	"},{'id':1,'temp':40,'snow':65024}]}}"

static const struct row rows[] = {
    {"P1S", "print.pause", "{}", "'gcode_state':'RUNNING'", "'gcode_state':'PREPARE'",
	"'gcode_state':'PAUSE'"},
    {"P1S", "print.resume", "{}", "'gcode_state':'PAUSE'", "'mc_percent':7",
	"'gcode_state':'RUNNING'"},
    {"P1S", "print.stop", "{}", "'gcode_state':'RUNNING'", "'gcode_state':'PAUSE'",
	"'gcode_state':'FAILED','print_error':50348044"},
    {"P1S", "print.stop", "{}", "'gcode_state':'PAUSE'", "'print_error':50348044",
	"'gcode_state':'IDLE'"},
    {"P1S", "print.speed", "{'level':'sport'}", "'spd_lvl':2", "'spd_lvl':4", "'spd_lvl':3"},
    {"P1S", "print.skip", "{'objects':[3,5]}", "'gcode_state':'RUNNING','s_obj':[]", "'s_obj':[3]",
	"'s_obj':[5,9,3]"},
    {"P1S", "print.clear_error", "{}", "'print_error':50364420", "'print_error':50364421",
	"'print_error':0"},
    {"P1S", "print.hms_action", "{'action':'resume'}", "'gcode_state':'PAUSE'", "'mc_percent':7",
	"'gcode_state':'RUNNING'"},
    {"P1S", "print.hms_action", "{'action':'stop'}", "'gcode_state':'PAUSE'", "'mc_percent':7",
	"'gcode_state':'FAILED'"},
    {"P1S", "print.hms_action", "{'action':'ignore'}", "'print_error':50364420", "'mc_percent':7",
	"'print_error':0"},
    {"P1S", "print.option", "{'key':'auto_refill','value':true}", "'home_flag':0", "'home_flag':16",
	"'home_flag':1024"},
    {"P2S", "print.option", "{'key':'auto_recovery','value':false}", "'cfg':'10000'",
	"'cfg':'10001'", "'cfg':'1'"},
    {"P1S", "ams.option", "{'key':'insert_read','value':false}", "'ams':{'insert_flag':true}",
	"'ams':{'power_on_flag':false}", "'ams':{'insert_flag':false}"},
    {"P1S", "device.temp", "{'heater':'nozzle','target_c':219.6}", "'nozzle_target_temper':0",
	"'nozzle_target_temper':180", "'nozzle_target_temper':220"},
    {"P1S", "device.temp", "{'heater':'bed','target_c':0}", "'bed_target_temper':60",
	"'bed_target_temper':55", "'bed_target_temper':0"},
    {"H2D", "device.temp", "{'heater':'chamber','target_c':45}",
	"'device':{'ctc':{'info':{'temp':40}}}", "'device':{'ctc':{'info':{'temp':41}}}",
	"'device':{'ctc':{'info':{'temp':2949160}}}"},
    {"H2D", "device.temp", "{'heater':'nozzle1','target_c':220}", EXTRUDER("2", "3"),
	"'device':{'extruder':{'info':[{'id':0,'temp':14417920}]}}",
	"'device':{'extruder':{'info':[{'id':1,'temp':14417960}]}}"},
    {"P1S", "device.fan", "{'fan':'part','percent':50}", "'cooling_fan_speed':'0'",
	"'cooling_fan_speed':'6'", "'cooling_fan_speed':'8'"},
    {"P1S", "device.fan", "{'fan':'aux','percent':0}", "'big_fan1_speed':'15'",
	"'big_fan1_speed':'1'", "'big_fan1_speed':'0'"},
    {"P1S", "device.fan", "{'fan':'chamber','percent':100}", "'big_fan2_speed':'0'",
	"'big_fan2_speed':'14'", "'big_fan2_speed':'15'"},
    {"H2D", "device.airduct", "{'mode':'heating'}", "'device':{'airduct':{'modeCur':0}}",
	"'device':{'airduct':{'modeCur':2}}", "'device':{'airduct':{'modeCur':1}}"},
    {"P1S", "device.light", "{'mode':'on'}",
	"'lights_report':[{'node':'chamber_light','mode':'off'}]",
	"'lights_report':[{'node':'work_light','mode':'on'}]",
	"'lights_report':[{'node':'chamber_light','mode':'on'}]"},
    {"H2D", "device.light", "{'node':'chamber','mode':'off'}",
	"'lights_report':[{'node':'chamber_light','mode':'on'},{'node':'chamber_light2','mode':'on'"
	"}]",
	"'lights_report':[{'node':'chamber_light','mode':'off'}]",
	"'lights_report':[{'node':'chamber_light2','mode':'off'}]"},
    {"X1C", "device.light", "{'node':'work','mode':'blink'}",
	"'lights_report':[{'node':'work_light','mode':'off'}]",
	"'lights_report':[{'node':'work_light','mode':'on'}]",
	"'lights_report':[{'node':'work_light','mode':'flashing'}]"},
    {"P1S", "device.nozzle", "{'type':'hardened_steel','diameter_mm':0.6}",
	"'nozzle_diameter':'0.4','nozzle_type':'stainless_steel'", "'nozzle_diameter':'0.6'",
	"'nozzle_type':'hardened_steel'"},
    {"H2D", "device.extruder", "{'index':1}", EXTRUDER("2", "3"),
	"'device':{'extruder':{'state':242}}", "'device':{'extruder':{'state':274}}"},
    {"P1S", "device.record", "{'on':true}", "'ipcam':{'ipcam_record':'disable'}",
	"'ipcam':{'timelapse':'enable'}", "'ipcam':{'ipcam_record':'enable'}"},
    {"P1S", "device.timelapse", "{'on':false}", "'ipcam':{'timelapse':'enable'}",
	"'ipcam':{'ipcam_record':'disable'}", "'ipcam':{'timelapse':'disable'}"},
    {"X1C", "device.resolution", "{'size':'1080p'}", "'ipcam':{'resolution':'720p'}",
	"'ipcam':{'timelapse':'disable'}", "'ipcam':{'resolution':'1080p'}"},
    {"P1S", "ams.load", "{'slot':'A2'}", TRAYS("1001", "255"), "'ams':{'tray_now':'0'}",
	"'ams':{'tray_now':'1'}"},
    {"P1S", "ams.load", "{'slot':'ext'}", TRAYS("1001", "255") ",'vt_tray':{'id':'254'}",
	"'ams':{'tray_now':'3'}", "'ams':{'tray_now':'254'}"},
    {"P1S", "ams.unload", "{}", TRAYS("1001", "2"), "'ams':{'tray_now':'254'}",
	"'ams':{'tray_now':'255'}"},
    {"H2D", "ams.unload", "{'slot':'3'}", EXTRUDER("2", "3"), "'device':{'extruder':{'state':2}}",
	"'device':{'extruder':{'info':[{'id':0,'snow':65535},{'id':1,'snow':65024}]}}"},
    {"P1S", "ams.set", "{'slot':'A1','type':'petg','color':'00ff00'}", TRAYS("1001", "255"),
	"'ams':{'ams':[{'id':'0','tray':[{'id':'0','tray_type':'PETG'}]}]}",
	"'ams':{'ams':[{'id':'0','tray':[{'id':'0','tray_type':'PETG','tray_color':'00FF00FF'}]}]"
	"}"},
    {"P1S", "ams.set", "{'slot':'A1','profile':'GFA00','nozzle_min_c':200,'nozzle_max_c':230}",
	TRAYS("1001", "255"),
	"'ams':{'ams':[{'id':'0','tray':[{'id':'0','tray_type':'PLA','tray_info_idx':'GFA00'}]}]}",
	"'ams':{'ams':[{'id':'0','tray':[{'id':'0','tray_type':'PLA','tray_info_idx':'GFA00',"
	"'nozzle_temp_min':'200','nozzle_temp_max':'230'}]}]}"},
    {"P1S", "ams.dry_start", "{'unit':'A','target_c':55,'hours':8}", TRAYS("1003", "255"),
	"'ams':{'tray_now':'1'}", "'ams':{'ams':[{'id':'0','info':'1023'}]}"},
    {"P1S", "ams.dry_stop", "{'unit':'A'}", TRAYS("1023", "255"), "'ams':{'tray_now':'1'}",
	"'ams':{'ams':[{'id':'0','info':'1003'}]}"},
};

static void ask(const struct row *row, struct effect *e, struct state *s, const char *when,
    enum effect_verdict want)
{
	enum effect_verdict got;

	got = effect_check(e, s, NULL);
	if (got != want) {
		fail_msg("%s %s %s: %d", row->method, row->params, when, (int)got);
	}
}

static void effect_is_seen_when_the_state_shows_it(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct state *s = as_model(state, row->model);
		struct effect *e;

		feed_full(s, row->before);
		e = create(row->method, row->params, s);
		if (!e) {
			fail_msg("%s %s has no effect", row->method, row->params);
		}
		ask(row, e, s, "at sending", EFFECT_WAIT);
		feed_delta(s, row->other);
		ask(row, e, s, "after something else", EFFECT_WAIT);
		feed_delta(s, row->after);
		ask(row, e, s, "in the end", EFFECT_SEEN);
		effect_destroy(e);
		e = create(row->method, row->params, s);
		ask(row, e, s, "sent again", EFFECT_ALREADY);
		ask(row, e, s, "asked again", EFFECT_SEEN);
		effect_destroy(e);
	}
}

static void effect_of_a_start_is_our_job_running(void **state)
{
	struct state *s = as_model(state, "P1S");
	struct effect *e, *calibration;

	feed_full(s, "'gcode_state':'FINISH','subtask_name':'lid','gcode_file':'lid.3mf'");
	e = create("print.start", "{'path':'cache/lid.gcode.3mf'}", s);
	calibration = create("print.calibrate", "{'what':['bed']}", s);
	assert_int_equal(effect_check(e, s, NULL), EFFECT_WAIT);
	feed_delta(s, "'gcode_state':'PREPARE','subtask_name':'other','gcode_file':'other.3mf'");
	assert_int_equal(effect_check(e, s, NULL), EFFECT_WAIT);
	assert_int_equal(effect_check(calibration, s, NULL), EFFECT_SEEN);
	feed_delta(s, "'subtask_name':'lid'");
	assert_int_equal(effect_check(e, s, NULL), EFFECT_SEEN);
	feed_delta(s, "'subtask_name':'','gcode_file':'/sdcard/cache/lid.gcode.3mf'");
	assert_int_equal(effect_check(e, s, NULL), EFFECT_SEEN);
	effect_destroy(calibration);
	effect_destroy(e);
}

static void effect_fails_by_what_speaks_against_it(void **state)
{
	static const struct row bad[] = {
	    {"P1S", "print.pause", "{}", "'gcode_state':'RUNNING'", "'gcode_state':'FINISH'",
		"the printer is finished"},
	    {"P1S", "print.resume", "{}", "'gcode_state':'PAUSE','print_error':50364420",
		"'print_error':117538833", "0701-8011"},
	    {"P1S", "print.start", "{'path':'a.3mf'}", "'gcode_state':'IDLE'",
		"'print_error':83902468", "0500-4004"},
	    {"P1S", "print.start", "{'path':'a.3mf'}", "'gcode_state':'IDLE'",
		"'gcode_state':'PAUSE','print_error':134184978", "does not say which slots"},
	    {"P1S", "ams.load", "{'slot':'A1'}", TRAYS("1001", "255"), "'print_error':117473297",
		"0700-8011"},
	    {"H2D", "device.temp", "{'heater':'bed','target_c':60}", "'fun':'1'",
		"'fun':'20000001'", "fun bit 29"},
	    {"H2D", "print.speed", "{'level':'sport'}", "'fun':'1'",
		"'hms':[{'attr':83887360,'code':65543}]", "HMS"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const struct row *row = &bad[i];
		struct state *s = as_model(state, row->model);
		const char *why = "";
		struct effect *e;

		feed_full(s, row->before);
		e = create(row->method, row->params, s);
		ask(row, e, s, "at sending", EFFECT_WAIT);
		feed_delta(s, row->other);
		if (effect_check(e, s, &why) != EFFECT_FAILED || !strstr(why, row->after)) {
			fail_msg("%s: \"%s\"", row->method, why);
		}
		effect_destroy(e);
	}
}

static void error_that_went_and_came_again_is_a_new_one(void **state)
{
	struct state *s = as_model(state, "P1S");
	const char *why = "";
	struct effect *e;

	feed_full(s, "'gcode_state':'FAILED','print_error':83902467");
	e = create("print.start", "{'path':'a.3mf'}", s);
	assert_int_equal(effect_check(e, s, &why), EFFECT_WAIT);
	feed_delta(s, "'print_error':0");
	assert_int_equal(effect_check(e, s, &why), EFFECT_WAIT);
	feed_delta(s, "'print_error':83902467");
	assert_int_equal(effect_check(e, s, &why), EFFECT_FAILED);
	assert_string_equal(
	    why, "the printer reports error 0500-4003: The print file cannot be parsed.");
	effect_destroy(e);
}

static void effect_waits_on_through_what_is_no_failure(void **state)
{
	static const struct row fine[] = {
	    {"P1S", "print.pause", "{}", "'gcode_state':'RUNNING'", "'print_error':50364417", ""},
	    {"P1S", "print.stop", "{}", "'gcode_state':'RUNNING'", "'print_error':83902478", ""},
	    {"P1S", "print.resume", "{}", "'gcode_state':'PAUSE','print_error':50364420",
		"'print_error':0", ""},
	    {"P1S", "print.start", "{'path':'a.3mf'}", "'gcode_state':'IDLE'",
		"'print_error':83886096", ""}, /* 0500-0010, a phase */
	    {"P1S", "print.start", "{'path':'a.3mf'}", "'gcode_state':'FAILED'",
		"'gcode_state':'IDLE'", ""},
	    {"P1S", "device.fan", "{'fan':'part','percent':9}", "'cooling_fan_speed':'0'",
		"'print_error':117473297", ""},
	    {"H2D", "device.light", "{'mode':'on'}", "'fun':'1'", "'fun':'20000001'", ""},
	    {"H2D", "device.temp", "{'heater':'bed','target_c':60}", "'fun':'20000001'",
		"'bed_temper':20", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(fine); i++) {
		const struct row *row = &fine[i];
		struct state *s = as_model(state, row->model);
		struct effect *e;

		feed_full(s, row->before);
		e = create(row->method, row->params, s);
		ask(row, e, s, "at sending", EFFECT_WAIT);
		feed_delta(s, row->other);
		ask(row, e, s, "afterwards", EFFECT_WAIT);
		effect_destroy(e);
	}
}

/* A method without an effect is one that nothing shows: the list is meant to be looked at. */
static void effect_exists_unless_nothing_shows_it(void **state)
{
	static const char *const silent[] = {"ams.calibrate_remain", "ams.control", "ams.rfid",
	    "device.access_code", "device.buzzer", "device.extrude", "device.firmware_update",
	    "device.gcode", "device.home", "device.move", "device.reboot", "device.xcam",
	    "kprofile.delete", "kprofile.get", "kprofile.select", "kprofile.set", "mqtt.request"};
	static const char params[] =
	    "{'slot':'A1','unit':'A','key':'x','value':true,'heater':'bed','target_c':1,'fan':"
	    "'part','mode':'on','type':'x','size':'x','level':'x','objects':[1],'path':'a.3mf',"
	    "'action':'stop','what':['bed']}";
	struct state *s = as_model(state, "P1S");

	for (size_t i = 0; i < method_count; i++) {
		const char *name = method_table[i].name;
		struct effect *e = create(name, params, s);
		bool want = encode_knows(name) && strcmp(name, "print.option") != 0 &&
			    strcmp(name, "ams.option") != 0;

		for (size_t k = 0; k < ARRAY_SIZE(silent); k++) {
			want = want && strcmp(silent[k], name) != 0;
		}
		if ((e != NULL) != want) {
			fail_msg("%s", name);
		}
		effect_destroy(e);
	}
}

static void effect_is_none_of_what_is_not_reported(void **state)
{
	struct state *s = as_model(state, "H2D");

	assert_null(create("device.light", "{'node':'heatbed','mode':'on'}", s));
	assert_null(create("print.option", "{'key':'air_purification','value':true}", s));
	assert_null(create("print.option", "{'key':'auto_refill','value':true}", s));
	assert_null(create("device.temp", "{'heater':'nozzle','target_c':1}", s));
	assert_null(create("ams.load", "{'slot':'Z9'}", s));
	effect_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STATE_TEST(effect_is_seen_when_the_state_shows_it),
	    STATE_TEST(effect_of_a_start_is_our_job_running),
	    STATE_TEST(effect_fails_by_what_speaks_against_it),
	    STATE_TEST(error_that_went_and_came_again_is_a_new_one),
	    STATE_TEST(effect_waits_on_through_what_is_no_failure),
	    STATE_TEST(effect_exists_unless_nothing_shows_it),
	    STATE_TEST(effect_is_none_of_what_is_not_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
