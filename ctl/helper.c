/* SPDX-License-Identifier: MIT */
/* Programs of libexec that read what others wrote: found, run, listened to, judged. */
#include "ctl/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "common/text.h"
#include "common/util.h"

#define COMPLAINT_MAX 1024
#define PATIENCE_MS 30000 /* they limit themselves to less time of the processor */

/* One stream of the child, until its end. */
struct stream {
	int fd;
	char *data;
	size_t len, cap, max;
	bool full;
};

struct streams {
	struct stream out, complaint;
};

void helper_answer_finish(struct helper_answer *a)
{
	free(a->out);
	free(a->complaint);
	*a = (struct helper_answer){0};
}

char *helper_installed_path(const struct helper *h)
{
	return xasprintf("%s/%s", BAMBU_LIBEXEC, h->name);
}

/* In a build tree it stands beside bambuctl. Whoever may write there but is not the owner of
 * bambuctl does not choose what is run. Owned; NULL when it is in neither place. */
char *helper_find(const struct helper *h)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	_cleanup_free_ char *installed = NULL;
	struct stat own, other;

	if (n > 0) {
		_cleanup_free_ char *beside = NULL;
		char *slash;

		self[n] = '\0';
		slash = strrchr(self, '/');
		beside =
		    slash ? xasprintf("%.*s/%s/%s", (int)(slash - self), self, h->folder, h->name)
			  : NULL;
		if (beside && stat(self, &own) == 0 && stat(beside, &other) == 0 &&
		    own.st_uid == other.st_uid && access(beside, X_OK) == 0) {
			return TAKE(beside);
		}
	}
	installed = helper_installed_path(h);
	return access(installed, X_OK) == 0 ? TAKE(installed) : NULL;
}

/* The file is its standard input: it opens nothing. */
static void become(const char *program, int file, int out, int complaint, char *const *argv)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Out of the way first: who starts bambuctl without standard streams has them there. */
	file = fcntl(file, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	out = fcntl(out, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	complaint = fcntl(complaint, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (dup2(file, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
	    dup2(complaint, STDERR_FILENO) >= 0) {
		execv(program, argv);
	}
	_exit(err_exit(ERR_INTERNAL));
}

static void stream_read(struct stream *s)
{
	char buf[65536];
	ssize_t n = read(s->fd, buf, sizeof(buf));

	if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
		return;
	}
	if (n <= 0) {
		close(s->fd);
		s->fd = -1;
		return;
	}
	if ((size_t)n > s->max - s->len) {
		s->full = true;
		return;
	}
	if (s->len + (size_t)n + 1 > s->cap) {
		s->cap = 2 * (s->len + sizeof(buf));
		s->data = xrealloc(s->data, s->cap);
	}
	memcpy(s->data + s->len, buf, (size_t)n);
	s->len += (size_t)n;
	s->data[s->len] = '\0';
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until both streams end. 0, -ETIMEDOUT or -EMSGSIZE. */
static int collect(struct streams *a)
{
	int64_t end_ms = now_ms() + PATIENCE_MS;

	while (a->out.fd >= 0 || a->complaint.fd >= 0) {
		struct pollfd fds[2] = {
		    {.fd = a->out.fd, .events = POLLIN},
		    {.fd = a->complaint.fd, .events = POLLIN},
		};
		int64_t left_ms = end_ms - now_ms();

		if (left_ms <= 0) {
			return -ETIMEDOUT;
		}
		if (poll(fds, 2, (int)left_ms) < 0) {
			continue;
		}
		if (fds[0].revents) {
			stream_read(&a->out);
		}
		if (fds[1].revents) {
			stream_read(&a->complaint);
		}
		if (a->out.full || a->complaint.full) {
			return -EMSGSIZE;
		}
	}
	return 0;
}

static void stream_close(struct stream *s)
{
	if (s->fd >= 0) {
		close(s->fd);
		s->fd = -1;
	}
}

/* The child, with the other ends of its streams in *a. Negative errno. */
static pid_t start(const char *program, char *const *argv, int file, struct streams *a)
{
	int out[2], complaint[2];
	pid_t child;

	if (pipe2(out, O_CLOEXEC) < 0) {
		return -errno;
	}
	if (pipe2(complaint, O_CLOEXEC) < 0) {
		int failed = errno;

		close(out[0]);
		close(out[1]);
		return -failed;
	}
	child = fork();
	if (child == 0) {
		become(program, file, out[1], complaint[1], argv);
	}
	child = child < 0 ? -errno : child;
	close(out[1]);
	close(complaint[1]);
	a->out.fd = out[0];
	a->complaint.fd = complaint[0];
	return child;
}

int helper_run(
    const char *program, char *const *argv, int file, size_t out_max, struct helper_answer *ret)
{
	struct streams s = {
	    .out = {.fd = -1, .max = out_max}, .complaint = {.fd = -1, .max = COMPLAINT_MAX}};
	pid_t child = start(program, argv, file, &s);
	int r = child < 0 ? child : 0, status = 0;

	if (child > 0) {
		r = collect(&s);
		if (r < 0) {
			kill(child, SIGKILL);
		}
		while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
		}
	}
	stream_close(&s.out);
	stream_close(&s.complaint);
	if (r < 0) {
		free(s.out.data);
		free(s.complaint.data);
		return r;
	}
	*ret = (struct helper_answer){
	    .out = s.out.data, .len = s.out.len, .complaint = s.complaint.data, .status = status};
	return 0;
}

int helper_judge(
    const struct helper *h, const struct helper_answer *a, const char *subject, struct err *e)
{
	static const enum err_type types[] = {
	    ERR_FILE_REFUSED, ERR_NO_SUCH_FILE, ERR_PERMISSION_DENIED};
	_cleanup_free_ char *silent = xasprintf("%s failed without a word", h->name);
	_cleanup_free_ char *lead = xasprintf("%s: ", h->name);
	const char *text = a->complaint ? a->complaint : silent;
	enum err_type type = ERR_INTERNAL;

	if (WIFEXITED(a->status) && WEXITSTATUS(a->status) == 0) {
		return 0;
	}
	if (WIFSIGNALED(a->status)) {
		err_set(e, ERR_FILE_REFUSED, "%s: too much to read: it ended %s (signal %d)",
		    subject, h->name, WTERMSIG(a->status));
		return -1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (err_exit(types[i]) == WEXITSTATUS(a->status)) {
			type = types[i];
		}
	}
	text += str_starts(text, lead) ? strlen(lead) : 0;
	err_set(e, type, "%s: %.*s", subject, (int)strcspn(text, "\n"), text);
	return -1;
}
