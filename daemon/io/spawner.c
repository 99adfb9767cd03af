/* SPDX-License-Identifier: MIT */
/* Runs one helper program, any number of times: each has a socket as its standard input and output,
 * and nothing else of ours. */
#include "daemon/io/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "common/util.h"
#include "daemon/io/spawn.h"

struct spawner {
	struct spawn_port *port;
	char *path;
};

struct spawner_run {
	struct spawn *spawn; /* NULL: it has ended */
};

struct spawner *spawner_create(struct spawn_port *port, const char *path)
{
	struct spawner *s = xcalloc(1, sizeof(*s));

	s->port = port;
	s->path = xstrdup(path);
	return s;
}

void spawner_destroy(struct spawner *s)
{
	if (!s) {
		return;
	}
	free(s->path);
	free(s);
}

static void on_ended(void *arg, const struct spawn_result *result)
{
	struct spawner_run *r = arg;

	r->spawn = NULL; /* its socket says so to whoever reads it */
}

static int run(const struct spawner *s, int fd, struct spawner_run *r)
{
	_cleanup_close_ int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	const char *argv[] = {s->path, NULL};
	struct spawn_plan plan = {.argv = argv, .fds = {fd, fd, null}};

	return null < 0 ? -errno : spawn_start(s->port, &plan, on_ended, r, &r->spawn);
}

int spawner_start(struct spawner *s, struct spawner_run **ret, int *ret_fd)
{
	struct spawner_run *r;
	int fds[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
		return -errno;
	}
	r = xcalloc(1, sizeof(*r));
	rc = fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : run(s, fds[1], r);
	close(fds[1]);
	if (rc < 0) {
		close(fds[0]);
		free(r);
		return rc;
	}
	*ret = r;
	*ret_fd = fds[0];
	return 0;
}

void spawner_end(struct spawner_run *r)
{
	spawn_end(r->spawn);
	free(r);
}
