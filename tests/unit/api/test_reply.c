/* SPDX-License-Identifier: MIT */
/* Calls that are answered later: order, bounds, and everybody who may go away before the answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/api/reply.h"
#include "tests/unit/api/rig.h"

#define LATER "printer.doctor" /* a row whose handler is replaced here */

/* The work under way, oldest first. */
struct work {
	struct reply *reply;
	bool gone;
};

static struct rig rig;
static struct client client;
static struct work works[REPLIES_PER_CONN_MAX + 1];
static unsigned begun, gone;

static void on_gone(void *arg)
{
	struct work *w = arg;

	assert_false(w->gone);
	w->gone = true;
	w->reply = NULL;
	gone++;
}

static int handle_later(struct call *c)
{
	struct work *w = &works[begun];
	int r = reply_later(c, on_gone, w, &w->reply);

	if (r < 0) {
		return r;
	}
	begun++;
	return CALL_LATER;
}

static void finish(unsigned i)
{
	struct jw *w = reply_begin(works[i].reply);

	jw_object(w, "result");
	jw_int(w, "work", i);
	jw_object_end(w);
	reply_end(TAKE(works[i].reply));
}

static int setup(void **state)
{
	rig_start(&rig, 2);
	client_dial(&rig, &client);
	rig.server->handlers[method_index(method_find(LATER))] = handle_later;
	memset(works, 0, sizeof(works));
	begun = gone = 0;
	return 0;
}

static int teardown(void **state)
{
	client_hang_up(&client);
	rig_stop(&rig);
	return 0;
}

static void ask(unsigned id)
{
	char line[80];

	snprintf(line, sizeof(line), "{\"id\":%u,\"method\":\"" LATER "\"}\n", id);
	client_say(&rig, &client, line);
}

/* The next line answers that id with that text at path. */
static void expect(unsigned id, const char *path, const char *text)
{
	_cleanup_json_ json_object *reply = client_line(&rig, &client);
	char want[16];

	assert_non_null(reply);
	snprintf(want, sizeof(want), "%u", id);
	assert_string_equal(at(reply, "id"), want);
	assert_string_equal(at(reply, path), text);
}

static void later_calls_let_others_pass_and_end_in_any_order(void **state)
{
	ask(101);
	ask(102);
	assert_null(client_line(&rig, &client));
	client_say(&rig, &client, "{\"id\":103,\"method\":\"daemon.ping\"}\n");
	expect(103, "result.pong", "true");
	finish(1);
	expect(102, "result.work", "1");
	finish(0);
	expect(101, "result.work", "0");
	assert_int_equal(gone, 0);
}

static void later_call_can_fail(void **state)
{
	struct err e = {0};

	ask(101);
	err_set(&e, ERR_TIMEOUT, "no answer");
	reply_begin(works[0].reply);
	reply_fail(TAKE(works[0].reply), &e);
	expect(101, "error.data.type", "timeout");
	assert_int_equal(rig.server->counters.failed, 1);
}

static void more_than_64_in_flight_are_refused(void **state)
{
	for (unsigned i = 0; i < REPLIES_PER_CONN_MAX; i++) {
		ask(1000 + i);
	}
	assert_int_equal(begun, REPLIES_PER_CONN_MAX);
	ask(2000);
	expect(2000, "error.data.type", "overflow");
	finish(7);
	expect(1007, "result.work", "7");
	ask(2001);
	assert_int_equal(begun, REPLIES_PER_CONN_MAX + 1);
	assert_null(client_line(&rig, &client));
}

static void id_in_flight_is_not_taken_again(void **state)
{
	ask(101);
	ask(101);
	expect(101, "error.data.type", "invalid_request");
	finish(0);
	expect(101, "result.work", "0");
	ask(101);
	assert_int_equal(begun, 2);
}

static void client_that_dies_ends_its_calls(void **state)
{
	struct client other;

	client_dial(&rig, &other);
	ask(101);
	ask(102);
	client_hang_up(&client);
	rig_turn(&rig, 3);
	assert_int_equal(gone, 2);
	assert_true(works[0].gone && works[1].gone);
	json_object_put(client_result(&rig, &other, "daemon.ping", NULL));
	client_hang_up(&other);
}

static void client_that_only_stops_talking_gets_its_answer(void **state)
{
	ask(101);
	assert_int_equal(shutdown(client.fd, SHUT_WR), 0);
	rig_turn(&rig, 3);
	rig_pass(&rig, CONN_FINISH_MS + 1000);
	assert_int_equal(gone, 0);
	assert_false(client_at_end(&rig, &client));
	finish(0);
	expect(101, "result.work", "0");
	assert_true(client_at_end(&rig, &client));
}

static void daemon_that_stops_says_so(void **state)
{
	struct rig short_lived;

	rig_start(&short_lived, 1);
	short_lived.server->handlers[method_index(method_find(LATER))] = handle_later;
	client_hang_up(&client);
	client_dial(&short_lived, &client);
	client_say(&short_lived, &client, "{\"id\":101,\"method\":\"" LATER "\"}\n");
	assert_int_equal(begun, 1);
	rig_stop(&short_lived);
	assert_int_equal(gone, 1);
	expect(101, "error.data.type", "cancelled");
}

static void rights_withdrawn_end_what_needs_them(void **state)
{
	struct server_access none = {
	    .own_uid = 4242, .control_gid = (gid_t)-1, .read_gid = (gid_t)-1, .others_read = true};

	if (geteuid() == 0) {
		/* Root keeps every right: judged by hand. */
		ask(101);
		client_conn(&rig)->perm = PERM_READ;
		replies_judge(client_conn(&rig));
	} else {
		ask(101);
		server_set_access(rig.server, &none);
	}
	assert_int_equal(gone, 1);
	expect(101, "error.data.type", "permission_denied");
	client_say(&rig, &client, "{\"id\":103,\"method\":\"daemon.ping\"}\n");
	expect(103, "result.pong", "true");
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    RULE(later_calls_let_others_pass_and_end_in_any_order),
	    RULE(later_call_can_fail),
	    RULE(more_than_64_in_flight_are_refused),
	    RULE(id_in_flight_is_not_taken_again),
	    RULE(client_that_dies_ends_its_calls),
	    RULE(client_that_only_stops_talking_gets_its_answer),
	    RULE(daemon_that_stops_says_so),
	    RULE(rights_withdrawn_end_what_needs_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
