/* SPDX-License-Identifier: MIT */
/* Runs one helper program, any number of times: each has a socket as its standard input and output,
 * and nothing else of ours. */
#include "daemon/io/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/util.h"
#include "daemon/io/loop.h"

#define REAP_MS 200

struct spawner {
	struct loop *loop;
	char *path;
	pid_t *ended; /* killed, not yet gone: as many as run at most, for a while */
	size_t ended_count;
	struct loop_timer reap;
};

static bool is_gone(pid_t pid, int flags)
{
	pid_t got;

	do {
		got = waitpid(pid, NULL, flags);
	} while (got < 0 && errno == EINTR);
	return got != 0;
}

static void on_reap(void *arg)
{
	struct spawner *s = arg;
	size_t left = 0;

	for (size_t i = 0; i < s->ended_count; i++) {
		if (!is_gone(s->ended[i], WNOHANG)) {
			s->ended[left++] = s->ended[i];
		}
	}
	s->ended_count = left;
	if (left > 0) {
		loop_timer_start(&s->reap, REAP_MS);
	}
}

void spawner_end(struct spawner *s, pid_t pid)
{
	kill(pid, SIGKILL); /* not reaped yet, so nobody else has its number */
	if (is_gone(pid, WNOHANG)) {
		return;
	}
	s->ended = xrealloc(s->ended, (s->ended_count + 1) * sizeof(*s->ended));
	s->ended[s->ended_count++] = pid;
	loop_timer_start(&s->reap, REAP_MS);
}

struct spawner *spawner_create(struct loop *l, const char *path)
{
	struct spawner *s = xcalloc(1, sizeof(*s));

	s->loop = l;
	s->path = xstrdup(path);
	loop_timer_init(&s->reap, l, on_reap, s);
	return s;
}

void spawner_destroy(struct spawner *s)
{
	if (!s) {
		return;
	}
	loop_timer_stop(&s->reap);
	for (size_t i = 0; i < s->ended_count; i++) {
		is_gone(s->ended[i], 0);
	}
	free(s->ended);
	free(s->path);
	free(s);
}

/* What the daemon ignores or blocks is no business of the program's. 0 or an errno. */
static int set_signals(posix_spawnattr_t *attr)
{
	sigset_t none, all;
	int rc;

	sigemptyset(&none);
	sigfillset(&all);
	rc = posix_spawnattr_setsigmask(attr, &none);
	rc = rc ? rc : posix_spawnattr_setsigdefault(attr, &all);
	return rc ? rc
		  : posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* 0 or an errno. */
static int set_files(posix_spawn_file_actions_t *files, int fd)
{
	int rc = posix_spawn_file_actions_adddup2(files, fd, STDIN_FILENO);

	rc = rc ? rc : posix_spawn_file_actions_adddup2(files, fd, STDOUT_FILENO);
	rc = rc ? rc
		: posix_spawn_file_actions_addopen(files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	return rc ? rc : posix_spawn_file_actions_addclosefrom_np(files, STDERR_FILENO + 1);
}

static int run(const struct spawner *s, int fd, pid_t *ret_pid)
{
	char *argv[] = {s->path, NULL}, *environment[] = {NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int rc;

	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	rc = set_signals(&attr);
	rc = rc ? rc : set_files(&files, fd);
	rc = rc ? rc : posix_spawn(ret_pid, s->path, &files, &attr, argv, environment);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return -rc;
}

int spawner_start(struct spawner *s, pid_t *ret_pid, int *ret_fd)
{
	int fds[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
		return -errno;
	}
	rc = fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : run(s, fds[1], ret_pid);
	close(fds[1]);
	if (rc < 0) {
		close(fds[0]);
		return rc;
	}
	*ret_fd = fds[0];
	return 0;
}
