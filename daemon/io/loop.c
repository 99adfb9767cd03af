/* SPDX-License-Identifier: MIT */
/* The event loop: timers in ms on an injectable clock, deferred calls, signals, over one libevent
 * base. */
#include "daemon/io/loop.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <time.h>

/* With a clock of its own a test decides when timers are due; a blocking round then waits for
 * input in short slices, because real time says nothing about the next timer. */
#define SLICE_MS 5
/* What happened before the machine was started has a time, too: that of a kept state. 30 years. */
#define MONO_BASE_MS (INT64_C(30) * 365 * 24 * 3600 * 1000)

struct loop_sig {
	struct list link;
	struct event ev;
	void (*fn)(void *arg, int signum);
	void *arg;
};

/* What is compared stands here: the timers of thousands lie all over the memory. */
struct heap_place {
	int64_t due_ms;
	struct loop_timer *timer;
};

struct loop {
	struct event_base *base;
	struct event tick;	    /* wakes the base for the next timer */
	struct heap_place *heap;    /* 1-based: heap[1] is due first */
	size_t heap_len, heap_size; /* heap_size counts slot 0 */
	struct list deferred, sigs;
	struct loop_clock clock;
	bool virtual_clock, stopping, failed;
	int64_t lag_max_ms, cpu_ms;
};

static int64_t clock_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t real_mono_ms(void *arg)
{
	return MONO_BASE_MS + clock_ms(CLOCK_MONOTONIC);
}

static int64_t real_wall_ms(void *arg)
{
	return clock_ms(CLOCK_REALTIME);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	/* Only there to end the wait: loop_turn looks at the heap itself. */
}

static struct event_base *base_create(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config != NULL) {
		event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
		base = event_base_new_with_config(config);
		event_config_free(config);
	}
	return base;
}

struct loop *loop_create(const struct loop_clock *clock)
{
	struct event_base *base = base_create();
	struct loop *l;

	if (base == NULL) {
		return NULL;
	}
	l = xcalloc(1, sizeof(*l));
	l->base = base;
	l->clock.mono_ms = clock != NULL ? clock->mono_ms : real_mono_ms;
	l->clock.wall_ms = clock != NULL ? clock->wall_ms : real_wall_ms;
	l->clock.arg = clock != NULL ? clock->arg : NULL;
	l->virtual_clock = clock != NULL;
	l->cpu_ms = clock_ms(CLOCK_THREAD_CPUTIME_ID);
	list_init(&l->deferred);
	list_init(&l->sigs);
	event_assign(&l->tick, base, -1, 0, on_tick, NULL);
	return l;
}

void loop_destroy(struct loop *l)
{
	struct list *pos, *tmp;

	if (l == NULL) {
		return;
	}
	while (l->heap_len > 0) {
		loop_timer_stop(l->heap[1].timer);
	}
	list_for_each (pos, tmp, &l->deferred) {
		loop_deferred_cancel(container_of(pos, struct loop_deferred, link));
	}
	list_for_each (pos, tmp, &l->sigs) {
		struct loop_sig *s = container_of(pos, struct loop_sig, link);

		event_del(&s->ev);
		free(s);
	}
	event_del(&l->tick);
	event_base_free(l->base);
	free(l->heap);
	free(l);
}

struct event_base *loop_base(struct loop *l)
{
	return l->base;
}

int64_t loop_now_ms(const struct loop *l)
{
	return l->clock.mono_ms(l->clock.arg);
}

int64_t loop_wall_ms(const struct loop *l)
{
	return l->clock.wall_ms(l->clock.arg);
}

int64_t loop_boot_ms(const struct loop *l)
{
	return l->virtual_clock ? loop_now_ms(l) : clock_ms(CLOCK_BOOTTIME);
}

int64_t loop_lag_max_ms(struct loop *l, bool reset)
{
	int64_t lag_ms = l->lag_max_ms;

	if (reset) {
		l->lag_max_ms = 0;
	}
	return lag_ms;
}

static void lag_note(struct loop *l, int64_t stretch_ms)
{
	if (stretch_ms > l->lag_max_ms) {
		l->lag_max_ms = stretch_ms;
	}
}

static void heap_put(struct loop *l, size_t i, struct heap_place place)
{
	l->heap[i] = place;
	place.timer->heap_index = i;
}

static void heap_up(struct loop *l, size_t i, struct heap_place place)
{
	while (i > 1 && l->heap[i / 2].due_ms > place.due_ms) {
		heap_put(l, i, l->heap[i / 2]);
		i /= 2;
	}
	heap_put(l, i, place);
}

static void heap_down(struct loop *l, size_t i, struct heap_place place)
{
	size_t child;

	while ((child = 2 * i) <= l->heap_len) {
		if (child < l->heap_len && l->heap[child + 1].due_ms < l->heap[child].due_ms) {
			child++;
		}
		if (l->heap[child].due_ms >= place.due_ms) {
			break;
		}
		heap_put(l, i, l->heap[child]);
		i = child;
	}
	heap_put(l, i, place);
}

void loop_timer_init(struct loop_timer *t, struct loop *l, void (*fn)(void *arg), void *arg)
{
	*t = (struct loop_timer){.loop = l, .fn = fn, .arg = arg};
}

