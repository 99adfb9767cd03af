/* SPDX-License-Identifier: MIT */
/* What each method answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "daemon/api/render.h"
#include "tests/unit/api/rig.h"

static struct rig rig;
static struct client client;

static int setup(void **state)
{
	rig_start(&rig, 3);
	client_dial(&rig, &client);
	return 0;
}

static int teardown(void **state)
{
	client_hang_up(&client);
	rig_stop(&rig);
	return 0;
}

static json_object *result(const char *method, const char *params)
{
	return client_result(&rig, &client, method, params);
}

static void refused(const char *method, const char *params, enum err_type type)
{
	client_refused(&rig, &client, method, params, type);
}

static size_t length(json_object *o, const char *key)
{
	json_object *array = json_get_arr(o, key);

	assert_non_null(array);
	return json_object_array_length(array);
}

static void hello_says_who_serves_and_what_i_may(void **state)
{
	_cleanup_json_ json_object *r = result("hello", "{\"client\":\"x/1\",\"api\":1}");
	char uid[16];

	snprintf(uid, sizeof(uid), "%u", (unsigned)geteuid());
	assert_string_equal(at(r, "server"), "bambud/9.8.7");
	assert_string_equal(at(r, "api"), "[1,1]");
	assert_string_equal(at(r, "instance"), "bench");
	assert_int_equal(strlen(at(r, "boot_id")), 32);
	assert_string_equal(at(r, "you.uid"), uid);
	assert_string_equal(at(r, "you.perm"), "[\"read\",\"control\",\"admin\"]");
	assert_true(length(r, "features") > 0);
	refused("hello", "{\"api\":2}", ERR_UNSUPPORTED);
}

static void api_tables_are_whole(void **state)
{
	_cleanup_json_ json_object *methods = result("api.methods", NULL);
	_cleanup_json_ json_object *errors = result("api.errors", NULL);
	_cleanup_json_ json_object *events = result("api.events", NULL);
	_cleanup_json_ json_object *keys = result("api.keys", NULL);

	assert_int_equal(length(methods, "methods"), method_count);
	assert_int_equal(length(errors, "errors"), ERR_COUNT - 1);
	assert_int_equal(length(events, "events"), EVENT_COUNT);
	assert_int_equal(length(keys, "keys"), render_key_count);
	assert_string_equal(at(events, "events.0.kind"), "printer.online");
	assert_string_equal(at(events, "events.0.kept"), "true");
}

static void api_methods_shows_words_and_bounds(void **state)
{
	_cleanup_json_ json_object *r = result("api.methods", NULL);
	char path[64];

	snprintf(path, sizeof(path), "methods.%zu.params.0.enum",
	    method_index(method_find("daemon.log_level")));
	assert_string_equal(at(r, path), "[\"err\",\"warn\",\"info\",\"debug\"]");
	snprintf(path, sizeof(path), "methods.%zu.since", method_index(method_find("record.stop")));
	assert_string_equal(at(r, path), "0.6.0");
	snprintf(path, sizeof(path), "methods.%zu.params.0.min",
	    method_index(method_find("events.unsubscribe")));
	assert_string_equal(at(r, path), "1");
}

static void ping_has_the_time(void **state)
{
	_cleanup_json_ json_object *r = result("daemon.ping", NULL);

	assert_string_equal(at(r, "pong"), "true");
	assert_string_equal(at(r, "time"), "2026-11-23T01:00:01.000Z");
}

static void daemon_status_counts_printers_and_clients(void **state)
{
	_cleanup_json_ json_object *r = NULL;

	fake_printer_percent(rig_printer(&rig, 0), 5);
	fake_printer_link(rig_printer(&rig, 1), LINK_OFFLINE);
	rig_pass(&rig, 65000);
	r = result("daemon.status", NULL);
	assert_string_equal(at(r, "version"), "9.8.7");
	assert_string_equal(at(r, "uptime_s"), "65");
	assert_string_equal(
	    at(r, "printers"), "{\"total\":3,\"online\":2,\"printing\":1,\"problem\":1}");
	assert_string_equal(at(r, "clients"), "1");
	assert_true(strtoll(at(r, "rss_bytes"), NULL, 10) > 1000000);
	assert_string_equal(at(r, "config.files"), "[\"bambud.conf\"]");
	assert_string_equal(at(r, "cloud"), "{\"state\":null}");
}

static void daemon_stats_has_counters_per_printer(void **state)
{
	_cleanup_json_ json_object *r = result("daemon.stats", NULL);

	assert_string_equal(at(r, "counters.printers.p2.messages"), "3");
	assert_string_equal(at(r, "counters.clients.requests"), "1");
	assert_string_equal(at(r, "counters.hub.epoch"), "5");
}

static void daemon_reload_says_what_changed_or_why_not(void **state)
{
	_cleanup_json_ json_object *r = result("daemon.reload", NULL);

	assert_string_equal(at(r, "changed"), "[\"Printer p0\"]");
	assert_int_equal(rig.reloads, 1);
	rig.reload_fails = true;
	refused("daemon.reload", NULL, ERR_USAGE);
}

static void log_level_changes_once(void **state)
{
	enum log_level before = log_get_level();
	_cleanup_json_ json_object *first = NULL, *second = NULL;

	log_set_level(LOG_LEVEL_INFO);
	first = result("daemon.log_level", "{\"level\":\"err\"}");
	second = result("daemon.log_level", "{\"level\":\"err\"}");
	assert_int_equal(log_get_level(), LOG_LEVEL_ERR);
	log_set_level(before);
	assert_string_equal(at(first, "changed"), "[\"log_level\"]");
	assert_string_equal(at(second, "changed"), "[]");
	refused("daemon.log_level", "{\"level\":\"err\",\"printer\":\"p0\"}", ERR_UNSUPPORTED);
	refused("daemon.log_level", "{\"level\":\"loud\"}", ERR_INVALID_PARAMS);
}

static void list_has_all_or_what_the_selector_says(void **state)
{
	_cleanup_json_ json_object *all = result("printer.list", NULL);
	_cleanup_json_ json_object *some = result("printer.list", "{\"printer\":[\"p0\",\"p2\"]}");
	_cleanup_json_ json_object *none = result("printer.list", "{\"printer\":\"@printing\"}");

	assert_int_equal(length(all, "printers"), 3);
	assert_string_equal(at(all, "printers.0.name"), "p0");
	assert_string_equal(at(all, "cloud.state"), "null");
	assert_int_equal(length(some, "printers"), 2);
	assert_string_equal(at(some, "printers.1.name"), "p2");
	assert_int_equal(length(none, "printers"), 0);
	refused("printer.list", "{\"printer\":\"nobody\"}", ERR_NO_SUCH_PRINTER);
}

static void get_of_one_name_is_that_printers_object(void **state)
{
	_cleanup_json_ json_object *by_name = result("printer.get", "{\"printer\":\"p1\"}");
	_cleanup_json_ json_object *by_serial =
	    result("printer.get", "{\"printer\":\"01P00A000000001\"}");

	assert_string_equal(at(by_name, "name"), "p1");
	assert_string_equal(at(by_name, "serial"), "01P00A000000001");
	assert_string_equal(at(by_serial, "name"), "p1");
	assert_string_equal(at(by_name, "raw"), "-");
}

static void get_of_a_group_is_results_even_of_one(void **state)
{
	_cleanup_json_ json_object *all = result("printer.get", "{\"printer\":\"@all\"}");
	_cleanup_json_ json_object *one = result("printer.get", "{\"printer\":\"p1*\"}");
	_cleanup_json_ json_object *two = result("printer.get", "{\"printer\":\"p0,p1\"}");

	assert_int_equal(length(all, "results"), 3);
	assert_int_equal(length(one, "results"), 1);
	assert_string_equal(at(one, "results.0.name"), "p1");
	assert_int_equal(length(two, "results"), 2);
}

static void get_without_a_name_takes_the_only_printer(void **state)
{
	_cleanup_json_ json_object *many = client_call(&rig, &client, "printer.get", NULL);
	_cleanup_json_ json_object *one = NULL;

	assert_string_equal(at(many, "error.data.type"), "ambiguous_printer");
	assert_non_null(strstr(at(many, "error.message"), "p0, p1, p2"));
	rig_printers(&rig, 1);
	one = result("printer.get", NULL);
	assert_string_equal(at(one, "name"), "p0");
	rig_printers(&rig, 0);
	refused("printer.get", NULL, ERR_NO_SUCH_PRINTER);
}

static void get_with_sections_leaves_the_others_out(void **state)
{
	_cleanup_json_ json_object *r =
	    result("printer.get", "{\"printer\":\"p1\",\"sections\":[\"print\",\"temp\"]}");

	assert_string_not_equal(at(r, "print"), "-");
	assert_string_not_equal(at(r, "temp"), "-");
	assert_string_equal(at(r, "fans"), "-");
	refused(
	    "printer.get", "{\"printer\":\"p1\",\"sections\":[\"prints\"]}", ERR_INVALID_PARAMS);
}

static void get_with_raw_adds_it_to_the_object(void **state)
{
	_cleanup_json_ json_object *r = result("printer.get", "{\"printer\":\"p1\",\"raw\":true}");
	_cleanup_json_ json_object *some =
	    result("printer.get", "{\"printer\":\"p*\",\"raw\":true}");

	assert_string_not_equal(at(r, "raw"), "-");
	assert_string_equal(at(r, "name"), "p1");
	assert_string_not_equal(at(some, "results.2.raw"), "-");
}

static void raw_answers_the_vendors_text(void **state)
{
	_cleanup_json_ json_object *one = result("printer.raw", "{\"printer\":\"p1\"}");
	_cleanup_json_ json_object *all = result("printer.raw", "{\"printer\":\"@all\"}");

	assert_true(one == NULL || json_object_is_type(one, json_type_object));
	assert_int_equal(length(all, "results"), 3);
	assert_string_equal(at(all, "results.1.printer"), "p1");
}

static void refresh_of_one_answers_its_stage(void **state)
{
	_cleanup_json_ json_object *r = result("printer.refresh", "{\"printer\":\"p1\"}");

	assert_string_equal(at(r, "stage"), "sent");
	assert_int_equal(fake_printer_refreshed(rig_printer(&rig, 1)), 1);
	fake_printer_refuse(rig_printer(&rig, 1), ERR_RATE_LIMITED);
	refused("printer.refresh", "{\"printer\":\"p1\"}", ERR_RATE_LIMITED);
}

static void refresh_of_several_needs_many(void **state)
{
	_cleanup_json_ json_object *r = NULL;

	refused("printer.refresh", "{\"printer\":\"@all\"}", ERR_AMBIGUOUS_PRINTER);
	assert_int_equal(fake_printer_refreshed(rig_printer(&rig, 0)), 0);
	fake_printer_refuse(rig_printer(&rig, 1), ERR_PRINTER_OFFLINE);
	r = result("printer.refresh", "{\"printer\":\"@all\",\"many\":true}");
	assert_string_equal(at(r, "results.0.stage"), "sent");
	assert_string_equal(at(r, "results.1.printer"), "p1");
	assert_string_equal(at(r, "results.1.error.data.type"), "printer_offline");
	assert_string_equal(at(r, "results.2.stage"), "sent");
}

static void ams_of_one_is_the_section_of_several_results(void **state)
{
	_cleanup_json_ json_object *one = result("ams.get", "{\"printer\":\"p1\"}");
	_cleanup_json_ json_object *all = result("ams.get", "{\"printer\":\"@all\"}");

	assert_string_not_equal(at(one, "units"), "-");
	assert_string_equal(at(all, "results.2.printer"), "p2");
	assert_string_not_equal(at(all, "results.2.ams.units"), "-");
}

static void hms_leaves_information_out_unless_asked(void **state)
{
	_cleanup_json_ json_object *some = NULL, *all = NULL, *every = NULL;

	/* Severity is the third 16-bit group: 2 serious, 4 info. */
	fake_printer_hms(rig_printer(&rig, 1), 0x03001200, 0x00020001);
	fake_printer_hms(rig_printer(&rig, 1), 0x03001200, 0x00040001);
	some = result("hms.list", "{\"printer\":\"p1\"}");
	all = result("hms.list", "{\"printer\":\"p1\",\"all\":true}");
	every = result("hms.list", "{\"printer\":\"@all\"}");
	assert_int_equal(length(some, "hms"), 1);
	assert_string_equal(at(some, "hms.0.code"), "0300-1200-0002-0001");
	assert_int_equal(length(all, "hms"), 2);
	assert_string_equal(at(every, "results.1.printer"), "p1");
	assert_string_equal(at(every, "results.1.hms.0.severity"), "serious");
}

