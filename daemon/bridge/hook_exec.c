/* SPDX-License-Identifier: MIT */
/* A hook's program: the event as its standard input, what it says to the journal. */
#include <errno.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "common/log.h"
#include "common/util.h"
#include "daemon/bridge/hook_config.h"
#include "daemon/bridge/hook_event.h"
#include "daemon/bridge/hook_run.h"
#include "daemon/bridge/hook_words.h"
#include "daemon/io/loop.h"
#include "daemon/io/spawn.h"

enum {
	LINE_MAX_BYTES = 500,
	LINES_MAX = 100,	       /* logged of one run */
	OUTPUT_MAX = 16 * 1024 * 1024, /* read of one run, then it writes into nothing */
	TURN_MAX = 256 * 1024,	       /* read in one round of the loop */
};

struct hook_exec {
	char *name;
	hook_done_fn done;
	void *arg;
	struct spawn *spawn;
	int64_t limit_ms;
	int out; /* -1: closed */
	struct event readable;
	char line[LINE_MAX_BYTES + 1];
	size_t line_len;
	unsigned lines;
	uint64_t read_bytes, left_out;
};

/* ---- what it says ---- */

static void end_line(struct hook_exec *x)
{
	if (x->line_len > 0 && x->lines < LINES_MAX) {
		x->line[x->line_len] = '\0';
		log_info("hook %s: %s", x->name, x->line);
		x->lines++;
	} else {
		x->left_out += x->line_len;
	}
	x->line_len = 0;
}

static void take_output(struct hook_exec *x, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\n') {
			end_line(x);
		} else if (x->line_len < LINE_MAX_BYTES) {
			x->line[x->line_len++] = s[i] ? s[i] : ' ';
		} else {
			x->left_out++;
		}
	}
}

static void close_output(struct hook_exec *x)
{
	if (x->out >= 0) {
		event_del(&x->readable);
		close(x->out);
		x->out = -1;
	}
}

static void read_output(struct hook_exec *x, size_t max)
{
	char buf[16384];
	ssize_t n = 1;

	for (size_t got = 0; x->out >= 0 && got < max; got += (size_t)n) {
		n = read(x->out, buf, sizeof(buf));
		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			return;
		}
		if (n <= 0) {
			close_output(x);
			return;
		}
		x->read_bytes += (uint64_t)n;
		take_output(x, buf, (size_t)n);
		if (x->read_bytes > OUTPUT_MAX) {
			log_warn("hook %s: it writes more than 16 MiB, nobody reads on", x->name);
			close_output(x);
		}
	}
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	read_output(arg, TURN_MAX);
}

/* ---- its end ---- */

static void free_exec(struct hook_exec *x)
{
	close_output(x);
	free(x->name);
	free(x);
}

static void judge(const struct hook_exec *x, const struct spawn_result *r, struct hook_verdict *ret)
{
	*ret = (struct hook_verdict){.code = -1};
	if (r->error) {
		snprintf(ret->reason, sizeof(ret->reason), "it cannot be started: %s",
		    spawn_error_text(r->error));
	} else if (r->timed_out) {
		snprintf(ret->reason, sizeof(ret->reason),
		    "it was killed, as it ran longer than %lld s",
		    (long long)(x->limit_ms + 999) / 1000);
	} else if (WIFSIGNALED(r->status)) {
		snprintf(ret->reason, sizeof(ret->reason), "it was ended by signal %d (%s)",
		    WTERMSIG(r->status), strsignal(WTERMSIG(r->status)));
	} else {
		ret->code = WEXITSTATUS(r->status);
		ret->ok = ret->code == 0;
		snprintf(ret->reason, sizeof(ret->reason), "exit status %d", ret->code);
	}
}

static void on_end(void *arg, const struct spawn_result *r)
{
	struct hook_exec *x = arg;
	hook_done_fn done = x->done;
	void *done_arg = x->arg;
	struct hook_verdict v;

	read_output(x, OUTPUT_MAX);
	end_line(x);
	if (x->left_out > 0) {
		log_info("hook %s: %llu more bytes of its output are left out", x->name,
		    (unsigned long long)x->left_out);
	}
	judge(x, r, &v);
	free_exec(x);
	done(done_arg, &v);
}

/* ---- its start ---- */

/* A file in memory: a program that does not read holds nobody up. */
static int make_input(const struct hook_config *c, const struct hook_event *e)
{
	size_t len;
	_cleanup_free_ char *text = hook_event_json(e, c->name, &len);
	int fd = memfd_create("event", MFD_CLOEXEC);

	if (fd >= 0 && (write(fd, text, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET) < 0)) {
		close(fd);
		return -EIO;
	}
	return fd < 0 ? -errno : fd;
}

static int start(struct hook_exec *x, struct spawn_port *port, const struct hook_config *c,
    const struct hook_event *e, int out)
{
	_cleanup_close_ int in = make_input(c, e);
	struct spawn_plan plan = {
	    .argv = (const char *const *)c->argv,
	    .fds = {in, out, out},
	    .limit_ms = c->timeout_ms,
	};
	char **env;
	int rc;

	if (in < 0) {
		return in;
	}
	env = hook_event_env(e, c->name);
	plan.env = (const char *const *)env;
	rc = spawn_start(port, &plan, on_end, x, &x->spawn);
	hook_words_free(env);
	return rc;
}

struct hook_exec *hook_exec_start(struct loop *l, struct spawn_port *port,
    const struct hook_config *c, const struct hook_event *e, hook_done_fn done, void *arg,
    struct hook_verdict *ret_verdict)
{
	struct hook_exec *x;
	int out[2], rc;

	*ret_verdict = (struct hook_verdict){.code = -1};
	if (pipe2(out, O_CLOEXEC) < 0) {
		snprintf(ret_verdict->reason, sizeof(ret_verdict->reason),
		    "it cannot be started: %s", strerror(errno));
		return NULL;
	}
	x = xcalloc(1, sizeof(*x));
	x->name = xstrdup(c->name);
	x->done = done;
	x->arg = arg;
	x->limit_ms = c->timeout_ms;
	x->out = out[0];
	fcntl(x->out, F_SETFL, O_NONBLOCK);
	event_assign(&x->readable, loop_base(l), x->out, EV_READ | EV_PERSIST, on_readable, x);
	event_add(&x->readable, NULL);
	rc = start(x, port, c, e, out[1]);
	close(out[1]);
	if (rc < 0) {
		snprintf(ret_verdict->reason, sizeof(ret_verdict->reason),
		    "it cannot be started: %s", spawn_error_text(rc));
		free_exec(x);
		return NULL;
	}
	return x;
}

void hook_exec_stop(struct hook_exec *x)
{
	if (x) {
		spawn_end(x->spawn);
		free_exec(x);
	}
}
