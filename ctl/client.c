/* SPDX-License-Identifier: MIT */
/* One connection to the daemon: a request written, its reply and later lines read, by a deadline.
 */
#include "ctl/client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>

#include "common/paths.h"
#include "common/util.h"
#include "ctl/host.h"

#define READ_SIZE (32u * 1024)
#define REPLY_DEPTH_MAX 64

int64_t client_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void client_init(struct client *c)
{
	memset(c, 0, sizeof(*c));
	c->fd = -1;
	c->deadline_ms = -1;
}

void client_finish(struct client *c)
{
	if (c->fd >= 0) {
		close(c->fd);
	}
	if (c->child > 0) {
		host_stop(c->child);
	}
	free(c->path);
	free(c->buf);
	client_init(c);
}

void client_deadline(struct client *c, int64_t timeout_ms)
{
	c->deadline_ms = timeout_ms < 0 ? -1 : client_now_ms() + timeout_ms;
}

/* Milliseconds left for poll: -1 without a deadline. */
static int time_left(const struct client *c)
{
	int64_t left;

	if (c->deadline_ms < 0) {
		return -1;
	}
	left = c->deadline_ms - client_now_ms();
	return left > 0 ? (int)left : 0;
}

/* Connecting and writing block in the kernel, so both get the time that is left as their limit. */
static void limit_writes(const struct client *c, int fd)
{
	int left = time_left(c);
	struct timeval tv = {left / 1000, left % 1000 * 1000};

	if (left >= 0) {
		if (left == 0) {
			tv.tv_usec = 1000; /* zero would mean for ever */
		}
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	}
}

/* 0 or negative errno. */
static int try_connect(struct client *c, const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	_cleanup_close_ int fd = -1;

	if (!str_copy(addr.sun_path, sizeof(addr.sun_path), path)) {
		return -ENAMETOOLONG;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return -errno;
	}
	limit_writes(c, fd);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		return -errno;
	}
	c->fd = fd;
	fd = -1;
	return 0;
}

static void explain_connect(const struct client *c, int error, struct err *e)
{
	_cleanup_free_ char *user = paths_user_socket();

	switch (error) {
	case -EACCES:
	case -EPERM:
		err_set(e, ERR_PERMISSION_DENIED,
		    "no permission for %s: be a member of group bambu or bambu-read", c->path);
		break;
	case -EAGAIN:
	case -EINPROGRESS:
		err_set(
		    e, ERR_TIMEOUT, "bambud on %s did not take the connection in time", c->path);
		break;
	case -ENAMETOOLONG:
		err_set(e, ERR_USAGE, "socket path is longer than 107 bytes: %s", c->path);
		break;
	default:
		err_set(e, ERR_DAEMON_UNREACHABLE,
		    "bambud does not answer on %s (%s): is it running?", c->path, strerror(-error));
		if (user && strcmp(user, c->path) == 0) {
			err_hint(e, "systemctl --user status bambud");
		} else {
			err_hint(e, "systemctl status bambud");
		}
	}
}

int client_open(struct client *c, const char *path, int64_t timeout_ms, struct err *e)
{
	_cleanup_free_ char *user = NULL;
	const char *tries[2] = {path, NULL};
	int r = -ENOENT;

	client_deadline(c, timeout_ms);
	if (!tries[0]) {
		tries[0] = getenv("BAMBUD_SOCKET");
	}
	if (!tries[0] || !*tries[0]) {
		user = paths_user_socket();
		tries[0] = user ? user : PATHS_SYSTEM_SOCKET;
		tries[1] = user ? PATHS_SYSTEM_SOCKET : NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(tries) && tries[i]; i++) {
		int tried = try_connect(c, tries[i]);

		/* A socket that is there says more about the trouble than one that is not. */
		if (i == 0 || tried == 0 || tried != -ENOENT) {
			r = tried;
			free(c->path);
			c->path = xstrdup(tries[i]);
		}
		if (tried == 0) {
			return 0;
		}
	}
	explain_connect(c, r, e);
	return -1;
}

int client_open_host(
    struct client *c, const char *host, const char *path, int64_t timeout_ms, struct err *e)
{
	client_deadline(c, timeout_ms);
	if (host_start(host, path, &c->fd, &c->child, e) < 0) {
		return -1;
	}
	limit_writes(c, c->fd);
	free(c->path);
	c->path = xstrdup(host);
	return 0;
}

