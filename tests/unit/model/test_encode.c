/* SPDX-License-Identifier: MIT */
/* Commands as messages: the exact bytes per golden file, and what is refused with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>

#include "common/err.h"
#include "common/json.h"
#include "common/method.h"
#include "daemon/model/encode.h"
#include "tests/unit/model/feed.h"

#define SEQUENCE 40001

/* A state of that model that got these members in a full report. */
static void setup_state(struct state *s, const char *model, json_object *members)
{
	_cleanup_free_ char *text = NULL;
	const char *inner = members ? json_object_to_json_string(members) : "{}";
	struct state_delta delta;

	state_init(s, NULL, model);
	if (members && json_object_object_length(members) > 0) {
		text =
		    xasprintf("{\"print\":{\"command\":\"push_status\",\"msg\":0,%s}", inner + 1);
		assert_int_equal(feed_bytes(s, text, strlen(text), 1000, &delta), 0);
	}
}

static const char *plain(json_object *o)
{
	return json_object_to_json_string_ext(
	    o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static void check_payloads(const char *name, const struct encode_result *result, json_object *want)
{
	bool many = json_object_is_type(want, json_type_array);
	size_t count = many ? json_object_array_length(want) : 1;

	if (result->count != count) {
		fail_msg("%s: %zu messages", name, result->count);
	}
	for (size_t i = 0; i < count; i++) {
		json_object *one = many ? json_object_array_get_idx(want, i) : want;

		if (strcmp(result->payloads[i], plain(one)) != 0) {
			fail_msg("%s:\n got %s\nwant %s", name, result->payloads[i], plain(one));
		}
	}
	assert_int_equal(result->last_sequence, SEQUENCE + count - 1);
}

static void check_golden(const char *name, const char *method)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", COMMANDS, name);
	_cleanup_free_ char *text = NULL;
	_cleanup_json_ json_object *golden = NULL;
	struct encode_result result;
	struct err e = {.type = ERR_NONE};
	struct state s;
	size_t len = 0;

	text = read_whole(path, &len);
	assert_non_null(text);
	if (json_parse(text, len, 20, &golden) < 0) {
		fail_msg("%s is no JSON", name);
	}
	setup_state(&s, json_get_str(golden, "model"), json_get_obj(golden, "state"));
	if (encode_command(&(struct encode_request){.method = method,
			       .params = json_get_obj(golden, "params"),
			       .state = &s,
			       .sequence = SEQUENCE},
		&result, &e) < 0) {
		fail_msg("%s: %s", name, e.message);
	}
	check_payloads(name, &result, json_object_object_get(golden, "payload"));
	encode_result_finish(&result);
	state_finish(&s);
}

/* "device.temp.bed.json" is of device.temp. */
static const struct method *method_of(const char *file)
{
	_cleanup_free_ char *name = xstrdup(file);
	char *dot;

	while ((dot = strrchr(name, '.')) != NULL) {
		const struct method *m = method_find(name);

		if (m) {
			return m;
		}
		*dot = '\0';
	}
	return NULL;
}

static void encode_every_command_has_its_golden_bytes(void **state)
{
	bool *seen = xcalloc(method_count, sizeof(*seen));
	DIR *dir = opendir(COMMANDS);
	struct dirent *entry;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		const struct method *m = method_of(entry->d_name);

		if (entry->d_name[0] == '.') {
			continue;
		}
		if (!m || !encode_knows(m->name)) {
			fail_msg("%s is of no command", entry->d_name);
			break;
		}
		seen[method_index(m)] = true;
		check_golden(entry->d_name, m->name);
	}
	closedir(dir);
	for (size_t i = 0; i < method_count; i++) {
		if (encode_knows(method_table[i].name) != seen[i]) {
			fail_msg("%s has no golden file", method_table[i].name);
		}
	}
	free(seen);
}

