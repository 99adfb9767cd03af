/* SPDX-License-Identifier: MIT */
/* What is inside a 3mf file, asked of bambu-inspect: a program of its own that may do nothing else.
 */
#include "ctl/inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "common/text.h"
#include "common/util.h"

#define ANSWER_MAX (16u * 1024 * 1024)
#define COMPLAINT_MAX 1024
#define PATIENCE_MS 30000 /* it limits itself to 20 s of processor time */
#define ANSWER_DEPTH_MAX 8
#define PLATE_DIGITS 12

/* One stream of the child, until its end. */
struct stream {
	int fd;
	char *data;
	size_t len, max;
	bool full;
};

struct answer {
	struct stream out, complaint;
	int status; /* as of waitpid */
};

bool inspect_built(void)
{
#ifdef BAMBU_INSPECT_PATH
	return true;
#else
	return false;
#endif
}

#ifdef BAMBU_INSPECT_PATH

/* In a build tree it stands beside bambuctl. Whoever may write there but is not the owner of
 * bambuctl does not choose what is run. Owned; NULL when it is in neither place. */
static char *find_program(void)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct stat own, other;

	if (n > 0) {
		_cleanup_free_ char *beside = NULL;
		char *slash;

		self[n] = '\0';
		slash = strrchr(self, '/');
		beside = slash ? xasprintf("%.*s/inspect/bambu-inspect", (int)(slash - self), self)
			       : NULL;
		if (beside && stat(self, &own) == 0 && stat(beside, &other) == 0 &&
		    own.st_uid == other.st_uid && access(beside, X_OK) == 0) {
			return TAKE(beside);
		}
	}
	return access(BAMBU_INSPECT_PATH, X_OK) == 0 ? xstrdup(BAMBU_INSPECT_PATH) : NULL;
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
	s->data = xrealloc(s->data, s->len + (size_t)n + 1);
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
static int collect(struct answer *a)
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

/* Runs the program over the file and waits for its end. 0 or negative errno. */
static int run(const char *program, int file, char *const *argv, struct answer *a)
{
	int out[2], complaint[2], r;
	pid_t child;

	if (pipe2(out, O_CLOEXEC) < 0) {
		return -errno;
	}
	if (pipe2(complaint, O_CLOEXEC) < 0) {
		r = -errno;
		close(out[0]);
		close(out[1]);
		return r;
	}
	child = fork();
	if (child == 0) {
		become(program, file, out[1], complaint[1], argv);
	}
	r = child < 0 ? -errno : 0;
	close(out[1]);
	close(complaint[1]);
	a->out.fd = out[0];
	a->complaint.fd = complaint[0];
	if (child > 0) {
		r = collect(a);
		if (r < 0) {
			kill(child, SIGKILL);
		}
		while (waitpid(child, &a->status, 0) < 0 && errno == EINTR) {
		}
	}
	stream_close(&a->out);
	stream_close(&a->complaint);
	return r;
}

/* What the end of the program means. 0, or -1 with *e. */
static int judge(const struct answer *a, const char *name, struct err *e)
{
	static const enum err_type types[] = {
	    ERR_FILE_REFUSED, ERR_NO_SUCH_FILE, ERR_PERMISSION_DENIED};
	static const char lead[] = "bambu-inspect: ";
	const char *text =
	    a->complaint.data ? a->complaint.data : "bambu-inspect failed without a word";
	enum err_type type = ERR_INTERNAL;

	if (WIFEXITED(a->status) && WEXITSTATUS(a->status) == 0) {
		return 0;
	}
	if (WIFSIGNALED(a->status)) {
		err_set(e, ERR_FILE_REFUSED,
		    "%s: too much to read: it ended bambu-inspect (signal %d)", name,
		    WTERMSIG(a->status));
		return -1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (err_exit(types[i]) == WEXITSTATUS(a->status)) {
			type = types[i];
		}
	}
	text += str_starts(text, lead) ? strlen(lead) : 0;
	err_set(e, type, "%s: %.*s", name, (int)strcspn(text, "\n"), text);
	return -1;
}

/* The last part of the path, fit for a message. */
static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static int open_file(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), failed = errno;
	char shown[128];

	if (fd < 0) {
		err_set(e,
		    failed == ENOENT || failed == ENOTDIR ? ERR_NO_SUCH_FILE
		    : failed == EACCES || failed == EPERM ? ERR_PERMISSION_DENIED
							  : ERR_FILE_REFUSED,
		    "%s: %s", text_escape_buf(path, shown, sizeof(shown)), strerror(failed));
	}
	return fd;
}

/* The output of the program, owned; 0, or -1 with *e. plate 0 = the object. */
static int ask(const char *path, int plate, char **ret, size_t *ret_len, struct err *e)
{
	struct answer a = {
	    .out = {.fd = -1, .max = ANSWER_MAX}, .complaint = {.fd = -1, .max = COMPLAINT_MAX}};
	_cleanup_free_ char *program = find_program();
	char number[PLATE_DIGITS], shown[128];
	const char *argv[] = {
	    "bambu-inspect", "--name", base_name(path), "-", "--thumbnail", number, NULL};
	_cleanup_close_ int file = -1;
	int r;

	if (!program) {
		err_set(e, ERR_INTERNAL, "the program %s is missing", BAMBU_INSPECT_PATH);
		return -1;
	}
	file = open_file(path, e);
	if (file < 0) {
		return -1;
	}
	snprintf(number, sizeof(number), "%d", plate);
	argv[4] = plate > 0 ? argv[4] : NULL;
	text_escape_buf(base_name(path), shown, sizeof(shown));
	r = run(program, file, (char *const *)argv, &a);
	if (r < 0) {
		err_set(e, r == -ETIMEDOUT ? ERR_TIMEOUT : ERR_INTERNAL, "%s: bambu-inspect: %s",
		    shown, strerror(-r));
	} else {
		r = judge(&a, shown, e);
	}
	free(a.complaint.data);
	if (r < 0) {
		free(a.out.data);
		return -1;
	}
	*ret = a.out.data;
	*ret_len = a.out.len;
	return 0;
}

#else

static int ask(const char *path, int plate, char **ret, size_t *ret_len, struct err *e)
{
	err_set(e, ERR_UNSUPPORTED, "inspect: this bambuctl was built without it");
	return -1;
}

#endif

int inspect_file(const char *path, json_object **ret, struct err *e)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;

	if (ask(path, 0, &text, &len, e) < 0) {
		return -1;
	}
	if (json_parse(text, len, ANSWER_DEPTH_MAX, ret) < 0) {
		err_set(e, ERR_INTERNAL, "bambu-inspect answered with what is no JSON");
		return -1;
	}
	return 0;
}

int inspect_thumbnail(const char *path, int plate, char **ret, size_t *ret_len, struct err *e)
{
	return ask(path, plate, ret, ret_len, e);
}
