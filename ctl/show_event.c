/* SPDX-License-Identifier: MIT */
/* One event as a line: when, who, what kind, and what it says. */
#include <string.h>

#include "common/util.h"
#include "ctl/fmt.h"
#include "ctl/say_event.h"
#include "ctl/show.h"

/* What someone has to see to, what went wrong. */
static enum out_color kind_color(const char *kind)
{
	static const char *const bad[] = {"printer.offline", "printer.auth_refused",
	    "printer.tls_refused", "printer.lan_closed", "printer.stale", "print.failed",
	    "hms.raised", "error.raised", "ams.runout", "cloud.login_needed", "cloud.blocked",
	    "command.rejected", "hook.failed", "disk.full", "config.refused"};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (strcmp(kind, bad[i]) == 0) {
			return OUT_RED;
		}
	}
	return strcmp(kind, "print.paused") == 0 ? OUT_YELLOW : OUT_BOLD;
}

void show_event(struct out *o, json_object *event)
{
	_cleanup_free_ char *printer = out_member(o, event, "printer");
	_cleanup_free_ char *kind = out_member(o, event, "kind");
	json_object *data = json_get_obj(event, "data");
	_cleanup_free_ char *words = say_event(o, kind, data);
	bool late = false;
	char buf[FMT_SIZE];

	json_get_bool(json_get_bool(event, "late", &late) ? event : data, "late", &late);
	fprintf(o->f, "%s  %-12s  %s%-20s%s  %s%s\n",
	    fmt_stamp(fmt_parse_time(json_get_str(event, "time")), buf), printer,
	    out_color(o, kind_color(kind)), kind, out_color(o, OUT_PLAIN), words,
	    late ? "  (late: it happened while the printer was not heard)" : "");
}
