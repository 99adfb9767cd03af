/* SPDX-License-Identifier: MIT */
/* Output longer than the terminal, shown through $PAGER. */
#include "ctl/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "common/util.h"

#define USUAL "less -FRX"
#define NOT_FOUND 127 /* of the shell */
#define NOT_ALLOWED 126

size_t pager_rows(const char *text, size_t size, unsigned width)
{
	size_t rows = 0;

	for (size_t at = 0; at < size; rows++) {
		const char *end = memchr(text + at, '\n', size - at);
		size_t len = end ? (size_t)(end - (text + at)) : size - at;

		if (width > 0 && len > width) {
			rows += (len - 1) / width;
		}
		at += len + 1;
	}
	return rows;
}

static void become_pager(int input, const char *command)
{
	dup2(input, STDIN_FILENO);
	setenv("LESS", "FRX", 0); /* colours, and no screen of its own for what fits */
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(NOT_FOUND);
}

/* The reader may leave early: that is no failure. */
static void feed(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno != EINTR) {
			return;
		}
		if (n > 0) {
			text += n;
			size -= (size_t)n;
		}
	}
}

static bool run(const char *command, const char *text, size_t size)
{
	int ends[2], status = 0;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		return false;
	}
	child = fork();
	if (child == 0) {
		become_pager(ends[0], command);
	}
	close(ends[0]);
	if (child > 0) {
		feed(ends[1], text, size);
	}
	close(ends[1]);
	if (child < 0) {
		return false;
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
	}
	return !WIFEXITED(status) ||
	       (WEXITSTATUS(status) != NOT_FOUND && WEXITSTATUS(status) != NOT_ALLOWED);
}

bool pager_show(const char *text, size_t size)
{
	const char *command = getenv("PAGER");
	struct sigaction ignore = {.sa_handler = SIG_IGN}, pipe_old, int_old;
	bool shown;

	if (!command) {
		command = USUAL;
	}
	if (!*command || strcmp(command, "cat") == 0) {
		return false;
	}
	/* Ctrl-C belongs to the pager while it is there. */
	sigaction(SIGPIPE, &ignore, &pipe_old);
	sigaction(SIGINT, &ignore, &int_old);
	shown = run(command, text, size);
	sigaction(SIGPIPE, &pipe_old, NULL);
	sigaction(SIGINT, &int_old, NULL);
	return shown;
}
