/* SPDX-License-Identifier: MIT */
/* Loading: order of files, lists, unknown words, [Daemon]. */
#include <errno.h>
#include <sys/prctl.h>

#include "tests/unit/config/fixture.h"

static void config_reads_the_smallest_private_one(void **state)
{
	struct config *c;

	fixture_write("ca.pem", 0644, "");
	c = fixture_load_mode(0600, "[Daemon]\nSocket=./run/control.sock\nStateDirectory=./state\n"
				    "CacheDirectory=./cache\n[Printer one]\n"
				    "Serial=01P00A000000001\nAddress=127.0.0.1\nPort=18883\n"
				    "AccessCode=12345678\nCaFile=./ca.pem\nCamera=off\n");
	assert_int_equal(c->warning_count, 0);
	assert_int_equal(c->error_count, 0);
	assert_string_equal(c->daemon.socket, fixture_path("run/control.sock"));
	assert_string_equal(c->daemon.state_dir, fixture_path("state"));
	assert_string_equal(c->daemon.cache_dir, fixture_path("cache"));
	assert_string_equal(c->daemon.group, "bambu");
	assert_int_equal(c->daemon.log_level, LOG_LEVEL_INFO);
	assert_true(*c->daemon.instance);
	assert_int_equal(c->printer_count, 1);
	assert_null(c->printers[0].disabled);
	assert_int_equal(c->printers[0].port, 18883);
	assert_int_equal(c->printers[0].ftp_port, 990);
	assert_int_equal(c->printers[0].camera, CAMERA_OFF);
	assert_int_equal(c->printers[0].gcode, GCODE_CONFIRM);
	assert_string_equal(c->printers[0].ca_file, fixture_path("ca.pem"));
	assert_string_equal(secret_reveal(c->printers[0].access_code), "12345678");
	assert_string_equal(c->files[0], fixture_path("t.conf"));
	assert_null(c->files[1]);
	config_destroy(c);
}

static void config_later_value_wins_and_lists_grow(void **state)
{
	struct config *c = fixture_load(FIXTURE_PRINTER "Port=1\nTags=a\tb\nPort=2\nTags=c\n"
							"[Daemon]\nInstance=two\n"
							"[Printer one]\nTags=d\n");
	struct printer_config *p = &c->printers[0];

	assert_int_equal(c->printer_count, 1);
	assert_int_equal(p->port, 2);
	assert_string_equal(p->tags[2], "c");
	assert_string_equal(p->tags[3], "d");
	assert_null(p->tags[4]);
	assert_string_equal(c->daemon.instance, "two");
	config_destroy(c);
}

static void config_list_is_bounded(void **state)
{
	char text[12000] = FIXTURE_PRINTER;
	size_t n = strlen(text);
	struct config *c;
	int i;

	for (i = 0; i < 9; i++) {
		n += (size_t)snprintf(text + n, sizeof(text) - n, "Tags=%01000d\n", i);
	}
	c = fixture_load(text);
	fixture_one_warning(c, ":18: Tags= is longer than 8192 bytes by now");
	assert_non_null(c->printers[0].tags[7]);
	assert_null(c->printers[0].tags[8]);
	config_destroy(c);
}

static void config_empty_value_empties_a_list_and_restores_a_default(void **state)
{
	struct config *c = fixture_load(FIXTURE_PRINTER "Port=1\nPort=\nTags=a\nTags=\nTags=b\n"
							"Model=X\nModel=\n");

	assert_int_equal(c->printers[0].port, 8883);
	assert_string_equal(c->printers[0].tags[0], "b");
	assert_null(c->printers[0].tags[1]);
	assert_null(c->printers[0].model);
	config_destroy(c);
}

static void config_unknown_key_says_place_and_nearest_name(void **state)
{
	struct config *c = fixture_load(FIXTURE_PRINTER "Adress=192.0.2.1\n");

	fixture_one_warning(
	    c, "/t.conf:10: unknown key Adress= in [Printer], did you mean Address=?");
	assert_int_equal(c->error_count, 1);
	config_destroy(c);
	c = fixture_load("LogLvel=info\n");
	fixture_one_warning(c, "did you mean LogLevel=?");
	config_destroy(c);
	c = fixture_load("Serial=01P00A000000001\n");
	fixture_one_warning(c, "did you mean Serial= of [Printer]?");
	config_destroy(c);
	c = fixture_load("Zzzzzzzzzz=1\n");
	fixture_one_warning(c, "unknown key Zzzzzzzzzz= in [Daemon]");
	assert_null(strstr(c->warnings[0], "did you mean"));
	config_destroy(c);
}

