/* SPDX-License-Identifier: MIT */
/* Events as log lines: their words for any kind and data, their level, their journal fields. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/log.h"
#include "common/log_journal.h"
#include "common/util.h"
#include "daemon/bridge/journal.h"
#include "daemon/model/hub.h"

static void says(enum event_kind kind, const char *data, const char *wanted)
{
	struct hub_event e = {.kind = kind, .data = (char *)data};
	_cleanup_free_ char *text = journal_text(&e);

	assert_string_equal(text, wanted);
}

static void line_names_the_kind_and_what_it_is_about(void **state)
{
	says(EVENT_PRINT_FINISHED, "{\"job\":\"lid_plate2\"}", "print finished: lid_plate2");
	says(EVENT_PRINT_PAUSED, "{\"job\":\"lid\",\"reason\":\"filament ran out\"}",
	    "print paused: lid: filament ran out");
	says(EVENT_AMS_FILAMENT_LOW, "{\"label\":\"A2\",\"remain_pct\":9}",
	    "AMS filament low: A2 (remain_pct=9)");
	says(EVENT_AMS_TRAY_CHANGED, "{\"from\":\"A1\",\"to\":\"ext\"}",
	    "AMS tray changed: A1 -> ext");
	says(EVENT_AMS_TRAY_CHANGED, "{\"from\":null,\"to\":\"A1\"}", "AMS tray changed: A1");
	says(EVENT_HMS_RAISED,
	    "{\"severity\":\"serious\",\"code\":\"0300-1200-0002-0001\",\"text\":\"The cover "
	    "fell off.\",\"slot\":null}",
	    "HMS raised: 0300-1200-0002-0001: The cover fell off. (severity=serious)");
	says(EVENT_PRINT_FAILED,
	    "{\"job\":\"lid\",\"file\":\"lid.gcode\",\"percent\":47,\"layer\":9,\"total_layers\":"
	    "20,"
	    "\"duration_s\":null,\"reason\":\"heating failed\",\"code\":\"0300-4001\","
	    "\"before_print\":false}",
	    "print failed: lid: 0300-4001: heating failed (percent=47, layer=9)");
	says(EVENT_AMS_TRAY_CHANGED,
	    "{\"from\":{\"label\":\"A1\",\"unit\":0,\"slot\":0,\"tray\":0},"
	    "\"to\":{\"label\":\"HT-A\",\"unit\":128,\"slot\":0,\"tray\":128}}",
	    "AMS tray changed: A1 -> HT-A");
	says(EVENT_DOOR_OPENED, "{}", "door opened");
	says(EVENT_PRINT_FAILED, "{\"job\":\"x\",\"late\":true}", "print failed: x (late)");
	says(EVENT_CONFIG_RELOADED, "{\"changed\":[\"Daemon.LogLevel\",\"Printer b\"]}",
	    "config reloaded: Daemon.LogLevel, Printer b");
	says(EVENT_CONFIG_RELOADED, "{\"changed\":[]}", "config reloaded: nothing");
}

static void line_of_a_link_says_why_and_when_it_is_tried_again(void **state)
{
	says(EVENT_PRINTER_ONLINE, "{\"from\":\"connecting\",\"to\":\"online\",\"reason\":null}",
	    "online");
	says(EVENT_PRINTER_OFFLINE,
	    "{\"from\":\"online\",\"to\":\"offline\",\"reason\":\"timed out\",\"next_try_s\":3}",
	    "offline: timed out; next try in 3 s");
	says(EVENT_PRINTER_RECOVERED, "{\"from\":\"stale\",\"to\":\"online\"}",
	    "recovered: stale -> online");
}

static void line_shows_whatever_else_there_is(void **state)
{
	says(EVENT_LIGHT_CHANGED,
	    "{\"node\":\"chamber\",\"on\":true,\"list\":[1,\"b\"],\"o\":{\"a\":1}}",
	    "light changed (node=chamber, on=true, list=1, b, o={\"a\":1})");
	says(EVENT_PRINT_PROGRESS, "{\"from\":10,\"to\":20}", "print progress: 10 -> 20");
	says(EVENT_DOOR_CLOSED, "no json", "door closed");
	says(EVENT_DOOR_CLOSED, "[1]", "door closed");
}

static void every_kind_has_a_line(void **state)
{
	for (int i = 0; i < EVENT_COUNT; i++) {
		struct hub_event e = {.kind = i, .data = (char *)"{}"};
		_cleanup_free_ char *text = journal_text(&e);

		assert_true(strlen(text) >= 3);
		assert_null(strpbrk(text, "._:("));
	}
}

struct bench {
	struct hub *hub;
	struct journal *journal;
	int fd;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char got[4096];
};

/* A datagram socket in the place of the journal's. */
static int setup(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(b->path, sizeof(b->path), "/tmp/bb-journal-%d", (int)getpid());
	str_copy(address.sun_path, sizeof(address.sun_path), b->path);
	unlink(b->path);
	b->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (bind(b->fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    log_open_journal("bambud", b->path) < 0) {
		return -1;
	}
	log_set_level(LOG_LEVEL_INFO);
	b->hub = hub_create(1, 1, NULL, NULL);
	b->journal = journal_create(b->hub);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	journal_destroy(b->journal);
	hub_destroy(b->hub);
	unlink(b->path);
	close(b->fd);
	free(b);
	log_open("test");
	log_set_level(LOG_LEVEL_INFO);
	return 0;
}

/* The next datagram, "" when there is none. */
static const char *next(struct bench *b)
{
	ssize_t n = recv(b->fd, b->got, sizeof(b->got) - 1, 0);

	b->got[n > 0 ? n : 0] = '\0';
	return b->got;
}

static void event_becomes_one_line_with_native_fields(void **state)
{
	struct bench *b = *state;
	_cleanup_free_ char *wanted = xasprintf(
	    "MESSAGE=rack1-01: HMS raised: 0300-1200-0002-0001: off\nPRIORITY=4\n"
	    "SYSLOG_IDENTIFIER=bambud\nBAMBU_PRINTER=rack1-01\nBAMBU_SERIAL=01P00A000000001\n"
	    "BAMBU_EVENT=hms.raised\nBAMBU_HMS=0300-1200-0002-0001\nMESSAGE_ID=%s\n",
	    event_message_id(EVENT_HMS_RAISED));

	hub_event(b->hub, EVENT_HMS_RAISED, "rack1-01", "01P00A000000001",
	    "{\"code\":\"0300-1200-0002-0001\",\"text\":\"off\"}", 0);
	assert_string_equal(next(b), wanted);
	assert_string_equal(next(b), "");
}

static void event_of_the_daemon_has_no_printer(void **state)
{
	struct bench *b = *state;

	hub_event(b->hub, EVENT_DAEMON_STOPPING, NULL, NULL, NULL, 0);
	assert_non_null(strstr(next(b), "MESSAGE=daemon stopping\nPRIORITY=6\n"));
	assert_null(strstr(b->got, "BAMBU_PRINTER"));
	assert_null(strstr(b->got, "BAMBU_HMS"));
	assert_non_null(strstr(b->got, "BAMBU_EVENT=daemon.stopping\n"));
}

static void steps_of_a_print_are_for_debugging(void **state)
{
	struct bench *b = *state;

	hub_event(b->hub, EVENT_PRINT_LAYER, "a", "S", "{\"layer\":2}", 0);
	assert_string_equal(next(b), "");
	log_set_level(LOG_LEVEL_DEBUG);
	hub_event(b->hub, EVENT_PRINT_LAYER, "a", "S", "{\"layer\":2}", 0);
	assert_non_null(strstr(next(b), "MESSAGE=a: print layer (layer=2)\nPRIORITY=7\n"));
}

static void what_a_printer_says_cannot_forge_a_line_or_a_field(void **state)
{
	struct bench *b = *state;

	hub_event(b->hub, EVENT_PRINT_STARTED, "a", "S",
	    "{\"job\":\"x\\nPRIORITY=0\\nMESSAGE=fake\\u001b[2J\"}", 0);
	assert_non_null(strstr(
	    next(b), "MESSAGE=a: print started: x\\x0APRIORITY=0\\x0AMESSAGE=fake\\x1B[2J\n"));
	assert_null(strstr(b->got, "\nPRIORITY=0"));
}

static void journal_hears_nothing_after_its_end(void **state)
{
	struct bench *b = *state;

	journal_destroy(TAKE(b->journal));
	journal_destroy(NULL);
	hub_event(b->hub, EVENT_DAEMON_STOPPING, NULL, NULL, NULL, 0);
	assert_string_equal(next(b), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(line_names_the_kind_and_what_it_is_about),
	    cmocka_unit_test(line_of_a_link_says_why_and_when_it_is_tried_again),
	    cmocka_unit_test(line_shows_whatever_else_there_is),
	    cmocka_unit_test(every_kind_has_a_line),
	    TEST(event_becomes_one_line_with_native_fields),
	    TEST(event_of_the_daemon_has_no_printer),
	    TEST(steps_of_a_print_are_for_debugging),
	    TEST(what_a_printer_says_cannot_forge_a_line_or_a_field),
	    TEST(journal_hears_nothing_after_its_end),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
