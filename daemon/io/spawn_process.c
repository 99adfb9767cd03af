/* SPDX-License-Identifier: MIT */
/* The spawner process: forked at the start, runs programs for the daemon, which never execs. */
#include "daemon/io/spawn_process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "common/util.h"
#include "daemon/io/spawn_wire.h"

enum { STRINGS_MAX = 256, CHILD_FILES_MAX = 1024, REFUSE_MS = 5000 };

struct child {
	uint32_t id;
	pid_t pid;
	int note;	/* what exec failed with comes here */
	int64_t due_ms; /* 0: no limit */
	bool told;	/* that it runs */
	bool ended;	/* that is still to be told */
	bool forgotten; /* nobody asks any more */
	bool timed_out;
	int status, error;
};

struct process {
	int port, signals;
	struct child children[SPAWN_CHILDREN_MAX];
	size_t count;
	union {
		struct spawn_ask ask;
		char bytes[SPAWN_ASK_MAX];
	} in;
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- in the child, between fork and exec ---- */

static void reset_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++) {
		signal(i, SIG_DFL);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The three descriptors and the note lie above 2. */
static void set_files(const int *fds, int note)
{
	for (int i = 0; i < SPAWN_FDS; i++) {
		dup2(fds[i], i);
	}
	if (note != SPAWN_FDS) {
		dup3(note, SPAWN_FDS, O_CLOEXEC);
	}
	close_range(SPAWN_FDS + 1, UINT_MAX, 0);
}

static _Noreturn void run(char **argv, char **env, const int *fds, int note, pid_t parent)
{
	struct rlimit files = {CHILD_FILES_MAX, CHILD_FILES_MAX};
	int error;

	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) {
		_exit(127); /* it died before we asked to be told */
	}
	set_files(fds, note);
	setrlimit(RLIMIT_NOFILE, &files);
	reset_signals();
	execve(argv[0], argv, env);
	error = errno;
	if (write(SPAWN_FDS, &error, sizeof(error)) < 0) {
		_exit(126);
	}
	_exit(127);
}

/* ---- children ---- */

/* The group, and the child itself, which may not have made its group yet. Not reaped, so nobody
 * else has these numbers. */
static void kill_child(const struct child *c)
{
	if (c->pid > 0 && !c->ended) {
		kill(-c->pid, SIGKILL);
		kill(c->pid, SIGKILL);
	}
}

static void drop(struct process *p, struct child *c)
{
	*c = p->children[--p->count];
}

static void start(struct process *p, struct child *c, char **argv, char **env, const int *fds)
{
	pid_t self = getpid();
	int note[2];

	if (pipe2(note, O_CLOEXEC) < 0) {
		c->error = errno;
		c->ended = true;
		return;
	}
	c->pid = fork();
	if (c->pid == 0) {
		run(argv, env, fds, note[1], self);
	}
	if (c->pid < 0) {
		c->error = errno;
		c->ended = true;
	}
	close(note[1]);
	c->note = note[0];
}

static void on_child_end(struct child *c)
{
	int error = 0;

	/* What it leaves behind in its group ends with it. */
	kill_child(c);
	while (waitpid(c->pid, &c->status, 0) < 0 && errno == EINTR) {
	}
	if (read(c->note, &error, sizeof(error)) == sizeof(error)) {
		c->error = error;
	}
	close(c->note);
	c->note = -1;
	c->ended = true;
}

static void reap(struct process *p)
{
	siginfo_t info = {0};

	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
		struct child *c = NULL;

		for (size_t i = 0; i < p->count; i++) {
			c = p->children[i].pid == info.si_pid ? &p->children[i] : c;
		}
		if (c) {
			on_child_end(c);
		} else {
			waitpid(info.si_pid, NULL, 0);
		}
		info.si_pid = 0;
	}
}

/* ---- what the daemon asks ---- */

/* count strings with their NULs from *pos on. False when they are not there. */
static bool take_strings(char **pos, char *end, uint32_t count, char **ret)
{
	if (count >= STRINGS_MAX) {
		return false;
	}
	for (uint32_t i = 0; i < count; i++) {
		char *nul = memchr(*pos, '\0', (size_t)(end - *pos));

		if (!nul) {
			return false;
		}
		ret[i] = *pos;
		*pos = nul + 1;
	}
	ret[count] = NULL;
	return true;
}

/* The table is full, so the answer cannot wait in it: the daemon reads soon, or hangs itself. */
static void refuse(const struct process *p, uint32_t id)
{
	struct spawn_tell tell = {.kind = SPAWN_ENDED, .id = id, .error = EAGAIN};
	struct pollfd room = {.fd = p->port, .events = POLLOUT};

	poll(&room, 1, REFUSE_MS);
	send(p->port, &tell, sizeof(tell), MSG_NOSIGNAL);
}

static void take_start(struct process *p, size_t len, const int *fds)
{
	char *argv[STRINGS_MAX], *env[STRINGS_MAX];
	char *pos = p->in.bytes + sizeof(p->in.ask), *end = p->in.bytes + len;
	const struct spawn_ask *ask = &p->in.ask;
	struct child *c;

	if (p->count == SPAWN_CHILDREN_MAX) {
		refuse(p, ask->id);
		return;
	}
	c = &p->children[p->count++];
	*c = (struct child){.id = ask->id, .note = -1};
	c->due_ms = ask->limit_ms ? now_ms() + ask->limit_ms : 0;
	if (ask->argc == 0 || !take_strings(&pos, end, ask->argc, argv) ||
	    !take_strings(&pos, end, ask->envc, env) || fds[SPAWN_FDS - 1] < 0) {
		c->error = EINVAL;
		c->ended = true;
		return;
	}
	start(p, c, argv, env, fds);
}

