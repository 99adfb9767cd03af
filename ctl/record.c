/* SPDX-License-Identifier: MIT */
/* `record`: the messages of a printer as lines of a file, whole ones only. */
#include "ctl/record.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "common/util.h"
#include "ctl/call.h"
#include "ctl/camera.h"
#include "ctl/files_bar.h"
#include "ctl/fmt.h"
#include "ctl/follow.h"

#define CHUNK (256 * 1024)
#define LINE_MAX_BYTES (4 * 1024 * 1024) /* a message of 256 KiB, each byte escaped */
#define LAST_WORD_MS 5000		 /* from Ctrl-C to the end of the capture */
#define SECONDS_MAX 86400

struct record {
	struct ctl *c;
	const char *path; /* NULL: stdout */
	int fd;
	char *buf; /* bytes of a line that is not whole yet */
	size_t len;
	bool last;     /* the line that ends it was written */
	int64_t bytes; /* written */
	int64_t messages, lost;
	int64_t last_ms; /* when it must have ended; -1 not asked yet */
	struct files_bar bar;
	sigset_t wait_mask;
};

/* ---- the file ---- */

static int fail_file(struct record *r, int error)
{
	_cleanup_free_ char *shown = r->path ? out_safe(&r->c->out, r->path) : NULL;
	struct err e = {0};

	files_bar_end(&r->bar);
	if (error == EPIPE) {
		return FOLLOW_READER_GONE;
	}
	err_set(&e, error == EEXIST ? ERR_GUARD : ERR_INTERNAL, "%s: %s", shown ? shown : "stdout",
	    error == EEXIST ? "is there already" : strerror(error));
	if (error == EEXIST) {
		err_hint(&e, "--yes replaces it");
	}
	return out_fail(&r->c->out, &e);
}

static int open_file(struct record *r)
{
	int how = r->c->args.given[OPT_YES] ? O_TRUNC : O_EXCL;

	if (!r->path) {
		r->fd = STDOUT_FILENO;
		return 0;
	}
	r->fd = open(r->path, O_WRONLY | O_CREAT | O_CLOEXEC | how, 0600);
	return r->fd < 0 ? fail_file(r, errno) : 0;
}

static int write_all(struct record *r, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(r->fd, bytes, len);

		if (n < 0 && errno != EINTR) {
			return fail_file(r, errno);
		}
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
			r->bytes += n;
		}
	}
	files_bar_move(&r->bar, r->bytes);
	return FOLLOW_ON;
}

/* ---- lines ---- */

static void note_end(struct record *r, const char *line, size_t len)
{
	_cleanup_json_ json_object *o = NULL;

	if (!memmem(line, len, "\"end\":", 6) || json_parse(line, len, 4, &o) < 0 ||
	    !json_get_str(o, "end")) {
		return;
	}
	r->last = true;
	json_get_i64(o, "messages", &r->messages);
	json_get_i64(o, "lost_messages", &r->lost);
}

static int fail_reply(struct record *r, const char *line, size_t len)
{
	_cleanup_json_ json_object *o = NULL;
	struct err e = {0};

	files_bar_end(&r->bar);
	if (json_parse(line, len, 8, &o) == 0 && json_get_obj(o, "error")) {
		return out_fail_reply(&r->c->out, json_get_obj(o, "error"), NULL);
	}
	err_set(&e, ERR_INTERNAL, "the capture cannot be read");
	return out_fail(&r->c->out, &e);
}

/* Writes the whole lines of what came; a NUL byte begins what is none of it. */
static int hand_out(struct record *r)
{
	size_t done = 0;
	int status;

	for (;;) {
		char *line = r->buf + done, *end = memchr(line, '\n', r->len - done);
		size_t len = end ? (size_t)(end - line) + 1 : 0;

		if (!end) {
			break;
		}
		if (*line == '\0') {
			status = write_all(r, r->buf, done);
			return status == FOLLOW_ON ? fail_reply(r, line + 1, len - 2) : status;
		}
		note_end(r, line, len - 1);
		done += len;
	}
	status = write_all(r, r->buf, done);
	memmove(r->buf, r->buf + done, r->len - done);
	r->len -= done;
	return status;
}

/* FOLLOW_ON, or the status. At the end of what comes *ret_ended. */
static int read_some(struct record *r, bool *ret_ended)
{
	ssize_t n;

	if (r->len + CHUNK > LINE_MAX_BYTES) {
		return fail_reply(r, "", 0);
	}
	r->buf = xrealloc(r->buf, r->len + CHUNK);
	n = recv(r->c->client.fd, r->buf + r->len, CHUNK, 0);
	*ret_ended = n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN);
	if (n <= 0) {
		return FOLLOW_ON;
	}
	r->len += (size_t)n;
	return hand_out(r);
}

/* Half an end asks the daemon for the last line. */
static void ask_end(struct record *r)
{
	if (r->last_ms < 0) {
		r->last_ms = client_now_ms() + LAST_WORD_MS;
		shutdown(r->c->client.fd, SHUT_WR);
	}
}

