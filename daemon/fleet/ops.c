/* SPDX-License-Identifier: MIT */
/* The list of operations: those that ended are forgotten in order. */
#include "daemon/fleet/ops.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "daemon/io/loop.h"

struct ops {
	struct loop *loop;
	struct list all, ended; /* in the order of their begin, of their end */
	size_t ended_count;
	uint64_t last;
	struct loop_timer forget;
};

static const char *const stage_words[] = {
    [OP_STAGE_QUEUED] = "queued",
    [OP_STAGE_SENT] = "sent",
    [OP_STAGE_ACKED] = "acked",
    [OP_STAGE_EFFECTIVE] = "effective",
};
static_assert(ARRAY_SIZE(stage_words) == OP_STAGE_COUNT, "one word per stage");

const char *op_stage_word(enum op_stage stage)
{
	assert((unsigned)stage < OP_STAGE_COUNT);
	return stage_words[stage];
}

enum op_stage op_stage_by_word(const char *word)
{
	int i;

	for (i = 0; i < OP_STAGE_COUNT && strcmp(stage_words[i], word) != 0; i++) {
		;
	}
	return (enum op_stage)i;
}

static struct op *op_of(struct list *pos)
{
	return container_of(pos, struct op, link);
}

static struct op *first_ended(const struct ops *o)
{
	return container_of(o->ended.next, struct op, end_link);
}

static void op_free(struct op *op)
{
	list_del(&op->link);
	list_del(&op->end_link);
	free(op->printer);
	free(op->path);
	free(op->job);
	free(op);
}

static void drop_first(struct ops *o)
{
	op_free(first_ended(o));
	o->ended_count--;
}

static void on_forget(void *arg)
{
	struct ops *o = arg;
	int64_t now_ms = loop_now_ms(o->loop);

	while (!list_empty(&o->ended)) {
		int64_t left_ms = first_ended(o)->ended_ms + OPS_KEEP_MS - now_ms;

		if (left_ms > 0) {
			loop_timer_start(&o->forget, left_ms);
			return;
		}
		drop_first(o);
	}
}

struct ops *ops_create(struct loop *l)
{
	struct ops *o = xcalloc(1, sizeof(*o));

	o->loop = l;
	list_init(&o->all);
	list_init(&o->ended);
	loop_timer_init(&o->forget, l, on_forget, o);
	return o;
}

void ops_destroy(struct ops *o)
{
	if (!o) {
		return;
	}
	loop_timer_stop(&o->forget);
	while (!list_empty(&o->all)) {
		op_free(op_of(o->all.next));
	}
	free(o);
}

struct op *ops_begin(struct ops *o, const char *method, const char *printer)
{
	struct op *op = xcalloc(1, sizeof(*op));

	op->ops = o;
	op->number = ++o->last;
	snprintf(op->id, sizeof(op->id), "u-%llu", (unsigned long long)op->number);
	op->method = method;
	op->printer = xstrdup(printer);
	op->begun_ms = loop_now_ms(o->loop);
	op->ended_ms = -1;
	op->done = op->total = -1;
	list_init(&op->end_link);
	list_add_tail(&o->all, &op->link);
	return op;
}

void op_end(struct op *op)
{
	struct ops *o = op->ops;

	op_progress(op, &op->done, &op->total);
	op->progress = NULL;
	op->ended = true;
	op->ended_ms = loop_now_ms(o->loop);
	op->cancel = NULL;
	list_add_tail(&o->ended, &op->end_link);
	if (++o->ended_count > OPS_ENDED_MAX) {
		drop_first(o);
	}
	if (!loop_timer_armed(&o->forget)) {
		loop_timer_start(&o->forget, OPS_KEEP_MS);
	}
}

bool op_progress(const struct op *op, int64_t *ret_done, int64_t *ret_total)
{
	if (op->progress) {
		op->progress(op->arg, ret_done, ret_total);
		return true;
	}
	*ret_done = op->done;
	*ret_total = op->total;
	return op->done >= 0;
}

int64_t op_took_ms(const struct op *op)
{
	return (op->ended ? op->ended_ms : loop_now_ms(op->ops->loop)) - op->begun_ms;
}

struct op *ops_find(const struct ops *o, const char *id)
{
	struct op *op = NULL;

	while ((op = ops_next(o, op)) && strcmp(op->id, id) != 0) {
		;
	}
	return op;
}

struct op *ops_next(const struct ops *o, const struct op *after)
{
	struct list *next = after ? after->link.next : o->all.next;

	return next == &o->all ? NULL : op_of(next);
}

bool op_cancel(struct op *op)
{
	return op->cancel && op->cancel(op->arg, op);
}
