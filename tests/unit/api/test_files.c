/* SPDX-License-Identifier: MIT */
/* file.*: what is refused before any effect, and a connection that is lent to a transfer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/api/reply.h"
#include "tests/unit/api/fake_files.h"
#include "tests/unit/api/rig.h"

#define PUT "{\"printer\":\"p0\",\"path\":\"/a.3mf\",\"size\":5}"
#define GET "{\"printer\":\"p0\",\"path\":\"/a.3mf\"}"

static struct rig rig;
static struct client client;

static int setup(void **state)
{
	rig_start(&rig, 2);
	client_dial(&rig, &client);
	return 0;
}

static int teardown(void **state)
{
	client_hang_up(&client);
	if (rig.server != NULL) {
		rig_stop(&rig);
	}
	assert_false(fake_files_job()->live);
	return 0;
}

static void ask(const char *method, const char *params)
{
	_cleanup_free_ char *line = xasprintf(
	    "{\"id\":%d,\"method\":\"%s\",\"params\":%s}\n", ++client.next_id, method, params);

	client_say(&rig, &client, line);
	rig_turn(&rig, 2);
}

static void expect(const char *path, const char *text)
{
	_cleanup_json_ json_object *line = client_line(&rig, &client);

	assert_non_null(line);
	assert_string_equal(at(line, path), text);
}

static void expect_upgrade(void)
{
	_cleanup_json_ json_object *line = client_line(&rig, &client);

	assert_non_null(line);
	assert_string_equal(at(line, "result.upgrade"), "raw");
	assert_string_equal(at(line, "result.size"), "5");
	assert_true(fake_files_job()->went);
}

/* ---- calls with ordinary answers ---- */

static void list_tells_folders_first(void **state)
{
	struct listing_entry entries[] = {
	    {(char *)"b.3mf", 10, 1795395600, false},
	    {(char *)"a.3mf", -1, -1, false},
	    {(char *)"z", 4096, -1, true},
	};
	struct listing l = {.entries = entries, .count = 3, .refused = 2};
	_cleanup_json_ json_object *reply = NULL;

	ask("file.list", "{\"printer\":\"p1\",\"path\":\"//cache/\"}");
	assert_int_equal(fake_files_job()->verb, FILES_LIST);
	assert_string_equal(fake_files_job()->path, "/cache");
	assert_string_equal(fake_files_job()->printer, "p1");
	assert_string_equal(fake_files_job()->address, "192.0.2.7");
	fake_files_done(ERR_NONE, &l);
	reply = client_line(&rig, &client);
	assert_non_null(reply);
	assert_string_equal(at(reply, "result.path"), "/cache");
	assert_string_equal(at(reply, "result.refused"), "2");
	assert_string_equal(at(reply, "result.entries.0"),
	    "{\"name\":\"z\",\"size\":null,\"time\":null,\"dir\":true}");
	assert_string_equal(at(reply, "result.entries.1.name"), "a.3mf");
	assert_string_equal(at(reply, "result.entries.1.size"), "null");
	assert_string_equal(at(reply, "result.entries.2.time"), "2026-11-23T01:00:00.000Z");
}

static void list_without_a_path_means_the_top(void **state)
{
	ask("file.list", "{\"printer\":\"p0\"}");
	assert_string_equal(fake_files_job()->path, "/");
	fake_files_done(ERR_NO_CARD, NULL);
	expect("error.data.type", "no_card");
}

static void client_that_leaves_ends_its_list(void **state)
{
	ask("file.list", "{\"printer\":\"p0\"}");
	assert_true(fake_files_job()->live);
	client_hang_up(&client);
	rig_turn(&rig, 4);
	assert_false(fake_files_job()->live);
}

static void delete_wants_consent(void **state)
{
	client_refused(&rig, &client, "file.delete", GET, ERR_GUARD);
	assert_false(fake_files_job()->asked);
	ask("file.delete", "{\"printer\":\"p0\",\"path\":\"/a.3mf\",\"confirm\":true}");
	assert_int_equal(fake_files_job()->verb, FILES_DELETE);
	fake_files_done(ERR_NONE, NULL);
	expect("result.path", "/a.3mf");
}

