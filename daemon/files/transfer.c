/* SPDX-License-Identifier: MIT */
/* One request about a printer's files, from its first byte to its last, in a thread of its own. */
#include "daemon/files/transfer.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "common/util.h"

#define CLIENT_STALL_MS 60000
#define GET_BYTES_MAX (INT64_C(16) << 30) /* of a file whose size is not told */
#define LIST_S 120L
#define UPLOAD_BUFFER (256 * 1024L)

int transfer_init(struct transfer *t, const struct files_request *r, int64_t wall_s)
{
	int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (wake_fd < 0) {
		int r_errno = -errno;

		if (r->fd >= 0) {
			close(r->fd);
		}
		return r_errno;
	}
	*t = (struct transfer){
	    .verb = r->verb,
	    .path = xstrdup(r->path),
	    .fd = r->fd,
	    .wake_fd = wake_fd,
	    .size_bytes = r->size,
	    .wall_s = wall_s,
	    .total_bytes = r->verb == FILES_PUT ? r->size : -1,
	};
	ftp_target_copy(&r->printer, &t->target);
	ftp_cut_init(&t->cut);
	ftp_cut_init(&t->cut_cleanup);
	return 0;
}

void transfer_finish(struct transfer *t)
{
	ftp_target_finish(&t->target);
	ftp_cut_finish(&t->cut);
	ftp_cut_finish(&t->cut_cleanup);
	listing_finish(&t->listing);
	free(t->path);
	free(t->text);
	if (t->fd >= 0) {
		close(t->fd);
	}
	close(t->wake_fd);
}

static void wake(struct transfer *t)
{
	uint64_t one = 1;

	if (write(t->wake_fd, &one, sizeof(one)) < 0) {
		return; /* full: it wakes already */
	}
}

void transfer_go(struct transfer *t)
{
	atomic_store(&t->go, true);
	wake(t);
}

void transfer_cancel(struct transfer *t)
{
	atomic_store(&t->cancelled, true);
	ftp_cut_all(&t->cut);
	wake(t);
}

void transfer_abandon(struct transfer *t)
{
	ftp_cut_all(&t->cut_cleanup);
	transfer_cancel(t);
}

static int fail(struct transfer *t, enum err_type type, const char *why)
{
	if (t->local.type == ERR_NONE) {
		err_set(&t->local, type, "%s", why);
	}
	return -ECANCELED;
}

static int client_gone(struct transfer *t)
{
	return fail(t, ERR_CANCELLED, "the client went away during the transfer");
}

/* Waits until the client's socket is ready or the loop says something. 0, -ETIMEDOUT or
 * -ECANCELED. */
static int wait_client(struct transfer *t, short events, int timeout_ms)
{
	struct pollfd fds[] = {{t->wake_fd, POLLIN, 0}, {t->fd, events, 0}};
	uint64_t count;
	int n;

	if (atomic_load(&t->cancelled)) {
		return -ECANCELED;
	}
	n = poll(fds, ARRAY_SIZE(fds), timeout_ms);
	if (n == 0) {
		return -ETIMEDOUT;
	}
	if (fds[0].revents != 0 && read(t->wake_fd, &count, sizeof(count)) < 0 && errno != EAGAIN) {
		return -ECANCELED;
	}
	if (events == 0 && fds[1].revents & (POLLHUP | POLLERR)) {
		return client_gone(t);
	}
	return atomic_load(&t->cancelled) ? -ECANCELED : 0;
}

/* The printer is ready: waits until the loop says go. 0 or negative. */
static int announce(struct transfer *t, int64_t size_bytes)
{
	int r = 0;

	if (atomic_load(&t->ready)) {
		return 0;
	}
	t->ready_bytes = size_bytes;
	atomic_store(&t->total_bytes, size_bytes);
	atomic_store(&t->ready, true);
	t->news(t);
	while (r == 0 && !atomic_load(&t->go)) {
		r = wait_client(t, 0, -1);
	}
	ftp_alive(&t->ftp);
	return r;
}

static int wait_io(struct transfer *t, short events)
{
	int r = wait_client(t, events, CLIENT_STALL_MS);

	ftp_alive(&t->ftp);
	return r == -ETIMEDOUT
		   ? fail(t, ERR_TIMEOUT, "nothing moved to or from the client for 60 s")
		   : r;
}

