/* SPDX-License-Identifier: MIT */
/* One command is under way at a time: the next is sent when the one before is answered or given up.
 */
#include "daemon/fleet/pending.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "daemon/model/ack.h"
#include "daemon/model/effect.h"
#include "daemon/model/hms.h"
#include "daemon/model/profiles.h"
#include "daemon/model/report.h"

struct entry {
	struct list link;
	struct op *op; /* NULL: over; only its answer is waited for */
	struct encode_result request;
	uint32_t first_sequence;
	json_object *params;
	struct effect *effect; /* NULL before it is sent, and when nothing shows */
	enum op_stage until;
	command_fn fn;
	void *arg;
	bool sent, answered, slow_ack;
	bool is_so;	   /* nothing needs to be sent */
	bool was_so;	   /* what is wanted shows since before it was sent */
	bool says_nothing; /* the answer has no result */
	int64_t sent_ms, deadline_ms, timeout_ms;
};

static struct entry *entry_of(struct list *pos)
{
	return container_of(pos, struct entry, link);
}

static int64_t now_ms(const struct pending *q)
{
	return loop_now_ms(q->host.loop);
}

static const char *name_of(const struct pending *q)
{
	return q->host.name(q->host.arg);
}

static void entry_free(struct pending *q, struct entry *e)
{
	list_del(&e->link);
	q->count--;
	encode_result_finish(&e->request);
	effect_destroy(e->effect);
	json_object_put(e->params);
	free(e);
}

/* ---- the end of a command ---- */

static void tell(struct entry *e)
{
	command_fn fn = TAKE(e->fn);

	if (fn) {
		fn(e->arg, e->op);
	}
}

static void end(struct pending *q, struct entry *e)
{
	struct op *op = e->op;

	op_end(op);
	tell(e);
	op->profiles = NULL;
	e->op = NULL;
	q->host.ended(q->host.arg, op);
}

static void set_fault(struct pending *q, struct entry *e, enum err_type type, const char *text)
{
	err_set(&e->op->error, type, "%s: %s", name_of(q), text);
	err_printer(&e->op->error, name_of(q));
}

static void end_failed(struct pending *q, struct entry *e, enum err_type type, const char *text)
{
	set_fault(q, e, type, text);
	end(q, e);
}

static void raise_stage(struct entry *e, enum op_stage stage)
{
	if (e->op->stage < stage) {
		e->op->stage = stage;
	}
	if (e->op->stage >= e->until) {
		tell(e);
	}
}

static void end_reached(struct pending *q, struct entry *e, enum op_stage stage)
{
	e->op->stage = stage;
	end(q, e);
}

/* An answer, or what it did, proves that the session carries commands. */
static void heard(struct pending *q, struct entry *e)
{
	e->answered = true;
	q->unanswered = 0;
}

static void end_late(struct pending *q, struct entry *e)
{
	long long s = (long long)(e->timeout_ms + 999) / 1000;
	char text[128];

	if (!e->sent) {
		snprintf(text, sizeof(text),
		    "not sent within %lld s: an earlier command waits for its answer", s);
		end_failed(q, e, ERR_TIMEOUT, text);
	} else if (!e->answered && !e->request.no_ack) {
		snprintf(text, sizeof(text), "sent, no answer within %lld s", s);
		end_failed(q, e, ERR_TIMEOUT, text);
	} else {
		snprintf(text, sizeof(text), "%s, no effect seen within %lld s",
		    e->says_nothing ? "answered without a result"
		    : e->answered   ? "acknowledged"
				    : "sent",
		    s);
		end_failed(q, e, ERR_UNVERIFIED, text);
	}
}

/* ---- the ladder ---- */

/* Nothing of this command can be seen: the answer is the last step there is. */
static void settle_unseen(struct pending *q, struct entry *e)
{
	if (e->request.no_ack) {
		end_reached(q, e, OP_STAGE_SENT);
	} else if (e->answered && e->says_nothing) {
		end_failed(
		    q, e, ERR_UNVERIFIED, "answered without a result, and nothing can be seen");
	} else if (e->answered) {
		end_reached(q, e, OP_STAGE_ACKED);
	}
}

/* What was so before proves nothing: then only an answer does. */
static void settle_shown(struct pending *q, struct entry *e)
{
	if (!e->was_so) {
		heard(q, e);
	} else if (!e->answered && !e->request.no_ack) {
		return;
	}
	e->op->already = e->was_so;
	end_reached(q, e, OP_STAGE_EFFECTIVE);
}

static void settle_seen(struct pending *q, struct entry *e)
{
	const char *why = NULL;

	switch (effect_check(e->effect, q->host.state, &why)) {
	case EFFECT_ALREADY:
		e->was_so = true;
		settle_shown(q, e);
		break;
	case EFFECT_SEEN:
		settle_shown(q, e);
		break;
	case EFFECT_FAILED:
		heard(q, e);
		end_failed(q, e, ERR_REJECTED, why ? why : "it ended otherwise");
		break;
	case EFFECT_WAIT:
		e->was_so = false; /* when it shows again, this command did it */
		break;
	}
}

