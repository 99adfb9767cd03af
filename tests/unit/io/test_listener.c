/* SPDX-License-Identifier: MIT */
/* The listening socket: its file, its mode, and a process without free descriptors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "common/util.h"
#include "daemon/io/listener.h"
#include "daemon/io/loop.h"

static int64_t now_ms;

static int64_t fake_ms(void *arg)
{
	return now_ms;
}

struct bench {
	struct loop *loop;
	struct listener *listener;
	struct listener_handler handler;
	char dir[64], path[96];
	unsigned accepted, refused;
	int fds[64];
};

static void on_accepted(void *arg, int fd)
{
	struct bench *b = arg;

	assert_true(b->accepted < ARRAY_SIZE(b->fds));
	b->fds[b->accepted++] = fd;
}

static void on_refused(void *arg, int fd)
{
	struct bench *b = arg;

	b->refused++;
	assert_int_equal(send(fd, "no\n", 3, MSG_NOSIGNAL), 3);
}

static int setup(void **state)
{
	static const struct loop_clock clock = {fake_ms, fake_ms, NULL};
	struct bench *b = xcalloc(1, sizeof(*b));

	b->loop = loop_create(&clock);
	b->handler = (struct listener_handler){"socket", on_accepted, on_refused, b};
	snprintf(b->dir, sizeof(b->dir), "/tmp/listener.XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	snprintf(b->path, sizeof(b->path), "%s/control.sock", b->dir);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	listener_destroy(b->listener);
	loop_destroy(b->loop);
	for (unsigned i = 0; i < b->accepted; i++) {
		close(b->fds[i]);
	}
	unlink(b->path);
	assert_int_equal(rmdir(b->dir), 0);
	free(b);
	return 0;
}

static int listen_here(struct bench *b, mode_t mode)
{
	return listener_create(b->loop, b->path, mode, -1, &b->handler, &b->listener);
}

static int dial(const struct bench *b)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	str_copy(addr.sun_path, sizeof(addr.sun_path), b->path);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static void listener_makes_the_socket_with_its_mode(void **state)
{
	struct bench *b = *state;
	mode_t old = umask(0022);
	struct stat st;

	assert_int_equal(listen_here(b, 0666), 0);
	assert_int_equal(umask(old), 0022);
	assert_int_equal(stat(b->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0666);
	listener_destroy(TAKE(b->listener));
	assert_int_equal(stat(b->path, &st), -1);
	assert_int_equal(listen_here(b, 0600), 0);
	assert_int_equal(stat(b->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void listener_accepts_nonblocking_and_cloexec(void **state)
{
	struct bench *b = *state;
	int fd;

	assert_int_equal(listen_here(b, 0600), 0);
	fd = dial(b);
	loop_turn(b->loop, false);
	assert_int_equal(b->accepted, 1);
	assert_true(fcntl(b->fds[0], F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(b->fds[0], F_GETFD) & FD_CLOEXEC);
	close(fd);
}

static void listener_replaces_a_stale_socket_but_no_file(void **state)
{
	struct bench *b = *state;
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	str_copy(addr.sun_path, sizeof(addr.sun_path), b->path);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
	assert_int_equal(listen_here(b, 0600), 0);
	listener_destroy(TAKE(b->listener));
	fd = open(b->path, O_CREAT | O_WRONLY | O_EXCL, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(listen_here(b, 0600), -EEXIST);
}

static void listener_leaves_a_socket_that_is_not_its_own(void **state)
{
	struct bench *b = *state;
	struct listener *second;
	struct stat st;

	assert_int_equal(listen_here(b, 0600), 0);
	assert_int_equal(listener_create(b->loop, b->path, 0600, -1, &b->handler, &second), 0);
	listener_destroy(TAKE(b->listener));
	assert_int_equal(stat(b->path, &st), 0);
	listener_destroy(second);
	assert_int_equal(stat(b->path, &st), -1);
}

static void listener_refuses_a_path_over_107_bytes(void **state)
{
	struct bench *b = *state;
	char path[120];

	memset(path, 'x', sizeof(path));
	memcpy(path, "/tmp/", 5);
	path[108] = '\0';
	assert_int_equal(
	    listener_create(b->loop, path, 0600, -1, &b->handler, &b->listener), -ENAMETOOLONG);
	assert_null(b->listener);
}

static void listener_takes_an_inherited_socket_and_leaves_its_file(void **state)
{
	struct bench *b = *state;
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), client;
	struct stat st;

	str_copy(addr.sun_path, sizeof(addr.sun_path), b->path);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listener_create(b->loop, NULL, 0, fd, &b->handler, &b->listener), -EINVAL);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(listener_create(b->loop, NULL, 0, fd, &b->handler, &b->listener), 0);
	client = dial(b);
	loop_turn(b->loop, false);
	assert_int_equal(b->accepted, 1);
	listener_destroy(TAKE(b->listener));
	assert_int_equal(stat(b->path, &st), 0);
	close(client);
}

/* No descriptor free: everybody who waits is told, the loop rests, and accepts again later. */
static void listener_out_of_descriptors_tells_rests_and_comes_back(void **state)
{
	struct bench *b = *state;
	struct rlimit old, tight;
	int clients[5], late;
	char heard[8];

	assert_int_equal(listen_here(b, 0600), 0);
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
		clients[i] = dial(b);
	}
	late = dup(clients[0]);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	tight = (struct rlimit){(rlim_t)late + 1, old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	for (int i = 0; i < 50; i++) {
		loop_turn(b->loop, false);
	}
	assert_int_equal(b->accepted, 0);
	assert_int_equal(b->refused, 5);
	assert_int_equal(listener_pauses(b->listener), 1);
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
		assert_int_equal(recv(clients[i], heard, sizeof(heard), 0), 3);
		assert_int_equal(recv(clients[i], heard, sizeof(heard), 0), 0);
		close(clients[i]);
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	close(late);
	late = dial(b);
	loop_turn(b->loop, false);
	assert_int_equal(b->accepted, 0);
	now_ms += LISTENER_PAUSE_MS;
	loop_turn(b->loop, false);
	loop_turn(b->loop, false);
	assert_int_equal(b->accepted, 1);
	close(late);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(listener_makes_the_socket_with_its_mode),
	    TEST(listener_accepts_nonblocking_and_cloexec),
	    TEST(listener_replaces_a_stale_socket_but_no_file),
	    TEST(listener_leaves_a_socket_that_is_not_its_own),
	    TEST(listener_refuses_a_path_over_107_bytes),
	    TEST(listener_takes_an_inherited_socket_and_leaves_its_file),
	    TEST(listener_out_of_descriptors_tells_rests_and_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
