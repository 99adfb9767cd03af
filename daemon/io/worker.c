/* SPDX-License-Identifier: MIT */
/* Threads for what cannot but block; results arrive on the loop. */
#include "daemon/io/worker.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>

#include "daemon/io/loop.h"

/* Enough for getaddrinfo with any name service module. */
#define STACK_BYTES (512 * 1024)

/* What pool and threads have in common. It outlives the pool when a thread is stuck in its job. */
struct shared {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct list waiting, finished;
	unsigned refs, threads, idle;
	bool stopping;
	int fd; /* readable while finished holds something */
};

struct worker_pool {
	struct shared *shared;
	struct event ev;
	unsigned threads_max;
};

static void drop_all(struct list *jobs)
{
	while (!list_empty(jobs)) {
		struct worker_job *job = container_of(jobs->next, struct worker_job, link);

		list_del(&job->link);
		job->drop(job);
	}
}

/* Called with the lock held; gives it back. */
static void shared_unref(struct shared *s)
{
	bool last = --s->refs == 0;

	pthread_mutex_unlock(&s->lock);
	if (last) {
		close(s->fd);
		pthread_cond_destroy(&s->wake);
		pthread_mutex_destroy(&s->lock);
		free(s);
	}
}

/* Called with the lock held. */
static void hand_back(struct shared *s, struct worker_job *job)
{
	uint64_t one = 1;

	if (job->cancelled || s->stopping) {
		job->drop(job);
		return;
	}
	list_add_tail(&s->finished, &job->link);
	if (write(s->fd, &one, sizeof(one)) < 0) {
		/* Full means readable already: the loop comes in any case. */
		return;
	}
}

static void *work(void *arg)
{
	struct shared *s = arg;

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
		if (!job->cancelled) {
			pthread_mutex_unlock(&s->lock);
			job->run(job);
			pthread_mutex_lock(&s->lock);
		}
		hand_back(s, job);
	}
	shared_unref(s);
	return NULL;
}

/* Called with the lock held. A refused thread is no fault while another one lives. */
static void thread_start(struct shared *s)
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

static struct worker_job *next_finished(struct shared *s)
{
	struct worker_job *job = NULL;

	pthread_mutex_lock(&s->lock);
	if (!list_empty(&s->finished)) {
		job = container_of(s->finished.next, struct worker_job, link);
		list_del(&job->link);
	}
	pthread_mutex_unlock(&s->lock);
	return job;
}

static void on_finished(evutil_socket_t fd, short what, void *arg)
{
	struct worker_pool *p = arg;
	struct shared *s = p->shared;
	struct worker_job *job;
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN) {
		return;
	}
	pthread_mutex_lock(&s->lock);
	s->refs++; /* a done may destroy the pool */
	pthread_mutex_unlock(&s->lock);
	while ((job = next_finished(s)) != NULL) {
		if (job->cancelled) {
			job->drop(job);
		} else {
			job->done(job);
		}
	}
	pthread_mutex_lock(&s->lock);
	shared_unref(s);
}

struct worker_pool *worker_pool_create(struct loop *l, unsigned threads)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct worker_pool *p;
	struct shared *s;

	if (fd < 0) {
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->wake, NULL);
	list_init(&s->waiting);
	list_init(&s->finished);
	s->refs = 1;
	s->fd = fd;
	p = xcalloc(1, sizeof(*p));
	p->shared = s;
	p->threads_max = threads;
	event_assign(&p->ev, loop_base(l), fd, EV_READ | EV_PERSIST, on_finished, p);
	event_add(&p->ev, NULL);
	return p;
}

void worker_pool_destroy(struct worker_pool *p)
{
	struct shared *s;

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
	shared_unref(s);
}

void worker_submit(struct worker_pool *p, struct worker_job *job)
{
	struct shared *s = p->shared;

	job->cancelled = false;
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
