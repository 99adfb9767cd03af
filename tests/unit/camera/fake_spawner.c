/* SPDX-License-Identifier: MIT */
/* Helpers that are sockets of the test, in place of daemon/io/spawner.c. */
#include "tests/unit/camera/fake_spawner.h"

#include <assert.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/io/spawner.h"

struct spawner_run {
	unsigned which;
};

struct fake_helpers fake_helpers;
static struct spawner_run runs[FAKE_HELPERS_MAX];

void fake_helpers_reset(void)
{
	for (unsigned i = 0; i < fake_helpers.started; i++) {
		fake_helper_close(i);
	}
	fake_helpers = (struct fake_helpers){0};
}

unsigned fake_helpers_running(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fake_helpers.started; i++) {
		n += !fake_helpers.ended[i];
	}
	return n;
}

size_t fake_helper_read(unsigned which, void *buf, size_t size)
{
	ssize_t n = recv(fake_helpers.fds[which], buf, size, MSG_DONTWAIT);

	return n > 0 ? (size_t)n : 0;
}

void fake_helper_write(unsigned which, const void *data, size_t len)
{
	ssize_t n = send(fake_helpers.fds[which], data, len, MSG_NOSIGNAL);

	assert(n == (ssize_t)len);
}

void fake_helper_close(unsigned which)
{
	if (fake_helpers.fds[which] >= 0) {
		close(fake_helpers.fds[which]);
		fake_helpers.fds[which] = -1;
	}
}

int spawner_start(struct spawner *s, struct spawner_run **ret, int *ret_fd)
{
	unsigned which = fake_helpers.started;
	int fds[2];

	if (fake_helpers.refuse) {
		return -EAGAIN;
	}
	assert(which < FAKE_HELPERS_MAX);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0) {
		return -errno;
	}
	fake_helpers.fds[which] = fds[1];
	fake_helpers.started++;
	runs[which].which = which;
	*ret = &runs[which];
	*ret_fd = fds[0];
	return 0;
}

void spawner_end(struct spawner_run *r)
{
	assert(!fake_helpers.ended[r->which]);
	fake_helpers.ended[r->which] = true;
}
