/* SPDX-License-Identifier: MIT */
/* `camera`, `camera url`, `camera stream`, and how a stream is followed. */
#include "ctl/camera.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "common/util.h"
#include "ctl/call.h"
#include "ctl/camera_parts.h"
#include "ctl/fmt.h"
#include "ctl/follow.h"

#define CHUNK (256 * 1024)

/* ---- camera ---- */

static void draw_picture(struct out *o, json_object *camera)
{
	int64_t width = 0, height = 0, age_ms = -1, viewers = 0;
	double rate_hz = 0;
	char text[FMT_SIZE];

	if (!json_get_i64(camera, "frame_age_ms", &age_ms)) {
		return;
	}
	if (json_get_i64(camera, "width", &width) && json_get_i64(camera, "height", &height)) {
		fprintf(o->f, "  %lldx%lld", (long long)width, (long long)height);
	}
	if (json_get_num(camera, "rate_hz", &rate_hz)) {
		fprintf(o->f, "  %.2g/s", rate_hz);
	}
	json_get_i64(camera, "viewers", &viewers);
	fprintf(o->f, "  newest %s old  %lld viewer%s", fmt_age_fine(age_ms, text),
	    (long long)viewers, viewers == 1 ? "" : "s");
}

static void draw_status(struct out *o, json_object *camera)
{
	const char *state = json_get_str(camera, "state"), *why = json_get_str(camera, "why");
	_cleanup_free_ char *name = out_member(o, camera, "printer");
	_cleanup_free_ char *kind = out_member(o, camera, "kind");
	_cleanup_free_ char *word = out_safe(o, state), *reason = out_safe(o, why);
	bool bad = state && (strcmp(state, "error") == 0 || strcmp(state, "stalled") == 0);

	fprintf(o->f, "%-12s  %-5s  %s%-10s%s", name, kind, out_color(o, bad ? OUT_RED : OUT_PLAIN),
	    word, out_color(o, OUT_PLAIN));
	draw_picture(o, camera);
	fprintf(o->f, "%s%s\n", why ? "  " : "", why ? reason : "");
}

void camera_show_status(struct ctl *c, json_object *result)
{
	json_object *results = json_get_arr(result, "results");
	size_t count = results ? json_object_array_length(results) : 0;

	if (!results) {
		draw_status(&c->out, result);
	}
	for (size_t i = 0; i < count; i++) {
		draw_status(&c->out, json_object_array_get_idx(results, i));
	}
}

/* ---- camera url ---- */

void camera_show_url(struct ctl *c, json_object *result)
{
	const char *url = json_get_str(result, "url"), *note = json_get_str(result, "note");
	_cleanup_free_ char *text = out_safe(&c->out, url ? url : json_get_str(result, "address"));
	_cleanup_free_ char *why = out_safe(&c->out, note);
	bool masked = false;

	json_get_bool(result, "masked", &masked);
	fprintf(c->out.f, "%s\n", text);
	if (note) {
		out_note(&c->out, why);
	}
	if (masked) {
		out_note(&c->out, "--show prints the access code too");
	}
}

/* ---- what the verbs share ---- */

/* One word is the folder; where the printer was meant, that is said. */
static int find_only_printer(struct ctl *c, const char *what, char **ret)
{
	int status = call_only_printer(c, ret);
	_cleanup_free_ char *word = what ? out_safe(&c->out, c->words[0]) : NULL, *note = NULL;

	if (status == err_exit(ERR_AMBIGUOUS_PRINTER) && what) {
		note = xasprintf("\"%s\" was taken for the %s", word, what);
		out_note(&c->out, note);
	}
	return status;
}

int camera_words(struct ctl *c, const char *what, char **ret_printer, const char **ret_word)
{
	const char *env = getenv("BAMBU_PRINTER");
	bool named = c->args.value[OPT_PRINTER] || (env && *env) || c->word_count > 1 || !what;
	const char *printer = named ? call_take_printer(c) : NULL;

	if (!c->args.given[OPT_TIMEOUT]) {
		c->args.timeout_ms = CAMERA_TIMEOUT_MS;
	}
	if (what && c->word_count < 1) {
		return call_misuse(c, "which %s?", what);
	}
	if (c->word_count > (what ? 1 : 0)) {
		return call_misuse(c, "unexpected \"%s\"", c->words[what ? 1 : 0]);
	}
	if (what) {
		*ret_word = c->words[0];
	}
	if (printer) {
		*ret_printer = xstrdup(printer);
		return 0;
	}
	return find_only_printer(c, what, ret_printer);
}

/* ---- following a stream ---- */

