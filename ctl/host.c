/* SPDX-License-Identifier: MIT */
/* The daemon of another host: `ssh HOST bambuctl proxy`, and what became of it. */
#include "ctl/host.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "common/util.h"

#define SSH_FAILED 255
#define NOT_FOUND 127

/* A word as the shell over there reads it back unchanged. Owned. */
static char *quoted(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "/._-+=:@%,";
	char *text = NULL;
	size_t size;
	FILE *f;

	if (strspn(word, plain) == strlen(word)) {
		return xstrdup(word);
	}
	f = open_memstream(&text, &size);
	fputc('\'', f);
	for (; *word; word++) {
		fputs(*word == '\'' ? "'\\''" : (char[]){*word, '\0'}, f);
	}
	fputc('\'', f);
	fclose(f);
	return text;
}

static void become_ssh(int end, const char *host, const char *socket)
{
	_cleanup_free_ char *there = socket ? quoted(socket) : NULL;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(end, STDIN_FILENO);
	dup2(end, STDOUT_FILENO);
	/* Without a socket the list ends behind "proxy". */
	execlp("ssh", "ssh", host, "bambuctl", "proxy", there ? "--socket" : (char *)NULL, there,
	    (char *)NULL);
	_exit(NOT_FOUND);
}

int host_start(const char *host, const char *socket, int *ret_fd, pid_t *ret_child, struct err *e)
{
	int ends[2];
	pid_t child;

	if (!*host || *host == '-') {
		err_set(e, ERR_USAGE, "\"%.60s\" is no host", host);
		return -1;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
		err_set(e, ERR_INTERNAL, "no connection to ssh: %s", strerror(errno));
		return -1;
	}
	child = fork();
	if (child == 0) {
		become_ssh(ends[1], host, socket);
	}
	close(ends[1]);
	if (child < 0) {
		err_set(e, ERR_INTERNAL, "cannot start ssh: %s", strerror(errno));
		close(ends[0]);
		return -1;
	}
	*ret_fd = ends[0];
	*ret_child = child;
	return 0;
}

static int wait_for(pid_t child)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void host_explain(pid_t child, const char *host, struct err *e)
{
	int status = wait_for(child);

	if (status == SSH_FAILED) {
		err_set(e, ERR_DAEMON_UNREACHABLE, "ssh cannot reach %.60s", host);
	} else if (status == NOT_FOUND) {
		err_set(e, ERR_DAEMON_UNREACHABLE, "ssh %.60s: no ssh here, or no bambuctl there",
		    host);
	} else if (status == err_exit(ERR_PERMISSION_DENIED)) {
		err_set(e, ERR_PERMISSION_DENIED, "%.60s: no permission for bambud there", host);
	} else {
		err_set(e, ERR_DAEMON_UNREACHABLE, "bambud on %.60s is gone", host);
	}
}

void host_stop(pid_t child)
{
	kill(child, SIGTERM);
	(void)wait_for(child);
}