/* What takes "dry_run" sends a message. */
static void encode_knows_every_row_that_is_a_command(void **state)
{
	(void)state;
	for (size_t i = 0; i < method_count; i++) {
		const struct method *m = &method_table[i];
		bool command = false;

		for (size_t p = 0; p < method_param_count(m); p++) {
			command = command || strcmp(m->params[p].name, "dry_run") == 0;
		}
		if (command && !encode_knows(m->name)) {
			fail_msg("%s is not known", m->name);
		}
	}
	assert_false(encode_knows("printer.list"));
}

static int encode_text(struct state *s, const char *method, const char *params, int rail,
    struct encode_result *ret, struct err *e)
{
	_cleanup_free_ char *json = quoted(params);
	_cleanup_json_ json_object *o = NULL;

	assert_int_equal(json_parse(json, strlen(json), 16, &o), 0);
	return encode_command(&(struct encode_request){.method = method,
				  .params = o,
				  .state = s,
				  .sequence = SEQUENCE,
				  .max_nozzle_c = rail,
				  .max_bed_c = rail},
	    ret, e);
}

struct refusal {
	const char *model, *state, *method, *params;
	enum err_type type;
	const char *says;
};

#define AMS                                                                                      \
	"'ams':{'ams':[{'id':'0','info':'1001','tray':[{'id':'0','tray_type':'PLA'},{'id':'1'}," \
	"{'id':'2'},{'id':'3'}]},{'id':'1','info':'1003','tray':[{'id':'0'}]}],"                 \
	"'ams_exist_bits':'3','tray_exist_bits':'11','tray_now':'0'}"
#define RUNNING "'gcode_state':'RUNNING'"

static void check_refusals(const struct refusal *rows, size_t count, int rail)
{
	for (size_t i = 0; i < count; i++) {
		const struct refusal *row = &rows[i];
		_cleanup_free_ char *text = xasprintf("{%s}", row->state);
		_cleanup_free_ char *json = quoted(text);
		_cleanup_json_ json_object *members = NULL;
		struct encode_result result = {.count = 77};
		struct err e = {.type = ERR_NONE};
		struct state s;

		assert_int_equal(json_parse(json, strlen(json), 16, &members), 0);
		setup_state(&s, row->model, members);
		if (encode_text(&s, row->method, row->params, rail, &result, &e) != -EINVAL ||
		    e.type != row->type || !strstr(e.message, row->says) || result.count != 77) {
			fail_msg(
			    "%s %s: %s %s", row->method, row->params, err_name(e.type), e.message);
		}
		state_finish(&s);
	}
}

