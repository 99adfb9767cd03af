/* SPDX-License-Identifier: MIT */
/* The data channel of the file server: one transfer, and the ways it can go wrong. */
#include <arpa/inet.h>
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/sim/ftp_internal.h"

#define CHUNK 65536
#define CONNECT_WAIT_MS 10000
#define EARLY_MAX (1u << 20) /* bytes before the command */
#define SLOW_STEPS 20	     /* a second, while the rate is limited */
#define SMALL_BUFFER 16384
/* Tickets of TLS 1.3 break the reuse: such a transfer is cut (bambu.md 2.5). */
#define TLS13_BYTES 1000

enum { TIMER_CONNECT, TIMER_RATE, TIMER_226 };

static struct ftp_session *session_of(struct ftp_data *d)
{
	return container_of(d, struct ftp_session, data);
}

static void arm(struct ftp_data *d, int what, int64_t ms)
{
	struct timeval delay = {ms / 1000, ms % 1000 * 1000};

	d->timer_for = what;
	evtimer_add(d->timer, &delay);
}

void ftp_data_reset(struct ftp_session *s)
{
	struct ftp_data *d = &s->data;

	d->kind = FTP_NOTHING;
	d->announced = d->ended = false;
	if (s->door->transferring == s) {
		s->door->transferring = NULL;
	}
	evtimer_del(d->timer);
	if (d->used) {
		conn_close(&d->conn, "the transfer is over");
		conn_finish(&d->conn);
		d->used = false;
	}
	if (d->listening) {
		endpoint_close(&d->passive);
		d->listening = false;
	}
	d->connected = false;
	d->moved = d->length = 0;
	bytes_finish(&d->listing);
	store_upload_drop(d->upload);
	d->upload = NULL;
}

/* The next lines of the client are read from the loop: this may run inside the data channel. */
static void conclude(struct ftp_session *s)
{
	struct timeval now = {0, 0};

	ftp_data_reset(s);
	if (!s->conn.closing) {
		evtimer_add(s->resume, &now);
	}
}

static void fail(struct ftp_session *s, const char *reply)
{
	s->printer->counters.ftp_failed++;
	ftp_reply(s, "%s", reply);
	conclude(s);
}

static void say_end(struct ftp_session *s)
{
	if (ftp_fault(s, FAULT_FTP_426) || s->data.tls13) {
		fail(s, "426 Failure reading network stream.");
		return;
	}
	s->printer->counters.ftp_transfers++;
	ftp_reply(
	    s, s->data.kind == FTP_LIST ? "226 Directory send OK." : "226 Transfer complete.");
	conclude(s);
}

/* Every byte has moved. */
static void end(struct ftp_session *s)
{
	struct ftp_data *d = &s->data;

	d->ended = true;
	if (d->upload && store_upload_commit(TAKE(d->upload)) < 0) {
		fail(s, "552 Storage full.");
		return;
	}
	conn_close(&d->conn, "complete");
	if (ftp_fault(s, FAULT_FTP_NO_226)) {
		ftp_close(s, "no 226 today");
	} else if (ftp_fault(s, FAULT_FTP_SLOW_226)) {
		arm(d, TIMER_226, ftp_fault_arg(s, FAULT_FTP_SLOW_226));
	} else {
		say_end(s);
	}
}

/* So many bytes are moved at most before it ends as if that were all. */
static int64_t limit(const struct ftp_session *s)
{
	if (s->data.tls13) {
		return TLS13_BYTES;
	}
	return ftp_fault(s, FAULT_FTP_TRUNCATE) ? ftp_fault_arg(s, FAULT_FTP_TRUNCATE) : INT64_MAX;
}

/* A switch stops the transfer here. */
static bool is_stopped(struct ftp_session *s)
{
	int64_t moved = s->data.moved;

	if (ftp_fault(s, FAULT_FTP_CUT) && moved >= ftp_fault_arg(s, FAULT_FTP_CUT)) {
		s->printer->counters.ftp_failed++;
		ftp_close(s, "cut");
		return true;
	}
	return ftp_fault(s, FAULT_FTP_STALL) && moved >= ftp_fault_arg(s, FAULT_FTP_STALL);
}

static size_t chunk_of(const struct ftp_session *s)
{
	int64_t slow = ftp_fault_arg(s, FAULT_FTP_RATE) * 1024 / SLOW_STEPS;

	return ftp_fault(s, FAULT_FTP_RATE) && slow < CHUNK ? (size_t)slow : CHUNK;
}

