/* SPDX-License-Identifier: MIT */
/* Lists of the cloud as tables: one row of columns each. */
#include <inttypes.h>
#include <string.h>

#include "common/util.h"
#include "ctl/cloud.h"
#include "ctl/fmt.h"
#include "ctl/table.h"

#define COLUMNS_MAX 10

enum form { FORM_TEXT, FORM_BYTES, FORM_TIME, FORM_YES, FORM_FIRST };

struct cell {
	const char *member;
	enum form form;
};

struct listed {
	const char *method;
	struct column_set set;
	struct cell cells[COLUMNS_MAX];
};

static const struct listed lists[] = {
    {"cloud.device_version", {3, {{"SERIAL"}, {"VERSION"}, {"OFFERED"}}},
	{{"serial"}, {"current"}, {"offered", FORM_FIRST}}},
    {"cloud.files", {4, {{"ID"}, {"NAME", .cut = true}, {"SIZE", .right = true}, {"CREATED"}}},
	{{"id"}, {"name"}, {"size", FORM_BYTES}, {"created", FORM_TIME}}},
    {"cloud.messages",
	{6, {{"ID"}, {"TIME"}, {"TYPE", .right = true}, {"FROM"}, {"TITLE", .cut = true},
		{"TASK", .extra = true}}},
	{{"id"}, {"time", FORM_TIME}, {"type"}, {"from"}, {"title"}, {"task"}}},
    {"cloud.notifications", {5, {{"ID"}, {"TIME"}, {"READ"}, {"TYPE"}, {"TEXT", .cut = true}}},
	{{"id"}, {"time", FORM_TIME}, {"read", FORM_YES}, {"type"}, {"text"}}},
    {"cloud.print_status",
	{6, {{"SERIAL"}, {"NAME", .cut = true}, {"ONLINE"}, {"STATUS"}, {"TITLE", .cut = true},
		{"ID", .extra = true}}},
	{{"serial"}, {"name"}, {"online", FORM_YES}, {"status"}, {"title"}, {"id"}}},
    {"cloud.projects",
	{5, {{"ID"}, {"NAME", .cut = true}, {"FILES", .right = true}, {"CREATED"},
		{"CHANGED", .extra = true}}},
	{{"id"}, {"name"}, {"file_count"}, {"created", FORM_TIME}, {"changed", FORM_TIME}}},
    {"cloud.slicer_resources",
	{4, {{"TYPE"}, {"VERSION"}, {"DESCRIPTION", .cut = true}, {"URL", .extra = true}}},
	{{"type"}, {"version"}, {"description"}, {"url"}}},
    {"cloud.slicer_settings",
	{5, {{"ID"}, {"KIND"}, {"PUBLIC"}, {"NAME", .cut = true}, {"CHANGED"}}},
	{{"id"}, {"kind"}, {"public", FORM_YES}, {"name"}, {"changed", FORM_TIME}}},
    {"cloud.tasks",
	{8, {{"ID"}, {"TITLE", .cut = true}, {"STATUS"}, {"SERIAL"}, {"BEGUN"},
		{"ENDED", .extra = true}, {"GRAMS", .right = true}, {"MODE", .extra = true}}},
	{{"id"}, {"title"}, {"status"}, {"serial"}, {"begun", FORM_TIME}, {"ended", FORM_TIME},
	    {"weight_g"}, {"mode"}}},
    {"cloud.upload_url", {3, {{"TYPE"}, {"FILE", .cut = true}, {"URL"}}},
	{{"type"}, {"file"}, {"url"}}},
};

static const struct listed *list_of(const struct ctl *c)
{
	for (size_t i = 0; c->method && i < ARRAY_SIZE(lists); i++) {
		if (strcmp(lists[i].method, c->method->name) == 0) {
			return &lists[i];
		}
	}
	return NULL;
}

const struct column_set *cloud_columns(const struct ctl *c)
{
	const struct listed *l = list_of(c);

	return l ? &l->set : NULL;
}

/* A text or number. Owned. */
static char *plain(const struct out *o, json_object *one, const char *member)
{
	json_object *value = NULL;

	return json_object_object_get_ex(one, member, &value) && value
		   ? out_safe(o, json_object_get_string(value))
		   : xstrdup("-");
}