static void encode_refuses_what_is_out_of_bounds(void **state)
{
	static const struct refusal rows[] = {
	    {"P1S", "", "device.fan", "{'fan':'part','percent':-1}", ERR_INVALID_PARAMS,
		"0 to 100"},
	    {"P1S", "", "device.fan", "{'fan':'part','percent':101}", ERR_INVALID_PARAMS,
		"0 to 100"},
	    {"P1S", "", "device.fan", "{'fan':'left','percent':1}", ERR_INVALID_PARAMS, "left"},
	    {"P1S", "", "device.temp", "{'heater':'nozzle','target_c':301}", ERR_INVALID_PARAMS,
		"0 to 300"},
	    {"P1S", "", "device.temp", "{'heater':'bed','target_c':150}", ERR_INVALID_PARAMS,
		"0 to 120"},
	    {"A1", "", "device.temp", "{'heater':'bed','target_c':101}", ERR_INVALID_PARAMS,
		"0 to 100"},
	    {"A1", "", "device.temp", "{'heater':'bed','target_c':-1}", ERR_INVALID_PARAMS,
		"0 to 400"},
	    {"H2D", "", "device.temp", "{'heater':'chamber','target_c':66}", ERR_INVALID_PARAMS,
		"0 to 65"},
	    {"H2D", "", "device.temp", "{'heater':'chamber','target_c':39}", ERR_INVALID_PARAMS,
		"40 to 65"},
	    {"X1E", "", "device.temp", "{'heater':'chamber','target_c':61}", ERR_INVALID_PARAMS,
		"0 to 60"},
	    {"H2D", "", "device.temp", "{'heater':'nozzle','target_c':200}", ERR_INVALID_PARAMS,
		"nozzle0"},
	    {"P1S", "", "print.speed", "{'level':'5'}", ERR_INVALID_PARAMS, "ludicrous"},
	    {"P1S", "", "device.move", "{'axis':'z','mm':10.1}", ERR_INVALID_PARAMS, "-10 to 10"},
	    {"P1S", "", "device.move", "{'axis':'x','mm':100.1}", ERR_INVALID_PARAMS, "100"},
	    {"P1S", "", "device.move", "{'axis':'y','mm':0}", ERR_INVALID_PARAMS, "not 0"},
	    {"P1S", "", "device.extrude", "{'mm':101}", ERR_INVALID_PARAMS, "100"},
	    {"P1S", "", "device.extrude", "{'mm':0}", ERR_INVALID_PARAMS, "not be 0"},
	    {"P1S", "", "device.gcode", "{'lines':[]}", ERR_INVALID_PARAMS, "1 to 256"},
	    {"P1S", "", "device.gcode", "{'lines':['G28','a\\nb']}", ERR_INVALID_PARAMS, "line 2"},
	    {"P1S", "", "device.nozzle", "{'type':'brass','diameter_mm':0.4}", ERR_INVALID_PARAMS,
		"hardened_steel"},
	    {"P1S", "", "device.nozzle", "{'type':'hardened_steel','diameter_mm':0.5}",
		ERR_INVALID_PARAMS, "0.6"},
	    {"X1C", "", "device.xcam", "{'module':'x','on':true}", ERR_INVALID_PARAMS,
		"spaghetti_detector"},
	    {"X1C", "", "device.resolution", "{'size':'4k'}", ERR_INVALID_PARAMS, "1080p"},
	    {"P1S", RUNNING, "print.skip", "{'objects':[]}", ERR_INVALID_PARAMS, "1 to 64"},
	    {"P1S", "", "print.calibrate", "{'what':['flow']}", ERR_INVALID_PARAMS, "vibration"},
	    {"P1S", "", "print.calibrate", "{'what':[]}", ERR_INVALID_PARAMS, "names no"},
	    {"P1S", "", "print.option", "{'key':'x','value':true}", ERR_INVALID_PARAMS,
		"auto_recovery"},
	    {"P1S", "", "print.hms_action", "{'action':'resume'}", ERR_INVALID_PARAMS, "code"},
	    {"P1S", "", "print.hms_action", "{'action':'resume','code':'0300'}", ERR_INVALID_PARAMS,
		"0300-8004"},
	    {"P1S", "", "mqtt.request", "{'payload':{'print':{}}}", ERR_INVALID_PARAMS, "command"},
	    {"P1S", "", "mqtt.request",
		"{'payload':{'print':{'command':'a'},'info':{'command':'b'}}}", ERR_INVALID_PARAMS,
		"one command"},
	    {"P1S", "", "kprofile.set", "{'name':'','k':0.02,'filament':'GFL99'}",
		ERR_INVALID_PARAMS, "1 to 40"},
	    {"P1S", "", "print.pause", "{'faster':true}", ERR_INVALID_PARAMS, "faster"},
	};

	(void)state;
	check_refusals(rows, ARRAY_SIZE(rows), 0);
}

