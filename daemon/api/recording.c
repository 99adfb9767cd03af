/* SPDX-License-Identifier: MIT */
/* One recording: messages as redacted lines into a client's socket, bounded. */
#include "daemon/api/recording.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base64.h"
#include "common/redact.h"
#include "common/text.h"
#include "daemon/api/core.h"
#include "daemon/api/reply.h"
#include "daemon/api/upgrade.h"
#include "daemon/fleet/fleet.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/printer_config.h"
#include "daemon/model/raw.h"
#include "daemon/model/scan.h"
#include "daemon/model/state.h"

#define STOP_MS 1000 /* for what waits, when it must end */

struct recording {
	struct list link;
	struct recorders *all;
	struct upgrade upgrade;
	struct loop *loop;
	struct redact *redact;
	char *printer;				/* its name */
	int fd;					/* of its own, of the client's socket */
	struct event *write_event, *read_event; /* the client ends it by closing its half */
	struct loop_deferred judge;		/* begins it, sends, ends it */
	struct loop_timer limit, deadline;	/* asked for; to get rid of the rest */
	int64_t begun_ms;
	struct jw out; /* not yet taken by the client; from sent on */
	size_t sent;
	uint64_t messages, lost, lost_all; /* lost: since the last line that said so */
	bool open;			   /* the client has its first answer */
	const char *ended;		   /* the last line was written */
	struct err why;			   /* of an end that is a fault */
};

const char *recording_printer(const struct recording *one)
{
	return one->printer;
}

struct list *recording_link(struct recording *one)
{
	return &one->link;
}

struct recording *recording_of(struct list *link)
{
	return container_of(link, struct recording, link);
}

/* ---- lines ---- */

static void line_begin(const struct recording *one, struct jw *w)
{
	jw_init(w);
	jw_object(w, NULL);
	jw_int(w, "ms", loop_now_ms(one->loop) - one->begun_ms);
}

static void line_add(struct recording *one, struct jw *w)
{
	jw_object_end(w);
	jw_bytes(w, "\n", 1);
	jw_bytes(&one->out, w->buf, w->len);
	jw_finish(w);
	loop_defer(one->loop, &one->judge);
}

/* The whole line or nothing of it. False: there is no room. */
static bool line_try(struct recording *one, struct jw *w)
{
	if (one->out.len - one->sent + w->len > RECORDING_OUT_MAX) {
		jw_finish(w);
		return false;
	}
	line_add(one, w);
	return true;
}

static void tell_lost(struct recording *one)
{
	struct jw w;

	if (one->lost > 0) {
		line_begin(one, &w);
		jw_int(&w, "lost", (int64_t)one->lost);
		line_add(one, &w);
		one->lost = 0;
	}
}

static void put_base64(struct jw *w, const char *bytes, size_t len)
{
	_cleanup_free_ char *text = xmalloc(BASE64_LEN(len));

	base64_encode((const uint8_t *)bytes, len, text);
	jw_strn(w, "base64", text, BASE64_LEN(len));
}

static void put_payload(struct recording *one, struct jw *w, const char *bytes, size_t len)
{
	struct jw clean;

	if (len > SCAN_BYTES_MAX) { /* the parser does not look at it either */
		jw_int(w, "too_long", (int64_t)len);
		return;
	}
	jw_init(&clean);
	redact_json(one->redact, bytes, len, &clean);
	if (clean.len == 0) {
		jw_str(w, "payload", "");
	} else if (text_is_utf8(clean.buf, clean.len) && !memchr(clean.buf, 0, clean.len)) {
		jw_strn(w, "payload", clean.buf, clean.len);
	} else {
		put_base64(w, clean.buf, clean.len);
	}
	jw_finish(&clean);
}

static void add_message(
    struct recording *one, const char *plane, const char *dir, const char *bytes, size_t len)
{
	struct jw w;

	if (one->ended) {
		return;
	}
	/* Room for the line that tells of lost ones is kept: they are told when one fits again. */
	if (one->out.len - one->sent + len > RECORDING_OUT_MAX) {
		one->lost++;
		one->lost_all++;
		return;
	}
	tell_lost(one);
	line_begin(one, &w);
	jw_str(&w, "plane", plane);
	jw_str(&w, "dir", dir);
	put_payload(one, &w, bytes, len);
	if (line_try(one, &w)) {
		one->messages++;
	} else {
		one->lost++;
		one->lost_all++;
	}
}

void recording_message(
    struct recording *one, enum plane plane, bool in, const char *bytes, size_t len)
{
	add_message(one, plane_word(plane), in ? "in" : "out", bytes, len);
}

void recording_anew(struct recording *one, enum plane plane)
{
	struct jw w;

	if (one->ended) {
		return;
	}
	line_begin(one, &w);
	jw_str(&w, "plane", plane_word(plane));
	jw_bool(&w, "anew", true);
	if (!line_try(one, &w)) { /* what was lost begins anew, too */
		one->lost++;
		one->lost_all++;
	}
}

