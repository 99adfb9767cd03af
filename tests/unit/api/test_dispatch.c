/* SPDX-License-Identifier: MIT */
/* Requests as they come: the table, permissions of every row, bad lines, pipelining, caps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/proto.h"
#include "tests/unit/api/rig.h"

enum { STRANGER = 4242 };

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
	rig_stop(&rig);
	return 0;
}

/* Sends a raw line; checks id and error type of the reply. */
static void line_refused(const char *line, const char *id, enum err_type type)
{
	_cleanup_json_ json_object *reply = NULL;

	client_say(&rig, &client, line);
	reply = client_line(&rig, &client);
	assert_non_null(reply);
	assert_string_equal(at(reply, "id"), id);
	assert_string_equal(at(reply, "jsonrpc"), "2.0");
	assert_string_equal(at(reply, "error.data.type"), err_name(type));
}

static void table_row_is_built_exactly_when_it_has_a_handler(void **state)
{
	for (size_t i = 0; i < method_count; i++) {
		bool built = method_table[i].since != NULL;

		if (built != (rig.server->handlers[i] != NULL)) {
			fail_msg("%s: since and handler disagree", method_table[i].name);
		}
	}
}

static void table_of_handlers_is_sorted_and_known(void **state)
{
	for (size_t i = 0; i < handler_count; i++) {
		const struct method *m = method_find(handler_table[i].method);

		assert_non_null(m);
		assert_ptr_equal(handler_find(m->name), &handler_table[i]);
		/* What writes is never open to readers. */
		assert_true(!handler_table[i].writes || m->perm >= PERM_CONTROL);
	}
}

static void every_row_refuses_every_class_below_its_own(void **state)
{
	struct conn *c = client_conn(&rig);
	unsigned refused = 0, expected = 0;

	for (enum perm have = PERM_READ; have < PERM_COUNT; have++) {
		c->perm = have;
		for (size_t i = 0; i < method_count; i++) {
			const struct method *m = &method_table[i];
			_cleanup_json_ json_object *reply = NULL;
			bool denied;

			if (handler_find(m->name) != NULL && have >= m->perm) {
				continue; /* runs: tested with its method */
			}
			reply = client_call(&rig, &client, m->name, NULL);
			denied = strcmp(at(reply, "error.data.type"), "permission_denied") == 0;
			assert_int_equal(denied, have < m->perm);
			refused += denied;
			if (!denied) {
				assert_string_equal(at(reply, "error.data.type"), "unsupported");
			}
		}
		for (size_t i = 0; i < method_count; i++) {
			expected += have < method_table[i].perm;
		}
	}
	assert_int_equal(refused, expected);
	assert_int_equal(rig.server->counters.denied, expected);
	assert_true(refused > 20);
}

/* Runs fn with stderr in a file; the owned text of what was logged. */
static char *logged_by(void (*fn)(void))
{
	FILE *file = tmpfile();
	int old = dup(STDERR_FILENO);
	char *text = xcalloc(1, 64 * 1024);

	assert_non_null(file);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	fn();
	assert_true(dup2(old, STDERR_FILENO) >= 0);
	close(old);
	rewind(file);
	assert_true(fread(text, 1, 64 * 1024 - 1, file) > 0);
	fclose(file);
	return text;
}

static void call_all_as_reader(void)
{
	client_conn(&rig)->perm = PERM_READ;
	for (size_t i = 0; i < method_count; i++) {
		if (method_table[i].perm > PERM_READ) {
			json_object_put(client_call(
			    &rig, &client, method_table[i].name, "{\"printer\":\"p\\u001b1\"}"));
		}
	}
}

static void every_refused_call_is_audited(void **state)
{
	_cleanup_free_ char *text = logged_by(call_all_as_reader);
	char line[160];

	assert_null(strchr(text, '\x1b'));
	for (size_t i = 0; i < method_count; i++) {
		const struct method *m = &method_table[i];

		snprintf(line, sizeof(line), "uid %u pid %d called %s: permission_denied",
		    (unsigned)geteuid(), (int)getpid(), m->name);
		assert_int_equal(strstr(text, line) != NULL, m->perm > PERM_READ);
	}
}