/* 0 also when the daemon hung up: it may have said why, which is read next. */
static int send_all(struct client *c, const char *text, size_t len, struct err *e)
{
	while (len > 0) {
		ssize_t n = send(c->fd, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) {
			return 0;
		}
		if (n < 0) {
			err_set(e, errno == EAGAIN ? ERR_TIMEOUT : ERR_DAEMON_UNREACHABLE,
			    "bambud does not take the request: %s", strerror(errno));
			return -1;
		}
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

static void make_room(struct client *c)
{
	if (c->start > 0) {
		memmove(c->buf, c->buf + c->start, c->len - c->start);
		c->len -= c->start;
		c->start = 0;
	}
	if (c->cap - c->len < READ_SIZE) {
		c->cap = c->cap ? c->cap * 2 : 2 * READ_SIZE;
		c->buf = xrealloc(c->buf, c->cap);
	}
}

int client_fill(struct client *c, struct err *e)
{
	ssize_t n;

	make_room(c);
	n = recv(c->fd, c->buf + c->len, c->cap - c->len, 0);
	if (n < 0 && errno == EINTR) {
		return 0;
	}
	if (n <= 0 && c->child > 0) {
		host_explain(c->child, c->path, e);
		c->child = 0;
		return -1;
	}
	if (n <= 0) {
		err_set(e, ERR_DAEMON_UNREACHABLE, "bambud on %s closed the connection%s%s",
		    c->path, n < 0 ? ": " : "", n < 0 ? strerror(errno) : "");
		return -1;
	}
	c->len += (size_t)n;
	return 0;
}

/* One read, waited for. 0, or -1 with *e. */
static int read_more(struct client *c, struct err *e)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};
	int r = poll(&p, 1, time_left(c));

	if (r < 0) {
		return 0; /* a signal: the caller looks and comes again */
	}
	if (r == 0) {
		err_set(e, ERR_TIMEOUT, "bambud on %s did not answer in time", c->path);
		return -1;
	}
	return client_fill(c, e);
}

int client_take(struct client *c, json_object **ret, struct err *e)
{
	size_t size = c->len - c->start;
	char *begin = c->buf + c->start, *end = NULL;

	if (size > c->scanned) {
		end = memchr(begin + c->scanned, '\n', size - c->scanned);
	}
	if (!end) {
		c->scanned = size;
		if (size > CLIENT_LINE_MAX) {
			err_set(e, ERR_OVERFLOW, "the answer is longer than %u MiB",
			    CLIENT_LINE_MAX / (1024 * 1024));
			return -1;
		}
		return 0;
	}
	size = (size_t)(end - begin);
	if (json_parse(begin, size, REPLY_DEPTH_MAX, ret) < 0) {
		err_set(e, ERR_INTERNAL, "%s does not speak the protocol of bambud", c->path);
		return -1;
	}
	c->start += size + 1;
	c->scanned = 0;
	return 1;
}

int client_next(struct client *c, json_object **ret, struct err *e)
{
	for (;;) {
		int r = client_take(c, ret, e);

		if (r != 0) {
			return r > 0 ? 0 : -1;
		}
		if (read_more(c, e) < 0) {
			return -1;
		}
	}
}

/* The reply to id; an error without id speaks of the connection as a whole. */
static bool answers(json_object *line, int64_t id)
{
	int64_t got;
	json_object *null_id;

	if (json_get_i64(line, "id", &got)) {
		return got == id;
	}
	return json_get_obj(line, "error") && json_object_object_get_ex(line, "id", &null_id) &&
	       !null_id;
}

int client_call(
    struct client *c, const char *method, json_object *params, json_object **ret, struct err *e)
{
	_cleanup_json_ json_object *request = json_object_new_object();
	_cleanup_free_ char *line = NULL;
	const char *text;
	int64_t id = ++c->next_id;
	size_t len;
	int r;

	json_object_object_add(request, "jsonrpc", json_object_new_string("2.0"));
	json_object_object_add(request, "id", json_object_new_int64(id));
	json_object_object_add(request, "method", json_object_new_string(method));
	if (params) {
		json_object_object_add(request, "params", params);
	}
	text = json_object_to_json_string_length(
	    request, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
	line = xmalloc(len + 1);
	memcpy(line, text, len);
	line[len] = '\n';
	r = send_all(c, line, len + 1, e);
	/* It may hold a password. */
	explicit_bzero(line, len);
	explicit_bzero((char *)text, len);
	if (r < 0) {
		return -1;
	}
	for (;;) {
		_cleanup_json_ json_object *got = NULL;

		if (client_next(c, &got, e) < 0) {
			return -1;
		}
		if (answers(got, id)) {
			*ret = TAKE(got);
			return 0;
		}
	}
}