static void encode_refuses_slots_that_are_not_there(void **state)
{
	static const struct refusal rows[] = {
	    {"P1S", AMS, "ams.load", "{'slot':'E1'}", ERR_INVALID_PARAMS, "A1 to D4"},
	    {"P1S", AMS, "ams.load", "{'slot':'A5'}", ERR_INVALID_PARAMS, "A1 to D4"},
	    {"P1S", AMS, "ams.load", "{'slot':'A'}", ERR_INVALID_PARAMS, "A1 to D4"},
	    {"P1S", AMS, "ams.load", "{'slot':''}", ERR_INVALID_PARAMS, "A1 to D4"},
	    {"P1S", AMS, "ams.load", "{'slot':'HT-A2'}", ERR_INVALID_PARAMS, "A1 to D4"},
	    {"P1S", AMS, "ams.load", "{'slot':'17'}", ERR_INVALID_PARAMS, "A1 to D4"},
	    {"P1S", AMS, "ams.load", "{'slot':'C1'}", ERR_INVALID_PARAMS, "no slot \"C1\""},
	    {"P1S", AMS, "ams.load", "{'slot':'B2'}", ERR_GUARD, "no filament"},
	    {"P1S", AMS, "ams.load", "{'slot':'HT-A'}", ERR_INVALID_PARAMS, "no slot"},
	    {"P1S", AMS, "ams.load", "{'slot':'ext-left'}", ERR_INVALID_PARAMS, "no slot"},
	    {"P1S", AMS, "ams.load", "{'slot':'A2'}", ERR_GUARD, "no filament"},
	    {"P1S", AMS, "ams.unload", "{'slot':'B1'}", ERR_GUARD, "not this slot"},
	    {"P1S", AMS, "ams.rfid", "{'slot':'A1'}", ERR_GUARD, "unload"},
	    {"P1S", AMS, "ams.rfid", "{'slot':'ext'}", ERR_UNSUPPORTED, "tag reader"},
	    {"P1S", AMS, "ams.set", "{'slot':'A2','type':'PLA'}", ERR_INVALID_PARAMS, "color"},
	    {"P1S", AMS, "ams.set", "{'slot':'A2','type':'PLA','color':'red'}", ERR_INVALID_PARAMS,
		"RRGGBB"},
	    {"P1S", AMS, "ams.set", "{'slot':'A2','type':'PEEK','color':'000000'}",
		ERR_INVALID_PARAMS, "profile"},
	    {"P1S", AMS, "ams.set",
		"{'slot':'A2','type':'PLA','color':'000000','nozzle_min_c':260}",
		ERR_INVALID_PARAMS, "nozzle_max_c"},
	    {"P1S", AMS, "ams.dry_start", "{'unit':'A','target_c':55,'hours':8}", ERR_UNSUPPORTED,
		"2 Pro"},
	    {"P1S", AMS, "ams.dry_start", "{'unit':'B','target_c':66,'hours':8}",
		ERR_INVALID_PARAMS, "45 to 65"},
	    {"P1S", AMS, "ams.dry_start", "{'unit':'B','target_c':55,'hours':25}",
		ERR_INVALID_PARAMS, "1 to 24"},
	    {"P1S", AMS, "ams.dry_start", "{'unit':'Z','target_c':55,'hours':8}",
		ERR_INVALID_PARAMS, "A to D"},
	    {"P1S", AMS, "ams.dry_stop", "{'unit':'C'}", ERR_INVALID_PARAMS, "no unit"},
	    {"P1S", AMS, "ams.calibrate_remain", "{'slot':'ext'}", ERR_UNSUPPORTED, "external"},
	    {"P1S", "", "ams.option", "{'key':'insert_read','value':true}", ERR_UNSUPPORTED,
		"startup_read"},
	    {"P1S", AMS, "print.start", "{'path':'a.3mf','ams_mapping':[9]}", ERR_INVALID_PARAMS,
		"tray 9"},
	    {"P1S", AMS, "print.start", "{'path':'../a.3mf'}", ERR_INVALID_PARAMS, "path"},
	    {"P1S", AMS, "print.start", "{'path':'a/../b.3mf'}", ERR_INVALID_PARAMS, "path"},
	    {"P1S", AMS, "print.start", "{'path':'a\\nb.3mf'}", ERR_INVALID_PARAMS, "path"},
	    {"P1S", AMS, "print.start", "{'path':'a.stl'}", ERR_INVALID_PARAMS, ".3mf"},
	    {"P1S", AMS, "print.start", "{'file':'u-1'}", ERR_INVALID_PARAMS, "path"},
	    {"P1S", AMS, "print.start", "{'path':'a.3mf','options':{'use_ams':1}}",
		ERR_INVALID_PARAMS, "use_ams"},
	    {"P1S", AMS, "print.start", "{'path':'a.3mf','options':{'timelapse':1}}",
		ERR_INVALID_PARAMS, "true or false"},
	};

	(void)state;
	check_refusals(rows, ARRAY_SIZE(rows), 0);
}

