/* SPDX-License-Identifier: MIT */
/* The metrics over a Unix socket: GET /metrics of HTTP/1.0 and 1.1, one request a connection. */
#include "daemon/bridge/scrape.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/util.h"
#include "daemon/io/listener.h"
#include "daemon/io/loop.h"

/* A client that has its answer may take so long to end. */
enum { LINGER_MS = 1000 };

struct scrape {
	struct scrape_deps deps;
	struct listener *listener;
	char *path;
	struct list clients;
	unsigned count;
	struct evbuffer *text; /* as it was told last */
	int64_t text_mono_ms;
};

struct scrape_client {
	struct list link;
	struct scrape *owner;
	struct bufferevent *bev;
	struct loop_timer deadline;
	bool answered, ended; /* it sends no more */
};

enum answer {
	ANSWER_OK,
	ANSWER_BAD_REQUEST,
	ANSWER_FORBIDDEN,
	ANSWER_NOT_FOUND,
	ANSWER_METHOD,
	ANSWER_TOO_LARGE,
	ANSWER_BUSY,
	ANSWER_VERSION,
	ANSWER_COUNT
};

static const struct {
	int status;
	const char *reason, *more, *body;
} answers[ANSWER_COUNT] = {
    [ANSWER_OK] = {200, "OK", "", NULL},
    [ANSWER_BAD_REQUEST] = {400, "Bad Request", "", "this is no HTTP request\n"},
    [ANSWER_FORBIDDEN] = {403, "Forbidden", "", "the right to look is needed\n"},
    [ANSWER_NOT_FOUND] = {404, "Not Found", "", "there is /metrics only\n"},
    [ANSWER_METHOD] = {405, "Method Not Allowed", "Allow: GET\r\n", "GET only\n"},
    [ANSWER_TOO_LARGE] = {431, "Request Header Fields Too Large", "", "over 8192 bytes\n"},
    [ANSWER_BUSY] = {503, "Service Unavailable", "Retry-After: 1\r\n", "too many clients\n"},
    [ANSWER_VERSION] = {505, "HTTP Version Not Supported", "", "HTTP/1.0 or HTTP/1.1\n"},
};

#define CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

static void client_close(struct scrape_client *c)
{
	list_del(&c->link);
	c->owner->count--;
	loop_timer_stop(&c->deadline);
	bufferevent_free(c->bev);
	free(c);
}

/* ---- answers ---- */

static void free_text(const void *data, size_t len, void *extra)
{
	free(extra);
}

static struct evbuffer *present_text(struct scrape *s)
{
	int64_t now_ms = loop_now_ms(s->deps.loop);
	char *text;

	if (s->text && now_ms - s->text_mono_ms < SCRAPE_KEPT_MS) {
		return s->text;
	}
	if (s->text) {
		evbuffer_free(s->text);
	}
	s->text = evbuffer_new();
	s->text_mono_ms = now_ms;
	text = s->deps.text(s->deps.arg);
	evbuffer_add_reference(s->text, text, strlen(text), free_text, text);
	return s->text;
}

static void write_answer(struct evbuffer *out, enum answer a, struct evbuffer *text)
{
	const char *body = answers[a].body;
	size_t len = text ? evbuffer_get_length(text) : strlen(body);

	evbuffer_add_printf(out,
	    "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%sConnection: "
	    "close\r\n\r\n",
	    answers[a].status, answers[a].reason, CONTENT_TYPE, len, answers[a].more);
	if (text) {
		evbuffer_add_buffer_reference(out, text);
	} else {
		evbuffer_add(out, body, len);
	}
}

static void answer(struct scrape_client *c, enum answer a)
{
	struct evbuffer *text = a == ANSWER_OK ? present_text(c->owner) : NULL;

	c->answered = true;
	write_answer(bufferevent_get_output(c->bev), a, text);
	bufferevent_enable(c->bev, EV_WRITE);
}

