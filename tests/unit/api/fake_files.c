/* SPDX-License-Identifier: MIT */
/* Stands in for daemon/files: one job at a time, moved by the test. */
#include "tests/unit/api/fake_files.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "common/util.h"

struct files {
	bool full;
};
struct files_job {
	struct fake_job shown;
	struct files_handler handler;
};

static struct files engine;
static struct files_job job = {.shown.fd = -1};

struct files *fake_files(void)
{
	return &engine;
}

static void end(void)
{
	if (job.shown.fd >= 0) {
		close(job.shown.fd);
	}
	job.shown.fd = -1;
	job.shown.live = false;
}

void fake_files_reset(void)
{
	end();
	engine.full = false;
	job = (struct files_job){.shown.fd = -1};
}

const struct fake_job *fake_files_job(void)
{
	return &job.shown;
}

void fake_files_fill(bool full)
{
	engine.full = full;
}

void fake_files_ready(int64_t size)
{
	assert(job.shown.live);
	job.shown.total = size;
	job.handler.ready(job.handler.arg, size);
}

void fake_files_moved(int64_t bytes)
{
	job.shown.moved = bytes;
}

void fake_files_done(enum err_type fault, const struct listing *listing)
{
	struct files_result result = {.listing = listing, .bytes = job.shown.moved};

	assert(job.shown.live);
	if (fault != ERR_NONE) {
		err_set(&result.error, fault, "the printer did not");
	}
	job.handler.done(job.handler.arg, &result);
	end();
}

int files_start(struct files *f, const struct files_request *r, const struct files_handler *h,
    struct files_job **ret, struct err *e)
{
	assert(!job.shown.live);
	if (f->full) {
		err_set(e, ERR_BUSY, "too many wait");
		if (r->fd >= 0) {
			close(r->fd);
		}
		return -EBUSY;
	}
	job = (struct files_job){
	    .handler = *h,
	    .shown = {.asked = true,
		.live = true,
		.verb = r->verb,
		.port = r->printer.port,
		.tls12 = r->printer.tls12,
		.clear_fallback = r->printer.clear_fallback,
		.size = r->size,
		.total = r->size,
		.fd = r->fd},
	};
	str_copy(job.shown.printer, sizeof(job.shown.printer), r->printer.name);
	str_copy(job.shown.path, sizeof(job.shown.path), r->path);
	str_copy(job.shown.address, sizeof(job.shown.address), r->printer.address);
	*ret = &job;
	return 0;
}

void files_job_go(struct files_job *j)
{
	assert(j->shown.live && !j->shown.went);
	j->shown.went = true;
}

void files_job_cancel(struct files_job *j)
{
	assert(j->shown.live);
	j->shown.cancelled = true;
}

void files_job_forget(struct files_job *j)
{
	assert(j->shown.live);
	end();
}

bool files_job_is_queued(const struct files_job *j)
{
	return false;
}

void files_job_progress(const struct files_job *j, int64_t *ret_done, int64_t *ret_total)
{
	*ret_done = j->shown.moved;
	*ret_total = j->shown.total;
}
