/* SPDX-License-Identifier: MIT */
/* Who transfers when: eight at once, one at a time a printer, the others in the order they came. */
#include "daemon/files/files.h"

#include <errno.h>
#include <string.h>

#include "daemon/files/transfer.h"
#include "daemon/io/curl_lib.h"
#include "daemon/io/loop.h"
#include "daemon/io/worker.h"

#define END_MS 2000

struct files {
	struct loop *loop;
	struct worker_pool *pool;
	struct list waiting, running, unrun; /* unrun: cancelled while they waited */
	unsigned waiting_count, running_count;
	char **clear; /* serials whose contents go in the clear, for this run of the daemon */
	size_t clear_count;
};

struct files_job {
	struct worker_job work;
	struct transfer t;
	struct list link;
	struct files *files; /* NULL: gone */
	struct files_handler handler;
	struct loop_deferred end; /* of one that never ran */
	bool queued, ready_told, end_told;
};

static bool is_clear(const struct files *f, const char *serial)
{
	for (size_t i = 0; i < f->clear_count; i++) {
		if (strcmp(f->clear[i], serial) == 0) {
			return true;
		}
	}
	return false;
}

static void remember_clear(struct files *f, const char *serial)
{
	if (!is_clear(f, serial)) {
		f->clear = xrealloc(f->clear, (f->clear_count + 1) * sizeof(*f->clear));
		f->clear[f->clear_count++] = xstrdup(serial);
	}
}

static void job_free(struct files_job *job)
{
	loop_deferred_cancel(&job->end);
	transfer_finish(&job->t);
	free(job);
}

static bool printer_is_served(const struct files *f, const char *serial)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &f->running) {
		const struct files_job *job = container_of(pos, struct files_job, link);

		if (strcmp(job->t.target.serial, serial) == 0) {
			return true;
		}
	}
	return false;
}

static void job_run(struct files_job *job)
{
	struct files *f = job->files;

	list_del(&job->link);
	list_add_tail(&f->running, &job->link);
	f->waiting_count--;
	f->running_count++;
	job->queued = false;
	job->t.target.clear = job->t.target.clear_fallback && is_clear(f, job->t.target.serial);
	worker_submit(f->pool, &job->work);
}

/* Whose turn it is, in the order they came. */
static void run_next(struct files *f)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &f->waiting) {
		struct files_job *job = container_of(pos, struct files_job, link);

		if (f->running_count == FILES_THREADS) {
			return;
		}
		if (!printer_is_served(f, job->t.target.serial)) {
			job_run(job);
		}
	}
}

/* The last call, if it has not been made. */
static void tell_end(struct files_job *job)
{
	struct files_handler handler = job->handler;
	struct files_result result = {
	    .error = job->t.error,
	    .bytes = atomic_load(&job->t.done_bytes),
	    .clear_data = job->t.target.clear,
	};

	if (job->end_told) {
		return;
	}
	job->end_told = true;
	if (job->t.verb == FILES_LIST && result.error.type == ERR_NONE) {
		result.listing = &job->t.listing;
	}
	if (result.clear_data) {
		remember_clear(job->files, job->t.target.serial);
	}
	handler.done(handler.arg, &result);
}

/* The thread has news; handlers may do anything, destroy all this too. */
static void on_told(struct worker_job *work)
{
	struct files_job *job = container_of(work, struct files_job, work);

	if (atomic_load(&job->t.ready) && !job->ready_told && !job->end_told) {
		struct files_handler handler = job->handler;

		job->ready_told = true;
		handler.ready(handler.arg, job->t.ready_bytes);
	}
	if (job->files != NULL && atomic_load(&job->t.ended)) {
		tell_end(job);
	}
}

static void on_run(struct worker_job *work)
{
	transfer_run(&container_of(work, struct files_job, work)->t);
}

static void on_news(struct transfer *t)
{
	worker_tell(&container_of(t, struct files_job, t)->work);
}

static void on_done(struct worker_job *work)
{
	struct files_job *job = container_of(work, struct files_job, work);
	struct files *f = job->files;

	list_del(&job->link);
	f->running_count--;
	run_next(f);
	tell_end(job);
	job_free(job);
}

/* Perhaps in its thread, when nothing is left of the loop's. */
static void on_drop(struct worker_job *work)
{
	struct files_job *job = container_of(work, struct files_job, work);

	transfer_finish(&job->t);
	free(job);
}

