/* SPDX-License-Identifier: MIT */
/* The blocking side of an upload. The addresses are signed: one header more or less than was signed
 * and the storage refuses (seed-inventory 2.17, 2.18, 2.37, trap 8). */
#include "daemon/cloud/upload_put.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "common/util.h"
#include "daemon/cloud/upload.h"

#define CONNECT_MS 15000L
#define STALL_MS 60000		 /* of the storage */
#define ANSWER_MAX (1024 * 1024) /* what it may say */
#define CLIENT_STALL_MS 60000

void put_wake(struct put *p)
{
	uint64_t one = 1;

	if (write(p->wake_fd, &one, sizeof(one)) < 0) {
		return; /* full: it wakes already */
	}
}

void put_finish(struct put *p)
{
	free(p->file_url);
	free(p->size_url);
	free(p->ca_file);
	if (p->fd >= 0) {
		close(p->fd);
	}
	close(p->wake_fd);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- the client's side ---- */

static int fail(struct put *p, enum err_type type, const char *why)
{
	if (p->local.type == ERR_NONE) {
		err_set(&p->local, type, "%s", why);
	}
	return -ECANCELED;
}

/* Waits until the client's socket is ready or the loop says something. 0 or negative. */
static int wait_client(struct put *p, short events, int timeout_ms)
{
	struct pollfd fds[] = {{p->wake_fd, POLLIN, 0}, {p->fd, events, 0}};
	uint64_t count;
	int n = poll(fds, ARRAY_SIZE(fds), timeout_ms);

	if (n == 0) {
		return fail(p, ERR_TIMEOUT, "nothing came from the client for 60 s");
	}
	if (fds[0].revents != 0 && read(p->wake_fd, &count, sizeof(count)) < 0 && errno != EAGAIN) {
		return -ECANCELED;
	}
	if (events == 0 && fds[1].revents & (POLLHUP | POLLERR)) {
		return fail(p, ERR_CANCELLED, "the client went away during the upload");
	}
	return atomic_load(&p->cancelled) ? -ECANCELED : 0;
}

/* The storage is ready: waits until the loop says go. 0 or negative. */
static int announce(struct put *p)
{
	int r = 0;

	if (!atomic_load(&p->ready)) {
		atomic_store(&p->ready, true);
		p->news(p);
	}
	while (r == 0 && !atomic_load(&p->go)) {
		r = wait_client(p, 0, -1);
	}
	return r;
}

/* curl wants bytes for the storage. */
static size_t on_want(char *buf, size_t one, size_t len, void *arg)
{
	struct put *p = arg;
	int64_t left = p->size_bytes - atomic_load(&p->done_bytes);
	size_t want = (int64_t)(one * len) < left ? one * len : (size_t)left;

	if (left == 0) {
		return 0;
	}
	if (atomic_load(&p->cancelled) || announce(p) < 0) {
		return CURL_READFUNC_ABORT;
	}
	for (;;) {
		ssize_t n = recv(p->fd, buf, want, MSG_DONTWAIT);

		if (n > 0) {
			atomic_fetch_add(&p->done_bytes, n);
			p->alive_ms = now_ms(); /* the client's silence is not the storage's */
			return (size_t)n;
		}
		if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
			fail(p, ERR_CANCELLED, "the client went away during the upload");
			return CURL_READFUNC_ABORT;
		}
		if (wait_client(p, POLLIN, CLIENT_STALL_MS) < 0) {
			return CURL_READFUNC_ABORT;
		}
	}
}

/* ---- the storage's side ---- */

struct digits {
	char text[24];
	size_t len, sent;
};

static size_t on_want_digits(char *buf, size_t one, size_t len, void *arg)
{
	struct digits *d = arg;
	size_t n = d->len - d->sent < one * len ? d->len - d->sent : one * len;

	memcpy(buf, d->text + d->sent, n);
	d->sent += n;
	return n;
}

/* Kept as far as it names the cause; the rest is passed over. */
static size_t on_body(char *data, size_t one, size_t len, void *arg)
{
	struct put *p = arg;
	size_t room = PUT_BODY_MAX - p->body_len, n = one * len < room ? one * len : room;

	memcpy(p->body + p->body_len, data, n);
	p->body_len += n;
	p->body[p->body_len] = '\0';
	return one * len;
}

/* At least once a second. */
static int on_progress(
    void *arg, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow)
{
	struct put *p = arg;

	if (ulnow + dlnow != p->moved_bytes) {
		p->moved_bytes = ulnow + dlnow;
		p->alive_ms = now_ms();
	}
	if (now_ms() - p->alive_ms > STALL_MS) {
		fail(p, ERR_TIMEOUT, "the storage of the cloud stopped answering");
	}
	return p->local.type != ERR_NONE || atomic_load(&p->cancelled) || dlnow > ANSWER_MAX;
}

