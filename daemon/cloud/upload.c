/* SPDX-License-Identifier: MIT */
/* Uploads under way, and what the storage's refusals mean. */
#include "daemon/cloud/upload.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>

#include "common/text.h"
#include "common/util.h"
#include "daemon/cloud/upload_put.h"
#include "daemon/io/curl_lib.h"
#include "daemon/io/worker.h"

#define END_MS 2000

struct uploads {
	struct worker_pool *pool;
	struct list running; /* waiting ones too */
};

struct upload {
	struct worker_job work;
	struct list link;
	struct put put;
	struct uploads *uploads; /* NULL: gone */
	struct upload_handler handler;
	bool ready_told, mute;
};

static void upload_free(struct upload *u)
{
	put_finish(&u->put);
	free(u);
}

static void on_run(struct worker_job *work)
{
	put_run(&container_of(work, struct upload, work)->put);
}

static void on_news(struct put *p)
{
	worker_tell(&container_of(p, struct upload, put)->work);
}

static void on_told(struct worker_job *work)
{
	struct upload *u = container_of(work, struct upload, work);

	if (atomic_load(&u->put.ready) && !u->ready_told && !u->mute) {
		u->ready_told = true;
		u->handler.ready(u->handler.arg);
	}
}

static void on_done(struct worker_job *work)
{
	struct upload *u = container_of(work, struct upload, work);
	struct err error = u->put.error;

	list_del(&u->link);
	if (!u->mute) {
		u->handler.done(u->handler.arg, &error);
	}
	upload_free(u);
}

/* Perhaps in its thread, when nothing is left of the loop's. */
static void on_drop(struct worker_job *work)
{
	upload_free(container_of(work, struct upload, work));
}

struct uploads *uploads_create(struct loop *l)
{
	struct worker_pool *pool = worker_pool_create(l, UPLOADS_MAX);
	struct uploads *u;

	if (pool == NULL) {
		return NULL;
	}
	u = xcalloc(1, sizeof(*u));
	u->pool = pool;
	list_init(&u->running);
	return u;
}

void uploads_destroy(struct uploads *u)
{
	struct list *pos, *tmp;

	if (u == NULL) {
		return;
	}
	list_for_each (pos, tmp, &u->running) {
		struct upload *one = container_of(pos, struct upload, link);

		list_del(&one->link);
		upload_forget(one);
	}
	worker_pool_destroy_wait(u->pool, END_MS);
	free(u);
}

/* Signed addresses, and nothing to be seen by others. */
static bool is_https(const char *url)
{
	return url != NULL && strncasecmp(url, "https://", 8) == 0 && url[8] != '\0';
}

static int refuse(const struct upload_request *r, int error)
{
	if (r->fd >= 0) {
		close(r->fd);
	}
	return error;
}

int upload_start(struct uploads *u, const struct upload_request *r, const struct upload_handler *h,
    struct upload **ret, struct err *e)
{
	struct upload *one;
	int wake_fd, error;

	if (!is_https(r->file_url) || (r->size_url != NULL && !is_https(r->size_url))) {
		err_set(e, ERR_CLOUD_ERROR,
		    "the cloud named an address for the upload that is not "
		    "one of https");
		return refuse(r, -EINVAL);
	}
	error = curl_lib_load(e);
	if (error < 0) {
		return refuse(r, error);
	}
	wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (wake_fd < 0) {
		err_set(e, ERR_INTERNAL, "no descriptor for an upload");
		return refuse(r, -EMFILE);
	}
	one = xcalloc(1, sizeof(*one));
	one->put.file_url = xstrdup(r->file_url);
	one->put.size_url = xstrdup(r->size_url);
	one->put.ca_file = xstrdup(r->ca_file);
	one->put.fd = r->fd;
	one->put.wake_fd = wake_fd;
	one->put.size_bytes = r->size_bytes;
	one->put.news = on_news;
	one->uploads = u;
	one->handler = *h;
	one->work =
	    (struct worker_job){.run = on_run, .done = on_done, .drop = on_drop, .told = on_told};
	list_init(&one->link);
	list_add_tail(&u->running, &one->link);
	worker_submit(u->pool, &one->work);
	*ret = one;
	return 0;
}

void upload_go(struct upload *u)
{
	atomic_store(&u->put.go, true);
	put_wake(&u->put);
}

void upload_cancel(struct upload *u)
{
	atomic_store(&u->put.cancelled, true);
	put_wake(&u->put);
}

void upload_forget(struct upload *u)
{
	u->mute = true;
	upload_cancel(u);
}

void upload_progress(const struct upload *u, int64_t *ret_done, int64_t *ret_total)
{
	*ret_done = atomic_load(&u->put.done_bytes);
	*ret_total = u->put.size_bytes;
}

/* ---- refusals (seed-inventory 2.37) ---- */

/* <Code>Word</Code> of the storage's answer, fit for showing; "" when it says none. */
static const char *code_of(const char *body, char ret[static 48])
{
	const char *begin = strstr(body, "<Code>"), *end = NULL;
	size_t len;

	ret[0] = '\0';
	if (begin != NULL) {
		begin += strlen("<Code>");
		end = strstr(begin, "</Code>");
	}
	len = end != NULL ? (size_t)(end - begin) : 0;
	if (len > 0 && len < 48 &&
	    strspn(begin, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") ==
		len) {
		memcpy(ret, begin, len);
		ret[len] = '\0';
	}
	return ret;
}

static bool says_size(const char *code)
{
	return strcmp(code, "EntityTooLarge") == 0 || strcmp(code, "EntityTooSmall") == 0 ||
	       strcmp(code, "IncompleteBody") == 0 || strcmp(code, "MissingContentLength") == 0;
}

void upload_refused(int status, const char *body, struct err *ret)
{
	char buf[48];
	const char *code = code_of(body, buf);

	if (strcasestr(body, "has expired") != NULL || strcmp(code, "ExpiredToken") == 0) {
		err_set(ret, ERR_TRANSFER_FAILED,
		    "the address of the upload had expired before the storage was reached");
		err_hint(ret, "upload it again; is the clock right?");
	} else if (strcmp(code, "SignatureDoesNotMatch") == 0) {
		err_set(ret, ERR_FILE_REFUSED,
		    "the storage refused the upload: SignatureDoesNotMatch (another length or "
		    "headers than were signed)");
		err_hint(ret, "is there a proxy in between that changes requests?");
	} else if (status == 413 || says_size(code)) {
		err_set(ret, ERR_FILE_REFUSED, "the storage refused the size of the file: %s",
		    code[0] != '\0' ? code : "too large");
	} else if (status >= 500) {
		err_set(
		    ret, ERR_CLOUD_OFFLINE, "the storage of the cloud is unwell (HTTP %d)", status);
	} else {
		err_set(ret, ERR_FILE_REFUSED, "the storage refused the upload: HTTP %d %s", status,
		    code);
	}
}