static int fail_stream(struct ctl *c, const struct part *p)
{
	_cleanup_json_ json_object *line = NULL;
	struct err e = {0};

	if (p->raw && json_parse(p->raw, p->raw_len, 8, &line) == 0 &&
	    json_get_obj(line, "error")) {
		return out_fail_reply(&c->out, json_get_obj(line, "error"), NULL);
	}
	err_set(&e, ERR_INTERNAL, "the stream of pictures cannot be read");
	return out_fail(&c->out, &e);
}

/* Every picture already read. */
static int hand_out(struct camera_follow *f, struct parts *parts)
{
	for (;;) {
		struct part part = {0};
		int r = parts_next(parts, &part), status;

		if (r == 0) {
			return FOLLOW_ON;
		}
		if (r < 0) {
			return fail_stream(f->c, &part);
		}
		status = f->picture(f->arg, &part);
		if (status != FOLLOW_ON) {
			return status;
		}
	}
}

/* FOLLOW_ON with *ret_ready when there is something to read. */
static int wait_for_bytes(struct camera_follow *f, bool *ret_ready)
{
	/* Without events asked for, stdout still tells when its reader is gone. */
	struct pollfd fds[2] = {{.fd = f->c->client.fd, .events = POLLIN}, {.fd = STDOUT_FILENO}};
	int64_t left = f->end_ms - client_now_ms();
	struct timespec time = {left / 1000, left % 1000 * 1000000};
	int r;

	if (f->end_ms >= 0 && left <= 0) {
		return 0;
	}
	r = ppoll(fds, 2, f->end_ms >= 0 ? &time : NULL, f->wait_mask);
	if (f->wait_mask && follow_caught() != FOLLOW_ON) {
		return follow_caught();
	}
	if (r > 0 && (fds[1].revents & (POLLERR | POLLHUP))) {
		return FOLLOW_READER_GONE;
	}
	*ret_ready = r > 0 && fds[0].revents != 0;
	return FOLLOW_ON;
}

static int read_some(struct camera_follow *f, struct parts *parts, char *chunk)
{
	ssize_t n = recv(f->c->client.fd, chunk, CHUNK, 0);
	struct err e = {0};

	if (n > 0) {
		parts_feed(parts, chunk, (size_t)n);
		return FOLLOW_ON;
	}
	if (n < 0 && errno == EINTR) {
		return FOLLOW_ON;
	}
	err_set(&e, ERR_DAEMON_UNREACHABLE, "the stream broke off: bambud closed the connection");
	return out_fail(&f->c->out, &e);
}

static int pump(struct camera_follow *f)
{
	struct client *client = &f->c->client;
	_cleanup_free_ char *chunk = xmalloc(CHUNK);
	struct parts parts = {0};
	int status;

	/* What came behind the first answer in one read with it. */
	parts_feed(&parts, client->buf + client->start, client->len - client->start);
	client->start = client->len;
	for (status = hand_out(f, &parts); status == FOLLOW_ON;) {
		bool ready = false;

		status = wait_for_bytes(f, &ready);
		if (status == FOLLOW_ON && ready) {
			status = read_some(f, &parts, chunk);
		}
		if (status == FOLLOW_ON) {
			status = hand_out(f, &parts);
		}
	}
	parts_finish(&parts);
	return status;
}

int camera_follow_run(struct camera_follow *f, const char *printer)
{
	json_object *params = json_object_new_object();
	_cleanup_json_ json_object *begun = NULL;
	int status;

	json_object_object_add(params, "printer", json_object_new_string(printer));
	client_finish(&f->c->client); /* a deadline of its own */
	status = call_method(f->c, "camera.stream", params, &begun);
	if (!status) {
		status = pump(f);
	}
	client_finish(&f->c->client);
	return status;
}

/* ---- camera stream ---- */

/* Blocks while the reader is slow: the daemon then skips pictures, which is what is wanted. */
static int pass_on(void *arg, const struct part *p)
{
	struct ctl *c = arg;

	if (fwrite(p->raw, 1, p->raw_len, stdout) == p->raw_len && fflush(stdout) == 0) {
		return FOLLOW_ON;
	}
	if (errno != EPIPE) {
		struct err e = {0};

		err_set(&e, ERR_INTERNAL, "stdout: %s", strerror(errno));
		return out_fail(&c->out, &e);
	}
	return FOLLOW_READER_GONE;
}

int camera_stream_run(struct ctl *c)
{
	struct camera_follow f = {.c = c, .arg = c, .picture = pass_on, .end_ms = -1};
	_cleanup_free_ char *printer = NULL;
	int status;

	out_release(&c->out);
	if (c->out.json != OUT_TEXT) {
		return call_misuse(c, "--json and pictures do not go to stdout both");
	}
	if (isatty(STDOUT_FILENO)) {
		return call_misuse(c, "pictures are nothing for a terminal: | mpv - or | ffplay -");
	}
	status = camera_words(c, NULL, &printer, NULL);
	return status ? status : camera_follow_run(&f, printer);
}