static void call_some_as_admin(void)
{
	json_object_put(client_call(&rig, &client, "printer.refresh", "{\"printer\":\"p1\"}"));
	json_object_put(client_call(&rig, &client, "printer.get", "{\"printer\":\"p0\"}"));
	json_object_put(client_call(&rig, &client, "daemon.reload", NULL));
}

static void what_is_more_than_reading_is_audited_with_its_printer(void **state)
{
	_cleanup_free_ char *text = logged_by(call_some_as_admin);

	assert_non_null(strstr(text, "called printer.refresh: ok"));
	assert_non_null(strstr(text, "p1"));
	assert_non_null(strstr(text, "called daemon.reload: ok"));
	assert_null(strstr(text, "printer.get"));
}

static void reader_may_read(void **state)
{
	_cleanup_json_ json_object *hello = NULL, *list = NULL;

	client_conn(&rig)->perm = PERM_READ;
	list = client_result(&rig, &client, "printer.list", NULL);
	hello = client_result(&rig, &client, "hello", NULL);
	assert_string_equal(at(hello, "you.perm"), "[\"read\"]");
	client_refused(&rig, &client, "printer.get", "{\"printer\":\"p0\",\"raw\":true}",
	    ERR_PERMISSION_DENIED);
}

static void unbuilt_method_says_not_in_this_version(void **state)
{
	_cleanup_json_ json_object *reply = NULL;

	rig.server->handlers[method_index(method_find("history.list"))] = NULL;
	reply = client_call(&rig, &client, "history.list", NULL);
	assert_string_equal(at(reply, "error.data.type"), "unsupported");
	assert_non_null(strstr(at(reply, "error.message"), "not in this version"));
	assert_string_equal(at(reply, "error.code"), "14");
}

static void unknown_method_names_the_nearest(void **state)
{
	_cleanup_json_ json_object *reply = client_call(&rig, &client, "printer.lost", NULL);

	assert_string_equal(at(reply, "error.code"), "-32601");
	assert_non_null(strstr(at(reply, "error.data.hint"), "printer.list"));
}

static void unknown_missing_and_mistyped_params_are_refused(void **state)
{
	_cleanup_json_ json_object *reply =
	    client_call(&rig, &client, "printer.list", "{\"colour\":1}");

	assert_string_equal(at(reply, "error.code"), "-32602");
	assert_non_null(strstr(at(reply, "error.message"), "colour"));
	client_refused(&rig, &client, "hms.text", NULL, ERR_INVALID_PARAMS);
	client_refused(&rig, &client, "printer.get", "{\"raw\":\"yes\"}", ERR_INVALID_PARAMS);
	client_refused(&rig, &client, "daemon.ping", "{\"a\":1}", ERR_INVALID_PARAMS);
}

static void bad_envelopes_are_refused_with_id_null_or_their_own(void **state)
{
	line_refused("{\"method\":\"daemon.ping\"}\n", "null", ERR_INVALID_REQUEST);
	line_refused("{\"id\":null,\"method\":\"hello\"}\n", "null", ERR_INVALID_REQUEST);
	line_refused("{\"id\":1.5,\"method\":\"hello\"}\n", "null", ERR_INVALID_REQUEST);
	line_refused("[{\"id\":1,\"method\":\"hello\"}]\n", "null", ERR_INVALID_REQUEST);
	line_refused("{\"id\":\"a\",\"method\":5}\n", "a", ERR_INVALID_REQUEST);
	line_refused("{\"id\":4,\"method\":\"hello\",\"params\":[1]}\n", "4", ERR_INVALID_REQUEST);
	line_refused(
	    "{\"id\":4,\"jsonrpc\":\"1.0\",\"method\":\"hello\"}\n", "4", ERR_INVALID_REQUEST);
	line_refused("{\"id\":1\n", "null", ERR_PARSE_ERROR);
	line_refused("\x01\x02\xff\xfe\x80 binary junk \xc3\n", "null", ERR_PARSE_ERROR);
	line_refused("null\n", "null", ERR_INVALID_REQUEST);
	line_refused("[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]\n", "null", ERR_PARSE_ERROR);
	/* The connection has lived through all of it. */
	json_object_put(client_result(&rig, &client, "daemon.ping", NULL));
}

