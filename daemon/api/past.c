/* SPDX-License-Identifier: MIT */
/* Events by number and time out of ring and log, as if they were one. */
#include "daemon/api/past.h"

#include <errno.h>
#include <string.h>

#include "common/util.h"
#include "daemon/api/core.h"
#include "daemon/model/hub.h"
#include "daemon/store/event_log.h"

const struct hub_event *past_next(const struct api_deps *d, uint64_t after)
{
	const struct hub_event *e = hub_next(d->hub, after), *logged;

	if (d->events == NULL || (e != NULL && e->seq == after + 1) ||
	    after >= hub_last_seq(d->hub)) {
		return e;
	}
	logged = event_log_next(d->events, after);
	return logged != NULL && (e == NULL || logged->seq < e->seq) ? logged : e;
}

bool past_back(const struct api_deps *d, uint64_t before, uint64_t *ret_after)
{
	struct event_log_status log = {0};
	uint64_t first = hub_first_seq(d->hub);

	if (d->events != NULL) {
		event_log_status(d->events, &log);
		/* What could not be written is in the ring alone. */
		first = first > log.last_seq ? first : log.last_seq + 1;
	}
	if (first < before) {
		*ret_after = first - 1;
		return true;
	}
	return d->events != NULL && event_log_back(d->events, before, ret_after);
}

uint64_t past_loads(const struct api_deps *d)
{
	struct event_log_status log = {0};

	if (d->events != NULL) {
		event_log_status(d->events, &log);
	}
	return log.loads;
}

/* Cursor before the first event later than that moment. */
static uint64_t cursor_at(const struct api_deps *d, int64_t wall_ms)
{
	uint64_t after = d->events != NULL ? event_log_cursor_at(d->events, wall_ms) : UINT64_MAX;
	const struct hub_event *e;

	if (after != UINT64_MAX) {
		return after;
	}
	e = hub_next(d->hub, hub_first_seq(d->hub) - 1);
	while (e != NULL && e->wall_ms <= wall_ms) {
		e = hub_next(d->hub, e->seq);
	}
	return e != NULL ? e->seq - 1 : hub_last_seq(d->hub);
}

static int parse_cursor(const char *text, uint32_t *ret_epoch, uint64_t *ret_seq)
{
	const char *dot = strchr(text, '.');
	char epoch[16];
	int64_t e, seq;

	if (dot == NULL || (size_t)(dot - text) >= sizeof(epoch)) {
		return -EINVAL;
	}
	memcpy(epoch, text, (size_t)(dot - text));
	epoch[dot - text] = '\0';
	if (parse_i64(epoch, 0, UINT32_MAX, &e) < 0 || parse_i64(dot + 1, 0, INT64_MAX, &seq) < 0) {
		return -EINVAL;
	}
	*ret_epoch = (uint32_t)e;
	*ret_seq = (uint64_t)seq;
	return 0;
}

int past_since_param(struct call *c, uint32_t *ret_epoch, uint64_t *ret_seq)
{
	const char *text = json_get_str(c->params, "since");
	const struct api_deps *d = &c->server->deps;
	int64_t wall_ms;

	if (text == NULL) {
		return 0;
	}
	if (time_parse_rfc3339(text, &wall_ms) == 0) {
		*ret_epoch = hub_epoch(d->hub);
		*ret_seq = cursor_at(d, wall_ms - wall_ms % 1000); /* that second belongs to it */
		return 1;
	}
	if (parse_cursor(text, ret_epoch, ret_seq) == 0) {
		return 1;
	}
	err_set(c->e, ERR_INVALID_PARAMS,
	    "since: neither a cursor such as 1.8811 nor a time such as 2026-11-23T01:02:03Z");
	return -EINVAL;
}