/* The next bytes of what is sent; 0 at the end. */
static size_t next_bytes(struct ftp_session *s, uint8_t *ret, size_t max)
{
	struct ftp_data *d = &s->data;
	const struct store_file *f;
	int64_t left = (d->length < limit(s) ? d->length : limit(s)) - d->moved;

	if (ftp_fault(s, FAULT_FTP_ENDLESS_FILE) && d->kind == FTP_SEND) {
		store_made(d->moved, ret, max);
		return max;
	}
	if (left <= 0) {
		return 0;
	}
	max = (int64_t)max < left ? max : (size_t)left;
	if (d->kind == FTP_LIST) {
		memcpy(ret, bytes_head(&d->listing) + d->moved, max);
		return max;
	}
	f = store_find(s->printer->store, d->path);
	if (!f || f->size != d->length || (!f->data && !f->made)) {
		return 0; /* another file now: short */
	}
	if (f->made) {
		store_made(d->moved, ret, max);
	} else {
		memcpy(ret, f->data + d->moved, max);
	}
	return max;
}

static void pour(struct ftp_session *s)
{
	struct ftp_data *d = &s->data;
	size_t max = chunk_of(s), len;

	if (is_stopped(s)) {
		return;
	}
	if (ftp_fault(s, FAULT_FTP_ENDLESS_LIST) && d->kind == FTP_LIST) {
		while (d->conn.out.len < max) {
			ftp_list_write_endless(&d->conn.out, d->moved++);
		}
	} else {
		len = next_bytes(s, bytes_reserve(&d->conn.out, max), max);
		bytes_grew(&d->conn.out, len);
		d->moved += (int64_t)len;
		if (len == 0) {
			end(s);
			return;
		}
	}
	if (ftp_fault(s, FAULT_FTP_RATE)) {
		arm(d, TIMER_RATE, 1000 / SLOW_STEPS);
	} else {
		conn_want_drained(&d->conn);
	}
}

static void take_bytes(struct ftp_session *s)
{
	struct ftp_data *d = &s->data;
	size_t len = d->conn.in.len;
	int64_t room = limit(s) - d->moved;

	if (len > 0) {
		room = room < 0 ? 0 : room;
		store_upload_add(
		    d->upload, bytes_head(&d->conn.in), (int64_t)len < room ? len : (size_t)room);
		d->moved += (int64_t)len;
		bytes_consume(&d->conn.in, len);
	}
	if (ftp_fault(s, FAULT_FTP_FULL) && d->moved > ftp_fault_arg(s, FAULT_FTP_FULL)) {
		fail(s, "552 Requested file action aborted: storage full.");
	} else if (is_stopped(s)) {
		if (d->used) {
			conn_freeze(&d->conn, true);
		}
	} else if (ftp_fault(s, FAULT_FTP_RATE) && len > 0) {
		conn_freeze(&d->conn, true);
		arm(d, TIMER_RATE,
		    (int64_t)len * 1000 / (ftp_fault_arg(s, FAULT_FTP_RATE) * 1024) + 1);
	}
}

/* Secured as this model wants it? Counts, and answers when not. */
static bool is_secure_enough(struct ftp_session *s)
{
	struct printer_counters *n = &s->printer->counters;
	struct ftp_data *d = &s->data;

	if (d->clear) {
		n->ftp_clear++;
		return true;
	}
	if (SSL_session_reused(d->conn.ssl)) {
		n->ftp_resumed++;
	} else {
		n->ftp_fresh++;
		if (sim_model_wants_reuse(s->printer->model)) {
			fail(s, "522 SSL connection failed; session reuse required: see "
				"require_ssl_reuse option in vsftpd.conf man page");
			return false;
		}
	}
	d->tls13 = SSL_version(d->conn.ssl) == TLS1_3_VERSION;
	return true;
}

/* Command and connection are both there; 150 comes before the handshake ends. */
static void proceed(struct ftp_session *s)
{
	struct ftp_data *d = &s->data;

	if (d->kind == FTP_NOTHING || !d->connected) {
		return;
	}
	if (!d->announced) {
		d->announced = true;
		evtimer_del(d->timer);
		ftp_reply(s, d->kind == FTP_RECEIVE ? "150 Ok to send data."
						    : "150 Opening BINARY mode data connection.");
	}
	if (!d->conn.ready || !is_secure_enough(s)) {
		return;
	}
	if (d->kind == FTP_RECEIVE) {
		take_bytes(s);
	} else {
		conn_want_drained(&d->conn);
	}
}

