/* SPDX-License-Identifier: MIT */
/* Questions to whoever runs the program: on the terminal, or line by line from standard input. */
#include "ctl/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>

#include "common/util.h"

#define LINE_MAX_BYTES (16u * 1024)
#define SIGNAL_ENDED 1 /* of read_line: a signal came first */

int prompt_open(struct prompt *p)
{
	int fd;

	*p = (struct prompt){.fd = STDIN_FILENO, .borrowed = true};
	if (!isatty(STDIN_FILENO)) {
		return 0;
	}
	fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		return -errno;
	}
	p->shown = fdopen(fd, "r+");
	if (!p->shown) {
		int r = -errno;

		close(fd);
		return r;
	}
	p->fd = fd;
	p->borrowed = false;
	return 0;
}

void prompt_close(struct prompt *p)
{
	if (p->shown) {
		fclose(p->shown);
	}
	p->shown = NULL;
}

bool prompt_is_terminal(const struct prompt *p)
{
	return p->shown != NULL;
}

static void show(struct prompt *p, const char *text, const char *end)
{
	if (p->shown) {
		fprintf(p->shown, "%s%s", text, end);
		fflush(p->shown);
	}
}

void prompt_say(struct prompt *p, const char *text)
{
	show(p, text, "\n");
}

/* A line as it comes in. */
struct line {
	char text[LINE_MAX_BYTES];
	size_t len;
	bool broken; /* too long, or not a text */
};

static void add_byte(struct line *l, char byte)
{
	if (l->len == sizeof(l->text) || byte == '\0') {
		l->broken = true;
	} else {
		l->text[l->len++] = byte;
	}
}

/* Byte by byte: what follows the line is left for the next question. signals: -1 = none are
 * watched. 0, SIGNAL_ENDED with *ret_signal, -ENODATA or negative errno. */
static int read_line(int fd, int signals, struct line *l, int *ret_signal)
{
	for (;;) {
		struct pollfd fds[2] = {
		    {.fd = fd, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
		struct signalfd_siginfo info;
		ssize_t n;
		char byte;

		if (poll(fds, 2, -1) < 0 && errno != EINTR) {
			return -errno;
		}
		if (fds[1].revents && read(signals, &info, sizeof(info)) == sizeof(info)) {
			*ret_signal = (int)info.ssi_signo;
			return SIGNAL_ENDED;
		}
		n = fds[0].revents ? read(fd, &byte, 1) : -1;
		if (n < 0 && fds[0].revents && errno != EINTR && errno != EAGAIN) {
			return -errno;
		}
		if (n == 0 && l->len == 0 && !l->broken) {
			return -ENODATA;
		}
		if (n == 0 || (n == 1 && byte == '\n')) {
			return 0;
		}
		if (n == 1) {
			add_byte(l, byte);
		}
	}
}

static int set_echo_off(int fd, struct termios *ret_before)
{
	struct termios quiet;

	if (tcgetattr(fd, ret_before) < 0) {
		return -errno;
	}
	quiet = *ret_before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	quiet.c_lflag |= ECHONL; /* the end of the line is no secret */
	while (tcsetattr(fd, TCSAFLUSH, &quiet) < 0) {
		if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

static void restore(int fd, const struct termios *before)
{
	while (tcsetattr(fd, TCSAFLUSH, before) < 0 && errno == EINTR) {
	}
}

static void choose_signals(sigset_t *set)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

	sigemptyset(set);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		sigaddset(set, numbers[i]);
	}
}

/* The signals wait while the echo is off; the terminal is put right before one does its work. After
 * a stop the question is asked again. */
static int read_hidden(struct prompt *p, const char *question, struct line *l)
{
	sigset_t set, old;
	int r = SIGNAL_ENDED;

	choose_signals(&set);
	while (r == SIGNAL_ENDED) {
		_cleanup_close_ int signals = signalfd(-1, &set, SFD_CLOEXEC);
		struct termios before;
		int number = 0;

		if (signals < 0) {
			return -errno;
		}
		sigprocmask(SIG_BLOCK, &set, &old);
		r = set_echo_off(p->fd, &before);
		if (r == 0) {
			show(p, question, "");
			r = read_line(p->fd, signals, l, &number);
			restore(p->fd, &before);
		}
		if (r == SIGNAL_ENDED) {
			l->len = 0;
			show(p, "", "\n");
			raise(number);
		}
		sigprocmask(SIG_SETMASK, &old, NULL);
	}
	return r;
}

int prompt_ask(struct prompt *p, const char *question, bool hidden, struct secret **ret)
{
	struct line *l = xcalloc(1, sizeof(*l));
	int r;

	if (hidden && p->shown) {
		r = read_hidden(p, question, l);
	} else {
		show(p, question, "");
		r = read_line(p->fd, -1, l, &(int){0});
	}
	if (r == 0 && l->broken) {
		r = -EMSGSIZE;
	}
	if (r == 0) {
		*ret = secret_create(l->text, l->len);
	} else if (p->shown) {
		show(p, "", "\n");
	}
	explicit_bzero(l, sizeof(*l));
	free(l);
	return r;
}
