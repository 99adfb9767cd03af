/* SPDX-License-Identifier: MIT */
/* The lines of a subscription handed out until the verb has enough, Ctrl-C, a deadline, or the end
 * of the daemon or of the reader. */
#include "ctl/follow.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "ctl/call.h"

enum {
	AGAIN_MS = 20 * 1000, /* a daemon that ended is waited for that long */
	AGAIN_PAUSE_MS = 200,
};

static volatile sig_atomic_t caught, resized;

static void on_signal(int number)
{
	if (number == SIGWINCH) {
		resized = 1;
	} else {
		caught = number;
	}
}

/* Signals arrive only in that ppoll: none is missed between a look and a wait. */
void follow_catch_signals(sigset_t *ret_wait_mask)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGWINCH};
	struct sigaction action = {.sa_handler = on_signal};
	sigset_t held;

	sigemptyset(&held);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		struct sigaction old;

		sigaction(numbers[i], NULL, &old);
		if (old.sa_handler != SIG_IGN) {
			sigaction(numbers[i], &action, NULL);
			sigaddset(&held, numbers[i]);
		}
	}
	sigprocmask(SIG_BLOCK, &held, ret_wait_mask);
}

int follow_caught(void)
{
	if (!caught) {
		return FOLLOW_ON;
	}
	return caught == SIGINT ? FOLLOW_INTERRUPTED : FOLLOW_TERMINATED;
}

bool follow_resized(void)
{
	bool was = resized;

	resized = 0;
	return was;
}

int follow_flush(struct ctl *c)
{
	if (c->out.write_error || fflush(c->out.f) != 0) {
		c->out.write_error = c->out.write_error ? c->out.write_error : errno;
		return FOLLOW_READER_GONE;
	}
	return FOLLOW_ON;
}

int follow_begin(struct follow *f, const char *method, json_object *params, json_object **ret)
{
	int status = call_method(f->c, method, params, ret);

	f->method = method;
	if (status) {
		return status;
	}
	out_release(&f->c->out);
	follow_catch_signals(&f->wait_mask);
	f->sub = -1;
	json_get_i64(*ret, "sub", &f->sub);
	client_deadline(&f->c->client, -1);
	return 0;
}

static int hand_out(struct follow *f, json_object *line)
{
	const char *method = json_get_str(line, "method");
	json_object *params = json_get_obj(line, "params");
	int64_t sub;

	if (!method || !params || (json_get_i64(params, "sub", &sub) && sub != f->sub)) {
		return FOLLOW_ON;
	}
	return f->on_line(f->arg, method, params);
}

static int fail(struct follow *f, struct err *e)
{
	if (f->go_on && e->type == ERR_DAEMON_UNREACHABLE) {
		err_hint(e, "%s", f->go_on);
	}
	return out_fail(&f->c->out, e);
}

/* One try to begin anew. 0, or -1 with *e. */
static int begin_again(struct follow *f, struct err *e)
{
	_cleanup_json_ json_object *reply = NULL;
	json_object *result;

	client_finish(&f->c->client);
	client_init(&f->c->client);
	if (client_open(&f->c->client, f->c->args.value[OPT_SOCKET], AGAIN_MS, e) < 0 ||
	    client_call(&f->c->client, f->method, f->again(f->arg), &reply, e) < 0) {
		return -1;
	}
	result = json_get_obj(reply, "result");
	if (!result || !json_get_i64(result, "sub", &f->sub)) {
		err_set(e, ERR_DAEMON_UNREACHABLE, "the daemon is back, but refuses to go on");
		return -1;
	}
	client_deadline(&f->c->client, -1);
	f->resumed(f->arg, result);
	return 0;
}

/* A daemon that is started again is waited for; signals end that too. */
static int go_on(struct follow *f, struct err *why)
{
	int64_t end_ms = client_now_ms() + AGAIN_MS;
	const struct timespec pause = {0, AGAIN_PAUSE_MS * 1000000L};
	struct err e = {0};

	if (!f->again || why->type != ERR_DAEMON_UNREACHABLE || f->c->args.value[OPT_HOST]) {
		return fail(f, why);
	}
	out_note(&f->c->out, "the daemon ended: waiting for it to come back");
	while (begin_again(f, &e) < 0) {
		if (client_now_ms() > end_ms) {
			return fail(f, why);
		}
		if (ppoll(NULL, 0, &pause, &f->wait_mask) < 0 && caught) {
			return follow_caught();
		}
	}
	return FOLLOW_ON;
}

/* Every line already read. */
static int hand_out_all(struct follow *f)
{
	struct err e = {0};

	for (;;) {
		_cleanup_json_ json_object *line = NULL;
		int r = client_take(&f->c->client, &line, &e), status;

		if (r <= 0) {
			return r < 0 ? out_fail(&f->c->out, &e) : FOLLOW_ON;
		}
		status = hand_out(f, line);
		if (status != FOLLOW_ON) {
			return status;
		}
	}
}

/* The nearer of the next call of on_idle and the deadline, as ppoll wants it; NULL = never. */
static struct timespec *next_wake(const struct follow *f, int64_t again_ms, struct timespec *ret)
{
	int64_t left = f->deadline_ms - client_now_ms();

	if (f->deadline_ms < 0 && again_ms < 0) {
		return NULL;
	}
	if (f->deadline_ms < 0 || (again_ms >= 0 && again_ms < left)) {
		left = again_ms;
	}
	left = left > 0 ? left : 0;
	*ret = (struct timespec){left / 1000, left % 1000 * 1000000};
	return ret;
}

static int wait_and_read(struct follow *f, int64_t again_ms)
{
	/* Without events asked for, stdout still tells when its reader is gone. */
	struct pollfd fds[2] = {
	    {.fd = f->c->client.fd, .events = POLLIN}, {.fd = fileno(f->c->out.f)}};
	struct timespec time;
	struct err e = {0};
	int r = ppoll(fds, 2, next_wake(f, again_ms, &time), &f->wait_mask);

	if (caught) {
		return follow_caught();
	}
	if (r > 0 && (fds[1].revents & (POLLERR | POLLHUP))) {
		return FOLLOW_READER_GONE;
	}
	if (r > 0 && fds[0].revents && client_fill(&f->c->client, &e) < 0) {
		return go_on(f, &e);
	}
	return FOLLOW_ON;
}

int follow_run(struct follow *f)
{
	int status = FOLLOW_ON;

	f->deadline_ms = f->timeout_ms < 0 ? -1 : client_now_ms() + f->timeout_ms;
	while (status == FOLLOW_ON) {
		int64_t again_ms = -1;

		status = hand_out_all(f);
		if (status == FOLLOW_ON && f->on_idle) {
			status = f->on_idle(f->arg, &again_ms);
		}
		if (status == FOLLOW_ON) {
			status = follow_flush(f->c);
		}
		if (status == FOLLOW_ON && f->deadline_ms >= 0 &&
		    client_now_ms() >= f->deadline_ms) {
			status = f->on_timeout(f->arg);
		}
		if (status == FOLLOW_ON) {
			status = wait_and_read(f, again_ms);
		}
	}
	return status;
}
