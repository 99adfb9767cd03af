/* SPDX-License-Identifier: MIT */
/* Any JSON value as indented lines: what a result looks like that has no drawing of its own. */
#include <inttypes.h>
#include <string.h>

#include "common/util.h"
#include "ctl/out.h"

#define INDENT 2

/* A scalar as people read it; an empty list or object as "-". Owned. */
static char *scalar(const struct out *o, json_object *value)
{
	if (!value) {
		return xstrdup("-");
	}
	if (json_object_is_type(value, json_type_boolean)) {
		return xstrdup(json_object_get_boolean(value) ? "yes" : "no");
	}
	return out_safe(o, json_object_get_string(value));
}

static bool is_container(json_object *value)
{
	return json_object_is_type(value, json_type_object) ||
	       json_object_is_type(value, json_type_array);
}

static bool is_plain_list(json_object *value)
{
	if (!json_object_is_type(value, json_type_array)) {
		return false;
	}
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		if (is_container(json_object_array_get_idx(value, i))) {
			return false;
		}
	}
	return true;
}

static void print_list(struct out *o, json_object *list)
{
	size_t count = json_object_array_length(list);

	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *text = scalar(o, json_object_array_get_idx(list, i));

		fprintf(o->f, "%s%s", i ? ", " : "", text);
	}
	fputs(count ? "\n" : "-\n", o->f);
}

static int key_width(json_object *value)
{
	int width = 0;

	json_object_object_foreach(value, key, member)
	{
		int len = (int)strlen(key);

		if ((!is_container(member) || is_plain_list(member)) && len > width) {
			width = len;
		}
	}
	return width;
}

static void print_value(struct out *o, json_object *value, int indent);

static void print_object(struct out *o, json_object *value, int indent)
{
	int width = key_width(value);

	json_object_object_foreach(value, key, member)
	{
		_cleanup_free_ char *name = out_safe(o, key);

		if (is_plain_list(member)) {
			fprintf(o->f, "%*s%-*s  ", indent, "", width, name);
			print_list(o, member);
		} else if (is_container(member)) {
			fprintf(o->f, "%*s%s\n", indent, "", name);
			print_value(o, member, indent + INDENT);
		} else {
			_cleanup_free_ char *text = scalar(o, member);

			fprintf(o->f, "%*s%-*s  %s\n", indent, "", width, name, text);
		}
	}
}

static void print_value(struct out *o, json_object *value, int indent)
{
	if (json_object_is_type(value, json_type_object)) {
		print_object(o, value, indent);
	} else if (is_plain_list(value)) {
		fprintf(o->f, "%*s", indent, "");
		print_list(o, value);
	} else if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++) {
			if (i > 0) {
				fputc('\n', o->f);
			}
			print_value(o, json_object_array_get_idx(value, i), indent);
		}
	} else {
		_cleanup_free_ char *text = scalar(o, value);

		fprintf(o->f, "%*s%s\n", indent, "", text);
	}
}

void out_text(struct out *o, json_object *value)
{
	print_value(o, value, 0);
}
