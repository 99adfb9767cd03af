/* SPDX-License-Identifier: MIT */
/* Commands: words become the parameters the socket takes, outcomes become lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/util.h"
#include "ctl/act.h"

/* The parameters of the words behind the printer, as JSON; "misuse" when refused. Owned. */
static char *params_of(const char *line)
{
	_cleanup_free_ char *copy = xasprintf("bambuctl %s", line), *said = NULL;
	_cleanup_json_ json_object *params = json_object_new_object();
	char *argv[16], *save = NULL;
	struct ctl c = {0};
	struct err e = {0};
	int argc = 0, status;
	size_t size;

	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		argv[argc++] = w;
	}
	args_parse(&c.args, argc, argv);
	assert_int_equal(c.args.err.type, ERR_NONE);
	c.out.errors = open_memstream(&said, &size);
	c.out.f = c.out.errors;
	c.client.fd = -1;
	assert_int_equal(verb_find(&c, c.args.words, c.args.word_count, &e), 0);
	assert_true(act_is_command(c.method));
	act_method(&c);
	status = act_words(&c, params);
	if (!status) {
		act_options(&c, params);
	}
	fclose(c.out.errors);
	args_finish(&c.args);
	return xstrdup(
	    status ? "misuse" : json_object_to_json_string_ext(params, JSON_C_TO_STRING_PLAIN));
}

#define assert_params(line, expected)               \
	do {                                        \
		char *got = params_of(line);        \
		assert_string_equal(got, expected); \
		free(got);                          \
	} while (0)

static void act_words_light_takes_a_mode_alone(void **state)
{
	assert_params("light on", "{\"mode\":\"on\"}");
	assert_params("light work blink", "{\"node\":\"work\",\"mode\":\"blink\"}");
	assert_params("light work on off", "misuse");
}

static void act_words_become_numbers_and_booleans(void **state)
{
	assert_params("temp bed off", "{\"heater\":\"bed\",\"target_c\":0}");
	assert_params("temp nozzle1 215.5", "{\"heater\":\"nozzle1\",\"target_c\":215.5}");
	assert_params("temp bed warm", "misuse");
	assert_params("fan aux 60", "{\"fan\":\"aux\",\"percent\":60}");
	assert_params("move z -5", "{\"axis\":\"z\",\"mm\":-5}");
	assert_params("extruder left", "{\"index\":1}");
	assert_params("extruder right", "{\"index\":0}");
	assert_params("xcam spaghetti on", "{\"module\":\"spaghetti\",\"on\":true}");
	assert_params("record-video off", "{\"on\":false}");
	assert_params("timelapse-switch on", "{\"on\":true}");
	assert_params("timelapse-switch perhaps", "misuse");
	assert_params("option sound=on", "{\"key\":\"sound\",\"value\":true}");
	assert_params("option sound off", "{\"key\":\"sound\",\"value\":false}");
	assert_params("option sound", "misuse");
}

static void act_words_left_over_are_refused(void **state)
{
	assert_params("pause job", "misuse");
	assert_params("speed sport sent", "misuse");
	assert_params("ams load A1 220", "misuse");
}

static void act_words_of_a_list_are_all_taken(void **state)
{
	assert_params("skip 3 5,8", "{\"objects\":[3,5,8]}");
	assert_params("skip three", "misuse");
	assert_params("calibrate bed vibration", "{\"what\":[\"bed\",\"vibration\"]}");
	assert_params("gcode G28", "{\"lines\":[\"G28\"]}");
	assert_params("gcode M117,1 G4", "{\"lines\":[\"M117,1\",\"G4\"]}");
	assert_params("gcode", "misuse");
	assert_params("gcode -f /nonexistent", "misuse");
	assert_params("gcode -f /nonexistent G28", "misuse");
}

static void act_color_is_of_the_filament_when_it_is_one(void **state)
{
	assert_params(
	    "ams set A1 --color FF0000 --type PLA", "{\"color\":\"FF0000\",\"slot\":\"A1\"}");
	assert_params("ams set A1 --color never", "{\"slot\":\"A1\"}");
}

static void act_options_become_parameters(void **state)
{
	assert_params("pause --dry-run", "{\"dry_run\":true}");
	assert_params("pause --no-wait", "{\"until\":\"sent\"}");
	assert_params("pause --timeout 30s", "{\"timeout_ms\":30000}");
	assert_params("ams dry A --stop", "{\"unit\":\"A\"}");
}

static void act_options_wait_longer_than_the_command(void **state)
{
	static const struct {
		const char *method;
		int64_t typed_ms, at_least_ms;
	} cases[] = {
	    {"ams.load", 0, 190000},
	    {"ams.unload", 0, 190000},
	    {"print.pause", 0, 15000},
	    {"print.pause", 60000, 65000},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_json_ json_object *params = json_object_new_object();
		struct ctl c = {.method = method_find(cases[i].method), .client.fd = -1};

		c.args.given[OPT_TIMEOUT] = cases[i].typed_ms > 0;
		c.args.timeout_ms = cases[i].typed_ms;
		act_options(&c, params);
		assert_true(c.args.timeout_ms >= cases[i].at_least_ms);
	}
}

/* Words and options of its own have the rest. */
static bool has_another_way(const char *method, const char *param)
{
	static const char *const shared[] = {
	    "until", "timeout_ms", "dry_run", "many", "confirm", "node", "version", "color", NULL};

	for (size_t i = 0; shared[i]; i++) {
		if (strcmp(shared[i], param) == 0) {
			return true;
		}
	}
	return strcmp(method, "print.start") == 0 || strcmp(method, "device.gcode") == 0;
}

