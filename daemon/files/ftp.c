/* SPDX-License-Identifier: MIT */
/* One thread's connection to a printer's files: a curl handle that verifies as the printer's MQTT
 * does, hears every reply, and can be cut from another thread. */
#include "daemon/files/ftp.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "common/secret.h"
#include "common/util.h"

#define ANSWER_MS 10000	      /* its first word */
#define CONNECT_MS 30000      /* of curl, which counts to the end of the data channel's handshake */
#define CONNECT_HANG_MS 12000 /* the same for printers that may hang there */
#define REPLY_S 90	      /* a card that is flushed: half a minute was seen */
#define STALL_MS 30000	      /* nothing moves */
#define HANG_MS 8000	      /* announced contents do not come: a data channel that hangs in TLS */
#define LINGER_MS 10000	      /* until the server has closed its side */

static const char user[] = "bblp";

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void ftp_cut_init(struct ftp_cut *c)
{
	pthread_mutex_init(&c->lock, NULL);
	for (size_t i = 0; i < FTP_SOCKETS_MAX; i++) {
		c->sockets[i] = -1;
	}
	c->is_cut = false;
}

void ftp_cut_finish(struct ftp_cut *c)
{
	pthread_mutex_destroy(&c->lock);
}

static void cut_shutdown(struct ftp_cut *c, int how)
{
	pthread_mutex_lock(&c->lock);
	c->is_cut = c->is_cut || how == SHUT_RDWR;
	for (size_t i = 0; i < FTP_SOCKETS_MAX; i++) {
		if (c->sockets[i] >= 0) {
			shutdown(c->sockets[i], how);
		}
	}
	pthread_mutex_unlock(&c->lock);
}

void ftp_cut_all(struct ftp_cut *c)
{
	cut_shutdown(c, SHUT_RDWR);
}

static bool is_cut(struct ftp_cut *c)
{
	bool cut;

	pthread_mutex_lock(&c->lock);
	cut = c->is_cut;
	pthread_mutex_unlock(&c->lock);
	return cut;
}

/* Puts fd where `instead` stands. */
static bool cut_swap(struct ftp_cut *c, int instead, int fd)
{
	for (size_t i = 0; i < FTP_SOCKETS_MAX; i++) {
		if (c->sockets[i] == instead) {
			c->sockets[i] = fd;
			return true;
		}
	}
	return false;
}

static bool cut_has_some(const struct ftp_cut *c)
{
	for (size_t i = 0; i < FTP_SOCKETS_MAX; i++) {
		if (c->sockets[i] >= 0) {
			return true;
		}
	}
	return false;
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct ftp *f = arg;
	int fd = socket(
	    address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);

	if (fd < 0) {
		return CURL_SOCKET_BAD;
	}
	pthread_mutex_lock(&f->cut->lock);
	if (!cut_has_some(f->cut)) {
		f->control_fd = fd;
	}
	if (f->cut->is_cut || !cut_swap(f->cut, -1, fd)) {
		close(fd);
		fd = CURL_SOCKET_BAD;
	}
	pthread_mutex_unlock(&f->cut->lock);
	return fd;
}

/* After the last byte of an upload: whoever closes while the server still has something to say (the
 * tickets of TLS 1.3 come after its handshake) resets the connection, and what the kernel had not
 * delivered is lost. */
static void linger(struct ftp *f, int fd)
{
	int64_t end_ms = now_ms() + LINGER_MS;
	char scrap[4096];

	shutdown(fd, SHUT_WR);
	while (!is_cut(f->cut) && now_ms() < end_ms) {
		struct pollfd p = {fd, POLLIN, 0};
		ssize_t n;

		if (poll(&p, 1, 250) <= 0) {
			continue;
		}
		n = recv(fd, scrap, sizeof(scrap), MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			return;
		}
	}
}

static int on_close(void *arg, curl_socket_t fd)
{
	struct ftp *f = arg;

	if (f->upload && f->complete && fd != f->control_fd) {
		linger(f, fd);
	}
	pthread_mutex_lock(&f->cut->lock);
	cut_swap(f->cut, fd, -1);
	close(fd);
	pthread_mutex_unlock(&f->cut->lock);
	return 0;
}