static void paths_that_are_none_are_refused(void **state)
{
	static const char *const paths[] = {
	    "", "/", "/a/", "a/../b", "/..", "a\\r\\nDELE b", "a\\u0001"};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		_cleanup_free_ char *params =
		    xasprintf("{\"printer\":\"p0\",\"path\":\"%s\"}", paths[i]);

		client_refused(&rig, &client, "file.get", params, ERR_FILE_REFUSED);
	}
	client_refused(
	    &rig, &client, "file.mkdir", "{\"printer\":\"p0\",\"path\":\"/\"}", ERR_FILE_REFUSED);
	client_refused(&rig, &client, "file.list", "{\"printer\":\"p0\",\"path\":\"/cache/../..\"}",
	    ERR_FILE_REFUSED);
	assert_false(fake_files_job()->asked);
}

static void file_of_the_running_job_is_left_alone(void **state)
{
	struct printer *p = rig_printer(&rig, 0);

	fake_printer_file(p, "/data/a.3mf");
	fake_printer_print_state(p, PRINT_PAUSED);
	client_refused(&rig, &client, "file.delete",
	    "{\"printer\":\"p0\",\"path\":\"/a.3mf\",\"confirm\":true}", ERR_BUSY);
	client_refused(&rig, &client, "file.put",
	    "{\"printer\":\"p0\",\"path\":\"/cache/A.3MF\",\"size\":1}", ERR_BUSY);
	assert_false(fake_files_job()->asked);
}

static void printer_that_is_away_is_said_so(void **state)
{
	fake_printer_link(rig_printer(&rig, 0), LINK_OFFLINE);
	client_refused(&rig, &client, "file.get", GET, ERR_PRINTER_OFFLINE);
}

static void file_calls_want_one_printer(void **state)
{
	client_refused(&rig, &client, "file.list", "{\"printer\":\"@all\"}", ERR_AMBIGUOUS_PRINTER);
}

/* ---- put ---- */

static void put_is_answered_twice_and_the_connection_ends(void **state)
{
	_cleanup_json_ json_object *last = NULL;

	ask("file.put", PUT);
	assert_null(client_line(&rig, &client));
	assert_int_equal(fake_files_job()->size, 5);
	fake_files_ready(5);
	expect_upgrade();
	/* What comes now is not for the loop. */
	client_say(&rig, &client, "{\"id\":9,\"method\":\"daemon.ping\"}\n");
	assert_null(client_line(&rig, &client));
	fake_files_moved(5);
	fake_files_done(ERR_NONE, NULL);
	last = client_line(&rig, &client);
	assert_non_null(last);
	assert_string_equal(at(last, "id"), "1");
	assert_string_equal(at(last, "result.path"), "/a.3mf");
	assert_string_equal(at(last, "result.size"), "5");
	assert_string_equal(at(last, "result.clear_data"), "false");
	rig_turn(&rig, 3);
	assert_int_equal(rig.server->conn_count, 0);
}

static void put_that_fails_on_the_way_says_why(void **state)
{
	ask("file.put", PUT);
	fake_files_ready(5);
	expect_upgrade();
	fake_files_done(ERR_CARD_FULL, NULL);
	expect("error.data.type", "card_full");
	assert_true(client_at_end(&rig, &client));
}

static void bytes_of_a_refused_put_are_no_requests(void **state)
{
	static const char refused[] = "{\"id\":1,\"method\":\"file.put\",\"params\":{\"printer\":"
				      "\"nobody\",\"path\":\"/a\",\"size\":60}}\n";
	static const char payload[] = "{\"id\":2,\"method\":\"daemon.reload\"}\n";

	client_say(&rig, &client, refused);
	expect("error.data.type", "no_such_printer");
	send(client.fd, payload, strlen(payload), MSG_NOSIGNAL);
	rig_turn(&rig, 4);
	assert_int_equal(rig.reloads, 0);
	assert_int_equal(rig.server->conn_count, 0);
}

static void put_with_bytes_behind_it_is_refused(void **state)
{
	static const char both[] = "{\"id\":1,\"method\":\"file.put\",\"params\":" PUT "}\n"
				   "{\"id\":2,\"method\":\"daemon.reload\"}\n";

	client_say(&rig, &client, both);
	expect("error.data.type", "invalid_request");
	assert_null(client_line(&rig, &client));
	assert_false(fake_files_job()->asked);
	assert_int_equal(rig.reloads, 0);
}

static void bytes_before_the_answer_end_a_put(void **state)
{
	ask("file.put", PUT);
	client_say(&rig, &client, "hello");
	fake_files_ready(5);
	assert_true(fake_files_job()->cancelled);
	fake_files_done(ERR_CANCELLED, NULL);
	expect("error.data.type", "invalid_request");
	assert_null(client_line(&rig, &client));
}

