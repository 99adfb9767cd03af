/* SPDX-License-Identifier: MIT */
/* Subscriptions: a snapshot, then a stream without a gap; slow readers get merged states and
 * `lost`.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/fleet/registry.h"
#include "daemon/model/hub.h"
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

static json_object *subscribe(const char *params)
{
	return client_result(&rig, &client, "events.subscribe", params);
}

static json_object *next(void)
{
	json_object *o = client_line(&rig, &client);

	assert_non_null(o);
	return o;
}

static void nothing_more(void)
{
	json_object *o;

	rig_turn(&rig, 3);
	o = client_line(&rig, &client);
	if (o != NULL) {
		fail_msg("unexpected: %s", json_object_to_json_string(o));
	}
}

static void percent(size_t i, int value)
{
	fake_printer_percent(rig_printer(&rig, i), value);
}

static void event(enum event_kind kind, size_t printer)
{
	rig_event(&rig, kind, printer);
}

static void snapshot_comes_first_then_states_then_events(void **state)
{
	_cleanup_json_ json_object *r = NULL, *first = NULL, *second = NULL;

	percent(1, 10);
	rig_turn(&rig, 2);
	r = subscribe("{\"printers\":\"@all\",\"state\":true}");
	assert_string_equal(at(r, "sub"), "1");
	assert_string_equal(at(r, "cursor"), "5.0");
	assert_string_equal(at(r, "snapshot.printers.1.print.percent"), "10");
	nothing_more();
	percent(1, 11);
	first = next();
	assert_string_equal(at(first, "method"), "state");
	assert_string_equal(at(first, "params.sub"), "1");
	assert_string_equal(at(first, "params.printer"), "p1");
	assert_string_equal(at(first, "params.changes.print.percent"), "11");
	assert_string_equal(at(first, "params.changes.fans"), "-");
	event(EVENT_PRINT_PAUSED, 2);
	second = next();
	assert_string_equal(at(second, "method"), "event");
	assert_string_equal(at(second, "params.seq"), "1");
	assert_string_equal(at(second, "params.printer"), "p2");
	assert_string_equal(at(second, "params.serial"), "01P00A000000002");
	assert_string_equal(at(second, "params.kind"), "print.paused");
	assert_string_equal(at(second, "params.time"), "2026-11-23T01:00:01.000Z");
	assert_string_equal(at(second, "params.data"), "{}");
	nothing_more();
}

static void changes_pending_at_subscription_are_not_lost(void **state)
{
	_cleanup_json_ json_object *r = NULL, *line = NULL;

	/* Marked before, flushed after: told again rather than never. */
	percent(1, 10);
	client_say(&rig, &client,
	    "{\"id\":1,\"method\":\"events.subscribe\",\"params\":{\"printers\":\"p1\"}}\n");
	percent(1, 12);
	r = next();
	line = next();
	assert_string_equal(at(line, "params.changes.print.percent"), "12");
}

static void state_false_means_no_snapshot_and_no_states(void **state)
{
	_cleanup_json_ json_object *r = subscribe("{\"state\":false}"), *line = NULL;

	assert_string_equal(at(r, "snapshot"), "null");
	percent(1, 10);
	nothing_more();
	event(EVENT_PRINT_PAUSED, 0);
	line = next();
	assert_string_equal(at(line, "method"), "event");
}

static void kinds_are_globs(void **state)
{
	_cleanup_json_ json_object *r =
	    subscribe("{\"state\":false,\"kinds\":[\"print.*\",\"hms.raised\"]}");
	_cleanup_json_ json_object *first = NULL, *second = NULL;

	event(EVENT_PRINTER_ONLINE, 0);
	event(EVENT_HMS_CLEARED, 0);
	event(EVENT_PRINT_STARTED, 0);
	event(EVENT_HMS_RAISED, 0);
	first = next();
	second = next();
	assert_string_equal(at(first, "params.kind"), "print.started");
	assert_string_equal(at(second, "params.kind"), "hms.raised");
	nothing_more();
	client_refused(
	    &rig, &client, "events.subscribe", "{\"kinds\":[\"printt.*\"]}", ERR_INVALID_PARAMS);
}