void ftp_target_copy(const struct files_printer *p, struct ftp_target *ret)
{
	*ret = (struct ftp_target){
	    .name = xstrdup(p->name),
	    .serial = xstrdup(p->serial),
	    .address = xstrdup(p->address),
	    .port = p->port,
	    .code = secret_dup(p->code),
	    .trust = tls_profile_lend(p->profile),
	    .verify = p->verify,
	    .tls12 = p->tls12,
	    .clear_fallback = p->clear_fallback,
	    .internal = p->internal,
	};
	if (p->pin != NULL) {
		memcpy(ret->pin, p->pin, sizeof(ret->pin));
	}
}

void ftp_target_finish(struct ftp_target *t)
{
	free(t->name);
	free(t->serial);
	free(t->address);
	secret_destroy(t->code);
	tls_lent_destroy(t->trust);
	*t = (struct ftp_target){0};
}

/* Every line of the control connection. */
static size_t on_reply(char *line, size_t one, size_t len, void *arg)
{
	struct ftp *f = arg;

	if (!reply_read(line, len, &f->last)) {
		return len;
	}
	if (f->last.code == 150 || f->last.code == 125) {
		f->opened = true;
		ftp_alive(f);
	} else if (f->last.code == 213) {
		f->size_bytes = reply_size(&f->last);
	}
	return len;
}

/* What curl makes of replies for programs that expect headers. */
static size_t on_nothing(char *buf, size_t one, size_t len, void *arg)
{
	return one * len;
}

/* How long the printer may keep silent at this point. */
static int64_t patience_ms(const struct ftp *f)
{
	if (f->last.code == 0) {
		return ANSWER_MS;
	}
	if (f->complete || !f->opened) {
		return REPLY_S * 1000;
	}
	return f->target->clear_fallback && !f->flowing ? HANG_MS : STALL_MS;
}

/* At least once a second. */
static int on_progress(
    void *arg, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow)
{
	struct ftp *f = arg;

	if (dlnow + ulnow != f->moved_bytes) {
		f->moved_bytes = dlnow + ulnow;
		ftp_alive(f);
	}
	f->stalled = now_ms() - f->alive_ms > patience_ms(f);
	return f->stalled || is_cut(f->cut);
}

void ftp_alive(struct ftp *f)
{
	f->alive_ms = now_ms();
}

static CURLcode on_context(CURL *easy, void *ctx, void *arg)
{
	struct ftp *f = arg;

	tls_lent_apply(f->target->trust, ctx, &f->peer);
	return CURLE_OK;
}

