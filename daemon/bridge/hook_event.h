/* SPDX-License-Identifier: MIT */
/* One event as hooks are told it: kept while it waits, as JSON, and as an environment. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/event.h"

struct hub_event;

#define HOOK_VALUE_MAX 1024   /* bytes of one variable's value */
#define HOOK_VARIABLES_MAX 48 /* all variables together, and the NULL */

/* Shared by the hooks it waits for. */
struct hook_event {
	unsigned refs;
	uint32_t epoch;
	uint64_t seq;
	int64_t wall_ms;
	enum event_kind kind;
	char *printer, *serial; /* NULL for events of the daemon */
	char *data;		/* JSON object text */
};

struct hook_event *hook_event_create(const struct hub_event *e, uint32_t epoch);
struct hook_event *hook_event_ref(struct hook_event *e);
void hook_event_unref(struct hook_event *e); /* NULL is fine */
/* One line of JSON with its newline; owned. */
char *hook_event_json(const struct hook_event *e, const char *hook, size_t *ret_len);
/* BAMBU_* variables and what programs need: PATH, LANG, of ours HOME and CREDENTIALS_DIRECTORY.
 * Values hold no control bytes. Owned and NULL-terminated (hook_words_free). */
char **hook_event_env(const struct hook_event *e, const char *hook);
