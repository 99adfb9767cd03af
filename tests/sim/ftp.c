/* SPDX-License-Identifier: MIT */
/* The file server of a simulated printer: its port, its clients and their lines. */
#include "tests/sim/ftp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "tests/sim/ftp_internal.h"

#define SESSIONS_MAX 16
#define LINE_MAX_BYTES 1024

bool ftp_fault(const struct ftp_session *s, enum fault which)
{
	return fault_is_on(&s->printer->faults, which);
}

int64_t ftp_fault_arg(const struct ftp_session *s, enum fault which)
{
	return s->printer->faults.arg[which];
}

void ftp_reply(struct ftp_session *s, const char *format, ...)
{
	char text[512];
	va_list args;

	if (s->mute || s->conn.closing) {
		return;
	}
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (s->printer->sim->verbose) {
		log_info("%s: ftp: %s", s->printer->name, text);
	}
	bytes_add(&s->conn.out, text, strlen(text));
	bytes_add(&s->conn.out, "\r\n", 2);
	conn_flush(&s->conn);
}

void ftp_close(struct ftp_session *s, const char *why)
{
	conn_close(&s->conn, why);
}

/* The next line, its end cut off; NULL when none is whole. The caller consumes *ret_total. */
static char *take_line(struct ftp_session *s, size_t *ret_total)
{
	const uint8_t *head = s->conn.in.len ? bytes_head(&s->conn.in) : NULL;
	const uint8_t *end = head ? memchr(head, '\n', s->conn.in.len) : NULL;
	size_t len;

	if (!end) {
		return NULL;
	}
	len = (size_t)(end - head);
	*ret_total = len + 1;
	if (len > 0 && head[len - 1] == '\r') {
		len--;
	}
	return xstrndup((const char *)head, len);
}

/* Lines one after the other; a transfer holds back those behind it. */
static void serve(struct ftp_session *s)
{
	size_t total = 0;
	char *line;

	while (!s->conn.closing && s->data.kind == FTP_NOTHING && (line = take_line(s, &total))) {
		bytes_consume(&s->conn.in, total);
		s->printer->counters.ftp_commands++;
		if (s->printer->sim->verbose) {
			log_info("%s: ftp command %s", s->printer->name, line);
		}
		ftp_run(s, line);
		free(line);
	}
	if (!s->conn.closing && s->leaving) {
		ftp_close(s, "QUIT");
	} else if (!s->conn.closing && s->conn.in.len > LINE_MAX_BYTES) {
		ftp_close(s, "a line too long");
	}
}

static void on_secured(void *owner)
{
	struct ftp_session *s = owner;

	if (s->door->count > SESSIONS_MAX) {
		ftp_reply(s, "421 There are too many connected users.");
		ftp_close(s, "too many clients");
		return;
	}
	ftp_reply(s, "220 (vsFTPd 3.0.3)");
}

static void on_input(void *owner)
{
	serve(owner);
}

static void on_drained(void *owner)
{
}

static void on_gone(void *owner, const char *why)
{
	struct ftp_session *s = owner;
	struct timeval now = {0, 0};

	if (s->printer->sim->verbose) {
		log_info("%s: ftp connection ended: %s", s->printer->name, why);
	}
	ftp_data_reset(s);
	evtimer_add(s->reap, &now);
}

static const struct conn_ops conn_ops = {on_secured, on_input, on_drained, on_gone};

static void session_destroy(struct ftp_session *s)
{
	ftp_close(s, "the simulator ends");
	ftp_data_finish(s);
	s->door->count--;
	list_del(&s->link);
	conn_finish(&s->conn);
	event_free(s->reap);
	event_free(s->resume);
	free(s);
}

static void on_reap(evutil_socket_t fd, short what, void *arg)
{
	session_destroy(arg);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
	serve(arg);
}

static void accept_client(void *arg, int fd)
{
	struct ftp_door *d = arg;
	struct ftp_session *s = xcalloc(1, sizeof(*s));
	bool silent = fault_is_on(&d->printer->faults, FAULT_SILENT);

	s->door = d;
	s->printer = d->printer;
	str_copy(s->cwd, sizeof(s->cwd), "/");
	list_add_tail(&d->sessions, &s->link);
	d->count++;
	d->printer->counters.ftp_connections++;
	s->reap = evtimer_new(d->printer->sim->base, on_reap, s);
	s->resume = evtimer_new(d->printer->sim->base, on_resume, s);
	ftp_data_init(s);
	conn_init(&s->conn, d->printer->sim->base, &conn_ops, s, fd,
	    silent ? NULL : printer_new_ssl(d->printer, fd, true));
}

int ftp_create(struct printer *p, uint16_t port, struct ftp_door **ret)
{
	struct ftp_door *d = xcalloc(1, sizeof(*d));
	struct sockaddr_in address = p->endpoint.address;
	int r;

	d->printer = p;
	list_init(&d->sessions);
	address.sin_port = htons(port);
	r = endpoint_open(&d->endpoint, p->sim->base, &address, accept_client, d);
	if (r < 0) {
		free(d);
		return r;
	}
	*ret = d;
	return 0;
}

void ftp_destroy(struct ftp_door *d)
{
	struct list *pos, *tmp;

	if (!d) {
		return;
	}
	list_for_each (pos, tmp, &d->sessions) {
		session_destroy(container_of(pos, struct ftp_session, link));
	}
	endpoint_close(&d->endpoint);
	free(d);
}

uint16_t ftp_port(const struct ftp_door *d)
{
	return ntohs(d->endpoint.address.sin_port);
}

int ftp_apply_faults(struct ftp_door *d)
{
	const struct faults *f = &d->printer->faults;
	bool off = fault_is_on(f, FAULT_OFF) && f->arg[FAULT_OFF] == 0;

	return endpoint_set_mode(&d->endpoint, fault_is_on(f, FAULT_FTP_CLOSED) ? ENDPOINT_REFUSING
					       : off				? ENDPOINT_DEAF
										: ENDPOINT_OPEN);
}

void ftp_drop(struct ftp_door *d, const char *why)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &d->sessions) {
		ftp_close(container_of(pos, struct ftp_session, link), why);
	}
}