void recording_end(struct recording *one, const char *why)
{
	struct jw w;

	if (one->ended) {
		return;
	}
	tell_lost(one);
	line_begin(one, &w);
	jw_str(&w, "end", why);
	jw_int(&w, "messages", (int64_t)one->messages);
	jw_int(&w, "lost_messages", (int64_t)one->lost_all);
	line_add(one, &w);
	one->ended = why;
	loop_timer_stop(&one->limit);
	loop_timer_start(&one->deadline, CONN_UNREAD_MS);
}

/* ---- what was known at the start ---- */

static void add_header(
    struct recording *one, const struct printer *p, const struct derive_limits *limits)
{
	const struct state *s = printer_state(p);
	const struct printer_config *config = printer_config(p);
	struct jw w;

	jw_init(&w);
	jw_object(&w, NULL);
	jw_int(&w, "bambu_capture", CAPTURE_FORMAT);
	jw_str(&w, "version", BAMBUD_VERSION);
	jw_str(&w, "printer", redact_name(one->redact, REDACT_PRINTER, printer_name(p)));
	jw_str(&w, "serial", redact_name(one->redact, REDACT_SERIAL, printer_serial(p)));
	jw_str(&w, "model", s->info.caps->model);
	jw_str(&w, "configured_model", config->model);
	jw_str(&w, "link", link_state_word(printer_link_state(p)));
	jw_bool(&w, "based", s->has_base);
	jw_int(&w, "left_out", s->raw ? (int64_t)raw_left_out(s->raw) : 0);
	jw_object(&w, "alerts");
	jw_int(&w, "low_pct", limits->low_pct);
	jw_int(&w, "humid_pct", limits->humid_pct);
	jw_int(&w, "humid_level", limits->humid_level);
	jw_int(&w, "hot_c", limits->hot_c);
	jw_int(&w, "hold_ms", limits->hold_ms);
	jw_object_end(&w);
	jw_time(&w, "time", loop_wall_ms(one->loop));
	line_add(one, &w);
}

/* The printer's version reply, as far as it is kept. */
static void add_modules(struct recording *one, const struct state *s)
{
	struct jw w;

	jw_init(&w);
	jw_object(&w, NULL);
	jw_object(&w, "info");
	jw_str(&w, "command", "get_version");
	jw_array(&w, "module");
	for (size_t i = 0; i < s->modules.count; i++) {
		const struct module_info *m = &s->modules.entries[i];

		jw_object(&w, NULL);
		jw_str(&w, "name", m->name);
		jw_str(&w, "product_name", m->product);
		if (strcmp(m->name, "ota") == 0) {
			jw_str(&w, "project_name", s->info.code);
		}
		jw_str(&w, "sw_ver", m->version);
		jw_str(&w, "hw_ver", m->hardware);
		jw_str(&w, "sn", m->serial);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	jw_object_end(&w);
	jw_object_end(&w);
	add_message(one, NULL, "held", w.buf, w.len);
	jw_finish(&w);
}

/* What the printer has said so far as one full report, so that a capture begins with what its
 * deltas change. Of arrays that were sent in part it has the last part: a full report is asked for
 * besides. */
static void add_held(struct recording *one, const struct state *s)
{
	static const char full[] = ",\"command\":\"push_status\",\"msg\":0}}";
	struct jw w;

	if (s->info.version_seen) {
		add_modules(one, s);
	}
	if (!s->raw || !s->has_base) {
		return;
	}
	jw_init(&w);
	jw_object(&w, NULL);
	raw_write(s->raw, &w, "print", NULL);
	if (w.buf[w.len - 2] != '{') {
		w.len--; /* the brace of print */
		jw_bytes(&w, full, sizeof(full) - 1);
		add_message(one, NULL, "held", w.buf, w.len);
	}
	jw_finish(&w);
}

/* ---- the socket ---- */

static void recording_free(struct recording *one)
{
	recorders_remove(one->all, one);
	loop_deferred_cancel(&one->judge);
	loop_timer_stop(&one->limit);
	loop_timer_stop(&one->deadline);
	if (one->write_event) {
		event_free(one->write_event);
	}
	if (one->read_event) {
		event_free(one->read_event);
	}
	close(one->fd);
	redact_destroy(one->redact);
	jw_finish(&one->out);
	free(one->printer);
	free(one);
}

/* 1 when nothing waits, 0 when the kernel takes no more now, negative: nobody is there. */
static int push(struct recording *one)
{
	while (one->sent < one->out.len) {
		ssize_t n = send(one->fd, one->out.buf + one->sent, one->out.len - one->sent,
		    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno != EINTR) {
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
		}
		one->sent += n > 0 ? (size_t)n : 0;
	}
	jw_reset(&one->out);
	one->sent = 0;
	return 1;
}

/* What was sent makes room when it is more than what waits: each byte is moved once. */
static void compact(struct recording *one)
{
	if (one->sent > one->out.len - one->sent) {
		memmove(one->out.buf, one->out.buf + one->sent, one->out.len - one->sent);
		one->out.len -= one->sent;
		one->sent = 0;
	}
}

static void finish(struct recording *one)
{
	struct err why = one->why;

	if (why.type != ERR_NONE) {
		err_printer(&why, one->printer);
		upgrade_fail(&one->upgrade, &why);
	} else {
		upgrade_end(&one->upgrade);
	}
	recording_free(one);
}

static void advance(struct recording *one)
{
	int r = push(one);

	if (r < 0) {
		conn_close(one->upgrade.conn, "client went away");
	} else if (r == 0) {
		compact(one);
		event_add(one->write_event, NULL);
	} else if (one->ended) {
		finish(one);
	}
}

static void judge(struct recording *one)
{
	struct err e = {0};

	if (one->open) {
		advance(one);
	} else if (!one->upgrade.begun && upgrade_begin(&one->upgrade, -1, NULL, &e) < 0) {
		one->why = e;
		finish(one);
	}
}

static void on_judge(void *arg)
{
	judge(arg);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	advance(arg);
}

/* It has nothing to say: whatever comes, the end of its half most of all, is the end. */
static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	recording_end(arg, "the client ended it");
}

