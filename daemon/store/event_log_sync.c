/* SPDX-License-Identifier: MIT */
/* fdatasync of the event log in a thread: within a second after an event that must be kept, within
 * ten after any other. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/util.h"
#include "daemon/io/worker.h"
#include "daemon/store/event_log_internal.h"

enum {
	SYNC_GAP_MS = 1000, /* at most one a second */
	SYNC_LAZY_MS = 10 * 1000,
	SYNC_END_MS = 2000, /* waited for at the end */
};

struct sync_job {
	struct worker_job job;
	struct event_log *log; /* the loop's alone */
	int fds[3];	       /* data, data, folder; owned, -1 none */
	int error;
};

static void free_job(struct worker_job *job)
{
	struct sync_job *j = container_of(job, struct sync_job, job);

	for (size_t i = 0; i < ARRAY_SIZE(j->fds); i++) {
		if (j->fds[i] >= 0) {
			close(j->fds[i]);
		}
	}
	free(j);
}

static void run(struct worker_job *job)
{
	struct sync_job *j = container_of(job, struct sync_job, job);

	for (size_t i = 0; i < ARRAY_SIZE(j->fds); i++) {
		if (j->fds[i] >= 0 && fsync(j->fds[i]) < 0) {
			j->error = -errno;
		}
	}
}

static void done(struct worker_job *job)
{
	struct sync_job *j = container_of(job, struct sync_job, job);
	struct event_log *log = j->log;
	int error = j->error;

	log->syncing = NULL;
	free_job(job);
	if (error == 0) {
		return;
	}
	/* What the kernel could not write it has forgotten: on with a new file. */
	event_log_fail(log, error);
	if (log->fd >= 0) {
		close(log->fd);
		log->fd = -1;
	}
}

static int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

static void on_due(void *arg)
{
	struct event_log *log = arg;
	struct sync_job *j;

	if (log->syncing) {
		loop_timer_start(&log->sync, SYNC_GAP_MS);
		return;
	}
	j = xcalloc(1, sizeof(*j));
	j->job = (struct worker_job){.run = run, .done = done, .drop = free_job};
	j->log = log;
	j->fds[0] = take_fd(&log->old_fd);
	j->fds[1] = log->fd >= 0 ? fcntl(log->fd, F_DUPFD_CLOEXEC, 0) : -1;
	j->fds[2] = log->new_names ? fcntl(log->dir, F_DUPFD_CLOEXEC, 0) : -1;
	log->new_names = false;
	log->syncing = j;
	log->synced_mono_ms = loop_now_ms(log->loop);
	worker_submit(log->workers, &j->job);
}

/* Layers and per cents come all the time while a printer prints; what they say is said again. */
static bool hurries(enum event_kind kind)
{
	return event_kept(kind) && kind != EVENT_PRINT_LAYER && kind != EVENT_PRINT_PROGRESS;
}

void event_log_sync_after(struct event_log *log, enum event_kind kind)
{
	int64_t now_ms = loop_now_ms(log->loop), due_ms = now_ms + SYNC_LAZY_MS;

	if (!log->workers) {
		return;
	}
	if (hurries(kind)) {
		due_ms = log->synced_mono_ms + SYNC_GAP_MS;
		due_ms = due_ms > now_ms ? due_ms : now_ms;
	}
	if (!loop_timer_armed(&log->sync) || log->sync.due_ms > due_ms) {
		loop_timer_start(&log->sync, due_ms - now_ms);
	}
}

void event_log_sync_start(struct event_log *log)
{
	log->workers = worker_pool_create(log->loop, 1);
	log->synced_mono_ms = loop_now_ms(log->loop) - SYNC_GAP_MS;
	loop_timer_init(&log->sync, log->loop, on_due, log);
}

void event_log_sync_stop(struct event_log *log)
{
	loop_timer_stop(&log->sync);
	worker_pool_destroy_wait(log->workers, SYNC_END_MS);
}