static void settle(struct pending *q, struct entry *e)
{
	if (e->op && e->sent && e->effect) {
		settle_seen(q, e);
	} else if (e->op && e->sent) {
		settle_unseen(q, e);
	}
	if (e->op && now_ms(q) >= e->deadline_ms) {
		end_late(q, e);
	}
}

static bool waits_for_ack(const struct entry *e)
{
	return e->sent && !e->answered && !e->request.no_ack;
}

/* What was so when it was asked for may have changed while others were before it. */
static bool is_forbidden(struct pending *q, struct entry *e)
{
	char text[160];
	const char *why =
	    q->host.forbids ? q->host.forbids(q->host.arg, e->op, text, sizeof(text)) : NULL;

	if (why) {
		end_failed(q, e, ERR_BUSY, why);
	}
	return why != NULL;
}

static void send_entry(struct pending *q, struct entry *e)
{
	size_t i;

	if (is_forbidden(q, e)) {
		return;
	}
	if (e->is_so) {
		e->sent = e->answered = e->op->already = true;
		end_reached(q, e, OP_STAGE_EFFECTIVE);
		return;
	}
	e->effect = effect_create(e->op->method, e->params, q->host.state);
	e->sent = true;
	e->sent_ms = now_ms(q);
	for (i = 0; i < e->request.count; i++) {
		const char *payload = e->request.payloads[i];

		if (q->host.publish(q->host.arg, payload, strlen(payload)) < 0) {
			end_failed(q, e, ERR_PRINTER_OFFLINE, "the connection takes no message");
			e->answered = true; /* none will come */
			return;
		}
	}
	raise_stage(e, OP_STAGE_SENT);
	settle(q, e);
}

/* Those that wait, as far as nobody before them is still unanswered. */
static void send_due(struct pending *q)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &q->entries) {
		struct entry *e = entry_of(pos);

		if (e->op && !e->sent) {
			send_entry(q, e);
		}
		if (e->op && waits_for_ack(e)) {
			return;
		}
	}
}

/* ---- sessions that carry nothing ---- */

static void count_unanswered(struct pending *q, const struct entry *e)
{
	if (e->slow_ack || ++q->unanswered < PENDING_ZOMBIE) {
		return;
	}
	if (q->renewed_ms >= 0 && now_ms(q) - q->renewed_ms < PENDING_RENEW_GAP_MS) {
		return;
	}
	q->renewed_ms = now_ms(q);
	q->unanswered = 0;
	q->host.renew(q->host.arg);
}

static void forget_over(struct pending *q)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &q->entries) {
		struct entry *e = entry_of(pos);

		if (e->op) {
			continue;
		}
		if (!waits_for_ack(e)) {
			entry_free(q, e);
		} else if (now_ms(q) >= e->sent_ms + PENDING_ACK_MS) {
			count_unanswered(q, e);
			entry_free(q, e);
		}
	}
}

static void arm(struct pending *q)
{
	int64_t due_ms = INT64_MAX;
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &q->entries) {
		const struct entry *e = entry_of(pos);
		int64_t at_ms = e->op ? e->deadline_ms : e->sent_ms + PENDING_ACK_MS;

		due_ms = at_ms < due_ms ? at_ms : due_ms;
	}
	if (due_ms == INT64_MAX) {
		loop_timer_stop(&q->timer);
	} else {
		loop_timer_start(&q->timer, due_ms > now_ms(q) ? due_ms - now_ms(q) : 0);
	}
}

static void run(struct pending *q)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &q->entries) {
		settle(q, entry_of(pos));
	}
	send_due(q);
	forget_over(q);
	arm(q);
}

static void on_run(void *arg)
{
	run(arg);
}

/* ---- from outside ---- */

void pending_init(struct pending *q, const struct pending_host *host)
{
	memset(q, 0, sizeof(*q));
	q->host = *host;
	q->renewed_ms = -1;
	list_init(&q->entries);
	loop_timer_init(&q->timer, host->loop, on_run, q);
	loop_deferred_init(&q->run, on_run, q);
}

void pending_finish(struct pending *q)
{
	loop_timer_stop(&q->timer);
	loop_deferred_cancel(&q->run);
	while (!list_empty(&q->entries)) {
		entry_free(q, entry_of(q->entries.next));
	}
}

bool pending_is_full(const struct pending *q)
{
	return q->count >= PENDING_MAX;
}

static struct entry *find(const struct pending *q, const struct op *op)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, (struct list *)&q->entries) {
		if (entry_of(pos)->op == op) {
			return entry_of(pos);
		}
	}
	return NULL;
}

