/* SPDX-License-Identifier: MIT */
/* `proxy`: stdin and stdout joined to the daemon's socket, byte for byte. */
#include "ctl/proxy.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "ctl/call.h"
#include "ctl/follow.h"

#define HELD_MAX (64u * 1024)
/* What poll promises that a pipe takes without blocking. */
#define WRITE_MAX 4096u

/* One direction: bytes read from one end, on their way to the other. */
struct lane {
	int from, to;
	bool to_socket; /* else it is read from */
	bool ended;	/* nothing more comes */
	size_t start, len;
	char held[HELD_MAX];
};

/* 0 or negative errno; 1 when nothing moved. */
static int lane_read(struct lane *l)
{
	ssize_t n = read(l->from, l->held, sizeof(l->held));

	if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
		return 0;
	}
	if (n < 0 && errno != ECONNRESET) {
		return -errno;
	}
	l->ended = n <= 0;
	l->start = 0;
	l->len = n > 0 ? (size_t)n : 0;
	return 0;
}

static int lane_write(struct lane *l)
{
	size_t len = l->len < WRITE_MAX ? l->len : WRITE_MAX;
	ssize_t n = l->to_socket
			? send(l->to, l->held + l->start, l->len, MSG_DONTWAIT | MSG_NOSIGNAL)
			: write(l->to, l->held + l->start, len);

	if (n < 0) {
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	}
	l->start += (size_t)n;
	l->len -= (size_t)n;
	return 0;
}

/* A lane reads only when it holds nothing, so one slot of poll is enough for it. */
static void lane_poll(const struct lane *l, struct pollfd *p)
{
	*p = (struct pollfd){.fd = -1};
	if (l->len > 0) {
		*p = (struct pollfd){.fd = l->to, .events = POLLOUT};
	} else if (!l->ended) {
		*p = (struct pollfd){.fd = l->from, .events = POLLIN};
	}
}

/* 0, or negative errno when the lane cannot go on. */
static int lane_move(struct lane *l, const struct pollfd *p)
{
	bool had_ended = l->ended;
	int r;

	if (!p->revents) {
		return 0;
	}
	r = l->len > 0 ? lane_write(l) : lane_read(l);
	if (r == 0 && l->ended && !had_ended && l->to_socket) {
		shutdown(l->to, SHUT_WR); /* the daemon still answers what it was asked */
	}
	return r;
}

/* Until the daemon has said its last word. 0 or negative errno of stdout. */
static int pump(struct lane *in, struct lane *back)
{
	while (!back->ended || back->len > 0) {
		struct pollfd fds[3];
		int r;

		lane_poll(in, &fds[0]);
		lane_poll(back, &fds[1]);
		/* A reader that is gone is noticed without anything to write. */
		fds[2] = (struct pollfd){.fd = back->to};
		if (poll(fds, 3, -1) < 0) {
			continue;
		}
		if (fds[2].revents & (POLLERR | POLLNVAL)) {
			return -EPIPE;
		}
		if (lane_move(in, &fds[0]) < 0) {
			in->ended = true; /* the daemon reads no more; what it says is still read */
			in->len = 0;
		}
		r = lane_move(back, &fds[1]);
		if (r < 0) {
			return r;
		}
	}
	return 0;
}

int proxy_run(struct ctl *c)
{
	static struct lane in, back; /* too large for a stack */
	int status, r;

	if (c->word_count > 0) {
		return call_misuse(c, "unexpected \"%s\"", c->words[0]);
	}
	status = call_open(c);
	if (status) {
		return status;
	}
	out_release(&c->out);
	in = (struct lane){.from = STDIN_FILENO, .to = c->client.fd, .to_socket = true};
	back = (struct lane){.from = c->client.fd, .to = STDOUT_FILENO};
	r = pump(&in, &back);
	if (r == -EPIPE || r == -ECONNRESET) {
		return FOLLOW_READER_GONE;
	}
	c->out.write_error = -r;
	return 0;
}