static void three_requests_in_one_write_get_three_replies(void **state)
{
	client_say(&rig, &client,
	    "{\"id\":\"h\",\"method\":\"hello\",\"params\":{\"client\":\"x/1\",\"api\":1}}\n"
	    "\n{\"id\":2,\"method\":\"printer.lost\"}\n"
	    "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"daemon.ping\"}\n");
	for (int i = 0; i < 3; i++) {
		static const char *const ids[] = {"h", "2", "3"};
		_cleanup_json_ json_object *reply = client_line(&rig, &client);

		assert_non_null(reply);
		assert_string_equal(at(reply, "id"), ids[i]);
	}
}

static void line_over_64_kib_gets_an_error_then_the_end(void **state)
{
	char *line = xmalloc(PROTO_LINE_MAX + 10);

	memset(line, 'a', PROTO_LINE_MAX + 9);
	line[PROTO_LINE_MAX + 9] = '\0';
	line_refused(line, "null", ERR_INVALID_REQUEST);
	assert_true(client_at_end(&rig, &client));
	assert_int_equal(server_clients(rig.server), 0);
	free(line);
}

static void writes_of_a_user_are_limited(void **state)
{
	struct conn *c = client_conn(&rig);
	unsigned sent = 0, limited = 0;

	c->perm = PERM_CONTROL;
	c->peer.uid = STRANGER; /* neither root nor the daemon's user */
	for (int i = 0; i < 20; i++) {
		_cleanup_json_ json_object *reply =
		    client_call(&rig, &client, "printer.refresh", "{\"printer\":\"p0\"}");

		sent += strcmp(at(reply, "result.stage"), "sent") == 0;
		limited += strcmp(at(reply, "error.data.type"), "rate_limited") == 0;
	}
	assert_int_equal(sent, RATE_WRITES_PER_S);
	assert_int_equal(limited, 20 - RATE_WRITES_PER_S);
	/* Reading goes on. */
	json_object_put(client_result(&rig, &client, "daemon.ping", NULL));
	rig_pass(&rig, 1000);
	json_object_put(client_result(&rig, &client, "printer.refresh", "{\"printer\":\"p0\"}"));
}

static void hundred_thousand_pipelined_calls_are_all_answered(void **state)
{
	static const char batch[] = "{\"id\":1,\"method\":\"daemon.ping\"}\n"
				    "{\"id\":1,\"method\":\"daemon.ping\"}\n"
				    "{\"id\":1,\"method\":\"daemon.ping\"}\n"
				    "{\"id\":1,\"method\":\"daemon.ping\"}\n";
	size_t sent = 0, want = 25000 * (sizeof(batch) - 1), newlines = 0;
	char *sink = xmalloc(256 * 1024);

	for (int i = 0; i < 1000000 && newlines < 100000; i++) {
		size_t off = sent % (sizeof(batch) - 1);
		ssize_t n = sent < want ? send(client.fd, batch + off, sizeof(batch) - 1 - off,
					      MSG_DONTWAIT | MSG_NOSIGNAL)
					: 0;

		sent += n > 0 ? (size_t)n : 0;
		if (n > 0 && i % 50 != 0) {
			continue;
		}
		rig_turn(&rig, 1);
		n = recv(client.fd, sink, 256 * 1024, MSG_DONTWAIT);
		for (ssize_t k = 0; k < n; k++) {
			newlines += sink[k] == '\n';
		}
	}
	assert_int_equal(newlines, 100000);
	free(sink);
}

/* ---- who gets in ---- */

static void connections_over_the_cap_get_one_error_line(void **state)
{
	struct client extra;
	_cleanup_json_ json_object *reply = NULL;

	/* As if that many were there: exempt users may use the spare ones too. */
	rig.server->conn_count += SERVER_CONNS_MAX + SERVER_CONNS_SPARE - 1;
	client_dial(&rig, &extra);
	reply = client_line(&rig, &extra);
	assert_string_equal(at(reply, "error.data.type"), "overflow");
	assert_string_equal(at(reply, "id"), "null");
	assert_true(client_at_end(&rig, &extra));
	client_hang_up(&extra);
	rig.server->conn_count -= SERVER_CONNS_MAX + SERVER_CONNS_SPARE - 1;
	json_object_put(client_result(&rig, &client, "daemon.ping", NULL));
}

/* As a user who is neither root nor the daemon's: root borrows an identity for the connect, anybody
 * else is one as soon as the daemon belongs to somebody else. */
