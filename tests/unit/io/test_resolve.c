/* SPDX-License-Identifier: MIT */
/* Names to addresses: answers come later and on the loop, nothing waits for a stuck look-up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "daemon/io/loop.h"
#include "daemon/io/resolve.h"

static sem_t stuck_entered, stuck_release, stuck_left;
static bool signals_blocked;
static pthread_t lookup_thread;

/* Stands in for the C library's: names of this test are answered here, numbers by the real one. */
int getaddrinfo(
    const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **ret)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
	    (__typeof__(real))dlsym(RTLD_NEXT, "getaddrinfo");
	sigset_t mask;
	int rc;

	if (strstr(host, ".test") == NULL) {
		return real(host, service, hints, ret);
	}
	if (hints->ai_flags & AI_NUMERICHOST) {
		return EAI_NONAME;
	}
	lookup_thread = pthread_self();
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	signals_blocked = sigismember(&mask, SIGTERM) && sigismember(&mask, SIGHUP);
	if (strcmp(host, "missing.test") == 0) {
		return EAI_NONAME;
	}
	if (strcmp(host, "both.test") == 0) {
		rc = real("2001:db8::7", service, hints, ret);
		return rc != 0 ? rc : real("192.0.2.7", service, hints, &(*ret)->ai_next);
	}
	if (strcmp(host, "stuck.test") == 0) {
		sem_post(&stuck_entered);
		sem_wait(&stuck_release);
	}
	rc = real("192.0.2.7", service, hints, ret);
	if (strcmp(host, "stuck.test") == 0) {
		sem_post(&stuck_left);
	}
	return rc;
}

struct answer {
	struct loop *loop;
	struct resolver *resolver;
	int calls;
	char address[64], error[128];
	bool destroys;
};

static void note_answer(void *arg, const char *address, const char *error)
{
	struct answer *a = arg;

	a->calls++;
	assert_true((address == NULL) != (error == NULL));
	str_copy(a->address, sizeof(a->address), address != NULL ? address : "");
	str_copy(a->error, sizeof(a->error), error != NULL ? error : "");
	if (a->destroys) {
		resolver_destroy(TAKE(a->resolver));
	}
}

static int setup(void **state)
{
	struct answer *a = xcalloc(1, sizeof(*a));

	a->loop = loop_create(NULL);
	a->resolver = resolver_create(a->loop);
	*state = a;
	return 0;
}

static int teardown(void **state)
{
	struct answer *a = *state;

	resolver_destroy(a->resolver);
	loop_destroy(a->loop);
	free(a);
	return 0;
}

static void wait_for(struct answer *a, int calls)
{
	struct loop_timer deadline;

	loop_timer_init(&deadline, a->loop, (void (*)(void *))abort, NULL);
	loop_timer_start(&deadline, 5000);
	while (a->calls < calls) {
		loop_turn(a->loop, true);
	}
	loop_timer_stop(&deadline);
}

static void resolve_numeric_host_needs_no_thread_but_answers_later(void **state)
{
	struct answer *a = *state;

	memset(&lookup_thread, 0, sizeof(lookup_thread));
	assert_non_null(resolve_start(a->resolver, "10.0.0.9", note_answer, a));
	assert_int_equal(a->calls, 0);
	wait_for(a, 1);
	assert_string_equal(a->address, "10.0.0.9");
	assert_non_null(resolve_start(a->resolver, "fe80::1%lo", note_answer, a));
	wait_for(a, 2);
	assert_string_equal(a->address, "fe80::1%lo");
	assert_int_equal(lookup_thread, 0);
}

static void resolve_name_is_looked_up_in_a_thread_without_signals(void **state)
{
	struct answer *a = *state;

	assert_non_null(resolve_start(a->resolver, "name.test", note_answer, a));
	assert_int_equal(a->calls, 0);
	wait_for(a, 1);
	assert_string_equal(a->address, "192.0.2.7");
	assert_false(pthread_equal(lookup_thread, pthread_self()));
	assert_true(signals_blocked);
}

static void resolve_of_both_families_takes_the_older(void **state)
{
	struct answer *a = *state;

	assert_non_null(resolve_start(a->resolver, "both.test", note_answer, a));
	wait_for(a, 1);
	assert_string_equal(a->address, "192.0.2.7");
}

