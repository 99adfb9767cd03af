/* SPDX-License-Identifier: MIT */
/* The control socket: clients and their lines. What the lines mean is in command.c. */
#include "tests/sim/control.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/jw.h"
#include "common/lines.h"
#include "common/util.h"
#include "tests/sim/bytes.h"
#include "tests/sim/command.h"
#include "tests/sim/sim.h"

#define LINE_MAX_BYTES (4u * 1024 * 1024)
#define READ_CHUNK 65536
#define WAIT_POLL_MS 10

struct control {
	struct sim *sim;
	char *path;
	int fd;
	struct event *event;
	struct list clients;
};

struct client {
	struct list link;
	struct control *control;
	int fd;
	struct lines in;
	struct bytes out;
	struct event *read_event, *write_event, *wait_timer;
	struct command_wait wait; /* of a `wait` that is not answered yet */
	bool waiting;
};

static void client_destroy(struct client *c)
{
	list_del(&c->link);
	event_free(c->read_event);
	event_free(c->write_event);
	event_free(c->wait_timer);
	lines_finish(&c->in);
	bytes_finish(&c->out);
	close(c->fd);
	free(c);
}

/* False when the client is gone. */
static bool client_write(struct client *c)
{
	while (c->out.len > 0) {
		ssize_t n = send(c->fd, bytes_head(&c->out), c->out.len, MSG_NOSIGNAL);

		if (n > 0) {
			bytes_consume(&c->out, (size_t)n);
		} else if (n < 0 && errno == EAGAIN) {
			event_add(c->write_event, NULL);
			return true;
		} else if (n == 0 || errno != EINTR) {
			client_destroy(c);
			return false;
		}
	}
	return true;
}

static void arm_wait(struct client *c)
{
	struct timeval delay = {0, WAIT_POLL_MS * 1000};

	evtimer_add(c->wait_timer, &delay);
}

/* Lines one after the other; a `wait` holds back those behind it. False when the client is gone. */
static bool serve(struct client *c)
{
	size_t len;
	char *line;

	while (!c->waiting && (line = lines_next(&c->in, &len))) {
		struct jw reply;

		jw_init(&reply);
		if (command_run(c->control->sim, line, &reply, &c->wait) == -EAGAIN) {
			c->waiting = true;
			arm_wait(c);
		} else {
			bytes_add(&c->out, reply.buf, reply.len);
			bytes_add_u8(&c->out, '\n');
		}
		jw_finish(&reply);
	}
	return client_write(c);
}

static void on_wait(evutil_socket_t fd, short what, void *arg)
{
	struct client *c = arg;
	struct jw reply;

	jw_init(&reply);
	if (command_wait_step(c->control->sim, &c->wait, &reply) == -EAGAIN) {
		arm_wait(c);
	} else {
		c->waiting = false;
		bytes_add(&c->out, reply.buf, reply.len);
		bytes_add_u8(&c->out, '\n');
		serve(c);
	}
	jw_finish(&reply);
}

static void on_client_read(evutil_socket_t fd, short what, void *arg)
{
	struct client *c = arg;
	char chunk[READ_CHUNK];

	for (;;) {
		ssize_t n = recv(fd, chunk, sizeof(chunk), 0);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0 && errno == EAGAIN) {
			return;
		}
		if (n <= 0 || lines_feed(&c->in, chunk, (size_t)n) < 0) {
			client_destroy(c);
			return;
		}
		if (!serve(c)) {
			return;
		}
	}
}

static void on_client_write(evutil_socket_t fd, short what, void *arg)
{
	client_write(arg);
}

static void on_control_accept(evutil_socket_t listener, short what, void *arg)
{
	struct control *control = arg;
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct client *c = xcalloc(1, sizeof(*c));

		c->control = control;
		c->fd = fd;
		lines_init(&c->in, LINE_MAX_BYTES);
		c->read_event =
		    event_new(control->sim->base, fd, EV_READ | EV_PERSIST, on_client_read, c);
		c->write_event = event_new(control->sim->base, fd, EV_WRITE, on_client_write, c);
		c->wait_timer = evtimer_new(control->sim->base, on_wait, c);
		list_add_tail(&control->clients, &c->link);
		event_add(c->read_event, NULL);
	}
}

static int fill_address(const char *path, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	return str_copy(ret->sun_path, sizeof(ret->sun_path), path) ? 0 : -ENAMETOOLONG;
}

int control_open(struct sim *sim, const char *path, struct control **ret)
{
	struct sockaddr_un address;
	struct control *c;
	int fd, r = fill_address(path, &address);

	if (r < 0) {
		return r;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return -errno;
	}
	unlink(path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || chmod(path, 0600) < 0 ||
	    listen(fd, 64) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	c = xcalloc(1, sizeof(*c));
	c->sim = sim;
	c->fd = fd;
	c->path = xstrdup(path);
	list_init(&c->clients);
	c->event = event_new(sim->base, fd, EV_READ | EV_PERSIST, on_control_accept, c);
	event_add(c->event, NULL);
	*ret = c;
	return 0;
}

void control_close(struct control *c)
{
	struct list *pos, *tmp;

	if (!c) {
		return;
	}
	list_for_each (pos, tmp, &c->clients) {
		struct client *client = container_of(pos, struct client, link);

		client_write(client);
	}
	while (!list_empty(&c->clients)) {
		client_destroy(container_of(c->clients.next, struct client, link));
	}
	event_free(c->event);
	close(c->fd);
	unlink(c->path);
	free(c->path);
	free(c);
}

static int print_answer(FILE *from)
{
	_cleanup_free_ char *line = NULL;
	size_t cap = 0;
	ssize_t len = getline(&line, &cap, from);

	if (len <= 0) {
		fprintf(stderr, "bambu-sim: no answer\n");
		return 1;
	}
	if (str_starts(line, "ok")) {
		fputs(line, stdout);
		return 0;
	}
	fputs(line, stderr);
	return 1;
}

int control_call(const char *path, const char *line)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FILE *f;
	int status;

	if (fd < 0 || fill_address(path, &address) < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		fprintf(stderr, "bambu-sim: %s: %s\n", path, strerror(errno));
		if (fd >= 0) {
			close(fd);
		}
		return 1;
	}
	f = fdopen(fd, "r+");
	fprintf(f, "%s\n", line);
	fflush(f);
	status = print_answer(f);
	fclose(f);
	return status;
}