static void encode_refuses_what_the_model_lacks(void **state)
{
	static const struct refusal rows[] = {
	    {"P1S", "", "device.temp", "{'heater':'chamber','target_c':45}", ERR_UNSUPPORTED,
		"P1S has no chamber heater"},
	    {"P1S", "", "device.temp", "{'heater':'nozzle1','target_c':45}", ERR_UNSUPPORTED,
		"one nozzle"},
	    {"A1", "", "device.fan", "{'fan':'aux','percent':50}", ERR_UNSUPPORTED, "aux fan"},
	    {"P2S", "'device':{'airduct':{'parts':[{'id':16},{'id':32}]}}", "device.fan",
		"{'fan':'chamber','percent':50}", ERR_UNSUPPORTED, "lists no chamber"},
	    {"P1S", "", "device.airduct", "{'mode':'cooling'}", ERR_UNSUPPORTED, "no air duct"},
	    {"P2S", "'device':{'airduct':{'modeList':[{'modeId':0}]}}", "device.airduct",
		"{'mode':'exhaust'}", ERR_UNSUPPORTED, "exhaust"},
	    {"A1", "'lights_report':[{'node':'chamber_light'}]", "device.light",
		"{'node':'work','mode':'on'}", ERR_UNSUPPORTED, "work light"},
	    {"P1S", "", "device.buzzer", "{}", ERR_UNSUPPORTED, "buzzer"},
	    {"P1S", "", "device.extruder", "{'index':1}", ERR_UNSUPPORTED, "one nozzle"},
	    {"P1S", "", "device.extrude", "{'mm':1,'nozzle':1}", ERR_UNSUPPORTED, "one nozzle"},
	    {"H2D", "", "device.nozzle", "{'type':'hardened_steel','diameter_mm':0.4}",
		ERR_UNSUPPORTED, "by itself"},
	    {"P1S", "", "print.calibrate", "{'what':['lidar']}", ERR_UNSUPPORTED, "lidar"},
	    {"P1S", "", "print.calibrate", "{'what':['nozzle-offset']}", ERR_UNSUPPORTED, "offset"},
	    {"P1S", "'home_flag':0", "print.option", "{'key':'blob_detect','value':true}",
		ERR_UNSUPPORTED, "blob_detect"},
	    {"H2D", "'fun':'41AFFF9CFF'", "print.option", "{'key':'sound','value':true}",
		ERR_UNSUPPORTED, "sound"},
	    {"H2D", "'fun':'41AFFF9CFF'," RUNNING, "print.skip", "{'objects':[1]}", ERR_UNSUPPORTED,
		"objects"},
	};

	(void)state;
	check_refusals(rows, ARRAY_SIZE(rows), 0);
}