static void put_beside_a_subscription_is_refused(void **state)
{
	_cleanup_json_ json_object *sub =
	    client_result(&rig, &client, "events.subscribe", "{\"kinds\":[\"*\"]}");

	assert_non_null(sub);
	client_refused(&rig, &client, "file.put", PUT, ERR_INVALID_REQUEST);
	assert_false(fake_files_job()->asked);
}

static void get_beside_another_call_is_refused(void **state)
{
	ask("file.list", "{\"printer\":\"p0\"}");
	client_refused(&rig, &client, "file.get", GET, ERR_INVALID_REQUEST);
	fake_files_done(ERR_NO_SUCH_FILE, NULL);
	expect("error.data.type", "no_such_file");
}

static void client_that_leaves_ends_its_put(void **state)
{
	ask("file.put", PUT);
	fake_files_ready(5);
	expect_upgrade();
	client_hang_up(&client);
	rig_turn(&rig, 4);
	assert_false(fake_files_job()->live);
	assert_int_equal(rig.server->conn_count, 0);
}

static void client_that_has_said_all_still_waits(void **state)
{
	ask("file.put", PUT);
	fake_files_ready(5);
	expect_upgrade();
	shutdown(client.fd, SHUT_WR);
	rig_turn(&rig, 4);
	assert_true(fake_files_job()->live);
	fake_files_done(ERR_NONE, NULL);
	expect("result.path", "/a.3mf");
}

static void too_many_transfers_are_busy(void **state)
{
	fake_files_fill(true);
	client_refused(&rig, &client, "file.get", GET, ERR_BUSY);
}

/* ---- get ---- */

static void get_that_fails_before_leaves_the_connection(void **state)
{
	_cleanup_json_ json_object *pong = NULL;

	ask("file.get", GET);
	fake_files_done(ERR_NO_SUCH_FILE, NULL);
	expect("error.data.type", "no_such_file");
	pong = client_result(&rig, &client, "daemon.ping", NULL);
	assert_non_null(pong);
}

static void get_ends_with_the_last_byte(void **state)
{
	char bytes[16];

	ask("file.get", GET);
	fake_files_ready(5);
	expect_upgrade();
	assert_int_equal(send(fake_files_job()->fd, "12345", 5, MSG_NOSIGNAL), 5);
	fake_files_done(ERR_NONE, NULL);
	rig_turn(&rig, 3);
	assert_int_equal(recv(client.fd, bytes, sizeof(bytes), MSG_DONTWAIT), 5);
	assert_int_equal(recv(client.fd, bytes, sizeof(bytes), MSG_DONTWAIT), 0);
}

static void get_that_fails_says_why_behind_a_nul(void **state)
{
	char bytes[512] = "";
	ssize_t n;

	ask("file.get", GET);
	fake_files_ready(5);
	expect_upgrade();
	assert_int_equal(send(fake_files_job()->fd, "123", 3, MSG_NOSIGNAL), 3);
	fake_files_done(ERR_TRANSFER_FAILED, NULL);
	rig_turn(&rig, 3);
	n = recv(client.fd, bytes, sizeof(bytes) - 1, MSG_DONTWAIT);
	assert_true(n > 10);
	assert_memory_equal(bytes, "123\0{", 5);
	assert_non_null(strstr(bytes + 4, "\"transfer_failed\""));
	assert_int_equal(bytes[n - 1], '\n');
}

static void get_of_unknown_size_says_null(void **state)
{
	ask("file.get", GET);
	fake_files_ready(-1);
	expect("result.size", "null");
	fake_files_done(ERR_NONE, NULL);
}

/* ---- operations, rights, the end ---- */

