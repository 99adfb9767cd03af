/* SPDX-License-Identifier: MIT */
/* Programs run by the spawner process: what they get, and that they are gone when they are ended.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/io/loop.h"
#include "daemon/io/spawn.h"
#include "daemon/io/spawn_process.h"
#include "daemon/io/spawn_wire.h"
#include "daemon/io/spawner.h"

enum { DEADLINE_MS = 10000 };

struct rig {
	struct loop *loop;
	struct spawn_port *port;
	pid_t spawner;
	int out; /* of the program, ours to read */
	unsigned ends;
	struct spawn_result result;
	struct spawn *spawn;
};

static int setup(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	int fd;

	/* First, as in the daemon. */
	assert_int_equal(spawn_process_fork(&fd, &r->spawner), 0);
	r->loop = loop_create(NULL);
	r->port = spawn_port_create(r->loop, fd, r->spawner);
	r->out = -1;
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct rig *r = *state;

	spawn_port_destroy(r->port);
	loop_destroy(r->loop);
	if (r->out >= 0) {
		close(r->out);
	}
	assert_int_equal(kill(r->spawner, 0), -1); /* reaped */
	free(r);
	return 0;
}

static void on_end(void *arg, const struct spawn_result *result)
{
	struct rig *r = arg;

	r->ends++;
	r->result = *result;
}

static void stop_loop(void *arg)
{
	loop_stop(arg);
}

static void turn(struct rig *r, int64_t end_ms)
{
	struct loop_timer wake;

	assert_true(loop_now_ms(r->loop) < end_ms);
	loop_timer_init(&wake, r->loop, stop_loop, r->loop);
	loop_timer_start(&wake, 50);
	loop_turn(r->loop, true);
	loop_timer_stop(&wake);
}

static void until_ends(struct rig *r, unsigned ends)
{
	int64_t end_ms = loop_now_ms(r->loop) + DEADLINE_MS;

	while (r->ends < ends) {
		turn(r, end_ms);
	}
}

static void until_pid(struct rig *r)
{
	int64_t end_ms = loop_now_ms(r->loop) + DEADLINE_MS;

	while (spawn_pid(r->spawn) == 0) {
		turn(r, end_ms);
	}
}

static int start(struct rig *r, const char *const *argv, const char *const *env, int64_t limit_ms)
{
	int pipes[2], null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct spawn_plan plan = {.argv = argv, .env = env, .limit_ms = limit_ms};
	int rc;

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	plan.fds[0] = null;
	plan.fds[1] = plan.fds[2] = pipes[1];
	rc = spawn_start(r->port, &plan, on_end, r, &r->spawn);
	close(pipes[1]);
	close(null);
	if (r->out >= 0) {
		close(r->out);
	}
	r->out = pipes[0];
	return rc;
}

static int start_shell(struct rig *r, const char *script, int64_t limit_ms)
{
	const char *argv[] = {"/bin/sh", "-c", script, NULL};

	return start(r, argv, NULL, limit_ms);
}

static size_t read_all(int fd, char *ret, size_t size)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len < size - 1) {
		assert_int_equal(poll(&p, 1, DEADLINE_MS), 1);
		n = read(fd, ret + len, size - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	}
	ret[len] = '\0';
	return len;
}

static void until_gone(pid_t pid)
{
	for (int i = 0; i < DEADLINE_MS && kill(pid, 0) == 0; i++) {
		poll(NULL, 0, 1);
	}
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
}

static void program_has_its_arguments_and_environment_alone(void **state)
{
	const char *argv[] = {
	    "/bin/sh", "-c", "echo \"$0\"; env | grep -c . ; echo $A", "a  b", NULL};
	const char *env[] = {"A=x y", "PATH=/usr/bin:/bin", NULL};
	struct rig *r = *state;
	char text[256];

	assert_int_equal(start(r, argv, env, 0), 0);
	read_all(r->out, text, sizeof(text));
	until_ends(r, 1);
	assert_int_equal(r->result.error, 0);
	assert_true(WIFEXITED(r->result.status));
	/* A, PATH, and PWD, which the shell adds. */
	assert_string_equal(text, "a  b\n3\nx y\n");
}

