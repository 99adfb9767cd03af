/* SPDX-License-Identifier: MIT */
/* What the metrics tell, what they leave out, and how they quote it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "daemon/bridge/metrics.h"
#include "daemon/bridge/metrics_internal.h"
#include "daemon/io/loop.h"
#include "daemon/model/hub.h"
#include "tests/unit/bridge/fake_fleet.h"

static struct printer printers[3];
static struct registry registry = {printers, ARRAY_SIZE(printers)};
static struct loop *loop;
static struct hub *hub;
static struct metrics *metrics;
static char *text;

static unsigned clients(void *arg)
{
	return 7;
}

static void wake(void *arg)
{
}

static int setup(void **state)
{
	struct metrics_deps deps = {.registry = &registry, .version = "9.8.7", .clients = clients};

	memset(printers, 0, sizeof(printers));
	sample_fresh(&printers[0].sample);
	sample_printing_h2d(&printers[1].sample);
	sample_idle_p1s(&printers[2].sample);
	deps.loop = loop = loop_create(NULL);
	deps.hub = hub = hub_create(1, 1, wake, NULL);
	metrics = metrics_create(&deps);
	return 0;
}

static int teardown(void **state)
{
	metrics_destroy(metrics);
	hub_destroy(hub);
	loop_destroy(loop);
	for (size_t i = 0; i < ARRAY_SIZE(printers); i++) {
		sample_finish(&printers[i].sample);
	}
	free(TAKE(text));
	return 0;
}

/* The value of the sample with exactly these labels, as text; NULL when there is none. */
static const char *value(const char *name, const char *labels)
{
	static char found[64];
	_cleanup_free_ char *head = xasprintf("\n%s%s ", name, labels);
	char *at;

	free(text);
	text = metrics_text(metrics);
	at = strstr(text, head);
	if (!at) {
		return NULL;
	}
	snprintf(
	    found, sizeof(found), "%.*s", (int)strcspn(at + strlen(head), "\n"), at + strlen(head));
	return found;
}

#define H2D "{serial=\"0948BB540200427\",printer=\"rack1-01\""
#define P1S "{serial=\"01P00A000000001\",printer=\"rack2-03\""
#define FRESH "{serial=\"ZZZ00A000000001\",printer=\"new\""

static void assert_value(const char *name, const char *labels, const char *want)
{
	const char *got = value(name, labels);

	if (!got || strcmp(got, want) != 0) {
		fail_msg("%s%s is %s, not %s", name, labels, got ? got : "absent", want);
	}
}