static void transfer_is_an_operation_for_everybody(void **state)
{
	_cleanup_json_ json_object *op = NULL, *cancelled = NULL, *ended = NULL;
	struct client other;

	client_dial(&rig, &other);
	ask("file.put", PUT);
	fake_files_ready(5);
	expect_upgrade();
	fake_files_moved(3);
	op = client_result(&rig, &other, "op.get", "{\"op\":\"u-1\"}");
	assert_string_equal(at(op, "method"), "file.put");
	assert_string_equal(at(op, "path"), "/a.3mf");
	assert_string_equal(at(op, "done"), "3");
	assert_string_equal(at(op, "total"), "5");
	assert_string_equal(at(op, "stage"), "sent");
	cancelled = client_result(&rig, &other, "op.cancel", "{\"op\":\"u-1\"}");
	assert_string_equal(at(cancelled, "cancelled"), "true");
	assert_true(fake_files_job()->cancelled);
	fake_files_done(ERR_CANCELLED, NULL);
	expect("error.data.type", "cancelled");
	ended = client_result(&rig, &other, "op.get", "{\"op\":\"u-1\"}");
	assert_string_equal(at(ended, "ended"), "true");
	assert_string_equal(at(ended, "done"), "3");
	assert_string_equal(at(ended, "error.data.type"), "cancelled");
	client_hang_up(&other);
}

/* Who runs the test may be root, who keeps his rights whatever a reload says. */
static void rights_withdrawn_end_a_transfer(void **state)
{
	ask("file.put", PUT);
	fake_files_ready(5);
	expect_upgrade();
	client_conn(&rig)->perm = PERM_READ;
	replies_judge(client_conn(&rig));
	assert_true(fake_files_job()->live);
	assert_true(fake_files_job()->cancelled);
	fake_files_done(ERR_CANCELLED, NULL);
	expect("error.data.type", "permission_denied");
}

static void daemon_that_stops_ends_a_transfer(void **state)
{
	ask("file.put", PUT);
	fake_files_ready(5);
	expect_upgrade();
	server_pause(rig.server);
	assert_true(fake_files_job()->cancelled);
	assert_false(server_settled(rig.server));
	fake_files_done(ERR_CANCELLED, NULL);
	expect("error.message", "the daemon stops");
	rig_turn(&rig, 3);
	assert_true(server_settled(rig.server));
}

static void daemon_that_cannot_wait_forgets_a_transfer(void **state)
{
	ask("file.get", GET);
	fake_files_ready(5);
	expect_upgrade();
	rig_stop(&rig);
	rig.server = NULL;
	assert_false(fake_files_job()->live);
}

/* A client that does not read holds a printer up for half a minute, not for ever. */
static void client_that_reads_nothing_is_closed(void **state)
{
	static char filler[4096];

	ask("file.get", GET);
	while (send(client_conn(&rig)->fd, filler, sizeof(filler), MSG_DONTWAIT) > 0) {
		;
	}
	fake_files_ready(5);
	assert_false(fake_files_job()->went);
	rig_pass(&rig, CONN_UNREAD_MS + 1);
	assert_false(fake_files_job()->live);
}

#define WITH_RIG(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_RIG(list_tells_folders_first),
	    WITH_RIG(list_without_a_path_means_the_top),
	    WITH_RIG(client_that_leaves_ends_its_list),
	    WITH_RIG(delete_wants_consent),
	    WITH_RIG(paths_that_are_none_are_refused),
	    WITH_RIG(file_of_the_running_job_is_left_alone),
	    WITH_RIG(printer_that_is_away_is_said_so),
	    WITH_RIG(file_calls_want_one_printer),
	    WITH_RIG(put_is_answered_twice_and_the_connection_ends),
	    WITH_RIG(put_that_fails_on_the_way_says_why),
	    WITH_RIG(bytes_of_a_refused_put_are_no_requests),
	    WITH_RIG(put_with_bytes_behind_it_is_refused),
	    WITH_RIG(bytes_before_the_answer_end_a_put),
	    WITH_RIG(put_beside_a_subscription_is_refused),
	    WITH_RIG(get_beside_another_call_is_refused),
	    WITH_RIG(client_that_leaves_ends_its_put),
	    WITH_RIG(client_that_has_said_all_still_waits),
	    WITH_RIG(too_many_transfers_are_busy),
	    WITH_RIG(get_that_fails_before_leaves_the_connection),
	    WITH_RIG(get_ends_with_the_last_byte),
	    WITH_RIG(get_that_fails_says_why_behind_a_nul),
	    WITH_RIG(get_of_unknown_size_says_null),
	    WITH_RIG(transfer_is_an_operation_for_everybody),
	    WITH_RIG(rights_withdrawn_end_a_transfer),
	    WITH_RIG(daemon_that_stops_ends_a_transfer),
	    WITH_RIG(daemon_that_cannot_wait_forgets_a_transfer),
	    WITH_RIG(client_that_reads_nothing_is_closed),
	};

	return cmocka_run_group_tests_name("api_files", tests, NULL, NULL);
}