static void config_unknown_section_is_left_out_whole(void **state)
{
	struct config *c = fixture_load("[Priter one]\nSerial=x\nAlso=y\n");

	fixture_one_warning(c, ":6: unknown section [Priter], did you mean [Printer]?");
	assert_int_equal(c->error_count, 1);
	assert_int_equal(c->printer_count, 0);
	config_destroy(c);
}

static void config_section_with_or_without_a_name_as_it_must_be(void **state)
{
	struct config *c = fixture_load("[Printer]\nSerial=x\n[Daemon two]\nLogLevel=nonsense\n");

	assert_int_equal(c->warning_count, 2);
	assert_int_equal(c->error_count, 2);
	fixture_has(c->warnings[0], "[Printer] needs a name");
	fixture_has(c->warnings[1], "[Daemon] has no name");
	config_destroy(c);
}

static void config_features_not_built_get_one_line_each(void **state)
{
	struct config *c = fixture_load(
	    "[Discovery]\nSsdp=no\nAdopt=none\n[Mqtt a]\nX=1\nY=2\n[Mqtt b]\nX=1\n"
	    "[Http]\nPort=1\n" FIXTURE_PRINTER
	    "[Printer two]\nSerial=01P00A000000002\nAddress=127.0.0.1\nAccessCode=1\n");

	assert_int_equal(c->error_count, 0);
	assert_int_equal(c->warning_count, 2);
	fixture_has(c->warnings[0], "[Mqtt] is not in this version");
	fixture_has(c->warnings[1], "[Http] is not in this version");
	config_destroy(c);
}

static void config_account_is_read_from_its_section(void **state)
{
	struct config *c =
	    fixture_load("[Cloud]\nEnabled=yes\nRegion=custom\n"
			 "ApiUrl=https://127.0.0.1:1\nMqttHost=127.0.0.1\nToken=abc\n"
			 "Prefer=cloud\n[Discovery]\nAdopt=none\n");

	assert_int_equal(c->warning_count, 0);
	assert_true(c->cloud.enabled);
	assert_null(c->cloud.disabled);
	assert_int_equal(c->cloud.region, REGION_CUSTOM);
	assert_string_equal(c->cloud.api_url, "https://127.0.0.1:1");
	assert_int_equal(c->cloud.mqtt_port, 8883);
	assert_int_equal(secret_len(c->cloud.token), 3);
	assert_int_equal(c->cloud.prefer, PREFER_CLOUD);
	assert_int_equal(c->discovery.adopt, ADOPT_NONE);
	config_destroy(c);
}

static void config_metrics_have_a_section(void **state)
{
	struct config *c = fixture_load(
	    "[Metrics]\nTextfile=/x/y.prom\nInterval=1\n[Metrics]\nSocket=sub/m.sock\n");

	assert_int_equal(c->error_count, 1);
	fixture_has(c->warnings[0], "Interval=1: want a time such as 30s, 5s..1h");
	assert_string_equal(c->metrics.textfile, "/x/y.prom");
	fixture_has(c->metrics.socket, "/sub/m.sock");
	assert_int_equal(c->metrics.interval_ms, 30000);
	config_destroy(c);
	c = fixture_load("[Metrics]\nTextfile=/x/y.txt\n");
	assert_int_equal(c->error_count, 1);
	fixture_has(c->warnings[0], "Textfile=/x/y.txt: its reader takes names that end in .prom");
	config_destroy(c);
}

static void config_bad_limit_leaves_the_default(void **state)
{
	struct config *c = fixture_load("[Alerts]\nFilamentLow=off\nHumidityHigh=60\n"
					"HumidityLevel=9\nDebounce=5\n");

	assert_int_equal(c->error_count, 1);
	fixture_has(c->warnings[0], "HumidityLevel=9: want a number, off|1..4");
	assert_int_equal(c->limits.low_pct, 0);
	assert_int_equal(c->limits.humid_pct, 60);
	assert_int_equal(c->limits.humid_level, 2);
	assert_int_equal(c->limits.hot_c, 45);
	assert_int_equal(c->limits.hold_ms, 5000);
	config_destroy(c);
}

static void no_account(const char *text, const char *words)
{
	_cleanup_free_ char *all = xasprintf("[Cloud]\nEnabled=yes\n%s" FIXTURE_PRINTER, text);
	struct config *c = fixture_load(all);

	assert_non_null(c->cloud.disabled);
	fixture_has(c->cloud.disabled, words);
	assert_true(c->warning_count > 0);
	assert_null(c->printers[0].disabled);
	config_destroy(c);
}

static void config_bad_account_leaves_the_printers(void **state)
{
	no_account("Region=moon\n", "want one of global|china|custom");
	no_account("Region=custom\n", "needs ApiUrl= and MqttHost=");
	no_account("ApiUrl=http://x\n", "want https://HOST");
	no_account("WebUrl=https://x/\n", "want https://HOST");
	no_account("SignCertId=a:b\n", "belong together");
}