static void sections_limit_snapshot_and_changes(void **state)
{
	_cleanup_json_ json_object *r = subscribe("{\"sections\":[\"link\"]}"), *line = NULL;

	assert_string_equal(at(r, "snapshot.printers.0.fans"), "-");
	percent(0, 3);
	nothing_more();
	fake_printer_link(rig_printer(&rig, 0), LINK_STALE);
	line = next();
	assert_string_equal(at(line, "params.changes.link.state"), "stale");
}

static void selector_limits_states_and_events(void **state)
{
	_cleanup_json_ json_object *r = subscribe("{\"printers\":\"p1\"}"), *first = NULL;
	_cleanup_json_ json_object *second = NULL;

	percent(0, 3);
	event(EVENT_PRINT_PAUSED, 0);
	hub_event(rig.hub, EVENT_CONFIG_RELOADED, NULL, NULL, NULL, 0);
	nothing_more();
	percent(1, 4);
	event(EVENT_PRINT_PAUSED, 1);
	first = next();
	second = next();
	assert_string_equal(at(first, "params.printer"), "p1");
	assert_string_equal(at(second, "params.printer"), "p1");
	client_refused(
	    &rig, &client, "events.subscribe", "{\"printers\":\"nobody\"}", ERR_NO_SUCH_PRINTER);
}

static void printers_added_later_belong_to_the_glob(void **state)
{
	_cleanup_json_ json_object *r = subscribe("{\"printers\":\"p*\"}");
	_cleanup_json_ json_object *added = NULL, *whole = NULL, *gone = NULL;

	rig_printers(&rig, 4);
	added = next();
	whole = next();
	assert_string_equal(at(added, "params.kind"), "printer.added");
	assert_string_equal(at(added, "params.printer"), "p3");
	/* All of its state, as nothing of it was in the snapshot. */
	assert_string_equal(at(whole, "params.printer"), "p3");
	assert_string_not_equal(at(whole, "params.changes.fans"), "-");
	rig_printers(&rig, 3);
	gone = next();
	assert_string_equal(at(gone, "params.kind"), "printer.removed");
	assert_string_equal(at(gone, "params.printer"), "p3");
	nothing_more();
}

static void group_by_state_is_matched_again(void **state)
{
	_cleanup_json_ json_object *r = subscribe("{\"printers\":\"@printing\"}");
	_cleanup_json_ json_object *joined = NULL, *left = NULL;

	assert_string_equal(at(r, "snapshot.printers"), "[]");
	fake_printer_link(rig_printer(&rig, 1), LINK_STALE);
	fake_printer_link(rig_printer(&rig, 1), LINK_ONLINE);
	rig_pass(&rig, SUBS_REFRESH_MS);
	percent(1, 50);
	nothing_more();
	rig_pass(&rig, SUBS_REFRESH_MS);
	joined = next();
	assert_string_equal(at(joined, "params.printer"), "p1");
	assert_string_not_equal(at(joined, "params.changes.fans"), "-");
	/* The change that takes it out is still told. */
	fake_printer_print_state(rig_printer(&rig, 1), PRINT_FINISHED);
	left = next();
	assert_string_equal(at(left, "params.changes.print.state"), "finished");
	rig_pass(&rig, SUBS_REFRESH_MS);
	fake_printer_print_state(rig_printer(&rig, 1), PRINT_IDLE);
	nothing_more();
}

static void since_replays_what_came_after_the_cursor(void **state)
{
	_cleanup_json_ json_object *r = NULL, *first = NULL, *second = NULL;

	event(EVENT_PRINT_STARTED, 0);
	event(EVENT_PRINT_PAUSED, 0);
	event(EVENT_PRINT_RESUMED, 0);
	r = subscribe("{\"state\":false,\"since\":\"5.1\"}");
	assert_string_equal(at(r, "cursor"), "5.3");
	first = next();
	second = next();
	assert_string_equal(at(first, "params.seq"), "2");
	assert_string_equal(at(second, "params.seq"), "3");
	nothing_more();
	client_refused(
	    &rig, &client, "events.subscribe", "{\"since\":\"yesterday\"}", ERR_INVALID_PARAMS);
}