static void program_inherits_three_descriptors_and_no_mask(void **state)
{
	const char *argv[] = {"/bin/sed", "-n", "/^Sig[BI]/p", "/proc/self/status", NULL};
	struct rig *r = *state;
	char text[1024];

	assert_int_equal(start(r, argv, NULL, 0), 0);
	read_all(r->out, text, sizeof(text));
	assert_non_null(strstr(text, "SigBlk:\t0000000000000000"));
	assert_non_null(strstr(text, "SigIgn:\t0000000000000000"));
	until_ends(r, 1);
	assert_int_equal(start_shell(r, "for f in /proc/$$/fd/*; do echo ${f##*/}; done", 0), 0);
	read_all(r->out, text, sizeof(text));
	/* The shell reads the folder itself: by a descriptor of its own. */
	assert_true(str_starts(text, "0\n1\n2\n"));
	assert_true(strlen(text) <= strlen("0\n1\n2\n10\n"));
	until_ends(r, 2);
}

static void exit_status_and_signal_are_told(void **state)
{
	struct rig *r = *state;

	assert_int_equal(start_shell(r, "exit 7", 0), 0);
	until_ends(r, 1);
	assert_true(WIFEXITED(r->result.status));
	assert_int_equal(WEXITSTATUS(r->result.status), 7);
	assert_int_equal(start_shell(r, "kill -TERM $$", 0), 0);
	until_ends(r, 2);
	assert_true(WIFSIGNALED(r->result.status));
	assert_int_equal(WTERMSIG(r->result.status), SIGTERM);
	assert_false(r->result.timed_out);
}

static void limit_kills_the_whole_group(void **state)
{
	struct rig *r = *state;
	char text[64];

	assert_int_equal(
	    start_shell(r, "trap '' TERM HUP; sleep 1000 & echo $!; while :; do wait; done", 300),
	    0);
	until_ends(r, 1);
	assert_true(r->result.timed_out);
	/* Nobody holds the pipe any more. */
	read_all(r->out, text, sizeof(text));
	until_gone((pid_t)strtol(text, NULL, 10));
}

static void what_a_program_leaves_behind_ends_with_it(void **state)
{
	struct rig *r = *state;
	char text[64];

	assert_int_equal(start_shell(r, "sleep 1000 & echo $!", 0), 0);
	until_ends(r, 1);
	read_all(r->out, text, sizeof(text));
	until_gone((pid_t)strtol(text, NULL, 10));
}

static void program_that_cannot_be_run_is_an_error(void **state)
{
	const char *missing[] = {"/nonexistent/program", NULL}, *text[] = {"/etc/passwd", NULL};
	struct rig *r = *state;

	assert_int_equal(start(r, missing, NULL, 0), 0);
	until_ends(r, 1);
	assert_int_equal(r->result.error, ENOENT);
	assert_int_equal(start(r, text, NULL, 0), 0);
	until_ends(r, 2);
	assert_int_equal(r->result.error, EACCES);
}

static void program_that_is_stopped_is_ended_all_the_same(void **state)
{
	struct rig *r = *state;
	pid_t pid;

	assert_int_equal(start_shell(r, "exec sleep 1000", 0), 0);
	until_pid(r);
	pid = spawn_pid(r->spawn);
	kill(pid, SIGSTOP);
	spawn_end(r->spawn);
	until_gone(pid);
	assert_int_equal(r->ends, 0);
}

static void programs_end_with_the_port(void **state)
{
	struct rig *r = *state;
	pid_t pid;

	assert_int_equal(start_shell(r, "exec sleep 1000", 0), 0);
	until_pid(r);
	pid = spawn_pid(r->spawn);
	spawn_port_destroy(TAKE(r->port));
	until_gone(pid);
}

/* The service manager's SIGTERM goes to every process of the unit. */
static void spawner_outlives_signals_to_the_group(void **state)
{
	struct rig *r = *state;

	kill(r->spawner, SIGTERM);
	kill(r->spawner, SIGINT);
	kill(r->spawner, SIGHUP);
	assert_int_equal(start_shell(r, "exit 0", 0), 0);
	until_ends(r, 1);
	assert_int_equal(r->result.error, 0);
	assert_true(spawn_port_alive(r->port));
}