static void config_asking_for_nothing_lacks_nothing(void **state)
{
	struct config *c = fixture_load("[Cloud]\nEnabled=no\nToken=\n[Discovery]\nSsdp=no\n"
					"Adopt=bound\n" FIXTURE_PRINTER "Camera=off\n");

	assert_int_equal(c->warning_count, 0);
	config_destroy(c);
}

static void refuses(const char *text, const char *words)
{
	_cleanup_free_ char *all = xasprintf("%s%s", FIXTURE_DAEMON, text);
	struct config *c = NULL;
	struct err e;

	assert_int_equal(fixture_try(0600, all, &c, &e), -EINVAL);
	assert_null(c);
	fixture_has(e.message, words);
}

static void config_bad_daemon_value_ends_the_start(void **state)
{
	refuses("LogLevel=loud\n", "/t.conf:6: LogLevel=loud: want one of err|warn|info|debug");
	refuses("Others=write\n", "/t.conf:6: Others=write: want one of none|read");
	/* Overridden by a later value it does no harm. */
	config_destroy(fixture_load("LogLevel=loud\nLogLevel=warn\n"));
}

static void config_bad_line_ends_the_start(void **state)
{
	refuses("AccessCode 12345678\n", "/t.conf:6: neither [Section], Key=Value nor a comment");
}

static void config_socket_path_fits_its_address(void **state)
{
	char text[256] = "Socket=/";

	memset(text + 8, 's', 106);
	config_destroy(fixture_load(text));
	text[8 + 106] = 's';
	refuses(text, "socket path is 108 bytes");
}

static void config_named_file_must_be_there(void **state)
{
	struct config_sources src = {.file = fixture_path("none.conf")};
	struct config *c = NULL;
	struct err e;

	assert_int_equal(config_load(&src, &c, &e), -EINVAL);
	fixture_has(e.message, "No such file");
}

static void config_command_line_wins(void **state)
{
	struct config_sources src = {.file = fixture_write("t.conf", 0600, FIXTURE_DAEMON),
	    .state_dir = "/s",
	    .socket = "/k",
	    .log_level = "debug"};
	struct config *c = NULL;
	struct err e;

	assert_int_equal(config_load(&src, &c, &e), 0);
	assert_string_equal(c->daemon.state_dir, "/s");
	assert_string_equal(c->daemon.socket, "/k");
	assert_int_equal(c->daemon.log_level, LOG_LEVEL_DEBUG);
	config_destroy(c);
	src.log_level = "loud";
	assert_int_equal(config_load(&src, &c, &e), -EINVAL);
	fixture_has(e.message, "command line: LogLevel=loud");
	src.log_level = NULL;
	src.socket = "/a\nb";
	assert_int_equal(config_load(&src, &c, &e), -EINVAL);
	fixture_has(e.message, "control character");
}

static void config_reads_added_printers_from_the_state_directory(void **state)
{
	struct config *c;

	fixture_mkdir("state");
	fixture_mkdir("state/printers.d");
	fixture_write("state/printers.d/one.conf", 0600, FIXTURE_PRINTER "Port=7\n");
	fixture_write("state/printers.d/two.conf", 0600, "[Daemon]\nLogLevel=loud\n");
	c = fixture_load(FIXTURE_PRINTER);
	assert_int_equal(c->printer_count, 1);
	assert_int_equal(c->printers[0].port, 7);
	assert_int_equal(c->daemon.log_level, LOG_LEVEL_INFO);
	fixture_one_warning(c, "two.conf:1: [Daemon] may not stand here");
	assert_string_equal(c->files[1], fixture_path("state/printers.d/one.conf"));
	assert_string_equal(c->files[2], fixture_path("state/printers.d/two.conf"));
	config_destroy(c);
}

static void config_leaves_a_damaged_file_of_added_printers_out(void **state)
{
	struct config *c;

	fixture_mkdir("state");
	fixture_mkdir("state/printers.d");
	fixture_write("state/printers.d/bad.conf", 0600,
	    "[Printer two]\nSerial=01P00A000000002\nAddress=127.0.0.1\nAcc\001ssCode\n");
	fixture_write("state/printers.d/good.conf", 0600, FIXTURE_PRINTER "Port=7\n");
	fixture_mkdir("state/printers.d/folder.conf");
	c = fixture_load(FIXTURE_PRINTER);
	assert_int_equal(c->printer_count, 1);
	assert_int_equal(c->printers[0].port, 7);
	assert_int_equal(c->warning_count, 2);
	fixture_has(c->warnings[0], "bad.conf:4: ");
	fixture_has(c->warnings[1], "folder.conf:1: cannot be read");
	fixture_has(c->left_out, "bad.conf:4: ");
	config_destroy(c);
}

