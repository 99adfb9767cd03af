/* SPDX-License-Identifier: MIT */
/* Change bits merge until the flush; the event ring keeps what must be kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "daemon/model/hub.h"

struct probe {
	struct hub *hub;
	struct hub_slot *mark;	    /* marked once from within changed */
	struct hub_observer *leave; /* leaves from within changed */
	unsigned changes, events, flushes, wakes;
	void *owner;
	uint32_t bits;
	uint64_t seq;
};

static void on_changed(void *arg, void *owner, uint32_t bits)
{
	struct probe *p = arg;

	p->changes++;
	p->owner = owner;
	p->bits = bits;
	if (p->mark != NULL) {
		hub_mark(p->hub, TAKE(p->mark), 8);
	}
	if (p->leave != NULL) {
		hub_unobserve(p->hub, TAKE(p->leave));
	}
}

static void on_event(void *arg, const struct hub_event *e)
{
	struct probe *p = arg;

	p->events++;
	p->seq = e->seq;
}

static void on_flushed(void *arg)
{
	((struct probe *)arg)->flushes++;
}

static void on_wake(void *arg)
{
	((struct probe *)arg)->wakes++;
}

static void hub_merges_marks_until_the_flush(void **state)
{
	struct probe p = {0};
	struct hub *h = hub_create(1, 1, on_wake, &p);
	struct hub_observer o = {.changed = on_changed, .flushed = on_flushed, .arg = &p};
	struct hub_slot slot;
	int owner;

	hub_observe(h, &o);
	hub_slot_init(&slot, &owner);
	hub_mark(h, &slot, 0);
	assert_int_equal(p.wakes, 0);
	hub_mark(h, &slot, 1);
	hub_mark(h, &slot, 4);
	assert_int_equal(p.wakes, 1);
	assert_int_equal(p.changes, 0);
	hub_flush(h);
	assert_int_equal(p.changes, 1);
	assert_int_equal(p.bits, 5);
	assert_ptr_equal(p.owner, &owner);
	assert_int_equal(p.flushes, 1);
	hub_flush(h);
	assert_int_equal(p.changes, 1);
	assert_int_equal(p.flushes, 1);
	hub_slot_finish(h, &slot);
	hub_destroy(h);
}

static void hub_mark_during_a_flush_waits_for_the_next(void **state)
{
	struct probe p = {0};
	struct hub *h = hub_create(1, 1, on_wake, &p);
	struct hub_observer o = {.changed = on_changed, .arg = &p};
	struct hub_slot slot;

	p.hub = h;
	hub_observe(h, &o);
	hub_slot_init(&slot, NULL);
	p.mark = &slot;
	hub_mark(h, &slot, 1);
	hub_flush(h);
	assert_int_equal(p.changes, 1);
	assert_int_equal(p.wakes, 2);
	hub_flush(h);
	assert_int_equal(p.changes, 2);
	assert_int_equal(p.bits, 8);
	hub_slot_finish(h, &slot);
	hub_destroy(h);
}

static void hub_forgets_a_finished_slot(void **state)
{
	struct probe p = {0};
	struct hub *h = hub_create(1, 1, NULL, NULL);
	struct hub_observer o = {.changed = on_changed, .arg = &p};
	struct hub_slot slot;

	hub_observe(h, &o);
	hub_slot_init(&slot, NULL);
	hub_mark(h, &slot, 1);
	hub_slot_finish(h, &slot);
	hub_flush(h);
	assert_int_equal(p.changes, 0);
	hub_destroy(h);
}

static void hub_observer_may_leave_while_called(void **state)
{
	struct probe a = {0}, b = {0};
	struct hub *h = hub_create(1, 1, NULL, NULL);
	struct hub_observer first = {.changed = on_changed, .arg = &a};
	struct hub_observer second = {.changed = on_changed, .event = on_event, .arg = &b};
	struct hub_slot slot;

	a.hub = h;
	a.leave = &second;
	hub_observe(h, &first);
	hub_observe(h, &second);
	hub_slot_init(&slot, NULL);
	hub_mark(h, &slot, 1);
	hub_flush(h);
	assert_int_equal(a.changes, 1);
	assert_int_equal(b.changes, 0);
	hub_event(h, EVENT_PRINT_STARTED, NULL, NULL, NULL, 0);
	assert_int_equal(b.events, 0);
	hub_slot_finish(h, &slot);
	hub_destroy(h);
}

