/* SPDX-License-Identifier: MIT */
/* The history in a build without SQLite: there is none. */
#include <stdlib.h>

#include "daemon/store/history.h"

const char *history_result_word(enum history_result r)
{
	return NULL;
}

struct history *history_create(const struct history_deps *deps)
{
	return NULL;
}

void history_set(struct history *h, bool enabled, int64_t keep)
{
}

bool history_enabled(const struct history *h)
{
	return false;
}

void history_destroy(struct history *h)
{
}

void history_query_finish(struct history_query *q)
{
}

struct history_ask *history_ask(struct history *h, const struct history_query *q,
    void (*done)(void *arg, const struct history_answer *a), void *arg)
{
	abort(); /* asked without history_enabled */
}

void history_cancel(struct history_ask *a)
{
}
