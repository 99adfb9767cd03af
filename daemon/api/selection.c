/* SPDX-License-Identifier: MIT */
/* Selectors as bit maps over numbered printer names. */
#include "daemon/api/selection.h"

#include <string.h>

#include "daemon/fleet/printer.h"
#include "daemon/fleet/registry.h"

void selections_init(struct selections *s, const struct registry *r)
{
	*s = (struct selections){.registry = r};
	list_init(&s->list);
}

static void forget_targets(struct selections *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->names[i]);
	}
	free(TAKE(s->names));
	free(TAKE(s->targets));
	s->count = s->cap = 0;
}

void selections_finish(struct selections *s)
{
	forget_targets(s);
}

/* Where the name stands or would stand. */
static size_t target_place(const struct selections *s, const char *name, bool *ret_found)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(s->targets[middle].name, name);

		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		if (order < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	*ret_found = false;
	return low;
}

uint32_t selections_target(struct selections *s, const char *name, bool *ret_new)
{
	bool found;
	size_t place = target_place(s, name, &found);

	*ret_new = !found;
	if (found) {
		return s->targets[place].id;
	}
	if (s->count == s->cap) {
		s->cap = s->cap > 0 ? s->cap * 2 : 64;
		s->targets = xrealloc(s->targets, s->cap * sizeof(*s->targets));
		s->names = xrealloc(s->names, s->cap * sizeof(*s->names));
	}
	s->names[s->count] = xstrdup(name);
	memmove(
	    &s->targets[place + 1], &s->targets[place], (s->count - place) * sizeof(*s->targets));
	s->targets[place] = (struct target){s->names[s->count], (uint32_t)s->count};
	s->count++;
	return (uint32_t)(s->count - 1);
}

const char *selections_name(const struct selections *s, uint32_t target)
{
	return s->names[target];
}

bool selection_has(const struct selection *sel, uint32_t target)
{
	return sel->all || (target < sel->cap && sel->member[target] != 0);
}

static void member_grow(struct selection *sel, size_t need)
{
	if (need > sel->cap) {
		sel->member = xrealloc(sel->member, need);
		memset(sel->member + sel->cap, 0, need - sel->cap);
		sel->cap = need;
	}
}

enum { MEMBER_OUT, MEMBER_IN, MEMBER_NEW, MEMBER_WAS };

static void mark_matches(
    struct selections *s, struct selection *sel, struct printer **found, size_t count)
{
	for (size_t i = 0; i < sel->cap; i++) {
		if (sel->member[i] == MEMBER_IN) {
			sel->member[i] = MEMBER_WAS;
		}
	}
	for (size_t i = 0; i < count; i++) {
		bool is_new;
		uint32_t id = selections_target(s, printer_name(found[i]), &is_new);

		member_grow(sel, (size_t)id + 1);
		sel->member[id] = sel->member[id] == MEMBER_OUT ? MEMBER_NEW : MEMBER_IN;
	}
}

void selection_refresh(struct selections *s, struct selection *sel,
    void (*joined)(void *arg, struct selection *sel, uint32_t target), void *arg)
{
	_cleanup_free_ struct printer **found = NULL;
	size_t count = 0;
	struct err e = {0};

	/* A literal name that is gone for now fails the whole selector: what was, stays. */
	if (registry_select(s->registry, sel->selector, &found, &count, NULL, &e) < 0) {
		return;
	}
	mark_matches(s, sel, found, count);
	for (uint32_t i = 0; i < sel->cap; i++) {
		if (sel->member[i] == MEMBER_NEW) {
			sel->member[i] = MEMBER_IN;
			if (joined != NULL) {
				joined(arg, sel, i);
			}
		} else if (sel->member[i] == MEMBER_WAS) {
			sel->member[i] = registry_by_name(s->registry, s->names[i]) == NULL
					     ? MEMBER_IN
					     : MEMBER_OUT;
		}
	}
}

static bool is_dynamic(const char *selector)
{
	return strstr(selector, "@idle") != NULL || strstr(selector, "@printing") != NULL ||
	       strstr(selector, "@problem") != NULL || strstr(selector, "model=") != NULL;
}

int selections_ref(
    struct selections *s, const char *selector, struct selection **ret, struct err *e)
{
	_cleanup_free_ struct printer **found = NULL;
	struct selection *sel;
	struct list *pos, *tmp;
	size_t count;
	int r;

	list_for_each (pos, tmp, &s->list) {
		sel = container_of(pos, struct selection, link);
		if (strcmp(sel->selector, selector) == 0) {
			sel->refs++;
			*ret = sel;
			return 0;
		}
	}
	r = registry_select(s->registry, selector, &found, &count, NULL, e);
	if (r < 0) {
		return r;
	}
	sel = xcalloc(1, sizeof(*sel));
	sel->refs = 1;
	sel->selector = xstrdup(selector);
	sel->all = strcmp(selector, "@all") == 0;
	sel->dynamic = is_dynamic(selector);
	list_add_tail(&s->list, &sel->link);
	selection_refresh(s, sel, NULL, NULL);
	*ret = sel;
	return 0;
}

void selections_unref(struct selections *s, struct selection *sel)
{
	if (--sel->refs > 0) {
		return;
	}
	list_del(&sel->link);
	free(sel->selector);
	free(sel->member);
	free(sel);
	if (list_empty(&s->list)) {
		forget_targets(s);
	}
}