static void hub_events_are_heard_at_once_and_numbered(void **state)
{
	struct probe p = {0};
	struct hub *h = hub_create(77, 100, NULL, NULL);
	struct hub_observer o = {.event = on_event, .arg = &p};
	const struct hub_event *e;

	hub_observe(h, &o);
	assert_int_equal(hub_epoch(h), 77);
	assert_int_equal(hub_last_seq(h), 99);
	assert_int_equal(hub_first_seq(h), 100);
	assert_null(hub_next(h, 0));
	assert_int_equal(hub_event(h, EVENT_PRINT_STARTED, "one", "S1", "{\"a\":1}", 5), 100);
	assert_int_equal(hub_event(h, EVENT_DAEMON_STARTED, NULL, NULL, NULL, 6), 101);
	assert_int_equal(p.events, 2);
	assert_int_equal(p.seq, 101);
	e = hub_next(h, 0);
	assert_int_equal(e->seq, 100);
	assert_string_equal(e->printer, "one");
	assert_string_equal(e->serial, "S1");
	assert_string_equal(e->data, "{\"a\":1}");
	assert_int_equal(e->wall_ms, 5);
	e = hub_next(h, 100);
	assert_null(e->printer);
	assert_string_equal(e->data, "{}");
	assert_null(hub_next(h, 101));
	assert_int_equal(hub_first_seq(h), 100);
	hub_destroy(h);
}

static void hub_drops_the_oldest_that_need_not_be_kept(void **state)
{
	struct hub *h = hub_create(1, 1, NULL, NULL);
	const struct hub_event *e;
	int i;

	assert_true(event_kept(EVENT_PRINT_FAILED));
	assert_false(event_kept(EVENT_LIGHT_CHANGED));
	hub_event(h, EVENT_PRINT_FAILED, "one", NULL, NULL, 0); /* 1 */
	for (i = 0; i < HUB_EVENTS_MAX - 1; i++) {
		hub_event(h, EVENT_LIGHT_CHANGED, "one", NULL, NULL, 0);
	}
	hub_event(h, EVENT_LIGHT_CHANGED, "one", NULL, NULL, 0); /* drops 2 */
	assert_int_equal(hub_first_seq(h), 1);
	e = hub_next(h, 1);
	assert_int_equal(e->seq, 3);
	for (i = 0; i < HUB_EVENTS_MAX - 1; i++) {
		hub_event(h, EVENT_PRINT_FAILED, "one", NULL, NULL, 0);
	}
	assert_int_equal(hub_first_seq(h), 1);
	hub_event(h, EVENT_PRINT_FAILED, "one", NULL, NULL, 0);
	assert_int_equal(hub_first_seq(h), HUB_EVENTS_MAX + 2); /* nothing unkept is left */
	hub_destroy(h);
}

static void hub_ring_is_bounded_in_bytes(void **state)
{
	struct hub *h = hub_create(1, 1, NULL, NULL);
	_cleanup_free_ char *data = xmalloc(64 * 1024);
	int i;

	memset(data, ' ', 64 * 1024);
	memcpy(data, "{}", 2);
	data[64 * 1024 - 1] = '\0';
	for (i = 0; i < 200; i++) {
		hub_event(h, EVENT_PRINT_LAYER, NULL, NULL, data, 0);
	}
	assert_in_range(200 - hub_first_seq(h), HUB_EVENT_BYTES_MAX / (64 * 1024) - 4,
	    HUB_EVENT_BYTES_MAX / (64 * 1024));
	hub_destroy(h);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hub_merges_marks_until_the_flush),
	    cmocka_unit_test(hub_mark_during_a_flush_waits_for_the_next),
	    cmocka_unit_test(hub_forgets_a_finished_slot),
	    cmocka_unit_test(hub_observer_may_leave_while_called),
	    cmocka_unit_test(hub_events_are_heard_at_once_and_numbered),
	    cmocka_unit_test(hub_drops_the_oldest_that_need_not_be_kept),
	    cmocka_unit_test(hub_ring_is_bounded_in_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