/* Owned. */
static char *cell_text(const struct out *o, json_object *one, const struct cell *cell)
{
	int64_t bytes = -1, wall_ms;
	char buf[FMT_SIZE];
	bool yes;

	switch (cell->form) {
	case FORM_TEXT:
		break;
	case FORM_BYTES:
		json_get_i64(one, cell->member, &bytes);
		return xstrdup(fmt_bytes(bytes, buf));
	case FORM_TIME:
		wall_ms = fmt_parse_time(json_get_str(one, cell->member));
		return xstrdup(wall_ms < 0 ? "-" : fmt_stamp(wall_ms, buf));
	case FORM_YES:
		return xstrdup(!json_get_bool(one, cell->member, &yes) ? "?" : yes ? "yes" : "no");
	case FORM_FIRST:
		return out_member(
		    o, json_object_array_get_idx(json_get_arr(one, cell->member), 0), "version");
	}
	return plain(o, one, cell->member);
}

static void draw_items(struct ctl *c, const struct listed *l, json_object *items)
{
	struct table t;

	table_begin(&t, &c->out, &l->set);
	for (size_t i = 0; i < json_object_array_length(items); i++) {
		json_object *one = json_object_array_get_idx(items, i);

		table_row(&t, OUT_PLAIN);
		for (size_t k = 0; k < l->set.count; k++) {
			table_take(&t, k, cell_text(&c->out, one, &l->cells[k]));
		}
	}
	table_end(&t);
}

/* The words of the call that say which things are listed, and how many. */
static void draw_words(struct ctl *c)
{
	static const struct {
		enum opt opt;
		const char *name;
	} kept[] = {{OPT_PRINTER, "-p"}, {OPT_TYPE, "--type"}, {OPT_LIMIT, "--limit"}};

	if (c->printer) {
		_cleanup_free_ char *word = out_safe(&c->out, c->printer);

		fprintf(c->out.f, " %s", word);
	}
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		const char *value = c->args.value[kept[i].opt];
		_cleanup_free_ char *word = value ? out_safe(&c->out, value) : NULL;

		if (word) {
			fprintf(c->out.f, " %s %s", kept[i].name, word);
		}
	}
}

/* "20 of 53; the next: bambuctl tasks --after 910034" */
static void draw_end(struct ctl *c, json_object *result, size_t count)
{
	_cleanup_free_ char *next = plain(&c->out, result, "next");
	int64_t total = -1;

	if (!c->out.legend || c->out.quiet) {
		return;
	}
	if (count == 0) {
		fputs("nothing there\n", c->out.f);
		return;
	}
	if (strcmp(next, "-") == 0) {
		return;
	}
	json_get_i64(result, "total", &total);
	fprintf(c->out.f, "%zu", count);
	if (total >= 0) {
		fprintf(c->out.f, " of %" PRId64, total);
	}
	fprintf(c->out.f, "; the next: bambuctl %s", c->verb);
	draw_words(c);
	fprintf(c->out.f, " --%s %s\n", json_get_str(result, "next") ? "after" : "page", next);
}

/* "-" could be taken for nothing there. */
static void draw_hidden(struct ctl *c)
{
	if (c->method && strcmp(c->method->name, "camera.ttcode") == 0 &&
	    !c->args.given[OPT_SHOW] && c->out.legend && !c->out.quiet) {
		fputs("the secrets are shown with --show\n", c->out.f);
	}
}

void cloud_show(struct ctl *c, json_object *result)
{
	json_object *items = json_get_arr(result, "items"), *raw;
	const struct listed *l = list_of(c);

	if (c->args.given[OPT_RAW] && json_object_object_get_ex(result, "raw", &raw)) {
		out_json_pretty(&c->out, raw);
	} else if (items && l) {
		if (json_object_array_length(items) > 0) {
			draw_items(c, l, items);
		}
		draw_end(c, result, json_object_array_length(items));
	} else {
		out_text(&c->out, result);
		draw_hidden(c);
	}
}