static void config_survives_a_folder_of_added_printers_that_is_none(void **state)
{
	struct config *c;

	fixture_mkdir("state");
	fixture_write("state/printers.d", 0600, "");
	c = fixture_load(FIXTURE_PRINTER);
	assert_int_equal(c->printer_count, 1);
	fixture_one_warning(c, "printers.d:1: ");
	config_destroy(c);
}

static void config_warnings_are_bounded_but_counted(void **state)
{
	char text[12000] = "";
	size_t n = 0;
	struct config *c;
	int i;

	for (i = 0; i < 150; i++) {
		n += (size_t)snprintf(text + n, sizeof(text) - n, "Unknown%d=1\n", i);
	}
	c = fixture_load(text);
	assert_int_equal(c->warning_count, 101);
	assert_string_equal(c->warnings[100], "50 more warnings left out");
	assert_null(c->warnings[101]);
	assert_int_equal(c->error_count, 150);
	config_destroy(c);
}

/* The files of an ordinary user; root steps down for it, as root has the system's. */
static void config_finds_the_files_of_a_user(void **state)
{
	bool was_root = geteuid() == 0;
	struct config_sources src = {0};
	struct config *c = NULL;
	struct err e;
	int rc;

	fixture_mkdir("bambud");
	fixture_mkdir("bambud/bambud.conf.d");
	fixture_write("bambud/bambud.conf", 0644, "[Daemon]\nInstance=main\nGroup=main\n");
	fixture_write("bambud/bambud.conf.d/20.conf", 0644, "[Daemon]\nInstance=twenty\n");
	fixture_write("bambud/bambud.conf.d/10.conf", 0644, "[Daemon]\nInstance=ten\n");
	assert_int_equal(chmod(fixture_dir, 0755), 0);
	assert_int_equal(chmod(fixture_path("bambud"), 0755), 0);
	assert_int_equal(chmod(fixture_path("bambud/bambud.conf.d"), 0755), 0);
	unsetenv("RUNTIME_DIRECTORY");
	setenv("XDG_CONFIG_HOME", fixture_dir, 1);
	setenv("XDG_STATE_HOME", "/var/empty/state", 1);
	setenv("XDG_CACHE_HOME", "/var/empty/cache", 1);
	setenv("XDG_RUNTIME_DIR", "/var/empty/run", 1);
	assert_true(!was_root || seteuid(65534) == 0);
	rc = config_load(&src, &c, &e);
	if (rc == 0) {
		struct config *none = NULL;

		unsetenv("XDG_RUNTIME_DIR");
		rc = config_load(&src, &none, &e) == -EINVAL ? 0 : -1;
	}
	assert_true(!was_root || seteuid(0) == 0);
	/* Leaks are looked for through ptrace, which a change of user forbids. */
	prctl(PR_SET_DUMPABLE, 1);
	assert_int_equal(rc, 0);
	fixture_has(e.message, "XDG_RUNTIME_DIR is not set");
	assert_string_equal(c->daemon.instance, "twenty");
	assert_string_equal(c->daemon.group, "main");
	assert_string_equal(c->daemon.socket, "/var/empty/run/bambud/control.sock");
	assert_string_equal(c->daemon.state_dir, "/var/empty/state/bambud");
	assert_string_equal(c->files[1], fixture_path("bambud/bambud.conf.d/10.conf"));
	config_destroy(c);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(config_reads_the_smallest_private_one),
	    T(config_later_value_wins_and_lists_grow),
	    T(config_list_is_bounded),
	    T(config_empty_value_empties_a_list_and_restores_a_default),
	    T(config_unknown_key_says_place_and_nearest_name),
	    T(config_unknown_section_is_left_out_whole),
	    T(config_section_with_or_without_a_name_as_it_must_be),
	    T(config_features_not_built_get_one_line_each),
	    T(config_account_is_read_from_its_section),
	    T(config_metrics_have_a_section),
	    T(config_bad_limit_leaves_the_default),
	    T(config_bad_account_leaves_the_printers),
	    T(config_asking_for_nothing_lacks_nothing),
	    T(config_bad_daemon_value_ends_the_start),
	    T(config_bad_line_ends_the_start),
	    T(config_socket_path_fits_its_address),
	    T(config_named_file_must_be_there),
	    T(config_command_line_wins),
	    T(config_reads_added_printers_from_the_state_directory),
	    T(config_leaves_a_damaged_file_of_added_printers_out),
	    T(config_survives_a_folder_of_added_printers_that_is_none),
	    T(config_warnings_are_bounded_but_counted),
	    T(config_finds_the_files_of_a_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