/* The system's store, and the file beside it. */
static CURLcode on_context(CURL *easy, void *ctx, void *arg)
{
	const struct put *p = arg;
	X509_STORE *store = X509_STORE_new();

	if (store == NULL || X509_STORE_set_default_paths(store) != 1 ||
	    (p->ca_file != NULL && X509_STORE_load_file(store, p->ca_file) != 1)) {
		X509_STORE_free(store);
		return CURLE_SSL_CACERT_BADFILE;
	}
	SSL_CTX_set_cert_store(ctx, store);
	return CURLE_OK;
}

static void prepare(struct put *p, const char *url, int64_t len)
{
	curl_easy_reset(p->easy);
	curl_easy_setopt(p->easy, CURLOPT_URL, url);
	curl_easy_setopt(p->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(p->easy, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(p->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(p->easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(p->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(p->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(p->easy, CURLOPT_SSL_CTX_FUNCTION, on_context);
	curl_easy_setopt(p->easy, CURLOPT_SSL_CTX_DATA, p);
	/* Ours stands in their place. */
	curl_easy_setopt(p->easy, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(p->easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(p->easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(p->easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(p->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)len);
	curl_easy_setopt(p->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(p->easy, CURLOPT_WRITEDATA, p);
	curl_easy_setopt(p->easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(p->easy, CURLOPT_XFERINFODATA, p);
	curl_easy_setopt(p->easy, CURLOPT_NOPROGRESS, 0L);
	p->alive_ms = now_ms();
	p->moved_bytes = 0;
	p->body_len = 0;
	p->body[0] = '\0';
}

static void connect_error(struct put *p, CURLcode code)
{
	if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR ||
	    code == CURLE_SSL_CACERT_BADFILE) {
		err_set(&p->error, ERR_TLS_REFUSED, "the storage of the cloud: %s",
		    curl_easy_strerror(code));
	} else if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT) {
		err_set(&p->error, ERR_CLOUD_OFFLINE,
		    "the storage of the cloud cannot be reached: %s", curl_easy_strerror(code));
	} else {
		err_set(&p->error, ERR_TRANSFER_FAILED, "the storage of the cloud: %s",
		    curl_easy_strerror(code));
	}
}

/* Sends what was prepared. The status of HTTP, or 0 with p->error. */
static int perform(struct put *p, const char *type)
{
	/* A header without a value is one that curl does not send. */
	struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
	CURLcode code;
	long status = 0;

	headers = curl_slist_append(headers, "Transfer-Encoding:");
	headers = curl_slist_append(headers, type != NULL ? type : "Content-Type:");
	curl_easy_setopt(p->easy, CURLOPT_HTTPHEADER, headers);
	code = curl_easy_perform(p->easy);
	curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(headers);
	/* A refusal may come before the last byte, and end the connection. */
	if (status >= 400 && p->local.type == ERR_NONE && !atomic_load(&p->cancelled)) {
		return (int)status;
	}
	if (code == CURLE_OK) {
		return (int)status;
	}
	if (p->local.type != ERR_NONE) {
		p->error = p->local;
	} else {
		connect_error(p, code);
	}
	return 0;
}

static bool is_good(int status)
{
	return status == 200 || status == 201 || status == 204;
}

/* 0, or negative with p->error. */
static int put_file(struct put *p)
{
	int status;

	prepare(p, p->file_url, p->size_bytes);
	curl_easy_setopt(p->easy, CURLOPT_READFUNCTION, on_want);
	curl_easy_setopt(p->easy, CURLOPT_READDATA, p);
	status = perform(p, NULL);
	if (status == 0) {
		return -EIO;
	}
	if (!is_good(status)) {
		upload_refused(status, p->body, &p->error);
		return -EACCES;
	}
	return 0;
}

static int put_digits(struct put *p, const char *type)
{
	struct digits d = {.len = 0};

	d.len = (size_t)snprintf(d.text, sizeof(d.text), "%" PRId64, p->size_bytes);
	prepare(p, p->size_url, (int64_t)d.len);
	curl_easy_setopt(p->easy, CURLOPT_READFUNCTION, on_want_digits);
	curl_easy_setopt(p->easy, CURLOPT_READDATA, &d);
	return perform(p, type);
}

/* Described with a type, and perhaps signed without one. */
static int put_size(struct put *p)
{
	int status = put_digits(p, "Content-Type: text/plain");

	if (status == 403) {
		status = put_digits(p, NULL);
	}
	if (status == 0) {
		return -EIO;
	}
	if (!is_good(status)) {
		upload_refused(status, p->body, &p->error);
		return -EACCES;
	}
	return 0;
}

void put_run(struct put *p)
{
	p->easy = curl_easy_init();
	if (p->easy == NULL) {
		err_set(&p->error, ERR_INTERNAL, "curl gives no handle for an upload");
		return;
	}
	if (put_file(p) == 0 && p->size_url != NULL) {
		put_size(p);
	}
	if (p->error.type != ERR_NONE && atomic_load(&p->cancelled)) {
		err_set(&p->error, ERR_CANCELLED, "the upload was cancelled");
	}
	curl_easy_cleanup(p->easy);
	/* The thread may end with the process, when nobody frees what OpenSSL keeps for it. */
	OPENSSL_thread_stop();
}