/* What has been sent cannot be called back. */
static bool on_cancel(void *arg, struct op *op)
{
	struct pending *q = arg;
	struct entry *e = find(q, op);

	if (e->sent) {
		return false;
	}
	end_failed(q, e, ERR_CANCELLED, "cancelled before it was sent");
	loop_defer(q->host.loop, &q->run);
	return true;
}

void pending_add(struct pending *q, const struct pending_command *c)
{
	struct entry *e = xcalloc(1, sizeof(*e));

	e->op = c->op;
	e->op->cancel = on_cancel;
	e->op->arg = q;
	e->request = *c->request;
	memset(c->request, 0, sizeof(*c->request));
	e->first_sequence = c->first_sequence;
	e->params = json_object_get(c->params);
	e->until = c->until;
	e->slow_ack = c->slow_ack;
	e->is_so = c->is_so;
	e->timeout_ms = c->timeout_ms;
	e->deadline_ms = now_ms(q) + c->timeout_ms;
	e->fn = c->fn;
	e->arg = c->arg;
	list_add_tail(&q->entries, &e->link);
	q->count++;
	loop_defer(q->host.loop, &q->run);
}

static bool is_answer(const struct entry *e, const struct report *r)
{
	int64_t got;

	return e->sent && strcmp(e->request.category, r->category) == 0 &&
	       parse_i64(r->sequence_id, 0, UINT32_MAX, &got) == 0 && got == e->first_sequence;
}

/* Our words for the code, else the printer's own. */
static void word_refusal(const struct ack *ack, char *buf, size_t size)
{
	struct print_error_info info = {0};
	const char *text = ack_error_text(ack->error);
	char reason[128];

	text_escape_buf(ack->reason, reason, sizeof(reason));
	if (ack->err_code != 0) {
		print_error_describe(ack->err_code, &info);
		text = info.text ? info.text : text;
	}
	if (!text) {
		text = reason[0] ? reason : "without a reason";
	}
	snprintf(buf, size, "refused: %s%s%s%s", text, info.code[0] ? " (" : "", info.code,
	    info.code[0] ? ")" : "");
}

static void refuse(struct pending *q, struct entry *e, const struct ack *ack)
{
	char text[200];

	word_refusal(ack, text, sizeof(text));
	set_fault(q, e, ack->is_unsigned ? ERR_CONTROL_LOCKED : ERR_REJECTED, text);
	if (ack->is_unsigned) {
		err_hint(&e->op->error, "%s", PENDING_UNLOCK_HINT);
	}
	end(q, e);
}

/* A list is the answer, also without a result beside it. */
static void take_list(struct pending *q, struct entry *e, const struct report *r)
{
	struct profile_list list = {0};

	if (profiles_take(&list, r)) {
		e->op->profiles = &list;
		end_reached(q, e, OP_STAGE_ACKED);
	} else {
		end_failed(q, e, ERR_REJECTED, "its answer holds no list of profiles");
	}
	profiles_finish(&list);
}

static void take_answer(
    struct pending *q, struct entry *e, const struct report *r, const struct ack *ack)
{
	heard(q, e);
	e->says_nothing = ack->verdict == ACK_SILENT;
	if (e->op && ack->verdict != ACK_FAILED && strcmp(e->op->method, "kprofile.get") == 0) {
		take_list(q, e, r);
	}
	if (!e->op) {
		return; /* over, or too late for who asked */
	}
	if (ack->verdict == ACK_FAILED) {
		refuse(q, e, ack);
	} else {
		raise_stage(e, OP_STAGE_ACKED);
	}
}

bool pending_take_ack(struct pending *q, const struct report *r, const struct ack *ack)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &q->entries) {
		struct entry *e = entry_of(pos);

		if (is_answer(e, r)) {
			take_answer(q, e, r, ack);
			loop_defer(q->host.loop, &q->run);
			return true;
		}
	}
	return false;
}

void pending_look(struct pending *q)
{
	if (!list_empty(&q->entries)) {
		run(q);
	}
}

void pending_drop(struct pending *q, const char *why)
{
	q->unanswered = 0;
	while (!list_empty(&q->entries)) {
		struct entry *e = entry_of(q->entries.next);
		char text[160];

		if (e->op) {
			snprintf(text, sizeof(text), "%s; %s", why,
			    e->sent ? "whether the command took effect is not known, and it is not "
				      "sent again"
				    : "the command was not sent");
			end_failed(q, e, ERR_PRINTER_OFFLINE, text);
		}
		entry_free(q, e);
	}
	loop_timer_stop(&q->timer);
	loop_deferred_cancel(&q->run);
}

void pending_forget(struct pending *q, const struct op *op)
{
	struct entry *e = find(q, op);

	if (e) {
		e->fn = NULL;
	}
}