static void cursor_of_another_epoch_gets_lost_then_the_whole_ring(void **state)
{
	_cleanup_json_ json_object *r = NULL, *lost = NULL, *first = NULL;

	event(EVENT_PRINT_STARTED, 0);
	r = subscribe("{\"state\":false,\"since\":\"4.1\"}");
	lost = next();
	first = next();
	assert_string_equal(at(lost, "method"), "lost");
	assert_string_equal(at(lost, "params"), "{\"sub\":1,\"from\":null,\"to\":0}");
	assert_string_equal(at(first, "params.seq"), "1");
	nothing_more();
}

static void max_hz_merges_states(void **state)
{
	_cleanup_json_ json_object *r = subscribe("{\"printers\":\"p1\",\"max_hz\":2}");
	_cleanup_json_ json_object *first = NULL, *second = NULL;

	percent(1, 1);
	first = next();
	for (int i = 2; i <= 9; i++) {
		percent(1, i);
		rig_pass(&rig, 10);
	}
	fake_printer_link(rig_printer(&rig, 1), LINK_STALE);
	nothing_more();
	rig_pass(&rig, 500);
	second = next();
	assert_string_equal(at(second, "params.changes.print.percent"), "9");
	assert_string_equal(at(second, "params.changes.link.state"), "stale");
	nothing_more();
}