static void on_secured(void *owner)
{
	proceed(session_of(owner));
}

static void on_input(void *owner)
{
	struct ftp_data *d = owner;

	if (d->kind == FTP_RECEIVE && d->announced && !d->ended) {
		take_bytes(session_of(d));
	} else if (d->kind != FTP_NOTHING) {
		bytes_consume(&d->conn.in, d->conn.in.len); /* talks while it should listen */
	} else if (d->conn.in.len > EARLY_MAX) {
		ftp_close(session_of(d), "too much before the command");
	}
}

static void on_drained(void *owner)
{
	struct ftp_data *d = owner;

	if ((d->kind == FTP_LIST || d->kind == FTP_SEND) && d->announced && !d->ended &&
	    !evtimer_pending(d->timer, NULL)) {
		pour(session_of(d));
	}
}

static void on_gone(void *owner, const char *why)
{
	struct ftp_data *d = owner;
	struct ftp_session *s = session_of(d);

	d->connected = false;
	if (d->kind == FTP_NOTHING || d->ended || s->conn.closing) {
		return;
	}
	if (!d->conn.ready) {
		fail(s, "425 Failed to establish connection.");
	} else if (d->kind == FTP_RECEIVE && d->announced) {
		end(s);
	} else {
		fail(s, "426 Failure writing network stream.");
	}
}

static const struct conn_ops conn_ops = {on_secured, on_input, on_drained, on_gone};

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct ftp_session *s = arg;
	struct ftp_data *d = &s->data;

	switch (d->timer_for) {
	case TIMER_CONNECT:
		fail(s, "425 Failed to establish connection.");
		break;
	case TIMER_226:
		say_end(s);
		break;
	default:
		conn_freeze(&d->conn, false);
		conn_want_drained(&d->conn);
		break;
	}
}

static void accept_data(void *arg, int fd)
{
	struct ftp_session *s = arg;
	struct ftp_data *d = &s->data;
	struct event_base *base = s->printer->sim->base;
	int small = SMALL_BUFFER;
	bool slow;

	if (d->used) {
		close(fd);
		return;
	}
	slow = ftp_fault(s, FAULT_FTP_RATE) || ftp_fault(s, FAULT_FTP_STALL);
	if (slow) {
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	}
	d->used = d->connected = true;
	d->tls13 = false;
	d->clear = s->prot_clear || !s->prot_set;
	if (d->clear) {
		conn_init_plain(&d->conn, base, &conn_ops, d, fd);
	} else {
		conn_init(&d->conn, base, &conn_ops, d, fd,
		    ftp_fault(s, FAULT_FTP_HANG) ? NULL : printer_new_ssl(s->printer, fd, true));
	}
	d->conn.turn_max = slow ? SMALL_BUFFER : 0;
	proceed(s);
}

int ftp_data_listen(struct ftp_session *s, uint16_t *ret_port)
{
	struct sockaddr_in address = s->printer->endpoint.address;
	struct ftp_data *d = &s->data;
	int r;

	ftp_data_reset(s);
	address.sin_port = 0;
	r = endpoint_open(&d->passive, s->printer->sim->base, &address, accept_data, s);
	if (r < 0) {
		return r;
	}
	d->listening = true;
	*ret_port = ntohs(d->passive.address.sin_port);
	return 0;
}

void ftp_data_start(struct ftp_session *s, enum ftp_kind kind)
{
	struct ftp_data *d = &s->data;
	bool clear = s->prot_clear || !s->prot_set;

	d->kind = kind;
	if (kind == FTP_LIST) {
		d->length = (int64_t)d->listing.len;
	}
	if (!d->listening) {
		fail(s, "425 Use PORT or PASV first.");
	} else if (clear && sim_model_wants_reuse(s->printer->model)) {
		fail(s, "522 Data connections must be encrypted.");
	} else if (s->door->transferring) {
		s->printer->counters.ftp_busy++;
		fail(s, "425 Another transfer is on.");
	} else {
		s->door->transferring = s;
		arm(d, TIMER_CONNECT, CONNECT_WAIT_MS);
		proceed(s);
	}
}

void ftp_data_init(struct ftp_session *s)
{
	s->data.timer = evtimer_new(s->printer->sim->base, on_timer, s);
}

void ftp_data_finish(struct ftp_session *s)
{
	ftp_data_reset(s);
	event_free(s->data.timer);
}
