/* SPDX-License-Identifier: MIT */
/* Selectors of printers: names, serials, globs, groups (control-protocol.md 5). */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "common/text.h"
#include "common/util.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/printer_config.h"
#include "daemon/fleet/registry.h"

enum { SERIAL_PREFIX_MIN = 6 };

typedef bool (*group_fn)(const struct printer *p, const char *arg);

static bool in_all(const struct printer *p, const char *arg)
{
	return true;
}

static bool is_live(const struct printer *p)
{
	return printer_link_state(p) == LINK_ONLINE;
}

static bool in_idle(const struct printer *p, const char *arg)
{
	enum print_state s = printer_state(p)->print.state;

	return is_live(p) && (s == PRINT_IDLE || s == PRINT_FINISHED || s == PRINT_FAILED);
}

static bool in_printing(const struct printer *p, const char *arg)
{
	enum print_state s = printer_state(p)->print.state;

	return is_live(p) && (s == PRINT_PRINTING || s == PRINT_PREPARING || s == PRINT_SLICING);
}

static bool in_problem(const struct printer *p, const char *arg)
{
	return printer_has_problem(p);
}

static bool in_model(const struct printer *p, const char *arg)
{
	const struct state *s = printer_state(p);

	return (s->info.caps->model && strcasecmp(s->info.caps->model, arg) == 0) ||
	       (s->info.code[0] && strcasecmp(s->info.code, arg) == 0);
}

static bool in_tag(const struct printer *p, const char *arg)
{
	char **tag = printer_config(p)->tags;

	for (; tag && *tag; tag++) {
		if (strcmp(*tag, arg) == 0) {
			return true;
		}
	}
	return false;
}

static bool in_glob(const struct printer *p, const char *arg)
{
	return glob_match(arg, printer_name(p));
}

static const struct {
	const char *word;
	bool prefix; /* the rest of the selector is the argument */
	group_fn fn;
} groups[] = {
    {"@all", false, in_all},
    {"@idle", false, in_idle},
    {"@printing", false, in_printing},
    {"@problem", false, in_problem},
    {"model=", true, in_model},
    {"tag=", true, in_tag},
};

static group_fn find_group(const char *term, const char **ret_arg)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		if (groups[i].prefix && str_starts(term, groups[i].word)) {
			*ret_arg = term + strlen(groups[i].word);
			return groups[i].fn;
		}
		if (!groups[i].prefix && strcmp(term, groups[i].word) == 0) {
			return groups[i].fn;
		}
	}
	*ret_arg = term;
	return strpbrk(term, "*?") ? in_glob : NULL;
}

/* One bit per printer, by its place in the registry. */
static void pick_group(const struct registry *r, group_fn fn, const char *arg, bool *picked)
{
	size_t i;

	for (i = 0; i < registry_count(r); i++) {
		picked[i] |= fn(registry_at(r, i), arg);
	}
}

static void pick_one(const struct registry *r, const struct printer *p, bool *picked)
{
	size_t i;

	for (i = 0; i < registry_count(r); i++) {
		picked[i] |= registry_at(r, i) == p;
	}
}

static void suggest(const struct registry *r, const char *term, struct err *e)
{
	const char *best = NULL;
	unsigned least = 4;
	size_t i;

	for (i = 0; i < registry_count(r); i++) {
		unsigned d = edit_distance(term, printer_name(registry_at(r, i)));

		if (d < least) {
			least = d;
			best = printer_name(registry_at(r, i));
		}
	}
	if (best) {
		err_hint(e, "did you mean %s?", best);
	} else {
		err_hint(e, "bambuctl list");
	}
}

static int refuse_unknown(const struct registry *r, const char *term, struct err *e)
{
	char shown[80];

	text_escape_buf(term, shown, sizeof(shown));
	if (term[0] == '@') {
		err_set(e, ERR_NO_SUCH_PRINTER, "unknown group %s", shown);
		err_hint(e, "groups are @all @idle @printing @problem");
		return -ENOENT;
	}
	err_set(e, ERR_NO_SUCH_PRINTER, "no printer is called %s", shown);
	suggest(r, term, e);
	return -ENOENT;
}

static int find_literal(
    const struct registry *r, const char *term, struct printer **ret, struct err *e)
{
	struct printer *p = registry_by_name(r, term);
	size_t found = p ? 1 : 0;

	if (!p) {
		p = registry_by_serial(r, term);
		found = p ? 1 : 0;
	}
	if (!p && strlen(term) >= SERIAL_PREFIX_MIN) {
		found = registry_serial_prefix(r, term, &p);
	}
	if (found > 1) {
		char shown[80];

		err_set(e, ERR_AMBIGUOUS_PRINTER, "%zu printers have a serial that starts with %s",
		    found, text_escape_buf(term, shown, sizeof(shown)));
		err_hint(e, "give more of the serial, or the name");
		return -ENOENT;
	}
	if (found == 0) {
		return refuse_unknown(r, term, e);
	}
	*ret = p;
	return 0;
}

static int pick_term(
    const struct registry *r, const char *term, bool *picked, bool *ret_group, struct err *e)
{
	const char *arg = NULL;
	group_fn fn = find_group(term, &arg);
	struct printer *p = NULL;
	int rc;

	if (fn) {
		*ret_group = true;
		pick_group(r, fn, arg, picked);
		return 0;
	}
	rc = find_literal(r, term, &p, e);
	if (rc < 0) {
		return rc;
	}
	pick_one(r, p, picked);
	return 0;
}

static struct printer **collect(const struct registry *r, const bool *picked, size_t *ret_count)
{
	struct printer **list = xcalloc(registry_count(r) + 1, sizeof(*list));
	size_t i, n = 0;

	for (i = 0; i < registry_count(r); i++) {
		if (picked[i]) {
			list[n++] = registry_at(r, i);
		}
	}
	*ret_count = n;
	return list;
}

int registry_select(const struct registry *r, const char *selector, struct printer ***ret,
    size_t *ret_count, bool *ret_literal, struct err *e)
{
	_cleanup_free_ bool *picked = xcalloc(registry_count(r) + 1, sizeof(bool));
	_cleanup_free_ char *copy = xstrdup(selector);
	char *save = NULL, *term;
	bool group = false;
	unsigned terms = 0;

	for (term = strtok_r(copy, ",", &save); term; term = strtok_r(NULL, ",", &save)) {
		int rc = pick_term(r, term, picked, &group, e);

		if (rc < 0) {
			return rc;
		}
		terms++;
	}
	if (terms == 0) {
		return refuse_unknown(r, selector, e);
	}
	*ret = collect(r, picked, ret_count);
	if (ret_literal) {
		*ret_literal = terms == 1 && !group;
	}
	return 0;
}
