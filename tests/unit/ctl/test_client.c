/* SPDX-License-Identifier: MIT */
/* The connection: whose reply is taken, what ends a wait, which socket is tried. The daemon's side
 * is played by the test: it answers before it is asked, which the client cannot tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "common/util.h"
#include "ctl/client.h"

struct rig {
	char dir[64], path[96];
	int listener, peer;
	struct client client;
};

static int set_up(void **state)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct rig *r = xcalloc(1, sizeof(*r));
	const char *tmp = getenv("TMPDIR");

	snprintf(r->dir, sizeof(r->dir), "%.40s/ctl-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(r->dir));
	snprintf(r->path, sizeof(r->path), "%s/s", r->dir);
	assert_true(str_copy(addr.sun_path, sizeof(addr.sun_path), r->path));
	r->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	r->peer = -1;
	assert_int_equal(bind(r->listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(r->listener, 4), 0);
	client_init(&r->client);
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	client_finish(&r->client);
	close(r->listener);
	if (r->peer >= 0) {
		close(r->peer);
	}
	unlink(r->path);
	rmdir(r->dir);
	free(r);
	return 0;
}

static void connect_pair(struct rig *r, int64_t timeout_ms)
{
	struct err e = {0};

	assert_int_equal(client_open(&r->client, r->path, timeout_ms, &e), 0);
	r->peer = accept(r->listener, NULL, NULL);
	assert_true(r->peer >= 0);
}

static void answer(struct rig *r, const char *text)
{
	assert_int_equal(write(r->peer, text, strlen(text)), strlen(text));
}

static void hang_up(struct rig *r)
{
	close(r->peer);
	r->peer = -1;
}

static void client_takes_the_reply_to_its_own_request(void **state)
{
	struct rig *r = *state;
	_cleanup_json_ json_object *reply = NULL;
	struct err e = {0};
	char sent[256] = "";

	connect_pair(r, 5000);
	answer(r, "{\"method\":\"progress\",\"params\":{}}\n{\"id\":9,\"result\":0}\n"
		  "{\"id\":1,\"result\":{\"a\":1}}\n");
	assert_int_equal(client_call(&r->client, "daemon.ping", NULL, &reply, &e), 0);
	assert_non_null(json_get_obj(reply, "result"));
	assert_true(read(r->peer, sent, sizeof(sent) - 1) > 0);
	assert_string_equal(sent, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"daemon.ping\"}\n");
}

static void client_takes_an_error_that_is_for_the_connection(void **state)
{
	struct rig *r = *state;
	_cleanup_json_ json_object *reply = NULL;
	struct err e = {0};

	connect_pair(r, 5000);
	answer(r, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":6,\"message\":\"no\"}}\n");
	hang_up(r);
	assert_int_equal(client_call(&r->client, "daemon.ping", NULL, &reply, &e), 0);
	assert_non_null(json_get_obj(reply, "error"));
}

static void client_reads_lines_longer_than_its_buffer(void **state)
{
	struct rig *r = *state;
	_cleanup_json_ json_object *first = NULL, *second = NULL;
	_cleanup_free_ char *line = xmalloc(150001);
	struct err e = {0};

	connect_pair(r, 5000);
	memset(line, 'x', 150000);
	line[150000] = '\0';
	answer(r, "{\"long\":\"");
	answer(r, line);
	answer(r, "\"}\n{\"next\":1}\n");
	assert_int_equal(client_next(&r->client, &first, &e), 0);
	assert_int_equal(strlen(json_get_str(first, "long")), 150000);
	assert_int_equal(client_next(&r->client, &second, &e), 0);
	assert_true(json_object_object_get_ex(second, "next", NULL));
}

static void client_gives_up_at_its_deadline(void **state)
{
	struct rig *r = *state;
	json_object *reply = NULL;
	struct err e = {0};

	connect_pair(r, 20);
	assert_int_equal(client_call(&r->client, "daemon.ping", NULL, &reply, &e), -1);
	assert_int_equal(e.type, ERR_TIMEOUT);
}

static void client_says_when_the_daemon_hangs_up(void **state)
{
	struct rig *r = *state;
	json_object *reply = NULL;
	struct err e = {0};

	connect_pair(r, 5000);
	hang_up(r);
	assert_int_equal(client_call(&r->client, "daemon.ping", NULL, &reply, &e), -1);
	assert_int_equal(e.type, ERR_DAEMON_UNREACHABLE);
}

static void client_refuses_what_is_not_json(void **state)
{
	struct rig *r = *state;
	json_object *reply = NULL;
	struct err e = {0};

	connect_pair(r, 5000);
	answer(r, "SSH-2.0\n");
	assert_int_equal(client_call(&r->client, "daemon.ping", NULL, &reply, &e), -1);
	assert_int_equal(e.type, ERR_INTERNAL);
}

static void assert_open_fails(struct rig *r, const char *path, enum err_type type)
{
	struct err e = {0};

	assert_int_equal(client_open(&r->client, path, 1000, &e), -1);
	assert_int_equal(e.type, type);
	assert_non_null(strstr(e.message, "/"));
}

static void client_names_the_trouble_with_the_socket(void **state)
{
	struct rig *r = *state;
	char path[200];

	snprintf(path, sizeof(path), "%s/none", r->dir);
	assert_open_fails(r, path, ERR_DAEMON_UNREACHABLE);
	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_open_fails(r, path, ERR_USAGE);
	close(r->listener);
	r->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_open_fails(r, r->path, ERR_DAEMON_UNREACHABLE); /* a stale one */
}

static void client_takes_the_socket_of_the_environment(void **state)
{
	struct rig *r = *state;
	struct err e = {0};

	setenv("BAMBUD_SOCKET", r->path, 1);
	assert_int_equal(client_open(&r->client, NULL, 1000, &e), 0);
	unsetenv("BAMBUD_SOCKET");
	assert_string_equal(r->client.path, r->path);
}

static void client_prefers_the_daemon_of_the_user(void **state)
{
	struct rig *r = *state;
	char dir[96], path[112];
	struct err e = {0};

	snprintf(dir, sizeof(dir), "%s/bambud", r->dir);
	snprintf(path, sizeof(path), "%s/control.sock", dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(rename(r->path, path), 0);
	unsetenv("BAMBUD_SOCKET");
	setenv("XDG_RUNTIME_DIR", r->dir, 1);
	assert_int_equal(client_open(&r->client, NULL, 1000, &e), 0);
	unsetenv("XDG_RUNTIME_DIR");
	assert_string_equal(r->client.path, path);
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		client_takes_the_reply_to_its_own_request, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		client_takes_an_error_that_is_for_the_connection, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		client_reads_lines_longer_than_its_buffer, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(client_gives_up_at_its_deadline, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		client_says_when_the_daemon_hangs_up, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(client_refuses_what_is_not_json, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		client_names_the_trouble_with_the_socket, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		client_takes_the_socket_of_the_environment, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		client_prefers_the_daemon_of_the_user, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