static void take_end(struct process *p)
{
	for (size_t i = 0; i < p->count; i++) {
		struct child *c = &p->children[i];

		if (c->id == p->in.ask.id) {
			c->forgotten = true;
			kill_child(c);
		}
	}
}

static void take_fds(struct msghdr *m, int *ret)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		memcpy(ret, CMSG_DATA(c), (n < SPAWN_FDS ? n : SPAWN_FDS) * sizeof(int));
	}
}

/* False at the end of the daemon. */
static bool take(struct process *p)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(SPAWN_FDS * sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = p->in.bytes, .iov_len = sizeof(p->in.bytes)};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes};
	int fds[SPAWN_FDS] = {-1, -1, -1};
	ssize_t n;

	m.msg_controllen = sizeof(control.bytes);
	n = recvmsg(p->port, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n <= 0) {
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	}
	take_fds(&m, fds);
	if ((size_t)n >= sizeof(p->in.ask) && p->in.ask.kind == SPAWN_START) {
		take_start(p, (size_t)n, fds);
	} else if ((size_t)n >= sizeof(p->in.ask) && p->in.ask.kind == SPAWN_END) {
		take_end(p);
	}
	for (int i = 0; i < SPAWN_FDS; i++) {
		if (fds[i] >= 0) {
			close(fds[i]);
		}
	}
	return true;
}

/* ---- what the daemon is told ---- */

static bool tell(const struct process *p, const struct child *c, enum spawn_tell_kind kind)
{
	struct spawn_tell t = {
	    .kind = kind,
	    .id = c->id,
	    .pid = c->pid,
	    .error = c->error,
	    .status = c->status,
	    .timed_out = c->timed_out,
	};

	return send(p->port, &t, sizeof(t), MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof(t);
}

/* What does not go out now goes out when there is room. True when something is left. */
static bool tell_all(struct process *p)
{
	for (size_t i = 0; i < p->count;) {
		struct child *c = &p->children[i];

		if (!c->told && !c->forgotten) {
			c->told = tell(p, c, SPAWN_STARTED);
			if (!c->told) {
				return true;
			}
		}
		if (c->ended && !c->forgotten && !tell(p, c, SPAWN_ENDED)) {
			return true;
		}
		if (c->ended) {
			drop(p, c);
		} else {
			i++;
		}
	}
	return false;
}

/* Ends those whose time is over; ms until the next one's, -1 when none has a limit. */
static int end_late(struct process *p)
{
	int64_t now = now_ms(), next = -1;

	for (size_t i = 0; i < p->count; i++) {
		struct child *c = &p->children[i];

		if (c->due_ms == 0 || c->ended || c->timed_out) {
			continue;
		}
		if (c->due_ms <= now) {
			c->timed_out = true;
			kill_child(c);
		} else if (next < 0 || c->due_ms - now < next) {
			next = c->due_ms - now;
		}
	}
	return next > INT_MAX ? INT_MAX : (int)next;
}

static void drain_signals(const struct process *p)
{
	struct signalfd_siginfo info;

	while (read(p->signals, &info, sizeof(info)) > 0) {
	}
}

static _Noreturn void serve(struct process *p)
{
	bool waiting = false;
	struct pollfd fds[] = {{.fd = p->port}, {.fd = p->signals, .events = POLLIN}};

	for (;;) {
		fds[0].events = (short)(POLLIN | (waiting ? POLLOUT : 0));
		if (poll(fds, ARRAY_SIZE(fds), end_late(p)) > 0) {
			drain_signals(p);
			if (fds[0].revents & (POLLIN | POLLHUP | POLLERR) && !take(p)) {
				break;
			}
		}
		reap(p);
		waiting = tell_all(p);
	}
	for (size_t i = 0; i < p->count; i++) {
		kill_child(&p->children[i]);
	}
	_exit(0);
}

/* Nothing of what the daemon was born with but standard error. SIGTERM of the service manager goes
 * to everybody: this process ends when the daemon has. */
static void settle(int port)
{
	struct rlimit none = {0, 0};
	int null = open("/dev/null", O_RDWR);

	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_NAME, "bambud-spawner");
	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_CORE, &none);
	umask(0077);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup3(port, SPAWN_FDS, O_CLOEXEC);
	close_range(SPAWN_FDS + 1, UINT_MAX, 0);
	if (chdir("/") < 0) {
		_exit(1);
	}
}

static _Noreturn void be_spawner(int port)
{
	static struct process p;
	sigset_t child;

	settle(port);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	p.port = SPAWN_FDS;
	p.signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (p.signals < 0) {
		_exit(1);
	}
	serve(&p);
}

int spawn_process_fork(int *ret_fd, pid_t *ret_pid)
{
	sigset_t all, before;
	int fds[2], rc;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0) {
		return -errno;
	}
	/* It is born with all signals blocked, and stays so. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	rc = pid < 0 ? -errno : 0;
	if (pid == 0) {
		be_spawner(fds[1]);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(fds[1]);
	if (rc < 0) {
		close(fds[0]);
		return rc;
	}
	*ret_fd = fds[0];
	*ret_pid = pid;
	return 0;
}
