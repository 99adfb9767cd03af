/* SPDX-License-Identifier: MIT */
/* Selectors of calls: bounded, and never guessing when several could be meant. */
#include "daemon/api/pick.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/api/core.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/registry.h"

static char *join_array(json_object *array)
{
	size_t n = json_object_array_length(array);
	struct jw w;

	jw_init(&w);
	for (size_t i = 0; i < n; i++) {
		json_object *term = json_object_array_get_idx(array, i);

		if (i > 0) {
			jw_bytes(&w, ",", 1);
		}
		jw_bytes(
		    &w, json_object_get_string(term), (size_t)json_object_get_string_len(term));
	}
	return jw_take(&w);
}

char *pick_selector(struct call *c, const char *param)
{
	const char *text = json_get_str(c->params, param);
	json_object *array = json_get_arr(c->params, param);
	_cleanup_free_ char *selector = NULL;
	size_t terms = 1;

	if (text == NULL && array == NULL) {
		return NULL;
	}
	selector = text != NULL ? xstrdup(text) : join_array(array);
	if (strlen(selector) > PICK_SELECTOR_MAX) {
		err_set(c->e, ERR_INVALID_PARAMS, "%s: selector longer than %d bytes", param,
		    PICK_SELECTOR_MAX);
		return NULL;
	}
	for (const char *p = selector; *p != '\0'; p++) {
		terms += *p == ',';
	}
	if (terms > PICK_TERMS_MAX) {
		err_set(
		    c->e, ERR_INVALID_PARAMS, "%s: more than %d selectors", param, PICK_TERMS_MAX);
		return NULL;
	}
	return TAKE(selector);
}

/* "a, b, c and 7 more" */
static void name_some(struct printer *const *list, size_t count, char *buf, size_t size)
{
	size_t used = 0, i;

	buf[0] = '\0';
	for (i = 0; i < count && i < 5; i++) {
		int n = snprintf(
		    buf + used, size - used, "%s%s", i > 0 ? ", " : "", printer_name(list[i]));

		if (n < 0 || (size_t)n >= size - used) {
			return;
		}
		used += (size_t)n;
	}
	if (i < count) {
		snprintf(buf + used, size - used, " and %zu more", count - i);
	}
}

static int pick_unnamed(struct call *c, bool all, struct pick *ret)
{
	int r =
	    registry_select(c->server->deps.registry, "@all", &ret->list, &ret->count, NULL, c->e);
	char names[160];

	if (r < 0) {
		return r;
	}
	ret->literal = ret->count <= 1 || !all;
	if (ret->count == 1 || (ret->count > 1 && all)) {
		return 0;
	}
	if (ret->count == 0) {
		err_set(c->e, ERR_NO_SUCH_PRINTER, "no printer is configured");
		return -ENOENT;
	}
	name_some(ret->list, ret->count, names, sizeof(names));
	err_set(c->e, ERR_AMBIGUOUS_PRINTER, "which printer? there are %zu: %s", ret->count, names);
	err_hint(c->e, "name one, or give a selector such as @all");
	return -EINVAL;
}

static int pick_these(struct call *c, bool all, struct pick *ret)
{
	_cleanup_free_ char *selector = pick_selector(c, "printer");
	int r;

	if (c->e->type != ERR_NONE) {
		return -EINVAL;
	}
	r = selector == NULL ? pick_unnamed(c, all, ret)
			     : registry_select(c->server->deps.registry, selector, &ret->list,
				   &ret->count, &ret->literal, c->e);
	if (r == 0 && ret->count == 1) {
		str_copy(c->about, sizeof(c->about), printer_name(ret->list[0]));
	} else if (r == 0) {
		snprintf(c->about, sizeof(c->about), "%zu printers", ret->count);
	}
	return r;
}

int pick_printers(struct call *c, struct pick *ret)
{
	return pick_these(c, false, ret);
}

int pick_printers_or_all(struct call *c, struct pick *ret)
{
	return pick_these(c, true, ret);
}

int pick_for_control(struct call *c, struct pick *ret)
{
	bool many = false;
	char names[160];
	int r = pick_printers(c, ret);

	if (r < 0 || ret->count <= 1 || (json_get_bool(c->params, "many", &many) && many)) {
		return r;
	}
	name_some(ret->list, ret->count, names, sizeof(names));
	err_set(c->e, ERR_AMBIGUOUS_PRINTER, "%zu printers are meant: %s", ret->count, names);
	err_hint(c->e, "send \"many\":true to mean them all");
	return -EINVAL;
}

int pick_one(struct call *c, struct printer **ret)
{
	_cleanup_pick_ struct pick pick = {0};
	char names[160];
	int r = pick_printers(c, &pick);

	if (r < 0) {
		return r;
	}
	if (pick.count == 0) {
		err_set(c->e, ERR_NO_SUCH_PRINTER, "no printer is meant by that");
		return -ENOENT;
	}
	if (pick.count > 1) {
		name_some(pick.list, pick.count, names, sizeof(names));
		err_set(
		    c->e, ERR_AMBIGUOUS_PRINTER, "%zu printers are meant: %s", pick.count, names);
		err_hint(c->e, "%s takes one printer", c->method->name);
		return -EINVAL;
	}
	*ret = pick.list[0];
	return 0;
}