static void spawner_that_dies_is_a_named_error(void **state)
{
	struct rig *r = *state;
	pid_t pid;

	assert_int_equal(start_shell(r, "exec sleep 1000", 0), 0);
	until_pid(r);
	pid = spawn_pid(r->spawn);
	kill(r->spawner, SIGKILL);
	until_ends(r, 1);
	assert_int_equal(r->result.error, ESHUTDOWN);
	assert_false(spawn_port_alive(r->port));
	until_gone(pid);
	assert_int_equal(start_shell(r, "exit 0", 0), -ESHUTDOWN);
	assert_non_null(strstr(spawn_error_text(-ESHUTDOWN), "restart bambud"));
}

static void more_than_a_packet_is_refused(void **state)
{
	struct rig *r = *state;
	char *large = calloc(1, 40000);
	const char *argv[] = {"/bin/true", large, NULL};

	memset(large, 'x', 39999);
	assert_int_equal(start(r, argv, NULL, 0), -E2BIG);
	free(large);
}

/* A hundred at once: whatever order they end in, each is told once. */
static void many_programs_are_told_each(void **state)
{
	struct rig *r = *state;

	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(start_shell(r, "exit 0", 0), 0);
	}
	until_ends(r, 100);
	turn(r, INT64_MAX);
	assert_int_equal(r->ends, 100);
}

static void more_than_the_table_holds_is_refused(void **state)
{
	struct rig *r = *state;
	unsigned refused = 0;

	for (unsigned i = 0; i < SPAWN_CHILDREN_MAX + 3; i++) {
		int rc = start_shell(r, "exec sleep 1000", 0);

		refused += rc == -EAGAIN;
		assert_true(rc == 0 || rc == -EAGAIN);
		loop_turn(r->loop, false);
	}
	until_ends(r, 3 - refused);
	assert_int_equal(r->ends, 3 - refused);
	assert_int_equal(r->result.error, EAGAIN);
}

static void helper_has_the_socket_at_both_ends(void **state)
{
	struct rig *r = *state;
	struct spawner *s = spawner_create(r->port, "/bin/cat");
	struct spawner_run *run;
	char text[16];
	int fd;

	assert_int_equal(spawner_start(s, &run, &fd), 0);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(write(fd, "abc", 3), 3);
	shutdown(fd, SHUT_WR);
	assert_int_equal(read_all(fd, text, sizeof(text)), 3);
	assert_string_equal(text, "abc");
	close(fd);
	spawner_end(run);
	spawner_destroy(s);
}

/* env prints nothing where there is no environment. */
static void helper_has_no_environment(void **state)
{
	struct rig *r = *state;
	struct spawner *s = spawner_create(r->port, "/usr/bin/env");
	struct spawner_run *run;
	char text[16];
	int fd;

	assert_int_equal(spawner_start(s, &run, &fd), 0);
	assert_int_equal(read_all(fd, text, sizeof(text)), 0);
	close(fd);
	spawner_end(run);
	spawner_destroy(s);
}

int main(void)
{
#define RULE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    RULE(program_has_its_arguments_and_environment_alone),
	    RULE(program_inherits_three_descriptors_and_no_mask),
	    RULE(exit_status_and_signal_are_told),
	    RULE(limit_kills_the_whole_group),
	    RULE(what_a_program_leaves_behind_ends_with_it),
	    RULE(program_that_cannot_be_run_is_an_error),
	    RULE(program_that_is_stopped_is_ended_all_the_same),
	    RULE(programs_end_with_the_port),
	    RULE(spawner_outlives_signals_to_the_group),
	    RULE(spawner_that_dies_is_a_named_error),
	    RULE(more_than_a_packet_is_refused),
	    RULE(many_programs_are_told_each),
	    RULE(more_than_the_table_holds_is_refused),
	    RULE(helper_has_the_socket_at_both_ends),
	    RULE(helper_has_no_environment),
	};
#undef RULE

	return cmocka_run_group_tests(tests, NULL, NULL);
}
