/* SPDX-License-Identifier: MIT */
/* Helpers: what they get, and that they are gone when they were ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/io/loop.h"
#include "daemon/io/spawner.h"

struct rig {
	struct loop *loop;
	struct spawner *spawner;
	pid_t pid;
	int fd;
};

static void begin(struct rig *r, const char *path)
{
	r->loop = loop_create(NULL);
	r->spawner = spawner_create(r->loop, path);
}

static void end(struct rig *r)
{
	spawner_destroy(r->spawner);
	loop_destroy(r->loop);
}

static size_t read_all(int fd, char *ret, size_t size)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len < size - 1) {
		assert_int_equal(poll(&p, 1, 10000), 1);
		n = read(fd, ret + len, size - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	}
	ret[len] = '\0';
	return len;
}

static void helper_has_the_socket_at_both_ends(void **state)
{
	struct rig r;
	char text[16];

	begin(&r, "/bin/cat");
	assert_int_equal(spawner_start(r.spawner, &r.pid, &r.fd), 0);
	assert_true(fcntl(r.fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(r.fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(write(r.fd, "abc", 3), 3);
	shutdown(r.fd, SHUT_WR);
	assert_int_equal(read_all(r.fd, text, sizeof(text)), 3);
	assert_string_equal(text, "abc");
	close(r.fd);
	spawner_end(r.spawner, r.pid);
	end(&r);
}

/* env prints nothing where there is no environment. */
static void helper_has_no_environment(void **state)
{
	struct rig r;
	char text[16];

	begin(&r, "/usr/bin/env");
	assert_int_equal(spawner_start(r.spawner, &r.pid, &r.fd), 0);
	assert_int_equal(read_all(r.fd, text, sizeof(text)), 0);
	close(r.fd);
	spawner_end(r.spawner, r.pid);
	end(&r);
}

static void helper_that_is_stopped_is_ended_all_the_same(void **state)
{
	struct rig r;

	begin(&r, "/bin/cat");
	assert_int_equal(spawner_start(r.spawner, &r.pid, &r.fd), 0);
	kill(r.pid, SIGSTOP);
	spawner_end(r.spawner, r.pid);
	close(r.fd);
	end(&r);
	assert_int_equal(kill(r.pid, 0), -1); /* reaped, not a zombie */
	assert_int_equal(errno, ESRCH);
}

static void program_that_is_not_there_is_an_error(void **state)
{
	struct rig r;

	begin(&r, "/nonexistent/program");
	assert_int_equal(spawner_start(r.spawner, &r.pid, &r.fd), -ENOENT);
	end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(helper_has_the_socket_at_both_ends),
	    cmocka_unit_test(helper_has_no_environment),
	    cmocka_unit_test(helper_that_is_stopped_is_ended_all_the_same),
	    cmocka_unit_test(program_that_is_not_there_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