static void on_limit(void *arg)
{
	recording_end(arg, "its time was over");
}

static void on_deadline(void *arg)
{
	struct recording *one = arg;

	conn_close(one->upgrade.conn, "end of a recording not read");
}

static void on_go(void *arg)
{
	struct recording *one = arg;

	one->open = true;
	event_add(one->read_event, NULL);
	loop_defer(one->loop, &one->judge);
}

static void on_stop(void *arg, const struct err *why)
{
	struct recording *one = arg;

	one->why = *why;
	recording_end(one, "the daemon ended it");
	loop_timer_start(&one->deadline, STOP_MS);
}

static void on_gone(void *arg)
{
	recording_free(arg);
}

/* ---- the start ---- */

/* The text is posted in public: what is known of this printer is hidden wherever it stands. */
static struct redact *make_redactor(const struct printer *p, const char *instance, bool keep_files)
{
	const struct printer_config *config = printer_config(p);
	struct redact *r = redact_create(keep_files);

	if (config->access_code) {
		redact_know(r, REDACT_SECRET, secret_reveal(config->access_code));
	}
	redact_know(r, REDACT_SERIAL, printer_serial(p));
	redact_know(r, REDACT_PRINTER, printer_name(p));
	redact_know(r, REDACT_HOST, instance);
	return r;
}

static int open_events(struct recording *one, struct call *c)
{
	one->fd = upgrade_dup(c);
	if (one->fd < 0) {
		return one->fd;
	}
	one->write_event = event_new(loop_base(one->loop), one->fd, EV_WRITE, on_writable, one);
	one->read_event = event_new(loop_base(one->loop), one->fd, EV_READ, on_readable, one);
	if (!one->write_event || !one->read_event) {
		err_set(c->e, ERR_OVERFLOW, "the daemon is out of memory");
		return -ENOMEM;
	}
	return 0;
}

static struct recording *recording_create(
    struct call *c, struct recorders *all, const struct printer *p, bool keep_files)
{
	const struct api_deps *deps = &c->server->deps;
	struct recording *one = xcalloc(1, sizeof(*one));

	one->fd = -1;
	one->all = all;
	one->loop = deps->loop;
	one->begun_ms = loop_now_ms(deps->loop);
	one->printer = xstrdup(printer_name(p));
	one->redact = make_redactor(p, deps->instance(deps->arg), keep_files);
	jw_init(&one->out);
	loop_deferred_init(&one->judge, on_judge, one);
	loop_timer_init(&one->limit, one->loop, on_limit, one);
	loop_timer_init(&one->deadline, one->loop, on_deadline, one);
	recorders_add(all, one);
	return one;
}

int recording_open(
    struct call *c, struct recorders *all, struct printer *p, bool keep_files, int64_t limit_ms)
{
	struct recording *one = recording_create(c, all, p, keep_files);
	struct upgrade_handler h = {.go = on_go, .stop = on_stop, .gone = on_gone, .arg = one};
	int r = open_events(one, c);

	if (r == 0) {
		r = upgrade_open(&one->upgrade, c, UPGRADE_TO_CLIENT, &h);
	}
	if (r < 0) {
		recording_free(one);
		return r;
	}
	add_header(one, p, &c->server->deps.fleet->limits);
	add_held(one, printer_state(p));
	printer_ask_whole(p);
	if (limit_ms > 0) {
		loop_timer_start(&one->limit, limit_ms);
	}
	return 0;
}
