/* SPDX-License-Identifier: MIT */
/* The metrics as a file that the textfile collector of node_exporter reads. */
#include "daemon/bridge/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "common/atomic_file.h"
#include "common/log.h"
#include "common/util.h"
#include "daemon/io/loop.h"
#include "daemon/io/worker.h"

enum { STOP_WAIT_MS = 2000 };

struct textfile {
	struct loop *loop;
	struct worker_pool *pool;
	char *(*text)(void *arg);
	void *arg;
	char *path; /* NULL: none is wanted */
	int64_t interval_ms;
	struct loop_timer timer;
	bool busy, failing, written;
};

struct write_job {
	struct worker_job base;
	struct textfile *owner; /* not touched by the thread */
	char *path, *text;
	int rc;
};

/* ---- in the thread ---- */

static int write_file(const char *path, const char *text)
{
	const char *name = strrchr(path, '/') + 1;
	_cleanup_free_ char *folder = xstrndup(path, (size_t)(name - path));
	_cleanup_close_ int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct atomic_file f = {
	    .data = text, .len = strlen(text), .mode = 0644, .whole_mode = true};

	return dir < 0 ? -errno : atomic_file_write(dir, name, &f);
}

static void on_run(struct worker_job *base)
{
	struct write_job *job = container_of(base, struct write_job, base);

	job->rc = write_file(job->path, job->text);
}

static void on_drop(struct worker_job *base)
{
	struct write_job *job = container_of(base, struct write_job, base);

	free(job->path);
	free(job->text);
	free(job);
}

/* ---- on the loop ---- */

static void look_at_result(struct textfile *t, const struct write_job *job)
{
	if (job->rc < 0 && !t->failing) {
		log_warn("the metrics cannot be written to %s: %s; it is tried again", job->path,
		    strerror(-job->rc));
	} else if (job->rc == 0 && t->failing) {
		log_info("the metrics are written to %s again", job->path);
	}
	t->failing = job->rc < 0;
	t->written |= job->rc == 0;
}

static void on_done(struct worker_job *base)
{
	struct write_job *job = container_of(base, struct write_job, base);
	struct textfile *t = job->owner;

	t->busy = false;
	if (t->path && strcmp(t->path, job->path) == 0) {
		look_at_result(t, job);
	} else if (job->rc == 0) {
		unlink(job->path); /* it came too late */
	}
	on_drop(base);
}

/* A disk that takes longer than the interval gets no second job. */
static void start_job(struct textfile *t)
{
	struct write_job *job;

	loop_timer_start(&t->timer, t->interval_ms);
	if (t->busy) {
		return;
	}
	job = xcalloc(1, sizeof(*job));
	job->base.run = on_run;
	job->base.done = on_done;
	job->base.drop = on_drop;
	job->owner = t;
	job->path = xstrdup(t->path);
	job->text = t->text(t->arg);
	t->busy = true;
	worker_submit(t->pool, &job->base);
}

static void on_due(void *arg)
{
	start_job(arg);
}

static void forget(struct textfile *t)
{
	loop_timer_stop(&t->timer);
	if (t->written) {
		unlink(t->path);
	}
	t->written = t->failing = false;
	free(TAKE(t->path));
}

void textfile_set(struct textfile *t, const char *path, int64_t interval_ms)
{
	if (t->path && path && strcmp(t->path, path) == 0 && t->interval_ms == interval_ms) {
		return;
	}
	if (t->path && (!path || strcmp(t->path, path) != 0)) {
		forget(t);
	}
	if (path && !t->path) {
		t->path = xstrdup(path);
	}
	t->interval_ms = interval_ms;
	if (t->path) {
		loop_timer_start(&t->timer, 0);
	}
}

struct textfile *textfile_create(struct loop *l, char *(*text)(void *arg), void *arg)
{
	struct worker_pool *pool = worker_pool_create(l, 1);
	struct textfile *t;

	if (!pool) {
		return NULL;
	}
	t = xcalloc(1, sizeof(*t));
	t->loop = l;
	t->pool = pool;
	t->text = text;
	t->arg = arg;
	loop_timer_init(&t->timer, l, on_due, t);
	return t;
}

void textfile_destroy(struct textfile *t)
{
	if (!t) {
		return;
	}
	/* What a write under way leaves is removed as well. */
	worker_pool_destroy_wait(t->pool, STOP_WAIT_MS);
	t->written |= t->busy;
	forget(t);
	free(t);
}
