/* SPDX-License-Identifier: MIT */
/* The loop: timers by a clock of the test's own, deferred calls, signals, lag. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "daemon/io/loop.h"

#define TIMERS 500

static int64_t virtual_ms;

static int64_t virtual_now(void *arg)
{
	return virtual_ms;
}

static const struct loop_clock virtual_clock = {.mono_ms = virtual_now, .wall_ms = virtual_now};

struct note {
	struct loop *loop;
	struct loop_timer timer, *other;
	struct loop_deferred deferred;
	int runs;
	int64_t ran_ms;
	struct note *log[TIMERS + 1]; /* of the first note: who ran, in order */
	size_t log_len;
};

static struct note *order; /* where runs are written down */

static void note_run(void *arg)
{
	struct note *n = arg;

	n->runs++;
	n->ran_ms = loop_now_ms(n->loop);
	if (order != NULL && order->log_len < TIMERS) {
		order->log[order->log_len++] = n;
	}
}

static void note_rearm(void *arg)
{
	note_run(arg);
	loop_timer_start(&((struct note *)arg)->timer, 0);
}

static void note_stop_other(void *arg)
{
	note_run(arg);
	loop_timer_stop(((struct note *)arg)->other);
}

static void loop_timers_fire_in_order_of_a_virtual_clock(void **state)
{
	struct note *notes = calloc(TIMERS, sizeof(*notes));
	struct loop *l;

	virtual_ms = 1000;
	l = loop_create(&virtual_clock);
	srandom(7);
	order = &notes[0];
	for (size_t i = 0; i < TIMERS; i++) {
		notes[i].loop = l;
		loop_timer_init(&notes[i].timer, l, note_run, &notes[i]);
		loop_timer_start(&notes[i].timer, 1 + random() % 10000);
	}
	for (size_t i = 0; i < TIMERS; i += 5) {
		loop_timer_stop(&notes[i].timer);
	}
	for (size_t i = 1; i < TIMERS; i += 5) {
		loop_timer_start(&notes[i].timer, 1 + random() % 10000);
	}
	loop_turn(l, false);
	assert_int_equal(order->log_len, 0);
	virtual_ms += 20000;
	loop_turn(l, false);
	order = NULL;
	assert_int_equal(notes[0].log_len, TIMERS - TIMERS / 5);
	for (size_t i = 1; i < notes[0].log_len; i++) {
		assert_true(notes[0].log[i - 1]->timer.due_ms <= notes[0].log[i]->timer.due_ms);
	}
	loop_destroy(l);
	free(notes);
}

static void loop_timer_waits_for_its_virtual_time(void **state)
{
	struct note n = {0};

	virtual_ms = 0;
	n.loop = loop_create(&virtual_clock);
	loop_timer_init(&n.timer, n.loop, note_run, &n);
	loop_timer_start(&n.timer, 3600 * 1000);
	virtual_ms = 3600 * 1000 - 1;
	loop_turn(n.loop, true);
	assert_int_equal(n.runs, 0);
	assert_true(loop_timer_armed(&n.timer));
	assert_int_equal(loop_timers(n.loop), 1);
	virtual_ms++;
	loop_turn(n.loop, true);
	assert_int_equal(n.runs, 1);
	assert_false(loop_timer_armed(&n.timer));
	assert_int_equal(loop_timers(n.loop), 0);
	loop_destroy(n.loop);
}

static void loop_timer_of_zero_ms_does_not_starve_the_round(void **state)
{
	struct note n = {0};

	n.loop = loop_create(NULL);
	loop_timer_init(&n.timer, n.loop, note_rearm, &n);
	loop_timer_start(&n.timer, 0);
	loop_turn(n.loop, true);
	assert_int_equal(n.runs, 1);
	loop_turn(n.loop, true);
	assert_int_equal(n.runs, 2);
	loop_destroy(n.loop);
	assert_false(loop_timer_armed(&n.timer));
}

static void loop_timer_stopped_by_an_earlier_one_does_not_fire(void **state)
{
	struct note a = {0}, b = {0};

	virtual_ms = 0;
	a.loop = b.loop = loop_create(&virtual_clock);
	a.other = &b.timer;
	loop_timer_init(&a.timer, a.loop, note_stop_other, &a);
	loop_timer_init(&b.timer, a.loop, note_run, &b);
	loop_timer_start(&b.timer, 20);
	loop_timer_start(&a.timer, 10);
	virtual_ms = 100;
	loop_turn(a.loop, false);
	assert_int_equal(a.runs, 1);
	assert_int_equal(b.runs, 0);
	loop_destroy(a.loop);
}

static void loop_timer_stop_is_fine_on_a_zeroed_one(void **state)
{
	struct loop_timer t = {0};

	loop_timer_stop(&t);
	assert_false(loop_timer_armed(&t));
}

static void loop_real_clock_wakes_a_blocking_round_in_time(void **state)
{
	struct note n = {0};
	int64_t start_ms;

	n.loop = loop_create(NULL);
	start_ms = loop_now_ms(n.loop);
	loop_timer_init(&n.timer, n.loop, note_run, &n);
	loop_timer_start(&n.timer, 30);
	while (n.runs == 0) {
		loop_turn(n.loop, true);
	}
	assert_in_range(n.ran_ms - start_ms, 30, 2000);
	loop_destroy(n.loop);
}

static void defer_again(void *arg)
{
	struct note *n = arg;

	note_run(n);
	if (n->runs < 3) {
		loop_defer(n->loop, &n->deferred);
	}
}