static int wait_some(struct record *r, bool *ret_ended)
{
	struct pollfd fds[2] = {{.fd = r->c->client.fd, .events = POLLIN}, {.fd = STDOUT_FILENO}};
	int64_t left = r->last_ms - client_now_ms();
	struct timespec time = {left / 1000, left % 1000 * 1000000};
	int n;

	if (r->last_ms >= 0 && left <= 0) {
		*ret_ended = true;
		return FOLLOW_ON;
	}
	n = r->last_ms >= 0 ? ppoll(fds, 2, &time, NULL) : ppoll(fds, 2, NULL, &r->wait_mask);
	if (follow_caught() != FOLLOW_ON) {
		ask_end(r);
	}
	if (n > 0 && !r->path && (fds[1].revents & (POLLERR | POLLHUP))) {
		return FOLLOW_READER_GONE;
	}
	return n > 0 && fds[0].revents ? read_some(r, ret_ended) : FOLLOW_ON;
}

static int pump(struct record *r)
{
	struct client *client = &r->c->client;
	bool ended = false;
	int status;

	/* What came behind the first answer in one read with it. */
	r->len = client->len - client->start;
	r->buf = xmalloc(r->len + 1);
	if (r->len > 0) {
		memcpy(r->buf, client->buf + client->start, r->len);
	}
	client->start = client->len;
	for (status = hand_out(r); status == FOLLOW_ON && !ended;) {
		status = wait_some(r, &ended);
	}
	return status;
}

/* ---- the verb ---- */

static void show_recorded(struct record *r, int64_t took_ms)
{
	struct out *o = &r->c->out;
	_cleanup_json_ json_object *done = NULL;
	_cleanup_free_ char *path = out_safe(o, r->path);
	char bytes[FMT_SIZE], time[FMT_SIZE];

	if (o->json == OUT_TEXT) {
		fprintf(o->f, "%s  %lld messages  %s in %s\n", path, (long long)r->messages,
		    fmt_bytes(r->bytes, bytes), fmt_age_fine(took_ms, time));
		out_note(o, "look it through before it is posted; bambud --replay FILE shows it");
		return;
	}
	done = json_object_new_object();
	json_object_object_add(done, "path", json_object_new_string(r->path));
	json_object_object_add(done, "messages", json_object_new_int64(r->messages));
	json_object_object_add(done, "lost_messages", json_object_new_int64(r->lost));
	json_object_object_add(done, "bytes", json_object_new_int64(r->bytes));
	out_json(o, done);
}

static int settle(struct record *r, int64_t begun_ms)
{
	_cleanup_free_ char *lost = NULL;
	struct err e = {0};

	if (!r->last) {
		err_set(&e, ERR_DAEMON_UNREACHABLE,
		    "the recording broke off: what is written are whole lines, but not all");
		return out_fail(&r->c->out, &e);
	}
	if (r->lost > 0) {
		lost = xasprintf(
		    "%lld messages were lost: they were not read fast enough", (long long)r->lost);
		out_note(&r->c->out, lost);
	}
	if (r->path) {
		show_recorded(r, client_now_ms() - begun_ms);
	}
	return 0;
}

static json_object *params_of(struct ctl *c, const char *printer, int64_t for_ms)
{
	json_object *params = json_object_new_object();

	json_object_object_add(params, "printer", json_object_new_string(printer));
	if (for_ms > 0) {
		json_object_object_add(
		    params, "seconds", json_object_new_int64((for_ms + 999) / 1000));
	}
	if (c->args.given[OPT_FILES]) {
		json_object_object_add(params, "files", json_object_new_boolean(true));
	}
	return params;
}

static int record(struct record *r, const char *printer, int64_t for_ms)
{
	_cleanup_json_ json_object *begun = NULL;
	int64_t begun_ms = client_now_ms();
	int status;

	client_finish(&r->c->client); /* a connection of its own */
	status = call_method(r->c, "record.start", params_of(r->c, printer, for_ms), &begun);
	status = status ? status : open_file(r);
	if (status) {
		return status;
	}
	out_release(&r->c->out);
	files_bar_begin(&r->bar, &r->c->out, -1);
	follow_catch_signals(&r->wait_mask);
	status = pump(r);
	sigprocmask(SIG_SETMASK, &r->wait_mask, NULL);
	files_bar_end(&r->bar);
	client_finish(&r->c->client);
	return status == FOLLOW_ON ? settle(r, begun_ms) : status;
}

static int read_time(struct ctl *c, int64_t *ret_ms)
{
	const char *time = c->args.value[OPT_FOR];

	if (time && (parse_duration_ms(time, ret_ms) < 0 || *ret_ms < 1 ||
			*ret_ms > SECONDS_MAX * (int64_t)1000)) {
		return call_misuse(c, "\"%s\" is not a time such as 30s, 10min, up to 24h", time);
	}
	return 0;
}

int record_run(struct ctl *c)
{
	struct record r = {.c = c, .fd = -1, .last_ms = -1};
	_cleanup_free_ char *printer = NULL;
	int64_t for_ms = 0;
	int status = read_time(c, &for_ms);

	if (!status) {
		status = camera_words(c, "file", &printer, &r.path);
	}
	if (!status && *r.path == '\0') {
		status = call_misuse(c, "FILE is empty");
	}
	if (!status && strcmp(r.path, "-") == 0) {
		r.path = NULL;
		status = c->out.json != OUT_TEXT
			     ? call_misuse(c, "--json and the capture do not go to stdout both")
			     : 0;
	}
	if (!status) {
		status = record(&r, printer, for_ms);
	}
	if (r.path && r.fd >= 0) {
		close(r.fd);
	}
	free(r.buf);
	return status;
}
