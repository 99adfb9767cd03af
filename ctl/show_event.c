/* SPDX-License-Identifier: MIT */
/* One event as a line: when, who, what, and its data as key=value. */
#include <string.h>

#include "common/util.h"
#include "ctl/fmt.h"
#include "ctl/show.h"

static void draw_data(struct out *o, json_object *data)
{
	if (!json_object_is_type(data, json_type_object)) {
		return;
	}
	json_object_object_foreach(data, key, value)
	{
		const char *text = value ? json_object_to_json_string(value) : "null";
		_cleanup_free_ char *name = out_safe(o, key), *shown = NULL;

		if (json_object_is_type(value, json_type_string)) {
			text = json_object_get_string(value);
		}
		shown = out_safe(o, text);
		fprintf(o->f, "  %s=%s", name, shown);
	}
}

void show_event(struct out *o, json_object *event)
{
	_cleanup_free_ char *printer = out_member(o, event, "printer");
	_cleanup_free_ char *kind = out_member(o, event, "kind");
	bool late = false;
	char buf[FMT_SIZE];

	json_get_bool(event, "late", &late);
	fprintf(o->f, "%s  %-12s  %s%s%s",
	    fmt_stamp(fmt_parse_time(json_get_str(event, "time")), buf), printer,
	    out_color(o, OUT_BOLD), kind, out_color(o, OUT_PLAIN));
	draw_data(o, json_get_obj(event, "data"));
	fputs(late ? "  (late)\n" : "\n", o->f);
}