/* Bytes from the client, at least one; negative when it ends here. */
static ssize_t client_read(struct transfer *t, char *buf, size_t len)
{
	for (;;) {
		ssize_t n = recv(t->fd, buf, len, MSG_DONTWAIT);
		int r;

		if (n > 0) {
			return n;
		}
		if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
			return client_gone(t);
		}
		r = wait_io(t, POLLIN);
		if (r < 0) {
			return r;
		}
	}
}

static int client_write(struct transfer *t, const char *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = send(t->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		int r = 0;

		if (n >= 0) {
			buf += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			r = wait_io(t, POLLOUT);
		} else if (errno != EINTR) {
			r = client_gone(t);
		}
		if (r < 0) {
			return r;
		}
	}
	return 0;
}

/* curl wants bytes for the printer. */
static size_t on_want(char *buf, size_t one, size_t len, void *arg)
{
	struct transfer *t = arg;
	int64_t left = t->size_bytes - atomic_load(&t->done_bytes);
	ssize_t n;

	t->ftp.flowing = true;
	if (announce(t, t->size_bytes) < 0) {
		return CURL_READFUNC_ABORT;
	}
	if (left == 0) {
		return 0;
	}
	n = client_read(t, buf, one * len < (uint64_t)left ? one * len : (size_t)left);
	if (n < 0) {
		return CURL_READFUNC_ABORT;
	}
	ftp_alive(&t->ftp);
	t->ftp.complete = atomic_fetch_add(&t->done_bytes, n) + n == t->size_bytes;
	return (size_t)n;
}

/* curl has bytes for the client. */
static size_t on_give(char *buf, size_t one, size_t len, void *arg)
{
	struct transfer *t = arg;
	int64_t size_bytes = t->ftp.size_bytes;
	int64_t max = size_bytes >= 0 ? size_bytes : GET_BYTES_MAX;

	t->ftp.flowing = true;
	len *= one;
	if (announce(t, size_bytes) < 0) {
		return CURL_WRITEFUNC_ERROR;
	}
	if ((int64_t)len > max - atomic_load(&t->done_bytes)) {
		fail(t, ERR_TRANSFER_FAILED, "the printer sends more than the file holds");
		return CURL_WRITEFUNC_ERROR;
	}
	if (client_write(t, buf, len) < 0) {
		return CURL_WRITEFUNC_ERROR;
	}
	ftp_alive(&t->ftp);
	t->ftp.complete =
	    atomic_fetch_add(&t->done_bytes, (int64_t)len) + (int64_t)len == size_bytes;
	return len;
}

/* curl has a part of a listing. */
static size_t on_lines(char *buf, size_t one, size_t len, void *arg)
{
	struct transfer *t = arg;

	len *= one;
	t->ftp.flowing = true;
	if (len > LISTING_BYTES_MAX - t->text_len) {
		t->listing.cut = true;
		return CURL_WRITEFUNC_ERROR;
	}
	while (t->text_len + len > t->text_size) {
		t->text_size = t->text_size > 0 ? 2 * t->text_size : 16384;
		t->text = xrealloc(t->text, t->text_size);
	}
	memcpy(t->text + t->text_len, buf, len);
	t->text_len += len;
	return len;
}