/* One that never ran has ended. */
static void on_unrun(void *arg)
{
	struct files_job *job = arg;

	err_set(&job->t.error, ERR_CANCELLED, "the transfer was cancelled before its turn");
	err_printer(&job->t.error, job->t.target.name);
	list_del(&job->link);
	tell_end(job);
	job_free(job);
}

struct files *files_create(struct loop *l)
{
	struct worker_pool *pool = worker_pool_create(l, FILES_THREADS);
	struct files *f;

	if (pool == NULL) {
		return NULL;
	}
	f = xcalloc(1, sizeof(*f));
	f->loop = l;
	f->pool = pool;
	list_init(&f->waiting);
	list_init(&f->running);
	list_init(&f->unrun);
	return f;
}

static void free_all(struct list *jobs)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, jobs) {
		struct files_job *job = container_of(pos, struct files_job, link);

		list_del(&job->link);
		job_free(job);
	}
}

static void abandon_all(struct files *f)
{
	struct list *pos, *tmp;

	free_all(&f->waiting);
	free_all(&f->unrun);
	list_for_each (pos, tmp, &f->running) {
		struct files_job *job = container_of(pos, struct files_job, link);

		list_del(&job->link);
		job->files = NULL;
		job->end_told = true;
		transfer_abandon(&job->t);
	}
}

void files_destroy(struct files *f)
{
	if (f == NULL) {
		return;
	}
	abandon_all(f);
	/* OpenSSL ends with the process: nobody shall be inside then. */
	worker_pool_destroy_wait(f->pool, END_MS);
	for (size_t i = 0; i < f->clear_count; i++) {
		free(f->clear[i]);
	}
	free(f->clear);
	free(f);
}

/* 0, or negative with *e. */
static int check_request(const struct files *f, const struct files_request *r, struct err *e)
{
	if (r->verb != FILES_LIST && strcmp(r->path, "/") == 0) {
		err_set(e, ERR_FILE_REFUSED, "/ is the printer's storage itself, not a file on it");
		err_printer(e, r->printer.name);
		return -EINVAL;
	}
	if (f->waiting_count >= FILES_WAITING_MAX &&
	    (f->running_count == FILES_THREADS || printer_is_served(f, r->printer.serial))) {
		err_set(e, ERR_BUSY, "%u transfers wait for their turn already", f->waiting_count);
		err_printer(e, r->printer.name);
		return -EBUSY;
	}
	return curl_lib_load(e);
}

static int job_create(struct files *f, const struct files_request *r, const struct files_handler *h,
    struct files_job **ret, struct err *e)
{
	struct files_job *job = xcalloc(1, sizeof(*job));
	int rc = transfer_init(&job->t, r, loop_wall_ms(f->loop) / 1000);

	if (rc < 0) {
		free(job);
		err_set(e, ERR_INTERNAL, "no descriptor for a transfer: %s", strerrordesc_np(-rc));
		return rc;
	}
	job->t.news = on_news;
	job->work =
	    (struct worker_job){.run = on_run, .done = on_done, .drop = on_drop, .told = on_told};
	job->files = f;
	job->handler = *h;
	job->queued = true;
	loop_deferred_init(&job->end, on_unrun, job);
	*ret = job;
	return 0;
}

int files_start(struct files *f, const struct files_request *r, const struct files_handler *h,
    struct files_job **ret, struct err *e)
{
	struct files_job *job;
	int rc = check_request(f, r, e);

	if (rc < 0) {
		if (r->fd >= 0) {
			close(r->fd);
		}
		return rc;
	}
	rc = job_create(f, r, h, &job, e);
	if (rc < 0) {
		return rc;
	}
	list_add_tail(&f->waiting, &job->link);
	f->waiting_count++;
	run_next(f);
	*ret = job;
	return 0;
}

void files_job_go(struct files_job *job)
{
	transfer_go(&job->t);
}

void files_job_cancel(struct files_job *job)
{
	if (job->queued) {
		job->queued = false;
		job->files->waiting_count--;
		list_del(&job->link);
		list_add_tail(&job->files->unrun, &job->link);
		loop_defer(job->files->loop, &job->end);
	} else {
		transfer_cancel(&job->t);
	}
}

void files_job_forget(struct files_job *job)
{
	job->end_told = true;
	files_job_cancel(job);
}

bool files_job_is_queued(const struct files_job *job)
{
	return job->queued;
}

void files_job_progress(const struct files_job *job, int64_t *ret_done, int64_t *ret_total)
{
	*ret_done = atomic_load(&job->t.done_bytes);
	*ret_total = atomic_load(&job->t.total_bytes);
}
