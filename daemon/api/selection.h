/* SPDX-License-Identifier: MIT */
/* Which printers a subscription means: selectors kept in step with a changing registry, shared by
 * all subscriptions that say the same. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/util.h"

struct registry;

/* Names get small numbers ("targets") for as long as anybody subscribes. */
struct target {
	char *name;
	uint32_t id;
};

struct selection {
	struct list link;
	unsigned refs;
	char *selector;
	bool all;	 /* @all: everything there is and will be */
	bool dynamic;	 /* depends on state: @idle @printing @problem, model= */
	uint8_t *member; /* by target */
	size_t cap;
};

struct selections {
	const struct registry *registry;
	struct list list;
	struct target *targets; /* sorted by name */
	char **names;		/* by id */
	size_t count, cap;
};

void selections_init(struct selections *s, const struct registry *r);
void selections_finish(struct selections *s); /* after every unref */
/* 0 with a reference; negative with *e when the selector means nothing. */
int selections_ref(
    struct selections *s, const char *selector, struct selection **ret, struct err *e);
/* With the last one the targets are forgotten too. */
void selections_unref(struct selections *s, struct selection *sel);
/* The number of a name; *ret_new: it had none before. */
uint32_t selections_target(struct selections *s, const char *name, bool *ret_new);
/* Borrowed till the last unref. */
const char *selections_name(const struct selections *s, uint32_t target);
bool selection_has(const struct selection *sel, uint32_t target);
/* Matches the selector anew. Printers that are gone stay in, so that their last event is told.
 * joined is called for each printer that was out and is in. */
void selection_refresh(struct selections *s, struct selection *sel,
    void (*joined)(void *arg, struct selection *sel, uint32_t target), void *arg);