static void encode_guards_the_job_and_the_rails(void **state)
{
	static const struct refusal states[] = {
	    {"P1S", "'gcode_state':'IDLE'", "print.pause", "{}", ERR_GUARD, "no job"},
	    {"P1S", "'gcode_state':'FINISH'", "print.resume", "{}", ERR_GUARD, "no job"},
	    {"P1S", "'gcode_state':'FINISH'", "print.stop", "{}", ERR_GUARD, "nothing to stop"},
	    {"P1S", "'gcode_state':'FAILED'", "print.skip", "{'objects':[1]}", ERR_GUARD, "no job"},
	    {"P1S", RUNNING, "device.home", "{}", ERR_GUARD, "printing"},
	    {"P1S", "'gcode_state':'PAUSE'", "device.home", "{}", ERR_GUARD, "paused"},
	    {"P1S", "'gcode_state':'PREPARE'", "device.move", "{'axis':'x','mm':1}", ERR_GUARD,
		"preparing"},
	    {"P1S", RUNNING, "device.extrude", "{'mm':1}", ERR_GUARD, "printing"},
	    {"P1S", "'nozzle_temper':169", "device.extrude", "{'mm':1}", ERR_GUARD, "170"},
	    {"P1S", RUNNING, "ams.load", "{'slot':'A1'}", ERR_GUARD, "printing"},
	    {"P1S", RUNNING, "ams.unload", "{}", ERR_GUARD, "printing"},
	    {"P1S", RUNNING, "print.calibrate", "{'what':['bed']}", ERR_GUARD, "printing"},
	    {"P1S", RUNNING, "device.firmware_update", "{}", ERR_GUARD, "printing"},
	    {"P1S", "", "device.firmware_update", "{}", ERR_GUARD, "no new firmware"},
	};
	static const struct refusal rails[] = {
	    {"P1S", "", "device.temp", "{'heater':'nozzle','target_c':91}", ERR_GUARD, "90 C"},
	    {"A1", "", "device.temp", "{'heater':'bed','target_c':91}", ERR_GUARD, "90 C"},
	    {"A1", "", "device.temp", "{'heater':'bed','target_c':101}", ERR_INVALID_PARAMS,
		"0 to 100"},
	    {"A1", "", "ams.load", "{'slot':'A1','target_c':220}", ERR_GUARD, "90 C"},
	};

	(void)state;
	check_refusals(states, ARRAY_SIZE(states), 0);
	check_refusals(rails, ARRAY_SIZE(rails), 90);
}

static void encode_refuses_commands_that_do_not_exist_with_the_verb_that_does(void **state)
{
	static const struct {
		const char *payload, *hint;
	} forms[] = {
	    {"{'print':{'command':'start','file_url':'x'}}", "bambuctl print "},
	    {"{'print':{'command':'set_fan_speed','param':'50'}}", "bambuctl fan "},
	    {"{'print':{'command':'set_chamber_temp','param':'50'}}", " chamber "},
	    {"{'print':{'command':'set_nozzle_temp','param':'200'}}", " nozzle "},
	    {"{'print':{'command':'set_bed_temp','param':'60'}}", " bed "},
	    {"{'print':{'command':'set_ctt','param':'60'}}", " chamber "},
	    {"{'print':{'command':'set_airduct','param':'60'}}", "bambuctl airduct "},
	};
	static const char *const fine[] = {
	    "{'pushing':{'command':'start'}}", "{'print':{'command':'set_bed_temp','temp':60}}"};
	struct state *s = as_model(state, "P1S");
	struct encode_result result;
	struct err e;

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		_cleanup_free_ char *params = xasprintf("{'payload':%s}", forms[i].payload);

		assert_int_equal(encode_text(s, "mqtt.request", params, 0, &result, &e), -EINVAL);
		assert_int_equal(e.type, ERR_INVALID_PARAMS);
		assert_non_null(strstr(e.hint, forms[i].hint));
	}
	for (size_t i = 0; i < ARRAY_SIZE(fine); i++) {
		_cleanup_free_ char *params = xasprintf("{'payload':%s}", fine[i]);

		assert_int_equal(encode_text(s, "mqtt.request", params, 0, &result, &e), 0);
		encode_result_finish(&result);
	}
}