/* Fills the client's socket so that nothing more goes out. */
static void stuff(void)
{
	int size = 4096;

	setsockopt(client_conn(&rig)->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	fake_printer_job(rig_printer(&rig, 0), 3000);
	for (int i = 0; i < 200 && conn_wants_more(client_conn(&rig)); i++) {
		percent(0, i % 100);
		rig_turn(&rig, 3);
	}
	assert_false(conn_wants_more(client_conn(&rig)));
}

static void slow_reader_gets_merged_states(void **state)
{
	_cleanup_json_ json_object *r = subscribe("{\"printers\":\"@all\"}");
	unsigned of_p1 = 0;
	size_t queued;

	stuff();
	queued = conn_queued(client_conn(&rig));
	for (int i = 0; i < 500; i++) {
		percent(1, i % 90);
		rig_turn(&rig, 2);
	}
	percent(1, 99);
	rig_turn(&rig, 2);
	/* Constant memory: not a byte was added for it. */
	assert_int_equal(conn_queued(client_conn(&rig)), queued);
	for (;;) {
		_cleanup_json_ json_object *line = client_line(&rig, &client);

		if (line == NULL) {
			break;
		}
		if (strcmp(at(line, "params.printer"), "p1") == 0) {
			of_p1++;
			assert_string_equal(at(line, "params.changes.print.percent"), "99");
		}
	}
	assert_int_equal(of_p1, 1);
	assert_true(subs_counters(rig.server->subs)->merged >= 499);
}

static void slow_reader_gets_events_from_the_ring_and_lost_behind_it(void **state)
{
	_cleanup_json_ json_object *r = subscribe("{\"printers\":\"@all\"}");
	int64_t last = 0, lost_to = 0, seq;
	unsigned lost = 0, events = 0;

	stuff();
	for (int i = 0; i < HUB_EVENTS_MAX + 500; i++) {
		event(EVENT_PRINT_PAUSED, 1);
		if (i % 100 == 0) {
			rig_turn(&rig, 1);
		}
	}
	for (;;) {
		_cleanup_json_ json_object *line = client_line(&rig, &client);
		const char *method = line != NULL ? at(line, "method") : "";

		if (line == NULL) {
			break;
		}
		if (strcmp(method, "lost") == 0) {
			lost++;
			assert_int_equal(strtoll(at(line, "params.from"), NULL, 10), last + 1);
			lost_to = strtoll(at(line, "params.to"), NULL, 10);
			last = lost_to;
		} else if (strcmp(method, "event") == 0) {
			events++;
			seq = strtoll(at(line, "params.seq"), NULL, 10);
			assert_int_equal(seq, last + 1);
			last = seq;
		}
	}
	assert_int_equal(lost, 1);
	assert_int_equal(last, HUB_EVENTS_MAX + 500);
	assert_int_equal(events + (unsigned)lost_to, HUB_EVENTS_MAX + 500);
}

static void slow_reader_does_not_slow_the_others(void **state)
{
	struct client other;
	_cleanup_json_ json_object *r = subscribe("{\"printers\":\"@all\"}");

	stuff();
	client_dial(&rig, &other);
	json_object_put(client_result(&rig, &other, "events.subscribe", "{\"printers\":\"p1\"}"));
	for (int i = 0; i < 50; i++) {
		_cleanup_json_ json_object *line = NULL;

		percent(1, i);
		line = client_line(&rig, &other);
		assert_non_null(line);
	}
	client_hang_up(&other);
}

static void unsubscribe_ends_the_stream(void **state)
{
	_cleanup_json_ json_object *one = subscribe("{\"printers\":\"p1\"}");
	_cleanup_json_ json_object *two = subscribe("{\"printers\":\"p2\"}");
	_cleanup_json_ json_object *gone = NULL, *line = NULL;

	assert_string_equal(at(two, "sub"), "2");
	gone = client_result(&rig, &client, "events.unsubscribe", "{\"sub\":1}");
	assert_string_equal(json_object_to_json_string_ext(gone, JSON_C_TO_STRING_PLAIN), "{}");
	client_refused(&rig, &client, "events.unsubscribe", "{\"sub\":1}", ERR_INVALID_PARAMS);
	percent(1, 5);
	percent(2, 6);
	line = next();
	assert_string_equal(at(line, "params.sub"), "2");
	nothing_more();
}

static void a_connection_holds_16_subscriptions(void **state)
{
	for (int i = 0; i < SUBS_PER_CONN_MAX; i++) {
		json_object_put(subscribe("{\"printers\":\"p1\",\"state\":false}"));
	}
	client_refused(&rig, &client, "events.subscribe", NULL, ERR_OVERFLOW);
	assert_int_equal(subs_count(rig.server->subs), SUBS_PER_CONN_MAX);
}

static void death_of_a_subscriber_in_mid_stream_is_harmless(void **state)
{
	struct client doomed[20];

	for (size_t i = 0; i < ARRAY_SIZE(doomed); i++) {
		client_dial(&rig, &doomed[i]);
		json_object_put(
		    client_result(&rig, &doomed[i], "events.subscribe", "{\"printers\":\"@all\"}"));
	}
	json_object_put(subscribe("{\"printers\":\"p*\"}"));
	for (size_t i = 0; i < ARRAY_SIZE(doomed); i++) {
		client_hang_up(&doomed[i]);
		percent(i % 3, (int)i);
		event(EVENT_PRINT_PAUSED, i % 3);
		hub_flush(rig.hub);
		subs_pump(rig.server->subs);
		if (i % 2 == 0) {
			rig_turn(&rig, 1);
		}
	}
	rig_turn(&rig, 4);
	assert_int_equal(server_clients(rig.server), 1);
	assert_int_equal(subs_count(rig.server->subs), 1);
}

static void printer_removed_while_its_state_waits_is_harmless(void **state)
{
	_cleanup_json_ json_object *r = subscribe("{\"printers\":\"@all\"}");

	stuff();
	percent(2, 50);
	rig_turn(&rig, 2);
	rig_printers(&rig, 2);
	for (;;) {
		_cleanup_json_ json_object *line = client_line(&rig, &client);

		if (line == NULL) {
			break;
		}
		assert_false(strcmp(at(line, "method"), "state") == 0 &&
			     strcmp(at(line, "params.printer"), "p2") == 0);
	}
}

static void daemon_stopping_is_told(void **state)
{
	_cleanup_json_ json_object *r = subscribe("{\"state\":false}");
	char heard[512] = "";

	server_destroy(TAKE(rig.server));
	assert_true(recv(client.fd, heard, sizeof(heard) - 1, MSG_DONTWAIT) > 0);
	assert_non_null(strstr(heard, "\"daemon.stopping\""));
	assert_int_equal(recv(client.fd, heard, sizeof(heard), MSG_DONTWAIT), 0);
}

/* ---- events.list ---- */

static json_object *list(const char *params)
{
	return client_result(&rig, &client, "events.list", params);
}

static void events_list_shows_the_newest_or_goes_on_from_a_cursor(void **state)
{
	_cleanup_json_ json_object *all = NULL, *newest = NULL, *page = NULL, *rest = NULL;

	for (int i = 0; i < 5; i++) {
		event(EVENT_PRINT_PAUSED, 0);
		event(EVENT_PRINT_RESUMED, 1);
	}
	all = list(NULL);
	assert_int_equal(json_object_array_length(json_get_arr(all, "events")), 10);
	assert_string_equal(at(all, "cursor"), "5.10");
	assert_string_equal(at(all, "lost"), "false");
	newest = list("{\"limit\":2,\"kinds\":[\"print.paused\"]}");
	assert_string_equal(at(newest, "events.0.seq"), "7");
	assert_string_equal(at(newest, "events.1.seq"), "9");
	assert_string_equal(at(newest, "cursor"), "5.10");
	page = list("{\"since\":\"5.2\",\"limit\":3}");
	assert_string_equal(at(page, "events.0.seq"), "3");
	assert_string_equal(at(page, "cursor"), "5.5");
	rest = list("{\"since\":\"5.10\"}");
	assert_string_equal(at(rest, "events"), "[]");
	assert_string_equal(at(rest, "cursor"), "5.10");
}

static void events_list_takes_a_printer_and_a_time(void **state)
{
	_cleanup_json_ json_object *of_one = NULL, *late = NULL;

	event(EVENT_PRINT_PAUSED, 0);
	hub_event(rig.hub, EVENT_CONFIG_RELOADED, NULL, NULL, NULL, RIG_WALL_BASE + 1500);
	rig_pass(&rig, 1000);
	event(EVENT_PRINT_RESUMED, 1);
	of_one = list("{\"printer\":\"p1\"}");
	assert_int_equal(json_object_array_length(json_get_arr(of_one, "events")), 1);
	assert_string_equal(at(of_one, "events.0.seq"), "3");
	late = list("{\"since\":\"2026-11-23T01:00:01.900Z\"}");
	assert_string_equal(at(late, "events.0.seq"), "2");
	client_refused(
	    &rig, &client, "events.list", "{\"printer\":\"nobody\"}", ERR_NO_SUCH_PRINTER);
}

static void events_list_says_when_something_is_gone(void **state)
{
	_cleanup_json_ json_object *r = NULL, *other = NULL;

	for (int i = 0; i < HUB_EVENTS_MAX + 10; i++) {
		event(EVENT_PRINT_PAUSED, 0);
	}
	r = list("{\"since\":\"5.3\",\"limit\":1}");
	assert_string_equal(at(r, "lost"), "true");
	assert_string_equal(at(r, "events.0.seq"), "11");
	other = list("{\"since\":\"1.3\",\"limit\":1}");
	assert_string_equal(at(other, "lost"), "true");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(snapshot_comes_first_then_states_then_events),
	    TEST(changes_pending_at_subscription_are_not_lost),
	    TEST(state_false_means_no_snapshot_and_no_states),
	    TEST(kinds_are_globs),
	    TEST(sections_limit_snapshot_and_changes),
	    TEST(selector_limits_states_and_events),
	    TEST(printers_added_later_belong_to_the_glob),
	    TEST(group_by_state_is_matched_again),
	    TEST(since_replays_what_came_after_the_cursor),
	    TEST(cursor_of_another_epoch_gets_lost_then_the_whole_ring),
	    TEST(max_hz_merges_states),
	    TEST(slow_reader_gets_merged_states),
	    TEST(slow_reader_gets_events_from_the_ring_and_lost_behind_it),
	    TEST(slow_reader_does_not_slow_the_others),
	    TEST(unsubscribe_ends_the_stream),
	    TEST(a_connection_holds_16_subscriptions),
	    TEST(death_of_a_subscriber_in_mid_stream_is_harmless),
	    TEST(printer_removed_while_its_state_waits_is_harmless),
	    TEST(daemon_stopping_is_told),
	    TEST(events_list_shows_the_newest_or_goes_on_from_a_cursor),
	    TEST(events_list_takes_a_printer_and_a_time),
	    TEST(events_list_says_when_something_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