static CURLcode list_once(struct transfer *t, const char *path)
{
	ftp_reset(&t->ftp);
	ftp_path(&t->ftp, path, true);
	t->text_len = 0;
	curl_easy_setopt(t->ftp.easy, CURLOPT_WRITEFUNCTION, on_lines);
	curl_easy_setopt(t->ftp.easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(t->ftp.easy, CURLOPT_TIMEOUT, LIST_S);
	return ftp_perform(&t->ftp);
}

static CURLcode put_once(struct transfer *t, const char *path)
{
	ftp_reset(&t->ftp);
	ftp_path(&t->ftp, path, false);
	t->ftp.upload = true;
	curl_easy_setopt(t->ftp.easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(t->ftp.easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->size_bytes);
	curl_easy_setopt(t->ftp.easy, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_BUFFER);
	curl_easy_setopt(t->ftp.easy, CURLOPT_READFUNCTION, on_want);
	curl_easy_setopt(t->ftp.easy, CURLOPT_READDATA, t);
	return ftp_perform(&t->ftp);
}

static CURLcode get_once(struct transfer *t, const char *path)
{
	ftp_reset(&t->ftp);
	ftp_path(&t->ftp, path, false);
	curl_easy_setopt(t->ftp.easy, CURLOPT_WRITEFUNCTION, on_give);
	curl_easy_setopt(t->ftp.easy, CURLOPT_WRITEDATA, t);
	return ftp_perform(&t->ftp);
}

/* Encrypted; in the clear where that hangs and the printer is known for it. Nothing has moved
 * then. */
static CURLcode with_contents(
    struct transfer *t, CURLcode (*once)(struct transfer *t, const char *path), const char *path)
{
	CURLcode code = once(t, path);

	if (t->target.clear_fallback && !t->target.clear && !atomic_load(&t->cancelled) &&
	    ftp_hung_in_tls(&t->ftp, code)) {
		t->target.clear = true;
		code = once(t, path);
	}
	return code;
}

/* Looks around after a refusal. What the server said last stays what it said to the request. */
static enum reply_evidence look(struct transfer *t, CURLcode code)
{
	struct ftp *f = &t->ftp;
	enum reply_evidence found = REPLY_NO_EVIDENCE;
	struct reply said = f->last;

	if (!ftp_was_refused(code) || said.code == 530 || said.code == 421) {
		return REPLY_NO_EVIDENCE;
	}
	if (code == CURLE_REMOTE_ACCESS_DENIED) {
		return t->verb == FILES_LIST ? REPLY_NO_EVIDENCE : REPLY_NO_FOLDER;
	}
	if (ftp_is_folder(f, t->path) == CURLE_OK) {
		found = REPLY_IS_FOLDER;
	} else if (t->verb == FILES_MKDIR) {
		_cleanup_free_ char *parent = xstrdup(t->path);

		*strrchr(parent, '/') = '\0';
		found = ftp_was_refused(ftp_is_folder(f, parent)) ? REPLY_NO_FOLDER : found;
	} else if (t->verb == FILES_PUT) {
		code = with_contents(t, list_once, "/");
		if (code == CURLE_OK || ftp_was_refused(code)) {
			struct listing root;

			listing_parse(t->text, t->text_len, t->wall_s, &root);
			found = root.count > 0	     ? REPLY_ROOT_FILLED
				: t->target.internal ? REPLY_ROOT_HIDDEN
						     : REPLY_ROOT_EMPTY;
			listing_finish(&root);
		}
	}
	f->last = said;
	return found;
}

/* Why it failed: what happened on this side comes first. */
static void give_up(struct transfer *t, CURLcode code)
{
	if (t->local.type != ERR_NONE) {
		t->error = t->local;
		err_printer(&t->error, t->target.name);
	} else {
		ftp_error(&t->ftp, code, t->verb, t->path, look(t, code), &t->error);
	}
}

static void run_list(struct transfer *t)
{
	CURLcode code = with_contents(t, list_once, t->path);
	bool cut = t->listing.cut;

	if (code != CURLE_OK && !cut) {
		give_up(t, code);
		return;
	}
	listing_parse(t->text, t->text_len, t->wall_s, &t->listing);
	t->listing.cut = t->listing.cut || cut;
	atomic_store(&t->done_bytes, (int64_t)t->text_len);
}

static void run_get(struct transfer *t)
{
	CURLcode code = with_contents(t, get_once, t->path);

	/* Of an empty file no byte comes. */
	if (code == CURLE_OK && announce(t, t->ftp.size_bytes) < 0) {
		code = CURLE_ABORTED_BY_CALLBACK;
	}
	if (code != CURLE_OK) {
		give_up(t, code);
	}
}

/* What the printer says the file's size is; asked again over a new connection when the old one is
 * lost. -1: it does not say. */
static int64_t stored_bytes(struct transfer *t)
{
	CURLcode code = ftp_size(&t->ftp, t->path);

	if (code != CURLE_OK && !ftp_was_refused(code) && !atomic_load(&t->cancelled)) {
		code = ftp_size(&t->ftp, t->path);
	}
	return code == CURLE_OK ? t->ftp.size_bytes : -1;
}

/* Every byte was given to curl; said: the last word to STOR. */
static void compare(struct transfer *t, CURLcode code, const struct reply *said)
{
	int64_t there = stored_bytes(t);
	char size[32] = "no";

	if (there == t->size_bytes) {
		return;
	}
	if (there >= 0) {
		snprintf(size, sizeof(size), "%" PRId64, there);
	}
	if (code != CURLE_OK && (said->code / 10 == 45 || said->code == 552)) {
		err_set(&t->error, ERR_CARD_FULL,
		    "%s could not write the file, its card is probably full: %s of %" PRId64
		    " bytes are there (%d %s)",
		    t->target.name, size, t->size_bytes, said->code, said->text);
	} else {
		err_set(&t->error, ERR_TRANSFER_FAILED,
		    "%s has %s bytes of the file, sent were %" PRId64 " (last: %d %s)",
		    t->target.name, size, t->size_bytes, said->code, said->text);
	}
	if (t->error.type == ERR_TRANSFER_FAILED && there >= 0 && there < t->size_bytes) {
		err_hint(&t->error, "the storage card of the printer may be full");
	}
	err_printer(&t->error, t->target.name);
}

static void run_put(struct transfer *t)
{
	CURLcode code = with_contents(t, put_once, t->path);
	struct reply said = t->ftp.last;

	t->stored = t->ftp.opened;
	if (code == CURLE_OK && announce(t, t->size_bytes) < 0) {
		code = CURLE_ABORTED_BY_CALLBACK;
	}
	if (t->stored && t->local.type == ERR_NONE && atomic_load(&t->ready) &&
	    atomic_load(&t->done_bytes) == t->size_bytes && !atomic_load(&t->cancelled)) {
		compare(t, code, &said);
	} else if (code != CURLE_OK) {
		give_up(t, code);
	}
}

static void run_command(struct transfer *t, const char *verb)
{
	CURLcode code = ftp_command(&t->ftp, verb, t->path);

	if (code != CURLE_OK) {
		give_up(t, code);
	}
}

static void run_verb(struct transfer *t)
{
	switch (t->verb) {
	case FILES_LIST:
		run_list(t);
		return;
	case FILES_PUT:
		run_put(t);
		return;
	case FILES_GET:
		run_get(t);
		return;
	case FILES_DELETE:
		run_command(t, "DELE");
		return;
	case FILES_MKDIR:
		run_command(t, "MKD");
		return;
	case FILES_VERB_COUNT:
		return;
	}
}

/* A half file on the card would be taken for a whole one. As far as possible, and told to nobody.
 */
static void remove_partial(struct transfer *t)
{
	if (ftp_init(&t->ftp, &t->target, &t->cut_cleanup) == 0) {
		ftp_command(&t->ftp, "DELE", t->path);
		ftp_finish(&t->ftp);
	}
}

static void end(struct transfer *t)
{
	if (t->error.type != ERR_NONE && atomic_load(&t->cancelled)) {
		err_set(&t->error, ERR_CANCELLED, "the transfer was cancelled");
		err_printer(&t->error, t->target.name);
	}
	atomic_store(&t->ended, true);
	t->news(t);
}

static void run_connected(struct transfer *t)
{
	bool partial;

	if (t->target.code == NULL) {
		err_set(&t->error, ERR_AUTH_REFUSED, "%s has no AccessCode=", t->target.name);
		err_printer(&t->error, t->target.name);
		end(t);
		return;
	}
	if (ftp_init(&t->ftp, &t->target, &t->cut) < 0) {
		err_set(&t->error, ERR_INTERNAL, "curl gives no handle for %s", t->target.name);
		end(t);
		return;
	}
	run_verb(t);
	partial = t->stored && t->error.type != ERR_NONE;
	end(t);
	ftp_finish(&t->ftp);
	if (partial) {
		remove_partial(t);
	}
}

void transfer_run(struct transfer *t)
{
	run_connected(t);
	/* The thread may end with the process, when nobody frees what OpenSSL keeps for it. */
	OPENSSL_thread_stop();
}
