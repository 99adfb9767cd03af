/* SPDX-License-Identifier: MIT */
/* The method table and the check of parameters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "common/method.h"

static void names_are_sorted_and_unique(void **state)
{
	for (size_t i = 0; i < method_count; i++) {
		assert_ptr_equal(method_find(method_table[i].name), &method_table[i]);
		assert_int_equal(method_index(&method_table[i]), i);
		if (i > 0) {
			assert_true(strcmp(method_table[i - 1].name, method_table[i].name) < 0);
		}
	}
	assert_null(method_find("printer.lis"));
	assert_null(method_find(""));
	assert_null(method_find(NULL));
}

static void every_row_and_parameter_has_help(void **state)
{
	for (size_t i = 0; i < method_count; i++) {
		const struct method *m = &method_table[i];

		assert_true(m->help && strlen(m->help) > 5);
		assert_true(m->help[0] >= 'A' && m->help[0] <= 'Z');
		assert_int_not_equal(m->help[strlen(m->help) - 1], '.');
		assert_non_null(m->usage);
		assert_true(m->verb || m->usage[0] == '\0');
		for (size_t p = 0; p < method_param_count(m); p++) {
			assert_true(strlen(m->params[p].help) > 5);
			assert_true(!m->params[p].bounded || m->params[p].min < m->params[p].max);
			for (size_t q = 0; q < p; q++) {
				assert_string_not_equal(m->params[p].name, m->params[q].name);
			}
		}
	}
}

static void verbs_are_unique(void **state)
{
	for (size_t i = 0; i < method_count; i++) {
		for (size_t k = 0; k < i && method_table[i].verb; k++) {
			if (method_table[k].verb) {
				assert_string_not_equal(method_table[i].verb, method_table[k].verb);
			}
		}
	}
}

static bool takes(const struct method *m, const char *name)
{
	for (size_t p = 0; p < method_param_count(m); p++) {
		if (strcmp(m->params[p].name, name) == 0) {
			return true;
		}
	}
	return false;
}

static void what_asks_for_confirmation_takes_it(void **state)
{
	for (size_t i = 0; i < method_count; i++) {
		if (method_table[i].confirm) {
			assert_true(takes(&method_table[i], "confirm"));
			assert_true(method_table[i].perm >= PERM_CONTROL);
		}
	}
}

static void commands_to_printers_share_their_parameters(void **state)
{
	static const char *const common[] = {"printer", "timeout_ms", "dry_run", "many", "confirm"};

	for (size_t i = 0; i < method_count; i++) {
		for (size_t c = 0; c < ARRAY_SIZE(common) && takes(&method_table[i], "until");
		     c++) {
			assert_true(takes(&method_table[i], common[c]));
		}
	}
	assert_true(takes(method_find("print.pause"), "until"));
	assert_true(takes(method_find("device.temp"), "until"));
	assert_true(takes(method_find("ams.load"), "until"));
}

static const struct {
	const char *name, *since;
} built[] = {
    {"account.devices", "0.4.0"},
    {"account.limits", "0.4.0"},
    {"account.login", "0.4.0"},
    {"account.logout", "0.4.0"},
    {"account.preferences", "0.4.0"},
    {"account.profile", "0.4.0"},
    {"account.profile_set", "0.4.0"},
    {"account.status", "0.4.0"},
    {"account.token_set", "0.4.0"},
    {"account.verify_code", "0.4.0"},
    {"account.verify_token", "0.4.0"},
    {"ams.calibrate_remain", "0.3.0"},
    {"ams.control", "0.3.0"},
    {"ams.dry_start", "0.3.0"},
    {"ams.dry_stop", "0.3.0"},
    {"ams.get", "0.1.0"},
    {"ams.load", "0.3.0"},
    {"ams.option", "0.3.0"},
    {"ams.rfid", "0.3.0"},
    {"ams.set", "0.3.0"},
    {"ams.unload", "0.3.0"},
    {"api.errors", "0.1.0"},
    {"api.events", "0.1.0"},
    {"api.keys", "0.1.0"},
    {"api.methods", "0.1.0"},
    {"camera.snapshot", "0.5.0"},
    {"camera.status", "0.5.0"},
    {"camera.stream", "0.5.0"},
    {"camera.ttcode", "0.4.0"},
    {"camera.url", "0.5.0"},
    {"cloud.api", "0.4.0"},
    {"cloud.device_info", "0.4.0"},
    {"cloud.device_version", "0.4.0"},
    {"cloud.files", "0.4.0"},
    {"cloud.messages", "0.4.0"},
    {"cloud.notification_read", "0.4.0"},
    {"cloud.notifications", "0.4.0"},
    {"cloud.print_start", "0.4.0"},
    {"cloud.print_status", "0.4.0"},
    {"cloud.project_create", "0.4.0"},
    {"cloud.project_get", "0.4.0"},
    {"cloud.projects", "0.4.0"},
    {"cloud.slicer_resources", "0.4.0"},
    {"cloud.slicer_setting", "0.4.0"},
    {"cloud.slicer_settings", "0.4.0"},
    {"cloud.snapshot_url", "0.4.0"},
    {"cloud.task_create", "0.4.0"},
    {"cloud.task_get", "0.4.0"},
    {"cloud.tasks", "0.4.0"},
    {"cloud.upload", "0.4.0"},
    {"cloud.upload_url", "0.4.0"},
    {"cloud.video_url", "0.4.0"},
    {"daemon.config", "0.6.0"},
    {"daemon.log_level", "0.1.0"},
    {"daemon.ping", "0.1.0"},
    {"daemon.reload", "0.1.0"},
    {"daemon.stats", "0.1.0"},
    {"daemon.status", "0.1.0"},
    {"device.access_code", "0.3.0"},
    {"device.airduct", "0.3.0"},
    {"device.buzzer", "0.3.0"},
    {"device.extrude", "0.3.0"},
    {"device.extruder", "0.3.0"},
    {"device.fan", "0.3.0"},
    {"device.firmware", "0.3.0"},
    {"device.firmware_update", "0.3.0"},
    {"device.gcode", "0.3.0"},
    {"device.home", "0.3.0"},
    {"device.light", "0.3.0"},
    {"device.move", "0.3.0"},
    {"device.nozzle", "0.3.0"},
    {"device.reboot", "0.3.0"},
    {"device.record", "0.3.0"},
    {"device.resolution", "0.3.0"},
    {"device.temp", "0.3.0"},
    {"device.timelapse", "0.3.0"},
    {"device.xcam", "0.3.0"},
    {"events.list", "0.1.0"},
    {"events.subscribe", "0.1.0"},
    {"events.unsubscribe", "0.1.0"},
    {"file.delete", "0.3.0"},
    {"file.get", "0.3.0"},
    {"file.list", "0.3.0"},
    {"file.mkdir", "0.3.0"},
    {"file.put", "0.3.0"},
    {"hello", "0.1.0"},
    {"history.get", "0.6.0"},
    {"history.list", "0.6.0"},
    {"history.stats", "0.6.0"},
    {"hms.list", "0.1.0"},
    {"hms.text", "0.1.0"},
    {"kprofile.delete", "0.3.0"},
    {"kprofile.get", "0.3.0"},
    {"kprofile.select", "0.3.0"},
    {"kprofile.set", "0.3.0"},
    {"metrics.text", "0.2.0"},
    {"mqtt.listen", "0.2.0"},
    {"mqtt.request", "0.3.0"},
    {"op.cancel", "0.3.0"},
    {"op.get", "0.3.0"},
    {"op.list", "0.3.0"},
    {"print.calibrate", "0.3.0"},
    {"print.clear_error", "0.3.0"},
    {"print.hms_action", "0.3.0"},
    {"print.option", "0.3.0"},
    {"print.pause", "0.3.0"},
    {"print.resume", "0.3.0"},
    {"print.skip", "0.3.0"},
    {"print.speed", "0.3.0"},
    {"print.start", "0.3.0"},
    {"print.stop", "0.3.0"},
    {"printer.add", "0.6.0"},
    {"printer.bind", "0.4.0"},
    {"printer.discover", "0.6.0"},
    {"printer.doctor", "0.2.0"},
    {"printer.get", "0.1.0"},
    {"printer.list", "0.1.0"},
    {"printer.raw", "0.1.0"},
    {"printer.refresh", "0.1.0"},
    {"printer.remove", "0.6.0"},
    {"printer.set", "0.6.0"},
    {"printer.trust", "0.2.0"},
    {"printer.unbind", "0.4.0"},
    {"record.start", "0.6.0"},
    {"record.stop", "0.6.0"},
};

static void version_names_exactly_what_is_built(void **state)
{

	size_t seen = 0;

	for (size_t i = 0; i < method_count; i++) {
		if (method_table[i].since) {
			assert_true(seen < ARRAY_SIZE(built));
			assert_string_equal(method_table[i].name, built[seen].name);
			assert_string_equal(method_table[i].since, built[seen++].since);
		}
	}
	assert_int_equal(seen, ARRAY_SIZE(built));
}

static void permissions_are_those_of_the_contract(void **state)
{
	assert_int_equal(method_find("hello")->perm, PERM_ANY);
	assert_int_equal(method_find("printer.list")->perm, PERM_READ);
	assert_int_equal(method_find("printer.raw")->perm, PERM_CONTROL);
	assert_int_equal(method_find("printer.refresh")->perm, PERM_CONTROL);
	assert_int_equal(method_find("daemon.reload")->perm, PERM_ADMIN);
	assert_int_equal(method_find("device.access_code")->perm, PERM_ADMIN);
	assert_int_equal(method_find("camera.snapshot")->perm, PERM_CONTROL);
	assert_string_equal(perm_name(PERM_ANY), "any");
	assert_string_equal(perm_name(PERM_ADMIN), "admin");
	assert_string_equal(param_type_name(PARAM_PRINTER), "printer");
	assert_string_equal(param_type_name(PARAM_STRINGS), "strings");
}

static void near_names_are_offered(void **state)
{
	assert_string_equal(method_nearest("printer.lst"), "printer.list");
	assert_string_equal(method_nearest("daemon.pnig"), "daemon.ping");
	assert_string_equal(method_nearest("helo"), "hello");
	assert_null(method_nearest("make.me.a.sandwich"));
	assert_null(method_nearest(""));
	assert_null(method_nearest(NULL));
}

static int check(const char *method, const char *params, struct err *e)
{
	_cleanup_json_ json_object *o = NULL;

	err_set(e, ERR_NONE, " ");
	if (params) {
		assert_int_equal(json_parse(params, strlen(params), 8, &o), 0);
	}
	return method_check(method_find(method), o, e);
}

static void accepted(const char *method, const char *params)
{
	struct err e;

	if (check(method, params, &e) != 0) {
		fail_msg("%s %s: %s", method, params ? params : "", e.message);
	}
}

static void refused(const char *method, const char *params, const char *message)
{
	struct err e;

	assert_int_equal(check(method, params, &e), -EINVAL);
	assert_int_equal(e.type, ERR_INVALID_PARAMS);
	assert_string_equal(e.message, message);
}

static void right_parameters_are_accepted(void **state)
{
	accepted("printer.list", NULL);
	accepted("printer.list", "{}");
	accepted("printer.list", "{\"printer\":\"@all\"}");
	accepted("printer.list", "{\"printer\":[\"a\",\"b\"]}");
	accepted(
	    "printer.get", "{\"printer\":\"a\",\"sections\":[\"print\",\"hms\"],\"raw\":true}");
	accepted("events.subscribe",
	    "{\"printers\":\"@all\",\"state\":true,\"sections\":[],"
	    "\"kinds\":[\"print.*\"],\"since\":\"1.8811\",\"max_hz\":0.1}");
	accepted("events.subscribe", "{\"max_hz\":10}");
	accepted("events.list", "{\"limit\":4096}");
	accepted("hello", "{\"client\":\"x/1\",\"api\":1}");
	accepted("daemon.log_level", "{\"level\":\"debug\"}");
	accepted("print.stop", "{\"printer\":\"a\",\"until\":\"sent\",\"timeout_ms\":100,"
			       "\"dry_run\":true,\"many\":true,\"confirm\":true}");
	accepted("cloud.api", "{\"method\":\"GET\",\"path\":\"/\",\"body\":null}");
}

static void wrong_parameters_are_named(void **state)
{
	refused("printer.list", "{\"prnter\":\"a\"}",
	    "printer.list has no parameter \"prnter\"; did you mean \"printer\"?");
	refused("daemon.ping", "{\"x\\u001b\":1}", "daemon.ping has no parameter \"x\\x1B\"");
	refused("printer.refresh", NULL, "printer.refresh needs the parameter \"printer\"");
	refused("printer.refresh", "{\"many\":true}",
	    "printer.refresh needs the parameter \"printer\"");
	refused("printer.refresh", "{\"printer\":\"a\",\"many\":1}",
	    "parameter \"many\" must be true or false");
	refused("printer.refresh", "{\"printer\":null}",
	    "parameter \"printer\" must be a printer selector: a string or an array of strings");
	refused("printer.list", "{\"printer\":[]}",
	    "parameter \"printer\" must be a printer selector: a string or an array of strings");
	refused("printer.list", "{\"printer\":[\"a\",1]}",
	    "parameter \"printer\" must be a printer selector: a string or an array of strings");
	refused("printer.get", "{\"sections\":\"print\"}",
	    "parameter \"sections\" must be an array of strings");
	refused("printer.get", "{\"sections\":[\"print\",\"heat\"]}",
	    "parameter \"sections\" must be one of print, temp, fans, lights, ams, hms, camera, "
	    "device, link, control, options, not \"heat\"");
	refused("events.list", "{\"limit\":0}", "parameter \"limit\" must be from 1 to 4096");
	refused("events.list", "{\"limit\":4097}", "parameter \"limit\" must be from 1 to 4096");
	refused("events.list", "{\"limit\":1.0}", "parameter \"limit\" must be an integer");
	refused(
	    "events.subscribe", "{\"max_hz\":0.05}", "parameter \"max_hz\" must be from 0.1 to 10");
	refused("events.subscribe", "{\"max_hz\":\"1\"}", "parameter \"max_hz\" must be a number");
	refused("events.unsubscribe", "{\"sub\":18446744073709551615}",
	    "parameter \"sub\" must be from 1 to 2147483647");
	refused("daemon.log_level", "{\"level\":\"loud\\n\"}",
	    "parameter \"level\" must be one of err, warn, info, debug, not \"loud\\x0A\"");
	refused("print.skip", "{\"printer\":\"a\",\"objects\":[1,-1]}",
	    "parameter \"objects\" must be from 0 to 2147483647");
	refused("mqtt.request", "{\"printer\":\"a\",\"payload\":[]}",
	    "parameter \"payload\" must be an object");
	refused("printer.list", "[]", "the parameters of printer.list must be an object");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_are_sorted_and_unique),
	    cmocka_unit_test(every_row_and_parameter_has_help),
	    cmocka_unit_test(verbs_are_unique),
	    cmocka_unit_test(what_asks_for_confirmation_takes_it),
	    cmocka_unit_test(commands_to_printers_share_their_parameters),
	    cmocka_unit_test(version_names_exactly_what_is_built),
	    cmocka_unit_test(permissions_are_those_of_the_contract),
	    cmocka_unit_test(near_names_are_offered),
	    cmocka_unit_test(right_parameters_are_accepted),
	    cmocka_unit_test(wrong_parameters_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
