/* SPDX-License-Identifier: MIT */
/* Blocking work in threads: what it tells arrives on the loop before its end, and nobody is freed
 * under somebody else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#include "daemon/io/loop.h"
#include "daemon/io/worker.h"

struct work {
	struct worker_job job;
	struct rig *rig;
	sem_t proceed;
	unsigned tells; /* how often run tells, one after each proceed */
};

struct rig {
	struct loop *loop;
	struct worker_pool *pool;
	char seen[16]; /* t = told, d = done, x = dropped */
	sem_t dropped;
	pthread_t main;
	bool destroy_in_told, cancel_in_told;
};

static void note(struct rig *r, char what)
{
	size_t len = strlen(r->seen);

	assert_true(len + 1 < sizeof(r->seen));
	r->seen[len] = what;
}

static void run(struct worker_job *job)
{
	struct work *w = container_of(job, struct work, job);

	for (unsigned i = 0; i < w->tells; i++) {
		worker_tell(job);
		sem_wait(&w->proceed);
	}
}

static void work_free(struct work *w)
{
	sem_destroy(&w->proceed);
	memset(w, 0xee, sizeof(*w));
	free(w);
}

static void on_done(struct worker_job *job)
{
	struct work *w = container_of(job, struct work, job);

	note(w->rig, 'd');
	work_free(w);
}

static void on_drop(struct worker_job *job)
{
	struct work *w = container_of(job, struct work, job);
	struct rig *r = w->rig;

	work_free(w);
	sem_post(&r->dropped);
}

static void on_told(struct worker_job *job)
{
	struct work *w = container_of(job, struct work, job);
	struct rig *r = w->rig;

	assert_true(pthread_equal(pthread_self(), r->main));
	note(r, 't');
	if (r->cancel_in_told) {
		worker_cancel(r->pool, job);
	}
	if (r->destroy_in_told) {
		worker_pool_destroy(TAKE(r->pool));
	}
	/* The thread may end now: the job is still ours until told returns. */
	sem_post(&w->proceed);
	for (int i = 0; i < 100; i++) {
		sched_yield();
	}
	assert_ptr_equal(w->rig, r);
}

static int setup(void **state)
{
	struct rig *r = xcalloc(1, sizeof(*r));

	r->loop = loop_create(NULL);
	r->pool = worker_pool_create(r->loop, 2);
	r->main = pthread_self();
	sem_init(&r->dropped, 0, 0);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct rig *r = *state;

	worker_pool_destroy(r->pool);
	loop_destroy(r->loop);
	sem_destroy(&r->dropped);
	free(r);
	return 0;
}

static void submit(struct rig *r, unsigned tells)
{
	struct work *w = xcalloc(1, sizeof(*w));

	w->rig = r;
	w->tells = tells;
	w->job.run = run;
	w->job.done = on_done;
	w->job.drop = on_drop;
	w->job.told = on_told;
	sem_init(&w->proceed, 0, 0);
	worker_submit(r->pool, &w->job);
}

static void what_a_job_tells_arrives_before_its_end(void **state)
{
	struct rig *r = *state;

	submit(r, 3);
	while (strchr(r->seen, 'd') == NULL) {
		loop_turn(r->loop, true);
	}
	assert_string_equal(r->seen, "tttd");
}

static void cancelled_while_it_is_heard_is_dropped_afterwards(void **state)
{
	struct rig *r = *state;

	r->cancel_in_told = true;
	submit(r, 1);
	while (r->seen[0] == '\0') {
		loop_turn(r->loop, true);
	}
	sem_wait(&r->dropped);
	assert_string_equal(r->seen, "t");
}

static void pool_may_go_while_a_job_is_heard(void **state)
{
	struct rig *r = *state;

	r->destroy_in_told = true;
	submit(r, 1);
	while (r->pool != NULL) {
		loop_turn(r->loop, true);
	}
	sem_wait(&r->dropped);
	assert_string_equal(r->seen, "t");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		what_a_job_tells_arrives_before_its_end, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		cancelled_while_it_is_heard_is_dropped_afterwards, setup, teardown),
	    cmocka_unit_test_setup_teardown(pool_may_go_while_a_job_is_heard, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
