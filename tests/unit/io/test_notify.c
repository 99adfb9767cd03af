/* SPDX-License-Identifier: MIT */
/* What systemd is told, read from a datagram socket of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/io/loop.h"
#include "daemon/io/notify.h"

static int64_t virtual_ms;
static int sock;
static char received[512];
static int healthy_answer;

static int64_t virtual_now(void *arg)
{
	return virtual_ms;
}

static const struct loop_clock virtual_clock = {.mono_ms = virtual_now, .wall_ms = virtual_now};

static int healthy(void *arg)
{
	return healthy_answer;
}

/* An abstract socket, so that nothing is left behind. */
static int setup(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char name[64];
	int len;

	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	len = snprintf(name, sizeof(name), "@bambud-test-notify-%d", (int)getpid());
	memcpy(address.sun_path + 1, name + 1, (size_t)len - 1);
	if (bind(sock, (struct sockaddr *)&address,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len)) < 0) {
		return -1;
	}
	setenv("NOTIFY_SOCKET", name, 1);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	virtual_ms = 0;
	*state = loop_create(&virtual_clock);
	return 0;
}

static int teardown(void **state)
{
	loop_destroy(*state);
	close(sock);
	return 0;
}

static const char *next_datagram(void)
{
	ssize_t n = recv(sock, received, sizeof(received) - 1, 0);

	received[n > 0 ? n : 0] = '\0';
	return n > 0 ? received : NULL;
}

static void notify_tells_ready_stopping_and_one_line_of_status(void **state)
{
	struct notify *n = notify_create(*state, NULL, NULL);

	notify_ready(n);
	assert_string_equal(next_datagram(), "READY=1");
	notify_status(n, "%d of %d printers\nREADY=0", 1, 3);
	assert_string_equal(next_datagram(), "STATUS=1 of 3 printers READY=0");
	notify_stopping(n);
	assert_string_equal(next_datagram(), "STOPPING=1");
	assert_null(next_datagram());
	notify_destroy(n);
	notify_destroy(NULL);
}

static void notify_reloading_carries_the_monotonic_time(void **state)
{
	struct notify *n = notify_create(*state, NULL, NULL);
	struct timespec ts;
	int64_t usec;

	notify_reloading(n);
	clock_gettime(CLOCK_MONOTONIC, &ts);
	assert_non_null(next_datagram());
	assert_int_equal(sscanf(received, "RELOADING=1\nMONOTONIC_USEC=%" SCNd64, &usec), 1);
	assert_in_range(
	    usec, ((int64_t)ts.tv_sec - 5) * 1000000, ((int64_t)ts.tv_sec + 1) * 1000000);
	notify_destroy(n);
}

static void notify_feeds_the_watchdog_at_half_its_interval(void **state)
{
	struct notify *n;

	setenv("WATCHDOG_USEC", "30000000", 1);
	n = notify_create(*state, NULL, NULL);
	virtual_ms = 14999;
	loop_turn(*state, false);
	assert_null(next_datagram());
	for (int i = 0; i < 3; i++) {
		virtual_ms += i == 0 ? 1 : 15000;
		loop_turn(*state, false);
		assert_string_equal(next_datagram(), "WATCHDOG=1");
		assert_null(next_datagram());
	}
	notify_destroy(n);
	virtual_ms += 60000;
	loop_turn(*state, false);
	assert_null(next_datagram());
}

static void notify_starves_the_watchdog_while_unhealthy(void **state)
{
	struct notify *n;

	setenv("WATCHDOG_USEC", "30000000", 1);
	n = notify_create(*state, healthy, NULL);
	healthy_answer = 0;
	virtual_ms = 15000;
	loop_turn(*state, false);
	assert_null(next_datagram());
	healthy_answer = 1;
	virtual_ms = 30000;
	loop_turn(*state, false);
	assert_string_equal(next_datagram(), "WATCHDOG=1");
	notify_destroy(n);
}

static void notify_without_a_watchdog_arms_no_timer(void **state)
{
	struct notify *n = notify_create(*state, NULL, NULL);

	virtual_ms = 3600 * 1000;
	loop_turn(*state, false);
	assert_null(next_datagram());
	notify_destroy(n);
}

static void notify_without_a_socket_is_silent(void **state)
{
	struct notify *n = notify_create(*state, NULL, NULL);

	unsetenv("NOTIFY_SOCKET");
	notify_ready(n);
	notify_status(n, "up");
	assert_null(next_datagram());
	notify_destroy(n);
}

/* What a child that was given `count` descriptors from 3 on says: the answer of notify_take_socket,
 * negated errors, or 99 when it left descriptors open that it did not take. */
static int take_in_child(const int *fds, int count)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		char text[32];
		int got, left = 0;

		for (int i = 0; i < count; i++) {
			dup2(fds[i], 3 + i);
		}
		snprintf(text, sizeof(text), "%d", (int)getpid());
		setenv("LISTEN_PID", text, 1);
		snprintf(text, sizeof(text), "%d", count);
		setenv("LISTEN_FDS", text, 1);
		got = notify_take_socket();
		for (int i = 0; i < count; i++) {
			left += 3 + i != got && fcntl(3 + i, F_GETFD) >= 0;
		}
		_exit(left > 0 ? 99 : got < 0 ? -got : got);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Descriptors the child can dup2 from: far above those it is given. */
static int high(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, 50);

	close(fd);
	assert_true(moved >= 50);
	return moved;
}

static void notify_takes_a_listening_stream_socket_and_nothing_else(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX}; /* an abstract name of its own */
	int listening = high(socket(AF_UNIX, SOCK_STREAM, 0));
	int idle = high(socket(AF_UNIX, SOCK_STREAM, 0));
	int file = high(open("/dev/null", O_RDONLY));
	int both[] = {file, listening}, neither[] = {file, idle};

	assert_int_equal(
	    bind(listening, (struct sockaddr *)&address, sizeof(address.sun_family)), 0);
	assert_int_equal(listen(listening, 1), 0);
	assert_int_equal(take_in_child(&listening, 1), 3);
	assert_int_equal(take_in_child(both, 2), 4);
	assert_int_equal(take_in_child(neither, 2), EINVAL);
	close(listening);
	close(idle);
	close(file);
}

static void notify_without_passed_descriptors_takes_none(void **state)
{
	unsetenv("LISTEN_FDS");
	assert_int_equal(notify_take_socket(), -ENOENT);
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_PID", "1", 1); /* meant for another process */
	assert_int_equal(notify_take_socket(), -ENOENT);
}

#define WITH_SOCKET(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_SOCKET(notify_tells_ready_stopping_and_one_line_of_status),
	    WITH_SOCKET(notify_reloading_carries_the_monotonic_time),
	    WITH_SOCKET(notify_feeds_the_watchdog_at_half_its_interval),
	    WITH_SOCKET(notify_starves_the_watchdog_while_unhealthy),
	    WITH_SOCKET(notify_without_a_watchdog_arms_no_timer),
	    WITH_SOCKET(notify_without_a_socket_is_silent),
	    cmocka_unit_test(notify_takes_a_listening_stream_socket_and_nothing_else),
	    cmocka_unit_test(notify_without_passed_descriptors_takes_none),
	};
	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