/* To who is not let in, as far as the socket takes it. */
static void turn_away(int fd, enum answer a)
{
	_cleanup_free_ char *text =
	    xasprintf("HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%sConnection: "
		      "close\r\n\r\n%s",
		answers[a].status, answers[a].reason, CONTENT_TYPE, strlen(answers[a].body),
		answers[a].more, answers[a].body);

	if (send(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
		return; /* it hears nothing, then */
	}
}

/* ---- requests ---- */

/* "GET /metrics HTTP/1.1"; what stands behind a question mark does not matter. */
static enum answer judge(const char *line)
{
	const char *target = strchr(line, ' ');
	const char *version = target ? strchr(target + 1, ' ') : NULL;
	size_t method_len = target ? (size_t)(target - line) : 0, len;

	if (!version || method_len == 0 || target[1] != '/' || !str_starts(version, " HTTP/") ||
	    strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != method_len) {
		return ANSWER_BAD_REQUEST;
	}
	if (strcmp(version, " HTTP/1.1") != 0 && strcmp(version, " HTTP/1.0") != 0) {
		return ANSWER_VERSION;
	}
	len = strcspn(target + 1, "? ");
	if (len != strlen("/metrics") || memcmp(target + 1, "/metrics", len) != 0) {
		return ANSWER_NOT_FOUND;
	}
	return str_starts(line, "GET ") ? ANSWER_OK : ANSWER_METHOD;
}

static void read_request(struct scrape_client *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	struct evbuffer_ptr end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
	_cleanup_free_ char *line = NULL;
	size_t len = 0;

	if (end.pos < 0) {
		if (evbuffer_get_length(in) >= SCRAPE_HEAD_MAX) {
			answer(c, ANSWER_TOO_LARGE);
		}
		return;
	}
	line = evbuffer_readln(in, &len, EVBUFFER_EOL_CRLF_STRICT);
	answer(c, line && strlen(line) == len ? judge(line) : ANSWER_BAD_REQUEST);
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct scrape_client *c = arg;
	struct evbuffer *in = bufferevent_get_input(bev);

	if (!c->answered) {
		read_request(c);
	}
	if (c->answered) {
		evbuffer_drain(in, evbuffer_get_length(in));
	}
}

/* Who still sends gets the answer nevertheless: the client ends the connection, or the deadline. */
static void on_written(struct bufferevent *bev, void *arg)
{
	struct scrape_client *c = arg;

	if (c->ended) {
		client_close(c);
	} else if (c->answered) {
		shutdown(bufferevent_getfd(bev), SHUT_WR);
		loop_timer_start(&c->deadline, LINGER_MS);
	}
}

/* A client may be done with its own side before it has read ours. */
static void on_end(struct bufferevent *bev, short what, void *arg)
{
	struct scrape_client *c = arg;

	c->ended = true;
	if (!(what & BEV_EVENT_EOF) || evbuffer_get_length(bufferevent_get_output(bev)) == 0) {
		client_close(c);
	}
}

static void on_late(void *arg)
{
	client_close(arg);
}

/* ---- connections ---- */

static void on_accepted(void *arg, int fd)
{
	struct scrape *s = arg;
	struct scrape_client *c;
	enum answer a = !s->deps.may_read(s->deps.arg, fd) ? ANSWER_FORBIDDEN
			: s->count >= SCRAPE_CLIENTS_MAX   ? ANSWER_BUSY
							   : ANSWER_OK;

	if (a != ANSWER_OK) {
		turn_away(fd, a);
		close(fd);
		return;
	}
	c = xcalloc(1, sizeof(*c));
	c->owner = s;
	c->bev = bufferevent_socket_new(loop_base(s->deps.loop), fd, BEV_OPT_CLOSE_ON_FREE);
	list_add_tail(&s->clients, &c->link);
	s->count++;
	loop_timer_init(&c->deadline, s->deps.loop, on_late, c);
	loop_timer_start(&c->deadline, SCRAPE_DEADLINE_MS);
	bufferevent_setcb(c->bev, on_read, on_written, on_end, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, SCRAPE_HEAD_MAX);
	bufferevent_enable(c->bev, EV_READ);
}

static void on_shortage(void *arg, int fd)
{
	turn_away(fd, ANSWER_BUSY);
}

int scrape_listen(struct scrape *s, const char *path, mode_t mode)
{
	struct listener_handler h = {"metrics socket", on_accepted, on_shortage, s};
	int r;

	if (s->path && path && strcmp(s->path, path) == 0) {
		return 0;
	}
	listener_destroy(TAKE(s->listener));
	free(TAKE(s->path));
	if (!path) {
		return 0;
	}
	/* Its own mode comes afterwards: the umask belongs to the threads as well. */
	r = listener_create(s->deps.loop, path, S_IRWXU, -1, &h, &s->listener);
	if (r < 0) {
		return r;
	}
	if (chmod(path, mode) < 0) {
		r = -errno;
		listener_destroy(TAKE(s->listener));
		return r;
	}
	s->path = xstrdup(path);
	return 0;
}

struct scrape *scrape_create(const struct scrape_deps *deps)
{
	struct scrape *s = xcalloc(1, sizeof(*s));

	s->deps = *deps;
	list_init(&s->clients);
	return s;
}

void scrape_destroy(struct scrape *s)
{
	if (!s) {
		return;
	}
	listener_destroy(s->listener);
	while (!list_empty(&s->clients)) {
		client_close(container_of(s->clients.next, struct scrape_client, link));
	}
	if (s->text) {
		evbuffer_free(s->text);
	}
	free(s->path);
	free(s);
}