static void encode_takes_the_rail_where_no_limit_is_known(void **state)
{
	struct encode_result result;
	struct state *s = as_model(state, "H2D");
	struct err e;

	assert_int_equal(
	    encode_text(s, "device.temp", "{'heater':'nozzle0','target_c':350}", 0, &result, &e),
	    -EINVAL);
	assert_int_equal(
	    encode_text(s, "device.temp", "{'heater':'nozzle0','target_c':350}", 350, &result, &e),
	    0);
	encode_result_finish(&result);
}

static void encode_tells_what_works_locked_and_unanswered(void **state)
{
	static const struct {
		const char *method, *params, *category, *command;
		bool needs_control, no_ack;
	} rows[] = {
	    {"print.pause", "{}", "print", "pause", true, false},
	    {"device.light", "{'mode':'on'}", "system", "ledctrl", false, false},
	    {"device.access_code", "{}", "system", "get_access_code", false, false},
	    {"kprofile.get", "{}", "print", "extrusion_cali_get", false, false},
	    {"device.reboot", "{}", "system", "reboot", true, true},
	    {"device.timelapse", "{'on':true}", "camera", "ipcam_timelapse", true, false},
	    {"print.stop", "{}", "print", "stop", true, false},
	    {"mqtt.request", "{'payload':{'system':{'command':'ledctrl'}}}", "system", "ledctrl",
		false, false},
	    {"mqtt.request", "{'payload':{'print':{'command':'stop'}}}", "print", "stop", true,
		false},
	};
	struct state *s = as_model(state, "P1S");

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct encode_result result;
		struct err e;

		assert_int_equal(encode_text(s, rows[i].method, rows[i].params, 0, &result, &e), 0);
		assert_string_equal(result.category, rows[i].category);
		assert_string_equal(result.command, rows[i].command);
		assert_int_equal(result.needs_control, rows[i].needs_control);
		assert_int_equal(result.no_ack, rows[i].no_ack);
		assert_int_equal(result.last_sequence, SEQUENCE);
		encode_result_finish(&result);
		assert_int_equal(result.count, 0);
	}
}

static void encode_gives_every_message_an_id_of_our_range(void **state)
{
	struct state *s = as_model(state, "P1S");
	struct encode_result result;
	struct err e;
	_cleanup_json_ json_object *none = NULL;

	assert_int_equal(encode_next_sequence(0), ENCODE_SEQUENCE_FIRST);
	assert_int_equal(encode_next_sequence(ENCODE_SEQUENCE_LAST), ENCODE_SEQUENCE_FIRST);
	feed_full(s, "'print_error':50364420");
	assert_int_equal(encode_command(&(struct encode_request){.method = "print.clear_error",
					    .params = none,
					    .state = s,
					    .sequence = ENCODE_SEQUENCE_LAST},
			     &result, &e),
	    0);
	assert_int_equal(result.count, 2);
	assert_non_null(strstr(result.payloads[0], "\"2000000000\""));
	assert_non_null(strstr(result.payloads[1], "\"40000\""));
	assert_int_equal(result.last_sequence, ENCODE_SEQUENCE_FIRST);
	encode_result_finish(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(encode_every_command_has_its_golden_bytes),
	    cmocka_unit_test(encode_knows_every_row_that_is_a_command),
	    cmocka_unit_test(encode_refuses_what_is_out_of_bounds),
	    cmocka_unit_test(encode_refuses_slots_that_are_not_there),
	    cmocka_unit_test(encode_refuses_what_the_model_lacks),
	    cmocka_unit_test(encode_guards_the_job_and_the_rails),
	    STATE_TEST(encode_refuses_commands_that_do_not_exist_with_the_verb_that_does),
	    STATE_TEST(encode_takes_the_rail_where_no_limit_is_known),
	    STATE_TEST(encode_tells_what_works_locked_and_unanswered),
	    STATE_TEST(encode_gives_every_message_an_id_of_our_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
