/* SPDX-License-Identifier: MIT */
/* Threads for what cannot but block; results arrive on the loop. */
#include "daemon/io/worker.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>

#include "daemon/io/loop.h"

/* Enough for getaddrinfo with any name service module. */
#define STACK_BYTES (512 * 1024)

/* What pool and threads have in common. It outlives the pool when a thread is stuck in its job. */
struct worker_shared {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_cond_t told_over, run_over;
	struct list waiting, finished, told;
	struct worker_job *telling; /* its told runs at the moment */
	unsigned refs, threads, idle, busy;
	bool stopping;
	int fd; /* readable while finished or told hold something */
};

struct worker_pool {
	struct worker_shared *shared;
	struct event ev;
	unsigned threads_max;
};

static void drop_all(struct list *jobs)
{
	while (!list_empty(jobs)) {
		struct worker_job *job = container_of(jobs->next, struct worker_job, link);

		list_del(&job->link);
		list_del(&job->told_link);
		job->drop(job);
	}
}

/* Called with the lock held; gives it back. */
static void shared_unref(struct worker_shared *s)
{
	bool last = --s->refs == 0;

	pthread_mutex_unlock(&s->lock);
	if (last) {
		close(s->fd);
		pthread_cond_destroy(&s->wake);
		pthread_cond_destroy(&s->told_over);
		pthread_cond_destroy(&s->run_over);
		pthread_mutex_destroy(&s->lock);
		free(s);
	}
}

/* Called with the lock held. Full means readable already: the loop comes in any case. */
static void ring(struct worker_shared *s)
{
	uint64_t one = 1;

	if (write(s->fd, &one, sizeof(one)) < 0) {
		return;
	}
}

/* Called with the lock held. */
static void hand_back(struct worker_shared *s, struct worker_job *job)
{
	while (s->telling == job) {
		pthread_cond_wait(&s->told_over, &s->lock);
	}
	if (job->cancelled || s->stopping) {
		list_del(&job->told_link);
	}
	if (job->cancelled || s->stopping) {
		job->drop(job);
		return;
	}
	list_add_tail(&s->finished, &job->link);
	ring(s);
}

static void *work(void *arg)
{
	struct worker_shared *s = arg;

	pthread_mutex_lock(&s->lock);
	while (!s->stopping) {
		struct worker_job *job;

		if (list_empty(&s->waiting)) {
			s->idle++;
			pthread_cond_wait(&s->wake, &s->lock);
			s->idle--;
			continue;
		}
		job = container_of(s->waiting.next, struct worker_job, link);
		list_del(&job->link);
		s->busy++;
		if (!job->cancelled) {
			pthread_mutex_unlock(&s->lock);
			job->run(job);
			pthread_mutex_lock(&s->lock);
		}
		hand_back(s, job);
		s->busy--;
		pthread_cond_broadcast(&s->run_over);
	}
	shared_unref(s);
	return NULL;
}

/* Called with the lock held. A refused thread is no fault while another one lives. */
static void thread_start(struct worker_shared *s)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t id;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	s->refs++;
	if (pthread_create(&id, &attr, work, s) == 0) {
		s->threads++;
	} else {
		s->refs--;
	}
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Called with the lock held, which is open meanwhile: under the eyes of its thread. */
static void hear(struct worker_shared *s, struct worker_job *job)
{
	list_del(&job->told_link);
	if (job->cancelled) {
		return;
	}
	s->telling = job;
	pthread_mutex_unlock(&s->lock);
	job->told(job);
	pthread_mutex_lock(&s->lock);
	s->telling = NULL;
	pthread_cond_broadcast(&s->told_over);
}

/* Called with the lock held, which is open meanwhile. */
static void end(struct worker_shared *s, struct worker_job *job)
{
	list_del(&job->link);
	list_del(&job->told_link);
	pthread_mutex_unlock(&s->lock);
	if (job->cancelled) {
		job->drop(job);
	} else {
		job->done(job);
	}
	pthread_mutex_lock(&s->lock);
}

/* Called with the lock held. What a job told comes before its end. */
static void serve_all(struct worker_shared *s)
{
	while (!s->stopping) {
		if (!list_empty(&s->told)) {
			hear(s, container_of(s->told.next, struct worker_job, told_link));
		} else if (!list_empty(&s->finished)) {
			end(s, container_of(s->finished.next, struct worker_job, link));
		} else {
			return;
		}
	}
}

static void on_finished(evutil_socket_t fd, short what, void *arg)
{
	struct worker_pool *p = arg;
	struct worker_shared *s = p->shared;
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN) {
		return;
	}
	pthread_mutex_lock(&s->lock);
	s->refs++; /* a told or done may destroy the pool */
	serve_all(s);
	shared_unref(s);
}

struct worker_pool *worker_pool_create(struct loop *l, unsigned threads)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct worker_pool *p;
	struct worker_shared *s;

	if (fd < 0) {
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->wake, NULL);
	pthread_cond_init(&s->told_over, NULL);
	pthread_cond_init(&s->run_over, NULL);
	list_init(&s->waiting);
	list_init(&s->finished);
	list_init(&s->told);
	s->refs = 1;
	s->fd = fd;
	p = xcalloc(1, sizeof(*p));
	p->shared = s;
	p->threads_max = threads;
	event_assign(&p->ev, loop_base(l), fd, EV_READ | EV_PERSIST, on_finished, p);
	event_add(&p->ev, NULL);
	return p;
}

/* Called with the lock held. A job that is being heard cannot end before its told returns. */
static void await_jobs(struct worker_shared *s, unsigned wait_ms)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += wait_ms / 1000;
	until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	while (s->busy > (s->telling != NULL ? 1u : 0u)) {
		if (pthread_cond_timedwait(&s->run_over, &s->lock, &until) != 0) {
			return;
		}
	}
}

void worker_pool_destroy_wait(struct worker_pool *p, unsigned wait_ms)
{
	struct worker_shared *s;

	if (p == NULL) {
		return;
	}
	s = p->shared;
	event_del(&p->ev);
	free(p);
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	drop_all(&s->waiting);
	drop_all(&s->finished);
	pthread_cond_broadcast(&s->wake);
	if (wait_ms > 0) {
		await_jobs(s, wait_ms);
	}
	shared_unref(s);
}

void worker_pool_destroy(struct worker_pool *p)
{
	worker_pool_destroy_wait(p, 0);
}

void worker_submit(struct worker_pool *p, struct worker_job *job)
{
	struct worker_shared *s = p->shared;

	job->cancelled = false;
	job->shared = s;
	list_init(&job->told_link);
	pthread_mutex_lock(&s->lock);
	list_add_tail(&s->waiting, &job->link);
	if (s->idle > 0) {
		pthread_cond_signal(&s->wake);
	} else if (s->threads < p->threads_max) {
		thread_start(s);
	}
	pthread_mutex_unlock(&s->lock);
}

void worker_cancel(struct worker_pool *p, struct worker_job *job)
{
	pthread_mutex_lock(&p->shared->lock);
	job->cancelled = true;
	pthread_mutex_unlock(&p->shared->lock);
}

void worker_tell(struct worker_job *job)
{
	struct worker_shared *s = job->shared;

	pthread_mutex_lock(&s->lock);
	if (!s->stopping && list_empty(&job->told_link)) {
		list_add_tail(&s->told, &job->told_link);
		ring(s);
	}
	pthread_mutex_unlock(&s->lock);
}