void loop_timer_start(struct loop_timer *t, int64_t delay_ms)
{
	struct loop *l = t->loop;

	loop_timer_stop(t);
	t->due_ms = loop_now_ms(l) + (delay_ms > 0 ? delay_ms : 0);
	if (l->heap_len + 1 >= l->heap_size) {
		l->heap_size = l->heap_size > 0 ? 2 * l->heap_size : 64;
		l->heap = xrealloc(l->heap, l->heap_size * sizeof(*l->heap));
	}
	l->heap_len++;
	heap_up(l, l->heap_len, (struct heap_place){t->due_ms, t});
}

void loop_timer_stop(struct loop_timer *t)
{
	struct loop *l = t->loop;
	size_t i = t->heap_index;
	struct heap_place last;

	if (i == 0) {
		return;
	}
	t->heap_index = 0;
	last = l->heap[l->heap_len--];
	if (last.timer == t) {
		return;
	}
	if (i > 1 && l->heap[i / 2].due_ms > last.due_ms) {
		heap_up(l, i, last);
	} else {
		heap_down(l, i, last);
	}
}

bool loop_timer_armed(const struct loop_timer *t)
{
	return t->heap_index != 0;
}

size_t loop_timers(const struct loop *l)
{
	return l->heap_len;
}

/* As many as were armed at the start: a timer that re-arms itself with 0 ms starves nobody. */
static void run_timers(struct loop *l)
{
	int64_t now_ms = loop_now_ms(l);

	if (l->heap_len == 0 || l->heap[1].due_ms > now_ms) {
		return;
	}
	if (!l->virtual_clock) {
		/* Late by as much as something else held the loop. */
		lag_note(l, now_ms - l->heap[1].due_ms);
	}
	for (size_t budget = l->heap_len; budget > 0 && l->heap_len > 0; budget--) {
		struct loop_timer *t = l->heap[1].timer;

		if (t->due_ms > now_ms) {
			break;
		}
		loop_timer_stop(t);
		t->fn(t->arg);
	}
	lag_note(l, loop_now_ms(l) - now_ms);
}

void loop_deferred_init(struct loop_deferred *d, void (*fn)(void *arg), void *arg)
{
	*d = (struct loop_deferred){.fn = fn, .arg = arg};
	list_init(&d->link);
}

void loop_defer(struct loop *l, struct loop_deferred *d)
{
	if (!d->queued) {
		d->queued = true;
		list_add_tail(&l->deferred, &d->link);
	}
}

void loop_deferred_cancel(struct loop_deferred *d)
{
	if (d->queued) {
		d->queued = false;
		list_del(&d->link);
	}
}

/* What is deferred meanwhile runs in the next round, so that input is never starved. */
static void run_deferred(struct loop *l)
{
	struct list batch;

	if (list_empty(&l->deferred)) {
		return;
	}
	batch = l->deferred;
	batch.next->prev = &batch;
	batch.prev->next = &batch;
	list_init(&l->deferred);
	while (!list_empty(&batch)) {
		struct loop_deferred *d = container_of(batch.next, struct loop_deferred, link);

		loop_deferred_cancel(d);
		d->fn(d->arg);
	}
}

/* How long the base may sleep: 0 = look only, -1 = until something happens. */
static int64_t wait_ms(struct loop *l, bool block)
{
	int64_t left_ms = -1;

	if (!block || l->stopping || !list_empty(&l->deferred)) {
		return 0;
	}
	if (l->heap_len > 0) {
		left_ms = l->heap[1].due_ms - loop_now_ms(l);
		if (left_ms <= 0) {
			return 0;
		}
	}
	return l->virtual_clock ? SLICE_MS : left_ms;
}

static void wait_for_events(struct loop *l, int64_t timeout_ms)
{
	struct timeval tv = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
	int flags = timeout_ms == 0 ? EVLOOP_NONBLOCK : EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY;

	if (timeout_ms > 0) {
		event_add(&l->tick, &tv);
	}
	if (event_base_loop(l->base, flags) < 0) {
		l->failed = true;
	}
	if (timeout_ms > 0) {
		event_del(&l->tick);
	}
}

/* libevent does not tell how long it slept, so the stretch of its callbacks is taken from the CPU
 * time they used; one that blocks instead shows as a late timer. */
static void lag_note_cpu(struct loop *l)
{
	int64_t cpu_ms = clock_ms(CLOCK_THREAD_CPUTIME_ID);

	lag_note(l, cpu_ms - l->cpu_ms);
	l->cpu_ms = cpu_ms;
}

void loop_turn(struct loop *l, bool block)
{
	bool idle = list_empty(&l->deferred);

	run_deferred(l);
	wait_for_events(l, wait_ms(l, block && idle));
	run_timers(l);
	run_deferred(l);
	lag_note_cpu(l);
}

int loop_run(struct loop *l)
{
	l->stopping = false;
	l->failed = false;
	while (!l->stopping && !l->failed) {
		loop_turn(l, true);
	}
	return l->failed ? -EIO : 0;
}

void loop_stop(struct loop *l)
{
	l->stopping = true;
}

static void on_signal(evutil_socket_t signum, short what, void *arg)
{
	struct loop_sig *s = arg;

	s->fn(s->arg, (int)signum);
}

int loop_signal(struct loop *l, int signum, void (*fn)(void *arg, int signum), void *arg)
{
	struct loop_sig *s = xcalloc(1, sizeof(*s));

	s->fn = fn;
	s->arg = arg;
	if (evsignal_assign(&s->ev, l->base, signum, on_signal, s) != 0 ||
	    evsignal_add(&s->ev, NULL) != 0) {
		free(s);
		return -EINVAL;
	}
	list_add_tail(&l->sigs, &s->link);
	return 0;
}