static void loop_deferred_runs_once_before_the_loop_sleeps(void **state)
{
	struct note n = {0};

	n.loop = loop_create(NULL);
	loop_deferred_init(&n.deferred, note_run, &n);
	loop_defer(n.loop, &n.deferred);
	loop_defer(n.loop, &n.deferred);
	assert_int_equal(n.runs, 0);
	loop_turn(n.loop, false);
	assert_int_equal(n.runs, 1);
	loop_turn(n.loop, false);
	assert_int_equal(n.runs, 1);
	loop_destroy(n.loop);
}

static void loop_deferred_by_a_deferred_one_needs_no_event_to_run(void **state)
{
	struct note n = {0};

	n.loop = loop_create(NULL);
	loop_deferred_init(&n.deferred, defer_again, &n);
	loop_defer(n.loop, &n.deferred);
	while (n.runs < 3) {
		loop_turn(n.loop, true);
	}
	loop_destroy(n.loop);
}

struct canceller {
	struct note victim;
	struct loop_deferred deferred;
};

static void cancel_victim(void *arg)
{
	loop_deferred_cancel(&((struct canceller *)arg)->victim.deferred);
}

static void loop_deferred_cancelled_by_an_earlier_one_does_not_run(void **state)
{
	struct canceller c = {0};

	c.victim.loop = loop_create(NULL);
	loop_deferred_init(&c.deferred, cancel_victim, &c);
	loop_deferred_init(&c.victim.deferred, note_run, &c.victim);
	loop_defer(c.victim.loop, &c.deferred);
	loop_defer(c.victim.loop, &c.victim.deferred);
	loop_turn(c.victim.loop, false);
	assert_int_equal(c.victim.runs, 0);
	assert_false(c.victim.deferred.queued);
	loop_destroy(c.victim.loop);
}

static void got_signal(void *arg, int signum)
{
	struct note *n = arg;

	n->runs = signum;
	loop_stop(n->loop);
}

static void loop_signal_reaches_its_handler_and_stop_ends_run(void **state)
{
	struct note n = {0};

	n.loop = loop_create(NULL);
	assert_int_equal(loop_signal(n.loop, SIGUSR1, got_signal, &n), 0);
	raise(SIGUSR1);
	assert_int_equal(loop_run(n.loop), 0);
	assert_int_equal(n.runs, SIGUSR1);
	loop_destroy(n.loop);
}

static void take_virtual_time(void *arg)
{
	virtual_ms += 70;
}

static void loop_lag_is_the_longest_stretch_of_timers(void **state)
{
	struct loop *l;
	struct loop_timer t;

	virtual_ms = 0;
	l = loop_create(&virtual_clock);
	loop_timer_init(&t, l, take_virtual_time, NULL);
	loop_timer_start(&t, 0);
	loop_turn(l, false);
	loop_turn(l, false);
	assert_int_equal(loop_lag_max_ms(l, true), 70);
	assert_true(loop_lag_max_ms(l, false) < 70);
	loop_destroy(l);
}

static void burn_cpu(evutil_socket_t fd, short what, void *arg)
{
	clock_t end = clock() + 40 * (CLOCKS_PER_SEC / 1000);
	char byte;

	while (clock() < end) {
	}
	assert_int_equal(read(fd, &byte, 1), 1);
}

static void loop_lag_sees_a_busy_io_callback(void **state)
{
	struct loop *l = loop_create(NULL);
	struct event *ev;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	ev = event_new(loop_base(l), fds[0], EV_READ, burn_cpu, NULL);
	event_add(ev, NULL);
	loop_lag_max_ms(l, true);
	loop_turn(l, true);
	assert_true(loop_lag_max_ms(l, false) >= 35);
	event_free(ev);
	close(fds[0]);
	close(fds[1]);
	loop_destroy(l);
}

static void loop_destroy_cancels_what_is_left(void **state)
{
	struct note n = {0};

	n.loop = loop_create(NULL);
	loop_timer_init(&n.timer, n.loop, note_run, &n);
	loop_timer_start(&n.timer, 0);
	loop_deferred_init(&n.deferred, note_run, &n);
	loop_defer(n.loop, &n.deferred);
	loop_destroy(n.loop);
	assert_int_equal(n.runs, 0);
	assert_false(loop_timer_armed(&n.timer));
	assert_false(n.deferred.queued);
	loop_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(loop_timers_fire_in_order_of_a_virtual_clock),
	    cmocka_unit_test(loop_timer_waits_for_its_virtual_time),
	    cmocka_unit_test(loop_timer_of_zero_ms_does_not_starve_the_round),
	    cmocka_unit_test(loop_timer_stopped_by_an_earlier_one_does_not_fire),
	    cmocka_unit_test(loop_timer_stop_is_fine_on_a_zeroed_one),
	    cmocka_unit_test(loop_real_clock_wakes_a_blocking_round_in_time),
	    cmocka_unit_test(loop_deferred_runs_once_before_the_loop_sleeps),
	    cmocka_unit_test(loop_deferred_by_a_deferred_one_needs_no_event_to_run),
	    cmocka_unit_test(loop_deferred_cancelled_by_an_earlier_one_does_not_run),
	    cmocka_unit_test(loop_signal_reaches_its_handler_and_stop_ends_run),
	    cmocka_unit_test(loop_lag_is_the_longest_stretch_of_timers),
	    cmocka_unit_test(loop_lag_sees_a_busy_io_callback),
	    cmocka_unit_test(loop_destroy_cancels_what_is_left),
	};
	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