static void known_values_are_told_in_base_units(void **state)
{
	static const char *const rows[][3] = {
	    {"bambu_printer_info", H2D ",model=\"H2D\",firmware=\"01.03.00.00\",plane=\"lan\"}",
		"1"},
	    {"bambu_printer_up", H2D "}", "1"},
	    {"bambu_report_age_seconds", H2D "}", "0.412"},
	    {"bambu_print_state", H2D ",state=\"printing\"}", "1"},
	    {"bambu_print_state", H2D ",state=\"idle\"}", "0"},
	    {"bambu_job_progress_ratio", H2D "}", "0.47"},
	    {"bambu_job_remaining_seconds", H2D "}", "7380"},
	    {"bambu_job_layer", H2D "}", "112"},
	    {"bambu_job_layers", H2D "}", "238"},
	    {"bambu_temperature_celsius", H2D ",sensor=\"nozzle_right\"}", "219.8"},
	    {"bambu_temperature_celsius", H2D ",sensor=\"nozzle_left\"}", "40"},
	    {"bambu_temperature_celsius", P1S ",sensor=\"nozzle\"}", "26.5"},
	    {"bambu_temperature_target_celsius", H2D ",sensor=\"bed\"}", "65"},
	    {"bambu_temperature_target_celsius", H2D ",sensor=\"chamber\"}", "0"},
	    {"bambu_fan_speed_ratio", H2D ",fan=\"part\"}", "0.6"},
	    {"bambu_ams_humidity_ratio", H2D ",ams=\"A\"}", "0.18"},
	    {"bambu_ams_temperature_celsius", H2D ",ams=\"HT-B\"}", "65.5"},
	    {"bambu_filament_remaining_ratio", H2D ",ams=\"A\",slot=\"1\"}", "0.83"},
	    {"bambu_filament_remaining_ratio", H2D ",ams=\"HT-B\",slot=\"1\"}", "1"},
	    {"bambu_hms_active", H2D ",severity=\"fatal\"}", "0"},
	    {"bambu_wifi_signal_dbm", H2D "}", "-52"},
	    {"bambu_build_info", "{version=\"9.8.7\"}", "1"},
	    {"bambud_clients", "", "7"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_value(rows[i][0], rows[i][1], rows[i][2]);
	}
}

static void unknown_values_are_absent(void **state)
{
	static const char *const rows[][2] = {
	    {"bambu_report_age_seconds", FRESH "}"},
	    {"bambu_job_progress_ratio", FRESH "}"},
	    {"bambu_job_progress_ratio", P1S "}"}, /* of a job that is over */
	    {"bambu_job_remaining_seconds", P1S "}"},
	    {"bambu_job_layer", P1S "}"},
	    {"bambu_temperature_celsius", FRESH ",sensor=\"bed\"}"},
	    {"bambu_temperature_celsius", P1S ",sensor=\"chamber\"}"}, /* a fake 5 */
	    {"bambu_temperature_target_celsius", P1S ",sensor=\"chamber\"}"},
	    {"bambu_fan_speed_ratio", FRESH ",fan=\"part\"}"},
	    {"bambu_ams_humidity_ratio", P1S ",ams=\"A\"}"},
	    {"bambu_filament_remaining_ratio", P1S ",ams=\"A\",slot=\"3\"}"},
	    {"bambu_hms_active", FRESH ",severity=\"fatal\"}"},
	    {"bambu_wifi_signal_dbm", FRESH "}"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (value(rows[i][0], rows[i][1])) {
			fail_msg("%s%s is told", rows[i][0], rows[i][1]);
		}
	}
	assert_value("bambu_printer_info", FRESH "}", "1");
	assert_value("bambu_printer_up", FRESH "}", "0");
	assert_value("bambu_print_state", FRESH ",state=\"unknown\"}", "1");
	assert_null(strstr(text, "NaN"));
	assert_null(strstr(text, "null"));
	assert_null(strstr(text, "-2147483648"));
}

static void job_names_are_told_nowhere(void **state)
{
	assert_null(value("bambu_no_such_family", ""));
	assert_null(strstr(text, "lid_plate2"));
}

static void counters_are_those_of_the_printer(void **state)
{
	struct printer_counters *n = &printers[1].counters;

	n->full = 3;
	n->delta = 42;
	n->by_cloud[REPORT_DELTA] = 2;
	n->dropped_topic = 2;
	n->down[MQTT_DOWN_LOST] = 5;
	assert_value("bambu_messages_total", H2D ",plane=\"lan\",kind=\"full\"}", "3");
	assert_value("bambu_messages_total", H2D ",plane=\"lan\",kind=\"delta\"}", "40");
	assert_value("bambu_messages_total", H2D ",plane=\"cloud\",kind=\"delta\"}", "2");
	assert_null(value("bambu_messages_total", H2D ",plane=\"cloud\",kind=\"full\"}"));
	assert_value("bambu_messages_dropped_total", H2D ",reason=\"topic\"}", "2");
	assert_value("bambu_messages_dropped_total", H2D ",reason=\"syntax\"}", "0");
	assert_value("bambu_reconnects_total", H2D ",plane=\"lan\",reason=\"lost\"}", "5");
	assert_null(value("bambu_reconnects_total", P1S ",plane=\"lan\",reason=\"lost\"}"));
}

static void ended_prints_are_counted_from_events(void **state)
{
	const char *h2d = "0948BB540200427", *p1s = "01P00A000000001";

	assert_value("bambu_prints_total", H2D ",result=\"finished\"}", "0");
	hub_event(hub, EVENT_PRINT_FINISHED, "rack1-01", h2d, NULL, 0);
	hub_event(hub, EVENT_PRINT_FINISHED, "rack1-01", h2d, NULL, 0);
	hub_event(hub, EVENT_PRINT_CANCELLED, "rack2-03", p1s, NULL, 0);
	hub_event(hub, EVENT_PRINT_STARTED, "rack2-03", p1s, NULL, 0);
	hub_event(hub, EVENT_DAEMON_STARTED, NULL, NULL, NULL, 0);
	hub_event(hub, EVENT_PRINT_FAILED, "gone", "00M00A000000009", NULL, 0);
	assert_value("bambu_prints_total", H2D ",result=\"finished\"}", "2");
	assert_value("bambu_prints_total", H2D ",result=\"failed\"}", "0");
	assert_value("bambu_prints_total", P1S ",result=\"cancelled\"}", "1");
	assert_value("bambu_prints_total", FRESH ",result=\"finished\"}", "0");
}

static void commands_are_counted_by_method_and_result(void **state)
{
	const char *h2d = "0948BB540200427";

	assert_null(value("bambu_commands_total", H2D ",method=\"print.pause\",result=\"acked\"}"));
	for (int i = 0; i < 2; i++) {
		hub_event(hub, EVENT_COMMAND_DONE, "rack1-01", h2d,
		    "{\"method\":\"print.pause\",\"stage\":\"acked\"}", 0);
	}
	hub_event(hub, EVENT_COMMAND_REJECTED, "rack1-01", h2d,
	    "{\"method\":\"print.pause\",\"stage\":\"sent\",\"type\":\"rejected\"}", 0);
	hub_event(hub, EVENT_COMMAND_DONE, "rack1-01", h2d,
	    "{\"method\":\"a\\\"b\",\"stage\":\"acked\"}", 0);
	hub_event(hub, EVENT_COMMAND_DONE, "rack1-01", h2d, "{\"method\":1}", 0);
	assert_value("bambu_commands_total", H2D ",method=\"print.pause\",result=\"acked\"}", "2");
	assert_value(
	    "bambu_commands_total", H2D ",method=\"print.pause\",result=\"rejected\"}", "1");
	assert_null(strstr(text, "a\\\"b"));
	assert_value("bambud_events_total", "{kind=\"command.done\"}", "4");
	assert_value("bambud_events_total", "{kind=\"door.opened\"}", "0");
}

static void error_is_what_nobody_wanted(void **state)
{
	static const struct {
		uint32_t error;
		const char *value;
	} rows[] = {{0, "0"}, {0x0300400C, "0"}, {0x0500400E, "0"}, {0x03008001, "0"},
	    {0x03000001, "0"}, {0x03008004, "1"}, {0x05004003, "1"}, {0x0500C010, "1"}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		printers[1].sample.state.print.error = rows[i].error;
		assert_value("bambu_print_error", H2D "}", rows[i].value);
	}
	assert_null(value("bambu_print_error", FRESH "}"));
}

static void trouble_with_the_disk_stands_till_it_is_over(void **state)
{
	assert_value("bambud_disk_trouble", "", "0");
	hub_event(hub, EVENT_DISK_FULL, NULL, NULL, NULL, 0);
	assert_value("bambud_disk_trouble", "", "1");
	hub_event(hub, EVENT_DISK_RECOVERED, NULL, NULL, NULL, 0);
	assert_value("bambud_disk_trouble", "", "0");
}

static void file_leaves_out_what_its_reader_has_itself(void **state)
{
	free(text);
	text = metrics_text_for_file(metrics);
	assert_null(strstr(text, "\nprocess_"));
	assert_non_null(strstr(text, "\nbambud_start_time_seconds "));
	assert_non_null(strstr(text, "\nbambu_printer_up{"));
}

static void values_of_peers_are_quoted(void **state)
{
	struct state_info *info = &printers[1].sample.state.info;

	str_copy(info->firmware, sizeof(info->firmware), "a\"b\\c\nd\x1b\xff");
	assert_value("bambu_printer_info",
	    H2D ",model=\"H2D\",firmware=\"a\\\"b\\\\c\\\\x0Ad\\\\x1B\\\\xFF\",plane=\"lan\"}",
	    "1");
}

/* Every family of the table has one head, its samples follow it, and nothing else is there. */
static void families_are_headed_once_and_whole(void **state)
{
	char family[64] = "", *rest, *line;
	size_t heads = 0, types = 0;

	printers[1].counters.down[MQTT_DOWN_TLS] = 1;
	free(text);
	text = metrics_text(metrics);
	assert_int_equal(text[strlen(text) - 1], '\n');
	rest = text;
	while ((line = strsep(&rest, "\n")) && rest) {
		if (str_starts(line, "# HELP ")) {
			snprintf(
			    family, sizeof(family), "%.*s", (int)strcspn(line + 7, " "), line + 7);
			heads++;
		} else if (str_starts(line, "# TYPE ")) {
			assert_true(str_starts(line + 7, family));
			types++;
		} else {
			assert_true(str_starts(line, family));
			assert_true(strchr("{ ", line[strlen(family)]) != NULL);
		}
	}
	assert_int_equal(heads, types);
	/* There is no account, and no command was given: three leave no trace. */
	assert_int_equal(heads, printer_family_count + daemon_family_count - 3);
}

static void counters_and_only_counters_end_in_total(void **state)
{
	for (size_t i = 0; i < printer_family_count; i++) {
		const char *name = printer_families[i].name;
		const char *end = strstr(name, "_total");

		assert_int_equal(
		    end != NULL && end[6] == '\0', printer_families[i].type == METRIC_COUNTER);
		assert_null(strpbrk(printer_families[i].help, "\\\n"));
	}
	for (size_t i = 0; i < daemon_family_count; i++) {
		const char *end = strstr(daemon_families[i].name, "_total");

		assert_int_equal(
		    end != NULL && end[6] == '\0', daemon_families[i].type == METRIC_COUNTER);
	}
}

static void process_facts_are_those_of_this_process(void **state)
{
	struct process_facts f, later;
	volatile unsigned spin = 0;
	int fd;

	process_facts_read(&f);
	assert_true(f.resident_bytes > 1000000 && f.virtual_bytes >= f.resident_bytes);
	assert_true(f.max_fds > 0 && f.open_fds >= 3 && f.open_fds < f.max_fds);
	assert_true(f.cpu_s >= 0 && f.uptime_s >= 0 && f.uptime_s < 3600);
	fd = dup(STDERR_FILENO);
	do {
		for (unsigned i = 0; i < 1000000; i++) {
			spin += i;
		}
		process_facts_read(&later);
	} while (later.cpu_s <= f.cpu_s);
	assert_int_equal(later.open_fds, f.open_fds + 1);
	assert_true(later.uptime_s >= f.uptime_s);
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(known_values_are_told_in_base_units),
	    TEST(unknown_values_are_absent),
	    TEST(job_names_are_told_nowhere),
	    TEST(counters_are_those_of_the_printer),
	    TEST(ended_prints_are_counted_from_events),
	    TEST(commands_are_counted_by_method_and_result),
	    TEST(error_is_what_nobody_wanted),
	    TEST(trouble_with_the_disk_stands_till_it_is_over),
	    TEST(file_leaves_out_what_its_reader_has_itself),
	    TEST(values_of_peers_are_quoted),
	    TEST(families_are_headed_once_and_whole),
	    TEST(counters_and_only_counters_end_in_total),
	    TEST(process_facts_are_those_of_this_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