static void set_trust(struct ftp *f)
{
	long version = CURL_SSLVERSION_TLSv1_2;

	version |= f->target->tls12 ? CURL_SSLVERSION_MAX_TLSv1_2 : CURL_SSLVERSION_MAX_DEFAULT;
	curl_easy_setopt(f->easy, CURLOPT_SSLVERSION, version);
	curl_easy_setopt(f->easy, CURLOPT_USE_SSL,
	    (long)(f->target->clear ? CURLUSESSL_CONTROL : CURLUSESSL_ALL));
	/* Ours stands in its place; should curl not call it, its own finds no CA and refuses. */
	curl_easy_setopt(f->easy, CURLOPT_SSL_CTX_FUNCTION, on_context);
	curl_easy_setopt(f->easy, CURLOPT_SSL_CTX_DATA, f);
	curl_easy_setopt(f->easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(
	    f->easy, CURLOPT_SSL_VERIFYHOST, f->target->verify == TLS_VERIFY_CHAIN ? 2L : 0L);
	curl_easy_setopt(f->easy, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(f->easy, CURLOPT_CAPATH, NULL);
}

static void set_callbacks(struct ftp *f)
{
	curl_easy_setopt(f->easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(f->easy, CURLOPT_OPENSOCKETDATA, f);
	curl_easy_setopt(f->easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl_easy_setopt(f->easy, CURLOPT_CLOSESOCKETDATA, f);
	curl_easy_setopt(f->easy, CURLOPT_HEADERFUNCTION, on_reply);
	curl_easy_setopt(f->easy, CURLOPT_HEADERDATA, f);
	curl_easy_setopt(f->easy, CURLOPT_WRITEFUNCTION, on_nothing);
	curl_easy_setopt(f->easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(f->easy, CURLOPT_XFERINFODATA, f);
	curl_easy_setopt(f->easy, CURLOPT_NOPROGRESS, 0L);
}

void ftp_reset(struct ftp *f)
{
	curl_easy_reset(f->easy);
	curl_easy_setopt(f->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(f->easy, CURLOPT_PROTOCOLS_STR, "ftps");
	curl_easy_setopt(f->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(f->easy, CURLOPT_RESOLVE, f->resolve);
	/* Contents come from and go to the printer itself, whatever PASV says. */
	curl_easy_setopt(f->easy, CURLOPT_FTP_SKIP_PASV_IP, 1L);
	curl_easy_setopt(f->easy, CURLOPT_FTP_USE_EPSV, 0L);
	curl_easy_setopt(f->easy, CURLOPT_FTP_FILEMETHOD, (long)CURLFTPMETHOD_SINGLECWD);
	curl_easy_setopt(f->easy, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)(f->target->clear_fallback ? CONNECT_HANG_MS : CONNECT_MS));
	curl_easy_setopt(f->easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)REPLY_S);
	curl_easy_setopt(f->easy, CURLOPT_USERNAME, user);
	curl_easy_setopt(f->easy, CURLOPT_PASSWORD, secret_reveal(f->target->code));
	set_trust(f);
	set_callbacks(f);
	f->last = (struct reply){0};
	f->size_bytes = -1;
	f->upload = false;
	f->opened = f->flowing = f->complete = f->stalled = false;
	f->moved_bytes = 0;
}

int ftp_init(struct ftp *f, const struct ftp_target *t, struct ftp_cut *cut)
{
	char entry[256];
	int n;

	*f = (struct ftp){.target = t, .cut = cut};
	n = snprintf(entry, sizeof(entry),
	    strchr(t->address, ':') != NULL ? "%s:%u:[%s]" : "%s:%u:%s", t->serial, t->port,
	    t->address);
	if (n < 0 || (size_t)n >= sizeof(entry) ||
	    !str_copy(f->peer.name, sizeof(f->peer.name), t->serial)) {
		return -EINVAL;
	}
	f->peer.verify = t->verify;
	memcpy(f->peer.pin, t->pin, sizeof(f->peer.pin));
	tls_peer_reset(&f->peer);
	f->resolve = curl_slist_append(NULL, entry);
	f->easy = curl_easy_init();
	if (f->resolve == NULL || f->easy == NULL) {
		ftp_finish(f);
		return -ENOMEM;
	}
	ftp_reset(f);
	return 0;
}

void ftp_finish(struct ftp *f)
{
	/* Says QUIT where a session lives; its answer would be waited for up to two minutes. */
	if (f->cut != NULL) {
		cut_shutdown(f->cut, SHUT_RD);
	}
	curl_easy_cleanup(f->easy);
	curl_slist_free_all(f->resolve);
	tls_set_current(NULL);
	f->easy = NULL;
	f->resolve = NULL;
}

/* Appends each part escaped. */
static void append_escaped(struct ftp *f, FILE *out, const char *path)
{
	while (*path != '\0') {
		size_t len = strcspn(path, "/");

		if (len > 0) {
			char *part = curl_easy_escape(f->easy, path, (int)len);

			fprintf(out, "/%s", part != NULL ? part : "");
			curl_free(part);
		}
		path += len;
		path += *path == '/';
	}
}

void ftp_path(struct ftp *f, const char *path, bool folder)
{
	_cleanup_free_ char *url = NULL;
	size_t len;
	FILE *out = open_memstream(&url, &len);

	if (out == NULL) {
		abort();
	}
	fprintf(out, "ftps://%s:%u", f->target->serial, f->target->port);
	append_escaped(f, out, path);
	if (folder) {
		fputc('/', out);
	}
	fclose(out);
	curl_easy_setopt(f->easy, CURLOPT_URL, url);
}

CURLcode ftp_perform(struct ftp *f)
{
	ftp_alive(f);
	return curl_easy_perform(f->easy);
}

CURLcode ftp_size(struct ftp *f, const char *path)
{
	ftp_reset(f);
	ftp_path(f, path, false);
	curl_easy_setopt(f->easy, CURLOPT_NOBODY, 1L);
	return ftp_perform(f);
}

CURLcode ftp_is_folder(struct ftp *f, const char *path)
{
	ftp_reset(f);
	ftp_path(f, path, true);
	curl_easy_setopt(f->easy, CURLOPT_NOBODY, 1L);
	return ftp_perform(f);
}

CURLcode ftp_command(struct ftp *f, const char *verb, const char *path)
{
	_cleanup_free_ char *line = xasprintf("%s %s", verb, path);
	struct curl_slist *lines = curl_slist_append(NULL, line);
	CURLcode code;

	ftp_reset(f);
	ftp_path(f, "/", true);
	curl_easy_setopt(f->easy, CURLOPT_NOBODY, 1L);
	curl_easy_setopt(f->easy, CURLOPT_QUOTE, lines);
	code = ftp_perform(f);
	curl_easy_setopt(f->easy, CURLOPT_QUOTE, NULL);
	curl_slist_free_all(lines);
	return code;
}

bool ftp_hung_in_tls(const struct ftp *f, CURLcode code)
{
	return f->opened && !f->flowing &&
	       (f->stalled || code == CURLE_OPERATION_TIMEDOUT || code == CURLE_SSL_CONNECT_ERROR);
}

bool ftp_was_refused(CURLcode code)
{
	return code == CURLE_REMOTE_ACCESS_DENIED || code == CURLE_UPLOAD_FAILED ||
	       code == CURLE_FTP_COULDNT_RETR_FILE || code == CURLE_REMOTE_FILE_NOT_FOUND ||
	       code == CURLE_QUOTE_ERROR || code == CURLE_LOGIN_DENIED;
}

static void connect_error(const struct ftp *f, CURLcode code, struct err *e)
{
	const struct ftp_target *t = f->target;
	long os = 0;

	curl_easy_getinfo(f->easy, CURLINFO_OS_ERRNO, &os);
	if (code == CURLE_COULDNT_CONNECT && os == ECONNREFUSED) {
		err_set(e, ERR_PRINTER_OFFLINE, "%s refuses connections for files at %s port %u",
		    t->name, t->address, t->port);
		err_hint(e, "switch on LAN access on the printer, or set FtpPort=");
	} else {
		err_set(e, ERR_PRINTER_OFFLINE, "%s does not answer for files at %s port %u",
		    t->name, t->address, t->port);
		err_hint(e, "bambuctl doctor %s", t->name);
	}
}

void ftp_error(const struct ftp *f, CURLcode code, enum files_verb verb, const char *path,
    enum reply_evidence evidence, struct err *e)
{
	const char *name = f->target->name;

	if (f->peer.refused) {
		err_set(e, ERR_TLS_REFUSED, "%s: %s", name, f->peer.reason);
		err_hint(e, "bambuctl doctor %s", name);
	} else if (f->last.code == 530 || f->last.code == 421 || ftp_was_refused(code)) {
		reply_refused(verb, name, path, &f->last, evidence, e);
	} else if (code == CURLE_USE_SSL_FAILED) {
		err_set(e, ERR_TLS_REFUSED, "%s does not encrypt its files (%d %s)", name,
		    f->last.code, f->last.text);
	} else if (f->last.code == 0 && f->peer.reason[0] != '\0') {
		err_set(e, ERR_TLS_REFUSED, "%s: %s", name, f->peer.reason);
	} else if (f->last.code == 0) {
		connect_error(f, code, e);
	} else if (code == CURLE_OPERATION_TIMEDOUT || f->stalled) {
		err_set(e, ERR_TIMEOUT, "%s stopped answering (last: %d %s)", name, f->last.code,
		    f->last.text);
	} else {
		err_set(e, ERR_TRANSFER_FAILED, "%s: %s (last: %d %s)", name,
		    curl_easy_strerror(code), f->last.code, f->last.text);
	}
	err_printer(e, name);
}