static void hms_text_explains_both_kinds_of_codes(void **state)
{
	_cleanup_json_ json_object *hms =
	    result("hms.text", "{\"code\":\"HMS_0300_1200_0002_0001\"}");
	_cleanup_json_ json_object *error = result("hms.text", "{\"code\":\"0300400C\"}");

	assert_string_equal(at(hms, "code"), "0300-1200-0002-0001");
	assert_string_equal(at(hms, "severity"), "serious");
	assert_non_null(strstr(at(hms, "url"), "https://"));
	assert_string_equal(at(error, "code"), "0300-400C");
	assert_string_equal(at(error, "severity"), "null");
	refused("hms.text", "{\"code\":\"banana\"}", ERR_INVALID_PARAMS);
	refused("hms.text", "{\"code\":\"0300400C\",\"lang\":\"de\"}", ERR_UNSUPPORTED);
}

static void selector_has_bounds(void **state)
{
	size_t size = 12000;
	char *params = xcalloc(size, 1);
	size_t used = (size_t)snprintf(params, size, "{\"printer\":\"p0");

	while (used < 2000) {
		used += (size_t)snprintf(params + used, size - used, ",p0");
	}
	snprintf(params + used, size - used, "\"}");
	refused("printer.list", params, ERR_INVALID_PARAMS);
	memset(params + 12, 'x', 9000);
	snprintf(params + 9012, size - 9012, "\"}");
	refused("printer.get", params, ERR_INVALID_PARAMS);
	free(params);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(hello_says_who_serves_and_what_i_may),
	    TEST(api_tables_are_whole),
	    TEST(api_methods_shows_words_and_bounds),
	    TEST(ping_has_the_time),
	    TEST(daemon_status_counts_printers_and_clients),
	    TEST(daemon_stats_has_counters_per_printer),
	    TEST(daemon_reload_says_what_changed_or_why_not),
	    TEST(log_level_changes_once),
	    TEST(list_has_all_or_what_the_selector_says),
	    TEST(get_of_one_name_is_that_printers_object),
	    TEST(get_of_a_group_is_results_even_of_one),
	    TEST(get_without_a_name_takes_the_only_printer),
	    TEST(get_with_sections_leaves_the_others_out),
	    TEST(get_with_raw_adds_it_to_the_object),
	    TEST(raw_answers_the_vendors_text),
	    TEST(refresh_of_one_answers_its_stage),
	    TEST(refresh_of_several_needs_many),
	    TEST(ams_of_one_is_the_section_of_several_results),
	    TEST(hms_leaves_information_out_unless_asked),
	    TEST(hms_text_explains_both_kinds_of_codes),
	    TEST(selector_has_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