static bool has_option(const char *verb, const char *param)
{
	_cleanup_free_ char *name = xstrdup(param);

	for (char *p = name; (p = strchr(p, '_')) != NULL;) {
		*p = '-';
	}
	for (int i = 0; i < OPT_COUNT; i++) {
		if (opt_table[i].verbs && opt_fits((enum opt)i, verb) &&
		    (strcmp(opt_table[i].name, name) == 0 ||
			(i == OPT_TEMP && strcmp(param, "target_c") == 0))) {
			return true;
		}
	}
	return false;
}

static void act_every_optional_parameter_has_an_option(void **state)
{
	size_t seen = 0;

	for (size_t i = 0; i < method_count; i++) {
		const struct method *m = &method_table[i];

		for (size_t k = 1; act_is_command(m) && m->verb && k < method_param_count(m); k++) {
			const struct method_param *p = &m->params[k];

			if (p->required || has_another_way(m->name, p->name)) {
				continue;
			}
			seen++;
			if (!has_option(m->verb, p->name)) {
				fail_msg("%s has no option for %s", m->verb, p->name);
			}
		}
	}
	assert_true(seen > 10);
}

static void act_is_command_only_what_can_be_tried_dry(void **state)
{
	assert_true(act_is_command(method_find("device.light")));
	assert_false(act_is_command(method_find("printer.refresh")));
	assert_false(act_is_command(NULL));
}

static void assert_prints(
    const char *method, const char *params, const char *result, int status, const char *expected)
{
	_cleanup_json_ json_object *p = NULL, *r = NULL;
	_cleanup_free_ char *text = NULL;
	struct out o = {.legend = true};
	size_t size;

	assert_int_equal(json_parse(params, strlen(params), 16, &p), 0);
	assert_int_equal(json_parse(result, strlen(result), 16, &r), 0);
	o.f = o.errors = open_memstream(&text, &size);
	assert_int_equal(act_print(&o, method, p, r), status);
	fclose(o.f);
	assert_string_equal(text, expected);
}

static void act_print_says_which_stage_was_reached(void **state)
{
	assert_prints("print.pause", "{\"printer\":\"a\"}",
	    "{\"stage\":\"effective\",\"took_ms\":1310}", 0, "a  paused  confirmed after 1.3 s\n");
	assert_prints("print.pause", "{\"printer\":\"a\"}",
	    "{\"stage\":\"effective\",\"took_ms\":0,\"already\":true}", 0, "a  already paused\n");
	assert_prints("device.buzzer", "{\"printer\":\"a\"}", "{\"stage\":\"acked\",\"took_ms\":9}",
	    0, "a  acknowledged (nothing to see of it)\n");
	assert_prints("device.reboot", "{\"printer\":\"a\"}", "{\"stage\":\"sent\",\"took_ms\":9}",
	    0, "a  sent (no answer to expect)\n");
	assert_prints("print.pause", "{\"printer\":\"a\",\"until\":\"sent\"}",
	    "{\"stage\":\"sent\",\"took_ms\":9}", 0, "a  sent (not waited for)\n");
}

static void act_print_lines_up_several_and_counts_failures(void **state)
{
	assert_prints("print.pause", "{\"printer\":\"@all\"}",
	    "{\"results\":[{\"printer\":\"rack1-02\",\"stage\":\"effective\",\"took_ms\":1300},"
	    "{\"printer\":\"rack2-03\",\"stage\":\"effective\",\"took_ms\":0,\"already\":true},"
	    "{\"printer\":\"mini\",\"error\":{\"code\":8,\"message\":"
	    "\"mini: sent, no effect seen within 10 s\",\"data\":{\"type\":\"unverified\"}}}]}",
	    8,
	    "rack1-02  paused          confirmed after 1.3 s\n"
	    "rack2-03  already paused\n"
	    "mini      sent, no effect seen within 10 s (unverified)\n"
	    "1 of 3 not confirmed\n");
}

static void act_print_dry_run_is_the_payloads(void **state)
{
	assert_prints("print.pause", "{\"printer\":\"a\",\"dry_run\":true}",
	    "{\"printer\":\"a\",\"payloads\":[{\"print\":{\"x\":\"a/b\",\"y\":1.50}},{\"z\":1}]}",
	    0, "{\"print\":{\"x\":\"a/b\",\"y\":1.50}}\n{\"z\":1}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(act_words_light_takes_a_mode_alone),
	    cmocka_unit_test(act_words_become_numbers_and_booleans),
	    cmocka_unit_test(act_words_left_over_are_refused),
	    cmocka_unit_test(act_words_of_a_list_are_all_taken),
	    cmocka_unit_test(act_color_is_of_the_filament_when_it_is_one),
	    cmocka_unit_test(act_options_become_parameters),
	    cmocka_unit_test(act_options_wait_longer_than_the_command),
	    cmocka_unit_test(act_every_optional_parameter_has_an_option),
	    cmocka_unit_test(act_is_command_only_what_can_be_tried_dry),
	    cmocka_unit_test(act_print_says_which_stage_was_reached),
	    cmocka_unit_test(act_print_lines_up_several_and_counts_failures),
	    cmocka_unit_test(act_print_dry_run_is_the_payloads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