static void resolve_failure_says_why(void **state)
{
	struct answer *a = *state;

	resolve_start(a->resolver, "missing.test", note_answer, a);
	wait_for(a, 1);
	assert_string_equal(a->error, gai_strerror(EAI_NONAME));
}

static void resolve_cancelled_requests_are_never_answered(void **state)
{
	struct answer *a = *state;
	struct answer other = {.loop = a->loop};

	resolve_cancel(resolve_start(a->resolver, "10.0.0.9", note_answer, &other));
	resolve_cancel(resolve_start(a->resolver, "name.test", note_answer, &other));
	resolve_cancel(NULL);
	/* Both threads finish this before they may take a third name: the cancelled is behind. */
	for (int i = 1; i <= 4; i++) {
		resolve_start(a->resolver, "name.test", note_answer, a);
	}
	wait_for(a, 4);
	assert_int_equal(other.calls, 0);
}

static void resolve_second_thread_serves_while_the_first_is_stuck(void **state)
{
	struct answer *a = *state;
	struct answer stuck = {.loop = a->loop};

	resolve_start(a->resolver, "stuck.test", note_answer, &stuck);
	sem_wait(&stuck_entered);
	resolve_start(a->resolver, "name.test", note_answer, a);
	wait_for(a, 1);
	assert_int_equal(stuck.calls, 0);
	sem_post(&stuck_release);
	sem_wait(&stuck_left);
	wait_for(&stuck, 1);
	assert_string_equal(stuck.address, "192.0.2.7");
}

static void resolver_destroy_does_not_wait_for_a_stuck_lookup(void **state)
{
	struct answer *a = *state;

	resolve_start(a->resolver, "stuck.test", note_answer, a);
	sem_wait(&stuck_entered);
	resolve_start(a->resolver, "name.test", note_answer, a);
	resolver_destroy(TAKE(a->resolver));
	sem_post(&stuck_release);
	sem_wait(&stuck_left);
	loop_turn(a->loop, false);
	assert_int_equal(a->calls, 0);
}

static void resolver_destroyed_in_an_answer_ends_the_others(void **state)
{
	struct answer *a = *state;
	struct answer other = {.loop = a->loop};

	a->destroys = true;
	resolve_start(a->resolver, "10.0.0.9", note_answer, a);
	resolve_start(a->resolver, "10.0.0.10", note_answer, &other);
	resolve_start(a->resolver, "name.test", note_answer, &other);
	wait_for(a, 1);
	for (int i = 0; i < 3; i++) {
		loop_turn(a->loop, false);
	}
	assert_int_equal(other.calls, 0);
}

static void resolver_destroyed_in_an_answer_from_a_thread_is_fine(void **state)
{
	struct answer *a = *state;

	a->destroys = true;
	resolve_start(a->resolver, "name.test", note_answer, a);
	wait_for(a, 1);
	assert_null(a->resolver);
}

static void resolve_is_numeric_takes_whole_addresses_only(void **state)
{
	assert_true(resolve_is_numeric("192.168.1.4"));
	assert_true(resolve_is_numeric("::1"));
	assert_false(resolve_is_numeric("10.1"));
	assert_false(resolve_is_numeric("0x7f000001"));
	assert_false(resolve_is_numeric("name.test"));
	assert_false(resolve_is_numeric(""));
}

#define WITH_RESOLVER(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_RESOLVER(resolve_numeric_host_needs_no_thread_but_answers_later),
	    WITH_RESOLVER(resolve_name_is_looked_up_in_a_thread_without_signals),
	    WITH_RESOLVER(resolve_of_both_families_takes_the_older),
	    WITH_RESOLVER(resolve_failure_says_why),
	    WITH_RESOLVER(resolve_cancelled_requests_are_never_answered),
	    WITH_RESOLVER(resolve_second_thread_serves_while_the_first_is_stuck),
	    WITH_RESOLVER(resolver_destroy_does_not_wait_for_a_stuck_lookup),
	    WITH_RESOLVER(resolver_destroyed_in_an_answer_ends_the_others),
	    WITH_RESOLVER(resolver_destroyed_in_an_answer_from_a_thread_is_fine),
	    cmocka_unit_test(resolve_is_numeric_takes_whole_addresses_only),
	};

	sem_init(&stuck_entered, 0, 0);
	sem_init(&stuck_release, 0, 0);
	sem_init(&stuck_left, 0, 0);
	return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