static void dial_as_stranger(struct client *c)
{
	bool root = geteuid() == 0;

	rig.server->access.own_uid = geteuid() + 1;
	assert_int_equal(chmod(rig.dir, 0755), 0);
	assert_int_equal(chmod(rig.path, 0666), 0);
	if (root) {
		assert_int_equal(seteuid(STRANGER), 0);
	}
	client_dial(&rig, c);
	if (root) {
		assert_int_equal(seteuid(0), 0);
	}
}

static void sixty_five_connections_of_a_user_are_one_too_many(void **state)
{
	struct client many[SERVER_CONNS_PER_UID + 1];
	_cleanup_json_ json_object *reply = NULL;
	unsigned i;

	rig.server->access.others_read = true;
	client_hang_up(&client);
	rig_turn(&rig, 3);
	for (i = 0; i <= SERVER_CONNS_PER_UID; i++) {
		dial_as_stranger(&many[i]);
	}
	assert_int_equal(server_clients(rig.server), SERVER_CONNS_PER_UID);
	reply = client_line(&rig, &many[SERVER_CONNS_PER_UID]);
	assert_string_equal(at(reply, "error.data.type"), "overflow");
	assert_true(client_at_end(&rig, &many[SERVER_CONNS_PER_UID]));
	json_object_put(client_result(&rig, &many[0], "daemon.ping", NULL));
	for (i = 0; i <= SERVER_CONNS_PER_UID; i++) {
		client_hang_up(&many[i]);
	}
	rig_turn(&rig, 4);
	assert_int_equal(server_clients(rig.server), 0);
}

static void reload_of_rights_judges_every_client_again(void **state)
{
	struct server_access closed = rig.access;
	struct conn *c = client_conn(&rig);

	c->peer.uid = STRANGER;
	closed.others_read = true;
	server_set_access(rig.server, &closed);
	assert_int_equal(c->perm, PERM_READ);
	json_object_put(client_result(&rig, &client, "daemon.ping", NULL));
	closed.others_read = false;
	server_set_access(rig.server, &closed);
	assert_true(client_at_end(&rig, &client));
	assert_int_equal(server_clients(rig.server), 0);
}

static void stranger_gets_one_error_line(void **state)
{
	struct client stranger;
	_cleanup_json_ json_object *reply = NULL;

	dial_as_stranger(&stranger);
	reply = client_line(&rig, &stranger);
	assert_string_equal(at(reply, "error.data.type"), "permission_denied");
	assert_true(client_at_end(&rig, &stranger));
	client_hang_up(&stranger);
}

static void stranger_reads_where_others_may(void **state)
{
	struct client stranger;
	_cleanup_json_ json_object *hello = NULL;

	rig.server->access.others_read = true;
	dial_as_stranger(&stranger);
	hello = client_result(&rig, &stranger, "hello", NULL);
	assert_string_equal(at(hello, "you.perm"), "[\"read\"]");
	client_refused(&rig, &stranger, "daemon.reload", NULL, ERR_PERMISSION_DENIED);
	assert_int_equal(rig.reloads, 0);
	client_hang_up(&stranger);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(table_row_is_built_exactly_when_it_has_a_handler),
	    TEST(table_of_handlers_is_sorted_and_known),
	    TEST(every_row_refuses_every_class_below_its_own),
	    TEST(every_refused_call_is_audited),
	    TEST(what_is_more_than_reading_is_audited_with_its_printer),
	    TEST(reader_may_read),
	    TEST(unbuilt_method_says_not_in_this_version),
	    TEST(unknown_method_names_the_nearest),
	    TEST(unknown_missing_and_mistyped_params_are_refused),
	    TEST(bad_envelopes_are_refused_with_id_null_or_their_own),
	    TEST(three_requests_in_one_write_get_three_replies),
	    TEST(line_over_64_kib_gets_an_error_then_the_end),
	    TEST(writes_of_a_user_are_limited),
	    TEST(hundred_thousand_pipelined_calls_are_all_answered),
	    TEST(connections_over_the_cap_get_one_error_line),
	    TEST(sixty_five_connections_of_a_user_are_one_too_many),
	    TEST(reload_of_rights_judges_every_client_again),
	    TEST(stranger_gets_one_error_line),
	    TEST(stranger_reads_where_others_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
